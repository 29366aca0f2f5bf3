/* A classifier in memory: made of a fit, and applied. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/classifier.h>

static char *copy_text(const char *text) {
    char *copy = malloc(strlen(text) + 1);
    if (copy != NULL)
        strcpy(copy, text);
    return copy;
}

/* One column: the estimates of its terms, zero for the reference and for what was dropped. */
static bool fill_column(struct till_classifier_column *column, const struct till_design *design,
                        const struct till_design_source *source, const struct till_logistic *fit) {
    size_t effects = source->text ? source->level_count : 1;
    column->name = copy_text(source->column);
    column->text = source->text;
    column->level_count = source->text ? source->level_count : 0;
    column->levels = calloc(column->level_count + 1, sizeof *column->levels);
    column->estimate = calloc(effects + 1, sizeof *column->estimate);
    column->spread = NAN;
    if (column->name == NULL || column->levels == NULL || column->estimate == NULL)
        return false;
    for (size_t i = 0; i < effects; i++) {
        size_t term = source->terms[i];
        if (source->text && (column->levels[i] = copy_text(source->levels[i])) == NULL)
            return false;
        if (term == TILL_NO_COLUMN)
            continue;
        column->estimate[i] = fit->estimate[1 + term];
        column->mean += column->estimate[i] * design->mean[term];
        column->spread = source->text ? NAN : design->spread[term];
    }
    return true;
}

enum till_status till_classifier_of(struct till_classifier **model, const struct till_design *design,
                                    const struct till_logistic *fit, double shift, const double *fills,
                                    const char *target, const char *positive, struct till_error *error) {
    struct till_classifier *made = calloc(1, sizeof *made);
    *model = NULL;
    if (made == NULL)
        return till_error_memory(error);
    made->method = copy_text("logistic");
    made->target = copy_text(target);
    made->positive = copy_text(positive);
    made->digest = copy_text("");
    made->intercept = fit->estimate[0] + shift;
    made->columns = calloc(design->source_count + 1, sizeof *made->columns);
    bool fine = made->method != NULL && made->target != NULL && made->positive != NULL && made->digest != NULL &&
                made->columns != NULL;
    for (; fine && made->column_count < design->source_count; made->column_count++) {
        struct till_classifier_column *column = &made->columns[made->column_count];
        column->fill = fills == NULL ? NAN : fills[made->column_count];
        fine = fill_column(column, design, &design->sources[made->column_count], fit);
    }
    if (!fine) {
        till_classifier_free(made);
        return till_error_memory(error);
    }
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

double till_classifier_predict(const struct till_classifier *model, const double *values, double *contributions) {
    double eta = model->intercept;
    for (size_t i = 0; i < model->column_count; i++) {
        const struct till_classifier_column *column = &model->columns[i];
        double effect = 0;
        if (column->text)
            effect = isnan(values[i]) ? 0 : column->estimate[(size_t)values[i]];
        else
            effect = column->estimate[0] * values[i];
        eta += effect;
        if (contributions != NULL)
            contributions[i] = effect - column->mean;
    }
    return till_logistic_probability(eta);
}
