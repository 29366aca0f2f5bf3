/* till-value: customers -> their rows with rank, share, cumulative share and tier; or the curve of concentration.
 *
 * Nothing can be said of one customer before all are known, so the rows are kept as bytes beside their values, ranked,
 * and then written in the order in which they came. */
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <till/rows.h>
#include <till/table.h>
#include <till/value.h>

#include "pass.h"

/* Rows beyond this many bytes go to a temporary file. */
#define ROWS_IN_MEMORY ((size_t)256 << 20)

struct settings {
    const char *value;
    const char *tiers;
    const char *scheme;
    const char *scheme_out;
    const char *summary;
    bool curve;
};

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "value",
     .kind = OPTION_TEXT,
     .offset = AT(value),
     .argument = "COL",
     .help = "The column to rank by (default: what the scheme names; else monetary, value, or an amount found by its "
             "header)."},
    {.name = "tiers",
     .kind = OPTION_TEXT,
     .offset = AT(tiers),
     .argument = "TIERS",
     .help = "NAME:PERCENT%,..., the best first, summing to 100%; or pyramid (VIP:1%,major:4%,ordinary:15%,small:80%, "
             "the default) or chinese (重要:1%,次要:19%,普通:30%,小:50%)."},
    {.name = "scheme",
     .kind = OPTION_FILE,
     .offset = AT(scheme),
     .argument = "FILE",
     .help = "Put customers into tiers by the lowest values kept in FILE."},
    {.name = "scheme-out",
     .kind = OPTION_FILE,
     .offset = AT(scheme_out),
     .argument = "FILE",
     .help = "Keep the lowest value of each tier in FILE."},
    {.name = "curve",
     .kind = OPTION_FLAG,
     .offset = AT(curve),
     .help =
         "Write what the top 1, 2, ..., 100 percent of customers bring instead: top, customers, value, value_share."},
    {.name = "summary",
     .kind = OPTION_FILE,
     .offset = AT(summary),
     .argument = "FILE",
     .help = "Write a row for each tier: tier, percent, customers, lowest, highest, value, value_share."},
    {0}};

static const struct pass_column added[] = {
    {"rank", TILL_COUNT}, {"share", TILL_REAL}, {"cumulative_share", TILL_REAL}, {"tier", TILL_TEXT}};
enum { ADDED = sizeof added / sizeof *added };

/* What a run carries. */
struct work {
    struct tool_run *run;
    const struct settings *settings;
    struct till_value_tiers *tiers;
    struct till_value_scheme *scheme; /* NULL: tiers by percent */
    struct pass pass;
    struct till_rows *rows; /* NULL with --curve */
    struct till_value *value;
    struct till_slice column; /* the name of the column that is ranked */
};

/* --- Options --- */

/* Loads or parses the tiers, so that a mistake in them shows before the input is read. */
static enum till_status prepare(struct work *work, struct till_error *error) {
    const struct settings *settings = work->settings;
    if (settings->scheme == NULL) {
        enum till_status status = till_value_tiers_parse(&work->tiers, settings->tiers, error);
        if (status == TILL_ERROR_USAGE)
            till_error_at(error, NULL, 0, 0, "--tiers");
        return status;
    }
    if (settings->tiers == NULL)
        return till_value_scheme_load(&work->scheme, settings->scheme, error);
    return tool_usage(error, "--tiers", "a scheme has its own tiers; give one of --tiers and --scheme");
}

static bool is_called(struct till_slice name, const char *wanted) {
    return name.length == strlen(wanted) && strncasecmp(name.bytes, wanted, name.length) == 0;
}

/* A column called monetary or value; TILL_NO_COLUMN when there is none, or more than one of the name. */
static size_t find_by_name(const struct till_schema *schema) {
    static const char *const names[] = {"monetary", "value"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t found = TILL_NO_COLUMN, count = 0;
        for (size_t column = 0; column < schema->count; column++)
            if (is_called(schema->names[column], names[i])) {
                found = column;
                count++;
            }
        if (count == 1)
            return found;
    }
    return TILL_NO_COLUMN;
}

