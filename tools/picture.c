/* tools/picture.c: from the rows of a tool's CSV to a picture: columns, tidy numbers, script, gnuplot.
 *
 * Columns are found by their names, as the tools write them: who pipes the wrong table is told which columns were
 * expected and which command makes them. The kind then boils the rows down to the numbers that are shown, and the
 * script is made of those alone; so --data is what is in the picture, and nothing else. */
#include "picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/date.h>

#include "gnuplot.h"
#include "picture_script.h"
#include "picture_svg.h"

const struct picture_kind *picture_find(const char *name) {
    for (size_t i = 0; picture_kinds[i] != NULL; i++)
        if (strcmp(picture_kinds[i]->name, name) == 0)
            return picture_kinds[i];
    return NULL;
}

/* --- Columns --- */

/* The only column of this name; PICTURE_NONE when there is none, or more than one. */
static size_t find_column(const struct till_schema *schema, const char *name) {
    size_t found = PICTURE_NONE;
    for (size_t i = 0; i < schema->count; i++)
        if (till_slice_equal(schema->names[i], till_slice_of(name))) {
            if (found != PICTURE_NONE)
                return PICTURE_NONE;
            found = i;
        }
    return found;
}

static bool form_fits(const struct picture_form *form, const struct till_schema *schema) {
    for (const struct picture_column *column = form->columns; column->name != NULL; column++)
        if (!column->optional && find_column(schema, column->name) == PICTURE_NONE)
            return false;
    return true;
}

/* Appends to a message as far as it goes. */
static void say(char *message, size_t size, const char *text) {
    size_t at = strlen(message), length = strlen(text);
    length = length < size - 1 - at ? length : size - 1 - at;
    memcpy(message + at, text, length);
    message[at + length] = '\0';
}

static void say_forms(char *message, size_t size, const struct picture_kind *kind) {
    for (const struct picture_form *form = kind->forms; form->command != NULL; form++) {
        say(message, size, form == kind->forms ? "" : "; or ");
        bool first = true;
        for (const struct picture_column *column = form->columns; column->name != NULL; column++)
            if (!column->optional) {
                say(message, size, first ? "" : ",");
                say(message, size, column->name);
                first = false;
            }
        say(message, size, " (");
        say(message, size, form->command);
        say(message, size, ")");
    }
}

bool picture_fits(const struct picture_kind *kind, const struct till_schema *schema) {
    for (const struct picture_form *form = kind->forms; form->command != NULL; form++)
        if (form_fits(form, schema))
            return true;
    return false;
}

/* What was expected, what there is, and what makes it. */
static enum till_status refuse(const struct picture_kind *kind, const struct till_schema *schema,
                               struct till_error *error) {
    char wanted[256] = "", found[160] = "";
    say_forms(wanted, sizeof wanted, kind);
    for (size_t i = 0; i < schema->count; i++) {
        char quoted[TILL_QUOTED_SIZE];
        say(found, sizeof found, i == 0 ? "" : ",");
        if (strlen(found) > sizeof found - 80 && i + 1 < schema->count) {
            say(found, sizeof found, "...");
            break;
        }
        till_error_quote(quoted, schema->names[i].bytes, schema->names[i].length);
        quoted[64] = '\0';
        say(found, sizeof found, quoted);
    }
    till_error_set(error, TILL_ERROR_DATA, "not a table for this picture, which reads %s%s; the columns are %s", wanted,
                   till_schema_hint(schema), found);
    till_error_at(error, schema->file, schema->line, 0, kind->name);
    return TILL_ERROR_DATA;
}

/* The wishes for the columns of a form, and for the rest where it wants them. */
static size_t make_wishes(struct picture *picture, const struct till_schema *schema, struct till_frame_wish *wishes) {
    const struct picture_form *form = &picture->kind->forms[picture->form];
    size_t count = 0, i = 0;
    for (const struct picture_column *column = form->columns; column->name != NULL; column++, i++) {
        size_t place = find_column(schema, column->name);
        picture->column_of[i] = PICTURE_NONE;
        if (place == PICTURE_NONE)
            continue;
        picture->column_of[i] = count;
        wishes[count++] = (struct till_frame_wish){
            .column = place,
            .kind = column->kind,
            .missing = column->required_value ? TILL_MISSING_REJECTS : TILL_MISSING_PASSES,
        };
    }
    picture->rest = count;
    for (size_t column = 0; form->rest && column < schema->count; column++) {
        bool taken = false;
        for (size_t j = 0; j < picture->rest; j++)
            taken = taken || wishes[j].column == column;
        if (!taken)
            wishes[count++] = (struct till_frame_wish){.column = column, .missing = TILL_MISSING_PASSES};
    }
    return count;
}

