/* The closed sets of a bit matrix, by prefix-preserving closure extension (Uno, Kiyomi & Arimura 2004, LCM ver. 2,
 * section 2): a closed set and an item give a larger closed set, and each closed set is reached from exactly one. No
 * set that was found is kept, so memory does not grow with their number.
 *
 * The set P and item i make a branch when no item before i, outside of P, lies in all rows of both. Such an item has to
 * lie in any one of these rows; the first row names the few that are tested, by their columns or, where baskets are few
 * against items, by the lists of the other rows. An item whose rows are all rows of an
 * earlier sibling as well is known to be covered without a test (Zaki & Hsiao 2002, CHARM, property 3). */
#include "engine.h"

#include <string.h>

static uint32_t first_row(const uint64_t *rows) {
    uint32_t word = 0;
    while (rows[word] == 0)
        word++;
    return word * 64 + (uint32_t)__builtin_ctzll(rows[word]);
}

/* Keeps the suspects that stand before an entry of a row as well. Both fall, as rows are walked backwards. */
static uint32_t narrow(uint32_t *suspects, uint32_t count, const uint32_t *entry) {
    uint32_t kept = 0;
    entry--;
    for (uint32_t k = 0; k < count && *entry != ROW_END; k++) {
        while (*entry != ROW_END && *entry > suspects[k])
            entry--;
        suspects[kept] = suspects[k];
        kept += *entry == suspects[k];
    }
    return kept;
}

static uint32_t list_before(const uint32_t *entry, uint32_t *suspects) {
    uint32_t count = 0;
    while (*--entry != ROW_END)
        suspects[count++] = *entry;
    return count;
}

/* After two or three rows of sparse baskets no suspect is left. */
bool is_listed(const struct sparse *rows, uint32_t item, const uint64_t *bits, uint64_t huge, uint32_t *suspects) {
    const uint32_t *occurrence = rows->occurrence + rows->start[item];
    uint32_t count = NO_CODE, all = rows->start[item + 1] - rows->start[item];
    for (uint32_t w = 0; w * 64 < all; w++) {
        uint64_t left = all - w * 64 >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << all % 64) - 1;
        left &= bits == NULL ? left : bits[w];
        for (; left != 0 && count > 0; left &= left - 1) {
            const uint32_t *entry = rows->entries + occurrence[w * 64 + (uint32_t)__builtin_ctzll(left)];
            count = count == NO_CODE ? list_before(entry, suspects) : narrow(suspects, count, entry);
        }
    }
    for (uint32_t k = 0; count != NO_CODE && k < count; k++)
        if ((huge & ~huge_with(rows, suspects[k])) == 0)
            return true;
    return false;
}

bool unit_covers(struct worker *worker, const struct unit *unit, const uint64_t *rows, uint32_t code) {
    const uint32_t *row = unit->row + unit->row_start[first_row(rows)];
    uint32_t *suspects = worker->touched;
    uint32_t count = 0;
    for (; *row < code; row++) {
        suspects[count] = *row;
        count += !unit->member[*row];
    }
    worker->work += 8 + (uint64_t)count * unit->words;
    return worker->plan->kernels->covered(rows, unit->columns, suspects, count, unit->words) ||
           (unit->parent != NULL && is_listed(unit->parent, unit->item, rows, unit_huge(unit, rows), suspects));
}

/* Marks siblings whose rows all hold item i: they need item i for their closure. */
static void mark_covered(const struct node *node, const struct node *child, unsigned char *covered) {
    for (uint32_t k = 0; k < child->count; k++)
        covered[child->code[k]] |= child->support[k] == node->support[child->code[k]];
}

/* P leaves what joined it: flags of the perfect extensions are found by what the child lost. */
static void leave(const struct unit *unit, const struct node *node, const uint32_t *perfect, uint32_t perfects,
                  uint32_t i) {
    for (uint32_t k = 0; k < perfects; k++)
        unit->member[perfect[k]] = 0;
    unit->member[node->code[i]] = 0;
}

static uint32_t list_perfect(const struct node *node, const struct node *child, uint32_t support, uint32_t *perfect) {
    uint32_t perfects = 0;
    for (uint32_t k = 0; k < child->count; k++)
        if (child->support[k] == support)
            perfect[perfects++] = node->code[child->code[k]];
    return perfects;
}

static bool extend(struct worker *worker, const struct unit *unit, const struct node *node, uint32_t i,
                   unsigned char *covered) {
    struct node child;
    uint32_t *perfect = worker_take(worker, node->count - i, sizeof *perfect);
    if (perfect == NULL || !node_project(worker, node, i, &child))
        return false;
    mark_covered(node, &child, covered);
    uint32_t perfects = list_perfect(node, &child, node->support[i], perfect);
    unit_require(worker, unit, node->code[i]);
    unit->member[node->code[i]] = 1;
    node_name(worker, unit, node, node->support[i], &child);
    const uint64_t *rows = node->columns + (size_t)i * node->words;
    uint32_t support = node->support[i];
    bool reports = !worker->plan->apart || apart_reports(worker, unit, rows, &support);
    bool done = (!reports || set_report(worker, support)) &&
                (worker->required >= worker->plan->largest || closed_mine(worker, unit, &child));
    leave(unit, node, perfect, perfects, i);
    return done;
}

bool closed_mine(struct worker *worker, const struct unit *unit, const struct node *node) {
    bool done = true;
    if (node->count == 0)
        return true;
    unsigned char *covered = worker_take(worker, node->count, sizeof *covered);
    if (covered == NULL)
        return false;
    memset(covered, 0, node->count);
    for (uint32_t i = 0; done && i < node->count; i++) {
        if (covered[i] || unit_covers(worker, unit, node->columns + (size_t)i * unit->words, node->code[i]))
            continue;
        struct stack_mark mark = stack_mark(&worker->stack);
        uint32_t required = worker->required;
        struct sample sample = worker->sample;
        done = !worker_enters(worker, unit->name[node->code[i]], node->count) || extend(worker, unit, node, i, covered);
        set_restore(worker, required, worker->optional);
        worker->sample = sample;
        stack_release(&worker->stack, mark);
    }
    return done;
}
