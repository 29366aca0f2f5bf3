/* tools/cutoffs.h: options of the tools that look back from days: numbers of days, and lists of cutoffs. */
#ifndef TOOLS_CUTOFFS_H
#define TOOLS_CUTOFFS_H

#include <stddef.h>
#include <stdint.h>

#include <till/error.h>
#include <till/features.h>

#include "tool.h"

enum { CUTOFFS_MOST = 1000 };

/* "90", "90d" or "12w" in days, `least` or more. `option` is for the message. Errors: TILL_ERROR_USAGE. */
enum till_status cutoffs_days(const char *option, const char *text, int32_t least, int32_t *days,
                              struct till_error *error);

/* "2011-06-30,2011-09-30": up to CUTOFFS_MOST different dates, put in order. Errors: TILL_ERROR_USAGE. */
enum till_status cutoffs_list(const char *option, const char *text, int32_t *cutoffs, size_t *count,
                              struct till_error *error);

/* --horizon, --gap and --window, which the tools share: the table of a tool's `shared`, and what it fills. */
struct cutoffs_times {
    const char *horizon;
    const char *gap;
    const char *window;
};
extern const struct option cutoffs_options[];

/* In days. Errors: TILL_ERROR_USAGE. */
enum till_status cutoffs_take(const struct cutoffs_times *times, struct till_features_settings *wishes,
                              struct till_error *error);

#endif
