/* Schemes of RFM scores as files: what was saved scores as before, and nothing else is let in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <till/model.h>
#include <till/rfm.h>

#define COUNT 200

static struct till_rfm_scheme *fit(enum till_rfm_scores scores, unsigned bins) {
    static int32_t recency[COUNT];
    static uint64_t frequency[COUNT];
    static int64_t monetary[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        recency[i] = (int32_t)(i * i % 97);
        frequency[i] = 1 + i * 31 % 11;
        monetary[i] = (int64_t)(i * 7919 % 1009) * 1234 - 100000;
    }
    struct till_rfm_scheme *scheme;
    struct till_rfm_figures figures = {COUNT, recency, frequency, monetary};
    struct till_error error = {0};
    assert_int_equal(till_rfm_scheme_fit(&scheme, &figures, bins, scores, 10405, &error), TILL_OK);
    return scheme;
}

/* The body of a saved scheme, as a reader of the file has it. */
static json_t *body_of(const struct till_rfm_scheme *scheme) {
    struct till_text text = {0};
    struct till_error error = {0};
    assert_int_equal(till_rfm_scheme_save(till_sink_text(&text), scheme, &error), TILL_OK);
    json_t *model = json_loadb(text.bytes, text.length, 0, NULL);
    assert_non_null(model);
    json_t *body = json_incref(json_object_get(model, "body"));
    assert_non_null(body);
    json_decref(model);
    till_text_free(&text);
    return body;
}

static void assert_same_scores(const struct till_rfm_scheme *a, const struct till_rfm_scheme *b) {
    for (int32_t recency = 0; recency < 100; recency += 3)
        for (uint64_t frequency = 0; frequency < 14; frequency++)
            for (int64_t money = -200000; money < 1300000; money += 70001) {
                struct till_rfm_score one = till_rfm_scheme_score(a, recency, frequency, money);
                struct till_rfm_score two = till_rfm_scheme_score(b, recency, frequency, money);
                assert_true(one.r == two.r && one.f == two.f && one.m == two.m);
                assert_true(till_slice_equal(till_rfm_segments_name(till_rfm_scheme_segments(a), one),
                                             till_rfm_segments_name(till_rfm_scheme_segments(b), two)));
            }
}

static void a_saved_scheme_scores_as_before(void **state) {
    (void)state;
    for (unsigned bins = 2; bins <= 9; bins++)
        for (int scores = TILL_RFM_INDEPENDENT; scores <= TILL_RFM_NESTED; scores++) {
            struct till_rfm_scheme *saved = fit((enum till_rfm_scores)scores, bins), *loaded;
            struct till_text one = {0}, two = {0};
            struct till_error error = {0};
            json_t *body = body_of(saved);
            assert_int_equal(till_rfm_scheme_decode(&loaded, body, &error), TILL_OK);
            assert_same_scores(saved, loaded);
            assert_int_equal(till_rfm_scheme_bins(loaded), bins);
            assert_int_equal(till_rfm_scheme_scores(loaded), scores);
            assert_int_equal(till_rfm_scheme_as_of(loaded), 10405);
            assert_int_equal(till_rfm_scheme_customers(loaded), COUNT);
            assert_int_equal(till_rfm_scheme_save(till_sink_text(&one), saved, &error), TILL_OK);
            assert_int_equal(till_rfm_scheme_save(till_sink_text(&two), loaded, &error), TILL_OK);
            assert_int_equal(one.length, two.length);
            assert_memory_equal(one.bytes, two.bytes, one.length);
            till_text_free(&one);
            till_text_free(&two);
            json_decref(body);
            till_rfm_scheme_free(saved);
            till_rfm_scheme_free(loaded);
        }
}

