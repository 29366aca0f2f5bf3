/* till/clustering.h: a clustering that is kept: what its clusters are like, and which one a row belongs to.
 *
 *     till_clustering_decode(&model, body, &error);
 *     x[j] = till_scale_apply(&model->numeric[j].scale, value);
 *     cluster = till_clustering_nearest(model, x, levels, &distance);
 *     till_clustering_free(model);
 *
 * One form for all methods: numeric columns with their scaling, categorical columns, and for each cluster a point in
 * both (a centroid, a medoid, a mode). */
#ifndef TILL_CLUSTERING_H
#define TILL_CLUSTERING_H

#include <jansson.h>

#include <till/error.h>
#include <till/kmeans.h>
#include <till/scaling.h>
#include <till/text.h>
#include <till/writer.h>

enum till_clustering_method {
    TILL_CLUSTERING_KMEANS,
    TILL_CLUSTERING_KMEDOIDS,
    TILL_CLUSTERING_KMODES,
    TILL_CLUSTERING_KPROTOTYPES
};

/* How far a row is from the point of a cluster. */
enum till_clustering_metric {
    TILL_METRIC_EUCLIDEAN,
    TILL_METRIC_MANHATTAN,
    TILL_METRIC_GOWER,    /* the mean over columns of |x - y| / range and of 1 for levels that differ */
    TILL_METRIC_PROTOTYPE /* the squared Euclidean distance plus gamma for every level that differs */
};

/* The distance between two points by a metric, of `columns` numbers each, where `different` of `level_count` levels are
 * not the same. Sums run in the order of the columns. */
TILL_API double till_metric_distance(enum till_clustering_metric metric, double gamma, const double *a, const double *b,
                                     size_t columns, size_t different, size_t level_count);

struct till_clustering_column {
    char *name;
    struct till_scale scale; /* numeric columns */
};

struct till_clustering {
    enum till_clustering_method method;
    enum till_clustering_metric metric;
    double gamma;
    size_t clusters;
    size_t numeric_count;
    size_t level_count;
    struct till_clustering_column *numeric; /* [numeric_count] */
    struct till_clustering_column *level;   /* [level_count]: categorical columns */
    double *numbers;                        /* [clusters][numeric_count], scaled */
    char **levels;                          /* [clusters][level_count] */
    uint64_t *sizes;                        /* [clusters]: rows that it was fitted on */
    double *within;                   /* [clusters]: sums of squared distances, of distances with medoids and Gower */
    struct till_centroids *centroids; /* KMEANS: made by seal */
};

#define TILL_CLUSTERING_KIND "clustering"

/* A model with room for everything, filled with zeros; NULL when memory is out. Names and levels are to be set with
 * strdup. */
TILL_API struct till_clustering *till_clustering_new(enum till_clustering_method method, size_t clusters,
                                                     size_t numeric_count, size_t level_count);
/* Once all is filled in, before the first till_clustering_nearest. Errors: TILL_ERROR_MEMORY. */
TILL_API enum till_status till_clustering_seal(struct till_clustering *model, struct till_error *error);
TILL_API void till_clustering_free(struct till_clustering *model);

/* The cluster (0-based) nearest to a row of scaled numbers and levels (a missing level is the empty one), the lowest
 * number among equals, and its distance. O(clusters x columns). */
TILL_API uint32_t till_clustering_nearest(const struct till_clustering *model, const double *numbers,
                                          const struct till_slice *levels, double *distance);

/* The distance of a row to one cluster, by the model's metric. */
TILL_API double till_clustering_distance(const struct till_clustering *model, size_t cluster, const double *numbers,
                                         const struct till_slice *levels);

/* A model file (till/model.h). `body` is borrowed; everything in it is checked: TILL_ERROR_STATE. */
TILL_API enum till_status till_clustering_save(struct till_sink sink, const struct till_clustering *model,
                                               struct till_error *error);
TILL_API enum till_status till_clustering_decode(struct till_clustering **model, const json_t *body,
                                                 struct till_error *error);
TILL_API enum till_status till_clustering_load(struct till_clustering **model, const char *path,
                                               struct till_error *error);

/* Pairs old clusters with new ones such that the sum of cost[old * count + new] is least: match[new] = old. O(count^3).
 * Source: Kuhn 1955; Munkres 1957; the form with potentials and shortest augmenting paths is that of Jonker & Volgenant
 * 1987. Errors: TILL_ERROR_MEMORY. */
TILL_API enum till_status till_clustering_match(const double *cost, size_t count, uint32_t *match,
                                                struct till_error *error);

#endif
