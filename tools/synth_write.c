/* till-synth: what it writes. Ids are a prefix and a number with leading zeros; a customer's truth and summary are
 * drawn again, one customer at a time, so no file is held in memory. */
#include <string.h>

#include <till/date.h>

#include "synth.h"

/* A prefix and a number, with leading zeros. */
static void write_id(struct till_writer *writer, const char *prefix, uint64_t number, int digits) {
    char text[32];
    size_t length = strlen(prefix);
    memcpy(text, prefix, length);
    for (size_t i = (size_t)digits; i-- > 0; number /= 10)
        text[length + i] = (char)('0' + number % 10);
    till_writer_text(writer, (struct till_slice){text, length + (size_t)digits});
}

static void write_field(struct till_writer *writer, const struct synth_layout *layout, enum synth_field field,
                        bool times, const struct till_synth_line *line) {
    switch (field) {
    case SYNTH_CUSTOMER:
        write_id(writer, "C", (uint64_t)line->customer + 1, layout->customer_digits);
        break;
    case SYNTH_ORDER:
        write_id(writer, "O", line->order, layout->order_digits);
        break;
    case SYNTH_DATE:
        if (times)
            till_writer_time(writer, line->time);
        else
            till_writer_day(writer, till_date_day(line->time));
        break;
    case SYNTH_ITEM:
        write_id(writer, layout->shape->item_prefix, line->item, layout->item_digits);
        break;
    case SYNTH_QUANTITY:
        till_writer_integer(writer, line->quantity);
        break;
    case SYNTH_PRICE:
        till_writer_money(writer, line->unit_price);
        break;
    case SYNTH_AMOUNT:
        till_writer_money(writer, line->amount);
        break;
    default:
        till_writer_text(writer, line->note == 0 ? (struct till_slice){0} : till_slice_of(till_synth_note(line->note)));
    }
}

static enum till_status write_header(struct till_writer *writer, const struct synth_layout *layout, bool times,
                                     struct till_error *error) {
    static const enum till_type types[SYNTH_FIELDS] = {
        [SYNTH_CUSTOMER] = TILL_TEXT, [SYNTH_ORDER] = TILL_TEXT,       [SYNTH_DATE] = TILL_DAY,
        [SYNTH_ITEM] = TILL_TEXT,     [SYNTH_QUANTITY] = TILL_INTEGER, [SYNTH_PRICE] = TILL_MONEY,
        [SYNTH_AMOUNT] = TILL_MONEY,  [SYNTH_NOTE] = TILL_TEXT};
    enum till_type chosen[SYNTH_FIELDS];
    for (size_t i = 0; i < layout->count; i++)
        chosen[i] = layout->fields[i] == SYNTH_DATE && times ? TILL_TIME : types[layout->fields[i]];
    return till_writer_columns(writer, layout->headers, chosen, layout->count, error);
}

enum till_status synth_write_rows(struct tool_run *run, struct till_synth *synth, const struct synth_layout *layout,
                                  struct till_error *error) {
    const bool times = ((const struct synth_settings *)run->settings)->times;
    struct till_writer *writer;
    enum till_status status = tool_open_output(run, &writer, error);
    if (status == TILL_OK)
        status = write_header(writer, layout, times, error);
    const struct till_synth_line *lines;
    size_t count = 1;
    uint64_t rows = 0;
    while (status == TILL_OK && (status = till_synth_next(synth, &lines, &count, error)) == TILL_OK && count > 0) {
        for (size_t i = 0; i < count && status == TILL_OK; i++) {
            for (size_t j = 0; j < layout->count; j++)
                write_field(writer, layout, layout->fields[j], times, &lines[i]);
            status = till_writer_end(writer, error);
        }
        rows += count;
    }
    tool_figure(run, "customers", (double)till_synth_customers(synth));
    tool_figure(run, "orders", (double)till_synth_orders(synth));
    tool_figure(run, "rows", (double)rows);
    return status;
}

