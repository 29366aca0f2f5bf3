/* Any method behind one call: centres from the method, and what follows from centres the same way for all.
 *
 * k-means brings its labels along. For the other methods rows are labelled here, and clusters numbered by size; another
 * numbering may give rows that are equally near to two clusters to the other one, so labels follow numbers until both
 * stay. */
#include <till/partition.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/kmedoids.h>
#include <till/kprototypes.h>
#include <till/parallel.h>

enum { ROWS_AT_A_TIME = 8192, ATTEMPTS = 8, FIRST_ROWS = 1024 };

void till_partition_free(struct till_partition *partition) {
    if (partition == NULL)
        return;
    free(partition->numbers);
    free(partition->codes);
    free(partition->labels);
    free(partition->sizes);
    free(partition->within);
    free(partition);
}

static struct till_partition *new_partition(const struct till_partition_rows *rows,
                                            const struct till_partition_options *options) {
    struct till_partition *made = calloc(1, sizeof *made);
    if (made == NULL)
        return NULL;
    size_t clusters = options->fit.clusters;
    made->method = options->method;
    made->metric = options->method == TILL_CLUSTERING_KMEANS     ? TILL_METRIC_EUCLIDEAN
                   : options->method == TILL_CLUSTERING_KMEDOIDS ? options->metric
                                                                 : TILL_METRIC_PROTOTYPE;
    made->clusters = clusters;
    made->columns = rows->numbers->columns;
    made->level_count = rows->level_count;
    made->rows = rows->numbers->rows;
    made->numbers = calloc(clusters * made->columns + 1, sizeof *made->numbers);
    made->codes = calloc(clusters * made->level_count + 1, sizeof *made->codes);
    made->labels = malloc((made->rows + 1) * sizeof *made->labels);
    made->sizes = calloc(clusters + 1, sizeof *made->sizes);
    made->within = calloc(clusters + 1, sizeof *made->within);
    if (made->numbers != NULL && made->codes != NULL && made->labels != NULL && made->sizes != NULL &&
        made->within != NULL)
        return made;
    till_partition_free(made);
    return NULL;
}

/* Labels ---------------------------------------------------------------------------------------------------------- */

double till_partition_distance(const struct till_partition *partition, size_t cluster, const double *numbers,
                               const uint32_t *codes) {
    const uint32_t *own = partition->codes + cluster * partition->level_count;
    size_t different = 0;
    for (size_t j = 0; codes != NULL && j < partition->level_count; j++)
        different += codes[j] != own[j];
    return till_metric_distance(partition->metric, partition->gamma, numbers,
                                partition->numbers + cluster * partition->columns, partition->columns, different,
                                partition->level_count);
}

struct labelling {
    const struct till_partition *partition;
    const struct till_partition_rows *rows;
    const struct till_centroids *centroids; /* KMEANS */
    uint32_t *labels;
    double *distances; /* may be NULL */
};

static uint32_t nearest(const struct labelling *work, const double *numbers, const uint32_t *codes, double *distance) {
    uint32_t found = 0;
    if (work->centroids != NULL)
        return till_centroids_nearest(work->centroids, numbers, distance);
    *distance = (double)INFINITY;
    for (size_t c = 0; c < work->partition->clusters; c++) {
        double far = till_partition_distance(work->partition, c, numbers, codes);
        if (far < *distance) {
            *distance = far;
            found = (uint32_t)c;
        }
    }
    return found;
}

static enum till_status label_chunk(void *context, size_t chunk, unsigned worker, struct till_error *error) {
    const struct labelling *work = context;
    const struct till_matrix *matrix = work->rows->numbers;
    double distance, *numbers = malloc((matrix->columns + 1) * sizeof *numbers);
    (void)worker;
    if (numbers == NULL)
        return till_error_memory(error);
    for (size_t row = chunk * ROWS_AT_A_TIME; row < (chunk + 1) * ROWS_AT_A_TIME && row < matrix->rows; row++) {
        size_t level = work->rows->level_count == 0 ? 0 : row * work->rows->level_count;
        till_matrix_get(matrix, row, numbers);
        work->labels[row] =
            nearest(work, numbers, work->rows->codes == NULL ? NULL : work->rows->codes + level, &distance);
        if (work->distances != NULL)
            work->distances[row] = distance;
    }
    free(numbers);
    return TILL_OK;
}

enum till_status till_partition_label(const struct till_partition *partition, const struct till_partition_rows *rows,
                                      unsigned threads, uint32_t *labels, double *distances, struct till_error *error) {
    struct till_centroids *centroids = NULL;
    if (partition->method == TILL_CLUSTERING_KMEANS) {
        centroids = till_centroids_new(partition->clusters, partition->columns, partition->numbers, error);
        if (centroids == NULL)
            return TILL_ERROR_MEMORY;
    }
    struct labelling work = {partition, rows, centroids, labels, distances};
    enum till_status status = till_parallel_for(threads, (rows->numbers->rows + ROWS_AT_A_TIME - 1) / ROWS_AT_A_TIME,
                                                label_chunk, &work, error);
    till_centroids_free(centroids);
    return status;
}

