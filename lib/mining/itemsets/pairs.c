/* Where no set of more than two items is wanted, and few items are frequent, a table of all pairs of them is counted in
 * one pass (R. Agrawal and R. Srikant, "Fast algorithms for mining association rules", 1994, count their second pass
 * so). Each thread has a table of its own; they are added up. A basket of k frequent items costs k (k - 1) / 2 steps.
 * Where baskets are long beside the number of items, the search takes fewer by intersecting columns of bits, and it is
 * left to it; that is known beforehand from the mean length, or found out on the way. */
#include "pairs.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>

#include "lib/base/pages.h"

#define NO_CODE UINT32_MAX

enum {
    CHUNKS = 64,             /* of entries, and of baskets */
    MOST_COUNTERS = 1 << 23, /* 4 bytes each: of a table, */
    ALL_COUNTERS = 1 << 25,  /* and of all threads' */
    COUNTERS_TO_ENTRIES = 16,
    STEPS_TO_ENTRIES = 16,
    COLUMN_STEP = 128,    /* baskets that intersecting two columns goes through in the time of a step */
    STEPS_TOLD = 1 << 20, /* so many steps are told to the other threads at once */
};

/* A frequent item: its codes are by rising rank. */
struct frequent {
    uint64_t rank;
    uint32_t item;
};

struct pairs {
    const struct till_baskets *baskets;
    uint64_t entries;
    uint64_t minimum;
    unsigned threads;
    uint32_t *support; /* [threads][item_count]; in the first, at the end, all */
    uint32_t *code;    /* [item_count]: by rank, of frequent items; else NO_CODE */
    struct frequent *frequent;
    uint32_t count; /* of frequent items */
    size_t counters;
    uint32_t *table; /* [threads][counters]: by the smaller code, then by the larger */
    struct pages table_pages;
    uint32_t *held; /* [threads][count]: scratch */
    uint64_t most_steps;
    atomic_uint_fast64_t steps;
    atomic_bool unfit;
};

static size_t row_of(const struct pairs *pairs, size_t code) {
    return code * (2 * (size_t)pairs->count - code - 1) / 2;
}

static void pairs_free(struct pairs *pairs) {
    free(pairs->support);
    free(pairs->code);
    free(pairs->frequent);
    pages_free(&pairs->table_pages);
    free(pairs->held);
}

/* ---- items ---- */

static enum till_status count_items(void *context, size_t chunk, unsigned worker, struct till_error *error) {
    struct pairs *pairs = context;
    uint32_t *support = pairs->support + (size_t)worker * pairs->baskets->item_count, highest = 0;
    const uint32_t *items = pairs->baskets->items;
    uint64_t start = pairs->entries * chunk / CHUNKS, end = pairs->entries * (chunk + 1) / CHUNKS;
    (void)error;
    for (uint64_t k = start; k < end; k++)
        highest = items[k] > highest ? items[k] : highest;
    if (highest >= pairs->baskets->item_count)
        atomic_store(&pairs->unfit, true);
    else
        for (uint64_t k = start; k < end; k++)
            support[items[k]]++;
    return TILL_OK;
}

static void add_up(uint32_t *sums, size_t length, unsigned threads) {
    for (unsigned worker = 1; worker < threads; worker++)
        for (size_t i = 0; i < length; i++)
            sums[i] += sums[worker * length + i];
}

static int by_rank(const void *a, const void *b) {
    const struct frequent *x = a, *y = b;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

static bool choose_items(struct pairs *pairs, const uint32_t *rank) {
    uint32_t items = pairs->baskets->item_count, count = 0;
    for (uint32_t item = 0; item < items; item++)
        count += pairs->support[item] >= pairs->minimum;
    pairs->code = malloc(((size_t)items + 1) * sizeof *pairs->code);
    pairs->frequent = malloc(((size_t)count + 1) * sizeof *pairs->frequent);
    if (pairs->code == NULL || pairs->frequent == NULL)
        return false;
    for (uint32_t item = 0; item < items; item++) {
        pairs->code[item] = NO_CODE;
        if (pairs->support[item] >= pairs->minimum)
            pairs->frequent[pairs->count++] = (struct frequent){rank == NULL ? item : rank[item], item};
    }
    qsort(pairs->frequent, count, sizeof *pairs->frequent, by_rank);
    for (uint32_t code = 0; code < count; code++)
        pairs->code[pairs->frequent[code].item] = code;
    pairs->counters = (size_t)count * (count == 0 ? 0 : count - 1) / 2;
    return true;
}

/* ---- pairs ---- */

/* The frequent items of a basket, rising; NO_CODE when one stands twice, or out of order. */
static inline uint32_t hold_frequent(const struct pairs *pairs, uint64_t start, uint64_t end, uint32_t *held) {
    const uint32_t *items = pairs->baskets->items;
    uint32_t count = 0;
    for (uint64_t k = start; k < end; k++) {
        uint32_t code = pairs->code[items[k]];
        if (k > start && items[k] <= items[k - 1])
            return NO_CODE;
        held[count] = code;
        count += code != NO_CODE;
    }
    return count;
}

/* Ranks mostly rise with the items: then there is nothing to do. */
static void sort_held(uint32_t *held, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) {
        uint32_t code = held[i], to = i;
        for (; to > 0 && held[to - 1] > code; to--)
            held[to] = held[to - 1];
        held[to] = code;
    }
}

