/* One pass over the rows: likelihood, gradient, information.
 *
 * Rows are cut into chunks whose number depends on their count and on that of the terms alone; each chunk has sums of
 * its own, which are added in the order of the chunks, so that any number of threads gives the same bits. Within a
 * chunk, blocks of rows are small enough that all their columns stay in the cache while each pair of columns is
 * multiplied. The products run in four lanes of a vector type, on every machine. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>

#include "parts.h"

enum { BLOCK = 256, CHUNKS = 64, LEAST_ROWS = 4096 };
static const size_t most_partial = (size_t)1 << 26; /* doubles in all partial sums together */

typedef double lanes __attribute__((vector_size(32)));
/* The same, wherever it lies. */
typedef double loose __attribute__((vector_size(32), aligned(8), may_alias));

enum till_status logistic_open(struct logistic_data *data, struct till_error *error) {
    const struct till_design *design = data->design;
    size_t n = data->n = design->rows, p = data->p = design->terms + 1;
    size_t most = most_partial / (p * p) < 1 ? 1 : most_partial / (p * p);
    most = most < CHUNKS ? most : CHUNKS;
    data->chunk_rows = n / most + 1 > LEAST_ROWS ? n / most + 1 : LEAST_ROWS;
    data->chunks = (n + data->chunk_rows - 1) / data->chunk_rows;
    data->z = malloc((design->terms * n + 1) * sizeof *data->z);
    data->partial = malloc(data->chunks * (p * p + p + 1) * sizeof *data->partial);
    data->gradient = malloc(p * sizeof *data->gradient);
    data->matrix = malloc(p * p * sizeof *data->matrix);
    if (data->z == NULL || data->partial == NULL || data->gradient == NULL || data->matrix == NULL)
        return till_error_memory(error);
    for (size_t j = 0; j < design->terms; j++)
        for (size_t i = 0; i < n; i++)
            data->z[j * n + i] = (design->x[j * n + i] - design->mean[j]) / design->spread[j];
    data->total = 0;
    for (size_t i = 0; i < n; i++)
        data->total += data->weight == NULL ? 1 : data->weight[i];
    return TILL_OK;
}

void logistic_close(struct logistic_data *data) {
    free(data->z);
    free(data->partial);
    free(data->gradient);
    free(data->matrix);
}

double till_logistic_probability(double eta) {
    if (eta >= 0)
        return 1 / (1 + exp(-eta));
    double power = exp(eta);
    return power / (1 + power);
}

double logistic_predictor(const struct logistic_data *data, size_t row, const double *beta) {
    double eta = beta[0];
    for (size_t j = 1; j < data->p; j++)
        eta += beta[j] * data->z[(j - 1) * data->n + row];
    return eta;
}

/* The lanes of a sum, and the products that did not fill them. */
static inline __attribute__((always_inline)) double close_sum(const lanes *lane, const double *a, const double *b,
                                                              size_t rows) {
    double rest = 0;
    for (size_t i = rows / 4 * 4; i < rows; i++)
        rest += a[i] * b[i];
    return ((*lane)[0] + (*lane)[2]) + ((*lane)[1] + (*lane)[3]) + rest;
}

/* a'b. */
static inline __attribute__((always_inline)) double dot(const double *a, const double *b, size_t rows) {
    lanes sums = {0};
    for (size_t i = 0; i + 4 <= rows; i += 4)
        sums += *(const loose *)(a + i) * *(const loose *)(b + i);
    return close_sum(&sums, a, b, rows);
}

/* a'b for four columns b that lie n apart: each number of a is read once for all of them. Written out, because a loop
 * over the four would keep the sums in memory. */
static inline __attribute__((always_inline)) void dot_four(const double *a, const double *b, size_t n, size_t rows,
                                                           double *out) {
    const double *b1 = b + n, *b2 = b1 + n, *b3 = b2 + n;
    lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    for (size_t i = 0; i + 4 <= rows; i += 4) {
        lanes x = *(const loose *)(a + i);
        s0 += x * *(const loose *)(b + i);
        s1 += x * *(const loose *)(b1 + i);
        s2 += x * *(const loose *)(b2 + i);
        s3 += x * *(const loose *)(b3 + i);
    }
    out[0] += close_sum(&s0, a, b, rows);
    out[1] += close_sum(&s1, a, b1, rows);
    out[2] += close_sum(&s2, a, b2, rows);
    out[3] += close_sum(&s3, a, b3, rows);
}

