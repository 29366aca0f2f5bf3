/* till/state.h: a ledger on disk, to which each night adds its rows.
 *
 *     till_fold(input, &till_state_night_aggregate, &settings, threads, (void **)&night, &error);
 *     if (till_state_open(&old, "sales.state", &error) == TILL_OK)
 *         till_state_merge(&(struct till_state_merge){.states = &old, .state_count = 1, .night = night, ...,
 *                                                     .sink = &sink, .visit = &visit}, &totals, &error);
 *     till_state_close(old);
 *
 * A state holds, for each customer, an entry for each order and day: rows, money and returns. Nothing in it depends on
 * a last day or on how purchases are counted: whoever reads it settles that, by way of the same histories of purchases
 * (till_ledger_stretches) and features (till_features_add_customers) that rows are made into directly. So a result read
 * off a state is that of one run over all rows, byte for byte.
 *
 * Reading and writing are one pass over the file, customers in byte order: the memory needed is that of one night and
 * of the largest customer. The format is in till-state(5). */
#ifndef TILL_STATE_H
#define TILL_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/dictionary.h>
#include <till/error.h>
#include <till/fold.h>
#include <till/hash.h>
#include <till/text.h>
#include <till/transactions.h>
#include <till/writer.h>

#define TILL_STATE_VERSION 1

/* What one order of a customer came to on one day. */
struct till_state_entry {
    struct till_fingerprint order; /* of its id; where purchases are date-times: high 0, low the time + 2^63 */
    int32_t day;
    bool differs;           /* its rows have not all the same amount */
    bool packed;            /* its items are still bytes of a state; only where they are not asked for */
    uint32_t purchase_rows; /* rows of zero or more; */
    uint32_t return_rows;   /* rows below zero; one row or more in all */
    int64_t spent;          /* the money of the ones, zero or more, */
    int64_t returned;       /* and of the others, zero or less */
    size_t first_item;      /* items[first_item .. first_item + item_count) of the customer, rising: */
    uint32_t item_count;    /* the code of the item times 2, plus 1 where a row below zero has it */
    uint32_t packed_length; /* of the bytes that the whole entry is in a state; 0: it has to be packed anew */
};

struct till_state_customer {
    struct till_slice name;
    const struct till_state_entry *entries; /* [count], by order, then by day */
    size_t count;
    const uint32_t *items;
    bool by_time; /* purchases are date-times */
};

/* ---- one night ---- */

struct till_state_settings {
    const struct till_transactions *transactions; /* where the roles stand in a block; the date a TIME without orders */
    bool amount_per_order;                        /* an order's amount stands on each of its rows and is taken once */
};

/* Collects the rows of one input: 72 bytes for each order and day whose rows stand together. There is no finish, save
 * or load: what it holds is written by till_state_merge. */
extern TILL_API const struct till_aggregate till_state_night_aggregate;
struct till_state_night;

/* ---- what the head of a state says ---- */

/* A role or a format that holds for all rows of a state. */
struct till_state_parameter {
    const char *name;
    const char *value;
};

/* What a day of the state holds. */
struct till_state_day {
    int32_t day;
    uint64_t rows;
    int64_t spent;
    int64_t returned;
};

/* An input that was added. */
struct till_state_input {
    const char *name;
    struct till_fingerprint digest; /* of its decoded bytes */
    uint64_t bytes;
    uint64_t rows;       /* read from it */
    int32_t first, last; /* the days of the run that added it; TILL_DAY_MISSING: no row was used */
    bool replaced;       /* days of that run were replaced since */
};

struct till_state_head {
    const char *made_by; /* "till 1.0" */
    bool by_time;        /* there are no order ids: purchases are date-times */
    bool has_items;
    bool amount_per_order;
    struct till_state_parameter *parameters;
    size_t parameter_count;
    struct till_state_day *days; /* rising */
    size_t day_count;
    struct till_state_input *inputs;
    size_t input_count;
    struct till_dictionary *items; /* codes as in the entries */
};

