/* Gradient boosting: trees one after the other, each a step against the gradient of the log-loss (Friedman 2001; steps
 * of second order, Ke et al. 2017).
 *
 * How many trees are best is asked of rows held out: a fifth at a time while rows are few, so that all of them are
 * asked, or a tenth once. All these models grow in step, and stop when their common loss has not fallen for a while;
 * then one model of as many trees is fitted to all rows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/logistic.h>
#include <till/parallel.h>
#include <till/random.h>

#include "lib/base/pages.h"
#include "lib/mining/gbdt/parts.h"

enum { MANY_ROWS = 50000, FEW_PARTS = 5, MANY_PARTS = 10 };
enum { LEARN = 255 }; /* in no part: a row is never held out */

/* The rows that have a weight, numbered anew, and what is known of them. */
struct data {
    const struct till_trees_table *table;
    size_t count;
    uint32_t *rows; /* [count] places in the table */
    double *target; /* [count] */
    double *weight; /* [count]; NULL: 1 each */
    double heaviest;
    unsigned char *part; /* [count] with which part a row is held out */
    struct gbdt_bins bins;
    struct till_gbdt_settings settings;
    struct till_team *team;
};

/* One model that is growing. */
struct booster {
    const struct data *data;
    unsigned held; /* the part that it does not see; LEARN: it sees all */
    struct gbdt_grower grower;
    struct till_trees *trees;
    double *score;    /* [count] */
    uint64_t *words;  /* [count] */
    uint32_t *others; /* [count] rows that are not in the tree: held out, or not drawn */
    size_t other_count;
};

/* ---- the rows ---- */

static enum till_status list_rows(struct data *data, const double *target, const double *weight, const uint32_t *rows,
                                  size_t count, struct till_error *error) {
    data->rows = malloc((count + 1) * sizeof *data->rows);
    data->target = malloc((count + 1) * sizeof *data->target);
    data->weight = weight == NULL ? NULL : malloc((count + 1) * sizeof *data->weight);
    data->part = malloc(count + 1);
    data->heaviest = weight == NULL ? 1 : 0;
    if (data->rows == NULL || data->target == NULL || data->part == NULL || (weight != NULL && data->weight == NULL))
        return till_error_memory(error);
    size_t positives = 0;
    for (size_t i = 0; i < count; i++) {
        size_t row = rows == NULL ? i : rows[i];
        if (weight != NULL && !(weight[row] > 0))
            continue;
        if (weight != NULL)
            data->weight[data->count] = weight[row];
        if (weight != NULL && weight[row] > data->heaviest)
            data->heaviest = weight[row];
        positives += target[row] != 0;
        data->target[data->count] = target[row];
        data->rows[data->count++] = (uint32_t)row;
    }
    if (positives == 0 || positives == data->count)
        return till_error_set(error, TILL_ERROR_MODEL, "all rows are of one class: there is nothing to learn");
    return TILL_OK;
}

/* Which rows are held out together: those of a group, or in turn within each class. */
static void give_parts(struct data *data, const uint32_t *group) {
    size_t turn[2] = {0, 0}, parts = data->count < MANY_ROWS ? FEW_PARTS : MANY_PARTS;
    for (size_t i = 0; i < data->count; i++) {
        if (group != NULL) {
            struct till_random random;
            till_random_start(&random, data->settings.seed, group[data->rows[i]]);
            data->part[i] = (unsigned char)till_random_below(&random, parts);
        } else {
            data->part[i] = (unsigned char)(turn[data->target[i] != 0]++ % parts);
        }
    }
}

/* How many models are grown to find the number of trees. */
static size_t trials_of(const struct data *data) {
    return data->count < MANY_ROWS ? FEW_PARTS : 1;
}

static double weight_of(const struct data *data, size_t i) {
    return data->weight == NULL ? 1 : data->weight[i];
}

