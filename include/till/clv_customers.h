/* till/clv_customers.h: transactions as the models of lifetime value see them, and what came afterwards.
 *
 *     till_ledger_history(ledger, &history, &error);
 *     till_clv_customers_new(&customers, &history, &settings, &error);
 *     ... customers.history is ready for till_clv_cells_new ...
 *
 * A purchase is a day with a purchase; the first day is no repeat. Or, for BG/BB, a calendar period with one; the first
 * period is no repeat, and periods count until the last one that is whole. */
#ifndef TILL_CLV_CUSTOMERS_H
#define TILL_CLV_CUSTOMERS_H

#include <stdbool.h>
#include <stdint.h>

#include <till/clv.h>
#include <till/date.h>
#include <till/error.h>
#include <till/ledger.h>

struct till_clv_customers_settings {
    int32_t as_of; /* the last day that counts */
    bool drop_returns;
    double unit;                  /* of time, in days */
    bool calendar;                /* count calendar periods, not days ... */
    enum till_period_unit period; /* ... of this kind */
};

struct till_clv_customers {
    size_t count;
    size_t *row;    /* where the customer stands in the ledger's history */
    int32_t *first; /* the day of the first purchase */
    uint32_t *repeats;
    double *last; /* t_x and age, in units, or in whole periods */
    double *age;
    double *mean;         /* net money of the repeat days, over repeats; NaN without repeats */
    size_t returns_alone; /* customers who never bought up to as_of, and are left out */
    size_t stray_returns; /* returns on days that are no repeat days, whose money is in no mean */
    int64_t stray_money;
    size_t seen; /* customers of all histories so far */
    size_t capacity;
};

/* Customers of the history who bought until as_of, in its order. Errors: TILL_ERROR_MEMORY. O(days). */
TILL_API enum till_status till_clv_customers_new(struct till_clv_customers *customers,
                                                 const struct till_ledger_history *history,
                                                 const struct till_clv_customers_settings *settings,
                                                 struct till_error *error);
/* The same for customers who come in parts, each whole in one of them: adds those of one history. Start with {0}; rows
 * are numbered over all histories. */
TILL_API enum till_status till_clv_customers_add(struct till_clv_customers *customers,
                                                 const struct till_ledger_history *history,
                                                 const struct till_clv_customers_settings *settings,
                                                 struct till_error *error);
TILL_API void till_clv_customers_free(struct till_clv_customers *customers);

/* How many days (or periods) with a purchase customer `row` of the history has behind `after`, until `until`, and their
 * net money. The first of all is no repeat and does not count. */
struct till_clv_purchases {
    uint32_t count;
    double money;
};
TILL_API struct till_clv_purchases till_clv_purchases_between(const struct till_ledger_history *history, size_t row,
                                                              const struct till_clv_customers_settings *settings,
                                                              int32_t after, int32_t until);

#endif
