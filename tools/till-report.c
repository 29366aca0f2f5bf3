/* till-report: the files of a night -> one HTML page that says what they say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <till/date.h>
#include <till/version.h>

#include "night.h"

struct settings {
    int language;
    const char *title;
    const char *currency;
    int32_t as_of;
    uint64_t top;
    bool no_pictures;
};

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "lang",
     .kind = OPTION_CHOICE,
     .offset = AT(language),
     .argument = "LANGUAGE",
     .initial = "en",
     .choices = "en|zh",
     .help = "The language of the page: English or Chinese."},
    {.name = "title", .kind = OPTION_TEXT, .offset = AT(title), .argument = "TEXT", .help = "The title of the page."},
    {.name = "currency",
     .kind = OPTION_TEXT,
     .offset = AT(currency),
     .argument = "NAME",
     .help = "The unit of money: EUR, 元."},
    {.name = "as-of",
     .kind = OPTION_DAY,
     .offset = AT(as_of),
     .argument = "DATE",
     .help = "The date of the data (default: the newest that a file of --meta tells)."},
    {.name = "top",
     .kind = OPTION_COUNT,
     .offset = AT(top),
     .argument = "N",
     .initial = "10",
     .minimum = 1,
     .maximum = 1000,
     .help = "The length of lists: moves, rules, customers."},
    {.name = "no-pictures",
     .kind = OPTION_FLAG,
     .offset = AT(no_pictures),
     .help = "Leave out the pictures; gnuplot is not needed then."},
    {0}};

enum { MOST_SECTIONS = 32 };

/* A file of the command line. */
struct file {
    struct till_input *input; /* NULL for JSON */
    bool read;                /* has been; from then on it is opened again */
    bool fills[MOST_SECTIONS];
};

struct work {
    struct night night;
    json_t **meta; /* [files] */
    size_t meta_count;
    struct file *files;           /* [files] */
    size_t filled[MOST_SECTIONS]; /* by so many files */
};

/* --- What a file is --- */

/* JSON begins with a brace, and no table of ours does. */
static bool is_json(const char *path) {
    char first = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    while (fread(&first, 1, 1, file) == 1 && strchr(" \t\r\n", first) != NULL)
        ;
    fclose(file);
    return first == '{';
}

static enum till_status read_meta(struct work *work, const char *path, struct till_error *error) {
    json_error_t problem;
    json_t *meta = json_load_file(path, 0, &problem);
    int64_t time;
    if (meta == NULL || !json_is_object(json_object_get(meta, "rows")) ||
        !json_is_string(json_object_get(meta, "tool"))) {
        bool parsed = meta != NULL;
        json_decref(meta);
        till_error_set(error, TILL_ERROR_DATA, "not a file of --meta: %s",
                       parsed ? "there is no \"tool\", or no \"rows\"" : problem.text);
        till_error_at(error, path, 0, 0, NULL);
        return TILL_ERROR_DATA;
    }
    work->meta[work->meta_count++] = meta;
    const char *as_of = json_string_value(json_object_get(meta, "as_of"));
    if (as_of != NULL && till_date_parse(TILL_DATE_ISO, NULL, as_of, strlen(as_of), &time) &&
        till_date_day(time) > work->night.as_of)
        work->night.as_of = till_date_day(time);
    return TILL_OK;
}

/* What a table has to be to become a section. */
static enum till_status refuse_table(const struct till_schema *schema, struct till_error *error) {
    struct till_text known = {0};
    bool good = true;
    for (size_t i = 0; sections[i] != NULL && good; i++)
        good = till_text_append_format(&known, "%s%s", i == 0 ? "" : ", ", sections[i]->table.forms[0].command);
    const char *names = good ? till_text_string(&known) : NULL;
    if (names != NULL) {
        till_error_set(error, TILL_ERROR_DATA, "not a table that a report is made of%s (those of %s)",
                       till_schema_hint(schema), names);
        till_error_at(error, schema->file, schema->line, 0, NULL);
    }
    till_text_free(&known);
    return names == NULL ? till_error_memory(error) : TILL_ERROR_DATA;
}

/* A table may have the columns of several sections: tiers keep the columns of the customers. It goes to those that no
 * file before it has filled, or else to all that it fits. */
