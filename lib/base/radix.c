/* Byte by byte from the lowest (D. E. Knuth, The Art of Computer Programming 3, 5.2.5): linear in the worst case. Bytes
 * in which all values agree cost no pass: days and counts need two of the eight. */
#include "lib/base/radix.h"

/* Flipping the sign bit makes the unsigned order that of the signed values. */
static unsigned digit(int64_t value, unsigned shift) {
    return (unsigned)((((uint64_t)value ^ (UINT64_C(1) << 63)) >> shift) & 0xff);
}

/* One stable pass from `from` to `to` by the byte at `shift`. */
static void pass(const int64_t *from, int64_t *to, size_t n, unsigned shift) {
    size_t start[256] = {0};
    for (size_t i = 0; i < n; i++)
        start[digit(from[i], shift)]++;
    size_t sum = 0;
    for (size_t d = 0; d < 256; d++) {
        size_t count = start[d];
        start[d] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[start[digit(from[i], shift)]++] = from[i];
}

/* Few are put in order where they stand. */
static int64_t *insertion_sort(int64_t *values, size_t n) {
    for (size_t i = 1; i < n; i++) {
        int64_t value = values[i];
        size_t place = i;
        for (; place > 0 && values[place - 1] > value; place--)
            values[place] = values[place - 1];
        values[place] = value;
    }
    return values;
}

int64_t *radix_sort(int64_t *values, int64_t *scratch, size_t n) {
    return radix_sort_above(values, scratch, n, 0);
}

int64_t *radix_sort_above(int64_t *values, int64_t *scratch, size_t n, unsigned bits) {
    enum { FEW = 48 };
    if (n <= FEW)
        return insertion_sort(values, n);
    uint64_t differing = 0; /* the bits in which not all values agree */
    for (size_t i = 1; i < n; i++)
        differing |= (uint64_t)values[i] ^ (uint64_t)values[0];
    for (unsigned shift = bits; shift < 64; shift += 8) {
        if ((differing >> shift & 0xff) != 0) {
            pass(values, scratch, n, shift);
            int64_t *swap = values;
            values = scratch;
            scratch = swap;
        }
    }
    return values;
}

/* As pass, of items. */
static void pass_items(const struct radix_item *from, struct radix_item *to, size_t n, unsigned shift) {
    size_t start[256] = {0};
    for (size_t i = 0; i < n; i++)
        start[from[i].key >> shift & 0xff]++;
    size_t sum = 0;
    for (size_t d = 0; d < 256; d++) {
        size_t count = start[d];
        start[d] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[start[from[i].key >> shift & 0xff]++] = from[i];
}

struct radix_item *radix_sort_items(struct radix_item *items, struct radix_item *scratch, size_t n) {
    uint64_t differing = 0;
    for (size_t i = 1; i < n; i++)
        differing |= items[i].key ^ items[0].key;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        if ((differing >> shift & 0xff) != 0) {
            pass_items(items, scratch, n, shift);
            struct radix_item *swap = items;
            items = scratch;
            scratch = swap;
        }
    }
    return items;
}
