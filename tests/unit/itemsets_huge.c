/* Itemsets of small baskets with a few huge ones among them, against all intersections of the baskets: a closed set is
 * what some baskets have in common. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/baskets.h"

enum { ITEMS = 3072, WORDS = ITEMS / 64, ROWS = 160, MOST = 1 << 13 };

#ifdef __SANITIZE_THREAD__
enum { TRIALS = 6 };
#else
enum { TRIALS = 30 };
#endif

static uint64_t random_state;

static uint32_t random_below(uint32_t n) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % n);
}

struct set {
    uint64_t item[WORDS];
    uint32_t support;
    uint32_t size;
};

static bool is_part(const struct set *part, const struct set *whole) {
    for (size_t w = 0; w < WORDS; w++)
        if ((part->item[w] & ~whole->item[w]) != 0)
            return false;
    return true;
}

/* The baskets, and all that groups of them have in common. */
struct world {
    struct fixture fixture;
    struct set row[ROWS];
    uint32_t rows;
    struct set closed[MOST];
    size_t count;
};

static void add_closed(struct world *world, const struct set *set) {
    for (size_t k = 0; k < world->count; k++)
        if (memcmp(world->closed[k].item, set->item, sizeof set->item) == 0)
            return;
    assert_true(world->count < MOST);
    world->closed[world->count++] = *set;
}

static void intersect_all(struct world *world) {
    world->count = 0;
    for (uint32_t r = 0; r < world->rows; r++) {
        size_t before = world->count;
        add_closed(world, &world->row[r]);
        for (size_t k = 0; k < before; k++) {
            struct set both = world->closed[k];
            for (size_t w = 0; w < WORDS; w++)
                both.item[w] &= world->row[r].item[w];
            add_closed(world, &both);
        }
    }
    for (size_t k = 0; k < world->count; k++) {
        struct set *set = &world->closed[k];
        set->support = set->size = 0;
        for (uint32_t r = 0; r < world->rows; r++)
            set->support += is_part(set, &world->row[r]);
        for (size_t w = 0; w < WORDS; w++)
            set->size += (uint32_t)__builtin_popcountll(set->item[w]);
    }
}

static void hold(struct set *row, uint32_t item) {
    row->item[item / 64] |= (uint64_t)1 << item % 64;
}

/* Small baskets of few items, most of them popular; huge ones, alike or not, that hold some of the small ones whole. */
static void world_make(struct world *world, uint32_t huge) {
    uint32_t small = 20 * huge + random_below(ROWS - 21 * huge), chance = 700 + random_below(290);
    world->rows = small + huge;
    memset(world->row, 0, sizeof world->row);
    for (uint32_t r = 0; r < small; r++)
        for (uint32_t k = random_below(7); k > 0; k--)
            hold(&world->row[r], random_below(4) == 0 ? random_below(ITEMS) : random_below(random_below(40) + 1));
    for (uint32_t r = small; r < world->rows; r++) {
        for (uint32_t item = 0; item < ITEMS; item++)
            if (random_below(1000) < chance)
                hold(&world->row[r], item);
        if (r > small && random_below(3) == 0)
            world->row[r] = world->row[r - 1];
        for (uint32_t s = 0; s < small; s++)
            for (size_t w = 0; random_below(4) == 0 && w < WORDS; w++)
                world->row[r].item[w] |= world->row[s].item[w];
    }
    for (uint32_t r = 0; r < world->rows; r++) { /* not all at the end */
        uint32_t other = random_below(world->rows);
        struct set held = world->row[r];
        world->row[r] = world->row[other];
        world->row[other] = held;
    }
    world->fixture = (struct fixture){0};
    for (uint32_t r = 0; r < world->rows; r++) {
        fixture_begin(&world->fixture);
        for (uint32_t item = 0; item < ITEMS; item++)
            if ((world->row[r].item[item / 64] >> item % 64 & 1) != 0)
                fixture_add(&world->fixture, item);
    }
    world->fixture.baskets.item_count = ITEMS;
    intersect_all(world);
}

