/* Frequent sets for delivery. Extensions follow their sets by rank, not by support, so that the sets of each size are
 * met in the order of their delivery: the branches of a set from the last to the first.
 *
 * That pays twice. When set P with item e is entered, the branches of P behind e are known. An item f can extend P, e
 * and another only where it extends P and that one (the first pruning of Agrawal & Srikant 1994, Apriori). And where P
 * and f lie in the same baskets with e as without, all that is below P, e and f is below P and f already, and is copied
 * (LCM calls it a hypercube when e lies in all baskets of P). An item that does so leaves the columns of the others as
 * they are: the branch that it opens looks at the same matrix. */
#include "listing.h"

/* Below so many items a shorter column does not pay for its making. Most of what extends a set is known not to extend
 * the next one, so this is more than where all are tried. */
enum { FEW_COLUMNS = 16 };

/* A set of the search with many extensions: the items behind its last one that are frequent with it. */
struct listed {
    struct node node; /* codes are places; columns NULL: not made yet */
    uint32_t support;
    const struct listed *parent; /* the set that this one extends */
    uint32_t item;               /* by which one of its items */
    const uint32_t *index;       /* of each item: which one it is there */
    struct branch *branch;       /* by item */
    const struct beside *beside; /* NULL: pairs of items are not known */
    uint32_t *numbers;           /* where they are known of `parent`: its items -> items, or NO_CODE */
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

bool branch_leave(struct worker *worker, struct branch *branch) {
    struct stream *stream = &worker->stream;
    if (!stream_pop(stream, &branch->deepest))
        return out_of_memory(worker);
    uint32_t from = stream_first(stream, stream->depth + 1);
    if (branch->deepest >= from)
        branch->known = stream_span(stream, from, &branch->first);
    if (branch->deepest <= from)
        return true;
    branch->further = worker_take(worker, branch->deepest - from, sizeof *branch->further);
    for (uint32_t size = from + 1; branch->further != NULL && size <= branch->deepest; size++)
        branch->known &= stream_span(stream, size, &branch->further[size - from - 1]);
    return branch->further != NULL;
}

bool branch_copy(struct worker *worker, const struct branch *from, struct branch *to) {
    uint32_t size = worker->stream.depth + 1; /* two above that of the other set */
    *to = (struct branch){.known = true, .sets = from->sets};
    if (from->deepest < size)
        return true;
    to->deepest = from->deepest + 1;
    if (from->deepest > size) {
        to->further = worker_take(worker, from->deepest - size, sizeof *to->further);
        if (to->further == NULL)
            return false;
    }
    if (!stream_copy(&worker->stream, &from->first, &to->first, size, 1, from->sets) ||
        !stream_copy(&worker->stream, from->further, to->further, size + 1, from->deepest - size, 0))
        return out_of_memory(worker);
    return set_below_limit(worker, from->sets);
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

/* Makes the columns of a set that has none: those of its items in the set that it extends, restricted to its own rows.
 * That waits until a branch is searched, for most sets have none. The first set has its columns from the start. */
static bool make_columns(struct worker *worker, struct listed *set) {
    if (set->node.columns != NULL || set->parent == NULL)
        return true;
    const struct node *from = &set->parent->node;
    const uint64_t *rows = from->columns + (size_t)set->item * from->words;
    uint32_t count = set->node.count, words = count < FEW_COLUMNS ? from->words : node_words(set->support, from->words);
    uint64_t *columns = worker_take(worker, (size_t)count * words + 8, sizeof *columns);
    if (columns == NULL)
        return false;
    if (words < from->words)
        worker->plan->kernels->condense(rows, from->columns, set->index, count, from->words, columns, words);
    else
        worker->plan->kernels->restrict_to(rows, from->columns, set->index, count, words, columns);
    set->node.words = words;
    set->node.columns = columns;
    return true;
}

/* The items behind one that may extend the set with it. */
static uint32_t may_extend(const struct listed *set, uint32_t item, uint32_t *index) {
    uint32_t count = 0;
    if (set->numbers == NULL) {
        for (uint32_t k = item + 1; k < set->node.count; k++)
            index[count++] = k;
        return count;
    }
    const struct beside *beside = set->parent->beside;
    for (uint32_t k = beside->start[set->index[item]]; k < beside->start[set->index[item] + 1]; k++) {
        index[count] = set->numbers[beside->item[k]];
        count += index[count] != NO_CODE;
    }
    return count;
}

/* Which items extend the set with its item i. */
static bool find_extensions(struct worker *worker, const struct listed *set, struct listed *child) {
    const struct node *node = &set->node;
    uint32_t behind = node->count - child->item - 1;
    size_t room = stack_round(((size_t)behind + 8) * sizeof(uint32_t));
    unsigned char *piece = worker_take(worker, 3 * room, 1);
    if (piece == NULL)
        return false;
    uint32_t *index = (uint32_t *)(void *)piece, *place = (uint32_t *)(void *)(piece + room);
    child->node = (struct node){.support = (uint32_t *)(void *)(piece + 2 * room), .code = place};
    child->index = index;
    child->node.count = worker->plan->kernels->share(node->columns + (size_t)child->item * node->words, node->columns,
                                                     index, may_extend(set, child->item, index), node->words,
                                                     worker->plan->minimum, index, child->node.support);
    for (uint32_t k = 0; k < child->node.count; k++)
        place[k] = node->code[index[k]];
    return true;
}

/* The same where that is known. */
static bool know_extensions(struct worker *worker, const struct listed *set, struct listed *child) {
    const struct beside *beside = set->beside;
    uint32_t from = beside->start[child->item], count = beside->start[child->item + 1] - from, *place = NULL;
    if (count > 0 && (place = worker_take(worker, count, sizeof *place)) == NULL)
        return false;
    child->index = beside->item + from;
    child->node = (struct node){.count = count, .support = beside->support + from, .code = place};
    for (uint32_t k = 0; k < count; k++)
        place[k] = set->node.code[child->index[k]];
    return true;
}

/* The same where columns are one word long, which are made as soon as they are looked at. */
static bool project(struct worker *worker, const struct listed *set, struct listed *child) {
    const struct node *node = &set->node;
    uint32_t *place;
    if (!node_project(worker, node, child->item, &child->node) ||
        (place = worker_take(worker, child->node.count, sizeof *place)) == NULL)
        return false;
    for (uint32_t k = 0; k < child->node.count; k++)
        place[k] = node->code[child->node.code[k]];
    child->index = child->node.code;
    child->node.code = place;
    return true;
}

/* The set with an item that lies in all of its baskets. */
static bool share_columns(struct worker *worker, const struct listed *set, struct listed *child) {
    const struct node *node = &set->node;
    uint32_t *index = worker_take(worker, node->count, sizeof *index), from = child->item + 1;
    child->node = (struct node){.count = node->count - from,
                                .words = node->words,
                                .code = node->code + from,
                                .support = node->support + from,
                                .columns = node->columns + (size_t)from * node->words};
    child->index = index;
    for (uint32_t k = 0; index != NULL && k < child->node.count; k++)
        index[k] = from + k;
    return index != NULL;
}

static bool begin_branch(struct worker *worker, const struct listed *set, struct listed *child) {
    return child->support == set->support ? share_columns(worker, set, child)
           : set->beside != NULL          ? know_extensions(worker, set, child)
           : set->node.words == 1         ? project(worker, set, child)
                                          : find_extensions(worker, set, child);
}

/* Goes on with a set that has two extensions: below, there is one set at most, that with both. */
static bool list_pair(struct worker *worker, const struct listed *set) {
    const struct node *from = &set->parent->node;
    const uint64_t *a = from->columns + (size_t)set->index[0] * from->words,
                   *b = from->columns + (size_t)set->index[1] * from->words;
    struct branch branch;
    uint32_t support =
        worker->plan->kernels->share_three(from->columns + (size_t)set->item * from->words, a, b, b, from->words);
    if (support < worker->plan->minimum)
        return true;
    stream_push(&worker->stream, set->node.code[0]);
    return list_extensions(worker, &set->node.code[1], &support, 1) && branch_leave(worker, &branch);
}

/* Goes on with a set that has fewer extensions than the one it extends. */
static bool list_narrow(struct worker *worker, struct listed *set) {
    const struct listed *parent = set->parent;
    struct narrow_start start = {
        .count = set->node.count, .own_support = set->support, .place = set->node.code, .support = set->node.support};
    if (set->node.count < 2)
        return true;
    if (set->node.count == 2 && parent != NULL)
        return list_pair(worker, set);
    if (!make_columns(worker, set))
        return false;
    start.words = set->node.words;
    start.columns = set->node.columns;
    if (parent == NULL)
        return narrow_list(worker, &start);
    uint32_t before[NARROW_ITEMS];
    struct branch branch[NARROW_ITEMS];
    for (uint32_t k = 0; k < set->node.count; k++) {
        before[k] = parent->node.support[set->index[k]];
        branch[k] = parent->branch[set->index[k]];
    }
    start.before = before;
    start.branch = branch;
    return narrow_list(worker, &start);
}

static bool list_set(struct worker *worker, struct listed *set);

/* Searches below item i. What the search takes from the stack is given back. */
static bool search_branch(struct worker *worker, struct listed *set, uint32_t i, struct branch *branch) {
    if (!make_columns(worker, set))
        return false;
    struct stack_mark mark = stack_mark(&worker->stack);
    struct stream *stream = &worker->stream;
    struct listed child = {.parent = set, .item = i, .support = set->node.support[i]};
    uint64_t sets = stream->sets;
    bool done = begin_branch(worker, set, &child);
    *branch = (struct branch){.known = true};
    if (done && child.node.count > 0) {
        stream_push(stream, set->node.code[i]);
        done = list_set(worker, &child);
    }
    branch->sets = stream->sets - sets;
    stack_release(&worker->stack, mark);
    return done && (child.node.count == 0 || branch_leave(worker, branch));
}

static bool list_branch(struct worker *worker, struct listed *set, uint32_t i) {
    const struct branch *known = sibling(set, i);
    struct branch *branch = &set->branch[i];
    if (i + 1 == set->node.count) {
        *branch = (struct branch){.known = true};
        return true;
    }
    if (known != NULL && is_written(worker, set, i, known))
        return branch_copy(worker, known, branch);
    return search_branch(worker, set, i, branch);
}

/* Pairs of items are frequent with the set only where they are so without it: what is known of the set that it extends
 * serves. */
static bool number_items(struct worker *worker, struct listed *set) {
    if (set->parent == NULL || set->parent->beside == NULL)
        return true;
    set->numbers = worker_take(worker, set->parent->node.count, sizeof *set->numbers);
    if (set->numbers == NULL)
        return false;
    for (uint32_t k = 0; k < set->parent->node.count; k++)
        set->numbers[k] = NO_CODE;
    for (uint32_t k = 0; k < set->node.count; k++)
        set->numbers[set->index[k]] = k;
    return true;
}

/* All that is below a set. */
static bool list_set(struct worker *worker, struct listed *set) {
    uint32_t *order, count = set->node.count;
    if (!list_extensions(worker, set->node.code, set->node.support, count))
        return false;
    if (worker->stream.depth + 2 > worker->plan->largest)
        return true;
    if (count <= NARROW_ITEMS)
        return list_narrow(worker, set);
    set->branch = worker_take(worker, count, sizeof *set->branch);
    if (set->branch == NULL || !number_items(worker, set) || !list_branches(worker, set->node.code, count, &order))
        return false;
    for (uint32_t k = 0; k < count; k++)
        set->branch[k].known = false;
    bool done = true;
    for (uint32_t k = count; done && k > 0; k--)
        done = list_branch(worker, set, order == NULL ? k - 1 : order[k - 1]);
    return done;
}

bool listing_mine(struct worker *worker, const struct unit *unit, const struct node *node) {
    struct listed set = {.node = *node, .support = unit->own_support};
    if (unit->beside.start != NULL)
        set.beside = &unit->beside;
    for (uint32_t k = 0; k < node->count; k++)
        node->code[k] = unit->name[node->code[k]];
    return list_set(worker, &set);
}