enum till_status picture_read(struct picture *picture, struct tool_run *run, struct till_input *input,
                              struct till_error *error) {
    const struct picture_kind *kind = picture->kind;
    const struct till_schema *schema = till_input_schema(input);
    picture->newest = TILL_DAY_MISSING;
    picture->form = 0;
    while (kind->forms[picture->form].command != NULL && !form_fits(&kind->forms[picture->form], schema))
        picture->form++;
    if (kind->forms[picture->form].command == NULL)
        return refuse(kind, schema, error);
    struct till_frame_wish *wishes = calloc(PICTURE_COLUMNS + schema->count, sizeof *wishes);
    if (wishes == NULL)
        return till_error_memory(error);
    size_t count = make_wishes(picture, schema, wishes);
    enum till_status status = till_frame_plan(&picture->frame, schema, wishes, count, error);
    if (status == TILL_OK)
        status = till_frame_read(picture->frame, input, &run->number, NULL, run->threads, error);
    free(wishes);
    if (status == TILL_OK)
        status = kind->tidy(picture, error);
    return status;
}

void picture_free(struct picture *picture) {
    till_frame_free(picture->frame);
    till_table_free(picture->table);
    picture->frame = NULL;
    picture->table = NULL;
}

/* --- What kinds ask --- */

const double *picture_numbers(const struct picture *picture, size_t column) {
    size_t place = picture->column_of[column];
    return place == PICTURE_NONE ? NULL : picture->frame->columns[place].numbers;
}

const struct till_frame_column *picture_texts(const struct picture *picture, size_t column) {
    size_t place = picture->column_of[column];
    return place == PICTURE_NONE ? NULL : &picture->frame->columns[place];
}

struct till_slice picture_text_at(const struct till_frame_column *column, size_t row) {
    uint32_t code = column->codes[row];
    return code == TILL_FRAME_NO_LEVEL ? till_slice_of("") : till_dictionary_text(column->levels, code);
}

const double *picture_real(const struct picture *picture, const char *name) {
    const struct till_vector *column = till_table_column(picture->table, name);
    return column == NULL ? NULL : column->real;
}

const uint64_t *picture_count(const struct picture *picture, const char *name) {
    const struct till_vector *column = till_table_column(picture->table, name);
    return column == NULL ? NULL : column->count;
}

const struct till_slice *picture_text(const struct picture *picture, const char *name) {
    const struct till_vector *column = till_table_column(picture->table, name);
    return column == NULL ? NULL : column->text;
}

/* A column of the frame as one of the table. Texts are the frame's. */
static bool copy_column(struct picture *picture, const struct till_frame_column *column) {
    size_t rows = picture->frame->rows;
    void *values = till_table_add(picture->table, column->name, column->text ? TILL_TEXT : TILL_REAL);
    if (values == NULL)
        return false;
    if (!column->text && rows > 0)
        memcpy(values, column->numbers, rows * sizeof *column->numbers);
    for (size_t row = 0; column->text && row < rows; row++)
        ((struct till_slice *)values)[row] = picture_text_at(column, row);
    return true;
}

enum till_status picture_copy(struct picture *picture, struct till_error *error) {
    const struct picture_column *columns = picture->kind->forms[picture->form].columns;
    picture->table = till_table_new(picture->frame->rows);
    bool good = picture->table != NULL;
    for (size_t i = 0; columns[i].name != NULL && good; i++)
        if (picture->column_of[i] != PICTURE_NONE)
            good = copy_column(picture, &picture->frame->columns[picture->column_of[i]]);
    return good ? TILL_OK : till_error_memory(error);
}

void picture_find_date(struct picture *picture, size_t last, size_t recency) {
    const struct till_frame_column *dates = picture_texts(picture, last);
    const double *ages = picture_numbers(picture, recency);
    for (size_t row = 0; dates != NULL && ages != NULL && row < picture->frame->rows; row++) {
        struct till_slice text = picture_text_at(dates, row);
        int64_t seconds;
        if (isnan(ages[row]) || fabs(ages[row]) > 1e6 ||
            !till_date_parse(TILL_DATE_ISO, NULL, text.bytes, text.length, &seconds))
            continue;
        picture->newest = till_date_day(seconds) + (int32_t)ages[row];
        return;
    }
}

/* --- The page --- */

static void put_terminal(struct script *script) {
    const struct picture_options *options = script->options;
    double w = script->width, h = script->height;
    switch (options->type) {
    case PICTURE_SVG:
        script_add(script, "set terminal svg size %.0f,%.0f font 'sans-serif,12' noenhanced background '#ffffff'\n", w,
                   h);
        break;
    case PICTURE_PNG:
        script_add(script,
                   "set terminal pngcairo size %.0f,%.0f font 'sans-serif,12' fontscale 1.5 linewidth 2 pointscale 2 "
                   "dashlength 0.6 "
                   "noenhanced background '#ffffff'\n",
                   2 * w, 2 * h);
        break;
    case PICTURE_PDF:
        script_add(script,
                   "set terminal pdfcairo size %.4fin,%.4fin font 'sans-serif,12' fontscale 0.56 linewidth 1.5 "
                   "pointscale 0.56 noenhanced background '#ffffff'\n",
                   w / 96, h / 96);
        break;
    case PICTURE_TERMINAL:
        script_add(script, "set terminal dumb size %.0f,%.0f noenhanced\n", w / 8, h / 16);
        break;
    }
}

