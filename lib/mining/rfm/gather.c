/* Figures of customers who come in parts, stretch by stretch. They come in order and each whole, so that what is
 * counted of one is a row of the result. */
#include <till/rfm_customers.h>

#include <stdlib.h>

#include "lib/mining/rfm/figures.h"

struct till_rfm_gather {
    struct till_rfm_customers_options options;
    struct till_rfm_customers all; /* names are of the right length, and point nowhere, until the end */
    size_t capacity;
};

struct till_rfm_gather *till_rfm_gather_new(const struct till_rfm_customers_options *options) {
    struct till_rfm_gather *gather = calloc(1, sizeof *gather);
    if (gather != NULL) {
        gather->options = *options;
    }
    return gather;
}

void till_rfm_gather_free(struct till_rfm_gather *gather) {
    if (gather != NULL) {
        till_rfm_customers_free(&gather->all);
        free(gather);
    }
}

static bool grow(void **array, size_t size) {
    void *grown = realloc(*array, size);
    *array = grown == NULL ? *array : grown;
    return grown != NULL;
}

/* Room for so many customers more. */
static bool reserve(struct till_rfm_gather *gather, size_t more) {
    struct till_rfm_customers *all = &gather->all;
    if (gather->capacity - all->count >= more) {
        return true;
    }
    size_t capacity = all->count + more + gather->capacity / 2;
    void *columns[] = {all->customer, all->first, all->last, all->frequency, all->monetary};
    bool fine = grow(&columns[0], capacity * sizeof *all->customer);
    fine = grow(&columns[1], capacity * sizeof *all->first) && fine;
    fine = grow(&columns[2], capacity * sizeof *all->last) && fine;
    fine = grow(&columns[3], capacity * sizeof *all->frequency) && fine;
    fine = grow(&columns[4], capacity * sizeof *all->monetary) && fine;
    all->customer = columns[0];
    all->first = columns[1];
    all->last = columns[2];
    all->frequency = columns[3];
    all->monetary = columns[4];
    gather->capacity = fine ? capacity : gather->capacity;
    return fine;
}

static struct figure count(const struct till_ledger_history *history, size_t customer,
                           const struct till_rfm_customers_options *options) {
    struct figure figure = {0};
    for (size_t i = history->first[customer]; i < history->first[customer + 1]; i++) {
        struct till_ledger_day event = history->days[i];
        event.purchases = options->days ? event.purchases > 0 : event.purchases;
        figures_count(&figure, &event, options->returns);
    }
    return figure;
}

enum till_status till_rfm_gather_take(void *context, const struct till_ledger_stretch *stretch,
                                      struct till_error *error) {
    struct till_rfm_gather *gather = context;
    struct till_rfm_customers *all = &gather->all;
    if (!reserve(gather, (size_t)stretch->history->customers + 1)) {
        return till_error_memory(error);
    }
    for (size_t i = 0; i < stretch->history->customers; i++) {
        struct till_slice name = stretch->name[i];
        struct figure figure = count(stretch->history, i, &gather->options);
        size_t before = all->count;
        enum till_status status = figures_add(all, name, &figure, gather->options.returns, error);
        if (status != TILL_OK) {
            return status;
        }
        if (all->count > before && !till_text_append(&all->names, name.bytes, name.length)) {
            return till_error_memory(error);
        }
    }
    return TILL_OK;
}

enum till_status till_rfm_gather_finish(struct till_rfm_gather *gather, const struct till_ledger_summary *summary,
                                        struct till_rfm_customers *customers, struct till_error *error) {
    if (!reserve(gather, 1)) {
        return till_error_memory(error);
    }
    *customers = gather->all;
    gather->all = (struct till_rfm_customers){0};
    gather->capacity = 0;
    const char *bytes = customers->names.bytes;
    for (size_t i = 0; i < customers->count; i++) {
        customers->customer[i].bytes = bytes;
        bytes += customers->customer[i].length;
    }
    customers->newest_day = summary->newest_day;
    customers->next_newest_day = summary->next_newest_day;
    customers->repeats_totals = summary->repeats_totals;
    return TILL_OK;
}
