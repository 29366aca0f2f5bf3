/* Runs to baskets. Lines are baskets as they are, and keys have codes. Hashes are looked up, but not where keys
 * rise throughout: then only the last run of a block and the first of the next may be one basket.
 *
 * Looking up is done for one part of the hashes after another: they are split by their highest byte, so that what
 * is read and written together lies in the cache. Parts are split and looked up side by side. */
#include "lib/mining/baskets/layout.h"

#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>

enum { PARTS = 256 };

void basket_layout_free(struct basket_layout *layout) {
    free(layout->blocks);
    free(layout->basket);
    *layout = (struct basket_layout){0};
}

/* ---- blocks ---- */

/* States that were read apart may number their blocks alike: then these come one state after the other. */
static int by_sequence(const void *a, const void *b) {
    const struct layout_block *left = a, *right = b;
    uint64_t x = left->block->sequence, y = right->block->sequence;
    if (x != y)
        return x < y ? -1 : 1;
    if (left->part != right->part)
        return left->part < right->part ? -1 : 1;
    return (left->block > right->block) - (left->block < right->block);
}

static enum till_status list_blocks(struct basket_layout *layout, const struct basket_state *state,
                                    struct till_error *error) {
    size_t count = 0;
    uint64_t runs = 0;
    for (size_t i = 0; i < state->part_count; i++) {
        count += state->parts[i].block_count;
        runs += state->parts[i].run_count;
        layout->item_count += state->parts[i].item_count;
    }
    if (layout->item_count > UINT32_MAX - 1 || runs > UINT32_MAX - 1)
        return basket_too_many(error);
    layout->run_count = (uint32_t)runs;
    layout->blocks = malloc((count + 1) * sizeof *layout->blocks);
    if (layout->blocks == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < state->part_count; i++)
        for (size_t k = 0; k < state->parts[i].block_count; k++)
            layout->blocks[layout->block_count++] =
                (struct layout_block){.part = &state->parts[i], .block = &state->parts[i].blocks[k]};
    qsort(layout->blocks, count, sizeof *layout->blocks, by_sequence);
    runs = 0;
    uint64_t items = 0;
    for (size_t i = 0; i < count; i++) {
        struct layout_block *at = &layout->blocks[i];
        at->run = (uint32_t)runs;
        at->item = items;
        runs += at->block->runs;
        items += at->block->runs == 0 ? 0 : layout_end(at, at->block->runs - 1) - layout_runs(at)->start;
    }
    return TILL_OK;
}

/* ---- rising keys ---- */

static int compare_bounds(const struct basket_bound *a, const struct basket_bound *b) {
    return till_slice_compare((struct till_slice){a->bytes, a->length}, (struct till_slice){b->bytes, b->length});
}

static bool is_rising(const struct basket_layout *layout) {
    bool rising = true;
    for (size_t i = 0; rising && i < layout->block_count; i++) {
        const struct basket_block *block = layout->blocks[i].block;
        rising =
            block->rising && (i == 0 || compare_bounds(&layout->blocks[i - 1].block->highest, &block->lowest) <= 0);
    }
    return rising;
}

/* A block may begin in the basket in which the one before ended. */
static void number_rising(struct basket_layout *layout) {
    uint32_t next = 0;
    for (size_t i = 0; i < layout->block_count; i++) {
        struct layout_block *at = &layout->blocks[i];
        next -= i > 0 && compare_bounds(&at[-1].block->highest, &at->block->lowest) == 0;
        at->basket = next;
        next += at->block->runs;
    }
    layout->basket_count = next;
}

/* Lines are baskets by themselves, and some blocks may have none. */
static void number_lines(struct basket_layout *layout) {
    for (size_t i = 0; i < layout->block_count; i++)
        layout->blocks[i].basket = layout->blocks[i].run;
    layout->basket_count = layout->run_count;
}

/* ---- hashes ---- */

struct hashed {
    uint64_t low;
    uint32_t high;
    uint32_t run;
};

/* All hashes, part by part, and within a part in the order of the runs. */
struct split {
    struct basket_layout *layout;
    struct hashed *hashed;
    size_t first[PARTS + 1];
    size_t (*next)[PARTS]; /* [chunks]: where those of each chunk go */
    size_t chunks;         /* of blocks */
    uint32_t *slots;       /* [workers][slot_count]: place in the part + 1; 0: free */
    size_t slot_count;
};

static unsigned part_of(uint64_t low) {
    return (unsigned)(low >> 56);
}

static size_t chunk_start(const struct split *split, size_t chunk) {
    return split->layout->block_count * chunk / split->chunks;
}

static enum till_status count_chunk(void *context, size_t chunk, unsigned worker, struct till_error *error) {
    struct split *split = context;
    size_t *next = split->next[chunk];
    (void)worker, (void)error;
    memset(next, 0, PARTS * sizeof *next);
    for (size_t i = chunk_start(split, chunk); i < chunk_start(split, chunk + 1); i++) {
        const struct layout_block *at = &split->layout->blocks[i];
        const struct basket_run *runs = layout_runs(at);
        for (uint32_t run = 0; run < at->block->runs; run++)
            next[part_of(runs[run].low)]++;
    }
    return TILL_OK;
}

