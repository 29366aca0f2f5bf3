/* Classification trees: splits against all splits that there are, pruning against all subtrees that there are, weights
 * against repeated rows, the table of costs against rpart, and conditions against the rows that they hold for. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <till/random.h>
#include <till/tree.h>

/* Two columns of numbers and one of levels, with missing values; a frame would hold the same. */
enum { ROWS = 4000, NUMBERS = 2, COLUMNS = 3, LEVELS = 5, WIDE = 40 };

static struct till_slice levels[LEVELS];
static double numbers[WIDE][ROWS];
static uint32_t places[ROWS];
static double target[ROWS], weight[ROWS];
static struct till_trees_column columns[WIDE];
static struct till_trees_table table = {.columns = columns};
static struct till_error error;

static void name_columns(size_t rows) {
    static const char *const texts[LEVELS] = {"b", "it's", "m", "x", "y"};
    for (size_t i = 0; i < LEVELS; i++)
        levels[i] = till_slice_of(texts[i]);
    columns[0] = (struct till_trees_column){.name = "a", .numbers = numbers[0]};
    columns[1] = (struct till_trees_column){.name = "a \"b\"", .numbers = numbers[1]};
    columns[2] = (struct till_trees_column){
        .name = "c", .text = true, .places = places, .level_count = LEVELS, .levels = levels};
    table.rows = rows;
    table.count = COLUMNS;
}

static double random_number(struct till_random *dice, double share_missing) {
    return till_random_uniform(dice) < share_missing ? (double)NAN : (double)till_random_below(dice, 8);
}

/* Rows with many ties, of answers that depend on two columns. */
static void draw_rows(uint64_t seed, size_t rows, double share_missing) {
    struct till_random dice;
    till_random_start(&dice, seed, 0);
    name_columns(rows);
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = 0; i < NUMBERS; i++)
            numbers[i][row] = random_number(&dice, share_missing);
        places[row] = till_random_uniform(&dice) < share_missing ? TILL_FRAME_NO_LEVEL
                                                                 : (uint32_t)till_random_below(&dice, LEVELS);
        bool often = places[row] == 1 || places[row] == 3 || numbers[0][row] > 4;
        target[row] = till_random_uniform(&dice) < (often ? .7 : .25) ? 1 : 0;
        weight[row] = (double)till_random_below(&dice, 4);
    }
    target[0] = 1;
    target[1] = 0;
    weight[0] = weight[1] = 1;
}

static const struct till_tree_settings whole = {
    .min_split = 2, .min_leaf = 1, .max_depth = 30, .positive_weight = 1, .threads = 1};

static struct till_tree *grow(const double *weights, struct till_tree_settings settings) {
    struct till_tree_columns *prepared;
    struct till_tree *tree;
    assert_int_equal(till_tree_columns_of(&prepared, &table, settings.threads, &error), TILL_OK);
    if (till_tree_grow(&tree, prepared, target, weights, NULL, table.rows, &settings, &error) != TILL_OK)
        fail_msg("%s", error.message);
    till_tree_columns_free(prepared);
    return tree;
}

static void assert_same_tree(const struct till_tree *a, const struct till_tree *b, double tolerance) {
    assert_int_equal(a->trees->node_count, b->trees->node_count);
    for (size_t i = 0; i < a->trees->node_count; i++) {
        const struct till_trees_node *x = &a->trees->nodes[i], *y = &b->trees->nodes[i];
        assert_int_equal(x->column, y->column);
        assert_int_equal(x->left, y->left);
        assert_int_equal(x->missing_left, y->missing_left);
        assert_true(x->threshold == y->threshold);
        assert_true(fabs(x->value - y->value) <= tolerance && fabs(x->cover - y->cover) <= tolerance);
        assert_true(a->nodes[i].cp == b->nodes[i].cp || fabs(a->nodes[i].cp - b->nodes[i].cp) <= tolerance);
        for (size_t level = 0; x->column == 2 && level < LEVELS; level++)
            assert_int_equal(till_trees_set_has(a->trees, x->set, level), till_trees_set_has(b->trees, y->set, level));
    }
}

