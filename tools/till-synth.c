/* till-synth: transactions drawn from a known truth.
 *
 * The drawing is the library's (till/synth.h). Here are the options; synth_options.c reads shapes, segments and planted
 * rules from their texts, synth_write.c writes rows, truth and summaries. */
#include <stddef.h>
#include <stdio.h>

#include "synth.h"

#define FIELD(name) offsetof(struct synth_settings, name)
static const struct option options[] = {
    {.name = "customers",
     .letter = 'c',
     .kind = OPTION_COUNT,
     .offset = FIELD(customers),
     .argument = "N",
     .minimum = 1,
     .maximum = 4294967295.0,
     .help = "How many customers to draw (default 1000, or as many as --rows takes)."},
    {.name = "rows",
     .kind = OPTION_COUNT,
     .offset = FIELD(rows),
     .argument = "N",
     .minimum = 0,
     .maximum = 1e15,
     .help = "Stop at exactly so many rows; the last customer's are cut short."},
    {.name = "days",
     .kind = OPTION_COUNT,
     .offset = FIELD(days),
     .argument = "N",
     .minimum = 0,
     .maximum = TILL_SYNTH_MAX_DAYS,
     .help = "How many days to draw (default 364; --shape=wide: 730)."},
    {.name = "start",
     .kind = OPTION_DAY,
     .offset = FIELD(start),
     .argument = "DATE",
     .help = "The first day (default 2024-01-01)."},
    {.name = "acquisition",
     .kind = OPTION_COUNT,
     .offset = FIELD(acquisition),
     .argument = "DAYS",
     .minimum = 0,
     .maximum = TILL_SYNTH_MAX_DAYS,
     .help = "First purchases are spread evenly over the first so many days (default: half of --days)."},
    {.name = "shape",
     .kind = OPTION_CHOICE,
     .offset = FIELD(shape),
     .argument = "SHAPE",
     .initial = "sales",
     .choices = "sales|wide|orders|baskets|summary",
     .help = "sales: a row for each line of an order; wide: the same with sku and note, and customers by a power law; "
             "orders: a row for each order; baskets: order and item; summary: a row for each customer, with all that "
             "till-clv --summary-input looks at, not rounded."},
    {.name = "columns",
     .kind = OPTION_TEXT,
     .offset = FIELD(columns),
     .argument = "LIST",
     .help = "Columns in their order, of customer, order, date, item, quantity, price, amount, note, each renamed by "
             "FIELD=HEADER. Without item, quantity and price a row is an order."},
    {.name = "times",
     .kind = OPTION_FLAG,
     .offset = FIELD(times),
     .help = "Dates with a time of day, and rows ordered by it."},
    {.name = "truth",
     .letter = 't',
     .kind = OPTION_FILE,
     .offset = FIELD(truth),
     .argument = "FILE",
     .help = "What is true of each customer: segment, rates, day of death, mean value, expected purchases."},
    {.name = "horizon",
     .kind = OPTION_TEXT,
     .offset = FIELD(horizon),
     .argument = "TIME",
     .initial = "52w",
     .help = "How far the truth's expectations look past the last day: 52w, 365d or 12m."},
    {.name = "method",
     .letter = 'm',
     .kind = OPTION_CHOICE,
     .offset = FIELD(method),
     .argument = "METHOD",
     .initial = "paretonbd",
     .choices = "paretonbd|bgnbd",
     .help = "How customers buy and die."},
    {.name = "r",
     .kind = OPTION_REAL,
     .offset = FIELD(r),
     .argument = "X",
     .minimum = 0.001,
     .maximum = 1e6,
     .help = "Shape of the gamma distribution of purchase rates (default 0.553; bgnbd: 0.243)."},
    {.name = "alpha",
     .kind = OPTION_REAL,
     .offset = FIELD(alpha),
     .argument = "X",
     .minimum = 0.001,
     .maximum = 1e6,
     .help = "Its rate, in weeks (default 10.578; bgnbd: 4.414)."},
    {.name = "s",
     .kind = OPTION_REAL,
     .offset = FIELD(s),
     .argument = "X",
     .minimum = 0.001,
     .maximum = 1e6,
     .help = "paretonbd: shape of the gamma distribution of death rates (default 0.606)."},
    {.name = "beta",
     .kind = OPTION_REAL,
     .offset = FIELD(beta),
     .argument = "X",
     .minimum = 0.001,
     .maximum = 1e6,
     .help = "Its rate, in weeks (default 11.669)."},
    {.name = "a",
     .kind = OPTION_REAL,
     .offset = FIELD(a),
     .argument = "X",
     .minimum = 0.001,
     .maximum = 1e6,
     .help =
         "bgnbd: first parameter of the beta distribution of dropping out after a repeat purchase (default 0.793)."},
    {.name = "b",
     .kind = OPTION_REAL,
     .offset = FIELD(b),
     .argument = "X",
     .minimum = 0.001,
     .maximum = 1e6,
     .help = "Its second parameter (default 2.426)."},
    {.name = "p",
     .kind = OPTION_REAL,
     .offset = FIELD(p),
     .argument = "X",
     .minimum = 0.001,
     .maximum = 1e6,
     .help = "Gamma-gamma spend: shape of an order's worth (default 6.25)."},
    {.name = "q",
     .kind = OPTION_REAL,
     .offset = FIELD(q),
     .argument = "X",
     .minimum = 0.001,
     .maximum = 1e6,
     .help = "Gamma-gamma spend: shape of its rates; above 1 (default 3.74)."},
    {.name = "gamma",
     .kind = OPTION_REAL,
     .offset = FIELD(gamma),
     .argument = "X",
     .minimum = 0.001,
     .maximum = 1e6,
     .help = "Gamma-gamma spend: rate of its rates (default 15.44)."},
    {.name = "segment",
     .kind = OPTION_LIST,
     .offset = FIELD(segments),
     .argument = "NAME:SHARE[:RATE[:LIFE[:VALUE]]]",
     .help = "Plants a segment: its share of the customers, and how many times as often, as long and for how much they "
             "buy. May be given several times; the shares sum to 1."},
    {.name = "lines",
     .kind = OPTION_REAL,
     .offset = FIELD(lines),
     .argument = "X",
     .minimum = 1,
     .maximum = 24,
     .help = "Mean lines of an order, 1 to 24 (default 2; --shape=wide: 2.5)."},
    {.name = "items",
     .kind = OPTION_COUNT,
     .offset = FIELD(items),
     .argument = "N",
     .minimum = 0,
     .maximum = TILL_SYNTH_MAX_ITEMS,
     .help = "How many items there are (default 200; --shape=wide: 20000)."},
    {.name = "popularity",
     .kind = OPTION_TEXT,
     .offset = FIELD(popularity),
     .argument = "X",
     .help = "Zipf's exponent: item n sells in proportion to 1/n^X (default 0.8; 0: all alike)."},
    {.name = "plant",
     .kind = OPTION_LIST,
     .offset = FIELD(rules),
     .argument = "A|B=>C:SUPPORT:CONFIDENCE",
     .help =
         "Plants a rule: so large a share of the orders gets items A and B too, and so large a share of those gets C. "
         "May be given several times. Items past --items are sold by rules alone."},
    {.name = "returns",
     .kind = OPTION_TEXT,
     .offset = FIELD(returns),
     .argument = "SHARE",
     .help = "Share of orders of which a line comes back within two weeks (default 0)."},
    {.name = "notes",
     .kind = OPTION_TEXT,
     .offset = FIELD(notes),
     .argument = "SHARE",
     .help = "Share of rows with a note (default 0; --shape=wide: 2%)."},
    {.name = "weekdays",
     .kind = OPTION_TEXT,
     .offset = FIELD(weekdays),
     .argument = "LIST",
     .help = "How busy Monday to Sunday are: seven weights, such as 1,1,1,1,1.5,2,0 (default: all alike)."},
    {.name = "months",
     .kind = OPTION_TEXT,
     .offset = FIELD(months),
     .argument = "LIST",
     .help = "How busy January to December are: twelve weights (default: all alike)."},
    {0}};

