/* Boosting: splits against all splits that there are, gradients and bins against their definitions, whole models
 * against a plain one in doubles, the same model for any number of threads, and laws of weights and rows. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <till/gbdt.h>
#include <till/logistic.h>
#include <till/random.h>

#include "lib/base/radix.h"
#include "lib/mining/gbdt/parts.h"

/* cmocka compares as floats. */
static void assert_near(double got, double wanted, double tolerance) {
    if (!(fabs(got - wanted) <= tolerance))
        fail_msg("got %.15g, wanted %.15g", got, wanted);
}

/* Columns of numbers, two of them with few values, and of levels; a frame would hold the same. */
enum { ROWS = 70000, NUMBERS = 8, LEVELS = 7, COLUMNS = 10 };

static char names[COLUMNS][4];
static struct till_slice levels[LEVELS];
static double numbers[NUMBERS][ROWS];
static uint32_t places[COLUMNS - NUMBERS][ROWS];
static double target[ROWS], weight[ROWS];
static struct till_trees_column columns[COLUMNS];
static struct till_trees_table table = {.count = COLUMNS, .columns = columns};
static struct till_error error;

static void name_columns(size_t rows) {
    static const char *const texts[LEVELS] = {"a", "b", "c", "d", "e", "f", "g"};
    for (size_t i = 0; i < LEVELS; i++)
        levels[i] = till_slice_of(texts[i]);
    for (size_t i = 0; i < COLUMNS; i++) {
        names[i][0] = (char)('a' + i);
        columns[i] = (struct till_trees_column){.name = names[i]};
        if (i < NUMBERS) {
            columns[i].numbers = numbers[i];
            continue;
        }
        columns[i].text = true;
        columns[i].places = places[i - NUMBERS];
        columns[i].level_count = LEVELS;
        columns[i].levels = levels;
    }
    table.rows = rows;
}

/* Answers that depend on three of the columns, and on whether a value is missing. */
static void draw_rows(uint64_t seed, size_t rows, double share_missing) {
    struct till_random dice;
    till_random_start(&dice, seed, 0);
    name_columns(rows);
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = 0; i < NUMBERS; i++) {
            numbers[i][row] = i < 2 ? (double)till_random_below(&dice, 3 + 5 * i) : till_random_normal(&dice);
            if (till_random_uniform(&dice) < share_missing)
                numbers[i][row] = NAN;
        }
        for (size_t i = 0; i < COLUMNS - NUMBERS; i++)
            places[i][row] = till_random_uniform(&dice) < share_missing ? TILL_FRAME_NO_LEVEL
                                                                        : (uint32_t)till_random_below(&dice, LEVELS);
        double z = -1 + (numbers[1][row] > 4 ? 1.5 : 0) + (numbers[2][row] > 0.3 ? 1 : 0) +
                   (places[0][row] == 2 || places[0][row] == 5 ? 1.2 : 0) + (isnan(numbers[3][row]) ? 1 : 0);
        target[row] = till_random_uniform(&dice) < till_logistic_probability(z) ? 1 : 0;
        weight[row] = (double)till_random_below(&dice, 4);
    }
}

/* Of all rows and columns, unless the settings say otherwise. */
static struct till_trees *fitted(const struct till_gbdt_settings *asked, const double *weights, const uint32_t *rows,
                                 size_t count, struct till_gbdt_report *report) {
    struct till_gbdt_settings settings = *asked;
    struct till_trees *trees;
    settings.row_fraction = settings.row_fraction > 0 ? settings.row_fraction : 1;
    settings.column_fraction = settings.column_fraction > 0 ? settings.column_fraction : 1;
    if (till_gbdt_fit(&trees, &table, target, weights, rows, count, NULL, &settings, report, &error) != TILL_OK)
        fail_msg("%s", error.message);
    return trees;
}

