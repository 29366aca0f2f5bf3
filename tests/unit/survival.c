/* Survival: the leukaemia trial of Freireich as in textbooks, concordance by its definition, and laws that any correct
 * code keeps: units and order do not matter, curves of parts are the curve of the whole. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <till/random.h>
#include <till/survival.h>
#include <till/tails.h>

#include "lib/mining/survival/parts.h"

static bool is_near(double got, double wanted, double tolerance) {
    if (fabs(got - wanted) <= tolerance * fmax(1, fabs(wanted)))
        return true;
    print_message("got %.15g, wanted %.15g\n", got, wanted);
    return false;
}

/* Weeks of remission, 6-MP and placebo: Freireich and others, Blood 21, 1963; the data of many textbooks. */
static const double six_mp[] = {6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35};
static const double six_mp_event[] = {1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0};
static const double placebo[] = {1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23};
enum { PATIENTS = 21 };

static void kaplan_meier_of_6mp_equals_the_textbook(void **state) {
    struct till_survival_curve *curve;
    struct till_error error = {0};
    double limits[2];
    (void)state;
    assert_int_equal(till_survival_estimate(&curve, six_mp, six_mp_event, PATIENTS, -1, &error), TILL_OK);
    /* Kleinbaum, Klein, Survival Analysis, 3rd edition, chapter 2: .8571 at 6, .5378 at 22, .4482 at 23. */
    assert_true(is_near(curve->points[0].survival, 0.8571, 5e-5));
    for (size_t i = 0; i < curve->count; i++) {
        if (curve->points[i].time == 22)
            assert_true(is_near(curve->points[i].survival, 0.5378, 5e-5));
        if (curve->points[i].time == 23)
            assert_true(is_near(curve->points[i].survival, 0.4482, 5e-5));
    }
    assert_true(till_survival_quantile(curve, 0.5, TILL_SURVIVAL_LOG, 1.96, limits) == 23);
    till_survival_free(curve);
}

static void logrank_of_6mp_equals_the_textbook(void **state) {
    double time[2 * PATIENTS], event[2 * PATIENTS];
    uint32_t group[2 * PATIENTS];
    struct till_survival_test *test;
    struct till_error error = {0};
    (void)state;
    for (size_t i = 0; i < PATIENTS; i++) {
        time[i] = six_mp[i];
        event[i] = six_mp_event[i];
        group[i] = 0;
        time[PATIENTS + i] = placebo[i];
        event[PATIENTS + i] = 1;
        group[PATIENTS + i] = 1;
    }
    assert_int_equal(till_survival_logrank(&test, time, event, group, (size_t)2 * PATIENTS, 2, &error), TILL_OK);
    /* Kleinbaum, Klein: chi-square 16.79, expected 19.25 and 10.75. */
    assert_true(is_near(test->chi_square, 16.79, 5e-4));
    assert_true(is_near(test->expected[0], 19.25, 5e-4));
    assert_true(is_near(test->expected[1], 10.75, 5e-4));
    till_survival_test_free(test);
}

static void curve_given_a_time_is_a_ratio(void **state) {
    struct till_survival_curve *all, *given;
    struct till_error error = {0};
    (void)state;
    assert_int_equal(till_survival_estimate(&all, six_mp, six_mp_event, PATIENTS, -1, &error), TILL_OK);
    assert_int_equal(till_survival_estimate(&given, six_mp, six_mp_event, PATIENTS, 10, &error), TILL_OK);
    double base = 1;
    size_t at = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (all->points[i].time <= 10)
            base = all->points[i].survival;
        else
            assert_true(is_near(given->points[at++].survival, all->points[i].survival / base, 1e-14));
    }
    assert_int_equal(at, given->count);
    till_survival_free(all);
    till_survival_free(given);
}

/* Without censoring, the mean up to the last time is the mean of the times, and its error that of a mean (by n). */
static void restricted_mean_without_censoring_is_the_mean(void **state) {
    double event[PATIENTS], sum = 0, squares = 0, std_error;
    struct till_survival_curve *curve;
    struct till_error error = {0};
    (void)state;
    for (size_t i = 0; i < PATIENTS; i++) {
        event[i] = 1;
        sum += placebo[i] / PATIENTS;
    }
    for (size_t i = 0; i < PATIENTS; i++)
        squares += (placebo[i] - sum) * (placebo[i] - sum);
    assert_int_equal(till_survival_estimate(&curve, placebo, event, PATIENTS, -1, &error), TILL_OK);
    assert_true(is_near(till_survival_mean(curve, 23, &std_error), sum, 1e-14));
    assert_true(is_near(std_error, sqrt(squares) / PATIENTS, 1e-12));
    till_survival_free(curve);
}

/* Times, events and scores with many ties. */
enum { ROWS = 300 };
static void draw(double *time, double *event, double *score, uint64_t seed) {
    struct till_random random;
    till_random_start(&random, seed, 0);
    for (size_t i = 0; i < ROWS; i++) {
        time[i] = (double)till_random_below(&random, 40);
        event[i] = till_random_below(&random, 3) > 0 ? 1 : 0;
        score[i] = (double)till_random_below(&random, 25);
    }
}

