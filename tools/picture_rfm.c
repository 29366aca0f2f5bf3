/* tools/picture_rfm.c: customers by the scores of recency and frequency, and by segment.
 *
 * The treemap is squarified (M. Bruls, K. Huizing, J. J. van Wijk, Squarified treemaps, 2000): segments are laid by
 * falling size in strips along the shorter side of what is left, and a strip is closed when another tile would make its
 * worst tile longer. */
#include "picture_kinds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- The map of scores --- */

enum { CELL_R, CELL_F, CELL_CUSTOMERS, CELL_MONEY };
enum { ROW_R, ROW_F, ROW_MONETARY, ROW_LAST, ROW_RECENCY };
enum { SCORES = 9 };

static const struct picture_column cell_columns[] = {
    {.name = "r", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "f", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "customers", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "money", .kind = TILL_FRAME_NUMBER, .optional = true},
    {0}};
static const struct picture_column row_columns[] = {{.name = "r", .kind = TILL_FRAME_NUMBER},
                                                    {.name = "f", .kind = TILL_FRAME_NUMBER},
                                                    {.name = "monetary", .kind = TILL_FRAME_NUMBER, .optional = true},
                                                    {.name = "last", .kind = TILL_FRAME_TEXT, .optional = true},
                                                    {.name = "recency", .kind = TILL_FRAME_NUMBER, .optional = true},
                                                    {0}};
static const struct picture_form rfm_forms[] = {
    {.command = "till-rfm --cells", .columns = cell_columns}, {.command = "till-rfm", .columns = row_columns}, {0}};

struct cell {
    double customers, money;
};

static bool is_score(double value) {
    return value >= 1 && value <= SCORES && value == floor(value);
}

/* Sums of customers and money by score; the largest score. */
static enum till_status sum_cells(const struct picture *picture, struct cell cells[SCORES][SCORES], size_t *bins,
                                  struct till_error *error) {
    bool counted = picture->form == 0;
    const double *r = picture_numbers(picture, 0), *f = picture_numbers(picture, 1);
    const double *customers = counted ? picture_numbers(picture, CELL_CUSTOMERS) : NULL;
    const double *money = picture_numbers(picture, counted ? CELL_MONEY : ROW_MONETARY);
    *bins = 0;
    if (money == NULL && picture->options.color != PICTURE_CUSTOMERS) {
        till_error_set(error, TILL_ERROR_DATA, "the table has no money: no column is called %s",
                       counted ? "money" : "monetary");
        till_error_at(error, NULL, 0, 0, "--color");
        return TILL_ERROR_DATA;
    }
    for (size_t row = 0; row < picture->frame->rows; row++) {
        if (isnan(r[row]) || isnan(f[row]))
            continue; /* customers with returns alone may have no scores */
        if (!is_score(r[row]) || !is_score(f[row]))
            return till_error_set(error, TILL_ERROR_DATA, "row %zu: r and f are %.10g and %.10g, no scores from 1 to 9",
                                  row + 1, r[row], f[row]);
        struct cell *cell = &cells[(size_t)r[row] - 1][(size_t)f[row] - 1];
        cell->customers += customers == NULL ? 1 : customers[row];
        cell->money += money == NULL || isnan(money[row]) ? 0 : money[row];
        *bins = (size_t)fmax((double)*bins, fmax(r[row], f[row]));
    }
    return TILL_OK;
}

static enum till_status rfm_tidy(struct picture *picture, struct till_error *error) {
    struct cell cells[SCORES][SCORES] = {{{0, 0}}};
    size_t bins;
    enum till_status status = sum_cells(picture, cells, &bins, error);
    if (status != TILL_OK)
        return status;
    struct till_table *table = picture->table = till_table_new(bins * bins);
    double *columns[4] = {NULL, NULL, NULL, NULL};
    static const char *const names[] = {"r", "f", "customers", "money"};
    for (size_t i = 0; i < 4 && table != NULL; i++)
        if ((columns[i] = till_table_add(table, names[i], TILL_REAL)) == NULL)
            return till_error_memory(error);
    for (size_t i = 0; table != NULL && i < bins * bins; i++) {
        size_t r = i / bins, f = i % bins;
        columns[0][i] = (double)r + 1;
        columns[1][i] = (double)f + 1;
        columns[2][i] = cells[r][f].customers;
        columns[3][i] = cells[r][f].money;
    }
    if (picture->form == 1)
        picture_find_date(picture, ROW_LAST, ROW_RECENCY);
    return table == NULL ? till_error_memory(error) : TILL_OK;
}

