/* Frequent itemsets in one array, behind a hash table over their items. Every part of a frequent set is frequent, so
 * that all counts which a rule needs are found here. */
#include <stdlib.h>
#include <string.h>

#include <till/arrays.h>
#include <till/hash.h>

#include "lib/mining/rules/sets.h"

void sets_free(struct itemset_store *sets) {
    free(sets->items);
    free(sets->support);
    free(sets->lists_start);
    free(sets->lists);
    free(sets->slots);
    free(sets->known);
    *sets = (struct itemset_store){0};
}

bool items_related(const uint32_t *parent, uint32_t a, uint32_t b) {
    if (parent == NULL)
        return a == b;
    for (uint32_t item = a; item != UINT32_MAX; item = parent[item])
        if (item == b)
            return true;
    for (uint32_t item = b; item != UINT32_MAX; item = parent[item])
        if (item == a)
            return true;
    return false;
}

/* ---- filling ---- */

static bool reserve(struct itemset_store *sets, size_t size) {
    return till_arrays_reserve(&TILL_ARRAY(sets->items), 1, sets->item_count + size, &sets->item_capacity) &&
           till_arrays_reserve(&TILL_ARRAY(sets->support), 1, sets->count + 1, &sets->set_capacity);
}

struct filling {
    struct itemset_store *sets;
    const uint32_t *parent;
};

static enum till_status add_set(void *context, const uint32_t *items, size_t size, uint64_t count,
                                struct till_error *error) {
    const struct filling *filling = context;
    struct itemset_store *sets = filling->sets;
    for (size_t i = 0; filling->parent != NULL && i < size; i++)
        for (size_t j = i + 1; j < size; j++)
            if (items_related(filling->parent, items[i], items[j]))
                return TILL_OK;
    if (size > LARGEST_SET)
        return till_error_set(error, TILL_ERROR_DATA, "rules of more than 63 items: bound the size of both sides");
    if (!reserve(sets, size))
        return till_error_memory(error);
    for (; sets->largest < size; sets->largest++)
        sets->place[sets->largest + 1] = sets->item_count;
    if (size > 0)
        memcpy(sets->items + sets->item_count, items, size * sizeof *items);
    sets->item_count += size;
    sets->support[sets->count++] = (uint32_t)count;
    sets->first[size + 1] = (uint32_t)sets->count;
    return TILL_OK;
}

/* Where the search for a set begins. */
static size_t slot_of(const struct itemset_store *sets, const uint32_t *items, size_t size) {
    uint64_t hash = till_hash(items, size * sizeof *items, 0);
    return (size_t)((hash >> 32) * sets->slot_count >> 32);
}

static size_t slot_behind(const struct itemset_store *sets, size_t slot) {
    return slot + 1 == sets->slot_count ? 0 : slot + 1;
}

static enum till_status index_sets(struct itemset_store *sets, struct till_error *error) {
    sets->slot_count = sets->count + sets->count / 2 + 1;
    sets->slots = calloc(sets->slot_count, sizeof *sets->slots);
    sets->known = calloc(KNOWN_PARTS, sizeof *sets->known); /* of set 0, which is never split */
    if (sets->slots == NULL || sets->known == NULL)
        return till_error_memory(error);
    for (uint32_t size = 0; size <= sets->largest; size++)
        for (uint32_t set = sets->first[size]; set < sets->first[size + 1]; set++) {
            size_t slot = slot_of(sets, set_items(sets, set, size), size);
            while (sets->slots[slot] != 0)
                slot = slot_behind(sets, slot);
            sets->slots[slot] = set + 1;
        }
    return TILL_OK;
}

enum till_status sets_mine(struct itemset_store *sets, const struct till_baskets *baskets,
                           const struct till_rules_options *options, struct till_error *error) {
    uint32_t consequent = options->maximum_consequent == 0 ? 1 : options->maximum_consequent;
    struct till_itemsets_options wishes = {.minimum_support = options->minimum_support,
                                           .limit = options->limit == 0 ? TILL_RULES_LIMIT : options->limit,
                                           .threads = options->threads,
                                           .rank = options->rank,
                                           .inner_rank = options->inner_rank};
    if (options->maximum_antecedent > 0 && options->maximum_antecedent <= UINT32_MAX - consequent)
        wishes.maximum_size = options->maximum_antecedent + consequent;
    struct filling filling = {sets, options->parent};
    *sets = (struct itemset_store){0};
    memset(sets->first + 1, 0xFF, sizeof sets->first - sizeof *sets->first);
    enum till_status status = add_set(&filling, NULL, 0, baskets->count, error);
    if (status == TILL_OK)
        status = till_itemsets_mine(baskets, &wishes, add_set, &filling, error);
    if (status == TILL_OK)
        status = index_sets(sets, error);
    if (status != TILL_OK)
        sets_free(sets);
    return status;
}

