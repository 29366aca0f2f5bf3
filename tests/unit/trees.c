/* Tree models: contributions against the definition of Shapley values, on random trees; what is kept is what was made;
 * what is damaged is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <till/classifier.h>
#include <till/random.h>
#include <till/trees.h>

/* cmocka compares as floats. */
static void assert_near(double got, double wanted, double tolerance) {
    if (!(fabs(got - wanted) <= tolerance))
        fail_msg("got %.15g, wanted %.15g", got, wanted);
}

enum { COLUMNS = 6, LEVELS = 70 }; /* more levels than a word has bits */

static char level_bytes[LEVELS][4];
static struct till_slice levels[LEVELS];
static struct till_trees_column columns[COLUMNS] = {{.name = "a"}, {.name = "b"}, {.name = "c"},
                                                    {.name = "d"}, {.name = "e"}, {.name = "f"}};
static struct till_trees_table table = {.count = COLUMNS, .columns = columns};

/* The last two columns hold levels. */
static void name_levels(void) {
    for (size_t i = 0; i < LEVELS; i++) {
        int length = snprintf(level_bytes[i], sizeof level_bytes[i], "l%02zu", i);
        levels[i] = (struct till_slice){level_bytes[i], (size_t)length};
    }
    columns[4] = (struct till_trees_column){.name = "e", .text = true, .level_count = 3, .levels = levels};
    columns[5] = (struct till_trees_column){.name = "f", .text = true, .level_count = LEVELS, .levels = levels};
}

static struct till_random dice;

static void make_split(struct till_trees *trees, uint32_t at) {
    struct till_error error = {0};
    size_t column = till_random_below(&dice, COLUMNS), set = 0;
    if (columns[column].text)
        assert_int_equal(till_trees_set(trees, column, &set, &error), TILL_OK);
    for (size_t i = 0; i < columns[column].level_count; i++)
        if (till_random_below(&dice, 2) == 0)
            till_trees_set_add(trees, set, i);
    trees->nodes[at].column = (uint32_t)column;
    trees->nodes[at].set = set;
    trees->nodes[at].threshold = till_random_normal(&dice);
    trees->nodes[at].missing_left = till_random_below(&dice, 2) == 0;
    trees->nodes[at].gain = till_random_uniform(&dice);
}

static void grow(struct till_trees *trees, uint32_t at, double cover, unsigned depth) {
    struct till_error error = {0};
    uint32_t left;
    trees->nodes[at].cover = cover;
    trees->nodes[at].value = till_random_normal(&dice);
    if (depth == 0 || till_random_below(&dice, 6) == 0)
        return;
    assert_int_equal(till_trees_split(trees, at, &left, &error), TILL_OK);
    make_split(trees, at);
    double share = till_random_uniform(&dice);
    grow(trees, left, cover * share, depth - 1);
    grow(trees, left + 1, cover * (1 - share), depth - 1);
}

static struct till_trees *random_trees(uint64_t seed, size_t count, unsigned depth) {
    struct till_trees *trees;
    struct till_error error = {0};
    uint32_t root;
    name_levels();
    till_random_start(&dice, seed, 0);
    assert_int_equal(till_trees_new(&trees, &table, TILL_TREES_LOG_ODDS, &error), TILL_OK);
    trees->base = till_random_normal(&dice);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(till_trees_plant(trees, &root, &error), TILL_OK);
        grow(trees, root, 1000, depth);
    }
    assert_int_equal(till_trees_finish(trees, &error), TILL_OK);
    return trees;
}

static void random_row(double *values) {
    for (size_t i = 0; i < COLUMNS; i++) {
        values[i] =
            columns[i].text ? (double)till_random_below(&dice, columns[i].level_count) : till_random_normal(&dice);
        if (till_random_below(&dice, 8) == 0)
            values[i] = NAN;
    }
}

/* What a tree says when the columns of a set are known, and others are averaged as the training rows went. */
static double conditional(const struct till_trees *trees, uint32_t at, const double *values, unsigned known) {
    const struct till_trees_node *node = &trees->nodes[at];
    if (node->column == TILL_TREES_LEAF)
        return node->value;
    if ((known >> node->column & 1) != 0)
        return conditional(trees, till_trees_child(trees, node, values[node->column]), values, known);
    double left = trees->nodes[node->left].cover, right = trees->nodes[node->right].cover;
    return (left * conditional(trees, node->left, values, known) +
            right * conditional(trees, node->right, values, known)) /
           (left + right);
}