/* -log of the probability that a score gives to what happened. */
static double loss_of(double score, double target) {
    double against = target != 0 ? -score : score;
    return against > 0 ? against + log1p(exp(-against)) : log1p(exp(against));
}

/* ---- settings ---- */

/* Few rows want few leaves: on 7,000 rows trees of 31 leaves are worse than a logistic regression. They also want trees
 * that differ, each from other rows and columns. */
static void choose_settings(struct till_gbdt_settings *settings, size_t rows) {
    if (settings->leaves == 0)
        settings->leaves = rows < 2000 ? 4 : rows < 20000 ? 8 : rows < 100000 ? 16 : 31;
    if (settings->learning_rate <= 0)
        settings->learning_rate = rows < 20000 ? 0.05 : 0.1;
    if (settings->min_leaf == 0)
        settings->min_leaf = rows / 50 < 5 ? 5 : rows / 50 > 20 ? 20 : rows / 50;
    if (settings->bins == 0)
        settings->bins = TILL_GBDT_BINS;
    if (settings->row_fraction <= 0)
        settings->row_fraction = rows < 20000 ? 0.7 : 1;
    if (settings->column_fraction <= 0)
        settings->column_fraction = rows < 20000 ? 0.5 : 1;
    if (settings->threads == 0)
        settings->threads = 1;
}

static enum till_status check_settings(const struct till_gbdt_settings *settings, struct till_error *error) {
    bool fine = settings->leaves >= 2 && settings->leaves <= TILL_GBDT_LEAVES && settings->bins >= 2 &&
                settings->bins <= TILL_GBDT_BINS && settings->row_fraction <= 1 && settings->column_fraction <= 1 &&
                isfinite(settings->learning_rate) && settings->l2 >= 0 && isfinite(settings->l2);
    return fine ? TILL_OK : till_error_set(error, TILL_ERROR_USAGE, "a setting of boosting is out of range");
}

/* ---- one model ---- */

/* The log-odds of the rows that it sees; a class that is not among them counts as half a row. */
static double base_of(const struct booster *booster) {
    const struct data *data = booster->data;
    double sum[2] = {0, 0};
    for (size_t i = 0; i < data->count; i++)
        if (data->part[i] != booster->held || booster->held == LEARN)
            sum[data->target[i] != 0] += weight_of(data, i);
    return log((sum[1] > 0 ? sum[1] : 0.5) / (sum[0] > 0 ? sum[0] : 0.5));
}

static enum till_status open_booster(struct booster *booster, const struct data *data, unsigned held,
                                     struct till_team *team, struct till_error *error) {
    const struct till_gbdt_settings *settings = &data->settings;
    booster->data = data;
    booster->held = held;
    booster->score = pages_array((data->count + 1) * sizeof *booster->score);
    booster->words = pages_array((data->count + 1) * sizeof *booster->words);
    booster->others = pages_array((data->count + 1) * sizeof *booster->others);
    if (booster->score == NULL || booster->words == NULL || booster->others == NULL)
        return till_error_memory(error);
    enum till_status status = gbdt_grower_open(&booster->grower, &data->bins, settings->leaves,
                                               held == LEARN ? 1 : trials_of(data), team, error);
    if (status == TILL_OK)
        status = till_trees_new(&booster->trees, data->table, TILL_TREES_LOG_ODDS, error);
    if (status != TILL_OK)
        return status;
    booster->grower.rules =
        (struct gbdt_rules){.units = {data->heaviest / GBDT_UNITS, data->heaviest / (4 * GBDT_UNITS)},
                            .l2 = settings->l2,
                            .min_leaf = settings->min_leaf};
    booster->grower.rate = settings->learning_rate;
    booster->grower.words = booster->words;
    booster->trees->base = base_of(booster);
    for (size_t i = 0; i < data->count; i++)
        booster->score[i] = booster->trees->base;
    return TILL_OK;
}

static void close_booster(struct booster *booster) {
    gbdt_grower_close(&booster->grower);
    till_trees_free(booster->trees);
    free(booster->score);
    free(booster->words);
    free(booster->others);
}

