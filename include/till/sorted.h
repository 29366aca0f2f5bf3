/* till/sorted.h: an input in byte order of a key, folded key by key in constant memory.
 *
 *     till_fold_sorted(input, &till_ledger_aggregate, &settings, key, "customer", write_customers, &output, &error);
 */
#ifndef TILL_SORTED_H
#define TILL_SORTED_H

#include <stddef.h>

#include <till/error.h>
#include <till/fold.h>
#include <till/input.h>

/* Told of a state that holds all rows of some keys. States come in byte order of their keys; each is destroyed after
 * the call. */
typedef enum till_status till_sorted_visit(void *context, const void *state, struct till_error *error);

/* Reads the input to its end and visits a state for every stretch of whole keys: as many as end within one block. `key`
 * is the index of the key among the block's columns, a text that is never missing, and `role` its name in messages.
 * Rows of one key may come in any order. Errors: those of the input, of the aggregate and of `visit`; TILL_ERROR_DATA,
 * at its line, at a key that is smaller than the one before it. Memory: one block, and the states of its keys and of
 * the longest key. */
TILL_API enum till_status till_fold_sorted(struct till_input *input, const struct till_aggregate *aggregate,
                                           const void *settings, size_t key, const char *role, till_sorted_visit *visit,
                                           void *context, struct till_error *error);

#endif
