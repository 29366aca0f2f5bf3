/* tools/picture.h: pictures of what the tools write: a table of a kind in, SVG (or PNG, PDF, text) out.
 *
 *     struct picture picture = {.kind = picture_find("value"), .options = {.type = PICTURE_SVG}};
 *     picture_read(&picture, run, input, &error);      columns by their names, then the tidy numbers: picture.table
 *     picture_draw(&picture, &bytes, &error);          through gnuplot
 *     picture_free(&picture);
 *
 * A kind is three things: the columns that it reads, the numbers that it shows (a table of its own, `tidy`: what
 * --data prints), and the gnuplot script that shows them (what --script prints). Nothing in a picture depends on the
 * clock, on threads, or on how the rows came. */
#ifndef TOOLS_PICTURE_H
#define TOOLS_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/frame.h>
#include <till/table.h>
#include <till/text.h>

#include "tool.h"

enum picture_type { PICTURE_SVG, PICTURE_PNG, PICTURE_PDF, PICTURE_TERMINAL };

/* What colours mean, where a kind leaves a choice. */
enum picture_color { PICTURE_CUSTOMERS, PICTURE_MONEY, PICTURE_MEAN };

/* What a caller may ask for. All zeros but as_of is a fine start. */
struct picture_options {
    enum picture_type type;
    unsigned width; /* in pixels (characters on a terminal); 0: what the kind likes */
    unsigned height;
    const char *title;    /* NULL: the kind's */
    const char *subtitle; /* NULL: what the numbers say */
    int32_t as_of;        /* the date of the data; TILL_DAY_MISSING: what the table says, if it does */
    const char *currency; /* behind money: "EUR"; NULL: "money" */
    const char *unit;     /* of time; NULL: the kind's */
    const char *x, *y;    /* columns of a scatter; NULL: the first two that can be features */
    enum picture_color color;
    bool log_x, log_y;
    bool chinese;
    const char *prefix; /* of ids in SVG, so that several can stand in one page; NULL: none */
};

/* A column that a kind reads. */
struct picture_column {
    const char *name;
    enum till_frame_kind kind;
    bool optional;
    bool required_value; /* an empty field makes a bad row; otherwise it passes */
};

/* One form of input: its columns (ends with a NULL name), and the command that writes them. */
struct picture_form {
    const char *command;
    const struct picture_column *columns;
    bool rest; /* all other columns that hold numbers are read as well */
};

/* The choices that a kind leaves: bits of picture_kind.takes. */
enum picture_choice {
    PICTURE_XY = 1,       /* options x and y */
    PICTURE_LOG = 2,      /* log_x and log_y */
    PICTURE_COLOR = 4,    /* color */
    PICTURE_CURRENCY = 8, /* currency */
    PICTURE_UNIT = 16     /* unit */
};

#define PICTURE_COLUMNS 32
#define PICTURE_NONE ((size_t)-1)

struct picture;
struct script;
struct picture_kind {
    const char *name;
    const char *shows;                /* one line for --list */
    const char *title;                /* in English; picture_words.c has the Chinese */
    const struct picture_form *forms; /* ends with a NULL command */
    unsigned width, height;
    bool text;      /* the script is the picture (DOT) */
    unsigned takes; /* enum picture_choice */
    /* Makes picture->table of picture->frame. */
    enum till_status (*tidy)(struct picture *picture, struct till_error *error);
    /* Writes the script behind the common head, for a table with rows. */
    enum till_status (*script)(struct picture *picture, struct script *script, struct till_error *error);
    /* What the numbers say, for the subtitle; may be NULL. False when memory is out. */
    bool (*say)(const struct picture *picture, struct till_text *text);
};

struct picture {
    const struct picture_kind *kind;
    struct picture_options options;
    size_t form;                       /* which of the kind's forms was read */
    size_t column_of[PICTURE_COLUMNS]; /* place in the frame of the form's i-th column, or PICTURE_NONE */
    size_t rest;                       /* the first of the other columns in the frame */
    struct till_frame *frame;
    struct till_table *table;
    int32_t newest; /* the date of the data by the table; TILL_DAY_MISSING: not known */
};

/* All kinds, in the order in which they are listed; ends with a NULL name. */
extern const struct picture_kind *const picture_kinds[];
/* The kind of this name; NULL. */
const struct picture_kind *picture_find(const char *name);

/* True for a table with the columns of one of the forms of a kind. */
bool picture_fits(const struct picture_kind *kind, const struct till_schema *schema);

/* Reads an input that was opened (tool_open_paths) and makes the table. Errors: TILL_ERROR_DATA when the columns are
 * not those of the kind (names what is expected, what was found, and the command); those of reading. */
enum till_status picture_read(struct picture *picture, struct tool_run *run, struct till_input *input,
                              struct till_error *error);

/* Appends the gnuplot script (the DOT text of a kind that is text). */
enum till_status picture_script(struct picture *picture, struct till_text *out, struct till_error *error);

/* Appends the picture. Errors: those of gnuplot_run; TILL_ERROR_INPUT_OUTPUT for a picture that is not whole. */
enum till_status picture_draw(struct picture *picture, struct till_text *out, struct till_error *error);

void picture_free(struct picture *picture);

/* --- For kinds --- */

/* Numbers and codes of the i-th column of the form; NULL when it is not there. */
const double *picture_numbers(const struct picture *picture, size_t column);
const struct till_frame_column *picture_texts(const struct picture *picture, size_t column);
/* The text of a row of such a column; "" where it is missing. */
struct till_slice picture_text_at(const struct till_frame_column *column, size_t row);

/* A table that has the columns of the form as they are. Errors: TILL_ERROR_MEMORY. */
enum till_status picture_copy(struct picture *picture, struct till_error *error);
/* The date of the data: that of a customer's last purchase (a column of texts) and its age in days. */
void picture_find_date(struct picture *picture, size_t last, size_t recency);

/* Columns of the tidy table; NULL when there is none of the name. */
const double *picture_real(const struct picture *picture, const char *name);
const uint64_t *picture_count(const struct picture *picture, const char *name);
const struct till_slice *picture_text(const struct picture *picture, const char *name);

/* The word or sentence in the language of the picture. */
const char *picture_word(const struct picture_options *options, const char *english);

#endif
