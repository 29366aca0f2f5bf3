/* Figures for choosing k. */
#include <till/criteria.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_eigen.h>
#include <gsl/gsl_math.h>

#include <till/parallel.h>
#include <till/random.h>
#include <till/silhouette.h>

/* From the fit alone ----------------------------------------------------------------------------------------------- */

/* The total sum of squares about the mean. */
static enum till_status total_squares(const struct till_matrix *matrix, double *total, struct till_error *error) {
    double *mean = calloc(matrix->columns + 1, sizeof *mean);
    if (mean == NULL)
        return till_error_memory(error);
    for (size_t row = 0; row < matrix->rows; row++)
        for (size_t j = 0; j < matrix->columns; j++)
            mean[j] += *till_matrix_at(matrix, row, j);
    for (size_t j = 0; j < matrix->columns; j++)
        mean[j] /= (double)matrix->rows;
    *total = 0;
    for (size_t row = 0; row < matrix->rows; row++)
        for (size_t j = 0; j < matrix->columns; j++) {
            double apart = *till_matrix_at(matrix, row, j) - mean[j];
            *total += apart * apart;
        }
    free(mean);
    return TILL_OK;
}

static double bic(const struct till_partition *result) {
    double n = (double)result->rows, k = (double)result->clusters, d = (double)result->columns;
    double variance = result->total / (d * (n - k)), likelihood = 0;
    if (!(variance > 0))
        return (double)NAN;
    for (size_t c = 0; c < result->clusters; c++) {
        double size = (double)result->sizes[c];
        if (size > 0)
            likelihood += size * log(size / n) - size * d / 2 * log(2 * M_PI * variance) - (size - 1) * d / 2;
    }
    return likelihood - (k - 1 + d * k + 1) / 2 * log(n);
}

static const uint32_t *codes_of(const struct till_partition_rows *rows, size_t row) {
    return rows->level_count == 0 ? NULL : rows->codes + row * rows->level_count;
}

/* The mean distance to the centre, by cluster, into spread. */
static enum till_status mean_distances(const struct till_partition_rows *rows, const struct till_partition *result,
                                       double *spread, struct till_error *error) {
    double *row = malloc((result->columns + 1) * sizeof *row);
    if (row == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < result->rows; i++) {
        till_matrix_get(rows->numbers, i, row);
        spread[result->labels[i]] += till_partition_distance(result, result->labels[i], row, codes_of(rows, i));
    }
    for (size_t c = 0; c < result->clusters; c++)
        spread[c] /= result->sizes[c] == 0 ? 1 : (double)result->sizes[c];
    free(row);
    return TILL_OK;
}

static enum till_status davies_bouldin(const struct till_partition_rows *rows, const struct till_partition *result,
                                       double *index, struct till_error *error) {
    double *spread = calloc(result->clusters + 1, sizeof *spread), sum = 0;
    if (spread == NULL)
        return till_error_memory(error);
    enum till_status status = mean_distances(rows, result, spread, error);
    for (size_t i = 0; i < result->clusters && status == TILL_OK; i++) {
        double worst = 0;
        for (size_t j = 0; j < result->clusters; j++) {
            double apart = till_partition_distance(result, i, result->numbers + j * result->columns,
                                                   result->codes + j * result->level_count);
            if (apart > 0 && (spread[i] + spread[j]) / apart > worst)
                worst = (spread[i] + spread[j]) / apart;
        }
        sum += worst;
    }
    *index = sum / (double)result->clusters;
    free(spread);
    return status;
}

/* Rand index ------------------------------------------------------------------------------------------------------ */

static double pairs(double count) {
    return count * (count - 1) / 2;
}

enum till_status till_rand_index(const uint32_t *a, size_t a_clusters, const uint32_t *b, size_t b_clusters,
                                 size_t rows, double *index, struct till_error *error) {
    double *both = calloc(a_clusters * b_clusters + 1, sizeof *both);
    double *left = calloc(a_clusters + 1, sizeof *left), *right = calloc(b_clusters + 1, sizeof *right);
    double same = 0, in_a = 0, in_b = 0;
    enum till_status status = TILL_OK;
    if (both == NULL || left == NULL || right == NULL)
        status = till_error_memory(error);
    for (size_t row = 0; row < rows && status == TILL_OK; row++) {
        both[a[row] * b_clusters + b[row]]++;
        left[a[row]]++;
        right[b[row]]++;
    }
    for (size_t i = 0; i < a_clusters * b_clusters && status == TILL_OK; i++)
        same += pairs(both[i]);
    for (size_t i = 0; i < a_clusters && status == TILL_OK; i++)
        in_a += pairs(left[i]);
    for (size_t i = 0; i < b_clusters && status == TILL_OK; i++)
        in_b += pairs(right[i]);
    double chance = rows < 2 ? 0 : in_a * in_b / pairs((double)rows), most = (in_a + in_b) / 2;
    *index = most - chance > 0 || most - chance < 0 ? (same - chance) / (most - chance) : 1;
    free(both);
    free(left);
    free(right);
    return status;
}

