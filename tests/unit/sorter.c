/* till/sorter.h: records come out in order, equal ones as they went in, wherever the line between memory and file runs.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include <till/sorter.h>

struct record {
    uint32_t key;
    uint32_t number; /* in the order of adding */
    char more[40];
};

static int by_key(const void *context, const void *a, const void *b) {
    const struct record *left = a, *right = b;
    assert_string_equal(context, "context");
    return (left->key > right->key) - (left->key < right->key);
}

static uint32_t key_of(uint32_t i, uint32_t keys) {
    return (uint32_t)((i * UINT64_C(6364136223846793005) + 1442695040888963407u) >> 33) % keys;
}

static struct till_sorter *make(size_t memory, uint64_t first, uint32_t count, uint32_t keys) {
    const struct till_sorter_order order = {sizeof(struct record), by_key, "context", first};
    struct till_sorter *sorter = till_sorter_new(&order, memory, NULL);
    assert_non_null(sorter);
    for (uint32_t i = 0; i < count; i++) {
        struct record record = {key_of(i, keys), i, {0}};
        memset(record.more, (int)(i & 127), sizeof record.more);
        assert_int_equal(till_sorter_add(sorter, &record, NULL), TILL_OK);
    }
    assert_int_equal(till_sorter_sort(sorter, NULL), TILL_OK);
    return sorter;
}

/* Checks order, and that each record is whole and there once; the first `wanted` are those of the smallest keys. */
static void check(struct till_sorter *sorter, uint64_t wanted, uint32_t count, uint32_t keys) {
    bool *seen = calloc(count + 1u, sizeof *seen);
    struct record last = {0, 0, {0}};
    const void *next;
    assert_int_equal(till_sorter_count(sorter), wanted);
    for (uint64_t i = 0; i < wanted; i++) {
        assert_int_equal(till_sorter_next(sorter, &next, NULL), TILL_OK);
        assert_non_null(next);
        struct record record = *(const struct record *)next;
        assert_true(record.number < count && !seen[record.number]);
        seen[record.number] = true;
        assert_int_equal(record.key, key_of(record.number, keys));
        assert_int_equal(record.more[39], record.number & 127);
        assert_true(i == 0 || last.key < record.key || (last.key == record.key && last.number < record.number));
        last = record;
    }
    for (uint32_t i = 0; i < count && wanted > 0; i++) /* nothing that was left out comes before the last one */
        assert_true(seen[i] || key_of(i, keys) > last.key || (key_of(i, keys) == last.key && i > last.number));
    for (int again = 0; again < 2; again++) {
        assert_int_equal(till_sorter_next(sorter, &next, NULL), TILL_OK);
        assert_null(next);
    }
    free(seen);
}

static void records_come_out_in_order_from_memory_and_file(void **state) {
    (void)state;
    static const size_t memories[] = {0, 100000, (size_t)1 << 30};
    static const uint32_t counts[] = {0, 1, 64, 65, 20000};
    static const uint64_t firsts[] = {0, 1, 20, 60, 10000, 50000};
    for (size_t m = 0; m < sizeof memories / sizeof *memories; m++)
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
            for (size_t f = 0; f < sizeof firsts / sizeof *firsts; f++)
                for (uint32_t keys = 10; keys <= 100000; keys *= 10000) {
                    uint64_t wanted = firsts[f] == 0 || firsts[f] > counts[c] ? counts[c] : firsts[f];
                    struct till_sorter *sorter = make(memories[m], firsts[f], counts[c], keys);
                    check(sorter, wanted, counts[c], keys);
                    till_sorter_free(sorter);
                }
}

static enum till_status add_many(struct till_sorter *sorter, struct till_error *error) {
    const struct record record = {0};
    enum till_status status = TILL_OK;
    for (int i = 0; status == TILL_OK && i < 100000; i++)
        status = till_sorter_add(sorter, &record, error);
    return status;
}

static void a_missing_directory_and_a_full_disk_are_errors(void **state) {
    (void)state;
    const struct till_sorter_order order = {sizeof(struct record), by_key, "context", 0};
    struct till_error error = {0};
    struct till_sorter *sorter = till_sorter_new(&order, 0, "/no such directory");
    assert_int_equal(add_many(sorter, &error), TILL_ERROR_INPUT_OUTPUT);
    assert_non_null(strstr(error.message, "No such file"));
    till_sorter_free(sorter);
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 100000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    sorter = till_sorter_new(&order, 0, NULL);
    assert_int_equal(add_many(sorter, &error), TILL_ERROR_INPUT_OUTPUT);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    till_sorter_free(sorter);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_out_in_order_from_memory_and_file),
        cmocka_unit_test(a_missing_directory_and_a_full_disk_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