static enum till_status find_column(const struct work *work, const struct till_schema *schema, size_t *column,
                                    struct till_error *error) {
    const char *asked = work->settings->value;
    if (asked == NULL && work->scheme != NULL)
        asked = work->scheme->column;
    if (asked != NULL)
        return till_schema_column(schema, asked, column, error);
    *column = find_by_name(schema);
    if (*column != TILL_NO_COLUMN)
        return TILL_OK;
    enum till_status status = till_schema_role(schema, TILL_ROLE_AMOUNT, NULL, false, column, error);
    if (status == TILL_OK && *column != TILL_NO_COLUMN)
        return TILL_OK;
    /* Both "none" and "two" end here, with a message that lists the columns. */
    status = till_schema_column(schema, "monetary", column, error);
    if (status == TILL_ERROR_DATA)
        till_error_set(error, status, "which column is to be ranked by? (--value=COL) %s", error->message);
    till_error_at(error, schema->file, schema->line, 0, "value");
    return status;
}

/* --- Reading --- */

static enum till_status start(struct work *work, struct till_input *input, struct till_error *error) {
    const struct till_schema *schema = till_input_schema(input);
    struct till_wanted wanted = {.type = TILL_REAL, .missing = TILL_MISSING_REJECTS, .role = "value"};
    struct till_plan plan = {.wanted = &wanted, .wanted_count = 1, .records = !work->settings->curve};
    enum till_status status = TILL_OK;
    if (plan.records)
        status = pass_plan(&work->pass, schema, work->run->delimiter, work->run->replace_columns, added, ADDED, error);
    if (status == TILL_OK)
        status = find_column(work, schema, &wanted.column, error);
    if (status == TILL_OK) {
        work->column = schema->names[wanted.column];
        tool_fact(work->run, "role.value", "%.*s", (int)work->column.length, work->column.bytes);
        status = till_input_start(input, &plan, error);
    }
    return status;
}

static enum till_status take_block(void *context, struct till_block *block, struct till_error *error) {
    struct work *work = context;
    enum till_status status = TILL_OK;
    for (size_t row = 0; row < block->rows && status == TILL_OK; row++) {
        status = till_value_add(work->value, block->columns[0].real[row], error);
        if (status == TILL_OK && work->rows != NULL)
            status = till_rows_add(work->rows, block->records[row], error);
    }
    return status;
}

/* --- Writing --- */

static const char *tier_name(const struct work *work, size_t tier) {
    return work->scheme != NULL ? work->scheme->cut[tier].name : work->tiers->tier[tier].name;
}

static enum till_status write_rows(struct work *work, struct till_writer *writer, struct till_error *error) {
    struct till_slice record;
    enum till_status status = pass_header(&work->pass, writer, error);
    if (status == TILL_OK)
        status = till_rows_rewind(work->rows, error);
    for (uint64_t i = 0; i < till_rows_count(work->rows) && status == TILL_OK; i++) {
        status = till_rows_next(work->rows, &record, error);
        if (status == TILL_OK)
            status = pass_record(&work->pass, writer, record, error);
        if (status != TILL_OK)
            break;
        struct till_value_customer customer = till_value_customer(work->value, i);
        till_writer_count(writer, customer.rank);
        till_writer_real(writer, till_value_share(work->value, customer.value));
        till_writer_real(writer, customer.cumulative_share);
        till_writer_text(writer, till_slice_of(tier_name(work, customer.tier)));
        status = till_writer_end(writer, error);
    }
    return status;
}

static enum till_status write_curve(struct work *work, struct till_writer *writer, struct till_error *error) {
    struct till_table *table;
    enum till_status status = till_value_curve(work->value, &table, error);
    if (status != TILL_OK)
        return status;
    status = till_table_write(table, writer, error);
    till_table_free(table);
    return status;
}

static enum till_status write_summary(struct work *work, struct till_error *error) {
    struct till_table *table;
    if (work->settings->summary == NULL)
        return TILL_OK;
    enum till_status status = till_value_tier_table(work->value, &table, error);
    if (status != TILL_OK)
        return status;
    status = tool_write_table(work->run, work->settings->summary, table, error);
    till_table_free(table);
    return status;
}

