/* state.h: baskets while they are being read.
 *
 * Rows of one basket mostly follow each other, so what is kept is runs of rows: where the items of a run begin, and
 * whose they are. The items are 4 bytes each, in the order of the rows. What one worker read is a part; merging puts
 * the parts side by side, and build.c brings the runs of a basket together. */
#ifndef LIB_MINING_BASKETS_STATE_H
#define LIB_MINING_BASKETS_STATE_H

#include <till/baskets.h>

#include "lib/base/pages.h"

/* Rows that follow each other in one block and one basket. With keys, `low` is the code of the basket's; without, low
 * and high are 96 bits of a hash of it (with 10^9 baskets, the chance that any two are taken for one is about 10^-11).
 * Lines are baskets of their own, and have neither. */
struct basket_run {
    uint64_t low;
    uint32_t high;
    uint32_t start; /* its items are those from here to where the next run begins */
};

/* A key that is remembered as it is. */
struct basket_bound {
    char bytes[47];
    unsigned char length;
};

/* The runs of one block. Where keys rise from run to run, and from block to block, no basket comes back, and nothing
 * has to be looked up: most exports are in the order of their numbers. */
struct basket_block {
    uint64_t sequence;
    uint32_t first; /* run */
    uint32_t runs;
    bool rising; /* each key is above the one before, and `lowest` and `highest` are the first and the last */
    struct basket_bound lowest;
    struct basket_bound highest;
};

/* What codes are in another dictionary. */
struct basket_codes {
    uint32_t *code; /* NULL: the same */
    uint32_t count;
};

/* What one worker read, under the codes of its own dictionaries. */
struct basket_part {
    struct basket_run *runs;
    size_t run_count;
    size_t run_capacity;
    uint32_t *items;
    size_t item_count;
    size_t item_capacity;
    struct basket_block *blocks;
    size_t block_count;
    size_t block_capacity;
    struct basket_codes items_here; /* what they are in those of the state */
    struct basket_codes keys_here;
};

#define BASKET_UNKNOWN UINT32_MAX

struct basket_state {
    struct till_basket_settings settings;
    struct till_dictionary *items;
    struct till_dictionary *keys; /* of baskets; NULL where they are lines, or keys are not kept */
    struct till_dictionary *groups;
    struct till_dictionary *strata;
    struct basket_part *parts; /* the first is what is being read; the others came by merging */
    size_t part_count;
    uint32_t *group;   /* [label_capacity]; NULL where none was asked for */
    uint32_t *stratum; /* likewise */
    size_t label_capacity;
    struct till_text conflict; /* the smallest key with two groups or strata */
    bool has_conflict;
    struct pages number_pages; /* lines of numbers: */
    uint32_t *number_codes;    /* [number_count]: the code of each + 1; 0: not known */
    size_t number_count;
    /* scratch of add */
    struct till_text scratch;
    struct till_slice *slices;
    uint32_t *codes;
    size_t scratch_capacity;
    size_t waiting; /* lines: names in `slices` whose items have no code yet */
};

/* Room for `items` more items and `runs` more runs in the part that is being read. */
bool basket_reserve(struct basket_state *state, size_t items, size_t runs);
/* Room for `rows` slices, and twice as many codes; those that are there stay. */
bool basket_reserve_scratch(struct basket_state *state, size_t rows);
/* Room for labels of all baskets with keys; new ones are unknown. */
bool basket_reserve_labels(struct basket_state *state);
/* Says what group or stratum a basket has; a second, other one is a conflict. `labels` may be NULL. */
bool basket_label(struct basket_state *state, uint32_t *labels, uint32_t basket, uint32_t label);
/* Notes a conflict; the smallest key is kept. */
bool basket_note_conflict(struct basket_state *state, struct till_slice key);
/* A new block without runs; NULL when memory is out. */
struct basket_block *basket_begin(struct basket_state *state, uint64_t sequence);
/* The error of more items than their places can number. */
enum till_status basket_too_many(struct till_error *error);

enum till_status basket_add_rows(struct basket_state *state, const struct till_block *block, struct till_error *error);
enum till_status basket_add_lines(struct basket_state *state, struct till_block *block, struct till_error *error);

enum till_status basket_finish(const void *state, struct till_table **table, struct till_error *error);
enum till_status basket_save(const void *state, struct till_text *out, struct till_error *error);
enum till_status basket_load(void **state, const void *settings, struct till_slice bytes, struct till_error *error);

#endif
