/* The inner loops of k-means: 32 rows against four centroids at a time.
 *
 * In AVX-512 the 16 sums of a step (4 vectors of 8 rows, 4 centroids) stay in registers over all columns, so that each
 * multiply-add costs a quarter of a load; AVX2 takes 16 rows and two centroids. One loop so serves three columns as it
 * does a hundred. A row's score does not depend on the rows and centroids beside it, hence not on the width. */
#include "kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/* Loops over registers must vanish, also where the compiler is asked for -O2 alone. */
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 4")
#endif

/* Packing -------------------------------------------------------------------------------------------------------- */

double half_square(const double *point, size_t columns) {
    double sum = 0;
    for (size_t j = 0; j < columns; j++)
        sum = fma(point[j], point[j], sum);
    return sum / 2;
}

bool packed_alloc(struct packed *packed, size_t count, size_t columns) {
    size_t quads = (count + QUAD - 1) / QUAD;
    void *values = NULL, *half = NULL;
    *packed = (struct packed){.count = count, .quads = quads, .columns = columns};
    if (posix_memalign(&values, 64, (quads * columns + 1) * QUAD * sizeof(double)) == 0)
        packed->values = values;
    if (posix_memalign(&half, 64, (quads + 1) * QUAD * sizeof(double)) == 0)
        packed->half = half;
    return packed->values != NULL && packed->half != NULL;
}

void packed_free(struct packed *packed) {
    free(packed->values);
    free(packed->half);
    *packed = (struct packed){0};
}

void packed_fill(struct packed *packed, const double *centroids, const uint32_t *order) {
    size_t columns = packed->columns;
    for (size_t i = 0; i < packed->quads * QUAD; i++) {
        const double *from = i < packed->count ? centroids + (order == NULL ? i : order[i]) * columns : NULL;
        double *to = packed->values + i / QUAD * columns * QUAD + i % QUAD;
        for (size_t j = 0; j < columns; j++)
            to[j * QUAD] = from == NULL ? 0 : from[j];
        packed->half[i] = from == NULL ? (double)INFINITY : half_square(from, columns);
    }
}

/* Portable ------------------------------------------------------------------------------------------------------- */

/* One row against one centroid of a quad. */
INLINE double score_of(const double *block, const double *quad, double half, size_t columns, size_t row, size_t lane) {
    double score = half;
    for (size_t j = 0; j < columns; j++)
        score = fma(-block[j * BLOCK + row], quad[j * QUAD + lane], score);
    return score;
}

INLINE void nearest_body(const double *block, const struct packed *packed, uint32_t *label, double *best,
                         double *second) {
    for (size_t row = 0; row < BLOCK; row++) {
        double first = (double)INFINITY, next = (double)INFINITY;
        uint32_t found = 0;
        for (size_t c = 0; c < packed->count; c++) {
            const double *quad = packed->values + c / QUAD * packed->columns * QUAD;
            double score = score_of(block, quad, packed->half[c], packed->columns, row, c % QUAD);
            if (score < first) {
                next = first;
                first = score;
                found = (uint32_t)c;
            } else if (score < next) {
                next = score;
            }
        }
        label[row] = found;
        if (best != NULL) {
            best[row] = first;
            second[row] = next;
        }
    }
}

static void nearest_plain(const double *block, const struct packed *packed, uint32_t *label) {
    nearest_body(block, packed, label, NULL, NULL);
}
static void nearest_two_plain(const double *block, const struct packed *packed, uint32_t *label, double *best,
                              double *second) {
    nearest_body(block, packed, label, best, second);
}

/* The squared distance of 32 rows to a point; multiplied and added apart, so that compilers may use any width. */
INLINE void squares_body(const double *block, size_t columns, const double *point, double square[BLOCK]) {
    for (size_t r = 0; r < BLOCK; r++)
        square[r] = 0;
    for (size_t j = 0; j < columns; j++)
        for (size_t r = 0; r < BLOCK; r++) {
            double apart = block[j * BLOCK + r] - point[j];
            square[r] += apart * apart;
        }
}

INLINE void potentials_body(const double *block, size_t columns, const double *points, size_t count,
                            const double *closest, double *sums) {
    for (size_t t = 0; t < count; t++) {
        double square[BLOCK];
        squares_body(block, columns, points + t * columns, square);
        for (size_t r = 0; r < BLOCK; r++)
            sums[t * BLOCK + r] += square[r] < closest[r] ? square[r] : closest[r];
    }
}

INLINE void approach_body(const double *block, size_t columns, const double *point, double *closest) {
    double square[BLOCK];
    squares_body(block, columns, point, square);
    for (size_t r = 0; r < BLOCK; r++)
        closest[r] = square[r] < closest[r] ? square[r] : closest[r];
}

