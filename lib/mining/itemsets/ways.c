/* A group of g twins contributes C(g, 1) x + C(g, 2) x^2 + ..., p options (1 + x)^p, and the numbers of sets by size
 * are the coefficients of the product. All of them are positive, so what is too large stays too large. */
#include "ways.h"

#include "engine.h"

static till_wide product(till_wide a, till_wide b) {
    till_wide c;
    return __builtin_mul_overflow(a, b, &c) ? TALLY_WIDEST : c;
}

static till_wide sum(till_wide a, till_wide b) {
    till_wide c;
    return __builtin_add_overflow(a, b, &c) ? TALLY_WIDEST : c;
}

/* C(n, 0) to C(n, count - 1). False when memory is out. */
static till_wide *binomials(struct worker *worker, uint32_t n, uint32_t count) {
    till_wide *row = worker_take(worker, count, sizeof *row);
    if (row == NULL)
        return NULL;
    row[0] = 1;
    for (uint32_t t = 1; t < count; t++)
        row[t] = tally_next_binomial(row[t - 1], n, t - 1);
    return row;
}

/* How many numbers there are of the set with `more` further items. */
static uint32_t numbers(const struct worker *worker, uint64_t more) {
    uint32_t room = worker->plan->largest - worker->required;
    return (more < room ? (uint32_t)more : room) + 1;
}

void ways_join(struct worker *worker, uint32_t members) {
    const struct ways one = {NULL, 0, 1, &(till_wide){1}}, *outer = worker->ways == NULL ? &one : worker->ways;
    uint32_t count = numbers(worker, (uint64_t)outer->count + members - 2);
    struct ways *ways = worker_take(worker, 1, sizeof *ways);
    till_wide *number = worker_take(worker, count, sizeof *number);
    till_wide *binomial = binomials(worker, members, count + 1);
    if (ways == NULL || number == NULL || binomial == NULL)
        return;
    for (uint32_t j = 0; j < count; j++) {
        number[j] = 0;
        for (uint32_t i = 0; i <= j && i < outer->count; i++)
            number[j] = sum(number[j], product(outer->number[i], binomial[j - i + 1]));
    }
    *ways = (struct ways){worker->ways, worker->required, count, number};
    worker->ways = ways;
}

/* Of the sets of `more` items beyond the required ones, how many there are. */
static till_wide sets_of(const struct ways *ways, const till_wide *binomial, uint32_t more) {
    till_wide sets = 0;
    for (uint32_t i = 0; i <= more && i < ways->count; i++)
        sets = sum(sets, product(ways->number[i], binomial[more - i]));
    return sets;
}

bool ways_report(struct worker *worker) {
    struct stack_mark mark = stack_mark(&worker->stack);
    uint32_t count = numbers(worker, (uint64_t)worker->ways->count - 1 + worker->optional);
    till_wide all = 0, *binomial = binomials(worker, worker->optional, count);
    till_wide *sets = tally_sets(&worker->tally, worker->required + count);
    if (binomial == NULL || sets == NULL) {
        worker->status = TILL_ERROR_MEMORY;
        return false;
    }
    for (uint32_t more = 0; more < count && all < TALLY_WIDEST; more++) {
        if (worker->required + more < worker->plan->smallest)
            continue;
        till_wide found = sets_of(worker->ways, binomial, more), *size = &sets[worker->required + more];
        *size = sum(*size, found);
        all = *size == TALLY_WIDEST ? TALLY_WIDEST : sum(all, found);
    }
    stack_release(&worker->stack, mark);
    if (all == TALLY_WIDEST) {
        worker->status = TILL_ERROR_DATA;
        return false;
    }
    return set_below_limit(worker, all > UINT32_MAX ? UINT32_MAX : (uint32_t)all);
}
