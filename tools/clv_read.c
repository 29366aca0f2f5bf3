/* The customers of till-clv, from transactions or from a summary. */
#include "clv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/fold.h>

void clv_data_free(struct clv_data *data) {
    free(data->name);
    free(data->repeats);
    free(data->last);
    free(data->age);
    free(data->mean);
    free(data->group);
    free(data->group_name);
    till_clv_customers_free(&data->customers);
    till_ledger_history_free(&data->history);
    if (data->groups != NULL)
        clv_groups_aggregate.destroy(data->groups);
    else if (data->ledger != NULL)
        till_ledger_aggregate.destroy(data->ledger);
    till_text_free(&data->texts);
    *data = (struct clv_data){0};
}

/* ---- groups ---- */

static int compare_names(const void *left, const void *right) {
    return till_slice_compare(*(const struct till_slice *)left, *(const struct till_slice *)right);
}

enum till_status clv_number_groups(struct clv_data *data, const struct till_slice *name_of, struct till_error *error) {
    struct till_slice *sorted = calloc(data->count + 1, sizeof *sorted);
    if (sorted == NULL)
        return till_error_memory(error);
    memcpy(sorted, name_of, data->count * sizeof *sorted);
    if (data->count > 0)
        qsort(sorted, data->count, sizeof *sorted, compare_names);
    data->group_count = 0;
    free(data->group);
    data->group = calloc(data->count + 1, sizeof *data->group);
    if (data->group == NULL) {
        free(sorted);
        return till_error_memory(error);
    }
    for (size_t i = 0; i < data->count; i++)
        if (i == 0 || !till_slice_equal(sorted[i], sorted[data->group_count - 1]))
            sorted[data->group_count++] = sorted[i];
    data->group_name = sorted;
    for (size_t i = 0; i < data->count; i++) {
        const struct till_slice *found = bsearch(&name_of[i], sorted, data->group_count, sizeof *sorted, compare_names);
        data->group[i] = (uint32_t)(found - sorted);
    }
    return TILL_OK;
}

/* ---- transactions ---- */

/* What is needed of the input. Without a model of spend amounts are only used, to know returns, where there are any. */
static unsigned find_uses(struct tool_run *run, const struct till_schema *schema) {
    static const enum till_role amounts[] = {TILL_ROLE_AMOUNT, TILL_ROLE_QUANTITY, TILL_ROLE_PRICE};
    const struct clv_settings *settings = run->settings;
    unsigned uses = TILL_NEEDS_CUSTOMER | TILL_NEEDS_DATE | TILL_USES_ORDER;
    bool there[3];
    for (size_t i = 0; i < 3; i++) {
        size_t column;
        there[i] = till_schema_role(schema, amounts[i], NULL, false, &column, NULL) != TILL_OK ||
                   column != TILL_NO_COLUMN; /* two of them are an error that is to be told */
    }
    if (settings->spend != CLV_NONE || run->roles.amount != NULL || there[0] || (there[1] && there[2]))
        uses |= TILL_NEEDS_AMOUNT;
    if (settings->by != NULL)
        uses |= TILL_NEEDS_ITEM;
    return uses;
}

static enum till_status read_ledger(struct tool_run *run, struct clv_data *data, struct till_error *error) {
    const struct clv_settings *settings = run->settings;
    struct till_input *input;
    struct till_transactions transactions;
    void *state = NULL;
    run->roles.item = settings->by;
    enum till_status status = tool_open_input(run, &input, error);
    unsigned uses = status == TILL_OK ? find_uses(run, till_input_schema(input)) : 0;
    if (status == TILL_OK)
        status = tool_start_transactions(run, input, uses, &transactions, error);
    if (status != TILL_OK)
        return status;
    struct till_ledger_settings ledger = {&transactions, run->count == 2, run->amount_per_order};
    bool plain = settings->by == NULL && (uses & TILL_NEEDS_AMOUNT) != 0;
    status =
        till_fold(input, plain ? &till_ledger_aggregate : &clv_groups_aggregate, &ledger, run->threads, &state, error);
    if (status == TILL_OK && !plain) {
        data->groups = state;
        data->ledger = clv_groups_ledger(data->groups);
    } else if (status == TILL_OK) {
        data->ledger = state;
    }
    return status;
}

