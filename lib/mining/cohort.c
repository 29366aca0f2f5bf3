/* Cohorts by first purchase. Two passes over the customers' days: the first finds everyone's cohort, so that the
 * triangle of cells can be laid out; the second adds each day to its cell. A customer's days are in order, so that
 * activity is counted once a period by looking at the period before alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <till/cohort.h>

#define MOST_CELLS 10000000

/* ---- who belongs where ---- */

/* The day of a customer's first purchase up to the as-of day; TILL_DAY_MISSING without one. */
static int32_t first_purchase(const struct till_ledger_history *history, const struct till_cohort_settings *settings,
                              size_t customer) {
    for (size_t i = history->first[customer]; i < history->first[customer + 1]; i++)
        if (history->days[i].purchases > 0)
            return history->days[i].day <= settings->as_of ? history->days[i].day : TILL_DAY_MISSING;
    return TILL_DAY_MISSING;
}

/* The period of the earliest first purchase; one behind the last period when nobody purchased. */
static int32_t earliest_period(const struct till_cohorts *cohorts, const struct till_ledger_history *history,
                               const struct till_cohort_settings *settings) {
    int32_t earliest = cohorts->last + 1;
    for (size_t i = 0; i < history->customers; i++) {
        int32_t day = first_purchase(history, settings, i);
        int32_t period = day == TILL_DAY_MISSING ? earliest : till_date_period(settings->unit, day);
        earliest = period < earliest ? period : earliest;
    }
    return earliest;
}

/* Makes a cohort of each period in which somebody bought for the first time; index[period - earliest] is its number. */
static enum till_status lay_out(struct till_cohorts *cohorts, const uint64_t *newcomers, int32_t earliest,
                                size_t *index, struct till_error *error) {
    size_t periods = (size_t)(cohorts->last - earliest) + 1;
    size_t cells = 0;
    for (size_t i = 0; i < periods; i++) {
        if (newcomers[i] == 0)
            continue;
        index[i] = cohorts->count;
        cohorts->start[cohorts->count] = earliest + (int32_t)i;
        cohorts->customers[cohorts->count] = newcomers[i];
        cohorts->first[cohorts->count++] = cells;
        cells += periods - i;
    }
    cohorts->first[cohorts->count] = cells;
    if (cells > MOST_CELLS)
        return till_error_set(error, TILL_ERROR_DATA,
                              "the dates span %zu periods, which makes %zu cells: is one of the dates wrong? "
                              "(see --since, --until)",
                              periods, cells);
    cohorts->cells = calloc(cells + 1, sizeof *cohorts->cells);
    return cohorts->cells == NULL ? till_error_memory(error) : TILL_OK;
}

static enum till_status make_cohorts(struct till_cohorts *cohorts, const struct till_ledger_history *history,
                                     const struct till_cohort_settings *settings, int32_t earliest, size_t *index,
                                     struct till_error *error) {
    size_t periods = (size_t)(cohorts->last - earliest) + 1;
    uint64_t *newcomers = calloc(periods + 1, sizeof *newcomers);
    cohorts->start = calloc(periods + 1, sizeof *cohorts->start);
    cohorts->customers = calloc(periods + 1, sizeof *cohorts->customers);
    cohorts->first = calloc(periods + 1, sizeof *cohorts->first);
    enum till_status status = TILL_ERROR_MEMORY;
    if (newcomers == NULL || cohorts->start == NULL || cohorts->customers == NULL || cohorts->first == NULL) {
        till_error_memory(error);
    } else {
        for (size_t i = 0; i < history->customers; i++) {
            int32_t day = first_purchase(history, settings, i);
            if (day != TILL_DAY_MISSING)
                newcomers[till_date_period(settings->unit, day) - earliest]++;
        }
        status = lay_out(cohorts, newcomers, earliest, index, error);
    }
    free(newcomers);
    return status;
}

/* ---- what they did ---- */

/* Money of one day as it counts. False when it overflows. */
static bool add_money(int64_t *sum, const struct till_ledger_day *day, const struct till_cohort_settings *settings) {
    return !__builtin_add_overflow(*sum, day->spent, sum) &&
           (settings->drop_returns || !__builtin_add_overflow(*sum, day->returned, sum));
}

