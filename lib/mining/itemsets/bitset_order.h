/* Brings numbers of sets into their order of delivery, part by part.
 *
 *     struct bitset_order order;
 *     if (bitset_order_new(&order, most))
 *         for each size: if (bitset_order_begin(&order, chunks))
 *             while ((count = bitset_order_next(&order, &sets)) > 0) ...
 *     bitset_order_free(&order);
 */
#ifndef LIB_MINING_ITEMSETS_BITSET_ORDER_H
#define LIB_MINING_ITEMSETS_BITSET_ORDER_H

#include "bitsets.h"

/* The parts that sets are divided into first: those that begin with the same bits. */
enum { ORDER_PARTS = 1 << 13, ORDER_SLOTS = 4 * ORDER_PARTS };
struct order_part {
    uint64_t bits;
    size_t end; /* where the next of its sets goes; in the end, where it ends */
};

struct order_turn {
    uint64_t bits;
    size_t part;
};

struct bitset_order {
    size_t count;
    bitset *sets;    /* by parts */
    uint16_t *of;    /* while they are divided: the part of each */
    uint32_t window; /* how many first bits the sets of a part share */
    struct order_part *part;
    struct order_turn *turn; /* the parts in their order */
    size_t parts;
    uint16_t *slot; /* a hash table of parts: their numbers, and one */
    size_t next;    /* part */
    bitset *sorted; /* a part in order, */
    uint64_t *keys; /* and what it is sorted by, twice: all have room for the largest part */
    size_t sorted_room;
};

/* Room for so many sets. False when memory is out. */
bool bitset_order_new(struct bitset_order *order, size_t most);

/* Starts with the sets of some chunks, which stay as they are. False when memory is out. */
bool bitset_order_begin(struct bitset_order *order, const struct bitset_chunk *chunks);

/* The next sets, by falling numbers; good until the next call. Returns how many they are; 0 at the end. */
size_t bitset_order_next(struct bitset_order *order, const bitset **sets);

void bitset_order_free(struct bitset_order *order);

#endif
