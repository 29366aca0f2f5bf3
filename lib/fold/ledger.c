/* The ledger: rows become purchases.
 *
 * Customers are coded by a dictionary. With an order column (or, without one, the time of the row) rows of one order
 * are gathered in an entry: its customer, earliest day, money and number of rows, found through a table of 8-byte slots
 * (tag and index) under the hash of (customer, order fingerprint). Entries lie in the order of their first rows, so
 * that the lines of an order, which mostly stand together in an export, meet in the cache. With settings.rows each row
 * is a purchase of its own, and entries are (customer, day).
 *
 * Everything in an entry is a sum, a minimum or a set, so ledgers add up in any order. Sums cannot overflow: the sum of
 * all absolute amounts is kept in 128 bits, and has to stay below 2^63. */
#include "lib/fold/ledger_state.h"

#include <stdlib.h>
#include <string.h>

#include <till/decimal.h>
#include <till/hash.h>

#include "lib/base/bytes.h"
#include "lib/fold/order_total.h"
#include "lib/fold/sum.h"

enum { BATCH = 64 };

/* ------------------------------------------------------------------ life */

/* Also for a ledger that was only half made. */
static void destroy(void *state) {
    struct till_ledger *ledger = state;
    if (ledger != NULL) {
        till_dictionary_free(ledger->customers);
        if (ledger->table != NULL) {
            ledger_table_free(ledger->table);
        }
        free(ledger->table);
        free(ledger->totals);
        free(ledger->codes);
        free(ledger);
    }
}

/* What the plan says about columns is copied, and the pointer to it dropped: a ledger may be saved, loaded and merged
 * after the input is gone. The table and the totals are allocated apart, so that reading a ledger, which leaves what it
 * says as it is, may still put its entries in order (ledger_settle). */
static enum till_status create(void **state, const void *settings, struct till_error *error) {
    struct till_ledger *ledger = calloc(1, sizeof *ledger);
    if (ledger == NULL) {
        return till_error_memory(error);
    }
    ledger->settings = *(const struct till_ledger_settings *)settings;
    if (ledger->settings.transactions != NULL) {
        const struct till_transactions *transactions = ledger->settings.transactions;
        memcpy(ledger->at, transactions->at, sizeof ledger->at);
        ledger->day_column = transactions->wanted[transactions->at[TILL_ROLE_DATE]].type == TILL_DAY;
    }
    ledger->settings.transactions = NULL;
    newest_start(&ledger->newest);
    ledger->customers = till_dictionary_new();
    ledger->table = calloc(1, sizeof *ledger->table);
    ledger->totals = calloc(1, sizeof *ledger->totals);
    /* Amounts that stand for whole orders are compared row by row, so their orders must be found at once. */
    bool indexed = ledger->settings.amount_per_order && !ledger->settings.rows;
    if (ledger->customers == NULL || ledger->table == NULL || ledger->totals == NULL ||
        !ledger_table_start(ledger->table, indexed)) {
        destroy(ledger);
        return till_error_memory(error);
    }
    *state = ledger;
    return TILL_OK;
}

/* ------------------------------------------------------------------ adding */

/* Twice the rows of the first block: blocks differ somewhat in size. */
static enum till_status reserve_codes(struct till_ledger *ledger, size_t rows, struct till_error *error) {
    if (rows > ledger->code_capacity) {
        free(ledger->codes);
        ledger->codes = malloc(2 * rows * sizeof *ledger->codes);
        ledger->code_capacity = ledger->codes == NULL ? 0 : 2 * rows;
    }
    return ledger->codes == NULL ? till_error_memory(error) : TILL_OK;
}

/* The day of a row, whichever type the date column has. */
static int32_t day_of(const struct till_ledger *ledger, const struct till_block *block, size_t row) {
    const struct till_vector *dates = &block->columns[ledger->at[TILL_ROLE_DATE]];
    return ledger->day_column ? dates->day[row] : till_date_day(dates->time[row]);
}

/* till_slice_equal without a call for the usual lengths of ids: two words that overlap cover them. */
static inline bool same_id(struct till_slice a, struct till_slice b) {
    if (a.length != b.length || a.length < 8 || a.length > 16) {
        return till_slice_equal(a, b);
    }
    return load_64(a.bytes) == load_64(b.bytes) && load_64(a.bytes + a.length - 8) == load_64(b.bytes + b.length - 8);
}

