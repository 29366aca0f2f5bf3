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
           (column->log ? json_object_set_new(json, "log", json_true()) : 0) |
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

static json_t *pack_reals(const double *values, size_t count) {
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < count; i++)
        if (json_array_append_new(array, json_real(values[i])) != 0) {
            json_decref(array);
            array = NULL;
        }
    return array;
}

static json_t *pack_calibration(const struct till_calibration *calibration) {
    if (calibration->method == TILL_CALIBRATION_PLATT)
        return json_pack("{s:s, s:f, s:f}", "method", "platt", "a", calibration->a, "b", calibration->b);
    return json_pack("{s:s, s:o, s:o}", "method", "isotonic", "from", pack_reals(calibration->from, calibration->count),
                     "to", pack_reals(calibration->to, calibration->count));
}

/* Why nothing was packed: a text that is no UTF-8, or memory. */
static enum till_status explain(const struct till_classifier *model, struct till_error *error) {
    bool foreign = false;
    for (size_t i = 0; i < model->column_count; i++) {
        const struct till_classifier_column *column = &model->columns[i];
        for (size_t level = 0; level <= column->level_count; level++) {
            const char *text = level == column->level_count ? column->name : column->levels[level];
            json_t *checked = json_string(text), *any = json_string_nocheck(text);
            foreign = foreign || (checked == NULL && any != NULL);
            json_decref(checked);
            json_decref(any);
        }
    }
    return foreign ? till_error_set(error, TILL_ERROR_DATA, "a model file holds UTF-8 alone: is --encoding needed?")
                   : till_error_memory(error);
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
        return explain(model, error);
    if (model->calibration != NULL &&
        json_object_set_new(body, "calibration", pack_calibration(model->calibration)) != 0) {
        json_decref(body);
        return till_error_memory(error);
    }
    enum till_status status = till_model_save(sink, kind_name, body, error);
    json_decref(body);
    return status;
}

/* ---- loading ---- */

/* What is taken may fail because the file is no classifier, or for want of memory, which *memory then says. */
static void *take_room(size_t count, size_t size, bool *memory) {
    void *room = calloc(count + 1, size);
    *memory = *memory || room == NULL;
    return room;
}

static char *copy_text(const char *text, bool *memory) {
    char *copy = text == NULL ? NULL : take_room(strlen(text), 1, memory);
    if (copy != NULL)
        strcpy(copy, text);
    return copy;
}

static char *take_text(const json_t *object, const char *key, bool *memory) {
    return copy_text(json_string_value(json_object_get(object, key)), memory);
}

static double take_real(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* The levels, which have to rise, so that they can be searched. */
static bool take_levels(struct till_classifier_column *column, const json_t *levels, bool *memory) {
    column->level_count = json_array_size(levels);
    column->levels = take_room(column->level_count, sizeof *column->levels, memory);
    for (size_t i = 0; column->levels != NULL && i < column->level_count; i++) {
        const char *text = json_string_value(json_array_get(levels, i));
        column->levels[i] = copy_text(text, memory);
        if (text == NULL || column->levels[i] == NULL)
            return false;
        if (i > 0 && strcmp(column->levels[i - 1], text) >= 0)
            return false;
    }
    return column->levels != NULL;
}

static bool take_estimates(struct till_classifier_column *column, const json_t *json, bool *memory) {
    const json_t *estimates = json_object_get(json, "estimates");
    size_t effects = column->text ? column->level_count : 1;
    column->estimate = take_room(effects, sizeof *column->estimate, memory);
    column->log = json_is_true(json_object_get(json, "log"));
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

static bool take_column(struct till_classifier_column *column, const json_t *json, bool *memory) {
    const char *type = json_string_value(json_object_get(json, "type"));
    column->name = take_text(json, "name", memory);
    column->text = type != NULL && strcmp(type, "levels") == 0;
    column->mean = column->fill = column->spread = NAN;
    return take_levels(column, json_object_get(json, "levels"), memory) && column->name != NULL && type != NULL;
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

static bool take_reals(double **values, size_t *count, const json_t *array, bool *memory) {
    *count = json_array_size(array);
    *values = take_room(*count, sizeof **values, memory);
    for (size_t i = 0; *values != NULL && i < *count; i++) {
        if (!json_is_number(json_array_get(array, i)))
            return false;
        (*values)[i] = json_number_value(json_array_get(array, i));
    }
    return *values != NULL;
}

/* What is no calibration is refused: its points have to rise, and stay within 0 and 1. */
static bool take_calibration(struct till_calibration *calibration, const json_t *json, bool *memory) {
    const char *method = json_string_value(json_object_get(json, "method"));
    size_t count;
    if (method != NULL && strcmp(method, "platt") == 0) {
        calibration->method = TILL_CALIBRATION_PLATT;
        calibration->a = take_real(json, "a");
        calibration->b = take_real(json, "b");
        return isfinite(calibration->a) && isfinite(calibration->b);
    }
    calibration->method = TILL_CALIBRATION_ISOTONIC;
    if (method == NULL || strcmp(method, "isotonic") != 0 ||
        !take_reals(&calibration->from, &calibration->count, json_object_get(json, "from"), memory) ||
        !take_reals(&calibration->to, &count, json_object_get(json, "to"), memory) || count != calibration->count ||
        count == 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        double from = calibration->from[i], to = calibration->to[i];
        if (!(from >= 0 && from <= 1 && to >= 0 && to <= 1) ||
            (i > 0 && (from < calibration->from[i - 1] || to < calibration->to[i - 1])))
            return false;
    }
    return true;
}

static enum till_status unknown(bool memory, struct till_error *error) {
    return memory ? till_error_memory(error)
                  : till_error_set(error, TILL_ERROR_STATE, "not a classifier that this version knows");
}

static enum till_status take_body(struct till_classifier *model, const json_t *body, struct till_error *error) {
    bool memory = false;
    model->method = take_text(body, "method", &memory);
    model->target = take_text(body, "target", &memory);
    model->positive = take_text(body, "positive", &memory);
    model->digest = take_text(body, "training_digest", &memory);
    if (model->method == NULL || model->target == NULL || model->positive == NULL || model->digest == NULL)
        return unknown(memory, error);
    const json_t *own = json_object_get(body, model->method), *columns = json_object_get(own, "columns");
    const json_t *calibration = json_object_get(body, "calibration");
    model->rows = (uint64_t)json_integer_value(json_object_get(body, "rows"));
    model->positives = (uint64_t)json_integer_value(json_object_get(body, "positives"));
    model->seed = (uint64_t)json_integer_value(json_object_get(body, "seed"));
    if (calibration != NULL && (model->calibration = calloc(1, sizeof *model->calibration)) == NULL)
        return till_error_memory(error);
    if (calibration != NULL && !take_calibration(model->calibration, calibration, &memory))
        return unknown(memory, error);
    bool logistic = strcmp(model->method, "logistic") == 0;
    model->columns = calloc(json_array_size(columns) + 1, sizeof *model->columns);
    if (model->columns == NULL)
        return till_error_memory(error);
    while (model->column_count < json_array_size(columns)) {
        const json_t *json = json_array_get(columns, model->column_count);
        struct till_classifier_column *column = &model->columns[model->column_count++];
        if (!take_column(column, json, &memory) || (logistic && !take_estimates(column, json, &memory)))
            return unknown(memory, error);
    }
    if (!logistic)
        return take_trees(model, own, error);
    model->intercept = take_real(own, "intercept");
    return isnan(model->intercept) ? unknown(memory, error) : TILL_OK;
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
