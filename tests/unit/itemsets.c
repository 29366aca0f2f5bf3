/* Itemsets: numbers that other miners agree on, and sets against a miner that tries every subset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/baskets.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* The thread sanitizer takes twenty times as long: a part of the trials, and of the data sets. */
#ifdef __SANITIZE_THREAD__
enum { SHARE = 12 };
#else
enum { SHARE = 1 };
#endif

/* Sanitizers keep memory of their own. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static const enum till_itemsets_type types[] = {TILL_ITEMSETS_FREQUENT, TILL_ITEMSETS_CLOSED, TILL_ITEMSETS_MAXIMAL};

/* --- random data --- */

static uint64_t random_state;

static uint32_t random_below(uint32_t n) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % n);
}

/* Small baskets as masks and as a fixture. Items differ in how frequent they are; blanks occur. Sorted, items rise and
 * stand once; else they fall, and some stand twice. */
struct small {
    struct fixture fixture;
    uint32_t items;
    uint32_t count;
    uint32_t *mask;
};

static void small_random(struct small *small, uint32_t count, uint32_t items, const uint32_t *percent_of_1000,
                         bool sorted) {
    *small = (struct small){.items = items, .count = count};
    small->mask = calloc(count + 1, sizeof *small->mask);
    fixture_begin(&small->fixture);
    small->fixture.baskets.count = 0;
    for (uint32_t b = 0; b < count; b++) {
        fixture_begin(&small->fixture);
        for (uint32_t i = 0; i < items; i++) {
            uint32_t k = sorted ? i : items - 1 - i;
            if (random_below(1000) >= percent_of_1000[k])
                continue;
            small->mask[b] |= 1u << k;
            fixture_add(&small->fixture, k);
            if (!sorted && random_below(10) == 0)
                fixture_add(&small->fixture, k);
        }
    }
    small->fixture.baskets.item_count = items;
}

static void small_free(struct small *small) {
    fixture_free(&small->fixture);
    free(small->mask);
}

/* --- the miner that tries everything --- */

/* Supports of all subsets: each basket is counted at its mask, then every set receives what its supersets have. */
static uint32_t *all_supports(const struct small *small) {
    uint32_t *support = calloc((size_t)1 << small->items, sizeof *support);
    for (uint32_t b = 0; b < small->count; b++)
        support[small->mask[b]]++;
    for (uint32_t k = 0; k < small->items; k++)
        for (uint32_t set = 0; set < 1u << small->items; set++)
            if ((set >> k & 1) == 0)
                support[set] += support[set | 1u << k];
    return support;
}

/* By definition: looks at every set that is larger by one. */
static bool belongs(const uint32_t *support, uint32_t items, uint32_t set, uint32_t minimum,
                    enum till_itemsets_type type) {
    if (set == 0 || support[set] < minimum)
        return false;
    for (uint32_t k = 0; k < items; k++) {
        uint32_t larger = set | 1u << k;
        if (larger != set && type == TILL_ITEMSETS_CLOSED && support[larger] == support[set])
            return false;
        if (larger != set && type == TILL_ITEMSETS_MAXIMAL && support[larger] >= minimum)
            return false;
    }
    return true;
}

/* --- checking deliveries --- */

/* What was delivered, held against the supports, and against the order. */
struct delivery {
    const uint32_t *support;
    const struct till_itemsets_options *options;
    uint32_t items;
    uint64_t sets;
    uint32_t last[32];
    size_t last_size;
};

static uint32_t rank_of(const uint32_t *rank, uint32_t item) {
    return rank == NULL ? item : rank[item];
}

static bool rises(const struct delivery *d, const uint32_t *items, size_t size) {
    if (size != d->last_size)
        return size > d->last_size;
    const uint32_t *inner = d->options->inner_rank == NULL ? d->options->rank : d->options->inner_rank;
    for (size_t k = 0; k < size; k++)
        if (items[k] != d->last[k]) {
            const uint32_t *rank = k + 1 < size ? inner : d->options->rank;
            return rank_of(rank, items[k]) > rank_of(rank, d->last[k]);
        }
    return false;
}

static enum till_status receive(void *context, const uint32_t *items, size_t size, uint64_t count,
                                struct till_error *error) {
    (void)error;
    struct delivery *d = context;
    uint32_t set = 0;
    for (size_t k = 0; k < size; k++) {
        set |= 1u << items[k];
        assert_true(k == 0 || rank_of(d->options->rank, items[k]) > rank_of(d->options->rank, items[k - 1]));
    }
    assert_int_equal(count, d->support[set]);
    assert_true(belongs(d->support, d->items, set, (uint32_t)d->options->minimum_support, d->options->type));
    assert_true(size >= d->options->minimum_size);
    assert_true(d->options->maximum_size == 0 || size <= d->options->maximum_size);
    assert_true(rises(d, items, size));
    memcpy(d->last, items, size * sizeof *items);
    d->last_size = size;
    d->sets++;
    return TILL_OK;
}

/* Counts and sets of one question against the definition. As the sets rise and belong, the right number means all. */
static void answers_by_definition(const struct small *small, const uint32_t *support,
                                  const struct till_itemsets_options *options) {
    struct till_error error = {0};
    struct delivery d = {.support = support, .options = options, .items = small->items};
    uint64_t of_size[33] = {0}, total = 0;
    for (uint32_t set = 0; set < 1u << small->items; set++) {
        uint32_t size = (uint32_t)__builtin_popcount(set);
        if (size < options->minimum_size || (options->maximum_size > 0 && size > options->maximum_size))
            continue;
        if (belongs(support, small->items, set, (uint32_t)options->minimum_support, options->type))
            of_size[size]++, total++;
    }
    assert_int_equal(till_itemsets_mine(&small->fixture.baskets, options, receive, &d, &error), TILL_OK);
    assert_int_equal(d.sets, total);
    struct till_itemset_counts counts = {0};
    assert_int_equal(till_itemsets_count(&small->fixture.baskets, options, &counts, &error), TILL_OK);
    assert_true(counts.total == (till_wide)total);
    for (uint32_t size = 0; size <= counts.largest; size++)
        assert_true(counts.of_size[size] == (till_wide)of_size[size]);
    assert_true(counts.largest == 0 || of_size[counts.largest] > 0);
    till_itemset_counts_free(&counts);
}

static void shuffle(uint32_t *rank, uint32_t count) {
    for (uint32_t k = 0; k < count; k++)
        rank[k] = k * 3 + 1;
    for (uint32_t k = count; k > 1; k--) {
        uint32_t other = random_below(k), held = rank[k - 1];
        rank[k - 1] = rank[other];
        rank[other] = held;
    }
}