static double sum(const double *a, size_t rows) {
    double total = 0;
    for (size_t i = 0; i < rows; i++)
        total += a[i];
    return total;
}

/* The rows of a block: predictor, residual and weight of each; returns their log-likelihood. */
static double look_at_rows(const struct logistic_data *data, const double *beta, size_t from, size_t rows,
                           double *residual, double *weight) {
    double eta[BLOCK], likelihood = 0;
    for (size_t i = 0; i < rows; i++)
        eta[i] = beta[0];
    for (size_t j = 1; j < data->p; j++) {
        const double *z = data->z + (j - 1) * data->n + from;
        for (size_t i = 0; i < rows; i++)
            eta[i] += beta[j] * z[i];
    }
    for (size_t i = 0; i < rows; i++) {
        double y = data->target[from + i], own = data->weight == NULL ? 1 : data->weight[from + i];
        /* One exponential serves all: e^-|eta|. */
        double power = exp(-fabs(eta[i])), mu = (eta[i] >= 0 ? 1 : power) / (1 + power);
        likelihood -= own * (log1p(power) + (eta[i] > 0 ? (1 - y) * eta[i] : -y * eta[i]));
        residual[i] = own * (y - mu);
        weight[i] = own * power / ((1 + power) * (1 + power));
    }
    return likelihood;
}

/* The sums of a block. Wider vectors, where the machine has them, do the same sums faster. */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) &&                       \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
__attribute__((target_clones("avx2", "default")))
#endif
static void
add_block(const struct logistic_data *data, const double *beta, size_t from, size_t rows, double *out) {
    double residual[BLOCK], weight[BLOCK], scaled[BLOCK];
    size_t p = data->p;
    double *gradient = out + p * p;
    gradient[p] += look_at_rows(data, beta, from, rows, residual, weight);
    gradient[0] += sum(residual, rows);
    out[0] += sum(weight, rows);
    for (size_t j = 1; j < p; j++) {
        const double *z = data->z + (j - 1) * data->n + from;
        for (size_t i = 0; i < rows; i++)
            scaled[i] = weight[i] * z[i];
        gradient[j] += dot(residual, z, rows);
        out[j * p] += sum(scaled, rows);
        size_t k = 1;
        for (; k + 3 <= j; k += 4)
            dot_four(scaled, data->z + (k - 1) * data->n + from, data->n, rows, out + j * p + k);
        for (; k <= j; k++)
            out[j * p + k] += dot(scaled, data->z + (k - 1) * data->n + from, rows);
    }
}

struct job {
    const struct logistic_data *data;
    const double *beta;
};

static enum till_status add_chunk(void *context, size_t index, unsigned worker, struct till_error *error) {
    const struct job *job = context;
    const struct logistic_data *data = job->data;
    size_t size = data->p * data->p + data->p + 1;
    size_t from = index * data->chunk_rows;
    size_t to = from + data->chunk_rows < data->n ? from + data->chunk_rows : data->n;
    double *out = data->partial + index * size;
    (void)worker;
    (void)error;
    memset(out, 0, size * sizeof *out);
    for (; from < to; from += BLOCK)
        add_block(data, job->beta, from, to - from < BLOCK ? to - from : BLOCK, out);
    return TILL_OK;
}

enum till_status logistic_pass(struct logistic_data *data, const double *beta, struct till_error *error) {
    size_t p = data->p, size = p * p + p + 1;
    struct job job = {data, beta};
    enum till_status status = till_parallel_for(data->threads, data->chunks, add_chunk, &job, error);
    memset(data->matrix, 0, p * p * sizeof *data->matrix);
    memset(data->gradient, 0, p * sizeof *data->gradient);
    data->likelihood = 0;
    for (size_t chunk = 0; chunk < data->chunks; chunk++) {
        const double *part = data->partial + chunk * size;
        for (size_t i = 0; i < p * p; i++)
            data->matrix[i] += part[i];
        for (size_t i = 0; i < p; i++)
            data->gradient[i] += part[p * p + i];
        data->likelihood += part[p * p + p];
    }
    return status;
}
