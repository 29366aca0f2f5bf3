/* till-check: what an export holds, before anyone mines it. */
#include "tool.h"

#include <stdlib.h>
#include <string.h>

#include <till/check.h>

/* Bad rows for one reason, and where the first of them stands. */
struct complaint {
    char reason[sizeof((struct till_error *)0)->message];
    char file[sizeof((struct till_error *)0)->file];
    uint64_t line;
    uint64_t column;
    uint64_t rows;
};
#define COMPLAINTS 10

struct settings {
    struct till_transactions_options roles;
    bool show_roles;
    bool strict;
    uint64_t limit;
    struct complaint complaints[COMPLAINTS + 1]; /* the last one: all further reasons */
    size_t complaint_count;
};

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "roles",
     .kind = OPTION_FLAG,
     .offset = AT(show_roles),
     .help = "Print role,column,how instead: which columns would be found to be the customer, date, amount, order and "
             "item, "
             "and how the dates are written."},
    {.name = "strict",
     .kind = OPTION_FLAG,
     .offset = AT(strict),
     .help = "Any bad row is an error in the end (exit 3). Otherwise bad rows are counted by reason and left out."},
    {.name = "distinct-limit",
     .kind = OPTION_COUNT,
     .offset = AT(limit),
     .argument = "N",
     .initial = "1048576",
     .minimum = 1,
     .maximum = 1073741824,
     .help =
         "Keep so many different values of a column with their counts; above it a column has no top value, and above "
         "16 times as many, distinct is an estimate (standard error 0.41 %) and duplicates are not counted."},
    {.name = "customer",
     .kind = OPTION_TEXT,
     .offset = AT(roles.customer),
     .argument = "COL",
     .help = "For --roles and --clean-ids: the column of the customer, as other tools would be told."},
    {.name = "date",
     .kind = OPTION_TEXT,
     .offset = AT(roles.date),
     .argument = "COL",
     .help = "For --roles: the column of the date or time."},
    {.name = "amount",
     .kind = OPTION_TEXT,
     .offset = AT(roles.amount),
     .argument = "COL|A*B",
     .help = "For --roles: the column of the money, or two to multiply."},
    {.name = "order",
     .kind = OPTION_TEXT,
     .offset = AT(roles.order),
     .argument = "COL",
     .help = "For --roles and --clean-ids: the column that says which purchase a row belongs to."},
    {.name = "item",
     .kind = OPTION_TEXT,
     .offset = AT(roles.item),
     .argument = "COL",
     .help = "For --roles and --clean-ids: the column of the product."},
    {0}};

/* ---- bad rows ---- */

static struct complaint *find_complaint(struct settings *settings, const char *reason) {
    for (size_t i = 0; i < settings->complaint_count; i++)
        if (strcmp(settings->complaints[i].reason, reason) == 0)
            return &settings->complaints[i];
    if (settings->complaint_count < COMPLAINTS)
        settings->complaint_count++;
    else if (settings->complaint_count == COMPLAINTS)
        reason = "further reasons", settings->complaint_count++;
    struct complaint *complaint = &settings->complaints[settings->complaint_count - 1];
    if (complaint->rows == 0)
        strncpy(complaint->reason, reason, sizeof complaint->reason - 1);
    return complaint;
}

static void note_reject(void *context, const struct till_reject *reject) {
    struct complaint *complaint = find_complaint(context, reject->reason);
    if (complaint->rows++ > 0)
        return;
    strncpy(complaint->file, reject->file, sizeof complaint->file - 1);
    complaint->line = reject->line;
    complaint->column = reject->column;
}

/* Tells of bad rows by reason; with --strict they are an error, at the first of them. */
static enum till_status report_rejects(struct tool_run *run, struct till_error *error) {
    const struct settings *settings = run->settings;
    uint64_t rows = 0;
    for (size_t i = 0; i < settings->complaint_count; i++) {
        const struct complaint *complaint = &settings->complaints[i];
        rows += complaint->rows;
        tool_warn(run, "%llu bad %s: %s (the first: %s:%llu)", (unsigned long long)complaint->rows,
                  complaint->rows == 1 ? "row" : "rows", complaint->reason, complaint->file,
                  (unsigned long long)complaint->line);
    }
    if (!settings->strict || rows == 0)
        return TILL_OK;
    const struct complaint *first = &settings->complaints[0];
    till_error_set(error, TILL_ERROR_DATA, "%s (the first of %llu bad rows)", first->reason, (unsigned long long)rows);
    till_error_at(error, first->file, first->line, first->column, NULL);
    return TILL_ERROR_DATA;
}

/* ---- roles ---- */

