/* till-clv --validate: the forecast held against what came after, beside two rivals that need no model: as many repeat
 * purchases as in the last period of the same length, and the same number for everybody. The constant is the mean of
 * what came, which nobody can know before: it is the best that a constant can do. */
#include "clv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ACTUAL, MODEL, LAST, CONSTANT, COLUMNS };

struct validation {
    struct tool_run *run;
    const struct clv_data *data;
    const struct clv_part *parts;
    size_t part_count;
    int32_t cutoff, end;
    double time;             /* from cutoff to end, in units */
    double *figure[COLUMNS]; /* [customers] */
    struct till_writer *writer;
};

/* ---- figures by customer ---- */

static double window(const struct clv_data *data, int32_t cutoff, int32_t end) {
    if (!data->settings.calendar)
        return (end - cutoff) / data->settings.unit;
    enum till_period_unit unit = data->settings.period;
    return till_date_period(unit, end + 1) - till_date_period(unit, cutoff + 1);
}

static enum till_status forecast(struct validation *v, struct till_error *error) {
    enum till_status status = TILL_OK;
    struct till_clv_horizon horizon = {v->time, v->time, 0};
    for (size_t i = 0; i < v->part_count && status == TILL_OK; i++) {
        struct till_clv_forecast predicted;
        const struct clv_part *part = &v->parts[i];
        status = till_clv_predict(&predicted, &part->fit.model, &part->cells, &horizon, v->run->threads, error);
        for (size_t k = 0; k < part->count && status == TILL_OK; k++)
            v->figure[MODEL][part->member[k]] = predicted.expected[part->cells.cell[k]];
        till_clv_forecast_free(&predicted);
    }
    return status;
}

static void look(struct validation *v) {
    const struct clv_data *data = v->data;
    double total = 0;
    int32_t before = v->cutoff - (v->end - v->cutoff);
    for (size_t i = 0; i < data->count; i++) {
        size_t row = data->customers.row[i];
        v->figure[ACTUAL][i] =
            till_clv_purchases_between(&data->history, row, &data->settings, v->cutoff, v->end).count;
        v->figure[LAST][i] = till_clv_purchases_between(&data->history, row, &data->settings, before, v->cutoff).count;
        total += v->figure[ACTUAL][i];
    }
    for (size_t i = 0; i < data->count; i++)
        v->figure[CONSTANT][i] = total / (double)data->count;
}

/* ---- rows ---- */

static enum till_status write_row(struct validation *v, const char *section, const char *group, double customers,
                                  const double figures[COLUMNS], struct till_error *error) {
    till_writer_text(v->writer, till_slice_of(section));
    till_writer_text(v->writer, till_slice_of(group));
    till_writer_real(v->writer, customers);
    for (int i = 0; i < COLUMNS; i++)
        till_writer_real(v->writer, figures[i]);
    return till_writer_end(v->writer, error);
}

static enum till_status write_totals(struct validation *v, struct till_error *error) {
    double total[COLUMNS] = {0}, off[COLUMNS] = {0}, square[COLUMNS] = {0}, n = (double)v->data->count;
    for (int k = 0; k < COLUMNS; k++)
        for (size_t i = 0; i < v->data->count; i++) {
            double error_of = v->figure[k][i] - v->figure[ACTUAL][i];
            total[k] += v->figure[k][i];
            off[k] += fabs(error_of) / n;
            square[k] += error_of * error_of / n;
        }
    for (int k = 0; k < COLUMNS; k++)
        square[k] = sqrt(square[k]);
    off[ACTUAL] = square[ACTUAL] = NAN;
    tool_figure(v->run, "mae", off[MODEL]);
    tool_figure(v->run, "rmse", square[MODEL]);
    tool_figure(v->run, "actual", total[ACTUAL]);
    tool_figure(v->run, "predicted", total[MODEL]);
    enum till_status status = write_row(v, "total", "", n, total, error);
    if (status == TILL_OK)
        status = write_row(v, "mae", "", n, off, error);
    return status == TILL_OK ? write_row(v, "rmse", "", n, square, error) : status;
}

/* The means over some customers, given by their numbers. */
static void add_means(const struct validation *v, size_t customer, double sums[COLUMNS]) {
    for (int k = 0; k < COLUMNS; k++)
        sums[k] += v->figure[k][customer];
}

