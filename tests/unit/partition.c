/* All methods behind one call: what must hold whatever the method. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <till/partition.h>

#include "../support/matrix.h"

enum { ROWS = 500, LEVELS = 3, K = 4 };

/* Coordinates are small integers and levels few, so that there are many ties. */
struct data {
    struct till_matrix *matrix;
    uint32_t codes[ROWS * LEVELS];
};

static struct data make_data(size_t columns) {
    struct data data = {.matrix = random_points(ROWS, columns, 4, 3, 1)};
    struct till_random random;
    till_random_start(&random, 3, 7);
    for (size_t i = 0; i < (size_t)ROWS * LEVELS; i++)
        data.codes[i] = (uint32_t)till_random_below(&random, 3);
    return data;
}

static const struct way {
    enum till_clustering_method method;
    enum till_clustering_metric metric;
    size_t columns, levels;
} ways[] = {{TILL_CLUSTERING_KMEANS, TILL_METRIC_EUCLIDEAN, 2, 0},
            {TILL_CLUSTERING_KMEDOIDS, TILL_METRIC_EUCLIDEAN, 2, 0},
            {TILL_CLUSTERING_KMEDOIDS, TILL_METRIC_MANHATTAN, 2, 0},
            {TILL_CLUSTERING_KMEDOIDS, TILL_METRIC_GOWER, 2, LEVELS},
            {TILL_CLUSTERING_KMODES, TILL_METRIC_EUCLIDEAN, 0, LEVELS},
            {TILL_CLUSTERING_KPROTOTYPES, TILL_METRIC_EUCLIDEAN, 2, LEVELS}};
enum { WAYS = sizeof ways / sizeof *ways };

static struct till_partition_options options_of(const struct way *way) {
    return (struct till_partition_options){
        .method = way->method, .metric = way->metric, .fit = {.clusters = K, .restarts = 4, .seed = 5, .threads = 1}};
}

static struct till_partition_rows rows_of(const struct way *way, const struct data *data) {
    return (struct till_partition_rows){data->matrix, way->levels == 0 ? NULL : data->codes, way->levels};
}

static struct till_partition *fit(const struct till_partition_rows *rows, struct till_partition_options options) {
    struct till_partition *partition;
    struct till_error error = {0};
    if (till_partition_fit(rows, &options, &partition, &error) != TILL_OK)
        fail_msg("%s", error.message);
    return partition;
}

static void assert_same(const struct till_partition *a, const struct till_partition *b) {
    assert_memory_equal(a->labels, b->labels, a->rows * sizeof *a->labels);
    assert_memory_equal(a->numbers, b->numbers, K * a->columns * sizeof *a->numbers);
    assert_memory_equal(a->codes, b->codes, K * a->level_count * sizeof *a->codes);
    assert_memory_equal(a->sizes, b->sizes, K * sizeof *a->sizes);
    assert_memory_equal(a->within, b->within, K * sizeof *a->within);
    assert_memory_equal(&a->total, &b->total, sizeof a->total);
}

static void threads_change_no_bit(void **state) {
    static const unsigned threads[] = {2, 3, 7};
    (void)state;
    for (size_t w = 0; w < WAYS; w++) {
        struct data data = make_data(ways[w].columns);
        struct till_partition_rows rows = rows_of(&ways[w], &data);
        struct till_partition_options options = options_of(&ways[w]);
        struct till_partition *one = fit(&rows, options);
        for (size_t i = 0; i < 3; i++) {
            options.fit.threads = threads[i];
            struct till_partition *many = fit(&rows, options);
            assert_same(one, many);
            till_partition_free(many);
        }
        till_partition_free(one);
        till_matrix_free(data.matrix);
    }
}

