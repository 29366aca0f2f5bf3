/* Items that lie in the same baskets: twins. Each closed or maximal set has all of them or none, so the search knows
 * only the first of them. One basket of a million items that are in no other is then one item, and not a million
 * branches of a million. Twins have equal lists of baskets, which are found by their hashes, and compared.
 *
 * Below a branch of few baskets many items are twins that were not before, as a few huge baskets share thousands of
 * items. There they are columns of bits with equal words. */
#include "engine.h"

#include <stdlib.h>
#include <string.h>

#include <till/hash.h>

struct listed {
    uint64_t hash;
    uint32_t code;
};

static int compare_listed(const void *a, const void *b) {
    const struct listed *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->code > y->code) - (x->code < y->code);
}

static bool same_list(const struct sparse *lists, uint32_t a, uint32_t b) {
    uint32_t length = lists->start[a + 1] - lists->start[a];
    return length == lists->start[b + 1] - lists->start[b] &&
           memcmp(lists->occurrence + lists->start[a], lists->occurrence + lists->start[b],
                  length * sizeof *lists->occurrence) == 0;
}

/* An item that was alone in some basket (which was dropped, so that its list is shorter) has no twin. */
static uint32_t list_complete(const struct sparse *lists, struct listed *listed) {
    uint32_t count = 0;
    for (uint32_t code = 0; code < lists->items; code++) {
        uint32_t length = lists->start[code + 1] - lists->start[code];
        const uint32_t *list = lists->occurrence + lists->start[code];
        if (length == lists->support[code])
            listed[count++] = (struct listed){till_hash(list, length * sizeof *list, 0), code};
    }
    return count;
}

/* Takes groups of less than `least` apart. `members` is room for as many numbers as there are items. */
static void drop_small(uint32_t items, uint32_t least, uint32_t *leader, uint32_t *members) {
    for (uint32_t code = 0; code < items; code++)
        members[code] = 0;
    for (uint32_t code = 0; code < items; code++)
        members[leader[code]]++;
    for (uint32_t code = 0; code < items; code++)
        if (members[leader[code]] < least)
            leader[code] = code;
}

bool find_twins(const struct sparse *lists, uint32_t least, uint32_t *leader, uint32_t *twins) {
    struct listed *listed = malloc(((size_t)lists->items + 1) * sizeof *listed);
    if (listed == NULL)
        return false;
    uint32_t count = list_complete(lists, listed);
    qsort(listed, count, sizeof *listed, compare_listed);
    *twins = 0;
    for (uint32_t code = 0; code < lists->items; code++)
        leader[code] = code;
    for (uint32_t k = 1, first = 0; k < count; k++) {
        if (listed[k].hash != listed[first].hash)
            first = k;
        else if (same_list(lists, listed[first].code, listed[k].code))
            leader[listed[k].code] = listed[first].code;
    }
    if (least > 2)
        drop_small(lists->items, least, leader, (uint32_t *)(void *)listed);
    for (uint32_t code = 0; code < lists->items; code++)
        *twins += leader[code] != code;
    free(listed);
    return true;
}

/* ---- within a branch ---- */

/* With fewer items or longer columns it is not worth the look; where frequent sets are counted, with much fewer. */
enum { MANY_ITEMS = 64, MANY_TO_COUNT = 1024, FEW_WORDS = 8 };

/* A hash table of columns; slots hold local codes. */
struct columns {
    const struct unit *unit;
    uint32_t *slots;
    uint32_t mask;
};

static const uint64_t *column_of(const struct unit *unit, uint32_t local) {
    return unit->columns + (size_t)local * unit->words;
}

/* The first item with the same column, which is this one when there is none yet. */
static uint32_t find_column(const struct columns *table, uint32_t local) {
    const struct unit *unit = table->unit;
    size_t bytes = unit->words * sizeof *unit->columns;
    uint32_t at = (uint32_t)till_hash(column_of(unit, local), bytes, 0) & table->mask;
    for (; table->slots[at] != NO_CODE; at = (at + 1) & table->mask)
        if (memcmp(column_of(unit, table->slots[at]), column_of(unit, local), bytes) == 0)
            return table->slots[at];
    table->slots[at] = local;
    return local;
}

