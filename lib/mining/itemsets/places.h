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

#endif
