/* tools/common.c: the options that all tools share.
 *
 * One table for each group of the contract; a tool's `groups` says which of them it takes. Behind the tables stands
 * what turns typed texts into the library's options: lists are split, filters are cut at '=', the delimiter gets its
 * names. */
#include "common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <till/date.h>
#include <till/decimal.h>

#define AT(field) offsetof(struct common, field)

static const struct option delimiter_options[] = {
    {.name = "delimiter",
     .letter = 'd',
     .kind = OPTION_TEXT,
     .offset = AT(delimiter),
     .argument = "C",
     .help = "The field separator of input and output: one byte, or \"tab\" (default: a comma)."},
    {.name = "tsv", .kind = OPTION_FLAG, .offset = AT(tsv), .help = "The same as -d tab."},
    {0}};

static const struct option reading_options[] = {
    {.name = "no-headers",
     .letter = 'n',
     .kind = OPTION_FLAG,
     .offset = AT(no_headers),
     .help = "The first line is data; columns are then named 1, 2, and so on."},
    {.name = "skip",
     .kind = OPTION_COUNT,
     .offset = AT(skip),
     .argument = "N",
     .help = "Leave out so many lines before the header, in each file."},
    {.name = "footer",
     .kind = OPTION_TEXT,
     .offset = AT(footer),
     .argument = "PREFIX",
     .help = "Last lines that begin so are not data (Total, 合计)."},
    {.name = "encoding",
     .kind = OPTION_TEXT,
     .offset = AT(encoding),
     .argument = "NAME",
     .help = "The encoding of the input, by any name that iconv knows: GB18030, GBK, ISO-8859-1, UTF-16LE (default: "
             "UTF-8). Invalid bytes make a bad row; they are never replaced."},
    {.name = "null",
     .kind = OPTION_LIST,
     .offset = AT(nulls),
     .argument = "LIST",
     .help = "Texts, separated by commas, that mean \"missing\" as the empty field does."},
    {.name = "decimal",
     .kind = OPTION_CHOICE,
     .offset = AT(decimal),
     .argument = "C",
     .initial = ".",
     .choices = ".|,",
     .help = "The decimal mark of numbers: a dot or a comma."},
    {.name = "money",
     .kind = OPTION_FLAG,
     .offset = AT(money),
     .help = "Understand currency signs, 元, thousands separators, and (5.00) as minus."},
    {.name = "clean-ids",
     .kind = OPTION_FLAG,
     .offset = AT(clean_ids),
     .help = "Take from ids what spreadsheets put there: tabs, backticks, =\"...\" and a trailing .0."},
    {.name = "only",
     .kind = OPTION_LIST,
     .offset = AT(only),
     .argument = "COL=V,V*",
     .help = "Keep rows with one of these values in the column; V* stands for all values that begin so. Given several "
             "times, all must hold. Rows left out are counted by name."},
    {.name = "except",
     .kind = OPTION_LIST,
     .offset = AT(except),
     .argument = "COL=V,V*",
     .help = "Leave out rows with one of these values in the column."},
    {.name = "max-bad",
     .kind = OPTION_TEXT,
     .offset = AT(max_bad),
     .argument = "N|P%",
     .help = "Go on past so many bad rows (or that share of the rows read): wrong number of fields, bad value, invalid "
             "bytes (default: 0). Broken quotes, damaged gzip and over-long fields always stop."},
    {.name = "max-field",
     .kind = OPTION_SIZE,
     .offset = AT(max_field),
     .argument = "SIZE",
     .initial = "16M",
     .minimum = 1,
     .maximum = 1099511627776.0,
     .help = "The longest field, in bytes."},
    {.name = "rejects",
     .kind = OPTION_FILE,
     .offset = AT(rejects),
     .argument = "FILE",
     .help = "Write bad rows there as CSV: file, line, column, reason, and the row verbatim. The file is kept when the "
             "tool fails."},
    {.name = "min-rows",
     .kind = OPTION_COUNT,
     .offset = AT(min_rows),
     .argument = "N",
     .help = "Fewer rows used is an error (exit 3), so that a failed export does not overwrite last night's file."},
    {0}};

