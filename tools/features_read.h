/* tools/features_read.h: transactions, or the nights of a state, as the rows that features are made of. */
#ifndef TOOLS_FEATURES_READ_H
#define TOOLS_FEATURES_READ_H

#include <till/features.h>

#include "tool.h"

/* Reads all rows. What the run says of purchases (--count, --returns, --amount-per) is put into `wishes`. *features is
 * the caller's to free, also after an error. With --state-only it is without rows. */
enum till_status features_read(struct tool_run *run, struct till_features_settings *wishes,
                               struct till_features **features, struct till_error *error);

/* Settles the last day that the data cover (run->as_of; TILL_DAY_MISSING without rows): --as-of, --until, or the newest
 * day, which is looked at. */
void features_settle_as_of(struct tool_run *run, const struct till_features *features);

/* Warns where all orders of several rows repeat one amount. Once rows were handed out. */
void features_warn_totals(struct tool_run *run, const struct till_features *features);

#endif
