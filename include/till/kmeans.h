/* till/kmeans.h: k-means: k centroids such that the squared distances of all rows to the nearest one are small.
 *
 *     struct till_kmeans_options options = {.clusters = 5, .restarts = 10, .seed = 1, .threads = 2};
 *     till_kmeans_fit(matrix, &options, &result, &error);
 *     result->labels[row], result->centroids[cluster * columns + column] ...
 *     till_kmeans_free(result);
 *
 * Distances are Euclidean in the units of the matrix: scale and centre its columns before (till/scaling.h). A column
 * whose mean is large beside its spread costs digits.
 *
 * The result depends on the data, the options and the seed; not on threads, vector instructions or the algorithm.
 * Sources: Lloyd 1982 (the iteration); Arthur & Vassilvitskii 2007 (k-means++; greedy as they suggest, 2 + ln k
 * trials); Ding, Zhao, Shen, Musuvathi & Mytkowicz 2015, Yinyang k-means (bounds by groups of centroids). */
#ifndef TILL_KMEANS_H
#define TILL_KMEANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/error.h>
#include <till/matrix.h>

enum till_kmeans_algorithm {
    TILL_KMEANS_AUTO,   /* begins dense and turns to bounds once few rows move, where k and columns are many */
    TILL_KMEANS_LLOYD,  /* every row against every centroid, in vector registers */
    TILL_KMEANS_YINYANG /* rows that bounds prove settled are passed over */
};

enum till_kmeans_start {
    TILL_KMEANS_PLUS_PLUS, /* each next centroid is a row drawn with its squared distance as weight, the best of some */
    TILL_KMEANS_RANDOM,    /* distinct rows */
    TILL_KMEANS_GIVEN      /* options.centroids */
};

struct till_kmeans_options {
    size_t clusters;
    enum till_kmeans_algorithm algorithm;
    enum till_kmeans_start start;
    const double *centroids; /* GIVEN: [clusters][columns] */
    unsigned restarts;       /* starts of which the best result is kept; 0 stands for 1; GIVEN: one */
    unsigned max_iterations; /* moves of the centroids; 0 stands for 300 */
    double tolerance;        /* stops when the squared moves of all centroids sum to at most this, times the mean
                                variance of the columns; 0: only when no row changes its cluster */
    uint64_t seed;
    unsigned threads; /* 0 stands for 1 */
    bool portable;    /* no vector instructions */
    bool keep_order;  /* clusters keep the order of their starts; else they are numbered by falling size */
};

struct till_kmeans {
    size_t clusters;
    size_t columns;
    size_t rows;
    double *centroids; /* [clusters][columns] */
    uint32_t *labels;  /* [rows], 0-based: the nearest centroid, the lowest number among equals */
    uint64_t *sizes;   /* [clusters] */
    double *within;    /* [clusters]: the sum of squared distances to the centroid */
    double inertia;    /* their sum */
    unsigned iterations;
    bool converged;     /* within max_iterations */
    uint64_t relocated; /* empty clusters that were moved to the farthest row */
};

/* Fits. Clusters are numbered by falling size, ties by centroid, unless keep_order. O(rows x clusters x columns) an
 * iteration. Errors: TILL_ERROR_USAGE (no clusters, 2^32 of them or more), TILL_ERROR_MODEL (more clusters than
 * distinct rows, a value that is not finite), TILL_ERROR_MEMORY. */
TILL_API enum till_status till_kmeans_fit(const struct till_matrix *matrix, const struct till_kmeans_options *options,
                                          struct till_kmeans **result, struct till_error *error);
TILL_API void till_kmeans_free(struct till_kmeans *result);

/* Centroids that are kept, for rows that come one by one. Gives the same clusters as the fit that they came from. */
struct till_centroids;
TILL_API struct till_centroids *till_centroids_new(size_t clusters, size_t columns, const double *centroids,
                                                   struct till_error *error);
TILL_API void till_centroids_free(struct till_centroids *centroids);

/* The nearest centroid of a row, and its distance (may be NULL). O(clusters x columns). */
TILL_API uint32_t till_centroids_nearest(const struct till_centroids *centroids, const double *row, double *distance);

/* The distance between two points of `columns` coordinates, summed in their order. */
TILL_API double till_kmeans_distance(const double *a, const double *b, size_t columns);

#endif
