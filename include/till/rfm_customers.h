/* till/rfm_customers.h: recency, frequency and monetary value of each customer, from transactions.
 *
 *     struct till_rfm_customers customers;
 *     ... till_fold into a ledger, then the figures of its customers ...
 *     for (i = 0; i < customers.count; i++) ... customers.customer[i], customers.last[i], customers.monetary[i] ...
 *     till_rfm_customers_free(&customers);
 *
 * What counts as a purchase is settled by the ledger (till/ledger.h). Scores are made from these figures by till/rfm.h. */
#ifndef TILL_RFM_CUSTOMERS_H
#define TILL_RFM_CUSTOMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/date.h>
#include <till/error.h>
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

/* Frees the columns and leaves {0}. */
TILL_API void till_rfm_customers_free(struct till_rfm_customers *customers);

#endif
