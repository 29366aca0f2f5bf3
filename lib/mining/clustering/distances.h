/* distances.h: from one row to 32 others, by any of the metrics. */
#ifndef TILL_CLUSTERING_DISTANCES_H
#define TILL_CLUSTERING_DISTANCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/clustering.h>
#include <till/matrix.h>

enum { BLOCK = TILL_MATRIX_BLOCK };

/* Rows in memory: numbers, and levels in the same blocks of 32. */
struct points {
    struct till_matrix *numbers;
    uint32_t *levels; /* [blocks][level_count][BLOCK] */
    size_t level_count;
    enum till_clustering_metric metric;
    double gamma; /* PROTOTYPE */
};

/* Copies `count` rows: those of `chosen`, in its order, or the first ones. The metric and gamma of `points` are set
 * before. Errors: TILL_ERROR_MEMORY; points_free is due in any case. */
enum till_status points_make(struct points *points, const struct till_matrix *matrix, const uint32_t *codes,
                             size_t level_count, const size_t *chosen, size_t count, struct till_error *error);
void points_free(struct points *points);

/* One row: its numbers, and its levels. */
void points_get(const struct points *points, size_t row, double *numbers, uint32_t *levels);

/* The distances of a row (its numbers and levels) to the rows of a block, before their last step: squares of Euclidean
 * ones, sums of Gower's. Returns a bit for each row that is nearer than limit[row], in the same measure. */
typedef uint32_t measure_function(const struct points *points, size_t block, const double *numbers,
                                  const uint32_t *levels, const double limit[BLOCK], double apart[BLOCK]);
measure_function *measure_choose(bool portable);

/* The last step, of one or of a block, and its inverse (a little up, so that nothing as near is missed). */
double measure_finish(const struct points *points, double apart);
void measure_finish_block(const struct points *points, double apart[BLOCK]);
double measure_limit(const struct points *points, double distance);

#endif