/* Samples --------------------------------------------------------------------------------------------------------- */

/* What gap and stability work on: all rows, or a sample of them. */
struct sampling {
    const struct till_criteria_options *options;
    const struct till_matrix *all; /* the rows that it is taken from */
    struct till_matrix *rows;
    uint32_t *codes;
    size_t level_count;
    struct till_partition_options how; /* on one thread: */
    unsigned threads;                  /* samples are shared out */
    double *low;                       /* [columns]: the box along the principal axes */
    double *high;
    double *mean;
};

static void copy_row(const struct till_matrix *matrix, const uint32_t *codes, size_t level_count, size_t from,
                     struct till_matrix *into, uint32_t *into_codes, size_t to) {
    for (size_t j = 0; j < matrix->columns; j++)
        *till_matrix_at(into, to, j) = *till_matrix_at(matrix, from, j);
    for (size_t j = 0; j < level_count; j++)
        into_codes[to * level_count + j] = codes[from * level_count + j];
}

static enum till_status take_sample(const struct till_partition_rows *rows, size_t most, struct sampling *sampling,
                                    struct till_error *error) {
    size_t all = rows->numbers->rows;
    size_t count = most > 0 && all > most ? most : all;
    size_t *chosen = malloc((count + 1) * sizeof *chosen);
    sampling->all = rows->numbers;
    sampling->level_count = rows->level_count;
    sampling->rows = till_matrix_new(count, rows->numbers->columns, error);
    sampling->codes = malloc((count * rows->level_count + 1) * sizeof *sampling->codes);
    if (chosen == NULL || sampling->rows == NULL || sampling->codes == NULL) {
        free(chosen);
        return till_error_memory(error);
    }
    till_sample_rows(all, count, sampling->how.fit.seed, chosen);
    for (size_t i = 0; i < count; i++)
        copy_row(rows->numbers, rows->codes, rows->level_count, chosen[i], sampling->rows, sampling->codes, i);
    free(chosen);
    return TILL_OK;
}

static struct till_partition_rows rows_of(const struct sampling *sampling, const struct till_matrix *matrix,
                                          const uint32_t *codes) {
    return (struct till_partition_rows){matrix, sampling->level_count == 0 ? NULL : codes, sampling->level_count};
}

static void find_mean(struct sampling *sampling) {
    const struct till_matrix *rows = sampling->all;
    for (size_t j = 0; j < rows->columns; j++) {
        for (size_t i = 0; i < rows->rows; i++)
            sampling->mean[j] += *till_matrix_at(rows, i, j);
        sampling->mean[j] /= (double)rows->rows;
    }
}

static double from_mean(const struct sampling *sampling, size_t row, size_t column) {
    return *till_matrix_at(sampling->all, row, column) - sampling->mean[column];
}

/* The products of all pairs of columns, or of rows, about the mean. */
static void find_products(const struct sampling *sampling, bool of_rows, gsl_matrix *products) {
    size_t length = of_rows ? sampling->all->columns : sampling->all->rows;
    for (size_t a = 0; a < products->size1; a++)
        for (size_t b = 0; b <= a; b++) {
            double sum = 0;
            for (size_t i = 0; i < length; i++)
                sum += of_rows ? from_mean(sampling, a, i) * from_mean(sampling, b, i)
                               : from_mean(sampling, i, a) * from_mean(sampling, i, b);
            gsl_matrix_set(products, a, b, sum);
            gsl_matrix_set(products, b, a, sum);
        }
}

/* Where a row lies along a principal axis. With X the rows about their mean, the axes V are the vectors of X'X, and the
 * rows lie at XV; of the vectors U of XX', with values D^2, they lie at UD. */