static void assert_same_model(const struct till_trees *a, const struct till_trees *b) {
    assert_int_equal(a->tree_count, b->tree_count);
    assert_int_equal(a->node_count, b->node_count);
    assert_int_equal(a->word_count, b->word_count);
    assert_true(a->base == b->base);
    if (a->word_count > 0)
        assert_memory_equal(a->words, b->words, a->word_count * sizeof *a->words);
    for (size_t i = 0; i < a->node_count; i++) {
        const struct till_trees_node *x = &a->nodes[i], *y = &b->nodes[i];
        assert_true(x->column == y->column && x->left == y->left && x->right == y->right && x->set == y->set &&
                    x->missing_left == y->missing_left && x->threshold == y->threshold && x->cover == y->cover &&
                    x->value == y->value && x->gain == y->gain);
    }
}

/* ---- sorting and bins ---- */

static int compare(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void radix_sorting_sorts(void **state) {
    int64_t values[3][1000];
    struct till_random dice;
    (void)state;
    till_random_start(&dice, 3, 0);
    for (unsigned bits = 1; bits <= 64; bits += 9) {
        for (size_t i = 0; i < 1000; i++)
            values[0][i] = values[1][i] = (int64_t)(till_random_bits(&dice) << (64 - bits)) >> (64 - bits);
        qsort(values[0], 1000, sizeof **values, compare);
        assert_memory_equal(radix_sort(values[1], values[2], 1000), values[0], sizeof values[0]);
    }
    assert_ptr_equal(radix_sort(values[1], values[2], 0), values[1]);
}

/* Few distinct values have a bin each; more are in the bins that their thresholds say, in rising order. */
static void codes_are_the_places_among_thresholds(void **state) {
    (void)state;
    for (size_t most = 2; most <= 255; most += 23) {
        struct gbdt_bins bins;
        draw_rows(most, 1500, 0.1);
        assert_int_equal(gbdt_bins_make(&bins, &table, NULL, table.rows, most, 1, 2, &error), TILL_OK);
        assert_int_equal(bins.columns[0].bins, most < 3 ? most : 3);
        for (size_t c = 0; c < NUMBERS; c++) {
            const struct gbdt_column *column = &bins.columns[c];
            assert_true(column->bins <= most && (c < 2 || column->bins + 2 >= most));
            for (unsigned i = 1; i + 1 < column->bins; i++)
                assert_true(column->thresholds[i - 1] < column->thresholds[i]);
            for (size_t row = 0; row < table.rows; row++) {
                unsigned code = gbdt_code(&bins, row, c);
                double value = numbers[c][row];
                assert_true(isnan(value) ? code == column->bins
                                         : code < column->bins && (code == 0 || value > column->thresholds[code - 1]) &&
                                               (code + 1 == column->bins || value <= column->thresholds[code]));
            }
        }
        gbdt_bins_free(&bins);
    }
}

/* Values that occur often do not take the place of others. */
static void bins_hold_about_equally_many_rows(void **state) {
    struct gbdt_bins bins;
    size_t counts[GBDT_CODES] = {0}, most = 0;
    (void)state;
    draw_rows(1, 20000, 0);
    for (size_t row = 0; row < table.rows; row += 2)
        numbers[2][row] = 0;
    assert_int_equal(gbdt_bins_make(&bins, &table, NULL, table.rows, 101, 1, 1, &error), TILL_OK);
    for (size_t row = 0; row < table.rows; row++)
        counts[gbdt_code(&bins, row, 2)]++;
    assert_true(bins.columns[2].bins > 95);
    for (size_t i = 0; i < bins.columns[2].bins; i++)
        most = counts[i] < 10000 && counts[i] > most ? counts[i] : most;
    assert_true(most <= 2 * 10000 / 100);
    gbdt_bins_free(&bins);
}

/* More levels than codes: the rarest share one. */
static void rare_levels_share_a_code(void **state) {
    enum { MANY = 300 };
    static struct till_slice many[MANY];
    struct gbdt_bins bins;
    size_t row = 0;
    (void)state;
    draw_rows(1, MANY * (MANY - 1) / 2, 0);
    for (uint32_t i = 0; i < MANY; i++) /* level i is rarer than the one before it, and the last is never there */
        for (uint32_t k = i + 1; k < MANY; k++)
            places[0][row++] = i;
    columns[NUMBERS].level_count = MANY;
    columns[NUMBERS].levels = many;
    assert_int_equal(gbdt_bins_make(&bins, &table, NULL, table.rows, 255, 1, 1, &error), TILL_OK);
    const struct gbdt_column *column = &bins.columns[NUMBERS];
    assert_int_equal(column->bins, 255);
    bool seen[GBDT_CODES] = {false};
    for (size_t i = 0; i < 254; i++) {
        assert_true(column->level_codes[i] < 254 && !seen[column->level_codes[i]]);
        seen[column->level_codes[i]] = true;
    }
    for (size_t i = 254; i < MANY - 1; i++)
        assert_int_equal(column->level_codes[i], 254);
    assert_int_equal(column->level_codes[MANY - 1], 255);
    gbdt_bins_free(&bins);
}

/* ---- gradients ---- */

/* The mean over many keys is the gradient; each is within one unit of it; sums of full runs do not run over. */
static void gradients_are_rounded_to_the_right_mean(void **state) {
    enum { SCORES = 41, KEYS = 4000 };
    double score[SCORES], y[SCORES], w[SCORES], g[SCORES] = {0}, h[SCORES] = {0};
    uint64_t words[SCORES];
    struct gbdt_units units = {2.5 / GBDT_UNITS, 2.5 / (4 * GBDT_UNITS)};
    (void)state;
    for (int i = 0; i < SCORES; i++) {
        score[i] = (i - 20) * 0.5;
        y[i] = i % 2;
        w[i] = 2.5 / (1 + i % 3);
    }
    for (uint64_t key = 0; key < KEYS; key++) {
        gbdt_gradients(words, score, y, w, SCORES, key * UINT64_C(0x9e3779b97f4a7c15), units, NULL);
        for (int i = 0; i < SCORES; i++) {
            double p = till_logistic_probability(score[i]);
            double gradient = (double)((int64_t)words[i] >> (GBDT_COUNT_BITS + GBDT_CURVATURE_BITS)) * units.gradient;
            double curvature =
                (double)(words[i] >> GBDT_COUNT_BITS & ((1U << GBDT_CURVATURE_BITS) - 1)) * units.curvature;
            assert_int_equal(words[i] & ((1U << GBDT_COUNT_BITS) - 1), 1);
            assert_true(fabs(gradient - w[i] * (p - y[i])) <= units.gradient * 1.000001);
            assert_true(fabs(curvature - w[i] * p * (1 - p)) <= units.curvature * 1.000001);
            g[i] += gradient / KEYS;
            h[i] += curvature / KEYS;
        }
    }
    for (int i = 0; i < SCORES; i++) {
        double p = till_logistic_probability(score[i]);
        /* Five standard errors of a mean of roundings, each of at most half a unit. */
        assert_near(g[i], w[i] * (p - y[i]), 5 * 0.5 / sqrt(KEYS) * units.gradient);
        assert_near(h[i], w[i] * p * (1 - p), 5 * 0.5 / sqrt(KEYS) * units.curvature);
    }
}

static void a_run_of_the_largest_words_does_not_run_over(void **state) {
    struct gbdt_bins bins;
    struct gbdt_cell *histogram;
    static uint64_t words[3 * GBDT_RUN], sums[GBDT_GROUP * GBDT_CODES];
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        draw_rows(5, 3 * GBDT_RUN, 0);
        for (size_t row = 0; row < table.rows; row++) {
            numbers[0][row] = 1;
            words[row] = ((uint64_t)(sign * GBDT_UNITS) << (GBDT_COUNT_BITS + GBDT_CURVATURE_BITS)) +
                         ((uint64_t)GBDT_UNITS << GBDT_COUNT_BITS) + 1;
        }
        assert_int_equal(gbdt_bins_make(&bins, &table, NULL, table.rows, 255, 1, 1, &error), TILL_OK);
        histogram = malloc(bins.cells * sizeof *histogram);
        gbdt_histogram(&bins, 0, NULL, words, table.rows, sums, histogram);
        assert_int_equal(histogram[0].gradient, sign * (int64_t)GBDT_UNITS * 3 * GBDT_RUN);
        assert_int_equal(histogram[0].curvature, (int64_t)GBDT_UNITS * 3 * GBDT_RUN);
        assert_int_equal(histogram[0].rows, 3 * GBDT_RUN);
        free(histogram);
        gbdt_bins_free(&bins);
    }
}

