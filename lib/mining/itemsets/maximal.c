/* The maximal sets of a bit matrix. Two things keep the search small:
 *
 *   - a set together with all of its extensions is tried first: when it is frequent, nothing else below can be maximal
 * (Bayardo 1998, MaxMiner);
 *   - a set that is, with all of its extensions, part of a frequent set that was met need not be searched (known.c).
 *
 * Neither decides what is maximal, so the result does not depend on what was met first: a set with no extension is
 * maximal when no earlier item is frequent with it. The earlier items that still are follow the branch as a list, which
 * shrinks with its rows; when one of them lies in all of the rows, nothing below is maximal. Those of sparse baskets
 * are too many for a list, and are read off the rows of the branch. */
#include "engine.h"

/* A set of the unit: its node, the earlier items, its own items within the unit, and the known sets that hold them. */
struct maximal {
    const struct unit *unit;
    const struct node *node;
    const uint32_t *check;
    uint32_t checks;
    uint32_t *inside; /* local codes; room for all of the unit */
    uint32_t size;
    const uint64_t *among; /* of the known sets before `since` */
    uint32_t since;
};

static bool mine(struct worker *worker, struct maximal *m);

static const uint64_t *rows_at(const struct maximal *m, uint32_t i) {
    return m->node->columns + (size_t)i * m->unit->words;
}

/* ---- sparse baskets: items that go with a set are read off its rows ---- */

/* Counts the listed items of all of the rows; true when one that is not of the set reaches the minimum. */
static bool count_within(struct worker *worker, const struct unit *unit, const uint64_t *rows, uint32_t *touched) {
    for (uint32_t w = 0; w * 64 < unit->rows; w++)
        for (uint64_t left = rows[w]; left != 0; left &= left - 1) {
            const uint32_t *code = unit->row + unit->row_start[w * 64 + (uint32_t)__builtin_ctzll(left)];
            for (; *code != NO_CODE; code++) {
                worker->touched[*touched] = *code;
                *touched += worker->count[*code]++ == 0;
                if (worker->count[*code] >= worker->plan->minimum && !unit->member[*code])
                    return true;
            }
        }
    return false;
}

/* The same for the items before that of the branch. */
static bool count_before(struct worker *worker, const struct unit *unit, const uint64_t *rows, uint32_t *touched) {
    const struct sparse *parent = unit->parent;
    const uint32_t *occurrence = parent->occurrence + parent->start[unit->item];
    uint32_t all = parent->start[unit->item + 1] - parent->start[unit->item];
    uint64_t huge = unit_huge(unit, rows);
    for (uint32_t w = 0; w * 64 < all; w++)
        for (uint64_t left = rows[w]; left != 0; left &= left - 1) {
            uint32_t row = w * 64 + (uint32_t)__builtin_ctzll(left);
            if (row >= all)
                break;
            for (const uint32_t *entry = parent->entries + occurrence[row] - 1; *entry != ROW_END; entry--) {
                worker->touched[*touched] = *entry;
                *touched += worker->count[*entry]++ == 0;
                if (worker->count[*entry] + bits_of(huge & huge_with(parent, *entry)) >= worker->plan->minimum)
                    return true;
            }
        }
    return false;
}

/* Whether the set, whose items are flagged as members, is frequent with one more. */
static bool is_extended(struct worker *worker, const struct unit *unit, const uint64_t *rows) {
    bool (*const count[])(struct worker *, const struct unit *, const uint64_t *, uint32_t *) = {count_within,
                                                                                                 count_before};
    bool extended = false;
    for (size_t i = 0; i < 2 && !extended; i++) {
        uint32_t touched = 0;
        extended = count[i](worker, unit, rows, &touched);
        for (uint32_t k = 0; k < touched; k++)
            worker->count[worker->touched[k]] = 0;
    }
    return extended;
}

/* Says whether the items of the set, from one on, are members. */
static void flag(const struct maximal *m, uint32_t from, unsigned char member) {
    for (uint32_t k = from; m->unit->parent != NULL && k < m->size; k++)
        m->unit->member[m->inside[k]] = member;
}

/* ---- the search ---- */

/* Of the list and the siblings before i, the items that are frequent with the extended set; NULL when memory is out. */
static uint32_t *inherit_checks(struct worker *worker, const struct maximal *m, uint32_t i, uint32_t *count) {
    uint32_t *list = worker_take(worker, (size_t)m->checks + i + 8, sizeof *list);
    if (list == NULL)
        return NULL;
    for (uint32_t k = 0; k < m->checks; k++)
        list[k] = m->check[k];
    for (uint32_t k = 0; k < i; k++)
        list[m->checks + k] = m->node->code[k];
    *count = worker->plan->kernels->filter(rows_at(m, i), m->unit->columns, list, m->checks + i, m->unit->words,
                                           worker->plan->minimum, list);
    return list;
}

/* A set that is frequent and has no later item beside it: it is maximal unless an earlier one goes with its rows. */
static bool report(struct worker *worker, const struct maximal *m, const uint64_t *rows, uint32_t support) {
    const struct unit *unit = m->unit;
    if (unit->parent != NULL && is_extended(worker, unit, rows))
        return true;
    return (worker->plan->apart && !apart_reports(worker, unit, rows, &support)) || set_report(worker, support);
}

