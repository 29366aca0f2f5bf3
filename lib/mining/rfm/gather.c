/* Figures of the customers of a state, stretch by stretch.
 *
 * A state shows each customer once, with all orders. So a ledger of some thousand orders, which stays in the cache, is
 * filled, read off and thrown away again and again, and what is read off it is put together at the end. The figures are
 * those of one ledger of all customers: they are counted by the same functions, and no figure looks at two customers.
 */
#include <till/rfm_customers.h>

#include <stdlib.h>
#include <string.h>

#include "lib/base/pages.h"
#include "lib/fold/newest.h"

/* Entries in a stretch: half a megabyte of a ledger. */
enum { STRETCH = 1 << 14 };

struct till_rfm_gather {
    struct till_ledger_settings settings;
    struct till_rfm_customers_options options;
    void *ledger; /* of the present stretch */
    size_t entries;
    struct till_rfm_customers *parts; /* of the stretches before */
    size_t count;
    size_t capacity;
    bool several; /* orders of several rows, and amounts that differ within one, over all stretches */
    bool differ;
};

enum till_status till_rfm_gather_new(struct till_rfm_gather **gather, const struct till_rfm_settings *settings,
                                     struct till_error *error) {
    struct till_rfm_gather *made = calloc(1, sizeof *made);
    *gather = NULL;
    if (made == NULL) {
        return till_error_memory(error);
    }
    made->settings = settings->ledger;
    made->settings.transactions = NULL;
    made->options = settings->options;
    enum till_status status = till_ledger_aggregate.create(&made->ledger, &made->settings, error);
    if (status != TILL_OK) {
        free(made);
        return status;
    }
    *gather = made;
    return TILL_OK;
}

void till_rfm_gather_free(struct till_rfm_gather *gather) {
    if (gather == NULL) {
        return;
    }
    till_ledger_aggregate.destroy(gather->ledger);
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

/* Reads off the present stretch and begins the next. */
static enum till_status end_stretch(struct till_rfm_gather *gather, struct till_error *error) {
    bool several, differ;
    if (!reserve_part(gather) || !till_ledger_totals(gather->ledger, &several, &differ)) {
        return till_error_memory(error);
    }
    struct till_rfm_customers *part = &gather->parts[gather->count];
    *part = (struct till_rfm_customers){0};
    enum till_status status = till_rfm_customers_from(gather->ledger, &gather->options, part, error);
    if (status != TILL_OK) {
        return status;
    }
    gather->count++;
    gather->several |= several;
    gather->differ |= differ;
    gather->entries = 0;
    till_ledger_aggregate.destroy(gather->ledger);
    gather->ledger = NULL;
    return till_ledger_aggregate.create(&gather->ledger, &gather->settings, error);
}

enum till_status till_rfm_gather_take(void *context, const struct till_state_customer *customers, size_t count,
                                      struct till_error *error) {
    struct till_rfm_gather *gather = context;
    enum till_status status = till_ledger_add_customers(gather->ledger, customers, count, error);
    for (size_t i = 0; i < count; i++) {
        gather->entries += customers[i].count;
    }
    return status == TILL_OK && gather->entries >= STRETCH ? end_stretch(gather, error) : status;
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

/* Stretches come in the order of the names, so the columns only have to be put one behind the other. */
enum till_status till_rfm_gather_finish(struct till_rfm_gather *gather, struct till_rfm_customers *customers,
                                        struct till_error *error) {
    struct newest_days newest;
    size_t count = 0, bytes = 0;
    *customers = (struct till_rfm_customers){0};
    enum till_status status = end_stretch(gather, error);
    if (status != TILL_OK) {
        return status;
    }
    for (size_t i = 0; i < gather->count; i++) {
        count += gather->parts[i].count;
        bytes += gather->parts[i].names.length;
    }
    if (!allocate(customers, count, bytes)) {
        till_rfm_customers_free(customers);
        return till_error_memory(error);
    }
    newest_start(&newest);
    for (size_t i = 0; i < gather->count; i++) {
        append(customers, &gather->parts[i]);
        newest_add(&newest, gather->parts[i].newest_day);
        newest_add(&newest, gather->parts[i].next_newest_day);
        till_rfm_customers_free(&gather->parts[i]);
    }
    customers->newest_day = newest.newest;
    customers->next_newest_day = newest.next;
    customers->repeats_totals = gather->several && !gather->differ;
    return TILL_OK;
}
