/* Days and dates of options. */
#include "cutoffs.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <till/date.h>

enum { MOST_DAYS = 100000 };

/* Digits are added up only as far as they can be a number of days, so nothing overflows. */
enum till_status cutoffs_days(const char *option, const char *text, int32_t least, int32_t *days,
                              struct till_error *error) {
    int64_t number = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && number <= MOST_DAYS; at++)
        number = 10 * number + (*at - '0');
    bool weeks = *at == 'w';
    bool fine = at > text && (*at == '\0' || ((*at == 'd' || weeks) && at[1] == '\0'));
    number *= weeks ? 7 : 1;
    if (!fine || number < least || number > MOST_DAYS)
        return tool_usage_text(error, option, "not a number of days (90d) or weeks (12w)", till_slice_of(text));
    *days = (int32_t)number;
    return TILL_OK;
}

/* Without a difference, which could overflow. */
static int compare_days(const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* In order, since features are handed out by rising cutoffs; the same day twice would give the same rows twice. */
enum till_status cutoffs_list(const char *option, const char *text, int32_t *cutoffs, size_t *count,
                              struct till_error *error) {
    *count = 0;
    for (const char *from = text; from != NULL;) {
        const char *comma = strchr(from, ',');
        size_t length = comma == NULL ? strlen(from) : (size_t)(comma - from);
        int64_t time;
        if (*count == CUTOFFS_MOST)
            return tool_usage_text(error, option, "more than 1000 cutoffs", till_slice_of(text));
        if (!till_date_parse(TILL_DATE_ISO, NULL, from, length, &time))
            return tool_usage_text(error, option, "not a list of dates such as 2011-06-30,2011-09-30",
                                   till_slice_of(text));
        cutoffs[(*count)++] = till_date_day(time);
        from = comma == NULL ? NULL : comma + 1;
    }
    qsort(cutoffs, *count, sizeof *cutoffs, compare_days);
    for (size_t i = 1; i < *count; i++)
        if (cutoffs[i] == cutoffs[i - 1])
            return tool_usage_text(error, option, "a date stands there twice", till_slice_of(text));
    return TILL_OK;
}

#define AT(field) offsetof(struct cutoffs_times, field)
const struct option cutoffs_options[] = {
    {.name = "horizon",
     .kind = OPTION_TEXT,
     .offset = AT(horizon),
     .argument = "N[d|w]",
     .initial = "90d",
     .help = "Who buys nothing for so many days, or weeks, has churned."},
    {.name = "gap",
     .kind = OPTION_TEXT,
     .offset = AT(gap),
     .argument = "N[d|w]",
     .initial = "0d",
     .help = "Leave so many days between the cutoff and the horizon: the time that it takes to act on a score."},
    {.name = "window",
     .kind = OPTION_TEXT,
     .offset = AT(window),
     .argument = "N[d|w]",
     .initial = "365d",
     .help = "Customers without a purchase in so many days up to the cutoff are left out, and counted."},
    {0}};

enum till_status cutoffs_take(const struct cutoffs_times *times, struct till_features_settings *wishes,
                              struct till_error *error) {
    enum till_status status = cutoffs_days("--horizon", times->horizon, 1, &wishes->horizon, error);
    if (status == TILL_OK)
        status = cutoffs_days("--gap", times->gap, 0, &wishes->gap, error);
    if (status == TILL_OK)
        status = cutoffs_days("--window", times->window, 1, &wishes->window, error);
    return status;
}
