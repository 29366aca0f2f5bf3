/* Scaling, silhouettes, pairing and kept clusterings. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <till/clustering.h>
#include <till/criteria.h>
#include <till/silhouette.h>

#include "../support/matrix.h"

static void assert_near(double actual, double wanted, double tolerance) {
    if (!(fabs(actual - wanted) <= tolerance))
        fail_msg("%.17g instead of %.17g", actual, wanted);
}

/* numpy 1.24: mean 3.6, population std 2.4166091947; quartiles 2, 3, 4 (method linear). */
static void scales_are_what_they_say(void **state) {
    static const double values[] = {1, 2, 3, 4, 8};
    static const struct {
        enum till_scale_method method;
        double location, scale;
    } wanted[] = {{TILL_SCALE_NONE, 3.6, 1},
                  {TILL_SCALE_ZSCORE, 3.6, 2.4166091947189146},
                  {TILL_SCALE_MINMAX, 3.6, 7},
                  {TILL_SCALE_ROBUST, 3, 2}};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct till_scale scale = {0};
        bool constant;
        double skewness;
        assert_int_equal(till_scale_fit(&scale, wanted[i].method, values, 5, &constant, &skewness, NULL), TILL_OK);
        assert_near(scale.location, wanted[i].location, 1e-12);
        assert_near(scale.scale, wanted[i].scale, 1e-12);
        assert_false(constant);
        /* scipy.stats.skew 1.10 */
        assert_near(skewness, 0.8978957037987336, 1e-12);
        assert_near(till_scale_undo(&scale, till_scale_apply(&scale, 8)), 8, 1e-12);
    }
    struct till_scale scale = {.log = true, .scale = 1};
    assert_near(till_scale_apply(&scale, -(exp(3) - 1)), -3, 1e-12);
    assert_near(till_scale_undo(&scale, -3), -(exp(3) - 1), 1e-12);
}

/* scikit-learn 1.2.1, silhouette_score after lloyd to convergence from rows 0..k-1; eight digits are given. */
static void silhouettes_are_those_of_scikit_learn(void **state) {
    static const double golden[] = {.44086453, .33901213, .32587000, .31612557, .29427312};
    struct till_matrix *matrix = golden_rfm(10000);
    struct till_error error = {0};
    (void)state;
    if (matrix == NULL)
        skip();
    for (size_t k = 2; k <= 6; k += 2) {
        double start[18], mean, of_cluster[6], exact;
        for (size_t i = 0; i < k; i++)
            till_matrix_get(matrix, i, start + 3 * i);
        struct till_kmeans_options options = {
            .clusters = k, .start = TILL_KMEANS_GIVEN, .centroids = start, .max_iterations = 1000};
        struct till_kmeans *result;
        assert_int_equal(till_kmeans_fit(matrix, &options, &result, &error), TILL_OK);
        struct till_silhouette_options how = {.threads = 2, .seed = 1};
        assert_int_equal(till_silhouette(matrix, result->labels, k, &how, &exact, of_cluster, &error), TILL_OK);
        assert_near(exact, golden[k - 2], 6e-9);
        double weighted = 0;
        for (size_t c = 0; c < k; c++)
            weighted += of_cluster[c] * (double)result->sizes[c] / 10000;
        assert_near(weighted, exact, 1e-12);
        how.most_rows = 2000;
        assert_int_equal(till_silhouette(matrix, result->labels, k, &how, &mean, of_cluster, &error), TILL_OK);
        assert_near(mean, exact, 0.02);
        till_kmeans_free(result);
    }
    till_matrix_free(matrix);
}

/* k-means from the first k rows. */
static struct till_partition *fit_first(const struct till_matrix *matrix, size_t k) {
    double *start = malloc(k * matrix->columns * sizeof *start);
    struct till_error error = {0};
    struct till_partition *result;
    for (size_t i = 0; i < k; i++)
        till_matrix_get(matrix, i, start + matrix->columns * i);
    struct till_partition_rows rows = {.numbers = matrix};
    struct till_partition_options options = {
        .fit = {.clusters = k, .start = TILL_KMEANS_GIVEN, .centroids = start, .max_iterations = 1000}};
    assert_int_equal(till_partition_fit(&rows, &options, &result, &error), TILL_OK);
    free(start);
    return result;
}

