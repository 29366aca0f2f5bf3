/* What is in an order: items by popularity, planted rules, and money.
 *
 * Items come from a catalogue with Zipf popularity, drawn in constant time by the alias method (Walker 1977; the tables
 * after Vose 1991). Rules then add their items. The worth of the order was decided before (gamma-gamma), so it is
 * shared among the lines: in proportion to quantity times the item's relative price, each unit price rounded to whole
 * cents. The order's total differs from its worth by the rounding alone. */
#include <math.h>
#include <stdlib.h>

#include "synth.h"

enum { TRIES = 32, CENT = 100 };

/* No single price above this, so that sums of money stay far from their limit. */
static const double LARGEST_CENTS = 1e12;

/* Vose's construction: slots that hold less than their share take the rest from one that holds more. */
static void fill_alias(struct catalogue *catalogue, uint32_t *small, uint32_t *large) {
    uint32_t small_count = 0, large_count = 0;
    for (uint32_t i = 0; i < catalogue->items; i++) {
        if (catalogue->stay[i] < 1)
            small[small_count++] = i;
        else
            large[large_count++] = i;
    }
    while (small_count > 0 && large_count > 0) {
        uint32_t less = small[--small_count], more = large[large_count - 1];
        catalogue->alias[less] = more;
        catalogue->stay[more] = catalogue->stay[more] + catalogue->stay[less] - 1;
        if (catalogue->stay[more] < 1) {
            large_count--;
            small[small_count++] = more;
        }
    }
    /* What rounding leaves over is full. */
    while (large_count > 0)
        catalogue->stay[large[--large_count]] = 1;
    while (small_count > 0)
        catalogue->stay[small[--small_count]] = 1;
}

/* Prices are drawn from streams of their own: item 7 is as dear in a catalogue of 10 as in one of 10,000. */
static void fill_catalogue(struct catalogue *catalogue, const struct till_synth_options *options) {
    double total = 0;
    for (uint32_t i = 0; i < catalogue->items; i++) {
        catalogue->stay[i] = pow(i + 1.0, -options->popularity);
        total += catalogue->stay[i];
    }
    for (uint32_t i = 0; i < catalogue->items; i++) {
        catalogue->stay[i] = catalogue->stay[i] / total * catalogue->items;
        catalogue->alias[i] = i;
    }
    for (uint32_t i = 0; i < catalogue->known; i++) {
        struct till_random random;
        till_random_start(&random, options->seed, stream_of_item(i));
        double u = till_random_uniform(&random);
        catalogue->price[i] = 0.3 + 3.7 * u * u; /* many cheap items, a few dear ones */
    }
}

static uint32_t largest_item(const struct till_synth_options *options) {
    uint32_t largest = options->items;
    for (size_t i = 0; i < options->rule_count; i++) {
        const struct till_synth_rule *rule = &options->rules[i];
        largest = rule->consequent > largest ? rule->consequent : largest;
        for (size_t j = 0; j < rule->antecedent_count; j++)
            largest = rule->antecedent[j] > largest ? rule->antecedent[j] : largest;
    }
    return largest;
}

enum till_status catalogue_make(struct catalogue *catalogue, const struct till_synth_options *options,
                                struct till_error *error) {
    catalogue->items = options->items;
    catalogue->known = largest_item(options);
    catalogue->stay = malloc(catalogue->items * sizeof *catalogue->stay);
    catalogue->alias = malloc(catalogue->items * sizeof *catalogue->alias);
    catalogue->price = malloc(catalogue->known * sizeof *catalogue->price);
    uint32_t *work = malloc(2 * (size_t)catalogue->items * sizeof *work);
    enum till_status status = TILL_OK;
    if (catalogue->stay == NULL || catalogue->alias == NULL || catalogue->price == NULL || work == NULL) {
        status = till_error_memory(error);
    } else {
        fill_catalogue(catalogue, options);
        fill_alias(catalogue, work, work + catalogue->items);
    }
    free(work);
    return status;
}

void catalogue_free(struct catalogue *catalogue) {
    free(catalogue->stay);
    free(catalogue->alias);
    free(catalogue->price);
}

/* A slot, then whether to stay on it: two numbers, whatever the size of the catalogue. */
static uint32_t draw_item(const struct catalogue *catalogue, struct till_random *random) {
    uint32_t slot = (uint32_t)till_random_below(random, catalogue->items);
    uint32_t chosen = till_random_uniform(random) < catalogue->stay[slot] ? slot : catalogue->alias[slot];
    return chosen + 1;
}

struct basket {
    size_t count;
    uint32_t items[TILL_SYNTH_MAX_LINES];
};

/* False when it is there already or the basket is full. */
static bool put(struct basket *basket, uint32_t item) {
    for (size_t i = 0; i < basket->count; i++)
        if (basket->items[i] == item)
            return false;
    if (basket->count == TILL_SYNTH_MAX_LINES)
        return false;
    basket->items[basket->count++] = item;
    return true;
}

