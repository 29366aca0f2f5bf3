/* Branches as bit matrices: an item is a column, a basket a bit. A support is the number of bits in an intersection, so
 * a set costs one vector step for each 512 baskets (vertical mining: Zaki 2000, Scalable algorithms for association
 * mining, section 3). The rows are those of the branch alone, so columns are short even where the input is long. */
#include "engine.h"

#include <string.h>

/* Below so many extensions a shorter column does not pay for its making. */
enum { FEW_COLUMNS = 6 };

/* Up to so many are sorted by insertion. */
enum { FEW_EXTENSIONS = 32 };

/* Many extensions: by counting, as supports are at most that of the branch. Stable, so that codes rise among equals. */
static bool sort_many(struct worker *worker, const struct candidates *c) {
    uint32_t *next = worker_take(worker, (size_t)c->support + 2, sizeof *next);
    uint32_t *sorted = worker_take(worker, c->extends, sizeof *sorted);
    if (next == NULL || sorted == NULL)
        return false;
    memset(next, 0, ((size_t)c->support + 2) * sizeof *next);
    for (uint32_t k = 0; k < c->extends; k++)
        next[worker->count[c->extend[k]] + 1]++;
    for (uint32_t support = 1; support <= c->support; support++)
        next[support] += next[support - 1];
    for (uint32_t k = 0; k < c->extends; k++)
        sorted[next[worker->count[c->extend[k]]]++] = c->extend[k];
    memcpy(c->extend, sorted, c->extends * sizeof *sorted);
    return true;
}

/* Extensions by rising support: branches then have few rows early, and much in common late. A listing keeps their
 * order. They come by rising code. */
static bool order_extensions(struct worker *worker, const struct candidates *c) {
    if (worker->plan->listing)
        return true;
    if (c->extends > FEW_EXTENSIONS)
        return sort_many(worker, c);
    for (uint32_t k = 1; k < c->extends; k++) {
        uint32_t code = c->extend[k], to = k;
        for (; to > 0 && worker->count[c->extend[to - 1]] > worker->count[code]; to--)
            c->extend[to] = c->extend[to - 1];
        c->extend[to] = code;
    }
    return true;
}

/* Sets the bits of one row. */
static void fill_row(const struct unit *unit, const uint32_t *map, const uint32_t *entry, uint32_t row, bool before) {
    while (before && entry[-1] != ROW_END)
        entry--;
    for (; *entry != ROW_END; entry++)
        if (map[*entry] != NO_CODE)
            unit->columns[(size_t)map[*entry] * unit->words + row / 64] |= (uint64_t)1 << row % 64;
}

static void fill(struct worker *worker, const struct unit *unit, const struct sparse *rows,
                 const struct candidates *c) {
    memset(unit->columns, 0, (size_t)unit->items * unit->words * sizeof *unit->columns);
    for (uint32_t k = 0; k < rows_of(rows, c->item); k++) {
        prefetch_row(rows, rows->start[c->item] + k);
        fill_row(unit, worker->map, rows->entries + rows->occurrence[rows->start[c->item] + k], k, c->checks > 0);
    }
}

/* Adds one to the number of each row in which an item lies. */
static void count_rows(const struct unit *unit, uint32_t local, uint32_t *number) {
    const uint64_t *column = unit->columns + (size_t)local * unit->words;
    for (uint32_t word = 0; word < unit->words; word++)
        for (uint64_t bits = column[word]; bits != 0; bits &= bits - 1)
            number[word * 64 + (uint32_t)__builtin_ctzll(bits)]++;
}

/* Puts an item where the next one of each of its rows goes. */
static void put_in_rows(const struct unit *unit, uint32_t local, uint32_t *next) {
    const uint64_t *column = unit->columns + (size_t)local * unit->words;
    for (uint32_t word = 0; word < unit->words; word++)
        for (uint64_t bits = column[word]; bits != 0; bits &= bits - 1)
            unit->row[next[word * 64 + (uint32_t)__builtin_ctzll(bits)]++] = local;
}