/* ---- splits ---- */

/* The gini risk of the rows on either side. */
static double risk_of(const bool *left, size_t rows, size_t min_leaf) {
    double all[2] = {0}, positive[2] = {0}, risk = 0;
    size_t count[2] = {0};
    for (size_t row = 0; row < rows; row++)
        if (weight[row] > 0) {
            all[left[row]] += weight[row];
            positive[left[row]] += weight[row] * target[row];
            count[left[row]]++;
        }
    for (int side = 0; side < 2; side++)
        risk += all[side] > 0 ? positive[side] * (all[side] - positive[side]) / all[side] : 0;
    return count[0] < min_leaf || count[1] < min_leaf ? (double)INFINITY : risk;
}

/* The least risk of all splits: every threshold, every set of levels, missing values on either side. That a beginning
 * of the levels in order of their rates is the best set holds where leaves may be as small as they like. */
static double best_of_all(size_t rows, size_t min_leaf) {
    bool left[64];
    double best = INFINITY;
    for (int missing = 0; missing < 2; missing++) {
        for (size_t column = 0; column < NUMBERS; column++)
            for (double cut = -.5; cut < 9; cut += 1) {
                for (size_t row = 0; row < rows; row++)
                    left[row] = isnan(numbers[column][row]) ? missing == 1 : numbers[column][row] <= cut;
                best = fmin(best, risk_of(left, rows, min_leaf));
            }
        for (unsigned set = 0; min_leaf == 1 && set < 1U << LEVELS; set++) {
            for (size_t row = 0; row < rows; row++)
                left[row] = places[row] == TILL_FRAME_NO_LEVEL ? missing == 1 : (set >> places[row] & 1) == 1;
            best = fmin(best, risk_of(left, rows, min_leaf));
        }
    }
    return best;
}

static void no_split_is_better_than_the_one_that_is_taken(void **state) {
    size_t split = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        size_t rows = 5 + seed % 40;
        struct till_tree_settings settings = whole;
        settings.max_depth = 1;
        settings.min_leaf = 1 + seed % 4;
        draw_rows(seed, rows, seed % 3 == 0 ? 0 : .2);
        table.count = settings.min_leaf == 1 ? COLUMNS : NUMBERS;
        struct till_tree *tree = grow(weight, settings);
        bool none[64] = {false};
        double root = risk_of(none, rows, 0), best = best_of_all(rows, settings.min_leaf);
        if (tree->trees->node_count == 1) {
            assert_true(best > root - 1e-9);
        } else {
            assert_true(fabs(root - tree->trees->nodes[0].gain - best) < 1e-9);
            assert_true(fabs(tree->nodes[1].risk + tree->nodes[2].risk - best) < 1e-9);
            assert_true(tree->nodes[1].rows >= settings.min_leaf && tree->nodes[2].rows >= settings.min_leaf);
            split++;
        }
        till_tree_free(tree);
    }
    assert_true(split > 300);
}

static void weights_are_repeated_rows(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        size_t rows = 40, repeated = 0;
        draw_rows(seed, rows, .15);
        struct till_tree *weighed = grow(weight, whole);
        for (size_t row = 0; row < rows; row++)
            for (size_t i = 0; i < (size_t)weight[row]; i++, repeated++) {
                numbers[0][rows + repeated] = numbers[0][row];
                numbers[1][rows + repeated] = numbers[1][row];
                places[rows + repeated] = places[row];
                target[rows + repeated] = target[row];
            }
        for (size_t i = 0; i < NUMBERS; i++)
            memmove(numbers[i], numbers[i] + rows, repeated * sizeof **numbers);
        memmove(places, places + rows, repeated * sizeof *places);
        memmove(target, target + rows, repeated * sizeof *target);
        table.rows = repeated;
        struct till_tree *plain = grow(NULL, whole);
        assert_true(plain->trees->node_count > 5);
        assert_same_tree(weighed, plain, 1e-12);
        till_tree_free(weighed);
        till_tree_free(plain);
    }
}