/* ---- splits ---- */

struct side {
    double g;
    double h;
    int64_t rows;
};

/* By what a set of codes to the left lowers the loss: the formula over the rows, one by one. */
static double gain_by_rows(const struct gbdt_bins *bins, const uint64_t *words, size_t column, uint64_t set,
                           const struct gbdt_rules *rules, double l2) {
    struct side sides[2] = {{0, 0, 0}, {0, 0, 0}};
    for (size_t row = 0; row < bins->rows; row++) {
        struct side *side = &sides[set >> gbdt_code(bins, row, column) & 1];
        side->g += (double)((int64_t)words[row] >> (GBDT_COUNT_BITS + GBDT_CURVATURE_BITS)) * rules->units.gradient;
        side->h += (double)(words[row] >> GBDT_COUNT_BITS & ((1U << GBDT_CURVATURE_BITS) - 1)) * rules->units.curvature;
        side->rows++;
    }
    if (sides[0].rows < (int64_t)rules->min_leaf || sides[1].rows < (int64_t)rules->min_leaf)
        return 0;
    double g = sides[0].g + sides[1].g, h = sides[0].h + sides[1].h;
    return (sides[0].g * sides[0].g / (sides[0].h + l2) + sides[1].g * sides[1].g / (sides[1].h + l2) -
            g * g / (h + l2)) /
           2;
}