static void count_pairs_of(const struct pairs *pairs, const uint32_t *held, uint32_t count, uint32_t *table) {
    for (uint32_t i = 0; i + 1 < count; i++) {
        uint32_t *row = table + row_of(pairs, held[i]);
        for (uint32_t j = i + 1; j < count; j++)
            row[held[j] - held[i] - 1]++;
    }
}

/* A basket of the mean length takes no more steps than baskets on the average. */
static bool is_short(struct pairs *pairs) {
    uint64_t kept = 0, count = pairs->baskets->count;
    for (uint32_t code = 0; code < pairs->count; code++)
        kept += pairs->support[pairs->frequent[code].item];
    double mean = count == 0 ? 0 : (double)kept / (double)count;
    pairs->most_steps = STEPS_TO_ENTRIES * kept + pairs->counters * (count / COLUMN_STEP + 1);
    return mean < 1 || (double)count * mean * (mean - 1) / 2 <= (double)pairs->most_steps;
}

static enum till_status count_pairs(void *context, size_t chunk, unsigned worker, struct till_error *error) {
    struct pairs *pairs = context;
    const uint64_t *offsets = pairs->baskets->offsets;
    uint64_t first = pairs->baskets->count * chunk / CHUNKS, last = pairs->baskets->count * (chunk + 1) / CHUNKS;
    uint64_t steps = 0;
    uint32_t *table = pairs->table + worker * pairs->counters;
    uint32_t *held = pairs->held + (size_t)worker * (pairs->count + (size_t)1);
    (void)error;
    for (uint64_t b = first; b < last; b++) {
        uint32_t count = hold_frequent(pairs, offsets[b], offsets[b + 1], held);
        if (count == NO_CODE || atomic_load_explicit(&pairs->steps, memory_order_relaxed) > pairs->most_steps) {
            atomic_store(&pairs->unfit, true);
            return TILL_OK;
        }
        if (count < 2)
            continue;
        sort_held(held, count);
        count_pairs_of(pairs, held, count, table);
        steps += (uint64_t)count * (count - 1) / 2;
        if (steps >= STEPS_TOLD) {
            atomic_fetch_add_explicit(&pairs->steps, steps, memory_order_relaxed);
            steps = 0;
        }
    }
    atomic_fetch_add_explicit(&pairs->steps, steps, memory_order_relaxed);
    return TILL_OK;
}

/* ---- delivery ---- */

struct receiver {
    till_itemsets_visit_groups *visit;
    void *context;
    uint32_t *last; /* of a group: room for all frequent items */
    uint32_t *support;
};

/* The sets of one group, whose sets share the item `first`, if they are pairs. */
static enum till_status deliver_group(const struct receiver *to, size_t size, const uint32_t *first, uint32_t sets,
                                      struct till_error *error) {
    const struct till_itemset_group group = {(uint32_t)size - 1, sets};
    const struct till_itemset_groups groups = {size, 1, &group, first, to->last, to->support};
    return sets == 0 ? TILL_OK : to->visit(to->context, &groups, error);
}

static enum till_status deliver_items(const struct pairs *pairs, const struct receiver *to, struct till_error *error) {
    for (uint32_t code = 0; code < pairs->count; code++) {
        to->last[code] = pairs->frequent[code].item;
        to->support[code] = pairs->support[to->last[code]];
    }
    return deliver_group(to, 1, to->last, pairs->count, error);
}

/* The pairs whose first item in the order of sets is this one. */
static enum till_status deliver_pairs_of(const struct pairs *pairs, uint32_t code, const struct receiver *to,
                                         struct till_error *error) {
    const uint32_t *row = pairs->table + row_of(pairs, code);
    uint32_t sets = 0;
    for (uint32_t second = code + 1; second < pairs->count; second++, row++) {
        to->last[sets] = pairs->frequent[second].item;
        to->support[sets] = *row;
        sets += *row >= pairs->minimum;
    }
    return deliver_group(to, 2, &pairs->frequent[code].item, sets, error);
}