/* The date of the data, behind what the numbers say. */
static bool add_date(const struct picture *picture, struct till_text *text) {
    char date[16];
    int32_t day = picture->options.as_of != TILL_DAY_MISSING ? picture->options.as_of : picture->newest;
    if (day == TILL_DAY_MISSING)
        return true;
    size_t length = till_date_write(date, day);
    return till_text_append_format(text, "%s%s %.*s", text->length == 0 ? "" : " · ",
                                   picture_word(&picture->options, "as of"), (int)length, date);
}

static bool put_titles(const struct picture *picture, struct script *script) {
    const struct picture_options *options = &picture->options;
    struct till_text text = {0};
    bool good = true;
    struct script_place title = {.x = 16, .y = 24, .size = SCRIPT_TITLE, .bold = true, .width = script->width - 32};
    struct script_place below = {
        .x = 16, .y = 48, .size = SCRIPT_PLAIN, .color = "#555555", .width = script->width - 32};
    script_label(script, &title,
                 till_slice_of(options->title != NULL ? options->title : picture_word(options, picture->kind->title)));
    if (options->subtitle != NULL) {
        good = till_text_append_string(&text, options->subtitle);
    } else if (picture->kind->say != NULL && picture->table->rows > 0) {
        good = picture->kind->say(picture, &text);
    }
    good = good && add_date(picture, &text);
    script_label(script, &below, (struct till_slice){text.bytes, text.length});
    till_text_free(&text);
    return good;
}

static struct script start_script(const struct picture *picture, struct till_text *out) {
    const struct picture_options *options = &picture->options;
    struct script script = {.out = out, .options = options};
    bool terminal = options->type == PICTURE_TERMINAL;
    script.width = options->width == 0 ? picture->kind->width : options->width * (terminal ? 8.0 : 1.0);
    script.height = options->height == 0 ? picture->kind->height : options->height * (terminal ? 16.0 : 1.0);
    return script;
}

enum till_status picture_script(struct picture *picture, struct till_text *out, struct till_error *error) {
    struct script script = start_script(picture, out);
    enum till_status status = TILL_OK;
    if (!picture->kind->text) {
        put_terminal(&script);
        script_add(&script, "set encoding utf8\nset datafile separator whitespace\nset border 3 lc rgb '#555555'\n"
                            "unset key\nset tics scale 0.6 textcolor rgb '#333333'\n");
        bool titled = put_titles(picture, &script); /* may set script.failed itself */
        script.failed = script.failed || !titled;
    }
    if (picture->table->rows == 0 && !picture->kind->text)
        script_nothing(&script, picture_word(&picture->options, "There are no rows to show."));
    else
        status = picture->kind->script(picture, &script, error);
    return status == TILL_OK && script.failed ? till_error_memory(error) : status;
}

/* --- Drawing --- */

static bool ends_with(const struct till_text *text, const char *end, size_t length) {
    size_t last = text->length;
    while (last > 0 && (text->bytes[last - 1] == '\n' || text->bytes[last - 1] == '\r'))
        last--;
    return last >= length && memcmp(text->bytes + last - length, end, length) == 0;
}

/* A PDF tells when it was made; that it was made is enough. The bytes keep their places. */
static void drop_dates(struct till_text *pdf) {
    static const char mark[] = "/CreationDate (D:";
    size_t length = sizeof mark - 1;
    for (size_t at = 0; at + length + 14 < pdf->length; at++)
        if (memcmp(pdf->bytes + at, mark, length) == 0)
            for (size_t i = at + length; i < pdf->length && pdf->bytes[i] != ')'; i++)
                if (pdf->bytes[i] >= '0' && pdf->bytes[i] <= '9')
                    pdf->bytes[i] = i == at + length ? '2' : '0';
}

/* gnuplot may have been cut short without saying so. */
static enum till_status finish(const struct picture *picture, struct till_text *drawn, struct till_text *out,
                               struct till_error *error) {
    static const char png[] = "IEND\xAE\x42\x60\x82";
    bool whole = true;
    switch (picture->options.type) {
    case PICTURE_SVG:
        return picture_svg(picture, (struct till_slice){drawn->bytes, drawn->length}, out, error);
    case PICTURE_PNG:
        whole = ends_with(drawn, png, sizeof png - 1);
        break;
    case PICTURE_PDF:
        whole = ends_with(drawn, "%%EOF", 5);
        drop_dates(drawn);
        break;
    case PICTURE_TERMINAL:
        break;
    }
    if (!whole)
        return till_error_set(error, TILL_ERROR_INPUT_OUTPUT, "gnuplot did not finish the picture");
    return till_text_append(out, drawn->bytes, drawn->length) ? TILL_OK : till_error_memory(error);
}

enum till_status picture_draw(struct picture *picture, struct till_text *out, struct till_error *error) {
    struct till_text script = {0}, drawn = {0};
    if (picture->kind->text)
        return picture_script(picture, out, error);
    enum till_status status = picture_script(picture, &script, error);
    if (status == TILL_OK)
        status = gnuplot_run(&drawn, script.bytes, script.length, error);
    if (status == TILL_OK)
        status = finish(picture, &drawn, out, error);
    till_text_free(&script);
    till_text_free(&drawn);
    return status;
}
