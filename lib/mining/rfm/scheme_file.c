/* Schemes as model files: the JSON form that till/rfm.h shows.
 *
 * Cuts are written as people know the figures: recency in days (so its cuts fall), money as exact decimals in strings.
 * Reading trusts nothing: the digest of the file tells accidents, and what is checked here is what scoring relies on,
 * namely shapes, ranges, rising cuts and a complete table of segments. */
#include "lib/mining/rfm/scheme.h"

#include <stdlib.h>
#include <string.h>

#include <till/model.h>

/* --- Writing --- */

/* json_array_append_new refuses NULL, which is how a failed json_integer or json_string arrives here. */
static bool append(json_t *list, json_t *value) {
    return json_array_append_new(list, value) == 0;
}

/* One cut, as a number of days or purchases, or as money in a string: JSON numbers would pass through doubles
 * elsewhere. */
static json_t *cut_as_json(enum till_rfm_dimension dimension, int64_t cut) {
    if (dimension == TILL_RFM_RECENCY)
        return json_integer(-cut);
    if (dimension == TILL_RFM_FREQUENCY)
        return json_integer(cut);
    char text[TILL_MONEY_TEXT];
    return json_stringn(text, till_decimal_format(text, cut));
}

static json_t *cuts_as_json(enum till_rfm_dimension dimension, const int64_t *cuts, unsigned bins) {
    json_t *list = json_array();
    for (unsigned i = 0; list != NULL && i + 1 < bins; i++)
        if (!append(list, cut_as_json(dimension, cuts[i]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* `depth` levels of lists of bins members around the cuts; `group` grows by one digit a level. */
static json_t *groups_as_json(const struct till_rfm_scheme *scheme, enum till_rfm_dimension dimension, unsigned depth,
                              size_t group) {
    if (depth == 0)
        return cuts_as_json(dimension,
                            dimension == TILL_RFM_FREQUENCY ? scheme->frequency[group] : scheme->monetary[group],
                            scheme->bins);
    json_t *list = json_array();
    for (unsigned i = 0; list != NULL && i < scheme->bins; i++)
        if (!append(list, groups_as_json(scheme, dimension, depth - 1, group * scheme->bins + i))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* One row of the table of segments. */
static json_t *rule_as_json(const struct till_rfm_rule *rule) {
    return json_pack("{s:s%, s:[i,i], s:[i,i], s:[i,i]}", "segment", rule->segment.bytes, rule->segment.length, "r",
                     (int)rule->r_min, (int)rule->r_max, "f", (int)rule->f_min, (int)rule->f_max, "m", (int)rule->m_min,
                     (int)rule->m_max);
}

static json_t *segments_as_json(const struct till_rfm_segments *segments) {
    size_t count;
    const struct till_rfm_rule *rules = till_rfm_segments_rules(segments, &count);
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < count; i++)
        if (!append(list, rule_as_json(&rules[i]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* The body, with its keys in the order in which people read them. NULL when memory is out. */
static json_t *scheme_as_json(const struct till_rfm_scheme *scheme) {
    unsigned nested = scheme->scores == TILL_RFM_NESTED;
    char as_of[TILL_DAY_TEXT];
    size_t length = till_date_write(as_of, scheme->as_of);
    json_t *body = json_object();
    bool good =
        body != NULL && json_object_set_new(body, "bins", json_integer(scheme->bins)) == 0 &&
        json_object_set_new(body, "scores", json_string(nested ? "nested" : "independent")) == 0 &&
        json_object_set_new(body, "as_of", json_stringn(as_of, length)) == 0 &&
        json_object_set_new(body, "customers", json_integer((json_int_t)scheme->customers)) == 0 &&
        json_object_set_new(body, "recency", cuts_as_json(TILL_RFM_RECENCY, scheme->recency, scheme->bins)) == 0 &&
        json_object_set_new(body, "frequency", groups_as_json(scheme, TILL_RFM_FREQUENCY, nested ? 1 : 0, 0)) == 0 &&
        json_object_set_new(body, "monetary", groups_as_json(scheme, TILL_RFM_MONETARY, nested ? 2 : 0, 0)) == 0 &&
        json_object_set_new(body, "segments", segments_as_json(scheme->segments)) == 0;
    if (good)
        return body;
    json_decref(body);
    return NULL;
}

enum till_status till_rfm_scheme_save(struct till_sink sink, const struct till_rfm_scheme *scheme,
                                      struct till_error *error) {
    if (scheme->customers == 0)
        return till_error_set(error, TILL_ERROR_MODEL, "no customer has a purchase: there is nothing to cut");
    json_t *body = scheme_as_json(scheme);
    if (body == NULL)
        return till_error_memory(error);
    enum till_status status = till_model_save(sink, TILL_RFM_SCHEME_KIND, body, error);
    json_decref(body);
    return status;
}

/* --- Reading --- */

static enum till_status bad(struct till_error *error, const char *what) {
    return till_error_set(error, TILL_ERROR_STATE, "not a good RFM scheme: %s", what);
}

/* A whole number within least..most. */
static bool get_integer(const json_t *value, int64_t least, int64_t most, int64_t *out) {
    if (!json_is_integer(value))
        return false;
    *out = json_integer_value(value);
    return *out >= least && *out <= most;
}

/* The counterpart of cut_as_json. Frequencies of zero are let in: a scheme may be made of other customers than ours. */
static bool get_cut(const json_t *value, enum till_rfm_dimension dimension, int64_t *cut) {
    if (dimension == TILL_RFM_FREQUENCY)
        return get_integer(value, 0, INT64_MAX, cut);
    if (dimension == TILL_RFM_RECENCY) {
        bool good = get_integer(value, 0, INT32_MAX, cut);
        *cut = -*cut;
        return good;
    }
    bool rounded = false;
    return json_is_string(value) &&
           till_decimal_parse(json_string_value(value), json_string_length(value), NULL, cut, &rounded) ==
               TILL_NUMBER_OK &&
           !rounded;
}

/* bins - 1 cuts that never fall. */
static bool get_cuts(const json_t *list, enum till_rfm_dimension dimension, unsigned bins, int64_t *cuts) {
    if (!json_is_array(list) || json_array_size(list) != bins - 1)
        return false;
    for (unsigned i = 0; i + 1 < bins; i++)
        if (!get_cut(json_array_get(list, i), dimension, &cuts[i]) || (i > 0 && cuts[i] < cuts[i - 1]))
            return false;
    return true;
}

/* The counterpart of groups_as_json. */
static bool get_groups(const json_t *list, enum till_rfm_dimension dimension, unsigned bins, unsigned depth,
                       size_t group, int64_t cuts[][CUTS_MOST]) {
    if (depth == 0)
        return get_cuts(list, dimension, bins, cuts[group]);
    if (!json_is_array(list) || json_array_size(list) != bins)
        return false;
    for (unsigned i = 0; i < bins; i++)
        if (!get_groups(json_array_get(list, i), dimension, bins, depth - 1, group * bins + i, cuts))
            return false;
    return true;
}

/* [least, most]; whether that is a range within the bins is for the table of segments to say. */
static bool get_range(const json_t *rule, const char *figure, unsigned *least, unsigned *most) {
    const json_t *pair = json_object_get(rule, figure);
    int64_t from, to;
    if (json_array_size(pair) != 2 || !get_integer(json_array_get(pair, 0), 1, TILL_RFM_BINS_MOST, &from) ||
        !get_integer(json_array_get(pair, 1), 1, TILL_RFM_BINS_MOST, &to))
        return false;
    *least = (unsigned)from;
    *most = (unsigned)to;
    return true;
}

static bool get_rule(const json_t *value, struct till_rfm_rule *rule) {
    const json_t *name = json_object_get(value, "segment");
    rule->segment = (struct till_slice){json_string_value(name), json_string_length(name)};
    return json_is_string(name) && get_range(value, "r", &rule->r_min, &rule->r_max) &&
           get_range(value, "f", &rule->f_min, &rule->f_max) && get_range(value, "m", &rule->m_min, &rule->m_max);
}

/* The table of segments checks itself; what it finds wrong is here the file's fault, and no longer a row's. */
static enum till_status get_segments(const json_t *list, struct till_rfm_scheme *scheme, struct till_error *error) {
    size_t count = json_array_size(list);
    struct till_rfm_rule *rules = calloc(count + 1, sizeof *rules);
    if (rules == NULL)
        return till_error_memory(error);
    enum till_status status = TILL_OK;
    for (size_t i = 0; i < count && status == TILL_OK; i++)
        if (!get_rule(json_array_get(list, i), &rules[i]))
            status = bad(error, "a segment has no name, or no range in r, f and m");
    if (status == TILL_OK)
        status = till_rfm_segments_new(&scheme->segments, rules, count, scheme->bins, error);
    free(rules);
    if (status != TILL_ERROR_DATA)
        return status;
    char message[sizeof error->message - 32] = "";
    if (error != NULL)
        memcpy(message, error->message, sizeof message - 1);
    return bad(error, message);
}

/* The day is for the record alone; a scheme of other making may leave it empty. */
static bool get_as_of(const json_t *value, int32_t *as_of) {
    int64_t time;
    *as_of = TILL_DAY_MISSING;
    if (!json_is_string(value))
        return false;
    if (json_string_length(value) == 0)
        return true;
    if (!till_date_parse(TILL_DATE_ISO, NULL, json_string_value(value), json_string_length(value), &time))
        return false;
    *as_of = till_date_day(time);
    return true;
}

/* Fills a scheme of zeros. What was filled before an error is the caller's to free. */
static enum till_status decode(struct till_rfm_scheme *scheme, const json_t *body, struct till_error *error) {
    const char *scores = json_string_value(json_object_get(body, "scores"));
    int64_t bins, customers;
    if (!get_integer(json_object_get(body, "bins"), TILL_RFM_BINS_LEAST, TILL_RFM_BINS_MOST, &bins))
        return bad(error, "bins are not 2 to 9");
    if (scores == NULL || (strcmp(scores, "nested") != 0 && strcmp(scores, "independent") != 0))
        return bad(error, "scores are neither independent nor nested");
    if (!get_integer(json_object_get(body, "customers"), 1, INT64_MAX, &customers))
        return bad(error, "no number of customers");
    unsigned nested = strcmp(scores, "nested") == 0;
    scheme->bins = (unsigned)bins;
    scheme->scores = nested ? TILL_RFM_NESTED : TILL_RFM_INDEPENDENT;
    scheme->customers = (uint64_t)customers;
    if (!get_as_of(json_object_get(body, "as_of"), &scheme->as_of))
        return bad(error, "as_of is no date");
    if (!get_cuts(json_object_get(body, "recency"), TILL_RFM_RECENCY, scheme->bins, scheme->recency))
        return bad(error, "the cuts of recency are not bins - 1 falling numbers of days");
    if (!get_groups(json_object_get(body, "frequency"), TILL_RFM_FREQUENCY, scheme->bins, nested ? 1 : 0, 0,
                    scheme->frequency))
        return bad(error, "the cuts of frequency are not bins - 1 rising counts in each group");
    if (!get_groups(json_object_get(body, "monetary"), TILL_RFM_MONETARY, scheme->bins, nested ? 2 : 0, 0,
                    scheme->monetary))
        return bad(error, "the cuts of money are not bins - 1 rising decimals in each group");
    return get_segments(json_object_get(body, "segments"), scheme, error);
}

enum till_status till_rfm_scheme_decode(struct till_rfm_scheme **scheme, const json_t *body, struct till_error *error) {
    *scheme = NULL;
    struct till_rfm_scheme *made = calloc(1, sizeof *made);
    if (made == NULL)
        return till_error_memory(error);
    enum till_status status = decode(made, body, error);
    if (status != TILL_OK) {
        till_rfm_scheme_free(made);
        return status;
    }
    *scheme = made;
    return TILL_OK;
}

enum till_status till_rfm_scheme_load(struct till_rfm_scheme **scheme, const char *path, struct till_error *error) {
    char kind[TILL_MODEL_KIND_SIZE];
    json_t *body;
    *scheme = NULL;
    enum till_status status = till_model_load(path, kind, &body, error);
    if (status != TILL_OK)
        return status;
    if (strcmp(kind, TILL_RFM_SCHEME_KIND) != 0)
        status =
            till_error_set(error, TILL_ERROR_STATE, "is of the kind \"%s\", not \"%s\"", kind, TILL_RFM_SCHEME_KIND);
    else
        status = till_rfm_scheme_decode(scheme, body, error);
    if (status == TILL_ERROR_STATE)
        till_error_at(error, path, 0, 0, NULL);
    json_decref(body);
    return status;
}
