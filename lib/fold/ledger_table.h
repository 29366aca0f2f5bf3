/* ledger_table.h: entries by (customer, order). */
#ifndef TILL_FOLD_LEDGER_TABLE_H
#define TILL_FOLD_LEDGER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/hash.h>

#include "lib/base/pages.h"

/* 40 bytes: an order of a customer; with settings.rows, a customer's purchases or returns of a day. */
struct ledger_entry {
    struct till_fingerprint order;
    int64_t spent; /* the sum of its rows */
    uint32_t customer;
    int32_t day; /* the earliest of its rows */
    uint32_t rows;
};

/* Entries lie in segments, in order of first appearance. Segments never move, and each is twice as large as the one
 * before. */
enum { LEDGER_FIRST_SEGMENT = 1 << 12, LEDGER_SEGMENTS = 32 - 12 };

struct ledger_table {
    struct pages segments[LEDGER_SEGMENTS];
    size_t segment_count;
    size_t count;
    uint64_t *slots;     /* 0: free; else tag << 32 | index + 1 */
    unsigned slot_shift; /* a tag shifted right by so much is its first slot */
    size_t slot_mask;
    struct pages slot_pages;
};

static inline struct ledger_entry *ledger_table_at(const struct ledger_table *table, size_t index) {
    size_t place = index + LEDGER_FIRST_SEGMENT;
    unsigned segment = 63 - (unsigned)__builtin_clzll(place / LEDGER_FIRST_SEGMENT);
    return (struct ledger_entry *)table->segments[segment].memory + (place - ((size_t)LEDGER_FIRST_SEGMENT << segment));
}

bool ledger_table_start(struct ledger_table *table);
void ledger_table_free(struct ledger_table *table);

/* The entry of an order, made (with no rows) when it is not there; NULL when memory is out. */
struct ledger_entry *ledger_table_entry(struct ledger_table *table, uint32_t customer, struct till_fingerprint order);

static inline uint64_t ledger_hash(uint32_t customer, struct till_fingerprint order) {
    __extension__ typedef unsigned __int128 wide;
    wide product =
        (wide)(order.low ^ UINT64_C(0x9E3779B97F4A7C15)) * ((order.high ^ customer) * UINT64_C(0xD1342543DE82EF95) | 1);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Where the search for a hash, or for what a slot holds, begins: its high bits say. */
static inline size_t ledger_first_slot(const struct ledger_table *table, uint64_t hash) {
    return (size_t)(hash >> 32 >> table->slot_shift);
}

/* Asks for the slot of an entry that will be wanted soon. */
static inline void ledger_table_prefetch(const struct ledger_table *table, uint32_t customer,
                                         struct till_fingerprint order) {
    __builtin_prefetch(&table->slots[ledger_first_slot(table, ledger_hash(customer, order))]);
}

#endif
