/* tools/roles.c: an input as transactions, with what the command line and the map say about roles and dates. */
#include "private.h"

#include <stdio.h>

#include <till/date.h>

/* Who plays what, for --meta and -v. */
static void tell_roles(struct tool_run *run, const struct till_input *input,
                       const struct till_transactions *transactions) {
    const struct till_schema *schema = till_input_schema(input);
    for (int role = 0; role <= TILL_ROLE_ITEM; role++) { /* quantity and price are told as the amount */
        char name[64];
        size_t column = transactions->column[role], at = transactions->at[role];
        if (column == TILL_NO_COLUMN)
            continue;
        snprintf(name, sizeof name, "role.%s", till_role_name((enum till_role)role));
        struct till_slice text = schema->names[column];
        size_t factor = at == TILL_NO_COLUMN ? 0 : transactions->wanted[at].factor;
        struct till_slice other = factor == 0 ? till_slice_of("") : schema->names[factor - 1];
        tool_fact(run, name, "%.*s%s%.*s", (int)text.length, text.bytes, factor == 0 ? "" : "*", (int)other.length,
                  other.bytes);
    }
    size_t date = transactions->at[TILL_ROLE_DATE];
    if (date == TILL_NO_COLUMN)
        return;
    enum till_date_format format = till_input_date_format(input, date);
    tool_fact(run, "date_format", "%s",
              format == TILL_DATE_PATTERN ? transactions->wanted[date].date_pattern : till_date_format_name(format));
}

/* Turns an age into a first day: so many days before the as-of date, or before the newest date of the data. */
static enum till_status apply_age(struct tool_run *run, struct till_input *input,
                                  struct till_transactions *transactions, struct till_error *error) {
    size_t date = transactions->at[TILL_ROLE_DATE];
    int32_t day = run->as_of != TILL_DAY_MISSING ? run->as_of : run->roles.until;
    if (date == TILL_NO_COLUMN)
        return tool_usage(error, "--since", "an age needs a date column, and none is used");
    if (day == TILL_DAY_MISSING) {
        enum till_status status = till_input_start(input, &transactions->plan, error);
        if (status == TILL_OK)
            status = till_input_newest_day(input, date, &day, error);
        if (status != TILL_OK || day == TILL_DAY_MISSING)
            return status;
    }
    transactions->wanted[date].since = day - run->private->since_age;
    return TILL_OK;
}

enum till_status roles_start_night(struct tool_run *run, struct till_input *input, unsigned uses, unsigned known,
                                   struct till_transactions *transactions, struct till_error *error) {
    struct till_transactions_options roles = run->roles;
    roles.since = roles.until = TILL_DAY_MISSING;
    enum till_status status = till_transactions_plan(transactions, till_input_schema(input), &roles, uses, error);
    if (status == TILL_OK) {
        transactions->wanted[transactions->at[TILL_ROLE_DATE]].date_known = known;
        status = till_input_start(input, &transactions->plan, error);
    }
    if (status == TILL_OK)
        tell_roles(run, input, transactions);
    return status;
}

enum till_status tool_start_transactions(struct tool_run *run, struct till_input *input, unsigned uses,
                                         struct till_transactions *transactions, struct till_error *error) {
    enum till_status status = till_transactions_plan(transactions, till_input_schema(input), &run->roles, uses, error);
    if (status == TILL_OK && run->private->since_age != TILL_DAY_MISSING)
        status = apply_age(run, input, transactions, error);
    if (status == TILL_OK)
        status = till_input_start(input, &transactions->plan, error);
    if (status == TILL_OK)
        tell_roles(run, input, transactions);
    return status;
}