static double along_axis(const struct sampling *sampling, bool of_rows, const gsl_matrix *vectors, double value,
                         size_t row, size_t axis) {
    if (of_rows)
        return gsl_matrix_get(vectors, row, axis) * sqrt(value > 0 ? value : 0);
    double sum = 0;
    for (size_t j = 0; j < sampling->all->columns; j++)
        sum += from_mean(sampling, row, j) * gsl_matrix_get(vectors, j, axis);
    return sum;
}

/* The box along the principal axes that holds all rows: that of a sample would depend on which of the outermost rows
 * are in it. Rows that are fewer than their columns lie on as many axes as there are rows, and products of rows are
 * cheaper then. Memory is our own: GSL would end the program where there is none. */
static enum till_status find_box(struct sampling *sampling, struct till_error *error) {
    size_t rows = sampling->all->rows, columns = sampling->all->columns;
    bool of_rows = rows < columns;
    size_t axes = of_rows ? rows : columns;
    double *room = malloc((2 * axes * axes + 5 * axes) * sizeof *room), *values = room;
    sampling->low = calloc(columns + 1, sizeof(double));
    sampling->high = calloc(columns + 1, sizeof(double));
    sampling->mean = calloc(columns + 1, sizeof(double));
    if (room == NULL || sampling->low == NULL || sampling->high == NULL || sampling->mean == NULL) {
        free(room);
        return till_error_memory(error);
    }
    gsl_vector_view eigenvalues = gsl_vector_view_array(values, axes);
    gsl_matrix_view products = gsl_matrix_view_array(room + 5 * axes, axes, axes);
    gsl_matrix_view vectors = gsl_matrix_view_array(room + (5 + axes) * axes, axes, axes);
    gsl_eigen_symmv_workspace work = {axes, room + axes, room + 2 * axes, room + 3 * axes, room + 4 * axes};
    find_mean(sampling);
    find_products(sampling, of_rows, &products.matrix);
    gsl_eigen_symmv(&products.matrix, &eigenvalues.vector, &vectors.matrix, &work);
    gsl_eigen_symmv_sort(&eigenvalues.vector, &vectors.matrix, GSL_EIGEN_SORT_VAL_DESC);
    for (size_t axis = 0; axis < axes; axis++)
        for (size_t row = 0; row < rows; row++) {
            double at = along_axis(sampling, of_rows, &vectors.matrix, values[axis], row, axis);
            sampling->low[axis] = row == 0 || at < sampling->low[axis] ? at : sampling->low[axis];
            sampling->high[axis] = row == 0 || at > sampling->high[axis] ? at : sampling->high[axis];
        }
    free(room);
    return TILL_OK;
}

static void free_sampling(struct sampling *sampling) {
    till_matrix_free(sampling->rows);
    free(sampling->codes);
    free(sampling->low);
    free(sampling->high);
    free(sampling->mean);
}

/* Gap ------------------------------------------------------------------------------------------------------------- */

/* Rows drawn uniformly from the box; the distances do not depend on where the axes point, so they stay unturned. */
static void draw_reference(const struct sampling *sampling, uint64_t number, struct till_matrix *reference) {
    for (size_t row = 0; row < reference->rows; row++) {
        struct till_random random;
        till_random_start(&random, sampling->how.fit.seed + (number << 32), row);
        for (size_t j = 0; j < reference->columns; j++)
            *till_matrix_at(reference, row, j) =
                sampling->low[j] + (sampling->high[j] - sampling->low[j]) * till_random_uniform(&random);
    }
}

static enum till_status log_inertia(const struct till_matrix *matrix, const struct till_kmeans_options *fit,
                                    double *value, struct till_error *error) {
    struct till_kmeans *result;
    enum till_status status = till_kmeans_fit(matrix, fit, &result, error);
    if (status != TILL_OK)
        return status;
    *value = log(result->inertia);
    till_kmeans_free(result);
    return TILL_OK;
}

/* Figures of samples, one each: threads take samples, as each fit is too small to share. */
struct sample_figures {
    const struct sampling *sampling;
    const struct till_partition *own; /* stability: the clusters of the rows that samples are drawn from */
    double *values;
};

