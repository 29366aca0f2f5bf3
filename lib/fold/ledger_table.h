/* ledger_table.h: entries by (customer, order). */
#ifndef TILL_FOLD_LEDGER_TABLE_H
#define TILL_FOLD_LEDGER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/hash.h>

/* 56 bytes: an order of a customer, or a customer's day. */
struct ledger_entry {
    struct till_fingerprint order;
    int64_t spent;    /* money of the order; with rows: of those that are not returns */
    int64_t returned; /* with rows: of those that are */
    uint32_t customer;
    int32_t day;
    uint32_t rows;
    uint32_t returns;
};

struct ledger_table {
    struct ledger_entry *entries; /* in order of first appearance */
    size_t count;
    size_t capacity;
    uint64_t *slots; /* 0: free; else tag << 32 | index + 1 */
    size_t slot_mask;
};

bool ledger_table_start(struct ledger_table *table);
void ledger_table_free(struct ledger_table *table);

/* The entry of an order, made (with zeros) when it is not there; NULL when memory is out. Valid until the next call. */
struct ledger_entry *ledger_table_entry(struct ledger_table *table, uint32_t customer, struct till_fingerprint order);

static inline uint64_t ledger_hash(uint32_t customer, struct till_fingerprint order) {
    __extension__ typedef unsigned __int128 wide;
    wide product =
        (wide)(order.low ^ UINT64_C(0x9E3779B97F4A7C15)) * ((order.high ^ customer) * UINT64_C(0xD1342543DE82EF95) | 1);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Asks for the slot of an entry that will be wanted soon. */
static inline void ledger_table_prefetch(const struct ledger_table *table, uint32_t customer,
                                         struct till_fingerprint order) {
    __builtin_prefetch(&table->slots[ledger_hash(customer, order) & table->slot_mask]);
}

#endif
