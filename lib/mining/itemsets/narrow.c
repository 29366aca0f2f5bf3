/* Frequent sets for delivery, below sets with no more extensions than a word has bits. What extends a set is then a
 * word, and one call of a kernel looks at all pairs of extensions that may be frequent with the set: those that are so
 * with the set that it extends (Agrawal & Srikant 1994, Apriori). Columns are not restricted to the rows of each set;
 * these rows are intersected with the pairs. */
#include "listing.h"

/* Where nothing is known about what is below a set: below so many items shorter columns do not pay for their making. */
enum { FEW_COLUMNS = 16 };

/* What their making takes: the time in which so many pairs below are looked at for each word of a column, and for some
 * words more. */
#define MAKING_PAIRS 4.0
enum { MAKING_WORDS = 100 };

#define ALL_ROWS (~(uint64_t)0)

/* The items that all sets below one set are made of, and their columns. */
struct universe {
    uint32_t count;
    uint32_t support; /* of that set */
    uint32_t words;
    const uint64_t *columns;
    const uint32_t *place;             /* by item */
    bool permuted;                     /* branches are entered in another order than that of the items: */
    unsigned char inner[NARROW_ITEMS]; /* item -> number in this order */
    unsigned char outer[NARROW_ITEMS]; /* and back */
};

/* What an extension of a set leads to. */
struct step {
    uint64_t next;           /* which items extend the set with it, */
    const uint32_t *further; /* and the supports with each of these, rising */
    uint32_t support;        /* of the set with it */
    unsigned char count;     /* of the items */
    bool copied;             /* what is below was written below the same item of the set that this one extends */
    uint64_t pairs;          /* of items that were found frequent below */
    struct branch branch;
};

struct narrow {
    const struct universe *universe;
    struct narrow *parent; /* the set that this one extends, */
    uint32_t item;         /* with this item */
    uint32_t own_support;
    uint64_t items;          /* that extend the set, */
    uint64_t open;           /* those of them that others extend it with, */
    uint32_t count;          /* so many, */
    const uint32_t *support; /* and the supports with each of them, rising */
    const uint64_t *rows;    /* that hold the set; NULL: not made yet */
    struct step *step;       /* by item of the universe */
    uint64_t pairs;          /* that were found frequent with the set and below */
};

/* Pairs of extensions that a kernel is asked for. */
struct question {
    uint32_t count;
    uint32_t item[NARROW_ITEMS];
    uint64_t wanted[NARROW_ITEMS];
    uint64_t found[NARROW_ITEMS];
    uint32_t kept[NARROW_ITEMS];
};

static inline uint32_t lowest(uint64_t items) {
    return (uint32_t)__builtin_ctzll(items);
}

/* Whether all that is below an item was written already, at a smaller size. */
static inline bool is_written(const struct worker *worker, const struct branch *branch) {
    return branch->known && branch->deepest < worker->plan->largest &&
           worker->stream.depth + 1 >= worker->plan->smallest;
}

/* What is known about the steps of a set without looking at rows; the rest is asked for. `other`: the steps of the set
 * that it extends. Of a step that leads to nothing, no more is kept than that. */
static void know_steps(const struct worker *worker, const struct step *other, struct narrow *set,
                       struct question *ask) {
    const uint32_t *support = set->support;
    uint32_t behind = set->count, asked = 0;
    for (uint64_t left = set->items; left != 0; support++) {
        uint32_t item = lowest(left);
        struct step *step = &set->step[item];
        left &= left - 1;
        behind--;
        step->next = other[item].next & left;
        if (step->next == 0)
            continue;
        step->support = *support;
        step->copied = false;
        step->branch.known = false;
        set->open |= (uint64_t)1 << item;
        if (*support == other[item].support && is_written(worker, &other[item].branch)) {
            step->copied = true;
        } else if (*support == set->own_support) {
            step->next = left;
            step->further = support + 1;
            step->count = (unsigned char)behind;
        } else {
            ask->item[asked] = item;
            ask->wanted[asked++] = step->next;
        }
    }
    ask->count = asked;
}

