/* till/ledger.h: purchases by customer and day: what RFM, cohorts, lifetime values and churn features are read off.
 *
 * Rows become purchases here. A purchase is an order (or, without an order column, a customer's date-time) whose rows
 * sum to zero or more; one that sums below zero is a return: it lowers the money, is no purchase and moves no date.
 * With `rows` each row stands for itself. An order is dated by its earliest day.
 *
 *     till_fold(input, &till_ledger_aggregate, &settings, threads, (void **)&ledger, &error);
 *     till_ledger_history(ledger, &history, &error);
 *     for (c = 0; c < history.customers; c++)
 *         for (e = history.first[c]; e < history.first[c + 1]; e++) ... history.days[e] ...
 */
#ifndef TILL_LEDGER_H
#define TILL_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/dictionary.h>
#include <till/error.h>
#include <till/fold.h>
#include <till/state.h>
#include <till/text.h>
#include <till/transactions.h>

struct till_ledger_settings {
    const struct till_transactions *transactions; /* where the roles stand in a block */
    bool rows;                                    /* each row is a purchase or a return of its own */
    bool amount_per_order;                        /* an order's amount stands on each of its rows and is taken once */
};

extern TILL_API const struct till_aggregate till_ledger_aggregate;

/* What a customer did on one day. */
struct till_ledger_day {
    uint32_t customer; /* index into the ledger's customers */
    int32_t day;
    uint32_t purchases; /* orders (or rows) that sum to zero or more */
    uint32_t returns;   /* orders (or rows) that sum below zero */
    uint64_t rows;      /* rows of the purchases */
    int64_t spent;      /* money of the purchases; zero or more */
    int64_t returned;   /* money of the returns; zero or less */
};

struct till_ledger;

TILL_API uint32_t till_ledger_customers(const struct till_ledger *ledger);
TILL_API struct till_slice till_ledger_customer(const struct till_ledger *ledger, uint32_t customer);
/* The dictionary that codes the customers; owned by the ledger. */
TILL_API const struct till_dictionary *till_ledger_names(const struct till_ledger *ledger);
/* All customers in byte order of their ids. False when memory is out. */
TILL_API bool till_ledger_order(const struct till_ledger *ledger, uint32_t *order);
/* The newest day of any row; TILL_DAY_MISSING without rows. `next` may be NULL: the newest day before it. */
TILL_API int32_t till_ledger_newest_day(const struct till_ledger *ledger, int32_t *next);
/* True when orders of several rows exist and every one of them repeats one amount: they may be order totals. */
TILL_API bool till_ledger_repeats_totals(const struct till_ledger *ledger);
/* Calls visit once for each purchase or return (or for each customer and day, with settings.rows), in no particular
 * order. O(entries). */
typedef void till_ledger_visit(void *context, const struct till_ledger_day *events, size_t count);
TILL_API bool till_ledger_each(const struct till_ledger *ledger, till_ledger_visit *visit, void *context);

/* All customers' days, one entry per customer and day, by customer in byte order of their ids, then by day. */
struct till_ledger_history {
    uint32_t customers;
    uint32_t *customer; /* [customers]: their codes, in byte order of the ids */
    size_t *first;      /* [customers + 1]: where each one's days begin */
    struct till_ledger_day *days;
};
TILL_API enum till_status till_ledger_history(const struct till_ledger *ledger, struct till_ledger_history *history,
                                              struct till_error *error);
TILL_API void till_ledger_history_free(struct till_ledger_history *history);

/* ---- the customers of a state ---- */

/* The customers of a state (till/state.h), some thousand orders of them at a time, each customer whole: for who reads
 * figures off that look at one customer alone. What it says is what a ledger would say of the rows. Memory: that of the
 * largest customer.
 *
 *     till_ledger_stretches_new(&stretches, &settings, true, take, context, &error);
 *     struct till_state_visit visit = {.begin = till_ledger_stretches_begin, .take = till_ledger_stretches_add,
 *                                      .context = stretches};
 *     ... till_state_merge ...
 *     till_ledger_stretches_end(stretches, &summary, &error);
 */
struct till_ledger_stretches;
struct till_ledger_stretch {
    const struct till_slice *name;             /* [history->customers], in byte order over all stretches */
    const struct till_ledger_history *history; /* numbered as the names; `customer` is NULL */
    int32_t newest_day, next_newest_day;       /* of all customers, those to come among them */
};
/* Called with each stretch, which is valid until it returns. */
typedef enum till_status till_ledger_take(void *context, const struct till_ledger_stretch *stretch,
                                          struct till_error *error);
/* `by_day`: the history is one as of till_ledger_history; else it holds purchases and returns one by one, those of a
 * customer in no particular order. The settings' transactions are not looked at. Errors: TILL_ERROR_MEMORY. */
TILL_API enum till_status till_ledger_stretches_new(struct till_ledger_stretches **stretches,
                                                    const struct till_ledger_settings *settings, bool by_day,
                                                    till_ledger_take *take, void *context, struct till_error *error);
TILL_API enum till_status till_ledger_stretches_begin(void *stretches, int32_t newest_day, int32_t next_newest_day,
                                                      struct till_error *error);
/* Errors: TILL_ERROR_DATA when money overflows, or when an order has two amounts (amount_per_order); those of `take`;
 * TILL_ERROR_MEMORY. */
TILL_API enum till_status till_ledger_stretches_add(void *stretches, const struct till_state_customer *customers,
                                                    size_t count, struct till_error *error);
/* What looks at all customers together. */
struct till_ledger_summary {
    int32_t newest_day, next_newest_day; /* as of till_ledger_newest_day */
    bool repeats_totals;                 /* as of till_ledger_repeats_totals */
};
/* Shows the last stretch, also when it is empty. Errors: as above; TILL_ERROR_STATE when the days are not those that
 * the state began with. */
TILL_API enum till_status till_ledger_stretches_end(struct till_ledger_stretches *stretches,
                                                    struct till_ledger_summary *summary, struct till_error *error);
TILL_API void till_ledger_stretches_free(struct till_ledger_stretches *stretches);

#endif