/* Ranks of names, and of names with a bar behind them: here a name is up to four letters, as digits to base 4 from the
 * first on, of which 3 comes behind a bar, which is 2, and 0 is no letter. */
static void rank_names(uint32_t *rank, uint32_t *inner, uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        bool known = true;
        while (known) {
            rank[k] = 0;
            for (uint32_t letters = 1 + random_below(4), at = 64; letters > 0; letters--, at /= 4)
                rank[k] += at * (random_below(3) == 0 ? 3 : 1);
            known = false;
            for (uint32_t other = 0; other < k; other++)
                known |= rank[other] == rank[k];
        }
    }
    for (uint32_t k = 0; k < count; k++) {
        uint32_t bar = 1; /* its weight, where there is one digit more */
        while (rank[k] / bar % 4 == 0)
            bar *= 4;
        inner[k] = rank[k] * 4 + 2 * bar;
    }
}

static uint64_t sets_at(const struct small *small, const uint32_t *support, uint32_t minimum,
                        enum till_itemsets_type type) {
    uint64_t sets = 0;
    for (uint32_t set = 0; set < 1u << small->items; set++)
        sets += belongs(support, small->items, set, minimum, type);
    return sets;
}

/* Supports from the top, one by one, until there are enough sets. */
static void a_threshold_is_the_largest_support_with_enough_sets(void **state) {
    (void)state;
    for (uint32_t trial = 0; trial < 400 / SHARE; trial++) {
        random_state = 9000 + trial;
        uint32_t items = 1 + random_below(8), count = random_below(60), chance[8];
        for (uint32_t k = 0; k < items; k++)
            chance[k] = trial % 5 == 0 ? 1000 : random_below(1000);
        struct small small;
        small_random(&small, count, items, chance, trial % 4 < 2);
        uint32_t *support = all_supports(&small);
        struct till_itemsets_options options = {.type = types[trial % 2], .minimum_support = 1 + random_below(10)};
        uint64_t wanted = 1 + random_below(trial % 3 == 0 ? 300 : 8), found = 0, least = options.minimum_support;
        uint64_t want = count > least ? count : least;
        while (want > least && sets_at(&small, support, (uint32_t)want, options.type) < wanted)
            want--;
        struct till_error error = {0};
        assert_int_equal(till_itemsets_threshold(&small.fixture.baskets, &options, wanted, &found, &error), TILL_OK);
        assert_int_equal(found, want);
        free(support);
        small_free(&small);
    }
}

static void small_baskets_give_the_sets_of_the_definition(void **state) {
    (void)state;
    for (uint32_t trial = 0; trial < 6000 / SHARE; trial++) {
        random_state = trial;
        uint32_t items = 1 + random_below(10), count = random_below(40), often = random_below(4);
        uint32_t chance[10], rank[10], inner[10];
        for (uint32_t k = 0; k < items; k++)
            chance[k] = often == 0 ? 1000 : often == 1 ? 950 : random_below(1000);
        struct small small;
        small_random(&small, count, items, chance, trial % 2 == 0);
        uint32_t *support = all_supports(&small);
        shuffle(rank, items);
        shuffle(inner, items);
        struct till_itemsets_options options = {.type = types[trial % 3],
                                                .minimum_support = 1 + random_below(1 + count / 3),
                                                .minimum_size = random_below(4) == 0 ? random_below(7) : 0,
                                                .threads = 1 + random_below(3),
                                                .portable = random_below(2) == 0};
        options.maximum_size = random_below(4) == 0 ? options.minimum_size + random_below(4) : 0;
        options.rank = random_below(2) == 0 ? rank : NULL;
        options.inner_rank = random_below(2) == 0 ? inner : NULL;
        if (trial % 5 < 2) {
            rank_names(rank, inner, items);
            options.rank = rank;
            options.inner_rank = inner;
        }
        answers_by_definition(&small, support, &options);
        free(support);
        small_free(&small);
    }
}

/* Skips the items that lie in baskets of their own. */
static enum till_status receive_among_others(void *context, const uint32_t *items, size_t size, uint64_t count,
                                             struct till_error *error) {
    struct delivery *d = context;
    return size == 1 && items[0] >= d->items ? TILL_OK : receive(context, items, size, count, error);
}

/* Sets are held in as few bytes as their items and counts need. `others` more items lie in two baskets each, and the
 * ranks of all are mixed; `empty` baskets make the counts larger. */
static void sets_among_others(uint32_t others, uint32_t empty) {
    for (uint32_t trial = 0; trial < 12; trial++) {
        random_state = 7000 + trial;
        uint32_t chance[10];
        struct small small;
        struct till_error error = {0};
        for (uint32_t k = 0; k < 10; k++)
            chance[k] = trial % 4 == 0 ? 900 : random_below(1000);
        small_random(&small, 40, 10, chance, trial % 2 == 0);
        uint32_t *support = all_supports(&small), *rank = calloc(10 + others, sizeof *rank);
        for (uint32_t b = 0; b < 2 * others + empty; b++) {
            fixture_begin(&small.fixture);
            if (b < 2 * others)
                fixture_add(&small.fixture, 10 + b / 2);
        }
        for (uint32_t item = 0; item < 10 + others; item++) /* the sum is a prime number */
            rank[item] = (uint32_t)((uint64_t)item * 7919 % (10 + others));
        const struct till_itemsets_options options = {
            .type = types[trial % 3], .minimum_support = 1 + trial % 2, .threads = 1 + trial % 2, .rank = rank};
        struct delivery d = {.support = support, .options = &options, .items = small.items};
        uint64_t sets = sets_at(&small, support, (uint32_t)options.minimum_support, options.type);
        assert_int_equal(till_itemsets_mine(&small.fixture.baskets, &options, receive_among_others, &d, &error),
                         TILL_OK);
        assert_int_equal(d.sets, sets);
        free(support);
        free(rank);
        small_free(&small);
    }
}

static void sets_are_the_same_among_many_items_and_baskets(void **state) {
    (void)state;
    sets_among_others(307 - 10, 0);
    sets_among_others(307 - 10, 70000);
    sets_among_others(13 - 10, 70000);
    sets_among_others(70001 - 10, 0);
}

/* Thousands of baskets, so that branches are rows before they are bits; chances of 2 % make them stay rows. Where
 * support is asked for that few items have, most entries are of no use. */