/* The rows of a set wait until they are asked for. Those of the first set of a universe are there. */
static bool make_rows(struct worker *worker, struct narrow *set) {
    struct narrow *parent = set->parent;
    if (set->rows != NULL)
        return true;
    if (!make_rows(worker, parent))
        return false;
    if (set->own_support == parent->own_support) {
        set->rows = parent->rows;
        return true;
    }
    uint64_t *rows = worker_take(worker, set->universe->words, sizeof *rows);
    if (rows == NULL)
        return false;
    worker->plan->kernels->restrict_to(parent->rows, set->universe->columns, &set->item, 1, set->universe->words, rows);
    set->rows = rows;
    return true;
}

/* Answers what was asked for. */
static bool find_steps(struct worker *worker, struct narrow *set, struct question *ask) {
    const struct universe *universe = set->universe;
    if (ask->count == 0)
        return true;
    if (!make_rows(worker, set))
        return false;
    uint32_t *support = worker_take(worker, (size_t)ask->count * set->count + 8, sizeof *support), *end = support;
    if (support == NULL)
        return false;
    worker->plan->kernels->share_pairs(set->rows, universe->columns, universe->words, ask->item, ask->wanted,
                                       ask->count, worker->plan->minimum, ask->found, ask->kept, support);
    for (uint32_t k = 0; k < ask->count; k++) {
        struct step *step = &set->step[ask->item[k]];
        step->next = ask->found[k];
        step->count = (unsigned char)ask->kept[k];
        step->further = end;
        set->open ^= (uint64_t)(ask->kept[k] == 0) << ask->item[k];
        end += ask->kept[k];
    }
    set->pairs = (uint64_t)(end - support);
    stack_trim(&worker->stack, support, (size_t)(end - support) * sizeof *support);
    return true;
}

static bool make_steps(struct worker *worker, const struct step *other, struct narrow *set) {
    struct question ask;
    set->step = worker_take(worker, set->universe->count, sizeof *set->step);
    if (set->step == NULL)
        return false;
    know_steps(worker, other, set, &ask);
    return find_steps(worker, set, &ask);
}

static bool list_set(struct worker *worker, struct narrow *set);

/* Where the items that extend a set with another item are in the output; returns how many they are. */
static uint32_t place_next(const struct universe *universe, const struct step *step, uint32_t *place) {
    uint32_t count = 0;
    for (uint64_t left = step->next; left != 0; left &= left - 1)
        place[count++] = universe->place[lowest(left)];
    return count;
}

/* What is below the set with an item. */
static bool list_below(struct worker *worker, struct narrow *set, uint32_t item, struct step *step) {
    struct narrow child = {.universe = set->universe,
                           .parent = set,
                           .item = item,
                           .own_support = step->support,
                           .items = step->next,
                           .count = step->count,
                           .support = step->further};
    struct stack_mark mark = stack_mark(&worker->stack);
    const uint64_t *rows = set->rows;
    bool done = list_set(worker, &child);
    step->pairs = child.pairs;
    set->pairs += child.pairs;
    set->rows = rows; /* what was made below goes */
    stack_release(&worker->stack, mark);
    return done;
}

/* The same where two items extend the set with the item: below, there is one set at most, that with both. */
static bool list_pair(struct worker *worker, struct narrow *set, uint32_t item, const struct step *step) {
    const struct universe *universe = set->universe;
    uint32_t a = lowest(step->next), b = lowest(step->next & (step->next - 1)), support = step->further[1];
    size_t words = universe->words;
    struct branch branch = {.known = true};
    if ((set->step[a].next >> b & 1) == 0)
        return true;
    if (!make_rows(worker, set))
        return false;
    if (step->further[0] != step->support)
        support = worker->plan->kernels->share_three(set->rows, universe->columns + item * words,
                                                     universe->columns + a * words, universe->columns + b * words,
                                                     universe->words);
    if (support < worker->plan->minimum)
        return true;
    stream_push(&worker->stream, universe->place[a]);
    return list_extensions(worker, &universe->place[b], &support, 1) && branch_leave(worker, &branch);
}

