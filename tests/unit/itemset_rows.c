/* Rows of itemsets that are put together in pieces: the same bytes as rows by cells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/itemset_rows.h"

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t n) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % n);
}

enum { ITEMS = 300, GROUPS = 700, SETS = 1000 * GROUPS, DEEPEST = 90 };

/* What a trial draws. */
struct drawing {
    uint32_t shortest, longest; /* names */
    uint32_t sizes;
    uint32_t most; /* sets of a group */
    uint32_t baskets;
    uint32_t bars; /* of a hundred names, so many have a bar */
};

struct trial {
    struct till_basket_data data;
    struct till_slice names[ITEMS];
    char bytes[ITEMS][128];
    struct till_itemset_group group[GROUPS];
    uint32_t changed[GROUPS * DEEPEST], last[SETS + TILL_ITEMSET_PAD], count[SETS + TILL_ITEMSET_PAD];
    uint32_t set[DEEPEST]; /* of the present group */
    struct till_text expected, found, items;
    struct till_writer *cells, *rows;
};

static struct till_writer *open_writer(struct till_text *out, char delimiter) {
    static const enum till_type types[] = {TILL_TEXT, TILL_COUNT, TILL_COUNT, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("items"), till_slice_of("size"), till_slice_of("count"),
                                       till_slice_of("support")};
    struct till_writer *writer;
    struct till_error error;
    struct till_writer_options options = {.delimiter = delimiter};
    assert_int_equal(till_writer_new(&writer, till_sink_text(out), &options, &error), TILL_OK);
    assert_int_equal(till_writer_columns(writer, names, types, 4, &error), TILL_OK);
    return writer;
}

static void draw_names(struct trial *trial, const struct drawing *how) {
    for (uint32_t i = 0; i < ITEMS; i++) {
        uint32_t length = how->shortest + random_below(how->longest - how->shortest + 1);
        for (uint32_t k = 0; k < length; k++)
            trial->bytes[i][k] = (char)('a' + random_below(26));
        if (random_below(100) < how->bars)
            trial->bytes[i][random_below(length)] = random_below(2) == 0 ? '|' : '\\';
        trial->names[i] = (struct till_slice){trial->bytes[i], length};
    }
    trial->data.items = trial->names;
    trial->data.baskets.item_count = ITEMS;
    trial->data.baskets.count = how->baskets;
}

/* Most counts are small, as they are. */
static uint32_t draw_count(const struct drawing *how) {
    uint32_t below = random_below(3) == 0 ? how->baskets : how->baskets < 50 ? how->baskets : 50;
    return 1 + random_below(below);
}

static void write_set(struct trial *trial, uint32_t size, uint32_t count) {
    struct till_error error;
    trial->items.length = 0;
    for (uint32_t k = 0; k < size; k++) {
        assert_true(k == 0 || till_text_append(&trial->items, "|", 1));
        assert_true(till_basket_write_item(&trial->items, trial->names[trial->set[k]]));
    }
    till_writer_text(trial->cells, (struct till_slice){trial->items.bytes, trial->items.length});
    till_writer_count(trial->cells, size);
    till_writer_count(trial->cells, count);
    till_writer_real(trial->cells, (double)count / (double)trial->data.baskets.count);
    assert_int_equal(till_writer_end(trial->cells, &error), TILL_OK);
}

/* Draws groups, the first with items that are all others than before where `first` says so, and writes their sets by
 * cells. */
static struct till_itemset_groups draw_groups(struct trial *trial, const struct drawing *how, uint32_t size,
                                              uint32_t groups, bool first) {
    size_t changed = 0, sets = 0;
    for (uint32_t g = 0; g < groups; g++) {
        struct till_itemset_group *group = &trial->group[g];
        uint32_t most = random_below(4) == 0 ? size - 1 : size - 1 < 4 ? size - 1 : 4;
        group->changed = first && g == 0 ? size - 1 : random_below(most + 1);
        group->sets = 1 + random_below(random_below(9) == 0 ? how->most : how->most < 5 ? how->most : 5);
        for (uint32_t k = size - 1 - group->changed; k + 1 < size; k++)
            trial->changed[changed++] = trial->set[k] = random_below(ITEMS);
        for (uint32_t k = 0; k < group->sets; k++, sets++) {
            trial->last[sets] = trial->set[size - 1] = random_below(ITEMS);
            trial->count[sets] = draw_count(how);
            write_set(trial, size, trial->count[sets]);
        }
    }
    memset(trial->last + sets, 0, TILL_ITEMSET_PAD * sizeof *trial->last);
    memset(trial->count + sets, 0, TILL_ITEMSET_PAD * sizeof *trial->count);
    return (struct till_itemset_groups){size, groups, trial->group, trial->changed, trial->last, trial->count};
}