/* What tells this row's order from all others, its customer's code in it: two customers may use the same order id. 96
 * bits of a fingerprint stand for the id: with 10^9 orders, the chance that any two are taken for one is below 10^-11.
 * `before` is the key of the row before, or NULL: the rows of an order mostly stand together, and have their
 * fingerprint taken once. */
static struct ledger_key key_of(const struct till_ledger *ledger, const struct till_block *block, size_t row,
                                const struct ledger_key *before) {
    size_t column = ledger->at[TILL_ROLE_ORDER];
    uint32_t customer = ledger->codes[row];
    if (ledger->settings.rows) {
        bool is_return = block->columns[ledger->at[TILL_ROLE_AMOUNT]].money[row] < 0;
        return (struct ledger_key){(uint64_t)(uint32_t)day_of(ledger, block, row),
                                   is_return ? LEDGER_RETURNS : LEDGER_PURCHASES, customer};
    }
    if (column == TILL_NO_COLUMN) {
        const struct till_vector *dates = &block->columns[ledger->at[TILL_ROLE_DATE]];
        int64_t time = ledger->day_column ? (int64_t)dates->day[row] * 86400 : dates->time[row];
        return (struct ledger_key){(uint64_t)time, LEDGER_TIME, customer};
    }
    const struct till_slice *order = &block->columns[column].text[row];
    if (before != NULL && same_id(order[0], order[-1])) {
        return (struct ledger_key){before->low, before->high, customer};
    }
    struct till_fingerprint fingerprint = till_fingerprint_of(order->bytes, order->length);
    return (struct ledger_key){fingerprint.low, (uint32_t)fingerprint.high, customer};
}

/* Whether an order's id is above all before it, in byte order. One that is not ends it for good: from then on the id of
 * an earlier order may come back at any time. */
static bool rises(struct rising_ids *rising, struct till_slice id) {
    struct till_slice highest = {rising->highest, rising->length};
    if (rising->broken || id.length > sizeof rising->highest || till_slice_compare(id, highest) <= 0) {
        rising->broken = true;
        return false;
    }
    memcpy(rising->highest, id.bytes, id.length);
    rising->length = id.length;
    return true;
}

/* Adds a row to the entry of its order: a sum, a minimum, a count, none of which depends on the order of rows. Whether
 * the rows of an order all have the same amount is noticed on the way, since that is what a total repeated on each line
 * looks like: all amounts so far are equal, so the sum is their number times any of them. */
static void add_to_order(struct till_ledger *ledger, struct ledger_entry *entry, int32_t day, int64_t amount) {
    if (entry->rows > 0 && !ledger->totals->amounts_differ && !ledger->settings.rows) {
        ledger->totals->several = true;
        ledger->totals->amounts_differ = (till_wide)amount * entry->rows != entry->spent;
    }
    entry->day = entry->rows == 0 || day < entry->day ? day : entry->day;
    entry->spent += amount;
    entry->rows++;
}

/* Adds the rows start..end-1. A status other than TILL_OK can only mean that memory is out: rejecting a row is no
 * failure here. */
static enum till_status add_rows(struct till_ledger *ledger, struct till_block *block, size_t start, size_t end,
                                 const struct ledger_key *keys, struct till_error *error) {
    const int64_t *amounts = block->columns[ledger->at[TILL_ROLE_AMOUNT]].money;
    bool by_id = ledger->at[TILL_ROLE_ORDER] != TILL_NO_COLUMN && !ledger->settings.rows && !ledger->table->indexed;
    for (size_t row = start; row < end; row++) {
        struct ledger_entry *entry = ledger->table->last;
        if (!ledger_table_is_last(ledger->table, keys[row - start])) {
            bool fresh = by_id && rises(&ledger->rising, block->columns[ledger->at[TILL_ROLE_ORDER]].text[row]);
            entry = fresh ? ledger_table_append(ledger->table, keys[row - start])
                          : ledger_table_entry(ledger->table, keys[row - start]);
        }
        enum till_status status = entry == NULL ? TILL_ERROR_MEMORY : TILL_OK;
        if (entry != NULL && ledger->settings.amount_per_order && !ledger->settings.rows) {
            bool rejected;
            status = order_total_add(entry, block, row, day_of(ledger, block, row), amounts[row], &rejected);
        } else if (entry != NULL) {
            add_to_order(ledger, entry, day_of(ledger, block, row), amounts[row]);
        }
        if (status != TILL_OK) {
            return till_error_memory(error);
        }
    }
    return TILL_OK;
}