static enum till_status write_means(struct validation *v, const char *section, const char *group, double count,
                                    double sums[COLUMNS], struct till_error *error) {
    for (int k = 0; k < COLUMNS; k++)
        sums[k] /= count;
    return write_row(v, section, group, count, sums, error);
}

/* ---- calibration ---- */

struct ranked {
    double expected;
    size_t customer;
};

static int compare(const void *left, const void *right) {
    const struct ranked *a = left, *b = right;
    if (a->expected != b->expected)
        return a->expected > b->expected ? -1 : 1;
    return (a->customer > b->customer) - (a->customer < b->customer);
}

/* Ten groups by falling forecast. */
static enum till_status write_deciles(struct validation *v, struct till_error *error) {
    size_t count = v->data->count;
    struct ranked *ranked = calloc(count + 1, sizeof *ranked);
    enum till_status status = TILL_OK;
    if (ranked == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < count; i++)
        ranked[i] = (struct ranked){v->figure[MODEL][i], i};
    if (count > 0)
        qsort(ranked, count, sizeof *ranked, compare);
    for (size_t decile = 0; decile < 10 && status == TILL_OK; decile++) {
        double sums[COLUMNS] = {0};
        size_t from = decile * count / 10, to = (decile + 1) * count / 10;
        char name[8] = {(char)('1' + decile), '\0'};
        if (decile == 9)
            name[0] = '1', name[1] = '0';
        for (size_t i = from; i < to; i++)
            add_means(v, ranked[i].customer, sums);
        if (to > from)
            status = write_means(v, "decile", name, (double)(to - from), sums, error);
    }
    free(ranked);
    return status;
}

static enum till_status write_repeats(struct validation *v, struct till_error *error) {
    static const char *const names[] = {"0", "1", "2", "3", "4", "5", "6", "7+"};
    double sums[8][COLUMNS] = {{0}}, counts[8] = {0};
    enum till_status status = TILL_OK;
    for (size_t i = 0; i < v->data->count; i++) {
        size_t group = v->data->repeats[i] < 7 ? v->data->repeats[i] : 7;
        add_means(v, i, sums[group]);
        counts[group]++;
    }
    for (size_t group = 0; group < 8 && status == TILL_OK; group++)
        if (counts[group] > 0)
            status = write_means(v, "repeats", names[group], counts[group], sums[group], error);
    return status;
}

/* ---- tracking ---- */

/* Adds the repeat purchases expected of a part's customers up to the end of each week. */
static bool track_model(const struct validation *v, const struct clv_part *part, int32_t start, size_t weeks,
                        double *model) {
    size_t days = weeks * 7;
    double *born = calloc(days + 1, sizeof *born), *expected = calloc(days + 1, sizeof *expected);
    bool good = born != NULL && expected != NULL;
    for (size_t i = 0; i < part->count && good; i++) {
        size_t day = (size_t)(v->data->customers.first[part->member[i]] - start);
        born[day < days ? day : days]++;
    }
    for (size_t day = 1; day < days && good; day++)
        expected[day] = till_clv_expected(&part->fit.model, 0, 0, 0, (double)day / v->data->settings.unit);
    for (size_t week = 0; week < weeks && good; week++)
        for (size_t day = 0; day < 7 * week + 7; day++)
            model[week] += born[day] * expected[7 * week + 6 - day];
    free(born);
    free(expected);
    return good;
}

/* Counts the repeat purchases of all customers up to the end of each week. */
static void track_actual(const struct validation *v, int32_t start, size_t weeks, double *actual) {
    const struct clv_data *data = v->data;
    for (size_t i = 0; i < data->count; i++) {
        size_t row = data->customers.row[i];
        for (size_t d = data->history.first[row]; d < data->history.first[row + 1]; d++) {
            const struct till_ledger_day *day = &data->history.days[d];
            if (day->purchases == 0 || day->day <= data->customers.first[i] || day->day > v->end)
                continue;
            size_t week = (size_t)(day->day - start) / 7;
            if (week < weeks)
                actual[week]++;
        }
    }
    for (size_t week = 1; week < weeks; week++)
        actual[week] += actual[week - 1];
}

