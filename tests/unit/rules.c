/* Rules: Fisher's test against published and computed values, the nulls against enumeration, and whether rules that are
 * not there stay away. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <till/random.h>
#include <till/rules.h>

#include "lib/mining/rules/null.h"

static void assert_near(double got, double want, double tolerance) {
    if (!(fabs(got - want) <= tolerance * fabs(want)))
        fail_msg("%.17g, not %.17g", got, want);
}

/* The next rule; there must be one. */
static const struct till_rule *next_rule(struct till_rules *rules) {
    const struct till_rule *rule;
    struct till_error error;
    assert_int_equal(till_rules_next(rules, &rule, &error), TILL_OK);
    assert_non_null(rule);
    return rule;
}

/* {other vegetables} => {whole milk} of Groceries by R's phyper (GOLDEN.md, section 9); the tea tasting of Fisher 1935
 * (17 / 70); and sums of exact fractions. */
static void fisher_equals_published_values(void **state) {
    (void)state;
    assert_near(exp(till_fisher_log(736, 1903, 2513, 9835)), 1.44389155474e-45, 1e-10);
    assert_near(exp(till_fisher_log(3, 4, 4, 8)), 17.0 / 70, 1e-14);
    assert_near(exp(till_fisher_log(1, 4, 4, 8)), 69.0 / 70, 1e-14);
    assert_true(till_fisher_log(0, 4, 4, 8) == 0);
    assert_true(till_fisher_log(2, 5, 5, 8) == 0); /* fewer than two is not possible */
    assert_true(isinf(till_fisher_log(5, 4, 4, 8)));
}

/* With one marked basket the probability is left / total, at any size. */
static void fisher_keeps_its_digits_in_large_tables(void **state) {
    (void)state;
    assert_near(exp(till_fisher_log(1, 123456789, 1, 4000000000)), 123456789.0 / 4e9, 1e-12);
    double two = 123456789.0 / 4e9 * 123456788.0 / 3999999999.0;
    assert_near(exp(till_fisher_log(2, 123456789, 2, 4000000000)), two, 1e-12);
}

/* ---- the sum over strata ---- */

/* P(sum >= both) over all ways, by recursion over the strata with binomial coefficients. */
static double choose(int n, int k) {
    double ways = 1;
    for (int i = 0; i < k; i++)
        ways = ways * (n - i) / (i + 1);
    return k < 0 || k > n ? 0 : ways;
}

static double enumerate(const int (*strata)[3], int count, int wanted) {
    if (count == 0)
        return wanted <= 0;
    double sum = 0;
    const int left = strata[0][0], right = strata[0][1], total = strata[0][2];
    for (int x = 0; x <= left; x++)
        sum += choose(right, x) * choose(total - right, left - x) / choose(total, left) *
               enumerate(strata + 1, count - 1, wanted - x);
    return sum;
}

/* Baskets of items 0 and 1 in strata with these margins and as much overlap as fits, then less. */
static void strata_equal_the_sum_over_all_tables(void **state) {
    (void)state;
    const int strata[3][3] = {{5, 4, 12}, {3, 7, 9}, {6, 6, 20}};
    const int overlap[3] = {3, 3, 4};
    uint64_t offsets[64] = {0};
    uint32_t items[64], label[64], baskets = 0, entries = 0;
    for (uint32_t s = 0; s < 3; s++)
        for (int i = 0; i < strata[s][2]; i++) {
            bool left = i < strata[s][0],
                 right = i >= strata[s][0] - overlap[s] && i < strata[s][0] - overlap[s] + strata[s][1];
            if (left)
                items[entries++] = 0;
            if (right)
                items[entries++] = 1;
            label[baskets++] = s;
            offsets[baskets] = entries;
        }
    struct till_baskets all = {offsets, items, baskets, 2};
    struct till_rules_options options = {
        .minimum_support = 1, .null = TILL_NULL_STRATA, .label = label, .label_count = 3};
    struct till_rules rules;
    struct till_error error;
    assert_int_equal(till_rules_find(&all, &options, &rules, &error), TILL_OK);
    assert_int_equal(rules.count, 2);
    const struct till_rule *rule = next_rule(&rules);
    assert_int_equal(rule->both, 10);
    assert_near(exp(rule->log_p), enumerate(strata, 3, 10), 1e-12);
    till_rules_free(&rules);
}

/* ---- false rules ---- */

enum { ITEMS = 20, SEEDS = 200 };

struct world {
    uint64_t *offsets;
    uint32_t *items;
    uint32_t *label;
    struct till_baskets baskets;
    uint32_t labels;
};

static void world_free(struct world *world) {
    free(world->offsets);
    free(world->items);
    free(world->label);
}