static void threads_change_nothing(void **state) {
    struct till_random dice;
    (void)state;
    draw_rows(3, ROWS, .05);
    till_random_start(&dice, 4, 0);
    for (size_t i = COLUMNS; i < WIDE; i++) {
        for (size_t row = 0; row < ROWS; row++)
            numbers[i][row] = i % 2 == 0 ? till_random_normal(&dice) : random_number(&dice, .1);
        columns[i] = (struct till_trees_column){.name = "n", .numbers = numbers[i]};
    }
    table.count = WIDE;
    struct till_tree_settings settings = whole;
    struct till_tree *one = grow(NULL, settings);
    assert_true(one->trees->node_count > 500);
    for (unsigned threads = 2; threads <= 7; threads += threads == 2 ? 1 : 4) {
        settings.threads = threads;
        struct till_tree *many = grow(NULL, settings);
        assert_same_tree(one, many, 0);
        till_tree_free(many);
    }
    till_tree_free(one);
}

static void rows_of_no_weight_and_rows_that_are_left_out_are_not_there(void **state) {
    static uint32_t some[ROWS];
    struct till_tree_columns *prepared;
    struct till_tree *tree;
    size_t count = 0;
    (void)state;
    draw_rows(8, 300, .1);
    for (size_t row = 0; row < 300; row++) {
        weight[row] = row % 3 != 0;
        if (row % 3 != 0)
            some[count++] = (uint32_t)row;
    }
    struct till_tree *weighed = grow(weight, whole);
    assert_int_equal(weighed->nodes[0].rows, count);
    assert_int_equal(till_tree_columns_of(&prepared, &table, 1, &error), TILL_OK);
    assert_int_equal(till_tree_grow(&tree, prepared, target, NULL, some, count, &whole, &error), TILL_OK);
    assert_same_tree(weighed, tree, 0);
    till_tree_free(tree);
    till_tree_free(weighed);
    memset(weight, 0, sizeof weight);
    assert_int_equal(till_tree_grow(&tree, prepared, target, weight, NULL, 300, &whole, &error), TILL_ERROR_MODEL);
    assert_null(tree);
    assert_int_equal(till_tree_grow(&tree, prepared, target, NULL, some, 0, &whole, &error), TILL_ERROR_MODEL);
    till_tree_columns_free(prepared);
}

static void positives_that_count_more_stay_probabilities(void **state) {
    struct till_tree_settings settings = whole;
    double positives = 0;
    (void)state;
    draw_rows(9, 2000, .1);
    for (size_t row = 0; row < 2000; row++)
        positives += target[row];
    settings.positive_weight = 5;
    settings.max_depth = 3;
    struct till_tree *tree = grow(NULL, settings);
    assert_true(fabs(tree->trees->expected - positives / 2000) < 1e-12);
    for (size_t i = 0; i < tree->trees->node_count; i++) {
        const struct till_tree_node *node = &tree->nodes[i];
        assert_true(fabs(tree->trees->nodes[i].value - (double)node->positives / (double)node->rows) < 1e-12);
        assert_true(fabs(tree->trees->nodes[i].cover - (double)node->rows) < 1e-9);
    }
    till_tree_free(tree);
}

static void rows_that_nothing_tells_apart_are_one_leaf(void **state) {
    (void)state;
    draw_rows(10, 50, 0);
    for (size_t row = 0; row < 50; row++) {
        numbers[0][row] = 1;
        numbers[1][row] = -0.0;
        places[row] = 2;
    }
    numbers[1][7] = 0.0; /* the same number */
    struct till_tree *tree = grow(NULL, whole);
    assert_int_equal(tree->trees->node_count, 1);
    till_tree_free(tree);
    draw_rows(11, 50, 0);
    for (size_t row = 0; row < 50; row++)
        target[row] = 1;
    tree = grow(NULL, whole);
    assert_int_equal(tree->trees->node_count, 1);
    assert_true(tree->trees->nodes[0].value == 1);
    till_tree_free(tree);
}

