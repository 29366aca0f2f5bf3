/* Transactions from a known truth: who buys when, put in order, and the rows of each order.
 *
 * Purchases are drawn customer by customer, in chunks side by side, and kept as 12 bytes each. A counting sort by day
 * then makes the file look like an export; being stable, it leaves customers in order within a day. What is in an order
 * is drawn only when its rows are asked for, from the order's own stream of random numbers, a batch of orders at a
 * time. So memory does not grow with the rows, and nothing depends on the number of threads. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/date.h>
#include <till/parallel.h>

#include "synth.h"

enum { CHUNK = 1024 /* customers */, WAVE = 64 /* chunks */, PARCEL = 128 /* orders */, PARCELS = 16 };

/* Customers drawn by one worker: their orders, customer by customer. */
struct chunk {
    struct order *orders;
    size_t count;
    size_t capacity;
    uint64_t rows; /* counted only where options.rows asks */
};

/* Rows of some orders, drawn ahead of being asked for. */
struct batch {
    uint64_t next_order; /* the first order that is not in it */
    size_t parcels;
    size_t given; /* parcels */
    size_t counts[PARCELS];
    struct till_synth_line *lines; /* [PARCELS][PARCEL * TILL_SYNTH_MAX_LINES] */
};

void till_synth_defaults(struct till_synth_options *options) {
    *options = (struct till_synth_options){.seed = 1,
                                           .customers = 1000,
                                           .start = 19723, /* 2024-01-01, a Monday */
                                           .days = 364,
                                           .acquisition = 182,
                                           .method = TILL_SYNTH_PARETONBD,
                                           .r = 0.553,
                                           .alpha = 10.578,
                                           .s = 0.606,
                                           .beta = 11.669,
                                           .a = 0.793,
                                           .b = 2.426,
                                           .p = 6.25,
                                           .q = 3.74,
                                           .gamma = 15.44,
                                           .lines = 2,
                                           .items = 200,
                                           .popularity = 0.8,
                                           .threads = 1};
    for (size_t i = 0; i < 7; i++)
        options->weekdays[i] = 1;
    for (size_t i = 0; i < 12; i++)
        options->months[i] = 1;
}

const char *till_synth_note(uint32_t note) {
    static const char *const texts[TILL_SYNTH_NOTES] = {
        "gift wrap, blue ribbon",        "leave at the door, ring twice", "call first, after six",
        "second parcel, same address",   "paid in cash, no receipt",      "ordered by phone, Monday",
        "for the office, third floor",   "replacement, free of charge",   "fragile, this side up",
        "collect on Friday, before ten", "no substitutes, please",        "birthday, no price tag",
        "invoice by post, not by mail",  "loyal customer, say hello",     "wrong size last time, check",
        "regular order, every month"};
    return note >= 1 && note <= TILL_SYNTH_NOTES ? texts[note - 1] : "";
}

/* The role of the error names the option, so that a tool can point at it. */
static enum till_status refuse(struct till_error *error, const char *option, const char *what) {
    till_error_set(error, TILL_ERROR_USAGE, "%s", what);
    till_error_at(error, NULL, 0, 0, option);
    return TILL_ERROR_USAGE;
}

/* NaN fails too. */
static bool within(double value, double least, double most) {
    return value >= least && value <= most;
}

/* Parameters far outside of any trade are refused: they overflow, or draw until the end of days. */
static enum till_status check_numbers(const struct till_synth_options *options, struct till_error *error) {
    const struct {
        const char *name;
        double value;
    } parameters[] = {{"r", options->r},       {"alpha", options->alpha}, {"s", options->s},
                      {"beta", options->beta}, {"a", options->a},         {"b", options->b},
                      {"p", options->p},       {"q", options->q},         {"gamma", options->gamma}};
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        if (!within(parameters[i].value, 0.001, 1e6))
            return refuse(error, parameters[i].name, "must be from 0.001 to 1000000");
    if (options->q <= 1)
        return refuse(error, "q", "must be above 1: at 1 and below, spend has no mean");
    if (!within(options->lines, 1, 24))
        return refuse(error, "lines", "must be from 1 to 24");
    if (!within(options->popularity, 0, 10))
        return refuse(error, "popularity", "must be from 0 to 10");
    if (!within(options->returns, 0, 1))
        return refuse(error, "returns", "must be a share from 0 to 1");
    if (!within(options->notes, 0, 1))
        return refuse(error, "notes", "must be a share from 0 to 1");
    return TILL_OK;
}

