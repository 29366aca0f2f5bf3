/* k-means: golden inertias of another implementation, the definition on random points, one answer for all ways. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <till/kmeans.h>

#include "../../lib/mining/kmeans/kernels.h"
#include "../support/matrix.h"

static void assert_near(double actual, double wanted, double tolerance) {
    if (!(fabs(actual - wanted) <= tolerance))
        fail_msg("%.17g instead of %.17g", actual, wanted);
}

static struct till_kmeans *fit(const struct till_matrix *matrix, struct till_kmeans_options options) {
    struct till_kmeans *result;
    struct till_error error = {0};
    if (till_kmeans_fit(matrix, &options, &result, &error) != TILL_OK)
        fail_msg("%s", error.message);
    return result;
}

static double *first_rows(const struct till_matrix *matrix, size_t count) {
    double *rows = malloc(count * matrix->columns * sizeof *rows);
    for (size_t i = 0; i < count; i++)
        till_matrix_get(matrix, i, rows + i * matrix->columns);
    return rows;
}

static struct till_kmeans *fit_from_first_rows(const struct till_matrix *matrix, size_t clusters,
                                               struct till_kmeans_options options) {
    double *start = first_rows(matrix, clusters);
    options.clusters = clusters;
    options.start = TILL_KMEANS_GIVEN;
    options.centroids = start;
    struct till_kmeans *result = fit(matrix, options);
    free(start);
    return result;
}

/* Golden ------------------------------------------------------------------------------------------------------- */

/* scikit-learn 1.2.1, lloyd to convergence (tol=0) from rows 0..k-1; twelve digits are given. */
static void converges_to_the_inertia_of_scikit_learn(void **state) {
    static const double golden[] = {14466.78922590, 11039.22823890, 8767.35470168, 7370.69340807,
                                    6462.49910673,  5943.48684276,  5381.13593937, 4969.64304079,
                                    4615.08120968,  4404.14488479,  4118.76836370};
    static const enum till_kmeans_algorithm algorithms[] = {TILL_KMEANS_LLOYD, TILL_KMEANS_YINYANG};
    struct till_matrix *matrix = golden_rfm(10000);
    (void)state;
    if (matrix == NULL)
        skip();
    for (size_t k = 2; k <= 12; k++)
        for (int a = 0; a < 2; a++) {
            struct till_kmeans_options options = {.algorithm = algorithms[a], .max_iterations = 1000};
            struct till_kmeans *result = fit_from_first_rows(matrix, k, options);
            assert_true(result->converged);
            assert_near(result->inertia, golden[k - 2], 1e-9 * golden[k - 2]);
            till_kmeans_free(result);
        }
    till_matrix_free(matrix);
}

/* Definition --------------------------------------------------------------------------------------------------- */

/* The nearest centroid by differences. Where it is another one, the two must be equally near up to rounding. */
static void hold_labels_to_definition(const struct till_matrix *matrix, const struct till_kmeans *result) {
    double *row = malloc(matrix->columns * sizeof *row), inertia = 0;
    uint64_t *sizes = calloc(result->clusters, sizeof *sizes);
    for (size_t i = 0; i < matrix->rows; i++) {
        till_matrix_get(matrix, i, row);
        double least = HUGE_VAL;
        for (size_t c = 0; c < result->clusters; c++) {
            double d = till_kmeans_distance(row, result->centroids + c * matrix->columns, matrix->columns);
            least = d < least ? d : least;
        }
        double own =
            till_kmeans_distance(row, result->centroids + result->labels[i] * matrix->columns, matrix->columns);
        assert_true(own <= least + 1e-7);
        inertia += own * own;
        sizes[result->labels[i]]++;
    }
    assert_near(inertia, result->inertia, 1e-9 * (1 + inertia));
    for (size_t c = 0; c < result->clusters; c++) {
        assert_int_equal(sizes[c], result->sizes[c]);
        if (c > 0)
            assert_true(sizes[c] <= sizes[c - 1]);
    }
    free(sizes);
    free(row);
}

/* Converged centroids are the means of their rows. */
static void hold_centroids_to_definition(const struct till_matrix *matrix, const struct till_kmeans *result) {
    for (size_t c = 0; c < result->clusters; c++)
        for (size_t j = 0; j < matrix->columns; j++) {
            double sum = 0;
            for (size_t i = 0; i < matrix->rows; i++)
                sum += result->labels[i] == c ? *till_matrix_at(matrix, i, j) : 0;
            assert_near(sum / (double)result->sizes[c], result->centroids[c * matrix->columns + j], 1e-9);
        }
}