static enum till_status write_scheme(struct work *work, struct till_error *error) {
    struct till_sink sink;
    struct till_value_scheme *scheme = NULL;
    struct till_text column = {0};
    if (work->settings->scheme_out == NULL)
        return TILL_OK;
    enum till_status status = tool_open_file(work->run, work->settings->scheme_out, &sink, error);
    if (status == TILL_OK && !till_text_append(&column, work->column.bytes, work->column.length))
        status = till_error_memory(error);
    const char *name = status == TILL_OK ? till_text_string(&column) : NULL;
    if (status == TILL_OK)
        status = name == NULL ? till_error_memory(error) : till_value_scheme_of(work->value, name, &scheme, error);
    if (status == TILL_OK)
        status = till_value_scheme_save(sink, scheme, error);
    till_value_scheme_free(scheme);
    till_text_free(&column);
    return status;
}

/* A tier in a line. */
static void tell_tiers(const struct work *work, const struct till_table *table) {
    for (size_t i = 0; i < table->rows; i++) {
        char name[128], share[TILL_REAL_TEXT];
        size_t length = till_real_format(share, till_table_column(table, "value_share")->real[i]);
        snprintf(name, sizeof name, "tier.%s", tier_name(work, i));
        tool_fact(work->run, name, "%llu customers, value_share %.*s",
                  (unsigned long long)till_table_column(table, "customers")->count[i], length == 0 ? 9 : (int)length,
                  length == 0 ? "undefined" : share);
    }
}

/* What is said beside the rows: figures, why some are empty, and (with -v and in --meta) the tiers. */
static enum till_status tell(struct work *work, struct till_error *error) {
    struct tool_run *run = work->run;
    struct till_table *table;
    const struct till_value_summary *summary = till_value_summary(work->value);
    enum till_status status = till_value_tier_table(work->value, &table, error);
    if (status != TILL_OK)
        return status;
    tool_figure(run, "customers", (double)summary->customers);
    tool_figure(run, "gini", summary->gini);
    tool_figure(run, "customers_for_50", summary->customers_for[0]);
    tool_figure(run, "customers_for_80", summary->customers_for[1]);
    tool_figure(run, "customers_for_90", summary->customers_for[2]);
    if (summary->no_shares != NULL && summary->customers > 0)
        tool_warn(run, "shares, gini and customers_for are empty: %s", summary->no_shares);
    else if (summary->negative > 0)
        tool_warn(run, "gini and customers_for are empty, and cumulative shares pass 1: negative values: %llu",
                  (unsigned long long)summary->negative);
    tell_tiers(work, table);
    till_table_free(table);
    return TILL_OK;
}

static enum till_status write_all(struct work *work, struct till_error *error) {
    struct till_writer *writer;
    enum till_status status = till_value_finish(work->value, work->tiers, work->scheme, error);
    if (status == TILL_OK)
        status = tell(work, error);
    if (status == TILL_OK)
        status = tool_open_output(work->run, &writer, error);
    if (status == TILL_OK)
        status = work->settings->curve ? write_curve(work, writer, error) : write_rows(work, writer, error);
    if (status == TILL_OK)
        status = write_summary(work, error);
    if (status == TILL_OK)
        status = write_scheme(work, error);
    return status;
}

static enum till_status run_value(struct tool_run *run, struct till_error *error) {
    struct work work = {.run = run, .settings = run->settings};
    struct till_input *input;
    enum till_status status = prepare(&work, error);
    if (status == TILL_OK)
        status = tool_open_input(run, &input, error);
    if (status == TILL_OK)
        status = start(&work, input, error);
    if (status == TILL_OK) {
        work.value = till_value_new();
        work.rows = work.settings->curve ? NULL : till_rows_new(ROWS_IN_MEMORY, getenv("TMPDIR"));
        if (work.value == NULL || (work.rows == NULL && !work.settings->curve))
            status = till_error_memory(error);
    }
    if (status == TILL_OK)
        status = till_input_each(input, take_block, &work, error);
    if (status == TILL_OK)
        status = write_all(&work, error);
    till_value_free(work.value);
    till_rows_free(work.rows);
    pass_free(&work.pass);
    till_value_tiers_free(work.tiers);
    till_value_scheme_free(work.scheme);
    return status;
}

static const struct tool value = {
    .name = "till-value",
    .purpose = "rank customers by value: shares, tiers, and how concentrated it is",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES | TOOL_PASSES,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_value,
};

int main(int argc, char **argv) {
    return tool_main(&value, argc, argv);
}
