/* Branches whose baskets are rows of codes.
 *
 * One scan of the rows that hold item i counts every other item beside it (occurrence deliver: Uno, Kiyomi & Arimura
 * 2004, LCM ver. 2, section 3), so that supports cost what the rows are long, not what the items are many. From the
 * counts:
 *
 *   - an item in all of these rows is a perfect extension: it joins the set (closed, maximal) or is an option
 * (frequent);
 *   - when such an item comes before i, the branch holds no closed set: each would have to have it, and was found
 * there;
 *   - frequent items behind i extend, frequent items before i can still forbid; all others are dropped.
 *
 * What remains is searched as rows again, or as bits (dense.c) when it is dense or small. */
#include "engine.h"

#include <stdlib.h>

/* The bit matrix costs rows x items^2 / 2 bit tests at 512 a step, the rows their lengths squared / 2 in single steps.
 * They break even near this density; below SMALL_ROWS a column is one vector, and bits always win. */
#define DENSE_SHARE 0.03
#define SMALL_ROWS 512

/* Counts every item beside one occurrence; those before it only where sets must be checked. */
static uint32_t count_row(struct worker *worker, const uint32_t *entry, bool before, uint32_t touched) {
    uint32_t *count = worker->count, *list = worker->touched;
    for (const uint32_t *at = entry + 1; *at != ROW_END; at++) {
        list[touched] = *at;
        touched += count[*at]++ == 0;
    }
    if (before)
        for (const uint32_t *at = entry - 1; *at != ROW_END; at--) {
            list[touched] = *at;
            touched += count[*at]++ == 0;
        }
    return touched;
}

/* Brings the codes into rising order: by insertion when they are few, through a bit map when they are many. */
static void sort_codes(struct worker *worker, uint32_t *codes, uint32_t count, uint32_t items) {
    if (count <= 24) {
        for (uint32_t k = 1; k < count; k++) {
            uint32_t code = codes[k], to = k;
            for (; to > 0 && codes[to - 1] > code; to--)
                codes[to] = codes[to - 1];
            codes[to] = code;
        }
        return;
    }
    for (uint32_t k = 0; k < count; k++)
        worker->bits[codes[k] / 64] |= (uint64_t)1 << codes[k] % 64;
    uint32_t sorted = 0;
    for (uint32_t w = 0; w <= (items - 1) / 64; w++) {
        for (uint64_t bits = worker->bits[w]; bits != 0; bits &= bits - 1)
            codes[sorted++] = w * 64 + (uint32_t)__builtin_ctzll(bits);
        worker->bits[w] = 0;
    }
}

/* What the scan found, sorted out. `perfect` gets room from the stack too. False: no set of this branch can be closed.
 */
struct sorted_out {
    struct candidates candidates;
    uint32_t *perfect;
    uint32_t perfects;
    bool covered;
};

static void sort_out(struct worker *worker, uint32_t touched, struct sorted_out *found) {
    struct candidates *c = &found->candidates;
    for (uint32_t k = 0; k < touched; k++) {
        uint32_t code = worker->touched[k], n = worker->count[code];
        if (n < worker->plan->minimum)
            continue;
        if (code < c->item) {
            found->covered |= n == c->support;
            c->check[c->checks++] = code;
        } else if (n == c->support) {
            found->perfect[found->perfects++] = code;
        } else {
            c->extend[c->extends++] = code;
            c->entries += n;
        }
    }
}

/* Scans the occurrences of item i. The counts stay in worker->count until they are cleared. */
static bool scan(struct worker *worker, const struct sparse *rows, uint32_t i, uint32_t *touched,
                 struct sorted_out *found) {
    bool before = worker->plan->type != TILL_ITEMSETS_FREQUENT;
    *touched = 0;
    for (uint32_t k = rows->start[i]; k < rows->start[i + 1]; k++)
        *touched = count_row(worker, rows->entries + rows->occurrence[k], before, *touched);
    uint32_t *space = worker_take(worker, (size_t)*touched * 3, sizeof *space);
    if (space == NULL)
        return false;
    *found = (struct sorted_out){.candidates = {.item = i, .support = rows->support[i]}};
    found->candidates.check = space;
    found->candidates.extend = space + *touched;
    found->perfect = space + (size_t)*touched * 2;
    sort_out(worker, *touched, found);
    return true;
}

/* The candidates get the local codes of the child, checks first; worker->map holds them while rows are copied. */
static void map_candidates(struct worker *worker, const struct candidates *c, const struct sparse *rows, uint32_t *name,
                           uint32_t *support) {
    for (uint32_t k = 0; k < c->checks + c->extends; k++) {
        uint32_t code = k < c->checks ? c->check[k] : c->extend[k - c->checks];
        worker->map[code] = k;
        name[k] = rows->name[code];
        support[k] = worker->count[code];
    }
}

/* Copies what the child needs of one row; a row of less than two items is left out, for nothing shares it. */
static uint32_t copy_row(const uint32_t *map, const uint32_t *row, uint32_t *entries, uint32_t at) {
    uint32_t begin = at;
    for (; *row != ROW_END; row++) {
        entries[at] = map[*row];
        at += entries[at] != NO_CODE;
    }
    if (at - begin < 2)
        return begin;
    entries[at++] = ROW_END;
    return at;
}

