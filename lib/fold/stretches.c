/* Ledgers of the customers of a state, one stretch of them after the other.
 *
 * A state shows each customer once, with all orders. So a ledger of some thousand orders, which stays in the cache, is
 * filled, shown and thrown away again and again. Nothing that is read off a ledger looks at two customers but the
 * newest days and what orders of several rows look like: those are put together here. */
#include <till/ledger.h>

#include <stdlib.h>

#include "lib/fold/newest.h"

/* Entries in a stretch: half a megabyte of a ledger. */
enum { STRETCH = 1 << 14 };

struct till_ledger_stretches {
    struct till_ledger_settings settings;
    till_ledger_take *take;
    void *context;
    void *ledger; /* of the present stretch */
    size_t entries;
    struct newest_days newest;
    bool several; /* orders of several rows, and amounts that differ within one */
    bool differ;
};

enum till_status till_ledger_stretches_new(struct till_ledger_stretches **stretches,
                                           const struct till_ledger_settings *settings, till_ledger_take *take,
                                           void *context, struct till_error *error) {
    struct till_ledger_stretches *made = calloc(1, sizeof *made);
    *stretches = NULL;
    if (made == NULL) {
        return till_error_memory(error);
    }
    made->settings = *settings;
    made->settings.transactions = NULL;
    made->take = take;
    made->context = context;
    newest_start(&made->newest);
    enum till_status status = till_ledger_aggregate.create(&made->ledger, &made->settings, error);
    if (status != TILL_OK) {
        free(made);
        return status;
    }
    *stretches = made;
    return TILL_OK;
}

void till_ledger_stretches_free(struct till_ledger_stretches *stretches) {
    if (stretches != NULL) {
        till_ledger_aggregate.destroy(stretches->ledger);
        free(stretches);
    }
}

/* Shows the present stretch and begins the next. */
static enum till_status end_stretch(struct till_ledger_stretches *stretches, struct till_error *error) {
    bool several, differ;
    int32_t next, newest = till_ledger_newest_day(stretches->ledger, &next);
    if (!till_ledger_totals(stretches->ledger, &several, &differ)) {
        return till_error_memory(error);
    }
    stretches->several |= several;
    stretches->differ |= differ;
    newest_add(&stretches->newest, newest);
    newest_add(&stretches->newest, next);
    enum till_status status = stretches->take(stretches->context, stretches->ledger, error);
    if (status != TILL_OK) {
        return status;
    }
    stretches->entries = 0;
    till_ledger_aggregate.destroy(stretches->ledger);
    stretches->ledger = NULL;
    return till_ledger_aggregate.create(&stretches->ledger, &stretches->settings, error);
}

enum till_status till_ledger_stretches_add(void *context, const struct till_state_customer *customers, size_t count,
                                           struct till_error *error) {
    struct till_ledger_stretches *stretches = context;
    enum till_status status = till_ledger_add_customers(stretches->ledger, customers, count, error);
    for (size_t i = 0; i < count; i++) {
        stretches->entries += customers[i].count;
    }
    return status == TILL_OK && stretches->entries >= STRETCH ? end_stretch(stretches, error) : status;
}

enum till_status till_ledger_stretches_end(struct till_ledger_stretches *stretches, struct till_ledger_summary *summary,
                                           struct till_error *error) {
    enum till_status status = end_stretch(stretches, error);
    *summary = (struct till_ledger_summary){.newest_day = stretches->newest.newest,
                                            .next_newest_day = stretches->newest.next,
                                            .repeats_totals = stretches->several && !stretches->differ};
    return status;
}
