/* order_total.h: amounts that stand for a whole order, and are repeated on each of its rows. */
#ifndef TILL_FOLD_ORDER_TOTAL_H
#define TILL_FOLD_ORDER_TOTAL_H

#include <stdbool.h>
#include <stdint.h>

#include <till/block.h>

#include "lib/fold/ledger_table.h"

/* Takes a row into the entry of its order, whose amount counts once: later rows must repeat it, and one that does not
 * is bad (*rejected). Which one that is depends on which row came first, so the rows have to come in input order, and
 * all of them to one worker. Errors: TILL_ERROR_MEMORY. */
enum till_status order_total_add(struct ledger_entry *entry, struct till_block *block, size_t row, int32_t day,
                                 int64_t amount, bool *rejected);

/* The same of two entries that were made apart. Which row is wrong when they differ nobody can tell here: the rows are
 * gone, so it is an error of the data as a whole (TILL_ERROR_DATA). */
enum till_status order_total_merge(struct ledger_entry *mine, const struct ledger_entry *other,
                                   struct till_error *error);

#endif
