/* Sums of doubles without rounding. The expected values are those of Python's math.fsum (CPython 3.11), which is exact
 * too, or follow from arithmetic on powers of two. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <till/sums.h>

#include "lib/fold/exact_sum.h"

static double sum_of(const double *values, size_t count) {
    struct exact_sum sum = {0};
    for (size_t i = 0; i < count; i++)
        exact_sum_add(&sum, values[i], 1);
    return exact_sum_value(&sum);
}

static void assert_same_double(double a, double b) {
    assert_memory_equal(&a, &b, sizeof a);
}

static void what_floating_point_loses_is_kept(void **state) {
    (void)state;
    assert_same_double(sum_of((double[]){1e100, 1, -1e100}, 3), 1);
    assert_same_double(sum_of((double[]){1e308, 1e308, -1e308}, 3), 1e308);
    assert_same_double(sum_of((double[]){DBL_TRUE_MIN, 1, -1}, 3), DBL_TRUE_MIN);
    assert_same_double(sum_of((double[]){-DBL_MAX, DBL_TRUE_MIN, DBL_MAX}, 3), DBL_TRUE_MIN);
    assert_same_double(sum_of((double[]){0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, 10), 1.0); /* math.fsum */
    assert_same_double(sum_of((double[]){-1.5, -2.25}, 2), -3.75);
    assert_same_double(sum_of((double[]){0}, 1), 0);
}

static void halves_round_to_even_and_anything_below_counts(void **state) {
    (void)state;
    const double half_step = ldexp(1, -53);
    assert_same_double(sum_of((double[]){1, half_step}, 2), 1);
    assert_same_double(sum_of((double[]){1, half_step, DBL_TRUE_MIN}, 3), 1 + DBL_EPSILON);
    assert_same_double(sum_of((double[]){1 + DBL_EPSILON, half_step}, 2), 1 + 2 * DBL_EPSILON);
    assert_same_double(sum_of((double[]){1, half_step, -DBL_TRUE_MIN}, 3), 1);
}

static void times_is_as_adding_so_often(void **state) {
    (void)state;
    struct exact_sum once = {0};
    struct exact_sum often = {0};
    for (int i = 0; i < 1000; i++)
        exact_sum_add(&once, -0.3, 1);
    exact_sum_add(&often, -0.3, 1000);
    assert_same_double(exact_sum_value(&once), exact_sum_value(&often));
    struct exact_sum large = {0};
    exact_sum_add(&large, 0.5, UINT64_C(1) << 40);
    assert_same_double(exact_sum_value(&large), ldexp(1, 39));
    struct exact_sum largest = {0};
    exact_sum_add(&largest, 3, UINT64_MAX);
    exact_sum_add(&largest, 3, 1);
    assert_same_double(exact_sum_value(&largest), 3 * ldexp(1, 64));
}

static void order_and_cut_do_not_matter(void **state) {
    (void)state;
    enum { VALUES = 3000 };
    static double values[VALUES];
    struct exact_sum forward = {0};
    struct exact_sum backward = {0};
    uint64_t bits = 1;
    for (int i = 0; i < VALUES; i++) {
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); /* Knuth's MMIX generator */
        values[i] = ldexp((double)(int64_t)bits, (int)(bits >> 53) % 300 - 150);
        exact_sum_add(&forward, values[i], 1);
    }
    struct exact_sum part = {0};
    for (int i = VALUES; i-- > 0;) {
        exact_sum_add(&part, values[i], 1);
        if (i % 700 != 0)
            continue;
        exact_sum_merge(&backward, &part);
        memset(&part, 0, sizeof part);
    }
    exact_sum_settle(&forward);
    assert_memory_equal(forward.limbs, backward.limbs, sizeof forward.limbs);
    assert_same_double(exact_sum_value(&forward), exact_sum_value(&backward));
}

static void cells_do_not_mix(void **state) {
    (void)state;
    struct till_sums *sums = till_sums_new(3);
    assert_non_null(sums);
    for (int i = 0; i < 10; i++)
        assert_true(till_sums_add(sums, 2, 0.1) && till_sums_add(sums, 0, i % 2 == 0 ? 1e100 : -1e100));
    assert_true(till_sums_add(sums, 0, 3));
    assert_same_double(till_sums_get(sums, 0), 3);
    assert_same_double(till_sums_get(sums, 1), 0);
    assert_same_double(till_sums_get(sums, 2), 1);
    till_sums_free(sums);
    till_sums_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_floating_point_loses_is_kept),
        cmocka_unit_test(cells_do_not_mix),
        cmocka_unit_test(halves_round_to_even_and_anything_below_counts),
        cmocka_unit_test(times_is_as_adding_so_often),
        cmocka_unit_test(order_and_cut_do_not_matter),
    };
    return cmocka_run_group_tests_name("exact_sum", tests, NULL, NULL);
}
