/* First and last purchase, frequency and money of each customer.
 *
 * All of it is read off the ledger, except in the one case that needs no ledger: where each row is a purchase of its
 * own and purchases are counted, a row changes four numbers of its customer and is forgotten. Both ways count by the
 * same function. */
#include <till/rfm_customers.h>

#include <stdlib.h>
#include <string.h>

#include <till/dictionary.h>
#include <till/table.h>

#include "lib/base/pages.h"
#include "lib/fold/newest.h"
#include "lib/fold/saved.h"
#include "lib/fold/sum.h"
#include "lib/mining/rfm/figures.h"

/* ------------------------------------------------------------------ counting */

/* Sums, maxima and a flag: figures of parts of the rows make up those of all rows, in whatever order they are merged. A
 * day that is not known is rank 0 and gives way to any other. */
void figures_merge(struct figure *into, const struct figure *other) {
    into->monetary += other->monetary;
    into->frequency += other->frequency;
    into->first = other->first > into->first ? other->first : into->first;
    into->last = other->last > into->last ? other->last : into->last;
    into->returned |= other->returned;
}

/* Where the figures of customers lie: beside their names, or in an array of their own. */
struct figures {
    const struct till_dictionary *names;
    struct figure *of; /* by code; NULL: beside the names */
};

/* Beside its name, a customer's figure comes into the cache with the probe that found the name. */
static const struct figure *figure_of(const struct figures *figures, uint32_t code) {
    return figures->of != NULL ? &figures->of[code] : till_dictionary_kept(figures->names, code);
}

/* ------------------------------------------------------------------ columns */

/* All columns of a result, one place more than needed, so that no customers is no special case. On failure the caller
 * frees what there is. */
static bool allocate(struct till_rfm_customers *customers, size_t count) {
    *customers = (struct till_rfm_customers){
        .customer = pages_array((count + 1) * sizeof *customers->customer),
        .first = pages_array((count + 1) * sizeof *customers->first),
        .last = pages_array((count + 1) * sizeof *customers->last),
        .frequency = pages_array((count + 1) * sizeof *customers->frequency),
        .monetary = pages_array((count + 1) * sizeof *customers->monetary),
        .newest_day = TILL_DAY_MISSING,
        .next_newest_day = TILL_DAY_MISSING,
    };
    return customers->customer != NULL && customers->first != NULL && customers->last != NULL &&
           customers->frequency != NULL && customers->monetary != NULL;
}

/* Also for a result that was only half made. */
void till_rfm_customers_free(struct till_rfm_customers *customers) {
    free(customers->customer);
    free(customers->first);
    free(customers->last);
    free(customers->frequency);
    free(customers->monetary);
    till_text_free(&customers->names);
    *customers = (struct till_rfm_customers){0};
}

/* Copies all names into one text, so that the result outlives the aggregate that it was read from. The text is reserved
 * as a whole: it must not move once slices point at it. */
static bool copy_names(struct till_rfm_customers *customers) {
    size_t bytes = 1;
    for (size_t i = 0; i < customers->count; i++) {
        bytes += customers->customer[i].length;
    }
    if (!till_text_reserve(&customers->names, bytes)) {
        return false;
    }
    for (size_t i = 0; i < customers->count; i++) {
        struct till_slice *name = &customers->customer[i];
        const char *copy = customers->names.bytes + customers->names.length;
        till_text_append(&customers->names, name->bytes, name->length); /* there is room */
        name->bytes = copy;
    }
    return true;
}

/* Returns can be meant in two ways, so a run that was told neither stops, and says both. */
static enum till_status refuse_return(struct till_slice customer, struct till_error *error) {
    char quoted[TILL_QUOTED_SIZE];
    till_error_set(error, TILL_ERROR_DATA,
                   "a return, of customer %s (--returns=net counts it, --returns=drop leaves it out)",
                   till_error_quote(quoted, customer.bytes, customer.length));
    till_error_at(error, NULL, 0, 0, "amount");
    return TILL_ERROR_DATA;
}

/* One who only returned things has money but no days. */
enum till_status figures_add(struct till_rfm_customers *customers, struct till_slice name, const struct figure *figure,
                             enum till_rfm_returns returns, struct till_error *error) {
    bool bought = figure->frequency > 0;
    if (figure->returned != 0 && returns == TILL_RFM_RETURNS_ERROR) {
        return refuse_return(name, error);
    }
    if (!bought && returns == TILL_RFM_RETURNS_DROP) {
        return TILL_OK;
    }
    size_t at = customers->count++;
    customers->customer[at] = name;
    customers->first[at] = bought ? figure_day(~figure->first) : TILL_DAY_MISSING;
    customers->last[at] = bought ? figure_day(figure->last) : TILL_DAY_MISSING;
    customers->frequency[at] = figure->frequency;
    customers->monetary[at] = figure->monetary;
    return TILL_OK;
}

