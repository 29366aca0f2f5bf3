/* Itemsets that wait for their delivery, as records and as numbers: both bring random sets into the order that
 * comparing them item by item gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib/mining/itemsets/bitset_order.h"
#include "lib/mining/itemsets/places.h"
#include "lib/mining/itemsets/store.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static uint64_t random_state;

static uint32_t random_below(uint32_t n) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % n);
}

/* --- orders --- */

enum { MOST_ITEMS = 300 };

/* Names in the order of their bytes, and the order of the same names with bars behind them. */
struct names {
    char text[MOST_ITEMS][16];
    char barred[MOST_ITEMS][16];
    uint32_t inner[MOST_ITEMS]; /* place -> place among barred names */
};

static int compare_texts(const void *a, const void *b) {
    return strcmp(a, b);
}

/* Different names of up to `length` letters, of which some come before a bar and some behind it. */
static void random_names(struct names *names, uint32_t items, uint32_t letters, uint32_t length) {
    static const char letter[] = "1~23A}bcdefgh";
    for (uint32_t k = 0; k < items; k++) {
        bool known = true;
        while (known) {
            uint32_t end = 0;
            for (uint32_t all = 1 + random_below(length); end < all; end++)
                names->text[k][end] = letter[random_below(letters)];
            names->text[k][end] = 0;
            known = false;
            for (uint32_t other = 0; other < k; other++)
                known |= strcmp(names->text[k], names->text[other]) == 0;
        }
    }
    qsort(names->text, items, sizeof *names->text, compare_texts);
    for (uint32_t k = 0; k < items; k++)
        strcat(strcpy(names->barred[k], names->text[k]), "|");
    for (uint32_t k = 0; k < items; k++) {
        names->inner[k] = 0;
        for (uint32_t other = 0; other < items; other++)
            names->inner[k] += strcmp(names->barred[other], names->barred[k]) < 0;
    }
}

static void random_order(uint32_t *inner, uint32_t items) {
    for (uint32_t k = 0; k < items; k++)
        inner[k] = k;
    for (uint32_t k = items; k > 1; k--) {
        uint32_t other = random_below(k), held = inner[k - 1];
        inner[k - 1] = inner[other];
        inner[other] = held;
    }
}

/* --- sets --- */

struct set {
    uint32_t size;
    uint32_t support;
    uint16_t place[MOST_ITEMS];
};

static const uint32_t *order_inner;  /* NULL: places are as they are */
static bool order_barred_last_place; /* whether the last item goes by `order_inner`, too */

static int compare_sets(const void *a, const void *b) {
    const struct set *x = a, *y = b;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    for (uint32_t k = 0; k < x->size; k++) {
        if (x->place[k] == y->place[k])
            continue;
        bool inner = order_inner != NULL && (k + 1 < x->size || order_barred_last_place);
        uint32_t p = inner ? order_inner[x->place[k]] : x->place[k], q = inner ? order_inner[y->place[k]] : y->place[k];
        return p < q ? -1 : 1;
    }
    return 0;
}

/* Keeps one of each, in a random order; returns how many. */
static size_t mix_different(struct set *sets, size_t count) {
    size_t kept = 0;
    order_inner = NULL;
    qsort(sets, count, sizeof *sets, compare_sets);
    for (size_t s = 0; s < count; s++)
        if (sets[s].size > 0 && (kept == 0 || compare_sets(&sets[s], &sets[kept - 1]) != 0))
            sets[kept++] = sets[s];
    for (size_t s = kept; s > 1; s--) {
        size_t other = random_below((uint32_t)s);
        struct set held = sets[s - 1];
        sets[s - 1] = sets[other];
        sets[other] = held;
    }
    return kept;
}

/* Different sets. Some items lie in most of them, some in few; `begin` first items and `end` last ones in all but some,
 * so that many sets begin alike. */
static size_t random_sets(struct set *sets, size_t count, uint32_t items, uint32_t begin, uint32_t end) {
    uint32_t chance[MOST_ITEMS];
    for (uint32_t k = 0; k < items; k++)
        chance[k] = k < begin || k + end >= items ? 990 : random_below(3) == 0 ? 20 : random_below(1000);
    for (size_t s = 0; s < count; s++) {
        struct set *set = &sets[s];
        *set = (struct set){.support = random_below(1u << 31)};
        for (uint32_t k = 0; k < items; k++)
            if (random_below(1000) < chance[k])
                set->place[set->size++] = (uint16_t)k;
        if (set->size == 0)
            set->place[set->size++] = (uint16_t)random_below(items);
    }
    return mix_different(sets, count);
}

static void assert_same(const struct set *set, const struct set *expected) {
    assert_int_equal(set->size, expected->size);
    assert_int_equal(set->support, expected->support);
    assert_memory_equal(set->place, expected->place, set->size * sizeof *set->place);
}