/* A threshold lies below the value on its right, also where no number lies between the two. */
static void neighbouring_numbers_are_told_apart(void **state) {
    static const double pairs[][2] = {
        {1, 1 + 0x1p-52}, {-0x1.fffffffffffffp1023, 0x1.fffffffffffffp1023}, {0, 0x1p-1074}, {-0x1p-1074, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        draw_rows(1, 2, 0);
        numbers[0][0] = pairs[i][1];
        numbers[0][1] = pairs[i][0];
        numbers[1][0] = numbers[1][1] = 0;
        places[0] = places[1] = 0;
        struct till_tree *tree = grow(NULL, whole);
        assert_int_equal(tree->trees->node_count, 3);
        assert_true(tree->trees->nodes[0].threshold >= pairs[i][0] && tree->trees->nodes[0].threshold < pairs[i][1]);
        till_tree_free(tree);
    }
}

/* ---- pruning ---- */

/* The least risk + alpha x leaves of all subtrees, and the fewest leaves that reach it. */
static double cheapest(const struct till_tree *tree, uint32_t at, double alpha, size_t *leaves) {
    const struct till_trees_node *node = &tree->trees->nodes[at];
    double own = tree->nodes[at].risk + alpha;
    *leaves = 1;
    if (node->column == TILL_TREES_LEAF)
        return own;
    size_t left, right;
    double below = cheapest(tree, node->left, alpha, &left) + cheapest(tree, node->right, alpha, &right);
    if (own <= below + 1e-9)
        return own;
    *leaves = left + right;
    return below;
}

static void check_pruned(const struct till_tree *tree, double cp) {
    struct till_tree *pruned;
    size_t leaves;
    double root = tree->nodes[0].risk, cost = 0, best = cheapest(tree, 0, cp * root, &leaves);
    assert_int_equal(till_tree_prune(&pruned, tree, &table, cp, &error), TILL_OK);
    assert_int_equal((pruned->trees->node_count + 1) / 2, leaves);
    for (size_t i = 0; i < pruned->trees->node_count; i++)
        if (pruned->trees->nodes[i].column == TILL_TREES_LEAF)
            cost += pruned->nodes[i].risk + cp * root;
        else
            assert_true(pruned->nodes[i].cp > cp);
    assert_true(fabs(cost - best) < 1e-8);
    till_tree_free(pruned);
}

static void a_pruned_tree_is_the_smallest_of_least_cost(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct till_tree_costs *costs;
        struct till_tree_settings settings = whole;
        settings.risk = seed % 2 == 0 ? TILL_TREE_GINI : TILL_TREE_ERROR;
        draw_rows(seed, 120, .1);
        struct till_tree *tree = grow(seed % 3 == 0 ? weight : NULL, settings);
        struct till_tree_columns *prepared;
        assert_int_equal(till_tree_columns_of(&prepared, &table, 1, &error), TILL_OK);
        assert_int_equal(till_tree_costs_of(&costs, tree, prepared, target, NULL, NULL, &settings, &error), TILL_OK);
        assert_int_equal(costs->rows[0].splits, 0);
        assert_true(costs->chosen == costs->count - 1 && costs->rows[costs->chosen].cp == 0);
        for (size_t k = 0; k < costs->count; k++) {
            check_pruned(tree, costs->rows[k].cp * (1 + 1e-9));
            if (k + 1 < costs->count) {
                assert_true(costs->rows[k + 1].cp < costs->rows[k].cp);
                assert_true(costs->rows[k + 1].splits > costs->rows[k].splits);
                check_pruned(tree, (costs->rows[k].cp + costs->rows[k + 1].cp) / 2);
            }
        }
        check_pruned(tree, 2);
        till_tree_costs_free(costs);
        till_tree_columns_free(prepared);
        till_tree_free(tree);
    }
}