/* Counts become places. */
static void place_chunks(struct split *split) {
    size_t sum = 0;
    for (size_t part = 0; part < PARTS; part++) {
        split->first[part] = sum;
        for (size_t chunk = 0; chunk < split->chunks; chunk++) {
            size_t here = split->next[chunk][part];
            split->next[chunk][part] = sum;
            sum += here;
        }
    }
    split->first[PARTS] = sum;
}

static enum till_status split_chunk(void *context, size_t chunk, unsigned worker, struct till_error *error) {
    struct split *split = context;
    size_t *next = split->next[chunk];
    (void)worker, (void)error;
    for (size_t i = chunk_start(split, chunk); i < chunk_start(split, chunk + 1); i++) {
        const struct layout_block *at = &split->layout->blocks[i];
        const struct basket_run *runs = layout_runs(at);
        for (uint32_t run = 0; run < at->block->runs; run++)
            split->hashed[next[part_of(runs[run].low)]++] =
                (struct hashed){runs[run].low, runs[run].high, at->run + run};
    }
    return TILL_OK;
}

/* Each run gets the first run with its hash. */
static enum till_status look_up_part(void *context, size_t part, unsigned worker, struct till_error *error) {
    struct split *split = context;
    const struct hashed *hashed = split->hashed + split->first[part];
    size_t count = split->first[part + 1] - split->first[part], slot_count = 16;
    uint32_t *slots = split->slots + worker * split->slot_count;
    (void)error;
    while (slot_count < 2 * count)
        slot_count *= 2;
    memset(slots, 0, slot_count * sizeof *slots);
    for (size_t i = 0; i < count; i++) {
        size_t at = (size_t)hashed[i].low & (slot_count - 1);
        const struct hashed *same = NULL;
        for (; slots[at] != 0 && same == NULL; at = (at + 1) & (slot_count - 1)) {
            const struct hashed *other = &hashed[slots[at] - 1];
            same = other->low == hashed[i].low && other->high == hashed[i].high ? other : NULL;
        }
        if (same == NULL)
            slots[at] = (uint32_t)i + 1;
        split->layout->basket[hashed[i].run] = same == NULL ? hashed[i].run : same->run;
    }
    return TILL_OK;
}

/* Enough slots for the largest part. */
static void measure_slots(struct split *split) {
    size_t largest = 0;
    for (size_t part = 0; part < PARTS; part++) {
        size_t count = split->first[part + 1] - split->first[part];
        largest = count > largest ? count : largest;
    }
    split->slot_count = 16;
    while (split->slot_count < 2 * largest)
        split->slot_count *= 2;
}

/* Numbers instead of first runs. */
static void number_found(struct basket_layout *layout) {
    uint32_t next = 0, *basket = layout->basket;
    for (uint32_t run = 0; run < layout->run_count; run++)
        basket[run] = basket[run] == run ? next++ : basket[basket[run]];
    layout->basket_count = next;
}

static enum till_status look_up(struct basket_layout *layout, unsigned threads, struct till_error *error) {
    struct split split = {.layout = layout, .chunks = 4 * (size_t)threads};
    split.hashed = malloc(((size_t)layout->run_count + 1) * sizeof *split.hashed);
    split.next = malloc(split.chunks * sizeof *split.next);
    enum till_status status = split.hashed != NULL && split.next != NULL ? TILL_OK : till_error_memory(error);
    if (status == TILL_OK)
        status = till_parallel_for(threads, split.chunks, count_chunk, &split, error);
    if (status == TILL_OK) {
        place_chunks(&split);
        status = till_parallel_for(threads, split.chunks, split_chunk, &split, error);
    }
    if (status == TILL_OK) {
        measure_slots(&split);
        split.slots = malloc(threads * split.slot_count * sizeof *split.slots);
        status = split.slots == NULL ? till_error_memory(error)
                                     : till_parallel_for(threads, PARTS, look_up_part, &split, error);
    }
    if (status == TILL_OK)
        number_found(layout);
    free(split.hashed);
    free(split.next);
    free(split.slots);
    return status;
}

/* ---- codes ---- */

static void number_keys(struct basket_layout *layout, const struct till_dictionary *keys, const uint32_t *order) {
    for (size_t i = 0; i < layout->block_count; i++) {
        const struct layout_block *at = &layout->blocks[i];
        const struct basket_run *runs = layout_runs(at);
        const uint32_t *here = at->part->keys_here.code;
        for (uint32_t run = 0; run < at->block->runs; run++) {
            uint32_t code = here == NULL ? (uint32_t)runs[run].low : here[runs[run].low];
            layout->basket[at->run + run] = order == NULL ? code : order[code];
        }
    }
    layout->basket_count = till_dictionary_count(keys);
}

enum till_status basket_layout(struct basket_layout *layout, const struct basket_state *state, const uint32_t *order,
                               struct till_error *error) {
    unsigned threads = state->settings.threads == 0 ? 1 : state->settings.threads;
    bool lines = state->settings.transactions == NULL;
    enum till_status status = list_blocks(layout, state, error);
    if (status != TILL_OK)
        return status;
    layout->in_order = lines || (state->keys == NULL && is_rising(layout));
    if (layout->in_order) {
        if (lines)
            number_lines(layout);
        else
            number_rising(layout);
        return TILL_OK;
    }
    layout->basket = malloc(((size_t)layout->run_count + 1) * sizeof *layout->basket);
    if (layout->basket == NULL)
        return till_error_memory(error);
    if (state->keys == NULL)
        return look_up(layout, threads, error);
    number_keys(layout, state->keys, order);
    return TILL_OK;
}
