/* The best split of a node on a column: its rows are counted into the places of the column (a counting sort), and the
 * cuts between one place and the next are walked with running sums. A column may have more places than the node has
 * rows; so that neither finding nor clearing them costs more than the rows, bits say which places have any, and further
 * bits which words of those bits are not zero. Places that are levels are then ordered by their rate of positives. */
#include <stdlib.h>
#include <string.h>

#include "parts.h"

/* How many rows ahead of the count their places are fetched: rows of a small node lie far apart. */
enum { AHEAD = 24 };

bool tree_scratch_make(struct tree_scratch *scratch, const struct till_tree_columns *columns, bool weighed) {
    size_t places = (size_t)columns->most_distinct + 1, words = places / 64 + 1;
    if (weighed)
        scratch->tallies = calloc(places, sizeof *scratch->tallies);
    else
        scratch->counts = calloc(places, sizeof *scratch->counts);
    scratch->bits = calloc(words, sizeof *scratch->bits);
    scratch->words = calloc(words / 64 + 1, sizeof *scratch->words);
    scratch->order = malloc(2 * places * sizeof *scratch->order);
    return (scratch->tallies != NULL || scratch->counts != NULL) && scratch->bits != NULL && scratch->words != NULL &&
           scratch->order != NULL;
}

void tree_scratch_free(struct tree_scratch *scratch) {
    free(scratch->tallies);
    free(scratch->counts);
    free(scratch->bits);
    free(scratch->words);
    free(scratch->order);
}

static void add(struct tree_tally *to, const struct tree_tally *more) {
    to->weight += more->weight;
    to->positive += more->positive;
    to->rows += more->rows;
}

static struct tree_tally rest(const struct tree_tally *all, const struct tree_tally *part) {
    return (struct tree_tally){all->weight - part->weight, all->positive - part->positive, all->rows - part->rows};
}

static double risk(const struct tree_tally *tally) {
    return tree_gini(tally->weight, tally->positive);
}

/* ---- counting ---- */

static struct tree_tally tally_of(uint64_t counted, double positive_weight) {
    double rows = (double)(counted & UINT32_MAX), positives = (double)(counted >> 32);
    return (struct tree_tally){rows - positives + positives * positive_weight, positives * positive_weight,
                               counted & UINT32_MAX};
}

struct tree_tally tree_tally_at(const struct tree_scratch *scratch, uint32_t place) {
    return scratch->counts != NULL ? tally_of(scratch->counts[place], scratch->positive_weight)
                                   : scratch->tallies[place];
}

static void mark(struct tree_scratch *scratch, uint32_t place) {
    scratch->bits[place / 64] |= UINT64_C(1) << place % 64;
    scratch->words[place / 4096] |= UINT64_C(1) << place / 64 % 64;
}

static void count_rows(struct tree_scratch *scratch, const struct tree_column *column, const struct tree_rows *rows) {
    uint64_t missing = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (i + AHEAD < rows->count)
            __builtin_prefetch(&column->place[rows->rows[i + AHEAD]]);
        uint32_t row = rows->rows[i], place = column->place[row];
        uint64_t *counted = place == TREE_MISSING ? &missing : &scratch->counts[place];
        if (*counted == 0 && place != TREE_MISSING)
            mark(scratch, place);
        *counted += 1 | (uint64_t)rows->answer[row] << 32;
    }
    scratch->positive_weight = rows->positive_weight;
    scratch->missing = tally_of(missing, rows->positive_weight);
}

static void weigh_rows(struct tree_scratch *scratch, const struct tree_column *column, const struct tree_rows *rows) {
    scratch->missing = (struct tree_tally){0};
    for (size_t i = 0; i < rows->count; i++) {
        uint32_t row = rows->rows[i], place = column->place[row];
        struct tree_tally *tally = place == TREE_MISSING ? &scratch->missing : &scratch->tallies[place];
        if (tally->rows++ == 0 && place != TREE_MISSING)
            mark(scratch, place);
        tally->weight += rows->weight[row];
        tally->positive += rows->answer[row] != 0 ? rows->weight[row] : 0;
    }
}