static enum till_status refuse_returns(const struct till_ledger_history *history, struct till_error *error) {
    for (size_t i = 0; i < history->first[history->customers]; i++)
        if (history->days[i].returns > 0)
            return till_error_set(error, TILL_ERROR_DATA, "an order sums below zero, and --returns=error refuses that");
    return TILL_OK;
}

/* What is left out, and what looks wrong, is told. */
static void tell(struct tool_run *run, const struct clv_data *data) {
    char money[TILL_MONEY_TEXT];
    tool_warn_newest(run, data->summary.newest_day, data->summary.next_newest_day);
    if (data->summary.repeats_totals && !run->amount_per_order && run->count != 2)
        tool_warn(run,
                  "all orders of several rows repeat one amount: if it is the order's total, use --amount-per=order");
    if (data->customers.returns_alone > 0)
        tool_note(run, "%zu customers with returns alone are left out", data->customers.returns_alone);
    if (data->customers.stray_returns > 0)
        tool_note(run, "%zu returns on other days than repeat purchases are in no mean value (money %.*s)",
                  data->customers.stray_returns, (int)till_decimal_format(money, data->customers.stray_money), money);
    if (data->group != NULL && clv_groups_several(data->groups) > 0)
        tool_warn(run, "%zu customers have rows of several groups; each is in that of the earliest day",
                  clv_groups_several(data->groups));
}

/* Takes the arrays of the customers over; their names are there. */
static enum till_status adopt(struct clv_data *data, const struct clv_settings *settings, struct till_error *error) {
    struct till_clv_customers *customers = &data->customers;
    data->count = customers->count;
    data->repeats = customers->repeats;
    data->last = customers->last;
    data->age = customers->age;
    data->mean = settings->spend == CLV_NONE ? NULL : customers->mean;
    customers->repeats = NULL;
    customers->last = customers->age = NULL;
    customers->mean = settings->spend == CLV_NONE ? customers->mean : NULL;
    if (settings->by == NULL)
        return TILL_OK;
    struct till_slice *groups = calloc(data->count + 1, sizeof *groups);
    if (groups == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < data->count; i++)
        groups[i] = clv_groups_of(data->groups, data->name[i]);
    enum till_status status = clv_number_groups(data, groups, error);
    free(groups);
    return status;
}

/* What customers are, once the newest day is known. `cutoff`: with --validate, the day that they are as of. */
static void settle(struct tool_run *run, struct clv_data *data, int32_t newest_day, int32_t cutoff) {
    const struct clv_settings *settings = run->settings;
    if (run->as_of == TILL_DAY_MISSING)
        run->as_of = newest_day;
    if (run->as_of == TILL_DAY_MISSING)
        run->as_of = 0; /* without rows there is nobody, whatever the day */
    data->settings = (struct till_clv_customers_settings){.as_of = settings->validate != NULL ? cutoff : run->as_of,
                                                          .drop_returns = run->returns == 1,
                                                          .unit = clv_unit_days(settings),
                                                          .calendar = settings->method == CLV_BGBB,
                                                          .period = clv_unit_period(settings)};
}

/* ---- of rows ---- */

static enum till_status read_rows(struct tool_run *run, struct clv_data *data, int32_t cutoff,
                                  struct till_error *error) {
    enum till_status status = read_ledger(run, data, error);
    if (status != TILL_OK)
        return status;
    data->summary.newest_day = till_ledger_newest_day(data->ledger, &data->summary.next_newest_day);
    data->summary.repeats_totals = till_ledger_repeats_totals(data->ledger);
    status = till_ledger_history(data->ledger, &data->history, error);
    if (status == TILL_OK && run->returns == 2)
        status = refuse_returns(&data->history, error);
    settle(run, data, data->summary.newest_day, cutoff);
    if (status == TILL_OK)
        status = till_clv_customers_new(&data->customers, &data->history, &data->settings, error);
    data->name = calloc(data->customers.count + 1, sizeof *data->name);
    if (status == TILL_OK && data->name == NULL)
        status = till_error_memory(error);
    for (size_t i = 0; i < data->customers.count && status == TILL_OK; i++)
        data->name[i] = till_ledger_customer(data->ledger, data->history.customer[data->customers.row[i]]);
    return status;
}