/* The figures as columns, in byte order of the customers' names: that order does not depend on how the rows were cut,
 * codes do. It goes through memory at random, so figures are asked for some rows ahead. The refusal of a return also
 * comes in this order: the same customer is named each time. */
static enum till_status make_columns(const struct figures *figures, enum till_rfm_returns returns,
                                     struct till_rfm_customers *customers, struct till_error *error) {
    enum { AHEAD = 16 };
    uint32_t count = till_dictionary_count(figures->names);
    uint32_t *order = pages_array((count + 1) * sizeof *order);
    bool fine = allocate(customers, count) && order != NULL && till_dictionary_order(figures->names, order);
    enum till_status status = fine ? TILL_OK : till_error_memory(error);
    for (uint32_t i = 0; status == TILL_OK && i < count; i++) {
        if (i + AHEAD < count) {
            __builtin_prefetch(figure_of(figures, order[i + AHEAD]));
        }
        status = figures_add(customers, till_dictionary_text(figures->names, order[i]), figure_of(figures, order[i]),
                             returns, error);
    }
    free(order);
    if (status == TILL_OK && !copy_names(customers)) {
        status = till_error_memory(error);
    }
    if (status != TILL_OK) {
        till_rfm_customers_free(customers);
    }
    return status;
}

/* ------------------------------------------------------------------ from a ledger */

/* What counting needs beside an event. */
struct counting {
    struct figure *of;
    enum till_rfm_returns returns;
};

/* Two passes over a batch: the first only asks for the memory of all customers in it, so that the misses overlap. */
static void count_events(void *context, const struct till_ledger_day *events, size_t count) {
    struct counting *counting = context;
    for (size_t i = 0; i < count; i++) {
        __builtin_prefetch(&counting->of[events[i].customer], 1);
    }
    for (size_t i = 0; i < count; i++) {
        figures_count(&counting->of[events[i].customer], &events[i], counting->returns);
    }
}

/* Frequency as days: however many orders a day had, it counts once. Days of a customer are only together in the
 * history, so this case needs it. */
static enum till_status count_days(const struct till_ledger *ledger, struct counting *counting,
                                   struct till_error *error) {
    struct till_ledger_history history;
    enum till_status status = till_ledger_history(ledger, &history, error);
    if (status != TILL_OK) {
        return status;
    }
    for (size_t i = 0; i < history.first[history.customers]; i++) {
        struct till_ledger_day event = history.days[i];
        event.purchases = event.purchases > 0;
        count_events(counting, &event, 1);
    }
    till_ledger_history_free(&history);
    return TILL_OK;
}

/* Figures start as zeros, which is a customer of whom nothing is known. The days that the run is warned about come from
 * all rows, returns among them. */
enum till_status till_rfm_customers_from(const struct till_ledger *ledger,
                                         const struct till_rfm_customers_options *options,
                                         struct till_rfm_customers *customers, struct till_error *error) {
    struct pages pages = {0};
    enum till_status status = TILL_OK;
    if (!pages_resize(&pages, (till_ledger_customers(ledger) + 1) * sizeof(struct figure))) {
        return till_error_memory(error);
    }
    struct counting counting = {pages.memory, options->returns};
    struct figures figures = {till_ledger_names(ledger), pages.memory};
    if (options->days) {
        status = count_days(ledger, &counting, error);
    } else if (!till_ledger_each(ledger, count_events, &counting)) {
        status = till_error_memory(error);
    }
    if (status == TILL_OK) {
        status = make_columns(&figures, options->returns, customers, error);
    }
    if (status == TILL_OK) {
        customers->newest_day = till_ledger_newest_day(ledger, &customers->next_newest_day);
        customers->repeats_totals = till_ledger_repeats_totals(ledger);
    }
    pages_free(&pages);
    return status;
}

/* ------------------------------------------------------------------ the aggregate */