/* The rows and columns of a tree. What is drawn is a function of (seed, tree, row). */
static void draw(struct booster *booster, struct till_random *random) {
    const struct data *data = booster->data;
    struct gbdt_grower *grower = &booster->grower;
    double rows = data->settings.row_fraction, columns = data->settings.column_fraction;
    uint64_t key = till_random_bits(random);
    grower->count = booster->other_count = 0;
    for (uint32_t i = 0; i < data->count; i++) {
        bool in = booster->held == LEARN || data->part[i] != booster->held;
        if (in && rows < 1) {
            struct till_random own;
            till_random_start(&own, key, i);
            in = till_random_uniform(&own) < rows;
        }
        if (in)
            grower->index[grower->count++] = i;
        else
            booster->others[booster->other_count++] = i;
    }
    /* So many of the columns, each set of them as likely as any other. */
    size_t left = data->bins.count, take = (size_t)ceil(columns * (double)left);
    for (size_t i = 0; i < data->bins.count; i++, left--) {
        grower->wanted[i] = columns >= 1 || till_random_below(random, left) < take;
        take -= grower->wanted[i] && columns < 1;
    }
}

static enum till_status add_leaf(void *context, size_t at, unsigned worker, struct till_error *error) {
    struct booster *booster = context;
    const struct gbdt_grower *grower = &booster->grower;
    const struct gbdt_leaf *leaf = &grower->leaf[at];
    double value = booster->trees->nodes[leaf->node].value;
    (void)worker;
    (void)error;
    for (size_t k = leaf->begin; k < leaf->begin + leaf->count; k++)
        booster->score[grower->index[k]] += value;
    return TILL_OK;
}

/* Adds the tree last grown to the scores of all rows. */
static void add_tree(struct booster *booster) {
    const struct gbdt_grower *grower = &booster->grower;
    struct till_error ignored;
    till_team_for(grower->count < MANY_ROWS ? NULL : grower->team, grower->leaf_count, add_leaf, booster,
                  &ignored); /* leaves do not fail */
    for (size_t i = 0; i < booster->other_count; i++) {
        uint32_t row = booster->others[i];
        booster->score[row] += booster->trees->nodes[gbdt_walk(grower, booster->trees, row)].value;
    }
}

/* One more tree. */
static enum till_status boost(struct booster *booster, struct till_error *error) {
    const struct data *data = booster->data;
    struct till_random random;
    till_random_start(&random, data->settings.seed, booster->trees->tree_count);
    gbdt_gradients(booster->words, booster->score, data->target, data->weight, data->count, till_random_bits(&random),
                   booster->grower.rules.units, booster->grower.team);
    draw(booster, &random);
    if (booster->grower.count == 0) /* none was drawn */
        booster->grower.index[booster->grower.count++] = booster->others[--booster->other_count];
    enum till_status status = gbdt_grow(&booster->grower, booster->trees, data->table, error);
    if (status == TILL_OK)
        add_tree(booster);
    return status;
}

/* The sum of losses of the rows that are held out (LEARN: of all), and of their weights. */
static void add_loss(const struct booster *booster, double *loss, double *weight) {
    const struct data *data = booster->data;
    for (size_t i = 0; i < data->count; i++)
        if (booster->held == LEARN || data->part[i] == booster->held) {
            *loss += weight_of(data, i) * loss_of(booster->score[i], data->target[i]);
            *weight += weight_of(data, i);
        }
}

/* ---- how many trees ---- */

struct trial {
    struct booster *boosters;
    size_t count;
};

static enum till_status boost_one(void *context, size_t at, unsigned worker, struct till_error *error) {
    struct trial *trial = context;
    (void)worker;
    return boost(&trial->boosters[at], error);
}

static double held_out_loss(const struct trial *trial) {
    double loss = 0, weight = 0;
    for (size_t i = 0; i < trial->count; i++)
        add_loss(&trial->boosters[i], &loss, &weight);
    return weight > 0 ? loss / weight : NAN;
}

