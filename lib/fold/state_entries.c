/* Entries of a customer in memory: put in order, and those of one order and day added up. Everything in an entry is a
 * sum, a flag or a set, so it does not matter from which nights its parts came, nor in what order. */
#include <stdlib.h>
#include <string.h>

#include <till/decimal.h>

#include "lib/fold/state_parts.h"

bool entries_reserve(struct entries *entries, size_t more) {
    if (entries->capacity - entries->count >= more) {
        return true;
    }
    size_t capacity = entries->count + more + entries->capacity / 2 + 16;
    void *moved = realloc(entries->at, capacity * sizeof *entries->at);
    if (moved == NULL) {
        return false;
    }
    entries->at = moved;
    entries->capacity = capacity;
    return true;
}

bool entries_reserve_items(struct entries *entries, size_t more) {
    if (entries->item_capacity - entries->item_count >= more) {
        return true;
    }
    size_t capacity = entries->item_count + more + entries->item_capacity / 2 + 64;
    void *moved = realloc(entries->items, capacity * sizeof *entries->items);
    if (moved == NULL) {
        return false;
    }
    entries->items = moved;
    entries->item_capacity = capacity;
    return true;
}

void entries_free(struct entries *entries) {
    free(entries->at);
    free(entries->items);
    *entries = (struct entries){0};
}

bool entries_differ(const struct till_state_entry *a, const struct till_state_entry *b) {
    till_wide left = (till_wide)a->spent + a->returned, right = (till_wide)b->spent + b->returned;
    uint64_t left_rows = (uint64_t)a->purchase_rows + a->return_rows;
    uint64_t right_rows = (uint64_t)b->purchase_rows + b->return_rows;
    return a->differs || b->differs || left * right_rows != right * left_rows;
}

static int by_place(const void *a, const void *b) {
    return entry_compare(a, b);
}