static enum till_status choose_sections(struct work *work, struct file *file, struct till_error *error) {
    const struct till_schema *schema = till_input_schema(file->input);
    size_t fits = 0, free_ones = 0;
    for (size_t j = 0; sections[j] != NULL; j++) {
        file->fills[j] = section_fits(sections[j], schema);
        fits += file->fills[j];
        free_ones += file->fills[j] && work->filled[j] == 0;
    }
    for (size_t j = 0; sections[j] != NULL; j++) {
        file->fills[j] = file->fills[j] && (free_ones == 0 || work->filled[j] == 0);
        work->filled[j] += file->fills[j];
    }
    return fits > 0 ? TILL_OK : refuse_table(schema, error);
}

static enum till_status open_file(struct work *work, size_t i, struct till_error *error) {
    struct tool_run *run = work->night.run;
    const char *path = run->operands[i];
    if (!tool_is_file(path)) {
        till_error_set(error, TILL_ERROR_USAGE, "a report reads its files more than once: give a file, not a pipe");
        till_error_at(error, path, 0, 0, NULL);
        return TILL_ERROR_USAGE;
    }
    if (is_json(path))
        return read_meta(work, path, error);
    enum till_status status = tool_open_paths(run, &run->operands[i], 1, &work->files[i].input, error);
    return status == TILL_OK ? choose_sections(work, &work->files[i], error) : status;
}

/* --- The page --- */

static const char style[] =
    "<style>\n"
    "body{font:16px/1.5 system-ui,'Helvetica Neue',Arial,'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif;"
    "color:#222;background:#fff;max-width:60rem;margin:0 auto;padding:1rem}\n"
    "h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0 0;overflow-wrap:anywhere}"
    "h2{font-size:1.25rem;margin:2.2rem 0 .4rem;padding-top:.6rem;border-top:1px solid #ddd}\n"
    ".date{color:#555;margin:.2rem 0 1rem}nav{margin:1rem 0;line-height:1.9}nav a{margin-right:1rem}a{color:#0b5394}\n"
    ".says{font-size:1.06rem;margin:.3rem 0 .8rem}.note,footer{color:#555;font-size:.88rem}"
    ".warning{border-left:4px solid #d55e00;padding-left:.6rem}.says,.warning{overflow-wrap:anywhere}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-size:.92rem;margin:.4rem 0}"
    "th,td{padding:.22rem .7rem;text-align:right;border-bottom:1px solid #e4e4e4;font-variant-numeric:tabular-nums;"
    "vertical-align:top;white-space:nowrap}\n"
    "th{font-weight:600;border-bottom:2px solid #888;vertical-align:bottom;white-space:normal;word-break:keep-all}"
    ".t{text-align:left;white-space:normal;overflow-wrap:break-word;min-width:6rem;max-width:30rem}\n"
    "figure{margin:1rem 0;overflow-x:auto}figure "
    "svg{max-width:100%;min-width:36rem;height:auto}footer{margin-top:3rem}\n"
    "@media(max-width:30rem){th,td{padding:.2rem .4rem}}\n"
    "@media print{body{max-width:none;padding:0;font-size:11pt}nav{display:none}section,figure,tr{break-inside:avoid}"
    "h2{break-after:avoid}.wide{overflow:visible}}\n"
    "</style>\n";

static void put_head(struct page *page, const struct settings *settings, int32_t as_of) {
    const char *title = settings->title != NULL ? settings->title : page_word(page, "Customers");
    page_html(page,
              page->chinese ? "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n" : "<!DOCTYPE html>\n<html lang=\"en\">\n");
    page_html(page, "<head>\n<meta charset=\"utf-8\">\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                    "'unsafe-inline'\">\n<title>");
    page_escape(page, till_slice_of(title));
    page_html(page, "</title>\n");
    page_html(page, style);
    page_html(page, "</head>\n<body>\n<h1>");
    page_escape(page, till_slice_of(title));
    page_html(page, "</h1>\n");
    if (as_of != TILL_DAY_MISSING) {
        char date[16];
        page_html(page, "<p class=\"date\">");
        page_say(page, "as of");
        page_html(page, " ");
        page_escape(page, (struct till_slice){date, till_date_write(date, as_of)});
        page_html(page, "</p>\n");
    }
}

