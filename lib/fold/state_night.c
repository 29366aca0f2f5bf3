/* The rows of one input on their way into a state.
 *
 * Rows of one order and day that stand together, as they mostly do, become one entry at once; the others meet when the
 * night is written, customer by customer. Customers, items and days are kept as they come. */
#include <stdlib.h>
#include <string.h>

#include <till/decimal.h>

#include "lib/fold/order_total.h"
#include "lib/fold/state_parts.h"

static void destroy(void *state) {
    struct till_state_night *night = state;
    if (night == NULL) {
        return;
    }
    till_dictionary_free(night->customers);
    till_dictionary_free(night->items);
    if (night->orders != NULL) {
        ledger_table_free(night->orders);
    }
    free(night->orders);
    free(night->entries);
    free(night->item_codes);
    free(night->days.days);
    free(night->codes);
    free(night);
}

static enum till_status create(void **state, const void *settings, struct till_error *error) {
    const struct till_state_settings *wishes = settings;
    const struct till_transactions *transactions = wishes->transactions;
    struct till_state_night *night = calloc(1, sizeof *night);
    *state = NULL;
    if (night == NULL) {
        return till_error_memory(error);
    }
    memcpy(night->at, transactions->at, sizeof night->at);
    night->day_column = transactions->wanted[transactions->at[TILL_ROLE_DATE]].type == TILL_DAY;
    night->amount_per_order = wishes->amount_per_order;
    night->customers = till_dictionary_new();
    night->items = till_dictionary_new();
    bool fine = night->customers != NULL && night->items != NULL;
    if (fine && night->amount_per_order) {
        night->orders = calloc(1, sizeof *night->orders);
        fine = night->orders != NULL && ledger_table_start(night->orders, true);
    }
    if (!fine) {
        destroy(night);
        return till_error_memory(error);
    }
    *state = night;
    return TILL_OK;
}

/* ---- adding ---- */

static bool reserve(struct till_state_night *night, size_t rows) {
    if (night->capacity - night->count < rows) {
        size_t capacity = night->count + rows + night->capacity / 2;
        void *moved = realloc(night->entries, capacity * sizeof *night->entries);
        if (moved == NULL) {
            return false;
        }
        night->entries = moved;
        night->capacity = capacity;
    }
    if (night->item_capacity - night->item_count < rows) {
        size_t capacity = night->item_count + rows + night->item_capacity / 2;
        void *moved = realloc(night->item_codes, capacity * sizeof *night->item_codes);
        if (moved == NULL) {
            return false;
        }
        night->item_codes = moved;
        night->item_capacity = capacity;
    }
    if (night->code_capacity < rows) {
        free(night->codes);
        night->codes = malloc(2 * rows * sizeof *night->codes);
        night->code_capacity = night->codes == NULL ? 0 : 2 * rows;
    }
    return night->codes != NULL || rows == 0;
}

/* What tells a row's purchase from the others of its customer. Times before 1970 come before those after it when they
 * are moved by 2^63. */
static struct till_fingerprint order_of(const struct till_state_night *night, const struct till_block *block,
                                        size_t row, const struct till_fingerprint *before) {
    size_t column = night->at[TILL_ROLE_ORDER];
    if (column == TILL_NO_COLUMN) {
        int64_t time = block->columns[night->at[TILL_ROLE_DATE]].time[row];
        return (struct till_fingerprint){0, (uint64_t)time ^ UINT64_C(1) << 63};
    }
    const struct till_slice *order = &block->columns[column].text[row];
    if (before != NULL && till_slice_equal(order[0], order[-1])) {
        return *before;
    }
    return till_fingerprint_of(order->bytes, order->length);
}

/* With amounts that stand for whole orders, a row that does not repeat what its order had before is bad, as it is
 * without a state. */
static enum till_status accept(struct till_state_night *night, struct till_block *block, size_t row,
                               struct till_fingerprint order, int64_t amount, bool *accepted,
                               struct till_error *error) {
    *accepted = true;
    if (!night->amount_per_order) {
        return TILL_OK;
    }
    struct ledger_key key = {order.low, (uint32_t)order.high, night->codes[row]};
    struct ledger_entry *entry = ledger_table_entry(night->orders, key);
    if (entry == NULL) {
        return till_error_memory(error);
    }
    bool rejected;
    enum till_status status = order_total_add(entry, block, row, entry->day, amount, &rejected);
    *accepted = !rejected;
    return status == TILL_OK ? TILL_OK : till_error_memory(error);
}

/* The entry that a row goes to: the last one, or a new one. There is room. */
static struct till_state_entry *entry_for(struct till_state_night *night, uint32_t customer,
                                          struct till_fingerprint order, int32_t day) {
    if (night->count > 0) {
        struct night_entry *last = &night->entries[night->count - 1];
        if (last->customer == customer && last->entry.day == day && till_fingerprint_equal(last->entry.order, order)) {
            return &last->entry;
        }
    }
    struct night_entry *fresh = &night->entries[night->count++];
    *fresh = (struct night_entry){{.order = order, .day = day, .first_item = night->item_count}, customer};
    return &fresh->entry;
}

static void add_amount(struct till_state_entry *entry, int64_t amount) {
    uint64_t rows = (uint64_t)entry->purchase_rows + entry->return_rows;
    entry->differs |= rows > 0 && (till_wide)amount * rows != (till_wide)entry->spent + entry->returned;
    if (amount < 0) {
        entry->return_rows++;
        entry->returned += amount;
    } else {
        entry->purchase_rows++;
        entry->spent += amount;
    }
}