static enum till_status check_sizes(const struct till_synth_options *options, struct till_error *error) {
    if (options->customers == 0 && options->rows == 0)
        return refuse(error, "customers", "say how many customers, or how many rows");
    if (options->customers > UINT32_MAX)
        return refuse(error, "customers", "at most 4294967295");
    if (options->days < 1 || options->days > TILL_SYNTH_MAX_DAYS)
        return refuse(error, "days", "must be from 1 to 32767");
    if (options->start < till_date_from_civil(1, 1, 1) ||
        options->start > till_date_from_civil(9999, 12, 31) - (int32_t)options->days)
        return refuse(error, "start", "the days must lie in the years 0001 to 9999");
    if (options->acquisition < 1 || options->acquisition > options->days)
        return refuse(error, "acquisition", "must be from 1 to the number of days");
    if (options->items < 1 || options->items > TILL_SYNTH_MAX_ITEMS)
        return refuse(error, "items", "must be from 1 to 10000000");
    for (size_t i = 0; i < 19; i++)
        if (!within(i < 7 ? options->weekdays[i] : options->months[i - 7], 0, 1e6))
            return refuse(error, i < 7 ? "weekdays" : "months", "weights must be from 0 to 1000000");
    return TILL_OK;
}

/* `busiest` is the mean rate of the most active segment, a week. A mean of a million purchases would take hours and all
 * memory, and is always a slip of the decimal point. */
static enum till_status check_segments(const struct till_synth_options *options, struct till_error *error) {
    double total = 0;
    double busiest = options->r / options->alpha;
    for (size_t i = 0; i < options->segment_count; i++) {
        const struct till_synth_segment *segment = &options->segments[i];
        if (!within(segment->share, 0, 1))
            return refuse(error, "segment", "a share must be from 0 to 1");
        if (!within(segment->rate, 0, 1e6) || !within(segment->life, 1e-6, 1e6) || !within(segment->value, 1e-6, 1e6))
            return refuse(error, "segment", "rate, life and value must be from 0.000001 to 1000000 (rate: or 0)");
        total += segment->share;
        busiest = fmax(busiest, segment->rate * options->r / options->alpha);
    }
    if (options->segment_count > 0 && fabs(total - 1) > 1e-9)
        return refuse(error, "segment", "the shares of all segments must sum to 1");
    if (busiest * options->days / 7 > 1e6)
        return refuse(error, "alpha",
                      "more than a million purchases are expected of a customer: a larger alpha, please");
    return TILL_OK;
}

static bool item_valid(uint32_t item) {
    return item >= 1 && item <= TILL_SYNTH_MAX_ITEMS;
}

static enum till_status check_rules(const struct till_synth_options *options, struct till_error *error) {
    for (size_t i = 0; i < options->rule_count; i++) {
        const struct till_synth_rule *rule = &options->rules[i];
        bool valid = rule->antecedent_count >= 1 && rule->antecedent_count <= TILL_SYNTH_MAX_RULE;
        for (size_t j = 0; valid && j < rule->antecedent_count; j++)
            valid = item_valid(rule->antecedent[j]) && rule->antecedent[j] != rule->consequent;
        if (!valid || !item_valid(rule->consequent))
            return refuse(error, "plant", "a rule has 1 to 8 items and another one that follows from them");
        if (!within(rule->support, 0, 1) || !within(rule->confidence, 0, 1))
            return refuse(error, "plant", "support and confidence must be from 0 to 1");
    }
    return TILL_OK;
}

static enum till_status check_options(const struct till_synth_options *options, struct till_error *error) {
    enum till_status status = check_numbers(options, error);
    if (status == TILL_OK)
        status = check_sizes(options, error);
    if (status == TILL_OK)
        status = check_segments(options, error);
    return status == TILL_OK ? check_rules(options, error) : status;
}

/* The segments in one allocation, with their names behind them. */
static struct till_synth_segment *copy_segments(const struct till_synth_segment *from, size_t count) {
    size_t names = 0;
    for (size_t i = 0; i < count; i++)
        names += strlen(from[i].name) + 1;
    struct till_synth_segment *copy = malloc(count * sizeof *copy + names);
    if (copy == NULL)
        return NULL;
    char *name = (char *)(copy + count);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(from[i].name) + 1;
        copy[i] = from[i];
        copy[i].name = memcpy(name, from[i].name, length);
        name += length;
    }
    return copy;
}

