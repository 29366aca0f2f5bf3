/* The moments at which cells of one number of repeats begin and end, each once.
 *
 * Days repeat: cells share them, and what goes on between one and the next is the same to all who live through it. */
#ifndef MINING_CLV_TIMES_H
#define MINING_CLV_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/clv.h>

struct times {
    size_t count;
    double *time;      /* by level, then rising */
    uint32_t *level;   /* of each */
    uint32_t *last_at; /* [cells]: where a cell's t_x stands, */
    uint32_t *age_at;  /* and its age */
};

/* Those of every `stride`-th cell, times `scale`. Where they are not half as many as the cells, *times has none, as
 * they would save nothing. False when memory is out. O(cells + times log times). */
bool times_new(struct times *times, const struct till_clv_cells *cells, size_t stride, double scale);
void times_free(struct times *times);

#endif
