/* till/model.h: what is saved is loaded, and nothing that is damaged is. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include <till/hash.h>
#include <till/model.h>
#include <till/text.h>
#include <till/version.h>

static const char *scratch_path(void) {
    static char path[64];
    snprintf(path, sizeof path, "/tmp/till-test-%ld.json", (long)getpid());
    return path;
}

static void write_file(const void *bytes, size_t length) {
    FILE *file = fopen(scratch_path(), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static json_t *sample(void) {
    json_t *body = json_pack("{s:i, s:[f,f,f], s:{s:s, s:b, s:n, s:[], s:{}}, s:[[i,i],[i,i]]}", "bins", 5, "cuts", 0.1,
                             1.0, -2.5e-300, "about", "name", "客户 \"x\"\n\\", "nested", 1, "none", "empty", "void",
                             "table", 1, 2, 3, 4);
    assert_non_null(body);
    return body;
}

static enum till_status load_bytes(const void *bytes, size_t length, char kind[TILL_MODEL_KIND_SIZE], json_t **body,
                                   struct till_error *error) {
    write_file(bytes, length);
    enum till_status status = till_model_load(scratch_path(), kind, body, error);
    assert_int_equal(unlink(scratch_path()), 0);
    return status;
}

static struct till_text saved(const char *kind, json_t *body) {
    struct till_text text = {0};
    struct till_error error = {0};
    if (till_model_save(till_sink_text(&text), kind, body, &error) != TILL_OK)
        fail_msg("%s", error.message);
    return text;
}

/* A whole file from its text up to the digest. */
static struct till_text signed_text(const char *covered) {
    struct till_text text = {0};
    struct till_digest digest;
    char hex[TILL_FINGERPRINT_TEXT];
    till_digest_start(&digest);
    till_digest_add(&digest, covered, strlen(covered));
    till_fingerprint_text(hex, till_digest_finish(&digest));
    assert_true(till_text_append_format(&text, "%s  \"digest\": \"%s\"\n}\n", covered, hex));
    return text;
}

static void a_model_is_text_that_people_can_read(void **state) {
    (void)state;
    struct till_text expected = signed_text("{\n"
                                            "  \"till\": \"" TILL_VERSION "\",\n"
                                            "  \"kind\": \"rfm-scheme\",\n"
                                            "  \"format\": 1,\n"
                                            "  \"body\": {\n"
                                            "    \"bins\": 5,\n"
                                            "    \"cuts\": [0.1, 1.0, -2.5e-300],\n"
                                            "    \"about\": {\n"
                                            "      \"name\": \"客户 \\\"x\\\"\\n\\\\\",\n"
                                            "      \"nested\": true,\n"
                                            "      \"none\": null,\n"
                                            "      \"empty\": [],\n"
                                            "      \"void\": {}\n"
                                            "    },\n"
                                            "    \"table\": [\n"
                                            "      [1, 2],\n"
                                            "      [3, 4]\n"
                                            "    ]\n"
                                            "  },\n");
    json_t *body = sample();
    struct till_text text = saved("rfm-scheme", body);
    assert_string_equal(till_text_string(&text), till_text_string(&expected));
    json_decref(body);
    till_text_free(&text);
    till_text_free(&expected);
}

static void what_is_saved_is_loaded(void **state) {
    (void)state;
    char kind[TILL_MODEL_KIND_SIZE];
    struct till_error error = {0};
    json_t *body = sample();
    json_t *back;
    assert_int_equal(json_object_set_new(body, "nul", json_stringn("a\0b", 3)), 0);
    struct till_text text = saved("rfm-scheme", body);
    if (load_bytes(text.bytes, text.length, kind, &back, &error) != TILL_OK)
        fail_msg("%s", error.message);
    assert_string_equal(kind, "rfm-scheme");
    assert_true(json_equal(body, back));
    /* Saving what was loaded gives the same file, so the order of keys was kept too. */
    struct till_text again = saved(kind, back);
    assert_string_equal(till_text_string(&text), till_text_string(&again));
    json_decref(back);
    json_decref(body);
    till_text_free(&text);
    till_text_free(&again);
}

