/* The repository of Gouda & Zaki 2001, GenMax (progressive focusing), as bits: a question is an intersection of rows of
 * bits, which ends in each block as soon as no set of the block is left. A branch carries the marks of the sets that
 * hold its own items, so that its questions begin there; sets that are met while it is searched hold its items too. */
#include "known.h"

#include <stdlib.h>
#include <string.h>

/* Sets that a unit remembers at most: 8 KB an item. */
enum { MOST_SETS = 1 << 16 };

void known_clear(struct known *known, uint32_t items) {
    /* Blocks are as wide as the items of the unit are many; the memory stays. */
    known->capacity = items == 0 ? 0 : known->capacity * known->items / items;
    known->items = items;
    known->sets = 0;
}

static bool grow(struct known *known) {
    size_t block = (size_t)known->items * KNOWN_WORDS, blocks = known->sets / KNOWN_BLOCK + 1;
    if (blocks > known->capacity) {
        size_t capacity = known->capacity * 2 + 1;
        uint64_t *words = realloc(known->words, capacity * block * sizeof *words);
        if (words == NULL)
            return false;
        known->words = words;
        known->capacity = capacity;
    }
    memset(known->words + (blocks - 1) * block, 0, block * sizeof *known->words);
    return true;
}

static uint64_t *row_of(const struct known *known, size_t block, uint32_t code) {
    return known->words + (block * known->items + code) * KNOWN_WORDS;
}

void known_add(struct known *known, const uint32_t *codes, uint32_t count) {
    if (known->sets >= MOST_SETS || (known->sets % KNOWN_BLOCK == 0 && !grow(known)))
        return;
    uint32_t bit = known->sets % KNOWN_BLOCK;
    for (uint32_t k = 0; k < count; k++)
        row_of(known, known->sets / KNOWN_BLOCK, codes[k])[bit / 64] |= (uint64_t)1 << bit % 64;
    known->sets++;
}

/* The marks of a block to start from. */
static void begin(const uint64_t *among, uint32_t since, size_t block, uint64_t *marks) {
    for (uint32_t w = 0; w < KNOWN_WORDS; w++) {
        uint64_t first = (uint64_t)block * KNOWN_BLOCK + w * 64;
        if (first + 64 <= since)
            marks[w] = among[block * KNOWN_WORDS + w];
        else if (first >= since)
            marks[w] = ~(uint64_t)0;
        else
            marks[w] = among[block * KNOWN_WORDS + w] | ~(uint64_t)0 << since % 64;
    }
}

/* Leaves the marks of sets that hold the codes; false when none is left. */
static bool narrow(const struct known *known, size_t block, const uint32_t *codes, uint32_t count, uint64_t *marks) {
    uint64_t left = 1;
    for (uint32_t k = 0; k < count && left != 0; k++) {
        const uint64_t *row = row_of(known, block, codes[k]);
        left = 0;
        for (uint32_t w = 0; w < KNOWN_WORDS; w++) {
            marks[w] &= row[w];
            left |= marks[w];
        }
    }
    return left != 0;
}

bool known_holds(const struct known *known, const uint64_t *among, uint32_t since, struct known_part first,
                 struct known_part second) {
    for (size_t block = 0; block < known_blocks(known); block++) {
        uint64_t marks[KNOWN_WORDS];
        begin(among, since, block, marks);
        if (narrow(known, block, first.codes, first.count, marks) &&
            narrow(known, block, second.codes, second.count, marks) && first.count + second.count > 0)
            return true;
    }
    return false;
}

void known_mark(const struct known *known, const uint64_t *among, uint32_t since, const uint32_t *codes, uint32_t count,
                uint64_t *out) {
    for (size_t block = 0; block < known_blocks(known); block++) {
        uint64_t *marks = out + block * KNOWN_WORDS;
        begin(among, since, block, marks);
        if (!narrow(known, block, codes, count, marks))
            memset(marks, 0, KNOWN_WORDS * sizeof *marks);
    }
}

void known_free(struct known *known) {
    free(known->words);
    *known = (struct known){0};
}
