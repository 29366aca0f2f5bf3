/* Numbers of 1, 2 or 4 bytes, most significant first, so that byte order is number order. */
#ifndef LIB_MINING_ITEMSETS_PLACES_H
#define LIB_MINING_ITEMSETS_PLACES_H

#include <stdint.h>

/* How many bytes a number below `count` takes. */
static inline unsigned place_width(uint32_t count) {
    return count <= 1u << 8 ? 1 : count <= 1u << 16 ? 2 : 4;
}

static inline unsigned char *place_put(unsigned char *to, uint32_t value, unsigned width) {
    if (width == 4) {
        *to++ = (unsigned char)(value >> 24);
        *to++ = (unsigned char)(value >> 16);
    }
    if (width >= 2)
        *to++ = (unsigned char)(value >> 8);
    *to++ = (unsigned char)value;
    return to;
}

static inline const unsigned char *place_get(const unsigned char *from, uint32_t *value, unsigned width) {
    uint32_t number = *from++;
    for (unsigned byte = 1; byte < width; byte++)
        number = number << 8 | *from++;
    *value = number;
    return from;
}

/* The first eight bytes as a number. */
static inline uint64_t place_prefix(const unsigned char *from) {
    return (uint64_t)from[0] << 56 | (uint64_t)from[1] << 48 | (uint64_t)from[2] << 40 | (uint64_t)from[3] << 32 |
           (uint64_t)from[4] << 24 | (uint64_t)from[5] << 16 | (uint64_t)from[6] << 8 | (uint64_t)from[7];
}

#endif