static void labels_and_centroids_are_what_they_say(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct till_matrix *matrix = random_points(500 + 77 * seed, 1 + seed, 7, seed, 0);
        struct till_kmeans_options options = {.clusters = 1 + 2 * seed, .restarts = 2, .seed = seed};
        struct till_kmeans *result = fit(matrix, options);
        assert_true(result->converged);
        hold_labels_to_definition(matrix, result);
        hold_centroids_to_definition(matrix, result);
        till_kmeans_free(result);
        till_matrix_free(matrix);
    }
}

/* One answer ----------------------------------------------------------------------------------------------------- */

static void assert_same(const struct till_kmeans *a, const struct till_kmeans *b) {
    assert_int_equal(a->iterations, b->iterations);
    assert_memory_equal(a->labels, b->labels, a->rows * sizeof *a->labels);
    assert_memory_equal(a->centroids, b->centroids, a->clusters * a->columns * sizeof *a->centroids);
    assert_memory_equal(a->within, b->within, a->clusters * sizeof *a->within);
    assert_memory_equal(&a->inertia, &b->inertia, sizeof a->inertia);
}

/* Integer coordinates make many rows equally near to two centroids. */
static void threads_algorithms_and_instructions_change_nothing(void **state) {
    static const struct {
        enum till_kmeans_algorithm algorithm;
        unsigned threads;
        bool portable;
    } ways[] = {{TILL_KMEANS_LLOYD, 2, false},   {TILL_KMEANS_LLOYD, 3, true},   {TILL_KMEANS_YINYANG, 1, false},
                {TILL_KMEANS_YINYANG, 7, false}, {TILL_KMEANS_YINYANG, 2, true}, {TILL_KMEANS_AUTO, 3, false}};
    static const size_t columns[] = {1, 3, 5, 40}, clusters[] = {4, 9, 33, 50};
    (void)state;
    for (int set = 0; set < 4; set++)
        for (int digits = 0; digits < 2; digits++) {
            struct till_matrix *matrix = random_points(20011, columns[set], 60, (uint64_t)set, digits);
            struct till_kmeans_options options = {
                .clusters = clusters[set], .algorithm = TILL_KMEANS_LLOYD, .seed = 3, .max_iterations = 40};
            if (set == 0 && digits)
                options.clusters = 3;
            struct till_kmeans *one = fit(matrix, options);
            for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
                options.algorithm = ways[i].algorithm;
                options.threads = ways[i].threads;
                options.portable = ways[i].portable;
                struct till_kmeans *other = fit(matrix, options);
                assert_same(one, other);
                till_kmeans_free(other);
            }
            till_kmeans_free(one);
            till_matrix_free(matrix);
        }
}

/* Bit by bit, for every instruction set that this processor has. */
static void kernels_agree(void **state) {
    (void)state;
    for (size_t columns = 1; columns <= 21; columns += columns < 5 ? 1 : 4) {
        struct till_matrix *rows = random_points(BLOCK, columns, 5, columns, columns % 2 == 0);
        struct till_matrix *points = random_points(13, columns, 5, columns + 50, columns % 2 == 0);
        double *centroids = first_rows(points, 13);
        struct packed packed;
        assert_true(packed_alloc(&packed, 13, columns));
        packed_fill(&packed, centroids, NULL);
        struct answer {
            uint32_t label[BLOCK], label_two[BLOCK];
            double best[BLOCK], second[BLOCK], sums[3 * BLOCK], closest[BLOCK];
        } answers[3];
        for (int width = KMEANS_PLAIN; width <= KMEANS_AVX512; width++) {
            const struct kmeans_kernels *kernels = kmeans_kernels_of((enum kmeans_width)width);
            struct answer *answer = &answers[width];
            if (kernels == NULL)
                continue;
            memset(answer, 0, sizeof *answer);
            for (size_t i = 0; i < BLOCK; i++)
                answer->closest[i] = (double)columns * 9;
            kernels->nearest(rows->values, &packed, answer->label);
            kernels->nearest_two(rows->values, &packed, answer->label_two, answer->best, answer->second);
            kernels->approach(rows->values, columns, centroids + columns, answer->closest);
            kernels->potentials(rows->values, columns, centroids, 3, answer->closest, answer->sums);
            assert_memory_equal(answer->label, answer->label_two, sizeof answer->label);
            assert_memory_equal(answer, &answers[0], sizeof *answer);
        }
        packed_free(&packed);
        free(centroids);
        till_matrix_free(rows);
        till_matrix_free(points);
    }
}

