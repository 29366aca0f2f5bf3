/* till-synth: transactions drawn from a known truth.
 *
 * A shape is a set of columns with the options that suit them; what is asked for on the command line overrides it. The
 * drawing is the library's (till/synth.h); here are the names: ids with a prefix and enough digits, segments and
 * planted rules read from their texts. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <till/date.h>
#include <till/decimal.h>
#include <till/synth.h>

#include "tool.h"

enum field { CUSTOMER, ORDER, DATE, ITEM, QUANTITY, PRICE, AMOUNT, NOTE, FIELDS };
static const char *const field_names[FIELDS] = {"customer", "order", "date",   "item",
                                                "quantity", "price", "amount", "note"};

struct shape {
    const char *columns;
    const char *item_prefix;
    int customer_digits; /* at least so many */
    int order_digits;
    int item_digits;
};
enum { SALES, WIDE, ORDERS, BASKETS, SUMMARY };
static const struct shape shapes[] = {
    [SALES] = {"customer=customer_id,order=order_id,date,item,quantity,price=unit_price,amount", "P", 4, 5, 3},
    [WIDE] = {"customer=customer_id,order=order_id,date,item=sku,quantity,price=unit_price,amount,note", "SKU", 7, 7,
              5},
    [ORDERS] = {"customer=customer_id,order=order_id,date,amount", "P", 4, 5, 3},
    [BASKETS] = {"order=order_id,item", "P", 4, 5, 3},
    [SUMMARY] = {"customer", "P", 4, 5, 3}};

struct settings {
    uint64_t customers;
    uint64_t rows;
    uint64_t days;
    uint64_t acquisition;
    uint64_t items;
    int32_t start;
    int method;
    int shape;
    double r, alpha, s, beta, a, b, p, q, gamma;
    double lines;
    const char *popularity;
    const char *returns;
    const char *notes;
    const char *weekdays;
    const char *months;
    const char *columns;
    const char *truth;
    const char *horizon;
    bool times;
    struct option_list segments;
    struct option_list rules;
};

