/* sets.h: the frequent itemsets, to be looked up by their items. */
#ifndef LIB_MINING_RULES_SETS_H
#define LIB_MINING_RULES_SETS_H

#include <till/itemsets.h>
#include <till/rules.h>

/* Masks have a bit for each item of a set. */
enum { LARGEST_SET = 63 };

/* Set 0 is the empty one; then by rising size, in the order of mining. So sets of one size stand together, and no set
 * needs to say where its items are. */
struct itemset_store {
    uint32_t *items;   /* of all sets, one behind the other */
    uint32_t *support; /* [count]; there are less than 2^32 baskets */
    size_t count;
    size_t item_count;
    uint32_t largest;
    uint32_t first[LARGEST_SET + 2]; /* the first set of each size; count behind the largest, then UINT32_MAX */
    size_t place[LARGEST_SET + 1];   /* where its items are */
    size_t item_capacity;
    size_t set_capacity;
    uint64_t *lists_start; /* [count + 1]: where the baskets of each set lie; NULL: not kept */
    uint32_t *lists;
    uint32_t *slots; /* hash table: set + 1; 0: free */
    size_t slot_count;
    struct known_part *known; /* [KNOWN_PARTS] what was looked up, by mask */
};

/* A part of a set that was found before. */
struct known_part {
    uint32_t of;
    uint32_t part;
};
enum { KNOWN_PARTS = 1 << 12 };

/* Halving, without a branch that could be foretold wrongly. */
static inline uint32_t set_size(const struct itemset_store *sets, uint32_t set) {
    uint32_t size = 0;
    for (uint32_t half = (LARGEST_SET + 1) / 2; half > 0; half /= 2)
        size += set >= sets->first[size + half] ? half : 0;
    return size;
}
/* The items of a set of that size. */
static inline const uint32_t *set_items(const struct itemset_store *sets, uint32_t set, uint32_t size) {
    return sets->items + sets->place[size] + (size_t)(set - sets->first[size]) * size;
}
/* Wide, as counts are multiplied. */
static inline uint64_t set_support(const struct itemset_store *sets, uint32_t set) {
    return sets->support[set];
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