/* Either a ledger, or names with figures beside them, never both. */
struct state {
    struct till_rfm_settings settings;
    void *ledger; /* NULL: rows are counted as they come */
    size_t customer_at;
    size_t date_at;
    size_t amount_at;
    bool day_column;
    struct till_dictionary *names; /* a struct figure is kept beside each */
    struct newest_days newest;
    wide_sum absolute;
    uint32_t *codes;
    size_t code_capacity;
};

static void destroy(void *context) {
    struct state *state = context;
    if (state != NULL) {
        if (state->ledger != NULL) {
            till_ledger_aggregate.destroy(state->ledger);
        }
        till_dictionary_free(state->names);
        free(state->codes);
        free(state);
    }
}

/* A row can be forgotten as soon as it is counted only when it is a purchase by itself and days do not matter; else
 * rows of one order, or of one day, have to be brought together first. */
static bool needs_ledger(const struct till_rfm_settings *settings) {
    return !settings->ledger.rows || settings->options.days;
}

/* The plan is read here and the pointer to it dropped, as in the ledger: the state may live longer than the input. */
static enum till_status create(void **context, const void *settings, struct till_error *error) {
    struct state *state = calloc(1, sizeof *state);
    if (state == NULL) {
        return till_error_memory(error);
    }
    state->settings = *(const struct till_rfm_settings *)settings;
    const struct till_transactions *transactions = state->settings.ledger.transactions;
    enum till_status status = TILL_OK;
    if (needs_ledger(&state->settings)) {
        status = till_ledger_aggregate.create(&state->ledger, &state->settings.ledger, error);
    } else {
        newest_start(&state->newest);
        state->names = till_dictionary_new_with(sizeof(struct figure));
        status = state->names == NULL ? till_error_memory(error) : TILL_OK;
    }
    if (transactions != NULL) {
        state->customer_at = transactions->at[TILL_ROLE_CUSTOMER];
        state->date_at = transactions->at[TILL_ROLE_DATE];
        state->amount_at = transactions->at[TILL_ROLE_AMOUNT];
        state->day_column = transactions->wanted[state->date_at].type == TILL_DAY;
    }
    state->settings.ledger.transactions = NULL;
    if (status != TILL_OK) {
        destroy(state);
        return status;
    }
    *context = state;
    return TILL_OK;
}

/* The codes of a block's customers, new ones added. The array is only made larger. */
static bool code_customers(struct state *state, const struct till_block *block) {
    if (block->rows > state->code_capacity) {
        free(state->codes);
        state->codes = malloc(2 * block->rows * sizeof *state->codes);
        state->code_capacity = state->codes == NULL ? 0 : 2 * block->rows;
    }
    return state->codes != NULL &&
           till_dictionary_add_all(state->names, block->columns[state->customer_at].text, block->rows, state->codes);
}

/* The day of a row, whichever type the date column has. */
static inline int32_t day_at(const struct state *state, const struct till_vector *dates, size_t row) {
    return state->day_column ? dates->day[row] : till_date_day(dates->time[row]);
}

/* The whole work where no ledger is needed: four numbers of one customer change. Which one it is was settled for the
 * block before, so its memory can be asked for well ahead. */
static void count_rows(struct state *state, const struct till_block *block) {
    enum { AHEAD = 64 }; /* rows: enough for a miss of all caches */
    const struct till_vector *dates = &block->columns[state->date_at];
    const int64_t *amounts = block->columns[state->amount_at].money;
    bool drop = state->settings.options.returns == TILL_RFM_RETURNS_DROP;
    for (size_t row = 0; row < block->rows; row++) {
        if (row + AHEAD < block->rows) {
            __builtin_prefetch(till_dictionary_kept(state->names, state->codes[row + AHEAD]), 1);
        }
        int32_t day = day_at(state, dates, row);
        newest_add(&state->newest, day);
        figures_count_row(till_dictionary_kept(state->names, state->codes[row]), day, amounts[row], drop);
    }
}

/* The sum of absolute amounts is checked before any is added, so no customer's money can overflow, in any order of
 * rows. */
static enum till_status add(void *context, struct till_block *block, struct till_error *error) {
    struct state *state = context;
    if (state->ledger != NULL) {
        return till_ledger_aggregate.add(state->ledger, block, error);
    }
    const int64_t *amounts = block->columns[state->amount_at].money;
    enum till_status status = sum_absolute(&state->absolute, amounts, block->rows, error);
    if (status != TILL_OK) {
        return status;
    }
    if (!code_customers(state, block)) {
        return till_error_memory(error);
    }
    count_rows(state, block);
    return TILL_OK;
}

