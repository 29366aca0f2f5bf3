/* Keeps the rows, sorts them by customer and order, and hands out features customer by customer.
 *
 * Rows are sorted by everything that is in them, so that the order of the input leaves no trace; those of a state are
 * kept as its entries, which come in order. Customers are worked on in batches, side by side; rows are handed on batch
 * by batch in the order of the customers. */
#include <stdlib.h>
#include <string.h>

#include <till/arrays.h>
#include <till/date.h>
#include <till/decimal.h>
#include <till/dictionary.h>
#include <till/hash.h>
#include <till/parallel.h>

#include "lib/fold/newest.h"
#include "lib/fold/order_total.h"

#include "parts.h"

enum { SLICE = 64, BATCH_ROWS = 65536 };

struct till_features {
    struct till_features_settings settings;
    size_t at[TILL_ROLES];
    bool has_days; /* dates come as days, not as times */
    bool of_state; /* rows come from a state, and are in `entries` */
    struct features_entries entries;
    struct till_dictionary *customers;
    struct till_dictionary *items;
    struct features_event *events;
    size_t count;
    size_t capacity;
    struct ledger_table *totals; /* of the orders, where amounts are per order; else NULL */
    uint32_t *codes;             /* scratch: customers and items of a block */
    size_t code_capacity;
    struct newest_days newest;
    int32_t oldest;
    till_wide absolute; /* sum of absolute amounts */
    bool has_items;
    bool several;        /* there are orders of several rows ... */
    bool amounts_differ; /* ... and one whose rows do not all have the same amount */
    /* Once all rows are there: */
    size_t *first;   /* [customers + 1]: where the rows of each begin; NULL: not sorted yet */
    uint32_t *order; /* [customers]: their codes, in byte order of the ids */
    bool settled;
    size_t most; /* rows of one customer */
};

/* ---- taking rows ---- */

enum till_status till_features_new(struct till_features **features, const struct till_transactions *transactions,
                                   const struct till_features_settings *settings, struct till_error *error) {
    struct till_features *made = calloc(1, sizeof *made);
    *features = NULL;
    if (made == NULL)
        return till_error_memory(error);
    made->settings = *settings;
    made->of_state = transactions == NULL;
    for (size_t role = 0; role < TILL_ROLES; role++)
        made->at[role] = transactions == NULL ? TILL_NO_COLUMN : transactions->at[role];
    made->has_days = transactions != NULL && transactions->wanted[transactions->at[TILL_ROLE_DATE]].type == TILL_DAY;
    made->has_items = made->at[TILL_ROLE_ITEM] != TILL_NO_COLUMN;
    newest_start(&made->newest);
    made->oldest = TILL_DAY_MISSING;
    made->customers = till_dictionary_new();
    made->items = till_dictionary_new();
    bool totals = settings->amount_per_order && !settings->rows && transactions != NULL;
    made->totals = totals ? calloc(1, sizeof *made->totals) : NULL;
    if (made->customers == NULL || made->items == NULL ||
        (totals && (made->totals == NULL || !ledger_table_start(made->totals, true)))) {
        till_features_free(made);
        return till_error_memory(error);
    }
    *features = made;
    return TILL_OK;
}

void till_features_free(struct till_features *features) {
    if (features == NULL)
        return;
    till_dictionary_free(features->customers);
    till_dictionary_free(features->items);
    if (features->totals != NULL)
        ledger_table_free(features->totals);
    free(features->totals);
    features_entries_free(&features->entries);
    free(features->first);
    free(features->order);
    free(features->events);
    free(features->codes);
    free(features);
}

static enum till_status reserve(struct till_features *features, size_t rows, struct till_error *error) {
    const struct till_array events = TILL_ARRAY(features->events);
    bool fine = till_arrays_reserve(&events, 1, features->count + rows, &features->capacity);
    return fine ? TILL_OK : till_error_memory(error);
}

/* Customers and items of so many rows. */
static enum till_status reserve_codes(struct till_features *features, size_t rows, struct till_error *error) {
    if (rows <= features->code_capacity)
        return TILL_OK;
    free(features->codes);
    features->codes = malloc(2 * rows * sizeof *features->codes);
    features->code_capacity = features->codes == NULL ? 0 : rows;
    return features->codes == NULL ? till_error_memory(error) : TILL_OK;
}

