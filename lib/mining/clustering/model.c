/* Kept clusterings: distances to their clusters, and their form as a file. */
#include <till/clustering.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/model.h>

#include "lib/data/utf8.h"

static const char *const method_names[] = {"kmeans", "kmedoids", "kmodes", "kprototypes"};
static const char *const metric_names[] = {"euclidean", "manhattan", "gower", "prototype"};

struct till_clustering *till_clustering_new(enum till_clustering_method method, size_t clusters, size_t numeric_count,
                                            size_t level_count) {
    struct till_clustering *model = calloc(1, sizeof *model);
    if (model == NULL)
        return NULL;
    model->method = method;
    model->clusters = clusters;
    model->numeric_count = numeric_count;
    model->level_count = level_count;
    model->numeric = calloc(numeric_count + 1, sizeof *model->numeric);
    model->level = calloc(level_count + 1, sizeof *model->level);
    model->numbers = calloc(clusters * numeric_count + 1, sizeof *model->numbers);
    model->levels = calloc(clusters * level_count + 1, sizeof *model->levels);
    model->sizes = calloc(clusters + 1, sizeof *model->sizes);
    model->within = calloc(clusters + 1, sizeof *model->within);
    if (model->numeric != NULL && model->level != NULL && model->numbers != NULL && model->levels != NULL &&
        model->sizes != NULL && model->within != NULL)
        return model;
    till_clustering_free(model);
    return NULL;
}

void till_clustering_free(struct till_clustering *model) {
    if (model == NULL)
        return;
    for (size_t j = 0; j < model->numeric_count && model->numeric != NULL; j++)
        free(model->numeric[j].name);
    for (size_t j = 0; j < model->level_count && model->level != NULL; j++)
        free(model->level[j].name);
    for (size_t i = 0; i < model->clusters * model->level_count && model->levels != NULL; i++)
        free(model->levels[i]);
    free(model->numeric);
    free(model->level);
    free(model->numbers);
    free(model->levels);
    free(model->sizes);
    free(model->within);
    till_centroids_free(model->centroids);
    free(model);
}

enum till_status till_clustering_seal(struct till_clustering *model, struct till_error *error) {
    if (model->method != TILL_CLUSTERING_KMEANS)
        return TILL_OK;
    till_centroids_free(model->centroids);
    model->centroids = till_centroids_new(model->clusters, model->numeric_count, model->numbers, error);
    return model->centroids == NULL ? TILL_ERROR_MEMORY : TILL_OK;
}

/* Distances ------------------------------------------------------------------------------------------------------- */

double till_clustering_distance(const struct till_clustering *model, size_t cluster, const double *numbers,
                                const struct till_slice *levels) {
    char *const *own = model->levels + cluster * model->level_count;
    size_t different = 0;
    for (size_t j = 0; j < model->level_count; j++)
        different += !till_slice_equal(levels[j], till_slice_of(own[j]));
    return till_metric_distance(model->metric, model->gamma, numbers, model->numbers + cluster * model->numeric_count,
                                model->numeric_count, different, model->level_count);
}

uint32_t till_clustering_nearest(const struct till_clustering *model, const double *numbers,
                                 const struct till_slice *levels, double *distance) {
    uint32_t found = 0;
    if (model->centroids != NULL)
        return till_centroids_nearest(model->centroids, numbers, distance);
    *distance = (double)INFINITY;
    for (size_t c = 0; c < model->clusters; c++) {
        double far = till_clustering_distance(model, c, numbers, levels);
        if (far < *distance) {
            *distance = far;
            found = (uint32_t)c;
        }
    }
    return found;
}

/* Saving ---------------------------------------------------------------------------------------------------------- */

