/* One tree, leaf by leaf: of all leaves, the one whose split lowers the loss most is split next (Ke et al. 2017).
 *
 * The rows of a leaf are a stretch of an index, in rising order; a split parts the stretch in two. Only the smaller
 * child has its histogram added up: the other's is what is left of the parent's. The last split of a tree needs
 * neither. Work is shared out by groups of columns, and by chunks of rows where a stretch is long; sums are exact, so
 * nothing depends on how. */
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>

#include "lib/base/pages.h"
#include "lib/mining/gbdt/parts.h"

enum { CHUNK = 16384, LONG = 2 * CHUNK, AHEAD = 32, CELL_UPDATES = 10 };
static const size_t pool_bytes = (size_t)512 << 20; /* of histograms that wait for a split of their leaf */
static const size_t worth_threads = 50000; /* updates of a histogram: fewer are done before a thread has come */

/* ---- opening and closing ---- */

enum till_status gbdt_grower_open(struct gbdt_grower *grower, const struct gbdt_bins *bins, size_t leaves,
                                  size_t growers, struct till_team *team, struct till_error *error) {
    size_t size = (bins->cells + 1) * sizeof(struct gbdt_cell), most = pool_bytes / growers / size;
    *grower = (struct gbdt_grower){.bins = bins, .leaves = leaves, .team = team};
    grower->pool_most = most < 3 ? 3 : most > leaves + 1 ? leaves + 1 : most;
    grower->index = pages_array((bins->rows + 1) * sizeof *grower->index);
    grower->scratch = pages_array((bins->rows + 1) * sizeof *grower->scratch);
    grower->ordered = pages_array((bins->rows + 1) * sizeof *grower->ordered);
    grower->chunk_left = malloc((bins->rows / CHUNK + 1) * sizeof *grower->chunk_left);
    grower->chunk_sums = malloc((bins->rows / CHUNK + 1) * sizeof *grower->chunk_sums);
    grower->wanted = malloc(bins->count + 1);
    grower->leaf = calloc(leaves + 1, sizeof *grower->leaf);
    grower->splits = calloc(2 * leaves, sizeof *grower->splits);
    grower->pool = calloc(grower->pool_most, sizeof *grower->pool);
    grower->found = calloc(2 * bins->groups + 1, sizeof *grower->found);
    grower->sums = malloc(till_team_threads(team) * sizeof(uint64_t[GBDT_GROUP][GBDT_CODES]));
    if (grower->index != NULL && grower->scratch != NULL && grower->ordered != NULL && grower->chunk_left != NULL &&
        grower->chunk_sums != NULL && grower->wanted != NULL && grower->leaf != NULL && grower->splits != NULL &&
        grower->pool != NULL && grower->found != NULL && grower->sums != NULL)
        return TILL_OK;
    return till_error_memory(error);
}

static void give_back(struct gbdt_grower *grower, struct gbdt_cell **histogram) {
    if (*histogram != NULL)
        grower->pool[grower->pool_count++].cells = *histogram;
    *histogram = NULL;
}

static void give_back_all(struct gbdt_grower *grower) {
    for (size_t i = 0; i < grower->leaf_count; i++)
        give_back(grower, &grower->leaf[i].histogram);
}

void gbdt_grower_close(struct gbdt_grower *grower) {
    if (grower->leaf != NULL && grower->pool != NULL)
        give_back_all(grower);
    for (size_t i = 0; grower->pool != NULL && i < grower->pool_count; i++)
        free(grower->pool[i].cells);
    free(grower->pool);
    free(grower->index);
    free(grower->scratch);
    free(grower->ordered);
    free(grower->chunk_left);
    free(grower->chunk_sums);
    free(grower->wanted);
    free(grower->leaf);
    free(grower->splits);
    free(grower->found);
    free(grower->sums);
}

