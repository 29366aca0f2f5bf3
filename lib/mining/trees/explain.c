/* TreeSHAP: Shapley values of a tree in polynomial time.
 *
 * The value of a set of columns is what the tree says when a split on one of them is taken as the row takes it, and any
 * other split takes both ways, weighted by cover. A Shapley value averages, over all orders of the columns, what a
 * column adds to those before it. Instead of all sets, one walk down the tree keeps, for the distinct columns on the
 * path, how much weight the sets of each size have that lead here: `extend` adds a column to that account, `unwind`
 * takes it out again (when it is asked a second time, and at a leaf, to see what the others weigh without it).
 *
 * S. M. Lundberg et al., From local explanations to global understanding with explainable AI for trees, Nature Machine
 * Intelligence 2 (2020), 56-67, Algorithm 2 (there EXTEND and UNWIND). */
#include <string.h>

#include <till/trees.h>

/* A distinct column on the path from the root: which share of training rows passes its splits when it is not known
 * (zero), and whether the row does when it is (one). */
struct step {
    size_t column;
    double zero;
    double one;
    double weight; /* of the sets of as many columns as this step's place in the path */
};

struct walk {
    const struct till_trees *trees;
    const double *values;
    double *contributions;
};

/* The root stands in front as a step of no column. */
#define ROOT SIZE_MAX
enum { STEPS = TILL_TREES_DEPTH + 2 };

static void extend(struct step *path, size_t length, size_t column, double zero, double one) {
    path[length] = (struct step){column, zero, one, length == 0 ? 1 : 0};
    double all = (double)(length + 1);
    for (size_t i = length; i-- > 0;) {
        path[i + 1].weight += one * path[i].weight * (double)(i + 1) / all;
        path[i].weight = zero * path[i].weight * (double)(length - i) / all;
    }
}

/* The weights of a path of `last` + 1 steps without the one at `at`; returns their sum, and takes them over if `out` is
 * not NULL. */
static double without(const struct step *path, size_t last, size_t at, struct step *out) {
    double one = path[at].one, zero = path[at].zero, next = path[last].weight, total = 0;
    double all = (double)(last + 1);
    for (size_t i = last; i-- > 0;) {
        double weight;
        if (one != 0) {
            weight = next * all / ((double)(i + 1) * one);
            next = path[i].weight - weight * zero * (double)(last - i) / all;
        } else {
            weight = path[i].weight * all / (zero * (double)(last - i));
        }
        total += weight;
        if (out != NULL)
            out[i].weight = weight;
    }
    return total;
}

static void unwind(struct step *path, size_t last, size_t at) {
    without(path, last, at, path);
    for (size_t i = at; i < last; i++) {
        path[i].column = path[i + 1].column;
        path[i].zero = path[i + 1].zero;
        path[i].one = path[i + 1].one;
    }
}

static void credit(const struct walk *walk, const struct step *path, size_t last, double value) {
    for (size_t i = 1; i <= last; i++)
        walk->contributions[path[i].column] += without(path, last, i, NULL) * (path[i].one - path[i].zero) * value;
}

/* `path` has `length` steps, and behind them room for as many paths as the walk may still go down. */
static void descend(const struct walk *walk, uint32_t at, const struct step *before, size_t length, struct step *path,
                    struct step arrival) {
    const struct till_trees_node *node = &walk->trees->nodes[at];
    if (length > 0)
        memcpy(path, before, length * sizeof *path);
    extend(path, length, arrival.column, arrival.zero, arrival.one);
    if (node->column == TILL_TREES_LEAF) {
        credit(walk, path, length, node->value);
        return;
    }
    uint32_t hot = till_trees_child(walk->trees, node, walk->values[node->column]);
    uint32_t cold = hot == node->left ? node->right : node->left;
    double zero = 1, one = 1;
    size_t last = length, seen = 1;
    while (seen <= last && path[seen].column != node->column)
        seen++;
    if (seen <= last) {
        zero = path[seen].zero;
        one = path[seen].one;
        unwind(path, last--, seen);
    }
    double hot_cover = walk->trees->nodes[hot].cover, cold_cover = walk->trees->nodes[cold].cover;
    double all = hot_cover + cold_cover;
    struct step *room = path + last + 2;
    descend(walk, hot, path, last + 1, room, (struct step){node->column, zero * hot_cover / all, one, 0});
    descend(walk, cold, path, last + 1, room, (struct step){node->column, zero * cold_cover / all, 0, 0});
}

void till_trees_explain(const struct till_trees *trees, const double *values, double *contributions) {
    /* Path after path, each one step longer than the one before it. */
    struct step room[STEPS * (STEPS + 1) / 2 + 1];
    struct walk walk = {trees, values, contributions};
    for (size_t i = 0; i < trees->column_count; i++)
        contributions[i] = 0;
    for (size_t tree = 0; tree < trees->tree_count; tree++)
        descend(&walk, trees->roots[tree], NULL, 0, room, (struct step){ROOT, 1, 1, 0});
}