/* Independent items with popularities of 3 to 18 %. `unequal`: every item is more probable in large baskets, by a
 * factor that differs from basket to basket; labels are sizes. `returning`: a customer has several baskets, and tastes
 * that stay: an item is as probable as the customer likes it; labels are customers. `planted`: item 1 follows item 0.
 */
static struct world make_world(uint64_t seed, size_t baskets, bool unequal, bool returning, bool planted) {
    struct world world = {calloc(baskets + 1, sizeof(uint64_t)),
                          malloc(baskets * ITEMS * sizeof(uint32_t)),
                          calloc(baskets, sizeof(uint32_t)),
                          {0},
                          1};
    struct till_random random;
    double liking[ITEMS], factor = 1;
    uint64_t entries = 0;
    till_random_start(&random, seed, 0);
    for (size_t b = 0; b < baskets; b++) {
        if (unequal)
            factor = till_random_uniform(&random) < 0.5 ? 0.3 : 2.5;
        for (uint32_t i = 0; i < ITEMS; i++) {
            if (b % 20 == 0)
                liking[i] = !returning ? 1 : till_random_uniform(&random) < 0.9 ? 0.05 : 6;
            double p = (0.03 + 0.15 * i / ITEMS) * factor * liking[i];
            bool has = till_random_uniform(&random) < p;
            if (planted && i == 1 && entries > world.offsets[b] && world.items[world.offsets[b]] == 0)
                has |= till_random_uniform(&random) < 0.6;
            if (has)
                world.items[entries++] = i;
        }
        world.offsets[b + 1] = entries;
        world.label[b] = returning ? (uint32_t)(b / 20) : (uint32_t)(entries - world.offsets[b]);
        if (world.label[b] >= world.labels)
            world.labels = world.label[b] + 1;
    }
    world.baskets = (struct till_baskets){world.offsets, world.items, baskets, ITEMS};
    return world;
}

/* The rules at a false discovery rate of 5 %; *planted: those of items 0 and 1 alone among them. */
static size_t count_rules(const struct world *world, enum till_rules_null null, size_t *planted) {
    struct till_rules_options options = {.minimum_support = 5,
                                         .maximum_antecedent = 2,
                                         .fdr = 0.05,
                                         .null = null,
                                         .label_count = null == TILL_NULL_INDEPENDENT ? 0 : world->labels};
    options.label = null == TILL_NULL_INDEPENDENT ? NULL : world->label;
    struct till_rules rules;
    struct till_error error;
    if (till_rules_find(&world->baskets, &options, &rules, &error) != TILL_OK)
        fail_msg("%s", error.message);
    uint64_t count = rules.count;
    *planted = 0;
    for (size_t i = 0; i < count; i++) {
        const struct till_rule *rule = next_rule(&rules);
        *planted += rule->antecedent_size == 1 && rule->antecedent[0] + rule->consequent[0] == 1;
    }
    till_rules_free(&rules);
    return count;
}

static size_t runs_with_a_rule(size_t baskets, bool unequal, bool returning, enum till_rules_null null) {
    size_t runs = 0, planted;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct world world = make_world(seed, baskets, unequal, returning, false);
        runs += count_rules(&world, null, &planted) > 0;
        world_free(&world);
    }
    return runs;
}

/* A share of at most 5 % of 200 runs. */
static void independent_items_give_a_false_rule_in_few_runs(void **state) {
    (void)state;
    size_t runs = runs_with_a_rule(500, false, false, TILL_NULL_INDEPENDENT);
    print_message("independent items: %zu of %d runs with a false rule\n", runs, SEEDS);
    assert_true(runs <= SEEDS / 20);
}

static void unequal_baskets_give_a_false_rule_in_few_runs_by_strata(void **state) {
    (void)state;
    size_t runs = runs_with_a_rule(500, true, false, TILL_NULL_STRATA), planted;
    struct world world = make_world(1, 500, true, false, false);
    print_message("unequal baskets: %zu of %d runs with a false rule; %zu rules in the first without strata\n", runs,
                  SEEDS, count_rules(&world, TILL_NULL_INDEPENDENT, &planted));
    assert_true(runs <= SEEDS / 20);
    assert_true(count_rules(&world, TILL_NULL_INDEPENDENT, &planted) > 0); /* the trap is real */
    world_free(&world);
}

static void returning_customers_give_a_false_rule_in_few_runs_by_clusters(void **state) {
    (void)state;
    size_t runs = runs_with_a_rule(1000, false, true, TILL_NULL_CLUSTERS), planted, without = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world world = make_world(seed, 1000, false, true, false);
        without += count_rules(&world, TILL_NULL_INDEPENDENT, &planted) > 0;
        world_free(&world);
    }
    print_message("returning customers: %zu of %d runs with a false rule; of 20 without clusters, %zu\n", runs, SEEDS,
                  without);
    assert_true(runs <= SEEDS / 20);
    assert_true(without > 10); /* the trap is real */
}

