/* Frequent sets past counting are seen before they are searched where a few baskets share many items: all subsets of
 * what `minimum` baskets have in common are frequent. Such baskets are looked for greedily, the longest first and then
 * always the one that leaves most; where that leaves few items, nothing is said. */
#include "engine.h"

#include <stdlib.h>

/* Less than so many shared items are found soon enough by the search; more baskets than so many are not looked for. */
enum { FEW_SHARED = 20, MOST_BASKETS = 64 };

struct common {
    const struct till_baskets *baskets;
    uint32_t *round; /* by item: the last round in which it was shared */
    uint64_t used[MOST_BASKETS];
    uint32_t rounds;
    uint32_t shared; /* items that all used baskets hold */
};

static bool is_used(const struct common *common, uint64_t basket) {
    for (uint32_t k = 0; k < common->rounds; k++)
        if (common->used[k] == basket)
            return true;
    return false;
}

/* How many entries of a basket are shared so far. */
static uint64_t overlap(const struct common *common, uint64_t basket) {
    const struct till_baskets *baskets = common->baskets;
    uint64_t shared = 0;
    for (uint64_t k = baskets->offsets[basket]; k < baskets->offsets[basket + 1]; k++)
        shared += common->round[baskets->items[k]] == common->rounds;
    return shared;
}

/* The next basket: it leaves the most entries, which may be a few more than items. */
static void take_basket(struct common *common) {
    const struct till_baskets *baskets = common->baskets;
    uint64_t best = 0, most = 0;
    for (uint64_t b = 0; b < baskets->count; b++) {
        uint64_t length = baskets->offsets[b + 1] - baskets->offsets[b];
        if (length <= most || (common->rounds > 0 && is_used(common, b)))
            continue;
        length = common->rounds == 0 ? length : overlap(common, b);
        best = length > most ? b : best;
        most = length > most ? length : most;
    }
    common->shared = 0;
    for (uint64_t k = baskets->offsets[best]; most > 0 && k < baskets->offsets[best + 1]; k++) {
        uint32_t *round = &common->round[baskets->items[k]];
        common->shared += *round == common->rounds;
        *round += *round == common->rounds;
    }
    common->used[common->rounds++] = best;
}

/* Whether the subsets of so many items are more than the limit. */
static enum till_status count_subsets(const struct plan *plan, uint32_t items, bool *many) {
    struct tally tally = {0};
    struct till_itemset_counts counts = {0};
    struct till_error beyond = {0};
    enum till_status status = TILL_ERROR_MEMORY;
    if (tally_add(&tally, items, 0, 1))
        status = tally_finish(&tally, plan->smallest, plan->largest, &counts, &beyond);
    *many = status == TILL_ERROR_DATA || (plan->limit < UINT64_MAX && counts.total > (till_wide)plan->limit);
    till_itemset_counts_free(&counts);
    tally_free(&tally);
    return status == TILL_ERROR_DATA ? TILL_OK : status;
}

enum till_status flood_seen(const struct plan *plan, const struct till_baskets *baskets, bool *seen) {
    struct common common = {.baskets = baskets, .shared = FEW_SHARED};
    *seen = false;
    if (plan->minimum > MOST_BASKETS || plan->minimum > baskets->count)
        return TILL_OK;
    common.round = calloc((size_t)baskets->item_count + 1, sizeof *common.round);
    if (common.round == NULL)
        return TILL_ERROR_MEMORY;
    while (common.rounds < plan->minimum && common.shared >= FEW_SHARED)
        take_basket(&common);
    free(common.round);
    return common.shared < FEW_SHARED ? TILL_OK : count_subsets(plan, common.shared, seen);
}