static void many_baskets_give_the_sets_of_the_definition(void **state) {
    (void)state;
    for (uint32_t trial = 0; trial < 36; trial++) {
        random_state = 1000 + trial;
        uint32_t items = 12, chance[12];
        uint32_t count = trial % 2 == 0 ? 40000 : 3000;
        for (uint32_t k = 0; k < items; k++)
            chance[k] = trial % 2 == 0 ? 15 + k * 2 : trial % 4 == 1 ? 100 + random_below(900) : 20 + random_below(300);
        if (trial % 6 == 2)
            chance[11] = chance[10] = 900;
        struct small small;
        small_random(&small, count, items, chance, trial % 4 < 2);
        uint32_t *support = all_supports(&small);
        for (size_t t = 0; t < LENGTH(types); t++) {
            struct till_itemsets_options options = {.type = types[t],
                                                    .minimum_support =
                                                        1 + (trial % 3 == 0 ? 900u : 0) + random_below(20),
                                                    .maximum_size = trial % 9 < 6 ? 0 : 2,
                                                    .threads = 1 + trial % 3,
                                                    .portable = trial % 5 == 0};
            answers_by_definition(&small, support, &options);
        }
        free(support);
        small_free(&small);
    }
}

/* Baskets of items that are mostly there, behind some that are there half of the time: columns get shorter twice. */
static void full_branches_give_the_sets_of_the_definition(void **state) {
    (void)state;
    for (uint32_t trial = 0; trial < 8 / SHARE + 1; trial++) {
        random_state = 3000 + trial;
        uint32_t items = 19, chance[20], rank[20], inner[20], count = 6000;
        for (uint32_t k = 0; k < items; k++)
            chance[k] = k < 3 ? 400 : random_below(3) == 0 ? 1000 - random_below(3) : 700 + random_below(250);
        struct small small;
        small_random(&small, count, items, chance, true);
        uint32_t *support = all_supports(&small);
        shuffle(rank, items);
        shuffle(inner, items);
        struct till_itemsets_options options = {.minimum_support = count / 20 + random_below(count / 10),
                                                .minimum_size = trial % 5 == 4 ? 4 : 0,
                                                .maximum_size = trial % 7 == 6 ? 6 : 0,
                                                .threads = 1 + trial % 2,
                                                .portable = trial % 4 == 3,
                                                .rank = trial % 4 == 0 ? rank : NULL,
                                                .inner_rank = trial % 3 == 0 ? inner : NULL};
        answers_by_definition(&small, support, &options);
        free(support);
        small_free(&small);
    }
}

/* --- pairs --- */

enum { PAIR_ITEMS = 300 };

/* What is delivered, by items; a single item is a pair with itself. */
struct pair_table {
    uint32_t count[PAIR_ITEMS][PAIR_ITEMS];
};

static enum till_status receive_pair(void *context, const uint32_t *items, size_t size, uint64_t count,
                                     struct till_error *error) {
    struct pair_table *table = context;
    (void)error;
    assert_true(size == 1 || size == 2);
    uint32_t *cell = &table->count[items[0]][items[size - 1]];
    assert_int_equal(*cell, 0);
    *cell = (uint32_t)count;
    return TILL_OK;
}

/* Baskets of about `length` items, the first ones more often than the last; each `huge`-th one has most of all. */
static void pair_baskets(struct fixture *fixture, uint32_t count, uint32_t length, uint32_t huge,
                         struct pair_table *expected) {
    *fixture = (struct fixture){0};
    memset(expected, 0, sizeof *expected);
    for (uint32_t b = 0; b < count; b++) {
        bool member[PAIR_ITEMS] = {false};
        uint32_t picks = huge > 0 && b % huge == huge - 1 ? 3 * PAIR_ITEMS : random_below(2 * length);
        for (uint32_t pick = 0; pick < picks; pick++)
            member[random_below(1 + random_below(PAIR_ITEMS))] = true;
        fixture_begin(fixture);
        for (uint32_t item = 0; item < PAIR_ITEMS; item++) {
            if (member[item])
                fixture_add(fixture, item);
            for (uint32_t other = 0; member[item] && other <= item; other++)
                expected->count[other][item] += member[other] ? 1u : 0u;
        }
    }
    fixture->baskets.item_count = PAIR_ITEMS;
}

/* Short baskets, and such as are too long for a table; items that all fit into it and such as do not. */
static void pairs_are_those_of_counting_each(void **state) {
    (void)state;
    static const uint32_t lengths[] = {2, 5, 12, 80};
    struct pair_table *expected = malloc(sizeof *expected), *found = malloc(sizeof *found);
    for (uint32_t trial = 0; trial < 48; trial++) {
        struct fixture fixture;
        struct till_error error = {0};
        random_state = 7000 + trial;
        uint32_t count = trial % 8 == 7 ? 90 : 2000;
        pair_baskets(&fixture, count, lengths[trial % 4], trial % 5 == 4 ? 40 : 0, expected);
        struct till_itemsets_options options = {
            .minimum_support = 1 + random_below(30), .maximum_size = trial % 6 == 0 ? 1 : 2, .threads = 1 + trial % 3};
        options.minimum_size = options.maximum_size == 2 ? trial % 3 : 0;
        memset(found, 0, sizeof *found);
        assert_int_equal(till_itemsets_mine(&fixture.baskets, &options, receive_pair, found, &error), TILL_OK);
        for (uint32_t i = 0; i < PAIR_ITEMS; i++)
            for (uint32_t j = i; j < PAIR_ITEMS; j++) {
                uint32_t size = i < j ? 2 : 1, support = expected->count[i][j];
                bool wanted =
                    size >= options.minimum_size && size <= options.maximum_size && support >= options.minimum_support;
                assert_int_equal(found->count[i][j], wanted ? support : 0);
            }
        fixture_free(&fixture);
    }
    free(expected);
    free(found);
}

/* --- triples --- */

enum { TRIPLE_ITEMS = 128 };

/* Supports by rising items: of triples, of pairs, which have their last item twice, and, beside item 0, of triples of
 * others. */
struct triple_table {
    uint32_t count[2][TRIPLE_ITEMS][TRIPLE_ITEMS][TRIPLE_ITEMS];
};