/* What tells the row's order from all others of its customer: the order's fingerprint, its time, or its own number. */
static void set_order(const struct till_features *features, struct features_event *event,
                      const struct till_block *block, size_t row) {
    size_t column = features->at[TILL_ROLE_ORDER];
    const struct till_vector *dates = &block->columns[features->at[TILL_ROLE_DATE]];
    event->order[0] = event->order[1] = 0;
    if (features->settings.rows) {
        event->order[0] = features->count;
    } else if (column == TILL_NO_COLUMN) {
        event->order[0] = (uint64_t)(features->has_days ? (int64_t)dates->day[row] * 86400 : dates->time[row]);
    } else {
        struct till_slice order = block->columns[column].text[row];
        struct till_fingerprint fingerprint = till_fingerprint_of(order.bytes, order.length);
        event->order[0] = fingerprint.high;
        event->order[1] = fingerprint.low;
    }
}

/* Codes of the items of a block, behind those of its customers. A missing item has none. */
static enum till_status code_items(struct till_features *features, const struct till_block *block,
                                   struct till_error *error) {
    size_t column = features->at[TILL_ROLE_ITEM];
    uint32_t *codes = features->codes + block->rows;
    for (size_t row = 0; row < block->rows; row++) {
        codes[row] = FEATURES_NO_ITEM;
        if (column != TILL_NO_COLUMN && block->columns[column].text[row].bytes != NULL &&
            !till_dictionary_add(features->items, block->columns[column].text[row], &codes[row]))
            return till_error_memory(error);
    }
    return TILL_OK;
}

/* An order's amount counts in its first row alone; *rejected: the row is bad. */
static enum till_status take_total(struct till_features *features, struct till_block *block, size_t row,
                                   struct features_event *event, bool *rejected) {
    struct ledger_key key = {event->order[0], (uint32_t)event->order[1], event->customer};
    struct ledger_entry *entry = ledger_table_entry(features->totals, key);
    if (entry == NULL)
        return TILL_ERROR_MEMORY;
    return order_total_add(entry, block, row, event->day, event->amount, rejected);
}

static void note_day(struct till_features *features, int32_t day) {
    newest_add(&features->newest, day);
    features->oldest = features->oldest == TILL_DAY_MISSING || day < features->oldest ? day : features->oldest;
}

static enum till_status refuse_sum(struct till_error *error) {
    return till_error_set(error, TILL_ERROR_DATA,
                          "the amounts add up to more than 922,337,203,685,477 in absolute value");
}

static enum till_status add_row(struct till_features *features, struct till_block *block, size_t row,
                                struct till_error *error) {
    const struct till_vector *dates = &block->columns[features->at[TILL_ROLE_DATE]];
    struct features_event *event = &features->events[features->count];
    bool rejected = false;
    event->customer = features->codes[row];
    event->item = features->codes[block->rows + row];
    event->day = features->has_days ? dates->day[row] : till_date_day(dates->time[row]);
    event->amount = block->columns[features->at[TILL_ROLE_AMOUNT]].money[row];
    set_order(features, event, block, row);
    note_day(features, event->day);
    features->absolute += event->amount < 0 ? -(till_wide)event->amount : event->amount;
    if (features->totals != NULL && take_total(features, block, row, event, &rejected) != TILL_OK)
        return till_error_memory(error);
    features->count += !rejected;
    return TILL_OK;
}

static enum till_status add(void *state, struct till_block *block, struct till_error *error) {
    struct till_features *features = state;
    const struct till_slice *customers = block->columns[features->at[TILL_ROLE_CUSTOMER]].text;
    enum till_status status = reserve(features, block->rows, error);
    if (status == TILL_OK)
        status = reserve_codes(features, block->rows, error);
    if (status == TILL_OK && !till_dictionary_add_all(features->customers, customers, block->rows, features->codes))
        status = till_error_memory(error);
    if (status == TILL_OK)
        status = code_items(features, block, error);
    for (size_t row = 0; status == TILL_OK && row < block->rows; row++)
        status = add_row(features, block, row, error);
    if (status == TILL_OK && features->absolute > INT64_MAX)
        status = refuse_sum(error);
    return status;
}

