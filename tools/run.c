/* tools/run.c: one run of a tool, from the arguments to the exit code.
 *
 * A run parses, calls the tool, and then settles everything in one order: writers are finished, rows are counted
 * against
 * --min-rows, conditions are checked, --meta is written, all files are brought to disk, and only then do they appear,
 * together. What fails on the way leaves no file behind but --rejects. */
#include "private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <till/parallel.h>
#include <till/version.h>

static int exit_code(enum till_status status) {
    switch (status) {
    case TILL_OK:
        return 0;
    case TILL_ERROR_USAGE:
        return 2;
    case TILL_ERROR_DATA:
        return 3;
    case TILL_ERROR_INPUT_OUTPUT:
    case TILL_ERROR_MEMORY:
        return 4;
    case TILL_ERROR_MODEL:
        return 5;
    case TILL_ERROR_STATE:
        return 6;
    }
    return 4;
}

/* What the tool may see of the common options. */
static enum till_status adopt(struct tool_run *run, struct till_error *error) {
    struct tool_private *own = run->private;
    const struct common *common = &own->common;
    enum till_status status = TILL_OK;
    if (run->tool->groups & TOOL_TRANSACTIONS)
        status = common_read_map(&own->common, &own->set, &own->keep, error);
    if (status == TILL_OK)
        status = common_input_options(&own->input_options, common, &own->keep, error);
    if (status == TILL_OK)
        status = common_since(common->since, &own->since_day, &own->since_age, error);
    if (status == TILL_OK)
        status = conditions_parse(run, error);
    if (status != TILL_OK)
        return status;
    run->delimiter = own->input_options.delimiter;
    run->operands = own->set.operands;
    run->operand_count = own->set.operand_count;
    run->threads = common->threads == 0 ? till_parallel_processors() : (unsigned)common->threads;
    run->seed = common->seed;
    run->verbose = common->verbose;
    run->quiet = common->quiet;
    run->count = common->count;
    run->returns = common->returns;
    run->amount_per_order = common->amount_per == 1;
    run->replace_columns = common->replace_columns;
    run->number = own->input_options.number;
    if (!(run->tool->groups & TOOL_TRANSACTIONS))
        return TILL_OK; /* without the table no date has its default yet */
    run->roles = common->roles;
    run->roles.since = own->since_day;
    run->as_of = common->as_of;
    if (run->as_of != TILL_DAY_MISSING && (run->roles.until == TILL_DAY_MISSING || run->roles.until > run->as_of))
        run->roles.until = run->as_of; /* the as-of date is the last day that counts */
    return TILL_OK;
}

/* Errors of the parser are to be told in the form that its own arguments ask for. */
static void look_for_error_form(struct common *common, int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--errors=json") == 0)
            common->errors = 1;
}

/* Whether two paths are one file that is there. */
static bool same_file(const char *path, const struct stat *file) {
    struct stat other;
    return strcmp(path, "-") != 0 && stat(path, &other) == 0 && other.st_dev == file->st_dev &&
           other.st_ino == file->st_ino;
}

/* A table in the place of a state, a model or a list that the run reads would be its end. What is read and written back
 * on purpose, such as --previous and --model-out, are options of two names. */
static enum till_status refuse_read_file(const struct tool_run *run, const char *path, struct till_error *error) {
    const struct option_set *set = &run->private->set;
    struct stat file;
    if (path == NULL || !output_is_file(path, &file))
        return TILL_OK;
    for (size_t i = 0; i < set->operand_count; i++)
        if (same_file(set->operands[i], &file))
            return till_error_set(error, TILL_ERROR_USAGE, "%s is an input and an output at once", path);
    for (size_t i = 0; i < set->given_count; i++) {
        const struct option_given *given = &set->given[i];
        if (given->option->kind == OPTION_FILE && given->value != path && same_file(given->value, &file))
            return till_error_set(error, TILL_ERROR_USAGE, "%s is the file of --%s too", path, given->option->name);
    }
    return TILL_OK;
}

