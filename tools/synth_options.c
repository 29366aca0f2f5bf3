/* till-synth: its options. A shape is a set of columns with the parameters that suit them; what is asked for on the
 * command line overrides it, and segments and planted rules are read from their texts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <till/date.h>
#include <till/decimal.h>

#include "synth.h"

static const char *const field_names[SYNTH_FIELDS] = {"customer", "order", "date",   "item",
                                                      "quantity", "price", "amount", "note"};

static const struct synth_shape shapes[] = {
    [SYNTH_SALES] = {"customer=customer_id,order=order_id,date,item,quantity,price=unit_price,amount", "P", 4, 5, 3},
    [SYNTH_WIDE] = {"customer=customer_id,order=order_id,date,item=sku,quantity,price=unit_price,amount,note", "SKU", 7,
                    7, 5},
    [SYNTH_ORDERS] = {"customer=customer_id,order=order_id,date,amount", "P", 4, 5, 3},
    [SYNTH_BASKETS] = {"order=order_id,item", "P", 4, 5, 3},
    [SYNTH_SUMMARY] = {"customer", "P", 4, 5, 3}};

/* A message that shows what was typed. */
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
            return tool_usage_text(error, option, count == 7 ? "not seven weights" : "not twelve weights",
                                   till_slice_of(text));
        found++;
    }
    return found == count ? TILL_OK : tool_usage_text(error, option, "too few weights", till_slice_of(text));
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
               : tool_usage_text(error, "segment", "not NAME:SHARE[:RATE[:LIFE[:VALUE]]]", till_slice_of(text));
}

/* P0042 is item 42. */
static bool read_item(const struct synth_layout *layout, struct till_slice text, uint32_t *item) {
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
static bool read_rule(const struct synth_layout *layout, const char *text, struct till_synth_rule *rule) {
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
static enum till_status read_columns(struct synth_layout *layout, const char *list, struct till_error *error) {
    struct till_slice rest = till_slice_of(list), column, name;
    bool seen[SYNTH_FIELDS] = {false};
    while (cut(&rest, ',', &column)) {
        struct till_slice header = column;
        cut(&header, '=', &name);
        size_t field = 0;
        while (field < SYNTH_FIELDS && !till_slice_equal(name, till_slice_of(field_names[field])))
            field++;
        if (field == SYNTH_FIELDS || seen[field])
            return tool_usage_text(error, "columns", field == SYNTH_FIELDS ? "no such column" : "named twice", name);
        seen[field] = true;
        layout->fields[layout->count] = (enum synth_field)field;
        layout->headers[layout->count++] = header.bytes == NULL ? name : header;
    }
    return TILL_OK;
}

/* A row is an order unless something of a line is to be seen. */
static bool rows_are_orders(const struct synth_layout *layout) {
    for (size_t i = 0; i < layout->count; i++)
        if (layout->fields[i] == SYNTH_ITEM || layout->fields[i] == SYNTH_QUANTITY || layout->fields[i] == SYNTH_PRICE)
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
static void apply_numbers(struct till_synth_options *synth, const struct synth_settings *settings) {
    synth->method = settings->method == 0 ? TILL_SYNTH_PARETONBD : TILL_SYNTH_BGNBD;
    if (synth->method == TILL_SYNTH_BGNBD && settings->shape != SYNTH_WIDE) {
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

static void apply_sizes(struct till_synth_options *synth, const struct synth_settings *settings) {
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
static enum till_status apply_texts(struct till_synth_options *synth, const struct synth_settings *settings,
                                    struct till_error *error) {
    const struct {
        const char *name, *text;
        double *value;
    } shares[] = {{"returns", settings->returns, &synth->returns},
                  {"notes", settings->notes, &synth->notes},
                  {"popularity", settings->popularity, &synth->popularity}};
    for (size_t i = 0; i < 3; i++)
        if (shares[i].text != NULL && !read_share(till_slice_of(shares[i].text), shares[i].value))
            return tool_usage_text(error, shares[i].name, "not a number", till_slice_of(shares[i].text));
    enum till_status status = read_weights(settings->weekdays, "weekdays", synth->weekdays, 7, error);
    return status == TILL_OK ? read_weights(settings->months, "months", synth->months, 12, error) : status;
}

void synth_planted_free(struct synth_planted *planted) {
    free(planted->segments);
    free(planted->names);
    free(planted->rules);
}

/* Names are shorter than the texts they come from, so those tell how much room they need. */
static enum till_status plant_segments(struct synth_planted *planted, const struct option_list *list,
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

static enum till_status plant_rules(struct synth_planted *planted, const struct synth_layout *layout,
                                    const struct option_list *list, struct till_error *error) {
    planted->rules = malloc((list->count + 1) * sizeof *planted->rules);
    if (planted->rules == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < list->count; i++)
        if (!read_rule(layout, list->values[i], &planted->rules[i])) {
            char what[80];
            snprintf(what, sizeof what, "not A|B=>C:SUPPORT:CONFIDENCE with items such as %s%0*d",
                     layout->shape->item_prefix, layout->item_digits, 1);
            return tool_usage_text(error, "plant", what, till_slice_of(list->values[i]));
        }
    return TILL_OK;
}

static enum till_status plant(struct till_synth_options *synth, const struct synth_settings *settings,
                              const struct synth_layout *layout, struct synth_planted *planted,
                              struct till_error *error) {
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

/* A summary has no rows of purchases to cut off, to name or to bring back. */
static enum till_status check_summary(const struct synth_settings *settings, const struct till_synth_options *synth,
                                      struct till_error *error) {
    const char *option = settings->rows != 0         ? "rows"
                         : settings->columns != NULL ? "columns"
                         : synth->returns > 0        ? "returns"
                                                     : NULL;
    if (settings->shape != SYNTH_SUMMARY || option == NULL)
        return TILL_OK;
    return tool_usage(error, option, "not with --shape=summary, which has a row for each customer");
}

enum till_status synth_settle(struct tool_run *run, struct till_synth_options *synth, struct synth_layout *layout,
                              struct synth_planted *planted, struct till_error *error) {
    const struct synth_settings *settings = run->settings;
    layout->shape = &shapes[settings->shape];
    till_synth_defaults(synth);
    if (settings->shape == SYNTH_WIDE)
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
    if (status == TILL_OK && !read_horizon(settings->horizon, &layout->horizon))
        status =
            tool_usage_text(error, "horizon", "not a time such as 52w, 365d or 12m", till_slice_of(settings->horizon));
    synth->orders = rows_are_orders(layout);
    return status;
}

/* Items that only rules sell may need a digit more. */
static void widen_items(struct synth_layout *layout, const struct till_synth_options *synth) {
    for (size_t i = 0; i < synth->rule_count; i++) {
        const struct till_synth_rule *rule = &synth->rules[i];
        layout->item_digits = digits_of(rule->consequent, layout->item_digits);
        for (size_t j = 0; j < rule->antecedent_count; j++)
            layout->item_digits = digits_of(rule->antecedent[j], layout->item_digits);
    }
}

void synth_count_digits(struct synth_layout *layout, const struct till_synth *synth,
                        const struct till_synth_options *options) {
    layout->customer_digits = digits_of(till_synth_customers(synth), layout->shape->customer_digits);
    layout->order_digits = digits_of(till_synth_orders(synth), layout->shape->order_digits);
    widen_items(layout, options);
}
