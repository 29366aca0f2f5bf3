/* The index is open addressing over 8-byte slots that point at entries, a tag of 32 bits in each. Gathering is the same
 * for one part of the entries after another: they are split by their hash into 256 parts, so that the slots of a part
 * lie in the cache, and an entry is only looked at again when it seems to stand there twice. */
#include "lib/fold/ledger_table.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 2048, FIRST_SHIFT = 32 - 11, PARTS = 256 };

/* One multiplication of the two halves of a key, the halves of its product folded together. The low half is mostly a
 * fingerprint, spread evenly already; days and times are spread by the multiplication. */
static inline uint64_t hash_of(struct ledger_key key) {
    __extension__ typedef unsigned __int128 wide;
    uint64_t rest = (uint64_t)key.high << 32 | key.customer;
    wide product = (wide)(key.low ^ UINT64_C(0x9E3779B97F4A7C15)) * (rest * UINT64_C(0xD1342543DE82EF95) | 1);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Without an index there is only the table of recent entries, of fixed size: it stays in the cache. */
bool ledger_table_start(struct ledger_table *table, bool indexed) {
    table->indexed = indexed;
    table->slot_mask = FIRST_SLOTS - 1;
    table->slot_shift = FIRST_SHIFT;
    if (!indexed) {
        table->recent = calloc(LEDGER_RECENT, sizeof *table->recent);
        return table->recent != NULL;
    }
    bool fine = pages_resize(&table->slot_pages, FIRST_SLOTS * sizeof *table->slots);
    table->slots = table->slot_pages.memory;
    return fine;
}

/* Leaves a table that may be freed again. */
void ledger_table_free(struct ledger_table *table) {
    for (size_t i = 0; i < table->segment_count; i++) {
        pages_free(&table->segments[i]);
    }
    pages_free(&table->slot_pages);
    free(table->recent);
    *table = (struct ledger_table){0};
}

/* ------------------------------------------------------------------ adding */

/* Makes room for one more entry. Segments, not one array that grows: entries stay where they are, so a pointer to one
 * is good until the table is gathered, and nothing is ever copied. */
static bool reserve_entry(struct ledger_table *table) {
    if (table->count + LEDGER_FIRST_SEGMENT < (size_t)LEDGER_FIRST_SEGMENT << table->segment_count) {
        return true;
    }
    if (table->segment_count == LEDGER_SEGMENTS) {
        return false;
    }
    size_t size = ((size_t)LEDGER_FIRST_SEGMENT << table->segment_count) * sizeof(struct ledger_entry);
    table->segments[table->segment_count].in_order = !table->indexed;
    if (!pages_resize(&table->segments[table->segment_count], size)) {
        return false;
    }
    table->segment_count++;
    return true;
}

/* Entries are numbered as they come; numbers fit into 32 bits, as there are no more segments than that. */
static struct ledger_entry *append(struct ledger_table *table, struct ledger_key key) {
    struct ledger_entry *entry = ledger_table_at(table, table->count++);
    *entry = (struct ledger_entry){.key = key};
    return entry;
}

/* Where the search for a hash, or for what a slot holds, begins: its high bits say. */
static inline size_t first_slot(const struct ledger_table *table, uint64_t hash) {
    return (size_t)(hash >> 32 >> table->slot_shift);
}

/* Moves all slots into a table twice as large, by their tags alone: no entry is looked at. Tags rise with slots, so
 * both tables are gone through in order. */
static void move_slots(struct ledger_table *table, const uint64_t *old, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (old[i] != 0) {
            size_t at = first_slot(table, old[i]);
            while (table->slots[at] != 0) {
                at = (at + 1) & table->slot_mask;
            }
            table->slots[at] = old[i];
        }
    }
}

/* Doubles the slots when half of them are taken, so that searches stay short. The old slots are dropped last: a failure
 * leaves the table as it was. */
static bool reserve_slot(struct ledger_table *table) {
    if (2 * table->count <= table->slot_mask) {
        return true;
    }
    size_t count = table->slot_mask + 1;
    struct pages grown = {0};
    if (2 * count > UINT32_MAX || !pages_resize(&grown, 2 * count * sizeof *table->slots)) {
        return false;
    }
    struct pages old = table->slot_pages;
    table->slot_pages = grown;
    table->slots = grown.memory;
    table->slot_mask = 2 * count - 1;
    table->slot_shift--;
    move_slots(table, old.memory, count);
    pages_free(&old);
    return true;
}

/* A search with an index. The tag is compared first, so an entry is nearly never looked at in vain. */
static struct ledger_entry *find_or_append(struct ledger_table *table, struct ledger_key key, uint64_t hash) {
    size_t at = first_slot(table, hash);
    for (; table->slots[at] != 0; at = (at + 1) & table->slot_mask) {
        struct ledger_entry *entry = ledger_table_at(table, (uint32_t)table->slots[at] - 1);
        if (table->slots[at] >> 32 == hash >> 32 && ledger_key_equal(entry->key, key)) {
            return entry;
        }
    }
    /* One more than the index, so that no entry is a slot of zeros. */
    table->slots[at] = (hash >> 32) << 32 | (table->count + 1);
    return append(table, key);
}

/* Without an index, an order that is not among the recent ones gets a new entry, even if it has one: that is not known,
 * and need not be. To find out at once would take a walk to a random place of memory for every row; gathering later
 * does the same in order. Different orders may share a recent place; then the one that came last has it. */
