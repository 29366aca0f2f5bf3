/* Figures for choosing k. */
#include <till/criteria.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_eigen.h>
#include <gsl/gsl_math.h>

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

static double bic(const struct till_kmeans *result) {
    double n = (double)result->rows, k = (double)result->clusters, d = (double)result->columns;
    double variance = result->inertia / (d * (n - k)), likelihood = 0;
    if (!(variance > 0))
        return (double)NAN;
    for (size_t c = 0; c < result->clusters; c++) {
        double size = (double)result->sizes[c];
        if (size > 0)
            likelihood += size * log(size / n) - size * d / 2 * log(2 * M_PI * variance) - (size - 1) * d / 2;
    }
    return likelihood - (k - 1 + d * k + 1) / 2 * log(n);
}

/* The mean distance to the centroid, by cluster, into spread. */
static enum till_status mean_distances(const struct till_matrix *matrix, const struct till_kmeans *result,
                                       double *spread, struct till_error *error) {
    double *row = malloc((matrix->columns + 1) * sizeof *row);
    if (row == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < matrix->rows; i++) {
        uint32_t label = result->labels[i];
        till_matrix_get(matrix, i, row);
        spread[label] += till_kmeans_distance(row, result->centroids + label * matrix->columns, matrix->columns);
    }
    for (size_t c = 0; c < result->clusters; c++)
        spread[c] /= result->sizes[c] == 0 ? 1 : (double)result->sizes[c];
    free(row);
    return TILL_OK;
}

static enum till_status davies_bouldin(const struct till_matrix *matrix, const struct till_kmeans *result,
                                       double *index, struct till_error *error) {
    double *spread = calloc(result->clusters + 1, sizeof *spread), sum = 0;
    if (spread == NULL)
        return till_error_memory(error);
    enum till_status status = mean_distances(matrix, result, spread, error);
    for (size_t i = 0; i < result->clusters && status == TILL_OK; i++) {
        double worst = 0;
        for (size_t j = 0; j < result->clusters; j++) {
            double apart = till_kmeans_distance(result->centroids + i * result->columns,
                                                result->centroids + j * result->columns, result->columns);
            if (apart > 0 && (spread[i] + spread[j]) / apart > worst)
                worst = (spread[i] + spread[j]) / apart;
        }
        sum += worst;
    }
    *index = sum / (double)result->clusters;
    free(spread);
    return status;
}

/* Rand index --------------------------------------------------------------------------------------------------------
 */

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

/* Samples -----------------------------------------------------------------------------------------------------------
 */

/* What gap and stability work on: all rows, or a sample of them. */
struct sampling {
    const struct till_criteria_options *options;
    struct till_matrix *rows;
    struct till_kmeans_options fit;
    gsl_matrix *axes; /* columns: the principal axes */
    double *low;      /* [columns]: the box along them */
    double *high;
    double *mean;
};

static struct till_matrix *copy_rows(const struct till_matrix *matrix, const size_t *chosen, size_t count,
                                     struct till_error *error) {
    struct till_matrix *copy = till_matrix_new(count, matrix->columns, error);
    for (size_t i = 0; i < count && copy != NULL; i++)
        for (size_t j = 0; j < matrix->columns; j++)
            *till_matrix_at(copy, i, j) = *till_matrix_at(matrix, chosen == NULL ? i : chosen[i], j);
    return copy;
}

static enum till_status take_sample(const struct till_matrix *matrix, struct sampling *sampling,
                                    struct till_error *error) {
    size_t most = sampling->options->sample_rows;
    bool sampled = most > 0 && matrix->rows > most;
    size_t count = sampled ? most : matrix->rows;
    size_t *chosen = malloc((count + 1) * sizeof *chosen);
    if (chosen == NULL)
        return till_error_memory(error);
    if (sampled)
        till_sample_rows(matrix->rows, count, sampling->fit.seed, chosen);
    sampling->rows = copy_rows(matrix, sampled ? chosen : NULL, count, error);
    free(chosen);
    return sampling->rows == NULL ? TILL_ERROR_MEMORY : TILL_OK;
}

/* The covariance about the mean into `covariance`. */
static void covariances(struct sampling *sampling, gsl_matrix *covariance) {
    const struct till_matrix *rows = sampling->rows;
    for (size_t j = 0; j < rows->columns; j++) {
        for (size_t i = 0; i < rows->rows; i++)
            sampling->mean[j] += *till_matrix_at(rows, i, j);
        sampling->mean[j] /= (double)rows->rows;
    }
    for (size_t a = 0; a < rows->columns; a++)
        for (size_t b = 0; b <= a; b++) {
            double sum = 0;
            for (size_t i = 0; i < rows->rows; i++)
                sum += (*till_matrix_at(rows, i, a) - sampling->mean[a]) *
                       (*till_matrix_at(rows, i, b) - sampling->mean[b]);
            gsl_matrix_set(covariance, a, b, sum);
            gsl_matrix_set(covariance, b, a, sum);
        }
}