/* The library names a setting as its option is called, but for the dashes. */
static void name_option(struct till_error *error) {
    char option[sizeof error->role];
    snprintf(option, sizeof option, "--%.*s", (int)sizeof option - 3, error->role);
    till_error_at(error, NULL, 0, 0, option);
}

static enum till_status run_synth(struct tool_run *run, struct till_error *error) {
    struct till_synth_options synth_options;
    struct till_synth *synth = NULL;
    struct synth_layout layout = {0};
    struct synth_planted planted = {0};
    enum till_status status = synth_settle(run, &synth_options, &layout, &planted, error);
    if (status == TILL_OK)
        status = till_synth_new(&synth, &synth_options, error);
    if (status == TILL_OK) {
        synth_count_digits(&layout, synth, &synth_options);
        status = synth_write_truth(run, synth, &layout, error);
    }
    const struct synth_settings *settings = run->settings;
    if (status == TILL_OK && settings->shape == SYNTH_SUMMARY)
        status = synth_write_summaries(run, synth, &layout, error);
    else if (status == TILL_OK)
        status = synth_write_rows(run, synth, &layout, error);
    if (status == TILL_ERROR_USAGE && *error->role != '\0' && *error->role != '-')
        name_option(error);
    till_synth_free(synth);
    synth_planted_free(&planted);
    return status;
}

static const struct tool tool = {.name = "till-synth",
                                 .purpose = "transactions drawn from a known truth",
                                 .groups = TOOL_WRITES,
                                 .options = options,
                                 .settings_size = sizeof(struct synth_settings),
                                 .run = run_synth};

int main(int argc, char **argv) {
    return tool_main(&tool, argc, argv);
}
