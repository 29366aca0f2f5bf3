/* The inner loop of k-medoids. Most rows are nearer to the medoids they have than to the row that is tried, so what
 * counts is to say so for 32 of them at once, without a square root: the limit is squared instead. */
#include "distances.h"

#include <math.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

double measure_finish(const struct points *points, double apart) {
    if (points->metric == TILL_METRIC_EUCLIDEAN)
        return sqrt(apart);
    if (points->metric == TILL_METRIC_GOWER)
        return apart / (double)(points->numbers->columns + points->level_count);
    return apart;
}

double measure_limit(const struct points *points, double distance) {
    const double up = 1 + 1e-12;
    if (points->metric == TILL_METRIC_EUCLIDEAN)
        return distance * distance * up;
    if (points->metric == TILL_METRIC_GOWER)
        return distance * (double)(points->numbers->columns + points->level_count) * up;
    return distance * up;
}

INLINE void measure_body(const struct points *points, size_t block, const double *numbers, const uint32_t *levels,
                         double *restrict apart) {
    size_t columns = points->numbers->columns;
    const double *at = till_matrix_block(points->numbers, block);
    const uint32_t *codes = points->levels + block * points->level_count * BLOCK;
    for (size_t r = 0; r < BLOCK; r++)
        apart[r] = 0;
    for (size_t j = 0; j < columns; j++)
        for (size_t r = 0; r < BLOCK; r++) {
            double difference = at[j * BLOCK + r] - numbers[j];
            apart[r] += points->metric == TILL_METRIC_EUCLIDEAN ? difference * difference : fabs(difference);
        }
    for (size_t j = 0; j < points->level_count; j++)
        for (size_t r = 0; r < BLOCK; r++)
            apart[r] += codes[j * BLOCK + r] != levels[j] ? 1.0 : 0.0;
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
