/* The table of orders: gathered at the end, or found at once, the entries are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>

#include <till/random.h>

#include "lib/fold/ledger_table.h"

enum { ROWS = 200000, ORDERS = 30000 };

static void add_up(void *context, struct ledger_entry *mine, const struct ledger_entry *other) {
    (void)context;
    mine->spent += other->spent;
    mine->rows += other->rows;
}

/* Rows of random orders, so that nearly all of them come back long after they left the recent ones. */
static void fill(struct ledger_table *table, bool gather_between) {
    struct till_random random;
    till_random_start(&random, 9, 1);
    for (unsigned i = 0; i < ROWS; i++) {
        uint32_t order = (uint32_t)till_random_below(&random, ORDERS);
        struct ledger_key key = {order / 7, order % 7, order % 100};
        struct ledger_entry *entry = ledger_table_entry(table, key);
        assert_non_null(entry);
        entry->spent += i;
        entry->rows++;
        if (gather_between && i % 50000 == 49999) {
            assert_true(ledger_table_gather(table, add_up, NULL));
        }
    }
    assert_true(ledger_table_gather(table, add_up, NULL));
}

/* Sums and rows by order, which the key holds. */
static void read_out(const struct ledger_table *table, int64_t *spent, uint32_t *rows) {
    for (size_t i = 0; i < table->count; i++) {
        const struct ledger_entry *entry = ledger_table_at(table, i);
        size_t order = entry->key.low * 7 + entry->key.high;
        assert_int_equal(entry->key.customer, order % 100);
        assert_int_equal(rows[order], 0); /* an order stands once */
        assert_true(entry->rows > 0);
        spent[order] = entry->spent;
        rows[order] = entry->rows;
    }
}

static void gathered_entries_are_those_of_a_sum_by_order(void **state) {
    (void)state;
    int64_t *expected = calloc(ORDERS, sizeof *expected);
    uint32_t *times = calloc(ORDERS, sizeof *times);
    struct till_random random;
    till_random_start(&random, 9, 1);
    for (unsigned i = 0; i < ROWS; i++) {
        size_t order = (size_t)till_random_below(&random, ORDERS);
        expected[order] += i;
        times[order]++;
    }
    for (unsigned way = 0; way < 3; way++) {
        struct ledger_table table = {.count = 0};
        int64_t *spent = calloc(ORDERS, sizeof *spent);
        uint32_t *rows = calloc(ORDERS, sizeof *rows);
        assert_true(ledger_table_start(&table, way == 2));
        fill(&table, way == 1);
        read_out(&table, spent, rows);
        for (size_t order = 0; order < ORDERS; order++) {
            assert_int_equal(spent[order], expected[order]);
            assert_int_equal(rows[order], times[order]);
        }
        ledger_table_free(&table);
        free(spent);
        free(rows);
    }
    free(expected);
    free(times);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gathered_entries_are_those_of_a_sum_by_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
