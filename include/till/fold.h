/* till/fold.h: the one shape of every aggregate, and the one driver that runs them.
 *
 *     create -> add(block) ... -> merge(into, from) -> finish -> table        save / load        destroy
 *
 *     till_fold(input, &till_cohort_aggregate, &settings, threads, &state, &error);
 *     till_cohort_aggregate.finish(state, &table, &error);
 *
 * A state holds only what commutes exactly (integers, fixed-point money, sets, integer histograms), so that any order
 * and grouping of the rows gives the same bits. The same code then serves threads (a state each, merged), nightly
 * increments and merging. */
#ifndef TILL_FOLD_H
#define TILL_FOLD_H

#include <stdbool.h>

#include <till/block.h>
#include <till/error.h>
#include <till/input.h>
#include <till/table.h>
#include <till/text.h>

struct till_aggregate {
    const char *name;
    unsigned version; /* of the saved form */
    /* True when add() must see the blocks in input order, because it may reject rows by what came before. NULL: never.
     */
    bool (*ordered)(const void *settings);

    /* A new, empty state. The settings (the method's own struct) are copied as far as they are needed. */
    enum till_status (*create)(void **state, const void *settings, struct till_error *error);
    /* Adds the rows of a block laid out as the method's plan says. */
    enum till_status (*add)(void *state, struct till_block *block, struct till_error *error);
    /* Adds all that `from` holds; `from` may be emptied, and is good for destroy alone afterwards. */
    enum till_status (*merge)(void *into, void *from, struct till_error *error);
    /* The result. Leaves the state as it is: finishing twice gives the same. */
    enum till_status (*finish)(const void *state, struct till_table **table, struct till_error *error);
    /* Appends the state to `out`, in an order that depends on its content alone: equal states have equal bytes. */
    enum till_status (*save)(const void *state, struct till_text *out, struct till_error *error);
    /* A state from bytes that save wrote under the same settings. TILL_ERROR_STATE when they are damaged. */
    enum till_status (*load)(void **state, const void *settings, struct till_slice bytes, struct till_error *error);
    void (*destroy)(void *state);
};

/* Reads the input to its end into one state. `threads` workers parse and add side by side; the state does not depend on
 * how many. On error nothing is left behind and *state is NULL. */
TILL_API enum till_status till_fold(struct till_input *input, const struct till_aggregate *aggregate,
                                    const void *settings, unsigned threads, void **state, struct till_error *error);

#endif
