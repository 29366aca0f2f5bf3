/* newest.h: the newest day, and the newest one before it: a date far ahead of all others is mostly a mistake. */
#ifndef TILL_FOLD_NEWEST_H
#define TILL_FOLD_NEWEST_H

#include <stdbool.h>
#include <stdint.h>

#include <till/date.h>

struct newest_days {
    int32_t newest; /* TILL_DAY_MISSING: none */
    int32_t next;
};

static inline void newest_start(struct newest_days *days) {
    days->newest = TILL_DAY_MISSING;
    days->next = TILL_DAY_MISSING;
}

static inline void newest_add(struct newest_days *days, int32_t day) {
    if (day > days->next && day != days->newest) {
        days->next = day > days->newest ? days->newest : day;
        days->newest = day > days->newest ? day : days->newest;
    }
}

static inline void newest_merge(struct newest_days *into, const struct newest_days *other) {
    newest_add(into, other->newest);
    newest_add(into, other->next);
}

/* For what was saved: days of the calendar, in their order. */
static inline bool newest_is_sound(const struct newest_days *days) {
    int32_t least = till_date_from_civil(1, 1, 1);
    bool next = days->next == TILL_DAY_MISSING || (days->next >= least && days->next < days->newest);
    bool newest = days->newest == TILL_DAY_MISSING || days->newest >= least;
    return next && newest && days->newest <= till_date_from_civil(9999, 12, 31);
}

/* For what was saved: a day of a row cannot be newer than the newest. */
static inline bool newest_allows(const struct newest_days *days, int32_t day) {
    return day >= till_date_from_civil(1, 1, 1) && day <= days->newest;
}

#endif