static void numbers_whose_squares_are_none_are_refused(void **state) {
    const double values[] = {1, 2, 1e300, 3};
    struct till_scale scale = {0};
    struct till_error error = {0};
    bool constant;
    double skewness;
    (void)state;
    assert_int_equal(till_scale_fit(&scale, TILL_SCALE_ZSCORE, values, 4, &constant, &skewness, &error),
                     TILL_ERROR_DATA);
    assert_int_equal(till_scale_fit(&scale, TILL_SCALE_NONE, values, 4, &constant, &skewness, &error), TILL_ERROR_DATA);
    assert_int_equal(till_scale_fit(&scale, TILL_SCALE_MINMAX, values, 4, &constant, &skewness, &error), TILL_OK);
    assert_near(till_scale_apply(&scale, 1e300) - till_scale_apply(&scale, 1), 1, 1e-12);
    scale.log = true;
    assert_int_equal(till_scale_fit(&scale, TILL_SCALE_ZSCORE, values, 4, &constant, &skewness, &error), TILL_OK);
}

/* scikit-learn 1.2.1: calinski_harabasz_score, davies_bouldin_score; BIC by the formula of the header, in numpy. */
static void criteria_are_those_of_other_implementations(void **state) {
    static const double golden[][3] = {{10728.718418, .87898297, -38431.9976}, {8581.211793, 1.07090608, -38097.6733},
                                       {8065.929976, 1.04450705, -37531.3784}, {7668.512338, 1.04616951, -37234.7381},
                                       {7277.150314, 1.04609827, -37156.1577}, {6738.632684, 1.12476314, -37630.8247},
                                       {6528.117423, 1.07510294, -37374.5438}, {6287.861741, 1.07224436, -37353.2790},
                                       {6103.286803, 1.08662607, -37346.4976}, {5803.309201, 1.13269550, -37471.2596},
                                       {5703.622505, 1.05881196, -37598.3685}};
    struct till_matrix *matrix = golden_rfm(10000);
    (void)state;
    if (matrix == NULL)
        skip();
    for (size_t k = 2; k <= 12; k++) {
        struct till_partition *result = fit_first(matrix, k);
        struct till_partition_rows rows = {.numbers = matrix};
        struct till_criteria_options options = {.silhouette_rows = 500};
        struct till_criteria criteria;
        struct till_error error = {0};
        assert_int_equal(till_criteria_find(&rows, result, &options, &criteria, &error), TILL_OK);
        assert_near(criteria.calinski_harabasz, golden[k - 2][0], 1e-6);
        assert_near(criteria.davies_bouldin, golden[k - 2][1], 1e-8);
        assert_near(criteria.bic, golden[k - 2][2], 1e-4);
        assert_true(isnan(criteria.gap) && isnan(criteria.stability));
        till_partition_free(result);
    }
    till_matrix_free(matrix);
}

/* scikit-learn 1.2.1, adjusted_rand_score. */
static void rand_index_is_that_of_scikit_learn(void **state) {
    static const uint32_t a[] = {0, 0, 1, 1, 2, 2, 2}, b[] = {0, 0, 1, 2, 2, 2, 1}, one[] = {0, 0, 0, 0, 0, 0, 0};
    double index;
    (void)state;
    assert_int_equal(till_rand_index(a, 2, b, 3, 4, &index, NULL), TILL_OK);
    assert_near(index, 0.5714285714285714, 1e-12);
    assert_int_equal(till_rand_index(a, 3, b, 3, 7, &index, NULL), TILL_OK);
    assert_near(index, 0.2125, 1e-12);
    assert_int_equal(till_rand_index(a, 3, a, 3, 7, &index, NULL), TILL_OK);
    assert_near(index, 1, 1e-12);
    assert_int_equal(till_rand_index(a, 3, one, 1, 7, &index, NULL), TILL_OK);
    assert_near(index, 0, 1e-12);
    assert_int_equal(till_rand_index(one, 1, one, 1, 7, &index, NULL), TILL_OK);
    assert_near(index, 1, 0);
}

/* Three groups far apart: their number is where the gap first comes within a standard error of the next, and fits to
 * bootstrap samples agree; with one cluster more they do not. Figures do not depend on threads. */