static enum till_status write_weeks(struct validation *v, int32_t start, size_t weeks, const double *actual,
                                    const double *model, struct till_error *error) {
    double off = 0, tested = 0;
    enum till_status status = TILL_OK;
    for (int cumulative = 0; cumulative < 2; cumulative++)
        for (size_t week = 0; week < weeks && status == TILL_OK; week++) {
            bool plain = cumulative == 0 && week > 0;
            char name[24];
            double row[COLUMNS] = {actual[week] - (plain ? actual[week - 1] : 0),
                                   model[week] - (plain ? model[week - 1] : 0), NAN, NAN};
            snprintf(name, sizeof name, "%zu", week + 1);
            if (cumulative == 1 && start + (int32_t)week * 7 + 6 > v->cutoff && actual[week] > 0) {
                off += fabs(model[week] / actual[week] - 1);
                tested++;
            }
            status = write_row(v, cumulative ? "cumulative" : "week", name, (double)v->data->count, row, error);
        }
    if (tested > 0)
        tool_figure(v->run, "tracking_mape", off / tested);
    return status;
}

/* Weeks since the day on which the first customer came. */
static enum till_status track(struct validation *v, struct till_error *error) {
    const struct clv_data *data = v->data;
    int32_t start = v->cutoff;
    for (size_t i = 0; i < data->count; i++)
        start = data->customers.first[i] < start ? data->customers.first[i] : start;
    size_t weeks = (size_t)(v->end - start + 1) / 7;
    double *actual = calloc(weeks + 1, sizeof *actual), *model = calloc(weeks + 1, sizeof *model);
    bool good = actual != NULL && model != NULL;
    for (size_t i = 0; i < v->part_count && good; i++)
        good = track_model(v, &v->parts[i], start, weeks, model);
    enum till_status status = good ? TILL_OK : till_error_memory(error);
    if (good) {
        track_actual(v, start, weeks, actual);
        status = write_weeks(v, start, weeks, actual, model, error);
    }
    free(actual);
    free(model);
    return status;
}

/* ---- all ---- */

static enum till_status write_all(struct validation *v, struct till_error *error) {
    static const struct clv_column columns[] = {
        {"section", TILL_TEXT}, {"group", TILL_TEXT},       {"customers", TILL_REAL}, {"actual", TILL_REAL},
        {"model", TILL_REAL},   {"last_period", TILL_REAL}, {"constant", TILL_REAL}};
    const struct clv_settings *settings = v->run->settings;
    enum till_status status = tool_open_table(v->run, settings->validate, &v->writer, error);
    if (status == TILL_OK)
        status = clv_header(v->writer, columns, sizeof columns / sizeof *columns, error);
    if (status == TILL_OK)
        status = write_totals(v, error);
    if (status == TILL_OK)
        status = write_deciles(v, error);
    if (status == TILL_OK)
        status = write_repeats(v, error);
    if (status == TILL_OK && settings->method == CLV_BGBB)
        tool_note(v->run, "--validate: bgbb counts periods, and is not tracked by week");
    else if (status == TILL_OK)
        status = track(v, error);
    return status;
}

enum till_status clv_validate(struct tool_run *run, const struct clv_data *data, const struct clv_part *parts,
                              int32_t end, struct till_error *error) {
    struct validation v = {.run = run,
                           .data = data,
                           .parts = parts,
                           .part_count = data->group == NULL ? 1 : data->group_count,
                           .cutoff = data->settings.as_of,
                           .end = end,
                           .time = window(data, data->settings.as_of, end)};
    enum till_status status = TILL_OK;
    if (!(v.time > 0))
        return till_error_set(error, TILL_ERROR_DATA, "there is nothing after --until to hold the forecast against");
    for (int k = 0; k < COLUMNS && status == TILL_OK; k++) {
        v.figure[k] = calloc(data->count + 1, sizeof *v.figure[k]);
        status = v.figure[k] == NULL ? till_error_memory(error) : TILL_OK;
    }
    if (status == TILL_OK)
        status = forecast(&v, error);
    if (status == TILL_OK) {
        look(&v);
        status = write_all(&v, error);
    }
    for (int k = 0; k < COLUMNS; k++)
        free(v.figure[k]);
    return status;
}
