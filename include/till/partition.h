/* till/partition.h: rows into k clusters by any of the methods, behind one call, with one kind of result.
 *
 *     struct till_partition_rows rows = {.numbers = matrix};
 *     struct till_partition_options options = {.method = TILL_CLUSTERING_KMEDOIDS, .fit = {.clusters = 5, .seed = 1}};
 *     till_partition_fit(&rows, &options, &partition, &error);
 *     partition->labels[row], partition->numbers[cluster * columns + j] ...
 *     till_partition_free(partition);
 *
 * The methods: till/kmeans.h, till/kmedoids.h, till/kprototypes.h. Whatever the method, a row's label is that of the
 * nearest centre by the metric, the lowest number among equals; so the centres alone give the same answer later. */
#ifndef TILL_PARTITION_H
#define TILL_PARTITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/clustering.h>
#include <till/error.h>
#include <till/kmeans.h>
#include <till/matrix.h>

/* Rows of numbers and levels. All is borrowed. */
struct till_partition_rows {
    const struct till_matrix *numbers; /* its rows count, also where it has no columns */
    const uint32_t *codes;             /* [rows][level_count]: levels as 0, 1, 2, ...; NULL where there are none */
    size_t level_count;                /* 0 for KMEANS, and for KMEDOIDS but with GOWER */
};

/* A level that no row has: for centres of other rows. */
#define TILL_NO_LEVEL UINT32_MAX

struct till_partition_options {
    enum till_clustering_method method;
    enum till_clustering_metric metric; /* of KMEDOIDS */
    double gamma;                       /* of KMODES and KPROTOTYPES; 0: till/kprototypes.h */
    struct till_kmeans_options fit; /* clusters, start, restarts, max_iterations, seed, threads, portable and keep_order
                                       hold for all methods; PLUS_PLUS and RANDOM stand for their own starts */
    const uint32_t *start_codes;    /* with fit.start GIVEN, beside fit.centroids: [clusters][level_count] */
};

struct till_partition {
    enum till_clustering_method method;
    enum till_clustering_metric metric;
    double gamma;
    size_t clusters;
    size_t columns;
    size_t level_count;
    size_t rows;
    double *numbers;  /* [clusters][columns]: the centres */
    uint32_t *codes;  /* [clusters][level_count] */
    uint32_t *labels; /* [rows] */
    uint64_t *sizes;  /* [clusters] */
    double *within;   /* [clusters]: sums of distances to the centre; of their squares with KMEANS */
    double total;     /* their sum: inertia, deviation, or cost */
    unsigned iterations;
    bool converged;
    bool sampled;       /* KMEDOIDS: the centres are those of a sample */
    uint64_t relocated; /* KMEANS: clusters that fell empty on the way */
};

/* Fits. Clusters are numbered by falling size, ties by centre, unless fit.keep_order. A given start of KMEDOIDS stands
 * for the rows nearest to it. Errors: those of the method; TILL_ERROR_MODEL: more clusters than distinct rows. */
TILL_API enum till_status till_partition_fit(const struct till_partition_rows *rows,
                                             const struct till_partition_options *options,
                                             struct till_partition **partition, struct till_error *error);
TILL_API void till_partition_free(struct till_partition *partition);

/* The nearest centre of each of other rows into labels[rows], and its distance into distances[rows] (may be NULL).
 * O(rows x clusters x columns). Errors: TILL_ERROR_MEMORY. */
TILL_API enum till_status till_partition_label(const struct till_partition *partition,
                                               const struct till_partition_rows *rows, unsigned threads,
                                               uint32_t *labels, double *distances, struct till_error *error);

/* The distance of a row to one centre. */
TILL_API double till_partition_distance(const struct till_partition *partition, size_t cluster, const double *numbers,
                                        const uint32_t *codes);

/* Renumbers: each cluster gets the number of the earlier centre that it is paired with, such that the distances within
 * pairs (their squares, with KMEANS) sum to the least. numbers: [clusters][columns], codes: [clusters][level_count].
 * Errors: TILL_ERROR_MEMORY. */
TILL_API enum till_status till_partition_pair(struct till_partition *partition, const double *numbers,
                                              const uint32_t *codes, struct till_error *error);

#endif