/* The places that have rows, rising; their bits are cleared on the way. */
static void list_places(struct tree_scratch *scratch, uint32_t distinct) {
    scratch->count = 0;
    for (uint32_t w = 0; w <= distinct / 4096; w++) {
        for (; scratch->words[w] != 0; scratch->words[w] &= scratch->words[w] - 1) {
            uint32_t word = w * 64 + (uint32_t)__builtin_ctzll(scratch->words[w]);
            for (; scratch->bits[word] != 0; scratch->bits[word] &= scratch->bits[word] - 1)
                scratch->order[scratch->count++] = word * 64 + (uint32_t)__builtin_ctzll(scratch->bits[word]);
        }
    }
}

/* Whether place a comes before b: the smaller rate of positives first; equal rates by place, that is by bytes. */
static bool precedes(const struct tree_scratch *scratch, uint32_t a, uint32_t b) {
    struct tree_tally x = tree_tally_at(scratch, a), y = tree_tally_at(scratch, b);
    double first = x.positive / x.weight, second = y.positive / y.weight;
    return first != second ? first < second : a < b;
}

/* Merges two sorted runs of `order`, from..middle-1 and middle..to-1, through `spare`. */
static void merge(struct tree_scratch *scratch, size_t from, size_t middle, size_t to, uint32_t *spare) {
    size_t a = from, b = middle;
    for (size_t i = from; i < to; i++) {
        bool second = a == middle || (b < to && precedes(scratch, scratch->order[b], scratch->order[a]));
        spare[i] = scratch->order[second ? b++ : a++];
    }
    memcpy(scratch->order + from, spare + from, (to - from) * sizeof *spare);
}

/* Levels by rate: a merge sort, from runs of one; half of `order` is room for it. */
static void order_by_rate(struct tree_scratch *scratch, uint32_t *spare) {
    for (size_t width = 1; width < scratch->count; width *= 2)
        for (size_t from = 0; from + width < scratch->count; from += 2 * width)
            merge(scratch, from, from + width, from + 2 * width < scratch->count ? from + 2 * width : scratch->count,
                  spare);
}

void tree_tally_column(struct tree_scratch *scratch, const struct tree_column *column, const struct tree_rows *rows) {
    if (rows->weight == NULL)
        count_rows(scratch, column, rows);
    else
        weigh_rows(scratch, column, rows);
    list_places(scratch, column->distinct);
    if (column->values == NULL)
        order_by_rate(scratch, scratch->order + column->distinct + 1);
}

void tree_scratch_clear(struct tree_scratch *scratch) {
    for (size_t i = 0; i < scratch->count; i++) {
        if (scratch->counts != NULL)
            scratch->counts[scratch->order[i]] = 0;
        else
            scratch->tallies[scratch->order[i]] = (struct tree_tally){0};
    }
    scratch->count = 0;
}

/* ---- cutting ---- */

/* Strictly better than the best so far, so that equal splits stay with the earlier one. */
static void weigh(const struct tree_tally *left, const struct tree_tally *right, size_t min_leaf,
                  struct tree_split found, struct tree_split *best) {
    if (left->rows < min_leaf || right->rows < min_leaf)
        return;
    found.risk = risk(left) + risk(right);
    if (found.risk < best->risk)
        *best = found;
}

void tree_search(const struct tree_scratch *scratch, uint32_t column, const struct tree_tally *all, size_t min_leaf,
                 struct tree_split *best) {
    struct tree_tally left = {0};
    bool missing = scratch->missing.rows > 0;
    for (uint32_t cut = 1; cut <= scratch->count; cut++) {
        struct tree_tally own = tree_tally_at(scratch, scratch->order[cut - 1]);
        add(&left, &own);
        if (cut == scratch->count && !missing)
            return;
        struct tree_tally right = rest(all, &left);
        weigh(&left, &right, min_leaf, (struct tree_split){0, column, cut, false}, best);
        if (!missing || cut == scratch->count)
            continue;
        struct tree_tally with = left;
        add(&with, &scratch->missing);
        right = rest(all, &with);
        weigh(&with, &right, min_leaf, (struct tree_split){0, column, cut, true}, best);
    }
}