static void gap_and_stability_find_groups_that_are_there(void **state) {
    static const double centre[][2] = {{0, 0}, {20, 0}, {0, 20}};
    struct till_error error = {0};
    struct till_matrix *matrix = till_matrix_new(300, 2, &error);
    struct till_criteria of[5], again;
    struct till_random random;
    (void)state;
    till_random_start(&random, 11, 0);
    for (size_t row = 0; row < 300; row++)
        for (size_t j = 0; j < 2; j++)
            *till_matrix_at(matrix, row, j) = centre[row % 3][j] + till_random_normal(&random);
    for (size_t k = 1; k <= 4; k++) {
        struct till_criteria_options options = {.how = {.fit = {.restarts = 5, .seed = 2, .threads = 1}},
                                                .samples = 10};
        struct till_partition_rows rows = {.numbers = matrix};
        struct till_partition *result;
        options.how.fit.clusters = k;
        assert_int_equal(till_partition_fit(&rows, &options.how, &result, &error), TILL_OK);
        assert_int_equal(till_criteria_find(&rows, result, &options, &of[k], &error), TILL_OK);
        options.how.fit.threads = 3;
        assert_int_equal(till_criteria_find(&rows, result, &options, &again, &error), TILL_OK);
        if (k > 1)
            assert_memory_equal(&of[k], &again, sizeof again);
        till_partition_free(result);
    }
    assert_true(of[1].gap < of[2].gap - of[2].gap_error && of[2].gap < of[3].gap - of[3].gap_error);
    assert_true(of[3].gap >= of[4].gap - of[4].gap_error);
    assert_near(of[3].stability, 1, 1e-12);
    assert_true(of[4].stability < 0.95 && isnan(of[1].stability));
    till_matrix_free(matrix);
}

/* Columns that add nothing to the distances, and a turn of the axes, change no figure, also where they make the columns
 * more than the rows. */
static void figures_do_not_depend_on_where_the_axes_point(void **state) {
    enum { ROWS = 14, NARROW = 3, WIDE = 40 };
    struct till_error error = {0};
    struct till_matrix *matrices[] = {till_matrix_new(ROWS, NARROW, &error), till_matrix_new(ROWS, WIDE, &error)};
    struct till_criteria of[2];
    struct till_random random;
    (void)state;
    till_random_start(&random, 5, 0);
    for (size_t row = 0; row < ROWS; row++)
        for (size_t j = 0; j < NARROW; j++) {
            double value = (double)(j + 1) * till_random_normal(&random) + (row % 2 == 0 ? 9 : 0);
            *till_matrix_at(matrices[0], row, j) = value;
            *till_matrix_at(matrices[1], row, 10 * j + 2) = 0.6 * value;
            *till_matrix_at(matrices[1], row, 10 * j + 7) = -0.8 * value;
        }
    for (size_t i = 0; i < 2; i++) {
        struct till_criteria_options options = {.how = {.fit = {.clusters = 2, .restarts = 5, .seed = 2, .threads = 1}},
                                                .samples = 5};
        struct till_partition_rows rows = {.numbers = matrices[i]};
        struct till_partition *result;
        assert_int_equal(till_partition_fit(&rows, &options.how, &result, &error), TILL_OK);
        assert_int_equal(till_criteria_find(&rows, result, &options, &of[i], &error), TILL_OK);
        till_partition_free(result);
        till_matrix_free(matrices[i]);
    }
    assert_near(of[1].gap, of[0].gap, 1e-9);
    assert_near(of[1].gap_error, of[0].gap_error, 1e-9);
    assert_near(of[1].stability, of[0].stability, 1e-12);
    assert_near(of[1].silhouette, of[0].silhouette, 1e-12);
    assert_near(of[1].calinski_harabasz, of[0].calinski_harabasz, 1e-9);
}

static void samples_are_of_the_size_asked_for(void **state) {
    size_t chosen[50], total = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 400; seed++) {
        till_sample_rows(100, 50, seed, chosen);
        for (size_t i = 0; i < 50; i++) {
            assert_true(chosen[i] < 100 && (i == 0 || chosen[i] > chosen[i - 1]));
            total += chosen[i] < 10;
        }
    }
    /* 400 x 5 of the first ten rows are expected, with a standard deviation of about 30. */
    assert_true(total > 1850 && total < 2150);
}

static double best_by_trying(const double *cost, size_t count, size_t old, unsigned used) {
    double best = HUGE_VAL;
    if (old == count)
        return 0;
    for (size_t new = 0; new < count; new ++)
        if (!(used & 1u << new)) {
            double sum = cost[old * count + new] + best_by_trying(cost, count, old + 1, used | 1u << new);
            best = sum < best ? sum : best;
        }
    return best;
}

static void pairs_cost_the_least(void **state) {
    struct till_random random;
    (void)state;
    till_random_start(&random, 5, 0);
    for (size_t count = 1; count <= 7; count++)
        for (int trial = 0; trial < 20; trial++) {
            double cost[49], sum = 0;
            uint32_t match[7];
            unsigned used = 0;
            for (size_t i = 0; i < count * count; i++)
                cost[i] = trial % 2 ? till_random_uniform(&random) : (double)till_random_below(&random, 4);
            assert_int_equal(till_clustering_match(cost, count, match, NULL), TILL_OK);
            for (size_t new = 0; new < count; new ++) {
                sum += cost[match[new] * count + new];
                used |= 1u << match[new];
            }
            assert_int_equal(used, (1u << count) - 1);
            assert_near(sum, best_by_trying(cost, count, 0, 0), 1e-12);
        }
}

