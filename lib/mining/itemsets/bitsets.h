/* Itemsets of few items that wait for their delivery: a set is one number, with a bit for each of its items above the
 * baskets that share it. The numbers of sets of one size fall as the sets come in the order of delivery, so that a set
 * is stored by one store, and sorted by nothing else. */
#ifndef LIB_MINING_ITEMSETS_BITSETS_H
#define LIB_MINING_ITEMSETS_BITSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 bitset;

/* Bits of a number, and how many of them are for items: the highest ones. */
enum { BITSET_BITS = 128, BITSET_ITEMS = 96 };

/* What the bits stand for. Items of the first places have the highest bits: of two sets of one size, the one with the
 * highest bit that is not in both has the smaller item where they begin to differ.
 *
 * An item that has another behind it may go after some that follow it in a set: "1|..." after "10|...". As names are
 * ordered, those have the places right behind its own. It has a further bit above its own then, which says that a set
 * has one of them in its stead. */
struct bitset_layout {
    bool fits;                   /* false: there are too many items, or others go before one of them */
    bitset joins[BITSET_ITEMS];  /* by place: its bit, and the further bits of those that it goes before */
    bitset items;                /* the bits of items */
    bitset behind;               /* those of items that have a further bit */
    uint32_t place[BITSET_BITS]; /* by bit */
};

/* Of `items` places; `inner` is that of store.h. */
void bitset_lay_out(struct bitset_layout *layout, const uint32_t *inner, uint32_t items);

/* The number of a set: `joined` is all that its items have in `joins`. */
static inline bitset bitset_of(const struct bitset_layout *layout, bitset joined, uint32_t support) {
    return (joined & ~((joined & layout->behind) << 1)) | support;
}

/* The lowest and the highest bit of a number that is not 0. */
static inline uint32_t bitset_lowest(bitset bits) {
    uint64_t low = (uint64_t)bits;
    return (uint32_t)(low != 0 ? __builtin_ctzll(low) : 64 + __builtin_ctzll((uint64_t)(bits >> 64)));
}

static inline uint32_t bitset_highest(bitset bits) {
    uint64_t high = (uint64_t)(bits >> 64);
    return (uint32_t)(high != 0 ? 127 - __builtin_clzll(high) : 63 - __builtin_clzll((uint64_t)bits));
}

/* Sets stay where they were put, in chunks. */
struct bitset_chunk {
    struct bitset_chunk *before;
    size_t sets; /* of the last chunk: not known yet */
    bitset set[];
};

/* Those of one size. */
struct bitsets_size {
    bitset *next; /* where the next one goes, */
    bitset *end;  /* and the room for them ends */
    struct bitset_chunk *last;
};

struct bitsets {
    struct bitsets_size size[BITSET_ITEMS + 1];
};

/* Makes room for a set. False when memory is out. */
bool bitsets_grow(struct bitsets_size *of);

/* Adds a set. False when memory is out. */
static inline bool bitsets_add(struct bitsets *bitsets, uint32_t size, bitset set) {
    struct bitsets_size *of = &bitsets->size[size];
    if (of->next == of->end && !bitsets_grow(of))
        return false;
    *of->next++ = set;
    return true;
}

/* Moves all sets of `from` to `into`. */
void bitsets_merge(struct bitsets *into, struct bitsets *from);

/* The chunks of one size. */
struct bitset_chunk *bitsets_chunks(struct bitsets *bitsets, uint32_t size);
size_t bitset_chunks_sets(const struct bitset_chunk *last);

/* Frees the sets of one size, and of all. */
void bitsets_clear(struct bitsets *bitsets, uint32_t size);

void bitsets_free(struct bitsets *bitsets);

#endif
