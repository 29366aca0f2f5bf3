/* tools/picture_heat.c: colours, and heat maps.
 *
 * Shades run from light (little) to dark (much), so that a print without colour says the same. The map is viridis (S.
 * van der Walt and N. Smith, 2015), whose lightness changes evenly, also to people with a colour vision deficiency,
 * turned round, from ten of its colours. Series are told apart by the colours of M. Okabe and K. Ito (Color universal
 * design, 2008), and by their points and dashes as well. */
#include "picture_script.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *script_series_color(size_t series) {
    static const char *const colors[] = {"#0072B2", "#D55E00", "#009E73", "#E69F00",
                                         "#CC79A7", "#56B4E9", "#000000", "#B8A800"};
    return colors[series % 8];
}

int script_series_point(size_t series) {
    static const int points[] = {7, 5, 9, 13, 11, 6, 4, 8};
    return points[(series + series / 8) % 8];
}

int script_series_dash(size_t series) {
    return (int)((series + series / 8) % 4) + 1;
}

unsigned script_shade(double part) {
    static const unsigned map[] = {0xFDE725, 0xB4DE2C, 0x6DCD59, 0x35B779, 0x1F9E89,
                                   0x26828E, 0x31688E, 0x3E4A89, 0x482878, 0x440154};
    enum { LAST = sizeof map / sizeof *map - 1 };
    part = part > 0 ? fmin(part, 1) : 0;
    size_t below = part >= 1 ? LAST - 1 : (size_t)(part * LAST);
    double along = part * LAST - (double)below;
    unsigned shade = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
        double from = map[below] >> shift & 0xFF, to = map[below + 1] >> shift & 0xFF;
        shade |= (unsigned)lround(from + along * (to - from)) << shift;
    }
    return shade;
}

const char *script_ink(unsigned shade) {
    double light = 0.299 * (shade >> 16 & 0xFF) + 0.587 * (shade >> 8 & 0xFF) + 0.114 * (shade & 0xFF);
    return light > 128 ? "#111111" : "#ffffff";
}

enum till_status script_heat_new(struct script_heat *heat, size_t rows, size_t columns, struct till_error *error) {
    *heat = (struct script_heat){.rows = rows, .columns = columns};
    heat->row_names = calloc(rows + 1, sizeof *heat->row_names);
    heat->column_names = calloc(columns + 1, sizeof *heat->column_names);
    heat->values = calloc(rows * columns + 1, sizeof *heat->values);
    heat->texts = calloc(rows * columns + 1, sizeof *heat->texts);
    if (heat->row_names == NULL || heat->column_names == NULL || heat->values == NULL || heat->texts == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < rows * columns; i++)
        heat->values[i] = NAN;
    return TILL_OK;
}

void script_heat_free(struct script_heat *heat) {
    free(heat->row_names);
    free(heat->column_names);
    free(heat->values);
    free(heat->texts);
    *heat = (struct script_heat){0};
}

struct till_slice script_keep(struct picture *picture, const char *text) {
    return till_table_keep(picture->table, till_slice_of(text));
}

/* Shades of a terminal. */
static const char *const letters[] = {".", ":", "-", "=", "+", "*", "%", "#", "@"};

double script_part(const struct script_scale *scale, double value) {
    double part = scale->high > scale->low ? (value - scale->low) / (scale->high - scale->low) : 0.5;
    return fmax(0, fmin(part, 1));
}

static double part_of(const struct script_heat *heat, double value) {
    return script_part(&heat->scale, value);
}

/* Each step of the strip covers the rest, so that no seams show. */
void script_scale(struct script *script, const struct script_scale *scale) {
    enum { STEPS = 24 };
    double x = script->right + 16, top = script->top, height = fmin(script->bottom - script->top, 180);
    double width = script_text_width(till_slice_of(scale->title), SCRIPT_PLAIN);
    struct script_place title = {
        .x = fmin(x, script->width - 10 - width), .y = top - 14, .size = SCRIPT_PLAIN, .color = "#444444"};
    script_label(script, &title, till_slice_of(scale->title));
    if (!(scale->high > scale->low)) {
        char number[SCRIPT_NUMBER];
        struct script_place only = {.x = title.x, .y = top + 4, .size = SCRIPT_SMALL};
        script_label(script, &only, till_slice_of(script_number(number, scale->low, true)));
        return;
    }
    for (int i = 0; i < STEPS && script->options->type != PICTURE_TERMINAL; i++)
        script_add(script,
                   "set object rectangle from screen %.5f,%.5f to screen %.5f,%.5f fillcolor rgb '#%06x' fillstyle "
                   "solid 1.0 noborder\n",
                   x / script->width, 1 - (top + height * i / STEPS) / script->height, (x + 12) / script->width,
                   1 - (top + height) / script->height, script_shade(1 - (i + 0.5) / STEPS));
    for (int i = 0; i <= 2; i++) {
        char number[SCRIPT_NUMBER];
        double value = scale->low + (scale->high - scale->low) * i / 2.0, y = top + height * (2 - i) / 2.0;
        struct script_place letter = {.x = x, .y = y, .size = SCRIPT_SMALL};
        struct script_place place = {.x = x + 18, .y = y, .size = SCRIPT_SMALL};
        if (script->options->type == PICTURE_TERMINAL)
            script_label(script, &letter, till_slice_of(letters[i * 4]));
        script_label(
            script, &place,
            till_slice_of(scale->percent ? script_percent(number, value) : script_number(number, value, true)));
    }
}

