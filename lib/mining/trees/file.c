/* Tree models as JSON: an object a tree, with one array for each field of its nodes, so that a line of the file holds
 * many nodes. Children are counted from the root of their tree; a leaf has -1 for its column and null for its
 * threshold. The sets of levels stand in the order of the nodes that ask for them, as places among the levels of the
 * column. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mining/trees/parts.h"

static const char log_odds[] = "log-odds", probability[] = "probability";

/* ---- saving ---- */

static int append(json_t *array, json_t *value) {
    return json_array_append_new(array, value);
}

static json_t *pack_set(const struct till_trees *trees, const struct till_trees_node *node) {
    json_t *levels = json_array();
    int failed = levels == NULL;
    for (size_t i = 0; !failed && i < trees->level_counts[node->column]; i++)
        if (till_trees_set_has(trees, node->set, i))
            failed = append(levels, json_integer((json_int_t)i));
    if (!failed)
        return levels;
    json_decref(levels);
    return NULL;
}

/* The fields of a tree, in the order of the file. */
enum { COLUMN, THRESHOLD, LEFT, RIGHT, MISSING_LEFT, COVER, VALUE, GAIN, LEVELS, FIELDS };
static const char *const fields[FIELDS] = {"column", "threshold", "left", "right", "missing_left",
                                           "cover",  "value",     "gain", "levels"};

static int pack_node(json_t *const arrays[FIELDS], const struct till_trees *trees, uint32_t root, uint32_t at) {
    const struct till_trees_node *node = &trees->nodes[at];
    bool leaf = node->column == TILL_TREES_LEAF, text = !leaf && trees->level_counts[node->column] > 0;
    return append(arrays[COLUMN], json_integer(leaf ? -1 : (json_int_t)node->column)) |
           append(arrays[THRESHOLD], leaf || text ? json_null() : json_real(node->threshold)) |
           append(arrays[LEFT], json_integer(leaf ? 0 : (json_int_t)(node->left - root))) |
           append(arrays[RIGHT], json_integer(leaf ? 0 : (json_int_t)(node->right - root))) |
           append(arrays[MISSING_LEFT], json_integer(!leaf && node->missing_left)) |
           append(arrays[COVER], json_real(node->cover)) | append(arrays[VALUE], json_real(node->value)) |
           append(arrays[GAIN], json_real(leaf ? 0 : node->gain)) |
           (text ? append(arrays[LEVELS], pack_set(trees, node)) : 0);
}

static json_t *pack_tree(const struct till_trees *trees, uint32_t root, size_t end) {
    json_t *tree = json_object(), *arrays[FIELDS];
    int failed = tree == NULL;
    for (size_t i = 0; i < FIELDS; i++) {
        arrays[i] = json_array();
        failed = failed || json_object_set_new(tree, fields[i], arrays[i]) != 0;
    }
    for (size_t at = root; !failed && at < end; at++)
        failed = pack_node(arrays, trees, root, (uint32_t)at) != 0;
    if (!failed)
        return tree;
    json_decref(tree);
    return NULL;
}

json_t *trees_pack(const struct till_trees *trees) {
    json_t *list = json_array();
    int failed = list == NULL;
    for (size_t i = 0; !failed && i < trees->tree_count; i++) {
        size_t end = i + 1 < trees->tree_count ? trees->roots[i + 1] : trees->node_count;
        failed = append(list, pack_tree(trees, trees->roots[i], end)) != 0;
    }
    if (!failed)
        return json_pack("{s:s, s:f, s:o}", "scale", trees->scale == TILL_TREES_LOG_ODDS ? log_odds : probability,
                         "base", trees->base, "trees", list);
    json_decref(list);
    return NULL;
}

/* ---- loading ---- */