/* Shapley's formula over all sets of columns: L. S. Shapley, A value for n-person games, 1953. */
static double shapley(const struct till_trees *trees, const double *values, size_t column) {
    static const double factorial[] = {1, 1, 2, 6, 24, 120, 720};
    double sum = 0;
    for (unsigned set = 0; set < 1U << COLUMNS; set++) {
        if ((set >> column & 1) != 0)
            continue;
        unsigned size = 0;
        for (unsigned i = 0; i < COLUMNS; i++)
            size += set >> i & 1;
        double weight = factorial[size] * factorial[COLUMNS - size - 1] / factorial[COLUMNS];
        for (size_t tree = 0; tree < trees->tree_count; tree++)
            sum += weight * (conditional(trees, trees->roots[tree], values, set | 1U << column) -
                             conditional(trees, trees->roots[tree], values, set));
    }
    return sum;
}

static void contributions_are_shapley_values(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct till_trees *trees = random_trees(seed, 1 + seed % 4, (unsigned)(seed % 10));
        double values[COLUMNS], contributions[COLUMNS];
        for (int row = 0; row < 5; row++) {
            random_row(values);
            till_trees_explain(trees, values, contributions);
            for (size_t i = 0; i < COLUMNS; i++)
                assert_near(contributions[i], shapley(trees, values, i), 1e-10);
        }
        till_trees_free(trees);
    }
}

static void contributions_add_up_to_the_score(void **state) {
    (void)state;
    for (uint64_t seed = 100; seed < 120; seed++) {
        struct till_trees *trees = random_trees(seed, 20, 12);
        double values[COLUMNS], contributions[COLUMNS];
        random_row(values);
        till_trees_explain(trees, values, contributions);
        double sum = trees->expected;
        for (size_t i = 0; i < COLUMNS; i++)
            sum += contributions[i];
        assert_near(sum, till_trees_score(trees, values), 1e-9);
        till_trees_free(trees);
    }
}

/* A chain as deep as is allowed, and one split more. */
static void the_deepest_tree_is_explained_and_a_deeper_one_refused(void **state) {
    (void)state;
    struct till_trees *trees;
    struct till_error error = {0};
    uint32_t at, left;
    double values[COLUMNS] = {100, 0, 0, 0, 0, 0}, contributions[COLUMNS];
    name_levels();
    assert_int_equal(till_trees_new(&trees, &table, TILL_TREES_LOG_ODDS, &error), TILL_OK);
    assert_int_equal(till_trees_plant(trees, &at, &error), TILL_OK);
    for (unsigned depth = 0; depth <= TILL_TREES_DEPTH; depth++) {
        trees->nodes[at].cover = 100 - depth;
        trees->nodes[at].value = depth;
        if (depth == TILL_TREES_DEPTH)
            break;
        assert_int_equal(till_trees_split(trees, at, &left, &error), TILL_OK);
        trees->nodes[at].column = depth % 2;
        trees->nodes[at].threshold = depth;
        trees->nodes[left].cover = 1;
        trees->nodes[left].value = -1;
        at = left + 1;
    }
    assert_int_equal(till_trees_finish(trees, &error), TILL_OK);
    till_trees_explain(trees, values, contributions);
    assert_near(contributions[0], shapley(trees, values, 0), 1e-9);
    assert_near(contributions[1], shapley(trees, values, 1), 1e-9);
    assert_int_equal(till_trees_split(trees, at, &left, &error), TILL_OK);
    trees->nodes[at].column = 0;
    trees->nodes[left].cover = trees->nodes[left + 1].cover = 1;
    assert_int_equal(till_trees_finish(trees, &error), TILL_ERROR_MODEL);
    till_trees_free(trees);
}

static void importances_count_what_was_split(void **state) {
    (void)state;
    struct till_trees *trees = random_trees(7, 10, 5);
    double gain[COLUMNS], cover[COLUMNS], all_gain = 0, all_cover = 0;
    uint64_t splits[COLUMNS], all = 0;
    till_trees_importance(trees, gain, splits, cover);
    for (size_t i = 0; i < COLUMNS; i++) {
        all += splits[i];
        all_gain += gain[i];
        all_cover += cover[i];
    }
    assert_int_equal(all, (trees->node_count - trees->tree_count) / 2);
    for (size_t at = 0; at < trees->node_count; at++)
        if (trees->nodes[at].column != TILL_TREES_LEAF) {
            all_gain -= trees->nodes[at].gain;
            all_cover -= trees->nodes[at].cover;
        }
    assert_near(all_gain, 0, 1e-9);
    assert_near(all_cover, 0, 1e-6);
    till_trees_free(trees);
}

