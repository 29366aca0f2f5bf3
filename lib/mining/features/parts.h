/* parts.h: what the files of churn features share. */
#ifndef TILL_FEATURES_PARTS_H
#define TILL_FEATURES_PARTS_H

#include <till/features.h>

/* A transaction row. Rows of one order share the key. */
struct features_event {
    uint64_t order[2];
    int64_t amount;
    uint32_t customer;
    int32_t day;
    uint32_t item; /* its code; FEATURES_NO_ITEM */
};
#define FEATURES_NO_ITEM UINT32_MAX

/* An order, or what of it there is up to some day. */
struct features_order {
    int32_t day; /* of its first row */
    uint64_t rows;
    int64_t money;
};

/* What is known of a day. */
struct features_date {
    int32_t day;
    bool known;
    uint8_t weekday; /* from Monday */
    uint8_t quarter;
};
enum { FEATURES_DATES = 1 << 12 };

/* Room for one worker, as large as the customer with the most rows needs. */
struct features_room {
    struct features_event *events; /* of a customer whose rows are not there as such */
    struct features_order *met;    /* orders as they come */
    struct features_order *orders; /* and by day */
    struct features_order *days;
    int64_t *keys;
    int64_t *spare_keys;
    struct features_date *dates; /* [FEATURES_DATES], by the low bits of the day */
};

/* The days on which a customer bought until a day: room->days, and how many there are. */
size_t features_visits(const struct features_event *events, size_t count, int32_t until, struct features_room *room);

/* The features of one customer at one cutoff. `events` are all rows of the customer, by order. Returns 1 when there is
 * a row, 0 when the customer was left out, -1 when not known by then. */
int features_compute(const struct till_features_settings *settings, int32_t cutoff, const struct features_event *events,
                     size_t count, struct features_room *room, struct till_features_row *row);

/* ---- rows of a state ---- */

/* One side of an order and day, as a state shows it. */
struct features_entry {
    int64_t money;
    int32_t day;
    uint32_t rows;   /* where each is a purchase or a return of its own; else 0 */
    uint32_t items;  /* so many of the customer's */
    bool same_order; /* as the entry before */
};

/* Where the customer's things end, and those of the next begin. */
struct features_kept {
    size_t name;
    size_t entry;
    size_t item;
};

/* Customers of a state in the order in which they came: 24 bytes an entry, 4 an item. */
struct features_entries {
    struct till_text names;
    struct features_kept *ends;
    size_t count;
    size_t capacity;
    struct features_entry *entries;
    size_t entry_count;
    size_t entry_capacity;
    uint32_t *items;
    size_t item_count;
    size_t item_capacity;
    size_t most;  /* rows of one customer */
    bool several; /* there are orders of several rows ... */
    bool differ;  /* ... and one whose rows have not all the same amount */
};

/* Adds a customer. Errors: TILL_ERROR_MEMORY; TILL_ERROR_DATA where an order sums below zero and that is refused. */
enum till_status features_entries_add(struct features_entries *kept, const struct till_features_settings *settings,
                                      const struct till_state_customer *customer, struct till_error *error);
struct till_slice features_entries_name(const struct features_entries *kept, size_t customer);
/* The rows of a customer, or what is as good to all features; returns how many there are, at most kept->most. */
size_t features_entries_rows(const struct features_entries *kept, size_t customer, struct features_event *rows);
void features_entries_free(struct features_entries *kept);

enum till_status features_refuse(struct till_slice customer, struct till_error *error);

#endif