/* True when the text of each cell fits into it. */
static bool texts_fit(const struct script *script, const struct script_heat *heat, double width, double height) {
    int size = script->options->type == PICTURE_TERMINAL ? 13 : SCRIPT_SMALL;
    for (size_t i = 0; i < heat->rows * heat->columns; i++)
        if (!isnan(heat->values[i]) && script_text_width(heat->texts[i], size) + 2 > width)
            return false;
    return height >= 13;
}

/* Dark or light type in the cells, where all of it fits; on a terminal, a letter as dark as the cell would be. */
static void put_cell_texts(struct script *script, const struct script_heat *heat) {
    double width = (script->right - script->left) / (double)heat->columns;
    double height = (script->bottom - script->top) / (double)heat->rows;
    bool fit = texts_fit(script, heat, width, height);
    for (size_t i = 0; i < heat->rows * heat->columns; i++) {
        if (isnan(heat->values[i]) || (!fit && script->options->type != PICTURE_TERMINAL))
            continue;
        double part = part_of(heat, heat->values[i]);
        size_t row = i / heat->columns, column = i % heat->columns;
        struct script_place place = {.x = script->left + width * ((double)column + 0.5),
                                     .y = script->top + height * ((double)row + 0.5),
                                     .align = SCRIPT_CENTER,
                                     .size = SCRIPT_SMALL,
                                     .color = script_ink(script_shade(part))};
        script_label(script, &place, fit ? heat->texts[i] : till_slice_of(letters[lround(part * 8)]));
    }
}

/* Cells of one shade that stand side by side are one, where no gap is drawn between them; these overlap a little, or
 * some programs would show seams. */
static size_t run_of_cells(const struct script_heat *heat, size_t i, bool gaps) {
    size_t length = 1;
    while (!gaps && !isnan(heat->values[i]) && (i + length) % heat->columns != 0 && !isnan(heat->values[i + length]) &&
           script_shade(part_of(heat, heat->values[i + length])) == script_shade(part_of(heat, heat->values[i])))
        length++;
    return length;
}

static void put_cells(struct script *script, const struct script_heat *heat) {
    bool gaps = heat->rows * heat->columns <= 900;
    if (script->options->type == PICTURE_TERMINAL) {
        script_add(script, "plot NaN notitle\n");
        return;
    }
    script_add(script, "$cells << END\n");
    for (size_t i = 0, length; i < heat->rows * heat->columns; i += length) {
        length = run_of_cells(heat, i, gaps);
        if (!isnan(heat->values[i]))
            script_add(script, "%.10g %zu %.10g %u\n", (double)(i % heat->columns) + ((double)length - 1) / 2,
                       i / heat->columns, (double)length / 2 + (gaps ? -0.02 : 0.01),
                       script_shade(part_of(heat, heat->values[i])));
    }
    script_add(script,
               "END\nset style fill solid 1.0 noborder\nplot $cells using 1:2:3:(%g):4 with boxxyerror linecolor rgb "
               "variable notitle\n",
               gaps ? 0.48 : 0.51);
}

void script_heat(struct script *script, const struct script_heat *heat) {
    double slanted = heat->columns == 0 ? 0 : script_names_width(heat->column_names, 1, 190) * 0.71;
    double left = fmax(30 + script_names_width(heat->row_names, heat->rows, script->width * 0.35), slanted);
    double right = script->width - 76;
    double names = script_names_height(heat->column_names, heat->columns, right - left);
    script_area(script, left, 92, right, script->height - 30 - names);
    script_add(script, "unset border\nunset grid\n");
    script_names(script, 'x', heat->column_names, heat->columns);
    script_names(script, 'y', heat->row_names, heat->rows);
    struct script_place x_title = {.x = (left + right) / 2,
                                   .y = script->height - 14,
                                   .align = SCRIPT_CENTER,
                                   .size = SCRIPT_PLAIN,
                                   .color = "#444444"};
    struct script_place y_title = {.x = left, .y = 78, .size = SCRIPT_PLAIN, .color = "#444444", .width = right - left};
    y_title.width = script->width - 30 - left - script_text_width(till_slice_of(heat->scale.title), SCRIPT_PLAIN);
    script_label(script, &x_title, till_slice_of(heat->x_title));
    script_label(script, &y_title, till_slice_of(heat->y_title));
    script_scale(script, &heat->scale);
    put_cell_texts(script, heat);
    put_cells(script, heat);
}
