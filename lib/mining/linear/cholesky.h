/* cholesky.h: symmetric positive definite systems of a few dozen to some thousand unknowns, row by row. */
#ifndef TILL_LINEAR_CHOLESKY_H
#define TILL_LINEAR_CHOLESKY_H

#include <stddef.h>

/* Factors `a` [n][n] (the lower triangle is read) in place as L L'. Returns n, or the first column that is a
 * combination of those before it: its pivot falls below `tolerance` times what it was. O(n^3 / 3). */
size_t cholesky_factor(double *a, size_t n, double tolerance);

/* Solves L L' x = b in place of b. O(n^2). */
void cholesky_solve(const double *factor, size_t n, double *b);

/* The inverse of L L', both triangles, into `inverse` [n][n]. O(n^3). */
void cholesky_invert(const double *factor, size_t n, double *inverse);

/* b' (L L')^-1 b; `work` holds n. O(n^2). */
double cholesky_quadratic(const double *factor, size_t n, const double *b, double *work);

#endif