struct till_state;

/* Opens a state and reads its head. It is read once, by till_state_merge. Errors: TILL_ERROR_INPUT_OUTPUT;
 * TILL_ERROR_STATE when it is no state, of another version, or damaged, as far as the head shows. */
TILL_API enum till_status till_state_open(struct till_state **state, const char *path, struct till_error *error);
/* The same of bytes in memory, which must outlive the state. */
TILL_API enum till_status till_state_open_bytes(struct till_state **state, struct till_slice bytes,
                                                struct till_error *error);
TILL_API void till_state_close(struct till_state *state);
TILL_API const struct till_state_head *till_state_head(const struct till_state *state);
/* The digest of the whole, once it was read to its end. */
TILL_API struct till_fingerprint till_state_digest(const struct till_state *state);

/* The input of this digest; NULL when it was not added. */
TILL_API const struct till_state_input *till_state_find_input(const struct till_state *state,
                                                              struct till_fingerprint digest);

/* ---- adding up ---- */

/* What to do with days that are there already. */
enum till_state_overlap {
    TILL_STATE_REFUSE, /* TILL_ERROR_STATE */
    TILL_STATE_ADD,    /* late rows */
    TILL_STATE_REPLACE /* the days of the night replace those of the states */
};

/* Called with customers in byte order of their names, each once; what it gets is valid until it returns. */
struct till_state_visit {
    enum till_status (*take)(void *context, const struct till_state_customer *customers, size_t count,
                             struct till_error *error);
    void *context;
    bool items;           /* entries are wanted with their items */
    int32_t since, until; /* entries of these days alone; TILL_DAY_MISSING: no bound */
    /* May be NULL. Called before any customer with the newest day of the entries that will be seen, and the one before
     * it; TILL_DAY_MISSING: none. */
    enum till_status (*begin)(void *context, int32_t newest_day, int32_t next_newest_day, struct till_error *error);
};

struct till_state_merge {
    struct till_state *const *states; /* opened, not read yet; at least one, or a night */
    size_t state_count;
    const struct till_state_night *night;          /* may be NULL */
    const struct till_state_parameter *parameters; /* of the night, in the order in which they are to be kept */
    size_t parameter_count;
    const struct till_state_input *inputs; /* of the night */
    size_t input_count;
    enum till_state_overlap overlap;
    const struct till_sink *sink;         /* where the new state goes; NULL: none is written */
    const struct till_state_visit *visit; /* NULL: nobody wants to see it */
};

struct till_state_totals {
    uint64_t customers;
    uint64_t entries;
    uint64_t rows;
    size_t days;
    int32_t newest, next;           /* the newest day and the one before; TILL_DAY_MISSING: none */
    struct till_fingerprint digest; /* of what was written */
};

/* Adds up states and a night: writes the sum, and shows it. Nobody is shown a customer that has no entries within the
 * bounds. Errors: TILL_ERROR_STATE when a state is damaged, when parameters differ (says which), when an input is in it
 * twice, and for days that are there already; TILL_ERROR_DATA when amounts overflow, or an order has two amounts where
 * they stand for whole orders; those of the sink and of the visit; TILL_ERROR_MEMORY. What the sink has got by then is
 * to be thrown away. O(bytes of the states + night log night). */
TILL_API enum till_status till_state_merge(const struct till_state_merge *merge, struct till_state_totals *totals,
                                           struct till_error *error);

/* TILL_ERROR_STATE with the first name that has another value, or is missing on one side. */
TILL_API enum till_status till_state_same_parameters(const struct till_state_parameter *state, size_t state_count,
                                                     const struct till_state_parameter *run, size_t run_count,
                                                     const char *path, struct till_error *error);

/* The newest day of a night; TILL_DAY_MISSING without rows. */
TILL_API const struct till_state_day *till_state_night_days(const struct till_state_night *night, size_t *count);

#endif
