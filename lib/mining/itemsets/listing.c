/* Frequent sets for delivery. Extensions follow their sets by rank, not by support, so that the sets of each size are
 * met in the order of their delivery: the branches of a set from the last to the first.
 *
 * That pays twice. When set P with item e is entered, the branches of P behind e are known. An item f can extend P, e
 * and another only where it extends P and that one (the first pruning of Agrawal & Srikant 1994, Apriori). And where P
 * and f lie in the same baskets with e as without, all that is below P, e and f is below P and f already, and is copied
 * (LCM calls it a hypercube when e lies in all baskets of P). An item that does so leaves the columns of the others as
 * they are: the branch that it opens looks at the same matrix. */
#include "engine.h"

/* Up to so many items a set has a word that says which of them extend a branch. */
enum { MASK_ITEMS = 64 };

/* A branch that was left: what its item leads to. */
struct branch {
    bool known;
    uint32_t deepest; /* the largest size that was written below; 0: none */
    uint64_t mask;    /* which items of the set, by index, extend the branch; of sets with up to MASK_ITEMS */
    uint64_t sets;
    struct stream_span *spans; /* by size, from the first that is written below */
};

/* A set of the search, with the items behind its last one that are frequent with it. */
struct listed {
    struct node node;      /* codes are places */
    const uint32_t *index; /* of each item: which one it is in the set that this one extends */
    const struct listed *parent;
    struct branch *branch; /* by item */
};

/* Sets are ordered by the inner rank up to their last item, so branches are entered by it. Fills `order` with
 * 0..count-1. */
static void order_branches(const uint32_t *inner, const uint32_t *place, uint32_t count, uint32_t *order) {
    for (uint32_t k = 0; k < count; k++) {
        uint32_t to = k;
        for (; to > 0 && inner[place[order[to - 1]]] > inner[place[k]]; to--)
            order[to] = order[to - 1];
        order[to] = k;
    }
}

bool list_branches(struct worker *worker, const uint32_t *place, uint32_t count, uint32_t **order) {
    *order = NULL;
    if (worker->plan->inner == NULL)
        return true;
    *order = worker_take(worker, count, sizeof **order);
    if (*order == NULL)
        return false;
    order_branches(worker->plan->inner, place, count, *order);
    return true;
}

static bool out_of_memory(struct worker *worker) {
    worker->status = TILL_ERROR_MEMORY;
    return false;
}

bool list_extensions(struct worker *worker, const uint32_t *place, const uint32_t *support, uint32_t count) {
    uint32_t size = worker->stream.depth + 1;
    if (count == 0 || size < worker->plan->smallest || size > worker->plan->largest)
        return true;
    if (!stream_add(&worker->stream, place, support, count))
        return out_of_memory(worker);
    return set_below_limit(worker, count);
}

/* Keeps where the branch that was left has written. */
static bool remember(struct worker *worker, struct branch *branch) {
    const struct stream *stream = &worker->stream;
    uint32_t from = stream_first(stream, stream->depth + 1);
    if (branch->deepest < from)
        return true;
    branch->spans = worker_take(worker, branch->deepest - from + 1, sizeof *branch->spans);
    for (uint32_t size = from; branch->spans != NULL && size <= branch->deepest; size++)
        branch->spans[size - from] = stream_span(stream, size);
    return branch->spans != NULL;
}

/* The branch of the same item in the set that this one extends, where it is known. */
static const struct branch *sibling(const struct listed *set, uint32_t i) {
    const struct branch *branch = set->parent == NULL ? NULL : &set->parent->branch[set->index[i]];
    return branch != NULL && branch->known ? branch : NULL;
}

/* Whether all that is below item i was written already, at a smaller size. */
static bool is_written(const struct worker *worker, const struct listed *set, uint32_t i,
                       const struct branch *sibling) {
    return set->node.support[i] == set->parent->node.support[set->index[i]] &&
           sibling->deepest < worker->plan->largest && worker->stream.depth + 1 >= worker->plan->smallest;
}

/* Which items of the set, behind item i, the mask of the other set allows. */
static uint64_t narrow(const struct listed *set, uint32_t i, uint64_t mask) {
    uint64_t narrowed = 0;
    for (uint32_t k = i + 1; k < set->node.count && k < MASK_ITEMS; k++)
        narrowed |= (mask >> set->index[k] % MASK_ITEMS & 1) << k;
    return narrowed;
}

static bool copy_branch(struct worker *worker, const struct branch *from, uint64_t mask, struct branch *to) {
    uint32_t size = worker->stream.depth + 1; /* two above that of the other set */
    *to = (struct branch){.known = true, .mask = mask, .sets = from->sets};
    if (from->deepest < size)
        return true;
    to->deepest = from->deepest + 1;
    to->spans = worker_take(worker, to->deepest - size, sizeof *to->spans);
    if (to->spans == NULL)
        return false;
    if (!stream_copy(&worker->stream, from->spans, to->spans, size, to->deepest - size, from->sets))
        return out_of_memory(worker);
    return set_below_limit(worker, from->sets);
}