static const struct {
    enum till_role role;
    enum till_transactions_use need;
} shown_roles[] = {{TILL_ROLE_CUSTOMER, TILL_NEEDS_CUSTOMER},
                   {TILL_ROLE_DATE, TILL_NEEDS_DATE},
                   {TILL_ROLE_AMOUNT, TILL_NEEDS_AMOUNT},
                   {TILL_ROLE_ORDER, TILL_NEEDS_ORDER},
                   {TILL_ROLE_ITEM, TILL_NEEDS_ITEM}};
#define SHOWN_ROLES (sizeof shown_roles / sizeof *shown_roles)

static const char *asked_column(const struct till_transactions_options *roles, enum till_role role) {
    switch (role) {
    case TILL_ROLE_CUSTOMER:
        return roles->customer;
    case TILL_ROLE_DATE:
        return roles->date;
    case TILL_ROLE_AMOUNT:
        return roles->amount;
    case TILL_ROLE_ORDER:
        return roles->order;
    default:
        return roles->item;
    }
}

/* The role's column, as other tools would find it: TILL_NO_COLUMN with the error that they would give. */
static size_t find_role(const struct settings *settings, const struct till_schema *schema, size_t shown,
                        struct till_transactions *plan, struct till_error *error) {
    enum till_role role = shown_roles[shown].role;
    struct till_transactions_options roles = settings->roles;
    roles.until = roles.since = TILL_DAY_MISSING;
    enum till_status status = till_transactions_plan(plan, schema, &roles, (unsigned)shown_roles[shown].need, error);
    return status == TILL_OK ? plan->column[role] : TILL_NO_COLUMN;
}

/* Ids are cleaned where other tools would clean them. */
static void mark_identifiers(struct tool_run *run, const struct till_schema *schema, struct till_wanted *wanted) {
    for (size_t i = 0; i < SHOWN_ROLES; i++) {
        struct till_transactions plan;
        struct till_error ignored = {0};
        char name[64] = "role.";
        enum till_role role = shown_roles[i].role;
        size_t column = find_role(run->settings, schema, i, &plan, &ignored);
        if (column == TILL_NO_COLUMN)
            continue;
        wanted[column].identifier = role != TILL_ROLE_DATE && role != TILL_ROLE_AMOUNT;
        size_t price = role == TILL_ROLE_AMOUNT ? plan.column[TILL_ROLE_PRICE] : TILL_NO_COLUMN;
        struct till_slice other = price == TILL_NO_COLUMN ? (struct till_slice){"", 0} : schema->names[price];
        tool_fact(run, strcat(name, till_role_name(role)), "%.*s%s%.*s", (int)schema->names[column].length,
                  schema->names[column].bytes, price == TILL_NO_COLUMN ? "" : "*", (int)other.length, other.bytes);
    }
}

static enum till_status write_role(struct till_writer *writer, const char *role, struct till_slice column,
                                   const char *how, struct till_error *error) {
    till_writer_text(writer, till_slice_of(role));
    till_writer_text(writer, column);
    till_writer_text(writer, till_slice_of(how));
    return till_writer_end(writer, error);
}

static enum till_status write_found(struct till_writer *writer, const struct settings *settings,
                                    const struct till_schema *schema, const struct till_transactions *plan,
                                    size_t shown, struct till_error *error) {
    enum till_role role = shown_roles[shown].role;
    const char *how = asked_column(&settings->roles, role) != NULL ? "option" : "header";
    struct till_slice name = schema->names[plan->column[role]];
    if (role != TILL_ROLE_AMOUNT || plan->column[TILL_ROLE_PRICE] == TILL_NO_COLUMN)
        return write_role(writer, till_role_name(role), name, how, error);
    struct till_text product = {0};
    struct till_slice price = schema->names[plan->column[TILL_ROLE_PRICE]];
    bool made = till_text_append(&product, name.bytes, name.length) && till_text_append(&product, "*", 1) &&
                till_text_append(&product, price.bytes, price.length);
    enum till_status status =
        made ? write_role(writer, till_role_name(role), (struct till_slice){product.bytes, product.length}, how, error)
             : till_error_memory(error);
    till_text_free(&product);
    return status;
}

/* How the dates of a column are written: one format, or several that all values allow, or none. */
static enum till_status write_date_format(struct till_writer *writer, const struct till_check *check,
                                          const struct till_schema *schema, size_t column, struct till_error *error) {
    char how[512] = "";
    uint32_t formats = 0;
    size_t found = 0;
    enum till_status status = till_check_date_formats(check, column, &formats, error);
    if (status != TILL_OK)
        return status;
    for (size_t format = 0; format < TILL_DATE_FORMATS; format++)
        if ((formats >> format & 1) != 0)
            strcat(strcat(how, found++ > 0 ? " or " : ""), till_date_format_name((enum till_date_format)format));
    if (found == 0)
        strcat(how, "no one format for all values (try --date-format)");
    else if (found > 1)
        strcat(how, " (choose with --date-format)");
    return write_role(writer, "date_format", schema->names[column], how, error);
}