/* The days of a customer who never bought. */
static bool add_returns(struct till_cohorts *cohorts, const struct till_ledger_history *history, size_t customer,
                        const struct till_cohort_settings *settings) {
    bool fits = true;
    size_t i = history->first[customer];
    cohorts->return_customers += i < history->first[customer + 1] && history->days[i].day <= settings->as_of;
    for (; fits && i < history->first[customer + 1] && history->days[i].day <= settings->as_of; i++)
        fits = add_money(&cohorts->return_customers_money, &history->days[i], settings);
    return fits;
}

static bool add_cell(struct till_cohort_cell *cell, const struct till_ledger_day *day, bool fresh,
                     const struct till_cohort_settings *settings) {
    cell->active += fresh;
    cell->orders += settings->count_days ? day->purchases > 0 : day->purchases;
    return add_money(&cell->revenue, day, settings);
}

/* The days of a customer of the cohort that begins with period `start`. */
static bool add_days(struct till_cohorts *cohorts, const struct till_ledger_history *history, size_t customer,
                     struct till_cohort_cell *cells, int32_t start, const struct till_cohort_settings *settings) {
    int32_t active = start - 1; /* the last period in which the customer was seen to be active */
    bool fits = true;
    for (size_t i = history->first[customer]; fits && i < history->first[customer + 1]; i++) {
        const struct till_ledger_day *day = &history->days[i];
        int32_t period = till_date_period(settings->unit, day->day);
        if (day->day > settings->as_of)
            break;
        if (period < start) { /* only returns can be */
            cohorts->early_returns += day->returns;
            fits = add_money(&cohorts->early_returns_money, day, settings);
            continue;
        }
        bool fresh = day->purchases > 0 && period > active;
        active = fresh ? period : active;
        fits = add_cell(&cells[period - start], day, fresh, settings);
    }
    return fits;
}

static bool add_customers(struct till_cohorts *cohorts, const struct till_ledger_history *history,
                          const struct till_cohort_settings *settings, int32_t earliest, const size_t *index) {
    bool fits = true;
    for (size_t i = 0; fits && i < history->customers; i++) {
        int32_t day = first_purchase(history, settings, i);
        if (day == TILL_DAY_MISSING) {
            fits = add_returns(cohorts, history, i, settings);
            continue;
        }
        int32_t start = till_date_period(settings->unit, day);
        struct till_cohort_cell *cells = cohorts->cells + cohorts->first[index[start - earliest]];
        fits = add_days(cohorts, history, i, cells, start, settings);
    }
    return fits;
}

enum till_status till_cohort_compute(struct till_cohorts *cohorts, const struct till_ledger_history *history,
                                     const struct till_cohort_settings *settings, struct till_error *error) {
    *cohorts = (struct till_cohorts){.unit = settings->unit};
    /* Without a day there is nobody: an empty span of periods. */
    bool nothing = settings->as_of == TILL_DAY_MISSING;
    cohorts->last = nothing ? -1 : till_date_period(settings->unit, settings->as_of);
    cohorts->last_complete =
        !nothing && till_date_period_start(settings->unit, cohorts->last + 1) == settings->as_of + 1;
    int32_t earliest = nothing ? 0 : earliest_period(cohorts, history, settings);
    size_t *index = calloc((size_t)(cohorts->last - earliest) + 2, sizeof *index);
    if (index == NULL)
        return till_error_memory(error);
    enum till_status status = make_cohorts(cohorts, history, settings, earliest, index, error);
    if (status == TILL_OK && !nothing && !add_customers(cohorts, history, settings, earliest, index))
        status = till_error_set(error, TILL_ERROR_DATA, "the money of a cohort is too large");
    free(index);
    if (status != TILL_OK)
        till_cohort_free(cohorts);
    return status;
}

void till_cohort_free(struct till_cohorts *cohorts) {
    free(cohorts->start);
    free(cohorts->customers);
    free(cohorts->first);
    free(cohorts->cells);
    *cohorts = (struct till_cohorts){0};
}

/* ---- tables ---- */

static struct till_slice keep_period(struct till_table *table, enum till_period_unit unit, int32_t period) {
    char text[TILL_DAY_TEXT];
    size_t length = till_date_period_write(text, unit, period);
    return till_table_keep(table, (struct till_slice){text, length});
}

static double retention(const struct till_cohorts *cohorts, size_t cohort, size_t cell) {
    return (double)cohorts->cells[cell].active / (double)cohorts->customers[cohort];
}

/* The columns of the long table. */
struct long_table {
    struct till_slice *cohort;
    uint64_t *period, *customers, *active, *orders, *complete;
    double *retention;
    int64_t *revenue;
};

