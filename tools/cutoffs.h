/* tools/cutoffs.h: options of the tools that look back from days: numbers of days, and lists of cutoffs. */
#ifndef TOOLS_CUTOFFS_H
#define TOOLS_CUTOFFS_H

#include <stddef.h>
#include <stdint.h>

#include <till/error.h>

enum { CUTOFFS_MOST = 1000 };

/* "90", "90d" or "12w" in days, `least` or more. `option` is for the message. Errors: TILL_ERROR_USAGE. */
enum till_status cutoffs_days(const char *option, const char *text, int32_t least, int32_t *days,
                              struct till_error *error);

/* "2011-06-30,2011-09-30": up to CUTOFFS_MOST different dates, put in order. Errors: TILL_ERROR_USAGE. */
enum till_status cutoffs_list(const char *option, const char *text, int32_t *cutoffs, size_t *count,
                              struct till_error *error);

#endif