static enum till_status refuse_read_files(const struct tool_run *run, struct till_error *error) {
    const struct common *common = &run->private->common;
    enum till_status status = refuse_read_file(run, common->output, error);
    if (status == TILL_OK)
        status = refuse_read_file(run, common->meta, error);
    return status == TILL_OK ? refuse_read_file(run, common->rejects, error) : status;
}

static enum till_status begin(struct tool_run *run, int argc, char **argv, struct till_error *error) {
    struct tool_private *own = run->private;
    const struct tool *tool = run->tool;
    struct option_set *set = &own->set;
    run->settings = keep_alloc(&own->keep, tool->settings_size);
    if (run->settings == NULL)
        return till_error_memory(error);
    if (tool->shared != NULL)
        set->groups[set->group_count++] = (struct option_group){"Options", tool->shared, run->settings};
    if (tool->options != NULL)
        set->groups[set->group_count++] = (struct option_group){"Options", tool->options, run->settings};
    common_groups(set, tool->groups, &own->common);
    set->takes_operands = tool->operands != NULL;
    look_for_error_form(&own->common, argc, argv);
    enum till_status status = option_set_parse(set, argc, argv, error);
    if (status != TILL_OK || own->common.help != NULL || own->common.version)
        return status;
    status = refuse_read_files(run, error);
    if (status == TILL_OK)
        status = adopt(run, error);
    return status == TILL_OK && (tool->groups & TOOL_STATE) != 0 ? state_begin(run, error) : status;
}

/* --help and --version. */
static enum till_status answer(struct tool_run *run, struct till_error *error) {
    struct tool_private *own = run->private;
    struct till_text text = {0};
    struct till_sink sink;
    enum till_status status = TILL_OK;
    if (own->common.help != NULL)
        status = option_help(&text, run->tool, &own->set, own->common.help, error);
    else if (!till_text_append_format(&text, "%s %s\n", run->tool->name, TILL_VERSION))
        status = till_error_memory(error);
    if (status == TILL_OK)
        status = output_open(&own->outputs, "-", OUTPUT_PLAIN, &sink, error);
    if (status == TILL_OK)
        status = sink.write(sink.context, text.bytes, text.length, error);
    if (status == TILL_OK)
        status = output_finish(&own->outputs, error);
    till_text_free(&text);
    return status;
}

/* --- inputs --- */

/* An output must not take the place of what is being read, nor be read as it grows. */
static enum till_status refuse_input(const struct tool_run *run, const char *path, struct till_error *error) {
    struct stat status;
    if (path == NULL || !output_is_file(path, &status))
        return TILL_OK;
    for (size_t i = 0; i < run->private->input_count; i++)
        if (till_input_reads(run->private->inputs[i], (uint64_t)status.st_dev, (uint64_t)status.st_ino))
            return till_error_set(error, TILL_ERROR_USAGE, "%s is an input and an output at once",
                                  strcmp(path, "-") == 0 ? "standard output" : path);
    return TILL_OK;
}

/* A bad row, for the tool if it wants to hear of it, and for the file. */
static void take_reject(void *context, const struct till_reject *reject) {
    struct tool_run *run = context;
    struct reject_file *rejects = &run->private->rejects;
    if (run->reject != NULL)
        run->reject(run->reject_context, reject);
    if (rejects->writer == NULL || rejects->status != TILL_OK)
        return;
    struct till_text reason = {0};
    bool ok =
        till_text_append_format(&reason, "%s%s%s", reject->role, *reject->role == '\0' ? "" : ": ", reject->reason);
    if (!ok) {
        rejects->status = till_error_memory(&rejects->error);
    } else {
        till_writer_text(rejects->writer, till_slice_of(reject->file));
        till_writer_count(rejects->writer, reject->line);
        till_writer_count(rejects->writer, reject->column == 0 ? UINT64_MAX : reject->column);
        till_writer_text(rejects->writer, (struct till_slice){reason.bytes, reason.length});
        till_writer_text(rejects->writer, reject->record);
        rejects->status = till_writer_end(rejects->writer, &rejects->error);
    }
    till_text_free(&reason);
}

