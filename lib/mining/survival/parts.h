/* parts.h: what the files of survival analysis share. */
#ifndef TILL_SURVIVAL_PARTS_H
#define TILL_SURVIVAL_PARTS_H

#include <stddef.h>

#include <till/survival.h>

/* Rows by rising time, at equal times those with an event first, then by row. False when memory is out. O(n log n). */
bool survival_order(const double *time, const double *event, size_t count, size_t *order);

/* The concordance of times and scores (a high score means an early event) and its error. O(n log n). */
enum till_status survival_concordance(const double *time, const double *event, const double *score, size_t count,
                                      double *concordance, double *std_error, struct till_error *error);

#endif