/* Takes the table for up to `items` columns. */
static bool columns_new(struct worker *worker, struct columns *table, const struct unit *unit, uint32_t items) {
    uint32_t slots = 16;
    while (slots < 2 * (uint64_t)items)
        slots *= 2;
    *table = (struct columns){unit, worker_take(worker, slots, sizeof *table->slots), slots - 1};
    if (table->slots != NULL)
        memset(table->slots, 0xFF, slots * sizeof *table->slots);
    return table->slots != NULL;
}

/* Chains those that extend to the first with their column. */
static void chain_items(struct unit *unit, const uint32_t *leader) {
    for (uint32_t local = 0; local < unit->items; local++) {
        unit->twin_next[local] = NO_CODE;
        unit->twin_name[local] = unit->name[local];
        if (leader[local] == local || local < unit->first)
            continue;
        unit->twin_next[local] = unit->twin_next[leader[local]];
        unit->twin_next[leader[local]] = local;
    }
}

/* Brings leaders to their new places, which are nowhere behind the old ones. */
static void move_items(struct unit *unit, const uint32_t *place) {
    size_t words = unit->words, bytes = words * sizeof *unit->columns;
    uint32_t kept = 0, checks = 0;
    for (uint32_t local = 0; local < unit->items; local++) {
        if (place[local] == NO_CODE)
            continue;
        unit->name[kept] = unit->name[local];
        unit->support[kept] = unit->support[local];
        unit->twin[kept] = unit->twin_next[local];
        if (kept < local)
            memcpy(unit->columns + kept * words, unit->columns + local * words, bytes);
        checks += local < unit->first;
        kept++;
    }
    unit->first = checks;
    unit->items = kept;
}

/* How many items the chains stand for. */
static bool weigh(struct worker *worker, struct unit *unit) {
    const struct recoded *recoded = worker->plan->recoded;
    uint32_t *weight = worker_take(worker, unit->items, sizeof *weight);
    for (uint32_t local = 0; weight != NULL && local < unit->items; local++) {
        weight[local] = members_of(recoded, unit->name[local]);
        for (uint32_t k = unit->twin[local]; k != NO_CODE; k = unit->twin_next[k])
            weight[local] += members_of(recoded, unit->twin_name[k]);
    }
    unit->weight = weight;
    return weight != NULL;
}

/* Whether twins are worth looking for. */
static bool may_have_twins(const struct plan *plan, const struct unit *unit) {
    uint32_t many = plan->type == TILL_ITEMSETS_FREQUENT ? MANY_TO_COUNT : MANY_ITEMS;
    return !plan->listing && unit->items > many && unit->words <= FEW_WORDS;
}

/* Of twins that only check, one is enough. */
bool unit_merge(struct worker *worker, struct unit *unit) {
    struct columns table;
    uint32_t items = unit->items, kept = 0, *leader, *place;
    if (!may_have_twins(worker->plan, unit))
        return true;
    unit->twin = worker_take(worker, items, sizeof *unit->twin);
    unit->twin_next = worker_take(worker, items, sizeof *unit->twin_next);
    unit->twin_name = worker_take(worker, items, sizeof *unit->twin_name);
    leader = worker_take(worker, items, sizeof *leader);
    place = worker_take(worker, items, sizeof *place);
    if (unit->twin == NULL || unit->twin_next == NULL || unit->twin_name == NULL || leader == NULL || place == NULL ||
        !columns_new(worker, &table, unit, items))
        return false;
    for (uint32_t local = 0; local < items; local++) {
        if (local == unit->first) /* what checks is no twin of what extends */
            memset(table.slots, 0xFF, (table.mask + (size_t)1) * sizeof *table.slots);
        leader[local] = find_column(&table, local);
        place[local] = leader[local] == local ? kept++ : NO_CODE;
    }
    if (kept == items) {
        unit->twin = NULL;
        return true;
    }
    chain_items(unit, leader);
    move_items(unit, place);
    return worker->plan->type != TILL_ITEMSETS_FREQUENT || weigh(worker, unit);
}
