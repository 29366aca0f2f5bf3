/* till/synth.h: transactions drawn from a known truth, to try methods on.
 *
 *     till_synth_defaults(&options);
 *     options.customers = 1000;
 *     till_synth_new(&synth, &options, &error);
 *     while (till_synth_next(synth, &lines, &count, &error) == TILL_OK && count > 0) ...
 *     till_synth_customer(synth, 17, 52, &truth, &error);
 *     till_synth_free(synth);
 *
 * Customers are acquired evenly over a window; the first purchase is the day of acquisition. From then on they buy by
 * Pareto/NBD (Schmittlein, Morrison & Colombo 1987, "Counting your customers") or BG/NBD (Fader, Hardie & Lee 2005,
 * "Counting your customers the easy way"): at a rate of their own, until they die unseen. What an order is worth is
 * gamma-gamma (Fader & Hardie 2013, "The gamma-gamma model of monetary value"). Baskets are drawn from a catalogue with
 * Zipf popularity, and planted rules put items together.
 *
 * Every draw is a function of (seed, customer, order): the result depends neither on the number of threads nor on how
 * many customers there are beside one. Two machines agree wherever their log, exp and pow do. */
#ifndef TILL_SYNTH_H
#define TILL_SYNTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/error.h>

/* Limits of the options. */
#define TILL_SYNTH_MAX_DAYS 32767
#define TILL_SYNTH_MAX_ITEMS 10000000
#define TILL_SYNTH_MAX_RULE 8   /* items of an antecedent */
#define TILL_SYNTH_MAX_LINES 64 /* of an order */

enum till_synth_method { TILL_SYNTH_PARETONBD, TILL_SYNTH_BGNBD };

/* Customers of one kind: their share, and how their purchase rate, lifetime and spend compare to the options'
 * parameters. With BG/NBD a longer life divides the probability to drop out. */
struct till_synth_segment {
    const char *name;
    double share; /* the shares of all segments sum to 1 */
    double rate;
    double life;
    double value;
};

/* A planted rule: a share `support` of the orders is given the antecedent on top of what was drawn, and a share
 * `confidence` of those the consequent too. Items are numbered from 1 by falling popularity; numbers above
 * options.items are sold by rules alone, so that their frequencies are exactly binomial. */
struct till_synth_rule {
    uint32_t antecedent[TILL_SYNTH_MAX_RULE];
    size_t antecedent_count;
    uint32_t consequent;
    double support;
    double confidence;
};

struct till_synth_options {
    uint64_t seed;
    uint64_t customers;   /* at most 2^32 - 1; 0: as many as `rows` take */
    uint64_t rows;        /* cuts the customers off at exactly so many rows; 0: no limit */
    int32_t start;        /* the first day */
    uint32_t days;        /* how many */
    uint32_t acquisition; /* customers are acquired in the first so many days */
    enum till_synth_method method;
    double r, alpha;    /* purchase rates a week: gamma, shape r, rate alpha */
    double s, beta;     /* Pareto/NBD: death rates a week: gamma, shape s, rate beta */
    double a, b;        /* BG/NBD: the probability to drop out after a repeat purchase: beta(a, b) */
    double p, q, gamma; /* an order's worth: gamma of shape p, whose rate is gamma of shape q and rate `gamma` */
    double lines;       /* mean lines of an order, before planted items: 1 + Poisson */
    uint32_t items;     /* size of the catalogue */
    double popularity;  /* Zipf's exponent: the n-th item is sold in proportion to n^-popularity */
    double returns;     /* share of orders of which a line is returned, 1 to 14 days later, as an order of its own */
    double notes;       /* share of lines with a note */
    bool times;         /* times of day (08:00 to 20:00), not days alone */
    bool orders;        /* a row is a whole order, not one of its lines */
    double weekdays[7]; /* how busy Monday .. Sunday are, in any unit; 0: closed */
    double months[12];  /* how busy January .. December are */
    const struct till_synth_segment *segments; /* copied, with the names; none: one segment, "all" */
    size_t segment_count;
    const struct till_synth_rule *rules; /* copied */
    size_t rule_count;
    unsigned threads;
};

