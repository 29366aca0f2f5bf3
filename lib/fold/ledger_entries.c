/* A ledger filled from a state.
 *
 * The state knows orders by 128 bits and by day; a ledger keeps 96 and the earliest day. Entries come by those 96 bits,
 * so what a ledger of the rows would take for one order comes together, and nothing has to be looked up. */
#include <till/ledger.h>

#include "lib/fold/ledger_state.h"
#include "lib/fold/state_parts.h"

/* One side of an entry where each row is a purchase or a return of its own. */
static bool add_day_rows(struct till_ledger *ledger, uint32_t customer, int32_t day, uint32_t kind, uint32_t rows,
                         int64_t money) {
    if (rows == 0) {
        return true;
    }
    struct ledger_key key = {(uint64_t)(uint32_t)day, kind, customer};
    struct ledger_entry *entry =
        ledger_table_is_last(ledger->table, key) ? ledger->table->last : ledger_table_entry(ledger->table, key);
    if (entry != NULL) {
        entry->day = day;
        entry->rows += rows;
        entry->spent += money;
    }
    return entry != NULL;
}

/* What the rows of several entries of one order look like together. */
static void note_totals(struct till_ledger *ledger, const struct ledger_entry *entry,
                        const struct till_state_entry *more) {
    uint64_t rows = (uint64_t)more->purchase_rows + more->return_rows;
    till_wide money = (till_wide)more->spent + more->returned;
    ledger->totals->several |= entry->rows > 0 || rows > 1;
    ledger->totals->amounts_differ |=
        more->differs || (entry->rows > 0 && (till_wide)entry->spent * rows != money * entry->rows);
}

static enum till_status add_to_order(struct till_ledger *ledger, struct ledger_entry *entry,
                                     const struct till_state_entry *more, struct till_error *error) {
    int64_t rows = (int64_t)more->purchase_rows + more->return_rows;
    int64_t money = more->spent + more->returned;
    if (ledger->settings.amount_per_order) {
        money /= rows;
        if (more->differs || (entry->rows > 0 && entry->spent != money)) {
            return till_error_set(error, TILL_ERROR_DATA, "an order has two amounts");
        }
        entry->spent = money;
    } else {
        note_totals(ledger, entry, more);
        entry->spent += money;
    }
    entry->day = entry->rows == 0 || more->day < entry->day ? more->day : entry->day;
    entry->rows += (uint32_t)rows;
    return TILL_OK;
}

static enum till_status add_entry(struct till_ledger *ledger, uint32_t customer, bool by_time,
                                  const struct till_state_entry *more, struct till_error *error) {
    struct ledger_table *table = ledger->table;
    if (ledger->settings.rows) {
        bool fine = add_day_rows(ledger, customer, more->day, LEDGER_PURCHASES, more->purchase_rows, more->spent) &&
                    add_day_rows(ledger, customer, more->day, LEDGER_RETURNS, more->return_rows, more->returned);
        return fine ? TILL_OK : till_error_memory(error);
    }
    struct ledger_key key = {more->order.low, (uint32_t)more->order.high, customer};
    if (by_time) {
        key = (struct ledger_key){more->order.low ^ UINT64_C(1) << 63, LEDGER_TIME, customer};
    }
    struct ledger_entry *entry = ledger_table_is_last(table, key) ? table->last
                                 : table->indexed                 ? ledger_table_entry(table, key)
                                                                  : ledger_table_append(table, key);
    return entry == NULL ? till_error_memory(error) : add_to_order(ledger, entry, more, error);
}

static enum till_status add_customer(struct till_ledger *ledger, const struct till_state_customer *customer,
                                     uint32_t code, struct till_error *error) {
    enum till_status status = TILL_OK;
    for (size_t i = 0; status == TILL_OK && i < customer->count; i++) {
        const struct till_state_entry *entry = &customer->entries[i];
        newest_add(&ledger->newest, entry->day);
        ledger->absolute += (wide_sum)entry->spent + (uint64_t)-entry->returned;
        status = sum_check(ledger->absolute, error);
        if (status == TILL_OK) {
            status = add_entry(ledger, code, customer->by_time, entry, error);
        }
    }
    return status;
}

/* Names are looked up together, so that their waits for memory overlap. */
enum till_status till_ledger_add_customers(struct till_ledger *ledger, const struct till_state_customer *customers,
                                           size_t count, struct till_error *error) {
    enum { BATCH = 64 };
    enum till_status status = TILL_OK;
    ledger->rising.broken = true; /* what came in is not known by its ids */
    for (size_t start = 0; status == TILL_OK && start < count; start += BATCH) {
        size_t batch = count - start < BATCH ? count - start : BATCH;
        struct till_slice names[BATCH];
        uint32_t codes[BATCH];
        for (size_t i = 0; i < batch; i++) {
            names[i] = customers[start + i].name;
        }
        if (!till_dictionary_add_all(ledger->customers, names, batch, codes)) {
            status = till_error_memory(error);
        }
        for (size_t i = 0; status == TILL_OK && i < batch; i++) {
            status = add_customer(ledger, &customers[start + i], codes[i], error);
        }
    }
    return status;
}