static enum till_status reference_inertia(void *context, size_t index, unsigned worker, struct till_error *error) {
    const struct sample_figures *work = context;
    const struct sampling *sampling = work->sampling;
    struct till_matrix *reference = till_matrix_new(sampling->rows->rows, sampling->rows->columns, error);
    (void)worker;
    if (reference == NULL)
        return TILL_ERROR_MEMORY;
    draw_reference(sampling, index + 1, reference);
    enum till_status status = log_inertia(reference, &sampling->how.fit, &work->values[index], error);
    till_matrix_free(reference);
    return status;
}

static enum till_status find_gap(struct sampling *sampling, struct till_criteria *criteria, struct till_error *error) {
    unsigned samples = sampling->options->samples;
    double own = NAN, mean = 0, squares = 0;
    struct sample_figures work = {sampling, NULL, malloc((samples + 1) * sizeof(double))};
    enum till_status status = work.values == NULL ? till_error_memory(error) : find_box(sampling, error);
    if (status == TILL_OK)
        status = log_inertia(sampling->rows, &sampling->how.fit, &own, error);
    if (status == TILL_OK)
        status = till_parallel_for(sampling->threads, samples, reference_inertia, &work, error);
    for (unsigned b = 0; b < samples && status == TILL_OK; b++)
        mean += work.values[b] / samples;
    for (unsigned b = 0; b < samples && status == TILL_OK; b++)
        squares += (work.values[b] - mean) * (work.values[b] - mean) / samples;
    if (status == TILL_OK && isfinite(own)) {
        criteria->gap = mean - own;
        criteria->gap_error = sqrt(squares) * sqrt(1 + 1.0 / samples);
    }
    free(work.values);
    return status;
}

/* Stability ------------------------------------------------------------------------------------------------------- */

/* A sample of rows with replacement. */
struct bootstrap {
    struct till_matrix *rows;
    uint32_t *codes;
    uint32_t *labels; /* of the rows that it is drawn from */
};

static void draw_bootstrap(const struct sampling *sampling, uint64_t number, struct bootstrap *sample) {
    struct till_random random;
    till_random_start(&random, sampling->how.fit.seed, UINT64_C(0x626f6f74) + (number << 32)); /* "boot" */
    for (size_t row = 0; row < sample->rows->rows; row++) {
        size_t from = (size_t)till_random_below(&random, sampling->rows->rows);
        copy_row(sampling->rows, sampling->codes, sampling->level_count, from, sample->rows, sample->codes, row);
    }
}

/* The clusters of all rows by the centres of a fit to the sample. A sample with fewer distinct rows than clusters says
 * nothing: *index is then NaN. */
static enum till_status compare_fit(const struct sampling *sampling, const struct till_partition *own,
                                    struct bootstrap *sample, double *index, struct till_error *error) {
    struct till_partition_rows drawn = rows_of(sampling, sample->rows, sample->codes);
    struct till_partition_rows all = rows_of(sampling, sampling->rows, sampling->codes);
    struct till_partition *result;
    enum till_status status = till_partition_fit(&drawn, &sampling->how, &result, error);
    *index = (double)NAN;
    if (status != TILL_OK)
        return status == TILL_ERROR_MODEL ? TILL_OK : status;
    status = till_partition_label(result, &all, 1, sample->labels, NULL, error);
    if (status == TILL_OK)
        status = till_rand_index(own->labels, own->clusters, sample->labels, result->clusters, own->rows, index, error);
    till_partition_free(result);
    return status;
}

static enum till_status bootstrap_index(void *context, size_t index, unsigned worker, struct till_error *error) {
    const struct sample_figures *work = context;
    const struct sampling *sampling = work->sampling;
    size_t rows = sampling->rows->rows;
    struct bootstrap sample = {till_matrix_new(rows, sampling->rows->columns, error),
                               malloc((rows * sampling->level_count + 1) * sizeof(uint32_t)),
                               malloc((rows + 1) * sizeof(uint32_t))};
    enum till_status status = TILL_OK;
    (void)worker;
    if (sample.rows == NULL || sample.codes == NULL || sample.labels == NULL)
        status = till_error_memory(error);
    if (status == TILL_OK) {
        draw_bootstrap(sampling, index, &sample);
        status = compare_fit(sampling, work->own, &sample, &work->values[index], error);
    }
    till_matrix_free(sample.rows);
    free(sample.codes);
    free(sample.labels);
    return status;
}