/* --- records --- */

static void records_give(const struct set *sets, size_t count, uint32_t items, const uint32_t *inner,
                         const struct set *expected) {
    struct store store[2];
    struct store_order order;
    uint32_t outer[MOST_ITEMS];
    for (uint32_t k = 0; k < items; k++)
        outer[inner == NULL ? k : inner[k]] = k;
    for (size_t s = 0; s < 2; s++)
        store[s] = (struct store){.width = place_width(items), .inner = inner};
    for (size_t k = 0; k < count; k++) {
        uint32_t place[MOST_ITEMS];
        for (uint32_t i = 0; i < sets[k].size; i++)
            place[i] = sets[k].place[i];
        assert_true(store_add(&store[k % 2], place, sets[k].size, sets[k].support));
    }
    assert_true(store_merge(&store[0], &store[1]));
    size_t delivered = 0;
    assert_true(store_order_new(&order, &store[0]));
    for (uint32_t size = 1; size < store[0].sizes; size++) {
        size_t of_size = store_sort(&store[0], size, &order);
        for (size_t k = 0; k < of_size; k++) {
            const unsigned char *bytes = store[0].bucket[size].bytes;
            const unsigned char *at = bytes + order.keys[k].record * store_stride(&store[0], size);
            struct set set = {.size = size};
            for (uint32_t i = 0; i < size; i++) {
                uint32_t place;
                at = place_get(at, &place, store[0].width);
                set.place[i] = (uint16_t)(i + 1 < size ? outer[place] : place);
            }
            memcpy(&set.support, at, sizeof set.support);
            assert_same(&set, &expected[delivered++]);
        }
    }
    assert_int_equal(delivered, count);
    store_order_free(&order);
    store_free(&store[0]);
    store_free(&store[1]);
}

/* --- numbers --- */

static struct set set_of(const struct bitset_layout *layout, bitset number) {
    struct set set = {.support = (uint32_t)number};
    bitset items = number & layout->items;
    for (; items != 0; items ^= (bitset)1 << bitset_highest(items))
        set.place[set.size++] = (uint16_t)layout->place[bitset_highest(items)];
    return set;
}

static void add_numbers(struct bitsets *bitsets, const struct bitset_layout *layout, const struct set *sets,
                        size_t count) {
    for (size_t k = 0; k < count; k++) {
        bitset joined = 0;
        for (uint32_t i = sets[k].size; i > 0; i--) /* in any order */
            joined |= layout->joins[sets[k].place[i - 1]];
        assert_true(bitsets_add(&bitsets[k % 2], sets[k].size, bitset_of(layout, joined, sets[k].support)));
    }
}

static void numbers_give(const struct set *sets, size_t count, const struct bitset_layout *layout,
                         const struct set *expected) {
    struct bitsets *bitsets = calloc(2, sizeof *bitsets);
    struct bitset_order order;
    const bitset *numbers;
    size_t delivered = 0, part;
    assert_non_null(bitsets);
    add_numbers(bitsets, layout, sets, count);
    bitsets_merge(&bitsets[0], &bitsets[1]);
    assert_true(bitset_order_new(&order, count));
    for (uint32_t size = 0; size <= BITSET_ITEMS; size++) {
        assert_true(bitset_order_begin(&order, bitsets_chunks(&bitsets[0], size)));
        while ((part = bitset_order_next(&order, &numbers)) > 0)
            for (size_t k = 0; k < part; k++) {
                struct set set = set_of(layout, numbers[k]);
                assert_same(&set, &expected[delivered++]);
            }
    }
    assert_int_equal(delivered, count);
    bitset_order_free(&order);
    bitsets_free(&bitsets[0]);
    bitsets_free(&bitsets[1]);
    free(bitsets);
}

/* --- claims --- */

/* Returns whether the sets went into numbers, too. */
static bool sets_come_in_order(struct set *sets, size_t count, uint32_t items, const uint32_t *inner) {
    static struct bitset_layout layout;
    struct set *expected = malloc((count + 1) * sizeof *expected);
    assert_non_null(expected);
    memcpy(expected, sets, count * sizeof *sets);
    order_inner = inner;
    order_barred_last_place = false;
    qsort(expected, count, sizeof *expected, compare_sets);
    records_give(sets, count, items, inner, expected);
    bitset_lay_out(&layout, inner, items);
    order_barred_last_place = true;
    qsort(expected, count, sizeof *expected, compare_sets);
    if (layout.fits)
        numbers_give(sets, count, &layout, expected);
    free(expected);
    return layout.fits;
}

