/* till/criteria.h: figures by which numbers of clusters can be compared. They seldom agree: which one counts is a
 * choice, not a fact.
 *
 *     till_criteria_find(&rows, partition, &options, &criteria, &error);
 *
 * For n rows, d columns, k clusters of sizes n_j, W the inertia, B the sum of squares between clusters, with distances
 * those of the method:
 *   silhouette                till/silhouette.h; larger is better
 *   Calinski-Harabasz (1974)  (B / (k - 1)) / (W / (n - k)); larger is better
 *   Davies-Bouldin (1979)     mean over clusters of max (s_i + s_j) / d_ij, with s the mean distance to the centre and
 *                             d between centres; smaller is better
 *   gap (Tibshirani, Walther & Hastie 2001)  mean of ln W over reference sets, less ln W, with its standard error;
 *                             reference sets are uniform in the box along the principal axes
 *                             that holds all rows
 *   BIC (Pelleg & Moore 2000, one spherical variance)  v = W / (d (n - k)), L = sum of n_j ln(n_j / n) -
 *                             n_j d/2 ln(2 pi v) - (n_j - 1) d/2, BIC = L - (k - 1 + d k + 1)/2 ln n; larger is better
 *   stability                 mean adjusted Rand index (Hubert & Arabie 1985) between the clusters and those of fits to
 *                             bootstrap samples; larger is better
 *
 * Calinski-Harabasz, gap and BIC are made of sums of squares about means, so they are those of k-means alone. */
#ifndef TILL_CRITERIA_H
#define TILL_CRITERIA_H

#include <stddef.h>
#include <stdint.h>

#include <till/error.h>
#include <till/partition.h>

struct till_criteria_options {
    struct till_partition_options how; /* how reference sets and bootstrap samples are fitted; clusters is set */
    unsigned samples;                  /* reference sets, and bootstrap samples; 0: neither */
    size_t silhouette_rows;            /* more rows are sampled for the silhouette */
    size_t gap_rows;                   /* for the gap */
    size_t stability_rows;             /* and for the stability */
};

/* NaN: not defined (all but gap and BIC of one cluster; what is of k-means alone, elsewhere; figures of degenerate
 * data). */
struct till_criteria {
    double silhouette;
    double calinski_harabasz;
    double davies_bouldin;
    double gap;
    double gap_error; /* s_k = sd sqrt(1 + 1 / samples) */
    double bic;
    double stability;
};

/* All figures of one fit. Time is that of the silhouette, and of 2 x samples fits. Errors: TILL_ERROR_MEMORY. */
TILL_API enum till_status till_criteria_find(const struct till_partition_rows *rows,
                                             const struct till_partition *partition,
                                             const struct till_criteria_options *options,
                                             struct till_criteria *criteria, struct till_error *error);

/* The adjusted Rand index of two partitions of the same rows: 1 when they are the same, 0 as by chance; 1 for two that
 * are trivial alike. Errors: TILL_ERROR_MEMORY. */
TILL_API enum till_status till_rand_index(const uint32_t *a, size_t a_clusters, const uint32_t *b, size_t b_clusters,
                                          size_t rows, double *index, struct till_error *error);

#endif
