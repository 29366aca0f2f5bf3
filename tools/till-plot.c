/* till-plot: a tool's CSV -> a picture of it, drawn by gnuplot. */
#include "tool.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "options.h"
#include "picture.h"

struct settings {
    int type;
    bool data;
    bool script;
    bool list;
    uint64_t width;
    uint64_t height;
    const char *title;
    const char *subtitle;
    int32_t as_of;
    const char *currency;
    const char *unit;
    const char *x;
    const char *y;
    int color;
    bool log_x;
    bool log_y;
    int language;
};

/* The choices of --type; behind AUTO they are those of enum picture_type. */
enum { TYPE_AUTO };

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "list",
     .kind = OPTION_FLAG,
     .offset = AT(list),
     .help = "List the kinds of pictures, with the command whose output each of them reads, and its columns."},
    {.name = "type",
     .letter = 't',
     .kind = OPTION_CHOICE,
     .offset = AT(type),
     .argument = "TYPE",
     .initial = "auto",
     .choices = "auto|svg|png|pdf|terminal",
     .help = "What the picture is made as; auto: by the ending of the -o name, else SVG. terminal is made of letters."},
    {.name = "data",
     .kind = OPTION_FLAG,
     .offset = AT(data),
     .help = "Write the numbers behind the picture instead, as a table."},
    {.name = "script",
     .kind = OPTION_FLAG,
     .offset = AT(script),
     .help = "Write the gnuplot script instead. It has the numbers in it, and needs nothing else."},
    {.name = "width",
     .kind = OPTION_COUNT,
     .offset = AT(width),
     .argument = "N",
     .minimum = 0,
     .maximum = 10000,
     .help = "The width in pixels (letters on a terminal); 0: what suits the picture."},
    {.name = "height",
     .kind = OPTION_COUNT,
     .offset = AT(height),
     .argument = "N",
     .minimum = 0,
     .maximum = 10000,
     .help = "The height in pixels (lines on a terminal); 0: what suits the picture."},
    {.name = "title",
     .kind = OPTION_TEXT,
     .offset = AT(title),
     .argument = "TEXT",
     .help = "The title (default: what the picture shows)."},
    {.name = "subtitle",
     .kind = OPTION_TEXT,
     .offset = AT(subtitle),
     .argument = "TEXT",
     .help = "The line below the title (default: what the numbers say)."},
    {.name = "as-of",
     .kind = OPTION_DAY,
     .offset = AT(as_of),
     .argument = "DATE",
     .help = "The date of the data, behind the subtitle (default: what the table says, where it does)."},
    {.name = "currency",
     .kind = OPTION_TEXT,
     .offset = AT(currency),
     .argument = "NAME",
     .help = "The unit of money in titles of axes: EUR, 元."},
    {.name = "unit",
     .kind = OPTION_TEXT,
     .offset = AT(unit),
     .argument = "NAME",
     .help = "The unit of time in titles of axes, where the table does not tell it: days, weeks."},
    {.name = "x",
     .kind = OPTION_TEXT,
     .offset = AT(x),
     .argument = "COL",
     .help = "The column to the right, where a picture leaves a choice (default: the first column of numbers)."},
    {.name = "y",
     .kind = OPTION_TEXT,
     .offset = AT(y),
     .argument = "COL",
     .help = "The column upwards, where a picture leaves a choice (default: the second column of numbers)."},
    {.name = "color",
     .kind = OPTION_CHOICE,
     .offset = AT(color),
     .argument = "WHAT",
     .initial = "customers",
     .choices = "customers|money|mean",
     .help = "What the colours of rfm mean: how many customers, their money, or the money of one of them."},
    {.name = "log-x",
     .kind = OPTION_FLAG,
     .offset = AT(log_x),
     .help = "Powers of ten to the right, where a picture leaves a choice."},
    {.name = "log-y",
     .kind = OPTION_FLAG,
     .offset = AT(log_y),
     .help = "Powers of ten upwards, where a picture leaves a choice."},
    {.name = "lang",
     .kind = OPTION_CHOICE,
     .offset = AT(language),
     .argument = "LANGUAGE",
     .initial = "en",
     .choices = "en|zh",
     .help = "The language of titles: English or Chinese."},
    {0}};

/* --- The list --- */

/* The columns of a form that must be there. */
static bool put_columns(struct till_text *text, const struct picture_form *form) {
    bool good = true;
    size_t before = text->length;
    for (const struct picture_column *column = form->columns; column->name != NULL; column++)
        if (!column->optional)
            good = good && till_text_append_format(text, "%s%s", text->length == before ? "" : ",", column->name);
    return good;
}

