/* Sets and sketches of fingerprints. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fold/fingerprints.h"
#include "lib/fold/hyperloglog.h"

static struct till_fingerprint print_of(uint64_t number) {
    return till_fingerprint_of(&number, sizeof number);
}

static void a_set_holds_each_fingerprint_once(void **state) {
    (void)state;
    struct fingerprints set = {0};
    struct till_fingerprint prints[1000];
    for (int round = 0; round < 3; round++)
        for (uint64_t start = 0; start < 20000; start += 500) {
            for (uint64_t i = 0; i < 1000; i++) /* neighbours overlap by half */
                prints[i] = print_of(start + i);
            assert_true(fingerprints_add(&set, prints, 1000));
        }
    assert_int_equal(set.count, 20500);
    fingerprints_free(&set);
}

static void the_fingerprint_of_zeros_is_one_too(void **state) {
    (void)state;
    struct fingerprints set = {0};
    struct till_fingerprint prints[] = {{0, 0}, {0, 64}, {0, 0}, {0, 128}, {1, 64}, {0, 64}};
    assert_true(fingerprints_add(&set, prints, 6));
    assert_int_equal(set.count, 4);
    fingerprints_free(&set);
}

static void saved_sets_are_equal_whatever_their_order(void **state) {
    (void)state;
    struct fingerprints one = {0};
    struct fingerprints other = {0};
    struct fingerprints loaded = {0};
    struct till_text texts[3] = {{0}, {0}, {0}};
    for (uint64_t i = 0; i < 999; i++) {
        struct till_fingerprint print = print_of(i);
        struct till_fingerprint mirrored = print_of(998 - i);
        assert_true(fingerprints_add(&one, &print, 1) && fingerprints_add(&other, &mirrored, 1));
    }
    assert_true(fingerprints_save(&one, &texts[0]) && fingerprints_save(&other, &texts[1]));
    struct unpack from = {texts[0].bytes, texts[0].length, false};
    assert_true(fingerprints_load(&loaded, &from) && !from.damaged && from.left == 0);
    assert_true(fingerprints_save(&loaded, &texts[2]));
    for (int i = 1; i < 3; i++) {
        assert_int_equal(texts[0].length, texts[i].length);
        assert_memory_equal(texts[0].bytes, texts[i].bytes, texts[0].length);
    }
    from = (struct unpack){texts[0].bytes, texts[0].length - 1, false};
    assert_true(fingerprints_load(&one, &from) && from.damaged);
    fingerprints_free(&one);
    fingerprints_free(&other);
    fingerprints_free(&loaded);
    for (int i = 0; i < 3; i++)
        till_text_free(&texts[i]);
}

/* Four standard errors (Flajolet et al. 2007: 1.04 / sqrt(registers)); small numbers are nearly exact. */
static void estimates_are_within_four_standard_errors(void **state) {
    (void)state;
    const uint64_t counts[] = {0, 1, 10, 1000, 30000, 65536, 200000, 1000000, 3000000};
    struct hyperloglog *sketch = calloc(1, sizeof *sketch);
    assert_non_null(sketch);
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        for (; number < counts[i]; number++)
            hyperloglog_add(sketch, print_of(number));
        double estimate = hyperloglog_estimate(sketch);
        assert_true(fabs(estimate - (double)number) <= 4 * 1.04 / 256 * (double)number);
        if (number <= 10)
            assert_true(fabs(estimate - (double)number) < 0.01);
    }
    free(sketch);
}

static void merged_sketches_are_the_sketch_of_all(void **state) {
    (void)state;
    struct hyperloglog *sketches = calloc(3, sizeof *sketches);
    assert_non_null(sketches);
    for (uint64_t i = 0; i < 100000; i++) {
        hyperloglog_add(&sketches[0], print_of(i));
        hyperloglog_add(&sketches[1 + i % 2], print_of(i));
        hyperloglog_add(&sketches[1], print_of(i / 2));
    }
    hyperloglog_merge(&sketches[1], &sketches[2]);
    assert_memory_equal(&sketches[0], &sketches[1], sizeof *sketches);
    free(sketches);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_holds_each_fingerprint_once),
        cmocka_unit_test(the_fingerprint_of_zeros_is_one_too),
        cmocka_unit_test(saved_sets_are_equal_whatever_their_order),
        cmocka_unit_test(estimates_are_within_four_standard_errors),
        cmocka_unit_test(merged_sketches_are_the_sketch_of_all),
    };
    return cmocka_run_group_tests_name("distinct", tests, NULL, NULL);
}
