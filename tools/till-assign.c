/* till-assign: rows -> its rows and what a model gives them.
 *
 * A model file says of what kind it is; a table has the functions for each kind. Rows are read, given their cells and
 * written block by block, so memory does not grow with the input. A new kind is one file with these functions
 * (tools/assign.h) and one entry here. */
#include "tool.h"

#include <string.h>

#include <till/model.h>

#include "assign.h"
#include "pass.h"

struct settings {
    const char *model;
    const char *value;
};

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "model",
     .kind = OPTION_FILE,
     .offset = AT(model),
     .argument = "FILE",
     .help =
         "The model: an RFM scheme (till-rfm --scheme-out), a tier scheme (till-value --scheme-out) or a clustering "
         "(till-cluster --model-out)."},
    {.name = "value",
     .kind = OPTION_TEXT,
     .offset = AT(value),
     .argument = "COL",
     .help = "The column that tiers are cut on (default: the one that the scheme was made of)."},
    {0}};

/* The kinds of models that there are. */
static const struct assigner *const assigners[] = {&assign_rfm, &assign_tier, &assign_cluster, NULL};

/* A model that is open, and the rows on their way through it. */
struct work {
    struct tool_run *run;
    const struct assigner *assigner;
    void *model;
    struct pass pass;
    struct till_writer *writer;
    uint64_t rows;
};

/* Who knows this kind; NULL: nobody. */
static const struct assigner *find_assigner(const char *kind) {
    size_t i = 0;
    while (assigners[i] != NULL && strcmp(assigners[i]->kind, kind) != 0)
        i++;
    return assigners[i];
}

/* A loaded model becomes the one of the run. */
static enum till_status adopt(struct work *work, const char *kind, const json_t *body, const char *value,
                              struct till_error *error) {
    char name[TILL_QUOTED_SIZE];
    work->assigner = find_assigner(kind);
    if (work->assigner == NULL)
        return till_error_set(error, TILL_ERROR_STATE, "a model of the kind %s cannot be assigned to rows",
                              till_error_quote(name, kind, strlen(kind)));
    return work->assigner->open(&work->model, body, value, error);
}

static enum till_status open_model(struct work *work, const struct settings *settings, struct till_error *error) {
    char kind[TILL_MODEL_KIND_SIZE], digest[TILL_FINGERPRINT_TEXT];
    json_t *body;
    if (settings->model == NULL) {
        tool_usage(error, "--model",
                   "which model? (till-rfm and till-value write one with --scheme-out, till-cluster with --model-out)");
        return TILL_ERROR_USAGE;
    }
    enum till_status status = till_model_digest(settings->model, digest, error);
    if (status == TILL_OK)
        status = till_model_load(settings->model, kind, &body, error);
    if (status != TILL_OK)
        return status;
    status = adopt(work, kind, body, settings->value, error);
    if (status == TILL_ERROR_STATE)
        till_error_at(error, settings->model, 0, 0, NULL);
    if (status == TILL_OK) {
        /* --meta tells which model it was. */
        tool_fact(work->run, "model.kind", "%s", kind);
        tool_fact(work->run, "model.digest", "%s", digest);
    }
    json_decref(body);
    return status;
}

/* The plan and the header. The output is opened before the rows were read: this tool streams. */
static enum till_status start(struct work *work, struct till_input *input, struct till_error *error) {
    struct till_wanted wanted[ASSIGN_COLUMNS];
    struct till_plan plan = {.wanted = wanted, .records = true, .streaming = true};
    const struct till_schema *schema = till_input_schema(input);
    enum till_status status = pass_plan(&work->pass, schema, work->run->delimiter, work->run->replace_columns,
                                        work->assigner->columns, work->assigner->column_count, error);
    if (status == TILL_OK)
        status = work->assigner->plan(work->model, schema, wanted, &plan.wanted_count, error);
    if (status == TILL_OK)
        status = till_input_start(input, &plan, error);
    if (status == TILL_OK)
        status = tool_open_output(work->run, &work->writer, error);
    if (status == TILL_OK)
        status = pass_header(&work->pass, work->writer, error);
    return status;
}

/* One row: rejected, or written with its new cells. */
static enum till_status assign_row(struct work *work, struct till_block *block, size_t row, struct till_error *error) {
    const char *role, *reason;
    if (!work->assigner->check(work->model, block, row, &role, &reason))
        return till_block_reject(block, row, role, reason) == TILL_OK ? TILL_OK : till_error_memory(error);
    work->rows++;
    enum till_status status = pass_record(&work->pass, work->writer, block->records[row], error);
    if (status != TILL_OK)
        return status;
    work->assigner->write(work->model, block, row, work->writer);
    return till_writer_end(work->writer, error);
}

static enum till_status assign_block(void *context, struct till_block *block, struct till_error *error) {
    enum till_status status = TILL_OK;
    for (size_t row = 0; row < block->rows && status == TILL_OK; row++)
        status = assign_row(context, block, row, error);
    return status;
}

static enum till_status run_assign(struct tool_run *run, struct till_error *error) {
    struct work work = {.run = run};
    struct till_input *input;
    run->streaming = true;
    enum till_status status = open_model(&work, run->settings, error);
    if (status == TILL_OK)
        status = tool_open_input(run, &input, error);
    if (status == TILL_OK)
        status = start(&work, input, error);
    if (status == TILL_OK)
        status = till_input_each(input, assign_block, &work, error);
    if (status == TILL_OK)
        tool_figure(run, "rows", (double)work.rows);
    if (status == TILL_OK && work.assigner->tell != NULL)
        work.assigner->tell(work.model, run);
    pass_free(&work.pass);
    if (work.model != NULL)
        work.assigner->close(work.model);
    return status;
}

static const struct tool assign = {
    .name = "till-assign",
    .purpose = "give rows what a model kept: RFM scores and segments, tiers, or clusters",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES | TOOL_PASSES,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_assign,
};

int main(int argc, char **argv) {
    return tool_main(&assign, argc, argv);
}