/* Names are what two states have in common, codes are not. They are added in batches, which overlap their misses; the
 * other state is left as it is. */
static enum till_status merge(void *context, void *from, struct till_error *error) {
    struct state *into = context;
    struct state *other = from;
    if (into->ledger != NULL) {
        return till_ledger_aggregate.merge(into->ledger, other->ledger, error);
    }
    enum { BATCH = 1024 };
    struct till_slice names[BATCH];
    uint32_t codes[BATCH];
    uint32_t count = till_dictionary_count(other->names);
    for (uint32_t start = 0; start < count; start += BATCH) {
        uint32_t batch = count - start < BATCH ? count - start : BATCH;
        for (uint32_t i = 0; i < batch; i++) {
            names[i] = till_dictionary_text(other->names, start + i);
        }
        if (!till_dictionary_add_all(into->names, names, batch, codes)) {
            return till_error_memory(error);
        }
        for (uint32_t i = 0; i < batch; i++) {
            figures_merge(till_dictionary_kept(into->names, codes[i]), till_dictionary_kept(other->names, start + i));
        }
    }
    newest_merge(&into->newest, &other->newest);
    into->absolute += other->absolute;
    return sum_check(into->absolute, error);
}

/* Without a ledger there are no orders, so nothing can be said of totals that repeat. */
enum till_status till_rfm_customers_finish(const void *context, struct till_rfm_customers *customers,
                                           struct till_error *error) {
    const struct state *state = context;
    if (state->ledger != NULL) {
        return till_rfm_customers_from(state->ledger, &state->settings.options, customers, error);
    }
    struct figures figures = {state->names, NULL};
    enum till_status status = make_columns(&figures, state->settings.options.returns, customers, error);
    if (status == TILL_OK) {
        customers->newest_day = state->newest.newest;
        customers->next_newest_day = state->newest.next;
    }
    return status;
}

/* The same figures as a table, for whoever treats all aggregates alike. */
static enum till_status finish(const void *context, struct till_table **table, struct till_error *error) {
    struct till_rfm_customers customers = {0};
    enum till_status status = till_rfm_customers_finish(context, &customers, error);
    if (status != TILL_OK) {
        return status;
    }
    size_t count = customers.count;
    /* Columns are only asked for when there is a table; one test of all of them follows. */
    *table = till_table_new(count);
    struct till_slice *customer = *table == NULL ? NULL : till_table_add(*table, "customer", TILL_TEXT);
    int32_t *first = *table == NULL ? NULL : till_table_add(*table, "first", TILL_DAY);
    int32_t *last = *table == NULL ? NULL : till_table_add(*table, "last", TILL_DAY);
    uint64_t *frequency = *table == NULL ? NULL : till_table_add(*table, "frequency", TILL_COUNT);
    int64_t *monetary = *table == NULL ? NULL : till_table_add(*table, "monetary", TILL_MONEY);
    bool fine = customer != NULL && first != NULL && last != NULL && frequency != NULL && monetary != NULL;
    for (size_t i = 0; fine && i < count; i++) {
        customer[i] = till_table_keep(*table, customers.customer[i]);
        fine = customer[i].bytes != NULL;
        first[i] = customers.first[i];
        last[i] = customers.last[i];
        frequency[i] = customers.frequency[i];
        monetary[i] = customers.monetary[i];
    }
    till_rfm_customers_free(&customers);
    if (!fine) {
        till_table_free(*table);
        *table = NULL;
        return till_error_memory(error);
    }
    return TILL_OK;
}

/* ------------------------------------------------------------------ the saved form */

/* Four words and the name; two numbers of 32 bits share a word. */
static bool save_customer(const struct state *state, uint32_t code, struct till_text *out) {
    const struct figure *figure = till_dictionary_kept(state->names, code);
    struct till_slice name = till_dictionary_text(state->names, code);
    return saved_put(out, name.length) && till_text_append(out, name.bytes, name.length) &&
           saved_put(out, (uint64_t)figure->monetary) &&
           saved_put(out, figure->frequency | (uint64_t)figure->returned << 32) &&
           saved_put(out, figure->first | (uint64_t)figure->last << 32);
}

