/* All frequent sets of a bit matrix: each extension of a set is intersected with those behind it. */
#include "engine.h"

static bool extend(struct worker *worker, const struct unit *unit, const struct node *node, uint32_t i) {
    struct node child;
    if (!node_project(worker, unit, node, i, &child))
        return false;
    set_require(worker, unit->name[node->code[i]]);
    node_name(worker, unit, node, node->support[i], &child);
    if (!set_report(worker, node->support[i]))
        return false;
    return worker->required >= worker->plan->largest || frequent_mine(worker, unit, &child);
}

bool frequent_mine(struct worker *worker, const struct unit *unit, const struct node *node) {
    bool done = true;
    for (uint32_t i = 0; done && i < node->count; i++) {
        struct stack_mark mark = stack_mark(&worker->stack);
        uint32_t required = worker->required, optional = worker->optional;
        done = extend(worker, unit, node, i);
        set_restore(worker, required, optional);
        stack_release(&worker->stack, mark);
    }
    return done;
}