/* First items come by their inner rank. */
static enum till_status deliver_pairs(const struct pairs *pairs, const uint32_t *inner_rank, const struct receiver *to,
                                      struct till_error *error) {
    struct frequent *order = malloc(((size_t)pairs->count + 1) * sizeof *order);
    enum till_status status = TILL_OK;
    if (order == NULL)
        return till_error_memory(error);
    for (uint32_t code = 0; code < pairs->count; code++) {
        uint32_t item = pairs->frequent[code].item;
        order[code] = (struct frequent){inner_rank == NULL ? code : inner_rank[item], code};
    }
    qsort(order, pairs->count, sizeof *order, by_rank);
    for (uint32_t i = 0; status == TILL_OK && i < pairs->count; i++)
        status = deliver_pairs_of(pairs, order[i].item, to, error);
    free(order);
    return status;
}

/* Sets above the limit are an error of the search. */
static bool is_above_limit(const struct pairs *pairs, const struct till_itemsets_options *options) {
    uint64_t limit = options->limit == 0 ? TILL_ITEMSETS_LIMIT : options->limit, sets = 0;
    for (size_t i = 0; options->maximum_size == 2 && i < pairs->counters; i++)
        sets += pairs->table[i] >= pairs->minimum;
    sets += options->minimum_size < 2 ? pairs->count : 0;
    return sets > limit;
}

static enum till_status deliver(const struct pairs *pairs, const struct till_itemsets_options *options,
                                struct receiver *to, struct till_error *error) {
    enum till_status status = TILL_OK;
    size_t room = (size_t)pairs->count + TILL_ITEMSET_PAD;
    to->last = calloc(2 * room, sizeof *to->last);
    if (to->last == NULL)
        return till_error_memory(error);
    to->support = to->last + room;
    if (options->minimum_size < 2)
        status = deliver_items(pairs, to, error);
    if (status == TILL_OK && options->maximum_size == 2)
        status = deliver_pairs(pairs, options->inner_rank == NULL ? options->rank : options->inner_rank, to, error);
    free(to->last);
    return status;
}

/* ---- the whole ---- */

static enum till_status find_items(struct pairs *pairs, const uint32_t *rank, struct till_error *error) {
    uint32_t items = pairs->baskets->item_count;
    pairs->support = calloc((size_t)pairs->threads * items + 1, sizeof *pairs->support);
    if (pairs->support == NULL)
        return till_error_memory(error);
    enum till_status status = till_parallel_for(pairs->threads, CHUNKS, count_items, pairs, error);
    if (status != TILL_OK || pairs->unfit)
        return status;
    add_up(pairs->support, items, pairs->threads);
    return choose_items(pairs, rank) ? TILL_OK : till_error_memory(error);
}

static enum till_status find_pairs(struct pairs *pairs, struct till_error *error) {
    size_t tables = ALL_COUNTERS / (pairs->counters + 1);
    pairs->threads = tables < pairs->threads ? (unsigned)tables : pairs->threads;
    if (!pages_resize(&pairs->table_pages, (pairs->threads * pairs->counters + 1) * sizeof *pairs->table))
        return till_error_memory(error);
    pairs->table = pairs->table_pages.memory;
    pairs->held = malloc(pairs->threads * ((size_t)pairs->count + 1) * sizeof *pairs->held);
    if (pairs->held == NULL)
        return till_error_memory(error);
    enum till_status status = till_parallel_for(pairs->threads, CHUNKS, count_pairs, pairs, error);
    if (status == TILL_OK && !pairs->unfit)
        add_up(pairs->table, pairs->counters, pairs->threads);
    return status;
}

enum till_status pairs_mine(const struct till_baskets *baskets, const struct till_itemsets_options *options,
                            till_itemsets_visit_groups *visit, void *context, bool *done, struct till_error *error) {
    struct pairs pairs = {.baskets = baskets,
                          .entries = baskets->count == 0 ? 0 : baskets->offsets[baskets->count],
                          .minimum = options->minimum_support,
                          .threads = options->threads == 0 ? 1 : options->threads};
    struct receiver to = {.visit = visit, .context = context};
    *done = false;
    if (options->type != TILL_ITEMSETS_FREQUENT || options->maximum_size == 0 || options->maximum_size > 2 ||
        options->maximum_size < options->minimum_size || pairs.entries > UINT32_MAX - 2 ||
        options->minimum_support == 0)
        return TILL_OK;
    atomic_init(&pairs.steps, 0);
    atomic_init(&pairs.unfit, false);
    enum till_status status = find_items(&pairs, options->rank, error);
    bool fit = status == TILL_OK && !pairs.unfit && pairs.counters <= MOST_COUNTERS &&
               pairs.counters <= COUNTERS_TO_ENTRIES * pairs.entries && is_short(&pairs);
    if (fit)
        status = find_pairs(&pairs, error);
    *done = fit && status == TILL_OK && !pairs.unfit && !is_above_limit(&pairs, options);
    if (*done)
        status = deliver(&pairs, options, &to, error);
    pairs_free(&pairs);
    return status;
}