static void potentials_plain(const double *block, size_t columns, const double *points, size_t count,
                             const double *closest, double *sums) {
    potentials_body(block, columns, points, count, closest, sums);
}
static void approach_plain(const double *block, size_t columns, const double *point, double *closest) {
    approach_body(block, columns, point, closest);
}

static const struct kmeans_kernels plain = {nearest_plain, nearest_two_plain, potentials_plain, approach_plain};

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_AVX2 __attribute__((target("avx2,fma")))
#define TARGET_AVX512 __attribute__((target("avx512f,avx512dq,avx512vl,fma")))

/* AVX-512 -------------------------------------------------------------------------------------------------------- */

/* Takes four scores of 8 rows into the running minima. Positions are numbers 0, 1, ... in 64-bit lanes. */
__attribute__((target("avx512f,avx512dq,avx512vl"))) INLINE void
take512(__m512d score, long long position, __m512d *best, __m512d *second, __m512i *label, bool two) {
    __mmask8 below = _mm512_cmp_pd_mask(score, *best, _CMP_LT_OQ);
    if (two)
        *second = _mm512_min_pd(*second, _mm512_max_pd(score, *best));
    *best = _mm512_min_pd(score, *best);
    *label = _mm512_mask_mov_epi64(*label, below, _mm512_set1_epi64(position));
}