static bool belongs(const struct world *world, const struct set *set, enum till_itemsets_type type, uint32_t minimum) {
    if (set->size == 0 || set->support < minimum)
        return false;
    for (size_t k = 0; type == TILL_ITEMSETS_MAXIMAL && k < world->count; k++)
        if (&world->closed[k] != set && world->closed[k].support >= minimum && is_part(set, &world->closed[k]))
            return false;
    return true;
}

struct answer {
    const struct world *world;
    enum till_itemsets_type type;
    uint32_t minimum;
    size_t delivered;
};

static enum till_status find(void *context, const uint32_t *items, size_t size, uint64_t count,
                             struct till_error *error) {
    struct answer *answer = context;
    struct set set = {{0}, 0, 0};
    size_t k = 0;
    (void)error;
    for (size_t i = 0; i < size; i++)
        hold(&set, items[i]);
    while (k < answer->world->count && memcmp(answer->world->closed[k].item, set.item, sizeof set.item) != 0)
        k++;
    assert_true(k < answer->world->count && answer->world->closed[k].support == count);
    assert_true(belongs(answer->world, &answer->world->closed[k], answer->type, answer->minimum));
    answer->delivered++;
    return TILL_OK;
}

static void ask(const struct world *world, enum till_itemsets_type type, uint32_t minimum) {
    struct till_error error = {0};
    struct till_itemset_counts counts = {0};
    struct answer answer = {world, type, minimum, 0};
    struct till_itemsets_options options = {.type = type, .minimum_support = minimum, .threads = 1 + minimum % 3};
    size_t wanted = 0;
    for (size_t k = 0; k < world->count; k++)
        wanted += belongs(world, &world->closed[k], type, minimum);
    assert_int_equal(till_itemsets_mine(&world->fixture.baskets, &options, find, &answer, &error), TILL_OK);
    assert_int_equal(answer.delivered, wanted);
    assert_int_equal(till_itemsets_count(&world->fixture.baskets, &options, &counts, &error), TILL_OK);
    assert_true(counts.total == (till_wide)wanted);
    till_itemset_counts_free(&counts);
}

static void huge_baskets_among_small_ones_give_what_groups_share(void **state) {
    (void)state;
    struct world *world = malloc(sizeof *world);
    for (uint32_t trial = 0; trial < TRIALS; trial++) {
        random_state = 100 + trial;
        uint32_t huge = 1 + trial % 5;
        world_make(world, huge);
        for (uint32_t minimum = 1; minimum <= huge + 2; minimum++) {
            ask(world, TILL_ITEMSETS_CLOSED, minimum);
            ask(world, TILL_ITEMSETS_MAXIMAL, minimum);
        }
        fixture_free(&world->fixture);
    }
    free(world);
}

/* --- what huge baskets share is in small ones too --- */

enum { FIVES = 820, COMMON = 10, EQUAL = 3 };

static enum till_status check_five_or_common(void *context, const uint32_t *items, size_t size, uint64_t count,
                                             struct till_error *error) {
    (void)error;
    assert_true(size == 1 || size == 5 || size == COMMON);
    assert_int_equal(count, size == 1 ? 3 + EQUAL : size == COMMON ? 2 + EQUAL : 2);
    assert_true(size != 5 || (items[0] >= COMMON && items[0] % 5 == 0 && items[4] == items[0] + 4));
    assert_true(size == 5 || items[size - 1] < COMMON);
    ++*(uint64_t *)context;
    return TILL_OK;
}

/* Two huge baskets share ten items, which three small ones are made of, and each of which lies in one more alone; all
 * other items lie in a huge basket and, by fives, in a small one. So at a support of two these fives and the ten are
 * closed and maximal, and each of the ten is closed. */