static void a_long_sequence_is_thinned_and_keeps_its_small_trees(void **state) {
    struct till_random dice;
    struct till_tree_costs *costs;
    struct till_tree_columns *prepared;
    (void)state;
    draw_rows(5, ROWS, 0);
    till_random_start(&dice, 6, 0);
    for (size_t row = 0; row < ROWS; row++) {
        numbers[0][row] = till_random_normal(&dice);
        numbers[1][row] = till_random_normal(&dice);
        weight[row] = till_random_uniform(&dice); /* no two nodes cost the same */
    }
    struct till_tree *tree = grow(weight, whole);
    assert_int_equal(till_tree_columns_of(&prepared, &table, 1, &error), TILL_OK);
    assert_int_equal(till_tree_costs_of(&costs, tree, prepared, target, NULL, NULL, &whole, &error), TILL_OK);
    size_t last = costs->count - 1;
    assert_true(last > 40 && last < TILL_TREE_COSTS);
    assert_true(costs->rows[last].cp == 0 && costs->rows[last].error < costs->rows[last - 1].error);
    assert_int_equal(costs->rows[last].splits, tree->trees->node_count / 2);
    for (size_t k = 1; k < last; k++)
        assert_true(costs->rows[k].splits >= costs->rows[k - 1].splits + costs->rows[k - 1].splits / 20);
    till_tree_costs_free(costs);
    till_tree_columns_free(prepared);
    till_tree_free(tree);
}

/* rpart 4.1.19 with cp = 0, minsplit 20, minbucket 7, xval = fold. */
struct golden {
    double cp;
    size_t splits;
    double error, cv_error, cv_std_error;
};
static const struct golden anova[] = {{0.100441412734255, 0, 1.0000000000000, 1.0045575731373, 0.003223758666556},
                                      {0.087299739674973, 1, 0.8995585872657, 0.9163388802325, 0.032081047825877},
                                      {0.081959547121909, 2, 0.8122588475908, 0.8947456820188, 0.034159900986049},
                                      {0.018036797490837, 3, 0.7302993004689, 0.8077739093318, 0.040229167624794},
                                      {0.012914266990147, 4, 0.7122625029780, 0.8327471127385, 0.042830156023866},
                                      {0.005877142122877, 5, 0.6993482359879, 0.8550255743992, 0.044216479197392},
                                      {0.005346984710621, 6, 0.6934710938650, 0.8641241212756, 0.044143051526230},
                                      {0.004415683583493, 8, 0.6827771244438, 0.8776261782808, 0.044702868457696},
                                      {0.003179933768472, 10, 0.6739457572768, 0.8747785500867, 0.044567738023847},
                                      {0.002112270627160, 11, 0.6707658235083, 0.8787085358976, 0.044647027143381},
                                      {0.002075701423991, 12, 0.6686535528811, 0.8780176218301, 0.044392562286575},
                                      {0.002055640012787, 13, 0.6665778514572, 0.8780176218301, 0.044392562286575},
                                      {0.001495996878116, 14, 0.6645222114444, 0.8798325314043, 0.044634084819403},
                                      {0.001424266530083, 15, 0.6630262145662, 0.8797233736931, 0.044845115700815},
                                      {0.001375075504917, 16, 0.6616019480362, 0.8797233736931, 0.044845115700815},
                                      {0.000000000000000, 17, 0.6602268725312, 0.8795568684594, 0.044652075818597}};
static const struct golden class[] = {{0.296296296296296, 0, 1.0000000000000, 1.0000000000000, 0.04599158985563},
                                      {0.096707818930041, 1, 0.7037037037037, 0.7860082304527, 0.04470999770445},
                                      {0.008230452674897, 3, 0.5102880658436, 0.5967078189300, 0.04175484750155},
                                      {0.000000000000000, 6, 0.4855967078189, 0.6502057613169, 0.04278093979371}};