/* The columns are turned by counting, so that codes rise. */
bool unit_list_items(struct worker *worker, struct unit *unit) {
    size_t listed = unit->rows;
    for (uint32_t local = 0; local < unit->items; local++)
        listed += unit->support[local];
    uint32_t *next = worker_take(worker, unit->rows, sizeof *next);
    unit->row = worker_take(worker, listed, sizeof *unit->row);
    unit->row_start = worker_take(worker, unit->rows, sizeof *unit->row_start);
    if (next == NULL || unit->row == NULL || unit->row_start == NULL)
        return false;
    memset(next, 0, unit->rows * sizeof *next);
    for (uint32_t local = 0; local < unit->items; local++)
        count_rows(unit, local, next);
    for (uint32_t row = 0, at = 0; row < unit->rows; row++) {
        unit->row_start[row] = at;
        at += next[row] + 1; /* and the end */
        next[row] = unit->row_start[row];
    }
    for (uint32_t local = 0; local < unit->items; local++)
        put_in_rows(unit, local, next);
    for (uint32_t row = 0; row < unit->rows; row++)
        unit->row[next[row]] = NO_CODE;
    return true;
}

uint32_t words_for(uint32_t rows) {
    return rows <= 64 ? 1 : (rows + 511) / 512 * 8;
}

/* The huge baskets of an item, as the rows behind the ordinary ones. */
static void fill_huge(const struct unit *unit, uint32_t local, uint64_t with) {
    uint64_t *column = unit->columns + (size_t)local * unit->words;
    uint32_t row = unit->ordinary;
    for (uint64_t left = unit->huge; left != 0; left &= left - 1, row++)
        column[row / 64] |= (with & left & -left) != 0 ? (uint64_t)1 << row % 64 : 0;
}

uint64_t unit_huge(const struct unit *unit, const uint64_t *rows) {
    uint64_t with = 0;
    uint32_t row = unit->ordinary;
    for (uint64_t left = unit->huge; left != 0; left &= left - 1, row++)
        with |= (rows[row / 64] >> row % 64 & 1) != 0 ? left & -left : 0;
    return with;
}

bool unit_new(struct worker *worker, const struct sparse *rows, const struct candidates *c, struct unit *unit) {
    uint32_t items = c->checks + c->extends;
    uint64_t huge = huge_with(rows, c->item);
    *unit = (struct unit){.rows = rows_of(rows, c->item) + bits_of(huge),
                          .items = items,
                          .first = c->checks,
                          .item = c->item,
                          .huge = huge,
                          .ordinary = huge == 0 ? 0 : rows_of(rows, c->item),
                          .own_support = c->support};
    if (c->unlisted)
        unit->parent = rows;
    unit->words = words_for(unit->rows);
    if (!order_extensions(worker, c))
        return false;
    unit->name = worker_take(worker, items, sizeof *unit->name);
    unit->support = worker_take(worker, items, sizeof *unit->support);
    unit->member = worker_take(worker, items, sizeof *unit->member);
    unit->columns = worker_take(worker, (size_t)items * unit->words + 8, sizeof *unit->columns);
    if (unit->name == NULL || unit->support == NULL || unit->member == NULL || unit->columns == NULL)
        return false;
    memset(unit->member, 0, items);
    for (uint32_t k = 0; k < items; k++) {
        uint32_t code = candidate_at(c, k);
        worker->map[code] = k;
        unit->name[k] = rows->name[code];
        unit->support[k] = worker->count[code];
    }
    if (!worker->plan->listing)
        fill(worker, unit, rows, c);
    else if (!unit_fill_listed(worker, unit, rows, c))
        return false;
    for (uint32_t k = 0; k < items; k++) {
        uint32_t code = candidate_at(c, k);
        worker->map[code] = NO_CODE;
        if (huge != 0)
            fill_huge(unit, k, rows->huge[code]);
    }
    if (!worker_works(worker, 4 * (uint64_t)items * unit->words))
        return false;
    bool listed = worker->plan->type == TILL_ITEMSETS_CLOSED || unit->parent != NULL;
    return unit_merge(worker, unit) && (!listed || unit_list_items(worker, unit));
}

void unit_require(struct worker *worker, const struct unit *unit, uint32_t local) {
    set_require(worker, unit->name[local]);
    for (uint32_t k = unit->twin == NULL ? NO_CODE : unit->twin[local]; k != NO_CODE; k = unit->twin_next[k])
        set_require(worker, unit->twin_name[k]);
}

/* The node of the branch's own set: all extensions. */
static bool node_first(struct worker *worker, const struct unit *unit, struct node *node) {
    node->count = unit->items - unit->first;
    node->code = worker_take(worker, node->count, sizeof *node->code);
    node->support = worker_take(worker, node->count, sizeof *node->support);
    node->columns = unit->columns + (size_t)unit->first * unit->words;
    node->words = unit->words;
    node->ordinary = unit->ordinary;
    if (node->code == NULL || node->support == NULL)
        return false;
    for (uint32_t k = 0; k < node->count; k++) {
        node->code[k] = unit->first + k;
        node->support[k] = unit->support[unit->first + k];
    }
    return true;
}

