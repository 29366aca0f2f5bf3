/* All baskets with infrequent items dropped and the others numbered, as a rule by rising support, so that branches
 * begin with the items that have the fewest baskets, and the extensions behind them have the most in common.
 *
 * Where most entries are of infrequent items, the others are copied first, and what follows goes through those.
 *
 * Rows come out sorted without sorting them: items are spread to lists of rows in input order, and the lists, walked in
 * code order, are spread back to the rows (a counting sort in two passes, linear in the entries).
 *
 * Items that lie in the same baskets become one code where each set has all of them or none (twins.c). A few baskets
 * that are huge beside the others are no rows, but bits of each item (apart.c). */
#include "engine.h"

#include <stdlib.h>
#include <string.h>

/* A basket is huge from this length on, and from so many times the mean length on. */
enum { HUGE_LENGTH = 2048, HUGE_TIMES = 16 };

/* A recoding under way. */
struct work {
    const struct till_baskets *baskets;
    uint32_t *support; /* by caller's item */
    uint32_t *seen;    /* by caller's item: the last basket (1, 2, ...) that held it */
    uint32_t *code;    /* caller's item -> code; NO_CODE: infrequent or perfect */
    uint64_t *order;   /* support << 32 | item, of the items that stay */
    uint32_t *length;  /* of each basket in frequent items; then where its next entry goes */
    uint64_t entries;
    struct till_baskets compact; /* what `baskets` points at, where they were copied */
    uint64_t *compact_offsets;
    uint32_t *compact_items;
    uint32_t huge[64]; /* the baskets to set apart, rising */
    uint32_t huges;
};

static void work_free(struct work *work) {
    free(work->support);
    free(work->seen);
    free(work->code);
    free(work->order);
    free(work->length);
    free(work->compact_offsets);
    free(work->compact_items);
}

static void *allocate(uint64_t count, size_t size) {
    return count >= SIZE_MAX / size ? NULL : malloc((size_t)(count + 1) * size);
}

static bool work_new(struct work *work, const struct till_baskets *baskets) {
    work->baskets = baskets;
    work->support = calloc((size_t)baskets->item_count + 1, sizeof *work->support);
    work->seen = calloc((size_t)baskets->item_count + 1, sizeof *work->seen);
    work->code = calloc((size_t)baskets->item_count + 1, sizeof *work->code);
    work->order = allocate(baskets->item_count, sizeof *work->order);
    work->length = allocate(baskets->count, sizeof *work->length);
    return work->support != NULL && work->seen != NULL && work->code != NULL && work->order != NULL &&
           work->length != NULL;
}

static enum till_status check_codes(const struct till_baskets *baskets, uint64_t entries, struct till_error *error) {
    uint32_t highest = 0;
    for (uint64_t k = 0; k < entries; k++)
        highest = baskets->items[k] > highest ? baskets->items[k] : highest;
    if (entries == 0 || highest < baskets->item_count)
        return TILL_OK;
    uint64_t b = 0, k = 0;
    while (baskets->items[k] < baskets->item_count)
        k++;
    while (baskets->offsets[b + 1] <= k)
        b++;
    return till_error_set(error, TILL_ERROR_DATA,
                          "basket %llu has item code %u, but there are %u items: codes are below that",
                          (unsigned long long)b + 1, baskets->items[k], baskets->item_count);
}

/* Whether items rise in every basket, as they do where they were sorted: then none stands twice. Falls are counted
 * without a look at the baskets, and then those from one basket to the next, which must be all. */
static bool is_rising(const struct till_baskets *baskets, uint64_t entries) {
    const uint32_t *items = baskets->items;
    uint64_t falls = 0;
    for (uint64_t k = 1; k < entries; k++)
        falls += items[k] <= items[k - 1];
    for (uint64_t b = 1, begin; b < baskets->count && (begin = baskets->offsets[b]) < entries; b++)
        falls -= begin > baskets->offsets[b - 1] && items[begin] <= items[begin - 1];
    return falls == 0;
}