/* ---- files ---- */

static const char *scratch_path(void) {
    static char path[64];
    snprintf(path, sizeof path, "/tmp/till-trees-%ld.json", (long)getpid());
    return path;
}

static struct till_text saved(const struct till_classifier *model) {
    struct till_text text = {0};
    struct till_error error = {0};
    if (till_classifier_save(till_sink_text(&text), model, &error) != TILL_OK)
        fail_msg("%s", error.message);
    return text;
}

static enum till_status load_bytes(const char *bytes, size_t length, struct till_classifier **model) {
    struct till_error error = {0};
    FILE *file = fopen(scratch_path(), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    enum till_status status = till_classifier_load(model, scratch_path(), &error);
    assert_int_equal(unlink(scratch_path()), 0);
    return status;
}

static struct till_classifier *classifier_of(struct till_trees *trees) {
    struct till_classifier *model;
    struct till_error error = {0};
    assert_int_equal(till_classifier_of_trees(&model, "gbdt", &table, trees, "y", "1", &error), TILL_OK);
    return model;
}

static void a_loaded_model_is_the_saved_one(void **state) {
    (void)state;
    for (uint64_t seed = 200; seed < 210; seed++) {
        struct till_classifier *model = classifier_of(random_trees(seed, seed % 5, 6)), *loaded;
        struct till_text text = saved(model);
        assert_int_equal(load_bytes(text.bytes, text.length, &loaded), TILL_OK);
        struct till_text again = saved(loaded);
        /* rows, positives and seed say what a model was made of; they are not needed to apply it */
        assert_int_equal(again.length, text.length);
        assert_memory_equal(again.bytes, text.bytes, text.length);
        for (int row = 0; row < 20; row++) {
            double values[COLUMNS], one[COLUMNS], other[COLUMNS];
            random_row(values);
            assert_true(till_classifier_predict(model, values, one) == till_classifier_predict(loaded, values, other));
            assert_memory_equal(one, other, sizeof one);
        }
        till_classifier_free(loaded);
        assert_int_equal(load_bytes(text.bytes, text.length / 2, &loaded), TILL_ERROR_STATE);
        assert_null(loaded);
        till_text_free(&text);
        till_text_free(&again);
        till_classifier_free(model);
    }
}

/* Models whose digest fits, but whose nodes do not. */
static void nodes_that_make_no_tree_are_refused(void **state) {
    (void)state;
    struct till_classifier *loaded;
    for (int kind = 0; kind < 8; kind++) {
        struct till_trees *trees = random_trees(301, 1, 4);
        struct till_trees_node *root = &trees->nodes[0];
        assert_true(root->column != TILL_TREES_LEAF && trees->node_count > 5);
        if (kind == 1)
            root->left = root->right;
        if (kind == 2)
            root->right = (uint32_t)trees->node_count;
        if (kind == 3)
            root->column = COLUMNS;
        if (kind == 4)
            root->cover = 0;
        if (kind == 5)
            root->column = TILL_TREES_LEAF; /* the others have lost their parent */
        if (kind == 6)
            root->cover = -1;
        if (kind == 7)
            root->left = 0;
        struct till_classifier *model = classifier_of(trees);
        /* A column that is out of range has no levels to look up while saving. */
        if (kind == 3)
            trees->level_counts = realloc(trees->level_counts, (COLUMNS + 1) * sizeof *trees->level_counts);
        if (kind == 3)
            trees->level_counts[COLUMNS] = 0;
        struct till_text text = saved(model);
        assert_int_equal(load_bytes(text.bytes, text.length, &loaded), kind == 0 ? TILL_OK : TILL_ERROR_STATE);
        till_classifier_free(loaded);
        till_classifier_free(model);
        till_text_free(&text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contributions_are_shapley_values),
        cmocka_unit_test(contributions_add_up_to_the_score),
        cmocka_unit_test(the_deepest_tree_is_explained_and_a_deeper_one_refused),
        cmocka_unit_test(importances_count_what_was_split),
        cmocka_unit_test(a_loaded_model_is_the_saved_one),
        cmocka_unit_test(nodes_that_make_no_tree_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