static void what_small_baskets_share_with_huge_ones_counts(void **state) {
    (void)state;
    struct fixture fixture = {0};
    struct till_error error = {0};
    for (uint32_t huge = 0; huge < 2; huge++) {
        fixture_begin(&fixture);
        for (uint32_t item = 0; item < COMMON; item++)
            fixture_add(&fixture, item);
        for (uint32_t five = huge; five < FIVES; five += 2)
            for (uint32_t k = 0; k < 5; k++)
                fixture_add(&fixture, COMMON + 5 * five + k);
    }
    for (uint32_t five = 0; five < FIVES; five++) {
        fixture_begin(&fixture);
        for (uint32_t k = 0; k < 5; k++)
            fixture_add(&fixture, COMMON + 5 * five + k);
    }
    for (uint32_t again = 0; again < EQUAL; again++) {
        fixture_begin(&fixture);
        for (uint32_t item = 0; item < COMMON; item++)
            fixture_add(&fixture, item);
    }
    for (uint32_t item = 0; item < COMMON; item++) {
        fixture_begin(&fixture);
        fixture_add(&fixture, item);
    }
    for (int type = TILL_ITEMSETS_CLOSED; type <= TILL_ITEMSETS_MAXIMAL; type++) {
        struct till_itemsets_options options = {.type = (enum till_itemsets_type)type, .minimum_support = 2};
        uint64_t delivered = 0;
        assert_int_equal(till_itemsets_mine(&fixture.baskets, &options, check_five_or_common, &delivered, &error),
                         TILL_OK);
        assert_int_equal(delivered, FIVES + 1 + (type == TILL_ITEMSETS_CLOSED ? COMMON : 0));
    }
    fixture_free(&fixture);
}

/* --- frequent sets of one and two items --- */

struct column {
    uint64_t row[(ROWS + 63) / 64];
};

static uint32_t shared(const struct column *a, const struct column *b) {
    uint32_t count = 0;
    for (size_t w = 0; w < (ROWS + 63) / 64; w++)
        count += (uint32_t)__builtin_popcountll(a->row[w] & b->row[w]);
    return count;
}

static uint64_t count_pairs(const struct world *world, uint32_t minimum, uint64_t *singles) {
    static struct column column[ITEMS];
    uint64_t pairs = 0;
    memset(column, 0, sizeof column);
    *singles = 0;
    for (uint32_t r = 0; r < world->rows; r++)
        for (uint32_t item = 0; item < ITEMS; item++)
            column[item].row[r / 64] |= (world->row[r].item[item / 64] >> item % 64 & 1) << r % 64;
    for (uint32_t a = 0; a < ITEMS; a++) {
        *singles += shared(&column[a], &column[a]) >= minimum;
        for (uint32_t b = a + 1; b < ITEMS; b++)
            pairs += shared(&column[a], &column[b]) >= minimum;
    }
    return pairs;
}

static enum till_status count_sets(void *context, const uint32_t *items, size_t size, uint64_t count,
                                   struct till_error *error) {
    (void)items, (void)size, (void)count, (void)error;
    ++*(uint64_t *)context;
    return TILL_OK;
}

static void pairs_of_huge_baskets_are_counted(void **state) {
    (void)state;
    struct world *world = malloc(sizeof *world);
    for (uint32_t trial = 0; trial < TRIALS / 5; trial++) {
        random_state = 700 + trial;
        uint32_t huge = 1 + trial % 5;
        world_make(world, huge);
        for (uint32_t minimum = 1; minimum <= huge + 2; minimum++) {
            struct till_error error = {0};
            struct till_itemset_counts counts = {0};
            struct till_itemsets_options options = {.minimum_support = minimum, .maximum_size = 2, .threads = 2};
            uint64_t singles, pairs = count_pairs(world, minimum, &singles), delivered = 0;
            assert_int_equal(till_itemsets_count(&world->fixture.baskets, &options, &counts, &error), TILL_OK);
            assert_true(counts.total == (till_wide)(singles + pairs));
            assert_true(counts.largest == 0 || counts.of_size[1] == (till_wide)singles);
            till_itemset_counts_free(&counts);
            if (pairs > 100000)
                continue;
            assert_int_equal(till_itemsets_mine(&world->fixture.baskets, &options, count_sets, &delivered, &error),
                             TILL_OK);
            assert_int_equal(delivered, singles + pairs);
        }
        fixture_free(&world->fixture);
    }
    free(world);
}

