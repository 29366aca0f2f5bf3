/* tools/picture_scatter.c: rows as points by two of their columns, coloured by cluster.
 *
 * More rows than can be told apart are sampled, the same ones every time, and the line below the title says so. */
#include "picture_kinds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <till/silhouette.h>

#include "sheet.h"

enum { CLUSTER };
enum { POINTS = 2000, CLUSTERS_TOLD = 16 };

static const struct picture_column columns[] = {{.name = "cluster", .kind = TILL_FRAME_TEXT}, {0}};
static const struct picture_form forms[] = {{.command = "till-cluster -k N", .columns = columns, .rest = true}, {0}};

/* The column asked for, or the n-th of numbers that is no id and not added by a tool. */
static const struct till_frame_column *find_feature(const struct picture *picture, const char *asked, size_t n) {
    const struct till_frame *frame = picture->frame;
    for (size_t i = picture->rest; i < frame->count; i++) {
        struct till_slice name = till_slice_of(frame->columns[i].name);
        if (frame->columns[i].text)
            continue;
        if (asked != NULL ? strcmp(frame->columns[i].name, asked) == 0
                          : !sheet_is_id(name) && !sheet_is_added(name) && n-- == 0)
            return &frame->columns[i];
    }
    return NULL;
}

static enum till_status find_features(const struct picture *picture, const struct till_frame_column *found[2],
                                      struct till_error *error) {
    const struct picture_options *options = &picture->options;
    found[0] = find_feature(picture, options->x, 0);
    found[1] = find_feature(picture, options->y, options->x == NULL ? 1 : 0);
    if (options->y == NULL && found[0] != NULL && found[1] == found[0])
        found[1] = find_feature(picture, NULL, 1);
    for (size_t i = 0; i < 2; i++)
        if (found[i] == NULL) {
            const char *asked = i == 0 ? options->x : options->y;
            char quoted[TILL_QUOTED_SIZE];
            till_error_set(error, TILL_ERROR_DATA, "%s%s (name the two columns of numbers with --x and --y)",
                           asked == NULL ? "fewer than two columns of numbers that can be features"
                                         : "no column of numbers is called ",
                           asked == NULL ? "" : till_error_quote(quoted, asked, strlen(asked)));
            till_error_at(error, NULL, 0, 0, i == 0 ? "--x" : "--y");
            return TILL_ERROR_DATA;
        }
    return TILL_OK;
}

/* A row has a place when both of its numbers do. */
static bool has_place(const struct picture_options *options, double x, double y) {
    return isfinite(x) && isfinite(y) && (!options->log_x || x > 0) && (!options->log_y || y > 0);
}

/* The rows that have a place; the caller frees them. */
static size_t *choose_rows(const struct picture *picture, const struct till_frame_column *const found[2],
                           size_t *count) {
    size_t *chosen = calloc(picture->frame->rows + 1, sizeof *chosen), placed = 0;
    size_t *sample = NULL;
    for (size_t row = 0; chosen != NULL && row < picture->frame->rows; row++)
        if (has_place(&picture->options, found[0]->numbers[row], found[1]->numbers[row]))
            chosen[placed++] = row;
    *count = placed;
    if (chosen != NULL && placed > POINTS && (sample = calloc(POINTS, sizeof *sample)) != NULL) {
        till_sample_rows(placed, POINTS, 1, sample);
        for (size_t i = 0; i < POINTS; i++)
            chosen[i] = chosen[sample[i]]; /* sample[i] >= i: nothing is overwritten before it is read */
        *count = POINTS;
    } else if (placed > POINTS) {
        free(chosen);
        chosen = NULL;
    }
    free(sample);
    return chosen;
}

static enum till_status tidy(struct picture *picture, struct till_error *error) {
    const struct till_frame_column *found[2];
    enum till_status status = find_features(picture, found, error);
    if (status != TILL_OK)
        return status;
    size_t count, *chosen = choose_rows(picture, found, &count);
    struct till_table *table = picture->table = chosen == NULL ? NULL : till_table_new(count);
    struct till_slice *cluster = table == NULL ? NULL : till_table_add(table, "cluster", TILL_TEXT);
    double *x = cluster == NULL ? NULL : till_table_add(table, found[0]->name, TILL_REAL);
    double *y = x == NULL ? NULL : till_table_add(table, found[1]->name, TILL_REAL);
    for (size_t i = 0; y != NULL && i < count; i++) {
        cluster[i] = picture_text_at(picture_texts(picture, CLUSTER), chosen[i]);
        x[i] = found[0]->numbers[chosen[i]];
        y[i] = found[1]->numbers[chosen[i]];
    }
    free(chosen);
    return y == NULL ? till_error_memory(error) : TILL_OK;
}

/* --- Drawing --- */

/* Clusters are numbers that till-cluster counts up; other names come after them, by bytes. */
static int by_name(const void *a, const void *b) {
    const struct till_slice *left = a, *right = b;
    if (left->length != right->length)
        return left->length < right->length ? -1 : 1;
    return till_slice_compare(*left, *right);
}

