/* Rules from frequent itemsets: each set is split into two sides in every way that is allowed, each split is a
 * hypothesis, and each hypothesis gets a p-value before any filter looks at it, because what the filter left out was
 * searched too (Webb 2007). A longer antecedent must be productive: each of its items must add to what the others say,
 * or else rules would ride on shorter ones that are true.
 *
 * Rules are many more than itemsets, so they are never held: they pass through sorters, first by weight, to get their
 * q-values, then in the order of delivery. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mining/rules/search.h"

/* Rules of the searched half that are worth a test in the other. */
static const double exploratory_p = 0.05;

/* So many sorters, or stores of rules, are open at a time. */
enum { SORTERS = 3 };

static size_t memory_of(const struct search *search) {
    return (search->options->memory == 0 ? TILL_RULES_MEMORY : search->options->memory) / SORTERS;
}

struct till_sorter *search_sorter(const struct search *search, const struct till_sorter_order *order) {
    return till_sorter_new(order, memory_of(search), search->options->directory);
}

static void search_free(struct search *search) {
    sets_free(&search->sets);
    null_test_free(&search->test);
    till_sorter_free(search->weights);
    till_sorter_free(search->candidates);
    till_sorter_free(search->delivery);
    till_rows_free(search->found);
    free(search->searched);
    free(search->log_searched);
    free(search->size_tested);
    free(search);
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
        /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): chosen is filled */
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

/* ---- filters ---- */

/* True when a rule with a part of the antecedent is as confident (Bayardo et al. 1999; as arules has it). */
static bool is_redundant(const struct itemset_store *sets, const struct candidate *c) {
    uint64_t consequent = (((uint64_t)1 << set_size(sets, c->both)) - 1) & ~c->mask;
    for (uint64_t part = (c->mask - 1) & c->mask; part != 0; part = (part - 1) & c->mask) {
        uint64_t with = set_support(sets, sets_part(sets, c->both, part | consequent));
        if (with * set_support(sets, c->antecedent) >=
            set_support(sets, c->both) * set_support(sets, sets_part(sets, c->both, part)))
            return true;
    }
    return false;
}

static bool passes(const struct search *search, const struct candidate *c) {
    const struct till_rules_options *options = search->options;
    const struct itemset_store *sets = &search->sets;
    double both = (double)set_support(sets, c->both), antecedent = (double)set_support(sets, c->antecedent);
    double lift = both * (double)set_support(sets, 0) / (antecedent * (double)set_support(sets, c->consequent));
    return both / antecedent >= options->minimum_confidence && lift >= options->minimum_lift &&
           (options->held_out == NULL || c->log_p <= log(exploratory_p)) &&
           !(options->drop_redundant && is_redundant(sets, c));
}

/* With held out baskets, candidates wait for their test; otherwise they are sorted by weight. */
static enum till_status add_candidate(struct search *search, uint32_t both, uint64_t mask, double log_p,
                                      struct till_error *error) {
    const struct itemset_store *sets = &search->sets;
    uint64_t all = ((uint64_t)1 << set_size(sets, both)) - 1;
    struct candidate c;
    memset(&c, 0, sizeof c); /* all of it may go to a file */
    c.both = both;
    c.antecedent = sets_part(sets, both, mask);
    c.consequent = sets_part(sets, both, all & ~mask);
    c.mask = mask;
    c.log_p = log_p;
    if (!passes(search, &c))
        return TILL_OK;
    if (search->found != NULL)
        return till_rows_add(search->found, (struct till_slice){(const char *)&c, sizeof c}, error);
    return till_sorter_add(search->candidates, &c, error);
}

/* ---- all hypotheses ---- */

/* True when every item may stand on the side where it is. */
static bool is_wanted(const struct search *search, uint32_t both, uint32_t size, uint64_t mask) {
    const struct till_rules_options *options = search->options;
    const uint32_t *items = set_items(&search->sets, both, size);
    for (uint32_t i = 0; i < size; i++) {
        const bool *allowed = mask >> i & 1 ? options->antecedent_items : options->consequent_items;
        if (allowed != NULL && !allowed[items[i]])
            return false;
    }
    return options->maximum_antecedent == 0 || (uint32_t)__builtin_popcountll(mask) <= options->maximum_antecedent;
}