static const struct option transaction_options[] = {
    {.name = "customer",
     .kind = OPTION_TEXT,
     .offset = AT(roles.customer),
     .argument = "COL",
     .help = "The column of the customer: a name, or a number from 1 (default: found by the header, such as "
             "customer_id or 客户编号)."},
    {.name = "date",
     .kind = OPTION_TEXT,
     .offset = AT(roles.date),
     .argument = "COL",
     .help = "The column of the date or time (default: found by the header)."},
    {.name = "amount",
     .kind = OPTION_TEXT,
     .offset = AT(roles.amount),
     .argument = "COL|A*B",
     .help = "The column of the money, or two to multiply (default: found by the header, else quantity * price)."},
    {.name = "order",
     .kind = OPTION_TEXT,
     .offset = AT(roles.order),
     .argument = "COL",
     .help = "The column that says which purchase a row belongs to (default: found by the header)."},
    {.name = "item",
     .kind = OPTION_TEXT,
     .offset = AT(roles.item),
     .argument = "COL",
     .help = "The column of the product (default: found by the header)."},
    {.name = "map",
     .kind = OPTION_FILE,
     .offset = AT(map),
     .argument = "FILE",
     .help = "Read roles and formats from lines role=column (also date_format=PATTERN, amount_per=order); the command "
             "line wins."},
    {.name = "date-format",
     .kind = OPTION_TEXT,
     .offset = AT(roles.date_format),
     .argument = "PATTERN",
     .help = "How dates are written, as a strptime pattern such as %d/%m/%Y (default: found from the data; when they "
             "allow day/month and month/day both, this is asked for)."},
    {.name = "since",
     .kind = OPTION_TEXT,
     .offset = AT(since),
     .argument = "DATE|Nd",
     .help = "Leave out rows before this date, or older than N days at the as-of date."},
    {.name = "until",
     .kind = OPTION_DAY,
     .offset = AT(roles.until),
     .argument = "DATE",
     .help = "The last day that counts; later rows are filtered."},
    {.name = "as-of",
     .kind = OPTION_DAY,
     .offset = AT(as_of),
     .argument = "DATE",
     .help = "Look at the data as of this date: later rows are filtered, and ages are counted up to it (default: the "
             "newest date of the data)."},
    {0}};

static const struct option purchase_options[] = {
    {.name = "amount-per",
     .kind = OPTION_CHOICE,
     .offset = AT(amount_per),
     .argument = "WHAT",
     .initial = "line",
     .choices = "line|order",
     .help = "Whether an amount belongs to its line, or is the total of the order, repeated on each of its lines and "
             "taken once."},
    {.name = "returns",
     .kind = OPTION_CHOICE,
     .offset = AT(returns),
     .argument = "HOW",
     .initial = "net",
     .choices = "net|drop|error",
     .help = "What an order that sums below zero does: lower the customer's money, count for nothing, or stop the "
             "tool."},
    {.name = "count",
     .kind = OPTION_CHOICE,
     .offset = AT(count),
     .argument = "WHAT",
     .initial = "orders",
     .choices = "orders|days|rows",
     .help = "What frequency counts: distinct orders, distinct days, or rows."},
    {0}};

