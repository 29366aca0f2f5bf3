/* till/random.h: random numbers that are a function of (seed, stream, index), so that no order of work changes them.
 *
 *     struct till_random random;
 *     till_random_start(&random, seed, customer);
 *     double u = till_random_uniform(&random);
 */
#ifndef TILL_RANDOM_H
#define TILL_RANDOM_H

#include <stdint.h>

#include <till/error.h>

/* A generator of its own for each (seed, stream): SplitMix64 (Steele, Lea & Flood 2014) over a counter whose start and
 * odd step are mixed from both. Period 2^64. */
struct till_random {
    uint64_t state;
    uint64_t step;
};
TILL_API void till_random_start(struct till_random *random, uint64_t seed, uint64_t stream);

/* 64 random bits. */
TILL_API uint64_t till_random_bits(struct till_random *random);

/* Uniform on the open interval (0, 1), 53 bits. */
TILL_API double till_random_uniform(struct till_random *random);

/* Uniform on 0 .. n-1 without bias (Lemire 2019); n > 0. */
TILL_API uint64_t till_random_below(struct till_random *random, uint64_t n);

/* Standard normal (polar method), exponential with mean 1, gamma with shape and scale 1 (Marsaglia & Tsang 2000; NaN
 * for a shape that is not above 0), Poisson (0 for a mean that is not; UINT64_MAX for means above 2^62). */
TILL_API double till_random_normal(struct till_random *random);
TILL_API double till_random_exponential(struct till_random *random);
TILL_API double till_random_gamma(struct till_random *random, double shape);
TILL_API uint64_t till_random_poisson(struct till_random *random, double mean);

#endif
