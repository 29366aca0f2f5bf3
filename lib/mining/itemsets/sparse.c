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

#include <string.h>

/* The bit matrix costs rows x items^2 / 2 bit tests at 512 a step, the rows their lengths squared / 2 in single steps.
 * They break even near this density; below SMALL_ROWS a column is one vector, and bits always win. */
#define DENSE_SHARE 0.03
#define SMALL_ROWS 512

/* Where sets are delivered and few pairs of items share a row, pairs are counted from rows at once, and columns up to
 * this length are left to intersect for larger sets alone. */
#define LISTED_ROWS 4096

/* So many items before the extended one, a bit in each row, cost no more than the rows themselves. */
#define MANY_CHECKS 128

/* Counts every item behind one occurrence. */
static uint32_t count_behind(struct worker *worker, const uint32_t *entry, uint32_t touched) {
    uint32_t *count = worker->count, *list = worker->touched;
    for (entry++; *entry != ROW_END; entry++) {
        list[touched] = *entry;
        touched += count[*entry]++ == 0;
    }
    return touched;
}

/* Counts every item before one occurrence. */
static uint32_t count_before(struct worker *worker, const uint32_t *entry, uint32_t touched) {
    uint32_t *count = worker->count, *list = worker->touched;
    for (entry--; *entry != ROW_END; entry--) {
        list[touched] = *entry;
        touched += count[*entry]++ == 0;
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

/* What the scan of the rows of an item found. */
struct found {
    struct candidates candidates;
    uint32_t *perfect;
    uint32_t perfects;
    uint32_t touched; /* how many codes have counts */
};

/* Adds the huge baskets to the counts of those that were touched from `from` on. An item that is beside P in huge ones
 * alone is not among them: see apart.c. */
static void count_huge(struct worker *worker, const struct sparse *rows, uint32_t i, uint32_t from, uint32_t to) {
    uint64_t huge = huge_with(rows, i);
    for (uint32_t k = from; huge != 0 && k < to; k++)
        worker->count[worker->touched[k]] += bits_of(huge & rows->huge[worker->touched[k]]);
}

/* Counts the items behind i: they extend, or are perfect. */
static bool scan_behind(struct worker *worker, const struct sparse *rows, uint32_t i, struct found *found) {
    *found = (struct found){.candidates = {.item = i, .support = rows->support[i]}};
    struct candidates *c = &found->candidates;
    for (uint32_t k = rows->start[i]; k < rows->start[i + 1]; k++) {
        prefetch_row(rows, k);
        found->touched = count_behind(worker, rows->entries + rows->occurrence[k], found->touched);
    }
    count_huge(worker, rows, i, 0, found->touched);
    c->extend = worker_take(worker, found->touched, sizeof *c->extend);
    found->perfect = worker_take(worker, found->touched, sizeof *found->perfect);
    if (c->extend == NULL || found->perfect == NULL)
        return false;
    uint64_t entries = found->touched;
    for (uint32_t k = 0; k < found->touched; k++) {
        uint32_t code = worker->touched[k], n = worker->count[code];
        entries += n;
        if (n == c->support && !worker->plan->listing) {
            found->perfect[found->perfects++] = code;
        } else if (n >= worker->plan->minimum) {
            c->extend[c->extends++] = code;
            c->entries += n;
        }
    }
    return worker_works(worker, entries);
}

/* Counts the items before i: the frequent ones check. */
static bool scan_before(struct worker *worker, const struct sparse *rows, struct found *found) {
    struct candidates *c = &found->candidates;
    uint32_t from = found->touched;
    for (uint32_t k = rows->start[c->item]; k < rows->start[c->item + 1]; k++)
        found->touched = count_before(worker, rows->entries + rows->occurrence[k], found->touched);
    count_huge(worker, rows, c->item, from, found->touched);
    c->check = worker_take(worker, found->touched - from, sizeof *c->check);
    if (c->check == NULL)
        return false;
    for (uint32_t k = from; k < found->touched; k++)
        if (worker->count[worker->touched[k]] >= worker->plan->minimum)
            c->check[c->checks++] = worker->touched[k];
    sort_codes(worker, c->check, c->checks, rows->items);
    return true;
}

/* Whether an item before i lies in all of its rows. */
static bool is_covered(struct worker *worker, const struct sparse *rows, const struct found *found) {
    const struct candidates *c = &found->candidates;
    uint64_t huge = huge_with(rows, c->item);
    bool covered = false;
    /* A row that held nothing else was dropped: then no item lies in all of them. */
    if (rows->start[c->item + 1] - rows->start[c->item] + bits_of(huge) < c->support)
        return false;
    if (worker->plan->type == TILL_ITEMSETS_CLOSED)
        return is_listed(rows, c->item, NULL, huge, worker->touched + found->touched);
    for (uint32_t k = 0; k < c->checks; k++)
        covered |= worker->count[c->check[k]] == c->support;
    return covered;
}

/* The candidates get the local codes of the child, checks first; worker->map holds them while rows are copied. */
static void map_candidates(struct worker *worker, const struct candidates *c, const struct sparse *rows, uint32_t *name,
                           uint32_t *support) {
    for (uint32_t k = 0; k < c->checks + c->extends; k++) {
        uint32_t code = candidate_at(c, k);
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

/* The huge baskets of the child's items. False when memory is out. */
static bool child_huge(struct worker *worker, const struct sparse *rows, const struct candidates *c,
                       struct sparse *child) {
    uint64_t huge = huge_with(rows, c->item), *with;
    if (huge == 0)
        return true;
    child->huge = with = worker_take(worker, child->items, sizeof *with);
    for (uint32_t k = 0; with != NULL && k < child->items; k++)
        with[k] = huge & rows->huge[candidate_at(c, k)];
    return with != NULL;
}

static bool child_new(struct worker *worker, const struct sparse *rows, const struct candidates *c,
                      struct sparse *child) {
    bool before = c->checks > 0;
    uint32_t items = c->checks + c->extends;
    size_t capacity = 1;
    for (uint32_t k = 0; k < items; k++)
        capacity += worker->count[candidate_at(c, k)];
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
    uint32_t *occurrence = worker_take(worker, at + PREFETCH, sizeof *occurrence);
    if (occurrence == NULL)
        return false;
    list_occurrences(entries, at, items, start, occurrence);
    memset(occurrence + start[items], 0, PREFETCH * sizeof *occurrence);
    *child = (struct sparse){items, c->checks, name, support, entries, start, occurrence, NULL};
    return child_huge(worker, rows, c, child);
}

/* Counts are cleared as soon as they are of no more use: the branches below count anew. */
static void clear_counts(struct worker *worker, struct found *found) {
    for (uint32_t k = 0; k < found->touched; k++)
        worker->count[worker->touched[k]] = 0;
    found->touched = 0;
}

static void clear_map(struct worker *worker, const struct candidates *c) {
    for (uint32_t k = 0; k < c->checks + c->extends; k++)
        worker->map[candidate_at(c, k)] = NO_CODE;
}

/* Below a set whose sets are delivered: its extensions, then the branches in their order. */
static bool list_rows(struct worker *worker, const struct sparse *rows) {
    uint32_t *order;
    bool done = list_extensions(worker, rows->name, rows->support, rows->items) &&
                list_branches(worker, rows->name, rows->items, &order);
    for (uint32_t k = rows->items; done && worker->stream.depth + 2 <= worker->plan->largest && k > 0; k--)
        done = sparse_branch(worker, rows, order == NULL ? k - 1 : order[k - 1]);
    return done;
}

static bool mine_rows(struct worker *worker, const struct sparse *rows, struct found *found) {
    struct sparse child;
    bool built = child_new(worker, rows, &found->candidates, &child);
    clear_map(worker, &found->candidates);
    clear_counts(worker, found);
    if (built && worker->plan->listing)
        return list_rows(worker, &child);
    for (uint32_t i = found->candidates.checks; built && i < child.items; i++)
        built = sparse_branch(worker, &child, i);
    return built;
}

static bool mine_bits(struct worker *worker, const struct sparse *rows, struct found *found) {
    struct unit unit;
    bool built = unit_new(worker, rows, &found->candidates, &unit);
    clear_counts(worker, found);
    return built && unit_mine(worker, &unit);
}

/* The last item leaves a set whose sets are delivered. */
static bool leave_branch(struct worker *worker) {
    uint32_t deepest;
    if (!stream_pop(&worker->stream, &deepest))
        worker->status = TILL_ERROR_MEMORY;
    return worker->status == TILL_OK;
}

/* In how many rows of item i two items behind it are together, and in how many huge baskets. */
static uint32_t share_rows(const struct sparse *rows, uint32_t i, uint32_t a, uint32_t b) {
    uint64_t huge = huge_with(rows, i);
    uint32_t shared = huge == 0 ? 0 : bits_of(huge & rows->huge[a] & rows->huge[b]);
    for (uint32_t k = rows->start[i]; k < rows->start[i + 1]; k++) {
        uint32_t found = 0;
        for (const uint32_t *entry = rows->entries + rows->occurrence[k] + 1; *entry != ROW_END; entry++)
            found += *entry == a || *entry == b;
        shared += found == 2;
    }
    return shared;
}

/* Below a set with one extension or two there are one set or three. */
static bool list_few(struct worker *worker, const struct sparse *rows, const struct found *found) {
    const struct candidates *c = &found->candidates;
    uint32_t place[2], support[2], both;
    for (uint32_t k = 0; k < c->extends; k++) {
        place[k] = rows->name[c->extend[k]];
        support[k] = worker->count[c->extend[k]];
    }
    if (!list_extensions(worker, place, support, c->extends))
        return false;
    if (c->extends < 2 || worker->stream.depth + 2 > worker->plan->largest ||
        (both = share_rows(rows, c->item, c->extend[0], c->extend[1])) < worker->plan->minimum)
        return true;
    stream_push(&worker->stream, place[0]);
    return list_extensions(worker, &place[1], &both, 1) && leave_branch(worker);
}

/* Whether a branch goes on as bits. */
static bool is_dense(const struct worker *worker, const struct candidates *c) {
    if (worker->plan->listing && c->support <= LISTED_ROWS && pairs_are_few(c, c->support, words_for(c->support)))
        return true;
    return c->support <= SMALL_ROWS || (double)c->entries >= DENSE_SHARE * (double)c->support * (double)c->extends;
}

/* Goes on below a set that has extensions. Closed and maximal sets need the items before i now, but for bits of sparse
 * baskets, whose checks are read off the rows when they are asked for. */
static bool extend(struct worker *worker, const struct sparse *rows, struct found *found) {
    struct candidates *c = &found->candidates;
    bool dense = is_dense(worker, c);
    sort_codes(worker, c->extend, c->extends, rows->items);
    if (worker->plan->listing && c->extends <= 2)
        return list_few(worker, rows, found);
    if (worker->plan->type == TILL_ITEMSETS_CLOSED) {
        c->unlisted = dense && c->item > MANY_CHECKS;
        if (!c->unlisted && !scan_before(worker, rows, found))
            return false;
    }
    if (worker->plan->type == TILL_ITEMSETS_MAXIMAL && dense && c->checks > MANY_CHECKS) {
        c->unlisted = true;
        c->checks = 0;
    }
    return dense ? mine_bits(worker, rows, found) : mine_rows(worker, rows, found);
}

/* Item i joins the set, and what lies in all of its rows with it. */
static void join(struct worker *worker, const struct sparse *rows, const struct found *found) {
    const struct recoded *recoded = worker->plan->recoded;
    uint32_t code = rows->name[found->candidates.item];
    if (worker->plan->type != TILL_ITEMSETS_FREQUENT) {
        set_require(worker, code);
        for (uint32_t k = 0; k < found->perfects; k++)
            set_require(worker, rows->name[found->perfect[k]]);
        return;
    }
    set_require_any(worker, members_of(recoded, code));
    for (uint32_t k = 0; k < found->perfects; k++)
        set_allow(worker, members_of(recoded, rows->name[found->perfect[k]]));
}

/* The branch itself, between taking memory and giving it back. Counts may be left behind. */
static bool mine_branch(struct worker *worker, const struct sparse *rows, uint32_t i, struct found *found) {
    const struct candidates *c = &found->candidates;
    bool maximal = worker->plan->type == TILL_ITEMSETS_MAXIMAL;
    if (worker->plan->type == TILL_ITEMSETS_FREQUENT && worker->required + 1 >= worker->plan->largest) {
        *found = (struct found){0}; /* nothing larger is wanted */
        set_require_any(worker, members_of(worker->plan->recoded, rows->name[i]));
        return set_report(worker, rows->support[i]);
    }
    if (!scan_behind(worker, rows, i, found) || (maximal && !scan_before(worker, rows, found)))
        return false;
    if (worker->plan->type != TILL_ITEMSETS_FREQUENT && is_covered(worker, rows, found))
        return true;
    join(worker, rows, found);
    /* A set that a larger one makes no maximal set is not reported. */
    bool larger = maximal && (c->checks + c->extends > 0 || bits_of(huge_with(rows, i)) >= worker->plan->minimum);
    if (!larger && !set_report(worker, c->support))
        return false;
    return c->extends == 0 || worker->required >= worker->plan->largest || extend(worker, rows, found);
}

/* The same where sets are delivered: extensions are named by the branch, the set itself was named by its parent. */
static bool list_branch(struct worker *worker, const struct sparse *rows, uint32_t i, struct found *found) {
    if (!scan_behind(worker, rows, i, found))
        return false;
    if (found->candidates.extends == 0)
        return true;
    stream_push(&worker->stream, rows->name[i]);
    return extend(worker, rows, found) && leave_branch(worker);
}

bool sparse_branch(struct worker *worker, const struct sparse *rows, uint32_t i) {
    struct stack_mark mark = stack_mark(&worker->stack);
    uint32_t required = worker->required, optional = worker->optional;
    struct sample sample = worker->sample;
    struct found found;
    if (!worker_enters(worker, rows->name[i], rows->items - rows->first))
        return true;
    bool done = worker->plan->listing ? list_branch(worker, rows, i, &found) : mine_branch(worker, rows, i, &found);
    clear_counts(worker, &found);
    set_restore(worker, required, optional);
    worker->sample = sample;
    stack_release(&worker->stack, mark);
    return done;
}
