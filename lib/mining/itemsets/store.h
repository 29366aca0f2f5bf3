/* Itemsets that wait for their delivery: records of one size lie one behind the other, and are sorted at the end. */
#ifndef LIB_MINING_ITEMSETS_STORE_H
#define LIB_MINING_ITEMSETS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_bucket {
    unsigned char *bytes;
    size_t used;
    size_t capacity;
};

/* A record is the items, each a big-endian number of `width` bytes, and the support in 4 bytes. Byte order of the items
 * is then the order of delivery. */
struct store {
    unsigned width;        /* 1, 2 or 4 */
    const uint32_t *inner; /* place -> what is stored for an item that has another behind it; NULL: the place */
    uint32_t sizes;
    struct store_bucket *bucket; /* by size */
};

/* Adds a set of rising places. False when memory is out. */
bool store_add(struct store *store, const uint32_t *set, uint32_t size, uint32_t support);

/* Moves all records of `from` behind those of `into`. False when memory is out; both stay good for store_free. */
bool store_merge(struct store *into, struct store *from);

/* Room for an order of the records of any one size, and what finding it takes. */
struct store_key {
    uint64_t prefix;
    size_t record; /* its number: it begins at record x store_stride */
};
struct store_order {
    struct store_key *keys;
    struct store_key *spare;
    size_t (*sum)[256];
    size_t *first;
};

/* False when memory is out; good for store_order_free either way. */
bool store_order_new(struct store_order *order, const struct store *store);
void store_order_free(struct store_order *order);

/* Brings order->keys into the order of the records of one size; returns how many these are. */
size_t store_sort(const struct store *store, uint32_t size, struct store_order *order);

/* What a record takes: the items as they were stored, and the support. */
static inline size_t store_stride(const struct store *store, uint32_t size) {
    return (size_t)size * store->width + sizeof(uint32_t);
}

/* What the records take. */
uint64_t store_bytes(const struct store *store);

void store_free(struct store *store);

#endif