bool unit_mine(struct worker *worker, const struct unit *unit) {
    struct node node;
    if (!node_first(worker, unit, &node))
        return false;
    switch (worker->plan->type) {
    case TILL_ITEMSETS_CLOSED:
        return closed_mine(worker, unit, &node);
    case TILL_ITEMSETS_MAXIMAL:
        return maximal_mine(worker, unit, &node);
    default:
        return worker->plan->listing ? listing_mine(worker, unit, &node) : frequent_mine(worker, unit, &node);
    }
}

/* Whether a column has one of the ordinary rows. */
static bool has_ordinary(const uint64_t *column, uint32_t ordinary) {
    uint64_t any = ordinary % 64 == 0 ? 0 : column[ordinary / 64] << (64 - ordinary % 64);
    for (uint32_t word = 0; word < ordinary / 64; word++)
        any |= column[word];
    return any != 0;
}

static void move_column(struct node *node, uint32_t to, uint32_t from) {
    if (to < from)
        memcpy(node->columns + (size_t)to * node->words, node->columns + (size_t)from * node->words,
               node->words * sizeof *node->columns);
}

/* Drops extensions that huge baskets alone share with the set. */
static void drop_apart(struct node *child) {
    uint32_t kept = 0;
    for (uint32_t k = 0; k < child->count; k++) {
        if (!has_ordinary(child->columns + (size_t)k * child->words, child->ordinary))
            continue;
        child->code[kept] = child->code[k];
        child->support[kept] = child->support[k];
        move_column(child, kept++, k);
    }
    child->count = kept;
}

bool node_project(struct worker *worker, const struct node *node, uint32_t i, struct node *child) {
    uint32_t behind = node->count - i - 1;
    child->words = node->words;
    child->ordinary = node->ordinary;
    /* One piece: the codes, the supports, the columns, each with the slack that the kernels ask for. */
    size_t numbers = stack_round(((size_t)behind + 8) * sizeof *child->code);
    unsigned char *piece = worker_take(worker, 2 * numbers + ((size_t)behind * node->words + 8) * 8, 1);
    if (piece == NULL)
        return false;
    child->code = (uint32_t *)(void *)piece;
    child->support = (uint32_t *)(void *)(piece + numbers);
    child->columns = (uint64_t *)(void *)(piece + 2 * numbers);
    const uint64_t *column = node->columns + (size_t)i * node->words;
    child->count = worker->plan->kernels->project(column, column + node->words, behind, node->words,
                                                  worker->plan->minimum, child->columns, child->code, child->support);
    if (worker->plan->apart && child->ordinary > 0)
        drop_apart(child);
    if (!worker_works(worker, 16 + (uint64_t)behind * node->words))
        return false;
    stack_trim(&worker->stack, piece, 2 * numbers + ((size_t)child->count * node->words + 8) * 8);
    for (uint32_t k = 0; k < child->count; k++)
        child->code[k] += i + 1;
    return true;
}

uint32_t node_words(uint32_t support, uint32_t words) {
    uint32_t fewer = words_for(support);
    return fewer * 2 > words ? words : fewer;
}

bool node_condense(struct worker *worker, const uint64_t *rows, uint32_t support, struct node *child) {
    uint32_t words = node_words(support, child->words);
    if (child->count < FEW_COLUMNS || words == child->words)
        return true;
    uint64_t *columns = worker_take(worker, (size_t)child->count * words + 8, sizeof *columns);
    if (columns == NULL)
        return false;
    worker->plan->kernels->condense(rows, child->columns, NULL, child->count, child->words, columns, words);
    child->columns = columns;
    child->words = words;
    return true;
}

void node_name(struct worker *worker, const struct unit *unit, const struct node *node, uint32_t support,
               struct node *child) {
    uint32_t kept = 0;
    for (uint32_t k = 0; k < child->count; k++) {
        uint32_t code = node->code[child->code[k]];
        if (child->support[k] == support) {
            if (worker->plan->type == TILL_ITEMSETS_FREQUENT)
                set_allow(worker, unit_members(worker->plan->recoded, unit, code));
            else
                unit_require(worker, unit, code);
            unit->member[code] = 1;
            continue;
        }
        child->code[kept] = code;
        child->support[kept] = child->support[k];
        move_column(child, kept++, k);
    }
    child->count = kept;
}