static const struct option state_options[] = {
    {.name = "state",
     .kind = OPTION_FILE,
     .offset = AT(state),
     .argument = "FILE",
     .help = "Add the input to the state in FILE, which is made if it is not there, and print the result over all that "
             "it holds. --since, --until and --as-of apply to what is printed; the state keeps all rows."},
    {.name = "state-only",
     .kind = OPTION_FLAG,
     .offset = AT(state_only),
     .help = "Add to the state and print nothing."},
    {.name = "replay",
     .kind = OPTION_FLAG,
     .offset = AT(replay),
     .help = "Skip an input that the state holds already (otherwise an error) and print the result: to repeat a night "
             "that crashed, or to print another table of it."},
    {.name = "allow-overlap",
     .kind = OPTION_FLAG,
     .offset = AT(allow_overlap),
     .help = "Add rows of days that the state holds already (otherwise an error): late rows."},
    {.name = "replace-days",
     .kind = OPTION_FLAG,
     .offset = AT(replace_days),
     .help = "Put the days of the input in the place of what the state holds of them."},
    {0}};

static const struct option writing_options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_FILE,
     .offset = AT(output),
     .argument = "FILE",
     .help = "Write to FILE, whole or not at all (default: standard output). A name ending in .gz is compressed."},
    {.name = "format",
     .letter = 'f',
     .kind = OPTION_CHOICE,
     .offset = AT(format),
     .argument = "F",
     .initial = "csv",
     .choices = "csv|tsv|jsonl|json|md|table",
     .help = "The form of the output; table is aligned, for eyes."},
    {.name = "output-encoding",
     .kind = OPTION_TEXT,
     .offset = AT(output_encoding),
     .argument = "NAME",
     .help = "The encoding of the output, by any name that iconv knows (default: UTF-8)."},
    {.name = "bom", .kind = OPTION_FLAG, .offset = AT(bom), .help = "Begin with a byte order mark, for spreadsheets."},
    {.name = "meta",
     .kind = OPTION_FILE,
     .offset = AT(meta),
     .argument = "FILE",
     .help =
         "Write a JSON file about the run: options, roles, inputs with digests, row accounting, figures, warnings."},
    {.name = "fail-if",
     .kind = OPTION_LIST,
     .offset = AT(fail_if),
     .argument = "COND",
     .help = "Exit with 1 and leave output files as they were when a figure of the summary meets the condition: "
             "'rejected>0', 'customers<1000'. May be given several times."},
    {0}};

static const struct option passing_options[] = {
    {.name = "replace-columns",
     .kind = OPTION_FLAG,
     .offset = AT(replace_columns),
     .help = "Replace columns of the input that have the name of one that is added (otherwise an error)."},
    {0}};

static const struct option running_options[] = {
    {.name = "threads",
     .letter = 'j',
     .kind = OPTION_COUNT,
     .offset = AT(threads),
     .argument = "N",
     .minimum = 1,
     .maximum = 1024,
     .help = "Use so many threads (default: all processors). The result does not depend on it."},
    {.name = "seed",
     .kind = OPTION_COUNT,
     .offset = AT(seed),
     .argument = "N",
     .initial = "1",
     .help = "The seed of random numbers."},
    {.name = "progress",
     .kind = OPTION_CHOICE,
     .offset = AT(progress),
     .argument = "WHEN",
     .initial = "auto",
     .choices = "auto|always|never",
     .help = "Show progress on standard error; auto: when that is a terminal."},
    {.name = "quiet",
     .letter = 'q',
     .kind = OPTION_FLAG,
     .offset = AT(quiet),
     .help = "No summary and no notes; warnings and errors stay."},
    {.name = "verbose",
     .letter = 'v',
     .kind = OPTION_FLAG,
     .offset = AT(verbose),
     .help = "Say which roles and formats are used, and why rows were filtered."},
    {.name = "errors",
     .kind = OPTION_CHOICE,
     .offset = AT(errors),
     .argument = "FORM",
     .initial = "text",
     .choices = "text|json",
     .help = "The form of error messages: a line of text, or a JSON object."},
    {.name = "help", .letter = 'h', .kind = OPTION_OPTIONAL, .offset = AT(help), .help = "Show this help."},
    {.name = "version", .letter = 'V', .kind = OPTION_FLAG, .offset = AT(version), .help = "Show the version."},
    {0}};

