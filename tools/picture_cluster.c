/* tools/picture_cluster.c: how many clusters there are, what sets them apart, and how well they hold together. */
#include "picture_kinds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <till/random.h>
#include <till/silhouette.h>

/* --- Criteria by k --- */

static const struct picture_column criteria_columns[] = {
    {.name = "k", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "silhouette", .kind = TILL_FRAME_NUMBER},
    {.name = "calinski_harabasz", .kind = TILL_FRAME_NUMBER},
    {.name = "davies_bouldin", .kind = TILL_FRAME_NUMBER},
    {.name = "gap", .kind = TILL_FRAME_NUMBER, .optional = true},
    {.name = "gap_std_error", .kind = TILL_FRAME_NUMBER, .optional = true},
    {.name = "bic", .kind = TILL_FRAME_NUMBER, .optional = true},
    {.name = "stability", .kind = TILL_FRAME_NUMBER, .optional = true},
    {0}};
static const struct picture_form criteria_forms[] = {{.command = "till-cluster -k A..B", .columns = criteria_columns},
                                                     {0}};

struct panel {
    double left, top, right, bottom;
};

/* The place of the i-th of six panels. */
static struct panel panel_at(const struct script *script, size_t i) {
    double width = (script->width - 20) / 3, height = (script->height - 96) / 2;
    size_t row = i / 3, column = i % 3;
    double left = 14 + (double)column * width, top = 66 + (double)row * height;
    return (struct panel){left + 50, top + 34, left + width - 14, top + height - 26};
}

static bool is_better(const char *name, double value, double than) {
    return isnan(than) || (strcmp(name, "davies_bouldin") == 0 ? value < than : value > than);
}

/* The k that the gap finds best, as till-cluster has it: the first with gap(k) >= gap(k + 1) - std_error(k + 1). */
static double best_gap(const struct picture *picture) {
    const double *k = picture_real(picture, "k"), *gap = picture_real(picture, "gap");
    const double *error = picture_real(picture, "gap_std_error");
    for (size_t i = 0; error != NULL && i + 1 < picture->table->rows; i++)
        if (gap[i] >= gap[i + 1] - error[i + 1])
            return k[i];
    return NAN;
}

/* The k that a criterion finds best: with its highest value (the lowest, for Davies and Bouldin). */
static double best_k(const struct picture *picture, const char *name) {
    const double *k = picture_real(picture, "k"), *values = picture_real(picture, name);
    double best = NAN, at = NAN;
    if (strcmp(name, "gap") == 0)
        return best_gap(picture);
    for (size_t i = 0; i < picture->table->rows; i++)
        if (!isnan(values[i]) && is_better(name, values[i], best)) {
            best = values[i];
            at = k[i];
        }
    return at;
}

/* Smallest and largest of numbers that may be missing. */
static void extend(double *low, double *high, const double *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i])) {
            *low = fmin(*low, values[i]);
            *high = fmax(*high, values[i]);
        }
}

static void put_panel(struct picture *picture, struct script *script, size_t at, const char *name, const char *title) {
    const double *columns[] = {picture_real(picture, "k"), picture_real(picture, name)};
    size_t rows = picture->table->rows;
    double low = INFINITY, high = -INFINITY, first = INFINITY, last = -INFINITY, best = best_k(picture, name);
    struct panel panel = panel_at(script, at);
    extend(&first, &last, columns[0], rows);
    extend(&low, &high, columns[1], rows);
    struct script_axis x = script_axis_for(first, last, 6, false), y = script_axis_for(low, high, 4, false);
    script_axis_whole(&x);
    script_add(script, "unset label\nunset arrow\n");
    script_area(script, panel.left, panel.top, panel.right, panel.bottom);
    script_axis(script, 'x', &x, false);
    script_axis(script, 'y', &y, true);
    struct script_place place = {.x = panel.left - 44, .y = panel.top - 15, .size = SCRIPT_PLAIN, .color = "#444444"};
    place.width = panel.right - place.x;
    script_label(script, &place, till_slice_of(picture_word(&picture->options, title)));
    script_block(script, name, rows, columns, 2);
    script_add(script, "plot $%s using 1:2 with linespoints lw 1.8 pt 7 ps 0.5 lc rgb '%s' notitle", name,
               script_series_color(0));
    if (!isnan(best))
        script_add(script, ", $%s using ($1 == %.10g ? $1 : NaN):2 with points pt 6 ps 1.6 lw 2 lc rgb '%s' notitle",
                   name, best, script_series_color(1));
    script_add(script, "\n");
}

