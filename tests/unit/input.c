/* The reader against libcsv and against itself: random files, all instruction sets, all cuts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <till/random.h>

#include "lib/data/scan.h"
#include "tests/support/csv_reference.h"

static char path[64];

static int make_path(void **state) {
    (void)state;
    strcpy(path, "/tmp/till-input-XXXXXX");
    int descriptor = mkstemp(path);
    return descriptor < 0 ? -1 : close(descriptor);
}

static int remove_path(void **state) {
    (void)state;
    return unlink(path);
}

/* Bytes that matter to the grammar are frequent. */
static size_t random_bytes(struct till_random *random, char *out, size_t most, bool broken) {
    static const char alphabet[] = "aaab,,,\n\n\r\n\"\"x;";
    size_t length = till_random_below(random, most) + 1;
    size_t at = 0;
    memcpy(out, "h,i\n", 4);
    for (at = 4; at < length + 4;) {
        if (broken) {
            out[at++] = alphabet[till_random_below(random, sizeof alphabet - 1)];
            continue;
        }
        /* A whole field, often quoted, then an end. */
        bool quoted = till_random_below(random, 3) == 0;
        size_t body = till_random_below(random, 6);
        if (quoted) {
            out[at++] = '"';
        }
        for (size_t i = 0; i < body; i++) {
            static const char inside[] = "ab,\n\r ";
            unsigned pick = (unsigned)till_random_below(random, 8);
            if (quoted && pick >= 6) {
                out[at++] = '"';
                out[at++] = '"';
            } else {
                out[at++] = quoted ? inside[pick % 6] : inside[pick % 2];
            }
        }
        if (quoted) {
            out[at++] = '"';
        }
        static const char *const ends[] = {",", ",", ",", "\n", "\r\n"};
        const char *end = ends[till_random_below(random, 5)];
        memcpy(out + at, end, strlen(end));
        at += strlen(end);
    }
    return at;
}

static void hold_to_libcsv(bool broken, bool no_simd, unsigned cases, size_t most) {
    char *bytes = malloc(most + 128);
    for (unsigned i = 0; i < cases; i++) {
        struct till_random random;
        till_random_start(&random, broken ? 7 : 3, i);
        size_t length = random_bytes(&random, bytes, most, broken);
        assert_true(write_file(path, bytes, length));
        if (!reader_agrees(path, bytes, length, no_simd)) {
            fail_msg("case %u (%s, %s) of %zu bytes differs from libcsv", i, broken ? "broken" : "whole",
                     no_simd ? "portable" : "vector", length);
        }
    }
    free(bytes);
}

static void whole_files_read_as_libcsv_reads_them(void **state) {
    (void)state;
    hold_to_libcsv(false, false, 3000, 300);
    hold_to_libcsv(false, true, 1000, 300);
}

static void broken_files_are_refused_where_libcsv_refuses_them(void **state) {
    (void)state;
    hold_to_libcsv(true, false, 3000, 120);
    hold_to_libcsv(true, true, 1000, 120);
}

static void files_of_many_chunks_read_as_libcsv_reads_them(void **state) {
    (void)state;
    hold_to_libcsv(false, false, 4, 1200000);
}