/* Customers in byte order of their names: equal states have equal bytes, whatever way they came about. */
static enum till_status save(const void *context, struct till_text *out, struct till_error *error) {
    const struct state *state = context;
    if (state->ledger != NULL) {
        return till_ledger_aggregate.save(state->ledger, out, error);
    }
    uint32_t count = till_dictionary_count(state->names);
    uint32_t *order = malloc((count + 1) * sizeof *order);
    bool fine = order != NULL && till_dictionary_order(state->names, order) &&
                saved_put(out, (uint64_t)(int64_t)state->newest.newest) &&
                saved_put(out, (uint64_t)(int64_t)state->newest.next) && saved_put(out, (uint64_t)state->absolute) &&
                saved_put(out, count);
    for (uint32_t i = 0; fine && i < count; i++) {
        fine = save_customer(state, order[i], out);
    }
    free(order);
    return fine ? TILL_OK : till_error_memory(error);
}

/* Saved figures are checked like any input: they may be cut off, or something else. */
static enum till_status refuse(struct till_error *error) {
    return till_error_set(error, TILL_ERROR_STATE, "the saved figures are damaged");
}

/* Purchases have days, in their order, and nothing else has. */
static bool is_sound(const struct state *state, const struct figure *figure) {
    if (figure->frequency == 0) {
        return figure->first == 0 && figure->last == 0;
    }
    int32_t first = figure_day(~figure->first);
    int32_t last = figure_day(figure->last);
    return first <= last && newest_allows(&state->newest, first) && newest_allows(&state->newest, last);
}

/* `absolute` sums the absolute money of all so far. */
/* Codes are given in the order of names, so a name that gets another code than its number stood there before. */
static enum till_status load_customer(struct state *state, struct saved *in, uint64_t code, wide_sum *absolute,
                                      struct till_error *error) {
    struct till_slice name = saved_get_bytes(in, saved_get(in));
    uint64_t monetary = saved_get(in);
    uint64_t counts = saved_get(in);
    uint64_t days = saved_get(in);
    uint32_t added;
    if (!in->fine) {
        return refuse(error);
    }
    if (!till_dictionary_add(state->names, name, &added)) {
        return till_error_memory(error);
    }
    /* The name stood there before. */
    if (added != code) {
        return refuse(error);
    }
    struct figure *figure = till_dictionary_kept(state->names, added);
    *figure = (struct figure){(int64_t)monetary, (uint32_t)counts, (uint32_t)days, (uint32_t)(days >> 32),
                              (counts >> 32) != 0};
    return is_sound(state, figure) && sum_allows(absolute, figure->monetary, state->absolute) ? TILL_OK : refuse(error);
}

/* Bytes that are left over are as wrong as bytes that are missing. */
static enum till_status load_figures(struct state *state, struct till_slice bytes, struct till_error *error) {
    struct saved in = {bytes.bytes, bytes.length, true};
    state->newest.newest = (int32_t)saved_get(&in);
    state->newest.next = (int32_t)saved_get(&in);
    state->absolute = saved_get(&in);
    uint64_t count = saved_get(&in);
    bool fine = in.fine && state->absolute <= INT64_MAX && newest_is_sound(&state->newest);
    enum till_status status = fine ? TILL_OK : refuse(error);
    wide_sum absolute = 0;
    for (uint64_t i = 0; status == TILL_OK && i < count; i++) {
        status = load_customer(state, &in, i, &absolute, error);
    }
    /* Bytes beyond the last customer. */
    return status == TILL_OK && in.left != 0 ? refuse(error) : status;
}

/* The settings decide which of the two forms the bytes have; they are kept by whoever keeps the bytes. */
static enum till_status load(void **context, const void *settings, struct till_slice bytes, struct till_error *error) {
    void *made;
    enum till_status status = create(&made, settings, error);
    if (status != TILL_OK) {
        return status;
    }
    struct state *state = made;
    if (state->ledger != NULL) {
        till_ledger_aggregate.destroy(state->ledger);
        state->ledger = NULL;
        status = till_ledger_aggregate.load(&state->ledger, &state->settings.ledger, bytes, error);
    } else {
        status = load_figures(state, bytes, error);
    }
    if (status != TILL_OK) {
        destroy(state);
        return status;
    }
    *context = state;
    return TILL_OK;
}

/* Only a ledger ever needs its rows in order. */
static bool is_ordered(const void *settings) {
    return till_ledger_aggregate.ordered(&((const struct till_rfm_settings *)settings)->ledger);
}

const struct till_aggregate till_rfm_aggregate = {
    .name = "rfm",
    .version = 1,
    .ordered = is_ordered,
    .create = create,
    .add = add,
    .merge = merge,
    .finish = finish,
    .save = save,
    .load = load,
    .destroy = destroy,
};