/* The best of all cuts of numbers with missing values on either side, and of all sets of levels. */
static double best_by_rows(const struct gbdt_bins *bins, const uint64_t *words, size_t column,
                           const struct gbdt_rules *rules) {
    unsigned count = bins->columns[column].bins;
    uint64_t missing = (uint64_t)1 << count;
    double best = 0, l2 = rules->l2 + (bins->columns[column].text ? 10 : 0);
    if (bins->columns[column].text)
        for (uint64_t set = 1; set < missing << 1; set++)
            best = fmax(best, gain_by_rows(bins, words, column, set, rules, l2));
    for (unsigned cut = 1; cut <= count && !bins->columns[column].text; cut++)
        for (unsigned with = 0; with < 2; with++)
            best = fmax(best,
                        gain_by_rows(bins, words, column, (missing >> (count - cut)) - 1 + with * missing, rules, l2));
    return best;
}

static void no_split_is_better_than_the_one_that_is_found(void **state) {
    static uint64_t words[400], sums[GBDT_GROUP * GBDT_CODES];
    static double score[400];
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct gbdt_bins bins;
        struct gbdt_rules rules = {{1.0 / GBDT_UNITS, 1.0 / (4 * GBDT_UNITS)}, (double)(seed % 3), 3 + seed % 5};
        draw_rows(seed, 400, seed % 2 == 0 ? 0.15 : 0);
        for (size_t i = 0; i < 400; i++)
            score[i] = cos((double)i);
        assert_int_equal(gbdt_bins_make(&bins, &table, NULL, 400, 60, 1, 1, &error), TILL_OK);
        gbdt_gradients(words, score, target, NULL, 400, seed, rules.units, NULL);
        struct gbdt_cell *histogram = malloc(bins.cells * sizeof *histogram), total = {0, 0, 400};
        for (size_t group = 0; group < bins.groups; group++)
            gbdt_histogram(&bins, group, NULL, words, 400, sums, histogram);
        for (unsigned code = 0; code <= bins.columns[0].bins; code++) {
            total.gradient += histogram[code].gradient;
            total.curvature += histogram[code].curvature;
        }
        for (size_t c = 0; c < COLUMNS; c++) {
            struct gbdt_split split;
            gbdt_split_find(&split, &bins.columns[c], c, histogram + bins.columns[c].first, &total, &rules);
            /* Levels are put in order of a ratio that is drawn to zero by 10, and so does their gain count 10 more. */
            assert_near(split.gain, best_by_rows(&bins, words, c, &rules), 1e-9);
            if (split.gain > 0) {
                double l2 = rules.l2 + (bins.columns[c].text ? 10 : 0);
                assert_near(split.gain, gain_by_rows(&bins, words, c, split.left_codes[0], &rules, l2), 1e-9);
            }
        }
        free(histogram);
        gbdt_bins_free(&bins);
    }
}

