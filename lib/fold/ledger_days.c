/* Days of a customer put in order and added up.
 *
 * What a customer did comes in the order of fingerprints, which is none. Of few purchases, numbers made of day and
 * place are sorted, a sixth of what they stand for, and then each purchase is moved once. Of many, the days that there
 * are mark bits, the bits in their order give each day its place, and the purchases are added there: nothing is sorted.
 */
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

static size_t gather_sorted(struct day_sorter *sorter, size_t count, struct till_ledger_day *into) {
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

/* Eleven years of days; more of them are sorted. */
enum { WORDS = 64, SPAN = 64 * WORDS, FEW = 10 };

/* The days that are marked, in order and empty; the place of each. */
static size_t lay_days(const uint64_t marks[WORDS], int32_t first, uint32_t customer, uint16_t place[SPAN],
                       struct till_ledger_day *into) {
    size_t kept = 0;
    for (size_t word = 0; word < WORDS; word++) {
        for (uint64_t left = marks[word]; left != 0; left &= left - 1) {
            size_t at = 64 * word + (size_t)__builtin_ctzll(left);
            place[at] = (uint16_t)kept;
            into[kept++] = (struct till_ledger_day){.customer = customer, .day = first + (int32_t)at};
        }
    }
    return kept;
}

size_t ledger_days_gather(struct day_sorter *sorter, size_t count, struct till_ledger_day *into) {
    const struct till_ledger_day *days = sorter->days;
    int32_t first = INT32_MAX, last = INT32_MIN;
    for (size_t i = 0; i < count; i++) {
        first = days[i].day < first ? days[i].day : first;
        last = days[i].day > last ? days[i].day : last;
    }
    if (count <= FEW || (int64_t)last - first >= SPAN) {
        return gather_sorted(sorter, count, into);
    }
    uint64_t marks[WORDS] = {0};
    uint16_t place[SPAN]; /* where days are marked */
    for (size_t i = 0; i < count; i++) {
        uint32_t at = (uint32_t)(days[i].day - first);
        marks[at / 64] |= UINT64_C(1) << at % 64;
    }
    size_t kept = lay_days(marks, first, days[0].customer, place, into);
    for (size_t i = 0; i < count; i++) {
        add_day(&into[place[days[i].day - first]], &days[i]);
    }
    return kept;
}
