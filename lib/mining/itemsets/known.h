/* Frequent sets that a unit has met: what is part of one of them need not be searched again. */
#ifndef LIB_MINING_ITEMSETS_KNOWN_H
#define LIB_MINING_ITEMSETS_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which sets an item lies in, as bits; sets come in blocks of 512, and a block has 8 words for each item. */
struct known {
    uint32_t items;
    uint32_t sets;
    size_t capacity; /* blocks */
    uint64_t *words;
};

enum { KNOWN_BLOCK = 512, KNOWN_WORDS = 8 };

/* Forgets all sets; the next ones are of `items` local codes. */
void known_clear(struct known *known, uint32_t items);

/* Remembers a set. Beyond a bound it does not, nor when memory is out: the search is then slower, but no less right. */
void known_add(struct known *known, const uint32_t *codes, uint32_t count);

/* The codes of a question: those of a set, and of what it may be extended by. */
struct known_part {
    const uint32_t *codes;
    uint32_t count;
};

/* Whether one of the sets from number `since` on, or one that `among` marks of those before, holds the codes of both
 * parts. */
bool known_holds(const struct known *known, const uint64_t *among, uint32_t since, struct known_part first,
                 struct known_part second);

/* Marks which of the sets hold the codes: of those that `among` marks, and all from `since` on. `out` has known_words.
 */
void known_mark(const struct known *known, const uint64_t *among, uint32_t since, const uint32_t *codes, uint32_t count,
                uint64_t *out);

static inline size_t known_blocks(const struct known *known) {
    return ((size_t)known->sets + KNOWN_BLOCK - 1) / KNOWN_BLOCK;
}

void known_free(struct known *known);

#endif
