/* till/rows.h: what goes in comes out, in order, wherever the line between memory and file runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <signal.h>

#include <cmocka.h>

#include <till/rows.h>

/* Record i of a sequence whose lengths go from none to longer than a window, with every byte value in them. */
static struct till_slice record_of(size_t i, char *buffer) {
    static const size_t lengths[] = {0, 1, 17, 53, 127, 128, 129, 300, 20000, 3};
    size_t length = i % 97 == 96 ? 300000 : lengths[i % 10];
    for (size_t k = 0; k < length; k++)
        buffer[k] = (char)(i * 31 + k * 7);
    return (struct till_slice){buffer, length};
}

static void assert_all_come_back(struct till_rows *rows, size_t count) {
    char *buffer = malloc(300000);
    struct till_slice record;
    assert_non_null(buffer);
    assert_int_equal(till_rows_rewind(rows, NULL), TILL_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(till_rows_next(rows, &record, NULL), TILL_OK);
        assert_non_null(record.bytes);
        assert_true(till_slice_equal(record, record_of(i, buffer)));
    }
    for (int again = 0; again < 2; again++) {
        assert_int_equal(till_rows_next(rows, &record, NULL), TILL_OK);
        assert_null(record.bytes);
    }
    free(buffer);
}

static void rows_come_back_in_order_from_memory_and_file(void **state) {
    (void)state;
    static const size_t limits[] = {0, 1, 64, 5000, 300000, (size_t)1 << 30};
    static const size_t counts[] = {0, 1, 9, 500};
    char *buffer = malloc(300000);
    assert_non_null(buffer);
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        for (size_t j = 0; j < sizeof counts / sizeof counts[0]; j++) {
            struct till_rows *rows = till_rows_new(limits[i], NULL);
            assert_non_null(rows);
            for (size_t k = 0; k < counts[j]; k++) {
                assert_int_equal(till_rows_add(rows, record_of(k, buffer), NULL), TILL_OK);
                assert_int_equal(till_rows_count(rows), k + 1);
            }
            for (int again = 0; again < 3; again++)
                assert_all_come_back(rows, counts[j]);
            till_rows_free(rows);
        }
    }
    free(buffer);
}

static void a_rewind_halfway_starts_over(void **state) {
    (void)state;
    char buffer[300000];
    struct till_rows *rows = till_rows_new(64, NULL);
    struct till_slice record;
    for (size_t k = 0; k < 300; k++)
        assert_int_equal(till_rows_add(rows, record_of(k, buffer), NULL), TILL_OK);
    for (size_t stop = 0; stop < 300; stop += 61) {
        assert_int_equal(till_rows_rewind(rows, NULL), TILL_OK);
        for (size_t k = 0; k < stop; k++)
            assert_int_equal(till_rows_next(rows, &record, NULL), TILL_OK);
    }
    assert_all_come_back(rows, 300);
    till_rows_free(rows);
}

static void adding_ends_where_reading_begins(void **state) {
    (void)state;
    struct till_rows *rows = till_rows_new(64, NULL);
    struct till_slice record;
    assert_int_equal(till_rows_add(rows, till_slice_of("a"), NULL), TILL_OK);
    assert_int_equal(till_rows_next(rows, &record, NULL), TILL_ERROR_USAGE);
    assert_int_equal(till_rows_rewind(rows, NULL), TILL_OK);
    assert_int_equal(till_rows_add(rows, till_slice_of("b"), NULL), TILL_ERROR_USAGE);
    assert_int_equal(till_rows_count(rows), 1);
    till_rows_free(rows);
    till_rows_free(NULL);
}

static void a_directory_that_is_not_there_is_named(void **state) {
    (void)state;
    struct till_error error = {0};
    struct till_rows *rows = till_rows_new(2, "/nowhere/at all");
    assert_int_equal(till_rows_add(rows, till_slice_of("a"), &error), TILL_OK);
    assert_int_equal(till_rows_add(rows, till_slice_of("b"), &error), TILL_ERROR_INPUT_OUTPUT);
    assert_string_equal(error.message, "/nowhere/at all: cannot make a temporary file: No such file or directory");
    assert_int_equal(till_rows_count(rows), 1);
    till_rows_free(rows);
}

/* A limit on the size of files stands for a full disk. */
static void a_full_disk_is_an_error(void **state) {
    (void)state;
    struct rlimit old, small;
    struct till_error error = {0};
    char buffer[300000];
    struct till_rows *rows = till_rows_new(0, NULL);
    enum till_status status = TILL_OK;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 100000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (size_t k = 0; k < 100 && status == TILL_OK; k++)
        status = till_rows_add(rows, record_of(k, buffer), &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(status, TILL_ERROR_INPUT_OUTPUT);
    assert_string_equal(error.message, "/tmp: cannot write a temporary file: File too large");
    till_rows_free(rows);
}

static void no_file_is_left_behind(void **state) {
    (void)state;
    char directory[] = "/tmp/till-test-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct till_rows *rows = till_rows_new(0, directory);
    assert_int_equal(till_rows_add(rows, till_slice_of("abc"), NULL), TILL_OK);
    assert_int_equal(remove(directory), 0); /* it is empty even now */
    till_rows_free(rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_back_in_order_from_memory_and_file),
        cmocka_unit_test(a_rewind_halfway_starts_over),
        cmocka_unit_test(adding_ends_where_reading_begins),
        cmocka_unit_test(a_directory_that_is_not_there_is_named),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(no_file_is_left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
