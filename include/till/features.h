/* till/features.h: what was known of each customer on a day, and whether the customer came back afterwards.
 *
 *     struct till_features_input rows = {&transactions, settings};
 *     till_fold(input, &till_features_aggregate, &rows, threads, (void **)&features, &error);
 *     till_features_each(features, threads, take, context, &counts, &error);   a row for each customer and cutoff
 *     till_features_free(features);
 *
 * A row's features come from transactions up to its cutoff alone. Orders are put together anew for each cutoff from the
 * rows up to it: a line that was booked later is not there yet, even where its order began before. The label looks the
 * other way: churned is 1 when no purchase falls on the days cutoff + gap + 1 .. cutoff + gap + horizon. */
#ifndef TILL_FEATURES_H
#define TILL_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/block.h>
#include <till/error.h>
#include <till/fold.h>
#include <till/state.h>
#include <till/text.h>
#include <till/transactions.h>

struct till_features_settings {
    const int32_t *cutoffs; /* rising */
    size_t cutoff_count;
    int32_t horizon;       /* days in which a customer has to come back, one or more */
    int32_t gap;           /* days in between that do not count */
    int32_t window;        /* days up to the cutoff: who bought nothing in them is left out */
    int32_t data_end;      /* the last day that the data cover; TILL_DAY_MISSING: the newest day of any row */
    bool rows;             /* each row is a purchase or a return of its own */
    bool count_days;       /* a frequency counts days with a purchase */
    bool amount_per_order; /* an order's amount stands on each of its rows and is taken once */
    bool drop_returns;     /* money of returns does not count */
    bool refuse_returns;   /* a return is TILL_ERROR_DATA */
    bool all;              /* rows of customers who are left out are handed on as well, without values */
};

/* The columns behind customer, cutoff and churned. Of TILL_COUNT, TILL_MONEY or TILL_REAL. */
struct till_features_column {
    const char *name;
    enum till_type type;
    bool of_items; /* there only where the transactions have an item */
    bool spread;   /* over orders of magnitude: a linear model does better with sign x log1p |x| */
};
#define TILL_FEATURES_COLUMNS 29
TILL_API const struct till_features_column *till_features_columns(void);

union till_features_value {
    uint64_t count;
    int64_t money;
    double real; /* NaN: undefined */
};

struct till_features_row {
    struct till_slice customer;
    int32_t cutoff;
    bool left_out;   /* known by the cutoff, but without a purchase in the window: there are no values, and no label */
    int churned;     /* 1, 0, or -1 where the data end before the horizon does */
    uint32_t visits; /* days with a purchase up to the cutoff ... */
    int32_t first;   /* ... the first of them, and the last; TILL_DAY_MISSING without any */
    int32_t last;
    union till_features_value values[TILL_FEATURES_COLUMNS];
};

/* What became of the customers at a cutoff. */
struct till_features_count {
    uint64_t rows;     /* written */
    uint64_t left_out; /* known by then, but without a purchase in the window */
    uint64_t churned;
};

struct till_features;

/* Copies the settings, not the cutoffs. `transactions` NULL: rows come from a state. Errors: TILL_ERROR_MEMORY. */
TILL_API enum till_status till_features_new(struct till_features **features,
                                            const struct till_transactions *transactions,
                                            const struct till_features_settings *settings, struct till_error *error);
TILL_API void till_features_free(struct till_features *features);

/* Keeps rows: 40 bytes each. With amount_per_order, a row whose amount differs from what its order had before is bad,
 * and the rows are taken in input order. Errors: TILL_ERROR_DATA where amounts sum beyond 64 bits; TILL_ERROR_MEMORY.
 * Nothing can be added, or merged, once rows were handed out. There is no finish, and no save: rows are handed on, and
 * what is kept from night to night is a state (till/state.h). */
struct till_features_input {
    const struct till_transactions *transactions;
    struct till_features_settings settings;
};
extern TILL_API const struct till_aggregate till_features_aggregate;

/* Adds what a state shows of customers (till/state.h), each once and in the order in which it does, to features that
 * were made without transactions: 24 bytes an entry and 4 an item. Errors: as above; TILL_ERROR_DATA also where returns
 * are refused. */
TILL_API enum till_status till_features_add_customers(struct till_features *features,
                                                      const struct till_state_customer *customers, size_t count,
                                                      struct till_error *error);

/* The newest day of any row added, and the oldest; TILL_DAY_MISSING without rows. `next` may be NULL: the newest day
 * before the newest. */
TILL_API int32_t till_features_newest_day(const struct till_features *features, int32_t *next);
TILL_API int32_t till_features_oldest_day(const struct till_features *features);

/* Whether there are features of items: as the transactions have it, or, for rows of a state, as it is said. */
TILL_API bool till_features_has_items(const struct till_features *features);
TILL_API void till_features_expect_items(struct till_features *features, bool items);

/* True when orders of several rows exist and every one of them repeats one amount: they may be order totals. Known once
 * rows or gaps were handed out. */
TILL_API bool till_features_repeats_totals(const struct till_features *features);

/* Sets the cutoffs and the end of the data, where they depend on the newest day. They must outlive the features. */
TILL_API void till_features_settle(struct till_features *features, const int32_t *cutoffs, size_t count,
                                   int32_t data_end);

/* Hands on all rows, by customer in byte order, then by cutoff. counts [cutoff_count] may be NULL. Errors: those of
 * `take`; TILL_ERROR_DATA where returns are refused; TILL_ERROR_MEMORY. O(rows log rows + rows x cutoffs); rows are
 * sorted once. */
typedef enum till_status till_features_take(void *context, const struct till_features_row *row,
                                            struct till_error *error);
TILL_API enum till_status till_features_each(struct till_features *features, unsigned threads, till_features_take *take,
                                             void *context, struct till_features_count *counts,
                                             struct till_error *error);

/* The gaps between visits of all customers, up to the end of the data: how many there are, and the number of days that
 * `share` of them do not exceed (the smallest such gap; TILL_DAY_MISSING without gaps). Errors: as above. O(rows). */
TILL_API enum till_status till_features_gaps(struct till_features *features, double share, uint64_t *count,
                                             int32_t *days, struct till_error *error);

#endif