/* The file of --rejects, once, with its header. */
static enum till_status open_rejects(struct tool_run *run, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_COUNT, TILL_COUNT, TILL_TEXT, TILL_TEXT};
    struct tool_private *own = run->private;
    const char *path = own->common.rejects;
    struct till_sink sink;
    if (path == NULL || own->rejects.writer != NULL)
        return TILL_OK;
    struct till_slice names[] = {till_slice_of("file"), till_slice_of("line"), till_slice_of("column"),
                                 till_slice_of("reason"), till_slice_of("record")};
    enum till_status status = output_open(&own->outputs, path, OUTPUT_KEPT, &sink, error);
    if (status == TILL_OK)
        status = till_writer_new(&own->rejects.writer, sink, &(struct till_writer_options){0}, error);
    if (status == TILL_OK)
        status = till_writer_columns(own->rejects.writer, names, types, 5, error);
    return status;
}

enum till_status tool_open_paths(struct tool_run *run, const char *const *paths, size_t count,
                                 struct till_input **input, struct till_error *error) {
    struct tool_private *own = run->private;
    struct till_input_options options = own->input_options;
    if (own->input_count == TOOL_INPUTS)
        return till_error_set(error, TILL_ERROR_USAGE, "more than %d inputs", TOOL_INPUTS);
    if (run->lenient && own->common.max_bad == NULL)
        options.max_bad = UINT64_MAX;
    if (run->ragged != 0) {
        options.ragged = options.no_headers = true;
        options.delimiter = run->ragged;
    }
    if (own->common.rejects != NULL || run->reject != NULL) {
        options.reject = take_reject;
        options.reject_context = run;
    }
    enum till_status status = till_input_open(input, paths, count, &options, error);
    if (status != TILL_OK)
        return status;
    own->inputs[own->input_count++] = *input;
    const char *const outputs[] = {own->common.output == NULL ? "-" : own->common.output, own->common.rejects,
                                   own->common.meta, own->common.state};
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs && status == TILL_OK; i++)
        status = refuse_input(run, outputs[i], error);
    if (status == TILL_OK)
        status = open_rejects(run, error);
    if (status == TILL_OK)
        progress_start(run, *input);
    return status;
}

/* Bad rows were told of the first time. */
enum till_status tool_open_again(struct tool_run *run, const char *const *path, struct till_input **input,
                                 struct till_error *error) {
    struct till_input_options options = run->private->input_options;
    return till_input_open(input, path, 1, &options, error);
}

bool tool_is_file(const char *path) {
    struct stat status;
    if (strcmp(path, "-") == 0)
        return false;
    return stat(path, &status) != 0 || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode);
}

enum till_status tool_open_input(struct tool_run *run, struct till_input **input, struct till_error *error) {
    return tool_open_paths(run, run->operands, run->operand_count, input, error);
}

enum till_status tool_usage(struct till_error *error, const char *option, const char *what) {
    till_error_set(error, TILL_ERROR_USAGE, "%s", what);
    till_error_at(error, NULL, 0, 0, option);
    return TILL_ERROR_USAGE;
}

enum till_status tool_usage_text(struct till_error *error, const char *option, const char *what,
                                 struct till_slice text) {
    char quoted[TILL_QUOTED_SIZE];
    till_error_set(error, TILL_ERROR_USAGE, "%s: %s", what, till_error_quote(quoted, text.bytes, text.length));
    till_error_at(error, NULL, 0, 0, option);
    return TILL_ERROR_USAGE;
}

/* --- outputs --- */

static enum till_status check_min_rows(const struct tool_run *run, struct till_error *error) {
    struct till_accounting rows;
    uint64_t wanted = run->private->common.min_rows;
    report_accounting(run, &rows);
    if (rows.used >= wanted)
        return TILL_OK;
    till_error_set(error, TILL_ERROR_DATA, "%llu rows were used, fewer than %llu", (unsigned long long)rows.used,
                   (unsigned long long)wanted);
    till_error_at(error, NULL, 0, 0, "--min-rows");
    return TILL_ERROR_DATA;
}