/* One number, two levels, two clusters. */
static struct till_clustering *example(enum till_clustering_method method, enum till_clustering_metric metric) {
    static const char *const levels[] = {"a", "x", "b", "x"};
    struct till_clustering *model = till_clustering_new(method, 2, 1, 2);
    model->metric = metric;
    model->gamma = 0.5;
    model->numeric[0].name = strdup("n");
    model->numeric[0].scale = (struct till_scale){false, 1.0 / 3, 0.1};
    model->level[0].name = strdup("l");
    model->level[1].name = strdup("m");
    model->numbers[0] = 0.25;
    model->numbers[1] = 0.75;
    for (size_t i = 0; i < 4; i++)
        model->levels[i] = strdup(levels[i]);
    model->sizes[0] = 7;
    assert_int_equal(till_clustering_seal(model, NULL), TILL_OK);
    return model;
}

static void distances_are_those_of_the_metric(void **state) {
    const double number = 0.5 + 1e-3;
    const struct till_slice levels[] = {till_slice_of("a"), till_slice_of("y")};
    double distance;
    (void)state;
    struct till_clustering *gower = example(TILL_CLUSTERING_KMEDOIDS, TILL_METRIC_GOWER);
    assert_int_equal(till_clustering_nearest(gower, &number, levels, &distance), 0);
    assert_near(distance, (0.251 + 1) / 3, 1e-12);
    struct till_clustering *prototype = example(TILL_CLUSTERING_KPROTOTYPES, TILL_METRIC_PROTOTYPE);
    assert_int_equal(till_clustering_nearest(prototype, &number, levels, &distance), 0);
    assert_near(distance, 0.251 * 0.251 + 0.5, 1e-12);
    till_clustering_free(gower);
    till_clustering_free(prototype);
}

static void models_read_back_as_they_were_written(void **state) {
    struct till_text text = {0};
    struct till_error error = {0};
    struct till_clustering *model = example(TILL_CLUSTERING_KPROTOTYPES, TILL_METRIC_PROTOTYPE), *other;
    (void)state;
    assert_int_equal(till_clustering_save(till_sink_text(&text), model, &error), TILL_OK);
    json_t *whole = json_loadb(text.bytes, text.length, 0, NULL);
    json_t *body = json_object_get(whole, "body");
    assert_int_equal(till_clustering_decode(&other, body, &error), TILL_OK);
    assert_memory_equal(&other->numeric[0].scale.location, &model->numeric[0].scale.location, sizeof(double));
    assert_memory_equal(other->numbers, model->numbers, 2 * sizeof(double));
    assert_string_equal(other->levels[2], "b");
    assert_int_equal(other->sizes[0], 7);
    till_clustering_free(other);
    /* Without any one of its parts it is refused. */
    static const char *const parts[] = {"method", "metric", "numeric", "categorical", "clusters"};
    for (size_t i = 0; i < 5; i++) {
        json_t *part = json_deep_copy(body);
        json_object_del(part, parts[i]);
        assert_int_equal(till_clustering_decode(&other, part, &error), TILL_ERROR_STATE);
        json_decref(part);
    }
    json_object_set_new(json_array_get(json_object_get(body, "numeric"), 0), "scale", json_real(0));
    assert_int_equal(till_clustering_decode(&other, body, &error), TILL_ERROR_STATE);
    json_decref(whole);
    till_text_free(&text);
    till_clustering_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(scales_are_what_they_say),
                                       cmocka_unit_test(numbers_whose_squares_are_none_are_refused),
                                       cmocka_unit_test(silhouettes_are_those_of_scikit_learn),
                                       cmocka_unit_test(criteria_are_those_of_other_implementations),
                                       cmocka_unit_test(rand_index_is_that_of_scikit_learn),
                                       cmocka_unit_test(gap_and_stability_find_groups_that_are_there),
                                       cmocka_unit_test(figures_do_not_depend_on_where_the_axes_point),
                                       cmocka_unit_test(samples_are_of_the_size_asked_for),
                                       cmocka_unit_test(pairs_cost_the_least),
                                       cmocka_unit_test(distances_are_those_of_the_metric),
                                       cmocka_unit_test(models_read_back_as_they_were_written)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
