/* The set of the current branch. Counting needs only how many items it has. Where sets are held as numbers, that of
 * each set on the way to it is kept. Where they are held as records, its items are kept in output order, so that a
 * report copies them as they are; what joined since the last report is sorted in all at once, however much it is. */
#include "engine.h"

#include <stdlib.h>
#include <string.h>

/* What a count has. */
enum { WIDE_BITS = 128 };

/* Up to so many items are moved in or out of the set one by one. */
enum { FEW = 8 };

static void insert(uint32_t *set, uint32_t size, uint32_t place) {
    for (; size > 0 && set[size - 1] > place; size--)
        set[size] = set[size - 1];
    set[size] = place;
}

static void erase(uint32_t *set, uint32_t size, uint32_t place) {
    uint32_t k = 0;
    while (set[k] != place)
        k++;
    memmove(set + k, set + k + 1, (size - k - 1) * sizeof *set);
}

static int compare_places(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Sorts all that joined into the set. */
static void settle(struct worker *worker) {
    uint32_t more = worker->required - worker->sorted, *set = worker->set, *joining = worker->joining;
    for (; more <= FEW && worker->sorted < worker->required; worker->sorted++)
        insert(set, worker->sorted, worker->path[worker->sorted]);
    if (worker->sorted == worker->required)
        return;
    memcpy(joining, worker->path + worker->sorted, more * sizeof *joining);
    qsort(joining, more, sizeof *joining, compare_places);
    for (uint32_t left = worker->sorted, to = worker->required; more > 0; to--) /* from the back, in place */
        set[to - 1] = left > 0 && set[left - 1] > joining[more - 1] ? set[--left] : joining[--more];
    worker->sorted = worker->required;
}

/* Takes out of the set all that joined after the first `required`. */
static void unsettle(struct worker *worker, uint32_t required) {
    uint32_t *set = worker->set, kept = 0;
    for (; worker->sorted > required && worker->sorted - required <= FEW; worker->sorted--)
        erase(set, worker->sorted, worker->path[worker->sorted - 1]);
    if (worker->sorted <= required)
        return;
    for (uint32_t k = required; k < worker->sorted; k++)
        worker->leaves[worker->path[k]] = 1;
    for (uint32_t k = 0; k < worker->sorted; k++) {
        bool leaves = worker->leaves[set[k]];
        worker->leaves[set[k]] = 0;
        set[kept] = set[k];
        kept += !leaves;
    }
    worker->sorted = required;
}

void set_require(struct worker *worker, uint32_t code) {
    const struct recoded *recoded = worker->plan->recoded;
    if (worker->plan->counting) {
        worker->required += members_of(recoded, code);
        return;
    }
    if (worker->joined != NULL) {
        bitset joined = worker->joined[worker->required] | worker->plan->joins[code];
        worker->required += members_of(recoded, code);
        worker->joined[worker->required] = joined;
        return;
    }
    for (uint32_t item = code; item != NO_CODE; item = recoded->twin == NULL ? NO_CODE : recoded->twin[item])
        worker->path[worker->required++] = worker->plan->position[item];
}

void set_require_any(struct worker *worker, uint32_t members) {
    worker->required++;
    if (members > 1)
        ways_join(worker, members);
}

void set_allow(struct worker *worker, uint32_t members) {
    worker->optional += members;
}

void set_restore(struct worker *worker, uint32_t required, uint32_t optional) {
    worker->optional = optional;
    worker->required = required;
    while (worker->ways != NULL && worker->ways->required > required)
        worker->ways = worker->ways->outer;
    unsettle(worker, required);
}

/* What a second estimate may take, where the first leaves doubt. */
static const uint64_t long_work = (uint64_t)1 << 31;

/* Whether an estimate leaves no doubt that the limit is passed. */
static enum till_status estimate_all(const struct plan *plan, bool *beyond) {
    struct till_itemsets_options options = *plan->options;
    struct till_itemset_estimate estimate;
    options.work = 0;
    enum till_status status = till_itemsets_estimate(plan->input, &options, &estimate, NULL);
    *beyond = status == TILL_OK && till_itemset_estimate_passes(&estimate, plan->limit);
    if (status != TILL_OK || *beyond || estimate.sets <= (double)plan->limit)
        return status;
    options.work = long_work;
    status = till_itemsets_estimate(plan->input, &options, &estimate, NULL);
    *beyond = status == TILL_OK && till_itemset_estimate_passes(&estimate, plan->limit);
    return status;
}

/* Estimates how many sets there are; frequent ones are then counted, which takes a small part of what it takes to list
 * them. Whether the limit allows them. */
static bool count_all(struct worker *worker) {
    const struct plan *plan = worker->plan;
    struct till_itemset_counts counts = {0};
    struct till_itemsets_options options = *plan->options;
    options.limit = plan->limit;
    bool beyond;
    enum till_status status = estimate_all(plan, &beyond);
    if (status == TILL_OK && !beyond && plan->type == TILL_ITEMSETS_FREQUENT)
        status = till_itemsets_count(plan->input, &options, &counts, NULL);
    if (status == TILL_OK && (beyond || counts.total > (till_wide)plan->limit))
        status = TILL_ERROR_DATA;
    till_itemset_counts_free(&counts);
    worker->status = status;
    return status == TILL_OK;
}

/* What the sets take that wait for their delivery. */
static uint64_t bytes_held(const struct worker *worker) {
    const struct plan *plan = worker->plan;
    return plan->counting           ? 0
           : plan->listing          ? stream_bytes(&worker->stream)
           : worker->joined != NULL ? worker->bytes + worker->unreported * sizeof(bitset)
                                    : store_bytes(&worker->store);
}

static bool beyond_limit(struct worker *worker) {
    worker->status = TILL_ERROR_DATA;
    return false;
}

/* The first one to come here counts. */
static bool count_once(struct worker *worker) {
    struct plan *plan = worker->plan;
    pthread_mutex_lock(&plan->wait);
    bool first = !atomic_exchange(&plan->counted, true);
    bool allowed = !first || count_all(worker);
    if (worker->status == TILL_ERROR_DATA)
        atomic_store(&plan->held, plan->limit + 1);
    pthread_mutex_unlock(&plan->wait);
    return first ? allowed : atomic_load(&plan->held) <= plan->limit || beyond_limit(worker);
}

bool tell_sets(struct worker *worker) {
    struct plan *plan = worker->plan;
    uint64_t before = worker->bytes, bytes = bytes_held(worker);
    uint64_t held = atomic_fetch_add(&plan->held, worker->unreported) + worker->unreported;
    uint64_t all = atomic_fetch_add(&plan->bytes, bytes - before) + bytes - before;
    worker->unreported = 0;
    worker->bytes = bytes;
    if (held > plan->limit)
        return beyond_limit(worker);
    return all < plan->count_from || count_once(worker);
}

bool work_below_limit(struct worker *worker) {
    uint64_t worked = atomic_fetch_add(&worker->plan->worked, worker->work) + worker->work;
    worker->work = 0;
    if (worked > worker->plan->work)
        worker->status = TILL_ERROR_DATA;
    return worked <= worker->plan->work;
}

/* Puts the set where it waits for its delivery. False when memory is out. */
static bool hold_set(struct worker *worker, uint32_t size, uint32_t support) {
    if (worker->joined != NULL)
        return bitsets_add(&worker->bitsets, size, bitset_of(worker->plan->layout, worker->joined[size], support));
    settle(worker);
    return store_add(&worker->store, worker->set, size, support);
}

static bool store_set(struct worker *worker, uint32_t size, uint32_t support) {
    if (size < worker->plan->smallest || size > worker->plan->largest || size == 0)
        return true;
    if (hold_set(worker, size, support))
        return set_below_limit(worker, 1);
    worker->status = TILL_ERROR_MEMORY;
    return false;
}

/* How many sets of the family are counted at least: those without an option, and with one. */
static uint32_t least_sets(const struct worker *worker) {
    const struct plan *plan = worker->plan;
    uint32_t size = worker->required, sets = 0;
    if (size > plan->largest || size + worker->optional < plan->smallest)
        return 0;
    sets += size >= plan->smallest ? 1 : 0;
    sets += size + 1 >= plan->smallest && size < plan->largest ? worker->optional : 0;
    return sets > 0 ? sets : 1;
}

bool set_report(struct worker *worker, uint32_t support) {
    if (!worker->plan->counting)
        return store_set(worker, worker->required, support);
    if (worker->plan->sampling != NULL) {
        sample_report(worker);
        return true;
    }
    if (worker->optional >= WIDE_BITS && worker->plan->largest == UINT32_MAX &&
        worker->plan->smallest <= worker->required + 1) {
        worker->status = TILL_ERROR_DATA; /* all subsets of so many are more than can be counted */
        return false;
    }
    if (worker->ways != NULL || worker->status != TILL_OK)
        return worker->status == TILL_OK && ways_report(worker);
    if (!tally_add(&worker->tally, worker->optional, worker->required, 1)) {
        worker->status = TILL_ERROR_MEMORY;
        return false;
    }
    return set_below_limit(worker, least_sets(worker));
}