static void expect_refusal(json_t *body, const char *key, const char *value, const char *message) {
    json_t *broken = json_deep_copy(body), *part = json_loads(value, JSON_DECODE_ANY, NULL);
    assert_non_null(part);
    assert_int_equal(json_object_set_new(broken, key, part), 0);
    struct till_rfm_scheme *scheme;
    struct till_error error = {0};
    assert_int_equal(till_rfm_scheme_decode(&scheme, broken, &error), TILL_ERROR_STATE);
    assert_null(scheme);
    if (strstr(error.message, message) == NULL)
        fail_msg("%s: %s: %s", key, value, error.message);
    json_decref(broken);
}

static void whatever_scoring_relies_on_is_checked(void **state) {
    (void)state;
    struct till_rfm_scheme *scheme = fit(TILL_RFM_INDEPENDENT, 3), *loaded;
    json_t *body = body_of(scheme);
    struct till_error error = {0};
    expect_refusal(body, "bins", "1", "bins are not 2 to 9");
    expect_refusal(body, "bins", "10", "bins are not 2 to 9");
    expect_refusal(body, "bins", "3.0", "bins are not 2 to 9");
    expect_refusal(body, "bins", "4", "cuts of recency");
    expect_refusal(body, "scores", "\"other\"", "independent nor nested");
    expect_refusal(body, "scores", "null", "independent nor nested");
    expect_refusal(body, "scores", "\"nested\"", "cuts of frequency");
    expect_refusal(body, "customers", "0", "number of customers");
    expect_refusal(body, "as_of", "\"yesterday\"", "as_of");
    expect_refusal(body, "recency", "[5, 9]", "cuts of recency");
    expect_refusal(body, "recency", "[9, -1]", "cuts of recency");
    expect_refusal(body, "recency", "[9, 8, 7]", "cuts of recency");
    expect_refusal(body, "frequency", "[3, 2]", "cuts of frequency");
    expect_refusal(body, "frequency", "[\"1\", \"2\"]", "cuts of frequency");
    expect_refusal(body, "monetary", "[1, 2]", "cuts of money");
    expect_refusal(body, "monetary", "[\"1\", \"x\"]", "cuts of money");
    expect_refusal(body, "monetary", "[\"1\", \"2.00001\"]", "cuts of money");
    expect_refusal(body, "monetary", "[\"2\", \"1\"]", "cuts of money");
    expect_refusal(body, "segments", "[]", "the cell r=1 f=1 m=1 is covered by no segment");
    expect_refusal(body, "segments", "7", "is covered by no segment");
    expect_refusal(body, "segments", "[{\"segment\": \"a\", \"r\": [1, 3], \"f\": [1, 3]}]", "no range");
    expect_refusal(body, "segments", "[{\"r\": [1, 3], \"f\": [1, 3], \"m\": [1, 3]}]", "no name");
    assert_int_equal(till_rfm_scheme_decode(&loaded, body, &error), TILL_OK);
    till_rfm_scheme_free(loaded);
    json_decref(body);
    till_rfm_scheme_free(scheme);
}

static void a_model_of_another_kind_is_refused(void **state) {
    (void)state;
    char path[] = "/tmp/till-rfm-scheme-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    struct till_text text = {0};
    struct till_error error = {0};
    json_t *body = json_pack("{s:i}", "bins", 5);
    assert_int_equal(till_model_save(till_sink_text(&text), "tier-scheme", body, &error), TILL_OK);
    assert_int_equal(write(descriptor, text.bytes, text.length), (ssize_t)text.length);
    struct till_rfm_scheme *scheme;
    assert_int_equal(till_rfm_scheme_load(&scheme, path, &error), TILL_ERROR_STATE);
    assert_null(scheme);
    assert_string_equal(error.file, path);
    assert_non_null(strstr(error.message, "tier-scheme"));
    char digest[TILL_FINGERPRINT_TEXT];
    assert_int_equal(till_model_digest(path, digest, &error), TILL_OK);
    assert_non_null(strstr(till_text_string(&text), digest));
    json_decref(body);
    till_text_free(&text);
    close(descriptor);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_saved_scheme_scores_as_before),
        cmocka_unit_test(whatever_scoring_relies_on_is_checked),
        cmocka_unit_test(a_model_of_another_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
