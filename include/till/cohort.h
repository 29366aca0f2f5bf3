/* till/cohort.h: customers by the period of their first purchase, and what became of them in each period since.
 *
 *     struct till_cohorts cohorts;
 *     till_cohort_compute(&cohorts, &history, &settings, &error);         a ledger's history (till/ledger.h)
 *     till_cohort_table(&cohorts, &table, &error);                        or till_cohort_triangle
 *     till_cohort_free(&cohorts);
 *
 * Period 0 is the one of the first purchase. A customer is active in a period with at least one purchase; retention is
 * the share of the cohort's customers that is active, so it is 1 in period 0. */
#ifndef TILL_COHORT_H
#define TILL_COHORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/date.h>
#include <till/error.h>
#include <till/ledger.h>
#include <till/table.h>

struct till_cohort_settings {
    enum till_period_unit unit; /* weeks begin on Monday */
    int32_t as_of;              /* the last day that the data cover; later days are left out */
    bool drop_returns;          /* money of returns does not count */
    bool count_days;            /* orders are days with a purchase, not purchases */
};

/* One cohort in one period. */
struct till_cohort_cell {
    uint64_t active; /* customers with a purchase in the period */
    uint64_t orders;
    int64_t revenue; /* purchases less returns in the period, in 1/10,000 units */
};

struct till_cohorts {
    enum till_period_unit unit;
    int32_t last;       /* the period of the as-of day */
    bool last_complete; /* the as-of day is its last day */
    size_t count;
    int32_t *start;                 /* [count]: the periods in which there were first purchases, rising */
    uint64_t *customers;            /* [count]: how many */
    size_t *first;                  /* [count + 1]: period p of cohort i is cells[first[i] + p], up to `last` */
    struct till_cohort_cell *cells; /* also where nobody was active */
    /* What is in no cell: customers with returns alone, and returns in periods before a customer's first purchase. */
    uint64_t return_customers;
    int64_t return_customers_money;
    uint64_t early_returns;
    int64_t early_returns_money;
};

/* Customers in parts, each customer whole in one of them: for who cannot have all in memory. With settings.as_of
 * INT32_MAX all days count, and the last of them is told at the end. */
struct till_cohort_counter;
/* NULL when memory is out. */
TILL_API struct till_cohort_counter *till_cohort_counter_new(const struct till_cohort_settings *settings);
TILL_API void till_cohort_counter_free(struct till_cohort_counter *counter);
/* Errors: TILL_ERROR_DATA when money overflows; TILL_ERROR_MEMORY. O(days of the part + customers log cohorts). */
TILL_API enum till_status till_cohort_counter_add(struct till_cohort_counter *counter,
                                                  const struct till_ledger_history *history, struct till_error *error);
/* The cohorts of all parts. `as_of`: the last day that the data cover, not before any day that was counted;
 * TILL_DAY_MISSING: there is none. Errors: as till_cohort_compute. */
TILL_API enum till_status till_cohort_counter_finish(const struct till_cohort_counter *counter, int32_t as_of,
                                                     struct till_cohorts *cohorts, struct till_error *error);

/* Reads the cohorts off a history. Errors: TILL_ERROR_DATA when money overflows, or when the dates span so many periods
 * (more than ten million cells) that one of them must be wrong; TILL_ERROR_MEMORY. O(days of all customers + customers
 * log cohorts + cells). */
TILL_API enum till_status till_cohort_compute(struct till_cohorts *cohorts, const struct till_ledger_history *history,
                                              const struct till_cohort_settings *settings, struct till_error *error);
TILL_API void till_cohort_free(struct till_cohorts *cohorts);

/* cohort,period,customers,active,retention,orders,revenue,complete: a row for each cohort and period, in their order.
 * `complete` is 0 where the data end inside the period. */
TILL_API enum till_status till_cohort_table(const struct till_cohorts *cohorts, struct till_table **table,
                                            struct till_error *error);

/* cohort,customers,0,1,2,...: a row for each cohort and a column for each period since; missing behind the last period.
 */
enum till_cohort_measure { TILL_COHORT_RETENTION, TILL_COHORT_ACTIVE, TILL_COHORT_REVENUE, TILL_COHORT_ORDERS };
TILL_API enum till_status till_cohort_triangle(const struct till_cohorts *cohorts, enum till_cohort_measure measure,
                                               struct till_table **table, struct till_error *error);

#endif