/* ---- whole models ---- */

/* One tree of 25 leaves, while at most so many histograms are kept. */
static struct till_trees *grown(const struct gbdt_bins *bins, size_t histograms, unsigned threads) {
    static uint64_t words[ROWS];
    static double score[ROWS];
    struct gbdt_grower grower;
    struct till_trees *trees;
    struct till_team *team;
    assert_int_equal(till_team_open(&team, threads, &error), TILL_OK);
    assert_int_equal(gbdt_grower_open(&grower, bins, 25, 1, team, &error), TILL_OK);
    assert_true(grower.pool_most > 20);
    grower.pool_most = histograms < grower.pool_most ? histograms : grower.pool_most;
    grower.rules = (struct gbdt_rules){{1.0 / GBDT_UNITS, 1.0 / (4 * GBDT_UNITS)}, 1, 5};
    grower.rate = 0.1;
    grower.words = words;
    grower.count = bins->rows;
    memset(grower.wanted, 1, bins->count);
    for (uint32_t row = 0; row < bins->rows; row++)
        grower.index[row] = row;
    gbdt_gradients(words, score, target, NULL, bins->rows, 1, grower.rules.units, NULL);
    assert_int_equal(till_trees_new(&trees, &table, TILL_TREES_LOG_ODDS, &error), TILL_OK);
    assert_int_equal(gbdt_grow(&grower, trees, &table, &error), TILL_OK);
    assert_int_equal(grower.leaf_count, 25);
    for (uint32_t row = 0; row < bins->rows; row += 100) { /* rows lie where codes lead */
        uint32_t node = gbdt_walk(&grower, trees, row);
        size_t leaf = 0;
        while (grower.leaf[leaf].node != node)
            leaf++;
        bool there = false;
        for (size_t i = grower.leaf[leaf].begin; i < grower.leaf[leaf].begin + grower.leaf[leaf].count; i++)
            there = there || grower.index[i] == row;
        assert_true(there);
    }
    gbdt_grower_close(&grower);
    till_team_close(team);
    return trees;
}

/* A histogram that was given up for lack of room is added up again from the rows. */
static void few_histograms_grow_the_same_tree(void **state) {
    (void)state;
    draw_rows(81, 40000, 0.1);
    struct gbdt_bins bins;
    assert_int_equal(gbdt_bins_make(&bins, &table, NULL, table.rows, 255, 1, 1, &error), TILL_OK);
    struct till_trees *all = grown(&bins, SIZE_MAX, 1);
    for (size_t most = 3; most <= 5; most++) {
        struct till_trees *few = grown(&bins, most, 1 + most % 2);
        assert_same_model(all, few);
        till_trees_free(few);
    }
    till_trees_free(all);
    gbdt_bins_free(&bins);
}

