/* layout.h: which basket each run belongs to. */
#ifndef LIB_MINING_BASKETS_LAYOUT_H
#define LIB_MINING_BASKETS_LAYOUT_H

#include "lib/mining/baskets/state.h"

/* A block of a part, and where it stands in the order of the input. */
struct layout_block {
    const struct basket_part *part;
    const struct basket_block *block;
    uint32_t run;    /* the number of its first run, */
    uint64_t item;   /* and of its first item */
    uint32_t basket; /* in order: the basket of its first run, in which the block before may have ended */
};

/* The runs of all parts, numbered in the order of the input. Baskets are `in_order` where each run is the next basket,
 * but for first runs of blocks: lines are, and rows whose keys rise. */
struct basket_layout {
    struct layout_block *blocks;
    size_t block_count;
    bool in_order;
    uint32_t *basket; /* [run_count]: of each run; NULL where they are in order */
    uint32_t run_count;
    uint32_t basket_count;
    uint64_t item_count;
};

/* `order` says what number each key's code gets; NULL: the code. Without keys, baskets are numbered as they first
 * appear. Errors: too many items, TILL_ERROR_MEMORY. Start with {0}, and free it in any case. */
enum till_status basket_layout(struct basket_layout *layout, const struct basket_state *state, const uint32_t *order,
                               struct till_error *error);
void basket_layout_free(struct basket_layout *layout);

static inline const struct basket_run *layout_runs(const struct layout_block *at) {
    return at->part->runs + at->block->first;
}

/* Where the items of a run of the block end. */
static inline size_t layout_end(const struct layout_block *at, uint32_t run) {
    size_t next = (size_t)at->block->first + run + 1;
    return next < at->part->run_count ? at->part->runs[next].start : at->part->item_count;
}

#endif