/* Numbering ------------------------------------------------------------------------------------------------------- */

/* By falling size, ties by the centre. */
static bool comes_before(const struct till_partition *partition, size_t a, size_t b) {
    if (partition->sizes[a] != partition->sizes[b])
        return partition->sizes[a] > partition->sizes[b];
    for (size_t j = 0; j < partition->columns; j++) {
        double left = partition->numbers[a * partition->columns + j];
        double right = partition->numbers[b * partition->columns + j];
        if (left < right || left > right)
            return left < right;
    }
    for (size_t j = 0; j < partition->level_count; j++) {
        uint32_t left = partition->codes[a * partition->level_count + j];
        uint32_t right = partition->codes[b * partition->level_count + j];
        if (left != right)
            return left < right;
    }
    return false;
}

/* Moves the rows of an array: the one at `order[to]` comes to `to`. */
static bool permute(void *array, size_t size, const uint32_t *order, size_t count) {
    char *copy = malloc(count * size + 1), *bytes = array;
    if (copy == NULL)
        return false;
    if (size > 0)
        memcpy(copy, bytes, count * size);
    for (size_t to = 0; to < count && size > 0; to++)
        memcpy(bytes + to * size, copy + order[to] * size, size);
    free(copy);
    return true;
}

/* Clusters in another order; labels are left as they are. */
static enum till_status reorder(struct till_partition *partition, const uint32_t *order, struct till_error *error) {
    size_t count = partition->clusters;
    bool good = permute(partition->numbers, partition->columns * sizeof(double), order, count) &&
                permute(partition->codes, partition->level_count * sizeof(uint32_t), order, count) &&
                permute(partition->sizes, sizeof *partition->sizes, order, count) &&
                permute(partition->within, sizeof *partition->within, order, count);
    return good ? TILL_OK : till_error_memory(error);
}

/* Puts clusters into their order; *moved: something changed. Clusters are few: insertion will do. */
static enum till_status renumber(struct till_partition *partition, bool *moved, struct till_error *error) {
    uint32_t *order = malloc(partition->clusters * sizeof *order);
    *moved = false;
    if (order == NULL)
        return till_error_memory(error);
    for (uint32_t c = 0; c < partition->clusters; c++) {
        size_t at = c;
        for (; at > 0 && comes_before(partition, c, order[at - 1]); at--)
            order[at] = order[at - 1];
        order[at] = c;
        *moved = *moved || at < c;
    }
    enum till_status status = *moved ? reorder(partition, order, error) : TILL_OK;
    free(order);
    return status;
}

/* Sizes and spreads from labels, in the order of the rows. */
static void count_rows(struct till_partition *partition, const double *distances) {
    memset(partition->sizes, 0, partition->clusters * sizeof *partition->sizes);
    memset(partition->within, 0, partition->clusters * sizeof *partition->within);
    for (size_t row = 0; row < partition->rows; row++) {
        partition->sizes[partition->labels[row]]++;
        partition->within[partition->labels[row]] += distances[row];
    }
}

static enum till_status settle(struct till_partition *partition, const struct till_partition_rows *rows,
                               const struct till_partition_options *options, struct till_error *error) {
    double *distances = malloc((partition->rows + 1) * sizeof *distances);
    bool again = true;
    enum till_status status = distances == NULL ? till_error_memory(error) : TILL_OK;
    for (int attempt = 0; attempt < ATTEMPTS && again && status == TILL_OK; attempt++) {
        status = till_partition_label(partition, rows, options->fit.threads, partition->labels, distances, error);
        again = !options->fit.keep_order && attempt + 1 < ATTEMPTS;
        if (status == TILL_OK)
            count_rows(partition, distances);
        if (status == TILL_OK && again)
            status = renumber(partition, &again, error);
    }
    free(distances);
    return status;
}

