/* The set of the current branch. Counting needs only how many items it has; storing keeps them in output order, so that
 * a report copies them as they are. */
#include "engine.h"

#include <string.h>

/* How many sets a worker holds before it tells the others. */
enum { BATCH = 4096 };

static void insert(uint32_t *set, uint32_t size, uint32_t place) {
    for (; size > 0 && set[size - 1] > place; size--)
        set[size] = set[size - 1];
    set[size] = place;
}

static void erase(uint32_t *set, uint32_t size, uint32_t place) {
    uint32_t k = 0;
    while (set[k] != place)
        k++;
    memmove(set + k, set + k + 1, (size - k - 1) * sizeof *set);
}

void set_require(struct worker *worker, uint32_t code) {
    if (!worker->plan->counting) {
        worker->path[worker->required] = worker->plan->position[code];
        insert(worker->set, worker->required, worker->plan->position[code]);
    }
    worker->required++;
}

void set_allow(struct worker *worker) {
    worker->optional++;
}

void set_restore(struct worker *worker, uint32_t required, uint32_t optional) {
    worker->optional = optional;
    if (worker->plan->counting)
        worker->required = required;
    for (; worker->required > required; worker->required--)
        erase(worker->set, worker->required, worker->path[worker->required - 1]);
}

bool set_below_limit(struct worker *worker, uint32_t more) {
    worker->unreported += more;
    if (worker->unreported < BATCH)
        return true;
    uint64_t held = atomic_fetch_add(&worker->plan->held, worker->unreported) + worker->unreported;
    worker->unreported = 0;
    if (held <= worker->plan->limit)
        return true;
    worker->status = TILL_ERROR_DATA;
    return false;
}

static bool store_set(struct worker *worker, uint32_t size, uint32_t support) {
    if (size < worker->plan->smallest || size > worker->plan->largest || size == 0)
        return true;
    if (store_add(&worker->store, worker->set, size, support))
        return set_below_limit(worker, 1);
    worker->status = TILL_ERROR_MEMORY;
    return false;
}

bool set_report(struct worker *worker, uint32_t support) {
    if (!worker->plan->counting)
        return store_set(worker, worker->required, support);
    if (tally_add(&worker->tally, worker->optional, worker->required, 1))
        return true;
    worker->status = TILL_ERROR_MEMORY;
    return false;
}