/* A plain tree of two leaves in doubles: the best cut of the first tree, and its steps. */
static void the_first_tree_is_friedmans(void **state) {
    struct till_gbdt_settings settings = {.trees = 1, .leaves = 2, .learning_rate = 1, .min_leaf = 1, .threads = 1};
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        draw_rows(seed, 500, 0);
        table.count = NUMBERS;
        struct till_trees *trees = fitted(&settings, NULL, NULL, 0, NULL);
        double share = 0, best = 0, threshold = 0, steps[2] = {0, 0};
        size_t column = 0;
        for (size_t row = 0; row < 500; row++)
            share += target[row] / 500;
        for (size_t c = 0; c < NUMBERS; c++)
            for (size_t at = 0; at < 500; at++) {
                double g[2] = {0, 0}, h[2] = {0, 0};
                for (size_t row = 0; row < 500; row++) {
                    int side = numbers[c][row] > numbers[c][at];
                    g[side] += share - target[row];
                    h[side] += share * (1 - share);
                }
                double gain = h[1] > 0 ? (g[0] * g[0] / h[0] + g[1] * g[1] / h[1]) / 2 : 0;
                if (gain > best + 1e-9) {
                    best = gain;
                    column = c;
                    threshold = numbers[c][at];
                    steps[0] = -g[0] / h[0];
                    steps[1] = -g[1] / h[1];
                }
            }
        /* 255 bins cut between two values, one of which may be in the same bin as the best one. */
        const struct till_trees_node *root = &trees->nodes[0];
        assert_near(trees->base, log(share / (1 - share)), 1e-12);
        assert_int_equal(root->column, column);
        assert_near(root->gain, best, 0.02 * best);
        assert_near(root->threshold, threshold, column < 2 ? 1 : 0.05);
        assert_near(trees->nodes[1].value, steps[0], 0.02 * fabs(steps[0]) + 0.01);
        assert_near(trees->nodes[2].value, steps[1], 0.02 * fabs(steps[1]) + 0.01);
        till_trees_free(trees);
    }
}

/* Leaves that are small against l2, a cover that adds up, covers at least min_leaf, and a loss that the report tells.
 */
static void leaves_keep_the_rules(void **state) {
    struct till_gbdt_settings settings = {.trees = 20, .leaves = 12, .min_leaf = 25, .l2 = 2, .threads = 2};
    struct till_gbdt_report report;
    double values[COLUMNS], loss = 0;
    (void)state;
    draw_rows(9, 3000, 0.1);
    struct till_trees *trees = fitted(&settings, NULL, NULL, 0, &report);
    assert_int_equal(trees->tree_count, 20);
    for (size_t i = 0; i < trees->node_count; i++) {
        const struct till_trees_node *node = &trees->nodes[i];
        assert_true(node->cover >= 25);
        if (node->column != TILL_TREES_LEAF) {
            assert_true(node->gain > 0);
            assert_true(node->cover == trees->nodes[node->left].cover + trees->nodes[node->right].cover);
        }
    }
    for (size_t row = 0; row < table.rows; row++) {
        till_trees_table_row(&table, row, values);
        double p = till_trees_probability(trees, till_trees_score(trees, values));
        loss -= log(target[row] != 0 ? p : 1 - p) / (double)table.rows;
    }
    /* The rows went through codes while learning, and go by values here: the same way. */
    assert_near(loss, report.log_loss, 1e-12);
    assert_int_equal(report.used.leaves, 12);
    assert_true(isnan(report.held_out_loss));
    till_trees_free(trees);
}

/* Few rows, many (whose work is shared out by chunks), fractions, weights, and held-out rows. */
static void threads_change_nothing(void **state) {
    static const size_t sizes[] = {900, 70000};
    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (int fraction = 0; fraction < 2; fraction++) {
            struct till_gbdt_settings settings = {.trees = i == 0 ? 0 : 3, .leaves = 9, .seed = 4, .threads = 1};
            settings.row_fraction = fraction ? 0.7 : 1;
            settings.column_fraction = fraction ? 0.5 : 1;
            draw_rows(11, sizes[i], 0.05);
            struct till_trees *one = fitted(&settings, fraction ? weight : NULL, NULL, 0, NULL);
            assert_true(one->tree_count > 2);
            for (unsigned threads = 2; threads <= 7; threads += threads == 3 ? 4 : 1) {
                settings.threads = threads;
                struct till_trees *many = fitted(&settings, fraction ? weight : NULL, NULL, 0, NULL);
                assert_same_model(one, many);
                till_trees_free(many);
            }
            till_trees_free(one);
        }
}