static int compare_items(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static enum till_status receive_triple(void *context, const uint32_t *items, size_t size, uint64_t count,
                                       struct till_error *error) {
    struct triple_table *table = context;
    uint32_t item[4];
    (void)error;
    assert_true(size >= 2 && size <= 4);
    memcpy(item, items, size * sizeof *item);
    qsort(item, size, sizeof *item, compare_items);
    if (size == 4 && item[0] > 0)
        return TILL_OK;
    const uint32_t *triple = item + (size == 4);
    uint32_t *cell = &table->count[size == 4][triple[0]][triple[1]][size == 2 ? triple[1] : triple[2]];
    assert_int_equal(*cell, 0);
    *cell = (uint32_t)count;
    return TILL_OK;
}

/* Short baskets of many items, of which the first `common` lie in half of the baskets. */
static void triple_baskets(struct fixture *fixture, uint32_t common, uint32_t huge, struct triple_table *expected) {
    *fixture = (struct fixture){0};
    memset(expected, 0, sizeof *expected);
    for (uint32_t b = 0; b < 3000; b++) {
        uint32_t item[TRIPLE_ITEMS], count = 0, percent = huge > 0 && b % huge == 0 ? 90 : 4;
        fixture_begin(fixture);
        for (uint32_t k = 0; k < TRIPLE_ITEMS; k++)
            if (random_below(100) < (k < common ? 50 : percent))
                fixture_add(fixture, item[count++] = k);
        for (uint32_t i = 0; i < count; i++)
            for (uint32_t j = i + 1; j < count; j++)
                for (uint32_t k = j; k < count; k++) {
                    expected->count[0][item[i]][item[j]][item[k]]++;
                    expected->count[1][item[i]][item[j]][item[k]] += item[0] == 0 && i > 0 && k > j;
                }
    }
    fixture->baskets.item_count = TRIPLE_ITEMS;
}

/* Branches of a thousand baskets with a hundred items, few of them beside each other. */
static void triples_are_those_of_counting_each(void **state) {
    (void)state;
    struct triple_table *expected = malloc(sizeof *expected), *found = malloc(sizeof *found);
    uint32_t rank[TRIPLE_ITEMS], inner[TRIPLE_ITEMS];
    for (uint32_t trial = 0; trial < 12 / SHARE; trial++) {
        struct fixture fixture;
        struct till_error error = {0};
        random_state = 9000 + trial;
        triple_baskets(&fixture, trial % 3, trial % 4 == 3 ? 1000 : 0, expected);
        shuffle(rank, TRIPLE_ITEMS);
        shuffle(inner, TRIPLE_ITEMS);
        const struct till_itemsets_options options = {.minimum_support = 3 + trial % 2,
                                                      .minimum_size = 2,
                                                      .maximum_size = 4,
                                                      .threads = 1 + trial % 2,
                                                      .portable = trial % 5 == 4,
                                                      .rank = trial % 3 == 2 ? rank : NULL,
                                                      .inner_rank = trial % 6 == 5 ? inner : NULL};
        memset(found, 0, sizeof *found);
        assert_int_equal(till_itemsets_mine(&fixture.baskets, &options, receive_triple, found, &error), TILL_OK);
        for (uint32_t *f = found->count[0][0][0], *e = expected->count[0][0][0],
                      *end = e + sizeof *expected / sizeof *e;
             e < end; f++, e++)
            assert_int_equal(*f, *e >= options.minimum_support ? *e : 0);
        fixture_free(&fixture);
    }
    free(expected);
    free(found);
}

/* --- few baskets of many items --- */

enum { WIDE_ITEMS = 192, WIDE_ROWS = 9, WIDE_WORDS = WIDE_ITEMS / 64 };

struct wide_set {
    uint64_t item[WIDE_WORDS];
    uint32_t support;
};

static bool is_part(const struct wide_set *part, const struct wide_set *whole) {
    for (size_t w = 0; w < WIDE_WORDS; w++)
        if ((part->item[w] & ~whole->item[w]) != 0)
            return false;
    return true;
}

/* A closed set is what some baskets have in common, so trying all groups of baskets finds all: 2^9, however many the
 * items. Each of the baskets stands `times` times. Returns how many closed sets there are, without the empty one. */
static size_t wide_closed(const struct wide_set *rows, uint32_t times, uint32_t minimum, struct wide_set *found) {
    size_t count = 0;
    for (uint32_t group = 1; group < 1u << WIDE_ROWS; group++) {
        struct wide_set set;
        memset(&set, 0xFF, sizeof set);
        for (uint32_t row = 0; row < WIDE_ROWS; row++)
            for (size_t w = 0; (group >> row & 1) != 0 && w < WIDE_WORDS; w++)
                set.item[w] &= rows[row].item[w];
        set.support = 0;
        uint32_t holders = 0;
        for (uint32_t row = 0; row < WIDE_ROWS; row++)
            if (is_part(&set, &rows[row]))
                holders |= 1u << row;
        set.support = (uint32_t)__builtin_popcount(holders) * times;
        if (holders == group && set.support >= minimum && (set.item[0] | set.item[1] | set.item[2]) != 0)
            found[count++] = set;
    }
    return count;
}

struct wide_answer {
    const struct wide_set *sets;
    size_t count;
    size_t delivered;
};

static enum till_status find_wide(void *context, const uint32_t *items, size_t size, uint64_t count,
                                  struct till_error *error) {
    struct wide_answer *answer = context;
    struct wide_set set = {{0}, (uint32_t)count};
    for (size_t k = 0; k < size; k++) {
        set.item[items[k] / 64] |= (uint64_t)1 << items[k] % 64;
        assert_true(k == 0 || items[k - 1] < items[k]);
    }
    size_t k = 0;
    while (k < answer->count && memcmp(&answer->sets[k], &set, sizeof set.item) != 0)
        k++;
    assert_true(k < answer->count && answer->sets[k].support == set.support);
    answer->delivered++;
    (void)error;
    return TILL_OK;
}

static void wide_question(const struct till_baskets *baskets, enum till_itemsets_type type, uint32_t minimum,
                          const struct wide_set *sets, size_t count) {
    struct till_error error = {0};
    struct till_itemset_counts counts = {0};
    struct wide_answer answer = {sets, count, 0};
    struct till_itemsets_options options = {.type = type, .minimum_support = minimum, .threads = 1 + minimum % 3};
    assert_int_equal(till_itemsets_mine(baskets, &options, find_wide, &answer, &error), TILL_OK);
    assert_int_equal(answer.delivered, count);
    assert_int_equal(till_itemsets_count(baskets, &options, &counts, &error), TILL_OK);
    assert_true(counts.total == (till_wide)count);
    till_itemset_counts_free(&counts);
}

/* Most items of such baskets lie in the same ones as others. */
static void wide_baskets_give_what_groups_of_them_share(void **state) {
    (void)state;
    static struct wide_set rows[WIDE_ROWS], closed[1 << WIDE_ROWS], maximal[1 << WIDE_ROWS];
    for (uint32_t trial = 0; trial < 240 / SHARE; trial++) {
        random_state = 5000 + trial;
        struct fixture fixture = {0};
        uint32_t times = trial % 3 == 0 ? 12 : 1, minimum = (1 + random_below(3)) * times;
        memset(rows, 0, sizeof rows);
        for (uint32_t row = 0; row < WIDE_ROWS; row++) {
            uint32_t chance = random_below(3) == 0 ? 50 : random_below(1000);
            for (uint32_t item = 0; item < WIDE_ITEMS; item++)
                rows[row].item[item / 64] |= (uint64_t)(random_below(1000) < chance) << item % 64;
            for (uint32_t again = 0; again < times; again++) {
                fixture_begin(&fixture);
                for (uint32_t item = 0; item < WIDE_ITEMS; item++)
                    if ((rows[row].item[item / 64] >> item % 64 & 1) != 0)
                        fixture_add(&fixture, item);
            }
        }
        fixture.baskets.item_count = WIDE_ITEMS;
        size_t count = wide_closed(rows, times, minimum, closed), largest = 0;
        for (size_t a = 0; a < count; a++) {
            bool covered = false;
            for (size_t b = 0; b < count; b++)
                covered |= a != b && is_part(&closed[a], &closed[b]);
            if (!covered)
                maximal[largest++] = closed[a];
        }
        wide_question(&fixture.baskets, TILL_ITEMSETS_CLOSED, minimum, closed, count);
        wide_question(&fixture.baskets, TILL_ITEMSETS_MAXIMAL, minimum, maximal, largest);
        fixture_free(&fixture);
    }
}

/* --- numbers of other miners --- */

/* Borgelt's eclat and fpgrowth, and LCM 5.3: each number by at least two of them. The epub row: a direct enumeration in
 * Python, for data on which one of those miners is known to lose closed sets. */
struct golden {
    const char *path;
    const char *separator; /* NULL: lines of basket;item */
    uint32_t support;
    uint64_t sets[3]; /* frequent, closed, maximal; 0: not known */
};

static const struct golden golden[] = {
    {"data/fimi/BMS1.dat.gz", " \r\n", 60, {3991, 3974, 2067}},
    {"data/fimi/BMS1.dat.gz", " \r\n", 40, {48543, 29489, 9827}},
    {"data/fimi/BMS1.dat.gz", " \r\n", 36, {461521, 64762, 15179}},
    {"data/fimi/T10I4D100K.dat.gz", " \r\n", 100, {27532, 26806, 4054}},
    {"data/fimi/T10I4D100K.dat.gz", " \r\n", 50, {53385, 46993, 12062}},
    {"data/fimi/T10I4D100K.dat.gz", " \r\n", 20, {129875, 107822, 50258}},
    {"data/fimi/T10I4D100K.dat.gz", " \r\n", 10, {411365, 283397, 127264}},
    {"golden/rules/accidents15k.dat.gz", " \r\n", 6090, {20482, 18585, 474}},
    {"golden/rules/accidents15k.dat.gz", " \r\n", 3045, {587021, 389889, 8806}},
    {"golden/rules/accidents15k.dat.gz", " \r\n", 1522, {8338618, 3651632, 83534}},
    {"data/fimi/chess.dat.gz", " \r\n", 1598, {1272932, 369450, 11463}},
    {"data/fimi/chess.dat.gz", " \r\n", 1279, {6439702, 1361157, 38050}},
    {"data/fimi/chess.dat.gz", " \r\n", 959, {37282962, 5316467, 134624}},
    {"data/baskets/groceries.csv.gz", ",\r\n", 10, {13492, 13464, 7794}},
    {"data/baskets/groceries.csv.gz", ",\r\n", 5, {49580, 46267, 22725}},
    {"data/baskets/groceries.csv.gz", ",\r\n", 3, {166682, 104832, 42611}},
    {"data/fimi/kosarak-head36682.dat.gz", " \r\n", 74, {14762, 9478, 1885}},
    {"data/fimi/kosarak-head36682.dat.gz", " \r\n", 37, {709618, 51079, 10203}},
    {"data/fimi/kosarak-head36682.dat.gz", " \r\n", 25, {0, 135145, 26866}},
    {"data/fimi/kosarak-head36682.dat.gz", " \r\n", 18, {0, 294414, 71875}},
    {"data/fimi/mushroom.dat.gz", " \r\n", 813, {574431, 4885, 547}},
    {"data/fimi/mushroom.dat.gz", " \r\n", 406, {3755705, 12854, 1452}},
    {"data/fimi/mushroom.dat.gz", " \r\n", 163, {22558049, 31654, 3801}},
    {"data/fimi/mushroom.dat.gz", " \r\n", 8, {2311473629, 164117, 33702}},
    {"data/fimi/retail.dat.gz", " \r\n", 50, {16778, 16676, 7112}},
    {"data/fimi/retail.dat.gz", " \r\n", 10, {189400, 159396, 62996}},
    {"data/fimi/retail.dat.gz", " \r\n", 5, {1506775, 504142, 212923}},
    {"data/fimi/retail.dat.gz", " \r\n", 3, {20647331, 1172354, 534399}},
    {"data/baskets/epub-sessions.ssv.gz", NULL, 5, {17192, 3214, 0}},
};

static bool read_shared(struct fixture *fixture, const char *name, const char *separator) {
    const char *shared = getenv("TILL_SHARED") == NULL ? "../shared" : getenv("TILL_SHARED");
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", shared, name);
    if (separator == NULL ? fixture_read_pairs(fixture, path) : fixture_read(fixture, path, separator))
        return true;
    print_message("skipped: %s is not there (TILL_SHARED names the folder)\n", path);
    return false;
}

static enum till_status count_sets(void *context, const uint32_t *items, size_t size, uint64_t count,
                                   struct till_error *error) {
    (void)items, (void)size, (void)count, (void)error;
    ++*(uint64_t *)context;
    return TILL_OK;
}

static void numbers_equal_those_of_other_miners(void **state) {
    (void)state;
    struct till_error error = {0};
    struct fixture fixture = {0};
    for (size_t g = 0; g < LENGTH(golden) / SHARE; g++) {
        if (g == 0 || strcmp(golden[g].path, golden[g - 1].path) != 0) {
            fixture_free(&fixture);
            if (!read_shared(&fixture, golden[g].path, golden[g].separator))
                skip();
        }
        for (size_t t = 0; t < LENGTH(types); t++) {
            struct till_itemsets_options options = {
                .type = types[t], .minimum_support = golden[g].support, .threads = 2};
            struct till_itemset_counts counts = {0};
            if (golden[g].sets[t] == 0)
                continue;
            assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_OK);
            assert_int_equal((uint64_t)counts.total, golden[g].sets[t]);
            till_itemset_counts_free(&counts);
            uint64_t delivered = 0;
            if (golden[g].sets[t] > 300000)
                continue;
            assert_int_equal(till_itemsets_mine(&fixture.baskets, &options, count_sets, &delivered, &error), TILL_OK);
            assert_int_equal(delivered, golden[g].sets[t]);
        }
    }
    fixture_free(&fixture);
}

