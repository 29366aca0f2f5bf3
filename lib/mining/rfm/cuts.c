/* Cuts of one figure, and the score that they give.
 *
 * The cut c_i is the value at rank ceil(i n / bins) of the sorted values, an observed value and never one between two.
 * A value scores one more than the number of cuts strictly below it. With the lowest-rank rule for ties, floor(bins
 * (rank - 1) / n) + 1, this agrees: c_i < u means that at least ceil(i n / bins) values lie below u, so rank - 1 >= i n
 * / bins.
 *
 * Sorting is by radix, byte by byte from the lowest (Knuth, The Art of Computer Programming 3, 5.2.5): linear in the
 * worst case, and days and counts need two passes of the eight. */
#include "lib/mining/rfm/scheme.h"

#include <string.h>

/* Flipping the sign bit makes the unsigned order that of the signed values. */
static unsigned digit(int64_t value, unsigned shift) {
    return (unsigned)((((uint64_t)value ^ (UINT64_C(1) << 63)) >> shift) & 0xff);
}

/* One stable pass from `from` to `to` by the byte at `shift`; false, and nothing moved, when all values agree in it. */
static bool pass(const int64_t *from, int64_t *to, size_t n, unsigned shift) {
    size_t start[256] = {0};
    for (size_t i = 0; i < n; i++)
        start[digit(from[i], shift)]++;
    if (start[digit(from[0], shift)] == n)
        return false;
    size_t sum = 0;
    for (size_t d = 0; d < 256; d++) {
        size_t count = start[d];
        start[d] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[start[digit(from[i], shift)]++] = from[i];
    return true;
}

/* The sorted values, in whichever of the two arrays the last pass left them. */
static const int64_t *sort(int64_t *values, int64_t *scratch, size_t n) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
        if (pass(values, scratch, n, shift)) {
            int64_t *swap = values;
            values = scratch;
            scratch = swap;
        }
    }
    return values;
}

void rfm_cuts_find(int64_t *values, int64_t *scratch, size_t n, unsigned bins, int64_t *cuts) {
    const int64_t *sorted = sort(values, scratch, n);
    for (unsigned i = 1; i < bins; i++) {
        /* ceil(i n / bins) without a product that could overflow: n = whole bins + rest. */
        size_t whole = n / bins, rest = n % bins;
        size_t rank = i * whole + (i * rest + bins - 1) / bins;
        cuts[i - 1] = sorted[rank - 1];
    }
}

unsigned rfm_cuts_score(const int64_t *cuts, unsigned bins, int64_t value) {
    unsigned score = 1;
    for (unsigned i = 0; i + 1 < bins; i++)
        score += cuts[i] < value;
    return score;
}
