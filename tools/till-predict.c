/* till-predict: rows -> their rows with the probability that a model gives them, and the reasons for it. Rows are
 * written as they come, so memory does not grow with the input. */
#include "tool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <till/classifier.h>
#include <till/decimal.h>
#include <till/model.h>
#include <till/parallel.h>

#include "pass.h"
#include "reasons.h"

struct settings {
    const char *model;
    uint64_t reasons;
};

enum { MOST_REASONS = 9 };

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "model",
     .kind = OPTION_FILE,
     .offset = AT(model),
     .argument = "FILE",
     .help = "The model, as till-train --model-out wrote it."},
    {.name = "reasons",
     .kind = OPTION_COUNT,
     .offset = AT(reasons),
     .argument = "N",
     .initial = "0",
     .minimum = 0,
     .maximum = MOST_REASONS,
     .help = "Add so many columns reason1, reason2, ...: what moves the row furthest from a mean row."},
    {0}};

static const struct pass_column added[1 + MOST_REASONS] = {
    {"probability", TILL_REAL}, {"reason1", TILL_TEXT}, {"reason2", TILL_TEXT}, {"reason3", TILL_TEXT},
    {"reason4", TILL_TEXT},     {"reason5", TILL_TEXT}, {"reason6", TILL_TEXT}, {"reason7", TILL_TEXT},
    {"reason8", TILL_TEXT},     {"reason9", TILL_TEXT}};

/* Rows are predicted a piece at a time, whose values take 8 MB at most; threads take a share of a piece at a time. */
enum { PIECE_ROWS = 8192, PIECE_CELLS = 1 << 20, SHARE_ROWS = 32 };

/* A model that is open, and the rows on their way through it. */
struct work {
    struct tool_run *run;
    size_t reasons;
    struct till_classifier *model;
    struct till_wanted *wanted; /* [columns of the model] */
    size_t piece;               /* rows of a piece, at most */
    size_t rows_now;            /* of the piece under way */
    double *values;             /* [piece][columns] */
    double *contributions;      /* [piece][columns] */
    double *probability;        /* [piece] */
    uint64_t *unseen;           /* [columns]: rows with a level that training never saw */
    char (*example)[TILL_QUOTED_SIZE];
    struct pass pass;
    struct till_writer *writer;
    struct till_text text; /* a reason */
    uint64_t rows;
};

/* ---- the model ---- */

static enum till_status open_model(struct work *work, const char *path, struct till_error *error) {
    char digest[TILL_FINGERPRINT_TEXT];
    if (path == NULL) {
        tool_usage(error, "--model", "which model? (till-train writes one with --model-out)");
        return TILL_ERROR_USAGE;
    }
    enum till_status status = till_model_digest(path, digest, error);
    if (status == TILL_OK)
        status = till_classifier_load(&work->model, path, error);
    if (status != TILL_OK)
        return status;
    tool_fact(work->run, "model.kind", "classifier");
    tool_fact(work->run, "model.method", "%s", work->model->method);
    tool_fact(work->run, "model.digest", "%s", digest);
    size_t count = work->model->column_count + 1;
    work->wanted = calloc(count, sizeof *work->wanted);
    work->piece = PIECE_CELLS / count < 1 ? 1 : PIECE_CELLS / count > PIECE_ROWS ? PIECE_ROWS : PIECE_CELLS / count;
    work->values = calloc(work->piece * count, sizeof *work->values);
    work->contributions = calloc(work->reasons > 0 ? work->piece * count : 1, sizeof *work->contributions);
    work->probability = calloc(work->piece, sizeof *work->probability);
    work->unseen = calloc(count, sizeof *work->unseen);
    work->example = calloc(count, sizeof *work->example);
    if (work->wanted == NULL || work->values == NULL || work->contributions == NULL || work->probability == NULL ||
        work->unseen == NULL || work->example == NULL)
        return till_error_memory(error);
    return TILL_OK;
}

/* Columns are found by name, wherever they stand. */
static enum till_status start(struct work *work, struct till_input *input, struct till_error *error) {
    const struct till_schema *schema = till_input_schema(input);
    struct till_plan plan = {
        .wanted = work->wanted, .wanted_count = work->model->column_count, .records = true, .streaming = true};
    enum till_status status = pass_plan(&work->pass, schema, work->run->delimiter, work->run->replace_columns, added,
                                        1 + work->reasons, error);
    for (size_t i = 0; i < work->model->column_count && status == TILL_OK; i++) {
        const struct till_classifier_column *column = &work->model->columns[i];
        work->wanted[i].type = column->text ? TILL_TEXT : TILL_REAL;
        work->wanted[i].missing =
            isnan(column->fill) && work->model->trees == NULL ? TILL_MISSING_REJECTS : TILL_MISSING_PASSES;
        work->wanted[i].role = column->name;
        status = till_schema_column(schema, column->name, &work->wanted[i].column, error);
    }
    if (status == TILL_OK)
        status = till_input_start(input, &plan, error);
    if (status == TILL_OK)
        status = tool_open_output(work->run, &work->writer, error);
    if (status == TILL_OK)
        status = pass_header(&work->pass, work->writer, error);
    return status;
}

