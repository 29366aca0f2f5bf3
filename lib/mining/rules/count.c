/* How many hypotheses there are by size, before any of them is looked at: for each frequent antecedent the ways to
 * choose a consequent among the other frequent items. Two single items are one hypothesis in both directions. */
#include <math.h>
#include <stdlib.h>

#include "lib/mining/rules/search.h"

/* Singles are the sets 1 .. n of size 1; which of them may stand on a side. */
static bool allowed(const bool *items, uint32_t item) {
    return items == NULL || items[item];
}

static uint32_t single_count(const struct itemset_store *sets) {
    return sets->largest == 0 ? 0 : sets->first[2] - 1;
}

/* Frequent items that may be a consequent of these items: not among them, and no kind of them. */
static uint32_t partners(const struct search *search, uint32_t set, uint32_t consequents, uint32_t singles) {
    uint32_t size = set_size(&search->sets, set);
    const uint32_t *items = set_items(&search->sets, set, size), *parent = search->options->parent;
    for (uint32_t i = 0; parent == NULL && i < size; i++)
        consequents -= allowed(search->options->consequent_items, items[i]);
    for (uint32_t s = 1; parent != NULL && s <= singles; s++) {
        uint32_t item = set_items(&search->sets, s, 1)[0];
        bool related = false;
        for (uint32_t i = 0; i < size; i++)
            related |= items_related(parent, items[i], item);
        consequents -= related && allowed(search->options->consequent_items, item);
    }
    return consequents;
}

/* Pairs that may stand in both directions. */
static double two_way_pairs(const struct search *search, uint32_t singles) {
    const struct till_rules_options *options = search->options;
    double pairs = 0, seen = 0;
    for (uint32_t s = 1; s <= singles; s++) {
        uint32_t item = set_items(&search->sets, s, 1)[0];
        if (!allowed(options->antecedent_items, item) || !allowed(options->consequent_items, item))
            continue;
        pairs += seen++;
        for (uint32_t t = 1; options->parent != NULL && t < s; t++) {
            uint32_t other = set_items(&search->sets, t, 1)[0];
            pairs -= allowed(options->antecedent_items, other) && allowed(options->consequent_items, other) &&
                     items_related(options->parent, item, other);
        }
    }
    return pairs;
}

static double choose(uint32_t n, uint32_t k) {
    double ways = 1;
    for (uint32_t i = 0; i < k; i++)
        ways = ways * (double)(n - i) / (double)(i + 1);
    return n < k ? 0 : ways;
}

bool search_count(struct search *search) {
    const struct itemset_store *sets = &search->sets;
    const struct till_rules_options *options = search->options;
    uint32_t singles = single_count(sets), consequents = 0;
    search->searched = calloc((size_t)sets->largest + 2, sizeof *search->searched);
    search->log_searched = calloc((size_t)sets->largest + 2, sizeof *search->log_searched);
    search->size_tested = calloc((size_t)sets->largest + 2, sizeof *search->size_tested);
    if (search->searched == NULL || search->log_searched == NULL || search->size_tested == NULL)
        return false;
    for (uint32_t s = 1; s <= singles; s++)
        consequents += allowed(options->consequent_items, set_items(sets, s, 1)[0]);
    for (uint32_t set = 1; set < sets->count; set++) {
        uint32_t size = set_size(sets, set);
        bool fits = options->maximum_antecedent == 0 || size <= options->maximum_antecedent;
        for (uint32_t i = 0; fits && i < size; i++)
            fits = allowed(options->antecedent_items, set_items(sets, set, size)[i]);
        uint32_t others = fits ? partners(search, set, consequents, singles) : 0;
        for (uint32_t c = 1; fits && c <= search->maximum_consequent && size + c <= sets->largest; c++)
            search->searched[size + c] += choose(others, c);
    }
    if (sets->largest >= 2)
        search->searched[2] -= two_way_pairs(search, singles);
    for (uint32_t k = 0; k <= sets->largest; k++)
        search->log_searched[k] = log(search->searched[k]);
    return true;
}
