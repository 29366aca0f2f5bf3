/* lanes.h: eight doubles at a time, the same bits on every machine.
 *
 * The compiler's vector types become one register of AVX-512, two of AVX2, four of SSE2 or NEON; each operation is that
 * of IEEE 754 in each lane, so that wider registers change the time and nothing else. WIDER in front of a function has
 * it compiled for each width, and the best chosen when the program starts. What is in here must be inlined into such a
 * function to follow it; vectors go by pointer, for passing them by value differs between instruction sets. */
#ifndef LIB_BASE_LANES_H
#define LIB_BASE_LANES_H

#include <stdint.h>
#include <string.h>

enum { LANES = 8 };
typedef double lanes __attribute__((vector_size(64)));
typedef uint64_t lane_bits __attribute__((vector_size(64)));
/* The same, wherever it lies. */
typedef double loose_lanes __attribute__((vector_size(64), aligned(8), may_alias));

/* A resolver that runs before a sanitizer is up would crash. */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) &&                       \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WIDER __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDER
#endif
#define LANES_INLINE static inline __attribute__((always_inline))

/* The sum of all lanes, by halves. */
LANES_INLINE double lanes_sum(const lanes *x) {
    const lanes v = *x;
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

/* Lanes of a (0..7) and b (8..15) in a new order. */
#if defined(__clang__)
#define lanes_shuffle(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define lanes_shuffle(a, b, ...) __builtin_shuffle(a, b, (lane_bits){__VA_ARGS__})
#endif

/* x[i] = table[at[i]] of 16 numbers. */
LANES_INLINE void lanes_pick(const double table[2 * LANES], const lane_bits *at, lanes *x) {
#if defined(__clang__)
    for (int i = 0; i < LANES; i++)
        (*x)[i] = table[(*at)[i]];
#else
    *x = __builtin_shuffle(*(const loose_lanes *)table, *(const loose_lanes *)(table + LANES), *at);
#endif
}

/* The sum of all lanes of x[i] in the i-th lane, for eight of them at once: neighbours first, then pairs, then halves.
 */
LANES_INLINE void lanes_sum_eight(const lanes x[LANES], lanes *sums) {
    lanes ab =
        lanes_shuffle(x[0], x[1], 0, 8, 2, 10, 4, 12, 6, 14) + lanes_shuffle(x[0], x[1], 1, 9, 3, 11, 5, 13, 7, 15);
    lanes cd =
        lanes_shuffle(x[2], x[3], 0, 8, 2, 10, 4, 12, 6, 14) + lanes_shuffle(x[2], x[3], 1, 9, 3, 11, 5, 13, 7, 15);
    lanes ef =
        lanes_shuffle(x[4], x[5], 0, 8, 2, 10, 4, 12, 6, 14) + lanes_shuffle(x[4], x[5], 1, 9, 3, 11, 5, 13, 7, 15);
    lanes gh =
        lanes_shuffle(x[6], x[7], 0, 8, 2, 10, 4, 12, 6, 14) + lanes_shuffle(x[6], x[7], 1, 9, 3, 11, 5, 13, 7, 15);
    lanes left = lanes_shuffle(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13) + lanes_shuffle(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15);
    lanes right = lanes_shuffle(ef, gh, 0, 1, 8, 9, 4, 5, 12, 13) + lanes_shuffle(ef, gh, 2, 3, 10, 11, 6, 7, 14, 15);
    *sums =
        lanes_shuffle(left, right, 0, 1, 2, 3, 8, 9, 10, 11) + lanes_shuffle(left, right, 4, 5, 6, 7, 12, 13, 14, 15);
}

/* Two quads of lanes, each four rows of a square: neighbours change places, then pairs. */
LANES_INLINE void lanes_transpose_four(const lanes x[4], lanes *a, lanes *b, lanes *c, lanes *d) {
    lanes ab = lanes_shuffle(x[0], x[1], 0, 8, 2, 10, 4, 12, 6, 14),
          ba = lanes_shuffle(x[0], x[1], 1, 9, 3, 11, 5, 13, 7, 15),
          cd = lanes_shuffle(x[2], x[3], 0, 8, 2, 10, 4, 12, 6, 14),
          dc = lanes_shuffle(x[2], x[3], 1, 9, 3, 11, 5, 13, 7, 15);
    *a = lanes_shuffle(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13);
    *b = lanes_shuffle(ba, dc, 0, 1, 8, 9, 4, 5, 12, 13);
    *c = lanes_shuffle(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15);
    *d = lanes_shuffle(ba, dc, 2, 3, 10, 11, 6, 7, 14, 15);
}

/* The k-th lane of x[i] goes to the i-th of x[k]: fours, then halves. */
LANES_INLINE void lanes_transpose(lanes x[LANES]) {
    lanes a, b, c, d, e, f, g, h;
    lanes_transpose_four(x, &a, &b, &c, &d);
    lanes_transpose_four(x + 4, &e, &f, &g, &h);
    x[0] = lanes_shuffle(a, e, 0, 1, 2, 3, 8, 9, 10, 11);
    x[1] = lanes_shuffle(b, f, 0, 1, 2, 3, 8, 9, 10, 11);
    x[2] = lanes_shuffle(c, g, 0, 1, 2, 3, 8, 9, 10, 11);
    x[3] = lanes_shuffle(d, h, 0, 1, 2, 3, 8, 9, 10, 11);
    x[4] = lanes_shuffle(a, e, 4, 5, 6, 7, 12, 13, 14, 15);
    x[5] = lanes_shuffle(b, f, 4, 5, 6, 7, 12, 13, 14, 15);
    x[6] = lanes_shuffle(c, g, 4, 5, 6, 7, 12, 13, 14, 15);
    x[7] = lanes_shuffle(d, h, 4, 5, 6, 7, 12, 13, 14, 15);
}

/* x = exp(x), within 1e-15 of it, for x up to 700; below -700 it stays at the 1e-304 of that. By powers of two and the
 * series of the rest, which is at most log(2) / 2; the number that rounds x / log(2) to an integer leaves that integer
 * in its own last bits. */
LANES_INLINE void lanes_exp(lanes *x) {
    const lanes least = (lanes){0} - 700.0;
    const lane_bits above = (lane_bits)(*x > least);
    *x = (lanes)(((lane_bits)*x & above) | ((lane_bits)least & ~above));
    const double rounder = 0x1.8p52, high = 0x1.62e42fefa3800p-1, low = 0x1.ef35793c76730p-45;
    lanes shifted = *x * 1.4426950408889634 + rounder, whole = shifted - rounder;
    lanes r = (*x - whole * high) - whole * low;
    lanes p = r * (1.0 / 6227020800) + 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * (r * r) + r + 1.0;
    *x = (lanes)((lane_bits)p + ((lane_bits)shifted << 52));
}

/* x = log(1 + x), within 1e-15 of it, for 0 <= x <= 1e300. The exponent of 1 + x, and the series of atanh for its
 * mantissa m between sqrt(1/2) and sqrt(2): log m = 2 atanh((m - 1) / (m + 1)). What 1 + x rounds off is put back. */
LANES_INLINE void lanes_log1p(lanes *x) {
    const double high = 0x1.62e42fefa3800p-1, low = 0x1.ef35793c76730p-45;
    /* The exponent steps at sqrt(1/2): this many are added to the bits before, and taken off the mantissa after. */
    const uint64_t half = UINT64_C(0x3fe6a09e00000000), one = UINT64_C(0x3ff0000000000000);
    lanes u = *x + 1.0, lost = *x - (u - 1.0);
    lane_bits bits = (lane_bits)u + (one - half);
    lanes whole = (lanes)((bits >> 52) | UINT64_C(0x4330000000000000)) - (0x1p52 + 1023.0);
    lanes m = (lanes)((bits & UINT64_C(0x000fffffffffffff)) + half) - 1.0;
    /* One division for two. */
    lanes inverse = 1.0 / (u * (m + 2.0)), s = m * (inverse * u), z = s * s;
    lost *= inverse * (m + 2.0);
    lanes p = z * (2.0 / 23) + 2.0 / 21;
    p = p * z + 2.0 / 19;
    p = p * z + 2.0 / 17;
    p = p * z + 2.0 / 15;
    p = p * z + 2.0 / 13;
    p = p * z + 2.0 / 11;
    p = p * z + 2.0 / 9;
    p = p * z + 2.0 / 7;
    p = p * z + 2.0 / 5;
    p = p * z + 2.0 / 3;
    /* 2 atanh(s) = m - s (m - 2 z p'): the large part m is exact. */
    lanes rest = s * (m - p * z);
    *x = whole * high + (m - (rest - (lost + whole * low)));
}

#endif
