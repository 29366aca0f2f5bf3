/* Figures of customers who come in parts, stretch by stretch. They come in order and each whole, so that what is
 * counted of one is a row of the result. */
#include <till/rfm_customers.h>

#include <stdlib.h>

#include <till/arrays.h>

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

/* Room for so many customers more. */
static bool reserve(struct till_rfm_gather *gather, size_t more) {
    struct till_rfm_customers *all = &gather->all;
    const struct till_array columns[] = {TILL_ARRAY(all->customer), TILL_ARRAY(all->first), TILL_ARRAY(all->last),
                                         TILL_ARRAY(all->frequency), TILL_ARRAY(all->monetary)};
    return till_arrays_reserve(columns, 5, all->count + more, &gather->capacity);
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
