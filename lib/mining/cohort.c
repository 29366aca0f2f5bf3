/* Cohorts by first purchase.
 *
 * Customers come in parts, and nothing is known of those to come: neither the first cohort nor the last period. So each
 * cohort has a row of cells of its own, made when its first customer comes and as long as the last period in which
 * somebody did something; what is made of them at the end is laid out as one triangle. A customer's days are in order,
 * so that activity is counted once a period by looking at the period before alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <till/cohort.h>

#define MOST_CELLS 10000000

/* A cohort while it is counted. */
struct row {
    int32_t start;
    uint64_t customers;
    struct till_cohort_cell *cells;
    size_t capacity;
};

/* Days of which the period is known: there are far fewer days than purchases, and a calendar is slow. */
enum { KNOWN_DAYS = 1 << 12 };
struct known_day {
    int32_t day; /* TILL_DAY_MISSING: none yet */
    int32_t period;
};

struct till_cohort_counter {
    struct till_cohort_settings settings;
    struct known_day known[KNOWN_DAYS]; /* by the low bits of the day */
    struct row *rows;                   /* by start */
    size_t count;
    size_t capacity;
    size_t cells; /* in all rows */
    bool flooded; /* there would be too many: none are made any more, as the end will be an error */
    /* As in struct till_cohorts. */
    uint64_t return_customers, early_returns;
    int64_t return_customers_money, early_returns_money;
};

struct till_cohort_counter *till_cohort_counter_new(const struct till_cohort_settings *settings) {
    struct till_cohort_counter *counter = calloc(1, sizeof *counter);
    if (counter == NULL)
        return NULL;
    counter->settings = *settings;
    for (size_t i = 0; i < KNOWN_DAYS; i++)
        counter->known[i].day = TILL_DAY_MISSING;
    return counter;
}

void till_cohort_counter_free(struct till_cohort_counter *counter) {
    if (counter == NULL)
        return;
    for (size_t i = 0; i < counter->count; i++)
        free(counter->rows[i].cells);
    free(counter->rows);
    free(counter);
}

/* ---- who belongs where ---- */

/* The day of a customer's first purchase up to the last day; TILL_DAY_MISSING without one. */
static int32_t first_purchase(const struct till_ledger_history *history, int32_t last, size_t customer) {
    for (size_t i = history->first[customer]; i < history->first[customer + 1]; i++)
        if (history->days[i].purchases > 0)
            return history->days[i].day <= last ? history->days[i].day : TILL_DAY_MISSING;
    return TILL_DAY_MISSING;
}

static int32_t period_of(struct till_cohort_counter *counter, int32_t day) {
    struct known_day *known = &counter->known[(uint32_t)day % KNOWN_DAYS];
    if (known->day != day)
        *known = (struct known_day){day, till_date_period(counter->settings.unit, day)};
    return known->period;
}

