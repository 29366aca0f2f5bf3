/* reals.h: reals of tables as text, several at a time.
 *
 *     struct real_digits digits[LANES];
 *     reals_look(values, 7, digits);
 *     length = real_put(out, values[0], &digits[0]);
 */
#ifndef LIB_BASE_REALS_H
#define LIB_BASE_REALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many at once. */
enum { REALS = 8 };

/* A magnitude as ten digits d and an exponent x: d[0].d[1]d[2]... * 10^x. */
struct real_digits {
    uint64_t digits;
    int exponent;
    bool plain; /* false: nothing is known */
};

/* The digits of `count` values, REALS at most. The same on every machine. */
void reals_look(const double *values, size_t count, struct real_digits *out);

/* The text of a value that was looked at, as till_real_format has it, which see. */
size_t real_put(char *out, double value, const struct real_digits *digits);

#endif