static void reals_and_integers_read_back_to_the_bit(void **state) {
    (void)state;
    static const double special[] = {0.0,
                                     -0.0,
                                     1.0,
                                     -1.0,
                                     0.1,
                                     1e15,
                                     1e22,
                                     123456789012345680.0,
                                     5e-324,
                                     1.7976931348623157e308,
                                     2.2250738585072014e-308};
    enum { RANDOM = 20000, SPECIAL = sizeof special / sizeof special[0] };
    static double values[RANDOM + SPECIAL];
    uint64_t bits = 88172645463325252u; /* xorshift64 (Marsaglia 2003) */
    size_t count = 0;
    for (; count < SPECIAL; count++)
        values[count] = special[count];
    while (count < RANDOM + SPECIAL) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&values[count], &bits, sizeof bits);
        count += isfinite(values[count]) ? 1 : 0;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        assert_int_equal(json_array_append_new(list, json_real(values[i])), 0);
    json_t *body = json_pack("{s:o, s:[I,I]}", "reals", list, "integers", (json_int_t)INT64_MIN, (json_int_t)INT64_MAX);
    struct till_text text = saved("test", body);
    char kind[TILL_MODEL_KIND_SIZE];
    json_t *back;
    assert_int_equal(load_bytes(text.bytes, text.length, kind, &back, NULL), TILL_OK);
    for (size_t i = 0; i < count; i++) {
        const json_t *read = json_array_get(json_object_get(back, "reals"), i);
        double value = json_real_value(read);
        assert_true(json_is_real(read));
        assert_memory_equal(&value, &values[i], sizeof value);
    }
    assert_true(json_equal(json_object_get(body, "integers"), json_object_get(back, "integers")));
    json_decref(body);
    json_decref(back);
    till_text_free(&text);
}

static void long_arrays_are_broken_into_lines(void **state) {
    (void)state;
    json_t *list = json_array();
    for (int i = 0; i < 1000; i++)
        assert_int_equal(json_array_append_new(list, json_integer(i)), 0);
    json_t *body = json_pack("{s:o}", "list", list);
    struct till_text text = saved("test", body);
    size_t longest = 0, line = 0;
    for (size_t i = 0; i < text.length; i++) {
        line = text.bytes[i] == '\n' ? 0 : line + 1;
        longest = line > longest ? line : longest;
    }
    assert_in_range(longest, 90, 120);
    json_decref(body);
    till_text_free(&text);
}

static void a_file_cut_anywhere_is_refused(void **state) {
    (void)state;
    json_t *body = sample();
    struct till_text text = saved("rfm-scheme", body);
    for (size_t cut = 0; cut < text.length; cut++) {
        char kind[TILL_MODEL_KIND_SIZE];
        struct till_error error = {0};
        json_t *back;
        assert_int_equal(load_bytes(text.bytes, cut, kind, &back, &error), TILL_ERROR_STATE);
        assert_null(back);
        assert_string_equal(error.file, scratch_path());
    }
    json_decref(body);
    till_text_free(&text);
}

/* No bit is without meaning, not even in a blank. */
static void a_file_with_any_bit_flipped_is_refused(void **state) {
    (void)state;
    json_t *body = sample();
    struct till_text text = saved("rfm-scheme", body);
    for (size_t bit = 0; bit < 8 * text.length; bit++) {
        char kind[TILL_MODEL_KIND_SIZE];
        struct till_error error = {0};
        json_t *back;
        text.bytes[bit / 8] = (char)(text.bytes[bit / 8] ^ 1 << bit % 8);
        assert_int_equal(load_bytes(text.bytes, text.length, kind, &back, &error), TILL_ERROR_STATE);
        assert_null(back);
        text.bytes[bit / 8] = (char)(text.bytes[bit / 8] ^ 1 << bit % 8);
    }
    json_decref(body);
    till_text_free(&text);
}

static void what_is_not_a_model_says_so(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "is not a model"},
        {"{\"a\": 1}\n", "is not a model"},
        {"customer,amount\nC1,5\n", "is not a model"},
        {"\xFF\xFE{\0", "is not a file of till's"},
        {"{\n  \"till\": \"0.1.0\",\n", "does not end with its digest"},
        {"{\n  \"till\": \"0.1.0\",\n  \"digest\": \"00000000000000000000000000000000\"\n}\n", "does not fit"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char kind[TILL_MODEL_KIND_SIZE];
        struct till_error error = {0};
        json_t *body;
        assert_int_equal(load_bytes(cases[i].text, strlen(cases[i].text), kind, &body, &error), TILL_ERROR_STATE);
        if (strstr(error.message, cases[i].message) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", cases[i].message, error.message);
    }
}