static enum till_status write_truth_header(struct till_writer *writer, bool pareto, struct till_error *error) {
    const struct {
        const char *name;
        enum till_type type;
    } columns[] = {{"customer", TILL_TEXT},
                   {"segment", TILL_TEXT},
                   {"first", TILL_DAY},
                   {"died", TILL_DAY},
                   {"alive", TILL_COUNT},
                   {"purchase_rate", TILL_REAL},
                   {pareto ? "death_rate" : "dropout", TILL_REAL},
                   {"mean_value", TILL_REAL},
                   {"purchases", TILL_COUNT},
                   {"rows", TILL_COUNT},
                   {"amount", TILL_MONEY},
                   {"expected_purchases", TILL_REAL},
                   {"expected_value", TILL_REAL}};
    enum { COLUMNS = sizeof columns / sizeof *columns };
    struct till_slice names[COLUMNS];
    enum till_type types[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++) {
        names[i] = till_slice_of(columns[i].name);
        types[i] = columns[i].type;
    }
    return till_writer_columns(writer, names, types, COLUMNS, error);
}

static enum till_status write_customer(struct till_writer *writer, const struct till_synth_truth *truth,
                                       struct till_error *error) {
    till_writer_text(writer, till_slice_of(truth->segment));
    till_writer_day(writer, truth->acquired);
    till_writer_day(writer, truth->died);
    till_writer_count(writer, truth->alive);
    till_writer_real(writer, truth->purchase_rate);
    till_writer_real(writer, truth->dropout);
    till_writer_real(writer, truth->mean_value);
    till_writer_count(writer, truth->purchases);
    till_writer_count(writer, truth->rows);
    till_writer_money(writer, truth->amount);
    till_writer_real(writer, truth->expected_purchases);
    till_writer_real(writer, truth->expected_value);
    return till_writer_end(writer, error);
}

/* Customer by customer, each drawn again. */
enum till_status synth_write_truth(struct tool_run *run, const struct till_synth *synth,
                                   const struct synth_layout *layout, struct till_error *error) {
    const struct synth_settings *settings = run->settings;
    if (settings->truth == NULL)
        return TILL_OK;
    struct till_writer *writer;
    enum till_status status = tool_open_table(run, settings->truth, &writer, error);
    if (status == TILL_OK)
        status = write_truth_header(writer, settings->method == 0, error);
    for (uint64_t i = 0; status == TILL_OK && i < till_synth_customers(synth); i++) {
        struct till_synth_truth truth;
        status = till_synth_customer(synth, i, layout->horizon, &truth, error);
        if (status != TILL_OK)
            break;
        write_id(writer, "C", i + 1, layout->customer_digits);
        status = write_customer(writer, &truth, error);
    }
    return status;
}

/* A row for each customer, as till-clv reads it; drawn again, one by one. */
enum till_status synth_write_summaries(struct tool_run *run, const struct till_synth *synth,
                                       const struct synth_layout *layout, struct till_error *error) {
    static const char *const headers[] = {"customer", "repeats", "t_x", "age", "mean_value"};
    static const enum till_type types[] = {TILL_TEXT, TILL_COUNT, TILL_REAL, TILL_REAL, TILL_REAL};
    struct till_slice names[5];
    for (size_t i = 0; i < 5; i++)
        names[i] = till_slice_of(headers[i]);
    struct till_writer *writer;
    enum till_status status = tool_open_output(run, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, 5, error);
    uint64_t customers = till_synth_customers(synth);
    for (uint64_t i = 0; i < customers && status == TILL_OK; i++) {
        struct till_synth_summary summary;
        status = till_synth_summarise(synth, i, &summary, error);
        if (status != TILL_OK)
            break;
        write_id(writer, "C", i + 1, layout->customer_digits);
        till_writer_count(writer, summary.repeats);
        till_writer_real(writer, summary.last);
        till_writer_real(writer, summary.age);
        till_writer_real(writer, summary.mean);
        status = till_writer_end(writer, error);
    }
    tool_figure(run, "customers", (double)customers);
    tool_figure(run, "orders", (double)till_synth_orders(synth));
    tool_figure(run, "rows", (double)customers);
    return status;
}
