/* A classifier as JSON, in the one form of model files. What is read is checked before it is believed: the digest tells
 * accidents, not another program's idea of a classifier. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <till/classifier.h>
#include <till/model.h>

#include "lib/mining/trees/parts.h"

static const char kind_name[] = "classifier";

/* ---- saving ---- */

static json_t *real_or_null(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

/* What a logistic regression holds of a column beside its name and levels. */
static int pack_estimates(json_t *json, const struct till_classifier_column *column) {
    json_t *estimates = json_array();
    int failed = estimates == NULL;
    for (size_t i = 0; i < (column->text ? column->level_count : 1); i++)
        failed = failed || json_array_append_new(estimates, json_real(column->estimate[i])) != 0;
    return failed | json_object_set_new(json, "estimates", estimates) |
           json_object_set_new(json, "mean_effect", json_real(column->mean)) |
           json_object_set_new(json, "spread", real_or_null(column->spread)) |
           json_object_set_new(json, "fill", real_or_null(column->fill));
}

static json_t *pack_column(const struct till_classifier_column *column) {
    json_t *json = json_pack("{s:s, s:s}", "name", column->name, "type", column->text ? "levels" : "number");
    int failed = json == NULL;
    if (column->text) {
        json_t *levels = json_array();
        for (size_t i = 0; i < column->level_count; i++)
            failed = failed || json_array_append_new(levels, json_string(column->levels[i])) != 0;
        failed = failed || json_object_set_new(json, "levels", levels) != 0;
    }
    if (column->estimate != NULL)
        failed = failed || pack_estimates(json, column) != 0;
    if (!failed)
        return json;
    json_decref(json);
    return NULL;
}

/* What the method has found, under its name: the columns, and estimates or nodes. */
static json_t *pack_own(const struct till_classifier *model) {
    json_t *columns = json_array(), *own;
    int failed = columns == NULL;
    for (size_t i = 0; !failed && i < model->column_count; i++)
        failed = json_array_append_new(columns, pack_column(&model->columns[i]));
    if (failed) {
        json_decref(columns);
        return NULL;
    }
    if (model->trees == NULL)
        return json_pack("{s:f, s:o}", "intercept", model->intercept, "columns", columns);
    own = json_pack("{s:o}", "columns", columns);
    json_t *trees = trees_pack(model->trees);
    failed = own == NULL || trees == NULL || json_object_update(own, trees) != 0;
    json_decref(trees);
    if (!failed)
        return own;
    json_decref(own);
    return NULL;
}

enum till_status till_classifier_save(struct till_sink sink, const struct till_classifier *model,
                                      struct till_error *error) {
    json_t *own = pack_own(model);
    json_t *body = own == NULL
                       ? NULL
                       : json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:o}", "method", model->method, "target",
                                   model->target, "positive", model->positive, "rows", (json_int_t)model->rows,
                                   "positives", (json_int_t)model->positives, "seed", (json_int_t)model->seed,
                                   "training_digest", model->digest, model->method, own);
    if (body == NULL)
        return till_error_set(error, TILL_ERROR_DATA, "a model file holds UTF-8 alone: is --encoding needed?");
    enum till_status status = till_model_save(sink, kind_name, body, error);
    json_decref(body);
    return status;
}

/* ---- loading ---- */

static char *take_text(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    char *copy = text == NULL ? NULL : malloc(strlen(text) + 1);
    if (copy != NULL)
        strcpy(copy, text);
    return copy;
}