/* A histogram that nobody holds. Where there is no room, the leaf that is least likely to be split gives up its own. */
static struct gbdt_cell *take(struct gbdt_grower *grower, const struct gbdt_leaf *keep) {
    if (grower->pool_count > 0)
        return grower->pool[--grower->pool_count].cells;
    if (grower->pool_made < grower->pool_most) {
        struct gbdt_cell *made = malloc((grower->bins->cells + 1) * sizeof *made);
        grower->pool_made += made != NULL;
        return made;
    }
    struct gbdt_leaf *least = NULL;
    for (size_t i = 0; i < grower->leaf_count; i++) {
        struct gbdt_leaf *leaf = &grower->leaf[i];
        if (leaf->histogram != NULL && leaf != keep && (least == NULL || leaf->split.gain < least->split.gain))
            least = leaf;
    }
    if (least == NULL)
        return NULL;
    give_back(grower, &least->histogram);
    return grower->pool[--grower->pool_count].cells;
}

/* ---- parting the rows of a leaf ---- */

struct parting {
    uint32_t *index; /* of the leaf */
    uint32_t *scratch;
    size_t count;
    const unsigned char *codes;     /* of the split's column */
    unsigned char left[GBDT_CODES]; /* 1: rows of this code go left */
    size_t *chunk_left;
    size_t left_count;
};

/* Lefts to the front of `to`, in order, rights to the front of `other`; they may not overlap but for to == from. */
static size_t part(const struct parting *parting, const uint32_t *from, size_t count, uint32_t *to, uint32_t *other) {
    size_t lefts = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t row = from[i];
        size_t left = parting->left[parting->codes[row]];
        to[lefts] = row;
        other[i - lefts] = row;
        lefts += left;
    }
    return lefts;
}

static size_t chunk_end(const struct parting *parting, size_t from) {
    return from + CHUNK < parting->count ? from + CHUNK : parting->count;
}

/* The lefts of a chunk stay at its front, its rights wait at the same place of the scratch. */
static enum till_status part_chunk(void *context, size_t at, unsigned worker, struct till_error *error) {
    struct parting *parting = context;
    size_t from = at * CHUNK, count = chunk_end(parting, from) - from;
    uint32_t *rows = parting->index + from;
    (void)worker;
    (void)error;
    parting->chunk_left[at] = part(parting, rows, count, rows, parting->scratch + from);
    return TILL_OK;
}

/* The lefts of all chunks move together, which is quick and done by one thread; then the rights follow. */
static enum till_status part_long(struct parting *parting, struct till_team *team, struct till_error *error) {
    size_t chunks = (parting->count + CHUNK - 1) / CHUNK, lefts = 0;
    enum till_status status = till_team_for(team, chunks, part_chunk, parting, error);
    for (size_t i = 0; i < chunks; i++) {
        memmove(parting->index + lefts, parting->index + i * CHUNK, parting->chunk_left[i] * sizeof *parting->index);
        lefts += parting->chunk_left[i];
    }
    size_t end = lefts;
    for (size_t i = 0; i < chunks; i++) {
        size_t from = i * CHUNK, rights = chunk_end(parting, from) - from - parting->chunk_left[i];
        memcpy(parting->index + end, parting->scratch + from, rights * sizeof *parting->index);
        end += rights;
    }
    parting->left_count = lefts;
    return status;
}

static enum till_status part_rows(struct gbdt_grower *grower, const struct gbdt_leaf *leaf, size_t *left_count,
                                  struct till_error *error) {
    const struct gbdt_bins *bins = grower->bins;
    size_t column = leaf->split.column;
    struct parting parting = {.index = grower->index + leaf->begin,
                              .scratch = grower->scratch,
                              .count = leaf->count,
                              .codes = bins->column_codes + column * bins->rows,
                              .chunk_left = grower->chunk_left};
    enum till_status status = TILL_OK;
    for (unsigned code = 0; code < GBDT_CODES; code++)
        parting.left[code] = gbdt_goes_left(&leaf->split, code);
    if (grower->team != NULL && leaf->count >= LONG) {
        status = part_long(&parting, grower->team, error);
    } else {
        uint32_t *index = parting.index;
        parting.left_count = part(&parting, index, leaf->count, index, grower->scratch);
        memcpy(index + parting.left_count, grower->scratch, (leaf->count - parting.left_count) * sizeof *index);
    }
    *left_count = parting.left_count;
    return status;
}

/* ---- histograms and splits of two leaves ---- */

struct survey {
    struct gbdt_grower *grower;
    struct gbdt_leaf *small; /* its histogram is added up */
    struct gbdt_leaf *large; /* NULL: there is only one; else its histogram holds the parent's, or nothing yet */
    bool subtract;
    const uint64_t *small_words; /* in the order of the leaf */
    const uint64_t *large_words;
};

