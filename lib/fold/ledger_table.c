/* Open addressing over 8-byte slots that point into an array of entries. A tag of 32 bits keeps probes from touching
 * entries in vain. */
#include "lib/fold/ledger_table.h"

enum { FIRST_SLOTS = 2048, FIRST_SHIFT = 32 - 11 };

bool ledger_table_start(struct ledger_table *table) {
    table->slot_mask = FIRST_SLOTS - 1;
    table->slot_shift = FIRST_SHIFT;
    bool fine = pages_resize(&table->slot_pages, FIRST_SLOTS * sizeof *table->slots);
    table->slots = table->slot_pages.memory;
    return fine;
}

void ledger_table_free(struct ledger_table *table) {
    for (size_t i = 0; i < table->segment_count; i++) {
        pages_free(&table->segments[i]);
    }
    pages_free(&table->slot_pages);
    *table = (struct ledger_table){0};
}

/* Moves all slots into a table twice as large. Tags rise with slots, so both tables are gone through in order. */
static void move_slots(struct ledger_table *table, const uint64_t *old, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (old[i] != 0) {
            size_t at = ledger_first_slot(table, old[i]);
            while (table->slots[at] != 0) {
                at = (at + 1) & table->slot_mask;
            }
            table->slots[at] = old[i];
        }
    }
}

/* Doubles the slots when half of them are taken. */
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

/* Makes room for one more entry. */
static bool reserve_entry(struct ledger_table *table) {
    if (table->count + LEDGER_FIRST_SEGMENT < (size_t)LEDGER_FIRST_SEGMENT << table->segment_count) {
        return true;
    }
    if (table->segment_count == LEDGER_SEGMENTS) {
        return false;
    }
    size_t size = ((size_t)LEDGER_FIRST_SEGMENT << table->segment_count) * sizeof(struct ledger_entry);
    if (!pages_resize(&table->segments[table->segment_count], size)) {
        return false;
    }
    table->segment_count++;
    return true;
}

struct ledger_entry *ledger_table_entry(struct ledger_table *table, uint32_t customer, struct till_fingerprint order) {
    if (!reserve_slot(table) || !reserve_entry(table)) {
        return NULL;
    }
    uint64_t hash = ledger_hash(customer, order);
    size_t at = ledger_first_slot(table, hash);
    for (; table->slots[at] != 0; at = (at + 1) & table->slot_mask) {
        if (table->slots[at] >> 32 != hash >> 32) {
            continue;
        }
        struct ledger_entry *entry = ledger_table_at(table, (uint32_t)table->slots[at] - 1);
        if (entry->customer == customer && till_fingerprint_equal(entry->order, order)) {
            return entry;
        }
    }
    table->slots[at] = (hash >> 32) << 32 | (table->count + 1);
    struct ledger_entry *entry = ledger_table_at(table, table->count++);
    *entry = (struct ledger_entry){.order = order, .customer = customer};
    return entry;
}