static double take_real(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* The levels, which have to rise, so that they can be searched. */
static bool take_levels(struct till_classifier_column *column, const json_t *levels) {
    column->level_count = json_array_size(levels);
    column->levels = calloc(column->level_count + 1, sizeof *column->levels);
    for (size_t i = 0; column->levels != NULL && i < column->level_count; i++) {
        const char *text = json_string_value(json_array_get(levels, i));
        column->levels[i] = text == NULL ? NULL : malloc(strlen(text) + 1);
        if (column->levels[i] == NULL)
            return false;
        strcpy(column->levels[i], text);
        if (i > 0 && strcmp(column->levels[i - 1], text) >= 0)
            return false;
    }
    return column->levels != NULL;
}

static bool take_estimates(struct till_classifier_column *column, const json_t *json) {
    const json_t *estimates = json_object_get(json, "estimates");
    size_t effects = column->text ? column->level_count : 1;
    column->estimate = calloc(effects + 1, sizeof *column->estimate);
    column->mean = take_real(json, "mean_effect");
    column->spread = take_real(json, "spread");
    column->fill = take_real(json, "fill");
    if (column->estimate == NULL || json_array_size(estimates) != effects || isnan(column->mean))
        return false;
    if (column->text && !isnan(column->fill) && !(column->fill >= 0 && column->fill < (double)effects))
        return false;
    for (size_t i = 0; i < effects; i++) {
        if (!json_is_number(json_array_get(estimates, i)))
            return false;
        column->estimate[i] = json_number_value(json_array_get(estimates, i));
    }
    return true;
}

static bool take_column(struct till_classifier_column *column, const json_t *json) {
    const char *type = json_string_value(json_object_get(json, "type"));
    column->name = take_text(json, "name");
    column->text = type != NULL && strcmp(type, "levels") == 0;
    column->mean = column->fill = column->spread = NAN;
    return take_levels(column, json_object_get(json, "levels")) && column->name != NULL && type != NULL;
}

static enum till_status take_trees(struct till_classifier *model, const json_t *own, struct till_error *error) {
    size_t *level_counts = malloc((model->column_count + 1) * sizeof *level_counts);
    if (level_counts == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < model->column_count; i++)
        level_counts[i] = model->columns[i].text ? model->columns[i].level_count : 0;
    enum till_status status = trees_unpack(&model->trees, own, model->column_count, level_counts, error);
    free(level_counts);
    return status;
}

static enum till_status unknown(struct till_error *error) {
    return till_error_set(error, TILL_ERROR_STATE, "not a classifier that this version knows");
}

static enum till_status take_body(struct till_classifier *model, const json_t *body, struct till_error *error) {
    model->method = take_text(body, "method");
    model->target = take_text(body, "target");
    model->positive = take_text(body, "positive");
    model->digest = take_text(body, "training_digest");
    if (model->method == NULL || model->target == NULL || model->positive == NULL || model->digest == NULL)
        return unknown(error);
    const json_t *own = json_object_get(body, model->method), *columns = json_object_get(own, "columns");
    bool logistic = strcmp(model->method, "logistic") == 0;
    model->columns = calloc(json_array_size(columns) + 1, sizeof *model->columns);
    if (model->columns == NULL)
        return till_error_memory(error);
    while (model->column_count < json_array_size(columns)) {
        const json_t *json = json_array_get(columns, model->column_count);
        struct till_classifier_column *column = &model->columns[model->column_count++];
        if (!take_column(column, json) || (logistic && !take_estimates(column, json)))
            return unknown(error);
    }
    if (!logistic)
        return take_trees(model, own, error);
    model->intercept = take_real(own, "intercept");
    return isnan(model->intercept) ? unknown(error) : TILL_OK;
}

enum till_status till_classifier_load(struct till_classifier **model, const char *path, struct till_error *error) {
    char kind[TILL_MODEL_KIND_SIZE], quoted[TILL_QUOTED_SIZE];
    json_t *body;
    *model = NULL;
    enum till_status status = till_model_load(path, kind, &body, error);
    if (status != TILL_OK)
        return status;
    struct till_classifier *made = calloc(1, sizeof *made);
    if (made == NULL)
        status = till_error_memory(error);
    else if (strcmp(kind, kind_name) != 0)
        status =
            till_error_set(error, TILL_ERROR_STATE, "a model of the kind %s gives no probabilities (see till-assign)",
                           till_error_quote(quoted, kind, strlen(kind)));
    else
        status = take_body(made, body, error);
    if (status == TILL_ERROR_STATE)
        till_error_at(error, path, 0, 0, NULL);
    json_decref(body);
    if (status != TILL_OK)
        till_classifier_free(made);
    else
        *model = made;
    return status;
}