static json_t *columns_as_json(const struct till_clustering_column *columns, size_t count, bool numeric) {
    json_t *array = json_array();
    for (size_t j = 0; j < count && array != NULL; j++) {
        const struct till_scale *scale = &columns[j].scale;
        json_t *column = numeric ? json_pack("{s:s, s:b, s:f, s:f}", "name", columns[j].name, "log", scale->log,
                                             "location", scale->location, "scale", scale->scale)
                                 : json_pack("{s:s}", "name", columns[j].name);
        if (json_array_append_new(array, column) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

static json_t *cluster_as_json(const struct till_clustering *model, size_t c) {
    json_t *numbers = json_array(), *levels = json_array();
    bool good = numbers != NULL && levels != NULL;
    for (size_t j = 0; j < model->numeric_count && good; j++)
        good = json_array_append_new(numbers, json_real(model->numbers[c * model->numeric_count + j])) == 0;
    for (size_t j = 0; j < model->level_count && good; j++)
        good = json_array_append_new(levels, json_string(model->levels[c * model->level_count + j])) == 0;
    if (good)
        return json_pack("{s:I, s:f, s:o, s:o}", "size", (json_int_t)model->sizes[c], "within", model->within[c],
                         "numbers", numbers, "levels", levels);
    json_decref(numbers);
    json_decref(levels);
    return NULL;
}

static json_t *model_as_json(const struct till_clustering *model) {
    json_t *clusters = json_array();
    for (size_t c = 0; c < model->clusters && clusters != NULL; c++)
        if (json_array_append_new(clusters, cluster_as_json(model, c)) != 0) {
            json_decref(clusters);
            clusters = NULL;
        }
    return json_pack("{s:s, s:s, s:f, s:o, s:o, s:o}", "method", method_names[model->method], "metric",
                     metric_names[model->metric], "gamma", model->gamma, "numeric",
                     columns_as_json(model->numeric, model->numeric_count, true), "categorical",
                     columns_as_json(model->level, model->level_count, false), "clusters", clusters);
}

static bool is_utf8(const char *text) {
    size_t length = strlen(text);
    return utf8_first_invalid(text, length) == length;
}

/* JSON holds nothing else than UTF-8. */
static bool all_utf8(const struct till_clustering *model) {
    bool good = true;
    for (size_t j = 0; j < model->numeric_count; j++)
        good = good && is_utf8(model->numeric[j].name);
    for (size_t j = 0; j < model->level_count; j++)
        good = good && is_utf8(model->level[j].name);
    for (size_t i = 0; i < model->clusters * model->level_count; i++)
        good = good && is_utf8(model->levels[i]);
    return good;
}

enum till_status till_clustering_save(struct till_sink sink, const struct till_clustering *model,
                                      struct till_error *error) {
    if (!all_utf8(model))
        return till_error_set(error, TILL_ERROR_DATA, "the model cannot be kept: a column or level is not UTF-8");
    json_t *body = model_as_json(model);
    if (body == NULL)
        return till_error_memory(error);
    enum till_status status = till_model_save(sink, TILL_CLUSTERING_KIND, body, error);
    json_decref(body);
    return status;
}

/* Loading --------------------------------------------------------------------------------------------------------- */

static enum till_status refuse(const char *what, struct till_error *error) {
    return till_error_set(error, TILL_ERROR_STATE, "not a usable clustering: %s", what);
}

static int name_index(const json_t *json, const char *const *names, int count) {
    for (int i = 0; i < count && json_is_string(json); i++)
        if (strcmp(json_string_value(json), names[i]) == 0)
            return i;
    return -1;
}

static enum till_status decode_columns(struct till_clustering_column *columns, const json_t *array, bool numeric,
                                       struct till_error *error) {
    for (size_t j = 0; j < json_array_size(array); j++) {
        const json_t *json = json_array_get(array, j), *name = json_object_get(json, "name");
        const json_t *location = json_object_get(json, "location"), *scale = json_object_get(json, "scale");
        if (!json_is_string(name) ||
            (numeric && (!json_is_number(location) || !json_is_number(scale) || !(json_number_value(scale) > 0))))
            return refuse("a column lacks its name or scale", error);
        columns[j].name = strdup(json_string_value(name));
        columns[j].scale = (struct till_scale){json_is_true(json_object_get(json, "log")), json_number_value(location),
                                               numeric ? json_number_value(scale) : 1};
        if (columns[j].name == NULL)
            return till_error_memory(error);
    }
    return TILL_OK;
}

static enum till_status decode_cluster(struct till_clustering *model, size_t c, const json_t *json,
                                       struct till_error *error) {
    const json_t *numbers = json_object_get(json, "numbers"), *levels = json_object_get(json, "levels");
    const json_t *size = json_object_get(json, "size"), *within = json_object_get(json, "within");
    if (json_array_size(numbers) != model->numeric_count || json_array_size(levels) != model->level_count ||
        !json_is_integer(size) || !json_is_number(within))
        return refuse("a cluster lacks its point, its size or its spread", error);
    model->sizes[c] = (uint64_t)json_integer_value(size);
    model->within[c] = json_number_value(within);
    for (size_t j = 0; j < model->numeric_count; j++) {
        if (!json_is_number(json_array_get(numbers, j)))
            return refuse("a coordinate is not a number", error);
        model->numbers[c * model->numeric_count + j] = json_number_value(json_array_get(numbers, j));
    }
    for (size_t j = 0; j < model->level_count; j++) {
        if (!json_is_string(json_array_get(levels, j)))
            return refuse("a level is not a text", error);
        char **level = &model->levels[c * model->level_count + j];
        if ((*level = strdup(json_string_value(json_array_get(levels, j)))) == NULL)
            return till_error_memory(error);
    }
    return TILL_OK;
}

enum till_status till_clustering_decode(struct till_clustering **model, const json_t *body, struct till_error *error) {
    const json_t *numeric = json_object_get(body, "numeric"), *level = json_object_get(body, "categorical");
    const json_t *clusters = json_object_get(body, "clusters");
    int method = name_index(json_object_get(body, "method"), method_names, 4);
    int metric = name_index(json_object_get(body, "metric"), metric_names, 4);
    *model = NULL;
    if (method < 0 || metric < 0 || json_array_size(clusters) == 0 ||
        json_array_size(numeric) + json_array_size(level) == 0)
        return refuse("it lacks its method, its columns or its clusters", error);
    struct till_clustering *new = till_clustering_new((enum till_clustering_method)method, json_array_size(clusters),
                                                      json_array_size(numeric), json_array_size(level));
    if (new == NULL)
        return till_error_memory(error);
    new->metric = (enum till_clustering_metric)metric;
    new->gamma = json_number_value(json_object_get(body, "gamma"));
    enum till_status status = decode_columns(new->numeric, numeric, true, error);
    if (status == TILL_OK)
        status = decode_columns(new->level, level, false, error);
    for (size_t c = 0; c < new->clusters &&status == TILL_OK; c++)
        status = decode_cluster(new, c, json_array_get(clusters, c), error);
    if (status == TILL_OK)
        status = till_clustering_seal(new, error);
    if (status == TILL_OK)
        *model = new;
    else
        till_clustering_free(new);
    return status;
}

enum till_status till_clustering_load(struct till_clustering **model, const char *path, struct till_error *error) {
    char kind[TILL_MODEL_KIND_SIZE];
    json_t *body = NULL;
    *model = NULL;
    enum till_status status = till_model_load(path, kind, &body, error);
    if (status != TILL_OK)
        return status;
    if (strcmp(kind, TILL_CLUSTERING_KIND) != 0)
        status = till_error_set(error, TILL_ERROR_STATE, "a model of kind \"%s\", where a clustering is wanted", kind);
    else
        status = till_clustering_decode(model, body, error);
    if (status != TILL_OK)
        till_error_at(error, path, 0, 0, NULL);
    json_decref(body);
    return status;
}