static bool may_split(const struct gbdt_grower *grower, const struct gbdt_leaf *leaf) {
    return leaf->count >= 2 * grower->rules.min_leaf && leaf->depth < TILL_TREES_DEPTH;
}

/* The best split of a leaf among the columns of a group; of equal ones, the first. */
static void find(const struct gbdt_grower *grower, const struct gbdt_leaf *leaf, size_t group,
                 struct gbdt_split *best) {
    const struct gbdt_bins *bins = grower->bins;
    best->gain = 0;
    for (size_t at = group * GBDT_GROUP; at < bins->count && at < (group + 1) * GBDT_GROUP; at++) {
        struct gbdt_split split;
        if (!grower->wanted[at])
            continue;
        gbdt_split_find(&split, &bins->columns[at], at, leaf->histogram + bins->columns[at].first, &leaf->sum,
                        &grower->rules);
        if (split.gain > best->gain)
            *best = split;
    }
}

/* The whole index in its first order is the rows themselves. */
static const uint32_t *index_of(const struct gbdt_grower *grower, const struct gbdt_leaf *leaf) {
    return leaf->count == grower->bins->rows ? NULL : grower->index + leaf->begin;
}

static bool is_wanted(const struct gbdt_grower *grower, size_t group) {
    for (size_t at = group * GBDT_GROUP; at < grower->bins->count && at < (group + 1) * GBDT_GROUP; at++)
        if (grower->wanted[at])
            return true;
    return false;
}

static enum till_status survey_group(void *context, size_t group, unsigned worker, struct till_error *error) {
    const struct survey *survey = context;
    const struct gbdt_grower *grower = survey->grower;
    const struct gbdt_leaf *small = survey->small, *large = survey->large;
    uint64_t *sums = grower->sums + worker * ((size_t)GBDT_GROUP * GBDT_CODES);
    struct gbdt_split *found = grower->found;
    (void)error;
    found[group].gain = found[grower->bins->groups + group].gain = 0;
    if (!is_wanted(grower, group))
        return TILL_OK;
    gbdt_histogram(grower->bins, group, index_of(grower, small), survey->small_words, small->count, sums,
                   small->histogram);
    if (may_split(grower, small))
        find(grower, small, group, &found[group]);
    if (large == NULL)
        return TILL_OK;
    if (survey->subtract)
        gbdt_histogram_subtract(grower->bins, group, large->histogram, small->histogram);
    else
        gbdt_histogram(grower->bins, group, index_of(grower, large), survey->large_words, large->count, sums,
                       large->histogram);
    if (may_split(grower, large))
        find(grower, large, group, &found[grower->bins->groups + group]);
    return TILL_OK;
}

static void choose(struct gbdt_grower *grower, struct gbdt_leaf *leaf, const struct gbdt_split *found) {
    leaf->split.gain = 0;
    for (size_t group = 0; group < grower->bins->groups; group++)
        if (found[group].gain > leaf->split.gain)
            leaf->split = found[group];
    if (leaf->split.gain == 0)
        give_back(grower, &leaf->histogram);
}

struct ordering {
    const uint64_t *words;
    const uint32_t *index;
    uint64_t *out;
    size_t count;
};

static enum till_status order_chunk(void *context, size_t at, unsigned worker, struct till_error *error) {
    const struct ordering *ordering = context;
    size_t from = at * CHUNK, to = from + CHUNK < ordering->count ? from + CHUNK : ordering->count;
    (void)worker;
    (void)error;
    for (size_t i = from; i < to; i++) {
        __builtin_prefetch(&ordering->words[ordering->index[i + AHEAD < to ? i + AHEAD : i]]);
        ordering->out[i] = ordering->words[ordering->index[i]];
    }
    return TILL_OK;
}

/* The words of a leaf's rows, in their order. */
static const uint64_t *order_words(const struct gbdt_grower *grower, const struct gbdt_leaf *leaf, uint64_t *out) {
    struct ordering ordering = {grower->words, index_of(grower, leaf), out, leaf->count};
    struct till_error ignored;
    if (ordering.index == NULL)
        return grower->words;
    till_team_for(leaf->count < LONG ? NULL : grower->team, (leaf->count + CHUNK - 1) / CHUNK, order_chunk, &ordering,
                  &ignored); /* chunks do not fail */
    return out;
}

