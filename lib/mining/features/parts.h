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

/* Room for one worker, as large as the customer with the most rows needs. */
struct features_room {
    struct features_order *orders;
    struct features_order *days;
    double *numbers;
    uint32_t *items;
};

/* The days on which a customer bought until a day: room->days, and how many there are. */
size_t features_visits(const struct features_event *events, size_t count, int32_t until, struct features_room *room);

/* The features of one customer at one cutoff. `events` are all rows of the customer, by order. Returns 1 when there is
 * a row, 0 when the customer was left out, -1 when not known by then. */
int features_compute(const struct till_features_settings *settings, int32_t cutoff, const struct features_event *events,
                     size_t count, struct features_room *room, struct till_features_row *row);

#endif
