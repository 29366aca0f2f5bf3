/* Rows for features: workers take the blocks as they come, or a state shows its customers one by one. */
#include "features_read.h"

#include <till/date.h>

enum { COUNT_DAYS = 1, COUNT_ROWS = 2, RETURNS_DROP = 1, RETURNS_ERROR = 2 };

static enum till_status take_customers(void *context, const struct till_state_customer *customers, size_t count,
                                       struct till_error *error) {
    return till_features_add_customers(context, customers, count, error);
}

/* --state: the rows of all nights. */
static enum till_status read_state(struct tool_run *run, const struct till_features_settings *wishes,
                                   struct till_features **features, struct till_error *error) {
    bool items = false;
    enum till_status status = till_features_new(features, NULL, wishes, error);
    struct till_state_visit visit = {.take = take_customers, .context = *features, .items = true};
    if (status == TILL_OK)
        status = tool_state_read(run, &visit, &items, error);
    if (status == TILL_OK)
        till_features_expect_items(*features, items);
    return status;
}

/* Amounts are needed, since what sums below zero is a return; orders and items are used where they are there. */
enum till_status features_read(struct tool_run *run, struct till_features_settings *wishes,
                               struct till_features **features, struct till_error *error) {
    struct till_transactions transactions;
    struct till_input *input;
    *features = NULL;
    wishes->rows = run->count == COUNT_ROWS;
    wishes->count_days = run->count == COUNT_DAYS;
    wishes->amount_per_order = run->amount_per_order;
    wishes->drop_returns = run->returns == RETURNS_DROP;
    wishes->refuse_returns = run->returns == RETURNS_ERROR;
    if (run->state != NULL)
        return read_state(run, wishes, features, error);
    enum till_status status = tool_open_input(run, &input, error);
    if (status == TILL_OK)
        status = tool_start_transactions(
            run, input, TILL_NEEDS_CUSTOMER | TILL_NEEDS_DATE | TILL_NEEDS_AMOUNT | TILL_USES_ORDER | TILL_USES_ITEM,
            &transactions, error);
    if (status != TILL_OK)
        return status;
    struct till_features_input rows = {&transactions, *wishes};
    void *state = NULL;
    status = till_fold(input, &till_features_aggregate, &rows, run->threads, &state, error);
    *features = state;
    return status;
}

/* Today is the newest date, unless somebody knows better. */
void features_settle_as_of(struct tool_run *run, const struct till_features *features) {
    int32_t next, newest = till_features_newest_day(features, &next);
    tool_warn_newest(run, newest, next);
    if (run->as_of == TILL_DAY_MISSING)
        run->as_of = run->roles.until != TILL_DAY_MISSING ? run->roles.until : newest;
}

void features_warn_totals(struct tool_run *run, const struct till_features *features) {
    if (till_features_repeats_totals(features) && !run->amount_per_order && run->count != COUNT_ROWS)
        tool_warn(run,
                  "all orders of several rows repeat one amount: if it is the order's total, use --amount-per=order");
}