/* Writes the sets with an item below which there are none. */
static bool list_leaf(struct worker *worker, uint32_t item, const uint32_t *place, struct step *step) {
    struct branch *branch = &step->branch;
    uint32_t size = worker->stream.depth + 2;
    branch->deepest = 0;
    branch->sets = 0;
    if (size < worker->plan->smallest || size > worker->plan->largest)
        return true;
    branch->deepest = size;
    branch->sets = step->count;
    if (stream_leaf(&worker->stream, item, place, step->further, step->count, &branch->first, &branch->known))
        return set_below_limit(worker, step->count);
    worker->status = TILL_ERROR_MEMORY;
    return false;
}

/* Writes the sets with an item. */
static bool search_step(struct worker *worker, struct narrow *set, uint32_t item, struct step *step) {
    struct stream *stream = &worker->stream;
    uint64_t sets = stream->sets;
    uint32_t place[NARROW_ITEMS];
    step->pairs = 0;
    place_next(set->universe, step, place);
    if (step->count == 1)
        return list_leaf(worker, set->universe->place[item], place, step);
    stream_push(stream, set->universe->place[item]);
    bool done = list_extensions(worker, place, step->further, step->count);
    if (done && stream->depth + 2 <= worker->plan->largest)
        done = step->count == 2 ? list_pair(worker, set, item, step) : list_below(worker, set, item, step);
    if (!done)
        return false;
    step->branch.sets = stream->sets - sets;
    return branch_leave(worker, &step->branch);
}

static bool list_step(struct worker *worker, struct narrow *set, uint32_t item, struct step *step) {
    step->branch.known = true;
    if (step->copied) {
        step->pairs = set->parent->step[item].pairs;
        return branch_copy(worker, &set->parent->step[item].branch, &step->branch);
    }
    return search_step(worker, set, item, step);
}

/* The items in the order of branches. */
static uint64_t order_items(const struct universe *universe, uint64_t items) {
    uint64_t ordered = 0;
    if (!universe->permuted)
        return items;
    for (; items != 0; items &= items - 1)
        ordered |= (uint64_t)1 << universe->inner[lowest(items)];
    return ordered;
}

static bool list_steps(struct worker *worker, struct narrow *set) {
    const struct universe *universe = set->universe;
    bool done = true;
    for (uint64_t left = order_items(universe, set->open); done && left != 0;) {
        uint32_t item = 63 - (uint32_t)__builtin_clzll(left);
        left ^= (uint64_t)1 << item;
        if (universe->permuted)
            item = universe->outer[item];
        done = list_step(worker, set, item, &set->step[item]);
    }
    return done;
}

static void order_universe(const struct worker *worker, struct universe *universe) {
    const uint32_t *inner = worker->plan->inner;
    universe->permuted = false;
    for (uint32_t k = 0; inner != NULL && k < universe->count; k++) {
        uint32_t to = k;
        for (; to > 0 && inner[universe->place[universe->outer[to - 1]]] > inner[universe->place[k]]; to--)
            universe->outer[to] = universe->outer[to - 1];
        universe->outer[to] = (unsigned char)k;
        universe->permuted |= to < k;
    }
    for (uint32_t k = 0; universe->permuted && k < universe->count; k++)
        universe->inner[universe->outer[k]] = (unsigned char)k;
}

