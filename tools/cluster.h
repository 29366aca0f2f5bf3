/* tools/cluster.h: what the parts of till-cluster share. */
#ifndef TOOLS_CLUSTER_H
#define TOOLS_CLUSTER_H

#include <till/clustering.h>
#include <till/kmedoids.h>
#include <till/partition.h>
#include <till/rows.h>

#include "sheet.h"
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
/* Names for one line of a message, however many they are. */
struct cluster_names {
    struct till_text list;
    size_t count;
};

struct cluster_work {
    struct tool_run *run;
    const struct cluster_settings *settings;
    const struct till_schema *schema;
    struct till_clustering *previous; /* NULL: none */
    struct pass pass;
    struct till_rows *rows;
    struct sheet sheet;
    size_t key; /* place in the sheet; TILL_NO_COLUMN */

    size_t smallest, largest; /* the numbers of clusters to be tried; equal: one */

    /* As asked for, or those of the earlier model. */
    enum till_clustering_method method;
    enum till_clustering_metric metric; /* of k-medoids */
    double gamma;

    /* The features: places in the sheet, and how numbers are scaled. */
    size_t numeric_count, level_count;
    size_t *numeric;
    size_t *level;
    struct till_scale *scales;     /* [numeric_count] */
    struct till_text left_out;     /* columns that are no features, and why */
    struct cluster_names constant; /* features that say nothing */
    struct cluster_names skewed;   /* and those that say too much */
    double skewness;               /* the furthest from zero of them */

    /* Rows that have all features. */
    uint32_t *place; /* [sheet.rows]: row of the matrix, or NO_CLUSTER */
    size_t complete;
    struct till_matrix *matrix; /* [complete][numeric_count], scaled */
    uint32_t *codes;            /* [complete][level_count]: ranks of levels in byte order, the missing one last */
    uint32_t **orders;          /* [level_count]: the dictionary's code of each rank */

    /* The result. */
    struct till_clustering *model;
    struct till_partition *partition;
};

/* Centres from which a fit begins. */
struct cluster_start {
    size_t count;
    double *numbers; /* [count][numeric_count], scaled */
    uint32_t *codes; /* [count][level_count]; TILL_NO_LEVEL: one that no row has */
};

/* cluster_features.c */
/* Which columns are to be read, into work->sheet. */
enum till_status cluster_choose(struct cluster_work *work, struct till_error *error);
/* After reading: the features that remain, their scaling, the rows that have them all. */
enum till_status cluster_prepare(struct cluster_work *work, struct till_error *error);

/* cluster_fit.c */
/* Fits, and fills in work->model and work->partition. */
enum till_status cluster_fit(struct cluster_work *work, size_t clusters, struct till_error *error);
/* What is asked for, for so many clusters, and what is compared. */
struct till_partition_options cluster_options(const struct cluster_work *work, size_t clusters);
struct till_partition_rows cluster_rows_of(const struct cluster_work *work);
/* What the method makes small: "inertia", "deviation" or "cost". */
const char *cluster_total_name(const struct cluster_work *work);
/* Warns, after the words `before`, where the last iteration was reached. */
void cluster_tell_limit(const struct cluster_work *work, const struct till_partition *partition, const char *before);

/* cluster_criteria.c: the table for work->smallest..largest, written; *clusters: what --criterion chooses, or 0. */
enum till_status cluster_choose_number(struct cluster_work *work, size_t *clusters, struct till_error *error);

/* cluster_start.c: the rows of --start, scaled; the caller frees what is in *start. */
enum till_status cluster_read_start(struct cluster_work *work, struct cluster_start *start, struct till_error *error);

/* True where --start is not one of the words. */
bool cluster_start_is_file(const struct cluster_work *work);

/* The text of a rank of level column j; empty for the missing level. */
struct till_slice cluster_level_text(const struct cluster_work *work, size_t j, uint32_t rank);

/* The rank of a text (empty: missing) in level column j, or TILL_NO_LEVEL. */
uint32_t cluster_level_code(const struct cluster_work *work, size_t j, struct till_slice text);

#endif