uint32_t sets_find_part(const struct itemset_store *sets, uint32_t set, uint64_t mask) {
    uint32_t part[LARGEST_SET + 1];
    uint32_t size = 0;
    const uint32_t *items = set_items(sets, set, set_size(sets, set));
    for (; mask != 0; mask &= mask - 1)
        part[size++] = items[__builtin_ctzll(mask)];
    for (size_t slot = slot_of(sets, part, size);; slot = slot_behind(sets, slot)) {
        uint32_t found = sets->slots[slot] - 1;
        if (found >= sets->first[size] && found < sets->first[size + 1] &&
            memcmp(set_items(sets, found, size), part, size * sizeof *part) == 0)
            return found;
    }
}

/* ---- counting anew ---- */

/* The baskets of each item, and of the beginnings of the set at hand: sets of one size follow each other in order, so
 * that neighbours share most of them. */
struct counting {
    struct itemset_store *sets;
    uint64_t *item_start; /* [items + 1] */
    uint32_t *item_baskets;
    uint32_t *held[64]; /* held[i]: the baskets that hold the first i + 1 items */
    uint64_t length[64];
    size_t list_capacity;
};

static bool invert(struct counting *counting, const struct till_baskets *baskets) {
    size_t items = baskets->item_count, entries = baskets->offsets[baskets->count];
    counting->item_start = calloc(items + 2, sizeof *counting->item_start);
    counting->item_baskets = malloc((entries + 1) * sizeof *counting->item_baskets);
    if (counting->item_start == NULL || counting->item_baskets == NULL)
        return false;
    uint64_t *start = counting->item_start;
    for (uint64_t i = 0; i < entries; i++)
        start[baskets->items[i] + 2]++;
    for (size_t i = 0; i < items; i++)
        start[i + 2] += start[i + 1];
    for (uint64_t b = 0; b < baskets->count; b++)
        for (uint64_t i = baskets->offsets[b]; i < baskets->offsets[b + 1]; i++)
            counting->item_baskets[start[baskets->items[i] + 1]++] = (uint32_t)b;
    return true;
}

static uint64_t intersect(const uint32_t *a, uint64_t a_length, const uint32_t *b, uint64_t b_length, uint32_t *out) {
    uint64_t found = 0;
    for (uint64_t i = 0, j = 0; i < a_length && j < b_length;) {
        uint32_t left = a[i], right = b[j];
        out[found] = left;
        found += left == right;
        i += left <= right;
        j += right <= left;
    }
    return found;
}

/* Brings `held` up to the items of a set; the first `shared` are there. */
static bool hold(struct counting *counting, const uint32_t *items, uint32_t size, uint32_t shared) {
    for (uint32_t i = shared; i < size; i++) {
        const uint32_t *list = counting->item_baskets + counting->item_start[items[i]];
        uint64_t length = counting->item_start[items[i] + 1] - counting->item_start[items[i]];
        free(counting->held[i]);
        uint64_t most = i > 0 && counting->length[i - 1] < length ? counting->length[i - 1] : length;
        counting->held[i] = malloc((most + 1) * sizeof(uint32_t));
        if (counting->held[i] == NULL)
            return false;
        if (i == 0) {
            memcpy(counting->held[0], list, length * sizeof *list);
            counting->length[0] = length;
        } else {
            counting->length[i] =
                intersect(counting->held[i - 1], counting->length[i - 1], list, length, counting->held[i]);
        }
    }
    return true;
}

static bool keep_list(struct counting *counting, uint32_t set, const uint32_t *list, uint64_t length) {
    struct itemset_store *sets = counting->sets;
    uint64_t end = sets->lists_start[set] + length;
    if (end > counting->list_capacity) {
        size_t capacity = 2 * (size_t)end + 1024;
        uint32_t *grown = realloc(sets->lists, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        sets->lists = grown;
        counting->list_capacity = capacity;
    }
    if (length > 0)
        memcpy(sets->lists + sets->lists_start[set], list, length * sizeof *list);
    sets->lists_start[set + 1] = end;
    return true;
}

static bool count_all(struct counting *counting, bool keep) {
    struct itemset_store *sets = counting->sets;
    for (uint32_t set = 1; set < sets->count; set++) {
        uint32_t size = set_size(sets, set), shared = 0, before = set_size(sets, set - 1);
        const uint32_t *items = set_items(sets, set, size), *last = set_items(sets, set - 1, before);
        while (shared < size && shared < before && items[shared] == last[shared])
            shared++;
        if (!hold(counting, items, size, shared))
            return false;
        sets->support[set] = (uint32_t)counting->length[size - 1];
        if (keep && !keep_list(counting, set, counting->held[size - 1], counting->length[size - 1]))
            return false;
    }
    return true;
}

enum till_status sets_count(struct itemset_store *sets, const struct till_baskets *baskets, bool keep,
                            struct till_error *error) {
    struct counting counting = {.sets = sets};
    bool fine = invert(&counting, baskets);
    if (fine && keep) {
        sets->lists_start = calloc(sets->count + 1, sizeof *sets->lists_start);
        fine = sets->lists_start != NULL;
    }
    sets->support[0] = (uint32_t)baskets->count;
    fine = fine && count_all(&counting, keep);
    free(counting.item_start);
    free(counting.item_baskets);
    for (size_t i = 0; i < 64; i++)
        free(counting.held[i]);
    return fine ? TILL_OK : till_error_memory(error);
}
