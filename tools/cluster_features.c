/* till-cluster: which columns are features, how they are scaled, and which rows have them all. */
#include "cluster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SKEWED = 5 };

static bool takes_numbers(const struct cluster_work *work) {
    return work->method != TILL_CLUSTERING_KMODES;
}

static bool is_gower(const struct cluster_work *work) {
    return work->method == TILL_CLUSTERING_KMEDOIDS && work->metric == TILL_METRIC_GOWER;
}

static bool takes_levels(const struct cluster_work *work) {
    return work->method == TILL_CLUSTERING_KMODES || work->method == TILL_CLUSTERING_KPROTOTYPES || is_gower(work);
}

/* Choosing -------------------------------------------------------------------------------------------------------- */

static enum till_status find_key(struct cluster_work *work, struct till_error *error) {
    size_t column;
    struct till_error aside = {0};
    work->key = TILL_NO_COLUMN;
    if (work->settings->key != NULL) {
        enum till_status status = till_schema_column(work->schema, work->settings->key, &column, error);
        if (status != TILL_OK)
            return status;
    } else if (till_schema_role(work->schema, TILL_ROLE_CUSTOMER, NULL, false, &column, &aside) != TILL_OK ||
               column == TILL_NO_COLUMN) {
        return TILL_OK; /* rows pass whole, so a key is not needed for anything but to look for doubles */
    }
    enum till_status status = sheet_add(&work->sheet, work->schema, column, SHEET_LEVEL, error);
    work->key = sheet_find(&work->sheet, column);
    return status;
}

/* The columns of an earlier model, each with its own kind. */
static enum till_status choose_previous(struct cluster_work *work, struct till_error *error) {
    const struct till_clustering *previous = work->previous;
    enum till_status status = TILL_OK;
    for (size_t j = 0; j < previous->numeric_count + previous->level_count && status == TILL_OK; j++) {
        bool number = j < previous->numeric_count;
        const char *name = number ? previous->numeric[j].name : previous->level[j - previous->numeric_count].name;
        size_t column;
        status = till_schema_column(work->schema, name, &column, error);
        if (status == TILL_OK)
            status = sheet_add(&work->sheet, work->schema, column, number ? SHEET_NUMBER : SHEET_LEVEL, error);
    }
    return status;
}

static void leave_out(struct cluster_work *work, struct till_slice name, const char *why) {
    till_text_append_format(&work->left_out, "%s%.*s (%s)", work->left_out.length == 0 ? "" : ", ", (int)name.length,
                            name.bytes, why);
}

/* What is no feature by itself. */
static bool left_out_by_name(struct cluster_work *work, size_t column) {
    struct till_slice name = work->schema->names[column];
    const char *why = sheet_is_id(name) ? "an id" : sheet_is_added(name) ? "added by a tool" : NULL;
    if (why == NULL)
        return false;
    leave_out(work, name, why);
    return true;
}

/* --features or --ignore, and --categorical, as flags by column. */
struct chosen {
    bool *asked;       /* --features */
    bool *ignored;     /* --ignore */
    bool *categorical; /* --categorical */
};

static enum till_status choose_column(struct cluster_work *work, const struct chosen *chosen, size_t column,
                                      struct till_error *error) {
    bool categorical = chosen->categorical[column], asked = work->settings->features != NULL;
    enum sheet_kind kind = SHEET_ANY;
    if (chosen->ignored[column] || (asked && !chosen->asked[column] && !categorical))
        return TILL_OK;
    if (work->key != TILL_NO_COLUMN && work->sheet.columns[work->key].column == column)
        return TILL_OK;
    if (!asked && !categorical && left_out_by_name(work, column))
        return TILL_OK;
    if (categorical || (asked && !takes_numbers(work)))
        kind = SHEET_LEVEL;
    else if (asked && !takes_levels(work))
        kind = SHEET_NUMBER;
    return sheet_add(&work->sheet, work->schema, column, kind, error);
}

static enum till_status mark(const struct cluster_work *work, const char *list, bool *flags, struct till_error *error) {
    return list == NULL ? TILL_OK : till_schema_list(work->schema, list, flags, error);
}

