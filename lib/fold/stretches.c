/* What a ledger would say of the customers of a state, one stretch of them after the other.
 *
 * A state shows each customer once, with all orders, in the order of the 96 bits of their fingerprints by which a
 * ledger knows them: what it would take for one order stands together. So nothing has to be looked up. Purchases are
 * added up as they pass, and half a megabyte of them, which stays in the cache, is shown and forgotten again and again.
 * The state knows orders by 128 bits and by day; here as in a ledger 96 bits count, and the earliest day. */
#include <till/ledger.h>

#include <stdlib.h>
#include <string.h>

#include "lib/fold/ledger_state.h"
#include "lib/fold/state_parts.h"

/* Purchases in a stretch. */
enum { STRETCH = 1 << 13 };

struct till_ledger_stretches {
    struct till_ledger_settings settings;
    bool by_day;
    till_ledger_take *take;
    void *context;
    struct newest_days promised; /* by the state, before its customers */
    struct newest_days newest;
    wide_sum absolute;
    struct ledger_totals totals;
    /* The present stretch: */
    struct till_ledger_history history;
    size_t customer_capacity;
    size_t day_capacity;
    struct till_slice *name; /* their bytes are settled when the stretch is shown */
    struct till_text names;
    struct day_sorter sorter;
};

enum till_status till_ledger_stretches_new(struct till_ledger_stretches **stretches,
                                           const struct till_ledger_settings *settings, bool by_day,
                                           till_ledger_take *take, void *context, struct till_error *error) {
    struct till_ledger_stretches *made = calloc(1, sizeof *made);
    *stretches = made;
    if (made == NULL) {
        return till_error_memory(error);
    }
    made->settings = *settings;
    made->settings.transactions = NULL;
    made->by_day = by_day;
    made->take = take;
    made->context = context;
    newest_start(&made->promised);
    newest_start(&made->newest);
    return TILL_OK;
}

void till_ledger_stretches_free(struct till_ledger_stretches *stretches) {
    if (stretches != NULL) {
        till_ledger_history_free(&stretches->history);
        free(stretches->name);
        till_text_free(&stretches->names);
        day_sorter_free(&stretches->sorter);
        free(stretches);
    }
}

enum till_status till_ledger_stretches_begin(void *context, int32_t newest_day, int32_t next_newest_day,
                                             struct till_error *error) {
    struct till_ledger_stretches *stretches = context;
    (void)error;
    stretches->promised = (struct newest_days){newest_day, next_newest_day};
    return TILL_OK;
}

/* ---- room ---- */

static bool reserve_customers(struct till_ledger_stretches *stretches, size_t more) {
    size_t count = stretches->history.customers + more;
    if (stretches->customer_capacity >= count && stretches->history.first != NULL) {
        return true;
    }
    size_t capacity = count + count / 2 + 64;
    size_t *first = realloc(stretches->history.first, (capacity + 1) * sizeof *first);
    if (first == NULL) {
        return false;
    }
    first[0] = 0;
    stretches->history.first = first;
    struct till_slice *name = realloc(stretches->name, capacity * sizeof *name);
    if (name == NULL) {
        return false;
    }
    stretches->name = name;
    stretches->customer_capacity = capacity;
    return true;
}

/* Room for the purchases of one customer, behind `used` others. */
static bool reserve_days(struct till_ledger_stretches *stretches, size_t used, size_t more) {
    if (stretches->day_capacity - used < more || stretches->history.days == NULL) {
        size_t capacity = used + more + used / 2 + 64;
        struct till_ledger_day *days = realloc(stretches->history.days, capacity * sizeof *days);
        if (days == NULL) {
            return false;
        }
        stretches->history.days = days;
        stretches->day_capacity = capacity;
    }
    return !stretches->by_day || day_sorter_reserve(&stretches->sorter, more);
}

/* ---- one customer ---- */

/* Adds an entry to what the entries before it of the same order came to. */
static enum till_status add_to_order(struct till_ledger_stretches *stretches, struct ledger_entry *order,
                                     const struct till_state_entry *more, struct till_error *error) {
    int64_t rows = (int64_t)more->purchase_rows + more->return_rows;
    int64_t money = more->spent + more->returned;
    if (stretches->settings.amount_per_order) {
        money /= rows;
        if (more->differs || (order->rows > 0 && order->spent != money)) {
            return till_error_set(error, TILL_ERROR_DATA, "an order has two amounts");
        }
        order->spent = money;
    } else {
        stretches->totals.several |= order->rows > 0 || rows > 1;
        stretches->totals.amounts_differ |=
            more->differs || (order->rows > 0 && (till_wide)order->spent * rows != (till_wide)money * order->rows);
        order->spent += money;
    }
    order->day = order->rows == 0 || more->day < order->day ? more->day : order->day;
    order->rows += (uint32_t)rows;
    return TILL_OK;
}

