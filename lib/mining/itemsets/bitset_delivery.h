/* The delivery of sets that are held as numbers. */
#ifndef LIB_MINING_ITEMSETS_BITSET_DELIVERY_H
#define LIB_MINING_ITEMSETS_BITSET_DELIVERY_H

#include "bitsets.h"
#include "receiver.h"

/* Delivers all sets in order, and frees those that are delivered. `item` is what the caller has for each place. */
enum till_status bitsets_deliver(struct bitsets *bitsets, const struct bitset_layout *layout, const uint32_t *item,
                                 struct receiver *to);

#endif