void *keep_alloc(struct keep *keep, size_t size) {
    void **grown = realloc(keep->blocks, (keep->count + 1) * sizeof *grown);
    if (grown == NULL)
        return NULL;
    keep->blocks = grown;
    void *block = calloc(1, size == 0 ? 1 : size);
    if (block != NULL)
        keep->blocks[keep->count++] = block;
    return block;
}

char *keep_copy(struct keep *keep, const char *bytes, size_t length) {
    char *copy = keep_alloc(keep, length + 1);
    if (copy != NULL && length > 0)
        memcpy(copy, bytes, length);
    return copy;
}

void keep_free(struct keep *keep) {
    for (size_t i = 0; i < keep->count; i++)
        free(keep->blocks[i]);
    free(keep->blocks);
    *keep = (struct keep){0};
}

static void add_group(struct option_set *set, const char *title, const struct option *options, struct common *common) {
    set->groups[set->group_count++] = (struct option_group){title, options, common};
}

void common_groups(struct option_set *set, unsigned groups, struct common *common) {
    static const char reading[] = "Reading", transactions[] = "Transactions", writing[] = "Writing";
    if (groups & (TOOL_READS | TOOL_WRITES))
        add_group(set, groups & TOOL_READS ? reading : writing, delimiter_options, common);
    if (groups & TOOL_READS)
        add_group(set, reading, reading_options, common);
    if (groups & TOOL_TRANSACTIONS)
        add_group(set, transactions, transaction_options, common);
    if (groups & TOOL_PURCHASES)
        add_group(set, transactions, purchase_options, common);
    if (groups & TOOL_STATE)
        add_group(set, "Nightly state", state_options, common);
    if (groups & TOOL_WRITES)
        add_group(set, writing, writing_options, common);
    if (groups & TOOL_PASSES)
        add_group(set, writing, passing_options, common);
    add_group(set, "Running", running_options, common);
}

enum till_status common_delimiter(const struct common *common, char *delimiter, struct till_error *error) {
    const char *text = common->delimiter;
    *delimiter = common->tsv ? '\t' : ',';
    if (text == NULL)
        return TILL_OK;
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0)
        text = "\t";
    unsigned char byte = (unsigned char)text[0];
    if (strlen(text) != 1 || byte >= 0x80 || byte == '"' || byte == '\n' || byte == '\r')
        return tool_usage_text(error, "--delimiter", "not a single byte that can separate fields, or \"tab\"",
                               till_slice_of(text));
    *delimiter = text[0];
    return TILL_OK;
}

/* Splits `text` at commas into kept copies. */
static const char *const *split(const char *text, size_t *count, struct keep *keep) {
    size_t parts = 1;
    for (const char *at = text; *at != '\0'; at++)
        parts += *at == ',';
    const char **values = keep_alloc(keep, parts * sizeof *values);
    for (size_t i = 0; values != NULL && i < parts; i++) {
        size_t length = strcspn(text, ",");
        values[i] = keep_copy(keep, text, length);
        if (values[i] == NULL)
            return NULL;
        text += length + (text[length] == ',');
    }
    *count = parts;
    return values;
}

/* COL=V,V* as a filter. The column ends at the first '='. */
static enum till_status make_filter(struct till_filter *filter, const char *option, const char *text, bool keeps,
                                    struct keep *keep, struct till_error *error) {
    size_t length = strcspn(text, "=");
    if (length == 0 || text[length] == '\0')
        return tool_usage_text(error, option, "not of the form COLUMN=VALUE,VALUE", till_slice_of(text));
    char *column = keep_copy(keep, text, length);
    char *name = keep_alloc(keep, strlen(option) + length + 2);
    filter->values = split(text + length + 1, &filter->value_count, keep);
    if (column == NULL || name == NULL || filter->values == NULL)
        return till_error_memory(error);
    snprintf(name, strlen(option) + length + 2, "%s=%s", option, column);
    filter->column = column;
    filter->name = name;
    filter->keep = keeps;
    return TILL_OK;
}

