/* Frequent itemsets in one array, behind a hash table over their items. Every part of a frequent set is frequent, so
 * that all counts which a rule needs are found here. */
#include <stdlib.h>
#include <string.h>

#include <till/hash.h>

#include "lib/mining/rules/sets.h"

void sets_free(struct itemset_store *sets) {
    free(sets->items);
    free(sets->start);
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
    size_t items = sets->count == 0 ? 0 : (size_t)sets->start[sets->count];
    if (items + size > sets->item_capacity) {
        size_t capacity = 2 * (items + size) + 1024;
        uint32_t *grown = realloc(sets->items, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        sets->items = grown;
        sets->item_capacity = capacity;
    }
    if (sets->count + 2 > sets->set_capacity) {
        size_t capacity = 2 * sets->set_capacity + 1024;
        uint64_t *start = realloc(sets->start, (capacity + 1) * sizeof *start);
        if (start != NULL)
            sets->start = start;
        uint64_t *support = realloc(sets->support, capacity * sizeof *support);
        if (support != NULL)
            sets->support = support;
        if (start == NULL || support == NULL)
            return false;
        sets->set_capacity = capacity;
    }
    return true;
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
    if (!reserve(sets, size))
        return till_error_memory(error);
    if (sets->count == 0)
        sets->start[0] = 0;
    if (size > 0)
        memcpy(sets->items + sets->start[sets->count], items, size * sizeof *items);
    sets->start[sets->count + 1] = sets->start[sets->count] + size;
    sets->support[sets->count++] = count;
    if (size > sets->largest)
        sets->largest = (uint32_t)size;
    return TILL_OK;
}

static uint64_t hash_items(const uint32_t *items, size_t size) {
    return till_hash(items, size * sizeof *items, 0);
}

static enum till_status index_sets(struct itemset_store *sets, struct till_error *error) {
    size_t slots = 16;
    while (slots < 2 * sets->count)
        slots *= 2;
    sets->slots = calloc(slots, sizeof *sets->slots);
    sets->slot_mask = slots - 1;
    sets->known = calloc(KNOWN_PARTS, sizeof *sets->known); /* of set 0, which is never split */
    if (sets->slots == NULL || sets->known == NULL)
        return till_error_memory(error);
    for (uint32_t set = 0; set < sets->count; set++) {
        size_t at = hash_items(set_items(sets, set), set_size(sets, set)) & sets->slot_mask;
        while (sets->slots[at] != 0)
            at = (at + 1) & sets->slot_mask;
        sets->slots[at] = set + 1;
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
    enum till_status status = add_set(&filling, NULL, 0, baskets->count, error);
    if (status == TILL_OK)
        status = till_itemsets_mine(baskets, &wishes, add_set, &filling, error);
    if (status == TILL_OK && sets->largest > 63)
        status = till_error_set(error, TILL_ERROR_DATA, "rules of more than 63 items: bound the size of both sides");
    if (status == TILL_OK)
        status = index_sets(sets, error);
    if (status != TILL_OK)
        sets_free(sets);
    return status;
}

uint32_t sets_find_part(const struct itemset_store *sets, uint32_t set, uint64_t mask) {
    uint32_t part[64];
    size_t size = 0;
    const uint32_t *items = set_items(sets, set);
    for (; mask != 0; mask &= mask - 1)
        part[size++] = items[__builtin_ctzll(mask)];
    for (size_t at = hash_items(part, size) & sets->slot_mask;; at = (at + 1) & sets->slot_mask) {
        uint32_t found = sets->slots[at] - 1;
        if (set_size(sets, found) == size && memcmp(set_items(sets, found), part, size * sizeof *part) == 0)
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
        const uint32_t *items = set_items(sets, set), *last = set_items(sets, set - 1);
        while (shared < size && shared < before && items[shared] == last[shared])
            shared++;
        if (!hold(counting, items, size, shared))
            return false;
        sets->support[set] = counting->length[size - 1];
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
    sets->support[0] = baskets->count;
    fine = fine && count_all(&counting, keep);
    free(counting.item_start);
    free(counting.item_baskets);
    for (size_t i = 0; i < 64; i++)
        free(counting.held[i]);
    return fine ? TILL_OK : till_error_memory(error);
}