/* The items of a set as a universe of their own; `parent`: the set that it extends, by the same items. */
static bool list_universe(struct worker *worker, const struct narrow_start *start, struct narrow *parent) {
    struct universe universe = {.count = start->count,
                                .support = start->own_support,
                                .words = start->words,
                                .columns = start->columns,
                                .place = start->place};
    struct narrow set = {.universe = &universe,
                         .parent = parent,
                         .own_support = start->own_support,
                         .items = start->count == 0 ? 0 : ~(uint64_t)0 >> (NARROW_ITEMS - start->count),
                         .count = start->count,
                         .support = start->support};
    uint64_t *rows = worker_take(worker, start->words, sizeof *rows);
    if (rows == NULL)
        return false;
    for (uint32_t w = 0; w < start->words; w++)
        rows[w] = ALL_ROWS;
    set.rows = rows;
    order_universe(worker, &universe);
    bool done = make_steps(worker, parent->step, &set) && list_steps(worker, &set);
    parent->pairs = set.pairs;
    return done;
}

bool narrow_list(struct worker *worker, const struct narrow_start *start) {
    struct narrow parent = {.step = worker_take(worker, start->count, sizeof *parent.step)};
    if (parent.step == NULL)
        return false;
    for (uint32_t k = 0; k < start->count; k++) {
        parent.step[k] = (struct step){.next = ALL_ROWS};
        if (start->before != NULL) {
            parent.step[k].support = start->before[k];
            parent.step[k].branch = start->branch[k];
            parent.step[k].pairs = start->branch[k].known ? start->branch[k].sets : 0;
        }
    }
    return list_universe(worker, start, &parent);
}

/* The items of a set with few rows, as a universe of shorter columns. */
static bool condense(struct worker *worker, struct narrow *set, uint32_t words) {
    const struct universe *from = set->universe;
    uint32_t index[NARROW_ITEMS], place[NARROW_ITEMS], count = 0;
    struct narrow parent = {.step = worker_take(worker, set->count, sizeof *parent.step)};
    uint64_t *columns = worker_take(worker, (size_t)set->count * words + 8, sizeof *columns);
    if (parent.step == NULL || columns == NULL || !make_rows(worker, set))
        return false;
    for (uint64_t left = set->items; left != 0; left &= left - 1, count++) {
        uint32_t item = lowest(left);
        index[count] = item;
        place[count] = from->place[item];
        parent.step[count] = set->parent->step[item];
        parent.step[count].next = worker->plan->kernels->extract(parent.step[count].next, set->items);
    }
    worker->plan->kernels->condense(set->rows, from->columns, index, count, from->words, columns, words);
    const struct narrow_start start = {.count = count,
                                       .own_support = set->own_support,
                                       .words = words,
                                       .place = place,
                                       .support = set->support,
                                       .columns = columns};
    bool done = list_universe(worker, &start, &parent);
    set->pairs = parent.pairs;
    return done;
}

/* Whether the pairs below a set are so many that columns of fewer words pay. They are foreseen by those below the same
 * item of the set that this one's extends: of these, the part that is frequent here too falls as the square of what the
 * support is above the least one. */
static bool condensing_pays(const struct worker *worker, const struct narrow *set, uint32_t fewer) {
    uint32_t words = set->universe->words;
    const struct step *sibling = set->parent->parent == NULL ? NULL : &set->parent->parent->step[set->item];
    /* The rows of a set in all baskets of its universe are not known. */
    if (fewer >= words || set->own_support == set->universe->support)
        return false;
    if (sibling == NULL || !sibling->branch.known)
        return set->count >= FEW_COLUMNS && fewer * 2 <= words;
    double above = (double)set->own_support + 1 - worker->plan->minimum;
    double its_above = (double)sibling->support + 1 - worker->plan->minimum;
    return above * above * (double)sibling->pairs * (words - fewer) >
           its_above * its_above * MAKING_PAIRS * set->count * (words + MAKING_WORDS);
}

/* All that is below a set. */
static bool list_set(struct worker *worker, struct narrow *set) {
    uint32_t fewer = words_for(set->own_support);
    if (condensing_pays(worker, set, fewer))
        return condense(worker, set, fewer);
    return make_steps(worker, set->parent->step, set) && list_steps(worker, set);
}
