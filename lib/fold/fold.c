/* The driver of aggregates: each worker takes blocks and adds them to a state of its own; the states are merged at the
 * end. A state commutes exactly, so it does not matter which worker got which block. */
#include <till/fold.h>

#include <stdlib.h>

#include <till/parallel.h>

/* What the workers share. Each one writes its own place of `states` and nothing else, so there is no lock. */
struct folding {
    struct till_input *input;
    const struct till_aggregate *aggregate;
    const void *settings;
    void **states; /* [workers] */
};

/* One worker's share of the input: whatever blocks it gets, until there are no more. */
static enum till_status add_blocks(struct folding *folding, void *state, struct till_block *block,
                                   struct till_error *error) {
    for (;;) {
        enum till_status status = till_input_next(folding->input, block, error);
        if (status != TILL_OK || block->rows == 0) {
            return status;
        }
        status = folding->aggregate->add(state, block, error);
        if (status != TILL_OK) {
            return status;
        }
    }
}

/* A worker makes its block and its state itself, so that their memory is first touched by the thread that uses it. When
 * it fails, it stops the input, so that the others come to their end soon. */
static enum till_status work(void *context, size_t index, unsigned worker, struct till_error *error) {
    struct folding *folding = context;
    (void)worker;
    struct till_block *block = till_block_new(folding->input);
    enum till_status status = block == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK) {
        status = folding->aggregate->create(&folding->states[index], folding->settings, error);
    }
    if (status == TILL_OK) {
        status = add_blocks(folding, folding->states[index], block, error);
    }
    if (status != TILL_OK) {
        till_input_stop(folding->input);
    }
    till_block_free(block);
    return status;
}

/* Merges in the order of the workers. Any other order would give the same: the blocks in each state are a matter of
 * chance already. */
static enum till_status merge_states(const struct folding *folding, unsigned workers, struct till_error *error) {
    enum till_status status = TILL_OK;
    for (unsigned i = 1; status == TILL_OK && i < workers; i++) {
        status = folding->aggregate->merge(folding->states[0], folding->states[i], error);
    }
    return status;
}

/* An aggregate that needs the rows in order gets one worker. The first state takes up the others and is handed out; on
 * failure all of them are freed here, and `*state` stays NULL. */
enum till_status till_fold(struct till_input *input, const struct till_aggregate *aggregate, const void *settings,
                           unsigned threads, void **state, struct till_error *error) {
    bool ordered = aggregate->ordered != NULL && aggregate->ordered(settings);
    /* One worker sees the blocks in input order; several share them as it happens. */
    unsigned workers = ordered || threads == 0 ? 1 : threads;
    struct folding folding = {input, aggregate, settings, calloc(workers, sizeof(void *))};
    *state = NULL;
    if (folding.states == NULL) {
        return till_error_memory(error);
    }
    /* A thread that inflates leaves one less to parse. */
    workers -= workers > 1 && till_input_feed(input);
    enum till_status status = till_parallel_for(workers, workers, work, &folding, error);
    till_input_unfeed(input);
    /* What the input has to say comes first: the first error in input order. */
    struct till_error failure;
    enum till_status input_status = till_input_finish(input, &failure);
    if (input_status != TILL_OK) {
        status = input_status;
        *error = failure;
    }
    if (status == TILL_OK) {
        status = merge_states(&folding, workers, error);
    }
    /* A worker that failed early has no state. */
    for (unsigned i = 0; i < workers; i++) {
        if (i == 0 && status == TILL_OK) {
            *state = folding.states[0];
        } else if (folding.states[i] != NULL) {
            aggregate->destroy(folding.states[i]);
        }
    }
    free(folding.states);
    return status;
}
