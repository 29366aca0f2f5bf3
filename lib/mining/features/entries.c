/* Customers of a state, kept as entries: of an order and day there is the money, and which items, in a third of the
 * memory of its rows. Rows are made of them again for one customer at a time: the money in the first of them, the items
 * one by one. Where each row is a purchase of its own, there are as many as there were, each return with money below
 * zero; else as many as it takes to hold the items. Sums, numbers and sets are then those of the rows, and features are
 * made of nothing else. */
#include <stdlib.h>
#include <string.h>

#include <till/arrays.h>
#include <till/decimal.h>

#include "parts.h"

/* ---- keeping ---- */

/* Room for a customer of so many entries, each with two sides at most. */
static bool reserve(struct features_entries *kept, size_t entries, size_t items) {
    return till_arrays_reserve(&TILL_ARRAY(kept->ends), 1, kept->count + 1, &kept->capacity) &&
           till_arrays_reserve(&TILL_ARRAY(kept->entries), 1, kept->entry_count + 2 * entries, &kept->entry_capacity) &&
           till_arrays_reserve(&TILL_ARRAY(kept->items), 1, kept->item_count + 2 * items, &kept->item_capacity);
}

static bool same_order(const struct till_state_entry *a, const struct till_state_entry *b) {
    return a->order.low == b->order.low && a->order.high == b->order.high;
}

static struct features_entry *append(struct features_entries *kept, const struct till_state_entry *entry,
                                     int64_t money) {
    struct features_entry *made = &kept->entries[kept->entry_count++];
    *made = (struct features_entry){.money = money, .day = entry->day};
    return made;
}

/* All items of the entry, or those of one sign: 0 purchases, 1 returns. */
static uint32_t keep_items(struct features_entries *kept, const uint32_t *items, uint32_t count, int sign) {
    size_t before = kept->item_count;
    for (uint32_t i = 0; items != NULL && i < count; i++)
        if (sign < 0 || (items[i] & 1) == (uint32_t)sign)
            kept->items[kept->item_count++] = items[i] >> 1;
    return (uint32_t)(kept->item_count - before);
}

/* One side of an entry, where each row is a purchase or a return of its own. */
static void keep_rows(struct features_entries *kept, const struct till_state_entry *entry, const uint32_t *items,
                      int sign) {
    struct features_entry *made = append(kept, entry, sign == 0 ? entry->spent : entry->returned);
    made->rows = sign == 0 ? entry->purchase_rows : entry->return_rows;
    made->items = keep_items(kept, items, entry->item_count, sign);
}

/* An amount that stands for a whole order counts in its first row alone. */
static void keep_order(struct features_entries *kept, const struct till_features_settings *settings,
                       const struct till_state_entry *entry, const struct till_state_entry *before,
                       const uint32_t *items) {
    int64_t rows = (int64_t)entry->purchase_rows + entry->return_rows, money = entry->spent + entry->returned;
    bool same = before != NULL && same_order(before, entry);
    struct features_entry *made = append(kept, entry, !settings->amount_per_order ? money : same ? 0 : money / rows);
    made->same_order = same;
    made->items = keep_items(kept, items, entry->item_count, -1);
    kept->several |= same || rows > 1;
    kept->differ |= entry->differs;
    if (same) { /* their means, crosswise */
        int64_t other_rows = (int64_t)before->purchase_rows + before->return_rows;
        kept->differ |= (till_wide)money * other_rows != ((till_wide)before->spent + before->returned) * rows;
    }
}

/* Whether what was kept of the customer from this entry on has a return: an order that sums below zero. */
static bool has_return(const struct features_entries *kept, size_t from) {
    int64_t total = 0;
    for (size_t i = from; i < kept->entry_count; i++) {
        if (total < 0 && !kept->entries[i].same_order)
            return true;
        total = kept->entries[i].money + (kept->entries[i].same_order ? total : 0);
    }
    return total < 0;
}

/* How many rows are made of an entry. */
static size_t rows_of(const struct features_entry *entry) {
    return entry->rows > 0 ? entry->rows : entry->items > 0 ? entry->items : 1;
}

static void note_most(struct features_entries *kept, size_t from) {
    size_t rows = 0;
    for (size_t i = from; i < kept->entry_count; i++)
        rows += rows_of(&kept->entries[i]);
    kept->most = rows > kept->most ? rows : kept->most;
}

enum till_status features_entries_add(struct features_entries *kept, const struct till_features_settings *settings,
                                      const struct till_state_customer *customer, struct till_error *error) {
    size_t items = 0, from = kept->entry_count;
    for (size_t i = 0; i < customer->count; i++)
        items += customer->entries[i].item_count;
    if (!reserve(kept, customer->count, items) ||
        !till_text_append(&kept->names, customer->name.bytes, customer->name.length))
        return till_error_memory(error);
    for (size_t i = 0; i < customer->count; i++) {
        const struct till_state_entry *entry = &customer->entries[i];
        const uint32_t *codes = customer->items == NULL ? NULL : customer->items + entry->first_item;
        if (!settings->rows)
            keep_order(kept, settings, entry, i == 0 ? NULL : entry - 1, codes);
        if (settings->rows && entry->purchase_rows > 0)
            keep_rows(kept, entry, codes, 0);
        if (settings->rows && entry->return_rows > 0)
            keep_rows(kept, entry, codes, 1);
    }
    kept->ends[kept->count++] = (struct features_kept){kept->names.length, kept->entry_count, kept->item_count};
    note_most(kept, from);
    return settings->refuse_returns && has_return(kept, from) ? features_refuse(customer->name, error) : TILL_OK;
}

void features_entries_free(struct features_entries *kept) {
    till_text_free(&kept->names);
    free(kept->ends);
    free(kept->entries);
    free(kept->items);
    *kept = (struct features_entries){0};
}

/* ---- rows ---- */

static struct features_kept start_of(const struct features_entries *kept, size_t customer) {
    return customer == 0 ? (struct features_kept){0} : kept->ends[customer - 1];
}

struct till_slice features_entries_name(const struct features_entries *kept, size_t customer) {
    size_t start = start_of(kept, customer).name;
    return (struct till_slice){kept->names.bytes + start, kept->ends[customer].name - start};
}

/* The money of the k-th row of an entry: all that is left in the last one of purchases or returns, in the first one of
 * an order. */
static int64_t amount_of(const struct features_entry *entry, size_t k) {
    if (entry->rows == 0)
        return k == 0 ? entry->money : 0;
    int64_t least = entry->money < 0 ? -1 : 0;
    return k + 1 < entry->rows ? least : entry->money - (int64_t)(entry->rows - 1) * least;
}

size_t features_entries_rows(const struct features_entries *kept, size_t customer, struct features_event *rows) {
    const struct features_kept *end = &kept->ends[customer];
    struct features_kept at = start_of(kept, customer);
    uint64_t order = 0;
    size_t count = 0;
    for (; at.entry < end->entry; at.entry++) {
        const struct features_entry *entry = &kept->entries[at.entry];
        size_t more = rows_of(entry);
        order += !entry->same_order;
        for (size_t k = 0; k < more; k++) {
            order += entry->rows > 0;
            rows[count++] =
                (struct features_event){.order = {order, 0},
                                        .amount = amount_of(entry, k),
                                        .day = entry->day,
                                        .item = k < entry->items ? kept->items[at.item + k] : FEATURES_NO_ITEM};
        }
        at.item += entry->items;
    }
    return count;
}
