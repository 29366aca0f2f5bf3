/* Errors: what is set, what is cleared, what is escaped, and where a text is cut. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <till/error.h>

static void set_fills_the_message_and_clears_the_place(void **state) {
    (void)state;
    struct till_error error = {0};
    till_error_at(&error, "a.csv", 7, 3, "amount");
    assert_int_equal(TILL_ERROR_DATA, till_error_set(&error, TILL_ERROR_DATA, "%d of %s", 5, "x"));
    assert_int_equal(TILL_ERROR_DATA, error.status);
    assert_string_equal("5 of x", error.message);
    assert_string_equal("", error.file);
    assert_string_equal("", error.role);
    assert_int_equal(0, error.line);
    assert_int_equal(0, error.column);
}

static void no_error_struct_is_allowed(void **state) {
    (void)state;
    assert_int_equal(TILL_ERROR_USAGE, till_error_set(NULL, TILL_ERROR_USAGE, "x"));
    assert_int_equal(TILL_ERROR_MEMORY, till_error_memory(NULL));
    assert_int_equal(TILL_ERROR_INPUT_OUTPUT, till_error_system(NULL, "f", "cannot read", EIO));
    till_error_at(NULL, "f", 1, 1, "r");
}

static void an_error_can_be_wrapped_in_itself(void **state) {
    (void)state;
    struct till_error error = {0};
    till_error_set(&error, TILL_ERROR_DATA, "inner");
    till_error_at(&error, "a.csv", 1, 2, "date");
    till_error_set(&error, TILL_ERROR_MODEL, "outer: %s in %s", error.message, error.file);
    assert_string_equal("outer: inner in a.csv", error.message);
    till_error_at(&error, "b.csv", 1, 2, "date");
    till_error_at(&error, error.file, 3, 4, error.role);
    assert_string_equal("b.csv", error.file);
    assert_string_equal("date", error.role);
}

static void system_errors_name_path_act_and_reason(void **state) {
    (void)state;
    struct till_error error = {0};
    assert_int_equal(TILL_ERROR_INPUT_OUTPUT, till_error_system(&error, "out.csv", "cannot write", ENOSPC));
    assert_string_equal("out.csv: cannot write: No space left on device", error.message);
    till_error_system(&error, NULL, "cannot start", ENOSPC);
    assert_string_equal("cannot start: No space left on device", error.message);
    /* However long the path, the reason is there. */
    char path[4096];
    memset(path, 'p', sizeof path);
    path[sizeof path - 1] = '\0';
    till_error_system(&error, path, "cannot read", EISDIR);
    assert_non_null(strstr(error.message, "ppp: cannot read: Is a directory"));
    assert_memory_equal("...ppp", error.message, 6);
}

static void memory_has_its_own_status(void **state) {
    (void)state;
    struct till_error error = {0};
    assert_int_equal(TILL_ERROR_MEMORY, till_error_memory(&error));
    assert_int_equal(TILL_ERROR_MEMORY, error.status);
    assert_true(strlen(error.message) > 0);
}

/* Whole characters of 3 bytes fit into `size` bytes with the NUL behind them: the cut must leave a multiple of 3. */
static void long_texts_are_cut_between_characters(void **state) {
    (void)state;
    char text[2000];
    for (size_t lead = 0; lead < 4; lead++) {
        memset(text, 'a', lead);
        for (size_t i = lead; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "\xe5\x85\x83", 4);
        struct till_error error = {0};
        till_error_set(&error, TILL_ERROR_DATA, "%s", text);
        till_error_at(&error, text, 1, 1, text);
        assert_int_equal(0, (strlen(error.message) - lead) % 3);
        assert_true(strlen(error.message) + 3 >= sizeof error.message - 1);
        assert_int_equal(0, (strlen(error.file) - lead) % 3);
        assert_true(strlen(error.file) + 3 >= sizeof error.file - 1);
        assert_int_equal(0, (strlen(error.role) - lead) % 3);
    }
}