/* The caller's segments and rules may go once the generator stands. */
static enum till_status copy_options(struct till_synth *synth, const struct till_synth_options *options,
                                     struct till_error *error) {
    static const struct till_synth_segment all = {.name = "all", .share = 1, .rate = 1, .life = 1, .value = 1};
    synth->options = *options;
    if (options->segment_count == 0)
        synth->options.segment_count = 1;
    synth->segments =
        copy_segments(options->segment_count == 0 ? &all : options->segments, synth->options.segment_count);
    synth->rules = malloc((options->rule_count + 1) * sizeof *synth->rules);
    if (synth->segments == NULL || synth->rules == NULL)
        return till_error_memory(error);
    if (options->rule_count > 0)
        memcpy(synth->rules, options->rules, options->rule_count * sizeof *synth->rules);
    synth->options.segments = synth->segments;
    synth->options.rules = synth->rules;
    return TILL_OK;
}

/* Growth doubles; most chunks need the first allocation alone. */
static bool append(struct chunk *chunk, const struct order *order) {
    if (chunk->count == chunk->capacity) {
        size_t capacity = chunk->capacity == 0 ? 4 * (size_t)CHUNK : 2 * chunk->capacity;
        struct order *orders = realloc(chunk->orders, capacity * sizeof *orders);
        if (orders == NULL)
            return false;
        chunk->orders = orders;
        chunk->capacity = capacity;
    }
    chunk->orders[chunk->count++] = *order;
    return true;
}

/* All orders of one customer, each followed by its return. worth[] has a place for each customer, so chunks do not
 * meet. */
static bool draw_customer(struct till_synth *synth, struct chunk *chunk, uint32_t customer) {
    struct buyer buyer;
    buyer_start(&buyer, synth, customer);
    synth->worth[customer] = (float)buyer.worth;
    while (buyer_next(&buyer, synth)) {
        struct order order = buyer_order(&buyer, synth), back;
        if (!append(chunk, &order))
            return false;
        if (buyer_return(synth, &order, &back) && !append(chunk, &back))
            return false;
    }
    return true;
}

/* The rows themselves are drawn again when they are asked for; keeping them would cost 48 bytes each. */
static size_t count_rows(const struct till_synth *synth, const struct order *order) {
    struct till_synth_line lines[TILL_SYNTH_MAX_LINES];
    return basket_draw(synth, order, synth->worth[order->customer], lines);
}

/* One wave of chunks, drawn side by side. */
struct wave {
    struct till_synth *synth;
    struct chunk *chunks;
    size_t first;       /* number of chunks[0] */
    uint64_t customers; /* how many there may be */
};

static enum till_status draw_chunk(void *context, size_t index, unsigned worker, struct till_error *error) {
    (void)worker;
    struct wave *wave = context;
    struct chunk *chunk = &wave->chunks[index];
    uint64_t from = (uint64_t)(wave->first + index) * CHUNK;
    uint64_t to = from + CHUNK < wave->customers ? from + CHUNK : wave->customers;
    for (uint64_t customer = from; customer < to; customer++)
        if (!draw_customer(wave->synth, chunk, (uint32_t)customer))
            return till_error_memory(error);
    if (wave->synth->options.rows > 0)
        for (size_t i = 0; i < chunk->count; i++)
            chunk->rows += count_rows(wave->synth, &chunk->orders[i]);
    return TILL_OK;
}

/* Ends a chunk after exactly `rows` rows; the customer they end in is the last. */
static void cut_chunk(struct till_synth *synth, struct chunk *chunk, uint64_t rows) {
    for (size_t i = 0;; i++) {
        size_t count = count_rows(synth, &chunk->orders[i]);
        if (count < rows) {
            rows -= count;
            continue;
        }
        synth->cut = chunk->orders[i];
        synth->cut_rows = (size_t)rows;
        synth->customers = (uint64_t)synth->cut.customer + 1;
        chunk->count = i + 1;
        return;
    }
}

/* All chunks drawn so far. */
struct chunks {
    struct chunk *array;
    size_t count;
};

static void chunks_free(struct chunks *chunks) {
    for (size_t i = 0; i < chunks->count; i++)
        free(chunks->array[i].orders);
    free(chunks->array);
}