/* Keys are made for a batch before any entry is touched: two short loops, each with its own memory in the cache. */
static enum till_status add_batches(struct till_ledger *ledger, struct till_block *block, struct till_error *error) {
    struct ledger_key keys[BATCH];
    for (size_t start = 0; start < block->rows; start += BATCH) {
        size_t end = block->rows - start < BATCH ? block->rows : start + BATCH;
        for (size_t row = start; row < end; row++) {
            keys[row - start] = key_of(ledger, block, row, row > start ? &keys[row - start - 1] : NULL);
        }
        enum till_status status = add_rows(ledger, block, start, end, keys, error);
        if (status != TILL_OK) {
            return status;
        }
    }
    return TILL_OK;
}

/* Gathering is done when the entries have doubled since the last time, so that its cost stays in proportion to the
 * rows, and memory to the orders. The sum of absolute amounts is checked before any is added: no entry can overflow
 * then. */
static enum till_status add(void *state, struct till_block *block, struct till_error *error) {
    struct till_ledger *ledger = state;
    const int64_t *amounts = block->columns[ledger->at[TILL_ROLE_AMOUNT]].money;
    enum till_status status = reserve_codes(ledger, block->rows, error);
    if (status == TILL_OK && ledger_table_is_due(ledger->table) && !ledger_settle(ledger)) {
        status = till_error_memory(error);
    }
    if (status != TILL_OK) {
        return status;
    }
    for (size_t row = 0; row < block->rows; row++) {
        newest_add(&ledger->newest, day_of(ledger, block, row));
    }
    status = sum_absolute(&ledger->absolute, amounts, block->rows, error);
    const struct till_slice *customers = block->columns[ledger->at[TILL_ROLE_CUSTOMER]].text;
    if (status == TILL_OK && !till_dictionary_add_all(ledger->customers, customers, block->rows, ledger->codes)) {
        status = till_error_memory(error);
    }
    return status == TILL_OK ? add_batches(ledger, block, error) : status;
}

/* ------------------------------------------------------------------ merging */

/* Adds up two entries of one order; `totals` NULL: it is not an order but a day. Amounts differ when the means of the
 * two entries do, compared crosswise in 128 bits, without a division. */
static void merge_entry(void *context, struct ledger_entry *mine, const struct ledger_entry *other) {
    struct ledger_totals *totals = context;
    if (mine->rows > 0 && totals != NULL && !totals->amounts_differ) {
        totals->several = true;
        totals->amounts_differ = (till_wide)mine->spent * other->rows != (till_wide)other->spent * mine->rows;
    }
    mine->day = mine->rows == 0 || other->day < mine->day ? other->day : mine->day;
    mine->spent += other->spent;
    mine->rows += other->rows;
}

/* Makes the entries unique. It takes a ledger that is not to be changed: the entries are others afterwards, but every
 * figure read off them is the same. */
bool ledger_settle(const struct till_ledger *ledger) {
    return ledger_table_gather(ledger->table, merge_entry, ledger->settings.rows ? NULL : ledger->totals);
}

/* Adds the entries of another ledger, its codes of customers translated to those of this one. */
static enum till_status merge_entries(struct till_ledger *into, const struct till_ledger *other, const uint32_t *codes,
                                      struct till_error *error) {
    enum till_status status = TILL_OK;
    for (size_t i = 0; status == TILL_OK && i < other->table->count; i++) {
        const struct ledger_entry *entry = ledger_table_at(other->table, i);
        struct ledger_key key = {entry->key.low, entry->key.high, codes[entry->key.customer]};
        struct ledger_entry *mine = ledger_table_entry(into->table, key);
        if (mine == NULL) {
            status = till_error_memory(error);
        } else if (into->settings.amount_per_order) {
            status = order_total_merge(mine, entry, error);
        } else {
            merge_entry(into->settings.rows ? NULL : into->totals, mine, entry);
        }
    }
    return status;
}

/* Each worker's dictionary gave codes in the order in which its own rows came; names are what they have in common. The
 * sum of absolute amounts is checked again: each part may be within the limit and the whole beyond it. */
