/* till/silhouette.h: how much nearer rows are to their own cluster than to the next one.
 *
 *     till_silhouette(matrix, labels, clusters, &options, &mean, of_cluster, &error);
 *
 * Distances are those of the metric; with PROTOTYPE they are the method's squared ones. Source: Rousseeuw 1987. For a
 * row, a is the mean distance to the other rows of its cluster and b the smallest mean distance to the rows of another;
 * its silhouette is (b - a) / max(a, b), and 0 in a cluster of one. */
#ifndef TILL_SILHOUETTE_H
#define TILL_SILHOUETTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/clustering.h>
#include <till/error.h>
#include <till/matrix.h>

struct till_silhouette_options {
    size_t most_rows; /* more rows are sampled, so many of them, and compared among themselves; 0: never */
    enum till_clustering_metric metric; /* 0: Euclidean */
    double gamma;                       /* PROTOTYPE */
    const uint32_t *codes;              /* [rows][level_count]: categorical columns; NULL: none */
    size_t level_count;
    uint64_t seed;
    unsigned threads;
    bool portable; /* no vector instructions */
};

/* The mean over rows, and over those of each cluster (of_cluster[clusters]; NaN for one without rows in the sample).
 * Both are NaN where fewer than two clusters have rows. O(n^2 columns) for n rows or the sample. Errors:
 * TILL_ERROR_MEMORY. */
TILL_API enum till_status till_silhouette(const struct till_matrix *matrix, const uint32_t *labels, size_t clusters,
                                          const struct till_silhouette_options *options, double *mean,
                                          double *of_cluster, struct till_error *error);

/* `wanted` different row numbers of 0..rows-1 in rising order, each set equally likely: Fan, Muller & Rezucha 1962
 * (selection sampling). O(rows). */
TILL_API void till_sample_rows(size_t rows, size_t wanted, uint64_t seed, size_t *chosen);

#endif