static double rfm_value(const struct picture *picture, size_t i) {
    double customers = picture_real(picture, "customers")[i], money = picture_real(picture, "money")[i];
    if (picture->options.color == PICTURE_MONEY)
        return money;
    if (picture->options.color == PICTURE_MEAN)
        return customers > 0 ? money / customers : NAN;
    return customers;
}

static const char *rfm_legend(const struct picture_options *options) {
    if (options->color == PICTURE_CUSTOMERS)
        return picture_word(options, "customers");
    if (options->currency != NULL)
        return options->currency;
    return picture_word(options, options->color == PICTURE_MONEY ? "money" : "money a customer");
}

static bool rfm_fill(struct picture *picture, struct script_heat *heat) {
    heat->scale.low = 0;
    for (size_t i = 0; i < picture->table->rows; i++) {
        char text[SCRIPT_NUMBER];
        double value = rfm_value(picture, i);
        /* The best scores are at the top and at the right. */
        size_t cell = (heat->rows - 1 - i / heat->columns) * heat->columns + i % heat->columns;
        heat->values[cell] = value;
        heat->texts[cell] = script_keep(picture, isnan(value) ? "" : script_number(text, value, true));
        heat->scale.high = fmax(heat->scale.high, value);
        heat->scale.low = fmin(heat->scale.low, value);
        if (heat->texts[cell].bytes == NULL)
            return false;
    }
    for (size_t i = 0; i < heat->rows; i++) {
        char name[24];
        snprintf(name, sizeof name, "%zu", i + 1);
        heat->column_names[i] = heat->row_names[heat->rows - 1 - i] = script_keep(picture, name);
        if (heat->column_names[i].bytes == NULL)
            return false;
    }
    return true;
}

static enum till_status rfm_script(struct picture *picture, struct script *script, struct till_error *error) {
    const struct picture_options *options = &picture->options;
    struct script_heat heat;
    size_t bins = (size_t)lround(sqrt((double)picture->table->rows));
    enum till_status status = script_heat_new(&heat, bins, bins, error);
    if (status == TILL_OK && !rfm_fill(picture, &heat))
        status = till_error_memory(error);
    if (status == TILL_OK) {
        heat.x_title = picture_word(options, "frequency score (right: bought most often)");
        heat.y_title = picture_word(options, "recency score (top: bought most recently)");
        heat.scale.title = rfm_legend(options);
        script_heat(script, &heat);
    }
    script_heat_free(&heat);
    return status;
}

static double all_customers(const struct picture *picture) {
    double sum = 0;
    for (size_t i = 0; i < picture->table->rows; i++)
        sum += picture_real(picture, "customers")[i];
    return sum;
}

static bool rfm_say(const struct picture *picture, struct till_text *text) {
    char number[SCRIPT_NUMBER];
    double customers = all_customers(picture);
    const char *const values[] = {script_number(number, customers, false)};
    return script_sentence(text, &picture->options,
                           customers == 1 ? "1 customer with scores" : "#1 customers with scores", values);
}

const struct picture_kind picture_rfm = {
    .name = "rfm",
    .shows = "a map of customers by their scores of recency and frequency; --color=money or mean for what they bring",
    .title = "Customers by recency and frequency",
    .forms = rfm_forms,
    .width = 620,
    .height = 480,
    .takes = PICTURE_COLOR | PICTURE_CURRENCY,
    .tidy = rfm_tidy,
    .script = rfm_script,
    .say = rfm_say,
};

/* --- The treemap of segments --- */

enum { SEGMENT, SEGMENT_MONETARY, SEGMENT_LAST, SEGMENT_RECENCY };

static const struct picture_column segment_columns[] = {
    {.name = "segment", .kind = TILL_FRAME_TEXT},
    {.name = "monetary", .kind = TILL_FRAME_NUMBER, .optional = true},
    {.name = "last", .kind = TILL_FRAME_TEXT, .optional = true},
    {.name = "recency", .kind = TILL_FRAME_NUMBER, .optional = true},
    {0}};
static const struct picture_form segment_forms[] = {{.command = "till-rfm", .columns = segment_columns}, {0}};

