/* kernels.h: which centroid is nearest to each of 32 rows. */
#ifndef TILL_KMEANS_KERNELS_H
#define TILL_KMEANS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/matrix.h>

enum { BLOCK = TILL_MATRIX_BLOCK, QUAD = 4 };

/* Centroids four by four: values[quad][column][4], half[quad][4] with half a squared length each. The last quad is
 * filled up with centroids of infinite length, which are never nearest. */
struct packed {
    size_t count; /* of centroids */
    size_t quads;
    size_t columns;
    double *values;
    double *half;
};

/* The score of a centroid c for a row x is |c|^2 / 2 - x.c: the squared distance less |x|^2, halved. It is summed in
 * the order of columns by fused multiply-adds, one rounding each, on every machine; so all kernels give the same bits.
 */
struct kmeans_kernels {
    /* label: the position of the smallest score, the first among equals. */
    void (*nearest)(const double *block, const struct packed *packed, uint32_t label[BLOCK]);
    /* Also the smallest score and the second smallest. */
    void (*nearest_two)(const double *block, const struct packed *packed, uint32_t label[BLOCK], double best[BLOCK],
                        double second[BLOCK]);
    /* Adds to sums[t] (of 32 lanes each) the smaller of closest[row] and the squared distance to point t. */
    void (*potentials)(const double *block, size_t columns, const double *points, size_t count,
                       const double closest[BLOCK], double *sums);
    /* Lowers closest[row] to the squared distance to the point where that is smaller. */
    void (*approach)(const double *block, size_t columns, const double *point, double closest[BLOCK]);
};

enum kmeans_width { KMEANS_PLAIN, KMEANS_AVX2, KMEANS_AVX512 };
/* Those of one instruction set; NULL when the processor lacks it. */
const struct kmeans_kernels *kmeans_kernels_of(enum kmeans_width width);
/* The widest there are, or the plain ones. */
const struct kmeans_kernels *kmeans_kernels_choose(bool portable);

/* Room for `count` centroids; false when memory is out. */
bool packed_alloc(struct packed *packed, size_t count, size_t columns);
void packed_free(struct packed *packed);
/* Takes `count` centroids, row-major; `order` says which ones, NULL: all in their order. */
void packed_fill(struct packed *packed, const double *centroids, const uint32_t *order);

/* Half a squared length, by fused multiply-adds in the order of columns. */
double half_square(const double *point, size_t columns);

#endif
