/* till/sums.h: a table of sums of real numbers without any rounding on the way, so that the order of rows shows
 * nowhere.
 *
 *     struct till_sums *sums = till_sums_new(cells);
 *     till_sums_add(sums, cell, 12.5);
 *     total = till_sums_get(sums, cell);
 *     till_sums_free(sums);
 *
 * A cell takes 8 bytes, and some 600 once something was added to it. */
#ifndef TILL_SUMS_H
#define TILL_SUMS_H

#include <stdbool.h>
#include <stddef.h>

#include <till/error.h>

struct till_sums;

/* Sums of zero; NULL when memory is out. */
TILL_API struct till_sums *till_sums_new(size_t cells);
/* NULL is allowed. */
TILL_API void till_sums_free(struct till_sums *sums);

/* Adds a finite value; false when memory is out. O(1). */
TILL_API bool till_sums_add(struct till_sums *sums, size_t cell, double value);

/* The sum, rounded once, to the nearest double. O(1). */
TILL_API double till_sums_get(const struct till_sums *sums, size_t cell);

#endif