static void signed_files_of_another_shape_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *message;
        enum till_status status;
    } cases[] = {
        {"{\n  \"till\": \"9\",\n  \"kind\": \"x\",\n  \"format\": 2,\n  \"body\": {},\n", "another format",
         TILL_ERROR_STATE},
        {"{\n  \"till\": \"9\",\n  \"kind\": \"x\",\n  \"format\": \"1\",\n  \"body\": {},\n", "another format",
         TILL_ERROR_STATE},
        {"{\n  \"till\": \"9\",\n  \"kind\": \"x\",\n  \"format\": 1,\n  \"body\": [],\n", "no kind or no body",
         TILL_ERROR_STATE},
        {"{\n  \"till\": \"9\",\n  \"format\": 1,\n  \"body\": {},\n", "no kind or no body", TILL_ERROR_STATE},
        {"{\n  \"till\": \"9\",\n  \"body\": {,\n", "not JSON in spite of a good digest", TILL_ERROR_MEMORY},
        {"{\n  \"till\": \"9\",\n  \"till\": 1,\n  \"body\": {},\n", "not JSON in spite of a good digest",
         TILL_ERROR_MEMORY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char kind[TILL_MODEL_KIND_SIZE];
        struct till_error error = {0};
        json_t *body;
        struct till_text text = signed_text(cases[i].text);
        assert_int_equal(load_bytes(text.bytes, text.length, kind, &body, &error), cases[i].status);
        if (strstr(error.message, cases[i].message) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", cases[i].message, error.message);
        till_text_free(&text);
    }
}

static void what_cannot_be_read_is_an_input_error(void **state) {
    (void)state;
    char kind[TILL_MODEL_KIND_SIZE];
    struct till_error error = {0};
    json_t *body;
    assert_int_equal(till_model_load("/nowhere/scheme.json", kind, &body, &error), TILL_ERROR_INPUT_OUTPUT);
    assert_null(body);
    assert_string_equal(error.message, "cannot open: No such file or directory");
    assert_string_equal(error.file, "/nowhere/scheme.json");
}

static void kinds_and_bodies_are_checked(void **state) {
    (void)state;
    struct till_text text = {0};
    json_t *object = json_object();
    json_t *array = json_array();
    char kind[TILL_MODEL_KIND_SIZE + 1];
    memset(kind, 'a', TILL_MODEL_KIND_SIZE);
    kind[TILL_MODEL_KIND_SIZE] = '\0';
    assert_int_equal(till_model_save(till_sink_text(&text), "", object, NULL), TILL_ERROR_USAGE);
    assert_int_equal(till_model_save(till_sink_text(&text), "a\"b", object, NULL), TILL_ERROR_USAGE);
    assert_int_equal(till_model_save(till_sink_text(&text), kind, object, NULL), TILL_ERROR_USAGE);
    assert_int_equal(till_model_save(till_sink_text(&text), kind + 1, array, NULL), TILL_ERROR_USAGE);
    assert_int_equal(text.length, 0);
    assert_int_equal(till_model_save(till_sink_text(&text), kind + 1, object, NULL), TILL_OK);
    till_text_free(&text);
    json_decref(object);
    json_decref(array);
}

static enum till_status full(void *context, const void *bytes, size_t length, struct till_error *error) {
    (void)context;
    (void)bytes;
    (void)length;
    return till_error_set(error, TILL_ERROR_INPUT_OUTPUT, "the sink is full");
}

static void the_error_of_the_sink_is_passed_on(void **state) {
    (void)state;
    struct till_error error = {0};
    json_t *body = sample();
    assert_int_equal(till_model_save((struct till_sink){full, NULL}, "x", body, &error), TILL_ERROR_INPUT_OUTPUT);
    assert_string_equal(error.message, "the sink is full");
    json_decref(body);
}

static void a_compressed_model_loads_too(void **state) {
    (void)state;
    char kind[TILL_MODEL_KIND_SIZE];
    json_t *body = sample();
    json_t *back;
    struct till_text text = saved("rfm-scheme", body);
    gzFile file = gzopen(scratch_path(), "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text.bytes, (unsigned)text.length), text.length);
    assert_int_equal(gzclose(file), Z_OK);
    assert_int_equal(till_model_load(scratch_path(), kind, &back, NULL), TILL_OK);
    assert_true(json_equal(body, back));
    assert_int_equal(unlink(scratch_path()), 0);
    json_decref(body);
    json_decref(back);
    till_text_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_is_text_that_people_can_read),
        cmocka_unit_test(what_is_saved_is_loaded),
        cmocka_unit_test(reals_and_integers_read_back_to_the_bit),
        cmocka_unit_test(long_arrays_are_broken_into_lines),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(a_file_with_any_bit_flipped_is_refused),
        cmocka_unit_test(what_is_not_a_model_says_so),
        cmocka_unit_test(signed_files_of_another_shape_are_refused),
        cmocka_unit_test(what_cannot_be_read_is_an_input_error),
        cmocka_unit_test(kinds_and_bodies_are_checked),
        cmocka_unit_test(the_error_of_the_sink_is_passed_on),
        cmocka_unit_test(a_compressed_model_loads_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