static enum till_status merge(void *state, void *from, struct till_error *error) {
    struct till_ledger *into = state;
    struct till_ledger *other = from;
    uint32_t count = till_dictionary_count(other->customers);
    uint32_t *codes = malloc((count + 1) * sizeof *codes);
    if (codes == NULL) {
        return till_error_memory(error);
    }
    bool fine = true;
    for (uint32_t code = 0; fine && code < count; code++) {
        fine = till_dictionary_add(into->customers, till_dictionary_text(other->customers, code), &codes[code]);
    }
    enum till_status status = fine ? merge_entries(into, other, codes, error) : till_error_memory(error);
    free(codes);
    into->rising.broken = true; /* what came in is not known by its ids */
    newest_merge(&into->newest, &other->newest);
    into->absolute += other->absolute;
    into->totals->several |= other->totals->several;
    into->totals->amounts_differ |= other->totals->amounts_differ;
    return status == TILL_OK ? sum_check(into->absolute, error) : status;
}

/* ------------------------------------------------------------------ reading */

uint32_t till_ledger_customers(const struct till_ledger *ledger) {
    return till_dictionary_count(ledger->customers);
}

struct till_slice till_ledger_customer(const struct till_ledger *ledger, uint32_t customer) {
    return till_dictionary_text(ledger->customers, customer);
}

/* For those who keep figures by code. */
const struct till_dictionary *till_ledger_names(const struct till_ledger *ledger) {
    return ledger->customers;
}

bool till_ledger_order(const struct till_ledger *ledger, uint32_t *order) {
    return till_dictionary_order(ledger->customers, order);
}

/* The day before the newest is told too, so that a caller can warn of a date that is far ahead of all others. */
int32_t till_ledger_newest_day(const struct till_ledger *ledger, int32_t *next) {
    if (next != NULL) {
        *next = ledger->newest.next;
    }
    return ledger->newest.newest;
}

/* True when some order has several rows, and no order has rows of different amounts: the column then probably holds the
 * total of the order on each of its lines, and adding it up counts it several times. */
bool till_ledger_repeats_totals(const struct till_ledger *ledger) {
    return ledger_settle(ledger) && ledger->totals->several && !ledger->totals->amounts_differ;
}

/* In batches, so that the visitor's call costs little and it can ask for the memory of all of them at once. */
bool till_ledger_each(const struct till_ledger *ledger, till_ledger_visit *visit, void *context) {
    struct till_ledger_day events[BATCH];
    if (!ledger_settle(ledger)) {
        return false;
    }
    size_t count = ledger->table->count;
    for (size_t start = 0; start < count; start += BATCH) {
        size_t batch = count - start < BATCH ? count - start : BATCH;
        for (size_t i = 0; i < batch; i++) {
            events[i] = ledger_event(&ledger->settings, ledger_table_at(ledger->table, start + i));
        }
        visit(context, events, batch);
    }
    return true;
}

/* ------------------------------------------------------------------ history */

/* Days move towards the front, so this is done in place. False when memory is out. */
static bool gather_days(struct till_ledger_history *history) {
    struct day_sorter sorter = {0};
    size_t kept = 0;
    bool fine = true;
    for (uint32_t c = 0; fine && c < history->customers; c++) {
        size_t start = history->first[c], count = history->first[c + 1] - start;
        history->first[c] = kept;
        fine = day_sorter_reserve(&sorter, count);
        if (fine && count > 0) {
            memcpy(sorter.days, history->days + start, count * sizeof *history->days);
            kept += ledger_days_gather(&sorter, count, history->days + kept);
        }
    }
    history->first[history->customers] = kept;
    day_sorter_free(&sorter);
    return fine;
}

/* Puts the events behind one another by customer, by counting: how many each one has, then where each one's begin, then
 * each to its place. Linear, and needs no sort over all customers. */
static void place_events(const struct till_ledger *ledger, struct till_ledger_history *history, const uint32_t *rank) {
    size_t count = ledger->table->count;
    for (size_t i = 0; i < count; i++) {
        history->first[rank[ledger_table_at(ledger->table, i)->key.customer] + 1]++;
    }
    for (uint32_t c = 0; c < history->customers; c++) {
        history->first[c + 1] += history->first[c];
    }
    for (size_t i = 0; i < count; i++) {
        struct till_ledger_day event = ledger_event(&ledger->settings, ledger_table_at(ledger->table, i));
        size_t *next = &history->first[rank[event.customer]];
        history->days[(*next)++] = event;
    }
    /* Each start has moved on to the next one's. */
    memmove(history->first + 1, history->first, history->customers * sizeof *history->first);
    history->first[0] = 0;
}