struct segment {
    struct till_slice name;
    double customers, money;
};

static int by_size(const void *a, const void *b) {
    const struct segment *left = a, *right = b;
    if (left->customers != right->customers)
        return left->customers < right->customers ? 1 : -1;
    return till_slice_compare(left->name, right->name);
}

/* Customers without a segment are one more, without a name. */
static struct segment *sum_segments(const struct picture *picture, size_t *count) {
    const struct till_frame_column *names = picture_texts(picture, SEGMENT);
    const double *money = picture_numbers(picture, SEGMENT_MONETARY);
    size_t known = till_dictionary_count(names->levels);
    struct segment *segments = calloc(known + 1, sizeof *segments);
    if (segments == NULL)
        return NULL;
    for (uint32_t i = 0; i < known; i++)
        segments[i].name = till_dictionary_text(names->levels, i);
    segments[known].name = till_slice_of("");
    for (size_t row = 0; row < picture->frame->rows; row++) {
        struct segment *segment = &segments[names->codes[row] == TILL_FRAME_NO_LEVEL ? known : names->codes[row]];
        segment->customers++;
        segment->money += money == NULL || isnan(money[row]) ? 0 : money[row];
    }
    qsort(segments, known + 1, sizeof *segments, by_size);
    *count = known + 1;
    while (*count > 0 && segments[*count - 1].customers == 0)
        --*count;
    return segments;
}

static enum till_status segments_tidy(struct picture *picture, struct till_error *error) {
    size_t count = 0;
    struct segment *segments = sum_segments(picture, &count);
    struct till_table *table = picture->table = segments == NULL ? NULL : till_table_new(count);
    struct till_slice *name = table == NULL ? NULL : till_table_add(table, "segment", TILL_TEXT);
    double *customers = name == NULL ? NULL : till_table_add(table, "customers", TILL_REAL);
    double *money = customers == NULL ? NULL : till_table_add(table, "money", TILL_REAL);
    for (size_t i = 0; money != NULL && i < count; i++) {
        name[i] = segments[i].name;
        customers[i] = segments[i].customers;
        money[i] = segments[i].money;
    }
    free(segments);
    picture_find_date(picture, SEGMENT_LAST, SEGMENT_RECENCY);
    return money == NULL ? till_error_memory(error) : TILL_OK;
}

struct tile {
    double x, y, width, height;
};

/* The longest of a strip's tiles: the worst of length / breadth, when `area` of tiles lies along `side`. */
static double worst_tile(const double *areas, size_t count, double sum, double side) {
    double worst = 0, breadth = sum / side;
    for (size_t i = 0; i < count; i++) {
        double length = areas[i] / breadth;
        worst = fmax(worst, fmax(length / breadth, breadth / length));
    }
    return worst;
}

/* Lays one strip along the shorter side of `left`, and takes its room. Returns how many tiles it holds. */
static size_t lay_strip(const double *areas, size_t count, struct tile *left, struct tile *tiles) {
    bool upright = left->width >= left->height;
    double side = upright ? left->height : left->width, sum = areas[0];
    size_t taken = 1;
    while (taken < count &&
           worst_tile(areas, taken + 1, sum + areas[taken], side) <= worst_tile(areas, taken, sum, side))
        sum += areas[taken++];
    double breadth = sum / side, along = 0;
    for (size_t i = 0; i < taken; i++) {
        double length = areas[i] / breadth;
        tiles[i] = upright ? (struct tile){left->x, left->y + along, breadth, length}
                           : (struct tile){left->x + along, left->y, length, breadth};
        along += length;
    }
    if (upright)
        *left = (struct tile){left->x + breadth, left->y, left->width - breadth, left->height};
    else
        *left = (struct tile){left->x, left->y + breadth, left->width, left->height - breadth};
    return taken;
}

