/* A few huge baskets among ordinary ones. Scanned as rows they cost the square of their length, and any two of them
 * share thousands of items that no ordinary basket holds together. So they are no rows: an item has a bit for each of
 * them (recode.c), and the search of the rows only adds these bits to what it counts. It then meets the sets that some
 * ordinary basket holds, for the items beside each other are read off the rows.
 *
 * The others lie in huge baskets alone. They are met here, in a bit matrix of the huge baskets, where most items are
 * twins: there are no more different columns than groups of baskets. Who reports a set that both searches meet:
 *
 *     closed    here, when no ordinary basket holds it
 *     maximal   here, when the huge baskets that hold it suffice to make it frequent. It may then be extended by an
 *               item of the ordinary baskets that hold it, which is looked up
 *     frequent  such sets are not counted apart: fewer baskets are set apart than the minimum support is */
#include "engine.h"

#include <string.h>

/* A set of the matrix: its codes as far as they are looked at, which is one more than any row has. */
struct group {
    uint64_t huge; /* the baskets that hold it */
    uint32_t *code;
    uint32_t codes;
};

/* The items that lie in all of the baskets. */
static void list_codes(const struct recoded *recoded, const struct unit *unit, struct group *group) {
    for (uint32_t local = 0; local < unit->items && group->codes <= recoded->longest; local++) {
        if ((group->huge & ~unit->columns[local]) != 0)
            continue;
        group->code[group->codes++] = unit->name[local];
        for (uint32_t k = unit->twin == NULL ? NO_CODE : unit->twin[local];
             k != NO_CODE && group->codes <= recoded->longest; k = unit->twin_next[k])
            group->code[group->codes++] = unit->twin_name[k];
    }
}

/* Of the codes, the one with the fewest occurrences. */
static uint32_t rarest(const struct sparse *rows, const struct group *group) {
    uint32_t best = group->code[0];
    for (uint32_t k = 1; k < group->codes; k++)
        if (rows->start[group->code[k] + 1] - rows->start[group->code[k]] < rows->start[best + 1] - rows->start[best])
            best = group->code[k];
    return best;
}

/* Counts the items of all rows that hold the group; returns how many these are. The items are in worker->touched. */
static uint32_t count_holders(struct worker *worker, const struct group *group, uint32_t *touched) {
    const struct sparse *rows = &worker->plan->recoded->rows;
    uint32_t code = rarest(rows, group), holders = 0;
    *touched = 0;
    for (uint32_t k = 0; k < group->codes; k++)
        worker->map[group->code[k]] = k;
    for (uint32_t k = rows->start[code]; k < rows->start[code + 1]; k++) {
        const uint32_t *row = rows->entries + rows->occurrence[k];
        uint32_t inside = 0;
        while (row[-1] != ROW_END)
            row--;
        for (const uint32_t *entry = row; *entry != ROW_END; entry++)
            inside += worker->map[*entry] != NO_CODE;
        holders += inside == group->codes;
        for (; inside == group->codes && *row != ROW_END; row++) {
            worker->touched[*touched] = *row;
            *touched += worker->count[*row]++ == 0;
        }
    }
    for (uint32_t k = 0; k < group->codes; k++)
        worker->map[group->code[k]] = NO_CODE;
    return holders;
}

/* Whether an item that is not of the group is frequent with it. The counts are cleared. */
static bool extends(struct worker *worker, const struct group *group, uint32_t touched, uint32_t holders) {
    const struct sparse *rows = &worker->plan->recoded->rows;
    uint32_t larger = 0;
    for (uint32_t k = 0; k < touched; k++) {
        uint32_t code = worker->touched[k];
        larger += worker->count[code] + bits_of(group->huge & rows->huge[code]) >= worker->plan->minimum;
        worker->count[code] = 0;
    }
    return larger > (holders > 0 ? group->codes : 0);
}

/* Whether the set of these huge baskets is reported from here; its support grows by the ordinary ones. */
static bool reports_huge(struct worker *worker, const struct unit *unit, uint64_t huge, uint32_t *support) {
    const struct recoded *recoded = worker->plan->recoded;
    struct stack_mark mark = stack_mark(&worker->stack);
    struct group group = {huge, worker_take(worker, recoded->longest + (size_t)1, sizeof *group.code), 0};
    bool reports = true;
    if (group.code == NULL)
        return false;
    list_codes(recoded, unit, &group);
    if (group.codes <= recoded->longest) {
        uint32_t touched, holders = count_holders(worker, &group, &touched);
        bool larger = extends(worker, &group, touched, holders);
        *support += holders;
        if (group.codes == 1) /* a basket of one item is no row */
            *support = recoded->rows.support[group.code[0]];
        reports = worker->plan->type == TILL_ITEMSETS_MAXIMAL ? !larger : *support == bits_of(huge);
    }
    stack_release(&worker->stack, mark);
    return reports;
}

bool apart_reports(struct worker *worker, const struct unit *unit, const uint64_t *rows, uint32_t *support) {
    if (unit->apart)
        return reports_huge(worker, unit, rows[0], support);
    return worker->plan->type == TILL_ITEMSETS_CLOSED || bits_of(unit_huge(unit, rows)) < worker->plan->minimum;
}

/* ---- the matrix ---- */

/* The items that are frequent in huge baskets alone, by rising support. */
static uint32_t choose_items(const struct recoded *recoded, uint32_t minimum, uint32_t *code) {
    uint32_t from[66] = {0}, items = 0;
    for (uint32_t k = 0; k < recoded->rows.items; k++)
        from[bits_of(recoded->rows.huge[k]) + 1]++;
    for (uint32_t support = minimum; support <= 64; support++) {
        items += from[support + 1];
        from[support] = items - from[support + 1];
    }
    for (uint32_t k = 0; k < recoded->rows.items; k++)
        if (bits_of(recoded->rows.huge[k]) >= minimum)
            code[from[bits_of(recoded->rows.huge[k])]++] = k;
    return items;
}

static bool unit_of_huge(struct worker *worker, struct unit *unit) {
    const struct recoded *recoded = worker->plan->recoded;
    *unit = (struct unit){.rows = recoded->apart, .words = 1, .apart = true};
    size_t room = recoded->rows.items;
    unit->name = worker_take(worker, room, sizeof *unit->name);
    unit->support = worker_take(worker, room, sizeof *unit->support);
    unit->member = worker_take(worker, room, sizeof *unit->member);
    unit->columns = worker_take(worker, room + 8, sizeof *unit->columns);
    if (unit->name == NULL || unit->support == NULL || unit->member == NULL || unit->columns == NULL)
        return false;
    unit->items = choose_items(recoded, worker->plan->minimum, unit->name);
    memset(unit->member, 0, unit->items);
    for (uint32_t k = 0; k < unit->items; k++) {
        unit->columns[k] = recoded->rows.huge[unit->name[k]];
        unit->support[k] = bits_of(unit->columns[k]);
    }
    return unit_merge(worker, unit) && (worker->plan->type != TILL_ITEMSETS_CLOSED || unit_list_items(worker, unit));
}

bool apart_mine(struct worker *worker) {
    struct stack_mark mark = stack_mark(&worker->stack);
    uint32_t required = worker->required, optional = worker->optional;
    struct unit unit;
    bool done = unit_of_huge(worker, &unit) && (unit.items == 0 || unit_mine(worker, &unit));
    set_restore(worker, required, optional);
    stack_release(&worker->stack, mark);
    return done;
}