static enum till_status make_filters(struct till_input_options *options, const struct common *common, struct keep *keep,
                                     struct till_error *error) {
    size_t count = common->only.count + common->except.count;
    struct till_filter *filters = keep_alloc(keep, count * sizeof *filters);
    if (filters == NULL)
        return till_error_memory(error);
    enum till_status status = TILL_OK;
    size_t at = 0;
    for (size_t i = 0; i < common->only.count && status == TILL_OK; i++)
        status = make_filter(&filters[at++], "--only", common->only.values[i], true, keep, error);
    for (size_t i = 0; i < common->except.count && status == TILL_OK; i++)
        status = make_filter(&filters[at++], "--except", common->except.values[i], false, keep, error);
    options->filters = filters;
    options->filter_count = at;
    return status;
}

/* All lists of --null, and the empty field, which always means "missing". */
static enum till_status make_nulls(struct till_input_options *options, const struct common *common, struct keep *keep,
                                   struct till_error *error) {
    if (common->nulls.count == 0)
        return TILL_OK;
    size_t room = 1;
    for (size_t i = 0; i < common->nulls.count; i++)
        room += strlen(common->nulls.values[i]) + 1;
    const char **nulls = keep_alloc(keep, room * sizeof *nulls);
    if (nulls == NULL)
        return till_error_memory(error);
    nulls[options->null_count++] = "";
    for (size_t i = 0; i < common->nulls.count; i++) {
        size_t count = 0;
        const char *const *parts = split(common->nulls.values[i], &count, keep);
        if (parts == NULL)
            return till_error_memory(error);
        for (size_t p = 0; p < count; p++)
            if (*parts[p] != '\0')
                nulls[options->null_count++] = parts[p];
    }
    options->nulls = nulls;
    return TILL_OK;
}

static enum till_status make_max_bad(struct till_input_options *options, const char *text, struct till_error *error) {
    static const char what[] = "not a number of rows, or a percentage up to 100%";
    size_t length = text == NULL ? 0 : strlen(text);
    double value;
    if (text == NULL)
        return TILL_OK;
    bool percent = length > 0 && text[length - 1] == '%';
    if (till_real_parse(text, length - percent, NULL, &value) != TILL_NUMBER_OK || value < 0)
        return tool_usage_text(error, "--max-bad", what, till_slice_of(text));
    if (percent && value <= 100)
        options->max_bad_share = value / 100;
    else if (!percent && value < 9e15 && value == (double)(uint64_t)value)
        options->max_bad = (uint64_t)value;
    else
        return tool_usage_text(error, "--max-bad", what, till_slice_of(text));
    return TILL_OK;
}

enum till_status common_input_options(struct till_input_options *options, const struct common *common,
                                      struct keep *keep, struct till_error *error) {
    const char *no_simd = getenv("TILL_NO_SIMD");
    *options = (struct till_input_options){
        .no_headers = common->no_headers,
        .skip = common->skip,
        .footer = common->footer,
        .encoding = common->encoding,
        .number = {common->decimal == 0 ? '.' : ',', common->money},
        .clean_ids = common->clean_ids,
        .max_field = common->max_field,
        .digest = common->meta != NULL || common->state != NULL,
        .no_simd = no_simd != NULL && *no_simd != '\0' && strcmp(no_simd, "0") != 0,
    };
    enum till_status status = common_delimiter(common, &options->delimiter, error);
    if (status == TILL_OK && options->delimiter == options->number.decimal_mark && common->decimal != 0 &&
        common->delimiter != NULL)
        status = tool_usage_text(error, "--decimal", "the same as the delimiter", till_slice_of(common->delimiter));
    if (status == TILL_OK)
        status = make_max_bad(options, common->max_bad, error);
    if (status == TILL_OK)
        status = make_nulls(options, common, keep, error);
    if (status == TILL_OK)
        status = make_filters(options, common, keep, error);
    return status;
}