/* Lines of a tile, as far as they fit: name, customers, money. */
static void put_tile_texts(struct picture *picture, struct script *script, size_t i, const struct tile *tile,
                           const char *ink, const double sums[2]) {
    char number[SCRIPT_NUMBER], percent[SCRIPT_NUMBER], line[2 * SCRIPT_NUMBER + 8];
    double customers = picture_real(picture, "customers")[i], money = picture_real(picture, "money")[i];
    struct till_slice name = picture_text(picture, "segment")[i];
    struct script_place place = {.x = tile->x + 7,
                                 .y = tile->y + 15,
                                 .size = SCRIPT_PLAIN,
                                 .color = ink,
                                 .bold = true,
                                 .width = tile->width - 12};
    if (tile->width < 34 || tile->height < 24)
        return;
    script_label(script, &place,
                 name.length == 0 ? till_slice_of(picture_word(&picture->options, "(no segment)")) : name);
    place.bold = false;
    place.size = SCRIPT_SMALL;
    place.y += 17;
    snprintf(line, sizeof line, "%s (%s)", script_number(number, customers, false),
             script_percent(percent, customers / sums[0]));
    if (tile->height >= 42)
        script_label(script, &place, till_slice_of(line));
    place.y += 16;
    struct till_text text = {0};
    const char *const values[] = {script_percent(percent, money / sums[1])};
    if (tile->height >= 58 && sums[1] > 0 && script_sentence(&text, &picture->options, "#1 of the money", values) &&
        script_text_width((struct till_slice){text.bytes, text.length}, SCRIPT_SMALL) <= place.width)
        script_label(script, &place, (struct till_slice){text.bytes, text.length});
    till_text_free(&text);
}

/* How much a customer of the segment brings, between the segments' least and most. */
static double shade_of_segment(const struct picture *picture, size_t i) {
    const double *customers = picture_real(picture, "customers"), *money = picture_real(picture, "money");
    double low = INFINITY, high = -INFINITY;
    for (size_t j = 0; j < picture->table->rows; j++) {
        low = fmin(low, money[j] / customers[j]);
        high = fmax(high, money[j] / customers[j]);
    }
    return high > low ? (money[i] / customers[i] - low) / (high - low) : 0.3;
}

static void put_tile(struct picture *picture, struct script *script, size_t i, const struct tile *tile,
                     const double sums[2]) {
    unsigned shade = script_shade(0.05 + 0.9 * shade_of_segment(picture, i));
    script_add(script,
               "set object rectangle from screen %.5f,%.5f to screen %.5f,%.5f fillcolor rgb '#%06x' fillstyle solid "
               "1.0 border lc rgb '#ffffff'\n",
               tile->x / script->width, 1 - (tile->y + tile->height) / script->height,
               (tile->x + tile->width) / script->width, 1 - tile->y / script->height, shade);
    put_tile_texts(picture, script, i, tile, script_ink(shade), sums);
}

static enum till_status segments_script(struct picture *picture, struct script *script, struct till_error *error) {
    size_t count = picture->table->rows, done = 0;
    struct tile left = {16, 66, script->width - 32, script->height - 82};
    struct tile *tiles = calloc(count + 1, sizeof *tiles);
    double *areas = calloc(count + 1, sizeof *areas);
    double sums[2] = {0, 0};
    for (size_t i = 0; i < count; i++) {
        sums[0] += picture_real(picture, "customers")[i];
        sums[1] += picture_real(picture, "money")[i];
    }
    if (tiles != NULL && areas != NULL) {
        for (size_t i = 0; i < count; i++)
            areas[i] = picture_real(picture, "customers")[i] / sums[0] * (script->width - 32) * (script->height - 82);
        while (done < count)
            done += lay_strip(areas + done, count - done, &left, tiles + done);
        for (size_t i = 0; i < count; i++)
            put_tile(picture, script, i, &tiles[i], sums);
        script_add(script, "unset border\nunset tics\nset xrange [0:1]\nset yrange [0:1]\nplot NaN notitle\n");
    }
    bool good = tiles != NULL && areas != NULL;
    free(tiles);
    free(areas);
    return good ? TILL_OK : till_error_memory(error);
}

static bool segments_say(const struct picture *picture, struct till_text *text) {
    char number[SCRIPT_NUMBER];
    double customers = all_customers(picture);
    const char *const values[] = {script_number(number, customers, false)};
    return script_sentence(text, &picture->options,
                           customers == 1 ? "1 customer" : "#1 customers; dark: the most money a customer", values);
}

const struct picture_kind picture_segments = {
    .name = "segments",
    .shows = "a treemap of segments: as large as their customers, as dark as what one of these brings",
    .title = "Segments",
    .forms = segment_forms,
    .width = 760,
    .height = 480,
    .tidy = segments_tidy,
    .script = segments_script,
    .say = segments_say,
};