/* One true pair: it is found, and no longer rule rides on it. */
static void a_planted_rule_is_found_and_carries_no_other(void **state) {
    (void)state;
    size_t found = 0, others = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct world world = make_world(seed, 2000, false, false, true);
        size_t planted, count = count_rules(&world, TILL_NULL_INDEPENDENT, &planted);
        found += planted == 2;
        others += count > planted;
        world_free(&world);
    }
    print_message("planted: found in %zu of 40 runs, other rules in %zu\n", found, others);
    assert_int_equal(found, 40);
    /* each run has a false rule with a chance of 5 % at most: P(more than 6 of 40) < 0.4 % */
    assert_true(others <= 6);
}

static void held_out_baskets_are_the_ones_that_count(void **state) {
    (void)state;
    struct world world = make_world(3, 2000, false, false, true);
    bool *held = calloc(2000, sizeof *held);
    uint64_t both = 0;
    for (size_t b = 0; b < 2000; b++) {
        held[b] = b % 2 == 1;
        bool first = false, second = false;
        for (uint64_t i = world.offsets[b]; i < world.offsets[b + 1]; i++) {
            first |= world.items[i] == 0;
            second |= world.items[i] == 1;
        }
        both += held[b] && first && second;
    }
    struct till_rules_options options = {.minimum_support = 5, .maximum_antecedent = 2, .fdr = 0.05, .held_out = held};
    struct till_rules rules;
    struct till_error error;
    assert_int_equal(till_rules_find(&world.baskets, &options, &rules, &error), TILL_OK);
    assert_int_equal(rules.baskets, 1000);
    assert_int_equal(rules.count, 2);
    assert_int_equal(next_rule(&rules)->both, both);
    till_rules_free(&rules);
    free(held);
    world_free(&world);
}

/* ---- kinds of items ---- */

enum { KINDS = 9 };

/* Six items, two kinds of them, and a kind of these kinds; 5 has no kind. */
static const uint32_t kinds[KINDS] = {6, 6, 7, 7, 6, UINT32_MAX, 8, 8, UINT32_MAX};

static bool is_ancestor(uint32_t item, uint32_t above) {
    for (uint32_t up = kinds[item]; up != UINT32_MAX; up = kinds[up])
        if (up == above)
            return true;
    return false;
}

static bool holds_kin(uint32_t set) {
    for (uint32_t a = 0; a < KINDS; a++)
        for (uint32_t b = 0; b < KINDS; b++)
            if ((set >> a & 1) != 0 && (set >> b & 1) != 0 && is_ancestor(a, b))
                return true;
    return false;
}

/* Baskets as masks, with all kinds of their items. */
struct extended {
    uint32_t mask[60];
    uint32_t count;
    uint64_t offsets[61];
    uint32_t items[60 * KINDS];
};

static void extended_random(struct extended *all, uint64_t seed) {
    struct till_random random;
    till_random_start(&random, seed, 0);
    all->count = 5 + (uint32_t)(till_random_uniform(&random) * 55);
    for (uint32_t b = 0, at = 0; b < all->count; b++) {
        all->mask[b] = 0;
        for (uint32_t item = 0; item < 6; item++)
            if (till_random_uniform(&random) < 0.35)
                for (uint32_t up = item; up != UINT32_MAX; up = kinds[up])
                    all->mask[b] |= 1u << up;
        for (uint32_t item = 0; item < KINDS; item++)
            if ((all->mask[b] >> item & 1) != 0)
                all->items[at++] = item;
        all->offsets[b + 1] = at;
    }
}

static uint64_t support_of(const struct extended *all, uint32_t set) {
    uint64_t support = 0;
    for (uint32_t b = 0; b < all->count; b++)
        support += (all->mask[b] & set) == set;
    return support;
}

/* Sets that are searched: frequent, and without an item and its kind. */
static bool is_searched(const struct extended *all, uint32_t set, uint64_t minimum) {
    return set != 0 && support_of(all, set) >= minimum && !holds_kin(set);
}

/* m_k by its definition: antecedents times the frequent items that go with them. */
static double hypotheses(const struct extended *all, int size, uint64_t minimum) {
    double ways = 0;
    for (uint32_t set = 1; set < 1u << KINDS; set++)
        for (uint32_t item = 0; item < KINDS && __builtin_popcount(set) == size - 1; item++)
            ways += is_searched(all, set, minimum) && is_searched(all, 1u << item, minimum) && (set >> item & 1) == 0 &&
                    !holds_kin(set | 1u << item);
    return size == 2 ? ways / 2 : ways;
}

static uint32_t mask_of(const uint32_t *items, uint32_t size) {
    uint32_t mask = 0;
    for (uint32_t i = 0; i < size; i++)
        mask |= 1u << items[i];
    return mask;
}

