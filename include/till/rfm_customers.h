/* till/rfm_customers.h: recency, frequency and monetary value of each customer, from transactions.
 *
 *     struct till_rfm_customers customers;
 *     till_fold(input, &till_rfm_aggregate, &settings, threads, &state, &error);
 *     till_rfm_customers_finish(state, &customers, &error);
 *     for (i = 0; i < customers.count; i++) ... customers.customer[i], customers.last[i], customers.monetary[i] ...
 *     till_rfm_customers_free(&customers);
 *
 * What counts as a purchase is settled by the ledger (till/ledger.h). Scores are made from these figures by till/rfm.h.
 */
#ifndef TILL_RFM_CUSTOMERS_H
#define TILL_RFM_CUSTOMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/date.h>
#include <till/error.h>
#include <till/fold.h>
#include <till/ledger.h>
#include <till/state.h>
#include <till/text.h>

/* Columns of `count` customers, in byte order of their ids. Start with {0}. */
struct till_rfm_customers {
    size_t count;
    struct till_slice *customer; /* valid as long as this struct */
    int32_t *first;              /* the days of the first and of the last purchase; */
    int32_t *last;               /* TILL_DAY_MISSING for a customer with returns alone */
    uint64_t *frequency;         /* purchases; 0 for a customer with returns alone */
    int64_t *monetary;           /* net money of purchases and returns, in 1/10,000 units */
    int32_t newest_day;          /* of any row; TILL_DAY_MISSING without rows */
    int32_t next_newest_day;     /* the newest day before it; TILL_DAY_MISSING without one */
    bool repeats_totals;         /* the amounts may be order totals, repeated on each row of their order */
    struct till_text names;      /* the bytes that customer[] points at */
};

/* What to do with purchases that sum below zero. */
enum till_rfm_returns {
    TILL_RFM_RETURNS_NET,  /* they lower the money */
    TILL_RFM_RETURNS_DROP, /* they are left out */
    TILL_RFM_RETURNS_ERROR /* there must be none: TILL_ERROR_DATA */
};

struct till_rfm_customers_options {
    bool days; /* frequency counts the days with a purchase, not the purchases */
    enum till_rfm_returns returns;
};

/* The figures of a ledger's customers; customers that have nothing left after `returns` are left out. O(n log n) in the
 * customers, O(n log n) in the entries for `days`. */
TILL_API enum till_status till_rfm_customers_from(const struct till_ledger *ledger,
                                                  const struct till_rfm_customers_options *options,
                                                  struct till_rfm_customers *customers, struct till_error *error);

/* The same figures as an aggregate over transactions. Where every row is a purchase of its own and purchases are
 * counted, 24 bytes a customer are all it keeps; else it keeps a ledger. */
struct till_rfm_settings {
    struct till_ledger_settings ledger;
    struct till_rfm_customers_options options;
};
extern TILL_API const struct till_aggregate till_rfm_aggregate;

/* The figures of an aggregate's state, which stays as it is. */
TILL_API enum till_status till_rfm_customers_finish(const void *state, struct till_rfm_customers *customers,
                                                    struct till_error *error);

/* The same figures of the customers of a state, stretch by stretch (till_ledger_stretches, by day where `days` are
 * counted).
 *
 *     till_ledger_stretches_new(&stretches, &settings.ledger, settings.options.days, till_rfm_gather_take, gather,
 * ...); till_rfm_gather_finish(gather, &summary, &customers, &error);
 */
struct till_rfm_gather;
/* NULL when memory is out. */
TILL_API struct till_rfm_gather *till_rfm_gather_new(const struct till_rfm_customers_options *options);
/* A till_ledger_take. Errors: those of till_rfm_customers_from. */
TILL_API enum till_status till_rfm_gather_take(void *gather, const struct till_ledger_stretch *stretch,
                                               struct till_error *error);
/* All of them, once; customers come in the order in which they were shown. Errors: TILL_ERROR_MEMORY. O(customers). */
TILL_API enum till_status till_rfm_gather_finish(struct till_rfm_gather *gather,
                                                 const struct till_ledger_summary *summary,
                                                 struct till_rfm_customers *customers, struct till_error *error);
TILL_API void till_rfm_gather_free(struct till_rfm_gather *gather);

/* Frees the columns and leaves {0}. */
TILL_API void till_rfm_customers_free(struct till_rfm_customers *customers);

#endif