enum till_status tool_open_file(struct tool_run *run, const char *path, struct till_sink *sink,
                                struct till_error *error) {
    enum till_status status = refuse_input(run, path, error);
    return status == TILL_OK ? output_open(&run->private->outputs, path, OUTPUT_PLAIN, sink, error) : status;
}

enum till_status tool_open_table(struct tool_run *run, const char *path, struct till_writer **writer,
                                 struct till_error *error) {
    struct tool_private *own = run->private;
    const struct common *common = &own->common;
    struct till_writer_options options = {.format = (enum till_format)common->format,
                                          .delimiter = run->delimiter,
                                          .encoding = common->output_encoding,
                                          .bom = common->bom};
    struct till_sink sink;
    if (own->writer_count == TOOL_WRITERS)
        return till_error_set(error, TILL_ERROR_USAGE, "more than %d outputs", TOOL_WRITERS);
    enum till_status status = tool_open_file(run, path, &sink, error);
    if (status == TILL_OK)
        status = till_writer_new(writer, sink, &options, error);
    if (status == TILL_OK)
        own->writers[own->writer_count++] = *writer;
    return status;
}

const char *tool_output_name(const struct tool_run *run) {
    const char *path = run->private->common.output;
    return path == NULL ? "-" : path;
}

enum till_status tool_open_output(struct tool_run *run, struct till_writer **writer, struct till_error *error) {
    /* What goes to standard output cannot be taken back, so too few rows are found out before. */
    enum till_status status = run->streaming ? TILL_OK : check_min_rows(run, error);
    return status == TILL_OK ? tool_open_table(run, tool_output_name(run), writer, error) : status;
}

enum till_status tool_write_table(struct tool_run *run, const char *path, const struct till_table *table,
                                  struct till_error *error) {
    struct till_writer *writer;
    enum till_status status =
        path == NULL ? tool_open_output(run, &writer, error) : tool_open_table(run, path, &writer, error);
    return status == TILL_OK ? till_table_write(table, writer, error) : status;
}

/* Options that say how a table is written have no meaning for bytes. */
static enum till_status refuse_form(const struct tool_run *run, struct till_error *error) {
    const struct common *common = &run->private->common;
    const char *option = common->format != TILL_FORMAT_CSV ? "--format"
                         : common->output_encoding != NULL ? "--output-encoding"
                         : common->bom                     ? "--bom"
                                                           : NULL;
    return option == NULL ? TILL_OK : tool_usage(error, option, "this output is no table");
}

enum till_status tool_open_bytes(struct tool_run *run, struct till_sink *sink, struct till_error *error) {
    enum till_status status = refuse_form(run, error);
    if (status == TILL_OK)
        status = check_min_rows(run, error);
    return status == TILL_OK ? tool_open_file(run, tool_output_name(run), sink, error) : status;
}

enum till_status tool_open_text(struct tool_run *run, struct till_sink *sink, struct till_error *error) {
    const char *path = run->private->common.output;
    enum till_status status = check_min_rows(run, error);
    return status == TILL_OK ? tool_open_file(run, path == NULL ? "-" : path, sink, error) : status;
}

/* --- the end --- */

static enum till_status finish_writers(struct tool_run *run, struct till_error *error) {
    struct tool_private *own = run->private;
    enum till_status status = TILL_OK;
    for (size_t i = 0; i < own->writer_count && status == TILL_OK; i++)
        status = till_writer_finish(own->writers[i], error);
    return status;
}