/* Items differ within an order. A small catalogue may not yield enough of them; the order is then shorter. */
static void fill_by_popularity(struct basket *basket, const struct till_synth *synth, struct till_random *random) {
    uint64_t wanted = 1;
    if (synth->options.lines > 1)
        wanted += till_random_poisson(random, synth->options.lines - 1);
    for (unsigned tries = 0; wanted > 0 && basket->count < TILL_SYNTH_MAX_LINES / 2 && tries < TRIES;) {
        if (put(basket, draw_item(&synth->catalogue, random))) {
            wanted--;
            tries = 0;
        } else {
            tries++;
        }
    }
}

/* Rules are independent of one another and of the basket so far, so supports are what was asked for. */
static void plant(struct basket *basket, const struct till_synth *synth, struct till_random *random) {
    for (size_t i = 0; i < synth->options.rule_count; i++) {
        const struct till_synth_rule *rule = &synth->rules[i];
        if (till_random_uniform(random) >= rule->support)
            continue;
        for (size_t j = 0; j < rule->antecedent_count; j++)
            put(basket, rule->antecedent[j]);
        if (till_random_uniform(random) < rule->confidence)
            put(basket, rule->consequent);
    }
}

/* Three in five lines are one piece, the others two to six. */
static int32_t draw_quantity(struct till_random *random) {
    uint64_t face = till_random_below(random, 25);
    return face < 15 ? 1 : (int32_t)(2 + (face - 15) / 2);
}

/* total > 0: prices and quantities are. A cent is the least price, so that no line is for nothing. */
static void share_out(struct till_synth_line *lines, size_t count, double worth, const struct catalogue *catalogue) {
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += lines[i].quantity * catalogue->price[lines[i].item - 1];
    for (size_t i = 0; i < count; i++) {
        double cents = floor(worth * CENT * catalogue->price[lines[i].item - 1] / total + 0.5);
        cents = cents < 1 ? 1 : cents > LARGEST_CENTS ? LARGEST_CENTS : cents;
        lines[i].unit_price = (int64_t)cents * CENT; /* money has four decimals */
        lines[i].amount = lines[i].unit_price * lines[i].quantity;
    }
}

/* The lines, but for their prices; *total is what the order is worth. */
static size_t draw_lines(const struct till_synth *synth, const struct order *order, double worth,
                         struct till_synth_line *lines, double *total) {
    const struct till_synth_options *options = &synth->options;
    struct till_random random;
    till_random_start(&random, options->seed, stream_of_order(order));
    struct basket basket = {0};
    fill_by_popularity(&basket, synth, &random);
    plant(&basket, synth, &random);
    for (size_t i = 0; i < basket.count; i++) {
        bool noted = till_random_uniform(&random) < options->notes;
        lines[i] =
            (struct till_synth_line){.item = basket.items[i],
                                     .quantity = draw_quantity(&random),
                                     .note = noted ? 1 + (uint32_t)till_random_below(&random, TILL_SYNTH_NOTES) : 0};
    }
    *total = worth * till_random_gamma(&random, options->p);
    return basket.count;
}

double basket_worth(const struct till_synth *synth, const struct order *order, double worth) {
    struct till_synth_line lines[TILL_SYNTH_MAX_LINES];
    double total;
    draw_lines(synth, order, worth, lines, &total);
    return total;
}

static size_t draw_purchase(const struct till_synth *synth, const struct order *order, double worth,
                            struct till_synth_line *lines) {
    double total;
    size_t count = draw_lines(synth, order, worth, lines, &total);
    share_out(lines, count, total, &synth->catalogue);
    return count;
}

/* A return is one line of its purchase, wholly. */
static size_t draw_return(const struct till_synth *synth, const struct order *order, double worth,
                          struct till_synth_line *lines) {
    struct order purchase = *order;
    purchase.number &= ~(uint32_t)1;
    size_t count = draw_purchase(synth, &purchase, worth, lines);
    struct till_random random;
    till_random_start(&random, ~synth->options.seed, stream_of_order(order)); /* buyer_return has read the plain one */
    struct till_synth_line line = lines[till_random_below(&random, count)];
    line.quantity = -line.quantity;
    line.amount = -line.amount;
    line.note = 0;
    lines[0] = line;
    return 1;
}

/* The order as one row: what it came to, and how many pieces. */
static void collapse(struct till_synth_line *lines, size_t count) {
    for (size_t i = 1; i < count; i++) {
        lines[0].amount += lines[i].amount;
        lines[0].quantity += lines[i].quantity;
    }
    lines[0].item = 0;
    lines[0].unit_price = 0;
}

size_t basket_draw(const struct till_synth *synth, const struct order *order, double worth,
                   struct till_synth_line *lines) {
    bool back = (order->number & 1) != 0;
    size_t count = back ? draw_return(synth, order, worth, lines) : draw_purchase(synth, order, worth, lines);
    if (synth->options.orders) {
        collapse(lines, count);
        count = 1;
    }
    int64_t day = synth->options.start + (int64_t)(order->moment >> MOMENT_SHIFT);
    int64_t second = order->moment & ((1u << MOMENT_SHIFT) - 1);
    for (size_t i = 0; i < count; i++) {
        lines[i].customer = order->customer;
        lines[i].time = day * 86400 + second;
    }
    return count;
}
