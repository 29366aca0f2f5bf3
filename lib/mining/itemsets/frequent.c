/* All frequent sets of a bit matrix: each extension of a set is intersected with those behind it. */
#include "engine.h"

/* Below a set with at most two extensions there are a few sets, which are counted where they stand. */
static bool count_leaves(struct worker *worker, const struct node *child) {
    uint64_t *sizes = tally_at(&worker->tally, worker->optional, worker->required + 2);
    if (sizes == NULL) {
        worker->status = TILL_ERROR_MEMORY;
        return false;
    }
    sizes[worker->required + 1] += child->count;
    if (child->count == 2)
        sizes[worker->required + 2] += worker->plan->kernels->shared(child->columns, child->columns + child->words,
                                                                     child->words) >= worker->plan->minimum;
    return true;
}

static bool extend(struct worker *worker, const struct unit *unit, const struct node *node, uint32_t i) {
    struct node child;
    if (!node_project(worker, node, i, &child))
        return false;
    const struct recoded *recoded = worker->plan->recoded;
    set_require_any(worker, unit_members(recoded, unit, node->code[i]));
    node_name(worker, unit, node, node->support[i], &child);
    if (!set_report(worker, node->support[i]))
        return false;
    if (worker->required >= worker->plan->largest || child.count == 0)
        return true;
    if (child.count <= 2 && unit->weight == NULL && recoded->members == NULL && worker->plan->sampling == NULL)
        return count_leaves(worker, &child);
    return node_condense(worker, node->columns + (size_t)i * node->words, node->support[i], &child) &&
           frequent_mine(worker, unit, &child);
}

bool frequent_mine(struct worker *worker, const struct unit *unit, const struct node *node) {
    bool done = true;
    for (uint32_t i = 0; done && i < node->count; i++) {
        struct stack_mark mark = stack_mark(&worker->stack);
        uint32_t required = worker->required, optional = worker->optional;
        struct sample sample = worker->sample;
        done = !worker_enters(worker, unit->name[node->code[i]], node->count) || extend(worker, unit, node, i);
        set_restore(worker, required, optional);
        worker->sample = sample;
        stack_release(&worker->stack, mark);
    }
    return done;
}