static enum till_status find_stability(struct sampling *sampling, struct till_criteria *criteria,
                                       struct till_error *error) {
    unsigned samples = sampling->options->samples, counted = 0;
    struct till_partition *own = NULL;
    struct till_partition_rows all = rows_of(sampling, sampling->rows, sampling->codes);
    struct sample_figures work = {sampling, NULL, malloc((samples + 1) * sizeof(double))};
    double sum = 0;
    enum till_status status = work.values == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK)
        status = till_partition_fit(&all, &sampling->how, &own, error);
    work.own = own;
    if (status == TILL_OK)
        status = till_parallel_for(sampling->threads, samples, bootstrap_index, &work, error);
    for (unsigned b = 0; b < samples && status == TILL_OK; b++) {
        sum += isnan(work.values[b]) ? 0 : work.values[b];
        counted += isnan(work.values[b]) ? 0 : 1;
    }
    if (status == TILL_OK && counted > 0)
        criteria->stability = sum / counted;
    till_partition_free(own);
    free(work.values);
    return status;
}

/* All ------------------------------------------------------------------------------------------------------------- */

typedef enum till_status sample_figure(struct sampling *sampling, struct till_criteria *criteria,
                                       struct till_error *error);

/* A figure of the rows, or of a sample of them; not defined for a sample with too few distinct rows. */
static enum till_status find_sampled(const struct till_partition_rows *rows, const struct till_partition *result,
                                     const struct till_criteria_options *options, size_t most, sample_figure *find,
                                     struct till_criteria *criteria, struct till_error *error) {
    struct sampling sampling = {.options = options, .how = options->how, .threads = options->how.fit.threads};
    sampling.how.fit.clusters = result->clusters;
    sampling.how.fit.start = TILL_KMEANS_PLUS_PLUS;
    sampling.how.fit.threads = 1;
    if (result->method == TILL_CLUSTERING_KMEDOIDS)
        sampling.how.fit.restarts = 1; /* swaps reach about the same from any start (Schubert & Rousseeuw 2021) */
    enum till_status status = take_sample(rows, most, &sampling, error);
    if (status == TILL_OK)
        status = find(&sampling, criteria, error);
    free_sampling(&sampling);
    return status == TILL_ERROR_MODEL ? TILL_OK : status;
}

static enum till_status find_silhouette(const struct till_partition_rows *rows, const struct till_partition *result,
                                        const struct till_criteria_options *options, double *mean,
                                        struct till_error *error) {
    struct till_silhouette_options how = {.most_rows = options->silhouette_rows,
                                          .metric = result->metric,
                                          .gamma = result->gamma,
                                          .codes = rows->codes,
                                          .level_count = rows->level_count,
                                          .seed = options->how.fit.seed,
                                          .threads = options->how.fit.threads,
                                          .portable = options->how.fit.portable};
    double *of_cluster = malloc((result->clusters + 1) * sizeof *of_cluster);
    if (of_cluster == NULL)
        return till_error_memory(error);
    enum till_status status =
        till_silhouette(rows->numbers, result->labels, result->clusters, &how, mean, of_cluster, error);
    free(of_cluster);
    return status;
}

enum till_status till_criteria_find(const struct till_partition_rows *rows, const struct till_partition *partition,
                                    const struct till_criteria_options *options, struct till_criteria *criteria,
                                    struct till_error *error) {
    const double none = (double)NAN;
    bool means = partition->method == TILL_CLUSTERING_KMEANS;
    double total = 0, n = (double)partition->rows, k = (double)partition->clusters;
    *criteria = (struct till_criteria){none, none, none, none, none, means ? bic(partition) : none, none};
    enum till_status status = TILL_OK;
    if (partition->clusters > 1) {
        status = total_squares(rows->numbers, &total, error);
        if (status == TILL_OK && means && partition->total > 0)
            criteria->calinski_harabasz = (total - partition->total) / (k - 1) / (partition->total / (n - k));
        if (status == TILL_OK)
            status = davies_bouldin(rows, partition, &criteria->davies_bouldin, error);
        if (status == TILL_OK)
            status = find_silhouette(rows, partition, options, &criteria->silhouette, error);
    }
    if (status == TILL_OK && means && options->samples > 0)
        status = find_sampled(rows, partition, options, options->gap_rows, find_gap, criteria, error);
    if (status == TILL_OK && partition->clusters > 1 && options->samples > 0)
        status = find_sampled(rows, partition, options, options->stability_rows, find_stability, criteria, error);
    return status;
}
