/* A tree grows level by level. Within a level, each column is one task: it looks at the rows of every open node, so
 * that there is as much to share among threads at the leaves as at the root. The rows of a node are a stretch of one
 * array; a split parts that stretch and keeps the order of rows on both sides, so that sums are made in one order
 * whatever the threads do. Of equally good splits the earlier column is taken, whichever worker found it. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/parallel.h>

#include "parts.h"

/* A node that may be split. */
struct open_node {
    uint32_t node;
    size_t begin; /* its rows */
    size_t end;
    struct tree_tally all;
};

struct grower {
    const struct till_tree_columns *columns;
    const struct till_tree_settings *settings;
    const double *target;
    struct till_tree *tree;
    uint32_t *rows; /* [row_count] */
    size_t row_count;
    uint32_t *spare;       /* [row_count] */
    double *weight;        /* [rows of the table], positives counted positive_weight times; NULL: 1 */
    unsigned char *answer; /* [rows of the table] 1: positive */
    unsigned workers;
    struct tree_scratch *scratch; /* [workers] */
    struct tree_split *best;      /* [workers][open_count] */
    struct open_node *open;       /* [open_count]: the level that is looked at */
    size_t open_count;
    struct open_node *next; /* [next_count]: the level below */
    size_t next_count;
    size_t node_capacity; /* of tree->nodes */
};

/* Splits whose gain is within rounding of nothing are none. */
static const double least_gain = 1e-12;
/* Below so many cells in a level, threads cost more than they bring. */
enum { WORTH_A_THREAD = 1 << 17 };

/* ---- nodes ---- */

static bool make_room(struct grower *grower, size_t nodes) {
    if (nodes <= grower->node_capacity)
        return true;
    size_t capacity = grower->node_capacity == 0 ? 64 : 2 * grower->node_capacity;
    struct till_tree_node *moved = realloc(grower->tree->nodes, capacity * sizeof *moved);
    if (moved == NULL)
        return false;
    grower->tree->nodes = moved;
    grower->node_capacity = capacity;
    return true;
}

static struct tree_rows rows_of(const struct grower *grower, size_t begin, size_t end) {
    return (struct tree_rows){grower->rows + begin, end - begin, grower->weight, grower->answer,
                              grower->settings->positive_weight};
}

/* What the rows add up to; *positives is how many they are. */
static struct tree_tally sum_rows(const struct tree_rows *rows, uint64_t *positives) {
    struct tree_tally all = {.rows = rows->count};
    *positives = 0;
    for (size_t i = 0; i < rows->count; i++) {
        uint32_t row = rows->rows[i];
        *positives += rows->answer[row];
        if (rows->weight == NULL)
            continue;
        all.weight += rows->weight[row];
        all.positive += rows->answer[row] != 0 ? rows->weight[row] : 0;
    }
    if (rows->weight == NULL) {
        all.positive = (double)*positives * rows->positive_weight;
        all.weight = (double)(rows->count - *positives) + all.positive;
    }
    return all;
}

/* Settles what a node is as a leaf, and puts it among those to be split if it may be. */
static void settle(struct grower *grower, uint32_t at, size_t begin, size_t end, unsigned depth) {
    const struct till_tree_settings *settings = grower->settings;
    struct till_trees_node *node = &grower->tree->trees->nodes[at];
    struct till_tree_node *known = &grower->tree->nodes[at];
    struct tree_rows rows = rows_of(grower, begin, end);
    *known = (struct till_tree_node){.rows = rows.count, .cp = INFINITY};
    struct tree_tally all = sum_rows(&rows, &known->positives);
    known->positive = all.positive / settings->positive_weight;
    known->weight = all.weight - all.positive + known->positive;
    double gini = tree_gini(all.weight, all.positive);
    known->risk = settings->risk == TILL_TREE_GINI ? gini : fmin(all.positive, all.weight - all.positive);
    node->cover = known->weight;
    node->value = known->positive / known->weight;
    if (all.rows >= settings->min_split && all.rows / 2 >= settings->min_leaf && depth < settings->max_depth &&
        known->positives > 0 && known->positives < all.rows && gini > 0)
        grower->next[grower->next_count++] = (struct open_node){at, begin, end, all};
}

/* ---- searching ---- */

static enum till_status search_column(void *context, size_t index, unsigned worker, struct till_error *error) {
    struct grower *grower = context;
    struct tree_scratch *scratch = &grower->scratch[worker];
    (void)error;
    for (size_t k = 0; k < grower->open_count; k++) {
        const struct open_node *open = &grower->open[k];
        struct tree_rows rows = rows_of(grower, open->begin, open->end);
        tree_tally_column(scratch, &grower->columns->columns[index], &rows);
        tree_search(scratch, (uint32_t)index, &open->all, grower->settings->min_leaf,
                    &grower->best[worker * grower->open_count + k]);
        tree_scratch_clear(scratch);
    }
    return TILL_OK;
}

