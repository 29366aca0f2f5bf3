/* till-cohort: customers by the period of their first purchase, and how many come back in each period since. */
#include "tool.h"

#include <till/cohort.h>
#include <till/fold.h>
#include <till/ledger.h>

struct settings {
    int by;
    bool wide;
    int measure;
};

#define AT(field) offsetof(struct settings, field)
static const struct option options[] = {
    {.name = "by",
     .kind = OPTION_CHOICE,
     .offset = AT(by),
     .argument = "PERIOD",
     .initial = "month",
     .choices = "week|month|quarter",
     .help = "The length of a period. Weeks begin on Monday (ISO 8601)."},
    {.name = "wide",
     .kind = OPTION_FLAG,
     .offset = AT(wide),
     .help = "Print a triangle instead: a row for each cohort, a column for each period since."},
    {.name = "measure",
     .kind = OPTION_CHOICE,
     .offset = AT(measure),
     .argument = "NAME",
     .initial = "retention",
     .choices = "retention|active|revenue|orders",
     .help = "What --wide shows."},
    {0}};

static const enum till_period_unit units[] = {TILL_PERIOD_WEEK, TILL_PERIOD_MONTH, TILL_PERIOD_QUARTER};
enum { COUNT_ORDERS, COUNT_DAYS, COUNT_ROWS };
enum { RETURNS_NET, RETURNS_DROP, RETURNS_ERROR };

/* Reads the transactions into a ledger. */
static enum till_status read_ledger(struct tool_run *run, struct till_ledger **ledger, struct till_error *error) {
    struct till_input *input;
    struct till_transactions transactions;
    void *state = NULL;
    enum till_status status = tool_open_input(run, &input, error);
    if (status == TILL_OK)
        status = tool_start_transactions(run, input,
                                         TILL_NEEDS_CUSTOMER | TILL_NEEDS_DATE | TILL_NEEDS_AMOUNT | TILL_USES_ORDER,
                                         &transactions, error);
    if (status != TILL_OK)
        return status;
    struct till_ledger_settings settings = {&transactions, run->count == COUNT_ROWS, run->amount_per_order};
    status = till_fold(input, &till_ledger_aggregate, &settings, run->threads, &state, error);
    *ledger = state;
    return status;
}

/* The last day that counts, and what looks wrong with dates and amounts. */
static void settle_as_of(struct tool_run *run, int32_t newest, int32_t next, bool repeats_totals) {
    if (run->as_of == TILL_DAY_MISSING)
        run->as_of = newest;
    tool_warn_newest(run, newest, next);
    if (repeats_totals && !run->amount_per_order && run->count != COUNT_ROWS)
        tool_warn(run,
                  "all orders of several rows repeat one amount: if it is the order's total, use --amount-per=order");
}

static enum till_status refuse_returns(const struct till_ledger_history *history, struct till_error *error) {
    size_t days = history->first[history->customers];
    for (size_t i = 0; i < days; i++)
        if (history->days[i].returns > 0)
            return till_error_set(error, TILL_ERROR_DATA, "an order sums below zero, and --returns=error refuses that");
    return TILL_OK;
}

/* What is in no cell is told, so that the sums can be followed. */
static void tell(struct tool_run *run, const struct till_cohorts *cohorts) {
    char money[TILL_MONEY_TEXT];
    uint64_t customers = 0;
    for (size_t i = 0; i < cohorts->count; i++)
        customers += cohorts->customers[i];
    tool_figure(run, "customers", (double)customers);
    tool_figure(run, "cohorts", (double)cohorts->count);
    if (cohorts->return_customers > 0)
        tool_note(run, "%llu customers with returns alone are in no cohort (money %.*s)",
                  (unsigned long long)cohorts->return_customers,
                  (int)till_decimal_format(money, cohorts->return_customers_money), money);
    if (cohorts->early_returns > 0)
        tool_note(run, "%llu returns in periods before the customer's first purchase are in no cell (money %.*s)",
                  (unsigned long long)cohorts->early_returns,
                  (int)till_decimal_format(money, cohorts->early_returns_money), money);
}