static enum till_status make_survey(struct survey *survey, struct till_error *error) {
    struct gbdt_grower *grower = survey->grower;
    size_t rows = survey->small->count + (survey->large != NULL && !survey->subtract ? survey->large->count : 0);
    survey->small_words = order_words(grower, survey->small, grower->ordered);
    if (survey->large != NULL && !survey->subtract)
        survey->large_words = order_words(grower, survey->large, grower->ordered + survey->small->count);
    /* A cell is subtracted, and tried as a split of two leaves: as much work as some updates. */
    size_t updates = rows * grower->bins->count + CELL_UPDATES * grower->bins->cells;
    struct till_team *team = updates < worth_threads ? NULL : grower->team;
    enum till_status status = till_team_for(team, grower->bins->groups, survey_group, survey, error);
    if (status != TILL_OK)
        return status;
    choose(grower, survey->small, grower->found);
    if (survey->large != NULL)
        choose(grower, survey->large, grower->found + grower->bins->groups);
    return TILL_OK;
}

/* Finds the best splits of two new leaves; `parent` is the histogram that the first of them has inherited. */
static enum till_status survey_children(struct gbdt_grower *grower, struct gbdt_leaf *left, struct gbdt_leaf *right,
                                        struct till_error *error) {
    struct gbdt_cell *parent = left->histogram;
    struct survey survey = {.grower = grower,
                            .small = left->count <= right->count ? left : right,
                            .large = left->count <= right->count ? right : left,
                            .subtract = parent != NULL};
    left->histogram = NULL;
    if (!may_split(grower, left) && !may_split(grower, right)) {
        give_back(grower, &parent);
        return TILL_OK;
    }
    survey.large->histogram = parent != NULL ? parent : take(grower, survey.large);
    survey.small->histogram = take(grower, survey.large);
    if (survey.large->histogram == NULL || survey.small->histogram == NULL)
        return till_error_memory(error);
    return make_survey(&survey, error);
}

/* ---- the tree ---- */

struct totals {
    const struct gbdt_grower *grower;
    struct gbdt_cell *chunks;
};

static enum till_status total_chunk(void *context, size_t at, unsigned worker, struct till_error *error) {
    const struct totals *totals = context;
    const struct gbdt_grower *grower = totals->grower;
    size_t from = at * CHUNK, to = from + CHUNK < grower->count ? from + CHUNK : grower->count;
    struct gbdt_cell *sum = &totals->chunks[at];
    (void)worker;
    (void)error;
    *sum = (struct gbdt_cell){0, 0, (int64_t)(to - from)};
    for (size_t i = from; i < to; i++) {
        uint64_t word = grower->words[grower->index[i]];
        sum->gradient += (int64_t)word >> (GBDT_COUNT_BITS + GBDT_CURVATURE_BITS);
        sum->curvature += (int64_t)(word >> GBDT_COUNT_BITS & ((UINT64_C(1) << GBDT_CURVATURE_BITS) - 1));
    }
    return TILL_OK;
}

/* The sums of all rows of the tree. */
static struct gbdt_cell total(const struct gbdt_grower *grower) {
    struct totals totals = {grower, grower->chunk_sums};
    struct gbdt_cell sum = {0, 0, 0};
    struct till_error ignored;
    size_t chunks = (grower->count + CHUNK - 1) / CHUNK;
    till_team_for(grower->count < LONG ? NULL : grower->team, chunks, total_chunk, &totals,
                  &ignored); /* chunks do not fail */
    for (size_t i = 0; i < chunks; i++) {
        sum.gradient += totals.chunks[i].gradient;
        sum.curvature += totals.chunks[i].curvature;
        sum.rows += totals.chunks[i].rows;
    }
    return sum;
}

static void describe_leaf(const struct gbdt_grower *grower, struct till_trees *trees, const struct gbdt_leaf *leaf) {
    struct till_trees_node *node = &trees->nodes[leaf->node];
    node->cover = (double)leaf->count;
    node->value = grower->rate * gbdt_step(&leaf->sum, &grower->rules);
}

