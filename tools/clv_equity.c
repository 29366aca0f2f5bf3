/* till-clv --equity and --matrix: the value of all customers together, and the models as pictures show them.
 *
 * Beside the value stands a back-test: the same models, fitted on the data up to a horizon (or half of the time) ago,
 * against the money that then came from the customers of that day. */
#include "clv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/clv_equity.h>

/* What was forecast, and what came; NaN where no test could be made. */
struct backtest {
    int32_t cutoff;
    double predicted;
    double actual;
};

/* Fits and forecasts as of the cutoff; `past` holds the customers of then. */
static enum till_status forecast_past(struct tool_run *run, struct clv_part *past, double time, struct backtest *test,
                                      struct till_error *error) {
    const struct clv_settings *settings = run->settings;
    struct till_clv_history history = {past->count, past->repeats, past->last, past->age};
    struct till_clv_horizon horizon = {time, time, 0};
    enum till_status status = till_clv_cells_new(&past->cells, &history, error);
    if (status == TILL_OK)
        status = clv_part_fit(run, past, error);
    if (status == TILL_OK)
        status = till_clv_predict(&past->forecast, &past->fit.model, &past->cells, &horizon, run->threads, error);
    test->predicted = status == TILL_OK ? 0 : NAN;
    for (size_t i = 0; i < past->count && status == TILL_OK; i++)
        test->predicted += settings->margin * clv_part_worth(past, i) * past->forecast.expected[past->cells.cell[i]];
    return status;
}

/* Customers of the part who were there at the cutoff, into arrays of `past`; adds up the money that came after. */
static void collect_past(const struct clv_data *data, const struct clv_part *part,
                         const struct till_clv_customers *then, double margin, int32_t cutoff, struct clv_part *past,
                         struct backtest *test) {
    size_t at = 0;
    test->actual = 0;
    for (size_t i = 0; i < part->count; i++) {
        size_t row = data->customers.row[part->member[i]];
        while (at < then->count && then->row[at] < row)
            at++;
        if (at == then->count || then->row[at] != row)
            continue;
        past->repeats[past->count] = then->repeats[at];
        past->last[past->count] = then->last[at];
        past->age[past->count] = then->age[at];
        past->mean[past->count++] = then->mean[at];
        test->actual +=
            margin *
            till_clv_purchases_between(&data->history, row, &data->settings, cutoff, data->settings.as_of).money;
    }
}

/* How far back: the horizon, at most half of the time that there is. */
static int32_t choose_cutoff(const struct clv_data *data, double horizon_days) {
    int32_t start = data->settings.as_of;
    for (size_t i = 0; i < data->count; i++)
        start = data->customers.first[i] < start ? data->customers.first[i] : start;
    double half = floor((data->settings.as_of - start) / 2.0);
    return data->settings.as_of - (int32_t)fmin(half, horizon_days);
}

static double time_since(const struct clv_data *data, int32_t cutoff) {
    if (!data->settings.calendar)
        return (data->settings.as_of - cutoff) / data->settings.unit;
    return till_date_period(data->settings.period, data->settings.as_of + 1) -
           till_date_period(data->settings.period, cutoff + 1);
}

static enum till_status test_back(struct tool_run *run, const struct clv_data *data, const struct clv_part *part,
                                  double horizon_days, struct backtest *test, struct till_error *error) {
    const struct clv_settings *settings = run->settings;
    struct till_clv_customers then;
    struct till_clv_customers_settings as_then = data->settings;
    struct clv_part *past = NULL;
    *test = (struct backtest){TILL_DAY_MISSING, NAN, NAN};
    if (data->history.first == NULL || !part->spends)
        return TILL_OK;
    as_then.as_of = choose_cutoff(data, horizon_days);
    double time = time_since(data, as_then.as_of);
    if (!(time > 0))
        return TILL_OK;
    enum till_status status = till_clv_customers_new(&then, &data->history, &as_then, error);
    if (status != TILL_OK)
        return status;
    struct clv_data nobody = {
        .count = then.count, .repeats = then.repeats, .last = then.last, .age = then.age, .mean = then.mean};
    status = clv_parts_new(&past, &nobody, error);
    if (status == TILL_OK) {
        past->count = 0;
        test->cutoff = as_then.as_of;
        collect_past(data, part, &then, settings->margin, test->cutoff, past, test);
        status = forecast_past(run, past, time, test, error);
    }
    if (status == TILL_ERROR_MODEL) { /* the present has its answer; the past had none */
        tool_note(run, "no back-test: %s", error->message);
        test->cutoff = TILL_DAY_MISSING;
        test->actual = NAN;
        status = TILL_OK;
    }
    clv_parts_free(past, 1);
    till_clv_customers_free(&then);
    return status;
}

static enum till_status value_part(struct tool_run *run, const struct clv_part *part,
                                   const struct till_clv_horizon *horizon, struct till_clv_equity *equity,
                                   struct till_error *error) {
    const struct clv_settings *settings = run->settings;
    struct till_clv_basis basis = {.fit = &part->fit,
                                   .spend = part->gammagamma ? &part->spend : NULL,
                                   .cells = &part->cells,
                                   .repeats = part->repeats,
                                   .mean = part->mean,
                                   .horizon = *horizon,
                                   .margin =
                                       settings->margin * (part->spends && !part->gammagamma ? part->mean_worth : 1),
                                   .seed = run->seed};
    return till_clv_equity(equity, &basis, run->threads, error);
}

