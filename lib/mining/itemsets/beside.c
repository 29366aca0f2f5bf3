/* Which pairs of items are frequent in a unit, counted from its rows: a row of k items adds its k (k - 1) / 2 pairs to
 * a table (R. Agrawal and R. Srikant, "Fast algorithms for mining association rules", 1994, count their second pass
 * so). Where a row holds few of many items, that takes far fewer steps than intersecting the columns of all pairs, of
 * which most share no row. */
#include "engine.h"

#include <string.h>

/* With fewer items, or more pairs, there is no table. A pair in a row takes as long as intersecting so many words. */
enum { FEW_ITEMS = 64, MOST_PAIRS = 1 << 20, PAIR_WORDS = 8 };

/* The kernels look at so many counters at once. */
enum { COUNTERS = 32 };

/* The items of each row that has ordinary ones, row by row. */
struct rows {
    uint32_t count;
    uint32_t *length;
    uint32_t *item;
};

static uint64_t pairs_of(uint64_t items) {
    return items * (items - 1) / 2;
}

/* If rows are of one length; there are more pairs in them where they are not. */
bool pairs_are_few(const struct candidates *c, uint32_t rows, uint32_t words) {
    double pairs = (double)pairs_of(c->extends), mean = (double)c->entries / (double)rows;
    return c->extends > FEW_ITEMS && pairs <= MOST_PAIRS && rows <= UINT16_MAX &&
           (double)rows * mean * (mean - 1) / 2 * PAIR_WORDS <= pairs * words;
}

/* The same for the rows as they are. */
static bool rows_are_short(const struct unit *unit, const struct rows *rows, uint64_t *steps) {
    *steps = 0;
    for (uint32_t k = 0; k < rows->count; k++)
        *steps += pairs_of(rows->length[k]);
    return rows->count > 0 && *steps * PAIR_WORDS <= pairs_of(unit->items) * unit->words;
}

/* Lists the items of one row, as local codes; returns how many. */
static uint32_t list_row(const uint32_t *map, const uint32_t *entry, uint32_t *list) {
    uint32_t length = 0;
    for (entry++; *entry != ROW_END; entry++) {
        list[length] = map[*entry];
        length += list[length] != NO_CODE;
    }
    return length;
}

/* Sets the bits of all rows, and keeps their lists where they are of use. */
static bool fill_columns(struct worker *worker, const struct unit *unit, const struct sparse *from,
                         const struct candidates *c, struct rows *rows) {
    const uint32_t *occurrence = from->occurrence + from->start[c->item];
    uint32_t count = rows_of(from, c->item), *list;
    bool kept = unit->huge == 0 && pairs_are_few(c, unit->rows, unit->words);
    rows->count = kept ? count : 0;
    rows->length = worker_take(worker, count, sizeof *rows->length);
    rows->item = list = worker_take(worker, (kept ? c->entries : 0) + from->items, sizeof *rows->item);
    if (rows->length == NULL || list == NULL)
        return false;
    memset(unit->columns, 0, (size_t)unit->items * unit->words * sizeof *unit->columns);
    for (uint32_t k = 0; k < count; k++) {
        prefetch_row(from, from->start[c->item] + k);
        uint32_t length = rows->length[k] = list_row(worker->map, from->entries + occurrence[k], list);
        for (uint32_t i = 0; i < length; i++)
            unit->columns[(size_t)list[i] * unit->words + k / 64] |= (uint64_t)1 << k % 64;
        list += kept ? length : 0;
    }
    return true;
}

/* `place` says where the counters of an item stand, less its own number. */
static void count_pairs(const struct rows *rows, const uint32_t *place, uint16_t *table) {
    const uint32_t *item = rows->item;
    for (uint32_t k = 0; k < rows->count; k++)
        for (const uint32_t *end = item + rows->length[k]; item < end; item++) {
            uint16_t *counter = table + place[*item];
            for (const uint32_t *other = item + 1; other < end; other++)
                counter[*other]++;
        }
}

/* Counts the pairs of a unit, and lists those that are frequent: no more than `most`. */
static bool find_pairs(struct worker *worker, const struct unit *unit, const struct rows *rows, size_t most,
                       struct beside *beside) {
    uint32_t items = unit->items;
    size_t counters = 1 + pairs_of(items) + COUNTERS; /* the first counts nothing: places begin with 0 */
    uint32_t *place = worker_take(worker, items, sizeof *place);
    uint16_t *table = worker_take(worker, counters, sizeof *table);
    beside->start = worker_take(worker, items + (size_t)1 + 2 * (most + 1), sizeof *beside->start);
    if (place == NULL || table == NULL || beside->start == NULL)
        return false;
    beside->item = beside->start + items + 1;
    beside->support = beside->item + most + 1;
    memset(table, 0, counters * sizeof *table);
    for (uint32_t k = 0, at = 1; k < items; k++) {
        place[k] = at - k - 1;
        at += items - k - 1;
    }
    count_pairs(rows, place, table);
    worker->plan->kernels->frequent_pairs(table + 1, items, worker->plan->minimum, beside->start, beside->item,
                                          beside->support);
    return true;
}

bool unit_fill_listed(struct worker *worker, struct unit *unit, const struct sparse *from, const struct candidates *c) {
    struct stack_mark mark = stack_mark(&worker->stack);
    struct rows rows;
    struct beside found;
    uint64_t steps;
    if (!fill_columns(worker, unit, from, c, &rows))
        return false;
    bool count = rows_are_short(unit, &rows, &steps);
    if (count && !find_pairs(worker, unit, &rows, steps / worker->plan->minimum, &found))
        return false;
    stack_release(&worker->stack, mark);
    if (!count)
        return true;
    /* What was found is still there, and moves to where the tables have been: it takes less than it did. */
    uint32_t pairs = found.start[unit->items];
    uint32_t *start = worker_take(worker, unit->items + (size_t)1 + 2 * (size_t)pairs, sizeof *start);
    if (start == NULL)
        return false;
    unit->beside = (struct beside){start, start + unit->items + 1, start + unit->items + 1 + pairs};
    memmove(unit->beside.start, found.start, (unit->items + (size_t)1) * sizeof *start);
    memmove(unit->beside.item, found.item, pairs * sizeof *start);
    memmove(unit->beside.support, found.support, pairs * sizeof *start);
    return true;
}