static enum till_status criteria_script(struct picture *picture, struct script *script, struct till_error *error) {
    static const char *const panels[][2] = {
        {"silhouette", "silhouette (high is good)"},
        {"calinski_harabasz", "Calinski-Harabasz (high is good)"},
        {"davies_bouldin", "Davies-Bouldin (low is good)"},
        {"gap", "gap (where it stops rising)"},
        {"bic", "BIC (high is good)"},
        {"stability", "stability (high is good)"},
    };
    (void)error;
    script_add(script, "set multiplot\n");
    struct script_place place = {.x = script->width / 2,
                                 .y = script->height - 11,
                                 .align = SCRIPT_CENTER,
                                 .size = SCRIPT_PLAIN,
                                 .color = "#444444"};
    script_label(script, &place, till_slice_of(picture_word(&picture->options, "k, the number of clusters")));
    /* Labels stand on the first panel that is drawn; the page's are drawn on one of their own. */
    script_add(script,
               "unset border\nunset tics\nset xrange [0:1]\nset yrange [0:1]\nplot NaN notitle\nset border 3 lc "
               "rgb '#555555'\n");
    size_t at = 0;
    for (size_t i = 0; i < sizeof panels / sizeof *panels; i++)
        if (picture_real(picture, panels[i][0]) != NULL)
            put_panel(picture, script, at++, panels[i][0], panels[i][1]);
    script_add(script, "unset multiplot\n");
    return TILL_OK;
}

static bool criteria_say(const struct picture *picture, struct till_text *text) {
    const char *const none[] = {NULL};
    return script_sentence(text, &picture->options, "A ring marks the best k by each criterion", none);
}

const struct picture_kind picture_criteria = {
    .name = "criteria",
    .shows = "how many clusters: six criteria by k",
    .title = "How many clusters",
    .forms = criteria_forms,
    .width = 860,
    .height = 520,
    .tidy = picture_copy,
    .script = criteria_script,
    .say = criteria_say,
};

/* --- What sets clusters apart --- */

enum { SNAKE_CLUSTER, SNAKE_SIZE };

static const struct picture_column snake_columns[] = {
    {.name = "cluster", .kind = TILL_FRAME_TEXT, .required_value = true},
    {.name = "size", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "share", .kind = TILL_FRAME_NUMBER, .optional = true},
    {.name = "within_ss", .kind = TILL_FRAME_NUMBER, .optional = true},
    {.name = "silhouette", .kind = TILL_FRAME_NUMBER, .optional = true},
    {0}};
static const struct picture_form snake_forms[] = {
    {.command = "till-cluster --summary", .columns = snake_columns, .rest = true}, {0}};

/* Mean and standard deviation of a feature over the clusters, each counted as often as it has rows. */
static void weigh(const struct picture *picture, const double *values, double *mean, double *deviation) {
    const double *size = picture_numbers(picture, SNAKE_SIZE);
    double sum = 0, rows = 0, squares = 0;
    for (size_t i = 0; i < picture->frame->rows; i++)
        if (!isnan(values[i])) {
            sum += size[i] * values[i];
            rows += size[i];
        }
    *mean = rows > 0 ? sum / rows : 0;
    for (size_t i = 0; i < picture->frame->rows; i++)
        if (!isnan(values[i]))
            squares += size[i] * (values[i] - *mean) * (values[i] - *mean);
    *deviation = rows > 0 ? sqrt(squares / rows) : 0;
}