/* Each order one purchase, or one return. */
static enum till_status list_orders(struct till_ledger_stretches *stretches, const struct till_state_customer *customer,
                                    struct till_ledger_day *out, size_t *count, struct till_error *error) {
    const struct till_state_entry *entries = customer->entries;
    for (size_t i = 0; i < customer->count;) {
        struct ledger_entry order = {.key.customer = stretches->history.customers};
        struct till_fingerprint key = entries[i].order;
        for (; i < customer->count && entries[i].order.low == key.low &&
               (uint32_t)entries[i].order.high == (uint32_t)key.high;
             i++) {
            enum till_status status = add_to_order(stretches, &order, &entries[i], error);
            if (status != TILL_OK) {
                return status;
            }
        }
        out[(*count)++] = ledger_event(&stretches->settings, &order);
    }
    return TILL_OK;
}

/* Each row a purchase or a return of its own: those of an entry together. */
static void list_rows(const struct till_ledger_stretches *stretches, const struct till_state_customer *customer,
                      struct till_ledger_day *out, size_t *count) {
    for (size_t i = 0; i < customer->count; i++) {
        const struct till_state_entry *entry = &customer->entries[i];
        struct ledger_entry rows = {.key.customer = stretches->history.customers, .day = entry->day};
        if (entry->purchase_rows > 0) {
            rows.rows = entry->purchase_rows;
            rows.spent = entry->spent;
            out[(*count)++] = ledger_event(&stretches->settings, &rows);
        }
        if (entry->return_rows > 0) {
            rows.rows = entry->return_rows;
            rows.spent = entry->returned;
            out[(*count)++] = ledger_event(&stretches->settings, &rows);
        }
    }
}

static enum till_status note_customer(struct till_ledger_stretches *stretches,
                                      const struct till_state_customer *customer, struct till_error *error) {
    for (size_t i = 0; i < customer->count; i++) {
        newest_add(&stretches->newest, customer->entries[i].day);
        stretches->absolute += (wide_sum)customer->entries[i].spent + (uint64_t)-customer->entries[i].returned;
    }
    return sum_check(stretches->absolute, error);
}

/* Without memory for a name nothing has changed yet. */
static enum till_status add_customer(struct till_ledger_stretches *stretches,
                                     const struct till_state_customer *customer, struct till_error *error) {
    struct till_ledger_history *history = &stretches->history;
    if (!reserve_customers(stretches, 1) ||
        !reserve_days(stretches, history->first[history->customers], 2 * customer->count) ||
        !till_text_append(&stretches->names, customer->name.bytes, customer->name.length)) {
        return till_error_memory(error);
    }
    size_t start = history->first[history->customers], count = 0;
    struct till_ledger_day *days = stretches->by_day ? stretches->sorter.days : history->days + start;
    enum till_status status = note_customer(stretches, customer, error);
    if (status == TILL_OK && stretches->settings.rows) {
        list_rows(stretches, customer, days, &count);
    } else if (status == TILL_OK) {
        status = list_orders(stretches, customer, days, &count, error);
    }
    if (status == TILL_OK && stretches->by_day) {
        count = ledger_days_gather(&stretches->sorter, count, history->days + start);
    }
    stretches->name[history->customers++].length = customer->name.length;
    history->first[history->customers] = start + count;
    return status;
}

/* ---- stretches ---- */

/* Shows the present stretch and begins the next. */
static enum till_status end_stretch(struct till_ledger_stretches *stretches, struct till_error *error) {
    struct till_ledger_history *history = &stretches->history;
    const char *bytes = stretches->names.bytes;
    for (size_t i = 0; i < history->customers; i++) {
        stretches->name[i].bytes = bytes;
        bytes += stretches->name[i].length;
    }
    const struct till_ledger_stretch stretch = {stretches->name, history, stretches->promised.newest,
                                                stretches->promised.next};
    enum till_status status = stretches->take(stretches->context, &stretch, error);
    history->customers = 0;
    stretches->names.length = 0;
    return status;
}

enum till_status till_ledger_stretches_add(void *context, const struct till_state_customer *customers, size_t count,
                                           struct till_error *error) {
    struct till_ledger_stretches *stretches = context;
    enum till_status status = TILL_OK;
    for (size_t i = 0; status == TILL_OK && i < count; i++) {
        status = add_customer(stretches, &customers[i], error);
        if (status == TILL_OK && stretches->history.first[stretches->history.customers] >= STRETCH) {
            status = end_stretch(stretches, error);
        }
    }
    return status;
}

enum till_status till_ledger_stretches_end(struct till_ledger_stretches *stretches, struct till_ledger_summary *summary,
                                           struct till_error *error) {
    if (stretches->newest.newest != stretches->promised.newest || stretches->newest.next != stretches->promised.next) {
        return till_error_set(error, TILL_ERROR_STATE, "the state is damaged: its days are not those of its customers");
    }
    if (!reserve_customers(stretches, 1)) {
        return till_error_memory(error);
    }
    enum till_status status = end_stretch(stretches, error);
    *summary =
        (struct till_ledger_summary){.newest_day = stretches->newest.newest,
                                     .next_newest_day = stretches->newest.next,
                                     .repeats_totals = stretches->totals.several && !stretches->totals.amounts_differ};
    return status;
}
