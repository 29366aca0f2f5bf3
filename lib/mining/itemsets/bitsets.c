/* Numbers for sets, and the chunks that they lie in. A chunk is twice as long as the one before, up to a bound. */
#include "bitsets.h"

#include <stdlib.h>

/* Sets of the first chunk of a size, and of the longest ones. */
enum { FIRST_CHUNK = 62, LONG_CHUNK = 1 << 15 };

/* How many of the places right behind this one go before it; UINT32_MAX when others do. */
static uint32_t places_before(const uint32_t *inner, uint32_t items, uint32_t place) {
    uint32_t count = 0;
    bool right_behind = true;
    for (uint32_t other = place + 1; inner != NULL && other < items; other++) {
        if (inner[other] > inner[place])
            continue;
        right_behind &= other == place + 1 + count;
        count++;
    }
    return right_behind ? count : UINT32_MAX;
}

void bitset_lay_out(struct bitset_layout *layout, const uint32_t *inner, uint32_t items) {
    *layout = (struct bitset_layout){0};
    for (uint32_t place = 0, bit = BITSET_BITS; place < items; place++) {
        uint32_t before = items > BITSET_ITEMS ? UINT32_MAX : places_before(inner, items, place);
        uint32_t takes = before > 0 ? 2 : 1;
        if (before == UINT32_MAX || bit - takes < BITSET_BITS - BITSET_ITEMS)
            return;
        bit -= takes;
        bitset own = (bitset)1 << bit;
        layout->joins[place] |= own;
        layout->items |= own;
        layout->behind |= before > 0 ? own : 0;
        layout->place[bit] = place;
        for (uint32_t k = 1; k <= before; k++)
            layout->joins[place + k] |= own << 1;
    }
    layout->fits = true;
}

/* Says how many sets the last chunk has. */
static void count_last(struct bitsets_size *of) {
    if (of->last != NULL)
        of->last->sets = (size_t)(of->next - of->last->set);
}

bool bitsets_grow(struct bitsets_size *of) {
    count_last(of);
    size_t room = of->last == NULL ? FIRST_CHUNK : 2 * of->last->sets + 2;
    if (room > LONG_CHUNK)
        room = LONG_CHUNK;
    struct bitset_chunk *chunk = malloc(sizeof *chunk + room * sizeof *chunk->set);
    if (chunk == NULL)
        return false;
    chunk->before = of->last;
    *of = (struct bitsets_size){chunk->set, chunk->set + room, chunk};
    return true;
}

void bitsets_merge(struct bitsets *into, struct bitsets *from) {
    for (uint32_t size = 0; size <= BITSET_ITEMS; size++) {
        struct bitsets_size *to = &into->size[size], *of = &from->size[size];
        if (of->last == NULL)
            continue;
        count_last(to);
        struct bitset_chunk *first = of->last;
        while (first->before != NULL)
            first = first->before;
        first->before = to->last;
        *to = *of;
        *of = (struct bitsets_size){0};
    }
}

struct bitset_chunk *bitsets_chunks(struct bitsets *bitsets, uint32_t size) {
    count_last(&bitsets->size[size]);
    return bitsets->size[size].last;
}

size_t bitset_chunks_sets(const struct bitset_chunk *last) {
    size_t sets = 0;
    for (; last != NULL; last = last->before)
        sets += last->sets;
    return sets;
}

void bitsets_clear(struct bitsets *bitsets, uint32_t size) {
    for (struct bitset_chunk *chunk = bitsets->size[size].last, *before; chunk != NULL; chunk = before) {
        before = chunk->before;
        free(chunk);
    }
    bitsets->size[size] = (struct bitsets_size){0};
}

void bitsets_free(struct bitsets *bitsets) {
    for (uint32_t size = 0; size <= BITSET_ITEMS; size++)
        bitsets_clear(bitsets, size);
}