static bool add_long_columns(struct till_table *table, struct long_table *columns) {
    return (columns->cohort = till_table_add(table, "cohort", TILL_TEXT)) != NULL &&
           (columns->period = till_table_add(table, "period", TILL_COUNT)) != NULL &&
           (columns->customers = till_table_add(table, "customers", TILL_COUNT)) != NULL &&
           (columns->active = till_table_add(table, "active", TILL_COUNT)) != NULL &&
           (columns->retention = till_table_add(table, "retention", TILL_REAL)) != NULL &&
           (columns->orders = till_table_add(table, "orders", TILL_COUNT)) != NULL &&
           (columns->revenue = till_table_add(table, "revenue", TILL_MONEY)) != NULL &&
           (columns->complete = till_table_add(table, "complete", TILL_COUNT)) != NULL;
}

static bool fill_long(const struct till_cohorts *cohorts, size_t cohort, struct till_table *table,
                      const struct long_table *columns) {
    struct till_slice name = keep_period(table, cohorts->unit, cohorts->start[cohort]);
    size_t end = cohorts->first[cohort + 1];
    for (size_t row = cohorts->first[cohort]; name.bytes != NULL && row < end; row++) {
        columns->cohort[row] = name;
        columns->period[row] = row - cohorts->first[cohort];
        columns->customers[row] = cohorts->customers[cohort];
        columns->active[row] = cohorts->cells[row].active;
        columns->retention[row] = retention(cohorts, cohort, row);
        columns->orders[row] = cohorts->cells[row].orders;
        columns->revenue[row] = cohorts->cells[row].revenue;
        columns->complete[row] = row + 1 < end || cohorts->last_complete;
    }
    return name.bytes != NULL;
}

static enum till_status end_table(struct till_table **table, bool made, struct till_error *error) {
    if (made)
        return TILL_OK;
    till_table_free(*table);
    *table = NULL;
    return till_error_memory(error);
}

enum till_status till_cohort_table(const struct till_cohorts *cohorts, struct till_table **table,
                                   struct till_error *error) {
    struct long_table columns;
    *table = till_table_new(cohorts->first[cohorts->count]);
    bool made = *table != NULL && add_long_columns(*table, &columns);
    for (size_t i = 0; made && i < cohorts->count; i++)
        made = fill_long(cohorts, i, *table, &columns);
    return end_table(table, made, error);
}

/* Fills the column of one period since. */
static bool fill_period(const struct till_cohorts *cohorts, enum till_cohort_measure measure, size_t period,
                        struct till_table *table) {
    static const enum till_type types[] = {TILL_REAL, TILL_COUNT, TILL_MONEY, TILL_COUNT};
    char name[24];
    struct till_vector column = {.type = types[measure]};
    snprintf(name, sizeof name, "%zu", period);
    if ((column.any = till_table_add(table, name, column.type)) == NULL)
        return false;
    for (size_t i = 0; i < cohorts->count; i++) {
        size_t cell = cohorts->first[i] + period;
        if (cell >= cohorts->first[i + 1])
            break; /* later cohorts have fewer periods still */
        if (measure == TILL_COHORT_RETENTION)
            column.real[i] = retention(cohorts, i, cell);
        else if (measure == TILL_COHORT_REVENUE)
            column.money[i] = cohorts->cells[cell].revenue;
        else
            column.count[i] = measure == TILL_COHORT_ACTIVE ? cohorts->cells[cell].active : cohorts->cells[cell].orders;
    }
    return true;
}

enum till_status till_cohort_triangle(const struct till_cohorts *cohorts, enum till_cohort_measure measure,
                                      struct till_table **table, struct till_error *error) {
    *table = till_table_new(cohorts->count);
    struct till_slice *cohort = *table == NULL ? NULL : till_table_add(*table, "cohort", TILL_TEXT);
    uint64_t *customers = cohort == NULL ? NULL : till_table_add(*table, "customers", TILL_COUNT);
    bool made = customers != NULL;
    for (size_t i = 0; made && i < cohorts->count; i++) {
        cohort[i] = keep_period(*table, cohorts->unit, cohorts->start[i]);
        customers[i] = cohorts->customers[i];
        made = cohort[i].bytes != NULL;
    }
    size_t periods = cohorts->count == 0 ? 0 : cohorts->first[1];
    for (size_t period = 0; made && period < periods; period++)
        made = fill_period(cohorts, measure, period, *table);
    return end_table(table, made, error);
}