static double real_at(const json_t *array, size_t index) {
    const json_t *value = json_array_get(array, index);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* A whole number of 0..limit-1; `limit` for anything else. */
static size_t whole_at(const json_t *array, size_t index, size_t limit) {
    const json_t *value = json_array_get(array, index);
    json_int_t number = json_integer_value(value);
    return json_is_integer(value) && number >= 0 && (uint64_t)number < limit ? (size_t)number : limit;
}

static enum till_status damaged(struct till_error *error) {
    return till_error_set(error, TILL_ERROR_STATE, "not a model of trees that this version knows");
}

static enum till_status take_set(struct till_trees *trees, struct till_trees_node *node, const json_t *levels,
                                 struct till_error *error) {
    size_t count = trees->level_counts[node->column];
    enum till_status status = till_trees_set(trees, node->column, &node->set, error);
    for (size_t i = 0; status == TILL_OK && i < json_array_size(levels); i++) {
        size_t level = whole_at(levels, i, count);
        if (level == count)
            return damaged(error);
        till_trees_set_add(trees, node->set, level);
    }
    return status;
}

/* Node `index` of a tree of `count` nodes, the first of which is `root`; `sets` counts the sets that were taken. */
static enum till_status take_node(struct till_trees *trees, const json_t *tree, uint32_t root, size_t count,
                                  size_t index, size_t *sets, struct till_error *error) {
    const json_t *arrays[FIELDS];
    for (size_t i = 0; i < FIELDS; i++)
        arrays[i] = json_object_get(tree, fields[i]);
    struct till_trees_node node = {.column = TILL_TREES_LEAF,
                                   .cover = real_at(arrays[COVER], index),
                                   .value = real_at(arrays[VALUE], index),
                                   .gain = real_at(arrays[GAIN], index)};
    if (json_integer_value(json_array_get(arrays[COLUMN], index)) != -1) {
        node.column = (uint32_t)whole_at(arrays[COLUMN], index, trees->column_count);
        node.left = root + (uint32_t)whole_at(arrays[LEFT], index, count);
        node.right = root + (uint32_t)whole_at(arrays[RIGHT], index, count);
        node.missing_left = whole_at(arrays[MISSING_LEFT], index, 2) == 1;
        node.threshold = real_at(arrays[THRESHOLD], index);
        if (node.column == trees->column_count)
            return damaged(error);
        if (trees->level_counts[node.column] > 0) {
            node.threshold = 0;
            enum till_status status = take_set(trees, &node, json_array_get(arrays[LEVELS], (*sets)++), error);
            if (status != TILL_OK)
                return status;
        }
    }
    trees->nodes[root + index] = node;
    return isnan(node.gain) ? damaged(error) : TILL_OK;
}

static enum till_status take_tree(struct till_trees *trees, const json_t *tree, struct till_error *error) {
    size_t count = json_array_size(json_object_get(tree, fields[COLUMN])), sets = 0;
    uint32_t root, ignored;
    for (size_t i = 0; i < LEVELS; i++)
        if (count == 0 || json_array_size(json_object_get(tree, fields[i])) != count)
            return damaged(error);
    if (count % 2 == 0) /* a leaf, and two more nodes for each split */
        return damaged(error);
    enum till_status status = till_trees_plant(trees, &root, error);
    for (size_t i = 0; i < count / 2 && status == TILL_OK; i++)
        status = till_trees_split(trees, root, &ignored, error);
    for (size_t i = 0; i < count && status == TILL_OK; i++)
        status = take_node(trees, tree, root, count, i, &sets, error);
    return status;
}

enum till_status trees_unpack(struct till_trees **trees, const json_t *json, size_t column_count,
                              const size_t *level_counts, struct till_error *error) {
    struct till_trees *made;
    const json_t *list = json_object_get(json, "trees"), *base = json_object_get(json, "base");
    const char *scale = json_string_value(json_object_get(json, "scale"));
    *trees = NULL;
    if (!json_is_array(list) || !json_is_number(base) || scale == NULL ||
        (strcmp(scale, log_odds) != 0 && strcmp(scale, probability) != 0))
        return damaged(error);
    enum till_status status =
        trees_new(&made, column_count, level_counts,
                  strcmp(scale, log_odds) == 0 ? TILL_TREES_LOG_ODDS : TILL_TREES_PROBABILITY, error);
    if (status != TILL_OK)
        return status;
    made->base = json_number_value(base);
    for (size_t i = 0; status == TILL_OK && i < json_array_size(list); i++)
        status = take_tree(made, json_array_get(list, i), error);
    if (status == TILL_OK && (status = till_trees_finish(made, error)) == TILL_ERROR_MODEL)
        status = damaged(error);
    if (status != TILL_OK)
        till_trees_free(made);
    else
        *trees = made;
    return status;
}
