/* From one row to 32 others. In k-medoids most rows are nearer to the medoids they have than to the row that is tried,
 * so what counts is to say so for 32 of them at once, without a square root: the limit is squared instead. */
#include "distances.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Points ---------------------------------------------------------------------------------------------------------- */

void points_free(struct points *points) {
    till_matrix_free(points->numbers);
    free(points->levels);
}

enum till_status points_make(struct points *points, const struct till_matrix *matrix, const uint32_t *codes,
                             size_t level_count, const size_t *chosen, size_t count, struct till_error *error) {
    size_t blocks = (count + BLOCK - 1) / BLOCK;
    points->numbers = till_matrix_new(count, matrix->columns, error);
    points->levels = calloc(blocks * level_count * BLOCK + 1, sizeof(uint32_t));
    points->level_count = level_count;
    if (points->numbers == NULL || points->levels == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < count; i++) {
        size_t from = chosen == NULL ? i : chosen[i];
        for (size_t j = 0; j < matrix->columns; j++)
            *till_matrix_at(points->numbers, i, j) = *till_matrix_at(matrix, from, j);
        for (size_t j = 0; j < level_count; j++)
            points->levels[(i / BLOCK * level_count + j) * BLOCK + i % BLOCK] = codes[from * level_count + j];
    }
    return TILL_OK;
}

void points_get(const struct points *points, size_t row, double *numbers, uint32_t *levels) {
    till_matrix_get(points->numbers, row, numbers);
    for (size_t j = 0; j < points->level_count; j++)
        levels[j] = points->levels[(row / BLOCK * points->level_count + j) * BLOCK + row % BLOCK];
}

/* Distances ------------------------------------------------------------------------------------------------------- */

double till_metric_distance(enum till_clustering_metric metric, double gamma, const double *a, const double *b,
                            size_t columns, size_t different, size_t level_count) {
    bool squares = metric == TILL_METRIC_EUCLIDEAN || metric == TILL_METRIC_PROTOTYPE;
    double sum = 0;
    for (size_t j = 0; j < columns; j++)
        sum += squares ? (a[j] - b[j]) * (a[j] - b[j]) : fabs(a[j] - b[j]);
    switch (metric) {
    case TILL_METRIC_GOWER:
        return (sum + (double)different) / (double)(columns + level_count);
    case TILL_METRIC_PROTOTYPE:
        return sum + gamma * (double)different;
    case TILL_METRIC_MANHATTAN:
        return sum;
    case TILL_METRIC_EUCLIDEAN:
        break;
    }
    return sqrt(sum);
}

double measure_finish(const struct points *points, double apart) {
    if (points->metric == TILL_METRIC_EUCLIDEAN)
        return sqrt(apart);
    if (points->metric == TILL_METRIC_GOWER)
        return apart / (double)(points->numbers->columns + points->level_count);
    return apart;
}

void measure_finish_block(const struct points *points, double apart[BLOCK]) {
    double columns = (double)(points->numbers->columns + points->level_count);
    for (size_t r = 0; r < BLOCK && points->metric == TILL_METRIC_EUCLIDEAN; r++)
        apart[r] = sqrt(apart[r]);
    for (size_t r = 0; r < BLOCK && points->metric == TILL_METRIC_GOWER; r++)
        apart[r] /= columns;
}

double measure_limit(const struct points *points, double distance) {
    const double up = 1 + 1e-12;
    if (points->metric == TILL_METRIC_EUCLIDEAN)
        return distance * distance * up;
    if (points->metric == TILL_METRIC_GOWER)
        return distance * (double)(points->numbers->columns + points->level_count) * up;
    return distance * up;
}

#define INLINE static inline __attribute__((always_inline))