static void kept_centroids_give_the_labels_of_the_fit(void **state) {
    (void)state;
    struct till_error error = {0};
    struct till_matrix *matrix = random_points(3000, 4, 9, 5, 1);
    struct till_kmeans *result = fit(matrix, (struct till_kmeans_options){.clusters = 9, .max_iterations = 5});
    struct till_centroids *kept = till_centroids_new(9, 4, result->centroids, &error);
    for (size_t i = 0; i < matrix->rows; i++) {
        double row[4], distance;
        till_matrix_get(matrix, i, row);
        assert_int_equal(till_centroids_nearest(kept, row, &distance), result->labels[i]);
    }
    till_centroids_free(kept);
    till_kmeans_free(result);
    till_matrix_free(matrix);
}

/* Corners -------------------------------------------------------------------------------------------------------- */

/* Two starts lie far from all rows: nobody comes to them. */
static void empty_clusters_go_to_the_farthest_rows(void **state) {
    static const double values[] = {0, 1, 2, 10, 11, 100}, start[] = {1, 1000, 2000};
    static const enum till_kmeans_algorithm algorithms[] = {TILL_KMEANS_LLOYD, TILL_KMEANS_YINYANG};
    struct till_error error = {0};
    (void)state;
    for (int a = 0; a < 2; a++) {
        struct till_matrix *matrix = till_matrix_new(6, 1, &error);
        for (size_t i = 0; i < 6; i++)
            till_matrix_set(matrix, i, &values[i]);
        struct till_kmeans *result =
            fit(matrix, (struct till_kmeans_options){
                            .clusters = 3, .start = TILL_KMEANS_GIVEN, .centroids = start, .algorithm = algorithms[a]});
        /* {0,1,2} {10,11} {100}: 100 is taken first, then 11. */
        static const uint32_t wanted[] = {0, 0, 0, 1, 1, 2};
        assert_memory_equal(result->labels, wanted, sizeof wanted);
        assert_int_equal(result->relocated, 2);
        assert_near(result->inertia, 2.5, 1e-12);
        till_kmeans_free(result);
        till_matrix_free(matrix);
    }
}

static void one_cluster_is_the_mean_and_as_many_as_rows_are_the_rows(void **state) {
    (void)state;
    struct till_matrix *matrix = random_points(40, 3, 5, 9, 0);
    struct till_kmeans *one = fit(matrix, (struct till_kmeans_options){.clusters = 1});
    hold_centroids_to_definition(matrix, one);
    assert_int_equal(one->sizes[0], 40);
    struct till_kmeans *all = fit(matrix, (struct till_kmeans_options){.clusters = 40});
    assert_near(all->inertia, 0, 0);
    till_kmeans_free(one);
    till_kmeans_free(all);
    till_matrix_free(matrix);
}

static void what_cannot_be_clustered_is_refused_with_the_reason(void **state) {
    (void)state;
    struct till_error error = {0};
    struct till_kmeans *result;
    struct till_matrix *matrix = random_points(50, 1, 1, 2, 1);
    size_t distinct;
    assert_int_equal(till_matrix_distinct(matrix, 50, &distinct, &error), TILL_OK);
    assert_true(distinct > 1 && distinct < 50);
    struct till_kmeans_options options = {.clusters = distinct + 1};
    assert_int_equal(till_kmeans_fit(matrix, &options, &result, &error), TILL_ERROR_MODEL);
    assert_non_null(strstr(error.message, "distinct rows"));
    options.clusters = distinct;
    till_kmeans_free(fit(matrix, options));
    *till_matrix_at(matrix, 7, 0) = (double)NAN;
    assert_int_equal(till_kmeans_fit(matrix, &options, &result, &error), TILL_ERROR_MODEL);
    assert_non_null(strstr(error.message, "row 8"));
    options.clusters = 0;
    assert_int_equal(till_kmeans_fit(matrix, &options, &result, &error), TILL_ERROR_USAGE);
    till_matrix_free(matrix);
    matrix = till_matrix_new(0, 2, &error);
    options.clusters = 1;
    assert_int_equal(till_kmeans_fit(matrix, &options, &result, &error), TILL_ERROR_MODEL);
    till_matrix_free(matrix);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(converges_to_the_inertia_of_scikit_learn),
                                       cmocka_unit_test(labels_and_centroids_are_what_they_say),
                                       cmocka_unit_test(threads_algorithms_and_instructions_change_nothing),
                                       cmocka_unit_test(kernels_agree),
                                       cmocka_unit_test(kept_centroids_give_the_labels_of_the_fit),
                                       cmocka_unit_test(empty_clusters_go_to_the_farthest_rows),
                                       cmocka_unit_test(one_cluster_is_the_mean_and_as_many_as_rows_are_the_rows),
                                       cmocka_unit_test(what_cannot_be_clustered_is_refused_with_the_reason)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