static struct ledger_entry *find_recent_or_append(struct ledger_table *table, struct ledger_key key, uint64_t hash) {
    uint64_t *recent = &table->recent[hash % LEDGER_RECENT];
    if (*recent >> 32 == hash >> 32 && (uint32_t)*recent != 0) {
        struct ledger_entry *entry = ledger_table_at(table, (uint32_t)*recent - 1);
        if (ledger_key_equal(entry->key, key)) {
            return entry;
        }
    }
    *recent = (hash >> 32) << 32 | (table->count + 1);
    return append(table, key);
}

/* Room is made before the search, so that a new entry can be put where the search ended. */
struct ledger_entry *ledger_table_entry(struct ledger_table *table, struct ledger_key key) {
    uint64_t hash = hash_of(key);
    if (!reserve_entry(table) || (table->indexed && !reserve_slot(table))) {
        return NULL;
    }
    table->last = table->indexed ? find_or_append(table, key, hash) : find_recent_or_append(table, key, hash);
    return table->last;
}

/* For a key that the caller knows to be new: no search, and no place among the recent ones, as it will not be asked for
 * again while keys rise. */
struct ledger_entry *ledger_table_append(struct ledger_table *table, struct ledger_key key) {
    if (!reserve_entry(table)) {
        return NULL;
    }
    /* Unique entries in front stay so with one more that is new. */
    table->gathered += table->gathered == table->count;
    table->last = append(table, key);
    return table->last;
}

/* ------------------------------------------------------------------ gathering */

/* All entries as tag << 32 | index, split into parts by their hash; part p is items[first[p] .. first[p + 1]). */
struct split {
    struct pages pages;
    uint64_t *items;
    size_t first[PARTS + 1];
    size_t largest;
};

/* Splits all entries by the highest byte of their hash, by counting: equal keys come into the same part, and within a
 * part they stand in the order of the table, so that the oldest is the one that stays. */
static bool split_entries(const struct ledger_table *table, struct split *split) {
    size_t next[PARTS];
    if (!pages_resize(&split->pages, table->count * sizeof *split->items)) {
        return false;
    }
    split->items = split->pages.memory;
    for (size_t i = 0; i < table->count; i++) {
        const struct ledger_entry *entry = ledger_table_at(table, i);
        split->first[(hash_of(entry->key) >> 56) + 1]++;
    }
    for (size_t part = 0; part < PARTS; part++) {
        split->largest = split->first[part + 1] > split->largest ? split->first[part + 1] : split->largest;
        split->first[part + 1] += split->first[part];
        next[part] = split->first[part];
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct ledger_entry *entry = ledger_table_at(table, i);
        uint64_t hash = hash_of(entry->key);
        split->items[next[hash >> 56]++] = hash << 32 | i;
    }
    return true;
}

/* Merges what stands several times among the entries of a part, oldest first; returns how many were merged away. The
 * slots are made anew for each part and small enough for the cache. Free ones are all ones: an item of a tag of ones
 * and that index does not come up, as there are never so many entries. */
static size_t gather_part(struct ledger_table *table, const uint64_t *items, size_t count, uint64_t *slots,
                          size_t slot_mask, ledger_merge *merge, void *context) {
    size_t merged = 0;
    memset(slots, 0xFF, (slot_mask + 1) * sizeof *slots);
    for (size_t i = 0; i < count; i++) {
        size_t at = (size_t)(items[i] >> 32) & slot_mask;
        for (; slots[at] != UINT64_MAX; at = (at + 1) & slot_mask) {
            if (slots[at] >> 32 != items[i] >> 32) {
                continue;
            }
            struct ledger_entry *mine = ledger_table_at(table, (uint32_t)slots[at]);
            struct ledger_entry *other = ledger_table_at(table, (uint32_t)items[i]);
            if (ledger_key_equal(mine->key, other->key)) {
                merge(context, mine, other);
                /* Marks the gap: close_gaps leaves it out. */
                other->rows = 0;
                merged++;
                break;
            }
        }
        if (slots[at] == UINT64_MAX) {
            slots[at] = items[i];
        }
    }
    return merged;
}

/* Moves the entries that have rows together, in their order. An entry without rows was merged away. */
static void close_gaps(struct ledger_table *table) {
    size_t kept = 0;
    table->last = NULL; /* entries move */
    for (size_t i = 0; i < table->count; i++) {
        const struct ledger_entry *entry = ledger_table_at(table, i);
        if (entry->rows > 0) {
            *ledger_table_at(table, kept++) = *entry;
        }
    }
    table->count = kept;
}

/* Merging is done only when all memory that it needs is there. What is gathered already is gone through again with the
 * rest: an order may have come back. */
bool ledger_table_gather(struct ledger_table *table, ledger_merge *merge, void *context) {
    struct split split = {.largest = 0};
    size_t slots = 16;
    if (table->indexed || table->gathered == table->count) {
        return true;
    }
    if (!split_entries(table, &split)) {
        return false;
    }
    while (slots < 2 * split.largest) {
        slots *= 2;
    }
    uint64_t *part_slots = malloc(slots * sizeof *part_slots);
    size_t merged = 0;
    for (size_t part = 0; part_slots != NULL && part < PARTS; part++) {
        merged += gather_part(table, split.items + split.first[part], split.first[part + 1] - split.first[part],
                              part_slots, slots - 1, merge, context);
    }
    if (merged > 0) {
        close_gaps(table);
        memset(table->recent, 0, LEDGER_RECENT * sizeof *table->recent);
    }
    if (part_slots != NULL) {
        table->gathered = table->count;
    }
    free(part_slots);
    pages_free(&split.pages);
    return part_slots != NULL;
}