/* Levels are counted apart from the sum of the numbers, as till_metric_distance does: the same roundings. */
INLINE void measure_body(const struct points *points, size_t block, const double *numbers, const uint32_t *levels,
                         double *restrict apart) {
    size_t columns = points->numbers->columns;
    bool squares = points->metric == TILL_METRIC_EUCLIDEAN || points->metric == TILL_METRIC_PROTOTYPE;
    double weight = points->metric == TILL_METRIC_PROTOTYPE ? points->gamma : 1, different[BLOCK] = {0};
    const double *at = till_matrix_block(points->numbers, block);
    const uint32_t *codes = points->levels + block * points->level_count * BLOCK;
    for (size_t r = 0; r < BLOCK; r++)
        apart[r] = 0;
    for (size_t j = 0; j < columns; j++)
        for (size_t r = 0; r < BLOCK; r++) {
            double difference = at[j * BLOCK + r] - numbers[j];
            apart[r] += squares ? difference * difference : fabs(difference);
        }
    for (size_t j = 0; j < points->level_count; j++)
        for (size_t r = 0; r < BLOCK; r++)
            different[r] += codes[j * BLOCK + r] != levels[j] ? 1.0 : 0.0;
    for (size_t r = 0; r < BLOCK && points->level_count > 0; r++)
        apart[r] += weight * different[r];
}

static uint32_t measure_plain(const struct points *points, size_t block, const double *numbers, const uint32_t *levels,
                              const double *limit, double *apart) {
    uint32_t nearer = 0;
    measure_body(points, block, numbers, levels, apart);
    for (size_t r = 0; r < BLOCK; r++)
        nearer |= (uint32_t)(apart[r] < limit[r]) << r;
    return nearer;
}

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx2"))) static uint32_t measure_avx2(const struct points *points, size_t block,
                                                             const double *numbers, const uint32_t *levels,
                                                             const double *limit, double *apart) {
    uint32_t nearer = 0;
    measure_body(points, block, numbers, levels, apart);
    for (size_t v = 0; v < BLOCK / 4; v++) {
        __m256d below = _mm256_cmp_pd(_mm256_loadu_pd(apart + 4 * v), _mm256_loadu_pd(limit + 4 * v), _CMP_LT_OQ);
        nearer |= (uint32_t)_mm256_movemask_pd(below) << (4 * v);
    }
    return nearer;
}

/* Euclidean distances, in registers throughout. */
__attribute__((target("avx512f"))) static uint32_t
measure_squares512(const double *at, size_t columns, const double *numbers, const double *limit, double *apart) {
    uint32_t nearer = 0;
    for (size_t v = 0; v < BLOCK / 8; v++) {
        __m512d sum = _mm512_setzero_pd();
        for (size_t j = 0; j < columns; j++) {
            __m512d difference = _mm512_sub_pd(_mm512_load_pd(at + j * BLOCK + 8 * v), _mm512_set1_pd(numbers[j]));
            sum = _mm512_add_pd(sum, _mm512_mul_pd(difference, difference));
        }
        _mm512_storeu_pd(apart + 8 * v, sum);
        nearer |= (uint32_t)_mm512_cmp_pd_mask(sum, _mm512_loadu_pd(limit + 8 * v), _CMP_LT_OQ) << (8 * v);
    }
    return nearer;
}

__attribute__((target("avx512f"))) static uint32_t measure_avx512(const struct points *points, size_t block,
                                                                  const double *numbers, const uint32_t *levels,
                                                                  const double *limit, double *apart) {
    if (points->metric == TILL_METRIC_EUCLIDEAN)
        return measure_squares512(till_matrix_block(points->numbers, block), points->numbers->columns, numbers, limit,
                                  apart);
    uint32_t nearer = 0;
    measure_body(points, block, numbers, levels, apart);
    for (size_t v = 0; v < BLOCK / 8; v++)
        nearer |=
            (uint32_t)_mm512_cmp_pd_mask(_mm512_loadu_pd(apart + 8 * v), _mm512_loadu_pd(limit + 8 * v), _CMP_LT_OQ)
            << (8 * v);
    return nearer;
}
#endif

measure_function *measure_choose(bool portable) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!portable && __builtin_cpu_supports("avx512f"))
        return measure_avx512;
    if (!portable && __builtin_cpu_supports("avx2"))
        return measure_avx2;
#endif
    (void)portable;
    return measure_plain;
}
