/* Exact sums by cell. Most cells of a table of moves stay empty, so a sum is made when its first value comes. */
#include <till/sums.h>

#include <stdlib.h>

#include "lib/fold/exact_sum.h"

struct till_sums {
    size_t cells;
    struct exact_sum *sums[]; /* NULL: nothing was added */
};

struct till_sums *till_sums_new(size_t cells) {
    struct till_sums *new = calloc(1, sizeof *new + cells * sizeof *new->sums);
    if (new != NULL)
        new->cells = cells;
    return new;
}

void till_sums_free(struct till_sums *sums) {
    for (size_t cell = 0; sums != NULL && cell < sums->cells; cell++)
        free(sums->sums[cell]);
    free(sums);
}

bool till_sums_add(struct till_sums *sums, size_t cell, double value) {
    if (sums->sums[cell] == NULL && (sums->sums[cell] = calloc(1, sizeof *sums->sums[cell])) == NULL)
        return false;
    exact_sum_add(sums->sums[cell], value, 1);
    return true;
}

double till_sums_get(const struct till_sums *sums, size_t cell) {
    return sums->sums[cell] == NULL ? 0 : exact_sum_value(sums->sums[cell]);
}