/* --- the edges --- */

static void no_baskets_give_no_sets(void **state) {
    (void)state;
    uint64_t offsets[] = {0, 0, 0, 0};
    struct till_error error = {0};
    for (uint64_t count = 0; count <= 3; count += 3)
        for (size_t t = 0; t < LENGTH(types); t++) {
            struct till_baskets baskets = {.offsets = offsets, .count = count, .item_count = 5};
            struct till_itemsets_options options = {.type = types[t], .minimum_support = 1};
            struct till_itemset_counts counts = {0};
            uint64_t delivered = 0;
            assert_int_equal(till_itemsets_count(&baskets, &options, &counts, &error), TILL_OK);
            assert_true(counts.total == 0 && counts.largest == 0);
            till_itemset_counts_free(&counts);
            assert_int_equal(till_itemsets_mine(&baskets, &options, count_sets, &delivered, &error), TILL_OK);
            assert_int_equal(delivered, 0);
        }
}

/* `count` baskets that all hold the items 0 to items - 1. */
static void full_baskets(struct fixture *fixture, uint32_t count, uint32_t items) {
    *fixture = (struct fixture){0};
    for (uint32_t b = 0; b < count; b++) {
        fixture_begin(fixture);
        for (uint32_t k = 0; k < items; k++)
            fixture_add(fixture, k);
    }
}

