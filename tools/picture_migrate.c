/* tools/picture_migrate.c: who moved between groups, and how far features drifted. */
#include "picture_kinds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <till/dictionary.h>

/* --- The matrix of moves --- */

enum { FROM, TO, CUSTOMERS };

static const struct picture_column migration_columns[] = {
    {.name = "from", .kind = TILL_FRAME_TEXT},
    {.name = "to", .kind = TILL_FRAME_TEXT},
    {.name = "customers", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {0}};
static const struct picture_form migration_forms[] = {{.command = "till-migrate", .columns = migration_columns}, {0}};

/* All groups of both sides in byte order, and behind them the one without a name (new and lost customers). */
struct sides {
    struct till_dictionary *names;
    uint32_t *rank; /* of a code */
    size_t count;   /* with the one without a name */
};

static void free_sides(struct sides *sides) {
    till_dictionary_free(sides->names);
    free(sides->rank);
}

static bool find_sides(const struct picture *picture, struct sides *sides) {
    const struct till_slice *columns[] = {picture_text(picture, "from"), picture_text(picture, "to")};
    uint32_t code, *order = NULL;
    sides->names = till_dictionary_new();
    bool good = sides->names != NULL;
    for (size_t i = 0; good && i < 2 * picture->table->rows; i++) {
        struct till_slice name = columns[i % 2][i / 2];
        good = name.length == 0 || till_dictionary_add(sides->names, name, &code);
    }
    sides->count = good ? till_dictionary_count(sides->names) + 1 : 0;
    order = good ? calloc(sides->count, sizeof *order) : NULL;
    sides->rank = good ? calloc(sides->count, sizeof *sides->rank) : NULL;
    good = good && order != NULL && sides->rank != NULL && till_dictionary_order(sides->names, order);
    for (uint32_t i = 0; good && i + 1 < sides->count; i++)
        sides->rank[order[i]] = i;
    free(order);
    return good;
}

static size_t rank_of(const struct sides *sides, struct till_slice name) {
    uint32_t code;
    return name.length > 0 && till_dictionary_find(sides->names, name, &code) ? sides->rank[code] : sides->count - 1;
}

static bool fill(struct picture *picture, const struct sides *sides, struct script_heat *heat) {
    const struct till_slice *from = picture_text(picture, "from"), *to = picture_text(picture, "to");
    const double *customers = picture_real(picture, "customers");
    double *sums = calloc(sides->count, sizeof *sums);
    bool good = sums != NULL;
    for (size_t i = 0; good && i < picture->table->rows; i++)
        sums[rank_of(sides, from[i])] += customers[i];
    for (size_t i = 0; good && i < picture->table->rows; i++) {
        char number[SCRIPT_NUMBER];
        size_t row = rank_of(sides, from[i]), cell = row * heat->columns + rank_of(sides, to[i]);
        heat->values[cell] = sums[row] > 0 ? customers[i] / sums[row] : NAN;
        heat->texts[cell] = script_keep(picture, script_number(number, customers[i], true));
        good = heat->texts[cell].bytes != NULL;
    }
    for (uint32_t i = 0; good && i + 1 < sides->count; i++)
        heat->row_names[sides->rank[i]] = heat->column_names[sides->rank[i]] = till_dictionary_text(sides->names, i);
    heat->row_names[sides->count - 1] = till_slice_of(picture_word(&picture->options, "(new)"));
    heat->column_names[sides->count - 1] = till_slice_of(picture_word(&picture->options, "(lost)"));
    free(sums);
    return good;
}

static enum till_status migration_script(struct picture *picture, struct script *script, struct till_error *error) {
    struct sides sides = {0};
    struct script_heat heat = {0};
    enum till_status status = find_sides(picture, &sides) ? TILL_OK : till_error_memory(error);
    if (status == TILL_OK)
        status = script_heat_new(&heat, sides.count, sides.count, error);
    if (status == TILL_OK && !fill(picture, &sides, &heat))
        status = till_error_memory(error);
    if (status == TILL_OK) {
        heat.scale.high = 1;
        heat.scale.percent = true;
        heat.x_title = picture_word(&picture->options, "group now");
        heat.y_title = picture_word(&picture->options, "group before");
        heat.scale.title = picture_word(&picture->options, "% of a row");
        script_heat(script, &heat);
    }
    script_heat_free(&heat);
    free_sides(&sides);
    return status;
}

/* How many of those who were there before and are there now are in the same group. */
static bool migration_say(const struct picture *picture, struct till_text *text) {
    const struct till_slice *from = picture_text(picture, "from"), *to = picture_text(picture, "to");
    const double *customers = picture_real(picture, "customers");
    char percent[SCRIPT_NUMBER], number[SCRIPT_NUMBER];
    double same = 0, all = 0;
    for (size_t i = 0; i < picture->table->rows; i++)
        if (from[i].length > 0 && to[i].length > 0) {
            all += customers[i];
            same += till_slice_equal(from[i], to[i]) ? customers[i] : 0;
        }
    const char *const values[] = {script_percent(percent, same / all), script_number(number, all, false)};
    return !(all > 0) || script_sentence(text, &picture->options,
                                         "#1 of #2 customers are where they were; numbers are customers", values);
}

const struct picture_kind picture_migration = {
    .name = "migration",
    .shows = "who moved between groups",
    .title = "Who moved",
    .forms = migration_forms,
    .width = 860,
    .height = 620,
    .tidy = picture_copy,
    .script = migration_script,
    .say = migration_say,
};

/* --- Drift --- */

enum { FEATURE, PSI };

static const struct picture_column psi_columns[] = {
    {.name = "feature", .kind = TILL_FRAME_TEXT, .required_value = true},
    {.name = "psi", .kind = TILL_FRAME_NUMBER},
    {0}};
static const struct picture_form psi_forms[] = {{.command = "till-migrate --psi", .columns = psi_columns}, {0}};

struct drift {
    struct till_slice feature;
    double psi;
};

static int by_drift(const void *a, const void *b) {
    const struct drift *left = a, *right = b;
    if (left->psi != right->psi)
        return left->psi < right->psi ? 1 : -1;
    return till_slice_compare(left->feature, right->feature);
}

/* The bins of a feature summed, the farthest drift first. */
static enum till_status psi_tidy(struct picture *picture, struct till_error *error) {
    const struct till_frame_column *features = picture_texts(picture, FEATURE);
    const double *psi = picture_numbers(picture, PSI);
    size_t count = till_dictionary_count(features->levels);
    struct drift *drifts = calloc(count + 1, sizeof *drifts);
    struct till_table *table = picture->table = till_table_new(count);
    struct till_slice *feature = table == NULL ? NULL : till_table_add(table, "feature", TILL_TEXT);
    double *sum = feature == NULL ? NULL : till_table_add(table, "psi", TILL_REAL);
    bool good = drifts != NULL && sum != NULL;
    for (uint32_t i = 0; good && i < count; i++)
        drifts[i].feature = till_dictionary_text(features->levels, i);
    for (size_t row = 0; good && row < picture->frame->rows; row++)
        drifts[features->codes[row]].psi += isnan(psi[row]) ? 0 : psi[row];
    if (good)
        qsort(drifts, count, sizeof *drifts, by_drift);
    for (size_t i = 0; good && i < count; i++) {
        feature[i] = drifts[i].feature;
        sum[i] = drifts[i].psi;
    }
    free(drifts);
    return good ? TILL_OK : till_error_memory(error);
}

/* More features than have room are left out: those that drifted least. */
static size_t features_shown(const struct picture *picture) {
    unsigned height = picture->options.height != 0 ? picture->options.height : picture->kind->height;
    size_t room = height < 192 ? 2 : (height - 160) / 16;
    return picture->table->rows < room || picture->options.type == PICTURE_TERMINAL ? picture->table->rows : room;
}

static enum till_status psi_script(struct picture *picture, struct script *script, struct till_error *error) {
    const struct till_slice *features = picture_text(picture, "feature");
    const double *psi = picture_real(picture, "psi");
    size_t count = features_shown(picture);
    (void)error;
    struct script_axis x = script_axis_for(0, fmax(0.3, psi[0]), 6, false);
    script_area(script, 30 + script_names_width(features, count, script->width * 0.4), 100, script->width - 30,
                fmin(script->height - 60, 100 + 46 * (double)count));
    script_axis(script, 'x', &x, true);
    script_names(script, 'y', features, count);
    script_axis_titles(script, picture_word(&picture->options, "population stability index"),
                       picture_word(&picture->options, "feature"));
    script_add(script, "$bars << END\n");
    for (size_t i = 0; i < count; i++)
        script_add(script, "%zu %.10g %u\n", i, psi[i],
                   psi[i] > 0.2   ? 0xD55E00u
                   : psi[i] > 0.1 ? 0xE69F00u
                                  : 0x0072B2u);
    script_add(script, "END\nset style fill solid 1.0 noborder\n"
                       "set arrow from 0.1,graph 0 to 0.1,graph 1 nohead lc rgb '#555555' lw 1 dt 2 front\n"
                       "set arrow from 0.2,graph 0 to 0.2,graph 1 nohead lc rgb '#555555' lw 1 dt 2 front\n"
                       "plot $bars using (0):1:(0):2:($1-0.38):($1+0.38):3 with boxxyerror lc rgb variable notitle\n");
    return TILL_OK;
}

static bool psi_say(const struct picture *picture, struct till_text *text) {
    char number[SCRIPT_NUMBER], hidden[SCRIPT_NUMBER];
    const double *psi = picture_real(picture, "psi");
    size_t drifted = 0;
    for (size_t i = 0; i < picture->table->rows; i++)
        drifted += psi[i] > 0.2;
    snprintf(number, sizeof number, "%zu", drifted);
    snprintf(hidden, sizeof hidden, "%zu", picture->table->rows - features_shown(picture));
    const char *const values[] = {number, hidden};
    return script_sentence(
        text, &picture->options,
        features_shown(picture) == picture->table->rows
            ? "Features above 0.2 (by rule of thumb, drifted): #1; above 0.1: to be watched"
            : "Features above 0.2 (by rule of thumb, drifted): #1; the #2 of the least drift are not shown",
        values);
}

const struct picture_kind picture_psi = {
    .name = "psi",
    .shows = "how far features drifted: their population stability index",
    .title = "How far the features drifted",
    .forms = psi_forms,
    .width = 700,
    .height = 420,
    .tidy = psi_tidy,
    .script = psi_script,
    .say = psi_say,
};
