/* utf8.h: characters in bytes. */
#ifndef TILL_DATA_UTF8_H
#define TILL_DATA_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The character at `bytes` (`length` > 0 of them), and how many bytes it takes; -1, taking one byte, where there is no
 * valid sequence (RFC 3629: shortest forms alone, no surrogates, nothing beyond U+10FFFF). */
int32_t utf8_next(const char *bytes, size_t length, size_t *taken);

/* How many columns of a terminal a character takes: 0, 1 or 2. */
unsigned utf8_width(int32_t character);

/* The offset of the first byte that is not part of a valid sequence; `length` when all are. O(length), with eight bytes
 * of ASCII at a time. */
size_t utf8_first_invalid(const char *bytes, size_t length);

#endif
