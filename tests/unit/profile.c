/* Profiles and drift: figures of scipy 1.10, and the formulas by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <till/profile.h>

static void assert_near(double actual, double wanted, double tolerance) {
    if (!(fabs(actual - wanted) <= tolerance))
        fail_msg("%.17g instead of %.17g", actual, wanted);
}

/* scipy.stats.ttest_ind(equal_var=False); Cohen's d in numpy. */
static void means_are_compared_as_welch_and_cohen_say(void **state) {
    const double values[] = {1, 3, 2, 5, 4, 9, 8, 10, 20, 7, (double)NAN, 1000};
    const uint32_t none = TILL_PROFILE_NO_GROUP, groups[] = {0, 1, 0, 1, 0, 1, 0, 1, 1, 2, 2, none};
    struct till_profile_mean means[3];
    (void)state;
    assert_int_equal(till_profile_numbers(values, groups, 12, 3, means, NULL), TILL_OK);
    assert_near(means[0].effect, -1.032717503170297, 1e-12);
    assert_near(means[0].p_value, 0.10761099703100985, 1e-12);
    assert_near(means[1].effect, 0.9749719699587897, 1e-12);
    assert_near(means[1].p_value, 0.17720740682040692, 1e-12);
    assert_near(means[1].mean, 9.4, 1e-12);
    assert_near(means[1].base_mean, 4.4, 1e-12);
    assert_int_equal(means[2].count, 1);
    assert_near(means[2].effect, 0.019024338184511585, 1e-12);
    assert_true(isnan(means[2].p_value)); /* one value has no spread */
}

static void groups_without_a_rest_or_values_are_not_defined(void **state) {
    const double values[] = {1, 2, (double)NAN};
    const uint32_t one[] = {0, 0, 0}, two[] = {0, 0, 1};
    struct till_profile_mean means[2];
    (void)state;
    assert_int_equal(till_profile_numbers(values, one, 3, 1, means, NULL), TILL_OK);
    assert_true(isnan(means[0].base_mean) && isnan(means[0].effect) && isnan(means[0].p_value));
    assert_int_equal(till_profile_numbers(values, two, 3, 2, means, NULL), TILL_OK);
    assert_true(means[1].count == 0 && isnan(means[1].mean) && isnan(means[1].p_value));
    assert_true(isnan(till_profile_share(0, 0, 3, 5).p_value));
}

/* Numbers of any size: those of the test above, made smaller until their squares squared are too small for a double;
 * and one whose square is too large for one. */
static void means_of_extreme_numbers_are_compared_or_not_defined(void **state) {
    double values[] = {1, 3, 2, 5, 4, 9, 8, 10, 20, 7};
    const uint32_t groups[] = {0, 1, 0, 1, 0, 1, 0, 1, 1, 2};
    struct till_profile_mean means[3], small[3];
    (void)state;
    assert_int_equal(till_profile_numbers(values, groups, 10, 3, means, NULL), TILL_OK);
    for (size_t i = 0; i < 10; i++)
        values[i] = ldexp(values[i], -300);
    assert_int_equal(till_profile_numbers(values, groups, 10, 3, small, NULL), TILL_OK);
    assert_near(small[0].effect, means[0].effect, 1e-12);
    assert_near(small[0].p_value, means[0].p_value, 1e-12);
    values[0] = 1e300;
    assert_int_equal(till_profile_numbers(values, groups, 10, 3, means, NULL), TILL_OK);
    assert_true(isnan(means[0].effect) && isnan(means[0].p_value));
}

/* scipy.stats: fisher_exact where little is expected, chi2_contingency(correction=False) elsewhere. */
static void shares_are_compared_as_fisher_and_pearson_say(void **state) {
    (void)state;
    assert_near(till_profile_share(30, 100, 400, 1900).p_value, 0.033773079350244914, 1e-12);
    assert_near(till_profile_share(30, 100, 400, 1900).effect, 0.2059202575478678, 1e-12);
    assert_near(till_profile_share(2, 30, 30, 1000).p_value, 0.23825389119810406, 1e-10);
    assert_near(till_profile_share(300, 1000, 4000, 5500).p_value / 4.66542304103176e-152, 1, 1e-9);
    assert_near(till_profile_share(5, 5, 9, 9).p_value, 1, 0);
}

/* By hand, from the step-up formula. */
static void q_values_are_those_of_benjamini_and_hochberg(void **state) {
    const double p[] = {0.04, (double)NAN, 0.01, 0.03, 0.5};
    double q[5];
    (void)state;
    assert_int_equal(till_profile_adjust(p, q, 5, NULL), TILL_OK);
    assert_near(q[0], 0.16 / 3, 1e-12);
    assert_true(isnan(q[1]));
    assert_near(q[2], 0.04, 1e-12);
    assert_near(q[3], 0.16 / 3, 1e-12);
    assert_near(q[4], 0.5, 1e-12);
}

static void drift_is_that_of_the_formula(void **state) {
    (void)state;
    /* (2.5 / 8 - 1.5 / 8) ln(2.5 / 1.5) */
    assert_near(till_profile_psi(1, 5, 2, 5, 6), 0.125 * log(2.5 / 1.5), 1e-15);
    assert_near(till_profile_psi(7, 50, 7, 50, 4), 0, 0);
    assert_near(till_profile_psi_expected(1000, 500, 10), 9 * 0.003, 1e-15);
    assert_near(till_profile_psi_quantile(1000, 500, 10, 0.95), 0.050756932813861344, 1e-12); /* scipy.stats.chi2 */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(means_are_compared_as_welch_and_cohen_say),
                                       cmocka_unit_test(means_of_extreme_numbers_are_compared_or_not_defined),
                                       cmocka_unit_test(groups_without_a_rest_or_values_are_not_defined),
                                       cmocka_unit_test(shares_are_compared_as_fisher_and_pearson_say),
                                       cmocka_unit_test(q_values_are_those_of_benjamini_and_hochberg),
                                       cmocka_unit_test(drift_is_that_of_the_formula)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