static void sets_are_delivered_in_the_order_of_their_names(void **state) {
    (void)state;
    static const uint32_t items[] = {1, 2, 7, 20, 50, 63, 64, 65, 70, 90, 96, 97, 130, 256, 257, 300};
    static const size_t counts[] = {0, 1, 30, 300, 5000};
    struct set *sets = malloc(5000 * sizeof *sets);
    struct names *names = malloc(sizeof *names);
    for (uint32_t trial = 0; trial < LENGTH(items) * LENGTH(counts); trial++) {
        random_state = trial;
        uint32_t all = items[trial % LENGTH(items)];
        bool few_letters = all < 100 && trial % 2 == 0;
        random_names(names, all, few_letters ? 4 : 12, few_letters ? 6 : 3);
        size_t count = random_sets(sets, counts[trial % LENGTH(counts)], all, all / 4, trial % 3 == 0 ? all / 4 : 0);
        bool numbers = sets_come_in_order(sets, count, all, names->inner);
        assert_int_equal(numbers || all > 48, true);
        assert_int_equal(numbers && all > 96, false);
        assert_int_equal(sets_come_in_order(sets, count, all, NULL), all <= 96);
    }
    free(names);
    free(sets);
}

/* Sets of one size, more than make one part; each run of `same` items that all sets have is wider than what is looked
 * at in one step. */
static void sets_that_begin_alike_are_told_apart_by_what_follows(void **state) {
    (void)state;
    enum { COUNT = 30000, BITS = 15 };
    struct set *sets = malloc(COUNT * sizeof *sets);
    for (uint32_t trial = 0; trial < 12; trial++) {
        uint32_t gap = trial % 3 == 0 ? 0 : trial % 3 == 1 ? 20 : 60, step = 1 + trial % 2;
        for (uint32_t k = 0; k < COUNT; k++) {
            uint32_t mixed = k * 0x6D2Bu % (1u << BITS) & (trial < 6 ? ~0u : 0x7FF1u), size = 0;
            sets[k] = (struct set){.support = k};
            for (uint32_t bit = 0; bit < BITS; bit++) {
                uint32_t at = bit * step + (bit < 2 ? 0 : gap) + (trial % 4 == 3 && bit > 2 ? 2 : 0);
                if ((mixed >> bit & 1) != 0 && at < 96)
                    sets[k].place[size++] = (uint16_t)at;
            }
            sets[k].size = size;
        }
        size_t kept = mix_different(sets, COUNT);
        assert_true(sets_come_in_order(sets, kept, 96, NULL));
    }
    free(sets);
}

/* Sets of one size: of each pair of items one. Most have the first items of all early pairs, and the others have
 * thousands of beginnings. */
static void rare_beginnings_may_be_many(void **state) {
    (void)state;
    enum { COUNT = 48000, EARLY = 19, PAIRS = EARLY + 15 };
    struct set *sets = malloc(COUNT * sizeof *sets);
    random_state = 5;
    for (uint32_t k = 0; k < COUNT; k++) {
        uint32_t early = random_below(5) == 0 ? random_below(1u << EARLY) : 0, late = k * 0x6D2Bu;
        sets[k] = (struct set){.size = PAIRS, .support = k};
        for (uint32_t pair = 0; pair < PAIRS; pair++)
            sets[k].place[pair] = (uint16_t)(2 * pair + ((pair < EARLY ? early >> pair : late >> (pair - EARLY)) & 1));
    }
    size_t kept = mix_different(sets, COUNT);
    assert_true(kept > COUNT / 2);
    assert_true(sets_come_in_order(sets, kept, 2 * PAIRS, NULL));
    free(sets);
}

static void numbers_follow_no_other_order(void **state) {
    (void)state;
    static struct bitset_layout layout;
    uint32_t inner[MOST_ITEMS], fitted = 0;
    struct set *sets = malloc(200 * sizeof *sets);
    for (uint32_t trial = 0; trial < 300; trial++) {
        random_state = 400 + trial;
        uint32_t items = 2 + random_below(trial % 2 == 0 ? 5 : 100);
        random_order(inner, items);
        size_t count = random_sets(sets, 200, items, 0, 0);
        fitted += sets_come_in_order(sets, count, items, inner);
    }
    assert_in_range(fitted, 10, 150); /* some orders of few items are such as names have */
    uint32_t behind_the_next[] = {1, 2, 0};
    bitset_lay_out(&layout, behind_the_next, 3);
    assert_false(layout.fits); /* place 2 goes before place 0, and place 1 does not */
    free(sets);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_are_delivered_in_the_order_of_their_names),
        cmocka_unit_test(sets_that_begin_alike_are_told_apart_by_what_follows),
        cmocka_unit_test(rare_beginnings_may_be_many),
        cmocka_unit_test(numbers_follow_no_other_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