/* n items in every basket are 2^n - 1 sets: more than 64 bits for 100, more than 127 for 65,536. */
static void items_in_every_basket_are_counted_not_enumerated(void **state) {
    (void)state;
    struct fixture fixture;
    struct till_itemset_counts counts = {0};
    struct till_error error = {0};
    struct till_itemsets_options options = {.minimum_support = 2};
    full_baskets(&fixture, 3, 100);
    assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_OK);
    assert_true(counts.total == ((till_wide)1 << 100) - 1);
    assert_true(counts.of_size[2] == 100 * 99 / 2 && counts.of_size[99] == 100 && counts.largest == 100);
    till_itemset_counts_free(&counts);
    fixture_free(&fixture);

    full_baskets(&fixture, 3, 65536);
    assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_ERROR_DATA);
    assert_non_null(strstr(error.message, "2^127"));
    options.maximum_size = 2;
    assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_OK);
    assert_true(counts.total == (till_wide)65536 + (till_wide)65536 * 65535 / 2);
    till_itemset_counts_free(&counts);
    for (size_t t = 1; t < LENGTH(types); t++) {
        struct till_itemsets_options one = {.type = types[t], .minimum_support = 2};
        assert_int_equal(till_itemsets_count(&fixture.baskets, &one, &counts, &error), TILL_OK);
        assert_true(counts.total == 1 && counts.of_size[65536] == 1);
        till_itemset_counts_free(&counts);
    }
    fixture_free(&fixture);
}

/* Baskets of 10,000 items each, of which 8,000 are shared by all; the others lie in one basket each, so at support 1
 * the closed sets are the shared ones, and each basket. */
static void long_baskets_do_not_stall(void **state) {
    (void)state;
    enum { SHARED_ITEMS = 8000, OWN = 2000, BASKETS = 6 };
    struct fixture fixture = {0};
    for (uint32_t b = 0; b < BASKETS; b++) {
        fixture_begin(&fixture);
        for (uint32_t k = 0; k < SHARED_ITEMS; k++)
            fixture_add(&fixture, k);
        for (uint32_t k = 0; k < OWN; k++)
            fixture_add(&fixture, SHARED_ITEMS + b * OWN + k);
    }
    struct till_error error = {0};
    struct till_itemset_counts counts = {0};
    struct till_itemsets_options options = {.type = TILL_ITEMSETS_CLOSED, .minimum_support = 1, .threads = 2};
    assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_OK);
    assert_true(counts.total == BASKETS + 1 && counts.of_size[10000] == BASKETS && counts.of_size[SHARED_ITEMS] == 1);
    till_itemset_counts_free(&counts);
    options.type = TILL_ITEMSETS_MAXIMAL;
    assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_OK);
    assert_true(counts.total == BASKETS && counts.of_size[10000] == BASKETS);
    till_itemset_counts_free(&counts);
    fixture_free(&fixture);
}

/* Three baskets of 300,000 items: items are as many as the groups of baskets that hold them. */
static void huge_baskets_are_as_many_items_as_differ(void **state) {
    (void)state;
    enum { MANY = 300000 / SHARE };
    struct fixture fixture = {0};
    struct till_error error = {0};
    struct till_itemset_counts counts = {0};
    for (uint32_t b = 0; b < 3; b++) {
        fixture_begin(&fixture);
        for (uint32_t k = 0; k < MANY; k++)
            if (k % 4 != b)
                fixture_add(&fixture, k);
    }
    for (size_t t = 1; t < LENGTH(types); t++) {
        struct till_itemsets_options options = {.type = types[t], .minimum_support = 1, .threads = 2};
        uint64_t sets = t == 1 ? 7 : 3, delivered = 0; /* of each group of baskets, or of each basket */
        assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_OK);
        assert_true(counts.total == (till_wide)sets && counts.of_size[MANY / 4 * 3] == 3);
        till_itemset_counts_free(&counts);
        assert_int_equal(till_itemsets_mine(&fixture.baskets, &options, count_sets, &delivered, &error), TILL_OK);
        assert_int_equal(delivered, sets);
    }
    struct till_itemsets_options all = {.minimum_support = 1};
    assert_int_equal(till_itemsets_count(&fixture.baskets, &all, &counts, &error), TILL_ERROR_DATA);
    assert_non_null(strstr(error.message, "2^127"));
    fixture_free(&fixture);
}

static void a_flood_is_refused_with_what_would_bound_it(void **state) {
    (void)state;
    struct fixture fixture;
    struct till_error error = {0};
    uint64_t delivered = 0;
    for (unsigned threads = 1; threads <= 2; threads++) {
        struct till_itemsets_options options = {.minimum_support = 2, .limit = 1023, .threads = threads};
        full_baskets(&fixture, 3, 10);
        assert_int_equal(till_itemsets_mine(&fixture.baskets, &options, count_sets, &delivered, &error), TILL_OK);
        assert_int_equal(delivered, 1023);
        options.limit = 1022;
        delivered = 0;
        assert_int_equal(till_itemsets_mine(&fixture.baskets, &options, count_sets, &delivered, &error),
                         TILL_ERROR_DATA);
        assert_non_null(strstr(error.message, "raise the minimum support"));
        fixture_free(&fixture);
        full_baskets(&fixture, 3, 200);
        options.limit = SHARE > 1 ? 1000000 : 0;
        options.maximum_size = 8;
        assert_int_equal(till_itemsets_mine(&fixture.baskets, &options, count_sets, &delivered, &error),
                         TILL_ERROR_DATA);
        assert_int_equal(delivered, 0);
        fixture_free(&fixture);
    }
}

