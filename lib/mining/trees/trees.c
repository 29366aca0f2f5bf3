/* Tree models as one array of nodes: children stand behind their parent, so that whatever goes from the roots down is a
 * loop from the front, and whatever goes up one from the back. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/logistic.h>

#include "lib/mining/trees/parts.h"

/* ---- building ---- */

enum till_status trees_new(struct till_trees **trees, size_t column_count, const size_t *level_counts,
                           enum till_trees_scale scale, struct till_error *error) {
    struct till_trees *made = calloc(1, sizeof *made);
    *trees = NULL;
    if (made == NULL)
        return till_error_memory(error);
    made->scale = scale;
    made->column_count = column_count;
    made->level_counts = malloc((column_count + 1) * sizeof *made->level_counts);
    if (made->level_counts == NULL) {
        till_trees_free(made);
        return till_error_memory(error);
    }
    for (size_t i = 0; i < column_count; i++)
        made->level_counts[i] = level_counts[i];
    *trees = made;
    return TILL_OK;
}

enum till_status till_trees_new(struct till_trees **trees, const struct till_trees_table *table,
                                enum till_trees_scale scale, struct till_error *error) {
    size_t *level_counts = malloc((table->count + 1) * sizeof *level_counts);
    *trees = NULL;
    if (level_counts == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < table->count; i++)
        level_counts[i] = table->columns[i].text ? table->columns[i].level_count : 0;
    enum till_status status = trees_new(trees, table->count, level_counts, scale, error);
    free(level_counts);
    return status;
}

void till_trees_free(struct till_trees *trees) {
    if (trees == NULL)
        return;
    free(trees->level_counts);
    free(trees->roots);
    free(trees->nodes);
    free(trees->words);
    free(trees);
}

/* Room for `count` elements; NULL when memory is out, and then the old array stays. */
static void *grow(void *array, size_t count, size_t *capacity, size_t size) {
    size_t wanted = *capacity;
    if (count <= wanted)
        return array;
    while (wanted < count)
        wanted = wanted == 0 ? 64 : wanted * 2;
    void *moved = realloc(array, wanted * size);
    if (moved != NULL)
        *capacity = wanted;
    return moved;
}

/* `count` further leaves, the first at *at. */
static enum till_status add_leaves(struct till_trees *trees, size_t count, uint32_t *at, struct till_error *error) {
    struct till_trees_node *nodes = grow(trees->nodes, trees->node_count + count, &trees->node_capacity, sizeof *nodes);
    if (nodes == NULL || trees->node_count + count >= TILL_TREES_LEAF)
        return till_error_memory(error);
    trees->nodes = nodes;
    *at = (uint32_t)trees->node_count;
    for (size_t i = 0; i < count; i++)
        nodes[trees->node_count++] = (struct till_trees_node){.column = TILL_TREES_LEAF};
    return TILL_OK;
}

enum till_status till_trees_plant(struct till_trees *trees, uint32_t *root, struct till_error *error) {
    uint32_t *roots = grow(trees->roots, trees->tree_count + 1, &trees->tree_capacity, sizeof *roots);
    if (roots == NULL)
        return till_error_memory(error);
    trees->roots = roots;
    enum till_status status = add_leaves(trees, 1, root, error);
    if (status == TILL_OK)
        roots[trees->tree_count++] = *root;
    return status;
}

enum till_status till_trees_split(struct till_trees *trees, uint32_t node, uint32_t *left, struct till_error *error) {
    enum till_status status = add_leaves(trees, 2, left, error);
    if (status == TILL_OK) {
        trees->nodes[node].left = *left;
        trees->nodes[node].right = *left + 1;
    }
    return status;
}

enum till_status till_trees_set(struct till_trees *trees, size_t column, size_t *set, struct till_error *error) {
    size_t words = (trees->level_counts[column] + 63) / 64;
    uint64_t *moved = grow(trees->words, trees->word_count + words, &trees->word_capacity, sizeof *moved);
    if (moved == NULL && words > 0)
        return till_error_memory(error);
    trees->words = moved;
    *set = trees->word_count;
    for (size_t i = 0; i < words; i++)
        trees->words[trees->word_count++] = 0;
    return TILL_OK;
}

void till_trees_set_add(struct till_trees *trees, size_t set, size_t level) {
    trees->words[set + level / 64] |= (uint64_t)1 << level % 64;
}

bool till_trees_set_has(const struct till_trees *trees, size_t set, size_t level) {
    return (trees->words[set + level / 64] >> level % 64 & 1) != 0;
}

/* ---- checking ---- */

