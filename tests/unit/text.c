/* Slices and growable texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <till/text.h>

static int sign(int value) {
    return (value > 0) - (value < 0);
}

static void slices_compare_as_bytes(void **state) {
    (void)state;
    /* In the order of `LC_ALL=C sort`; bytes above 127 come last. */
    const char *rising[] = {"", "10", "9", "A", "AB", "Aa", "a", "\xc3\xa4", "\xe5\x85\x83"};
    size_t count = sizeof rising / sizeof *rising;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            struct till_slice a = till_slice_of(rising[i]), b = till_slice_of(rising[j]);
            assert_int_equal((i > j) - (i < j), sign(till_slice_compare(a, b)));
            assert_int_equal(i == j, till_slice_equal(a, b));
        }
}

static void missing_slices_are_safe(void **state) {
    (void)state;
    struct till_slice missing = till_slice_of(NULL);
    assert_null(missing.bytes);
    assert_int_equal(0, missing.length);
    assert_int_equal(0, till_slice_compare(missing, missing));
    assert_true(till_slice_compare(missing, till_slice_of("a")) < 0);
    assert_true(till_slice_equal(missing, missing));
}

static void bytes_are_appended_verbatim(void **state) {
    (void)state;
    struct till_text text = {0};
    assert_true(till_text_append(&text, "a\0b", 3));
    assert_true(till_text_append(&text, NULL, 0));
    assert_true(till_text_append_string(&text, "cd"));
    assert_true(till_text_append_format(&text, "%03d%s", 7, "!"));
    assert_int_equal(9, text.length);
    assert_memory_equal("a\0bcd007!", text.bytes, 9);
    assert_string_equal("bcd007!", till_text_string(&text) + 2);
    assert_int_equal(9, text.length);
    till_text_free(&text);
    assert_null(text.bytes);
    assert_int_equal(0, text.length + text.capacity);
}

static void an_empty_text_is_an_empty_string(void **state) {
    (void)state;
    struct till_text text = {0};
    assert_string_equal("", till_text_string(&text));
    till_text_free(&text);
    till_text_free(&text);
}

static void growth_is_geometric(void **state) {
    (void)state;
    struct till_text text = {0};
    size_t moves = 0, capacity = 0;
    for (unsigned i = 0; i < 1000000; i++) {
        char byte = (char)i;
        assert_true(till_text_append(&text, &byte, 1));
        moves += text.capacity != capacity;
        capacity = text.capacity;
    }
    assert_true(moves <= 20);
    for (unsigned i = 0; i < 1000000; i++)
        assert_int_equal((char)i, text.bytes[i]);
    till_text_free(&text);
}

static void impossible_sizes_fail_and_change_nothing(void **state) {
    (void)state;
    struct till_text text = {0};
    assert_true(till_text_append_string(&text, "kept"));
    struct till_text before = text;
    assert_false(till_text_reserve(&text, SIZE_MAX));
    assert_false(till_text_reserve(&text, SIZE_MAX - 3));
    assert_false(till_text_reserve(&text, SIZE_MAX / 2));
    assert_memory_equal(&before, &text, sizeof text);
    assert_memory_equal("kept", text.bytes, 4);
    till_text_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_compare_as_bytes),     cmocka_unit_test(missing_slices_are_safe),
        cmocka_unit_test(bytes_are_appended_verbatim), cmocka_unit_test(an_empty_text_is_an_empty_string),
        cmocka_unit_test(growth_is_geometric),         cmocka_unit_test(impossible_sizes_fail_and_change_nothing),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
