/* Rules from frequent itemsets: each set is split into two sides in every way that is allowed, each split is a
 * hypothesis, and each hypothesis gets a p-value before any filter looks at it, because what the filter left out was
 * searched too (Webb 2007). A longer antecedent must be productive: each of its items must add to what the others say,
 * or else rules would ride on shorter ones that are true. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mining/rules/order.h"
#include "lib/mining/rules/search.h"

/* Rules of the searched half that are worth a test in the other. */
static const double exploratory_p = 0.05;

static void search_free(struct search *search) {
    sets_free(&search->sets);
    null_test_free(&search->test);
    free(search->searched);
    free(search->size_tested);
    free(search->weights);
    free(search->candidates);
}

/* ---- parts of the baskets ---- */

/* Baskets by label, all or those (not) held out: sums by label are then always made in one order. */
struct part {
    struct till_baskets baskets;
    uint64_t *offsets;
    uint32_t *items;
    uint32_t *label;
};

static void part_free(struct part *part) {
    free(part->offsets);
    free(part->items);
    free(part->label);
}

/* The baskets of a part, in the order of their labels. NULL when memory is out. */
static uint32_t *choose_baskets(const struct till_baskets *all, const struct till_rules_options *options, bool held,
                                uint64_t *count) {
    uint64_t *place = calloc((size_t)options->label_count + 2, sizeof *place);
    uint32_t *chosen = malloc((all->count + 1) * sizeof *chosen);
    if (place == NULL || chosen == NULL) {
        free(place);
        free(chosen);
        return NULL;
    }
    const uint32_t *label = options->label;
    const bool *held_out = options->held_out;
    for (uint64_t b = 0; b < all->count; b++)
        if (held_out == NULL || held_out[b] == held)
            place[(label == NULL ? 0 : label[b]) + 1]++;
    for (uint32_t i = 0; i <= options->label_count; i++)
        place[i + 1] += place[i];
    *count = place[options->label_count + 1];
    for (uint64_t b = 0; b < all->count; b++)
        if (held_out == NULL || held_out[b] == held)
            chosen[place[label == NULL ? 0 : label[b]]++] = (uint32_t)b;
    free(place);
    return chosen;
}

static enum till_status part_new(struct part *part, const struct till_baskets *all,
                                 const struct till_rules_options *options, bool held, struct till_error *error) {
    uint64_t count = 0, entries = 0;
    *part = (struct part){0};
    uint32_t *chosen = choose_baskets(all, options, held, &count);
    for (uint64_t i = 0; chosen != NULL && i < count; i++)
        entries += all->offsets[chosen[i] + 1] - all->offsets[chosen[i]];
    part->offsets = malloc((count + 1) * sizeof *part->offsets);
    part->items = malloc((entries + 1) * sizeof *part->items);
    part->label = malloc((count + 1) * sizeof *part->label);
    bool fine = chosen != NULL && part->offsets != NULL && part->items != NULL && part->label != NULL;
    if (fine)
        part->offsets[0] = 0;
    for (uint64_t i = 0; fine && i < count; i++) {
        uint64_t start = all->offsets[chosen[i]], size = all->offsets[chosen[i] + 1] - start;
        if (size > 0)
            memcpy(part->items + part->offsets[i], all->items + start, size * sizeof *part->items);
        part->offsets[i + 1] = part->offsets[i] + size;
        part->label[i] = options->label == NULL ? 0 : options->label[chosen[i]];
    }
    free(chosen);
    part->baskets = (struct till_baskets){part->offsets, part->items, count, all->item_count};
    if (fine)
        return TILL_OK;
    part_free(part);
    return till_error_memory(error);
}

/* Counts the sets in a part, where that is needed, and makes the test for it. */
static enum till_status use_part(struct search *search, const struct part *part, bool recount,
                                 struct till_error *error) {
    enum till_rules_null null = search->options->null;
    enum till_status status = TILL_OK;
    null_test_free(&search->test);
    free(search->sets.lists);
    free(search->sets.lists_start);
    search->sets.lists = NULL;
    search->sets.lists_start = NULL;
    if (recount || null != TILL_NULL_INDEPENDENT)
        status = sets_count(&search->sets, &part->baskets, null != TILL_NULL_INDEPENDENT, error);
    if (status == TILL_OK)
        status = null_test_new(&search->test, &search->sets, null, part->label, part->baskets.count,
                               search->options->label_count, error);
    return status;
}