/* Recomputed from the definitions of the metrics. */
static double distance(const struct till_partition *partition, const struct till_partition_rows *rows, size_t row,
                       size_t cluster) {
    double squares = 0, sides = 0, different = 0;
    for (size_t j = 0; j < partition->columns; j++) {
        double apart = *till_matrix_at(rows->numbers, row, j) - partition->numbers[cluster * partition->columns + j];
        squares += apart * apart;
        sides += fabs(apart);
    }
    for (size_t j = 0; j < partition->level_count; j++)
        different +=
            rows->codes[row * partition->level_count + j] != partition->codes[cluster * partition->level_count + j];
    switch (partition->metric) {
    case TILL_METRIC_GOWER:
        return (sides + different) / (double)(partition->columns + partition->level_count);
    case TILL_METRIC_PROTOTYPE:
        return squares + partition->gamma * different;
    case TILL_METRIC_MANHATTAN:
        return sides;
    case TILL_METRIC_EUCLIDEAN:
        break;
    }
    return sqrt(squares);
}

static void rows_are_with_the_nearest_centre_and_the_largest_cluster_is_first(void **state) {
    (void)state;
    for (size_t w = 0; w < WAYS; w++) {
        struct data data = make_data(ways[w].columns);
        struct till_partition_rows rows = rows_of(&ways[w], &data);
        struct till_partition *partition = fit(&rows, options_of(&ways[w]));
        uint64_t sizes[K] = {0};
        double total = 0;
        for (size_t row = 0; row < ROWS; row++) {
            double own = distance(partition, &rows, row, partition->labels[row]);
            for (size_t c = 0; c < K; c++)
                assert_true(own <= distance(partition, &rows, row, c) + 1e-12);
            sizes[partition->labels[row]]++;
            total += ways[w].method == TILL_CLUSTERING_KMEANS ? own * own : own;
        }
        assert_memory_equal(sizes, partition->sizes, sizeof sizes);
        assert_true(sizes[0] >= sizes[1] && sizes[1] >= sizes[2] && sizes[2] >= sizes[3]);
        assert_true(fabs(total - partition->total) <= 1e-9 * total);
        till_partition_free(partition);
        till_matrix_free(data.matrix);
    }
}

/* Centres in reverse: each cluster gets the place of its own centre among them. */
static void pairs_keep_yesterdays_numbers(void **state) {
    (void)state;
    for (size_t w = 0; w < WAYS; w++) {
        struct data data = make_data(ways[w].columns);
        struct till_partition_rows rows = rows_of(&ways[w], &data);
        struct till_partition *before = fit(&rows, options_of(&ways[w])), *after = fit(&rows, options_of(&ways[w]));
        double numbers[K * 2];
        uint32_t codes[K * LEVELS];
        for (size_t c = 0; c < K; c++) {
            memcpy(numbers + c * before->columns, before->numbers + (K - 1 - c) * before->columns,
                   before->columns * sizeof *numbers);
            memcpy(codes + c * before->level_count, before->codes + (K - 1 - c) * before->level_count,
                   before->level_count * sizeof *codes);
        }
        assert_int_equal(till_partition_pair(after, numbers, codes, NULL), TILL_OK);
        assert_memory_equal(after->numbers, numbers, K * before->columns * sizeof *numbers);
        assert_memory_equal(after->codes, codes, K * before->level_count * sizeof *codes);
        for (size_t row = 0; row < ROWS; row++)
            assert_int_equal(after->labels[row], K - 1 - before->labels[row]);
        for (size_t c = 0; c < K; c++)
            assert_int_equal(after->sizes[c], before->sizes[K - 1 - c]);
        till_partition_free(before);
        till_partition_free(after);
        till_matrix_free(data.matrix);
    }
}

