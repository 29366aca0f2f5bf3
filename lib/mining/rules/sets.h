/* sets.h: the frequent itemsets, to be looked up by their items. */
#ifndef LIB_MINING_RULES_SETS_H
#define LIB_MINING_RULES_SETS_H

#include <till/itemsets.h>
#include <till/rules.h>

/* Set 0 is the empty one; then by rising size, in the order of mining. */
struct itemset_store {
    uint32_t *items; /* of all sets, one behind the other */
    uint64_t *start; /* [count + 1] */
    uint64_t *support;
    uint64_t *lists_start; /* [count + 1]: where the baskets of each set lie; NULL: not kept */
    uint32_t *lists;
    size_t count;
    size_t item_capacity;
    size_t set_capacity;
    uint32_t *slots; /* hash table: set + 1; 0: free */
    size_t slot_mask;
    uint32_t largest;
    struct known_part *known; /* [KNOWN_PARTS] what was looked up, by mask */
};

/* A part of a set that was found before. */
struct known_part {
    uint32_t of;
    uint32_t part;
};
enum { KNOWN_PARTS = 1 << 12 };

static inline uint32_t set_size(const struct itemset_store *sets, uint32_t set) {
    return (uint32_t)(sets->start[set + 1] - sets->start[set]);
}
static inline const uint32_t *set_items(const struct itemset_store *sets, uint32_t set) {
    return sets->items + sets->start[set];
}

/* True when one item is an ancestor of the other, or is it. */
bool items_related(const uint32_t *parent, uint32_t a, uint32_t b);

/* Mines `baskets` and keeps the sets without related items. */
enum till_status sets_mine(struct itemset_store *sets, const struct till_baskets *baskets,
                           const struct till_rules_options *options, struct till_error *error);

/* Counts all sets anew in other baskets; with `keep`, which baskets hold each is kept in `lists`, rising. */
enum till_status sets_count(struct itemset_store *sets, const struct till_baskets *baskets, bool keep,
                            struct till_error *error);
void sets_free(struct itemset_store *sets);

/* The same as sets_part, where it is not known. */
uint32_t sets_find_part(const struct itemset_store *sets, uint32_t set, uint64_t mask);

/* The set of the items of `set` whose bits are in `mask`; it is frequent, as `set` is. A set's parts are asked for many
 * times while it is split, so they are remembered until another set wants the place. */
static inline uint32_t sets_part(const struct itemset_store *sets, uint32_t set, uint64_t mask) {
    struct known_part *known = &sets->known[mask % KNOWN_PARTS];
    if (mask >= KNOWN_PARTS)
        return sets_find_part(sets, set, mask);
    if (known->of != set)
        *known = (struct known_part){set, sets_find_part(sets, set, mask)};
    return known->part;
}

#endif