/* Makes room for more chunks, all empty, and for the worth of their customers. */
static bool grow(struct till_synth *synth, struct chunks *chunks, size_t more) {
    struct chunk *array = realloc(chunks->array, (chunks->count + more) * sizeof *array);
    if (array == NULL)
        return false;
    chunks->array = array;
    float *worth = realloc(synth->worth, (chunks->count + more) * CHUNK * sizeof *worth);
    if (worth == NULL)
        return false;
    synth->worth = worth;
    memset(array + chunks->count, 0, more * sizeof *array);
    chunks->count += more;
    return true;
}

/* Draws customers until there are enough of them, or of their rows. */
static enum till_status draw_all(struct till_synth *synth, struct chunks *chunks, struct till_error *error) {
    uint64_t customers = synth->options.customers == 0 ? UINT32_MAX : synth->options.customers;
    uint64_t rows = 0, wanted = synth->options.rows;
    synth->customers = customers;
    for (uint64_t done = 0; done < customers; done = (uint64_t)chunks->count * CHUNK) {
        uint64_t left = (customers - done + CHUNK - 1) / CHUNK;
        size_t first = chunks->count, more = left < WAVE ? (size_t)left : WAVE;
        if (!grow(synth, chunks, more))
            return till_error_memory(error);
        struct wave wave = {synth, chunks->array + first, first, customers};
        enum till_status status = till_parallel_for(synth->options.threads, more, draw_chunk, &wave, error);
        if (status != TILL_OK)
            return status;
        for (size_t i = first; wanted > 0 && i < chunks->count; i++) {
            struct chunk *chunk = &chunks->array[i];
            if (rows + chunk->rows >= wanted) {
                cut_chunk(synth, chunk, wanted - rows);
                for (size_t j = i + 1; j < chunks->count; j++)
                    chunks->array[j].count = 0;
                return TILL_OK;
            }
            rows += chunk->rows;
        }
    }
    return TILL_OK;
}

/* Counting sort by day. `starts` has a place for each day and becomes the end of each. */
static void sort_by_day(struct till_synth *synth, struct chunks *chunks, size_t *starts) {
    for (size_t c = 0; c < chunks->count; c++)
        for (size_t i = 0; i < chunks->array[c].count; i++)
            starts[chunks->array[c].orders[i].moment >> MOMENT_SHIFT]++;
    size_t total = 0;
    for (uint32_t day = 0; day < synth->options.days; day++) {
        size_t count = starts[day];
        starts[day] = total;
        total += count;
    }
    for (size_t c = 0; c < chunks->count; c++) {
        struct chunk *chunk = &chunks->array[c];
        for (size_t i = 0; i < chunk->count; i++)
            synth->orders[starts[chunk->orders[i].moment >> MOMENT_SHIFT]++] = chunk->orders[i];
        free(chunk->orders);
        chunk->orders = NULL;
    }
}

