/* The maximal sets of a bit matrix. A set with no extension is maximal when no earlier item is frequent with it; the
 * earlier items that still are follow the branch as a list, which shrinks with its rows. */
#include "engine.h"

/* Of the parent's list and the siblings before i, the items that are frequent with the extended set. Covered: one of
 * them lies in all its rows, so that every set below is part of a larger one that was met before. */
static uint32_t *inherit_checks(struct worker *worker, const struct unit *unit, const struct node *node, uint32_t i,
                                const uint32_t *check, uint32_t checks, uint32_t *count) {
    uint32_t *list = worker_take(worker, (size_t)checks + i + 8, sizeof *list);
    if (list == NULL)
        return NULL;
    for (uint32_t k = 0; k < checks; k++)
        list[k] = check[k];
    for (uint32_t k = 0; k < i; k++)
        list[checks + k] = node->code[k];
    *count = worker->plan->kernels->filter(node->columns + (size_t)i * unit->words, unit->columns, list, checks + i,
                                           unit->words, worker->plan->minimum, list);
    return list;
}

static bool extend(struct worker *worker, const struct unit *unit, const struct node *node, uint32_t i,
                   const uint32_t *check, uint32_t checks) {
    struct node child;
    uint32_t kept;
    uint32_t *list = inherit_checks(worker, unit, node, i, check, checks, &kept);
    if (list == NULL)
        return false;
    if (worker->plan->kernels->covered(node->columns + (size_t)i * unit->words, unit->columns, list, kept, unit->words))
        return true;
    if (!node_project(worker, unit, node, i, &child))
        return false;
    set_require(worker, unit->name[node->code[i]]);
    node_name(worker, unit, node, node->support[i], &child);
    if (child.count > 0)
        return worker->required >= worker->plan->largest || maximal_mine(worker, unit, &child, list, kept);
    return kept > 0 || set_report(worker, node->support[i]);
}

bool maximal_mine(struct worker *worker, const struct unit *unit, const struct node *node, const uint32_t *check,
                  uint32_t checks) {
    bool done = true;
    for (uint32_t i = 0; done && i < node->count; i++) {
        struct stack_mark mark = stack_mark(&worker->stack);
        uint32_t required = worker->required;
        done = extend(worker, unit, node, i, check, checks);
        set_restore(worker, required, worker->optional);
        stack_release(&worker->stack, mark);
    }
    return done;
}