/* One hypothesis; of a pair it may stand for both directions. What the search held out is judged by was not in it. */
static enum till_status try_split(struct search *search, uint32_t both, uint32_t size, uint64_t mask,
                                  struct till_error *error) {
    uint64_t other = (((uint64_t)1 << size) - 1) & ~mask;
    bool here = is_wanted(search, both, size, mask), back = size == 2 && is_wanted(search, both, size, other);
    double log_p;
    if (!here && !back)
        return TILL_OK;
    if (!test_rule(search, both, mask, &log_p))
        return till_error_memory(error);
    search->size_tested[size] = true;
    enum till_status status = TILL_OK;
    if (search->found == NULL)
        status = adjust_add(search, log_p + search->log_searched[size], error);
    if (status == TILL_OK && here)
        status = add_candidate(search, both, mask, log_p, error);
    return status == TILL_OK && back ? add_candidate(search, both, other, log_p, error) : status;
}

/* All splits of a set; of a pair one, which stands for both directions. */
static enum till_status split_set(struct search *search, uint32_t both, uint32_t size, struct till_error *error) {
    uint64_t all = ((uint64_t)1 << size) - 1;
    if (size == 2)
        return try_split(search, both, size, 1, error);
    enum till_status status = TILL_OK;
    for (uint32_t c = 1; c <= search->maximum_consequent && c < size; c++) {
        uint64_t consequent = ((uint64_t)1 << c) - 1;
        while (status == TILL_OK && consequent <= all) { /* all masks of c bits, in rising order (Gosper) */
            status = try_split(search, both, size, all & ~consequent, error);
            uint64_t low = consequent & -consequent, sum = consequent + low;
            consequent = (((sum ^ consequent) >> 2) / low) | sum;
        }
    }
    return status;
}

static enum till_status explore(struct search *search, const struct part *part, struct till_error *error) {
    enum till_status status = sets_mine(&search->sets, &part->baskets, search->options, error);
    if (status == TILL_OK)
        status = use_part(search, part, false, error);
    if (status == TILL_OK && !search_count(search))
        status = till_error_memory(error);
    for (uint32_t size = 2; size <= search->sets.largest; size++)
        for (uint32_t set = search->sets.first[size]; status == TILL_OK && set < search->sets.first[size + 1]; set++)
            status = split_set(search, set, size, error);
    return status;
}

/* Tests one of the rules found. Both directions of a pair stand side by side, and are one hypothesis with one p-value.
 */
static enum till_status confirm_rule(struct search *search, struct candidate c, struct candidate *last,
                                     struct till_error *error) {
    const struct itemset_store *sets = &search->sets;
    bool again = c.both == last->both && set_size(sets, c.both) == 2;
    if (set_support(sets, c.antecedent) == 0 || set_support(sets, c.consequent) == 0)
        return TILL_OK; /* nothing to learn of it here */
    if (again)
        c.log_p = last->log_p;
    else if (!test_rule(search, c.both, c.mask, &c.log_p))
        return till_error_memory(error);
    *last = c;
    enum till_status status = again ? TILL_OK : adjust_add(search, c.log_p, error);
    return status == TILL_OK ? till_sorter_add(search->candidates, &c, error) : status;
}

/* Tests what was found in the baskets that were held out; these rules are then the whole search. */
static enum till_status confirm(struct search *search, const struct part *part, struct till_error *error) {
    struct till_slice record;
    struct candidate last = {0};
    size_t sizes = (size_t)search->sets.largest + 2;
    memset(search->searched, 0, sizes * sizeof *search->searched);
    memset(search->log_searched, 0, sizes * sizeof *search->log_searched);
    memset(search->size_tested, 0, sizes * sizeof *search->size_tested);
    enum till_status status = use_part(search, part, true, error);
    if (status == TILL_OK)
        status = till_rows_rewind(search->found, error);
    if (status == TILL_OK)
        status = till_rows_next(search->found, &record, error);
    while (status == TILL_OK && record.bytes != NULL) {
        struct candidate c;
        memcpy(&c, record.bytes, sizeof c);
        status = confirm_rule(search, c, &last, error);
        if (status == TILL_OK)
            status = till_rows_next(search->found, &record, error);
    }
    search->size_tested[0] = true;
    search->searched[0] = (double)search->tested;
    return status;
}

/* ---- the result ---- */