/* ---- rows ---- */

/* The value of a text: the place of its level; NaN where training never saw it, which is noted. */
static double take_level(struct work *work, size_t at, struct till_slice text) {
    const struct till_classifier_column *column = &work->model->columns[at];
    if (text.bytes == NULL)
        return column->fill;
    size_t level = till_classifier_level(column, text);
    if (level != TILL_CLASSIFIER_NO_LEVEL)
        return (double)level;
    if (work->unseen[at]++ == 0)
        till_error_quote(work->example[at], text.bytes, text.length);
    return NAN;
}

static void take_row(struct work *work, const struct till_block *block, size_t row, double *values) {
    for (size_t i = 0; i < work->model->column_count; i++) {
        const struct till_classifier_column *column = &work->model->columns[i];
        if (column->text) {
            values[i] = take_level(work, i, block->columns[i].text[row]);
            continue;
        }
        double value = block->columns[i].real[row];
        values[i] = isnan(value) ? column->fill : value;
    }
}

static double *contributions_of(const struct work *work, size_t row) {
    return work->reasons == 0 ? NULL : work->contributions + row * work->model->column_count;
}

static enum till_status predict_share(void *context, size_t index, unsigned worker, struct till_error *error) {
    struct work *work = context;
    size_t from = index * SHARE_ROWS, to = from + SHARE_ROWS < work->rows_now ? from + SHARE_ROWS : work->rows_now;
    (void)worker;
    (void)error;
    for (size_t row = from; row < to; row++)
        work->probability[row] = till_classifier_predict(work->model, work->values + row * work->model->column_count,
                                                         contributions_of(work, row));
    return TILL_OK;
}

static enum till_status write_row(struct work *work, const struct till_block *block, size_t from, size_t row,
                                  struct till_error *error) {
    enum till_status status = pass_record(&work->pass, work->writer, block->records[from + row], error);
    if (status != TILL_OK)
        return status;
    till_writer_real(work->writer, work->probability[row]);
    status = reasons_write(work->writer, work->model, work->values + row * work->model->column_count,
                           contributions_of(work, row), work->reasons, &work->text, error);
    work->rows++;
    return status == TILL_OK ? till_writer_end(work->writer, error) : status;
}

static enum till_status predict_block(void *context, struct till_block *block, struct till_error *error) {
    struct work *work = context;
    /* Sums of a logistic regression are done before a thread has begun. */
    unsigned threads = work->model->trees != NULL ? work->run->threads : 1;
    enum till_status status = TILL_OK;
    for (size_t from = 0; from < block->rows && status == TILL_OK; from += work->piece) {
        work->rows_now = block->rows - from < work->piece ? block->rows - from : work->piece;
        for (size_t row = 0; row < work->rows_now; row++)
            take_row(work, block, from + row, work->values + row * work->model->column_count);
        status = till_parallel_for(threads, (work->rows_now + SHARE_ROWS - 1) / SHARE_ROWS, predict_share, work, error);
        for (size_t row = 0; row < work->rows_now && status == TILL_OK; row++)
            status = write_row(work, block, from, row, error);
    }
    return status;
}

/* Levels that training never saw are named, with what was done about them. */
static void tell(const struct work *work) {
    uint64_t unseen = 0;
    for (size_t i = 0; i < work->model->column_count; i++) {
        const struct till_classifier_column *column = &work->model->columns[i];
        unseen += work->unseen[i];
        if (work->unseen[i] > 0)
            tool_warn(work->run, "%s: %llu rows have levels that training never saw (%s), taken as %s", column->name,
                      (unsigned long long)work->unseen[i], work->example[i],
                      work->model->trees != NULL ? "missing"
                      : column->level_count > 0  ? column->levels[0]
                                                 : "nothing");
    }
    tool_figure(work->run, "rows", (double)work->rows);
    tool_figure(work->run, "unseen_levels", (double)unseen);
}

static enum till_status run_predict(struct tool_run *run, struct till_error *error) {
    const struct settings *settings = run->settings;
    struct work work = {.run = run, .reasons = (size_t)settings->reasons};
    struct till_input *input;
    run->streaming = true;
    enum till_status status = open_model(&work, settings->model, error);
    if (status == TILL_OK)
        status = tool_open_input(run, &input, error);
    if (status == TILL_OK)
        status = start(&work, input, error);
    if (status == TILL_OK)
        status = till_input_each(input, predict_block, &work, error);
    if (status == TILL_OK)
        tell(&work);
    pass_free(&work.pass);
    till_text_free(&work.text);
    free(work.wanted);
    free(work.values);
    free(work.contributions);
    free(work.probability);
    free(work.unseen);
    free(work.example);
    till_classifier_free(work.model);
    return status;
}

static const struct tool predict = {
    .name = "till-predict",
    .purpose = "give rows the probability that a model knows, and the reasons for it",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES | TOOL_PASSES,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_predict,
};

int main(int argc, char **argv) {
    return tool_main(&predict, argc, argv);
}
