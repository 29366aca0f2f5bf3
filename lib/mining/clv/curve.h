/* curve.h: two smooth functions of age, known from a few of their values. */
#ifndef MINING_CLV_CURVE_H
#define MINING_CLV_CURVE_H

#include <stdbool.h>
#include <stddef.h>

#define CURVE_FEW 32  /* nodes that are tried first */
#define CURVE_MOST 64 /* nodes */

struct curve {
    size_t terms; /* 0: there is no curve; the functions have to be asked themselves */
    double shift;
    double middle, half; /* of log(shift + age) */
    double coefficient[CURVE_MOST][2];
};

/* The two values at an age. */
typedef void curve_values(const void *context, double age, double values[2]);

/* From the youngest to the oldest, older than that. The functions have to be smooth in log(shift + age); where 64 nodes
 * do not tell them to the last digits, there is no curve. */
void curve_make(struct curve *curve, double shift, double youngest, double oldest, curve_values *values,
                const void *context);
void curve_at(const struct curve *curve, double age, double values[2]);

#endif