/* Where the value of a key of the map goes; NULL: not a key. */
static const char **map_field(struct common *common, const char *key) {
    struct till_transactions_options *roles = &common->roles;
    struct {
        const char *key;
        const char **field;
    } fields[] = {{"customer", &roles->customer}, {"date", &roles->date}, {"amount", &roles->amount},
                  {"order", &roles->order},       {"item", &roles->item}, {"date_format", &roles->date_format}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(fields[i].key, key) == 0)
            return fields[i].field;
    return NULL;
}

/* One line of the map, without its end; blank lines and those that begin with '#' say nothing. */
static enum till_status map_line(struct common *common, const struct option_set *set, char *line,
                                 struct till_error *error) {
    if (*line == '\0' || *line == '#')
        return TILL_OK;
    size_t length = strcspn(line, "=");
    if (line[length] == '\0' || line[length + 1] == '\0')
        return tool_usage_text(error, "--map", "not of the form role=column", till_slice_of(line));
    const char *value = line + length + 1;
    line[length] = '\0';
    if (strcmp(line, "amount_per") == 0) {
        if (strcmp(value, "line") != 0 && strcmp(value, "order") != 0)
            return tool_usage_text(error, "--map", "amount_per is not line or order", till_slice_of(value));
        if (!option_set_was_given(set, "amount-per"))
            common->amount_per = strcmp(value, "order") == 0;
        return TILL_OK;
    }
    const char **field = map_field(common, line);
    if (field == NULL)
        return tool_usage_text(error, "--map",
                               "not one of customer, date, amount, order, item, date_format, amount_per",
                               till_slice_of(line));
    if (*field == NULL)
        *field = value;
    return TILL_OK;
}

static enum till_status map_lines(struct common *common, const struct option_set *set, FILE *file, struct keep *keep,
                                  struct till_error *error) {
    enum till_status status = TILL_OK;
    char *line = NULL;
    size_t room = 0;
    uint64_t number = 0;
    ssize_t length;
    while (status == TILL_OK && (length = getline(&line, &room, file)) != -1) {
        while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
            length--;
        size_t mark = ++number == 1 && length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        char *copy = keep_copy(keep, line + mark, (size_t)length - mark);
        status = copy == NULL ? till_error_memory(error) : map_line(common, set, copy, error);
        if (status == TILL_ERROR_USAGE)
            till_error_at(error, common->map, number, 0, "--map");
    }
    if (status == TILL_OK && !feof(file)) /* memory that is out sets no mark on the file */
        status = till_error_system(error, common->map, "read error", errno);
    free(line);
    return status;
}

enum till_status common_read_map(struct common *common, const struct option_set *set, struct keep *keep,
                                 struct till_error *error) {
    if (common->map == NULL)
        return TILL_OK;
    FILE *file = fopen(common->map, "re");
    if (file == NULL)
        return till_error_system(error, common->map, "cannot open", errno);
    enum till_status status = map_lines(common, set, file, keep, error);
    fclose(file);
    return status;
}

enum till_status common_since(const char *text, int32_t *day, int32_t *age, struct till_error *error) {
    int64_t time;
    size_t length = text == NULL ? 0 : strlen(text);
    *day = *age = TILL_DAY_MISSING;
    if (text == NULL)
        return TILL_OK;
    if (length > 1 && length < 9 && text[length - 1] == 'd' && strspn(text, "0123456789") == length - 1) {
        *age = (int32_t)strtol(text, NULL, 10);
        return TILL_OK;
    }
    if (length != 10 || !till_date_parse(TILL_DATE_ISO, NULL, text, length, &time))
        return tool_usage_text(error, "--since", "not a date such as 2011-12-09, or an age such as 365d",
                               till_slice_of(text));
    *day = till_date_day(time);
    return TILL_OK;
}