static bool add_to_day(struct till_state_night *night, int32_t day, int64_t amount) {
    struct till_state_day *entry = day_table_at(&night->days, day);
    if (entry == NULL) {
        return false;
    }
    entry->rows++;
    entry->spent += amount < 0 ? 0 : amount;
    entry->returned += amount < 0 ? amount : 0;
    return true;
}

/* A row's item, if it has one, behind those of its entry, which is the last. */
static bool add_item(struct till_state_night *night, struct till_state_entry *entry, struct till_slice item,
                     bool is_return) {
    uint32_t code;
    if (item.bytes == NULL) {
        return true;
    }
    if (!till_dictionary_add(night->items, item, &code)) {
        return false;
    }
    night->item_codes[night->item_count++] = code * 2 + is_return;
    entry->item_count++;
    return true;
}

static enum till_status add_rows(struct till_state_night *night, struct till_block *block, struct till_error *error) {
    const struct till_vector *dates = &block->columns[night->at[TILL_ROLE_DATE]];
    const int64_t *amounts = block->columns[night->at[TILL_ROLE_AMOUNT]].money;
    size_t items = night->at[TILL_ROLE_ITEM];
    struct till_fingerprint order = {0, 0};
    for (size_t row = 0; row < block->rows; row++) {
        int32_t day = night->day_column ? dates->day[row] : till_date_day(dates->time[row]);
        bool accepted;
        order = order_of(night, block, row, row > 0 ? &order : NULL);
        enum till_status status = accept(night, block, row, order, amounts[row], &accepted, error);
        if (status != TILL_OK) {
            return status;
        }
        if (!accepted) {
            continue;
        }
        struct till_state_entry *entry = entry_for(night, night->codes[row], order, day);
        add_amount(entry, amounts[row]);
        bool fine = add_to_day(night, day, amounts[row]);
        if (fine && items != TILL_NO_COLUMN) {
            fine = add_item(night, entry, block->columns[items].text[row], amounts[row] < 0);
        }
        if (!fine) {
            return till_error_memory(error);
        }
    }
    return TILL_OK;
}

/* The sum of absolute amounts is checked before any is added: no entry can overflow then. */
static enum till_status add(void *state, struct till_block *block, struct till_error *error) {
    struct till_state_night *night = state;
    if (!reserve(night, block->rows)) {
        return till_error_memory(error);
    }
    const int64_t *amounts = block->columns[night->at[TILL_ROLE_AMOUNT]].money;
    enum till_status status = sum_absolute(&night->absolute, amounts, block->rows, error);
    const struct till_slice *customers = block->columns[night->at[TILL_ROLE_CUSTOMER]].text;
    if (status == TILL_OK && !till_dictionary_add_all(night->customers, customers, block->rows, night->codes)) {
        status = till_error_memory(error);
    }
    return status == TILL_OK ? add_rows(night, block, error) : status;
}

/* ---- merging ---- */

/* The codes of one dictionary in another, which gets what it lacks; NULL when memory is out. */
static uint32_t *translate(struct till_dictionary *into, const struct till_dictionary *from) {
    uint32_t count = till_dictionary_count(from);
    uint32_t *codes = malloc(((size_t)count + 1) * sizeof *codes);
    for (uint32_t code = 0; codes != NULL && code < count; code++) {
        if (!till_dictionary_add(into, till_dictionary_text(from, code), &codes[code])) {
            free(codes);
            codes = NULL;
        }
    }
    return codes;
}

static bool merge_days(struct day_table *into, const struct day_table *other) {
    for (size_t i = 0; i < other->count; i++) {
        struct till_state_day *day = day_table_at(into, other->days[i].day);
        if (day == NULL) {
            return false;
        }
        day->rows += other->days[i].rows;
        day->spent += other->days[i].spent;
        day->returned += other->days[i].returned;
    }
    return true;
}

static void append(struct till_state_night *into, const struct till_state_night *other, const uint32_t *customers,
                   const uint32_t *items) {
    for (size_t i = 0; i < other->count; i++) {
        struct night_entry entry = other->entries[i];
        entry.customer = customers[entry.customer];
        entry.entry.first_item += into->item_count;
        into->entries[into->count + i] = entry;
    }
    for (size_t i = 0; i < other->item_count; i++) {
        uint32_t code = other->item_codes[i];
        into->item_codes[into->item_count + i] = items[code >> 1] * 2 + (code & 1);
    }
    into->count += other->count;
    into->item_count += other->item_count;
}

static enum till_status merge(void *state, void *from, struct till_error *error) {
    struct till_state_night *into = state, *other = from;
    /* Sums of days are checked before they are made. */
    into->absolute += other->absolute;
    enum till_status status = sum_check(into->absolute, error);
    if (status != TILL_OK) {
        return status;
    }
    uint32_t *customers = translate(into->customers, other->customers);
    uint32_t *items = translate(into->items, other->items);
    size_t most = other->count > other->item_count ? other->count : other->item_count;
    bool fine = customers != NULL && items != NULL && reserve(into, most) && merge_days(&into->days, &other->days);
    if (fine) {
        append(into, other, customers, items);
    }
    free(customers);
    free(items);
    return fine ? TILL_OK : till_error_memory(error);
}

static bool is_ordered(const void *settings) {
    return ((const struct till_state_settings *)settings)->amount_per_order;
}

const struct till_aggregate till_state_night_aggregate = {.name = "night",
                                                          .version = TILL_STATE_VERSION,
                                                          .ordered = is_ordered,
                                                          .create = create,
                                                          .add = add,
                                                          .merge = merge,
                                                          .destroy = destroy};

const struct till_state_day *till_state_night_days(const struct till_state_night *night, size_t *count) {
    *count = night->days.count;
    return night->days.days;
}
