/* Tiers as cuts by value: made from a ranking, saved and loaded as a model file, and applied to a value. What is loaded
 * is checked for all that applying relies on: two tiers or one, names, and cuts that fall. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/model.h>

#include "parts.h"

void till_value_scheme_free(struct till_value_scheme *scheme) {
    if (scheme == NULL)
        return;
    for (size_t i = 0; i < scheme->count; i++) {
        free(scheme->cut[i].name);
        free(scheme->cut[i].percent);
    }
    free(scheme->cut);
    free(scheme->column);
    free(scheme);
}

size_t till_value_scheme_tier(const struct till_value_scheme *scheme, double value) {
    size_t tier = 0;
    while (tier + 1 < scheme->count && !(value >= scheme->cut[tier].lowest)) /* also passes over NaN */
        tier++;
    return tier;
}

static struct till_value_scheme *new_scheme(const char *column, size_t count) {
    struct till_value_scheme *scheme = calloc(1, sizeof *scheme);
    if (scheme == NULL)
        return NULL;
    scheme->column = strdup(column);
    scheme->cut = calloc(count, sizeof *scheme->cut);
    if (scheme->column != NULL && scheme->cut != NULL)
        return scheme;
    till_value_scheme_free(scheme);
    return NULL;
}

static bool add_cut(struct till_value_scheme *scheme, const char *name, const char *percent, double lowest,
                    uint64_t customers) {
    struct till_value_cut *cut = &scheme->cut[scheme->count++];
    *cut = (struct till_value_cut){strdup(name), strdup(percent), lowest, customers};
    return cut->name != NULL && cut->percent != NULL;
}

enum till_status till_value_scheme_of(const struct till_value *value, const char *column,
                                      struct till_value_scheme **scheme, struct till_error *error) {
    struct till_value_scheme *new = *scheme = new_scheme(column, value->tier_count);
    bool good = new != NULL;
    for (size_t i = 0; i < value->tier_count && good; i++) {
        const struct tier_facts *facts = &value->facts[i];
        /* A scheme that was applied stays what it is. */
        if (value->scheme != NULL)
            good = add_cut(new, value->scheme->cut[i].name, value->scheme->cut[i].percent, value->scheme->cut[i].lowest,
                           facts->customers);
        else
            good = add_cut(new, value->tiers->tier[i].name, value->tiers->tier[i].percent, facts->lowest,
                           facts->customers);
    }
    if (good)
        return TILL_OK;
    till_value_scheme_free(new);
    *scheme = NULL;
    return till_error_memory(error);
}

/* Saving -------------------------------------------------------------------------------------------------------- */

static json_t *cut_as_json(const struct till_value_cut *cut) {
    json_t *lowest = isnan(cut->lowest) ? json_null() : json_real(cut->lowest);
    return json_pack("{s:s, s:s, s:o, s:I}", "name", cut->name, "percent", cut->percent, "lowest", lowest, "customers",
                     (json_int_t)cut->customers);
}

static json_t *scheme_as_json(const struct till_value_scheme *scheme) {
    json_t *tiers = json_array();
    for (size_t i = 0; i < scheme->count && tiers != NULL; i++)
        if (json_array_append_new(tiers, cut_as_json(&scheme->cut[i])) != 0) {
            json_decref(tiers);
            tiers = NULL;
        }
    return tiers == NULL ? NULL : json_pack("{s:s, s:o}", "column", scheme->column, "tiers", tiers);
}

enum till_status till_value_scheme_save(struct till_sink sink, const struct till_value_scheme *scheme,
                                        struct till_error *error) {
    json_t *body = scheme_as_json(scheme);
    if (body == NULL)
        return till_error_memory(error);
    enum till_status status = till_model_save(sink, TILL_VALUE_SCHEME_KIND, body, error);
    json_decref(body);
    return status;
}

/* Loading ------------------------------------------------------------------------------------------------------- */

static enum till_status refuse(const char *what, struct till_error *error) {
    return till_error_set(error, TILL_ERROR_STATE, "not a usable tier scheme: %s", what);
}

static enum till_status decode_cut(struct till_value_scheme *scheme, const json_t *json, double *above,
                                   struct till_error *error) {
    const json_t *name = json_object_get(json, "name"), *percent = json_object_get(json, "percent");
    const json_t *lowest = json_object_get(json, "lowest"), *customers = json_object_get(json, "customers");
    if (!json_is_string(name) || !json_is_string(percent) || !json_is_integer(customers) ||
        !(json_is_number(lowest) || json_is_null(lowest)))
        return refuse("a tier lacks its name, percent, lowest value or number of customers", error);
    double cut = json_is_null(lowest) ? (double)NAN : json_number_value(lowest);
    if (cut >= *above)
        return refuse("the lowest values do not fall from tier to tier", error);
    if (!isnan(cut))
        *above = cut;
    if (!add_cut(scheme, json_string_value(name), json_string_value(percent), cut,
                 (uint64_t)json_integer_value(customers)))
        return till_error_memory(error);
    return TILL_OK;
}

enum till_status till_value_scheme_decode(struct till_value_scheme **scheme, const json_t *body,
                                          struct till_error *error) {
    const json_t *column = json_object_get(body, "column"), *tiers = json_object_get(body, "tiers");
    *scheme = NULL;
    if (!json_is_string(column) || json_array_size(tiers) == 0)
        return refuse("it lacks its column or its tiers", error);
    struct till_value_scheme *new = new_scheme(json_string_value(column), json_array_size(tiers));
    if (new == NULL)
        return till_error_memory(error);
    double above = (double)INFINITY;
    enum till_status status = TILL_OK;
    for (size_t i = 0; i < json_array_size(tiers) && status == TILL_OK; i++)
        status = decode_cut(new, json_array_get(tiers, i), &above, error);
    if (status == TILL_OK)
        *scheme = new;
    else
        till_value_scheme_free(new);
    return status;
}

enum till_status till_value_scheme_load(struct till_value_scheme **scheme, const char *path, struct till_error *error) {
    char kind[TILL_MODEL_KIND_SIZE];
    json_t *body = NULL;
    *scheme = NULL;
    enum till_status status = till_model_load(path, kind, &body, error);
    if (status != TILL_OK)
        return status;
    if (strcmp(kind, TILL_VALUE_SCHEME_KIND) != 0)
        status = till_error_set(error, TILL_ERROR_STATE, "a model of kind \"%s\", where a tier scheme is wanted", kind);
    else
        status = till_value_scheme_decode(scheme, body, error);
    if (status != TILL_OK)
        till_error_at(error, path, 0, 0, NULL);
    json_decref(body);
    return status;
}