/* By time, customer, number: no two are equal. */
static int compare_orders(const void *left, const void *right) {
    const struct order *a = left, *b = right;
    if (a->moment != b->moment)
        return a->moment < b->moment ? -1 : 1;
    if (a->customer != b->customer)
        return a->customer < b->customer ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* The sort by day has left the end of each day in `ends`. */
static void sort_within_days(struct till_synth *synth, const size_t *ends) {
    size_t from = 0;
    for (uint32_t day = 0; day < synth->options.days; day++) {
        if (ends[day] > from)
            qsort(synth->orders + from, ends[day] - from, sizeof *synth->orders, compare_orders);
        from = ends[day];
    }
}

/* Chunks are emptied while they are taken over, so that the peak is 24 bytes an order, not more. */
static enum till_status sort_orders(struct till_synth *synth, struct chunks *chunks, struct till_error *error) {
    for (size_t c = 0; c < chunks->count; c++)
        synth->order_count += chunks->array[c].count;
    synth->orders = malloc((synth->order_count + 1) * sizeof *synth->orders);
    size_t *places = calloc(synth->options.days, sizeof *places);
    enum till_status status = TILL_OK;
    if (synth->orders == NULL || places == NULL) {
        status = till_error_memory(error);
    } else {
        sort_by_day(synth, chunks, places);
        if (synth->options.times)
            sort_within_days(synth, places);
    }
    free(places);
    return status;
}

/* Room for the longest orders; pages that short ones leave untouched cost nothing. */
static enum till_status make_batch(struct till_synth *synth, struct till_error *error) {
    synth->batch = calloc(1, sizeof *synth->batch);
    if (synth->batch == NULL)
        return till_error_memory(error);
    synth->batch->lines = malloc((size_t)PARCELS * PARCEL * TILL_SYNTH_MAX_LINES * sizeof *synth->batch->lines);
    return synth->batch->lines == NULL ? till_error_memory(error) : TILL_OK;
}

static enum till_status build(struct till_synth *synth, const struct till_synth_options *options,
                              struct till_error *error) {
    struct chunks chunks = {0};
    enum till_status status = copy_options(synth, options, error);
    if (status == TILL_OK)
        status = calendar_make(&synth->calendar, &synth->options, error);
    if (status == TILL_OK)
        status = catalogue_make(&synth->catalogue, &synth->options, error);
    if (status == TILL_OK)
        status = draw_all(synth, &chunks, error);
    if (status == TILL_OK)
        status = sort_orders(synth, &chunks, error);
    if (status == TILL_OK)
        status = make_batch(synth, error);
    chunks_free(&chunks);
    return status;
}

enum till_status till_synth_new(struct till_synth **synth, const struct till_synth_options *options,
                                struct till_error *error) {
    *synth = NULL;
    enum till_status status = check_options(options, error);
    if (status != TILL_OK)
        return status;
    struct till_synth *made = calloc(1, sizeof *made);
    if (made == NULL)
        return till_error_memory(error);
    status = build(made, options, error);
    if (status != TILL_OK)
        till_synth_free(made);
    else
        *synth = made;
    return status;
}

void till_synth_free(struct till_synth *synth) {
    if (synth == NULL)
        return;
    if (synth->batch != NULL)
        free(synth->batch->lines);
    free(synth->batch);
    free(synth->orders);
    free(synth->worth);
    free(synth->rules);
    free(synth->segments);
    free(synth->calendar.passed);
    catalogue_free(&synth->catalogue);
    free(synth);
}

static bool same_order(const struct order *a, const struct order *b) {
    return a->customer == b->customer && a->number == b->number;
}

/* The rows of an order that count: all, but for the one that was cut off by options.rows. */
static size_t draw_rows(const struct till_synth *synth, const struct order *order, struct till_synth_line *lines) {
    size_t count = basket_draw(synth, order, synth->worth[order->customer], lines);
    return synth->cut_rows > 0 && same_order(order, &synth->cut) ? synth->cut_rows : count;
}

/* Parcels have places of their own and orders know their streams, so any worker may draw any parcel. */
static enum till_status draw_parcel(void *context, size_t index, unsigned worker, struct till_error *error) {
    (void)worker;
    (void)error;
    struct till_synth *synth = context;
    struct batch *batch = synth->batch;
    struct till_synth_line *lines = batch->lines + index * PARCEL * TILL_SYNTH_MAX_LINES;
    uint64_t from = batch->next_order + index * PARCEL;
    uint64_t to = from + PARCEL < synth->order_count ? from + PARCEL : synth->order_count;
    size_t total = 0;
    for (uint64_t i = from; i < to; i++) {
        size_t count = draw_rows(synth, &synth->orders[i], lines + total);
        for (size_t j = total; j < total + count; j++)
            lines[j].order = i + 1;
        total += count;
    }
    batch->counts[index] = total;
    return TILL_OK;
}

enum till_status till_synth_next(struct till_synth *synth, const struct till_synth_line **lines, size_t *count,
                                 struct till_error *error) {
    struct batch *batch = synth->batch;
    *count = 0;
    *lines = NULL;
    if (batch->given == batch->parcels) {
        uint64_t left = synth->order_count - batch->next_order;
        if (left == 0)
            return TILL_OK;
        size_t parcels = left < (uint64_t)PARCELS * PARCEL ? (size_t)((left + PARCEL - 1) / PARCEL) : PARCELS;
        enum till_status status = till_parallel_for(synth->options.threads, parcels, draw_parcel, synth, error);
        if (status != TILL_OK)
            return status;
        batch->next_order += left < (uint64_t)PARCELS * PARCEL ? left : (uint64_t)PARCELS * PARCEL;
        batch->parcels = parcels;
        batch->given = 0;
    }
    *lines = batch->lines + batch->given * PARCEL * TILL_SYNTH_MAX_LINES;
    *count = batch->counts[batch->given++];
    return TILL_OK;
}

uint64_t till_synth_customers(const struct till_synth *synth) {
    return synth->customers;
}

uint64_t till_synth_orders(const struct till_synth *synth) {
    return synth->order_count;
}

/* What the customer is expected to buy in `horizon` more weeks (Fader, Hardie & Lee 2005, section 3, given the
 * customer's own rate and dropout; both forms have the limit rate x horizon where nobody drops out). */
static double expect(const struct till_synth *synth, double rate, double dropout, double horizon) {
    double leaving = synth->options.method == TILL_SYNTH_PARETONBD ? dropout : rate * dropout;
    return leaving > 0 ? -expm1(-leaving * horizon) * rate / leaving : rate * horizon;
}

/* An infinite death (BG/NBD, still a customer) is past every calendar. */
static int32_t day_of_death(const struct till_synth *synth, const struct buyer *buyer) {
    double day = calendar_day(&synth->calendar, buyer->death) + synth->options.start;
    return day <= till_date_from_civil(9999, 12, 31) ? (int32_t)floor(day) : TILL_DAY_MISSING;
}

/* Adds the rows of one order; false when it is where options.rows cut the customers off. */
static bool add_rows(const struct till_synth *synth, const struct order *order, struct till_synth_truth *truth) {
    struct till_synth_line lines[TILL_SYNTH_MAX_LINES];
    size_t count = draw_rows(synth, order, lines);
    for (size_t i = 0; i < count; i++)
        truth->amount += lines[i].amount;
    truth->rows += count;
    truth->purchases += (order->number & 1) == 0;
    return !(synth->cut_rows > 0 && same_order(order, &synth->cut));
}

/* The buyer lives on to the end even where the rows were cut off, so that the death is found. */
static void add_orders(const struct till_synth *synth, struct buyer *buyer, struct till_synth_truth *truth) {
    bool more = true;
    while (buyer_next(buyer, synth)) {
        struct order order = buyer_order(buyer, synth), back;
        more = more && add_rows(synth, &order, truth);
        if (more && buyer_return(synth, &order, &back))
            more = add_rows(synth, &back, truth);
    }
}

enum till_status till_synth_customer(const struct till_synth *synth, uint64_t customer, double horizon,
                                     struct till_synth_truth *truth, struct till_error *error) {
    if (customer >= synth->customers)
        return refuse(error, "customer", "there is no such customer");
    struct buyer buyer;
    buyer_start(&buyer, synth, (uint32_t)customer);
    *truth = (struct till_synth_truth){.segment = synth->segments[buyer.segment].name,
                                       .purchase_rate = buyer.rate * DAYS_A_WEEK,
                                       .mean_value = buyer.worth * synth->options.p};
    truth->dropout = synth->options.method == TILL_SYNTH_PARETONBD ? buyer.dropout * DAYS_A_WEEK : buyer.dropout;
    truth->acquired = synth->options.start + (int32_t)calendar_day(&synth->calendar, buyer.acquired);
    add_orders(synth, &buyer, truth);
    truth->died = day_of_death(synth, &buyer);
    truth->alive = buyer.death >= synth->options.days;
    if (truth->alive)
        truth->expected_purchases = expect(synth, truth->purchase_rate, truth->dropout, horizon);
    truth->expected_value = truth->expected_purchases * truth->mean_value;
    return TILL_OK;
}

/* In business time, where the models hold: it begins and ends with the days. */
enum till_status till_synth_summarise(const struct till_synth *synth, uint64_t customer,
                                      struct till_synth_summary *summary, struct till_error *error) {
    if (customer >= synth->customers)
        return refuse(error, "customer", "there is no such customer");
    struct buyer buyer;
    double worth = 0;
    buyer_start(&buyer, synth, (uint32_t)customer);
    buyer_next(&buyer, synth);
    while (buyer_next(&buyer, synth)) {
        struct order order = buyer_order(&buyer, synth);
        worth += basket_worth(synth, &order, buyer.worth);
    }
    uint32_t repeats = buyer.number - 1;
    *summary = (struct till_synth_summary){.repeats = repeats,
                                           .last = (buyer.now - buyer.acquired) / DAYS_A_WEEK,
                                           .age = (synth->options.days - buyer.acquired) / DAYS_A_WEEK,
                                           .mean = repeats == 0 ? NAN : worth / repeats};
    return TILL_OK;
}