static void quotes(const char *bytes, size_t length, const char *expected) {
    char out[TILL_QUOTED_SIZE];
    assert_string_equal(expected, till_error_quote(out, bytes, length));
}

static void quote_escapes_what_could_deceive(void **state) {
    (void)state;
    quotes("", 0, "\"\"");
    quotes("12.5\xe5\x85\x83", 7, "\"12.5\xe5\x85\x83\"");
    quotes("a\"b\\c\n\t\r", 8, "\"a\\\"b\\\\c\\n\\t\\r\"");
    quotes("\0\x1b[2J\x7f", 6, "\"\\x00\\x1b[2J\\x7f\"");
    quotes("\xc2\x85", 2, "\"\\xc2\\x85\""); /* NEL, a C1 control */
    quotes("\xe2\x80\xae"
           "abc",
           6,
           "\"\\xe2\\x80\\xae"
           "abc\"");                                               /* right-to-left override */
    quotes("\xe2\x81\xa7", 3, "\"\\xe2\\x81\\xa7\"");              /* right-to-left isolate */
    quotes("\xc2\xa0\xe2\x80\x93", 5, "\"\xc2\xa0\xe2\x80\x93\""); /* no-break space and dash are harmless */
}

static void quote_escapes_invalid_utf8(void **state) {
    (void)state;
    quotes("\xff", 1, "\"\\xff\"");
    quotes("\x80"
           "a",
           2,
           "\"\\x80"
           "a\"");
    quotes("\xc0\xaf", 2, "\"\\xc0\\xaf\"");                   /* overlong */
    quotes("\xe0\x9f\xbf", 3, "\"\\xe0\\x9f\\xbf\"");          /* overlong */
    quotes("\xed\xa0\x80", 3, "\"\\xed\\xa0\\x80\"");          /* surrogate */
    quotes("\xf4\x90\x80\x80", 4, "\"\\xf4\\x90\\x80\\x80\""); /* above U+10FFFF */
    quotes("\xe5\x85", 2, "\"\\xe5\\x85\"");                   /* ends too early */
    quotes("\xe5"
           "a",
           2,
           "\"\\xe5"
           "a\"");
    quotes("\xf0\x9f\x98\x80", 4, "\"\xf0\x9f\x98\x80\"");
}

static void quote_cuts_after_64_bytes_and_between_characters(void **state) {
    (void)state;
    char bytes[100], expected[TILL_QUOTED_SIZE];
    memset(bytes, 'a', sizeof bytes);
    snprintf(expected, sizeof expected, "\"%.64s\"", bytes);
    quotes(bytes, 64, expected);
    snprintf(expected, sizeof expected, "\"%.64s\"...", bytes);
    quotes(bytes, 65, expected);
    memcpy(bytes + 62, "\xe5\x85\x83", 3); /* bytes 62..64: half of it lies behind the limit */
    snprintf(expected, sizeof expected, "\"%.62s\"...", bytes);
    quotes(bytes, 100, expected);
}

static void quote_fits_its_buffer_at_worst(void **state) {
    (void)state;
    char bytes[200];
    struct {
        char out[TILL_QUOTED_SIZE];
        char behind;
    } room = {.behind = 'x'};
    memset(bytes, 0xff, sizeof bytes);
    till_error_quote(room.out, bytes, sizeof bytes);
    assert_int_equal(64 * 4 + 2 + 3, strlen(room.out));
    assert_int_equal('x', room.behind);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_fills_the_message_and_clears_the_place),
        cmocka_unit_test(no_error_struct_is_allowed),
        cmocka_unit_test(an_error_can_be_wrapped_in_itself),
        cmocka_unit_test(system_errors_name_path_act_and_reason),
        cmocka_unit_test(memory_has_its_own_status),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(quote_escapes_what_could_deceive),
        cmocka_unit_test(quote_escapes_invalid_utf8),
        cmocka_unit_test(quote_cuts_after_64_bytes_and_between_characters),
        cmocka_unit_test(quote_fits_its_buffer_at_worst),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