static int by_code(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* Puts codes in order, each once; returns how many are left. */
static uint32_t sort_codes(uint32_t *codes, uint32_t count) {
    uint32_t kept = 0;
    if (count > 1) {
        qsort(codes, count, sizeof *codes, by_code); /* equal codes are alike */
    }
    for (uint32_t i = 0; i < count; i++) {
        if (kept == 0 || codes[kept - 1] != codes[i]) {
            codes[kept++] = codes[i];
        }
    }
    return kept;
}

/* Sums of money cannot overflow in a sound state, whose days were added up before; a damaged one may hold anything. */
static bool add_entry(struct till_state_entry *into, const struct till_state_entry *other) {
    bool differs = entries_differ(into, other);
    bool fine = !__builtin_add_overflow(into->purchase_rows, other->purchase_rows, &into->purchase_rows) &&
                !__builtin_add_overflow(into->return_rows, other->return_rows, &into->return_rows) &&
                !__builtin_add_overflow(into->spent, other->spent, &into->spent) &&
                !__builtin_add_overflow(into->returned, other->returned, &into->returned);
    into->differs = differs;
    into->packed_length = 0;
    return fine;
}

enum unpacking entries_unpack(struct entries *entries, struct till_state_entry *entry, const uint32_t *codes) {
    const unsigned char *bytes = entries->packed + entry->first_item;
    struct cursor in = {bytes, bytes + entry->item_count, true};
    if (!entries_reserve_items(entries, entry->item_count)) {
        return UNPACKING_MEMORY;
    }
    uint32_t *out = entries->items + entries->item_count;
    uint64_t most = entries->item_codes, code = 0;
    uint32_t count = 0;
    for (; in.at < in.end; count++) {
        uint64_t step = varint_get(&in);
        if (!in.fine || step >= most || (count > 0 && step == 0) || code + step >= most) {
            return UNPACKING_DAMAGED;
        }
        code += step;
        out[count] = codes == NULL ? (uint32_t)code : codes[code >> 1] * 2 + (uint32_t)(code & 1);
    }
    entry->packed = false;
    entry->first_item = entries->item_count;
    entry->item_count = count;
    entries->item_count += count;
    return UNPACKED;
}

/* Puts the items of two entries together behind all others, and gives them to the first. */
static enum unpacking join_items(struct entries *entries, struct till_state_entry *into,
                                 struct till_state_entry *other) {
    enum unpacking result = UNPACKED;
    if (other->item_count == 0) {
        return UNPACKED;
    }
    if (into->packed) {
        result = entries_unpack(entries, into, NULL);
    }
    if (other->packed && result == UNPACKED) {
        result = entries_unpack(entries, other, NULL);
    }
    size_t start = entries->item_count;
    size_t more = (size_t)into->item_count + other->item_count;
    if (result != UNPACKED || !entries_reserve_items(entries, more)) {
        return result == UNPACKED ? UNPACKING_MEMORY : result;
    }
    memcpy(entries->items + start, entries->items + into->first_item, into->item_count * sizeof *entries->items);
    memcpy(entries->items + start + into->item_count, entries->items + other->first_item,
           other->item_count * sizeof *entries->items);
    into->first_item = start;
    into->item_count = sort_codes(entries->items + start, (uint32_t)more);
    entries->item_count += into->item_count;
    return UNPACKED;
}

/* Few entries are put in order where they stand. */
static void sort_entries(struct till_state_entry *at, size_t count) {
    if (count > 16) {
        qsort(at, count, sizeof *at, by_place); /* what ties is added up */
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct till_state_entry entry = at[i];
        size_t place = i;
        for (; place > 0 && entry_compare(&at[place - 1], &entry) > 0; place--) {
            at[place] = at[place - 1];
        }
        at[place] = entry;
    }
}

/* Merges at[0..sorted) and at[sorted..count), both in order, from the back. There is room for the latter behind.
 * Returns how many of the former are before all of the latter. */
static size_t merge_entries(struct till_state_entry *at, size_t sorted, size_t count) {
    struct till_state_entry *fresh = at + count;
    size_t more = count - sorted;
    memcpy(fresh, at + sorted, more * sizeof *fresh);
    for (size_t place = count; more > 0; place--) {
        bool old = sorted > 0 && entry_compare(&at[sorted - 1], &fresh[more - 1]) > 0;
        at[place - 1] = old ? at[sorted - 1] : fresh[more - 1];
        sorted -= old;
        more -= !old;
    }
    return sorted;
}

enum till_status entries_gather(struct entries *entries, size_t base, size_t sorted, struct till_error *error) {
    size_t kept = base, fresh = entries->count - sorted;
    if (!entries_reserve(entries, fresh)) {
        return till_error_memory(error);
    }
    for (size_t i = sorted; i < entries->count; i++) {
        struct till_state_entry *entry = &entries->at[i];
        entry->item_count = sort_codes(entries->items + entry->first_item, entry->item_count);
    }
    sort_entries(entries->at + sorted, fresh);
    if (sorted > base) {
        kept += merge_entries(entries->at + base, sorted - base, entries->count - base);
    }
    for (size_t i = kept; i < entries->count; i++) {
        struct till_state_entry *entry = &entries->at[i];
        struct till_state_entry *last = kept == base ? NULL : &entries->at[kept - 1];
        if (last == NULL || entry_compare(last, entry) != 0) {
            if (kept != i) {
                entries->at[kept] = *entry;
            }
            kept++;
            continue;
        }
        enum unpacking result = join_items(entries, last, entry);
        if (result == UNPACKING_MEMORY) {
            return till_error_memory(error);
        }
        if (result != UNPACKED || !add_entry(last, entry)) {
            return till_error_set(error, TILL_ERROR_STATE, "the state is damaged: an order cannot be added to");
        }
    }
    entries->count = kept;
    return TILL_OK;
}

/* ---- days ---- */

/* The first place whose day is not before `day`. */
static size_t place_of(const struct till_state_day *days, size_t count, int32_t day) {
    size_t low = 0;
    for (size_t high = count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (days[middle].day < day) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool day_table_has(const struct till_state_day *days, size_t count, int32_t day) {
    size_t at = place_of(days, count, day);
    return at < count && days[at].day == day;
}

struct till_state_day *day_table_at(struct day_table *table, int32_t day) {
    if (table->last < table->count && table->days[table->last].day == day) {
        return &table->days[table->last];
    }
    size_t at = place_of(table->days, table->count, day);
    table->last = at;
    if (at < table->count && table->days[at].day == day) {
        return &table->days[at];
    }
    if (table->count == table->capacity) {
        size_t capacity = 2 * table->capacity + 32;
        void *moved = realloc(table->days, capacity * sizeof *table->days);
        if (moved == NULL) {
            return NULL;
        }
        table->days = moved;
        table->capacity = capacity;
    }
    memmove(&table->days[at + 1], &table->days[at], (table->count++ - at) * sizeof *table->days);
    table->days[at] = (struct till_state_day){.day = day};
    return &table->days[at];
}