/* Where the cohort of a period stands, or would stand. O(log cohorts). */
static size_t find_row(const struct till_cohort_counter *counter, int32_t start) {
    size_t low = 0, high = counter->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (counter->rows[middle].start < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The cohort of a period, made when it is not there; NULL when memory is out. */
static struct row *row_of(struct till_cohort_counter *counter, int32_t start) {
    size_t at = find_row(counter, start);
    if (at < counter->count && counter->rows[at].start == start)
        return &counter->rows[at];
    if (counter->count == counter->capacity) {
        size_t capacity = 2 * counter->capacity + 16;
        void *moved = realloc(counter->rows, capacity * sizeof *counter->rows);
        if (moved == NULL)
            return NULL;
        counter->rows = moved;
        counter->capacity = capacity;
    }
    memmove(counter->rows + at + 1, counter->rows + at, (counter->count++ - at) * sizeof *counter->rows);
    counter->rows[at] = (struct row){.start = start};
    return &counter->rows[at];
}

/* Room for the cell of so many periods since. False when memory is out. */
static bool reserve_cell(struct till_cohort_counter *counter, struct row *row, size_t period) {
    if (period < row->capacity || counter->flooded)
        return true;
    size_t capacity = period + period / 2 + 8;
    counter->cells += capacity - row->capacity;
    counter->flooded = counter->cells > 2 * (size_t)MOST_CELLS;
    if (counter->flooded)
        return true;
    struct till_cohort_cell *moved = realloc(row->cells, capacity * sizeof *moved);
    if (moved == NULL)
        return false;
    memset(moved + row->capacity, 0, (capacity - row->capacity) * sizeof *moved);
    row->cells = moved;
    row->capacity = capacity;
    return true;
}

/* ---- what they did ---- */

enum counted { COUNTED, NO_MEMORY, TOO_LARGE };

/* Money of one day as it counts. */
static enum counted add_money(int64_t *sum, const struct till_ledger_day *day,
                              const struct till_cohort_settings *settings) {
    bool fits = !__builtin_add_overflow(*sum, day->spent, sum) &&
                (settings->drop_returns || !__builtin_add_overflow(*sum, day->returned, sum));
    return fits ? COUNTED : TOO_LARGE;
}

/* The days of a customer who never bought. */
static enum counted add_returns(struct till_cohort_counter *counter, const struct till_ledger_history *history,
                                size_t customer) {
    const struct till_cohort_settings *settings = &counter->settings;
    enum counted counted = COUNTED;
    size_t i = history->first[customer], end = history->first[customer + 1];
    counter->return_customers += i < end && history->days[i].day <= settings->as_of;
    for (; counted == COUNTED && i < end && history->days[i].day <= settings->as_of; i++)
        counted = add_money(&counter->return_customers_money, &history->days[i], settings);
    return counted;
}

static enum counted add_cell(struct till_cohort_cell *cell, const struct till_ledger_day *day, bool fresh,
                             const struct till_cohort_settings *settings) {
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a row has cells as far as its capacity */
    cell->active += fresh;
    cell->orders += settings->count_days ? day->purchases > 0 : day->purchases;
    return add_money(&cell->revenue, day, settings);
}

/* The days of a customer of a cohort. */
static enum counted add_days(struct till_cohort_counter *counter, const struct till_ledger_history *history,
                             size_t customer, struct row *row) {
    const struct till_cohort_settings *settings = &counter->settings;
    int32_t active = row->start - 1; /* the last period in which the customer was seen to be active */
    enum counted counted = COUNTED;
    for (size_t i = history->first[customer]; counted == COUNTED && i < history->first[customer + 1]; i++) {
        const struct till_ledger_day *day = &history->days[i];
        if (day->day > settings->as_of)
            break;
        int32_t period = period_of(counter, day->day);
        if (period < row->start) { /* only returns can be */
            counter->early_returns += day->returns;
            counted = add_money(&counter->early_returns_money, day, settings);
            continue;
        }
        bool fresh = day->purchases > 0 && period > active;
        active = fresh ? period : active;
        size_t since = (size_t)(period - row->start);
        if (!reserve_cell(counter, row, since))
            counted = NO_MEMORY;
        else if (since < row->capacity)
            counted = add_cell(&row->cells[since], day, fresh, settings);
    }
    return counted;
}

enum till_status till_cohort_counter_add(struct till_cohort_counter *counter, const struct till_ledger_history *history,
                                         struct till_error *error) {
    enum counted counted = COUNTED;
    for (size_t i = 0; counted == COUNTED && i < history->customers; i++) {
        int32_t day = first_purchase(history, counter->settings.as_of, i);
        if (day == TILL_DAY_MISSING) {
            counted = add_returns(counter, history, i);
            continue;
        }
        struct row *row = row_of(counter, period_of(counter, day));
        if (row == NULL)
            return till_error_memory(error);
        row->customers++;
        counted = add_days(counter, history, i, row);
    }
    if (counted == NO_MEMORY)
        return till_error_memory(error);
    return counted == COUNTED ? TILL_OK : till_error_set(error, TILL_ERROR_DATA, "the money of a cohort is too large");
}

/* ---- the triangle ---- */

static size_t periods_of(const struct till_cohorts *cohorts, const struct row *row) {
    return (size_t)(cohorts->last - row->start) + 1;
}

static enum till_status lay_out(struct till_cohorts *cohorts, const struct till_cohort_counter *counter,
                                struct till_error *error) {
    size_t cells = 0, count = counter->count;
    for (size_t i = 0; i < count; i++)
        cells += periods_of(cohorts, &counter->rows[i]);
    if (cells > MOST_CELLS)
        return till_error_set(error, TILL_ERROR_DATA,
                              "the dates span %zu periods, which makes %zu cells: is one of the dates wrong? "
                              "(see --since, --until)",
                              periods_of(cohorts, &counter->rows[0]), cells);
    cohorts->start = calloc(count + 1, sizeof *cohorts->start);
    cohorts->customers = calloc(count + 1, sizeof *cohorts->customers);
    cohorts->first = calloc(count + 1, sizeof *cohorts->first);
    cohorts->cells = calloc(cells + 1, sizeof *cohorts->cells);
    if (cohorts->start == NULL || cohorts->customers == NULL || cohorts->first == NULL || cohorts->cells == NULL)
        return till_error_memory(error);
    return TILL_OK;
}

enum till_status till_cohort_counter_finish(const struct till_cohort_counter *counter, int32_t as_of,
                                            struct till_cohorts *cohorts, struct till_error *error) {
    enum till_period_unit unit = counter->settings.unit;
    *cohorts = (struct till_cohorts){.unit = unit,
                                     .return_customers = counter->return_customers,
                                     .return_customers_money = counter->return_customers_money,
                                     .early_returns = counter->early_returns,
                                     .early_returns_money = counter->early_returns_money};
    /* Without a day there is nobody: an empty span of periods. */
    bool nothing = as_of == TILL_DAY_MISSING;
    cohorts->last = nothing ? -1 : till_date_period(unit, as_of);
    cohorts->last_complete = !nothing && till_date_period_start(unit, cohorts->last + 1) == as_of + 1;
    enum till_status status = lay_out(cohorts, counter, error);
    if (status != TILL_OK) {
        till_cohort_free(cohorts);
        return status;
    }
    for (size_t i = 0; i < counter->count; i++) {
        const struct row *row = &counter->rows[i];
        size_t periods = periods_of(cohorts, row);
        cohorts->start[i] = row->start;
        cohorts->customers[i] = row->customers;
        cohorts->first[i + 1] = cohorts->first[i] + periods;
        /* A row ends behind the last period, or before it, where nobody did anything any more. */
        memcpy(cohorts->cells + cohorts->first[i], row->cells,
               (periods < row->capacity ? periods : row->capacity) * sizeof *row->cells);
    }
    cohorts->count = counter->count;
    return TILL_OK;
}

enum till_status till_cohort_compute(struct till_cohorts *cohorts, const struct till_ledger_history *history,
                                     const struct till_cohort_settings *settings, struct till_error *error) {
    struct till_cohort_counter *counter = till_cohort_counter_new(settings);
    *cohorts = (struct till_cohorts){.unit = settings->unit};
    enum till_status status = counter == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK && settings->as_of != TILL_DAY_MISSING)
        status = till_cohort_counter_add(counter, history, error);
    if (status == TILL_OK)
        status = till_cohort_counter_finish(counter, settings->as_of, cohorts, error);
    till_cohort_counter_free(counter);
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