/* 2^40 - 1 sets, which take little memory: branches that come again are references. */
static void a_flood_of_shared_branches_is_refused(void **state) {
    (void)state;
    struct fixture fixture;
    struct till_error error = {0};
    uint64_t delivered = 0;
    for (unsigned threads = 1; threads <= 2; threads++) {
        full_baskets(&fixture, 3, 40);
        struct till_itemsets_options options = {
            .minimum_support = 2, .limit = (uint64_t)1 << 39, .count_from = 10000, .threads = threads};
        assert_int_equal(till_itemsets_mine(&fixture.baskets, &options, count_sets, &delivered, &error),
                         TILL_ERROR_DATA);
        assert_string_equal(error.role, "limit");
        assert_int_equal(delivered, 0);
        fixture_free(&fixture);
        full_baskets(&fixture, 3, 18);
        options.limit = ((uint64_t)1 << 18) - 1;
        assert_int_equal(till_itemsets_mine(&fixture.baskets, &options, count_sets, &delivered, &error), TILL_OK);
        assert_int_equal(delivered, options.limit);
        delivered = 0;
        fixture_free(&fixture);
    }
}

/* Of 1,100 baskets, 400 hold item 1, which has few others beside it, one of them in all 400: {0, 1} keeps long columns,
 * and {0, 1, 100} has as many below as would make shorter ones pay, were its rows not those of {0, 1}. Small
 * sets are left out, so that nothing is copied there. */
static void long_columns_stay_where_an_item_is_in_all_baskets(void **state) {
    (void)state;
    struct fixture fixture = {0};
    struct till_error error = {0};
    struct till_itemset_counts counts = {0};
    struct till_itemsets_options options = {.minimum_support = 150, .minimum_size = 6};
    uint64_t delivered = 0;
    random_state = 5;
    for (uint32_t b = 0; b < 1100; b++) {
        fixture_begin(&fixture);
        fixture_add(&fixture, 0);
        if (b < 400)
            fixture_add(&fixture, 1);
        for (uint32_t k = 2; k < 80 && b >= 400; k++)
            if (random_below(10) < 3)
                fixture_add(&fixture, k);
        for (uint32_t k = 100; k < 114; k++)
            if ((k == 100 && b < 400) || random_below(10) < 9)
                fixture_add(&fixture, k);
    }
    assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_OK);
    assert_int_equal(till_itemsets_mine(&fixture.baskets, &options, count_sets, &delivered, &error), TILL_OK);
    assert_true(counts.total == delivered);
    till_itemset_counts_free(&counts);
    fixture_free(&fixture);
}

/* An estimate is the same on each machine, so this does not depend on luck. */
static void estimates_are_near_the_counts_of_other_miners(void **state) {
    (void)state;
    static const struct golden some[] = {
        {"data/fimi/retail.dat.gz", " \r\n", 3, {20647331, 1172354, 534399}},
        {"data/fimi/chess.dat.gz", " \r\n", 959, {37282962, 5316467, 134624}},
        {"data/fimi/mushroom.dat.gz", " \r\n", 163, {22558049, 31654, 3801}},
    };
    struct till_error error = {0};
    if (SHARE > 1)
        skip(); /* one thread is all that it has */
    for (size_t g = 0; g < LENGTH(some); g++) {
        struct fixture fixture = {0};
        if (!read_shared(&fixture, some[g].path, some[g].separator))
            skip();
        for (size_t t = 0; t < LENGTH(types); t++) {
            struct till_itemsets_options options = {
                .type = types[t], .minimum_support = some[g].support, .threads = 1 + (unsigned)t};
            struct till_itemset_estimate estimate;
            assert_int_equal(till_itemsets_estimate(&fixture.baskets, &options, &estimate, &error), TILL_OK);
            double sets = (double)some[g].sets[t],
                   off = estimate.sets > sets ? estimate.sets - sets : sets - estimate.sets;
            assert_true(estimate.known && off <= sets / 2 && off <= 4 * estimate.error);
            assert_true(estimate.items > estimate.sets && estimate.items < 30 * estimate.sets);
        }
        fixture_free(&fixture);
    }
}

/* Where the search is small, the broadest part is all of it. */
static void an_estimate_of_few_sets_is_their_number(void **state) {
    (void)state;
    for (uint32_t trial = 0; trial < 150 / SHARE; trial++) {
        random_state = 13000 + trial;
        uint32_t items = 1 + random_below(10), count = random_below(40), chance[10];
        for (uint32_t k = 0; k < items; k++)
            chance[k] = random_below(5) == 0 ? 1000 : random_below(1000);
        struct small small;
        small_random(&small, count, items, chance, 1);
        uint32_t *support = all_supports(&small);
        struct till_itemsets_options options = {.type = types[trial % 3],
                                                .minimum_support = 1 + random_below(1 + count / 3),
                                                .minimum_size = random_below(4),
                                                .work = 1 << 20};
        options.maximum_size = random_below(2) == 0 ? options.minimum_size + random_below(4) : 0;
        struct till_error error = {0};
        struct till_itemset_counts counts = {0};
        struct till_itemset_estimate estimate;
        assert_int_equal(till_itemsets_count(&small.fixture.baskets, &options, &counts, &error), TILL_OK);
        assert_int_equal(till_itemsets_estimate(&small.fixture.baskets, &options, &estimate, &error), TILL_OK);
        assert_true(estimate.known && estimate.error == 0 && estimate.sets == (double)counts.total);
        till_itemset_counts_free(&counts);
        free(support);
        small_free(&small);
    }
}

/* Closed sets of chess at this support are 124 million, of which no more than the first are held. */
static void an_estimated_flood_is_refused_early(void **state) {
    (void)state;
    struct fixture fixture = {0};
    struct till_error error = {0};
    uint64_t delivered = 0;
    if (!read_shared(&fixture, "data/fimi/chess.dat.gz", " \r\n"))
        skip();
    for (unsigned threads = 1; threads <= 2; threads++) {
        struct till_itemsets_options options = {.type = TILL_ITEMSETS_CLOSED,
                                                .minimum_support = 300,
                                                .limit = 20000000,
                                                .count_from = 100000,
                                                .threads = threads};
        assert_int_equal(till_itemsets_mine(&fixture.baskets, &options, count_sets, &delivered, &error),
                         TILL_ERROR_DATA);
        assert_string_equal(error.role, "limit");
        assert_int_equal(delivered, 0);
        options.minimum_support = 1598; /* 369450 of them: no flood */
        if (SHARE > 1)
            continue;
        assert_int_equal(till_itemsets_mine(&fixture.baskets, &options, count_sets, &delivered, &error), TILL_OK);
        assert_int_equal(delivered, 369450);
        delivered = 0;
    }
    fixture_free(&fixture);
}

