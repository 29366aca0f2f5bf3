/* ledger_table.h: entries by (customer, order).
 *
 * Two ways to keep them. With an index, each entry stands once, and is found at once. Without one, rows are added to
 * the entry of their order as long as it is among the recent ones, and to a new entry else; gathering then makes all
 * entries unique. The second way reads and writes memory in order, which is several times as fast for millions of
 * orders. */
#ifndef TILL_FOLD_LEDGER_TABLE_H
#define TILL_FOLD_LEDGER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/pages.h"

/* What tells an order from all others: 96 bits of the fingerprint of its id, and the code of its customer. */
struct ledger_key {
    uint64_t low;
    uint32_t high;
    uint32_t customer;
};

/* 32 bytes: an order of a customer; with settings.rows, a customer's purchases or returns of a day. */
struct ledger_entry {
    struct ledger_key key;
    int64_t spent; /* the sum of its rows */
    int32_t day;   /* the earliest of its rows */
    uint32_t rows; /* 0: made just now, or gathered into another */
};

/* Entries lie in segments, in order of first appearance. Segments never move, and each is twice as large as the one
 * before. */
enum { LEDGER_FIRST_SEGMENT = 1 << 12, LEDGER_SEGMENTS = 32 - 12, LEDGER_RECENT = 1 << 12 };

struct ledger_table {
    struct pages segments[LEDGER_SEGMENTS];
    size_t segment_count;
    size_t count;
    size_t gathered; /* so many entries at the front are unique */
    bool indexed;
    struct ledger_entry *last; /* the entry that was asked for last; NULL: none */

    uint64_t *recent; /* [LEDGER_RECENT]: tag << 32 | index + 1 of an entry, by hash; without an index */

    uint64_t *slots;     /* 0: free; else tag << 32 | index + 1; with an index */
    unsigned slot_shift; /* a tag shifted right by so much is its first slot */
    size_t slot_mask;
    struct pages slot_pages;
};

static inline struct ledger_entry *ledger_table_at(const struct ledger_table *table, size_t index) {
    size_t place = index + LEDGER_FIRST_SEGMENT;
    unsigned segment = 63 - (unsigned)__builtin_clzll(place / LEDGER_FIRST_SEGMENT);
    return (struct ledger_entry *)table->segments[segment].memory + (place - ((size_t)LEDGER_FIRST_SEGMENT << segment));
}

bool ledger_table_start(struct ledger_table *table, bool indexed);
void ledger_table_free(struct ledger_table *table);

/* The entry to which a row of an order is added; a new one has no rows. NULL when memory is out. */
struct ledger_entry *ledger_table_entry(struct ledger_table *table, struct ledger_key key);

/* The same for an order that cannot stand in the table yet: nothing is looked up. Without an index. */
struct ledger_entry *ledger_table_append(struct ledger_table *table, struct ledger_key key);

static inline bool ledger_key_equal(struct ledger_key a, struct ledger_key b) {
    return a.low == b.low && a.high == b.high && a.customer == b.customer;
}

/* Whether the last entry is that of this order: the rows of an order mostly stand together. */
static inline bool ledger_table_is_last(const struct ledger_table *table, struct ledger_key key) {
    return table->last != NULL && ledger_key_equal(table->last->key, key);
}

/* Adds `other` to `mine`, an entry of the same order that came before it. */
typedef void ledger_merge(void *context, struct ledger_entry *mine, const struct ledger_entry *other);

/* Makes all entries unique. Entries move. O(entries), in order but for those that stand several times; memory: 8 bytes
 * an entry. False when memory is out; the table is then as it was. */
bool ledger_table_gather(struct ledger_table *table, ledger_merge *merge, void *context);

/* True when so many entries were added that gathering is due, lest a table whose orders come in pieces outgrow twice
 * its size. */
static inline bool ledger_table_is_due(const struct ledger_table *table) {
    size_t least = (size_t)1 << 22;
    return !table->indexed && table->count >= least && table->count >= 2 * table->gathered;
}

#endif
