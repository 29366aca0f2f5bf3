/* lib/mining/synth/synth.h: what the parts of the generator share. */
#ifndef LIB_MINING_SYNTH_H
#define LIB_MINING_SYNTH_H

#include <till/random.h>
#include <till/synth.h>

enum { DAYS_A_WEEK = 7 };

/* Time inside the generator is business time: real days since options.start, in which all days are equally busy. The
 * calendar bends it, so that December has more of it than January; without weights it is a straight line. */
struct calendar {
    uint32_t days;
    double *passed; /* business time at the start of each day, days + 1 of them; NULL: straight */
};
enum till_status calendar_make(struct calendar *calendar, const struct till_synth_options *options,
                               struct till_error *error);
/* The real day, with its fraction, of a business time. Behind the last day both run alike. */
double calendar_day(const struct calendar *calendar, double business);

/* The catalogue: whom the dice favour (Walker's alias method), and how dear each item is beside the others. */
struct catalogue {
    uint32_t items;
    uint32_t known;  /* items, or the largest that a rule names */
    double *stay;    /* [items] probability to stay on the slot that was hit */
    uint32_t *alias; /* [items] where to go otherwise */
    double *price;   /* [known] relative */
};
enum till_status catalogue_make(struct catalogue *catalogue, const struct till_synth_options *options,
                                struct till_error *error);
void catalogue_free(struct catalogue *catalogue);

/* A purchase or a return. `moment` is day << 17 | second of the day; `number` counts the customer's purchases from 0,
 * doubled, with the lowest bit set in the return of that purchase. */
struct order {
    uint32_t moment;
    uint32_t customer;
    uint32_t number;
};
#define MOMENT_SHIFT 17
#define LARGEST_NUMBER (UINT32_MAX / 2)

struct till_synth {
    struct till_synth_options options; /* segments and rules point to copies */
    struct calendar calendar;
    struct catalogue catalogue;
    struct till_synth_segment *segments;
    struct till_synth_rule *rules;
    uint64_t customers;
    float *worth;         /* [customers] mean worth of an order / p: the scale of its gamma */
    struct order *orders; /* in the order of the output */
    uint64_t order_count;
    struct order cut; /* with options.rows: the last order of the last customer, and how many of its rows count */
    size_t cut_rows;
    struct batch *batch;
};

/* Streams of random numbers: one for each customer, item, purchase and return. */
uint64_t stream_of_customer(uint64_t customer);
uint64_t stream_of_item(uint32_t item);
uint64_t stream_of_order(const struct order *order);

/* A customer while being drawn. */
struct buyer {
    struct till_random random;
    size_t segment;
    uint32_t customer;
    uint32_t number; /* purchases so far */
    double acquired; /* business days */
    double now;      /* of the last purchase */
    double death;    /* business day; BG/NBD: infinite until it happens */
    double rate;     /* a day */
    double dropout;  /* Pareto/NBD: a day */
    double worth;    /* scale of the gamma of an order's worth */
};
void buyer_start(struct buyer *buyer, const struct till_synth *synth, uint32_t customer);
/* The next purchase, in business days; false when there is none before the end. */
bool buyer_next(struct buyer *buyer, const struct till_synth *synth);
/* The purchase as an order, and its return: false when there is none (before the end). */
struct order buyer_order(const struct buyer *buyer, const struct till_synth *synth);
bool buyer_return(const struct till_synth *synth, const struct order *purchase, struct order *back);

/* Draws the rows of an order into `lines` (TILL_SYNTH_MAX_LINES of them) and returns how many there are. Fills all but
 * the order's number. `worth` is the customer's. */
size_t basket_draw(const struct till_synth *synth, const struct order *order, double worth,
                   struct till_synth_line *lines);

/* What the purchase is worth before it is shared among lines and rounded to cents. */
double basket_worth(const struct till_synth *synth, const struct order *order, double worth);

#endif
