/* Days of a customer put in order and added up.
 *
 * What a customer did comes in the order of fingerprints, which is none. Numbers made of day and place are sorted, a
 * sixth of what they stand for, and then each purchase is moved once. */
#include "lib/fold/ledger_state.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/radix.h"

bool day_sorter_reserve(struct day_sorter *sorter, size_t count) {
    if (count <= sorter->capacity) {
        return true;
    }
    size_t capacity = count + count / 2 + 64;
    day_sorter_free(sorter);
    sorter->keys = malloc(2 * capacity * sizeof *sorter->keys);
    sorter->days = malloc(capacity * sizeof *sorter->days);
    if (sorter->keys == NULL || sorter->days == NULL) {
        day_sorter_free(sorter);
        return false;
    }
    sorter->capacity = capacity;
    return true;
}

void day_sorter_free(struct day_sorter *sorter) {
    free(sorter->keys);
    free(sorter->days);
    *sorter = (struct day_sorter){0};
}

/* Sums of parts whose absolute values were checked together: no overflow. */
static void add_day(struct till_ledger_day *into, const struct till_ledger_day *other) {
    into->purchases += other->purchases;
    into->returns += other->returns;
    into->rows += other->rows;
    into->spent += other->spent;
    into->returned += other->returned;
}

/* The places of days by day. */
static const int64_t *sort_places(struct day_sorter *sorter, size_t count) {
    for (size_t i = 0; i < count; i++) {
        sorter->keys[i] = (int64_t)sorter->days[i].day * (INT64_C(1) << 32) + (int64_t)i;
    }
    return radix_sort_above(sorter->keys, sorter->keys + sorter->capacity, count, 32);
}

size_t ledger_days_gather(struct day_sorter *sorter, size_t count, struct till_ledger_day *into) {
    const int64_t *places = sort_places(sorter, count);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const struct till_ledger_day *day = &sorter->days[(uint32_t)places[i]];
        if (kept > 0 && into[kept - 1].day == day->day) {
            add_day(&into[kept - 1], day);
        } else {
            into[kept++] = *day;
        }
    }
    return kept;
}