enum till_status till_partition_pair(struct till_partition *partition, const double *numbers, const uint32_t *codes,
                                     struct till_error *error) {
    size_t clusters = partition->clusters;
    double *cost = malloc((clusters * clusters + 1) * sizeof *cost);
    uint32_t *match = malloc(clusters * sizeof *match), *order = malloc(clusters * sizeof *order);
    enum till_status status = cost == NULL || match == NULL || order == NULL ? till_error_memory(error) : TILL_OK;
    for (size_t i = 0; i < clusters * clusters && status == TILL_OK; i++) {
        size_t old = i / clusters, to = i % clusters;
        const uint32_t *levels = partition->level_count == 0 ? NULL : codes + old * partition->level_count;
        cost[i] = till_partition_distance(partition, to, numbers + old * partition->columns, levels);
        cost[i] *= partition->method == TILL_CLUSTERING_KMEANS ? cost[i] : 1;
    }
    if (status == TILL_OK)
        status = till_clustering_match(cost, clusters, match, error);
    for (uint32_t c = 0; c < clusters && status == TILL_OK; c++)
        order[match[c]] = c;
    if (status == TILL_OK)
        status = reorder(partition, order, error);
    for (size_t row = 0; row < partition->rows && status == TILL_OK; row++)
        partition->labels[row] = match[partition->labels[row]];
    free(cost);
    free(match);
    free(order);
    return status;
}

/* Methods --------------------------------------------------------------------------------------------------------- */

static enum till_status fit_kmeans(const struct till_partition_rows *rows, const struct till_partition_options *options,
                                   struct till_partition *partition, struct till_error *error) {
    struct till_kmeans *result;
    enum till_status status = till_kmeans_fit(rows->numbers, &options->fit, &result, error);
    if (status != TILL_OK)
        return status;
    memcpy(partition->numbers, result->centroids, result->clusters * result->columns * sizeof(double));
    memcpy(partition->labels, result->labels, result->rows * sizeof *result->labels);
    memcpy(partition->sizes, result->sizes, result->clusters * sizeof *result->sizes);
    memcpy(partition->within, result->within, result->clusters * sizeof *result->within);
    partition->iterations = result->iterations;
    partition->converged = result->converged;
    partition->relocated = result->relocated;
    till_kmeans_free(result);
    return TILL_OK;
}

static void get_row(const struct till_partition_rows *rows, size_t row, double *numbers, uint32_t *codes) {
    till_matrix_get(rows->numbers, row, numbers);
    if (rows->level_count > 0)
        memcpy(codes, rows->codes + row * rows->level_count, rows->level_count * sizeof *codes);
}

/* The rows nearest to the start, each another one: the partition holds the start as its centres. */
static enum till_status rows_of_start(const struct till_partition *partition, const struct till_partition_rows *rows,
                                      size_t *medoids, struct till_error *error) {
    double *numbers = malloc((partition->columns + 1) * sizeof *numbers);
    bool *taken = calloc(partition->rows + 1, sizeof *taken), good = numbers != NULL && taken != NULL;
    for (size_t c = 0; c < partition->clusters && good; c++) {
        double least = (double)INFINITY;
        for (size_t row = 0; row < partition->rows; row++) {
            const uint32_t *codes = rows->level_count == 0 ? NULL : rows->codes + row * rows->level_count;
            till_matrix_get(rows->numbers, row, numbers);
            double far = till_partition_distance(partition, c, numbers, codes);
            if (far < least && !taken[row]) {
                least = far;
                medoids[c] = row;
            }
        }
        taken[medoids[c]] = true;
    }
    free(numbers);
    free(taken);
    return good ? TILL_OK : till_error_memory(error);
}

static void take_start(const struct till_partition_options *options, struct till_partition *partition) {
    size_t clusters = partition->clusters;
    if (partition->columns > 0)
        memcpy(partition->numbers, options->fit.centroids, clusters * partition->columns * sizeof(double));
    if (partition->level_count > 0)
        memcpy(partition->codes, options->start_codes, clusters * partition->level_count * sizeof(uint32_t));
}

static enum till_status fit_kmedoids(const struct till_partition_rows *rows,
                                     const struct till_partition_options *options, struct till_partition *partition,
                                     struct till_error *error) {
    size_t *medoids = calloc(partition->clusters, sizeof *medoids);
    bool given = options->fit.start == TILL_KMEANS_GIVEN;
    struct till_kmedoids *result = NULL;
    struct till_kmedoids_options how = {.clusters = partition->clusters,
                                        .metric = options->metric,
                                        .medoids = given ? medoids : NULL,
                                        .restarts = options->fit.restarts,
                                        .max_iterations = options->fit.max_iterations,
                                        .seed = options->fit.seed,
                                        .threads = options->fit.threads,
                                        .portable = options->fit.portable};
    enum till_status status = medoids == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK && given) {
        take_start(options, partition);
        status = rows_of_start(partition, rows, medoids, error);
    }
    if (status == TILL_OK)
        status = till_kmedoids_fit(rows->numbers, rows->codes, rows->level_count, &how, &result, error);
    for (size_t c = 0; c < partition->clusters && status == TILL_OK; c++)
        get_row(rows, result->medoids[c], partition->numbers + c * partition->columns,
                partition->codes + c * partition->level_count);
    if (status == TILL_OK) {
        partition->iterations = result->iterations;
        partition->converged = result->converged;
        partition->sampled = result->sampled;
    }
    till_kmedoids_free(result);
    free(medoids);
    return status;
}