/* ---- rows that were taken apart ---- */

/* The codes of a dictionary's texts in another one, to which they are added; the caller's to free. NULL when memory is
 * out. */
static uint32_t *translate(struct till_dictionary *into, const struct till_dictionary *from) {
    uint32_t count = till_dictionary_count(from);
    uint32_t *codes = malloc((count + 1) * sizeof *codes);
    for (uint32_t code = 0; codes != NULL && code < count; code++)
        if (!till_dictionary_add(into, till_dictionary_text(from, code), &codes[code])) {
            free(codes);
            codes = NULL;
        }
    return codes;
}

static enum till_status merge_totals(struct till_features *features, const struct till_features *other,
                                     const uint32_t *customers, struct till_error *error) {
    enum till_status status = TILL_OK;
    for (size_t i = 0; features->totals != NULL && status == TILL_OK && i < other->totals->count; i++) {
        const struct ledger_entry *entry = ledger_table_at(other->totals, i);
        struct ledger_key key = {entry->key.low, entry->key.high, customers[entry->key.customer]};
        struct ledger_entry *mine = ledger_table_entry(features->totals, key);
        status = mine == NULL ? till_error_memory(error) : order_total_merge(mine, entry, error);
    }
    return status;
}

/* Each worker has given codes in the order in which its own rows came. Rows that are orders of their own keep different
 * numbers. */
static enum till_status merge(void *state, void *from, struct till_error *error) {
    struct till_features *features = state;
    const struct till_features *other = from;
    uint32_t *customers = translate(features->customers, other->customers);
    uint32_t *items = translate(features->items, other->items);
    bool fine = customers != NULL && items != NULL;
    enum till_status status = fine ? reserve(features, other->count, error) : till_error_memory(error);
    if (status == TILL_OK)
        status = merge_totals(features, other, customers, error);
    uint64_t behind = features->settings.rows ? features->count : 0;
    for (size_t i = 0; status == TILL_OK && i < other->count; i++) {
        struct features_event *event = &features->events[features->count++];
        *event = other->events[i];
        event->customer = customers[event->customer];
        event->item = event->item == FEATURES_NO_ITEM ? FEATURES_NO_ITEM : items[event->item];
        event->order[0] += behind;
    }
    newest_merge(&features->newest, &other->newest);
    if (other->oldest != TILL_DAY_MISSING)
        note_day(features, other->oldest);
    features->absolute += other->absolute;
    free(customers);
    free(items);
    return status == TILL_OK && features->absolute > INT64_MAX ? refuse_sum(error) : status;
}

static bool is_ordered(const void *settings) {
    const struct till_features_settings *wishes = &((const struct till_features_input *)settings)->settings;
    return wishes->amount_per_order && !wishes->rows;
}

static enum till_status create(void **state, const void *settings, struct till_error *error) {
    const struct till_features_input *input = settings;
    struct till_features *features;
    enum till_status status = till_features_new(&features, input->transactions, &input->settings, error);
    *state = features;
    return status;
}

static void destroy(void *state) {
    till_features_free(state);
}

const struct till_aggregate till_features_aggregate = {
    .name = "features", .ordered = is_ordered, .create = create, .add = add, .merge = merge, .destroy = destroy};

/* ---- taking entries of a state ---- */

/* The sum of absolute amounts is checked before any is added up. */
static enum till_status add_customer(struct till_features *features, const struct till_state_customer *customer,
                                     struct till_error *error) {
    for (size_t i = 0; i < customer->count; i++) {
        const struct till_state_entry *entry = &customer->entries[i];
        note_day(features, entry->day);
        features->absolute += (till_wide)entry->spent - entry->returned;
    }
    return features->absolute > INT64_MAX
               ? refuse_sum(error)
               : features_entries_add(&features->entries, &features->settings, customer, error);
}

enum till_status till_features_add_customers(struct till_features *features,
                                             const struct till_state_customer *customers, size_t count,
                                             struct till_error *error) {
    enum till_status status = TILL_OK;
    for (size_t i = 0; status == TILL_OK && i < count; i++)
        status = add_customer(features, &customers[i], error);
    return status;
}