static enum till_status list_kinds(struct tool_run *run, struct till_error *error) {
    struct till_slice names[] = {till_slice_of("kind"), till_slice_of("reads"), till_slice_of("columns"),
                                 till_slice_of("shows")};
    static const enum till_type types[] = {TILL_TEXT, TILL_TEXT, TILL_TEXT, TILL_TEXT};
    struct till_writer *writer;
    struct till_text text = {0};
    enum till_status status = tool_open_output(run, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, 4, error);
    for (size_t i = 0; picture_kinds[i] != NULL && status == TILL_OK; i++)
        for (const struct picture_form *form = picture_kinds[i]->forms; form->command != NULL && status == TILL_OK;
             form++) {
            text.length = 0;
            if (!put_columns(&text, form)) {
                status = till_error_memory(error);
                break;
            }
            till_writer_text(writer, till_slice_of(picture_kinds[i]->name));
            till_writer_text(writer, till_slice_of(form->command));
            till_writer_text(writer, (struct till_slice){text.bytes, text.length});
            till_writer_text(writer, till_slice_of(picture_kinds[i]->shows));
            status = till_writer_end(writer, error);
        }
    till_text_free(&text);
    return status;
}

/* --- The picture --- */

static enum till_status find_kind(const struct tool_run *run, const struct picture_kind **kind,
                                  struct till_error *error) {
    char quoted[TILL_QUOTED_SIZE];
    if (run->operand_count == 0)
        return till_error_set(error, TILL_ERROR_USAGE, "which picture? (till-plot --list names the kinds)");
    *kind = picture_find(run->operands[0]);
    if (*kind != NULL)
        return TILL_OK;
    till_error_quote(quoted, run->operands[0], strlen(run->operands[0]));
    const char *names[64];
    size_t count = 0;
    for (; count < 64 && picture_kinds[count] != NULL; count++)
        names[count] = picture_kinds[count]->name;
    const char *nearest = option_nearest(run->operands[0], names, count);
    return till_error_set(error, TILL_ERROR_USAGE, "no such picture: %s%s%s (till-plot --list names the kinds)", quoted,
                          nearest == NULL ? "" : "; did you mean ", nearest == NULL ? "" : nearest);
}

static bool has_ending(const char *name, size_t length, const char *ending) {
    size_t wanted = strlen(ending);
    return length > wanted && strncasecmp(name + length - wanted, ending, wanted) == 0;
}

/* The type by the name of the output, behind which .gz may stand. Errors: TILL_ERROR_USAGE for the name of a kind of
 * picture that is not made. */
static enum till_status find_type(const struct tool_run *run, enum picture_type *type, struct till_error *error) {
    static const char *const endings[] = {".svg", ".png", ".pdf", ".txt"};
    static const char *const others[] = {".jpg", ".jpeg", ".gif", ".eps", ".ps", ".html", ".webp", ".emf", ".tif"};
    const struct settings *settings = run->settings;
    const char *name = tool_output_name(run);
    size_t length = strlen(name);
    *type = PICTURE_SVG;
    if (settings->type != TYPE_AUTO) {
        *type = (enum picture_type)(settings->type - 1);
        return TILL_OK;
    }
    if (has_ending(name, length, ".gz"))
        length -= 3;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (has_ending(name, length, endings[i]))
            *type = (enum picture_type)i;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (has_ending(name, length, others[i])) {
            till_error_set(error, TILL_ERROR_USAGE, "%s is not made: svg, png, pdf or txt (or say --type)", others[i]);
            till_error_at(error, NULL, 0, 0, "--output");
            return TILL_ERROR_USAGE;
        }
    return TILL_OK;
}

/* An option that the picture has no use for would be passed over in silence. */
static enum till_status check_choices(const struct tool_run *run, const struct picture_kind *kind,
                                      struct till_error *error) {
    const struct settings *settings = run->settings;
    const struct {
        const char *option;
        bool given;
        unsigned choice;
    } choices[] = {
        {"--x", settings->x != NULL, PICTURE_XY},         {"--y", settings->y != NULL, PICTURE_XY},
        {"--log-x", settings->log_x, PICTURE_LOG},        {"--log-y", settings->log_y, PICTURE_LOG},
        {"--color", settings->color != 0, PICTURE_COLOR}, {"--currency", settings->currency != NULL, PICTURE_CURRENCY},
        {"--unit", settings->unit != NULL, PICTURE_UNIT},
    };
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (choices[i].given && !(kind->takes & choices[i].choice)) {
            till_error_set(error, TILL_ERROR_USAGE, "the picture %s leaves no such choice", kind->name);
            till_error_at(error, NULL, 0, 0, choices[i].option);
            return TILL_ERROR_USAGE;
        }
    return TILL_OK;
}