static enum till_status choose_listed(struct cluster_work *work, struct chosen *chosen, struct till_error *error) {
    const struct cluster_settings *settings = work->settings;
    enum till_status status = mark(work, settings->features, chosen->asked, error);
    if (status == TILL_OK)
        status = mark(work, settings->ignore, chosen->ignored, error);
    if (status == TILL_OK)
        status = mark(work, settings->categorical, chosen->categorical, error);
    for (size_t column = 0; column < work->schema->count && status == TILL_OK; column++)
        status = choose_column(work, chosen, column, error);
    return status;
}

enum till_status cluster_choose(struct cluster_work *work, struct till_error *error) {
    size_t count = work->schema->count;
    work->sheet.levels = takes_levels(work);
    enum till_status status = find_key(work, error);
    if (status != TILL_OK)
        return status;
    if (work->previous != NULL)
        return choose_previous(work, error);
    if (work->settings->categorical != NULL && !takes_levels(work))
        return tool_usage(error, "--categorical",
                          "this method takes numbers alone (kmodes, kprototypes and kmedoids with --metric=gower take "
                          "levels)");
    bool *flags = calloc(3 * count + 1, sizeof *flags);
    if (flags == NULL)
        return till_error_memory(error);
    struct chosen chosen = {flags, flags + count, flags + 2 * count};
    status = choose_listed(work, &chosen, error);
    free(flags);
    return status;
}

/* Features -------------------------------------------------------------------------------------------------------- */

static enum till_status list_features(struct cluster_work *work, struct till_error *error) {
    size_t count = work->sheet.count + 1;
    work->numeric = calloc(count, sizeof *work->numeric);
    work->level = calloc(count, sizeof *work->level);
    work->scales = calloc(count, sizeof *work->scales);
    if (work->numeric == NULL || work->level == NULL || work->scales == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < work->sheet.count; i++) {
        const struct sheet_column *column = &work->sheet.columns[i];
        if (i == work->key)
            continue;
        if (column->numeric && takes_numbers(work))
            work->numeric[work->numeric_count++] = i;
        else if (!column->numeric && takes_levels(work) && column->codes != NULL)
            work->level[work->level_count++] = i;
        else
            leave_out(work, column->name,
                      column->numeric       ? "numbers"
                      : column->present > 0 ? "not numbers"
                                            : "no values");
    }
    return TILL_OK;
}

static enum till_status read_logs(struct cluster_work *work, struct till_error *error) {
    const char *list = work->settings->log;
    enum till_status status = TILL_OK;
    if (list == NULL)
        return TILL_OK;
    bool *logs = calloc(work->schema->count + 1, sizeof *logs);
    if (logs == NULL)
        return till_error_memory(error);
    status = till_schema_list(work->schema, list, logs, error);
    for (size_t j = 0; j < work->numeric_count && status == TILL_OK; j++) {
        size_t column = work->sheet.columns[work->numeric[j]].column;
        work->scales[j].log = logs[column];
        logs[column] = false;
    }
    for (size_t column = 0; column < work->schema->count && status == TILL_OK; column++)
        if (logs[column]) {
            status = till_error_set(error, TILL_ERROR_USAGE, "%.*s is not a numeric feature",
                                    (int)work->schema->names[column].length, work->schema->names[column].bytes);
            till_error_at(error, NULL, 0, 0, "--log");
        }
    free(logs);
    return status;
}

/* Rows ------------------------------------------------------------------------------------------------------------ */

static bool lacks_number(const struct cluster_work *work, size_t row, size_t *which) {
    for (size_t j = 0; j < work->numeric_count; j++)
        if (isnan(work->sheet.columns[work->numeric[j]].numbers[row])) {
            *which = work->numeric[j];
            return true;
        }
    return false;
}

/* A customer with returns alone, as till-rfm writes it: no date of a purchase, hence no recency, and frequency 0. */
static bool returns_alone(const struct cluster_work *work, size_t row, size_t which) {
    if (!till_slice_equal(work->sheet.columns[which].name, till_slice_of("recency")))
        return false;
    for (size_t i = 0; i < work->sheet.count; i++) {
        const struct sheet_column *column = &work->sheet.columns[i];
        if (till_slice_equal(column->name, till_slice_of("frequency")) && column->numbers != NULL)
            return column->numbers[row] <= 0;
    }
    return false;
}

