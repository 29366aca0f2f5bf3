/* Frequent sets for delivery. Extensions follow their sets by rising rank, not by support, so that the sets of each
 * size are met in the order in which they are delivered. An item that lies in all rows of a set leaves the columns of
 * its other extensions as they are: the branch that it opens looks at the same matrix. */
#include "engine.h"

/* Sets are ordered by the inner rank up to their last item, so branches are entered by it. Fills `order` with
 * 0..count-1. */
static void order_branches(const struct plan *plan, const uint32_t *name, const uint32_t *code, uint32_t count,
                           uint32_t *order) {
    for (uint32_t k = 0; k < count; k++) {
        uint32_t to = k, inner = plan->inner[name[code[k]]];
        for (; to > 0 && plan->inner[name[code[order[to - 1]]]] > inner; to--)
            order[to] = order[to - 1];
        order[to] = k;
    }
}

bool list_branches(struct worker *worker, const uint32_t *name, const uint32_t *code, uint32_t count,
                   uint32_t **order) {
    *order = NULL;
    if (worker->plan->inner == NULL)
        return true;
    *order = worker_take(worker, count, sizeof **order);
    if (*order == NULL)
        return false;
    order_branches(worker->plan, name, code, count, *order);
    return true;
}

bool list_extensions(struct worker *worker, const uint32_t *name, const uint32_t *code, const uint32_t *support,
                     uint32_t count) {
    uint32_t size = worker->stream.depth + 1;
    if (count == 0 || size < worker->plan->smallest || size > worker->plan->largest)
        return true;
    if (!stream_add(&worker->stream, name, code, support, count)) {
        worker->status = TILL_ERROR_MEMORY;
        return false;
    }
    return set_below_limit(worker, count);
}

/* Goes below extension i of a node, whose own support is `support`. */
static bool branch(struct worker *worker, const struct unit *unit, const struct node *node, uint32_t support,
                   uint32_t i) {
    struct node child = {node->count - i - 1,    node->ordinary,        node->words,
                         node->code + i + 1, node->support + i + 1, node->columns + (size_t)(i + 1) * node->words};
    if (node->support[i] < support) {
        if (!node_project(worker, node, i, &child) ||
            !node_condense(worker, node->columns + (size_t)i * node->words, node->support[i], &child))
            return false;
        for (uint32_t k = 0; k < child.count; k++)
            child.code[k] = node->code[child.code[k]];
    }
    if (child.count == 0)
        return true;
    stream_push(&worker->stream, unit->name[node->code[i]]);
    bool done = listing_mine(worker, unit, &child, node->support[i]);
    worker->stream.depth--;
    return done;
}

bool listing_mine(struct worker *worker, const struct unit *unit, const struct node *node, uint32_t support) {
    uint32_t *order;
    if (!list_extensions(worker, unit->name, node->code, node->support, node->count))
        return false;
    if (worker->stream.depth + 2 > worker->plan->largest)
        return true;
    bool done = list_branches(worker, unit->name, node->code, node->count, &order);
    for (uint32_t k = 0; done && k < node->count; k++) {
        struct stack_mark mark = stack_mark(&worker->stack);
        done = branch(worker, unit, node, support, order == NULL ? k : order[k]);
        stack_release(&worker->stack, mark);
    }
    return done;
}
