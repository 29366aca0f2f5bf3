/* till/dictionary.h: strings and their codes 0, 1, 2, ... in order of first appearance.
 *
 *     struct till_dictionary *names = till_dictionary_new();
 *     uint32_t code;
 *     till_dictionary_add(names, (struct till_slice){"C1", 2}, &code);
 *     till_dictionary_free(names);
 *
 * Open addressing over 8-byte slots (tag and code); keys of up to 15 bytes lie inline in 16 bytes, longer ones in an
 * arena. Memory: 16 bytes and 8 to 16 bytes of slots a key, plus the bytes of long keys. */
#ifndef TILL_DICTIONARY_H
#define TILL_DICTIONARY_H

#include <stdbool.h>
#include <stdint.h>

#include <till/error.h>
#include <till/text.h>

struct till_dictionary;

/* An empty dictionary under a hash seed of its own; NULL when memory is out. */
TILL_API struct till_dictionary *till_dictionary_new(void);
/* The same, with `kept` bytes of the caller's beside each string, zero at first and found with the string: what is
 * counted for a string is then in the cache when it is wanted. */
TILL_API struct till_dictionary *till_dictionary_new_with(size_t kept);
TILL_API void till_dictionary_free(struct till_dictionary *dictionary);

/* How many different strings there are. */
TILL_API uint32_t till_dictionary_count(const struct till_dictionary *dictionary);

/* The code of `key`, added when it is new. False when memory is out or 2^31 codes are used. Expected O(length). */
TILL_API bool till_dictionary_add(struct till_dictionary *dictionary, struct till_slice key, uint32_t *code);

/* The same for `count` keys at once, with the memory accesses of many keys under way together: several times as fast
 * for large dictionaries. On false, a part of the keys may have been added. */
TILL_API bool till_dictionary_add_all(struct till_dictionary *dictionary, const struct till_slice *keys, size_t count,
                                      uint32_t *codes);

/* The code of `key`; false when it is not there. */
TILL_API bool till_dictionary_find(const struct till_dictionary *dictionary, struct till_slice key, uint32_t *code);

/* The string of a code; valid until the next add. */
TILL_API struct till_slice till_dictionary_text(const struct till_dictionary *dictionary, uint32_t code);

/* The bytes kept beside the string of a code, aligned to 8; valid until the next add. O(1). */
TILL_API void *till_dictionary_kept(const struct till_dictionary *dictionary, uint32_t code);

/* Fills order[0..count) with all codes in byte order of their strings (as LC_ALL=C sort). O(n log n), fast on the
 * first 8 bytes. False when memory is out. */
TILL_API bool till_dictionary_order(const struct till_dictionary *dictionary, uint32_t *order);

#endif