/* The largest confidence among the rules found with a part of the antecedent. */
static double improvement(const struct search *search, const struct candidate *c) {
    const struct itemset_store *sets = &search->sets;
    uint64_t consequent = (((uint64_t)1 << set_size(sets, c->both)) - 1) & ~c->mask;
    double best = 0;
    for (uint64_t part = (c->mask - 1) & c->mask; part != 0; part = (part - 1) & c->mask) {
        double confidence = (double)set_support(sets, sets_part(sets, c->both, part | consequent)) /
                            (double)set_support(sets, sets_part(sets, c->both, part));
        if (confidence >= search->options->minimum_confidence && confidence > best)
            best = confidence;
    }
    return (double)set_support(sets, c->both) / (double)set_support(sets, c->antecedent) - best;
}

static struct till_rule make_rule(const struct search *search, const struct candidate *c) {
    const struct itemset_store *sets = &search->sets;
    uint32_t left = set_size(sets, c->antecedent), right = set_size(sets, c->consequent);
    return (struct till_rule){.antecedent = set_items(sets, c->antecedent, left),
                              .consequent = set_items(sets, c->consequent, right),
                              .antecedent_size = left,
                              .consequent_size = right,
                              .both = set_support(sets, c->both),
                              .antecedent_count = set_support(sets, c->antecedent),
                              .consequent_count = set_support(sets, c->consequent),
                              .improvement = search->options->improvement ? improvement(search, c) : NAN,
                              .log_p = c->log_p,
                              .q = c->q};
}

enum till_status till_rules_next(struct till_rules *rules, const struct till_rule **rule, struct till_error *error) {
    struct search *search = rules->search;
    const void *next;
    *rule = NULL;
    enum till_status status = till_sorter_next(search->delivery, &next, error);
    if (status != TILL_OK || next == NULL)
        return status;
    search->rule = make_rule(search, next);
    *rule = &search->rule;
    return TILL_OK;
}

/* What there is to say of the search. */
static void summarise(struct search *search, struct till_rules *rules) {
    rules->count = till_sorter_count(search->delivery);
    rules->tested = search->tested;
    rules->baskets = set_support(&search->sets, 0);
    for (uint32_t k = 0; k <= search->sets.largest; k++)
        rules->largest = search->size_tested[k] ? k : rules->largest;
    for (uint32_t k = 0; k <= rules->largest; k++)
        search->searched[k] = search->size_tested[k] ? search->searched[k] : 0;
    rules->searched = search->searched;
}

static struct search *search_new(const struct till_rules_options *options) {
    struct search *search = calloc(1, sizeof *search);
    if (search == NULL)
        return NULL;
    search->wishes = *options;
    search->options = &search->wishes;
    search->maximum_consequent = options->maximum_consequent == 0 ? 1 : options->maximum_consequent;
    if (options->held_out == NULL)
        return search;
    search->found = till_rows_new(memory_of(search), options->directory);
    if (search->found != NULL)
        return search;
    search_free(search);
    return NULL;
}

/* Searches in one part of the baskets, and tests in the other where there are two. */
static enum till_status find(struct search *search, const struct till_baskets *baskets, struct till_error *error) {
    const struct till_rules_options *options = search->options;
    struct part part;
    enum till_status status = adjust_open(search, error);
    int parts = options->held_out != NULL ? 2 : 1;
    for (int held = 0; status == TILL_OK && held < parts; held++) {
        status = part_new(&part, baskets, options, held, error);
        if (status != TILL_OK)
            break;
        status = held ? confirm(search, &part, error) : explore(search, &part, error);
        null_test_free(&search->test); /* it refers to the part */
        part_free(&part);
    }
    till_rows_free(search->found);
    search->found = NULL;
    return status == TILL_OK ? adjust_settle(search, error) : status;
}

enum till_status till_rules_find(const struct till_baskets *baskets, const struct till_rules_options *options,
                                 struct till_rules *rules, struct till_error *error) {
    *rules = (struct till_rules){.minimum_support = options->minimum_support,
                                 .minimum_confidence = options->minimum_confidence};
    rules->search = search_new(options);
    enum till_status status = rules->search == NULL ? till_error_memory(error) : find(rules->search, baskets, error);
    if (status == TILL_OK)
        summarise(rules->search, rules);
    else
        till_rules_free(rules);
    return status;
}

void till_rules_free(struct till_rules *rules) {
    if (rules->search != NULL)
        search_free(rules->search);
    *rules = (struct till_rules){0};
}
