/* k-medoids and k-prototypes: figures of other implementations, and the definitions on small random data. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <till/kmedoids.h>
#include <till/kmeans.h>
#include <till/kprototypes.h>

#include "../support/matrix.h"

static void assert_near(double actual, double wanted, double tolerance) {
    if (!(fabs(actual - wanted) <= tolerance))
        fail_msg("%.17g instead of %.17g", actual, wanted);
}

static struct till_kmedoids *fit(const struct till_matrix *matrix, const uint32_t *codes, size_t level_count,
                                 struct till_kmedoids_options options) {
    struct till_kmedoids *result;
    struct till_error error = {0};
    if (till_kmedoids_fit(matrix, codes, level_count, &options, &result, &error) != TILL_OK)
        fail_msg("%s", error.message);
    return result;
}

/* rust-kmedoids 0.5.5, fasterpam from rows 0..9: deviation (six decimals are given), passes, swaps. */
static void fasterpam_goes_the_way_of_its_authors(void **state) {
    static const size_t first[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const struct {
        size_t rows;
        double deviation;
        unsigned passes, swaps;
    } golden[] = {{5000, 3173.581966, 4, 60}, {10000, 6333.787739, 4, 79}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct till_matrix *matrix = golden_rfm(golden[i].rows);
        if (matrix == NULL)
            skip();
        struct till_kmedoids *result =
            fit(matrix, NULL, 0, (struct till_kmedoids_options){.clusters = 10, .medoids = first});
        assert_near(result->deviation, golden[i].deviation, 1e-6);
        assert_int_equal(result->iterations, golden[i].passes);
        assert_int_equal(result->swaps, golden[i].swaps);
        till_kmedoids_free(result);
        till_matrix_free(matrix);
    }
}

/* The best of what is published for these rows: 6314.475873 (FasterPAM from BUILD), 6313.667871 (FastPAM1). */
static void drawn_starts_reach_the_deviation_of_build(void **state) {
    struct till_matrix *matrix = golden_rfm(10000);
    (void)state;
    if (matrix == NULL)
        skip();
    struct till_kmedoids_options options = {.clusters = 10, .restarts = 10, .seed = 1};
    struct till_kmedoids *one = fit(matrix, NULL, 0, options);
    assert_true(one->deviation <= 6334);
    options.threads = 3;
    options.exact_rows = 1000;
    struct till_kmedoids *sampled = fit(matrix, NULL, 0, options);
    assert_true(sampled->sampled && sampled->deviation <= 6450);
    till_kmedoids_free(one);
    till_kmedoids_free(sampled);
    till_matrix_free(matrix);
}

static double apart(const struct till_matrix *matrix, const uint32_t *codes, size_t level_count,
                    enum till_clustering_metric metric, size_t a, size_t b) {
    double sum = 0;
    for (size_t j = 0; j < matrix->columns; j++) {
        double d = fabs(*till_matrix_at(matrix, a, j) - *till_matrix_at(matrix, b, j));
        sum += metric == TILL_METRIC_EUCLIDEAN ? d * d : d;
    }
    for (size_t j = 0; j < level_count; j++)
        sum += codes[a * level_count + j] != codes[b * level_count + j];
    if (metric == TILL_METRIC_EUCLIDEAN)
        return sqrt(sum);
    return metric == TILL_METRIC_GOWER ? sum / (double)(matrix->columns + level_count) : sum;
}

/* No swap of one medoid for one row lowers the sum: that is what the end of PAM means. Tried by brute force. */
static void no_swap_is_left_that_helps(void **state) {
    static const enum till_clustering_metric metrics[] = {TILL_METRIC_EUCLIDEAN, TILL_METRIC_MANHATTAN,
                                                          TILL_METRIC_GOWER};
    enum { ROWS = 75, LEVELS = 2 };
    (void)state;
    for (uint64_t trial = 0; trial < 12; trial++) {
        enum till_clustering_metric metric = metrics[trial % 3];
        size_t level_count = metric == TILL_METRIC_GOWER ? LEVELS : 0, k = 1 + trial % 5;
        struct till_matrix *matrix = random_points(ROWS, 3, 4, trial, trial > 6);
        uint32_t codes[ROWS * LEVELS];
        struct till_random random;
        till_random_start(&random, trial, 99);
        for (size_t i = 0; i < ROWS * LEVELS; i++)
            codes[i] = (uint32_t)till_random_below(&random, 3);
        struct till_kmedoids_options options = {.clusters = k, .metric = metric, .restarts = 3, .seed = trial};
        struct till_kmedoids *result = fit(matrix, codes, level_count, options);
        assert_true(result->converged);
        double own = 0;
        for (size_t row = 0; row < ROWS; row++)
            own += apart(matrix, codes, level_count, metric, row, result->medoids[result->labels[row]]);
        assert_near(own, result->deviation, 1e-9);
        for (size_t c = 0; c < k; c++)
            for (size_t candidate = 0; candidate < ROWS; candidate++) {
                double sum = 0;
                for (size_t row = 0; row < ROWS; row++) {
                    double least = HUGE_VAL;
                    for (size_t other = 0; other < k; other++) {
                        size_t medoid = other == c ? candidate : result->medoids[other];
                        double d = apart(matrix, codes, level_count, metric, row, medoid);
                        least = d < least ? d : least;
                    }
                    sum += least;
                }
                assert_true(sum >= own - 1e-9);
            }
        options.portable = true;
        options.threads = 2;
        struct till_kmedoids *plain = fit(matrix, codes, level_count, options);
        assert_memory_equal(plain->labels, result->labels, ROWS * sizeof *plain->labels);
        assert_memory_equal(&plain->deviation, &result->deviation, sizeof(double));
        till_kmedoids_free(plain);
        till_kmedoids_free(result);
        till_matrix_free(matrix);
    }
}

/* The distance of the header, the means and the modes, on random rows. */
static void prototypes_are_means_and_modes(void **state) {
    enum { ROWS = 400, LEVELS = 3, K = 4 };
    (void)state;
    for (uint64_t seed = 0; seed < 4; seed++) {
        size_t columns = seed == 3 ? 0 : 2;
        struct till_matrix *matrix = random_points(ROWS, columns, 4, seed, 0);
        uint32_t codes[ROWS * LEVELS];
        struct till_random random;
        struct till_error error = {0};
        till_random_start(&random, seed, 7);
        for (size_t i = 0; i < ROWS * LEVELS; i++)
            codes[i] = (uint32_t)till_random_below(&random, 5);
        struct till_kprototypes_options options = {.clusters = K, .restarts = 3, .seed = seed};
        struct till_kprototypes *result, *again;
        assert_int_equal(till_kprototypes_fit(matrix, codes, LEVELS, &options, &result, &error), TILL_OK);
        double cost = 0;
        for (size_t row = 0; row < ROWS; row++) {
            double least = HUGE_VAL, own = 0;
            for (size_t c = 0; c < K; c++) {
                double far = 0;
                for (size_t j = 0; j < columns; j++)
                    far += pow(*till_matrix_at(matrix, row, j) - result->numbers[c * columns + j], 2);
                for (size_t j = 0; j < LEVELS; j++)
                    far += codes[row * LEVELS + j] != result->modes[c * LEVELS + j] ? result->gamma : 0;
                least = far < least ? far : least;
                own = c == result->labels[row] ? far : own;
            }
            assert_near(own, least, 1e-9);
            cost += own;
        }
        assert_near(result->cost, cost, 1e-9 * cost);
        options.threads = 3;
        assert_int_equal(till_kprototypes_fit(matrix, codes, LEVELS, &options, &again, &error), TILL_OK);
        assert_memory_equal(again->labels, result->labels, ROWS * sizeof *again->labels);
        till_kprototypes_free(again);
        till_kprototypes_free(result);
        till_matrix_free(matrix);
    }
}

static void too_many_clusters_are_refused(void **state) {
    struct till_matrix *matrix = random_points(10, 1, 1, 3, 1);
    struct till_error error = {0};
    struct till_kmedoids *result;
    struct till_kprototypes *prototypes;
    size_t distinct;
    (void)state;
    assert_int_equal(till_matrix_distinct(matrix, 10, &distinct, &error), TILL_OK);
    struct till_kmedoids_options options = {.clusters = distinct + 1};
    assert_int_equal(till_kmedoids_fit(matrix, NULL, 0, &options, &result, &error), TILL_ERROR_MODEL);
    options.clusters = 0;
    assert_int_equal(till_kmedoids_fit(matrix, NULL, 0, &options, &result, &error), TILL_ERROR_USAGE);
    struct till_kprototypes_options more = {.clusters = 11};
    assert_int_equal(till_kprototypes_fit(matrix, NULL, 0, &more, &prototypes, &error), TILL_ERROR_MODEL);
    more.clusters = 10;
    assert_int_equal(till_kprototypes_fit(matrix, NULL, 0, &more, &prototypes, &error), TILL_OK);
    till_kprototypes_free(prototypes);
    till_matrix_free(matrix);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fasterpam_goes_the_way_of_its_authors),
        cmocka_unit_test(drawn_starts_reach_the_deviation_of_build), cmocka_unit_test(no_swap_is_left_that_helps),
        cmocka_unit_test(prototypes_are_means_and_modes), cmocka_unit_test(too_many_clusters_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
