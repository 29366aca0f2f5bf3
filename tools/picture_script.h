/* tools/picture_script.h: how kinds of pictures write gnuplot: a page with its title, axes with ticks, texts, legends,
 * heat maps.
 *
 * Places are in pixels from the upper left corner of the page. Whatever comes from data goes through script_quote,
 * after which gnuplot finds nothing in it to substitute or to obey. What fails (memory) is kept until the end. */
#ifndef TOOLS_PICTURE_SCRIPT_H
#define TOOLS_PICTURE_SCRIPT_H

#include "picture.h"

struct script {
    struct till_text *out;
    const struct picture_options *options;
    double width, height;            /* of the page */
    double left, right, top, bottom; /* of the plot, set by script_area */
    bool failed;
};

enum script_align { SCRIPT_LEFT, SCRIPT_CENTER, SCRIPT_RIGHT };

/* Sizes of type in pixels. */
enum { SCRIPT_TITLE = 17, SCRIPT_PLAIN = 12, SCRIPT_SMALL = 11 };

void script_add(struct script *script, const char *format, ...) TILL_PRINTF(2, 3);

/* A text from data or from us in quotes, its middle cut out to fit `width` pixels of type of `size` (0: never). */
void script_quote(struct script *script, struct till_slice text, double width, int size);

/* Appends a text as it is shown: control bytes and what is no UTF-8 by their numbers. False when memory is out. */
bool script_show(struct till_text *out, struct till_slice text);

/* How wide a text will be, as far as can be known without its font. */
double script_text_width(struct till_slice text, int size);

/* A text on the page. Colour as "#rrggbb". */
struct script_place {
    double x, y;
    enum script_align align;
    int size;
    const char *color;
    bool bold;
    int rotate;   /* degrees */
    double width; /* cut to this; 0: never */
};
void script_label(struct script *script, const struct script_place *place, struct till_slice text);

/* The area of the plot. */
void script_area(struct script *script, double left, double top, double right, double bottom);

/* Ticks of a numeric axis: from `low` to `high` by round numbers, or with `log` by 1, 2, 5, 10 and so on (`step` of
 * these at once). */
struct script_axis {
    double low, high;
    double step;
    bool log;
    bool percent; /* values are shares, shown as percent */
};
/* An axis that holds low..high, both of which may be equal or not finite, in about `wanted` steps. */
struct script_axis script_axis_for(double low, double high, size_t wanted, bool log);
/* Only whole numbers: steps of one or more. */
void script_axis_whole(struct script_axis *axis);
/* Sets range and ticks; `grid` draws lines across. */
void script_axis(struct script *script, char name, const struct script_axis *axis, bool grid);
/* The titles of both axes: x below it, y above its upper end. */
void script_axis_titles(struct script *script, const char *x, const char *y);
/* How many ticks there are. */
size_t script_axis_ticks(const struct script_axis *axis);
/* How wide the widest tick label is. */
double script_axis_width(const struct script_axis *axis);

/* The area, both axes with their grid, and their titles: a chart that leaves `legend` pixels at its right. */
void script_chart(struct script *script, const struct script_axis *x, const struct script_axis *y, const char *x_title,
                  const char *y_title, double legend);
/* Inline data: `$name` with rows of `count` numbers. */
void script_block(struct script *script, const char *name, size_t rows, const double *const *columns, size_t count);

/* An axis of names at 0, 1, ... count-1; on x they are slanted where they would touch, and some are left out where
 * there are too many. */
void script_names(struct script *script, char axis, const struct till_slice *names, size_t count);
/* The room that names take below the plot, when the plot is `width` wide. */
double script_names_height(const struct till_slice *names, size_t count, double width);
/* The widest of the names, at most `most`. */
double script_names_width(const struct till_slice *names, size_t count, double most);

/* "1,234,567"; "12.3k" where `shorten`. */
#define SCRIPT_NUMBER 48
const char *script_number(char out[SCRIPT_NUMBER], double value, bool shorten);
const char *script_percent(char out[SCRIPT_NUMBER], double share);

/* Colours. Series take those of Okabe & Ito 2008, shades the map cividis (Nunez, Anderton & Renslow 2018), light for
 * little and dark for much. */
const char *script_series_color(size_t series);
int script_series_point(size_t series);
int script_series_dash(size_t series);
/* 0..1 -> 0xrrggbb. */
unsigned script_shade(double part);
/* Black or white, whichever can be read on this shade. */
const char *script_ink(unsigned shade);

/* A legend line: a point or a line, and its name. */
void script_legend(struct script *script, double x, double y, size_t series, bool line, struct till_slice name,
                   double width);

/* What shades mean: shown as a strip at the right of the area, with its ends and its middle. */
struct script_scale {
    double low, high;
    bool percent;
    const char *title;
};
void script_scale(struct script *script, const struct script_scale *scale);
/* Where a value lies between the lightest and the darkest shade. */
double script_part(const struct script_scale *scale, double value);

/* A heat map over the area below the title: cells in rows (top to bottom) and columns. Arrays are its own
 * (script_heat_new); the texts they point at are not. */
struct script_heat {
    size_t rows, columns;
    struct till_slice *row_names, *column_names;
    double *values;           /* [rows * columns]; NaN: no cell */
    struct till_slice *texts; /* what stands in a cell, of room permitting */
    struct script_scale scale;
    const char *x_title, *y_title;
};
/* Without cells and names. Errors: TILL_ERROR_MEMORY. */
enum till_status script_heat_new(struct script_heat *heat, size_t rows, size_t columns, struct till_error *error);
void script_heat_free(struct script_heat *heat);
void script_heat(struct script *script, const struct script_heat *heat);

/* A text that lives as long as the picture's table; bytes NULL when memory is out. */
struct till_slice script_keep(struct picture *picture, const char *text);

/* Appends the sentence in the language of the picture, with values[0] for "#1" in it, and so on. False when memory is
 * out. */
bool script_sentence(struct till_text *text, const struct picture_options *options, const char *english,
                     const char *const *values);

/* A page that says why nothing is drawn. */
void script_nothing(struct script *script, const char *why);

#endif