static void compare(const struct drawing *how, bool portable) {
    struct trial *trial = calloc(1, sizeof *trial);
    assert_non_null(trial);
    struct itemset_rows *rows;
    struct till_error error;
    draw_names(trial, how);
    trial->cells = open_writer(&trial->expected, ',');
    trial->rows = open_writer(&trial->found, ',');
    assert_int_equal(itemset_rows_new(&rows, trial->rows, &trial->data, &error), TILL_OK);
    assert_non_null(rows);
    if (portable)
        itemset_rows_portable(rows);
    for (uint32_t size = 1; size <= how->sizes; size += 1 + (size > 12 ? random_below(9) : 0))
        for (uint32_t part = 0; part < 4; part++) {
            uint32_t groups = 1 + random_below(part % 2 == 0 ? GROUPS : 12);
            struct till_itemset_groups drawn = draw_groups(trial, how, size, groups, part == 0);
            assert_int_equal(itemset_rows_add(rows, &drawn, &error), TILL_OK);
        }
    assert_int_equal(till_writer_finish(trial->cells, &error), TILL_OK);
    assert_int_equal(till_writer_finish(trial->rows, &error), TILL_OK);
    assert_int_equal(trial->found.length, trial->expected.length);
    assert_memory_equal(trial->found.bytes, trial->expected.bytes, trial->expected.length);
    itemset_rows_free(rows);
    till_writer_free(trial->cells);
    till_writer_free(trial->rows);
    till_text_free(&trial->expected);
    till_text_free(&trial->found);
    till_text_free(&trial->items);
    free(trial);
}

static void pieces_give_the_rows_of_cells(void **state) {
    (void)state;
    static const struct drawing drawings[] = {
        {1, 3, 24, 5, 8000, 0},      /* texts of a line, then of two and four */
        {1, 1, 70, 3, 100, 0},       /* more items than a list has */
        {4, 12, 20, 100, 8000, 0},   /* groups of many sets */
        {1, 31, 12, 5, 8000, 50},    /* names of half a line and less, with bars */
        {28, 36, 6, 5, 8000, 0},     /* around half a line */
        {55, 65, 8, 5, 8000, 0},     /* around a line */
        {1, 80, 20, 100, 8000, 10},  /* all lengths */
        {1, 3, 8, 5, 2000000000, 0}, /* counts that fall in one place, and tails longer than half a line */
        {1, 3, 8, 5, 20000, 0},      /* a few of that kind */
        {15, 16, 20, 5, 300, 0},     /* texts that end where a line does */
        {1, 2, 10, 4000, 300, 0},    /* groups that are longer than a list */
        {1, 2, 30, 17, 8000, 0},     /* and a little longer than most */
        {9, 10, 8, 5, 8000, 0},      /* a name with its tail as long as an entry of a table, */
        {27, 29, 4, 5, 8000, 0},     /* and a name */
        {1, 3, 9, 5, 300000000, 0}}; /* and a tail */
    for (size_t i = 0; i < sizeof drawings / sizeof *drawings; i++) {
        compare(&drawings[i], false);
        compare(&drawings[i], true);
    }
}

static void names_that_need_quotes_are_left_to_cells(void **state) {
    (void)state;
    struct trial *trial = calloc(1, sizeof *trial);
    assert_non_null(trial);
    struct itemset_rows *rows;
    struct till_error error;
    draw_names(trial, &(struct drawing){1, 9, 1, 1, 100, 0});
    trial->bytes[7][0] = '"';
    trial->rows = open_writer(&trial->found, ';');
    assert_int_equal(itemset_rows_new(&rows, trial->rows, &trial->data, &error), TILL_OK);
    assert_null(rows);
    trial->bytes[7][0] = ',';
    assert_int_equal(itemset_rows_new(&rows, trial->rows, &trial->data, &error), TILL_OK);
    assert_non_null(rows);
    itemset_rows_free(rows);
    till_writer_free(trial->rows);
    till_text_free(&trial->found);
    free(trial);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_give_the_rows_of_cells),
        cmocka_unit_test(names_that_need_quotes_are_left_to_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