int32_t till_features_newest_day(const struct till_features *features, int32_t *next) {
    if (next != NULL)
        *next = features->newest.next;
    return features->newest.newest;
}

int32_t till_features_oldest_day(const struct till_features *features) {
    return features->oldest;
}

bool till_features_has_items(const struct till_features *features) {
    return features->has_items;
}

void till_features_expect_items(struct till_features *features, bool items) {
    features->has_items = items;
}

bool till_features_repeats_totals(const struct till_features *features) {
    return features->several && !features->amounts_differ;
}

void till_features_settle(struct till_features *features, const int32_t *cutoffs, size_t count, int32_t data_end) {
    features->settings.cutoffs = cutoffs;
    features->settings.cutoff_count = count;
    features->settings.data_end = data_end;
}

/* ---- sorting ---- */

static int compare_words(uint64_t a, uint64_t b) {
    return (a > b) - (a < b);
}

/* Within a customer: by order, then by all that is left, so that rows that tie are the same row. */
static int compare_events(const void *a, const void *b) {
    const struct features_event *x = a, *y = b;
    int order = compare_words(x->order[0], y->order[0]);
    if (order == 0)
        order = compare_words(x->order[1], y->order[1]);
    if (order == 0)
        order = (x->day > y->day) - (x->day < y->day);
    if (order == 0)
        order = (x->amount > y->amount) - (x->amount < y->amount);
    return order != 0 ? order : (x->item > y->item) - (x->item < y->item);
}

/* Puts the rows of each customer together, and sorts them; first[c]..first[c + 1] are those of code c. */
static bool sort_events(struct till_features *features, size_t *first) {
    size_t customers = till_dictionary_count(features->customers);
    struct features_event *sorted = calloc(features->count + 1, sizeof *sorted);
    size_t *next = malloc((customers + 1) * sizeof *next);
    if (sorted == NULL || next == NULL) {
        free(sorted);
        free(next);
        return false;
    }
    for (size_t i = 0; i < features->count; i++)
        first[features->events[i].customer + 1]++;
    for (size_t i = 0; i < customers; i++)
        first[i + 1] += first[i];
    memcpy(next, first, (customers + 1) * sizeof *next);
    for (size_t i = 0; i < features->count; i++)
        sorted[next[features->events[i].customer]++] = features->events[i];
    for (size_t i = 0; i < customers; i++)
        qsort(sorted + first[i], first[i + 1] - first[i], sizeof *sorted, compare_events);
    free(next);
    free(features->events);
    features->events = sorted;
    features->capacity = features->count;
    return true;
}

/* ---- orders as they are meant ---- */

static bool same_order(const struct features_event *a, const struct features_event *b) {
    return a->order[0] == b->order[0] && a->order[1] == b->order[1];
}

enum till_status features_refuse(struct till_slice customer, struct till_error *error) {
    char name[TILL_QUOTED_SIZE];
    return till_error_set(error, TILL_ERROR_DATA,
                          "customer %s: an order sums below zero, and --returns=error refuses that",
                          till_error_quote(name, customer.bytes, customer.length));
}

/* Amounts that stand for a whole order count in its first row alone; returns are looked for where they are refused. */
static enum till_status settle_orders(struct till_features *features, struct till_error *error) {
    struct features_event *events = features->events;
    for (size_t from = 0, to; from < features->count; from = to) {
        int64_t total = events[from].amount;
        for (to = from + 1; to < features->count && events[to].customer == events[from].customer &&
                            same_order(&events[to], &events[from]);
             to++) {
            features->several = true;
            features->amounts_differ = features->amounts_differ || events[to].amount != events[from].amount;
            if (features->totals != NULL)
                events[to].amount = 0;
            total += events[to].amount;
        }
        if (features->settings.refuse_returns && total < 0)
            return features_refuse(till_dictionary_text(features->customers, events[from].customer), error);
    }
    return TILL_OK;
}

/* Customers and their rows in order. */
static enum till_status put_in_order(struct till_features *features, struct till_error *error) {
    size_t customers = till_dictionary_count(features->customers);
    features->first = calloc(customers + 2, sizeof *features->first);
    features->order = malloc((customers + 1) * sizeof *features->order);
    if (features->first == NULL || features->order == NULL ||
        !till_dictionary_order(features->customers, features->order) || !sort_events(features, features->first))
        return till_error_memory(error);
    for (size_t i = 0; i < customers; i++)
        if (features->first[i + 1] - features->first[i] > features->most)
            features->most = features->first[i + 1] - features->first[i];
    return settle_orders(features, error);
}

