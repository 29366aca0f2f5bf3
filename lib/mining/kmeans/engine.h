/* engine.h: one fit of k-means under way, and what its parts share. */
#ifndef TILL_KMEANS_ENGINE_H
#define TILL_KMEANS_ENGINE_H

#include <till/kmeans.h>

#include <till/parallel.h>

#include "kernels.h"

struct bounds;

/* Rows are worked on in chunks whose borders depend on the number of rows alone; what chunks find is added up in their
 * order. So threads change nothing. */
struct engine {
    const struct till_matrix *matrix;
    const struct till_kmeans_options *options;
    const struct kmeans_kernels *kernels;
    size_t rows, columns, clusters;
    size_t chunk_rows; /* a multiple of BLOCK */
    size_t chunks;
    unsigned threads;

    double *centroids; /* [clusters][columns] */
    double *before;    /* those of one move earlier */
    struct packed packed;
    uint32_t *labels; /* [rows]; UNSET before the first pass */

    double *sums;            /* [clusters][columns] of the rows of each cluster */
    int64_t *counts;         /* [clusters] */
    bool afresh;             /* this pass sums all rows, rather than those that changed */
    double *partial;         /* [chunks][sums_stride]: [clusters][columns] */
    int64_t *partial_counts; /* [chunks][counts_stride]: [clusters], and then how many rows changed */
    size_t sums_stride, counts_stride;

    uint64_t changed;      /* rows that changed their cluster in the last pass */
    uint64_t relocated;    /* empty clusters moved, so far */
    bool moved_empty;      /* in the last move */
    struct bounds *bounds; /* NULL while passes are dense */
};

#define UNSET UINT32_MAX

static inline size_t chunk_begin(const struct engine *engine, size_t chunk) {
    return chunk * engine->chunk_rows;
}
static inline size_t chunk_end(const struct engine *engine, size_t chunk) {
    size_t end = (chunk + 1) * engine->chunk_rows;
    return end < engine->rows ? end : engine->rows;
}

static inline double *partial_sums(const struct engine *engine, size_t chunk) {
    return engine->partial + chunk * engine->sums_stride;
}
static inline int64_t *partial_counts(const struct engine *engine, size_t chunk) {
    return engine->partial_counts + chunk * engine->counts_stride;
}

/* engine.c */
enum till_status engine_open(struct engine *engine, const struct till_matrix *matrix,
                             const struct till_kmeans_options *options, struct till_error *error);
void engine_close(struct engine *engine);
/* Begins a fit from engine->centroids. */
void engine_reset(struct engine *engine);
/* Runs the body over all chunks. */
enum till_status engine_each_chunk(struct engine *engine, till_parallel_body *body, struct till_error *error);
/* Gives the rows first..first+count-1 of one block new labels and takes them into the chunk's partial sums. */
void engine_relabel(struct engine *engine, size_t chunk, size_t first, size_t count, const uint32_t *labels);
/* A pass: every row to its nearest centroid, and the sums that follow from it. */
enum till_status engine_assign(struct engine *engine, struct till_error *error);
/* Centroids from sums; empty clusters to the farthest rows. Returns the squared moves of all centroids. */
enum till_status engine_move(struct engine *engine, double *moved, struct till_error *error);
/* Sums over all rows by their labels, without what changes leave behind in the last digits. */
enum till_status engine_sum_afresh(struct engine *engine, struct till_error *error);
/* The squared distances of all rows to their centroids: within[clusters], and the inertia. */
enum till_status engine_within(struct engine *engine, double *within, double *inertia, struct till_error *error);

/* start.c: the first centroids of one start into engine->centroids. */
enum till_status start_centroids(struct engine *engine, unsigned restart, struct till_error *error);

/* bounds.c: the pass of one chunk by bounds, and their upkeep. */
enum till_status bounds_open(struct engine *engine, struct till_error *error);
void bounds_close(struct engine *engine);
void bounds_prepare(struct engine *engine);
enum till_status bounds_chunk(struct engine *engine, size_t chunk, unsigned worker, struct till_error *error);
void bounds_moved(struct engine *engine);
void bounds_forget_row(struct engine *engine, size_t row);

#endif
