/* The inner loops of the itemset search: all sets of them that this processor runs, against loops over single rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/mining/itemsets/kernels.h"

/* Columns are up to LONG words, a few up to LONGEST. */
enum { ITEMS = 64, LONG = 40, LONGEST = 136, SLACK = 8 };

static uint64_t random_state;

static uint64_t random_word(void) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    uint64_t high = random_state >> 32;
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return high << 32 | random_state >> 32;
}

static uint32_t random_below(uint32_t n) {
    return (uint32_t)(random_word() % n);
}

/* Columns of so many rows, which need not fill their words, and the rows of a set. */
struct matrix {
    uint32_t rows;
    uint32_t words;
    uint64_t set[LONGEST];
    uint64_t columns[ITEMS * LONGEST + SLACK];
};

static bool has(const uint64_t *column, uint32_t row) {
    return (column[row / 64] >> row % 64 & 1) != 0;
}

static void random_column(uint32_t rows, uint32_t words, uint32_t percent, uint64_t *column) {
    memset(column, 0, words * sizeof *column);
    for (uint32_t row = 0; row < rows; row++)
        if (random_below(100) < percent)
            column[row / 64] |= (uint64_t)1 << row % 64;
}

static void random_matrix(struct matrix *matrix) {
    uint32_t most = random_below(8) == 0 ? LONGEST : LONG;
    matrix->words = random_below(3) == 0 ? 1 : 8 * (1 + random_below(most / 8));
    matrix->rows = matrix->words * 64 - random_below(64);
    uint32_t percent = random_below(4) == 0 ? 100 : random_below(101);
    random_column(matrix->rows, matrix->words, percent, matrix->set);
    for (uint32_t k = 0; k < ITEMS; k++)
        random_column(matrix->rows, matrix->words, random_below(101), matrix->columns + (size_t)k * matrix->words);
}

/* --- pairs of columns --- */

struct answer {
    uint64_t found[ITEMS];
    uint32_t kept[ITEMS];
    uint32_t support[ITEMS * ITEMS + SLACK];
};

static void share_by_rows(const struct matrix *matrix, const uint32_t *item, const uint64_t *wanted, uint32_t count,
                          uint32_t minimum, struct answer *answer) {
    uint32_t at = 0;
    for (uint32_t k = 0; k < count; k++) {
        answer->found[k] = answer->kept[k] = 0;
        for (uint32_t other = 0; other < ITEMS; other++) {
            uint32_t shared = 0;
            if ((wanted[k] >> other & 1) == 0)
                continue;
            for (uint32_t row = 0; row < matrix->rows; row++)
                shared += has(matrix->set, row) && has(matrix->columns + (size_t)item[k] * matrix->words, row) &&
                          has(matrix->columns + (size_t)other * matrix->words, row);
            if (shared < minimum)
                continue;
            answer->found[k] |= (uint64_t)1 << other;
            answer->kept[k]++;
            answer->support[at++] = shared;
        }
    }
}

static void assert_same_pairs(const struct answer *a, const struct answer *b, uint32_t count) {
    uint32_t all = 0;
    for (uint32_t k = 0; k < count; k++) {
        assert_true(a->found[k] == b->found[k]);
        assert_int_equal(a->kept[k], b->kept[k]);
        all += a->kept[k];
    }
    assert_memory_equal(a->support, b->support, all * sizeof *a->support);
}

static void pairs_share_what_their_rows_say(void **state) {
    struct matrix *matrix = calloc(1, sizeof *matrix);
    struct answer *expected = calloc(1, sizeof *expected), *got = calloc(1, sizeof *got);
    (void)state;
    for (uint32_t trial = 0; trial < 400; trial++) {
        random_state = trial;
        random_matrix(matrix);
        uint32_t item[ITEMS], count = trial % 7 == 0 ? trial / 7 % (ITEMS + 1) : random_below(12);
        uint64_t wanted[ITEMS];
        for (uint32_t k = 0; k < count; k++) {
            item[k] = random_below(ITEMS);
            wanted[k] = trial % 50 == 0 ? ~(uint64_t)0 : random_word() & random_word() & random_word();
        }
        uint32_t minimum = 1 + random_below(1 + matrix->rows / 4);
        share_by_rows(matrix, item, wanted, count, minimum, expected);
        for (unsigned k = 0; kernels_known(k) != NULL; k++) {
            memset(got, 0xff, sizeof *got);
            kernels_known(k)->share_pairs(matrix->set, matrix->columns, matrix->words, item, wanted, count, minimum,
                                          got->found, got->kept, got->support);
            assert_same_pairs(got, expected, count);
        }
    }
    free(matrix);
    free(expected);
    free(got);
}

