/* till-annuity: rows -> the textbook's lifetime value of each: a first price and equal yearly revenue, discounted. */
#include "tool.h"

#include <math.h>
#include <string.h>

#include <till/annuity.h>

#include "pass.h"

struct settings {
    int method;
    int timing;
};

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "method",
     .kind = OPTION_CHOICE,
     .offset = AT(method),
     .argument = "HOW",
     .initial = "revenue",
     .choices = "revenue|margin|retention",
     .help =
         "What a year is worth: its revenue; its revenue less the cost of service; or that, as far as the customer is "
         "still there."},
    {.name = "timing",
     .kind = OPTION_CHOICE,
     .offset = AT(timing),
     .argument = "WHEN",
     .initial = "end",
     .choices = "end|begin",
     .help = "When a year's money comes: at its end (year t is discounted t times) or its beginning (t - 1 times)."},
    {0}};

static const struct pass_column added[] = {{"ltv", TILL_REAL}};

/* The columns that are looked at, as the contract names them. */
enum { YEARS, ACQUISITION_COST, FIRST_PRICE, YEARLY_REVENUE, RATE, SERVICE_COST, RETENTION, FIGURES };
static const char *const names[FIGURES] = {"years", "acquisition_cost", "first_price", "yearly_revenue",
                                           "rate",  "service_cost",     "retention"};

/* Which of them a method needs: the first so many. */
static size_t needed(int method) {
    return method == TILL_ANNUITY_REVENUE ? SERVICE_COST : method == TILL_ANNUITY_MARGIN ? RETENTION : FIGURES;
}

struct work {
    struct tool_run *run;
    const struct settings *settings;
    struct pass pass;
    struct till_writer *writer;
    uint64_t rows;
    double sum;
};

static enum till_status start(struct work *work, struct till_input *input, struct till_error *error) {
    struct till_wanted wanted[FIGURES];
    size_t count = needed(work->settings->method);
    const struct till_schema *schema = till_input_schema(input);
    enum till_status status =
        pass_plan(&work->pass, schema, work->run->delimiter, work->run->replace_columns, added, 1, error);
    for (size_t i = 0; i < count && status == TILL_OK; i++) {
        wanted[i] = (struct till_wanted){.type = TILL_REAL, .role = names[i]};
        status = till_schema_column(schema, names[i], &wanted[i].column, error);
    }
    struct till_plan plan = {.wanted = wanted, .wanted_count = count, .records = true, .streaming = true};
    if (status == TILL_OK)
        status = till_input_start(input, &plan, error);
    if (status == TILL_OK)
        status = tool_open_output(work->run, &work->writer, error);
    if (status == TILL_OK)
        status = pass_header(&work->pass, work->writer, error);
    return status;
}

/* What is wrong with a row's figures; NULL for nothing. */
static const char *find_fault(const struct till_annuity *annuity, const char **role) {
    *role = names[YEARS];
    if (!(annuity->years >= 0 && annuity->years <= 1e6 && annuity->years == floor(annuity->years)))
        return "not a whole number from 0";
    *role = names[RATE];
    if (!(annuity->rate > -1) || isinf(annuity->rate))
        return "not a rate above -1 (0.08 is 8 %)";
    *role = names[RETENTION];
    if (!(annuity->retention >= 0 && annuity->retention <= 1))
        return "not a share from 0 to 1";
    return NULL;
}

static enum till_status value_row(struct work *work, struct till_block *block, size_t row, struct till_error *error) {
    double figure[FIGURES] = {[RETENTION] = 1};
    const char *role;
    for (size_t i = 0; i < needed(work->settings->method); i++)
        figure[i] = block->columns[i].real[row];
    struct till_annuity annuity = {figure[YEARS],          figure[ACQUISITION_COST], figure[FIRST_PRICE],
                                   figure[YEARLY_REVENUE], figure[SERVICE_COST],     figure[RATE],
                                   figure[RETENTION]};
    const char *fault = find_fault(&annuity, &role);
    double value = till_annuity_value(&annuity, (enum till_annuity_method)work->settings->method,
                                      (enum till_annuity_timing)work->settings->timing);
    if (fault == NULL && !isfinite(value)) {
        role = names[RATE];
        fault = "the value is too large for a number";
    }
    if (fault != NULL)
        return till_block_reject(block, row, role, fault) == TILL_OK ? TILL_OK : till_error_memory(error);
    work->rows++;
    work->sum += value;
    enum till_status status = pass_record(&work->pass, work->writer, block->records[row], error);
    if (status != TILL_OK)
        return status;
    till_writer_real(work->writer, value);
    return till_writer_end(work->writer, error);
}

static enum till_status value_block(void *context, struct till_block *block, struct till_error *error) {
    enum till_status status = TILL_OK;
    for (size_t row = 0; row < block->rows && status == TILL_OK; row++)
        status = value_row(context, block, row, error);
    return status;
}

static enum till_status annuities(struct tool_run *run, struct till_error *error) {
    struct work work = {.run = run, .settings = run->settings};
    struct till_input *input;
    run->streaming = true;
    enum till_status status = tool_open_input(run, &input, error);
    if (status == TILL_OK)
        status = start(&work, input, error);
    if (status == TILL_OK)
        status = till_input_each(input, value_block, &work, error);
    if (status == TILL_OK) {
        tool_figure(run, "customers", (double)work.rows);
        tool_figure(run, "ltv", work.sum);
    }
    pass_free(&work.pass);
    return status;
}

static const struct tool annuity = {
    .name = "till-annuity",
    .purpose = "the textbook's lifetime value of customers: a first price and equal yearly revenue, discounted",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES | TOOL_PASSES,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = annuities,
};

int main(int argc, char **argv) {
    return tool_main(&annuity, argc, argv);
}