/* The set with its item i, which lies in all of its baskets. */
static bool narrow_by_name(struct worker *worker, const struct listed *set, uint32_t i, struct listed *child) {
    const struct node *node = &set->node;
    uint32_t *index = worker_take(worker, node->count, sizeof *index);
    child->node = (struct node){.count = node->count - i - 1,
                                .ordinary = node->ordinary,
                                .words = node->words,
                                .code = node->code + i + 1,
                                .support = node->support + i + 1,
                                .columns = node->columns + (size_t)(i + 1) * node->words};
    child->index = index;
    for (uint32_t k = 0; index != NULL && k < child->node.count; k++)
        index[k] = i + 1 + k;
    return index != NULL;
}

/* The set with its item i. */
static bool narrow_by_rows(struct worker *worker, const struct listed *set, uint32_t i, uint64_t mask,
                           struct listed *child) {
    const struct node *node = &set->node;
    uint32_t *place = NULL;
    if (!node_project(worker, node, i, mask, &child->node) ||
        !node_condense(worker, node->columns + (size_t)i * node->words, node->support[i], &child->node) ||
        (place = worker_take(worker, child->node.count, sizeof *place)) == NULL)
        return false;
    for (uint32_t k = 0; k < child->node.count; k++)
        place[k] = node->code[child->node.code[k]];
    child->index = child->node.code;
    child->node.code = place;
    return true;
}

static bool list_set(struct worker *worker, struct listed *set, uint32_t support);

/* Searches below item i; `mask` is what may extend it. What the search took from the stack is given back. */
static bool search_branch(struct worker *worker, const struct listed *set, uint32_t support, uint32_t i, uint64_t mask,
                          struct branch *branch) {
    struct stack_mark mark = stack_mark(&worker->stack);
    struct stream *stream = &worker->stream;
    struct listed child = {.parent = set};
    uint64_t sets = stream->sets;
    bool done = set->node.support[i] == support ? narrow_by_name(worker, set, i, &child)
                                                : narrow_by_rows(worker, set, i, mask, &child);
    *branch = (struct branch){.known = true};
    for (uint32_t k = 0; done && k < child.node.count; k++)
        branch->mask |= (uint64_t)1 << child.index[k] % MASK_ITEMS;
    if (done && child.node.count > 0) {
        stream_push(stream, set->node.code[i]);
        done = list_set(worker, &child, set->node.support[i]);
        if (done && !stream_pop(stream, &branch->deepest))
            done = out_of_memory(worker);
    }
    branch->sets = stream->sets - sets;
    stack_release(&worker->stack, mark);
    return done && remember(worker, branch);
}

static bool list_branch(struct worker *worker, const struct listed *set, uint32_t support, uint32_t i) {
    const struct branch *known = sibling(set, i);
    struct branch *branch = &set->branch[i];
    uint64_t mask = ALL_ITEMS;
    bool few = set->node.count <= MASK_ITEMS;
    if (known != NULL && few && set->parent->node.count <= MASK_ITEMS)
        mask = narrow(set, i, known->mask);
    if (i + 1 == set->node.count || mask == 0) {
        *branch = (struct branch){.known = true};
        return true;
    }
    if (known != NULL && is_written(worker, set, i, known))
        return copy_branch(worker, known, mask, branch);
    return search_branch(worker, set, support, i, mask, branch);
}

/* All that is below a set, whose own support is `support`. */
static bool list_set(struct worker *worker, struct listed *set, uint32_t support) {
    uint32_t *order, count = set->node.count;
    if (!list_extensions(worker, set->node.code, set->node.support, count))
        return false;
    if (count < 2 || worker->stream.depth + 2 > worker->plan->largest)
        return true;
    set->branch = worker_take(worker, count, sizeof *set->branch);
    if (set->branch == NULL || !list_branches(worker, set->node.code, count, &order))
        return false;
    for (uint32_t k = 0; k < count; k++)
        set->branch[k].known = false;
    bool done = true;
    for (uint32_t k = count; done && k > 0; k--)
        done = list_branch(worker, set, support, order == NULL ? k - 1 : order[k - 1]);
    return done;
}

bool listing_mine(struct worker *worker, const struct unit *unit, const struct node *node) {
    struct listed set = {.node = *node};
    for (uint32_t k = 0; k < node->count; k++)
        node->code[k] = unit->name[node->code[k]];
    return list_set(worker, &set, unit->own_support);
}
