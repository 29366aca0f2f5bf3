/* till-clv --method=sbg: survivors of a cohort of subscribers, period by period -> the curve that is fitted to them and
 * goes on from there. */
#include "clv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/contract.h>
#include <till/decimal.h>

#define MOST_PERIODS 100000

/* survivors[period]; UINT64_MAX: not there. */
struct cohort {
    uint64_t *survivors;
    size_t capacity;
    size_t count; /* the last period that is there, and one */
};

static bool reserve(struct cohort *cohort, size_t period) {
    size_t capacity = cohort->capacity == 0 ? 64 : cohort->capacity;
    while (capacity <= period)
        capacity *= 2;
    if (capacity == cohort->capacity)
        return true;
    uint64_t *grown = realloc(cohort->survivors, capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    for (size_t i = cohort->capacity; i < capacity; i++)
        grown[i] = UINT64_MAX;
    cohort->survivors = grown;
    cohort->capacity = capacity;
    return true;
}

static const char *add(struct cohort *cohort, double period, double survivors, bool *memory) {
    if (!(period >= 0 && period < MOST_PERIODS && period == floor(period)))
        return "the period is not a whole number from 0";
    if (!(survivors >= 0 && survivors < 9e15 && survivors == floor(survivors)))
        return "the survivors are not a whole number from 0";
    size_t at = (size_t)period;
    *memory = reserve(cohort, at);
    if (!*memory)
        return NULL;
    if (cohort->survivors[at] != UINT64_MAX)
        return "the period is there already";
    cohort->survivors[at] = (uint64_t)survivors;
    cohort->count = at + 1 > cohort->count ? at + 1 : cohort->count;
    return NULL;
}

static enum till_status read_rows(struct till_input *input, struct cohort *cohort, struct till_error *error) {
    struct till_block *block = till_block_new(input);
    if (block == NULL)
        return till_error_memory(error);
    enum till_status status = till_input_next(input, block, error);
    while (status == TILL_OK && block->rows > 0) {
        for (size_t row = 0; row < block->rows && status == TILL_OK; row++) {
            bool memory = true;
            const char *fault = add(cohort, block->columns[0].real[row], block->columns[1].real[row], &memory);
            if (!memory || (fault != NULL && till_block_reject(block, row, "period", fault) != TILL_OK))
                status = till_error_memory(error);
        }
        if (status == TILL_OK)
            status = till_input_next(input, block, error);
    }
    till_block_free(block);
    return status;
}

static enum till_status read_cohort(struct tool_run *run, struct cohort *cohort, struct till_error *error) {
    static const char *const names[] = {"period", "survivors"};
    struct till_input *input;
    struct till_wanted wanted[2];
    enum till_status status = tool_open_input(run, &input, error);
    for (size_t i = 0; i < 2 && status == TILL_OK; i++) {
        wanted[i] = (struct till_wanted){.type = TILL_REAL, .role = names[i]};
        status = till_schema_column(till_input_schema(input), names[i], &wanted[i].column, error);
    }
    struct till_plan plan = {.wanted = wanted, .wanted_count = 2};
    if (status == TILL_OK)
        status = till_input_start(input, &plan, error);
    if (status == TILL_OK)
        status = read_rows(input, cohort, error);
    for (size_t t = 0; t < cohort->count && status == TILL_OK; t++)
        if (cohort->survivors[t] == UINT64_MAX)
            return till_error_set(error, TILL_ERROR_DATA, "period %zu is missing: periods run from 0 without a gap", t);
    return status;
}

/* ---- output ---- */

static enum till_status write_parameters(struct tool_run *run, const struct till_contract_fit *fit,
                                         struct till_error *error) {
    static const struct clv_column columns[] = {{"parameter", TILL_TEXT},
                                                {"estimate", TILL_REAL},
                                                {"std_error", TILL_REAL},
                                                {"lower", TILL_REAL},
                                                {"upper", TILL_REAL}};
    const struct clv_settings *settings = run->settings;
    struct till_writer *writer;
    if (settings->parameters_out == NULL)
        return TILL_OK;
    enum till_status status = tool_open_table(run, settings->parameters_out, &writer, error);
    if (status == TILL_OK)
        status = clv_header(writer, columns, 5, error);
    for (int i = 0; i < 2 && status == TILL_OK; i++) {
        double value = i == 0 ? fit->model.alpha : fit->model.beta, wide = sqrt(fit->covariance[i][i]);
        const double row[] = {value, value * wide, value * exp(-1.959963984540054 * wide),
                              value * exp(1.959963984540054 * wide)};
        till_writer_text(writer, till_slice_of(i == 0 ? "alpha" : "beta"));
        for (int k = 0; k < 4; k++) {
            char text[TILL_REAL_TEXT];
            till_writer_text(writer, (struct till_slice){text, till_real_format_exact(text, row[k])});
        }
        status = till_writer_end(writer, error);
    }
    return status;
}

static enum till_status write_curve(struct tool_run *run, const struct cohort *cohort,
                                    const struct till_contract_model *model, size_t periods, struct till_error *error) {
    static const struct clv_column columns[] = {{"period", TILL_COUNT},   {"survivors", TILL_COUNT},
                                                {"expected", TILL_REAL},  {"survival", TILL_REAL},
                                                {"retention", TILL_REAL}, {"residual", TILL_REAL}};
    const struct clv_settings *settings = run->settings;
    struct till_writer *writer;
    enum till_status status = tool_open_output(run, &writer, error);
    if (status == TILL_OK)
        status = clv_header(writer, columns, 6, error);
    for (size_t t = 0; t < periods && status == TILL_OK; t++) {
        double survival = till_contract_survival(model, (double)t);
        till_writer_count(writer, t);
        till_writer_count(writer, t < cohort->count ? cohort->survivors[t] : UINT64_MAX);
        till_writer_real(writer, survival * (double)cohort->survivors[0]);
        till_writer_real(writer, survival);
        till_writer_real(writer, t == 0 ? NAN : till_contract_retention(model, (double)t));
        double residual = settings->discount <= 0 ? NAN
                          : t == 0                ? till_contract_lifetime(model, settings->discount)
                                                  : till_contract_residual(model, t, settings->discount);
        till_writer_real(writer, settings->margin * residual);
        status = till_writer_end(writer, error);
    }
    return status;
}

/* How far the curve goes: a plain number of periods. */
static enum till_status count_periods(const struct clv_settings *settings, size_t seen, size_t *periods,
                                      struct till_error *error) {
    double more = 0;
    *periods = seen;
    if (settings->horizon == NULL)
        return TILL_OK;
    if (till_real_parse(settings->horizon, strlen(settings->horizon), NULL, &more) != TILL_NUMBER_OK ||
        !(more >= 0 && more < MOST_PERIODS && more == floor(more)))
        return till_error_set(error, TILL_ERROR_USAGE, "--horizon: with --method=sbg it is a number of periods");
    *periods = seen + (size_t)more;
    return TILL_OK;
}

enum till_status clv_contract(struct tool_run *run, struct till_error *error) {
    struct cohort cohort = {0};
    struct till_contract_fit fit;
    size_t periods = 0;
    enum till_status status = count_periods(run->settings, 0, &periods, error);
    if (status == TILL_OK)
        status = read_cohort(run, &cohort, error);
    if (status == TILL_OK && cohort.count == 0)
        status = till_error_set(error, TILL_ERROR_MODEL, "there are no survivors to fit a model to");
    if (status == TILL_OK)
        status = till_contract_fit(&fit, cohort.survivors, cohort.count - 1, error);
    if (status == TILL_OK)
        status = count_periods(run->settings, cohort.count, &periods, error);
    if (status == TILL_OK) {
        tool_note(run, "sbg: alpha %.6g (%.3g), beta %.6g (%.3g); log-likelihood %.8g", fit.model.alpha,
                  fit.model.alpha * sqrt(fit.covariance[0][0]), fit.model.beta,
                  fit.model.beta * sqrt(fit.covariance[1][1]), fit.log_likelihood);
        tool_figure(run, "log_likelihood", fit.log_likelihood);
        status = write_parameters(run, &fit, error);
    }
    if (status == TILL_OK)
        status = write_curve(run, &cohort, &fit.model, periods, error);
    free(cohort.survivors);
    return status;
}