static enum till_status write_cohorts(struct tool_run *run, const struct till_cohorts *cohorts,
                                      struct till_error *error) {
    const struct settings *settings = run->settings;
    struct till_table *table = NULL;
    enum till_status status =
        settings->wide ? till_cohort_triangle(cohorts, (enum till_cohort_measure)settings->measure, &table, error)
                       : till_cohort_table(cohorts, &table, error);
    if (status == TILL_OK)
        status = tool_write_table(run, NULL, table, error);
    till_table_free(table);
    return status;
}

static struct till_cohort_settings settings_of(const struct tool_run *run) {
    const struct settings *settings = run->settings;
    return (struct till_cohort_settings){.unit = units[settings->by],
                                         .as_of = run->as_of,
                                         .drop_returns = run->returns == RETURNS_DROP,
                                         .count_days = run->count == COUNT_DAYS};
}

static enum till_status tell_and_write(struct tool_run *run, struct till_cohorts *cohorts, struct till_error *error) {
    tell(run, cohorts);
    enum till_status status = write_cohorts(run, cohorts, error);
    till_cohort_free(cohorts);
    return status;
}

static enum till_status cohorts_of_input(struct tool_run *run, struct till_error *error) {
    struct till_ledger *ledger = NULL;
    struct till_ledger_history history = {0};
    struct till_cohorts cohorts = {0};
    int32_t newest, next;
    enum till_status status = read_ledger(run, &ledger, error);
    if (status == TILL_OK)
        status = till_ledger_history(ledger, &history, error);
    if (status == TILL_OK) {
        newest = till_ledger_newest_day(ledger, &next);
        settle_as_of(run, newest, next, till_ledger_repeats_totals(ledger));
    }
    struct till_cohort_settings wishes = settings_of(run);
    if (status == TILL_OK && run->returns == RETURNS_ERROR)
        status = refuse_returns(&history, error);
    if (status == TILL_OK)
        status = till_cohort_compute(&cohorts, &history, &wishes, error);
    till_ledger_history_free(&history);
    till_ledger_aggregate.destroy(ledger);
    return status == TILL_OK ? tell_and_write(run, &cohorts, error) : status;
}

/* ---- of a state ---- */

struct count {
    const struct tool_run *run;
    struct till_cohort_counter *counter;
};

static enum till_status count_stretch(void *context, const struct till_ledger_stretch *stretch,
                                      struct till_error *error) {
    const struct count *count = context;
    enum till_status status = count->run->returns == RETURNS_ERROR ? refuse_returns(stretch->history, error) : TILL_OK;
    return status == TILL_OK ? till_cohort_counter_add(count->counter, stretch->history, error) : status;
}

static enum till_status cohorts_of_state(struct tool_run *run, struct till_error *error) {
    struct till_cohort_settings wishes = settings_of(run);
    struct till_ledger_summary summary;
    struct till_cohorts cohorts = {0};
    if (run->as_of == TILL_DAY_MISSING)
        wishes.as_of = INT32_MAX; /* the newest day, which is known at the end */
    struct count count = {run, till_cohort_counter_new(&wishes)};
    enum till_status status = count.counter == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK)
        status = tool_state_stretches(run, true, count_stretch, &count, &summary, error);
    if (status == TILL_OK && !run->state_only) {
        settle_as_of(run, summary.newest_day, summary.next_newest_day, summary.repeats_totals);
        status = till_cohort_counter_finish(count.counter, run->as_of, &cohorts, error);
    }
    till_cohort_counter_free(count.counter);
    return status == TILL_OK && !run->state_only ? tell_and_write(run, &cohorts, error) : status;
}

static enum till_status run_cohort(struct tool_run *run, struct till_error *error) {
    return run->state != NULL ? cohorts_of_state(run, error) : cohorts_of_input(run, error);
}

static const struct tool cohort = {
    .name = "till-cohort",
    .purpose = "customers by the period of their first purchase: retention, orders and revenue in each period since",
    .operands = "[FILE]...",
    .groups = TOOL_READS | TOOL_WRITES | TOOL_TRANSACTIONS | TOOL_PURCHASES | TOOL_STATE,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_cohort,
};

int main(int argc, char **argv) {
    return tool_main(&cohort, argc, argv);
}