static void put_link(struct page *page, const char *name, const char *title) {
    page_html(page, "<a href=\"#");
    page_html(page, name);
    page_html(page, "\">");
    page_say(page, title);
    page_html(page, "</a>\n");
}

/* A link to each section that will be there. */
static void put_contents(struct work *work) {
    struct page *page = &work->night.page;
    page_html(page, "<nav>");
    if (work->meta_count > 0)
        put_link(page, "read", "What was read");
    for (size_t j = 0; sections[j] != NULL; j++)
        if (work->filled[j] > 0)
            put_link(page, sections[j]->name, sections[j]->title);
    page_html(page, "</nav>\n");
}

static enum till_status put_section(struct work *work, size_t section, size_t i, struct till_error *error) {
    struct tool_run *run = work->night.run;
    struct file *file = &work->files[i];
    struct till_input *again = NULL;
    enum till_status status = TILL_OK;
    if (file->read)
        status = tool_open_again(run, &run->operands[i], &again, error);
    if (status == TILL_OK)
        status = section_write(&work->night, sections[section], file->read ? again : file->input, &run->operands[i],
                               work->filled[section] > 1, error);
    till_input_close(again);
    file->read = true;
    return status;
}

static enum till_status put_sections(struct work *work, struct till_error *error) {
    enum till_status status = TILL_OK;
    size_t count = work->meta_count > 0;
    for (size_t j = 0; sections[j] != NULL; j++)
        for (size_t i = 0; i < work->night.run->operand_count && status == TILL_OK; i++)
            if (work->files[i].fills[j]) {
                status = put_section(work, j, i, error);
                count++;
            }
    tool_figure(work->night.run, "sections", (double)count);
    return status;
}

static enum till_status write_page(struct work *work, struct till_error *error) {
    const struct settings *settings = work->night.run->settings;
    struct page *page = &work->night.page;
    struct till_sink sink;
    enum till_status status = TILL_OK;
    if (settings->as_of != TILL_DAY_MISSING)
        work->night.as_of = settings->as_of;
    put_head(page, settings, work->night.as_of);
    put_contents(work);
    if (work->meta_count > 0)
        status = night_read(&work->night, work->meta, work->meta_count, error);
    if (status == TILL_OK)
        status = put_sections(work, error);
    page_html(page, "<footer>till " TILL_VERSION "</footer>\n</body>\n</html>\n");
    if (status == TILL_OK && page->failed)
        status = till_error_memory(error);
    if (status == TILL_OK)
        status = tool_open_bytes(work->night.run, &sink, error);
    return status == TILL_OK ? sink.write(sink.context, page->out.bytes, page->out.length, error) : status;
}

static enum till_status report(struct tool_run *run, struct till_error *error) {
    const struct settings *settings = run->settings;
    struct work work = {.night = {.run = run,
                                  .page = {.chinese = settings->language == 1, .currency = settings->currency},
                                  .top = (size_t)settings->top,
                                  .pictures = !settings->no_pictures,
                                  .as_of = TILL_DAY_MISSING}};
    if (run->operand_count == 0)
        return till_error_set(error, TILL_ERROR_USAGE, "which files? (tables of other tools, and files of --meta)");
    if (settings->currency != NULL && strlen(settings->currency) > PAGE_CURRENCY)
        return till_error_set(error, TILL_ERROR_USAGE, "the name of the currency is too long");
    work.meta = calloc(run->operand_count, sizeof *work.meta);
    work.files = calloc(run->operand_count, sizeof *work.files);
    enum till_status status = work.meta == NULL || work.files == NULL ? till_error_memory(error) : TILL_OK;
    for (size_t i = 0; i < run->operand_count && status == TILL_OK; i++)
        status = open_file(&work, i, error);
    if (status == TILL_OK)
        status = write_page(&work, error);
    for (size_t i = 0; i < work.meta_count; i++)
        json_decref(work.meta[i]);
    free(work.meta);
    free(work.files);
    till_text_free(&work.night.page.out);
    return status;
}

static const struct tool till_report = {
    .name = "till-report",
    .purpose = "one HTML page that says what the files of a night say",
    .operands = "FILE...",
    .groups = TOOL_READS | TOOL_WRITES,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = report,
};

int main(int argc, char **argv) {
    return tool_main(&till_report, argc, argv);
}