/* Once all rows are there. */
static enum till_status settle(struct till_features *features, struct till_error *error) {
    enum till_status status = TILL_OK;
    if (features->settings.data_end == TILL_DAY_MISSING)
        features->settings.data_end = features->newest.newest;
    if (features->settled)
        return TILL_OK;
    if (features->of_state) {
        features->most = features->entries.most;
        features->several = features->entries.several;
        features->amounts_differ = features->entries.differ;
    } else {
        free(features->first);
        free(features->order);
        status = put_in_order(features, error);
    }
    features->settled = status == TILL_OK;
    return status;
}

static size_t count_customers(const struct till_features *features) {
    return features->of_state ? features->entries.count : till_dictionary_count(features->customers);
}

/* The i-th customer, in byte order of the ids. */
static struct till_slice name_of(const struct till_features *features, size_t i) {
    return features->of_state ? features_entries_name(&features->entries, i)
                              : till_dictionary_text(features->customers, features->order[i]);
}

/* The rows of the i-th customer; how many there are. */
static size_t rows_of(const struct till_features *features, size_t i, struct features_room *room,
                      const struct features_event **rows) {
    if (features->of_state) {
        *rows = room->events;
        return features_entries_rows(&features->entries, i, room->events);
    }
    size_t first = features->first[features->order[i]], end = features->first[features->order[i] + 1];
    *rows = features->events + first;
    return end - first;
}

/* ---- handing out ---- */

struct handout {
    struct till_features *features;
    struct features_room *rooms; /* [threads] */
    size_t from;                 /* the batch: customers from..to-1 of the order */
    size_t to;
    struct till_features_row *rows; /* [batch][cutoffs] */
    signed char *there;             /* the same: what features_compute said */
};

static bool make_room(struct features_room *room, const struct till_features *features) {
    size_t most = features->most + 1;
    room->events = features->of_state ? malloc(most * sizeof *room->events) : NULL;
    room->met = malloc(most * sizeof *room->met);
    room->orders = malloc(most * sizeof *room->orders);
    room->days = malloc(most * sizeof *room->days);
    room->keys = malloc(most * sizeof *room->keys);
    room->spare_keys = malloc(most * sizeof *room->spare_keys);
    room->dates = calloc(FEATURES_DATES, sizeof *room->dates);
    return (room->events != NULL || !features->of_state) && room->met != NULL && room->orders != NULL &&
           room->days != NULL && room->keys != NULL && room->spare_keys != NULL && room->dates != NULL;
}

static void free_room(struct features_room *room) {
    free(room->events);
    free(room->met);
    free(room->orders);
    free(room->days);
    free(room->keys);
    free(room->spare_keys);
    free(room->dates);
}

/* A room is made when its worker comes for the first time. */
static enum till_status compute_slice(void *context, size_t index, unsigned worker, struct till_error *error) {
    struct handout *work = context;
    const struct till_features *features = work->features;
    struct features_room *room = &work->rooms[worker];
    size_t cutoffs = features->settings.cutoff_count;
    size_t from = work->from + index * SLICE;
    size_t to = from + SLICE < work->to ? from + SLICE : work->to;
    if (room->met == NULL && !make_room(room, features)) {
        free_room(room);
        *room = (struct features_room){0};
        return till_error_memory(error);
    }
    for (size_t i = from; i < to; i++) {
        const struct features_event *events;
        size_t count = rows_of(features, i, room, &events);
        for (size_t c = 0; c < cutoffs; c++) {
            size_t at = (i - work->from) * cutoffs + c;
            work->there[at] = (signed char)features_compute(&features->settings, features->settings.cutoffs[c], events,
                                                            count, room, &work->rows[at]);
            work->rows[at].customer = name_of(features, i);
        }
    }
    return TILL_OK;
}