/* The best split of each open node, into the first part of `best`. */
static enum till_status search_level(struct grower *grower, struct till_error *error) {
    size_t count = grower->open_count, cells = 0;
    free(grower->best);
    grower->best = malloc(grower->workers * count * sizeof *grower->best);
    if (grower->best == NULL)
        return till_error_memory(error);
    for (size_t k = 0; k < count; k++) {
        const struct tree_tally *all = &grower->open[k].all;
        cells += all->rows * grower->columns->table->count;
        for (unsigned worker = 0; worker < grower->workers; worker++)
            grower->best[worker * count + k] = (struct tree_split){
                .risk = tree_gini(all->weight, all->positive) * (1 - least_gain), .column = TILL_TREES_LEAF};
    }
    enum till_status status = till_parallel_for(cells < WORTH_A_THREAD ? 1 : grower->workers,
                                                grower->columns->table->count, search_column, grower, error);
    for (size_t i = count; i < grower->workers * count; i++) {
        const struct tree_split *found = &grower->best[i];
        struct tree_split *best = &grower->best[i % count];
        if (found->risk < best->risk || (found->risk == best->risk && found->column < best->column))
            *best = *found;
    }
    return status;
}

/* ---- splitting ---- */

/* Half way between the last value on the left and the first one on the right: left <= threshold < right. */
static double threshold_of(const struct tree_column *column, const struct tree_scratch *scratch, uint32_t cut) {
    if (cut == scratch->count)
        return DBL_MAX; /* all that is not missing */
    double left = column->values[scratch->order[cut - 1]], right = column->values[scratch->order[cut]];
    double middle = left / 2 + right / 2;
    return middle >= left && middle < right ? middle : left;
}

/* Levels that the node has none of go where missing values go. */
static enum till_status set_of(struct grower *grower, const struct tree_split *split, bool missing_left, size_t *set,
                               struct till_error *error) {
    struct till_trees *trees = grower->tree->trees;
    const struct tree_scratch *scratch = &grower->scratch[0];
    enum till_status status = till_trees_set(trees, split->column, set, error);
    if (status != TILL_OK)
        return status;
    for (uint32_t i = 0; i < split->cut; i++)
        till_trees_set_add(trees, *set, scratch->order[i]);
    for (size_t level = 0; missing_left && level < trees->level_counts[split->column]; level++)
        if (tree_tally_at(scratch, (uint32_t)level).rows == 0)
            till_trees_set_add(trees, *set, level);
    return TILL_OK;
}

/* Writes down what the split asks; its column is tallied. */
static enum till_status ask(struct grower *grower, const struct open_node *open, const struct tree_split *split,
                            struct till_error *error) {
    const struct tree_column *column = &grower->columns->columns[split->column];
    const struct tree_scratch *scratch = &grower->scratch[0];
    bool missing_left = split->missing_left;
    size_t set = 0;
    if (scratch->missing.rows == 0) {
        double left = 0;
        for (uint32_t i = 0; i < split->cut; i++)
            left += tree_tally_at(scratch, scratch->order[i]).weight;
        missing_left = left >= open->all.weight - left;
    }
    if (column->values == NULL && set_of(grower, split, missing_left, &set, error) != TILL_OK)
        return TILL_ERROR_MEMORY;
    struct till_trees_node *node = &grower->tree->trees->nodes[open->node];
    node->column = split->column;
    node->missing_left = missing_left;
    node->set = set;
    node->threshold = column->values == NULL ? 0 : threshold_of(column, scratch, split->cut);
    node->gain = tree_gini(open->all.weight, open->all.positive) - split->risk;
    return TILL_OK;
}

/* Rows that go left come first, both sides in their order; returns where the right side begins. */
static size_t part(struct grower *grower, const struct open_node *open) {
    const struct till_trees *trees = grower->tree->trees;
    const struct till_trees_node *node = &trees->nodes[open->node];
    const struct till_trees_column *column = &grower->columns->table->columns[node->column];
    size_t left = open->begin, right = 0;
    for (size_t i = open->begin; i < open->end; i++) {
        uint32_t row = grower->rows[i];
        double value = !column->text                                ? column->numbers[row]
                       : column->places[row] == TILL_FRAME_NO_LEVEL ? (double)NAN
                                                                    : (double)column->places[row];
        if (till_trees_child(trees, node, value) == node->left)
            grower->rows[left++] = row;
        else
            grower->spare[right++] = row;
    }
    memcpy(grower->rows + left, grower->spare, right * sizeof *grower->rows);
    return left;
}

static enum till_status split_node(struct grower *grower, const struct open_node *open, const struct tree_split *split,
                                   unsigned depth, struct till_error *error) {
    struct till_trees *trees = grower->tree->trees;
    struct tree_rows rows = rows_of(grower, open->begin, open->end);
    uint32_t left;
    enum till_status status = till_trees_split(trees, open->node, &left, error);
    if (status != TILL_OK)
        return status;
    tree_tally_column(&grower->scratch[0], &grower->columns->columns[split->column], &rows);
    status = ask(grower, open, split, error);
    tree_scratch_clear(&grower->scratch[0]);
    if (status == TILL_OK && !make_room(grower, trees->node_count))
        status = till_error_memory(error);
    if (status != TILL_OK)
        return status;
    size_t middle = part(grower, open);
    settle(grower, left, open->begin, middle, depth);
    settle(grower, left + 1, middle, open->end, depth);
    grower->tree->nodes[left].parent = grower->tree->nodes[left + 1].parent = open->node;
    return TILL_OK;
}

