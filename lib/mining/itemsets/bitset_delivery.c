/* Sets of a group have the same bits but for the lowest one of an item, so that a group ends where the others change.
 * The items of the next group that are new are those from the highest bit on that is not in both. */
#include "bitset_delivery.h"

#include <stdlib.h>

#include "bitset_order.h"

/* A delivery under way. */
struct delivery {
    bitset items;               /* the bits of items, */
    uint32_t item[BITSET_BITS]; /* and what they stand for */
    bitset shared;              /* the items that all sets of the group have; 0: no group of the size yet */
    uint32_t bit[BITSET_BITS];  /* by set of the group: that of its last item */
};

/* Begins a group of sets that share these items. */
static enum till_status begin_group(struct delivery *from, bitset shared, struct receiver *to) {
    bitset differ = shared ^ from->shared,
           rest = differ == 0 ? 0 : shared & (((bitset)2 << bitset_highest(differ)) - 1);
    uint32_t *items, changed = 0;
    from->shared = shared;
    for (bitset left = rest; left != 0; left &= left - 1)
        changed++;
    enum till_status status = receiver_begin(to, changed, &items);
    for (; rest != 0; rest &= rest - 1)
        items[--changed] = from->item[bitset_lowest(rest)];
    return status;
}

/* Sets of a group come by the inner rank: moves the last one to where it belongs. */
static void move_last(struct delivery *from, struct receiver *to) {
    uint32_t k = receiver_sets(to) - 1, *last = to->last + to->sets - 1, *count = to->count + to->sets - 1;
    uint32_t bit = from->bit[k], moved_last = *last, moved_count = *count;
    for (; k > 0 && from->bit[k - 1] < bit; k--, last--, count--) {
        from->bit[k] = from->bit[k - 1];
        *last = last[-1];
        *count = count[-1];
    }
    from->bit[k] = bit;
    *last = moved_last;
    *count = moved_count;
}

/* Adds sets, of which those of a group follow each other. */
static enum till_status add_sets(struct delivery *from, const bitset *sets, size_t count, struct receiver *to) {
    enum till_status status = TILL_OK;
    for (size_t k = 0; status == TILL_OK && k < count; k++) {
        bitset items = sets[k] & from->items, shared = items & (items - 1);
        if (shared != from->shared || to->groups == 0)
            status = begin_group(from, shared, to);
        uint32_t bit = bitset_lowest(items), set = receiver_sets(to);
        receiver_add(to, from->item[bit], (uint32_t)sets[k]);
        from->bit[set] = bit;
        if (set > 0 && from->bit[set - 1] < bit)
            move_last(from, to);
    }
    return status;
}

/* Delivers the sets of one size, and frees them. */
static enum till_status deliver_size(struct delivery *from, struct bitsets *bitsets, uint32_t size,
                                     struct bitset_order *order, struct receiver *to) {
    const bitset *sets;
    size_t count;
    bool room = bitset_order_begin(order, bitsets_chunks(bitsets, size));
    enum till_status status = room ? TILL_OK : till_error_memory(to->error);
    bitsets_clear(bitsets, size);
    receiver_size(to, size);
    from->shared = 0;
    while (status == TILL_OK && (count = bitset_order_next(order, &sets)) > 0)
        status = add_sets(from, sets, count, to);
    return status == TILL_OK ? receiver_flush(to) : status;
}

enum till_status bitsets_deliver(struct bitsets *bitsets, const struct bitset_layout *layout, const uint32_t *item,
                                 struct receiver *to) {
    struct delivery from = {.items = layout->items};
    struct bitset_order order;
    size_t most = 0;
    for (bitset rest = from.items; rest != 0; rest &= rest - 1)
        from.item[bitset_lowest(rest)] = item[layout->place[bitset_lowest(rest)]];
    for (uint32_t size = 1; size <= BITSET_ITEMS; size++) {
        size_t sets = bitset_chunks_sets(bitsets_chunks(bitsets, size));
        most = sets > most ? sets : most;
    }
    enum till_status status = bitset_order_new(&order, most) ? TILL_OK : till_error_memory(to->error);
    for (uint32_t size = 1; status == TILL_OK && size <= BITSET_ITEMS; size++)
        status = deliver_size(&from, bitsets, size, &order, to);
    bitset_order_free(&order);
    return status;
}