static enum till_status write_roles(struct tool_run *run, const struct till_schema *schema,
                                    const struct till_check *check, struct till_writer *writer,
                                    struct till_error *error) {
    struct till_slice names[] = {till_slice_of("role"), till_slice_of("column"), till_slice_of("how")};
    const enum till_type types[] = {TILL_TEXT, TILL_TEXT, TILL_TEXT};
    const struct settings *settings = run->settings;
    enum till_status status = till_writer_columns(writer, names, types, 3, error);
    for (size_t i = 0; status == TILL_OK && i < SHOWN_ROLES; i++) {
        struct till_transactions plan;
        struct till_error problem = {0};
        size_t column = find_role(settings, schema, i, &plan, &problem);
        if (column == TILL_NO_COLUMN)
            status =
                write_role(writer, till_role_name(shown_roles[i].role), till_slice_of(NULL), problem.message, error);
        else
            status = write_found(writer, settings, schema, &plan, i, error);
        if (status == TILL_OK && column != TILL_NO_COLUMN && shown_roles[i].role == TILL_ROLE_DATE)
            status = write_date_format(writer, check, schema, column, error);
    }
    return status;
}

/* ---- the run ---- */

/* One column often means that fields are separated by something else. */
static void suspect_delimiter(struct tool_run *run, const struct till_schema *schema) {
    const char *hint = till_schema_hint(schema);
    if (schema->count == 1 && hint[0] != '\0')
        tool_warn(run, "there is one column%s", hint);
}

static void tell(struct tool_run *run, const struct till_schema *schema, const struct till_check *check) {
    uint64_t duplicates = till_check_duplicates(check);
    suspect_delimiter(run, schema);
    tool_figure(run, "columns", (double)schema->count);
    if (duplicates != UINT64_MAX)
        tool_figure(run, "duplicates", (double)duplicates);
    else
        tool_warn(run, "too many different rows to count duplicates (raise --distinct-limit)");
    for (size_t i = 0; i < schema->count; i++) {
        char name[TILL_QUOTED_SIZE];
        if (till_check_estimated(check, i))
            tool_warn(run,
                      "distinct of column %s is an estimate, with a standard error of 0.41 %% (raise --distinct-limit)",
                      till_error_quote(name, schema->names[i].bytes, schema->names[i].length));
    }
}

static enum till_status write_result(struct tool_run *run, const struct till_schema *schema,
                                     const struct till_check *check, struct till_error *error) {
    const struct settings *settings = run->settings;
    struct till_writer *writer;
    struct till_table *table = NULL;
    enum till_status status = TILL_OK;
    if (!settings->show_roles)
        status = till_check_aggregate.finish(check, &table, error);
    if (status == TILL_OK)
        status = tool_open_output(run, &writer, error);
    if (status == TILL_OK)
        status = settings->show_roles ? write_roles(run, schema, check, writer, error)
                                      : till_table_write(table, writer, error);
    till_table_free(table);
    return status;
}

/* Reads the input with every column as text. */
static enum till_status read_all(struct tool_run *run, struct till_input *input, void **check,
                                 struct till_error *error) {
    const struct settings *settings = run->settings;
    const struct till_schema *schema = till_input_schema(input);
    struct till_check_settings wishes = {schema, run->number, settings->limit};
    struct till_plan plan;
    struct till_wanted *wanted = calloc(schema->count + 1, sizeof *wanted);
    if (wanted == NULL)
        return till_error_memory(error);
    till_check_plan(&plan, wanted, schema);
    mark_identifiers(run, schema, wanted);
    enum till_status status = till_input_start(input, &plan, error);
    if (status == TILL_OK)
        status = till_fold(input, &till_check_aggregate, &wishes, run->threads, check, error);
    free(wanted);
    return status;
}

static enum till_status check_input(struct tool_run *run, struct till_error *error) {
    struct till_input *input;
    void *check = NULL;
    run->lenient = true;
    run->reject = note_reject;
    run->reject_context = run->settings;
    enum till_status status = tool_open_input(run, &input, error);
    if (status == TILL_OK)
        status = read_all(run, input, &check, error);
    if (status == TILL_OK)
        status = report_rejects(run, error);
    if (status == TILL_OK) {
        tell(run, till_input_schema(input), check);
        status = write_result(run, till_input_schema(input), check, error);
    }
    till_check_aggregate.destroy(check);
    return status;
}

static const struct tool check = {
    .name = "till-check",
    .purpose = "what an export holds: types, missing and distinct values, extremes, duplicates, bad rows, roles",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = check_input,
};

int main(int argc, char **argv) {
    return tool_main(&check, argc, argv);
}