/* 1000 customers over 364 days from 2024-01-01, acquired in the first half; the parameters are those estimated for
 * CDNOW in weeks (Pareto/NBD and BG/NBD: Fader, Hardie & Lee 2005, table 2; gamma-gamma: Fader & Hardie 2013); 2 lines
 * an order, 200 items, exponent 0.8, all days alike. */
TILL_API void till_synth_defaults(struct till_synth_options *options);

struct till_synth;

/* Draws all purchases and puts them in order: 12 bytes an order, 24 while they are sorted. Errors: TILL_ERROR_USAGE (an
 * option out of its range; error->role names it), TILL_ERROR_MEMORY. On error *synth is NULL. O(rows). */
TILL_API enum till_status till_synth_new(struct till_synth **synth, const struct till_synth_options *options,
                                         struct till_error *error);
TILL_API void till_synth_free(struct till_synth *synth);

/* One row. */
struct till_synth_line {
    uint32_t customer;  /* from 0 */
    uint32_t item;      /* from 1; 0 when rows are orders */
    uint64_t order;     /* from 1, in the order of time */
    int64_t time;       /* seconds since 1970; midnight when options.times is off */
    int64_t unit_price; /* money, whole cents; never 0 */
    int64_t amount;     /* quantity x unit_price; when rows are orders: the sum of the lines */
    int32_t quantity;   /* negative in returns */
    uint32_t note;      /* 0: none; else the number of a text, see till_synth_note */
};

/* The next rows, ordered by day (by time, with options.times), then customer, then purchase; lines of an order stay
 * together. *lines belongs to `synth` and is valid until the next call. *count is 0 at the end and nowhere else. */
TILL_API enum till_status till_synth_next(struct till_synth *synth, const struct till_synth_line **lines, size_t *count,
                                          struct till_error *error);

/* The text of note 1 .. TILL_SYNTH_NOTES: plain words with commas, so that CSV has to quote it. */
#define TILL_SYNTH_NOTES 16
TILL_API const char *till_synth_note(uint32_t note);

/* How many customers and orders were drawn. */
TILL_API uint64_t till_synth_customers(const struct till_synth *synth);
TILL_API uint64_t till_synth_orders(const struct till_synth *synth);

/* What is true of a customer. */
struct till_synth_truth {
    const char *segment;
    int32_t acquired;     /* the day of the first purchase */
    int32_t died;         /* Pareto/NBD: the day of death; BG/NBD: of the purchase after which the customer dropped out.
                             TILL_DAY_MISSING: after the year 9999, or not within the days drawn (BG/NBD) */
    bool alive;           /* at the end of the last day */
    double purchase_rate; /* a week, while alive */
    double dropout;       /* Pareto/NBD: death rate a week; BG/NBD: probability after each repeat purchase */
    double mean_value;    /* mean worth of an order */
    uint64_t purchases;   /* orders drawn, without returns */
    uint64_t rows;
    int64_t amount;            /* sum of the rows */
    double expected_purchases; /* in `horizon` weeks after the last day, by somebody who knows all of the above */
    double expected_value;     /* expected_purchases x mean_value */
};

/* The truth about one customer, drawn again: O(rows of the customer). Safe to call from several threads at once. */
TILL_API enum till_status till_synth_customer(const struct till_synth *synth, uint64_t customer, double horizon,
                                              struct till_synth_truth *truth, struct till_error *error);

/* A customer as the models of buying and of spend see one: with times to the moment, every purchase counted, and money
 * before it is rounded. From the rows these can be had only to the day and to the cent, and with purchases of one day
 * as one. Returns have no part in it. */
struct till_synth_summary {
    uint32_t repeats; /* purchases after the first */
    double last;      /* weeks from the first purchase to the last */
    double age;       /* weeks from the first purchase to the end of the last day */
    double mean;      /* worth of a repeat purchase; NaN without any */
};

/* O(lines of the customer), whatever options.rows cut off. Safe to call from several threads at once. */
TILL_API enum till_status till_synth_summarise(const struct till_synth *synth, uint64_t customer,
                                               struct till_synth_summary *summary, struct till_error *error);

#endif