static double along_axis(const struct sampling *sampling, size_t row, size_t axis) {
    double sum = 0;
    for (size_t j = 0; j < sampling->rows->columns; j++)
        sum += (*till_matrix_at(sampling->rows, row, j) - sampling->mean[j]) * gsl_matrix_get(sampling->axes, j, axis);
    return sum;
}

/* The box along the principal axes that holds all rows. */
static enum till_status find_box(struct sampling *sampling, struct till_error *error) {
    size_t columns = sampling->rows->columns;
    gsl_matrix *covariance = gsl_matrix_alloc(columns, columns);
    gsl_vector *values = gsl_vector_alloc(columns);
    gsl_eigen_symmv_workspace *room = gsl_eigen_symmv_alloc(columns);
    sampling->axes = gsl_matrix_alloc(columns, columns);
    sampling->low = malloc((columns + 1) * sizeof(double));
    sampling->high = malloc((columns + 1) * sizeof(double));
    sampling->mean = calloc(columns + 1, sizeof(double));
    bool good = covariance != NULL && values != NULL && room != NULL && sampling->axes != NULL &&
                sampling->low != NULL && sampling->high != NULL && sampling->mean != NULL;
    if (good) {
        covariances(sampling, covariance);
        gsl_eigen_symmv(covariance, values, sampling->axes, room);
    }
    for (size_t axis = 0; axis < columns && good; axis++) {
        sampling->low[axis] = (double)INFINITY;
        sampling->high[axis] = -(double)INFINITY;
        for (size_t row = 0; row < sampling->rows->rows; row++) {
            double at = along_axis(sampling, row, axis);
            sampling->low[axis] = at < sampling->low[axis] ? at : sampling->low[axis];
            sampling->high[axis] = at > sampling->high[axis] ? at : sampling->high[axis];
        }
    }
    gsl_matrix_free(covariance);
    gsl_vector_free(values);
    gsl_eigen_symmv_free(room);
    return good ? TILL_OK : till_error_memory(error);
}

static void free_sampling(struct sampling *sampling) {
    till_matrix_free(sampling->rows);
    gsl_matrix_free(sampling->axes);
    free(sampling->low);
    free(sampling->high);
    free(sampling->mean);
}

/* Gap ---------------------------------------------------------------------------------------------------------------
 */