static bool split_is_fine(const struct till_trees *trees, uint32_t at, size_t end) {
    const struct till_trees_node *node = &trees->nodes[at];
    if (node->column >= trees->column_count || node->left <= at || node->right <= at || node->left == node->right ||
        node->left >= end || node->right >= end)
        return false;
    size_t levels = trees->level_counts[node->column], words = (levels + 63) / 64;
    if (levels == 0)
        return isfinite(node->threshold);
    return node->set <= trees->word_count && words <= trees->word_count - node->set;
}

/* The nodes of one tree, at..end-1: each but the root the child of exactly one. depth [nodes] is room to count in; 0:
 * no parent so far. */
static bool tree_is_fine(const struct till_trees *trees, uint32_t root, size_t end, unsigned char *depth) {
    memset(depth, 0, end - root);
    depth[0] = 1;
    for (uint32_t at = root; at < end; at++) {
        const struct till_trees_node *node = &trees->nodes[at];
        unsigned char own = depth[at - root];
        if (own == 0 || !(node->cover > 0) || !isfinite(node->cover) || !isfinite(node->value))
            return false;
        if (node->column == TILL_TREES_LEAF)
            continue;
        if (own > TILL_TREES_DEPTH || !split_is_fine(trees, at, end) || depth[node->left - root] != 0 ||
            depth[node->right - root] != 0)
            return false;
        depth[node->left - root] = depth[node->right - root] = (unsigned char)(own + 1);
    }
    return true;
}

/* The mean of a tree over its training rows, from the leaves up. mean [end - root] is room. */
static double tree_mean(const struct till_trees *trees, uint32_t root, size_t end, double *mean) {
    for (size_t at = end; at-- > root;) {
        const struct till_trees_node *node = &trees->nodes[at];
        mean[at - root] = node->value;
        if (node->column == TILL_TREES_LEAF)
            continue;
        double left = trees->nodes[node->left].cover, right = trees->nodes[node->right].cover;
        mean[at - root] = (left * mean[node->left - root] + right * mean[node->right - root]) / (left + right);
    }
    return mean[0];
}

enum till_status till_trees_finish(struct till_trees *trees, struct till_error *error) {
    unsigned char *depth = malloc(trees->node_count + 1);
    double *mean = malloc((trees->node_count + 1) * sizeof *mean);
    bool room = depth != NULL && mean != NULL, fine = isfinite(trees->base);
    trees->expected = trees->base;
    for (size_t tree = 0; room && fine && tree < trees->tree_count; tree++) {
        size_t end = tree + 1 < trees->tree_count ? trees->roots[tree + 1] : trees->node_count;
        fine =
            trees->roots[tree] < end && end <= trees->node_count && tree_is_fine(trees, trees->roots[tree], end, depth);
        trees->expected += fine ? tree_mean(trees, trees->roots[tree], end, mean) : 0;
    }
    free(depth);
    free(mean);
    if (!room)
        return till_error_memory(error);
    return fine ? TILL_OK : till_error_set(error, TILL_ERROR_MODEL, "the nodes make no trees");
}

/* ---- applying ---- */

uint32_t till_trees_child(const struct till_trees *trees, const struct till_trees_node *node, double value) {
    bool left;
    if (isnan(value))
        left = node->missing_left;
    else if (trees->level_counts[node->column] > 0)
        left = till_trees_set_has(trees, node->set, (size_t)value);
    else
        left = value <= node->threshold;
    return left ? node->left : node->right;
}

uint32_t till_trees_leaf(const struct till_trees *trees, size_t tree, const double *values) {
    uint32_t at = trees->roots[tree];
    while (trees->nodes[at].column != TILL_TREES_LEAF)
        at = till_trees_child(trees, &trees->nodes[at], values[trees->nodes[at].column]);
    return at;
}

double till_trees_score(const struct till_trees *trees, const double *values) {
    double score = trees->base;
    for (size_t tree = 0; tree < trees->tree_count; tree++)
        score += trees->nodes[till_trees_leaf(trees, tree, values)].value;
    return score;
}

double till_trees_probability(const struct till_trees *trees, double score) {
    return trees->scale == TILL_TREES_LOG_ODDS ? till_logistic_probability(score) : score;
}

void till_trees_importance(const struct till_trees *trees, double *gain, uint64_t *splits, double *cover) {
    for (size_t i = 0; i < trees->column_count; i++) {
        gain[i] = cover[i] = 0;
        splits[i] = 0;
    }
    for (size_t at = 0; at < trees->node_count; at++) {
        const struct till_trees_node *node = &trees->nodes[at];
        if (node->column == TILL_TREES_LEAF)
            continue;
        gain[node->column] += node->gain;
        cover[node->column] += node->cover;
        splits[node->column]++;
    }
}
