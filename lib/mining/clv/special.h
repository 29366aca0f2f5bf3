/* Gamma functions as the models of buying need them: differences, which stay exact where the functions themselves are
 * huge, and their derivatives. */
#ifndef MINING_CLV_SPECIAL_H
#define MINING_CLV_SPECIAL_H

#include <stddef.h>
#include <stdint.h>

/* log Gamma(x + n) - log Gamma(x), and its first and second derivative by x. */
struct rising {
    double value;
    double first;
    double second;
};

/* The above for x > 0 and any n >= 0. O(1). */
struct rising rising(double x, double n);

/* rising(x, n) for each of `count` rising whole numbers n: each is reached from the one before. */
void rising_table(double x, const uint32_t *n, size_t count, struct rising *table);

double log_gamma(double x);
double trigamma(double x);

/* log(exp(a) + exp(b)), and log(exp(a) - exp(b)) for a >= b. */
double log_add(double a, double b);

#endif