/* Rows that are left out, or weigh nothing, are not there. */
static void rows_of_no_weight_are_not_there(void **state) {
    struct till_gbdt_settings settings = {.trees = 5, .leaves = 6, .seed = 2, .threads = 1};
    static uint32_t rows[2000];
    size_t count = 0;
    (void)state;
    draw_rows(21, 2000, 0.1);
    for (uint32_t row = 0; row < 2000; row++) {
        weight[row] = row % 3 == 0 ? 0 : 1;
        if (row % 3 != 0)
            rows[count++] = row;
    }
    struct till_trees *listed = fitted(&settings, NULL, rows, count, NULL);
    struct till_trees *weighed = fitted(&settings, weight, NULL, 0, NULL);
    assert_same_model(listed, weighed);
    till_trees_free(listed);
    till_trees_free(weighed);
}

/* Weights of two are rows that are there twice: nearly, since min_leaf and rounding know rows. */
static void weights_are_repeated_rows(void **state) {
    struct till_gbdt_settings settings = {.trees = 30, .leaves = 6, .learning_rate = 0.1, .min_leaf = 1, .threads = 1};
    double values[COLUMNS], largest = 0;
    (void)state;
    draw_rows(31, 3000, 0.1);
    for (size_t row = 0; row < 3000; row++)
        weight[row] = row < 1500 ? 2 : 1;
    struct till_trees *weighed = fitted(&settings, weight, NULL, 0, NULL);
    for (size_t i = 0; i < NUMBERS; i++)
        memcpy(numbers[i] + 3000, numbers[i], 1500 * sizeof(double));
    for (size_t i = 0; i < COLUMNS - NUMBERS; i++)
        memcpy(places[i] + 3000, places[i], 1500 * sizeof(uint32_t));
    memcpy(target + 3000, target, 1500 * sizeof(double));
    table.rows = 4500;
    struct till_trees *repeated = fitted(&settings, NULL, NULL, 0, NULL);
    assert_near(weighed->base, repeated->base, 1e-12);
    for (size_t row = 0; row < 3000; row++) {
        till_trees_table_row(&table, row, values);
        double one = till_trees_probability(weighed, till_trees_score(weighed, values));
        double other = till_trees_probability(repeated, till_trees_score(repeated, values));
        largest += fabs(one - other) / 3000;
    }
    assert_true(largest < 0.02);
    till_trees_free(weighed);
    till_trees_free(repeated);
}

/* An answer that nothing explains wants no trees, or hardly any; one that a column tells wants some. */
static void held_out_rows_say_how_many_trees(void **state) {
    struct till_gbdt_settings settings = {.threads = 2, .seed = 1};
    struct till_gbdt_report report;
    struct till_random dice;
    (void)state;
    draw_rows(41, 2000, 0);
    struct till_trees *trees = fitted(&settings, NULL, NULL, 0, &report);
    assert_true(report.used.trees > 10 && report.used.trees < TILL_GBDT_MOST);
    assert_int_equal(trees->tree_count, report.used.trees);
    assert_true(report.log_loss < report.held_out_loss);
    till_trees_free(trees);
    till_random_start(&dice, 5, 5);
    for (size_t row = 0; row < 2000; row++)
        target[row] = till_random_uniform(&dice) < 0.3 ? 1 : 0;
    trees = fitted(&settings, NULL, NULL, 0, &report);
    assert_true(report.used.trees < 10);
    till_trees_free(trees);
}

/* Rows that a group repeats are in one part: otherwise memory of a group looks like skill. */
static void rows_of_a_group_are_held_out_together(void **state) {
    struct till_gbdt_settings settings = {
        .leaves = 30, .min_leaf = 1, .row_fraction = 1, .column_fraction = 1, .threads = 2, .seed = 1};
    struct till_gbdt_report together, apart;
    static uint32_t group[1200];
    struct till_random dice;
    (void)state;
    draw_rows(51, 1200, 0);
    till_random_start(&dice, 6, 6);
    for (size_t row = 0; row < 1200; row++) {
        group[row] = (uint32_t)row / 6;
        for (size_t i = 0; i < NUMBERS && row % 6 != 0; i++) /* all rows of a group look alike */
            numbers[i][row] = numbers[i][row - 1];
        target[row] = row % 6 != 0 ? target[row - 1] : (double)till_random_below(&dice, 2);
    }
    struct till_trees *trees;
    assert_int_equal(till_gbdt_fit(&trees, &table, target, NULL, NULL, 0, group, &settings, &together, &error),
                     TILL_OK);
    till_trees_free(trees);
    assert_int_equal(till_gbdt_fit(&trees, &table, target, NULL, NULL, 0, NULL, &settings, &apart, &error), TILL_OK);
    till_trees_free(trees);
    assert_true(together.held_out_loss > 0.6);
    assert_true(apart.held_out_loss < 0.3);
}

