/* Metrics with weights, their intervals by drawing rows anew, and calibrations as they are kept. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <till/calibration.h>
#include <till/metrics.h>
#include <till/random.h>

#include "lib/mining/metrics/parts.h"

enum { ROWS = 600, REPLICATES = 2000 };

static void assert_near(double got, double wanted, double within) {
    if (!(fabs(got - wanted) <= within))
        fail_msg("%.15g is not %.15g within %g", got, wanted, within);
}

static double target[ROWS], good[ROWS], coarse[ROWS];

/* Two rankings of the same rows: one of many steps, one of nine. */
static void make_rows(void) {
    struct till_random random;
    till_random_start(&random, 11, 0);
    for (size_t i = 0; i < ROWS; i++) {
        good[i] = till_random_uniform(&random);
        target[i] = till_random_uniform(&random) < 0.2 + 0.5 * good[i] ? 1 : 0;
        coarse[i] = floor(9 * fmin(1, fmax(0, good[i] + 0.2 * till_random_normal(&random)))) / 9;
    }
}

static struct till_metrics measure(const double *y, const double *p, size_t count) {
    struct till_metrics metrics;
    struct till_error error = {0};
    if (till_metrics_compute(&metrics, y, p, count, &error) != TILL_OK)
        fail_msg("%s", error.message);
    return metrics;
}

static void a_weight_is_so_many_rows(void **state) {
    static double weight[ROWS], y[3 * ROWS], p[3 * ROWS];
    struct metrics_row *rows;
    struct till_metrics weighted = {0};
    struct till_error error = {0};
    size_t count = 0, positives;
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        weight[i] = (double)(i * 7 % 4);
        for (double k = 0; k < weight[i]; k++) {
            y[count] = target[i];
            p[count++] = coarse[i];
        }
        weighted.positives += target[i] != 0 ? (size_t)weight[i] : 0;
    }
    weighted.rows = count;
    assert_int_equal(metrics_sort(&rows, &positives, target, coarse, ROWS, &error), TILL_OK);
    metrics_measure(&weighted, rows, ROWS, weight);
    struct till_metrics plain = measure(y, p, count);
    assert_int_equal(plain.positives, weighted.positives);
    for (size_t f = 0; f < TILL_METRICS_FIGURES; f++)
        assert_near(till_metrics_figure(&weighted, f), till_metrics_figure(&plain, f), 1e-12);
    free(rows);
}

static void draw(struct till_metrics_interval own[2], struct till_metrics_interval gain[2], size_t replicates,
                 uint64_t seed, unsigned threads) {
    const double *probability[] = {good, coarse};
    struct till_metrics_bootstrap bootstrap = {replicates, 0.95, seed, threads};
    struct till_error error = {0};
    if (till_metrics_intervals(own, gain, &bootstrap, target, probability, 2, ROWS, &error) != TILL_OK)
        fail_msg("%s", error.message);
}

/* The standard error of an area by E. DeLong, D. DeLong, D. Clarke-Pearson, Biometrics 44, 1988: from the share of the
 * other class that each row is ranked right with. */
static double delong(const double *p) {
    double sums[2] = {0, 0}, squares[2] = {0, 0}, counts[2] = {0, 0};
    for (size_t i = 0; i < ROWS; i++) {
        double right = 0, others = 0;
        int class = target[i] != 0;
        for (size_t j = 0; j < ROWS; j++)
            if ((target[j] != 0) != class) {
                double better = class ? p[i] - p[j] : p[j] - p[i];
                right += better > 0 ? 1 : better == 0 ? 0.5 : 0;
                others++;
            }
        sums[class] += right / others;
        squares[class] += right / others * right / others;
        counts[class]++;
    }
    double variance = 0;
    for (int k = 0; k < 2; k++)
        variance += (squares[k] - sums[k] * sums[k] / counts[k]) / (counts[k] - 1) / counts[k];
    return sqrt(variance);
}

static void intervals_are_as_wide_as_standard_errors_say(void **state) {
    struct till_metrics_interval own[2], gain[2];
    double mean = 0, squares = 0;
    (void)state;
    draw(own, gain, REPLICATES, 1, 2);
    const double *rankings[] = {good, coarse};
    for (size_t m = 0; m < 2; m++) {
        double auc = measure(target, rankings[m], ROWS).auc, wide = 1.96 * delong(rankings[m]);
        assert_near(own[m].lower[0], auc - wide, 0.1 * wide);
        assert_near(own[m].upper[0], auc + wide, 0.1 * wide);
    }
    /* The Brier score is a mean, and its gain a mean of differences. */
    for (size_t i = 0; i < ROWS; i++) {
        double off = (good[i] - target[i]) * (good[i] - target[i]) - (coarse[i] - target[i]) * (coarse[i] - target[i]);
        mean += off / ROWS;
        squares += off * off / ROWS;
    }
    double wide = 1.96 * sqrt((squares - mean * mean) / ROWS);
    assert_near(gain[1].lower[3], mean - wide, 0.15 * wide);
    assert_near(gain[1].upper[3], mean + wide, 0.15 * wide);
    assert_string_equal(till_metrics_name(3), "brier");
    for (size_t f = 0; f < TILL_METRICS_FIGURES; f++) /* nothing is gained over itself */
        assert_true(gain[0].lower[f] == 0 && gain[0].upper[f] == 0);
}