static enum till_status snake_tidy(struct picture *picture, struct till_error *error) {
    const struct till_frame *frame = picture->frame;
    size_t features = 0, at = 0;
    for (size_t i = picture->rest; i < frame->count; i++)
        features += !frame->columns[i].text;
    if (features == 0 && frame->rows > 0)
        return till_error_set(error, TILL_ERROR_DATA, "no feature of these clusters is a number");
    struct till_table *table = picture->table = till_table_new(features * frame->rows);
    struct till_slice *cluster = table == NULL ? NULL : till_table_add(table, "cluster", TILL_TEXT);
    double *size = cluster == NULL ? NULL : till_table_add(table, "size", TILL_REAL);
    struct till_slice *feature = size == NULL ? NULL : till_table_add(table, "feature", TILL_TEXT);
    double *centre = feature == NULL ? NULL : till_table_add(table, "centre", TILL_REAL);
    double *deviations = centre == NULL ? NULL : till_table_add(table, "deviations", TILL_REAL);
    if (deviations == NULL)
        return till_error_memory(error);
    for (size_t row = 0; row < frame->rows; row++)
        for (size_t i = picture->rest; i < frame->count; i++) {
            double mean, deviation;
            if (frame->columns[i].text)
                continue;
            weigh(picture, frame->columns[i].numbers, &mean, &deviation);
            cluster[at] = picture_text_at(picture_texts(picture, SNAKE_CLUSTER), row);
            size[at] = picture_numbers(picture, SNAKE_SIZE)[row];
            feature[at] = till_slice_of(frame->columns[i].name);
            centre[at] = frame->columns[i].numbers[row];
            deviations[at] = deviation > 0 ? (centre[at] - mean) / deviation : 0;
            at++;
        }
    return TILL_OK;
}

/* "cluster 2 (1,234)" beside its line. */
static bool put_cluster_legend(struct picture *picture, struct script *script, size_t series, struct till_slice name,
                               double size) {
    double room = (script->height - script->top - 20) / (double)picture->frame->rows;
    char number[SCRIPT_NUMBER];
    struct till_text text = {0};
    double y = script->top + 10 + fmax(13, fmin(20, room)) * (double)series;
    bool good = till_text_append_format(&text, "%s %.*s (%s)", picture_word(&picture->options, "cluster"),
                                        (int)name.length, name.bytes, script_number(number, size, true));
    if (good && y < script->height - 8)
        script_legend(script, script->right + 16, y, series, true, (struct till_slice){text.bytes, text.length}, 150);
    till_text_free(&text);
    return good;
}

static enum till_status snake_script(struct picture *picture, struct script *script, struct till_error *error) {
    const struct till_slice *feature = picture_text(picture, "feature"), *cluster = picture_text(picture, "cluster");
    const double *deviations = picture_real(picture, "deviations"), *size = picture_real(picture, "size");
    size_t rows = picture->table->rows, clusters = picture->frame->rows, features = rows / clusters;
    double low = -1, high = 1;
    bool good = true;
    extend(&low, &high, deviations, rows);
    struct script_axis y = script_axis_for(low, high, 6, false);
    double right = script->width - 176, left = 40 + script_axis_width(&y);
    left = fmax(left, 0.71 * script_names_width(feature, 1, 190) - (right - left) / (double)features / 2);
    double names = script_names_height(feature, features, right - left);
    script_area(script, left, 100, right, script->height - 16 - names);
    script_axis(script, 'y', &y, true);
    script_names(script, 'x', feature, features);
    script_axis_titles(script, NULL,
                       picture_word(&picture->options, "centre, in standard deviations between clusters"));
    for (size_t i = 0; i < clusters && good; i++) {
        good = put_cluster_legend(picture, script, i, cluster[i * features], size[i * features]);
        script_add(script, "$c%zu << END\n", i);
        for (size_t j = 0; j < features; j++)
            if (!isnan(deviations[i * features + j]))
                script_add(script, "%zu %.10g\n", j, deviations[i * features + j]);
        script_add(script, "END\n");
    }
    script_add(script, "set arrow from graph 0,first 0 to graph 1,first 0 nohead lc rgb '#888888' lw 1 back\nplot ");
    for (size_t i = 0; i < clusters; i++)
        script_add(script, "%s$c%zu using 1:2 with linespoints lw 2 pt %d ps 0.7 dt %d lc rgb '%s' notitle",
                   i == 0 ? "" : ", ", i, script_series_point(i), script_series_dash(i), script_series_color(i));
    script_add(script, "\n");
    return good ? TILL_OK : till_error_memory(error);
}

static bool snake_say(const struct picture *picture, struct till_text *text) {
    char number[SCRIPT_NUMBER];
    size_t levels = 0;
    for (size_t i = picture->rest; i < picture->frame->count; i++)
        levels += picture->frame->columns[i].text;
    const char *const values[] = {script_number(number, (double)levels, false)};
    return script_sentence(text, &picture->options,
                           levels == 0 ? "0 is the mean of all rows"
                                       : "0 is the mean of all rows; features of levels are not shown: #1",
                           values);
}