static enum till_status run_trial(struct trial *trial, struct till_team *team, size_t *best, double *best_loss,
                                  struct till_error *error) {
    enum till_status status = TILL_OK;
    *best = 0;
    *best_loss = held_out_loss(trial);
    for (size_t tree = 1; status == TILL_OK && tree <= TILL_GBDT_MOST && tree <= *best + TILL_GBDT_PATIENCE; tree++) {
        status = till_team_for(team, trial->count, boost_one, trial, error);
        double loss = held_out_loss(trial);
        if (loss < *best_loss) {
            *best_loss = loss;
            *best = tree;
        }
    }
    return status;
}

static enum till_status choose_trees(struct data *data, size_t *best, double *best_loss, struct till_error *error) {
    bool many = data->count >= MANY_ROWS;
    struct trial trial = {.count = trials_of(data)};
    enum till_status status = TILL_OK;
    trial.boosters = calloc(trial.count, sizeof *trial.boosters);
    if (trial.boosters == NULL)
        return till_error_memory(error);
    /* Either the models share the team, or the one model has all of it. */
    for (unsigned i = 0; i < trial.count && status == TILL_OK; i++)
        status = open_booster(&trial.boosters[i], data, i, many ? data->team : NULL, error);
    if (status == TILL_OK)
        status = run_trial(&trial, many ? NULL : data->team, best, best_loss, error);
    for (size_t i = 0; i < trial.count; i++)
        close_booster(&trial.boosters[i]);
    free(trial.boosters);
    return status;
}

/* ---- all of it ---- */

static enum till_status boost_all(struct data *data, struct till_trees **trees, double *loss,
                                  struct till_error *error) {
    struct booster booster = {0};
    double weight = 0;
    enum till_status status = open_booster(&booster, data, LEARN, data->team, error);
    for (size_t i = 0; i < data->settings.trees && status == TILL_OK; i++)
        status = boost(&booster, error);
    if (status == TILL_OK)
        status = till_trees_finish(booster.trees, error);
    if (status == TILL_OK) {
        add_loss(&booster, loss, &weight);
        *loss /= weight;
        *trees = booster.trees;
        booster.trees = NULL;
    }
    close_booster(&booster);
    return status;
}

static void free_data(struct data *data) {
    till_team_close(data->team);
    gbdt_bins_free(&data->bins);
    free(data->rows);
    free(data->target);
    free(data->weight);
    free(data->part);
}

enum till_status till_gbdt_fit(struct till_trees **trees, const struct till_trees_table *table, const double *target,
                               const double *weight, const uint32_t *rows, size_t count, const uint32_t *group,
                               const struct till_gbdt_settings *settings, struct till_gbdt_report *report,
                               struct till_error *error) {
    struct data data = {.table = table, .settings = *settings};
    double held_out = NAN, loss = 0;
    *trees = NULL;
    enum till_status status = list_rows(&data, target, weight, rows, rows == NULL ? table->rows : count, error);
    choose_settings(&data.settings, data.count);
    if (status == TILL_OK)
        status = check_settings(&data.settings, error);
    if (status == TILL_OK)
        status = gbdt_bins_make(&data.bins, table, data.rows, data.count, data.settings.bins, data.settings.seed,
                                data.settings.threads, error);
    if (status == TILL_OK)
        status = till_team_open(&data.team, data.settings.threads, error);
    if (status == TILL_OK && data.settings.trees == 0) {
        give_parts(&data, group);
        status = choose_trees(&data, &data.settings.trees, &held_out, error);
    }
    if (status == TILL_OK)
        status = boost_all(&data, trees, &loss, error);
    if (status == TILL_OK && report != NULL)
        *report = (struct till_gbdt_report){
            .used = data.settings, .rows = data.count, .held_out_loss = held_out, .log_loss = loss};
    free_data(&data);
    return status;
}