/* Bad rows are to be found in --rejects also when the run failed. */
static enum till_status finish_rejects(struct tool_run *run, struct till_error *error) {
    struct reject_file *rejects = &run->private->rejects;
    if (rejects->writer == NULL)
        return TILL_OK;
    enum till_status status = rejects->status;
    if (status == TILL_OK)
        status = till_writer_finish(rejects->writer, error);
    else if (error != NULL)
        *error = rejects->error;
    till_writer_free(rejects->writer);
    rejects->writer = NULL;
    return status;
}

/* The promise of every run, whatever it did: each row is used, left out for a reason with a name, or bad. Where this
 * does not hold, something is wrong with the tool, and nothing that it wrote is to be trusted. So every test that runs
 * a tool to its end is a test of this. */
static enum till_status check_accounting(const struct tool_run *run, struct till_error *error) {
    struct till_accounting rows;
    uint64_t reasons = 0;
    report_accounting(run, &rows);
    for (size_t i = 0; i < rows.reason_count; i++)
        reasons += rows.reasons[i].rows;
    bool named = reasons == rows.filtered || rows.reason_count == TILL_FILTERED_REASONS;
    if (rows.read == rows.used + rows.filtered + rows.rejected && named)
        return TILL_OK;
    return till_error_set(
        error, TILL_ERROR_DATA,
        "rows do not add up: %llu read, %llu used, %llu filtered (%llu with a reason), %llu rejected; "
        "this is a fault of the tool",
        (unsigned long long)rows.read, (unsigned long long)rows.used, (unsigned long long)rows.filtered,
        (unsigned long long)reasons, (unsigned long long)rows.rejected);
}

/* From a run that went well to files that are there. *met: a condition of --fail-if was; `error` then says which. */
static enum till_status settle(struct tool_run *run, bool *met, struct till_error *error) {
    struct tool_private *own = run->private;
    *met = false;
    enum till_status status = finish_writers(run, error);
    if (status == TILL_OK)
        status = check_accounting(run, error);
    if (status == TILL_OK)
        status = check_min_rows(run, error);
    if (status == TILL_OK)
        status = finish_rejects(run, error);
    if (status == TILL_OK && own->out_of_memory)
        status = till_error_memory(error);
    if (status == TILL_OK)
        status = conditions_check(run, met, error);
    if (status == TILL_OK && !*met)
        status = meta_write(run, error);
    if (status == TILL_OK)
        status = output_finish(&own->outputs, *met ? NULL : error);
    if (status == TILL_OK && !*met)
        status = output_commit(&own->outputs, error);
    return status;
}

static void free_run(struct tool_run *run) {
    struct tool_private *own = run->private;
    progress_stop(run);
    finish_rejects(run, NULL);
    for (size_t i = 0; i < own->writer_count; i++)
        till_writer_free(own->writers[i]);
    output_discard(&own->outputs);
    for (size_t i = 0; i < own->input_count; i++)
        till_input_close(own->inputs[i]);
    till_state_close(own->state);
    if (own->lock != -1)
        close(own->lock); /* which ends the lock, now that the state is in place */
    free(own->facts);
    free(own->figures);
    free(own->warnings);
    option_set_free(&own->set);
    keep_free(&own->keep);
}

int tool_main(const struct tool *tool, int argc, char **argv) {
    struct tool_private own = {.lock = -1};
    struct tool_run run = {.tool = tool, .as_of = TILL_DAY_MISSING, .private = &own};
    struct till_error error = {0};
    bool met = false;
    output_prepare();
    clock_gettime(CLOCK_MONOTONIC, &own.start);
    enum till_status status = begin(&run, argc, argv, &error);
    bool asked = own.common.help != NULL || own.common.version;
    if (status == TILL_OK && asked) {
        status = answer(&run, &error);
    } else if (status == TILL_OK) {
        status = tool->run(&run, &error);
        progress_stop(&run);
        if (status == TILL_OK)
            status = settle(&run, &met, &error);
    }
    int code = status == TILL_OK && met ? 1 : exit_code(status);
    if (code != 0)
        report_error(&run, &error, code);
    if (status == TILL_OK && !asked)
        report_summary(&run);
    free_run(&run);
    return code;
}
