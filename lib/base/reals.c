/* Ten digits of eight reals in vectors, then their texts one by one.
 *
 * A value times a power of ten that makes it a number of ten digits is the sum of two doubles, the product and what was
 * rounded off it (T. J. Dekker, "A floating-point technique for extending the available precision", 1971): the one is
 * rounded to an integer, and the other tells what becomes of a tie. So the digits are those of exact arithmetic. Chains
 * of eight values run side by side, where those of one, as long as they are, would be waited for one after the other.
 */
#include "lib/base/reals.h"

#include <string.h>

#include <till/decimal.h>

#include "lib/base/bytes.h"
#include "lib/base/lanes.h"

__extension__ typedef unsigned __int128 wide;

/* Magnitudes that ten digits show without an exponent, rounded too. */
static const double least_plain = 1e-4, most_plain = 9999999999.0;

static const double powers[2 * LANES] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                         1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/* Those of a where the mask is set, else those of b. */
LANES_INLINE void choose(const lane_bits *mask, const lanes *a, const lanes *b, lanes *out) {
    *out = (lanes)(((lane_bits)*a & *mask) | ((lane_bits)*b & ~*mask));
}

/* The power of ten that makes numbers of ten digits of v; *places: 9 less its exponent, and 20. */
LANES_INLINE void find_powers(const lanes *v, lanes *p, lane_bits *places) {
    /* log10 of the power of two below v, which is one less at most: 1233 / 4096 is just under log10(2). */
    *places = (((lane_bits)*v >> 52) * 1233 - (UINT64_C(1023) * 1233 - (20 << 12))) >> 12;
    const lane_bits at = 29 - *places;
    lanes_pick(powers, &at, p);
    const lane_bits eleven = (lane_bits)(*v * *p >= 1e10);
    const lanes tenth = *p / 10.0;
    choose(&eleven, &tenth, p, p);
    *places += eleven & 1;
}

/* v * p, rounded to an integer, half to even. */
LANES_INLINE void multiply(const lanes *v, const lanes *p, lanes *out) {
    const double splitter = 0x1p27 + 1;
    const lanes one = (lanes){0} + 1.0, none = {0};
    lanes v_high = *v * splitter, p_high = *p * splitter, product = *v * *p;
    v_high = v_high - (v_high - *v);
    p_high = p_high - (p_high - *p);
    lanes v_low = *v - v_high, p_low = *p - p_high;
    lanes lost = ((v_high * p_high - product) + v_high * p_low + v_low * p_high) + v_low * p_low;
    lanes rounded = (product + 0x1p52) - 0x1p52, rest = product - rounded, up, down;
    const lane_bits is_above = (lane_bits)(rest == 0.5) & (lane_bits)(lost > 0.0);
    const lane_bits is_below = (lane_bits)(rest == -0.5) & (lane_bits)(lost < 0.0);
    choose(&is_above, &one, &none, &up);
    choose(&is_below, &one, &none, &down);
    *out = rounded + up - down;
}

WIDER void reals_look(const double *values, size_t count, struct real_digits *out) {
    const lanes one = (lanes){0} + 1.0, billion = (lanes){0} + 1e9;
    lanes v = one, p, digits;
    lane_bits places;
    for (size_t i = 0; i < count; i++)
        v[i] = values[i];
    v = (lanes)((lane_bits)v & (UINT64_MAX >> 1));
    const lane_bits plain = (lane_bits)(v >= least_plain) & (lane_bits)(v < most_plain);
    choose(&plain, &v, &one, &v);
    find_powers(&v, &p, &places);
    multiply(&v, &p, &digits);
    const lane_bits eleven = (lane_bits)(digits >= 1e10); /* rounded to a power of ten */
    choose(&eleven, &billion, &digits, &digits);
    places += eleven & 1;
    const lane_bits whole = (lane_bits)(digits + 0x1p52) & (UINT64_MAX >> 12);
    for (size_t i = 0; i < count; i++)
        out[i] = (struct real_digits){whole[i], (int)places[i] - 20, plain[i] != 0};
}

/* The eight digits of a number, the first in the lowest byte: halves, then halves of them, by multiplications that all
 * parts share. */
static inline uint64_t eight_digits(uint64_t value) {
    uint64_t fours = value / 10000 + (value % 10000 << 32);
    uint64_t hundreds = (fours * 10486 >> 20) & UINT64_C(0x0000007F0000007F);
    uint64_t twos = hundreds + ((fours - 100 * hundreds) << 16);
    uint64_t tens = (twos * 103 >> 10) & UINT64_C(0x000F000F000F000F);
    return tens + ((twos - 10 * tens) << 8);
}

static inline void store_text(char *out, wide text) {
    store_64(out, (uint64_t)text);
    store_64(out + 8, (uint64_t)(text >> 64));
}

/* All digits at once, some more than once, at the places where they stay; zeros behind the mark are not counted. */
size_t real_put(char *out, double value, const struct real_digits *digits) {
    const wide zeros = (wide)UINT64_C(0x3030) << 64 | UINT64_C(0x3030303030303030);
    if (!digits->plain)
        return till_real_format(out, value);
    size_t sign = value < 0;
    *out = '-';
    out += sign;
    uint64_t leading = digits->digits / 100000000;
    wide values = (wide)eight_digits(digits->digits % 100000000) << 16 | leading / 10 | leading % 10 << 8;
    wide text = values | zeros;
    uint64_t last = (uint64_t)(values >> 64);
    size_t count = last != 0 ? 9 + (size_t)(last > 255) : 8 - (size_t)__builtin_clzll((uint64_t)values) / 8;
    if (digits->exponent < 0) {
        size_t before = (size_t)(1 - digits->exponent);
        memcpy(out, "0.000000", 8);
        store_text(out + before, text);
        return sign + before + count;
    }
    size_t whole = (size_t)digits->exponent + 1;
    store_text(out, text);
    if (count <= whole)
        return sign + whole;
    out[whole] = '.';
    store_text(out + whole + 1, text >> 8 * whole);
    return sign + count + 1;
}
