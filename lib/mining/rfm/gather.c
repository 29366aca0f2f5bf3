/* Figures of customers who come in parts, stretch by stretch: read off each ledger by the same functions as off one of
 * all customers, and put one behind the other at the end. */
#include <till/rfm_customers.h>

#include <stdlib.h>
#include <string.h>

#include "lib/base/pages.h"

struct till_rfm_gather {
    struct till_rfm_customers_options options;
    struct till_rfm_customers *parts;
    size_t count;
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
    if (gather == NULL) {
        return;
    }
    for (size_t i = 0; i < gather->count; i++) {
        till_rfm_customers_free(&gather->parts[i]);
    }
    free(gather->parts);
    free(gather);
}

static bool reserve_part(struct till_rfm_gather *gather) {
    if (gather->count < gather->capacity) {
        return true;
    }
    size_t capacity = 2 * gather->capacity + 16;
    void *moved = realloc(gather->parts, capacity * sizeof *gather->parts);
    if (moved == NULL) {
        return false;
    }
    gather->parts = moved;
    gather->capacity = capacity;
    return true;
}

enum till_status till_rfm_gather_take(void *context, const struct till_ledger *ledger, struct till_error *error) {
    struct till_rfm_gather *gather = context;
    if (!reserve_part(gather)) {
        return till_error_memory(error);
    }
    struct till_rfm_customers *part = &gather->parts[gather->count];
    *part = (struct till_rfm_customers){0};
    enum till_status status = till_rfm_customers_from(ledger, &gather->options, part, error);
    gather->count += status == TILL_OK;
    return status;
}

/* Columns for so many customers, and names of so many bytes: what is copied into them must not move. */
static bool allocate(struct till_rfm_customers *all, size_t count, size_t bytes) {
    all->customer = pages_array((count + 1) * sizeof *all->customer);
    all->first = pages_array((count + 1) * sizeof *all->first);
    all->last = pages_array((count + 1) * sizeof *all->last);
    all->frequency = pages_array((count + 1) * sizeof *all->frequency);
    all->monetary = pages_array((count + 1) * sizeof *all->monetary);
    return all->customer != NULL && all->first != NULL && all->last != NULL && all->frequency != NULL &&
           all->monetary != NULL && till_text_reserve(&all->names, bytes + 1);
}

static void append(struct till_rfm_customers *all, const struct till_rfm_customers *part) {
    memcpy(all->first + all->count, part->first, part->count * sizeof *part->first);
    memcpy(all->last + all->count, part->last, part->count * sizeof *part->last);
    memcpy(all->frequency + all->count, part->frequency, part->count * sizeof *part->frequency);
    memcpy(all->monetary + all->count, part->monetary, part->count * sizeof *part->monetary);
    for (size_t i = 0; i < part->count; i++) {
        struct till_slice name = part->customer[i];
        all->customer[all->count + i] = (struct till_slice){all->names.bytes + all->names.length, name.length};
        till_text_append(&all->names, name.bytes, name.length); /* there is room */
    }
    all->count += part->count;
}

enum till_status till_rfm_gather_finish(struct till_rfm_gather *gather, const struct till_ledger_summary *summary,
                                        struct till_rfm_customers *customers, struct till_error *error) {
    size_t count = 0, bytes = 0;
    *customers = (struct till_rfm_customers){.newest_day = summary->newest_day,
                                             .next_newest_day = summary->next_newest_day,
                                             .repeats_totals = summary->repeats_totals};
    for (size_t i = 0; i < gather->count; i++) {
        count += gather->parts[i].count;
        bytes += gather->parts[i].names.length;
    }
    if (!allocate(customers, count, bytes)) {
        till_rfm_customers_free(customers);
        return till_error_memory(error);
    }
    for (size_t i = 0; i < gather->count; i++) {
        append(customers, &gather->parts[i]);
        till_rfm_customers_free(&gather->parts[i]);
    }
    return TILL_OK;
}