static enum till_status refuse_missing(const struct cluster_work *work, size_t which, size_t row,
                                       struct till_error *error) {
    const struct sheet_column *column = &work->sheet.columns[which];
    till_error_set(error, TILL_ERROR_DATA,
                   "row %zu: missing, as in %zu rows of %zu (--missing=pass leaves such rows without a cluster; "
                   "--ignore leaves out the column)",
                   row + 1, work->sheet.rows - column->present, work->sheet.rows);
    till_error_at(error, NULL, 0, 0, column->text);
    return TILL_ERROR_DATA;
}

static enum till_status place_rows(struct cluster_work *work, struct till_error *error) {
    const char *missing = work->settings->missing;
    bool pass = missing != NULL && strcmp(missing, "pass") == 0;
    size_t which = 0, returns = 0, rows = work->sheet.rows;
    work->place = malloc((rows + 1) * sizeof *work->place);
    if (work->place == NULL)
        return till_error_memory(error);
    for (size_t row = 0; row < rows; row++) {
        bool lacks = lacks_number(work, row, &which);
        bool alone = lacks && missing == NULL && returns_alone(work, row, which);
        if (lacks && !pass && !alone)
            return refuse_missing(work, which, row, error);
        returns += alone;
        work->place[row] = lacks ? NO_CLUSTER : (uint32_t)work->complete++;
    }
    if (returns > 0)
        tool_warn(work->run, "customers with returns alone have no recency and get no cluster: %zu", returns);
    if (work->complete < rows)
        tool_figure(work->run, "without_cluster", (double)(rows - work->complete));
    return TILL_OK;
}

static void warn_of_doubles(struct cluster_work *work) {
    if (work->key == TILL_NO_COLUMN)
        return;
    const struct sheet_column *key = &work->sheet.columns[work->key];
    size_t different = till_dictionary_count(key->levels);
    if (different < key->present)
        tool_warn(work->run, "%s: %zu rows have a key that another row has (a row a customer is expected)", key->text,
                  key->present - different);
}

/* Scaling --------------------------------------------------------------------------------------------------------- */

/* The values of a feature in complete rows; `values` has room for them. */
static void complete_values(const struct cluster_work *work, size_t feature, double *values) {
    const double *numbers = work->sheet.columns[feature].numbers;
    for (size_t row = 0; row < work->sheet.rows; row++)
        if (work->place[row] != NO_CLUSTER)
            values[work->place[row]] = numbers[row];
}

enum { NAMED = 10 }; /* so many in a message */

static enum till_status add_name(struct cluster_names *names, const char *name, struct till_error *error) {
    if (names->count++ >= NAMED)
        return TILL_OK;
    bool good = till_text_append_format(&names->list, "%s%s", names->count > 1 ? "," : "", name);
    return good ? TILL_OK : till_error_memory(error);
}

/* "a,b,c", cut short where there are more; `more` is then " and N more". */
static const char *list_names(struct cluster_names *names, char more[32]) {
    const char *list = till_text_string(&names->list);
    more[0] = '\0';
    if (names->count > NAMED)
        snprintf(more, 32, " and %zu more", names->count - NAMED);
    return list == NULL ? "" : list;
}

static void warn_of_features(struct cluster_work *work) {
    char more[32];
    if (work->constant.count > 0) {
        const char *list = list_names(&work->constant, more);
        tool_warn(work->run, "%s%s %s left out: %s%s", list, more, work->constant.count > 1 ? "are" : "is",
                  work->constant.count > 1 ? "they are constant" : "it is constant",
                  work->settings->scale == TILL_SCALE_ROBUST ? ", or not spread between quartiles" : "");
    }
    if (work->skewed.count > 0) {
        const char *list = list_names(&work->skewed, more);
        tool_warn(work->run, "%s%s %s skewed (%s%.1f), so a few rows pull the clusters; try --log=%s", list, more,
                  work->skewed.count > 1 ? "are" : "is", work->skewed.count > 1 ? "up to " : "", work->skewness, list);
    }
}