const struct picture_kind picture_snake = {
    .name = "snake",
    .shows = "what sets clusters apart: their centres by feature (snake plot)",
    .title = "What sets the clusters apart",
    .forms = snake_forms,
    .width = 800,
    .height = 480,
    .tidy = snake_tidy,
    .script = snake_script,
    .say = snake_say,
};

/* --- How well clusters hold together --- */

static const struct picture_column silhouette_columns[] = {
    {.name = "cluster", .kind = TILL_FRAME_TEXT, .required_value = true},
    {.name = "size", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "silhouette", .kind = TILL_FRAME_NUMBER},
    {0}};
static const struct picture_form silhouette_forms[] = {
    {.command = "till-cluster --summary", .columns = silhouette_columns}, {0}};

/* Over all rows; NaN where no cluster has one. */
static double mean_silhouette(const struct picture *picture) {
    const double *size = picture_real(picture, "size"), *values = picture_real(picture, "silhouette");
    double sum = 0, rows = 0;
    for (size_t i = 0; i < picture->table->rows; i++)
        if (!isnan(values[i])) {
            sum += size[i] * values[i];
            rows += size[i];
        }
    return rows > 0 ? sum / rows : NAN;
}

static enum till_status silhouette_script(struct picture *picture, struct script *script, struct till_error *error) {
    const double *size = picture_real(picture, "size"), *values = picture_real(picture, "silhouette");
    size_t rows = picture->table->rows;
    double low = 0, high = 0, mean = mean_silhouette(picture);
    struct till_slice *names = calloc(rows + 1, sizeof *names);
    bool good = names != NULL;
    for (size_t i = 0; i < rows && good; i++) {
        char number[SCRIPT_NUMBER], name[200];
        struct till_slice cluster = picture_text(picture, "cluster")[i];
        snprintf(name, sizeof name, "%.*s (%s)", (int)(cluster.length < 120 ? cluster.length : 120), cluster.bytes,
                 script_number(number, size[i], true));
        names[i] = script_keep(picture, name);
        good = names[i].bytes != NULL;
    }
    extend(&low, &high, values, rows);
    struct script_axis x = script_axis_for(low, fmax(high, 0.5), 6, false);
    if (good) {
        script_area(script, 30 + script_names_width(names, rows, script->width * 0.4), 100, script->width - 30,
                    fmin(script->height - 60, 100 + 46 * (double)rows));
        script_axis(script, 'x', &x, true);
        script_names(script, 'y', names, rows);
        script_axis_titles(script, picture_word(&picture->options, "mean silhouette"),
                           picture_word(&picture->options, "cluster (rows)"));
        script_add(script, "$bars << END\n");
        for (size_t i = 0; i < rows; i++)
            if (!isnan(values[i]))
                script_add(script, "%zu %.10g\n", i, values[i]);
        script_add(script, "END\nset style fill solid 1.0 noborder\n");
        if (!isnan(mean))
            script_add(script, "set arrow from %.10g,graph 0 to %.10g,graph 1 nohead lc rgb '%s' lw 1.5 dt 2 front\n",
                       mean, mean, script_series_color(1));
        script_add(script, "plot $bars using (0):1:(0):2:($1-0.38):($1+0.38) with boxxyerror lc rgb '%s' notitle\n",
                   script_series_color(0));
    }
    free(names);
    return good ? TILL_OK : till_error_memory(error);
}

static bool silhouette_say(const struct picture *picture, struct till_text *text) {
    char number[SCRIPT_NUMBER];
    double mean = mean_silhouette(picture);
    snprintf(number, sizeof number, "%.2f", mean);
    const char *const values[] = {number};
    return isnan(mean) || script_sentence(text, &picture->options, "Mean over all rows (dashed): #1", values);
}

const struct picture_kind picture_silhouette = {
    .name = "silhouette",
    .shows = "how well clusters hold together: the mean silhouette of each",
    .title = "How well the clusters hold together",
    .forms = silhouette_forms,
    .width = 700,
    .height = 420,
    .tidy = picture_copy,
    .script = silhouette_script,
    .say = silhouette_say,
};