static enum till_status write_equity(struct till_writer *writer, const struct clv_part *part,
                                     const struct till_clv_equity *equity, const struct backtest *test,
                                     struct till_error *error) {
    if (part->name.bytes != NULL)
        till_writer_text(writer, part->name);
    till_writer_count(writer, part->count);
    const double figures[] = {equity->value, equity->lower, equity->upper, equity->parameter_error,
                              equity->process_error};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        till_writer_real(writer, figures[i]);
    till_writer_day(writer, test->cutoff);
    till_writer_real(writer, test->predicted);
    till_writer_real(writer, test->actual);
    till_writer_real(writer, test->predicted > 0 ? test->actual / test->predicted : NAN);
    return till_writer_end(writer, error);
}

enum till_status clv_equity(struct tool_run *run, const struct clv_data *data, const struct clv_part *parts,
                            struct till_error *error) {
    const struct clv_settings *settings = run->settings;
    const struct clv_column columns[] = {
        {settings->by, TILL_TEXT},    {"customers", TILL_COUNT},   {"equity", TILL_REAL},
        {"lower", TILL_REAL},         {"upper", TILL_REAL},        {"parameter_error", TILL_REAL},
        {"process_error", TILL_REAL}, {"backtest_from", TILL_DAY}, {"predicted", TILL_REAL},
        {"actual", TILL_REAL},        {"ratio", TILL_REAL}};
    struct till_writer *writer = NULL;
    struct till_clv_horizon horizon;
    size_t count = data->group == NULL ? 1 : data->group_count, skip = settings->by == NULL ? 1 : 0;
    double total = 0, days;
    enum till_status status = clv_horizon(settings, &horizon, error);
    days = horizon.time * clv_unit_days(settings);
    if (status == TILL_OK)
        status = tool_open_output(run, &writer, error);
    if (status == TILL_OK)
        status = clv_header(writer, columns + skip, sizeof columns / sizeof *columns - skip, error);
    for (size_t i = 0; i < count && status == TILL_OK; i++) {
        struct till_clv_equity equity;
        struct backtest test;
        status = value_part(run, &parts[i], &horizon, &equity, error);
        if (status == TILL_OK)
            status = test_back(run, data, &parts[i], days, &test, error);
        if (status == TILL_OK)
            status = write_equity(writer, &parts[i], &equity, &test, error);
        total += status == TILL_OK ? equity.value : 0;
    }
    if (status == TILL_OK)
        tool_figure(run, "equity", total);
    return status;
}

/* ---- the matrix ---- */

#define MOST_STEPS 60

static enum till_status write_matrix(struct till_writer *writer, const struct clv_part *part, bool whole,
                                     double horizon, struct till_error *error) {
    double age = 0;
    uint32_t most = 0;
    for (size_t i = 0; i < part->cells.count; i++) {
        age = fmax(age, part->cells.age[i]);
        most = part->cells.repeats[i] > most ? part->cells.repeats[i] : most;
    }
    /* Whole units, so many at a time that there are not too many of them. */
    double step = fmax(1, ceil(age / MOST_STEPS));
    uint32_t stride = 1 + most / (MOST_STEPS + 1);
    enum till_status status = TILL_OK;
    for (uint32_t x = 0; x <= most && status == TILL_OK; x += stride)
        for (double t = x == 0 ? 0 : whole ? fmax(step, x) : step; t <= age && status == TILL_OK; t += step) {
            const struct till_clv_model *model = &part->fit.model;
            if (part->name.bytes != NULL)
                till_writer_text(writer, part->name);
            till_writer_count(writer, x);
            till_writer_real(writer, t);
            till_writer_real(writer, age);
            till_writer_real(writer, till_clv_alive(model, x, t, age));
            till_writer_real(writer, isinf(horizon) ? NAN : till_clv_expected(model, x, t, age, horizon));
            status = till_writer_end(writer, error);
            if (x == 0)
                break; /* without repeats there is no last one */
        }
    return status;
}

enum till_status clv_matrix(struct tool_run *run, const struct clv_part *parts, size_t count,
                            struct till_error *error) {
    const struct clv_settings *settings = run->settings;
    const struct clv_column columns[] = {{settings->by, TILL_TEXT}, {"repeats", TILL_COUNT},
                                         {"t_x", TILL_REAL},        {"age", TILL_REAL},
                                         {"p_alive", TILL_REAL},    {"expected_purchases", TILL_REAL}};
    struct till_writer *writer = NULL;
    struct till_clv_horizon horizon;
    size_t skip = settings->by == NULL ? 1 : 0;
    enum till_status status = clv_horizon(settings, &horizon, error);
    if (status == TILL_OK)
        status = tool_open_table(run, settings->matrix, &writer, error);
    if (status == TILL_OK)
        status = clv_header(writer, columns + skip, sizeof columns / sizeof *columns - skip, error);
    for (size_t i = 0; i < count && status == TILL_OK; i++)
        status = write_matrix(writer, &parts[i], settings->method == CLV_BGBB, horizon.time, error);
    return status;
}