/* The set that has joined is frequent and ends here. */
static bool finish(struct worker *worker, const struct maximal *m, const uint64_t *rows, uint32_t support) {
    uint32_t *rest = worker_take(worker, (size_t)m->checks + 8, sizeof *rest);
    if (rest == NULL)
        return false;
    known_add(&worker->known, m->inside, m->size);
    return worker->plan->kernels->filter(rows, m->unit->columns, m->check, m->checks, m->unit->words,
                                         worker->plan->minimum, rest) > 0 ||
           report(worker, m, rows, support);
}

/* Whether an item before `code` lies in all of the rows. */
static bool is_covered(struct worker *worker, const struct maximal *m, const uint64_t *rows, uint32_t code) {
    const struct unit *unit = m->unit;
    return unit->parent != NULL ? unit_covers(worker, unit, rows, code)
                                : worker->plan->kernels->covered(rows, unit->columns, m->check, m->checks, unit->words);
}

/* The set with all of its extensions, when that is frequent. `whole` tells. */
static bool try_whole(struct worker *worker, struct maximal *m, bool *whole) {
    const struct node *node = m->node;
    uint64_t *rows = worker_take(worker, m->unit->words, sizeof *rows);
    if (rows == NULL)
        return false;
    uint32_t support = worker->plan->kernels->intersect(node->columns, node->count, m->unit->words, rows);
    *whole = support >= worker->plan->minimum;
    if (!*whole)
        return true;
    uint32_t size = m->size;
    for (uint32_t k = 0; k < node->count; k++) {
        m->inside[m->size++] = node->code[k];
        unit_require(worker, m->unit, node->code[k]);
    }
    flag(m, size, 1);
    bool done = finish(worker, m, rows, support);
    flag(m, size, 0);
    return done;
}

/* Goes below a set that has extensions. */
static bool descend(struct worker *worker, struct maximal *m) {
    bool whole;
    uint32_t size = m->size;
    if (!try_whole(worker, m, &whole) || whole)
        return worker->status == TILL_OK;
    m->size = size;
    return worker->required >= worker->plan->largest || mine(worker, m);
}

/* Goes on with the set to which item i of `m` has joined: `below`. */
static bool search(struct worker *worker, const struct maximal *m, uint32_t i, struct maximal *below) {
    const struct node *child = below->node;
    struct known_part joined = {m->inside + m->size, below->size - m->size};
    if (known_holds(&worker->known, m->among, m->since, joined, (struct known_part){child->code, child->count}))
        return true;
    if (m->unit->parent == NULL && (below->check = inherit_checks(worker, m, i, &below->checks)) == NULL)
        return false;
    if (is_covered(worker, below, rows_at(m, i), m->node->code[i]))
        return true;
    if (child->count == 0) {
        known_add(&worker->known, below->inside, below->size);
        return below->checks > 0 || report(worker, below, rows_at(m, i), m->node->support[i]);
    }
    uint64_t *among = worker_take(worker, known_blocks(&worker->known) * KNOWN_WORDS, sizeof *among);
    if (among == NULL)
        return false;
    known_mark(&worker->known, m->among, m->since, joined.codes, joined.count, among);
    below->among = among;
    below->since = worker->known.sets;
    return descend(worker, below);
}

/* The set with item i and its perfect extensions, which are found by projecting. */
static bool extend(struct worker *worker, const struct maximal *m, uint32_t i) {
    const struct node *node = m->node;
    struct node child;
    struct maximal below = *m;
    if (!node_project(worker, node, i, &child))
        return false;
    below.node = &child;
    below.inside[below.size++] = node->code[i];
    for (uint32_t k = 0; k < child.count; k++)
        if (child.support[k] == node->support[i])
            below.inside[below.size++] = node->code[child.code[k]];
    unit_require(worker, m->unit, node->code[i]);
    node_name(worker, m->unit, node, node->support[i], &child);
    struct maximal joined = below;
    flag(&joined, m->size, 1);
    bool done = search(worker, m, i, &below);
    flag(&joined, m->size, 0);
    return done;
}

static bool mine(struct worker *worker, struct maximal *m) {
    bool done = true;
    for (uint32_t i = 0; done && i < m->node->count; i++) {
        struct known_part left = {m->node->code + i, m->node->count - i};
        if (known_holds(&worker->known, m->among, m->since, left, (struct known_part){NULL, 0}))
            break;
        struct stack_mark mark = stack_mark(&worker->stack);
        uint32_t required = worker->required;
        struct sample sample = worker->sample;
        done = !worker_enters(worker, m->unit->name[m->node->code[i]], m->node->count) || extend(worker, m, i);
        set_restore(worker, required, worker->optional);
        worker->sample = sample;
        stack_release(&worker->stack, mark);
    }
    return done;
}

bool maximal_mine(struct worker *worker, const struct unit *unit, const struct node *node) {
    struct maximal m = {.unit = unit, .node = node, .checks = unit->first};
    uint32_t *check = worker_take(worker, unit->first, sizeof *check);
    m.inside = worker_take(worker, unit->items, sizeof *m.inside);
    if (check == NULL || m.inside == NULL)
        return false;
    for (uint32_t k = 0; k < unit->first; k++)
        check[k] = k;
    m.check = check;
    known_clear(&worker->known, unit->items);
    return descend(worker, &m);
}
