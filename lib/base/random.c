/* Random numbers by SplitMix64: a counter with an odd step, and a finaliser that turns each count into 64 bits (Guy
 * Steele, Doug Lea, Christine Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014; the constants of
 * the finaliser are David Stafford's mix 13). Start and step are mixed from seed and stream, so that streams with near
 * numbers are not near each other.
 *
 * No function of the C library that keeps state is used: lgamma, for one, writes a global sign. */
#include <till/random.h>

#include <math.h>

__extension__ typedef unsigned __int128 wide;

static uint64_t mix(uint64_t z) {
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* An odd step whose bits change often enough: a step of few changes would let neighbouring counts differ in few bits
 * (Steele, Lea & Flood, section 5). */
static uint64_t mix_step(uint64_t z) {
    z = (z ^ z >> 33) * UINT64_C(0xff51afd7ed558ccd);
    z = (z ^ z >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    z = (z ^ z >> 33) | 1;
    return __builtin_popcountll(z ^ z >> 1) < 24 ? z ^ UINT64_C(0xaaaaaaaaaaaaaaaa) : z;
}

void till_random_start(struct till_random *random, uint64_t seed, uint64_t stream) {
    static const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);
    /* The seed is mixed before the stream enters: (1, 0) and (0, 1) have nothing in common. */
    uint64_t both = mix(mix(seed + golden) + (stream + 1) * golden);
    *random = (struct till_random){.state = both, .step = mix_step(both + golden)};
}

uint64_t till_random_bits(struct till_random *random) {
    random->state += random->step;
    return mix(random->state);
}

double till_random_uniform(struct till_random *random) {
    uint64_t bits;
    do
        bits = till_random_bits(random) >> 11;
    while (bits == 0); /* the interval is open */
    return (double)bits * 0x1p-53;
}

/* The high half of bits * n is uniform but for the first 2^64 mod n of the low halves, which are drawn again (Daniel
 * Lemire, "Fast random integer generation in an interval", 2019). */
uint64_t till_random_below(struct till_random *random, uint64_t n) {
    wide product = (wide)till_random_bits(random) * n;
    if ((uint64_t)product < n) {
        uint64_t unfair = (0 - n) % n;
        while ((uint64_t)product < unfair)
            product = (wide)till_random_bits(random) * n;
    }
    return (uint64_t)(product >> 64);
}

/* The polar method (George Marsaglia & T. A. Bray 1964). Its second number is not kept, so that the generator has no
 * state beside the counter. */
double till_random_normal(struct till_random *random) {
    double x, square;
    do {
        x = 2 * till_random_uniform(random) - 1;
        double y = 2 * till_random_uniform(random) - 1;
        square = x * x + y * y;
    } while (square >= 1 || square == 0);
    return x * sqrt(-2 * log(square) / square);
}

double till_random_exponential(struct till_random *random) {
    return -log(till_random_uniform(random));
}

/* George Marsaglia & Wai Wan Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000). Shapes below
 * 1 are those of shape + 1 times a power of a uniform number (section 6). */
double till_random_gamma(struct till_random *random, double shape) {
    if (!(shape > 0))
        return (double)NAN;
    double boost = 1;
    if (shape < 1) {
        boost = pow(till_random_uniform(random), 1 / shape);
        shape += 1;
    }
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = till_random_normal(random), root = 1 + c * x;
        if (root <= 0)
            continue;
        double v = root * root * root;
        if (log(till_random_uniform(random)) < x * x / 2 + d - d * v + d * log(v))
            return boost * d * v;
    }
}

/* log(k!) minus Stirling's k log k - k + log(2 pi k) / 2, for k >= 1. */
static double stirling_error(double k) {
    /* log(k!) - that formula for k = 1 .. 9, where the series has too few digits. */
    static const double small[] = {0,
                                   0.08106146679532726,
                                   0.04134069595540929,
                                   0.02767792568499834,
                                   0.02079067210376509,
                                   0.01664469118982119,
                                   0.01387612882307075,
                                   0.01189670994589177,
                                   0.01041126526197209,
                                   0.009255462182712733};
    if (k < 10)
        return small[(int)k];
    double square = k * k;
    return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / 1680 / square) / square) / square) / k;
}

/* log of the Poisson probability of k >= 0. Written with the deviance (Catherine Loader, "Fast and accurate computation
 * of binomial probabilities", 2000), so that large terms do not cancel. */
static double log_poisson(double k, double mean) {
    static const double two_pi = 6.283185307179586;
    if (k == 0)
        return -mean;
    double off = (k - mean) / mean;
    double deviance = mean * ((1 + off) * log1p(off) - off);
    return -deviance - log(two_pi * k) / 2 - stirling_error(k);
}

/* Small means: as many factors as keep a product of uniform numbers above exp(-mean) (Knuth, volume 2, section 3.4.1).
 */
static uint64_t poisson_by_product(struct till_random *random, double mean) {
    double limit = exp(-mean), product = till_random_uniform(random);
    uint64_t count = 0;
    for (; product > limit; count++)
        product *= till_random_uniform(random);
    return count;
}

/* Means of 10 and more: transformed rejection, algorithm PTRS of Wolfgang Hörmann, "The transformed rejection method
 * for generating Poisson random variables", Insurance: Mathematics and Economics 12 (1993). */
static uint64_t poisson_by_rejection(struct till_random *random, double mean) {
    double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
    double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), squeeze = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
        double u = till_random_uniform(random) - 0.5, v = till_random_uniform(random);
        double us = 0.5 - fabs(u), k = floor((2 * a / us + b) * u + mean + 0.43);
        if (k < 0 || k >= 0x1p63 || (us < 0.013 && v > us))
            continue;
        if ((us >= 0.07 && v <= squeeze) || log(v * inverse_alpha / (a / (us * us) + b)) <= log_poisson(k, mean))
            return (uint64_t)k;
    }
}

uint64_t till_random_poisson(struct till_random *random, double mean) {
    /* Beyond 2^62 doubles cannot tell counts apart and the loop could not end. */
    if (!(mean > 0) || mean > 0x1p62)
        return mean > 0 ? UINT64_MAX : 0;
    return mean < 10 ? poisson_by_product(random, mean) : poisson_by_rejection(random, mean);
}
