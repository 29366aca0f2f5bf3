/* The set of the current branch. Counting needs only how many items it has; storing keeps them in output order, so that
 * a report copies them as they are. */
#include "engine.h"

#include <string.h>

/* How many sets a worker stores before it tells the others. */
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

void set_allow(struct worker *worker, uint32_t code) {
    if (!worker->plan->counting)
        worker->extra[worker->optional] = worker->plan->position[code];
    worker->optional++;
}

void set_restore(struct worker *worker, uint32_t required, uint32_t optional) {
    worker->optional = optional;
    if (worker->plan->counting)
        worker->required = required;
    for (; worker->required > required; worker->required--)
        erase(worker->set, worker->required, worker->path[worker->required - 1]);
}

/* Keeps count of what all workers hold together, and stops at the limit. */
static bool below_limit(struct worker *worker) {
    if (++worker->unreported < BATCH)
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
        return below_limit(worker);
    worker->status = TILL_ERROR_MEMORY;
    return false;
}

/* The set alone and with every choice of optional items, depth first over the choices. A choice is undone by its place.
 */
static bool store_family(struct worker *worker, uint32_t support) {
    uint32_t size = worker->required, depth = 0, next = 0;
    bool stored = store_set(worker, size, support);
    while (stored) {
        if (next < worker->optional && size < worker->plan->largest) {
            insert(worker->set, size++, worker->extra[next]);
            worker->chosen[depth++] = next++;
            stored = store_set(worker, size, support);
        } else if (depth > 0) {
            next = worker->chosen[--depth];
            erase(worker->set, size--, worker->extra[next++]);
        } else {
            break;
        }
    }
    return stored;
}

bool set_report(struct worker *worker, uint32_t support) {
    if (!worker->plan->counting)
        return store_family(worker, support);
    if (tally_add(&worker->tally, worker->optional, worker->required, 1))
        return true;
    worker->status = TILL_ERROR_MEMORY;
    return false;
}