static void three_columns_share_what_their_rows_say(void **state) {
    struct matrix *matrix = calloc(1, sizeof *matrix);
    (void)state;
    for (uint32_t trial = 0; trial < 400; trial++) {
        random_state = 1000 + trial;
        random_matrix(matrix);
        const uint64_t *column[3];
        uint32_t expected = 0;
        for (uint32_t k = 0; k < 3; k++)
            column[k] = matrix->columns + (size_t)random_below(ITEMS) * matrix->words;
        for (uint32_t row = 0; row < matrix->rows; row++)
            expected += has(matrix->set, row) && has(column[0], row) && has(column[1], row) && has(column[2], row);
        for (unsigned k = 0; kernels_known(k) != NULL; k++)
            assert_int_equal(kernels_known(k)->share_three(matrix->set, column[0], column[1], column[2], matrix->words),
                             expected);
    }
    free(matrix);
}

/* --- tables of pairs --- */

enum { TABLE_ITEMS = 90, TABLE_PAIRS = TABLE_ITEMS * (TABLE_ITEMS - 1) / 2, BEHIND_TABLE = 32 };

/* What is listed of a table, and where the pairs of an item begin. */
struct listed_pairs {
    uint32_t start[TABLE_ITEMS + 1];
    uint32_t other[TABLE_PAIRS + 1];
    uint32_t support[TABLE_PAIRS + 1];
};

static void assert_listed(const uint16_t *table, uint32_t items, uint32_t minimum, const struct listed_pairs *got) {
    uint32_t at = 0;
    for (uint32_t k = 0; k < items; k++) {
        assert_int_equal(got->start[k], at);
        for (uint32_t other = k + 1; other < items; other++, table++) {
            if (*table < minimum)
                continue;
            assert_int_equal(got->other[at], other);
            assert_int_equal(got->support[at++], *table);
        }
    }
    assert_int_equal(got->start[items], at);
}

static void pairs_of_a_table_are_listed_in_their_order(void **state) {
    uint16_t *table = calloc(TABLE_PAIRS + BEHIND_TABLE, sizeof *table);
    struct listed_pairs *got = malloc(sizeof *got);
    (void)state;
    for (uint32_t trial = 0; trial < 200; trial++) {
        random_state = 3000 + trial;
        uint32_t items = random_below(TABLE_ITEMS + 1), range = trial % 3 == 0 ? 1u << 16 : 5;
        for (size_t k = 0; k < TABLE_PAIRS + BEHIND_TABLE; k++)
            table[k] = (uint16_t)random_below(range);
        uint32_t minimum = 1 + random_below(range - 1);
        for (unsigned k = 0; kernels_known(k) != NULL; k++) {
            kernels_known(k)->frequent_pairs(table, items, minimum, got->start, got->other, got->support);
            assert_listed(table, items, minimum, got);
        }
    }
    free(table);
    free(got);
}

/* --- shorter columns --- */

static void condense_by_rows(const struct matrix *matrix, const uint32_t *wanted, uint32_t count, uint32_t kept,
                             uint64_t *out) {
    memset(out, 0, (size_t)count * kept * sizeof *out);
    for (uint32_t k = 0; k < count; k++) {
        const uint64_t *column = matrix->columns + (size_t)(wanted == NULL ? k : wanted[k]) * matrix->words;
        for (uint32_t row = 0, at = 0; row < matrix->rows; row++) {
            if (!has(matrix->set, row))
                continue;
            out[k * kept + at / 64] |= (uint64_t)has(column, row) << at % 64;
            at++;
        }
    }
}

static void condensed_columns_keep_the_rows_of_the_set(void **state) {
    struct matrix *matrix = calloc(1, sizeof *matrix);
    uint64_t *expected = calloc(ITEMS * LONGEST + SLACK, sizeof *expected), *got = calloc(ITEMS * LONGEST + SLACK, 8);
    (void)state;
    for (uint32_t trial = 0; trial < 400; trial++) {
        random_state = 2000 + trial;
        random_matrix(matrix);
        uint32_t wanted[ITEMS], count = random_below(ITEMS + 1), held = 0;
        for (uint32_t k = 0; k < count; k++)
            wanted[k] = random_below(ITEMS);
        for (uint32_t row = 0; row < matrix->rows; row++)
            held += has(matrix->set, row);
        uint32_t kept = held <= 64 ? 1 : (held + 511) / 512 * 8;
        const uint32_t *named = trial % 3 == 0 ? NULL : wanted;
        condense_by_rows(matrix, named, count, kept, expected);
        for (unsigned k = 0; kernels_known(k) != NULL; k++) {
            memset(got, 0xff, (ITEMS * LONGEST + SLACK) * sizeof *got);
            kernels_known(k)->condense(matrix->set, matrix->columns, named, count, matrix->words, got, kept);
            assert_memory_equal(got, expected, (size_t)count * kept * sizeof *got);
        }
    }
    free(matrix);
    free(expected);
    free(got);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_share_what_their_rows_say),
        cmocka_unit_test(three_columns_share_what_their_rows_say),
        cmocka_unit_test(pairs_of_a_table_are_listed_in_their_order),
        cmocka_unit_test(condensed_columns_keep_the_rows_of_the_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
