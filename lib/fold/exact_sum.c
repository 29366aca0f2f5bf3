/* Exact sums: a fixed-point number that is as wide as all doubles together, as the "small superaccumulator" of R. M.
 * Neal, "Fast exact summation using small and large superaccumulators" (arXiv 1505.05571, 2015, section 2).
 *
 * A double is an integer of 53 bits times a power of two. Its bits are cut along the limbs and added there; a limb of
 * 64 bits takes 2^30 additions of 32 bits before carries have to be moved on. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/fold/exact_sum.h"

__extension__ typedef unsigned __int128 wide;

#define LIMB_BITS 32
#define LIMB_MASK 0xFFFFFFFFU
#define MOST_PENDING (1U << 30)

void exact_sum_settle(struct exact_sum *sum) {
    int64_t carry = 0;
    for (size_t i = 0; i < EXACT_SUM_LIMBS - 1; i++) {
        int64_t limb = sum->limbs[i] + carry;
        int64_t low = limb & LIMB_MASK;
        carry = (limb - low) / ((int64_t)1 << LIMB_BITS);
        sum->limbs[i] = low;
    }
    sum->limbs[EXACT_SUM_LIMBS - 1] += carry;
    sum->pending = 0;
}

bool exact_sum_is_settled(const struct exact_sum *sum) {
    for (size_t i = 0; i < EXACT_SUM_LIMBS - 1; i++)
        if (sum->limbs[i] < 0 || sum->limbs[i] > LIMB_MASK)
            return false;
    int64_t sign = sum->limbs[EXACT_SUM_LIMBS - 1]; /* no sum of doubles reaches so far */
    return sum->pending == 0 && (sign == 0 || sign == -1);
}

/* Adds mantissa x times x 2^position; the product of 53 and 32 bits spans four limbs. */
static void add_part(struct exact_sum *sum, uint64_t mantissa, uint32_t times, unsigned position, bool negative) {
    wide bits = (wide)mantissa * times << (position % LIMB_BITS);
    for (size_t limb = position / LIMB_BITS; bits != 0; limb++, bits >>= LIMB_BITS) {
        int64_t part = (int64_t)(bits & LIMB_MASK);
        sum->limbs[limb] += negative ? -part : part;
    }
    if (++sum->pending == MOST_PENDING)
        exact_sum_settle(sum);
}

void exact_sum_add(struct exact_sum *sum, double value, uint64_t times) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    unsigned exponent = (unsigned)(bits >> 52) & 0x7FF;
    uint64_t mantissa = (bits & ((UINT64_C(1) << 52) - 1)) | (exponent > 0 ? UINT64_C(1) << 52 : 0);
    unsigned position = exponent > 0 ? exponent - 1 : 0;
    bool negative = (bits >> 63) != 0;
    add_part(sum, mantissa, (uint32_t)(times & LIMB_MASK), position, negative);
    if (times >> LIMB_BITS != 0)
        add_part(sum, mantissa, (uint32_t)(times >> LIMB_BITS), position + LIMB_BITS, negative);
}

void exact_sum_merge(struct exact_sum *into, const struct exact_sum *from) {
    struct exact_sum settled = *from;
    exact_sum_settle(&settled);
    exact_sum_settle(into);
    for (size_t i = 0; i < EXACT_SUM_LIMBS; i++)
        into->limbs[i] += settled.limbs[i];
    exact_sum_settle(into);
}

/* The highest limb that is not zero. */
static size_t top_limb(const struct exact_sum *sum) {
    size_t top = EXACT_SUM_LIMBS - 1;
    while (top > 0 && sum->limbs[top] == 0)
        top--;
    return top;
}

double exact_sum_value(const struct exact_sum *sum) {
    struct exact_sum magnitude = *sum;
    exact_sum_settle(&magnitude);
    bool negative = magnitude.limbs[EXACT_SUM_LIMBS - 1] < 0;
    for (size_t i = 0; negative && i < EXACT_SUM_LIMBS; i++)
        magnitude.limbs[i] = -magnitude.limbs[i];
    exact_sum_settle(&magnitude);
    /* Three limbs hold more bits than a double; what lies below only matters as being there or not. */
    size_t top = top_limb(&magnitude);
    size_t lowest = top < 2 ? 0 : top - 2;
    wide bits = 0;
    for (size_t i = top + 1; i-- > lowest;)
        bits = bits << LIMB_BITS | (uint64_t)magnitude.limbs[i];
    for (size_t i = 0; i < lowest; i++)
        bits |= (wide)(magnitude.limbs[i] != 0);
    double value = ldexp((double)bits, (int)(lowest * LIMB_BITS) - 1074);
    return negative ? -value : value;
}
