/* ledger_state.h: what a ledger holds. */
#ifndef TILL_FOLD_LEDGER_STATE_H
#define TILL_FOLD_LEDGER_STATE_H

#include <till/dictionary.h>
#include <till/ledger.h>

#include "lib/fold/ledger_table.h"
#include "lib/fold/newest.h"
#include "lib/fold/sum.h"

/* What stands in for the fingerprint of an order, where there is none; its other half is the day or the time. */
enum { LEDGER_PURCHASES, LEDGER_RETURNS, LEDGER_TIME };

/* What orders of several rows look like. */
struct ledger_totals {
    bool several;        /* there is one */
    bool amounts_differ; /* within one */
};

/* The highest order id so far, as long as ids rise: most exports number their orders, and where each new id is above
 * all before it, no order comes back and nothing has to be looked up. */
struct rising_ids {
    char highest[32];
    size_t length;
    bool broken; /* an id was not above all before it, or too long to remember */
};

struct till_ledger {
    struct till_ledger_settings settings;
    size_t at[TILL_ROLES]; /* copied from the settings: where the roles stand in a block */
    bool day_column;       /* the date is a DAY, not a TIME */
    struct till_dictionary *customers;
    struct ledger_table *table; /* reading it out makes its entries unique, which changes nothing of what it says */
    struct ledger_totals *totals;
    struct rising_ids rising;
    struct newest_days newest;
    wide_sum absolute; /* sum of absolute amounts */
    uint32_t *codes;   /* scratch: a block's customers */
    size_t code_capacity;
};

/* Makes the entries unique; every reader calls it first. False when memory is out. */
bool ledger_settle(const struct till_ledger *ledger);

enum till_status ledger_save(const void *state, struct till_text *out, struct till_error *error);
enum till_status ledger_load(void **state, const void *settings, struct till_slice bytes, struct till_error *error);

/* An entry as what its customer did. An order is a return when its rows add up to less than nothing: lines taken back
 * within an order only make it smaller. With settings.rows, purchases and returns of a day are entries apart. */
static inline struct till_ledger_day ledger_event(const struct till_ledger_settings *settings,
                                                  const struct ledger_entry *entry) {
    struct till_ledger_day event = {.customer = entry->key.customer, .day = entry->day};
    if (entry->spent < 0) {
        event.returns = settings->rows ? entry->rows : 1;
        event.returned = entry->spent;
    } else {
        event.purchases = settings->rows ? entry->rows : 1;
        event.rows = entry->rows;
        event.spent = entry->spent;
    }
    return event;
}

/* Room to sort the days of a customer in. Start with {0}. */
struct day_sorter {
    int64_t *keys;                /* [2 capacity] */
    struct till_ledger_day *days; /* as they come */
    size_t capacity;
};
/* False when memory is out. */
bool day_sorter_reserve(struct day_sorter *sorter, size_t count);
void day_sorter_free(struct day_sorter *sorter);

/* Puts what one customer did, `count` of sorter->days, in order into `into`, and adds up what was done on one day;
 * returns how many days there are. */
size_t ledger_days_gather(struct day_sorter *sorter, size_t count, struct till_ledger_day *into);

#endif