static enum till_status hand_batch(struct handout *work, till_features_take *take, void *context,
                                   struct till_features_count *counts, struct till_error *error) {
    size_t cutoffs = work->features->settings.cutoff_count;
    enum till_status status = TILL_OK;
    for (size_t at = 0; at < (work->to - work->from) * cutoffs && status == TILL_OK; at++) {
        struct till_features_count *count = counts == NULL ? NULL : &counts[at % cutoffs];
        if (count != NULL && work->there[at] >= 0) {
            count->rows += work->there[at] == 1;
            count->left_out += work->there[at] == 0;
            count->churned += work->there[at] == 1 && work->rows[at].churned == 1;
        }
        if (work->there[at] == 1 || (work->there[at] == 0 && work->features->settings.all))
            status = take(context, &work->rows[at], error);
    }
    return status;
}

static enum till_status hand_out(struct handout *work, unsigned threads, till_features_take *take, void *context,
                                 struct till_features_count *counts, struct till_error *error) {
    size_t customers = count_customers(work->features);
    size_t cutoffs = work->features->settings.cutoff_count;
    size_t batch = BATCH_ROWS / (cutoffs + 1) < SLICE ? SLICE : BATCH_ROWS / (cutoffs + 1);
    batch = batch < customers ? batch : customers;
    work->rows = malloc((batch * cutoffs + 1) * sizeof *work->rows);
    work->there = malloc(batch * cutoffs + 1);
    work->rooms = calloc((size_t)threads + 1, sizeof *work->rooms);
    enum till_status status =
        work->rows == NULL || work->there == NULL || work->rooms == NULL ? till_error_memory(error) : TILL_OK;
    for (work->from = 0; work->from < customers && status == TILL_OK; work->from = work->to) {
        work->to = work->from + batch < customers ? work->from + batch : customers;
        status = till_parallel_for(threads, (work->to - work->from + SLICE - 1) / SLICE, compute_slice, work, error);
        if (status == TILL_OK)
            status = hand_batch(work, take, context, counts, error);
    }
    for (size_t i = 0; work->rooms != NULL && i <= threads; i++)
        free_room(&work->rooms[i]);
    free(work->rooms);
    free(work->rows);
    free(work->there);
    return status;
}

enum till_status till_features_each(struct till_features *features, unsigned threads, till_features_take *take,
                                    void *context, struct till_features_count *counts, struct till_error *error) {
    struct handout work = {.features = features};
    if (counts != NULL)
        memset(counts, 0, features->settings.cutoff_count * sizeof *counts);
    enum till_status status = settle(features, error);
    return status == TILL_OK ? hand_out(&work, threads, take, context, counts, error) : status;
}

/* ---- gaps ---- */

/* Counts the gaps of all customers by their days. */
static uint64_t count_gaps(const struct till_features *features, struct features_room *room, uint64_t *gaps) {
    uint64_t count = 0;
    for (size_t i = 0; i < count_customers(features); i++) {
        const struct features_event *rows;
        size_t visits = rows_of(features, i, room, &rows);
        visits = features_visits(rows, visits, features->settings.data_end, room);
        for (size_t v = 1; v < visits; v++)
            gaps[room->days[v].day - room->days[v - 1].day]++;
        count += visits < 2 ? 0 : visits - 1;
    }
    return count;
}

enum till_status till_features_gaps(struct till_features *features, double share, uint64_t *count, int32_t *days,
                                    struct till_error *error) {
    struct features_room room = {0};
    uint64_t seen = 0;
    *count = 0;
    *days = TILL_DAY_MISSING;
    enum till_status status = settle(features, error);
    if (status != TILL_OK || count_customers(features) == 0)
        return status;
    size_t longest = (size_t)(features->newest.newest - features->oldest);
    uint64_t *gaps = calloc(longest + 1, sizeof *gaps);
    if (gaps == NULL || !make_room(&room, features))
        status = till_error_memory(error);
    if (status == TILL_OK)
        *count = count_gaps(features, &room, gaps);
    for (size_t gap = 1; status == TILL_OK && gap <= longest && *days == TILL_DAY_MISSING; gap++) {
        seen += gaps[gap];
        if (*count > 0 && (double)seen >= share * (double)*count)
            *days = (int32_t)gap;
    }
    free_room(&room);
    free(gaps);
    return status;
}
