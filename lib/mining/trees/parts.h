/* What the files of lib/mining/trees share: making a model, and its JSON in the files of classifiers. */
#ifndef MINING_TREES_PARTS_H
#define MINING_TREES_PARTS_H

#include <jansson.h>

#include <till/trees.h>

/* A model without trees, of columns of so many levels (0: numbers). */
enum till_status trees_new(struct till_trees **trees, size_t column_count, const size_t *level_counts,
                           enum till_trees_scale scale, struct till_error *error);

/* {"scale", "base", "trees": [{"column", "threshold", "left", "right", "missing_left", "cover", "value", "gain",
 * "levels"}]}: parallel arrays over the nodes of a tree. NULL when memory is out. */
json_t *trees_pack(const struct till_trees *trees);

/* The other way, for columns of so many levels (0: numbers); what is read is checked. TILL_ERROR_STATE: it is no model
 * of trees. */
enum till_status trees_unpack(struct till_trees **trees, const json_t *json, size_t column_count,
                              const size_t *level_counts, struct till_error *error);

#endif