/* Levels that no row had, and missing values that no row had, go to the larger side. */
static void what_was_never_seen_goes_with_the_larger_side(void **state) {
    struct till_gbdt_settings settings = {.trees = 1, .leaves = 2, .min_leaf = 1, .threads = 1};
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        draw_rows(61, 1000, 0);
        table.count = 1;
        if (kind == 1)
            columns[0] = columns[NUMBERS];
        for (size_t row = 0; row < 1000; row++) {
            numbers[0][row] = row % 4 == 0 ? 1 : 0;
            places[0][row] = row % 4 == 0 ? 3 : 1;
            target[row] = row % 4 == 0 ? (double)(row % 8 == 0) : (double)(row % 20 == 1);
        }
        struct till_trees *trees = fitted(&settings, NULL, NULL, 0, NULL);
        double missing = NAN, common = kind == 0 ? 0 : 1, rare = kind == 0 ? 1 : 3, unseen = 5;
        assert_true(till_trees_score(trees, &missing) == till_trees_score(trees, &common));
        assert_true(till_trees_score(trees, &missing) != till_trees_score(trees, &rare));
        if (kind == 1)
            assert_true(till_trees_score(trees, &unseen) == till_trees_score(trees, &common));
        till_trees_free(trees);
    }
}

static void what_cannot_be_learned_is_refused(void **state) {
    struct till_gbdt_settings settings = {.trees = 2, .threads = 1};
    struct till_trees *trees;
    (void)state;
    draw_rows(71, 100, 0);
    settings.bins = 256;
    assert_int_equal(till_gbdt_fit(&trees, &table, target, NULL, NULL, 0, NULL, &settings, NULL, &error),
                     TILL_ERROR_USAGE);
    settings.bins = 0;
    settings.leaves = 1;
    assert_int_equal(till_gbdt_fit(&trees, &table, target, NULL, NULL, 0, NULL, &settings, NULL, &error),
                     TILL_ERROR_USAGE);
    settings.leaves = 0;
    for (size_t row = 0; row < 100; row++)
        target[row] = 1;
    assert_int_equal(till_gbdt_fit(&trees, &table, target, NULL, NULL, 0, NULL, &settings, NULL, &error),
                     TILL_ERROR_MODEL);
    assert_null(trees);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(radix_sorting_sorts),
        cmocka_unit_test(codes_are_the_places_among_thresholds),
        cmocka_unit_test(bins_hold_about_equally_many_rows),
        cmocka_unit_test(rare_levels_share_a_code),
        cmocka_unit_test(gradients_are_rounded_to_the_right_mean),
        cmocka_unit_test(a_run_of_the_largest_words_does_not_run_over),
        cmocka_unit_test(no_split_is_better_than_the_one_that_is_found),
        cmocka_unit_test(few_histograms_grow_the_same_tree),
        cmocka_unit_test(the_first_tree_is_friedmans),
        cmocka_unit_test(leaves_keep_the_rules),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(rows_of_no_weight_are_not_there),
        cmocka_unit_test(weights_are_repeated_rows),
        cmocka_unit_test(held_out_rows_say_how_many_trees),
        cmocka_unit_test(rows_of_a_group_are_held_out_together),
        cmocka_unit_test(what_was_never_seen_goes_with_the_larger_side),
        cmocka_unit_test(what_cannot_be_learned_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