static void concordance_equals_its_definition(void **state) {
    double time[ROWS], event[ROWS], score[ROWS], got, std_error, agree = 0, pairs = 0;
    struct till_error error = {0};
    (void)state;
    draw(time, event, score, 7);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < ROWS; j++) {
            /* i is known to have left before j. */
            if (event[i] == 0 || !(time[i] < time[j] || (time[i] == time[j] && event[j] == 0)))
                continue;
            pairs++;
            agree += score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0;
        }
    assert_int_equal(survival_concordance(time, event, score, ROWS, &got, &std_error, &error), TILL_OK);
    assert_true(is_near(got, agree / pairs, 1e-14));
    assert_true(std_error > 0);
}

/* A frame of two columns: scores as numbers, and as levels. */
static void fill_frame(struct till_frame *frame, struct till_frame_column *columns, double *score, double *other) {
    static char names[2][2] = {"a", "b"};
    columns[0] = (struct till_frame_column){.name = names[0], .numbers = score};
    columns[1] = (struct till_frame_column){.name = names[1], .numbers = other};
    *frame = (struct till_frame){.rows = ROWS, .count = 2, .columns = columns};
}

static struct till_cox *fit(const double *time, const double *event, double *score, double *other) {
    struct till_frame frame;
    struct till_frame_column columns[2];
    struct till_design *design;
    struct till_cox *cox;
    struct till_error error = {0};
    fill_frame(&frame, columns, score, other);
    assert_int_equal(till_design_make(&design, &frame, 0, 2, &error), TILL_OK);
    assert_int_equal(till_cox_fit(&cox, design, time, event, false, &error), TILL_OK);
    till_design_free(design);
    return cox;
}

static void cox_follows_units_and_forgets_order(void **state) {
    double time[ROWS], event[ROWS], score[ROWS], other[ROWS];
    (void)state;
    draw(time, event, score, 11);
    for (size_t i = 0; i < ROWS; i++)
        other[i] = (double)(i % 7);
    struct till_cox *first = fit(time, event, score, other);
    for (size_t i = 0; i < ROWS; i++) {
        score[i] = 1e6 + 1000 * score[i];
        time[i] *= 30.5;
    }
    struct till_cox *scaled = fit(time, event, score, other);
    assert_true(is_near(1000 * scaled->estimate[0], first->estimate[0], 1e-9));
    assert_true(is_near(scaled->estimate[1], first->estimate[1], 1e-9));
    assert_true(is_near(scaled->log_likelihood, first->log_likelihood, 1e-12));
    assert_true(is_near(scaled->proportional_all, first->proportional_all, 1e-7));
    for (size_t i = 0; i < ROWS / 2; i++) {
        double *const columns[] = {time, event, score, other};
        for (size_t c = 0; c < 4; c++) {
            double kept = columns[c][i];
            columns[c][i] = columns[c][ROWS - 1 - i];
            columns[c][ROWS - 1 - i] = kept;
        }
    }
    struct till_cox *turned = fit(time, event, score, other);
    assert_true(is_near(turned->estimate[0], scaled->estimate[0], 1e-9));
    assert_true(is_near(turned->concordance, scaled->concordance, 1e-14));
    till_cox_free(first);
    till_cox_free(scaled);
    till_cox_free(turned);
}

/* Values of R 4.2.2: pchisq(x, df, lower.tail = FALSE), 2 * pnorm(-z), qnorm(.975). */
static void tails_equal_r(void **state) {
    (void)state;
    assert_true(is_near(till_tail_chi_square(3.841458820694124, 1), 0.05, 1e-14));
    assert_true(is_near(till_tail_chi_square(18.307038053275146, 10), 0.05, 1e-14));
    assert_true(is_near(till_tail_chi_square(24.995790139728616, 15), 0.05, 1e-14));
    assert_true(is_near(log(till_tail_chi_square(293.78192494, 13)), log(4.80589965762e-55), 1e-12));
    assert_true(is_near(log(till_tail_normal(20.79423)), log(4.88125291396e-96), 1e-12));
    assert_true(is_near(till_tail_normal(1.959963984540054), 0.05, 1e-14));
    assert_true(is_near(till_tail_quantile(0.95), 1.959963984540054, 1e-14));
    assert_true(till_tail_chi_square(0, 3) == 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kaplan_meier_of_6mp_equals_the_textbook),
        cmocka_unit_test(logrank_of_6mp_equals_the_textbook),
        cmocka_unit_test(curve_given_a_time_is_a_ratio),
        cmocka_unit_test(restricted_mean_without_censoring_is_the_mean),
        cmocka_unit_test(concordance_equals_its_definition),
        cmocka_unit_test(cox_follows_units_and_forgets_order),
        cmocka_unit_test(tails_equal_r),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