enum { GOLDEN_ROWS = 500 };
static uint32_t fold[ROWS], group[ROWS];

/* The rows that rpart was given. */
static void make_golden_rows(void) {
    name_columns(GOLDEN_ROWS);
    table.count = NUMBERS;
    for (size_t i = 0; i < GOLDEN_ROWS; i++) {
        double a = (double)(i * 197 % 503), b = (double)(i * 53 % 509);
        numbers[0][i] = sqrt(a); /* no value lies half way between two others */
        numbers[1][i] = sqrt(b);
        target[i] = a + (b > 300 ? 200 : 0) > 330;
        target[i] = i % 7 == 0 ? 1 - target[i] : target[i];
        target[i] = i % 11 == 3 ? 1 : target[i];
        target[i] = a > 400 && i % 3 == 1 ? 0 : target[i];
        fold[i] = (uint32_t)(i % 5);
    }
}

static struct till_tree_costs *validate(const struct till_tree_folds *folds, enum till_tree_risk risk) {
    struct till_tree_settings settings = whole;
    struct till_tree_columns *prepared;
    struct till_tree_costs *costs;
    settings.min_split = 50;
    settings.min_leaf = 17;
    settings.risk = risk;
    struct till_tree *tree = grow(NULL, settings);
    assert_int_equal(till_tree_columns_of(&prepared, &table, 1, &error), TILL_OK);
    if (till_tree_costs_of(&costs, tree, prepared, target, NULL, folds, &settings, &error) != TILL_OK)
        fail_msg("%s", error.message);
    till_tree_columns_free(prepared);
    till_tree_free(tree);
    return costs;
}

static void check_costs(const struct till_tree_costs *costs, const struct golden *wanted, size_t count) {
    assert_int_equal(costs->count, count);
    for (size_t k = 0; k < count; k++) {
        assert_true(fabs(costs->rows[k].cp - wanted[k].cp) < 1e-11);
        assert_int_equal(costs->rows[k].splits, wanted[k].splits);
        assert_true(fabs(costs->rows[k].error - wanted[k].error) < 1e-11);
        assert_true(fabs(costs->rows[k].cv_error - wanted[k].cv_error) < 1e-11);
        assert_true(fabs(costs->rows[k].cv_std_error - wanted[k].cv_std_error) < 1e-11);
    }
}

static void the_table_of_costs_is_that_of_rpart(void **state) {
    struct till_tree_folds folds = {.fold = fold, .count = 5, .standard_errors = 1};
    (void)state;
    make_golden_rows();
    struct till_tree_costs *costs = validate(&folds, TILL_TREE_GINI);
    check_costs(costs, anova, sizeof anova / sizeof *anova);
    assert_int_equal(costs->best, 3);
    assert_int_equal(costs->chosen, 3); /* 0.8947 is above 0.8078 + 0.0402 */
    till_tree_costs_free(costs);
    folds.standard_errors = 3;
    costs = validate(&folds, TILL_TREE_GINI);
    assert_int_equal(costs->best, 3);
    assert_int_equal(costs->chosen, 1); /* 0.9163 is not above 0.8078 + 3 x 0.0402, and 1.0046 is */
    till_tree_costs_free(costs);
    costs = validate(&folds, TILL_TREE_ERROR);
    check_costs(costs, class, sizeof class / sizeof *class);
    till_tree_costs_free(costs);
}