/* Scales a feature; *keep: it is not constant. An earlier model's scaling stays as it is. */
static enum till_status scale_feature(struct cluster_work *work, size_t j, double *values, bool *keep,
                                      struct till_error *error) {
    const char *name = work->sheet.columns[work->numeric[j]].text;
    bool constant;
    double skewness;
    complete_values(work, work->numeric[j], values);
    *keep = true;
    if (work->previous != NULL) {
        work->scales[j] = work->previous->numeric[j].scale;
        return TILL_OK;
    }
    enum till_scale_method method = is_gower(work) ? TILL_SCALE_MINMAX : (enum till_scale_method)work->settings->scale;
    enum till_status status =
        till_scale_fit(&work->scales[j], method, values, work->complete, &constant, &skewness, error);
    if (status == TILL_ERROR_DATA)
        till_error_at(error, NULL, 0, 0, name);
    *keep = !constant;
    if (status == TILL_OK && constant)
        status = add_name(&work->constant, name, error);
    else if (status == TILL_OK && fabs(skewness) > SKEWED) {
        work->skewness = fabs(skewness) > fabs(work->skewness) ? skewness : work->skewness;
        status = add_name(&work->skewed, name, error);
    }
    return status;
}

/* Feature j of the sheet into column `to` of the matrix. */
static void fill_column(struct cluster_work *work, size_t j, size_t to, const double *values) {
    for (size_t row = 0; row < work->complete; row++)
        *till_matrix_at(work->matrix, row, to) = till_scale_apply(&work->scales[j], values[row]);
    work->numeric[to] = work->numeric[j];
    work->scales[to] = work->scales[j];
}

static enum till_status scale_features(struct cluster_work *work, struct till_error *error) {
    double *values = malloc((work->complete + 1) * sizeof *values);
    bool *keep = calloc(work->numeric_count + 1, sizeof *keep);
    size_t kept = 0, to = 0;
    enum till_status status = values == NULL || keep == NULL ? till_error_memory(error) : TILL_OK;
    for (size_t j = 0; j < work->numeric_count && status == TILL_OK; j++) {
        status = scale_feature(work, j, values, &keep[j], error);
        kept += keep[j];
    }
    if (status == TILL_OK) {
        work->matrix = till_matrix_new(work->complete, kept, error);
        status = work->matrix == NULL ? TILL_ERROR_MEMORY : TILL_OK;
    }
    for (size_t j = 0; j < work->numeric_count && status == TILL_OK; j++)
        if (keep[j]) {
            complete_values(work, work->numeric[j], values);
            fill_column(work, j, to++, values);
        }
    work->numeric_count = kept;
    free(keep);
    free(values);
    return status;
}

/* Levels ---------------------------------------------------------------------------------------------------------- */

struct till_slice cluster_level_text(const struct cluster_work *work, size_t j, uint32_t rank) {
    const struct till_dictionary *levels = work->sheet.columns[work->level[j]].levels;
    return rank == till_dictionary_count(levels) ? till_slice_of("")
                                                 : till_dictionary_text(levels, work->orders[j][rank]);
}

uint32_t cluster_level_code(const struct cluster_work *work, size_t j, struct till_slice text) {
    uint32_t count = till_dictionary_count(work->sheet.columns[work->level[j]].levels);
    for (uint32_t rank = 0; rank <= count; rank++)
        if (till_slice_equal(cluster_level_text(work, j, rank), text))
            return rank;
    return TILL_NO_LEVEL;
}

/* The levels of column j in complete rows, by rank. */
static enum till_status rank_levels(struct cluster_work *work, size_t j, struct till_error *error) {
    const struct sheet_column *column = &work->sheet.columns[work->level[j]];
    uint32_t count = till_dictionary_count(column->levels);
    uint32_t *order = malloc((count + 1) * sizeof *order), *rank = malloc((count + 1) * sizeof *rank);
    work->orders[j] = order;
    if (order == NULL || rank == NULL || !till_dictionary_order(column->levels, order)) {
        free(rank);
        return till_error_memory(error);
    }
    for (uint32_t i = 0; i < count; i++)
        rank[order[i]] = i;
    for (size_t row = 0; row < work->sheet.rows; row++) {
        uint32_t code = column->codes[row], place = work->place[row];
        if (place != NO_CLUSTER)
            work->codes[place * work->level_count + j] = code == SHEET_MISSING ? count : rank[code];
    }
    free(rank);
    return TILL_OK;
}