__attribute__((target("avx512f,avx512dq,avx512vl,fma"))) INLINE void
nearest512(const double *block, const struct packed *packed, size_t columns, uint32_t *label, double *best_out,
           double *second_out, bool two) {
    const __m512d far = _mm512_set1_pd((double)INFINITY);
    __m512d best[4] = {far, far, far, far}, second[4] = {far, far, far, far};
    __m512i found[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
    const double *quad = packed->values;
    for (size_t q = 0; q < packed->quads; q++, quad += columns * QUAD) {
        __m512d score[QUAD][4];
        UNROLL
        for (int c = 0; c < QUAD; c++)
            UNROLL
        for (int v = 0; v < 4; v++)
            score[c][v] = _mm512_set1_pd(packed->half[q * QUAD + (size_t)c]);
        for (size_t j = 0; j < columns; j++) {
            __m512d x[4];
            UNROLL
            for (int v = 0; v < 4; v++)
                x[v] = _mm512_load_pd(block + j * BLOCK + 8 * v);
            UNROLL
            for (int c = 0; c < QUAD; c++) {
                __m512d at = _mm512_set1_pd(quad[j * QUAD + (size_t)c]);
                UNROLL
                for (int v = 0; v < 4; v++)
                    score[c][v] = _mm512_fnmadd_pd(x[v], at, score[c][v]);
            }
        }
        UNROLL
        for (int c = 0; c < QUAD; c++)
            UNROLL
        for (int v = 0; v < 4; v++)
            take512(score[c][v], (long long)(q * QUAD) + c, &best[v], &second[v], &found[v], two);
    }
    UNROLL
    for (int v = 0; v < 4; v++) {
        _mm256_storeu_si256((__m256i *)(void *)(label + 8 * v), _mm512_cvtepi64_epi32(found[v]));
        if (two) {
            _mm512_storeu_pd(best_out + 8 * v, best[v]);
            _mm512_storeu_pd(second_out + 8 * v, second[v]);
        }
    }
}

TARGET_AVX512 static void nearest_avx512(const double *block, const struct packed *packed, uint32_t *label) {
    switch (packed->columns) { /* few columns: without a loop */
    case 1:
        nearest512(block, packed, 1, label, NULL, NULL, false);
        break;
    case 2:
        nearest512(block, packed, 2, label, NULL, NULL, false);
        break;
    case 3:
        nearest512(block, packed, 3, label, NULL, NULL, false);
        break;
    case 4:
        nearest512(block, packed, 4, label, NULL, NULL, false);
        break;
    default:
        nearest512(block, packed, packed->columns, label, NULL, NULL, false);
    }
}
TARGET_AVX512 static void nearest_two_avx512(const double *block, const struct packed *packed, uint32_t *label,
                                             double *best, double *second) {
    nearest512(block, packed, packed->columns, label, best, second, true);
}
TARGET_AVX512 static void potentials_avx512(const double *block, size_t columns, const double *points, size_t count,
                                            const double *closest, double *sums) {
    potentials_body(block, columns, points, count, closest, sums);
}
TARGET_AVX512 static void approach_avx512(const double *block, size_t columns, const double *point, double *closest) {
    approach_body(block, columns, point, closest);
}
static const struct kmeans_kernels avx512 = {nearest_avx512, nearest_two_avx512, potentials_avx512, approach_avx512};

/* AVX2 ----------------------------------------------------------------------------------------------------------- */

__attribute__((target("avx2,fma"))) INLINE void take256(__m256d score, double position, __m256d *best, __m256d *second,
                                                        __m256d *label, bool two) {
    __m256d below = _mm256_cmp_pd(score, *best, _CMP_LT_OQ);
    if (two)
        *second = _mm256_min_pd(*second, _mm256_max_pd(score, *best));
    *best = _mm256_min_pd(score, *best);
    *label = _mm256_blendv_pd(*label, _mm256_set1_pd(position), below);
}

/* Positions are kept as reals: conversion is then one instruction, and 2^32 of them are exact. */
__attribute__((target("avx2,fma"))) INLINE void nearest256(const double *block, const struct packed *packed,
                                                           size_t columns, uint32_t *label, double *best_out,
                                                           double *second_out, bool two) {
    const __m256d far = _mm256_set1_pd((double)INFINITY);
    __m256d best[4] = {far, far, far, far}, second[4] = {far, far, far, far};
    __m256d found[4] = {_mm256_setzero_pd(), _mm256_setzero_pd(), _mm256_setzero_pd(), _mm256_setzero_pd()};
    for (size_t pair = 0; pair < packed->quads * 2; pair++) {
        const double *centroids = packed->values + pair / 2 * columns * QUAD + pair % 2 * 2;
        __m256d score[2][4];
        UNROLL
        for (int c = 0; c < 2; c++)
            UNROLL
        for (int v = 0; v < 4; v++)
            score[c][v] = _mm256_set1_pd(packed->half[pair * 2 + (size_t)c]);
        for (size_t j = 0; j < columns; j++) {
            UNROLL
            for (int c = 0; c < 2; c++) {
                __m256d at = _mm256_set1_pd(centroids[j * QUAD + (size_t)c]);
                UNROLL
                for (int v = 0; v < 4; v++)
                    score[c][v] = _mm256_fnmadd_pd(_mm256_load_pd(block + j * BLOCK + 4 * v), at, score[c][v]);
            }
        }
        UNROLL
        for (int c = 0; c < 2; c++)
            UNROLL
        for (int v = 0; v < 4; v++)
            take256(score[c][v], (double)(pair * 2 + (size_t)c), &best[v], &second[v], &found[v], two);
    }
    UNROLL
    for (int v = 0; v < 4; v++) {
        _mm_storeu_si128((__m128i *)(void *)(label + 4 * v), _mm256_cvttpd_epi32(found[v]));
        if (two) {
            _mm256_storeu_pd(best_out + 4 * v, best[v]);
            _mm256_storeu_pd(second_out + 4 * v, second[v]);
        }
    }
}

TARGET_AVX2 static void nearest_avx2(const double *block, const struct packed *packed, uint32_t *label) {
    nearest256(block, packed, packed->columns, label, NULL, NULL, false);
    nearest256(block + BLOCK / 2, packed, packed->columns, label + BLOCK / 2, NULL, NULL, false);
}
TARGET_AVX2 static void nearest_two_avx2(const double *block, const struct packed *packed, uint32_t *label,
                                         double *best, double *second) {
    nearest256(block, packed, packed->columns, label, best, second, true);
    nearest256(block + BLOCK / 2, packed, packed->columns, label + BLOCK / 2, best + BLOCK / 2, second + BLOCK / 2,
               true);
}
TARGET_AVX2 static void potentials_avx2(const double *block, size_t columns, const double *points, size_t count,
                                        const double *closest, double *sums) {
    potentials_body(block, columns, points, count, closest, sums);
}
TARGET_AVX2 static void approach_avx2(const double *block, size_t columns, const double *point, double *closest) {
    approach_body(block, columns, point, closest);
}
static const struct kmeans_kernels avx2 = {nearest_avx2, nearest_two_avx2, potentials_avx2, approach_avx2};
#endif

const struct kmeans_kernels *kmeans_kernels_of(enum kmeans_width width) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (width == KMEANS_AVX512)
        return has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512vl")
                   ? &avx512
                   : NULL;
    if (width == KMEANS_AVX2)
        return has_avx2 ? &avx2 : NULL;
#endif
    return width == KMEANS_PLAIN ? &plain : NULL;
}

const struct kmeans_kernels *kmeans_kernels_choose(bool portable) {
    int width = portable ? KMEANS_PLAIN : KMEANS_AVX512;
    const struct kmeans_kernels *kernels = NULL;
    while (kernels == NULL)
        kernels = kmeans_kernels_of((enum kmeans_width)width--);
    return kernels;
}