/* Rows drawn uniformly from the box; the distances do not depend on where the axes point, so they stay unturned. */
static void draw_reference(const struct sampling *sampling, uint64_t number, struct till_matrix *reference) {
    for (size_t row = 0; row < reference->rows; row++) {
        struct till_random random;
        till_random_start(&random, sampling->fit.seed + (number << 32), row);
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

static enum till_status find_gap(struct sampling *sampling, struct till_criteria *criteria, struct till_error *error) {
    unsigned samples = sampling->options->samples;
    double own, mean = 0, squares = 0, *values = malloc((samples + 1) * sizeof *values);
    struct till_matrix *reference = till_matrix_new(sampling->rows->rows, sampling->rows->columns, error);
    enum till_status status = values == NULL || reference == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK)
        status = find_box(sampling, error);
    if (status == TILL_OK)
        status = log_inertia(sampling->rows, &sampling->fit, &own, error);
    for (unsigned b = 0; b < samples && status == TILL_OK; b++) {
        draw_reference(sampling, b + 1, reference);
        status = log_inertia(reference, &sampling->fit, &values[b], error);
        mean += values[b] / samples;
    }
    for (unsigned b = 0; b < samples && status == TILL_OK; b++)
        squares += (values[b] - mean) * (values[b] - mean) / samples;
    if (status == TILL_OK && isfinite(own)) {
        criteria->gap = mean - own;
        criteria->gap_error = sqrt(squares) * sqrt(1 + 1.0 / samples);
    }
    till_matrix_free(reference);
    free(values);
    return status;
}

/* Stability ---------------------------------------------------------------------------------------------------------
 */

static void draw_bootstrap(const struct sampling *sampling, uint64_t number, struct till_matrix *sample) {
    struct till_random random;
    till_random_start(&random, sampling->fit.seed, UINT64_C(0x626f6f74) + (number << 32)); /* "boot" */
    for (size_t row = 0; row < sample->rows; row++) {
        size_t from = (size_t)till_random_below(&random, sampling->rows->rows);
        for (size_t j = 0; j < sample->columns; j++)
            *till_matrix_at(sample, row, j) = *till_matrix_at(sampling->rows, from, j);
    }
}

/* The clusters of all rows by the centroids of a fit to a bootstrap sample. A sample with fewer distinct rows than
 * clusters says nothing: *index is then NaN. */
static enum till_status bootstrap_index(const struct sampling *sampling, const struct till_kmeans *own,
                                        struct till_matrix *sample, uint32_t *labels, double *index,
                                        struct till_error *error) {
    struct till_kmeans *result;
    enum till_status status = till_kmeans_fit(sample, &sampling->fit, &result, error);
    *index = (double)NAN;
    if (status != TILL_OK)
        return status == TILL_ERROR_MODEL ? TILL_OK : status;
    struct till_centroids *centroids = till_centroids_new(result->clusters, result->columns, result->centroids, error);
    double *row = malloc((sample->columns + 1) * sizeof *row);
    status = centroids == NULL || row == NULL ? till_error_memory(error) : TILL_OK;
    for (size_t i = 0; i < sampling->rows->rows && status == TILL_OK; i++) {
        till_matrix_get(sampling->rows, i, row);
        labels[i] = till_centroids_nearest(centroids, row, NULL);
    }
    if (status == TILL_OK)
        status = till_rand_index(own->labels, own->clusters, labels, result->clusters, own->rows, index, error);
    till_centroids_free(centroids);
    free(row);
    till_kmeans_free(result);
    return status;
}

static enum till_status find_stability(struct sampling *sampling, struct till_criteria *criteria,
                                       struct till_error *error) {
    struct till_kmeans *own = NULL;
    struct till_matrix *sample = till_matrix_new(sampling->rows->rows, sampling->rows->columns, error);
    uint32_t *labels = malloc((sampling->rows->rows + 1) * sizeof *labels);
    enum till_status status = sample == NULL || labels == NULL ? till_error_memory(error) : TILL_OK;
    double sum = 0;
    unsigned counted = 0;
    if (status == TILL_OK)
        status = till_kmeans_fit(sampling->rows, &sampling->fit, &own, error);
    for (unsigned b = 0; b < sampling->options->samples && status == TILL_OK; b++) {
        double index;
        draw_bootstrap(sampling, b, sample);
        status = bootstrap_index(sampling, own, sample, labels, &index, error);
        sum += isnan(index) ? 0 : index;
        counted += isnan(index) ? 0 : 1;
    }
    if (status == TILL_OK && counted > 0)
        criteria->stability = sum / counted;
    till_matrix_free(sample);
    free(labels);
    till_kmeans_free(own);
    return status;
}

/* All ---------------------------------------------------------------------------------------------------------------
 */

static enum till_status find_samples(const struct till_matrix *matrix, const struct till_kmeans *result,
                                     const struct till_criteria_options *options, struct till_criteria *criteria,
                                     struct till_error *error) {
    struct sampling sampling = {.options = options, .fit = options->fit};
    sampling.fit.clusters = result->clusters;
    sampling.fit.start = TILL_KMEANS_PLUS_PLUS;
    enum till_status status = take_sample(matrix, &sampling, error);
    if (status == TILL_OK)
        status = find_gap(&sampling, criteria, error);
    if (status == TILL_OK && result->clusters > 1)
        status = find_stability(&sampling, criteria, error);
    free_sampling(&sampling);
    return status == TILL_ERROR_MODEL ? TILL_OK : status; /* a sample with too few distinct rows: not defined */
}

static enum till_status find_silhouette(const struct till_matrix *matrix, const struct till_kmeans *result,
                                        const struct till_criteria_options *options, double *mean,
                                        struct till_error *error) {
    struct till_silhouette_options how = {
        .most_rows = options->silhouette_rows, .seed = options->fit.seed, .threads = options->fit.threads};
    double *of_cluster = malloc((result->clusters + 1) * sizeof *of_cluster);
    if (of_cluster == NULL)
        return till_error_memory(error);
    enum till_status status = till_silhouette(matrix, result->labels, result->clusters, &how, mean, of_cluster, error);
    free(of_cluster);
    return status;
}

enum till_status till_criteria_find(const struct till_matrix *matrix, const struct till_kmeans *result,
                                    const struct till_criteria_options *options, struct till_criteria *criteria,
                                    struct till_error *error) {
    const double none = (double)NAN;
    double total = 0, n = (double)result->rows, k = (double)result->clusters;
    *criteria = (struct till_criteria){none, none, none, none, none, bic(result), none};
    enum till_status status = TILL_OK;
    if (result->clusters > 1) {
        status = total_squares(matrix, &total, error);
        if (status == TILL_OK && result->inertia > 0)
            criteria->calinski_harabasz = (total - result->inertia) / (k - 1) / (result->inertia / (n - k));
        if (status == TILL_OK)
            status = davies_bouldin(matrix, result, &criteria->davies_bouldin, error);
        if (status == TILL_OK)
            status = find_silhouette(matrix, result, options, &criteria->silhouette, error);
    }
    if (status == TILL_OK && options->samples > 0)
        status = find_samples(matrix, result, options, criteria, error);
    return status;
}
