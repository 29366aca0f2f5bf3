/* Keeps the rows, sorts them by customer and order, and hands out features customer by customer.
 *
 * Rows are sorted by everything that is in them, so that the order of the input leaves no trace. Customers are worked
 * on in batches, side by side; rows are handed on batch by batch in the order of the customers. */
#include <stdlib.h>
#include <string.h>

#include <till/date.h>
#include <till/decimal.h>
#include <till/dictionary.h>
#include <till/hash.h>
#include <till/parallel.h>

#include "parts.h"

enum { SLICE = 64, BATCH_ROWS = 65536 };

struct till_features {
    struct till_features_settings settings;
    size_t at[TILL_ROLES];
    bool has_days; /* dates come as days, not as times */
    struct till_dictionary *customers;
    struct till_dictionary *items;
    struct features_event *events;
    size_t count;
    size_t capacity;
    uint32_t *codes; /* scratch: customers and items of a block */
    size_t code_capacity;
    int32_t newest;
    till_wide absolute; /* sum of absolute amounts */
    bool settled;       /* orders are as they are meant */
};

/* ---- taking rows ---- */

enum till_status till_features_new(struct till_features **features, const struct till_transactions *transactions,
                                   const struct till_features_settings *settings, struct till_error *error) {
    struct till_features *made = calloc(1, sizeof *made);
    *features = NULL;
    if (made == NULL)
        return till_error_memory(error);
    made->settings = *settings;
    memcpy(made->at, transactions->at, sizeof made->at);
    made->has_days = transactions->wanted[transactions->at[TILL_ROLE_DATE]].type == TILL_DAY;
    made->newest = TILL_DAY_MISSING;
    made->customers = till_dictionary_new();
    made->items = till_dictionary_new();
    if (made->customers == NULL || made->items == NULL) {
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
    free(features->events);
    free(features->codes);
    free(features);
}

static enum till_status reserve(struct till_features *features, size_t rows, struct till_error *error) {
    if (features->count + rows > features->capacity) {
        size_t capacity = features->count + rows + features->capacity / 2;
        void *moved = realloc(features->events, capacity * sizeof *features->events);
        if (moved == NULL)
            return till_error_memory(error);
        features->events = moved;
        features->capacity = capacity;
    }
    if (rows > features->code_capacity) {
        free(features->codes);
        features->codes = malloc(2 * rows * sizeof *features->codes);
        features->code_capacity = features->codes == NULL ? 0 : rows;
    }
    return features->codes == NULL ? till_error_memory(error) : TILL_OK;
}

/* What tells the row's order from all others of its customer: the order's fingerprint, its time, or its own number. */
static void set_order(const struct till_features *features, struct features_event *event,
                      const struct till_block *block, size_t row) {
    size_t column = features->at[TILL_ROLE_ORDER];
    const struct till_vector *dates = &block->columns[features->at[TILL_ROLE_DATE]];
    event->order[0] = event->order[1] = 0;
    if (features->settings.rows) {
        event->order[0] = (uint64_t)features->count + row;
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

enum till_status till_features_add(struct till_features *features, const struct till_block *block,
                                   struct till_error *error) {
    const struct till_vector *dates = &block->columns[features->at[TILL_ROLE_DATE]];
    const int64_t *amounts = block->columns[features->at[TILL_ROLE_AMOUNT]].money;
    const struct till_slice *customers = block->columns[features->at[TILL_ROLE_CUSTOMER]].text;
    enum till_status status = reserve(features, block->rows, error);
    if (status == TILL_OK && !till_dictionary_add_all(features->customers, customers, block->rows, features->codes))
        status = till_error_memory(error);
    if (status == TILL_OK)
        status = code_items(features, block, error);
    for (size_t row = 0; status == TILL_OK && row < block->rows; row++) {
        struct features_event *event = &features->events[features->count + row];
        event->customer = features->codes[row];
        event->item = features->codes[block->rows + row];
        event->day = features->has_days ? dates->day[row] : till_date_day(dates->time[row]);
        event->amount = amounts[row];
        set_order(features, event, block, row);
        features->newest = event->day > features->newest ? event->day : features->newest;
        features->absolute += event->amount < 0 ? -(till_wide)event->amount : event->amount;
    }
    if (status == TILL_OK && features->absolute > INT64_MAX)
        status = till_error_set(error, TILL_ERROR_DATA,
                                "the amounts add up to more than 922,337,203,685,477 in absolute value");
    features->count += status == TILL_OK ? block->rows : 0;
    return status;
}

int32_t till_features_newest_day(const struct till_features *features) {
    return features->newest;
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
static enum till_status sort_events(struct till_features *features, size_t *first, struct till_error *error) {
    size_t customers = till_dictionary_count(features->customers);
    struct features_event *sorted = malloc((features->count + 1) * sizeof *sorted);
    size_t *next = malloc((customers + 1) * sizeof *next);
    if (sorted == NULL || next == NULL) {
        free(sorted);
        free(next);
        return till_error_memory(error);
    }
    memset(first, 0, (customers + 1) * sizeof *first);
    for (size_t i = 0; i < features->count; i++)
        first[features->events[i].customer + 1]++;
    for (size_t i = 0; i < customers; i++)
        first[i + 1] += first[i];
    memcpy(next, first, (customers + 1) * sizeof *next);
    for (size_t i = 0; i < features->count; i++)
        sorted[next[features->events[i].customer]++] = features->events[i];
    for (size_t i = 0; i < customers; i++)
        qsort(sorted + first[i], first[i + 1] - first[i], sizeof *sorted, compare_events);
    free(features->events);
    free(next);
    features->events = sorted;
    features->capacity = features->count;
    return TILL_OK;
}

/* ---- orders as they are meant ---- */

static bool same_order(const struct features_event *a, const struct features_event *b) {
    return a->order[0] == b->order[0] && a->order[1] == b->order[1];
}

static enum till_status refuse(const struct till_features *features, const struct features_event *event,
                               const char *what, struct till_error *error) {
    char name[TILL_QUOTED_SIZE];
    struct till_slice customer = till_dictionary_text(features->customers, event->customer);
    return till_error_set(error, TILL_ERROR_DATA, "customer %s: %s",
                          till_error_quote(name, customer.bytes, customer.length), what);
}

/* Amounts that stand for a whole order count in its first row alone; returns are looked for where they are refused. */
static enum till_status settle_orders(struct till_features *features, struct till_error *error) {
    const struct till_features_settings *settings = &features->settings;
    struct features_event *events = features->events;
    if (features->settled)
        return TILL_OK;
    features->settled = true;
    for (size_t from = 0, to; from < features->count; from = to) {
        int64_t money = events[from].amount, total = events[from].amount;
        for (to = from + 1; to < features->count && events[to].customer == events[from].customer &&
                            same_order(&events[to], &events[from]);
             to++) {
            if (settings->amount_per_order && !settings->rows) {
                if (events[to].amount != money)
                    return refuse(features, &events[from], "an order has two amounts (--amount-per=order)", error);
                events[to].amount = 0;
            }
            total += events[to].amount;
        }
        if (settings->refuse_returns && total < 0)
            return refuse(features, &events[from], "an order sums below zero, and --returns=error refuses that", error);
    }
    return TILL_OK;
}

/* ---- handing out ---- */

struct handout {
    struct till_features *features;
    const size_t *first;
    const uint32_t *order;
    size_t most; /* rows of one customer */
    size_t from; /* the batch: customers from..to-1 of the order */
    size_t to;
    struct till_features_row *rows; /* [batch][cutoffs] */
    signed char *there;             /* the same: what features_compute said */
};

static bool make_room(struct features_room *room, size_t most) {
    room->orders = malloc((most + 1) * sizeof *room->orders);
    room->days = malloc((most + 1) * sizeof *room->days);
    room->numbers = malloc((most + 1) * sizeof *room->numbers);
    room->items = malloc((most + 1) * sizeof *room->items);
    return room->orders != NULL && room->days != NULL && room->numbers != NULL && room->items != NULL;
}

static void free_room(struct features_room *room) {
    free(room->orders);
    free(room->days);
    free(room->numbers);
    free(room->items);
}

static enum till_status compute_slice(void *context, size_t index, unsigned worker, struct till_error *error) {
    struct handout *work = context;
    const struct till_features *features = work->features;
    size_t cutoffs = features->settings.cutoff_count;
    size_t from = work->from + index * SLICE;
    size_t to = from + SLICE < work->to ? from + SLICE : work->to;
    struct features_room room = {0};
    bool fine = make_room(&room, work->most);
    (void)worker;
    for (size_t i = from; fine && i < to; i++) {
        size_t first = work->first[work->order[i]], end = work->first[work->order[i] + 1];
        for (size_t c = 0; c < cutoffs; c++) {
            size_t at = (i - work->from) * cutoffs + c;
            work->there[at] =
                (signed char)features_compute(&features->settings, features->settings.cutoffs[c],
                                              features->events + first, end - first, &room, &work->rows[at]);
            work->rows[at].customer = till_dictionary_text(features->customers, work->order[i]);
        }
    }
    free_room(&room);
    return fine ? TILL_OK : till_error_memory(error);
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
        if (work->there[at] == 1)
            status = take(context, &work->rows[at], error);
    }
    return status;
}

static enum till_status hand_out(struct handout *work, unsigned threads, till_features_take *take, void *context,
                                 struct till_features_count *counts, struct till_error *error) {
    size_t customers = till_dictionary_count(work->features->customers);
    size_t cutoffs = work->features->settings.cutoff_count;
    size_t batch = BATCH_ROWS / (cutoffs + 1) < SLICE ? SLICE : BATCH_ROWS / (cutoffs + 1);
    batch = batch < customers ? batch : customers;
    work->rows = malloc((batch * cutoffs + 1) * sizeof *work->rows);
    work->there = malloc(batch * cutoffs + 1);
    enum till_status status = work->rows == NULL || work->there == NULL ? till_error_memory(error) : TILL_OK;
    for (size_t i = 0; i < customers; i++)
        if (work->first[i + 1] - work->first[i] > work->most)
            work->most = work->first[i + 1] - work->first[i];
    for (work->from = 0; work->from < customers && status == TILL_OK; work->from = work->to) {
        work->to = work->from + batch < customers ? work->from + batch : customers;
        status = till_parallel_for(threads, (work->to - work->from + SLICE - 1) / SLICE, compute_slice, work, error);
        if (status == TILL_OK)
            status = hand_batch(work, take, context, counts, error);
    }
    free(work->rows);
    free(work->there);
    return status;
}

enum till_status till_features_each(struct till_features *features, unsigned threads, till_features_take *take,
                                    void *context, struct till_features_count *counts, struct till_error *error) {
    size_t customers = till_dictionary_count(features->customers);
    size_t *first = malloc((customers + 2) * sizeof *first);
    uint32_t *order = malloc((customers + 1) * sizeof *order);
    enum till_status status = TILL_OK;
    if (features->settings.data_end == TILL_DAY_MISSING)
        features->settings.data_end = features->newest;
    if (counts != NULL)
        memset(counts, 0, features->settings.cutoff_count * sizeof *counts);
    if (first == NULL || order == NULL || !till_dictionary_order(features->customers, order))
        status = till_error_memory(error);
    if (status == TILL_OK)
        status = sort_events(features, first, error);
    if (status == TILL_OK)
        status = settle_orders(features, error);
    struct handout work = {.features = features, .first = first, .order = order};
    if (status == TILL_OK)
        status = hand_out(&work, threads, take, context, counts, error);
    free(first);
    free(order);
    return status;
}
