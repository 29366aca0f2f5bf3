/* A hash table of times, which keeps them in the order in which they are met until all are known. */
#include "clock.h"

#include <stdlib.h>
#include <string.h>

#include "../../base/radix.h"

static size_t slot_of(const struct clock *clock, double time) {
    uint64_t bits;
    memcpy(&bits, &time, sizeof bits);
    return (size_t)((bits ^ bits >> 32) * UINT64_C(0x9E3779B97F4A7C15) >> 32) & clock->mask;
}

/* Four times as many slots, at first 1024; half of them are taken at most. */
static bool grow(struct clock *clock) {
    size_t slots = clock->slots == NULL ? 1024 : 4 * (clock->mask + 1);
    double *time = realloc(clock->time, slots / 2 * sizeof *time);
    clock->time = time == NULL ? clock->time : time;
    free(clock->slots);
    clock->slots = time == NULL ? NULL : calloc(slots, sizeof *clock->slots);
    if (clock->slots == NULL)
        return false;
    clock->mask = slots - 1;
    for (size_t i = 0; i < clock->count; i++) {
        size_t at = slot_of(clock, clock->time[i]);
        while (clock->slots[at] != 0)
            at = (at + 1) & clock->mask;
        clock->slots[at] = (uint32_t)i + 1;
    }
    return true;
}

enum found clock_number(struct clock *clock, double time, uint32_t *out) {
    if (2 * clock->count >= clock->mask && !grow(clock))
        return NO_MEMORY;
    size_t at = slot_of(clock, time);
    for (; clock->slots[at] != 0; at = (at + 1) & clock->mask)
        if (clock->time[clock->slots[at] - 1] == time) {
            *out = clock->slots[at] - 1;
            return FOUND;
        }
    if (clock->count == clock->most)
        return TOO_MANY;
    *out = (uint32_t)clock->count;
    clock->time[clock->count++] = time;
    clock->slots[at] = (uint32_t)clock->count;
    return FOUND;
}

bool clock_rank(struct clock *clock, uint32_t *rank) {
    if (clock->count == 0)
        return true;
    int64_t *keys = malloc(2 * clock->count * sizeof *keys);
    bool fine = keys != NULL;
    if (!fine)
        return false;
    memcpy(keys, clock->time, clock->count * sizeof *keys);
    const int64_t *sorted = radix_sort(keys, keys + clock->count, clock->count);
    for (size_t i = 0; i < clock->count; i++) {
        double time;
        uint32_t found = 0;
        memcpy(&time, &sorted[i], sizeof time);
        fine = fine && clock_number(clock, time, &found) == FOUND; /* there may be no memory for more slots */
        rank[found] = (uint32_t)i;
    }
    memcpy(clock->time, sorted, clock->count * sizeof *sorted); /* by rank now; the slots are of no more use */
    free(keys);
    return fine;
}

void clock_free(struct clock *clock) {
    free(clock->time);
    free(clock->slots);
    *clock = (struct clock){.count = 0};
}
