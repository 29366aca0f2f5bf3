/* A classifier in memory: made of a fit, and applied. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/classifier.h>
#include <till/scaling.h>

/* One column: the estimates of its terms, zero for the reference and for what was dropped. */
static bool fill_column(struct till_classifier_column *column, const struct till_design *design,
                        const struct till_design_source *source, const struct till_logistic *fit) {
    size_t effects = source->text ? source->level_count : 1;
    column->name = strdup(source->column);
    column->text = source->text;
    column->level_count = source->text ? source->level_count : 0;
    column->levels = calloc(column->level_count + 1, sizeof *column->levels);
    column->estimate = calloc(effects + 1, sizeof *column->estimate);
    column->spread = NAN;
    if (column->name == NULL || column->levels == NULL || column->estimate == NULL)
        return false;
    for (size_t i = 0; i < effects; i++) {
        size_t term = source->terms[i];
        if (source->text && (column->levels[i] = strdup(source->levels[i])) == NULL)
            return false;
        if (term == TILL_NO_COLUMN)
            continue;
        column->estimate[i] = fit->estimate[1 + term];
        column->mean += column->estimate[i] * design->mean[term];
        column->spread = source->text ? NAN : design->spread[term];
    }
    return true;
}

/* A classifier with room for `count` columns, none of which is there yet; NULL when memory is out. */
static struct till_classifier *start(const char *method, size_t count, const char *target, const char *positive) {
    struct till_classifier *made = calloc(1, sizeof *made);
    if (made == NULL)
        return NULL;
    made->method = strdup(method);
    made->target = strdup(target);
    made->positive = strdup(positive);
    made->digest = strdup("");
    made->columns = calloc(count + 1, sizeof *made->columns);
    if (made->method != NULL && made->target != NULL && made->positive != NULL && made->digest != NULL &&
        made->columns != NULL)
        return made;
    till_classifier_free(made);
    return NULL;
}

enum till_status till_classifier_of(struct till_classifier **model, const struct till_design *design,
                                    const struct till_logistic *fit, double shift, const double *fills,
                                    const char *target, const char *positive, struct till_error *error) {
    struct till_classifier *made = start("logistic", design->source_count, target, positive);
    bool fine = made != NULL;
    *model = NULL;
    for (; fine && made->column_count < design->source_count; made->column_count++) {
        struct till_classifier_column *column = &made->columns[made->column_count];
        column->fill = fills == NULL ? NAN : fills[made->column_count];
        fine = fill_column(column, design, &design->sources[made->column_count], fit);
    }
    if (!fine) {
        till_classifier_free(made);
        return till_error_memory(error);
    }
    made->intercept = fit->estimate[0] + shift;
    *model = made;
    return TILL_OK;
}

/* A column of a tree model: names and levels alone. */
static bool name_column(struct till_classifier_column *column, const struct till_trees_column *from) {
    column->name = strdup(from->name);
    column->text = from->text;
    column->level_count = from->level_count;
    column->levels = calloc(from->level_count + 1, sizeof *column->levels);
    column->mean = column->fill = column->spread = NAN;
    for (size_t i = 0; column->levels != NULL && i < from->level_count; i++) {
        column->levels[i] = till_slice_copy(from->levels[i]);
        if (column->levels[i] == NULL)
            return false;
    }
    return column->name != NULL && column->levels != NULL;
}

enum till_status till_classifier_of_trees(struct till_classifier **model, const char *method,
                                          const struct till_trees_table *table, struct till_trees *trees,
                                          const char *target, const char *positive, struct till_error *error) {
    struct till_classifier *made = start(method, table->count, target, positive);
    bool fine = made != NULL;
    *model = NULL;
    while (fine && made->column_count < table->count) {
        size_t at = made->column_count++;
        fine = name_column(&made->columns[at], &table->columns[at]);
    }
    if (!fine) {
        till_classifier_free(made);
        return till_error_memory(error);
    }
    made->trees = trees;
    *model = made;
    return TILL_OK;
}

static void free_column(struct till_classifier_column *column) {
    for (size_t i = 0; column->levels != NULL && i < column->level_count; i++)
        free(column->levels[i]);
    free(column->levels);
    free(column->estimate);
    free(column->name);
}

void till_classifier_free(struct till_classifier *model) {
    if (model == NULL)
        return;
    for (size_t i = 0; model->columns != NULL && i < model->column_count; i++)
        free_column(&model->columns[i]);
    free(model->columns);
    till_trees_free(model->trees);
    till_calibration_free(model->calibration);
    free(model->method);
    free(model->target);
    free(model->positive);
    free(model->digest);
    free(model);
}

size_t till_classifier_level(const struct till_classifier_column *column, struct till_slice text) {
    size_t low = 0, high = column->level_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = till_slice_compare(till_slice_of(column->levels[middle]), text);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return TILL_CLASSIFIER_NO_LEVEL;
}

/* How far a column moves the log-odds of a logistic regression. */
static double effect(const struct till_classifier_column *column, double value) {
    if (column->text)
        return isnan(value) ? 0 : column->estimate[(size_t)value];
    double number = isnan(value) ? column->fill : value;
    return column->estimate[0] * (column->log ? till_scale_log(number) : number);
}

static double predict(const struct till_classifier *model, const double *values, double *contributions) {
    if (model->trees != NULL) {
        if (contributions != NULL)
            till_trees_explain(model->trees, values, contributions);
        return till_trees_probability(model->trees, till_trees_score(model->trees, values));
    }
    double eta = model->intercept;
    for (size_t i = 0; i < model->column_count; i++) {
        double own = effect(&model->columns[i], values[i]);
        eta += own;
        if (contributions != NULL)
            contributions[i] = own - model->columns[i].mean;
    }
    return till_logistic_probability(eta);
}

double till_classifier_predict(const struct till_classifier *model, const double *values, double *contributions) {
    double probability = predict(model, values, contributions);
    return model->calibration == NULL ? probability : till_calibration_apply(model->calibration, probability);
}