/* Customers are numbered by the byte order of their names, so that histories are the same however the input was cut. */
enum till_status till_ledger_history(const struct till_ledger *ledger, struct till_ledger_history *history,
                                     struct till_error *error) {
    if (!ledger_settle(ledger)) {
        return till_error_memory(error);
    }
    uint32_t customers = till_ledger_customers(ledger);
    *history = (struct till_ledger_history){
        .customers = customers,
        .customer = malloc((customers + 1) * sizeof *history->customer),
        .first = calloc((size_t)customers + 1, sizeof *history->first),
        .days = malloc((ledger->table->count + 1) * sizeof *history->days),
    };
    uint32_t *rank = malloc((customers + 1) * sizeof *rank);
    bool fine = history->customer != NULL && history->first != NULL && history->days != NULL && rank != NULL &&
                till_ledger_order(ledger, history->customer);
    if (!fine) {
        free(rank);
        till_ledger_history_free(history);
        return till_error_memory(error);
    }
    for (uint32_t c = 0; c < customers; c++) {
        rank[history->customer[c]] = c;
    }
    place_events(ledger, history, rank);
    free(rank);
    if (!gather_days(history)) {
        till_ledger_history_free(history);
        return till_error_memory(error);
    }
    return TILL_OK;
}

void till_ledger_history_free(struct till_ledger_history *history) {
    free(history->customer);
    free(history->first);
    free(history->days);
    *history = (struct till_ledger_history){0};
}

/* The ledger as a table: a row for each customer and day. */
static enum till_status finish(const void *state, struct till_table **table, struct till_error *error) {
    const struct till_ledger *ledger = state;
    struct till_ledger_history history;
    enum till_status status = till_ledger_history(ledger, &history, error);
    if (status != TILL_OK) {
        return status;
    }
    *table = till_table_new(history.first[history.customers]);
    struct till_slice *customer = *table == NULL ? NULL : till_table_add(*table, "customer", TILL_TEXT);
    int32_t *day = *table == NULL ? NULL : till_table_add(*table, "day", TILL_DAY);
    uint64_t *purchases = *table == NULL ? NULL : till_table_add(*table, "purchases", TILL_COUNT);
    uint64_t *returns = *table == NULL ? NULL : till_table_add(*table, "returns", TILL_COUNT);
    uint64_t *rows = *table == NULL ? NULL : till_table_add(*table, "rows", TILL_COUNT);
    int64_t *spent = *table == NULL ? NULL : till_table_add(*table, "spent", TILL_MONEY);
    int64_t *returned = *table == NULL ? NULL : till_table_add(*table, "returned", TILL_MONEY);
    bool fine = customer != NULL && day != NULL && purchases != NULL && returns != NULL && rows != NULL &&
                spent != NULL && returned != NULL;
    for (uint32_t c = 0; fine && c < history.customers; c++) {
        struct till_slice name = till_table_keep(*table, till_ledger_customer(ledger, history.customer[c]));
        fine = name.bytes != NULL;
        for (size_t i = history.first[c]; fine && i < history.first[c + 1]; i++) {
            const struct till_ledger_day *event = &history.days[i];
            customer[i] = name;
            day[i] = event->day;
            purchases[i] = event->purchases;
            returns[i] = event->returns;
            rows[i] = event->rows;
            spent[i] = event->spent;
            returned[i] = event->returned;
        }
    }
    till_ledger_history_free(&history);
    if (!fine) {
        till_table_free(*table);
        *table = NULL;
        return till_error_memory(error);
    }
    return TILL_OK;
}

/* Amounts that stand for whole orders are compared row by row: whichever row comes second is the bad one. All else adds
 * up in any order. */
static bool is_ordered(const void *settings) {
    return ((const struct till_ledger_settings *)settings)->amount_per_order;
}

const struct till_aggregate till_ledger_aggregate = {
    .name = "ledger",
    .version = 1,
    .ordered = is_ordered,
    .create = create,
    .add = add,
    .merge = merge,
    .finish = finish,
    .save = ledger_save,
    .load = ledger_load,
    .destroy = destroy,
};