static uint64_t count_splits(const struct extended *all, uint64_t minimum, double confidence, int consequent) {
    uint64_t rules = 0;
    for (uint32_t set = 1; set < 1u << KINDS; set++)
        for (uint32_t right = (set - 1) & set; is_searched(all, set, minimum) && right != 0; right = (right - 1) & set)
            rules += __builtin_popcount(right) <= consequent &&
                     (double)support_of(all, set) >= confidence * (double)support_of(all, set & ~right);
    return rules;
}

/* Every split of every set that may be searched, and no other. */
static void rules_of_kinds_are_those_of_the_definition(void **state) {
    (void)state;
    static struct extended all;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        extended_random(&all, seed);
        struct till_rules_options options = {.minimum_support = 1 + seed % 4,
                                             .minimum_confidence = seed % 3 == 0 ? 0.5 : 0,
                                             .maximum_consequent = 1 + (uint32_t)seed % 3,
                                             .parent = kinds,
                                             .memory = seed % 2 == 0 ? 1 : 0};
        struct till_baskets baskets = {all.offsets, all.items, all.count, KINDS};
        struct till_rules rules;
        struct till_error error;
        assert_int_equal(till_rules_find(&baskets, &options, &rules, &error), TILL_OK);
        uint64_t want =
            count_splits(&all, options.minimum_support, options.minimum_confidence, (int)options.maximum_consequent);
        assert_int_equal(rules.count, want);
        for (uint64_t i = 0; i < want; i++) { /* each is a different one, as they are ordered without ties */
            const struct till_rule *rule = next_rule(&rules);
            uint32_t left = mask_of(rule->antecedent, rule->antecedent_size),
                     right = mask_of(rule->consequent, rule->consequent_size);
            assert_true((left & right) == 0 && is_searched(&all, left | right, options.minimum_support));
            assert_int_equal(rule->both, support_of(&all, left | right));
            assert_int_equal(rule->antecedent_count, support_of(&all, left));
            assert_int_equal(rule->consequent_count, support_of(&all, right));
        }
        for (uint32_t k = 2; options.maximum_consequent == 1 && k <= rules.largest; k++)
            assert_true(rules.searched[k] == 0 || /* no rule of this size */
                        rules.searched[k] == hypotheses(&all, (int)k, options.minimum_support));
        till_rules_free(&rules);
    }
}

/* The least memory and the most give the same rules, in the same order, whatever the order is. */
static void memory_does_not_change_the_rules(void **state) {
    (void)state;
    static struct extended all;
    extended_random(&all, 77);
    struct till_baskets baskets = {all.offsets, all.items, all.count, KINDS};
    for (int sort = TILL_SORT_LIFT; sort <= TILL_SORT_Q_VALUE; sort++)
        for (int adjust = TILL_ADJUST_BH; adjust <= TILL_ADJUST_LAYERED; adjust++) {
            struct till_rules_options options = {.minimum_support = 1,
                                                 .maximum_consequent = 4,
                                                 .sort = (enum till_rules_sort)sort,
                                                 .adjust = (enum till_rules_adjust)adjust};
            struct till_rules large, small;
            struct till_error error;
            assert_int_equal(till_rules_find(&baskets, &options, &large, &error), TILL_OK);
            options.memory = 1;
            assert_int_equal(till_rules_find(&baskets, &options, &small, &error), TILL_OK);
            assert_true(large.count == small.count && large.count > 1000);
            for (uint64_t i = 0; i < large.count; i++) {
                const struct till_rule *a = next_rule(&large), *b = next_rule(&small);
                assert_true(a->both == b->both && a->log_p == b->log_p && a->q == b->q);
                assert_int_equal(mask_of(a->antecedent, a->antecedent_size),
                                 mask_of(b->antecedent, b->antecedent_size));
                assert_int_equal(mask_of(a->consequent, a->consequent_size),
                                 mask_of(b->consequent, b->consequent_size));
            }
            till_rules_free(&large);
            till_rules_free(&small);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fisher_equals_published_values),
        cmocka_unit_test(fisher_keeps_its_digits_in_large_tables),
        cmocka_unit_test(strata_equal_the_sum_over_all_tables),
        cmocka_unit_test(independent_items_give_a_false_rule_in_few_runs),
        cmocka_unit_test(unequal_baskets_give_a_false_rule_in_few_runs_by_strata),
        cmocka_unit_test(returning_customers_give_a_false_rule_in_few_runs_by_clusters),
        cmocka_unit_test(a_planted_rule_is_found_and_carries_no_other),
        cmocka_unit_test(rules_of_kinds_are_those_of_the_definition),
        cmocka_unit_test(memory_does_not_change_the_rules),
        cmocka_unit_test(held_out_baskets_are_the_ones_that_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