/* All scanners of this machine against the one that goes byte by byte. */
static void scanners_agree_on_ends(void **state) {
    (void)state;
    enum { MOST = 700 };
    char *memory = calloc(1, MOST + 256 + 2 * SCAN_PADDING);
    char *bytes = memory + SCAN_PADDING;
    uint32_t *fast_ends = malloc((MOST + 256 + SCAN_PADDING) * sizeof *fast_ends);
    uint32_t *slow_ends = malloc((MOST + 256 + SCAN_PADDING) * sizeof *slow_ends);
    for (unsigned i = 0; i < 20000; i++) {
        struct till_random random;
        till_random_start(&random, 11, i);
        size_t length = random_bytes(&random, bytes, MOST, i % 2 == 0);
        bytes[length++] = '\n';
        struct scan slow = {0};
        uint64_t newlines = 0;
        uint64_t quotes = 0;
        scan_strict(bytes, length, ',', slow_ends, &slow);
        scan_supported(0)->count(bytes, length, &newlines, &quotes);
        for (size_t which = 0; scan_supported(which) != NULL; which++) {
            const struct scanner *scanner = scan_supported(which);
            struct scan fast = {0};
            uint64_t counted[2] = {0, 0};
            scanner->index(bytes, length, ',', fast_ends, &fast);
            scanner->count(bytes, length, &counted[0], &counted[1]);
            assert_int_equal(counted[0], newlines);
            assert_int_equal(counted[1], quotes);
            assert_int_equal(fast.suspicious, slow.fault != SCAN_FINE);
            if (slow.fault == SCAN_FINE) {
                assert_int_equal(fast.ends, slow.ends);
                assert_int_equal(fast.newlines, slow.newlines);
                assert_memory_equal(fast_ends, slow_ends, slow.ends * sizeof *slow_ends);
            }
        }
    }
    free(memory);
    free(fast_ends);
    free(slow_ends);
}

/* A table of (id, amount) read through `count` files in a given layout; returns the sum and the accounting. */
static int64_t sum_of_files(const char *const *paths, size_t count, struct till_accounting *accounting,
                            struct till_error *error) {
    struct till_input *input = NULL;
    struct till_input_options options = {0};
    int64_t sum = 0;
    size_t column = 0;
    if (till_input_open(&input, paths, count, &options, error) != TILL_OK) {
        return -1;
    }
    assert_int_equal(till_schema_column(till_input_schema(input), "amount", &column, error), TILL_OK);
    struct till_wanted wanted = {.column = column, .type = TILL_MONEY, .role = "amount"};
    struct till_plan plan = {.wanted = &wanted, .wanted_count = 1};
    assert_int_equal(till_input_start(input, &plan, error), TILL_OK);
    struct till_block *block = till_block_new(input);
    enum till_status status;
    while ((status = till_input_next(input, block, error)) == TILL_OK && block->rows > 0) {
        for (size_t row = 0; row < block->rows; row++) {
            sum += block->columns[0].money[row];
        }
    }
    *accounting = *till_input_accounting(input);
    till_block_free(block);
    till_input_close(input);
    return status == TILL_OK ? sum : -1;
}

static void files_may_have_their_columns_in_another_order(void **state) {
    (void)state;
    char other[80];
    struct till_error error = {0};
    struct till_accounting accounting;
    snprintf(other, sizeof other, "%s.other", path);
    write_file(path, "id,amount\na,1.50\nb,2\n", 21);
    write_file(other, "amount,id\n3,c\n", 14);
    const char *paths[] = {path, other};
    assert_int_equal(sum_of_files(paths, 2, &accounting, &error), 65000);
    assert_int_equal(accounting.read, 3);
    assert_int_equal(accounting.used, 3);
    write_file(other, "amount,name\n3,c\n", 16);
    assert_int_equal(sum_of_files(paths, 2, &accounting, &error), -1);
    assert_int_equal(error.status, TILL_ERROR_DATA);
    assert_int_equal(error.line, 1);
    assert_string_equal(error.file, other);
    unlink(other);
}

static void a_bad_row_is_named_by_line_and_column(void **state) {
    (void)state;
    struct till_error error = {0};
    struct till_accounting accounting;
    const char *paths[] = {path};
    const char text[] = "id,amount\n\"two\nlines\",1\nb,x\n";
    write_file(path, text, sizeof text - 1);
    assert_int_equal(sum_of_files(paths, 1, &accounting, &error), -1);
    assert_int_equal(error.line, 4);
    assert_int_equal(error.column, 3);
    assert_string_equal(error.role, "amount");
    assert_string_equal(error.message, "not a number: \"x\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_files_read_as_libcsv_reads_them),
        cmocka_unit_test(broken_files_are_refused_where_libcsv_refuses_them),
        cmocka_unit_test(files_of_many_chunks_read_as_libcsv_reads_them),
        cmocka_unit_test(scanners_agree_on_ends),
        cmocka_unit_test(files_may_have_their_columns_in_another_order),
        cmocka_unit_test(a_bad_row_is_named_by_line_and_column),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
