/* lib/base/decimal_fast.h: the plain amounts that make up nearly all of a file, eight bytes at a time.
 *
 * Plain is: an optional '-', then digits with an optional mark, at most 16 bytes, at most 4 decimals and not none
 * behind a mark. A field is taken as one or two words, exclusive-or'ed with '0' so that digits are 0..9, and
 * right-aligned so that its last byte is the highest and what lies before it is 0. The mark is the first byte with bit
 * 4 set (no digit has it); the digits before it move up by one byte over it, and eight digits become a number in three
 * multiplications (Mula and Lemire; Lemire 2018, "Quickly parsing eight digits"). Whatever is not plain is left to the
 * grammar in decimal.c. */
#ifndef LIB_BASE_DECIMAL_FAST_H
#define LIB_BASE_DECIMAL_FAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"

#define SWAR_ZEROS UINT64_C(0x3030303030303030)
#define SWAR_HIGH UINT64_C(0x8080808080808080)
#define SWAR_MARKS UINT64_C(0x1010101010101010)

/* Eight digits as bytes 0..9, the first one lowest, as a number. */
static inline uint64_t swar_eight_digits(uint64_t digits) {
    digits = (digits * (1 + (10 << 8))) >> 8; /* pairs, in every other byte */
    digits = ((digits & UINT64_C(0x00ff00ff00ff00ff)) * (1 + (100 << 16))) >> 16;
    return ((digits & UINT64_C(0x0000ffff0000ffff)) * (1 + (UINT64_C(10000) << 32))) >> 32;
}

/* Nothing when all eight bytes are 0..9; any bit otherwise. */
static inline uint64_t swar_not_digits(uint64_t digits) {
    return (digits | (digits + UINT64_C(0x7676767676767676))) & SWAR_HIGH;
}

/* The bits by which `length` bytes (1..16) move up to be right-aligned in one word, or the first of two. */
static inline unsigned swar_shift(size_t length) {
    return (unsigned)(0 - 8 * length) & 63;
}

/* Takes the mark out of a word: the digits before it move up by one byte. *scale becomes the weight of the last digit,
 * or 0 when it is not `mark`, is the last byte or has more than four digits behind it. */
static inline uint64_t swar_close_mark(uint64_t low, uint64_t marks, char mark, uint64_t *scale) {
    static const uint16_t scales[8] = {0, 0, 0, 1, 10, 100, 1000, 0};
    uint64_t first = marks & (0 - marks); /* bit 4 of the mark's byte */
    unsigned place = (unsigned)__builtin_ctzll(marks) / 8;
    uint64_t before = low & ((first >> 4) - 1), behind = low & (0 - (first << 4));
    uint64_t found = low >> (8 * place) & 255;
    *scale = (found ^ '0') == (unsigned char)mark ? scales[place] : 0;
    return before << 8 | behind;
}

/* Money (1/10,000 units) from a field of 1..16 bytes without its sign. `low` holds the last eight bytes and `high`
 * those before, both exclusive-or'ed with '0' and right-aligned. False: not plain. */
static inline bool decimal_plain(uint64_t high, uint64_t low, size_t length, char mark, uint64_t *money) {
    uint64_t marks = low & SWAR_MARKS, scale = 10000, step = 100000000;
    if (marks != 0) {
        low = swar_close_mark(low, marks, mark, &scale);
        step = 10000000;
    }
    uint64_t value = swar_eight_digits(low), bad = swar_not_digits(low);
    if (length > 8) {
        uint64_t upper = swar_eight_digits(high);
        value += upper * step;
        bad |= swar_not_digits(high);
        bad |= upper >= 1000000 && scale == 10000; /* so that the product stays below 10^18 */
    }
    *money = value * scale;
    return bad == 0 && scale != 0;
}

/* The same with the sign, from text around which 16 bytes on either side may be read (they do not matter). False: not
 * plain; ask till_decimal_parse. */
static inline bool decimal_parse_padded(const char *bytes, size_t length, char mark, int64_t *money) {
    bool negative = bytes[0] == '-';
    bytes += negative;
    length -= negative;
    if (length - 1 >= 16)
        return false;
    uint64_t high = 0, low = (load_64(bytes) ^ SWAR_ZEROS) << swar_shift(length), value = 0;
    if (length > 8) {
        high = low;
        low = load_64(bytes + length - 8) ^ SWAR_ZEROS;
    }
    bool plain = decimal_plain(high, low, length, mark, &value);
    *money = negative ? -(int64_t)value : (int64_t)value;
    return plain;
}

#endif