/* ---- of a state ---- */

struct reading {
    struct tool_run *run;
    struct clv_data *data;
    int32_t cutoff;
    size_t names;    /* room in data->name; all of them point nowhere until the end */
    size_t days;     /* room in data->history */
    bool looks_back; /* somebody wants the history */
};

static bool keep_names(struct reading *reading, const struct till_ledger_stretch *stretch, size_t from) {
    struct clv_data *data = reading->data;
    const struct till_clv_customers *customers = &data->customers;
    size_t base = customers->seen - stretch->history->customers;
    if (reading->names <= customers->count) {
        size_t room = customers->count + 1 + reading->names / 2;
        struct till_slice *grown = realloc(data->name, room * sizeof *grown);
        if (grown == NULL)
            return false;
        data->name = grown;
        reading->names = room;
    }
    for (size_t i = from; i < customers->count; i++) {
        struct till_slice name = stretch->name[customers->row[i] - base];
        if (!till_text_append(&data->texts, name.bytes, name.length))
            return false;
        data->name[i] = (struct till_slice){NULL, name.length};
    }
    return true;
}

/* Puts a history behind the one that there is. */
static bool keep_history(struct reading *reading, const struct till_ledger_history *more) {
    struct till_ledger_history *all = &reading->data->history;
    size_t customers = (size_t)all->customers + more->customers;
    size_t start = all->first == NULL ? 0 : all->first[all->customers], days = more->first[more->customers];
    size_t *first = realloc(all->first, (customers + 1) * sizeof *first);
    if (first == NULL)
        return false;
    all->first = first;
    if (all->days == NULL || reading->days - start < days) {
        size_t room = start + days + 1 + reading->days / 2;
        struct till_ledger_day *grown = realloc(all->days, room * sizeof *grown);
        if (grown == NULL)
            return false;
        all->days = grown;
        reading->days = room;
    }
    for (size_t i = 0; i <= more->customers; i++)
        all->first[all->customers + i] = start + more->first[i];
    memcpy(all->days + start, more->days, days * sizeof *all->days);
    all->customers += more->customers;
    return true;
}

static enum till_status take_stretch(void *context, const struct till_ledger_stretch *stretch,
                                     struct till_error *error) {
    struct reading *reading = context;
    struct clv_data *data = reading->data;
    size_t before = data->customers.count;
    enum till_status status = TILL_OK;
    settle(reading->run, data, stretch->newest_day, reading->cutoff);
    if (reading->run->returns == 2)
        status = refuse_returns(stretch->history, error);
    if (status == TILL_OK)
        status = till_clv_customers_add(&data->customers, stretch->history, &data->settings, error);
    if (status == TILL_OK &&
        (!keep_names(reading, stretch, before) || (reading->looks_back && !keep_history(reading, stretch->history))))
        status = till_error_memory(error);
    return status;
}

static enum till_status read_state(struct tool_run *run, struct clv_data *data, int32_t cutoff,
                                   struct till_error *error) {
    const struct clv_settings *settings = run->settings;
    struct reading reading = {
        .run = run, .data = data, .cutoff = cutoff, .looks_back = settings->validate != NULL || settings->equity};
    enum till_status status = tool_state_stretches(run, true, take_stretch, &reading, &data->summary, error);
    const char *bytes = data->texts.bytes;
    for (size_t i = 0; status == TILL_OK && i < data->customers.count; i++) {
        data->name[i].bytes = bytes;
        bytes += data->name[i].length;
    }
    return status;
}

enum till_status clv_read(struct tool_run *run, struct clv_data *data, struct till_error *error) {
    const struct clv_settings *settings = run->settings;
    int32_t cutoff = run->roles.until;
    if (settings->validate != NULL)
        run->roles.until = run->as_of; /* what came after the cutoff is read too */
    enum till_status status =
        run->state != NULL ? read_state(run, data, cutoff, error) : read_rows(run, data, cutoff, error);
    if (status != TILL_OK || run->state_only)
        return status;
    status = adopt(data, settings, error);
    if (status == TILL_OK)
        tell(run, data);
    return status;
}
