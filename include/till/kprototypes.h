/* till/kprototypes.h: clusters of rows of numbers and levels; of levels alone it is k-modes.
 *
 *     struct till_kprototypes_options options = {.clusters = 5, .restarts = 10, .seed = 1};
 *     till_kprototypes_fit(matrix, codes, level_count, &options, &result, &error);
 *     result->numbers[cluster * columns + j], result->modes[cluster * level_count + j]
 *     till_kprototypes_free(result);
 *
 * The distance of a row to a cluster is the squared Euclidean distance of its numbers to the cluster's means, plus
 * gamma for every level that is not the cluster's most frequent one (its mode). Rows are moved one at a time, and means
 * and modes with them. Sources: Huang 1998, Extensions to the k-means algorithm for clustering large data sets with
 * categorical values (methods; gamma); Cao, Liang & Bai 2009 (the first start, by density and distance). */
#ifndef TILL_KPROTOTYPES_H
#define TILL_KPROTOTYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/error.h>
#include <till/matrix.h>

struct till_kprototypes_options {
    size_t clusters;
    double gamma;            /* 0: half the mean standard deviation of the numbers; 1 where there are none */
    const double *numbers;   /* [clusters][columns] and */
    const uint32_t *modes;   /* [clusters][level_count]: the one start there is then; NULL: none is given */
    unsigned restarts;       /* the first is Cao's start, others begin from rows drawn; 0 stands for 1 */
    unsigned max_iterations; /* passes; 0 stands for 300 */
    uint64_t seed;
    unsigned threads; /* restarts run side by side */
};

struct till_kprototypes {
    size_t clusters;
    size_t rows;
    size_t columns;
    size_t level_count;
    double *numbers;  /* [clusters][columns]: means */
    uint32_t *modes;  /* [clusters][level_count]: the most frequent level, the smallest code among equals */
    uint32_t *labels; /* [rows]: the nearest, the lowest number among equals */
    double gamma;
    double cost; /* the sum of the distances */
    unsigned iterations;
    bool converged;
};

/* codes: [matrix->rows][level_count], each column with codes 0, 1, 2, ... in the order in which ties are to be settled.
 * O(rows x clusters x columns) a pass. Errors: TILL_ERROR_USAGE, TILL_ERROR_MODEL (more clusters than rows),
 * TILL_ERROR_MEMORY. */
TILL_API enum till_status till_kprototypes_fit(const struct till_matrix *matrix, const uint32_t *codes,
                                               size_t level_count, const struct till_kprototypes_options *options,
                                               struct till_kprototypes **result, struct till_error *error);
TILL_API void till_kprototypes_free(struct till_kprototypes *result);

#endif
