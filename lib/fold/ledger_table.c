/* Open addressing over 8-byte slots that point into an array of entries. A tag of 32 bits keeps probes from touching
 * entries in vain. */
#include "lib/fold/ledger_table.h"

#include <stdlib.h>

#include "lib/base/pages.h"

enum { FIRST_ENTRIES = 1024 };

bool ledger_table_start(struct ledger_table *table) {
    table->entries = malloc(FIRST_ENTRIES * sizeof *table->entries);
    table->slots = calloc(2 * FIRST_ENTRIES, sizeof *table->slots);
    table->capacity = FIRST_ENTRIES;
    table->slot_mask = 2 * FIRST_ENTRIES - 1;
    return table->entries != NULL && table->slots != NULL;
}

void ledger_table_free(struct ledger_table *table) {
    free(table->entries);
    free(table->slots);
    *table = (struct ledger_table){0};
}

static bool grow(struct ledger_table *table) {
    size_t capacity = 2 * table->capacity;
    if (capacity > UINT32_MAX - 1) {
        return false;
    }
    struct ledger_entry *entries =
        pages_grow(table->entries, table->count * sizeof *entries, capacity * sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    table->entries = entries;
    uint64_t *slots = pages_allocate(2 * capacity * sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    free(table->slots);
    table->slots = slots;
    table->capacity = capacity;
    table->slot_mask = 2 * capacity - 1;
    for (size_t i = 0; i < table->count; i++) {
        uint64_t hash = ledger_hash(entries[i].customer, entries[i].order);
        size_t at = hash & table->slot_mask;
        while (slots[at] != 0) {
            at = (at + 1) & table->slot_mask;
        }
        slots[at] = (hash >> 32) << 32 | (i + 1);
    }
    return true;
}

struct ledger_entry *ledger_table_entry(struct ledger_table *table, uint32_t customer, struct till_fingerprint order) {
    if (table->count == table->capacity && !grow(table)) {
        return NULL;
    }
    uint64_t hash = ledger_hash(customer, order);
    size_t at = hash & table->slot_mask;
    for (; table->slots[at] != 0; at = (at + 1) & table->slot_mask) {
        if (table->slots[at] >> 32 != hash >> 32) {
            continue;
        }
        struct ledger_entry *entry = &table->entries[(uint32_t)table->slots[at] - 1];
        if (entry->customer == customer && till_fingerprint_equal(entry->order, order)) {
            return entry;
        }
    }
    table->slots[at] = (hash >> 32) << 32 | (table->count + 1);
    struct ledger_entry *entry = &table->entries[table->count++];
    *entry = (struct ledger_entry){.order = order, .customer = customer};
    return entry;
}