/* A fit from the centres of another is no worse than that one, and keeps its order when asked to. */
static void a_given_start_is_not_lost(void **state) {
    (void)state;
    for (size_t w = 0; w < WAYS; w++) {
        struct data data = make_data(ways[w].columns);
        struct till_partition_rows rows = rows_of(&ways[w], &data);
        struct till_partition_options options = options_of(&ways[w]);
        struct till_partition *cold = fit(&rows, options);
        options.fit.start = TILL_KMEANS_GIVEN;
        options.fit.centroids = cold->numbers;
        options.start_codes = cold->codes;
        options.fit.keep_order = true;
        struct till_partition *warm = fit(&rows, options);
        assert_true(warm->total <= cold->total * (1 + 1e-12));
        size_t same = 0;
        for (size_t row = 0; row < ROWS; row++)
            same += warm->labels[row] == cold->labels[row];
        assert_true(same >= ROWS * 9 / 10);
        till_partition_free(cold);
        till_partition_free(warm);
        till_matrix_free(data.matrix);
    }
}

/* With too many rows for exact swaps, samples begin from the medoids that are given. Rows are labelled in chunks. */
static void a_sample_begins_from_given_medoids(void **state) {
    struct till_matrix *matrix = random_points(21000, 2, 3, 8, 0);
    struct till_partition_rows rows = {.numbers = matrix};
    struct till_partition_options options = {.method = TILL_CLUSTERING_KMEDOIDS,
                                             .fit = {.clusters = K, .restarts = 1, .seed = 1, .threads = 2}};
    (void)state;
    struct till_partition *cold = fit(&rows, options);
    assert_true(cold->sampled);
    options.fit.threads = 7;
    struct till_partition *again = fit(&rows, options);
    assert_same(cold, again);
    till_partition_free(again);
    options.fit.start = TILL_KMEANS_GIVEN;
    options.fit.centroids = cold->numbers;
    options.fit.seed = 2;
    struct till_partition *warm = fit(&rows, options);
    /* For less than a hundredth nothing moves; from a bad start, four equal rows but for little, samples lead away. */
    assert_true(warm->sampled && warm->total <= cold->total);
    bool stayed = memcmp(warm->numbers, cold->numbers, (size_t)K * 2 * sizeof(double)) == 0;
    assert_true(stayed || warm->total <= 0.99 * cold->total);
    double bad[K * 2];
    for (size_t c = 0; c < K; c++)
        for (size_t j = 0; j < 2; j++)
            bad[c * 2 + j] = cold->numbers[j] + 0.01 * (double)c;
    till_partition_free(warm);
    options.fit.centroids = bad;
    warm = fit(&rows, options);
    assert_true(warm->total <= 1.05 * cold->total);
    till_partition_free(cold);
    till_partition_free(warm);
    till_matrix_free(matrix);
}

static void distinct_rows_are_counted_with_their_levels(void **state) {
    static const uint32_t codes[] = {0, 0, 0, 1, 1, 1};
    struct till_error error = {0};
    struct till_matrix *matrix = till_matrix_new(6, 1, &error);
    struct till_partition *partition;
    (void)state;
    /* Four different rows: (0, 0), (1, 0), (0, 1), (1, 1). */
    for (size_t row = 0; row < 6; row++)
        *till_matrix_at(matrix, row, 0) = (double)(row % 2);
    struct till_partition_rows rows = {matrix, codes, 1};
    for (size_t w = 3; w < WAYS; w += 2) {
        struct till_partition_options options = options_of(&ways[w]);
        till_partition_free(fit(&rows, options));
        options.fit.clusters = 5;
        assert_int_equal(till_partition_fit(&rows, &options, &partition, &error), TILL_ERROR_MODEL);
        assert_string_equal(error.message, "5 clusters, but only 4 distinct rows");
        options.fit.clusters = 0;
        assert_int_equal(till_partition_fit(&rows, &options, &partition, &error), TILL_ERROR_USAGE);
    }
    till_matrix_free(matrix);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(rows_are_with_the_nearest_centre_and_the_largest_cluster_is_first),
        cmocka_unit_test(pairs_keep_yesterdays_numbers),
        cmocka_unit_test(a_given_start_is_not_lost),
        cmocka_unit_test(a_sample_begins_from_given_medoids),
        cmocka_unit_test(distinct_rows_are_counted_with_their_levels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