/* --- sizes by formula --- */

static void add_range(struct fixture *fixture, uint32_t from, uint32_t to) {
    fixture_begin(fixture);
    for (uint32_t item = from; item < to; item++)
        fixture_add(fixture, item);
}

static till_wide binomial(uint32_t n, uint32_t k) {
    till_wide value = 1;
    for (uint32_t i = 0; i < k; i++)
        value = value * (till_wide)(n - i) / (till_wide)(i + 1);
    return value;
}

/* Two baskets of 3,000 items share 1,000; fifty small ones hold a new item beside one of the first hundred. So of two
 * and more items there are C(1000, k) sets in both, and 2 C(3000, k) - C(1000, k) in one or both. */
static void sizes_of_huge_baskets_are_binomials(void **state) {
    (void)state;
    struct fixture fixture = {0};
    struct till_error error = {0};
    struct till_itemset_counts counts = {0};
    add_range(&fixture, 0, 3000);
    add_range(&fixture, 2000, 5000);
    for (uint32_t k = 0; k < 50; k++) {
        fixture_begin(&fixture);
        fixture_add(&fixture, 2 * k);
        fixture_add(&fixture, 5000 + k);
    }
    struct till_itemsets_options options = {.minimum_support = 1, .maximum_size = 9, .threads = 2};
    assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_OK);
    for (uint32_t k = 1; k <= 9; k++)
        assert_true(counts.of_size[k] == 2 * binomial(3000, k) - binomial(1000, k) + (k <= 2 ? 50 : 0));
    till_itemset_counts_free(&counts);
    options.minimum_support = 2;
    options.minimum_size = 2;
    assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_OK);
    for (uint32_t k = 2; k <= 9; k++)
        assert_true(counts.of_size[k] == binomial(1000, k));
    assert_true(counts.of_size[1] == 0 && counts.largest == 9);
    till_itemset_counts_free(&counts);
    options.maximum_size = 0;
    assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_ERROR_DATA);
    assert_non_null(strstr(error.message, "2^127"));
    fixture_free(&fixture);
}

/* Below a hundred shared items all sizes can be counted: 2^60 - 1 sets lie in all three, and the others once each. */
static void all_sets_of_a_few_shared_items_are_counted(void **state) {
    (void)state;
    struct fixture fixture = {0};
    struct till_error error = {0};
    struct till_itemset_counts counts = {0};
    for (uint32_t b = 0; b < 3; b++) {
        add_range(&fixture, 0, 60);
        for (uint32_t k = 0; k < 3000; k++)
            fixture_add(&fixture, 60 + b * 3000 + k);
    }
    struct till_itemsets_options options = {.minimum_support = 2};
    assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_OK);
    assert_true(counts.total == ((till_wide)1 << 60) - 1);
    till_itemset_counts_free(&counts);
    options.minimum_support = 1;
    options.maximum_size = 3;
    assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_OK);
    for (uint32_t k = 1; k <= 3; k++)
        assert_true(counts.of_size[k] == 3 * binomial(3060, k) - 2 * binomial(60, k));
    till_itemset_counts_free(&counts);
    options.limit = 1000;
    assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_ERROR_DATA);
    assert_string_equal(error.role, "limit");
    fixture_free(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(huge_baskets_among_small_ones_give_what_groups_share),
        cmocka_unit_test(what_small_baskets_share_with_huge_ones_counts),
        cmocka_unit_test(pairs_of_huge_baskets_are_counted),
        cmocka_unit_test(sizes_of_huge_baskets_are_binomials),
        cmocka_unit_test(all_sets_of_a_few_shared_items_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