/* The different clusters in order; the caller frees them. */
static struct till_slice *list_clusters(const struct picture *picture, size_t *count) {
    const struct till_slice *cluster = picture_text(picture, "cluster");
    struct till_slice *sorted = calloc(picture->table->rows + 1, sizeof *sorted);
    *count = 0;
    if (sorted == NULL)
        return NULL;
    memcpy(sorted, cluster, picture->table->rows * sizeof *sorted);
    qsort(sorted, picture->table->rows, sizeof *sorted, by_name);
    for (size_t i = 0; i < picture->table->rows; i++)
        if (*count == 0 || !till_slice_equal(sorted[i], sorted[*count - 1]))
            sorted[(*count)++] = sorted[i];
    return sorted;
}

static void put_points(const struct picture *picture, struct script *script, const struct till_slice *clusters,
                       size_t count) {
    const struct till_slice *cluster = picture_text(picture, "cluster");
    const double *x = picture->table->columns[1].values.real, *y = picture->table->columns[2].values.real;
    for (size_t i = 0; i < count; i++) {
        script_add(script, "$c%zu << END\n", i);
        for (size_t row = 0; row < picture->table->rows; row++)
            if (till_slice_equal(cluster[row], clusters[i]))
                script_add(script, "%.6g %.6g\n", x[row], y[row]);
        script_add(script, "END\n");
    }
    script_add(script, "plot ");
    for (size_t i = 0; i < count; i++)
        script_add(script, "%s$c%zu using 1:2 with points pt %d ps 0.5 lc rgb '%s' notitle", i == 0 ? "" : ", ", i,
                   script_series_point(i), script_series_color(i));
    script_add(script, "\n");
}

static void put_legend(const struct picture *picture, struct script *script, const struct till_slice *clusters,
                       size_t count) {
    struct script_place title = {
        .x = script->right + 16, .y = script->top - 14, .size = SCRIPT_PLAIN, .color = "#444444"};
    script_label(script, &title, till_slice_of(picture_word(&picture->options, "cluster")));
    for (size_t i = 0; i < count && i < CLUSTERS_TOLD; i++)
        script_legend(script, script->right + 12, script->top + 8 + 20 * (double)i, i, false,
                      clusters[i].length == 0 ? till_slice_of(picture_word(&picture->options, "(none)")) : clusters[i],
                      90);
}

static struct script_axis axis_of(const double *values, size_t count, bool log) {
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    return script_axis_for(low, high, 6, log);
}

static enum till_status script(struct picture *picture, struct script *script, struct till_error *error) {
    const struct till_table_column *drawn = picture->table->columns;
    size_t count;
    struct till_slice *clusters = list_clusters(picture, &count);
    if (clusters == NULL)
        return till_error_memory(error);
    struct script_axis x = axis_of(drawn[1].values.real, picture->table->rows, picture->options.log_x);
    struct script_axis y = axis_of(drawn[2].values.real, picture->table->rows, picture->options.log_y);
    script_chart(script, &x, &y, drawn[1].name, drawn[2].name, 116);
    put_legend(picture, script, clusters, count);
    put_points(picture, script, clusters, count);
    free(clusters);
    return TILL_OK;
}

/* Where rows are drawn by lot, and others have no place, both are told. */
static bool say(const struct picture *picture, struct till_text *text) {
    char shown[SCRIPT_NUMBER], all[SCRIPT_NUMBER], lost[SCRIPT_NUMBER];
    const struct till_frame_column *found[2];
    struct till_error ignored;
    size_t outside = 0;
    bool known = find_features(picture, found, &ignored) == TILL_OK && found[0] != NULL && found[1] != NULL;
    for (size_t row = 0; known && row < picture->frame->rows; row++)
        outside += !has_place(&picture->options, found[0]->numbers[row], found[1]->numbers[row]);
    const char *const values[] = {script_number(shown, (double)picture->table->rows, false),
                                  script_number(all, (double)picture->frame->rows, false),
                                  script_number(lost, (double)outside, false)};
    return script_sentence(text, &picture->options,
                           picture->frame->rows == 1                      ? "1 row"
                           : picture->table->rows == picture->frame->rows ? "#1 rows"
                           : picture->table->rows == POINTS && outside > 0
                               ? "#1 of #2 rows, drawn by lot; #3 have no place here"
                           : picture->table->rows == POINTS ? "#1 of #2 rows, drawn by lot"
                                                            : "#1 of #2 rows; the others have no place here",
                           values);
}

const struct picture_kind picture_scatter = {
    .name = "scatter",
    .shows = "rows by two columns (--x, --y), coloured by cluster",
    .title = "Clusters by two features",
    .forms = forms,
    .width = 760,
    .height = 520,
    .takes = PICTURE_XY | PICTURE_LOG,
    .tidy = tidy,
    .script = script,
    .say = say,
};