#define FIELD(name) offsetof(struct settings, name)
static const struct option options[] = {
    {.name = "customers",
     .letter = 'c',
     .kind = OPTION_COUNT,
     .offset = FIELD(customers),
     .argument = "N",
     .minimum = 0,
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
     .help = "Shape of the gamma distribution of purchase rates (default 0.553; bgnbd: 0.243)."},
    {.name = "alpha",
     .kind = OPTION_REAL,
     .offset = FIELD(alpha),
     .argument = "X",
     .help = "Its rate, in weeks (default 10.578; bgnbd: 4.414)."},
    {.name = "s",
     .kind = OPTION_REAL,
     .offset = FIELD(s),
     .argument = "X",
     .help = "paretonbd: shape of the gamma distribution of death rates (default 0.606)."},
    {.name = "beta",
     .kind = OPTION_REAL,
     .offset = FIELD(beta),
     .argument = "X",
     .help = "Its rate, in weeks (default 11.669)."},
    {.name = "a",
     .kind = OPTION_REAL,
     .offset = FIELD(a),
     .argument = "X",
     .help =
         "bgnbd: first parameter of the beta distribution of dropping out after a repeat purchase (default 0.793)."},
    {.name = "b",
     .kind = OPTION_REAL,
     .offset = FIELD(b),
     .argument = "X",
     .help = "Its second parameter (default 2.426)."},
    {.name = "p",
     .kind = OPTION_REAL,
     .offset = FIELD(p),
     .argument = "X",
     .help = "Gamma-gamma spend: shape of an order's worth (default 6.25)."},
    {.name = "q",
     .kind = OPTION_REAL,
     .offset = FIELD(q),
     .argument = "X",
     .help = "Gamma-gamma spend: shape of its rates; above 1 (default 3.74)."},
    {.name = "gamma",
     .kind = OPTION_REAL,
     .offset = FIELD(gamma),
     .argument = "X",
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

/* What is written, and how ids look. */
struct layout {
    const struct shape *shape;
    enum field fields[FIELDS];
    struct till_slice headers[FIELDS];
    size_t count;
    int customer_digits;
    int order_digits;
    int item_digits;
};

/* A message that shows what was typed. */
static enum till_status usage(struct till_error *error, const char *option, const char *what, struct till_slice text) {
    char quoted[TILL_QUOTED_SIZE];
    till_error_set(error, TILL_ERROR_USAGE, "%s: %s", what, till_error_quote(quoted, text.bytes, text.length));
    till_error_at(error, NULL, 0, 0, option);
    return TILL_ERROR_USAGE;
}

/* Cuts the piece before the next `mark` off the front of `rest`; false when nothing is left. */
static bool cut(struct till_slice *rest, char mark, struct till_slice *piece) {
    if (rest->bytes == NULL)
        return false;
    const char *end = memchr(rest->bytes, mark, rest->length);
    *piece = (struct till_slice){rest->bytes, end == NULL ? rest->length : (size_t)(end - rest->bytes)};
    if (end == NULL)
        *rest = (struct till_slice){NULL, 0};
    else
        *rest = (struct till_slice){end + 1, rest->length - piece->length - 1};
    return true;
}

static bool read_real(struct till_slice text, double *value) {
    return till_real_parse(text.bytes, text.length, NULL, value) == TILL_NUMBER_OK;
}

/* 0.02 or 2%. */
static bool read_share(struct till_slice text, double *value) {
    bool percent = text.length > 0 && text.bytes[text.length - 1] == '%';
    text.length -= percent;
    if (!read_real(text, value))
        return false;
    *value = percent ? *value / 100 : *value;
    return true;
}

/* So many weights, separated by commas; none given leaves the defaults. */
static enum till_status read_weights(const char *text, const char *option, double *weights, size_t count,
                                     struct till_error *error) {
    if (text == NULL)
        return TILL_OK;
    struct till_slice rest = till_slice_of(text), piece;
    size_t found = 0;
    while (cut(&rest, ',', &piece)) {
        if (found == count || !read_real(piece, &weights[found]))
            return usage(error, option, count == 7 ? "not seven weights" : "not twelve weights", till_slice_of(text));
        found++;
    }
    return found == count ? TILL_OK : usage(error, option, "too few weights", till_slice_of(text));
}

/* 52w, 365d, 12m, in weeks. */
static bool read_horizon(const char *text, double *weeks) {
    size_t length = strlen(text);
    if (length < 2 || !read_real((struct till_slice){text, length - 1}, weeks) || *weeks < 0)
        return false;
    switch (text[length - 1]) {
    case 'd':
        *weeks /= 7;
        return true;
    case 'w':
        return true;
    case 'm':
        *weeks *= 365.25 / 12 / 7;
        return true;
    default:
        return false;
    }
}

/* NAME:SHARE[:RATE[:LIFE[:VALUE]]]. The name is copied into `names`, which ends it. */
static enum till_status read_segment(const char *text, char *names, struct till_synth_segment *segment,
                                     struct till_error *error) {
    struct till_slice rest = till_slice_of(text), piece = {0};
    double *const values[] = {&segment->rate, &segment->life, &segment->value};
    *segment = (struct till_synth_segment){.name = names, .rate = 1, .life = 1, .value = 1};
    cut(&rest, ':', &piece);
    memcpy(names, piece.bytes, piece.length);
    names[piece.length] = '\0';
    bool valid = piece.length > 0 && cut(&rest, ':', &piece) && read_share(piece, &segment->share);
    for (size_t i = 0; valid && i < 3 && cut(&rest, ':', &piece); i++)
        valid = read_real(piece, values[i]);
    return valid && rest.bytes == NULL
               ? TILL_OK
               : usage(error, "segment", "not NAME:SHARE[:RATE[:LIFE[:VALUE]]]", till_slice_of(text));
}

/* P0042 is item 42. */
static bool read_item(const struct layout *layout, struct till_slice text, uint32_t *item) {
    size_t prefix = strlen(layout->shape->item_prefix);
    if (text.length <= prefix || text.length > prefix + 9 ||
        memcmp(text.bytes, layout->shape->item_prefix, prefix) != 0)
        return false;
    *item = 0;
    for (size_t i = prefix; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
        *item = *item * 10 + (uint32_t)(text.bytes[i] - '0');
    }
    return true;
}

/* Where "=>" stands in a text. */
static const char *find_arrow(struct till_slice text) {
    for (size_t i = 0; i + 1 < text.length; i++)
        if (text.bytes[i] == '=' && text.bytes[i + 1] == '>')
            return text.bytes + i;
    return NULL;
}

/* A|B=>C:SUPPORT:CONFIDENCE. */
static bool read_rule(const struct layout *layout, const char *text, struct till_synth_rule *rule) {
    struct till_slice rest = till_slice_of(text), items, piece;
    *rule = (struct till_synth_rule){0};
    if (!cut(&rest, ':', &items) || !cut(&rest, ':', &piece) || !read_share(piece, &rule->support) ||
        !cut(&rest, ':', &piece) || !read_share(piece, &rule->confidence) || rest.bytes != NULL)
        return false;
    const char *arrow = find_arrow(items);
    if (arrow == NULL)
        return false;
    struct till_slice left = {items.bytes, (size_t)(arrow - items.bytes)};
    struct till_slice right = {arrow + 2, items.length - left.length - 2};
    while (cut(&left, '|', &piece))
        if (rule->antecedent_count == TILL_SYNTH_MAX_RULE ||
            !read_item(layout, piece, &rule->antecedent[rule->antecedent_count++]))
            return false;
    return read_item(layout, right, &rule->consequent);
}

/* FIELD or FIELD=HEADER, separated by commas. */
static enum till_status read_columns(struct layout *layout, const char *list, struct till_error *error) {
    struct till_slice rest = till_slice_of(list), column, name;
    bool seen[FIELDS] = {false};
    while (cut(&rest, ',', &column)) {
        struct till_slice header = column;
        cut(&header, '=', &name);
        size_t field = 0;
        while (field < FIELDS && !till_slice_equal(name, till_slice_of(field_names[field])))
            field++;
        if (field == FIELDS || seen[field])
            return usage(error, "columns", field == FIELDS ? "no such column" : "named twice", name);
        seen[field] = true;
        layout->fields[layout->count] = (enum field)field;
        layout->headers[layout->count++] = header.bytes == NULL ? name : header;
    }
    return TILL_OK;
}

/* A row is an order unless something of a line is to be seen. */
static bool rows_are_orders(const struct layout *layout) {
    for (size_t i = 0; i < layout->count; i++)
        if (layout->fields[i] == ITEM || layout->fields[i] == QUANTITY || layout->fields[i] == PRICE)
            return false;
    return true;
}

/* --shape=wide: four kinds of customers, each a quarter as many as the last and four times as busy, whose rates
 * together follow a power law. The parameters give 489 thousand customers and 519 MB on ten million rows. */
static void widen(struct till_synth_options *synth) {
    static const struct till_synth_segment kinds[] = {{"occasional", 0.75, 1, 1, 1},
                                                      {"regular", 0.1875, 4, 1, 1},
                                                      {"frequent", 0.046875, 16, 1, 1},
                                                      {"wholesale", 0.015625, 64, 1, 1}};
    synth->start = till_date_from_civil(2010, 1, 1);
    synth->days = 730;
    synth->acquisition = 365;
    synth->r = 1;
    synth->alpha = 21.63;
    synth->s = 1;
    synth->beta = 52;
    synth->gamma = 8.8;
    synth->lines = 2.5;
    synth->items = 20000;
    synth->notes = 0.02;
    synth->segments = kinds;
    synth->segment_count = sizeof kinds / sizeof *kinds;
}

/* 0 is no valid parameter, and stands for "not given": the shape's value stays. */
static void override(double *parameter, double given) {
    if (given != 0)
        *parameter = given;
}

/* The published CDNOW estimates of r and alpha differ by model. */
static void apply_numbers(struct till_synth_options *synth, const struct settings *settings) {
    synth->method = settings->method == 0 ? TILL_SYNTH_PARETONBD : TILL_SYNTH_BGNBD;
    if (synth->method == TILL_SYNTH_BGNBD && settings->shape != WIDE) {
        synth->r = 0.243;
        synth->alpha = 4.414;
    }
    override(&synth->r, settings->r);
    override(&synth->alpha, settings->alpha);
    override(&synth->s, settings->s);
    override(&synth->beta, settings->beta);
    override(&synth->a, settings->a);
    override(&synth->b, settings->b);
    override(&synth->p, settings->p);
    override(&synth->q, settings->q);
    override(&synth->gamma, settings->gamma);
    override(&synth->lines, settings->lines);
}

static void apply_sizes(struct till_synth_options *synth, const struct settings *settings) {
    synth->rows = settings->rows;
    synth->customers = settings->customers != 0 || settings->rows != 0 ? settings->customers : 1000;
    synth->times = settings->times;
    if (settings->start != TILL_DAY_MISSING)
        synth->start = settings->start;
    if (settings->items != 0)
        synth->items = (uint32_t)settings->items;
    if (settings->days != 0) {
        synth->days = (uint32_t)settings->days;
        synth->acquisition = (synth->days + 1) / 2;
    }
    if (settings->acquisition != 0)
        synth->acquisition = (uint32_t)settings->acquisition;
}

/* Options whose 0 means something are texts, so that they can be told from those not given. */
static enum till_status apply_texts(struct till_synth_options *synth, const struct settings *settings,
                                    struct till_error *error) {
    const struct {
        const char *name, *text;
        double *value;
    } shares[] = {{"returns", settings->returns, &synth->returns},
                  {"notes", settings->notes, &synth->notes},
                  {"popularity", settings->popularity, &synth->popularity}};
    for (size_t i = 0; i < 3; i++)
        if (shares[i].text != NULL && !read_share(till_slice_of(shares[i].text), shares[i].value))
            return usage(error, shares[i].name, "not a number", till_slice_of(shares[i].text));
    enum till_status status = read_weights(settings->weekdays, "weekdays", synth->weekdays, 7, error);
    return status == TILL_OK ? read_weights(settings->months, "months", synth->months, 12, error) : status;
}

/* What the options' texts were read into. */
struct planted {
    struct till_synth_segment *segments;
    char *names;
    struct till_synth_rule *rules;
};

static void planted_free(struct planted *planted) {
    free(planted->segments);
    free(planted->names);
    free(planted->rules);
}

/* Names are shorter than the texts they come from, so those tell how much room they need. */
static enum till_status plant_segments(struct planted *planted, const struct option_list *list,
                                       struct till_error *error) {
    size_t bytes = 0;
    for (size_t i = 0; i < list->count; i++)
        bytes += strlen(list->values[i]) + 1;
    planted->segments = malloc((list->count + 1) * sizeof *planted->segments);
    planted->names = malloc(bytes + 1);
    if (planted->segments == NULL || planted->names == NULL)
        return till_error_memory(error);
    char *names = planted->names;
    for (size_t i = 0; i < list->count; i++) {
        enum till_status status = read_segment(list->values[i], names, &planted->segments[i], error);
        if (status != TILL_OK)
            return status;
        names += strlen(list->values[i]) + 1;
    }
    return TILL_OK;
}

static enum till_status plant_rules(struct planted *planted, const struct layout *layout,
                                    const struct option_list *list, struct till_error *error) {
    planted->rules = malloc((list->count + 1) * sizeof *planted->rules);
    if (planted->rules == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < list->count; i++)
        if (!read_rule(layout, list->values[i], &planted->rules[i])) {
            char what[80];
            snprintf(what, sizeof what, "not A|B=>C:SUPPORT:CONFIDENCE with items such as %s%0*d",
                     layout->shape->item_prefix, layout->item_digits, 1);
            return usage(error, "plant", what, till_slice_of(list->values[i]));
        }
    return TILL_OK;
}

static enum till_status plant(struct till_synth_options *synth, const struct settings *settings,
                              const struct layout *layout, struct planted *planted, struct till_error *error) {
    enum till_status status = plant_segments(planted, &settings->segments, error);
    if (status == TILL_OK)
        status = plant_rules(planted, layout, &settings->rules, error);
    if (settings->segments.count > 0) {
        synth->segments = planted->segments;
        synth->segment_count = settings->segments.count;
    }
    synth->rules = planted->rules;
    synth->rule_count = settings->rules.count;
    return status;
}

static int digits_of(uint64_t number, int least) {
    int digits = 1;
    while (number >= 10) {
        number /= 10;
        digits++;
    }
    return digits > least ? digits : least;
}

/* A prefix and a number, with leading zeros. */
static void write_id(struct till_writer *writer, const char *prefix, uint64_t number, int digits) {
    char text[32];
    size_t length = strlen(prefix);
    memcpy(text, prefix, length);
    for (size_t i = (size_t)digits; i-- > 0; number /= 10)
        text[length + i] = (char)('0' + number % 10);
    till_writer_text(writer, (struct till_slice){text, length + (size_t)digits});
}

static void write_field(struct till_writer *writer, const struct layout *layout, enum field field, bool times,
                        const struct till_synth_line *line) {
    switch (field) {
    case CUSTOMER:
        write_id(writer, "C", (uint64_t)line->customer + 1, layout->customer_digits);
        break;
    case ORDER:
        write_id(writer, "O", line->order, layout->order_digits);
        break;
    case DATE:
        if (times)
            till_writer_time(writer, line->time);
        else
            till_writer_day(writer, till_date_day(line->time));
        break;
    case ITEM:
        write_id(writer, layout->shape->item_prefix, line->item, layout->item_digits);
        break;
    case QUANTITY:
        till_writer_integer(writer, line->quantity);
        break;
    case PRICE:
        till_writer_money(writer, line->unit_price);
        break;
    case AMOUNT:
        till_writer_money(writer, line->amount);
        break;
    default:
        till_writer_text(writer, line->note == 0 ? (struct till_slice){0} : till_slice_of(till_synth_note(line->note)));
    }
}

static enum till_status write_header(struct till_writer *writer, const struct layout *layout, bool times,
                                     struct till_error *error) {
    static const enum till_type types[FIELDS] = {
        [CUSTOMER] = TILL_TEXT,    [ORDER] = TILL_TEXT,  [DATE] = TILL_DAY,     [ITEM] = TILL_TEXT,
        [QUANTITY] = TILL_INTEGER, [PRICE] = TILL_MONEY, [AMOUNT] = TILL_MONEY, [NOTE] = TILL_TEXT};
    enum till_type chosen[FIELDS];
    for (size_t i = 0; i < layout->count; i++)
        chosen[i] = layout->fields[i] == DATE && times ? TILL_TIME : types[layout->fields[i]];
    return till_writer_columns(writer, layout->headers, chosen, layout->count, error);
}

static enum till_status write_rows(struct tool_run *run, struct till_synth *synth, const struct layout *layout,
                                   bool times, struct till_error *error) {
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

/* Customer by customer, each drawn again; written before the rows, so that a wrong --horizon costs no time. */
static enum till_status write_truth(struct tool_run *run, const struct till_synth *synth, const struct layout *layout,
                                    struct till_error *error) {
    const struct settings *settings = run->settings;
    double weeks;
    if (!read_horizon(settings->horizon, &weeks))
        return usage(error, "horizon", "not a time such as 52w, 365d or 12m", till_slice_of(settings->horizon));
    if (settings->truth == NULL)
        return TILL_OK;
    struct till_writer *writer;
    enum till_status status = tool_open_table(run, settings->truth, &writer, error);
    if (status == TILL_OK)
        status = write_truth_header(writer, settings->method == 0, error);
    for (uint64_t i = 0; status == TILL_OK && i < till_synth_customers(synth); i++) {
        struct till_synth_truth truth;
        status = till_synth_customer(synth, i, weeks, &truth, error);
        if (status != TILL_OK)
            break;
        write_id(writer, "C", i + 1, layout->customer_digits);
        status = write_customer(writer, &truth, error);
    }
    return status;
}

/* A row for each customer, as till-clv reads it; drawn again, one by one. */
static enum till_status write_summaries(struct tool_run *run, const struct till_synth *synth,
                                        const struct layout *layout, struct till_error *error) {
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

/* A summary has no rows of purchases to cut off, to name or to bring back. */
static enum till_status check_summary(const struct settings *settings, const struct till_synth_options *synth,
                                      struct till_error *error) {
    const char *option = settings->rows != 0         ? "rows"
                         : settings->columns != NULL ? "columns"
                         : synth->returns > 0        ? "returns"
                                                     : NULL;
    if (settings->shape != SUMMARY || option == NULL)
        return TILL_OK;
    till_error_set(error, TILL_ERROR_USAGE, "not with --shape=summary, which has a row for each customer");
    till_error_at(error, NULL, 0, 0, option);
    return TILL_ERROR_USAGE;
}

/* Reads all options into the library's; `layout` too. */
static enum till_status settle(struct tool_run *run, struct till_synth_options *synth, struct layout *layout,
                               struct planted *planted, struct till_error *error) {
    const struct settings *settings = run->settings;
    layout->shape = &shapes[settings->shape];
    till_synth_defaults(synth);
    if (settings->shape == WIDE)
        widen(synth);
    synth->seed = run->seed;
    synth->threads = run->threads;
    apply_numbers(synth, settings);
    apply_sizes(synth, settings);
    layout->item_digits = digits_of(synth->items, layout->shape->item_digits);
    enum till_status status =
        read_columns(layout, settings->columns != NULL ? settings->columns : layout->shape->columns, error);
    if (status == TILL_OK)
        status = apply_texts(synth, settings, error);
    if (status == TILL_OK)
        status = plant(synth, settings, layout, planted, error);
    if (status == TILL_OK)
        status = check_summary(settings, synth, error);
    synth->orders = rows_are_orders(layout);
    return status;
}

/* Items that only rules sell may need a digit more. */
static void widen_items(struct layout *layout, const struct till_synth_options *synth) {
    for (size_t i = 0; i < synth->rule_count; i++) {
        const struct till_synth_rule *rule = &synth->rules[i];
        layout->item_digits = digits_of(rule->consequent, layout->item_digits);
        for (size_t j = 0; j < rule->antecedent_count; j++)
            layout->item_digits = digits_of(rule->antecedent[j], layout->item_digits);
    }
}

static enum till_status run_synth(struct tool_run *run, struct till_error *error) {
    struct till_synth_options synth_options;
    struct till_synth *synth = NULL;
    struct layout layout = {0};
    struct planted planted = {0};
    enum till_status status = settle(run, &synth_options, &layout, &planted, error);
    if (status == TILL_OK)
        status = till_synth_new(&synth, &synth_options, error);
    if (status == TILL_OK) {
        layout.customer_digits = digits_of(till_synth_customers(synth), layout.shape->customer_digits);
        layout.order_digits = digits_of(till_synth_orders(synth), layout.shape->order_digits);
        widen_items(&layout, &synth_options);
        status = write_truth(run, synth, &layout, error);
    }
    if (status == TILL_OK && layout.shape == &shapes[SUMMARY])
        status = write_summaries(run, synth, &layout, error);
    else if (status == TILL_OK)
        status = write_rows(run, synth, &layout, synth_options.times, error);
    till_synth_free(synth);
    planted_free(&planted);
    return status;
}

static const struct tool tool = {.name = "till-synth",
                                 .purpose = "transactions drawn from a known truth",
                                 .groups = TOOL_WRITES,
                                 .options = options,
                                 .settings_size = sizeof(struct settings),
                                 .run = run_synth};

int main(int argc, char **argv) {
    return tool_main(&tool, argc, argv);
}