static enum till_status fit_kprototypes(const struct till_partition_rows *rows,
                                        const struct till_partition_options *options, struct till_partition *partition,
                                        struct till_error *error) {
    bool given = options->fit.start == TILL_KMEANS_GIVEN;
    struct till_kprototypes_options how = {.clusters = partition->clusters,
                                           .gamma = options->gamma,
                                           .numbers = given ? options->fit.centroids : NULL,
                                           .modes = given ? options->start_codes : NULL,
                                           .restarts = options->fit.restarts,
                                           .max_iterations = options->fit.max_iterations,
                                           .seed = options->fit.seed,
                                           .threads = options->fit.threads};
    struct till_kprototypes *result;
    enum till_status status = till_kprototypes_fit(rows->numbers, rows->codes, rows->level_count, &how, &result, error);
    if (status != TILL_OK)
        return status;
    memcpy(partition->numbers, result->numbers, result->clusters * result->columns * sizeof(double));
    memcpy(partition->codes, result->modes, result->clusters * result->level_count * sizeof(uint32_t));
    partition->gamma = result->gamma;
    partition->iterations = result->iterations;
    partition->converged = result->converged;
    till_kprototypes_free(result);
    return TILL_OK;
}

/* Distinct rows --------------------------------------------------------------------------------------------------- */

/* The different ones among the first `count` rows, up to `most`: levels are numbers too, as far as equality goes. */
static enum till_status distinct_among(const struct till_partition_rows *rows, size_t count, size_t most,
                                       size_t *distinct, struct till_error *error) {
    size_t columns = rows->numbers->columns;
    struct till_matrix *all = till_matrix_new(count, columns + rows->level_count, error);
    if (all == NULL)
        return TILL_ERROR_MEMORY;
    for (size_t row = 0; row < count; row++) {
        for (size_t j = 0; j < columns; j++)
            *till_matrix_at(all, row, j) = *till_matrix_at(rows->numbers, row, j);
        for (size_t j = 0; j < rows->level_count; j++)
            *till_matrix_at(all, row, columns + j) = (double)rows->codes[row * rows->level_count + j];
    }
    enum till_status status = till_matrix_distinct(all, most, distinct, error);
    till_matrix_free(all);
    return status;
}

/* Mostly the first rows hold as many as there are clusters. */
static enum till_status check_distinct(const struct till_partition_rows *rows, size_t clusters,
                                       struct till_error *error) {
    size_t distinct = 0, count = 0;
    enum till_status status = TILL_OK;
    while (status == TILL_OK && distinct < clusters && count < rows->numbers->rows) {
        count = count == 0 ? FIRST_ROWS : 8 * count;
        count = count < rows->numbers->rows ? count : rows->numbers->rows;
        status = distinct_among(rows, count, clusters, &distinct, error);
    }
    if (status == TILL_OK && distinct < clusters)
        status =
            till_error_set(error, TILL_ERROR_MODEL, "%zu clusters, but only %zu distinct rows", clusters, distinct);
    return status;
}

/* All ------------------------------------------------------------------------------------------------------------- */

static enum till_status run_method(const struct till_partition_rows *rows, const struct till_partition_options *options,
                                   struct till_partition *partition, struct till_error *error) {
    enum till_status status = TILL_OK;
    if (options->method == TILL_CLUSTERING_KMEANS)
        return fit_kmeans(rows, options, partition, error);
    if (rows->level_count > 0)
        status = check_distinct(rows, options->fit.clusters, error);
    if (status == TILL_OK)
        status = options->method == TILL_CLUSTERING_KMEDOIDS ? fit_kmedoids(rows, options, partition, error)
                                                             : fit_kprototypes(rows, options, partition, error);
    return status == TILL_OK ? settle(partition, rows, options, error) : status;
}

enum till_status till_partition_fit(const struct till_partition_rows *rows,
                                    const struct till_partition_options *options, struct till_partition **partition,
                                    struct till_error *error) {
    size_t clusters = options->fit.clusters;
    *partition = NULL;
    if (clusters == 0 || clusters >= UINT32_MAX / 2)
        return till_error_set(error, TILL_ERROR_USAGE, "%zu clusters cannot be made", clusters);
    struct till_partition *made = new_partition(rows, options);
    enum till_status status = made == NULL ? till_error_memory(error) : run_method(rows, options, made, error);
    for (size_t c = 0; c < clusters && status == TILL_OK; c++)
        made->total += made->within[c];
    if (status == TILL_OK)
        *partition = made;
    else
        till_partition_free(made);
    return status;
}