static void intervals_depend_on_the_seed_and_not_on_threads(void **state) {
    static const unsigned threads[] = {2, 3, 7};
    struct till_metrics_interval own[2], gain[2], other[2], other_gain[2];
    (void)state;
    draw(own, gain, 100, 1, 1);
    for (size_t i = 0; i < 3; i++) {
        draw(other, other_gain, 100, 1, threads[i]);
        assert_memory_equal(own, other, sizeof own);
        assert_memory_equal(gain, other_gain, sizeof gain);
    }
    draw(other, other_gain, 100, 2, 1);
    assert_memory_not_equal(own, other, sizeof own);
}

static void draws_of_one_class_are_left_out(void **state) {
    static const double y[] = {1, 0, 0, 0}, p[] = {0.9, 0.3, 0.2, 0.1};
    const double *probability[] = {p};
    struct till_metrics_bootstrap bootstrap = {200, 0.95, 1, 1};
    struct till_metrics_interval own, gain;
    struct till_error error = {0};
    (void)state;
    assert_int_equal(till_metrics_intervals(&own, &gain, &bootstrap, y, probability, 1, 4, &error), TILL_OK);
    assert_true(own.lower[0] == 1 && own.upper[0] == 1);
    assert_int_equal(till_metrics_intervals(&own, &gain, &bootstrap, y, probability, 1, 1, &error), TILL_ERROR_MODEL);
}

/* By hand: means of .2 and .3 are pooled. Between the points a straight line, as scikit-learn's IsotonicRegression has
 * it; outside the nearest one. */
static void isotonic_steps_are_kept_and_joined(void **state) {
    static const double y[] = {0, 1, 0, 1, 1}, p[] = {.1, .2, .3, .4, .5};
    static const double at[] = {0, .1, .15, .2, .25, .3, .35, .4, .45, 1};
    static const double wanted[] = {0, 0, .25, .5, .5, .5, .75, 1, 1, 1};
    struct till_calibration *calibration;
    struct till_error error = {0};
    (void)state;
    assert_int_equal(till_calibration_fit(&calibration, TILL_CALIBRATION_ISOTONIC, y, p, 5, &error), TILL_OK);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++)
        assert_near(till_calibration_apply(calibration, at[i]), wanted[i], 1e-12);
    till_calibration_free(calibration);
    assert_int_equal(till_calibration_fit(&calibration, TILL_CALIBRATION_ISOTONIC, y, p, 1, &error), TILL_ERROR_MODEL);
    assert_null(calibration);
}

/* What is kept gives the rows of the fit what the fit gave them. */
static void calibrations_repeat_the_fit(void **state) {
    static double fitted[ROWS];
    static const enum till_calibration_method methods[] = {TILL_CALIBRATION_PLATT, TILL_CALIBRATION_ISOTONIC};
    (void)state;
    for (size_t m = 0; m < 2; m++) {
        struct till_calibration *calibration;
        struct till_error error = {0};
        double a, b;
        size_t blocks;
        for (size_t i = 0; i < ROWS; i++)
            fitted[i] = coarse[i];
        assert_int_equal(methods[m] == TILL_CALIBRATION_PLATT
                             ? till_metrics_platt(target, fitted, ROWS, &a, &b, &error)
                             : till_metrics_isotonic(target, fitted, ROWS, &blocks, &error),
                         TILL_OK);
        assert_int_equal(till_calibration_fit(&calibration, methods[m], target, coarse, ROWS, &error), TILL_OK);
        for (size_t i = 0; i < ROWS; i++)
            assert_true(till_calibration_apply(calibration, coarse[i]) == fitted[i]);
        till_calibration_free(calibration);
    }
}

int main(void) {
    make_rows();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_weight_is_so_many_rows),
        cmocka_unit_test(intervals_are_as_wide_as_standard_errors_say),
        cmocka_unit_test(intervals_depend_on_the_seed_and_not_on_threads),
        cmocka_unit_test(draws_of_one_class_are_left_out),
        cmocka_unit_test(isotonic_steps_are_kept_and_joined),
        cmocka_unit_test(calibrations_repeat_the_fit),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