/* The split as the model keeps it: in the values of the table. */
static enum till_status describe_split(const struct gbdt_grower *grower, struct till_trees *trees,
                                       const struct till_trees_table *table, const struct gbdt_leaf *leaf,
                                       struct till_error *error) {
    const struct gbdt_split *split = &leaf->split;
    const struct gbdt_column *column = &grower->bins->columns[split->column];
    struct till_trees_node *node = &trees->nodes[leaf->node];
    node->column = (uint32_t)split->column;
    node->missing_left = split->missing_left;
    node->gain = split->gain;
    if (!column->text) {
        /* All values against the missing ones: below any threshold. */
        node->threshold = split->last + 1 < column->bins ? column->thresholds[split->last] : DBL_MAX;
        return TILL_OK;
    }
    size_t set;
    enum till_status status = till_trees_set(trees, split->column, &set, error);
    for (size_t level = 0; status == TILL_OK && level < table->columns[split->column].level_count; level++)
        if (gbdt_goes_left(split, column->level_codes[level]))
            till_trees_set_add(trees, set, level);
    node->set = set;
    return status;
}

/* Splits a leaf: its place is the left child's from now on, and the right child comes last. */
static enum till_status split_leaf(struct gbdt_grower *grower, struct till_trees *trees,
                                   const struct till_trees_table *table, uint32_t root, size_t at,
                                   struct till_error *error) {
    struct gbdt_leaf *left = &grower->leaf[at], *right = &grower->leaf[grower->leaf_count], parent = *left;
    uint32_t node;
    size_t lefts;
    enum till_status status = till_trees_split(trees, parent.node, &node, error);
    if (status == TILL_OK)
        status = describe_split(grower, trees, table, &parent, error);
    if (status == TILL_OK)
        status = part_rows(grower, &parent, &lefts, error);
    if (status != TILL_OK)
        return status;
    grower->splits[parent.node - root] = parent.split;
    left->node = node;
    left->depth++;
    left->count = lefts;
    left->sum = parent.split.left;
    left->split.gain = 0;
    *right = (struct gbdt_leaf){.node = node + 1,
                                .depth = left->depth,
                                .begin = parent.begin + lefts,
                                .count = parent.count - lefts,
                                .sum = {parent.sum.gradient - left->sum.gradient,
                                        parent.sum.curvature - left->sum.curvature, parent.sum.rows - left->sum.rows}};
    grower->leaf_count++;
    describe_leaf(grower, trees, left);
    describe_leaf(grower, trees, right);
    return grower->leaf_count < grower->leaves ? survey_children(grower, left, right, error) : TILL_OK;
}

enum till_status gbdt_grow(struct gbdt_grower *grower, struct till_trees *trees, const struct till_trees_table *table,
                           struct till_error *error) {
    struct gbdt_leaf *root = &grower->leaf[0];
    struct survey survey = {.grower = grower, .small = root};
    *root = (struct gbdt_leaf){.count = grower->count, .sum = total(grower)};
    grower->leaf_count = 1;
    enum till_status status = till_trees_plant(trees, &root->node, error);
    uint32_t first = root->node;
    if (status != TILL_OK)
        return status;
    describe_leaf(grower, trees, root);
    if (may_split(grower, root) && grower->leaves > 1) {
        root->histogram = take(grower, root);
        status = root->histogram == NULL ? till_error_memory(error) : make_survey(&survey, error);
    }
    while (status == TILL_OK && grower->leaf_count < grower->leaves) {
        size_t best = 0;
        for (size_t i = 1; i < grower->leaf_count; i++)
            if (grower->leaf[i].split.gain > grower->leaf[best].split.gain)
                best = i;
        if (!(grower->leaf[best].split.gain > 0))
            break;
        status = split_leaf(grower, trees, table, first, best, error);
    }
    give_back_all(grower);
    return status;
}

uint32_t gbdt_walk(const struct gbdt_grower *grower, const struct till_trees *trees, size_t row) {
    uint32_t root = trees->roots[trees->tree_count - 1], at = root;
    while (trees->nodes[at].column != TILL_TREES_LEAF) {
        const struct gbdt_split *split = &grower->splits[at - root];
        bool left = gbdt_goes_left(split, gbdt_code(grower->bins, row, split->column));
        at = left ? trees->nodes[at].left : trees->nodes[at].right;
    }
    return at;
}