/* Splits what can be, until nothing can. */
static enum till_status grow_levels(struct grower *grower, struct till_error *error) {
    enum till_status status = TILL_OK;
    for (unsigned depth = 1; status == TILL_OK && grower->next_count > 0; depth++) {
        free(grower->open);
        grower->open = grower->next;
        grower->open_count = grower->next_count;
        grower->next_count = 0;
        grower->next = malloc(2 * grower->open_count * sizeof *grower->next);
        status = grower->next == NULL ? till_error_memory(error) : search_level(grower, error);
        for (size_t k = 0; k < grower->open_count && status == TILL_OK; k++)
            if (grower->best[k].column != TILL_TREES_LEAF)
                status = split_node(grower, &grower->open[k], &grower->best[k], depth, error);
    }
    return status;
}

/* ---- the whole ---- */

/* The rows that have a weight, and their answers. */
static enum till_status take_rows(struct grower *grower, const double *weight, const uint32_t *rows, size_t row_count,
                                  struct till_error *error) {
    size_t all = grower->columns->table->rows;
    grower->rows = malloc((2 * row_count + 1) * sizeof *grower->rows);
    grower->answer = malloc(all + 1);
    if (weight != NULL)
        grower->weight = malloc((all + 1) * sizeof *grower->weight);
    if (grower->rows == NULL || grower->answer == NULL || (weight != NULL && grower->weight == NULL))
        return till_error_memory(error);
    grower->spare = grower->rows + row_count;
    for (size_t i = 0; i < row_count; i++) {
        size_t row = rows == NULL ? i : rows[i];
        bool positive = grower->target[row] != 0;
        grower->answer[row] = positive;
        if (weight != NULL)
            grower->weight[row] = weight[row] * (positive ? grower->settings->positive_weight : 1);
        if (weight == NULL || weight[row] > 0)
            grower->rows[grower->row_count++] = (uint32_t)row;
    }
    return grower->row_count > 0 ? TILL_OK
                                 : till_error_set(error, TILL_ERROR_MODEL, "there are no rows to grow a tree from");
}

static enum till_status make_room_to_work(struct grower *grower, bool weighed, struct till_error *error) {
    unsigned threads = grower->settings->threads == 0 ? 1 : grower->settings->threads;
    size_t columns = grower->columns->table->count;
    grower->workers = threads < columns ? threads : columns == 0 ? 1 : (unsigned)columns;
    grower->scratch = calloc(grower->workers, sizeof *grower->scratch);
    grower->next = malloc(sizeof *grower->next);
    grower->tree = calloc(1, sizeof *grower->tree);
    if (grower->scratch == NULL || grower->next == NULL || grower->tree == NULL)
        return till_error_memory(error);
    for (unsigned i = 0; i < grower->workers; i++)
        if (!tree_scratch_make(&grower->scratch[i], grower->columns, weighed))
            return till_error_memory(error);
    return make_room(grower, 1) ? TILL_OK : till_error_memory(error);
}

static void end(struct grower *grower) {
    for (unsigned i = 0; grower->scratch != NULL && i < grower->workers; i++)
        tree_scratch_free(&grower->scratch[i]);
    free(grower->scratch);
    free(grower->best);
    free(grower->open);
    free(grower->next);
    free(grower->rows);
    free(grower->weight);
    free(grower->answer);
    till_tree_free(grower->tree);
}

enum till_status till_tree_grow(struct till_tree **tree, const struct till_tree_columns *columns, const double *target,
                                const double *weight, const uint32_t *rows, size_t row_count,
                                const struct till_tree_settings *settings, struct till_error *error) {
    struct grower grower = {.columns = columns, .settings = settings, .target = target};
    uint32_t root;
    *tree = NULL;
    enum till_status status = make_room_to_work(&grower, weight != NULL, error);
    if (status == TILL_OK)
        status = take_rows(&grower, weight, rows, row_count, error);
    if (status == TILL_OK)
        status = till_trees_new(&grower.tree->trees, columns->table, TILL_TREES_PROBABILITY, error);
    if (status == TILL_OK)
        status = till_trees_plant(grower.tree->trees, &root, error);
    if (status == TILL_OK) {
        settle(&grower, root, 0, grower.row_count, 0);
        status = grow_levels(&grower, error);
    }
    if (status == TILL_OK)
        status = tree_find_costs(grower.tree, error);
    if (status == TILL_OK)
        status = till_trees_finish(grower.tree->trees, error);
    if (status == TILL_OK) {
        *tree = grower.tree;
        grower.tree = NULL;
    }
    end(&grower);
    return status;
}

void till_tree_free(struct till_tree *tree) {
    if (tree == NULL)
        return;
    till_trees_free(tree->trees);
    free(tree->nodes);
    free(tree);
}