/* Lists where each code of the child occurs, by counting. */
static void list_occurrences(const uint32_t *entries, uint32_t end, uint32_t items, uint32_t *start,
                             uint32_t *occurrence) {
    for (uint32_t k = 0; k <= items + 1; k++)
        start[k] = 0;
    for (uint32_t at = 0; at < end; at++)
        if (entries[at] != ROW_END)
            start[entries[at] + 2]++;
    for (uint32_t k = 2; k <= items; k++)
        start[k] += start[k - 1];
    /* start[k + 1] is now where code k begins, and moves on to where it ends. */
    for (uint32_t at = 0; at < end; at++)
        if (entries[at] != ROW_END)
            occurrence[start[entries[at] + 1]++] = at;
}

static bool child_new(struct worker *worker, const struct sparse *rows, const struct candidates *c,
                      struct sparse *child) {
    bool before = c->checks > 0;
    uint32_t items = c->checks + c->extends;
    size_t capacity = 1;
    for (uint32_t k = 0; k < items; k++)
        capacity += worker->count[k < c->checks ? c->check[k] : c->extend[k - c->checks]];
    uint32_t *name = worker_take(worker, items, sizeof *name);
    uint32_t *support = worker_take(worker, items, sizeof *support);
    uint32_t *start = worker_take(worker, items + 2u, sizeof *start);
    uint32_t *entries = worker_take(worker, capacity + c->support + 1, sizeof *entries);
    if (name == NULL || support == NULL || start == NULL || entries == NULL)
        return false;
    map_candidates(worker, c, rows, name, support);
    uint32_t at = 0;
    entries[at++] = ROW_END;
    for (uint32_t k = rows->start[c->item]; k < rows->start[c->item + 1]; k++) {
        const uint32_t *row = rows->entries + rows->occurrence[k];
        while (before && row[-1] != ROW_END)
            row--;
        at = copy_row(worker->map, row, entries, at);
    }
    stack_trim(&worker->stack, entries, at * sizeof *entries);
    uint32_t *occurrence = worker_take(worker, at, sizeof *occurrence);
    if (occurrence == NULL)
        return false;
    list_occurrences(entries, at, items, start, occurrence);
    *child = (struct sparse){items, c->checks, name, support, entries, start, occurrence};
    return true;
}

static void clear_counts(struct worker *worker, uint32_t touched) {
    for (uint32_t k = 0; k < touched; k++)
        worker->count[worker->touched[k]] = 0;
}

static void clear_map(struct worker *worker, const struct candidates *c) {
    for (uint32_t k = 0; k < c->checks; k++)
        worker->map[c->check[k]] = NO_CODE;
    for (uint32_t k = 0; k < c->extends; k++)
        worker->map[c->extend[k]] = NO_CODE;
}

static bool mine_rows(struct worker *worker, const struct sparse *rows, const struct candidates *c, uint32_t touched) {
    struct sparse child;
    bool built = child_new(worker, rows, c, &child);
    clear_map(worker, c);
    clear_counts(worker, touched);
    for (uint32_t i = c->checks; built && i < child.items; i++)
        built = sparse_branch(worker, &child, i);
    return built;
}

static bool mine_bits(struct worker *worker, const struct sparse *rows, const struct candidates *c, uint32_t touched) {
    struct unit unit;
    bool built = unit_new(worker, rows, c, &unit);
    clear_counts(worker, touched);
    return built && unit_mine(worker, &unit);
}

static bool is_dense(const struct candidates *c) {
    return c->support <= SMALL_ROWS || (double)c->entries >= DENSE_SHARE * (double)c->support * (double)c->extends;
}

/* Reports the set that has joined, unless a set of the wanted type is larger, and goes on below it. */
static bool report_and_extend(struct worker *worker, const struct sparse *rows, struct sorted_out *found,
                              uint32_t touched) {
    struct candidates *c = &found->candidates;
    bool maximal = worker->plan->type == TILL_ITEMSETS_MAXIMAL;
    if (!(maximal && c->checks + c->extends > 0) && !set_report(worker, c->support)) {
        clear_counts(worker, touched);
        return false;
    }
    if (c->extends == 0 || worker->required >= worker->plan->largest) {
        clear_counts(worker, touched);
        return true;
    }
    sort_codes(worker, c->check, c->checks, rows->items);
    sort_codes(worker, c->extend, c->extends, rows->items);
    return is_dense(c) ? mine_bits(worker, rows, c, touched) : mine_rows(worker, rows, c, touched);
}

bool sparse_branch(struct worker *worker, const struct sparse *rows, uint32_t i) {
    struct stack_mark mark = stack_mark(&worker->stack);
    struct sorted_out found;
    uint32_t touched;
    bool done = scan(worker, rows, i, &touched, &found);
    if (!done || found.covered) {
        clear_counts(worker, touched);
        stack_release(&worker->stack, mark);
        return done;
    }
    uint32_t required = worker->required, optional = worker->optional;
    set_require(worker, rows->name[i]);
    for (uint32_t k = 0; k < found.perfects; k++) {
        uint32_t code = rows->name[found.perfect[k]];
        if (worker->plan->type == TILL_ITEMSETS_FREQUENT)
            set_allow(worker, code);
        else
            set_require(worker, code);
    }
    done = report_and_extend(worker, rows, &found, touched);
    set_restore(worker, required, optional);
    stack_release(&worker->stack, mark);
    return done;
}
