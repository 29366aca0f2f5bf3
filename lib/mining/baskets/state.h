/* state.h: baskets while they are being read. */
#ifndef LIB_MINING_BASKETS_STATE_H
#define LIB_MINING_BASKETS_STATE_H

#include <till/baskets.h>

/* One item in one basket, as often as it was read. */
struct basket_entry {
    uint32_t basket;
    uint32_t item;
};

#define BASKET_UNKNOWN UINT32_MAX

struct basket_state {
    struct till_basket_settings settings;
    struct till_dictionary *items;
    struct till_dictionary *keys; /* of baskets; NULL where they are lines */
    struct till_dictionary *groups;
    struct till_dictionary *strata;
    struct basket_entry *entries;
    size_t entry_count;
    size_t entry_capacity;
    uint32_t basket_count;
    uint32_t *group;   /* [label_capacity]; NULL where none was asked for */
    uint32_t *stratum; /* likewise */
    size_t label_capacity;
    struct till_text conflict; /* the smallest key with two groups or strata */
    bool has_conflict;
    /* scratch of add */
    struct till_text scratch;
    struct till_slice *slices;
    uint32_t *codes;
    size_t scratch_capacity;
};

/* Room for `more` entries. */
bool basket_reserve(struct basket_state *state, size_t more);
/* Room for labels of all baskets up to `count`; new ones are unknown. */
bool basket_reserve_labels(struct basket_state *state, size_t count);
/* Says what group and stratum a basket has; a second, other one is a conflict. */
bool basket_label(struct basket_state *state, uint32_t basket, uint32_t group, uint32_t stratum);
/* Notes a conflict; the smallest key is kept. */
bool basket_note_conflict(struct basket_state *state, struct till_slice key);

enum till_status basket_add_lines(struct basket_state *state, struct till_block *block, struct till_error *error);

enum till_status basket_finish(const void *state, struct till_table **table, struct till_error *error);
enum till_status basket_save(const void *state, struct till_text *out, struct till_error *error);
enum till_status basket_load(void **state, const void *settings, struct till_slice bytes, struct till_error *error);

#endif
