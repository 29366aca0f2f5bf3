/* Weakest links: as cp rises, the inner node t of the least
 *
 *     g(t) = (risk of t as a leaf - risk of the leaves below t) / (leaves below t - 1)
 *
 * becomes a leaf first, then the least of what is left, and so on up to the root: each tree is the smallest of least
 * cost for its range of cp, and a subtree of the one before it (Breiman and others, section 3.3). Each node keeps which
 * node below it, or itself, has the least g: the weakest link is found by one walk down and accounted for by one walk
 * up, so the whole sequence takes O(nodes x depth). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

struct link {
    uint32_t least; /* the node of the least g among this one and those below it; itself, if a leaf */
    double g;       /* leaves: infinity */
    double below;   /* the risk of the leaves below */
    size_t leaves;
};

/* Values of g that differ by rounding alone are one step. */
static const double same_cost = 1e-10;

/* Brings a node up to date with its children. */
static void update(const struct till_tree *tree, struct link *links, uint32_t at) {
    const struct till_trees_node *node = &tree->trees->nodes[at];
    const struct link *left = &links[node->left], *right = &links[node->right];
    struct link *own = &links[at];
    own->below = left->below + right->below;
    own->leaves = left->leaves + right->leaves;
    own->g = fmax(0, tree->nodes[at].risk - own->below) / (double)(own->leaves - 1);
    const struct link *weaker = links[right->least].g < links[left->least].g ? right : left;
    own->least = own->g <= links[weaker->least].g ? at : weaker->least;
}

static void make_leaf(const struct till_tree *tree, struct link *links, uint32_t at) {
    links[at].g = INFINITY;
    links[at].below = tree->nodes[at].risk;
    links[at].leaves = 1;
    links[at].least = at;
}

enum till_status tree_find_costs(struct till_tree *tree, struct till_error *error) {
    const struct till_trees *trees = tree->trees;
    double root_risk = tree->nodes[0].risk, alpha = 0;
    struct link *links = calloc(trees->node_count + 1, sizeof *links);
    if (links == NULL)
        return till_error_memory(error);
    for (uint32_t at = (uint32_t)trees->node_count; at-- > 0;) { /* children stand behind their parents */
        const struct till_trees_node *node = &trees->nodes[at];
        if (node->column == TILL_TREES_LEAF) {
            make_leaf(tree, links, at);
            continue;
        }
        update(tree, links, at);
    }
    while (isfinite(links[links[0].least].g)) {
        uint32_t weakest = links[0].least;
        if (links[weakest].g > alpha * (1 + same_cost))
            alpha = links[weakest].g;
        tree->nodes[weakest].cp = root_risk > 0 ? alpha / root_risk : 0;
        make_leaf(tree, links, weakest);
        for (uint32_t at = weakest; at != 0;) {
            at = tree->nodes[at].parent;
            update(tree, links, at);
        }
    }
    /* Nodes that went together with one above them. */
    for (uint32_t at = 1; at < trees->node_count; at++)
        if (trees->nodes[at].column != TILL_TREES_LEAF && isinf(tree->nodes[at].cp))
            tree->nodes[at].cp = tree->nodes[tree->nodes[at].parent].cp;
    free(links);
    return TILL_OK;
}

/* Appends a node of `tree` to `pruned` in place of its leaf `to`, without what is below it. */
static enum till_status copy_node(struct till_tree *pruned, const struct till_tree *tree, uint32_t from, uint32_t to,
                                  bool leaf, struct till_error *error) {
    struct till_trees *trees = pruned->trees;
    const struct till_trees_node *old = &tree->trees->nodes[from];
    struct till_trees_node node = *old;
    uint32_t left = 0;
    enum till_status status = leaf ? TILL_OK : till_trees_split(trees, to, &left, error);
    if (status == TILL_OK && !leaf && trees->level_counts[old->column] > 0)
        status = till_trees_set(trees, old->column, &node.set, error);
    if (status != TILL_OK)
        return status;
    for (size_t level = 0; !leaf && level < trees->level_counts[old->column]; level++)
        if (till_trees_set_has(tree->trees, old->set, level))
            till_trees_set_add(trees, node.set, level);
    node.column = leaf ? TILL_TREES_LEAF : old->column;
    node.left = left;
    node.right = leaf ? 0 : left + 1;
    node.gain = leaf ? 0 : old->gain;
    trees->nodes[to] = node;
    uint32_t parent = pruned->nodes[to].parent;
    pruned->nodes[to] = tree->nodes[from];
    pruned->nodes[to].parent = parent;
    if (leaf)
        pruned->nodes[to].cp = INFINITY;
    else
        pruned->nodes[left].parent = pruned->nodes[left + 1].parent = to;
    return TILL_OK;
}

/* from [nodes] says which node of the old tree each of the new one is. */
static enum till_status copy_nodes(struct till_tree *pruned, const struct till_tree *tree, double cp, uint32_t *from,
                                   struct till_error *error) {
    uint32_t root;
    enum till_status status = till_trees_plant(pruned->trees, &root, error);
    from[0] = pruned->nodes[0].parent = 0;
    for (uint32_t at = 0; status == TILL_OK && at < pruned->trees->node_count; at++) {
        const struct till_trees_node *old = &tree->trees->nodes[from[at]];
        bool leaf = old->column == TILL_TREES_LEAF || tree->nodes[from[at]].cp <= cp;
        status = copy_node(pruned, tree, from[at], at, leaf, error);
        if (status == TILL_OK && !leaf) {
            from[pruned->trees->nodes[at].left] = old->left;
            from[pruned->trees->nodes[at].right] = old->right;
        }
    }
    return status;
}

enum till_status till_tree_prune(struct till_tree **pruned, const struct till_tree *tree,
                                 const struct till_trees_table *table, double cp, struct till_error *error) {
    size_t count = tree->trees->node_count;
    struct till_tree *made = calloc(1, sizeof *made);
    uint32_t *from = malloc((count + 1) * sizeof *from);
    *pruned = NULL;
    if (made != NULL)
        made->nodes = malloc((count + 1) * sizeof *made->nodes);
    enum till_status status = made == NULL || from == NULL || made->nodes == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK)
        status = till_trees_new(&made->trees, table, TILL_TREES_PROBABILITY, error);
    if (status == TILL_OK)
        status = copy_nodes(made, tree, cp, from, error);
    if (status == TILL_OK)
        status = till_trees_finish(made->trees, error);
    free(from);
    if (status != TILL_OK)
        till_tree_free(made);
    else
        *pruned = made;
    return status;
}