/* Rows that come twice say no more than rows that come once: their errors are those of half as many rows. */
static void errors_know_that_rows_belong_together(void **state) {
    struct till_tree_folds folds = {.fold = fold, .count = 5, .standard_errors = 1};
    (void)state;
    make_golden_rows();
    for (size_t i = 0; i < 300; i++) {
        numbers[0][300 + i] = numbers[0][i];
        numbers[1][300 + i] = numbers[1][i];
        target[300 + i] = target[i];
        fold[300 + i] = fold[i];
        group[i] = group[300 + i] = (uint32_t)(299 - i);
    }
    table.rows = 600;
    struct till_tree_costs *apart = validate(&folds, TILL_TREE_GINI);
    folds.group = group;
    folds.groups = 300;
    struct till_tree_costs *together = validate(&folds, TILL_TREE_GINI);
    assert_int_equal(apart->count, together->count);
    for (size_t k = 0; k < apart->count; k++) {
        assert_true(fabs(apart->rows[k].cv_error - together->rows[k].cv_error) < 1e-12);
        assert_true(fabs(apart->rows[k].cv_std_error * sqrt(2) - together->rows[k].cv_std_error) < 1e-12);
    }
    till_tree_costs_free(apart);
    till_tree_costs_free(together);
    memset(fold, 0, sizeof fold); /* nothing is left to learn from */
    struct till_tree_columns *prepared;
    struct till_tree *tree = grow(NULL, whole);
    assert_int_equal(till_tree_columns_of(&prepared, &table, 1, &error), TILL_OK);
    assert_int_equal(till_tree_costs_of(&apart, tree, prepared, target, NULL, &folds, &whole, &error),
                     TILL_ERROR_MODEL);
    till_tree_columns_free(prepared);
    till_tree_free(tree);
}

/* ---- conditions ---- */

static void say(const struct till_tree *tree, uint32_t leaf, enum till_tree_form form, const char *wanted) {
    static const bool missing[COLUMNS] = {true, false, true};
    struct till_text text = {0};
    assert_true(till_tree_condition(tree, &table, leaf, form, missing, &text));
    assert_string_equal(till_text_string(&text), wanted);
    till_text_free(&text);
}

/* A split of a leaf, by hand. */
static uint32_t split(struct till_tree *tree, uint32_t at, uint32_t column, double threshold, unsigned set,
                      bool missing_left) {
    uint32_t left;
    size_t place = 0;
    assert_int_equal(till_trees_split(tree->trees, at, &left, &error), TILL_OK);
    tree->nodes[left].parent = tree->nodes[left + 1].parent = at;
    if (column == 2)
        assert_int_equal(till_trees_set(tree->trees, column, &place, &error), TILL_OK);
    for (size_t level = 0; level < LEVELS; level++)
        if (set >> level & 1)
            till_trees_set_add(tree->trees, place, level);
    struct till_trees_node *node = &tree->trees->nodes[at];
    node->column = column;
    node->threshold = threshold;
    node->set = place;
    node->missing_left = missing_left;
    return left;
}

