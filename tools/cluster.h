/* tools/cluster.h: what the parts of till-cluster share. */
#ifndef TOOLS_CLUSTER_H
#define TOOLS_CLUSTER_H

#include <till/clustering.h>
#include <till/kmeans.h>
#include <till/rows.h>

#include "frame.h"
#include "pass.h"
#include "tool.h"

struct cluster_settings {
    const char *clusters; /* N or A..B */
    int method;
    const char *key;
    const char *features;
    const char *ignore;
    const char *categorical;
    const char *log;
    int scale;
    const char *missing; /* NULL: error, but for customers with returns alone */
    const char *start;
    uint64_t restarts;
    uint64_t max_iterations;
    double tolerance;
    int algorithm;
    int metric;
    double gamma;
    int criterion;
    const char *criteria;
    uint64_t samples;
    const char *summary;
    const char *model_out;
    const char *previous;
};

/* A row without a cluster. */
#define NO_CLUSTER UINT32_MAX

/* Rows whose silhouette is exact; more are sampled. */
#define SILHOUETTE_ROWS 20000

/* One run of till-cluster. */
struct cluster_work {
    struct tool_run *run;
    const struct cluster_settings *settings;
    const struct till_schema *schema;
    struct till_clustering *previous; /* NULL: none */
    struct pass pass;
    struct till_rows *rows;
    struct frame frame;
    size_t key; /* place in the frame; TILL_NO_COLUMN */

    size_t smallest, largest; /* the numbers of clusters to be tried; equal: one */

    /* The features: places in the frame, and how numbers are scaled. */
    size_t numeric_count, level_count;
    size_t *numeric;
    size_t *level;
    struct till_scale *scales; /* [numeric_count] */
    struct till_text left_out; /* columns that are no features, and why */

    /* Rows that have all features. */
    uint32_t *place; /* [frame.rows]: row of the matrix, or NO_CLUSTER */
    size_t complete;
    struct till_matrix *matrix; /* [complete][numeric_count], scaled */
    uint32_t *codes;            /* [complete][level_count]: ranks of levels in byte order, the missing one last */
    uint32_t **orders;          /* [level_count]: the dictionary's code of each rank */

    /* The result. */
    struct till_clustering *model;
    uint32_t *labels;  /* [complete] */
    double *distances; /* [complete], while labels are being found */
};

/* cluster_features.c */
/* Which columns are to be read, into work->frame. */
enum till_status cluster_choose(struct cluster_work *work, struct till_error *error);
/* After reading: the features that remain, their scaling, the rows that have them all. */
enum till_status cluster_prepare(struct cluster_work *work, struct till_error *error);

/* cluster_fit.c */
/* Fits, and fills in work->model and work->labels. */
enum till_status cluster_fit(struct cluster_work *work, size_t clusters, struct till_error *error);
/* cluster_other.c */
enum till_status cluster_fit_kmedoids(struct cluster_work *work, size_t clusters, struct till_error *error);
enum till_status cluster_fit_kprototypes(struct cluster_work *work, size_t clusters, struct till_error *error);

/* What all fits of k-means have in common. */
struct till_kmeans_options cluster_kmeans_options(const struct cluster_work *work, size_t clusters);
/* A model with names and scaling, and no points yet. */
enum till_status cluster_new_model(struct cluster_work *work, enum till_clustering_method method, size_t clusters,
                                   struct till_error *error);

/* cluster_criteria.c: the table for work->smallest..largest, written; *clusters: what --criterion chooses, or 0. */
enum till_status cluster_choose_number(struct cluster_work *work, size_t *clusters, struct till_error *error);

/* cluster_start.c: the rows of --start, scaled; the caller frees *points. */
enum till_status cluster_read_start(struct cluster_work *work, double **points, size_t *count,
                                    struct till_error *error);

/* True where --start is not one of the words. */
bool cluster_start_is_file(const struct cluster_work *work);

/* The text of a rank of level column j; empty for the missing level. */
struct till_slice cluster_level_text(const struct cluster_work *work, size_t j, uint32_t rank);

/* The level of a row as text; empty where it is missing. */
struct till_slice cluster_level(const struct cluster_work *work, size_t row, size_t j);

#endif