/* How many bytes more than it has now a process of its own comes to hold while it mines, which is to be refused. */
static size_t bytes_until_refused(const struct till_baskets *baskets, const struct till_itemsets_options *options) {
    struct rusage usage;
    int to[2], status = 1;
    size_t bytes = 0;
    assert_int_equal(pipe(to), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct till_error error = {0};
        uint64_t delivered = 0;
        getrusage(RUSAGE_SELF, &usage);
        bytes = (size_t)usage.ru_maxrss;
        bool refused = till_itemsets_mine(baskets, options, count_sets, &delivered, &error) == TILL_ERROR_DATA;
        getrusage(RUSAGE_SELF, &usage);
        bytes = ((size_t)usage.ru_maxrss - bytes) * 1024;
        _exit(write(to[1], &bytes, sizeof bytes) == (ssize_t)sizeof bytes && refused && delivered == 0 ? 0 : 1);
    }
    assert_int_equal(read(to[0], &bytes, sizeof bytes), sizeof bytes);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(to[0]);
    close(to[1]);
    return bytes;
}

/* Some 98 million sets, less one, would take 280 MB; they are counted when the first 16 MB are held, and while one
 * thread counts, the other does not go on. */
static void frequent_sets_are_counted_before_they_fill_memory(void **state) {
    (void)state;
    struct fixture fixture = {0};
    struct till_itemset_counts counts = {0};
    struct till_error error = {0};
    if (SANITIZED || !read_shared(&fixture, "data/fimi/chess.dat.gz", " \r\n"))
        skip();
    struct till_itemsets_options options = {.minimum_support = 800};
    assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_OK);
    options.limit = (uint64_t)counts.total - 1;
    options.count_from = 1 << 24;
    for (options.threads = 1; options.threads <= 2; options.threads++)
        assert_true(bytes_until_refused(&fixture.baskets, &options) < (size_t)64 << 20);
    till_itemset_counts_free(&counts);
    fixture_free(&fixture);
}

/* Whether work suffices does not depend on the threads; where it does, the count is whole. */
static void work_is_bounded_alike_for_any_number_of_threads(void **state) {
    (void)state;
    struct fixture fixture = {0};
    struct till_error error = {0};
    if (!read_shared(&fixture, "data/fimi/chess.dat.gz", " \r\n"))
        skip();
    unsigned refused = 0;
    for (uint64_t work = 1 << 20; work < (uint64_t)1 << (SHARE > 1 ? 21 : 32); work *= 2) {
        enum till_status status[3];
        for (unsigned threads = 1; threads <= 3; threads++) {
            struct till_itemsets_options options = {
                .type = TILL_ITEMSETS_CLOSED, .minimum_support = 1700, .work = work, .threads = threads};
            struct till_itemset_counts counts = {0};
            status[threads - 1] = till_itemsets_count(&fixture.baskets, &options, &counts, &error);
            assert_true(status[threads - 1] == TILL_OK || strcmp(error.role, "work") == 0);
            till_itemset_counts_free(&counts);
        }
        assert_true(status[0] == status[1] && status[1] == status[2]);
        refused += status[0] != TILL_OK;
    }
    assert_true(refused > 0 && refused < 12);
    fixture_free(&fixture);
}

static void options_and_codes_are_checked(void **state) {
    (void)state;
    struct fixture fixture;
    struct till_error error = {0};
    struct till_itemset_counts counts = {0};
    full_baskets(&fixture, 2, 3);
    struct till_itemsets_options options = {.minimum_support = 0};
    assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_ERROR_USAGE);
    options = (struct till_itemsets_options){.minimum_support = 1, .minimum_size = 3, .maximum_size = 2};
    assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_ERROR_USAGE);
    options = (struct till_itemsets_options){.minimum_support = 1};
    fixture.baskets.item_count = 2;
    assert_int_equal(till_itemsets_count(&fixture.baskets, &options, &counts, &error), TILL_ERROR_DATA);
    assert_non_null(strstr(error.message, "item code 2"));
    fixture_free(&fixture);
}

static enum till_status refuse_the_third(void *context, const uint32_t *items, size_t size, uint64_t count,
                                         struct till_error *error) {
    (void)items, (void)size, (void)count;
    return ++*(uint64_t *)context == 3 ? till_error_set(error, TILL_ERROR_INPUT_OUTPUT, "full") : TILL_OK;
}

static void a_refusal_ends_the_delivery(void **state) {
    (void)state;
    struct fixture fixture;
    struct till_error error = {0};
    uint64_t delivered = 0;
    struct till_itemsets_options options = {.minimum_support = 1};
    full_baskets(&fixture, 2, 5);
    assert_int_equal(till_itemsets_mine(&fixture.baskets, &options, refuse_the_third, &delivered, &error),
                     TILL_ERROR_INPUT_OUTPUT);
    assert_int_equal(delivered, 3);
    assert_string_equal(error.message, "full");
    fixture_free(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_baskets_give_the_sets_of_the_definition),
        cmocka_unit_test(sets_are_the_same_among_many_items_and_baskets),
        cmocka_unit_test(a_threshold_is_the_largest_support_with_enough_sets),
        cmocka_unit_test(many_baskets_give_the_sets_of_the_definition),
        cmocka_unit_test(full_branches_give_the_sets_of_the_definition),
        cmocka_unit_test(pairs_are_those_of_counting_each),
        cmocka_unit_test(triples_are_those_of_counting_each),
        cmocka_unit_test(wide_baskets_give_what_groups_of_them_share),
        cmocka_unit_test(numbers_equal_those_of_other_miners),
        cmocka_unit_test(no_baskets_give_no_sets),
        cmocka_unit_test(items_in_every_basket_are_counted_not_enumerated),
        cmocka_unit_test(long_baskets_do_not_stall),
        cmocka_unit_test(huge_baskets_are_as_many_items_as_differ),
        cmocka_unit_test(a_flood_is_refused_with_what_would_bound_it),
        cmocka_unit_test(a_flood_of_shared_branches_is_refused),
        cmocka_unit_test(long_columns_stay_where_an_item_is_in_all_baskets),
        cmocka_unit_test(estimates_are_near_the_counts_of_other_miners),
        cmocka_unit_test(an_estimate_of_few_sets_is_their_number),
        cmocka_unit_test(an_estimated_flood_is_refused_early),
        cmocka_unit_test(frequent_sets_are_counted_before_they_fill_memory),
        cmocka_unit_test(work_is_bounded_alike_for_any_number_of_threads),
        cmocka_unit_test(options_and_codes_are_checked),
        cmocka_unit_test(a_refusal_ends_the_delivery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