/* Smaller pages have no room for what stands around a plot. */
static enum till_status check_size(const struct settings *settings, enum picture_type type, struct till_error *error) {
    bool terminal = type == PICTURE_TERMINAL;
    uint64_t narrowest = terminal ? 40 : 300, lowest = terminal ? 16 : 240;
    bool narrow = settings->width != 0 && settings->width < narrowest;
    bool low = settings->height != 0 && settings->height < lowest;
    if (!narrow && !low)
        return TILL_OK;
    till_error_set(error, TILL_ERROR_USAGE, "at least %llu are needed",
                   (unsigned long long)(narrow ? narrowest : lowest));
    till_error_at(error, NULL, 0, 0, narrow ? "--width" : "--height");
    return TILL_ERROR_USAGE;
}

/* DOT is no picture yet. */
static enum till_status check_text(const struct tool_run *run, const struct picture_kind *kind,
                                   struct till_error *error) {
    static const char *const endings[] = {".svg", ".png", ".pdf", ".svg.gz"};
    const struct settings *settings = run->settings;
    const char *name = tool_output_name(run);
    bool drawn = settings->type != TYPE_AUTO;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        drawn = drawn || has_ending(name, strlen(name), endings[i]);
    if (!kind->text || settings->data || !drawn)
        return TILL_OK;
    till_error_set(error, TILL_ERROR_USAGE, "%s is written as DOT: till-plot %s ... | dot -Tsvg > FILE.svg", kind->name,
                   kind->name);
    till_error_at(error, NULL, 0, 0, settings->type != TYPE_AUTO ? "--type" : "--output");
    return TILL_ERROR_USAGE;
}

static enum till_status write_bytes(struct tool_run *run, const struct till_text *text, struct till_error *error) {
    struct till_sink sink;
    enum till_status status = tool_open_bytes(run, &sink, error);
    if (status == TILL_OK && text->length > 0)
        status = sink.write(sink.context, text->bytes, text->length, error);
    return status;
}

static enum till_status write_picture(struct tool_run *run, struct picture *picture, struct till_error *error) {
    const struct settings *settings = run->settings;
    struct till_text text = {0};
    if (settings->data)
        return tool_write_table(run, NULL, picture->table, error);
    enum till_status status =
        settings->script ? picture_script(picture, &text, error) : picture_draw(picture, &text, error);
    if (status == TILL_OK)
        status = write_bytes(run, &text, error);
    till_text_free(&text);
    return status;
}

static struct picture_options options_of(const struct settings *settings) {
    return (struct picture_options){
        .width = (unsigned)settings->width,
        .height = (unsigned)settings->height,
        .title = settings->title,
        .subtitle = settings->subtitle,
        .as_of = settings->as_of,
        .currency = settings->currency,
        .unit = settings->unit,
        .x = settings->x,
        .y = settings->y,
        .color = (enum picture_color)settings->color,
        .log_x = settings->log_x,
        .log_y = settings->log_y,
        .chinese = settings->language == 1,
    };
}

static enum till_status plot(struct tool_run *run, struct till_error *error) {
    const struct settings *settings = run->settings;
    struct picture picture = {.options = options_of(settings)};
    struct till_input *input;
    if (settings->list)
        return list_kinds(run, error);
    if (settings->data && settings->script)
        return till_error_set(error, TILL_ERROR_USAGE, "one at a time: --data or --script");
    if (settings->data && settings->type != TYPE_AUTO)
        return till_error_set(error, TILL_ERROR_USAGE, "one at a time: --data or --type");
    enum till_status status = find_kind(run, &picture.kind, error);
    if (status == TILL_OK)
        status = check_choices(run, picture.kind, error);
    if (status == TILL_OK)
        status = check_text(run, picture.kind, error);
    if (status == TILL_OK)
        status = find_type(run, &picture.options.type, error);
    if (status == TILL_OK)
        status = check_size(settings, picture.options.type, error);
    if (status == TILL_OK)
        status = tool_open_paths(run, run->operands + 1, run->operand_count - 1, &input, error);
    if (status == TILL_OK)
        status = picture_read(&picture, run, input, error);
    if (status == TILL_OK)
        status = write_picture(run, &picture, error);
    if (status == TILL_OK)
        tool_figure(run, "rows_shown", (double)picture.table->rows);
    picture_free(&picture);
    return status;
}

static const struct tool till_plot = {
    .name = "till-plot",
    .purpose = "pictures of what the other tools write, drawn by gnuplot",
    .operands = "KIND [FILE]...",
    .groups = TOOL_READS | TOOL_WRITES,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = plot,
};

int main(int argc, char **argv) {
    return tool_main(&till_plot, argc, argv);
}
