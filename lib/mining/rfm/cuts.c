/* Cuts of one figure, and the score that they give.
 *
 * The cut c_i is the value at rank ceil(i n / bins) of the sorted values, an observed value and never one between two.
 * A value scores one more than the number of cuts strictly below it. With the lowest-rank rule for ties, floor(bins
 * (rank - 1) / n) + 1, this agrees: c_i < u means that at least ceil(i n / bins) values lie below u, so rank - 1 >= i n
 * / bins. */
#include "lib/mining/rfm/scheme.h"

#include "lib/base/radix.h"

void rfm_cuts_find(int64_t *values, int64_t *scratch, size_t n, unsigned bins, int64_t *cuts) {
    const int64_t *sorted = radix_sort(values, scratch, n);
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