static void conditions_hold_for_the_rows_of_their_leaf(void **state) {
    struct till_tree_node nodes[16] = {{0}};
    struct till_tree tree = {.nodes = nodes};
    uint32_t root;
    (void)state;
    name_columns(0);
    assert_int_equal(till_trees_new(&tree.trees, &table, TILL_TREES_PROBABILITY, &error), TILL_OK);
    assert_int_equal(till_trees_plant(tree.trees, &root, &error), TILL_OK);
    say(&tree, root, TILL_TREE_WORDS, "TRUE");
    say(&tree, root, TILL_TREE_SQL, "1 = 1");
    uint32_t below = split(&tree, root, 0, 0.1 + 0.2, 0, true);
    say(&tree, below, TILL_TREE_WORDS, "(a <= 0.3 OR a IS MISSING)");
    say(&tree, below, TILL_TREE_SQL, "(\"a\" <= 0.30000000000000004 OR \"a\" IS NULL)");
    say(&tree, below + 1, TILL_TREE_WORDS, "a > 0.3");
    uint32_t text = split(&tree, below + 1, 2, 0, 1 + 2, false);
    say(&tree, text, TILL_TREE_WORDS, "a > 0.3 AND c IN ('b', 'it''s')");
    say(&tree, text + 1, TILL_TREE_SQL,
        "\"a\" > 0.30000000000000004 AND (\"c\" NOT IN ('b', 'it''s') OR \"c\" IS NULL)");
    uint32_t again = split(&tree, text, 2, 0, 2 + 4, true); /* it's | b */
    say(&tree, again, TILL_TREE_SQL, "\"a\" > 0.30000000000000004 AND \"c\" = 'it''s'");
    say(&tree, again + 1, TILL_TREE_WORDS, "a > 0.3 AND c = 'b'");
    uint32_t there = split(&tree, below, 0, 1.7976931348623157e308, 0, false); /* what is there, and what is not */
    say(&tree, there, TILL_TREE_SQL, "\"a\" <= 0.30000000000000004");
    say(&tree, there + 1, TILL_TREE_WORDS, "a IS MISSING");
    say(&tree, there + 1, TILL_TREE_SQL, "\"a\" IS NULL");
    uint32_t other = split(&tree, there, 1, -1, 0, true);
    uint32_t inner = split(&tree, other + 1, 1, 5, 0, false);
    say(&tree, other, TILL_TREE_WORDS, "a <= 0.3 AND a \"b\" <= -1"); /* no missing values there to speak of */
    say(&tree, other, TILL_TREE_SQL,
        "\"a\" <= 0.30000000000000004 AND (\"a \"\"b\"\"\" <= -1 OR \"a \"\"b\"\"\" IS NULL)");
    say(&tree, inner, TILL_TREE_WORDS, "a <= 0.3 AND a \"b\" > -1 AND a \"b\" <= 5");
    till_trees_free(tree.trees);
}

static void missing_levels_are_a_side_of_their_own(void **state) {
    (void)state;
    draw_rows(12, 200, 0);
    table.count = NUMBERS;
    for (size_t row = 0; row < 200; row++) {
        numbers[0][row] = numbers[1][row] = row % 2 ? 3 : (double)NAN;
        places[row] = row % 2 ? (uint32_t)(row % LEVELS) : TILL_FRAME_NO_LEVEL;
        target[row] = row % 2 ? row % 14 == 1 : row % 14 != 0;
    }
    struct till_tree_settings settings = whole;
    settings.max_depth = 1;
    struct till_tree *tree = grow(NULL, settings);
    say(tree, 1, TILL_TREE_WORDS, "a IS NOT MISSING");
    say(tree, 2, TILL_TREE_WORDS, "a IS MISSING");
    till_tree_free(tree);
    for (size_t row = 0; row < 200; row++)
        numbers[0][row] = numbers[1][row] = 0;
    table.count = COLUMNS;
    tree = grow(NULL, settings);
    say(tree, 1, TILL_TREE_WORDS, "c IS NOT MISSING");
    say(tree, 2, TILL_TREE_WORDS, "c IS MISSING");
    say(tree, 1, TILL_TREE_SQL, "\"c\" IN ('b', 'it''s', 'm', 'x', 'y')");
    say(tree, 2, TILL_TREE_SQL, "(\"c\" NOT IN ('b', 'it''s', 'm', 'x', 'y') OR \"c\" IS NULL)");
    till_tree_free(tree);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_split_is_better_than_the_one_that_is_taken),
        cmocka_unit_test(weights_are_repeated_rows),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(rows_of_no_weight_and_rows_that_are_left_out_are_not_there),
        cmocka_unit_test(positives_that_count_more_stay_probabilities),
        cmocka_unit_test(rows_that_nothing_tells_apart_are_one_leaf),
        cmocka_unit_test(neighbouring_numbers_are_told_apart),
        cmocka_unit_test(a_pruned_tree_is_the_smallest_of_least_cost),
        cmocka_unit_test(a_long_sequence_is_thinned_and_keeps_its_small_trees),
        cmocka_unit_test(the_table_of_costs_is_that_of_rpart),
        cmocka_unit_test(errors_know_that_rows_belong_together),
        cmocka_unit_test(conditions_hold_for_the_rows_of_their_leaf),
        cmocka_unit_test(missing_levels_are_a_side_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