static bool is_constant(const struct cluster_work *work, const uint32_t *codes) {
    size_t first = 0;
    /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): some row is in a cluster */
    while (work->place[first] == NO_CLUSTER)
        first++;
    for (size_t row = first; row < work->sheet.rows; row++)
        if (work->place[row] != NO_CLUSTER && codes[row] != codes[first])
            return false;
    return true;
}

/* Columns with one level tell nothing apart. Those of an earlier model stay. */
static enum till_status drop_constant_levels(struct cluster_work *work, struct till_error *error) {
    size_t kept = 0;
    enum till_status status = TILL_OK;
    for (size_t j = 0; j < work->level_count && status == TILL_OK; j++) {
        const struct sheet_column *column = &work->sheet.columns[work->level[j]];
        if (work->previous == NULL && is_constant(work, column->codes))
            status = add_name(&work->constant, column->text, error);
        else
            work->level[kept++] = work->level[j];
    }
    work->level_count = kept;
    return status;
}

static enum till_status take_levels(struct cluster_work *work, struct till_error *error) {
    enum till_status status = drop_constant_levels(work, error);
    if (status != TILL_OK)
        return status;
    work->codes = malloc((work->complete * work->level_count + 1) * sizeof *work->codes);
    work->orders = calloc(work->level_count + 1, sizeof *work->orders);
    status = work->codes == NULL || work->orders == NULL ? till_error_memory(error) : TILL_OK;
    for (size_t j = 0; j < work->level_count && status == TILL_OK; j++)
        status = rank_levels(work, j, error);
    return status;
}

/* All ---------------------------------------------------------------------------------------------------------------
 */

static void name_features(struct cluster_work *work) {
    static const char *const scales[] = {"none", "zscore", "minmax", "robust"};
    struct till_text text = {0};
    for (size_t j = 0; j < work->numeric_count + work->level_count; j++) {
        bool number = j < work->numeric_count;
        size_t at = number ? work->numeric[j] : work->level[j - work->numeric_count];
        till_text_append_format(&text, "%s%s%s", j == 0 ? "" : ", ", work->sheet.columns[at].text,
                                !number               ? " (levels)"
                                : work->scales[j].log ? " (log)"
                                                      : "");
    }
    const char *list = till_text_string(&text);
    const char *scale = work->previous != NULL     ? "as in the earlier model"
                        : work->numeric_count == 0 ? "none"
                        : is_gower(work)           ? "minmax"
                                                   : scales[work->settings->scale];
    tool_note(work->run, "features: %s; scale: %s", list == NULL ? "" : list, scale);
    tool_fact(work->run, "features", "%s", list == NULL ? "" : list);
    till_text_free(&text);
    const char *left_out = till_text_string(&work->left_out);
    if (left_out != NULL && *left_out != '\0') {
        tool_note(work->run, "no features: %s", left_out);
        tool_fact(work->run, "left_out", "%s", left_out);
    }
}

enum till_status cluster_prepare(struct cluster_work *work, struct till_error *error) {
    enum till_status status = list_features(work, error);
    if (status == TILL_OK && work->sheet.rows == 0)
        status = till_error_set(error, TILL_ERROR_MODEL, "no rows to cluster");
    if (status == TILL_OK && work->sheet.rows >= NO_CLUSTER)
        status = till_error_set(error, TILL_ERROR_DATA, "more than 2^32 - 2 rows");
    if (status == TILL_OK)
        status = read_logs(work, error);
    if (status == TILL_OK)
        status = place_rows(work, error);
    if (status == TILL_OK && work->complete == 0)
        status = till_error_set(error, TILL_ERROR_MODEL, "no row has all features");
    if (status == TILL_OK)
        status = scale_features(work, error);
    if (status == TILL_OK)
        status = take_levels(work, error);
    if (status == TILL_OK)
        warn_of_features(work);
    if (status == TILL_OK && work->numeric_count + work->level_count == 0)
        status = till_error_set(error, TILL_ERROR_MODEL, "no feature is left: no column of %s that varies%s",
                                takes_numbers(work) ? "numbers" : "levels", till_schema_hint(work->schema));
    if (status == TILL_OK) {
        warn_of_doubles(work);
        name_features(work);
    }
    return status;
}