/* ---- one hypothesis ---- */

/* The p-value of A => C within the set `both` = A and C: of the whole, and of each item of A given the others. */
static bool test_rule(struct search *search, uint32_t both, uint64_t mask, double *log_p) {
    const struct itemset_store *sets = &search->sets;
    uint64_t all = ((uint64_t)1 << set_size(sets, both)) - 1;
    struct association a = {0, sets_part(sets, both, mask), sets_part(sets, both, all & ~mask), both};
    if (!null_test_log(&search->test, &a, log_p))
        return false;
    if ((mask & (mask - 1)) == 0)
        return true;
    for (uint64_t rest = mask; rest != 0; rest &= rest - 1) {
        uint64_t item = rest & -rest;
        double log_given;
        a.base = sets_part(sets, both, mask & ~item);
        a.right = sets_part(sets, both, all & ~item);
        if (!null_test_log(&search->test, &a, &log_given))
            return false;
        *log_p = fmax(*log_p, log_given);
    }
    return true;
}

static bool add_weight(struct search *search, double weight) {
    if (search->weight_count == search->weight_capacity) {
        size_t capacity = 2 * search->weight_capacity + 1024;
        double *grown = realloc(search->weights, 2 * capacity * sizeof *grown); /* the other half is adjust.c's */
        if (grown == NULL)
            return false;
        search->weights = grown;
        search->weight_capacity = capacity;
    }
    search->weights[search->weight_count++] = weight;
    return true;
}

/* ---- filters ---- */

/* True when a rule with a part of the antecedent is as confident (Bayardo et al. 1999; as arules has it). */
static bool is_redundant(const struct itemset_store *sets, const struct candidate *c) {
    uint64_t consequent = (((uint64_t)1 << set_size(sets, c->both)) - 1) & ~c->mask;
    for (uint64_t part = (c->mask - 1) & c->mask; part != 0; part = (part - 1) & c->mask) {
        uint64_t with = sets->support[sets_part(sets, c->both, part | consequent)];
        if (with * sets->support[c->antecedent] >=
            sets->support[c->both] * sets->support[sets_part(sets, c->both, part)])
            return true;
    }
    return false;
}

static bool passes(const struct search *search, const struct candidate *c) {
    const struct till_rules_options *options = search->options;
    const uint64_t *support = search->sets.support;
    double both = (double)support[c->both], antecedent = (double)support[c->antecedent];
    double lift = both * (double)support[0] / (antecedent * (double)support[c->consequent]);
    return both / antecedent >= options->minimum_confidence && lift >= options->minimum_lift &&
           (options->held_out == NULL || c->log_p <= log(exploratory_p)) &&
           !(options->drop_redundant && is_redundant(&search->sets, c));
}

