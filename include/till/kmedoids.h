/* till/kmedoids.h: k rows such that the distances of all rows to the nearest of them sum to little.
 *
 *     struct till_kmedoids_options options = {.clusters = 10, .restarts = 10, .seed = 1, .threads = 2};
 *     till_kmedoids_fit(matrix, NULL, 0, &options, &result, &error);
 *     result->medoids[cluster] is a row; result->labels[row] a cluster
 *     till_kmedoids_free(result);
 *
 * Up to `exact_rows` rows, FasterPAM (Schubert & Rousseeuw 2021, Fast and eager k-medoids clustering) runs on all of
 * them; beyond, on samples, of which the one whose medoids suit all rows best is kept (CLARA, Kaufman & Rousseeuw
 * 1986). Distances are computed when they are needed, so memory is that of the rows. */
#ifndef TILL_KMEDOIDS_H
#define TILL_KMEDOIDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/clustering.h>
#include <till/error.h>
#include <till/matrix.h>

#define TILL_KMEDOIDS_EXACT_ROWS 20000
#define TILL_KMEDOIDS_START_ROWS 1000  /* of samples that give the start for all rows */
#define TILL_KMEDOIDS_SAMPLE_ROWS 4000 /* of samples whose medoids are the answer */

struct till_kmedoids_options {
    size_t clusters;
    enum till_clustering_metric metric; /* EUCLIDEAN, MANHATTAN or GOWER (numbers scaled by their range before) */
    const size_t *medoids;              /* [clusters] rows to start from; NULL: drawn. Samples begin there too, and
                                           given ones stay unless one saves a hundredth */
    unsigned restarts;                  /* starts, or samples; 0 stands for 1 */
    unsigned max_iterations;            /* passes over all rows; 0 stands for 300 */
    size_t exact_rows;                  /* 0: TILL_KMEDOIDS_EXACT_ROWS */
    size_t sample_rows;                 /* 0: one of the two above */
    uint64_t seed;
    unsigned threads;
    bool portable;
};

struct till_kmedoids {
    size_t clusters;
    size_t rows;
    size_t *medoids;
    uint32_t *labels;
    double deviation; /* the sum of the distances to the medoids */
    unsigned iterations;
    uint64_t swaps;
    bool converged;
    bool sampled; /* CLARA */
};

/* codes: [matrix->rows][level_count] levels (GOWER), or NULL. O(n^2 columns) a pass. Errors: TILL_ERROR_USAGE,
 * TILL_ERROR_MODEL (more clusters than distinct rows), TILL_ERROR_MEMORY. */
TILL_API enum till_status till_kmedoids_fit(const struct till_matrix *matrix, const uint32_t *codes, size_t level_count,
                                            const struct till_kmedoids_options *options, struct till_kmedoids **result,
                                            struct till_error *error);
TILL_API void till_kmedoids_free(struct till_kmedoids *result);

#endif