/* Supports: an item counts once in a basket. */
static void count_supports(struct work *work, uint64_t entries) {
    const struct till_baskets *baskets = work->baskets;
    if (is_rising(baskets, entries)) {
        for (uint64_t k = 0; k < entries; k++)
            work->support[baskets->items[k]]++;
        return;
    }
    for (uint64_t b = 0; b < baskets->count; b++)
        for (uint64_t k = baskets->offsets[b]; k < baskets->offsets[b + 1]; k++) {
            uint32_t item = baskets->items[k];
            work->support[item] += work->seen[item] != b + 1;
            work->seen[item] = (uint32_t)b + 1;
        }
}

static int compare_keys(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Which items stay: by rank, or by rising support and then by item, so that every run has the same order. Perfect ones
 * come last, and are set apart; by rank they are items like others. */
static uint32_t choose_items(struct work *work, uint32_t minimum, const uint32_t *rank, uint32_t *perfect) {
    uint32_t items = 0;
    *perfect = 0;
    for (uint32_t item = 0; item < work->baskets->item_count; item++) {
        work->code[item] = NO_CODE;
        if (work->support[item] < minimum)
            continue;
        work->order[items++] = (uint64_t)(rank == NULL ? work->support[item] : rank[item]) << 32 | item;
        *perfect += rank == NULL && work->support[item] == work->baskets->count;
    }
    qsort(work->order, items, sizeof *work->order, compare_keys);
    items -= *perfect;
    for (uint32_t code = 0; code < items; code++)
        work->code[(uint32_t)work->order[code]] = code;
    return items;
}

/* ---- frequent items alone ---- */

/* Copies what stays of the baskets that keep two items or more. The order of baskets and of items is that of before. */
static void copy_frequent(struct work *work, uint64_t *offsets, uint32_t *items) {
    const struct till_baskets *baskets = work->baskets;
    uint64_t kept = 0, count = 0;
    offsets[0] = 0;
    for (uint64_t b = 0; b < baskets->count; b++) {
        uint64_t at = kept;
        for (uint64_t k = baskets->offsets[b]; k < baskets->offsets[b + 1]; k++) {
            items[at] = baskets->items[k];
            at += work->code[items[at]] != NO_CODE;
        }
        if (at - kept >= 2)
            offsets[++count] = kept = at;
    }
    work->compact = (struct till_baskets){offsets, items, count, baskets->item_count};
    work->baskets = &work->compact;
}

/* At most so many entries are of items that stay: more than their supports where items stand twice in a basket. */
static uint64_t most_kept(const struct work *work) {
    const struct till_baskets *baskets = work->baskets;
    uint64_t kept = baskets->count == 0 ? 0 : baskets->offsets[baskets->count];
    for (uint32_t item = 0; item < baskets->item_count; item++)
        kept -= work->code[item] == NO_CODE ? work->support[item] : 0;
    return kept;
}

/* Only where it leaves at most half of the entries. */
static bool make_compact(struct work *work) {
    const struct till_baskets *baskets = work->baskets;
    uint64_t kept = most_kept(work), rows = kept / 2 < baskets->count ? kept / 2 : baskets->count;
    if (baskets->count == 0 || kept > baskets->offsets[baskets->count] / 2)
        return true;
    work->compact_offsets = allocate(rows, sizeof *work->compact_offsets);
    work->compact_items = calloc(kept + 1, sizeof *work->compact_items);
    if (work->compact_offsets == NULL || work->compact_items == NULL)
        return false;
    copy_frequent(work, work->compact_offsets, work->compact_items);
    return true;
}

/* Lengths of the baskets in items that stay. A basket of one is dropped (length 0): nothing shares it. */
static void measure_baskets(struct work *work) {
    const struct till_baskets *baskets = work->baskets;
    for (uint32_t item = 0; item < baskets->item_count; item++)
        work->seen[item] = 0;
    for (uint64_t b = 0; b < baskets->count; b++) {
        uint32_t length = 0;
        for (uint64_t k = baskets->offsets[b]; k < baskets->offsets[b + 1]; k++) {
            uint32_t item = baskets->items[k];
            length += work->code[item] != NO_CODE && work->seen[item] != b + 1;
            work->seen[item] = (uint32_t)b + 1;
        }
        work->length[b] = length < 2 ? 0 : length;
        work->entries += work->length[b] == 0 ? 0 : work->length[b] + 1;
    }
}

/* The occurrences of each code, as basket numbers. */
static void list_baskets(struct work *work, const uint32_t *start, uint32_t *next, uint32_t items,
                         uint32_t *occurrence) {
    const struct till_baskets *baskets = work->baskets;
    for (uint32_t item = 0; item < baskets->item_count; item++)
        work->seen[item] = 0;
    for (uint32_t code = 0; code < items; code++)
        next[code] = start[code];
    for (uint64_t b = 0; b < baskets->count; b++)
        for (uint64_t k = baskets->offsets[b]; work->length[b] > 0 && k < baskets->offsets[b + 1]; k++) {
            uint32_t item = baskets->items[k], code = work->code[item];
            if (code != NO_CODE && work->seen[item] != b + 1)
                occurrence[next[code]++] = (uint32_t)b;
            work->seen[item] = (uint32_t)b + 1;
        }
}

/* Places of the items' lists: supports, less what lay in dropped baskets. */
static void place_lists(struct work *work, uint32_t *start, uint32_t items) {
    const struct till_baskets *baskets = work->baskets;
    for (uint32_t code = 0; code <= items; code++)
        start[code] = 0;
    for (uint32_t item = 0; item < baskets->item_count; item++)
        work->seen[item] = 0;
    for (uint64_t b = 0; b < baskets->count; b++)
        for (uint64_t k = baskets->offsets[b]; work->length[b] > 0 && k < baskets->offsets[b + 1]; k++) {
            uint32_t item = baskets->items[k], code = work->code[item];
            if (code != NO_CODE && work->seen[item] != b + 1)
                start[code + 1]++;
            work->seen[item] = (uint32_t)b + 1;
        }
    for (uint32_t code = 0; code < items; code++)
        start[code + 1] += start[code];
}

/* Spreads the lists back to the rows, and turns basket numbers into positions. */
static void fill_rows(struct work *work, const uint32_t *start, uint32_t items, uint32_t *entries,
                      uint32_t *occurrence) {
    uint32_t at = 0;
    entries[at++] = ROW_END;
    for (uint64_t b = 0; b < work->baskets->count; b++) {
        uint32_t length = work->length[b];
        work->length[b] = at;
        at += length;
        if (length > 0)
            entries[at++] = ROW_END;
    }
    for (uint32_t code = 0; code < items; code++)
        for (uint32_t k = start[code]; k < start[code + 1]; k++) {
            uint32_t position = work->length[occurrence[k]]++;
            entries[position] = code;
            occurrence[k] = position;
        }
}

/* ---- huge baskets ---- */

/* Puts a basket among the `most` longest so far, which fall. */
static void insert_huge(struct work *work, uint32_t basket, uint32_t most) {
    uint32_t to = work->huges;
    if (to == most && work->length[work->huge[to - 1]] >= work->length[basket])
        return;
    to -= to == most;
    work->huges = to + 1;
    for (; to > 0 && work->length[work->huge[to - 1]] < work->length[basket]; to--)
        work->huge[to] = work->huge[to - 1];
    work->huge[to] = basket;
}

static int compare_baskets(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void choose_huge(struct work *work, uint32_t most) {
    uint64_t shortest = HUGE_TIMES * work->entries / (work->baskets->count + 1);
    shortest = shortest < HUGE_LENGTH ? HUGE_LENGTH : shortest;
    for (uint64_t b = 0; most > 0 && b < work->baskets->count; b++)
        if (work->length[b] >= shortest)
            insert_huge(work, (uint32_t)b, most);
    qsort(work->huge, work->huges, sizeof *work->huge, compare_baskets);
}

/* Takes the huge baskets out of the list of a code, which begins at `from` and goes to `to`; returns its new end. */
static uint32_t take_huge(const struct work *work, const uint32_t *from, const uint32_t *end, uint32_t *to,
                          uint64_t *huge) {
    uint32_t kept = 0, next = 0;
    *huge = 0;
    for (; from < end; from++) {
        while (next < work->huges && work->huge[next] < *from)
            next++;
        if (next < work->huges && work->huge[next] == *from)
            *huge |= (uint64_t)1 << next;
        else
            to[kept++] = *from;
    }
    return kept;
}

/* Turns huge baskets into bits. */
static bool set_apart(struct recoded *recoded, struct work *work, uint32_t items, uint32_t *start,
                      uint32_t *occurrence) {
    uint64_t *huge = recoded->huge = allocate(items, sizeof *huge);
    if (huge == NULL)
        return false;
    for (uint32_t code = 0, from = start[0], at = start[0]; code < items; code++) {
        uint32_t end = start[code + 1];
        at += take_huge(work, occurrence + from, occurrence + end, occurrence + at, &huge[code]);
        start[code + 1] = at;
        from = end;
    }
    for (uint32_t k = 0; k < work->huges; k++)
        work->length[work->huge[k]] = 0;
    recoded->apart = work->huges;
    return true;
}

static uint32_t longest_row(const struct work *work) {
    uint32_t longest = 1;
    for (uint64_t b = 0; b < work->baskets->count; b++)
        longest = work->length[b] > longest ? work->length[b] : longest;
    return longest;
}

/* ---- twins ---- */

/* Where codes go when twins are put behind all others, in place of the leaders. */
static void place_codes(const uint32_t *leader, uint32_t items, uint32_t perfect, uint32_t leaders, uint32_t *place) {
    uint32_t first = 0, other = leaders + perfect;
    for (uint32_t code = 0; code < items; code++)
        place[code] = leader[code] == code ? first++ : other++;
    for (uint32_t k = 0; k < perfect; k++)
        place[items + k] = leaders + k;
}

/* Chains each code to its twins. */
static void chain_twins(struct recoded *recoded, const uint32_t *leader, const uint32_t *place, uint32_t items) {
    for (uint32_t code = 0; code < recoded->all; code++) {
        recoded->twin[code] = NO_CODE;
        recoded->members[code] = 1;
    }
    for (uint32_t code = 0; code < items; code++) {
        uint32_t first = place[leader[code]];
        if (leader[code] == code)
            continue;
        recoded->twin[place[code]] = recoded->twin[first];
        recoded->twin[first] = place[code];
        recoded->members[first]++;
    }
}

/* Drops the lists of twins; their baskets get shorter. Lists move towards the front only. */
static void drop_lists(struct work *work, const uint32_t *leader, uint32_t items, uint32_t *start,
                       uint32_t *occurrence) {
    uint32_t kept = 0, at = 0;
    for (uint32_t code = 0, from = start[0]; code < items; code++) {
        uint32_t end = start[code + 1];
        if (leader[code] == code)
            start[kept++] = at;
        for (uint32_t k = from; k < end; k++)
            if (leader[code] == code)
                occurrence[at++] = occurrence[k];
            else
                work->length[occurrence[k]]--;
        from = end;
    }
    start[kept] = at;
}

/* Renumbers the codes, so that those which are searched come first. */
static bool merge_twins(struct recoded *recoded, struct work *work, uint32_t least, uint32_t *items) {
    uint32_t **memory = recoded->memory, twins, *codes = allocate(3 * (uint64_t)recoded->all, sizeof *codes);
    const struct sparse lists = {*items, 0, NULL, memory[1], NULL, memory[2], memory[5], NULL};
    bool fine = codes != NULL && find_twins(&lists, least, codes, &twins);
    if (!fine || twins == 0) {
        free(codes);
        return fine;
    }
    uint32_t *leader = codes, *place = codes + recoded->all, *held = place + recoded->all;
    recoded->twin = allocate(recoded->all, sizeof *recoded->twin);
    recoded->members = allocate(recoded->all, sizeof *recoded->members);
    fine = recoded->twin != NULL && recoded->members != NULL;
    if (fine) {
        place_codes(leader, *items, recoded->perfect, *items - twins, place);
        chain_twins(recoded, leader, place, *items);
        drop_lists(work, leader, *items, memory[2], memory[5]);
        uint32_t *const renumbered[] = {recoded->original, memory[1]};
        for (size_t i = 0; i < 2; i++) {
            memcpy(held, renumbered[i], recoded->all * sizeof *held);
            for (uint32_t code = 0; code < recoded->all; code++)
                renumbered[i][place[code]] = held[code];
        }
        *items -= twins;
    }
    free(codes);
    return fine;
}

static bool build(struct recoded *recoded, struct work *work, const struct recoding *how) {
    uint32_t items = choose_items(work, how->minimum, how->rank, &recoded->perfect);
    if (!make_compact(work))
        return false;
    measure_baskets(work);
    choose_huge(work, how->apart);
    uint32_t **memory = recoded->memory, kept = recoded->all = items + recoded->perfect;
    for (size_t i = 0; i < 4; i++)
        memory[i] = allocate(kept + 1u, sizeof **memory);
    memory[4] = allocate(work->entries + 1, sizeof **memory);
    memory[5] = allocate(work->entries + PREFETCH, sizeof **memory);
    recoded->original = allocate(kept, sizeof **memory);
    for (size_t i = 0; i < 6; i++)
        if (memory[i] == NULL || recoded->original == NULL)
            return false;
    uint32_t *name = memory[0], *support = memory[1], *start = memory[2];
    for (uint32_t code = 0; code < kept; code++) {
        name[code] = code;
        recoded->original[code] = (uint32_t)work->order[code];
        support[code] = work->support[recoded->original[code]];
    }
    place_lists(work, start, items);
    list_baskets(work, start, memory[3], items, memory[5]);
    /* Less than all twins are worth looking for where there are many. */
    bool merge = how->merge == 2 || (how->merge > 0 && longest_row(work) >= HUGE_LENGTH);
    if (merge && !merge_twins(recoded, work, how->merge, &items))
        return false;
    if (work->huges > 0 && !set_apart(recoded, work, items, start, memory[5]))
        return false;
    memset(memory[5] + start[items], 0, PREFETCH * sizeof **memory);
    recoded->longest = longest_row(work);
    fill_rows(work, start, items, memory[4], memory[5]);
    recoded->rows = (struct sparse){items, 0, name, support, memory[4], start, memory[5], recoded->huge};
    return true;
}

enum till_status recode(struct recoded *recoded, const struct till_baskets *baskets, const struct recoding *how,
                        struct till_error *error) {
    struct work work = {0};
    uint64_t entries = baskets->count == 0 ? 0 : baskets->offsets[baskets->count];
    enum till_status status = check_codes(baskets, entries, error);
    if (status == TILL_OK && !work_new(&work, baskets))
        status = till_error_memory(error);
    if (status == TILL_OK) {
        count_supports(&work, entries);
        status = build(recoded, &work, how) ? TILL_OK : till_error_memory(error);
    }
    work_free(&work);
    if (status != TILL_OK)
        recode_free(recoded);
    return status;
}

void recode_free(struct recoded *recoded) {
    for (size_t i = 0; i < 6; i++)
        free(recoded->memory[i]);
    free(recoded->huge);
    free(recoded->original);
    free(recoded->twin);
    free(recoded->members);
    *recoded = (struct recoded){0};
}