static bool add_candidate(struct search *search, uint32_t both, uint64_t mask, double log_p, double weight) {
    const struct itemset_store *sets = &search->sets;
    uint64_t all = ((uint64_t)1 << set_size(sets, both)) - 1;
    struct candidate c = {both, sets_part(sets, both, mask), sets_part(sets, both, all & ~mask), mask, log_p, weight};
    if (!passes(search, &c))
        return true;
    if (search->candidate_count == search->candidate_capacity) {
        size_t capacity = 2 * search->candidate_capacity + 256;
        struct candidate *grown = realloc(search->candidates, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        search->candidates = grown;
        search->candidate_capacity = capacity;
    }
    search->candidates[search->candidate_count++] = c;
    return true;
}

/* ---- all hypotheses ---- */

/* True when every item may stand on the side where it is. */
static bool is_wanted(const struct search *search, uint32_t both, uint64_t mask) {
    const struct till_rules_options *options = search->options;
    const uint32_t *items = set_items(&search->sets, both);
    for (uint32_t i = 0; i < set_size(&search->sets, both); i++) {
        const bool *allowed = mask >> i & 1 ? options->antecedent_items : options->consequent_items;
        if (allowed != NULL && !allowed[items[i]])
            return false;
    }
    return options->maximum_antecedent == 0 || (uint32_t)__builtin_popcountll(mask) <= options->maximum_antecedent;
}

static bool try_split(struct search *search, uint32_t both, uint64_t mask) {
    uint32_t size = set_size(&search->sets, both);
    uint64_t other = (((uint64_t)1 << size) - 1) & ~mask;
    bool here = is_wanted(search, both, mask), back = size == 2 && is_wanted(search, both, other);
    double log_p, weight;
    if (!here && !back)
        return true;
    if (!test_rule(search, both, mask, &log_p))
        return false;
    weight = log_p + log(search->searched[size]);
    search->size_tested[size] = true;
    return add_weight(search, weight) && (!here || add_candidate(search, both, mask, log_p, weight)) &&
           (!back || add_candidate(search, both, other, log_p, weight));
}

/* All splits of a set; of a pair one, which stands for both directions. */
static bool split_set(struct search *search, uint32_t both) {
    uint32_t size = set_size(&search->sets, both);
    uint64_t all = ((uint64_t)1 << size) - 1;
    if (size == 2)
        return try_split(search, both, 1);
    for (uint32_t c = 1; c <= search->maximum_consequent && c < size; c++) {
        uint64_t consequent = ((uint64_t)1 << c) - 1;
        while (consequent <= all) { /* all masks of c bits, in rising order (Gosper) */
            if (!try_split(search, both, all & ~consequent))
                return false;
            uint64_t low = consequent & -consequent, sum = consequent + low;
            consequent = (((sum ^ consequent) >> 2) / low) | sum;
        }
    }
    return true;
}

static enum till_status explore(struct search *search, const struct part *part, struct till_error *error) {
    enum till_status status = sets_mine(&search->sets, &part->baskets, search->options, error);
    if (status == TILL_OK)
        status = use_part(search, part, false, error);
    bool fine = status != TILL_OK || search_count(search);
    for (uint32_t set = 1; fine && status == TILL_OK && set < search->sets.count; set++)
        if (set_size(&search->sets, set) >= 2)
            fine = split_set(search, set);
    return fine ? status : till_error_memory(error);
}

/* Tests what was found in the baskets that were held out. */
static enum till_status confirm(struct search *search, const struct part *part, struct till_error *error) {
    struct candidate *candidates = search->candidates;
    size_t kept = 0;
    enum till_status status = use_part(search, part, true, error);
    for (size_t i = 0; status == TILL_OK && i < search->candidate_count; i++) {
        struct candidate c = candidates[i];
        if (search->sets.support[c.antecedent] == 0 || search->sets.support[c.consequent] == 0)
            continue; /* nothing to learn of it here */
        if (!test_rule(search, c.both, c.mask, &c.log_p))
            return till_error_memory(error);
        candidates[kept++] = c;
    }
    search->candidate_count = kept;
    search->weight_count = 0;
    memset(search->searched, 0, ((size_t)search->sets.largest + 2) * sizeof *search->searched);
    memset(search->size_tested, 0, ((size_t)search->sets.largest + 2) * sizeof *search->size_tested);
    search->size_tested[0] = true;
    for (size_t i = 0; i < kept; i++) { /* both directions of a pair stand side by side */
        bool again =
            i > 0 && candidates[i].both == candidates[i - 1].both && set_size(&search->sets, candidates[i].both) == 2;
        search->searched[0] += !again;
    }
    for (size_t i = 0; status == TILL_OK && i < kept; i++) {
        bool again =
            i > 0 && candidates[i].both == candidates[i - 1].both && set_size(&search->sets, candidates[i].both) == 2;
        candidates[i].weight = candidates[i].log_p + log(search->searched[0]);
        if (!again && !add_weight(search, candidates[i].weight))
            status = till_error_memory(error);
    }
    return status;
}

/* ---- the result ---- */

/* The largest confidence among the rules found with a part of the antecedent. */
static double improvement(const struct search *search, const struct candidate *c) {
    const struct itemset_store *sets = &search->sets;
    uint64_t consequent = (((uint64_t)1 << set_size(sets, c->both)) - 1) & ~c->mask;
    double best = 0;
    for (uint64_t part = (c->mask - 1) & c->mask; part != 0; part = (part - 1) & c->mask) {
        double confidence = (double)sets->support[sets_part(sets, c->both, part | consequent)] /
                            (double)sets->support[sets_part(sets, c->both, part)];
        if (confidence >= search->options->minimum_confidence && confidence > best)
            best = confidence;
    }
    return (double)sets->support[c->both] / (double)sets->support[c->antecedent] - best;
}

static struct till_rule make_rule(const struct search *search, const struct candidate *c) {
    const struct itemset_store *sets = &search->sets;
    return (struct till_rule){.antecedent = set_items(sets, c->antecedent),
                              .consequent = set_items(sets, c->consequent),
                              .antecedent_size = set_size(sets, c->antecedent),
                              .consequent_size = set_size(sets, c->consequent),
                              .both = sets->support[c->both],
                              .antecedent_count = sets->support[c->antecedent],
                              .consequent_count = sets->support[c->consequent],
                              .improvement = improvement(search, c),
                              .log_p = c->log_p,
                              .q = adjust_q(search, c->weight)};
}

static enum till_status collect(struct search *search, struct till_rules *rules, struct till_error *error) {
    const struct till_rules_options *options = search->options;
    adjust_prepare(search);
    rules->tested = search->weight_count;
    rules->rules = malloc((search->candidate_count + 1) * sizeof *rules->rules);
    if (rules->rules == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < search->candidate_count; i++) {
        struct till_rule rule = make_rule(search, &search->candidates[i]);
        if (options->fdr <= 0 || rule.q <= options->fdr)
            rules->rules[rules->count++] = rule;
    }
    rules->baskets = search->sets.support[0];
    if (!rules_sort(rules->rules, rules->count, rules->baskets, options))
        return till_error_memory(error);
    if (options->top > 0 && rules->count > options->top)
        rules->count = (size_t)options->top;
    for (uint32_t k = 0; k <= search->sets.largest; k++)
        rules->largest = search->size_tested[k] ? k : rules->largest;
    rules->searched = search->searched;
    search->searched = NULL;
    for (uint32_t k = 0; k <= rules->largest; k++)
        rules->searched[k] = search->size_tested[k] ? rules->searched[k] : 0;
    return TILL_OK;
}

enum till_status till_rules_find(const struct till_baskets *baskets, const struct till_rules_options *options,
                                 struct till_rules *rules, struct till_error *error) {
    struct search search = {.options = options, .baskets = baskets};
    struct part part;
    *rules = (struct till_rules){.minimum_support = options->minimum_support,
                                 .minimum_confidence = options->minimum_confidence};
    search.maximum_consequent = options->maximum_consequent == 0 ? 1 : options->maximum_consequent;
    struct itemset_store *kept = malloc(sizeof *kept);
    enum till_status status = kept == NULL ? till_error_memory(error) : part_new(&part, baskets, options, false, error);
    if (status == TILL_OK) {
        status = explore(&search, &part, error);
        part_free(&part);
    }
    if (status == TILL_OK && options->held_out != NULL) {
        status = part_new(&part, baskets, options, true, error);
        if (status == TILL_OK) {
            status = confirm(&search, &part, error);
            part_free(&part);
        }
    }
    if (status == TILL_OK)
        status = collect(&search, rules, error);
    if (kept != NULL) {
        *kept = search.sets; /* rules point into it */
        search.sets = (struct itemset_store){0};
        rules->memory = kept;
    }
    search_free(&search);
    if (status != TILL_OK)
        till_rules_free(rules);
    return status;
}

void till_rules_free(struct till_rules *rules) {
    if (rules->memory != NULL)
        sets_free(rules->memory);
    free(rules->memory);
    free(rules->rules);
    free(rules->searched);
    *rules = (struct till_rules){0};
}
