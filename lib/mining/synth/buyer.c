/* A customer's life, by Pareto/NBD or BG/NBD.
 *
 * Pareto/NBD (Schmittlein, Morrison & Colombo 1987): while alive, purchases are Poisson with rate lambda; the lifetime
 * is exponential with rate mu; lambda ~ gamma(r, alpha) and mu ~ gamma(s, beta) over customers. BG/NBD (Fader, Hardie &
 * Lee 2005): after every repeat purchase the customer drops out with probability p ~ beta(a, b). In both the first
 * purchase starts the clock and is not part of the process. The worth of an order is gamma(p, nu), nu ~ gamma(q, gamma)
 * (Fader & Hardie 2013): mean p / nu. */
#include <math.h>

#include "synth.h"

enum { RETURN_DAYS = 14, OPENS = 8 * 3600, OPEN_SECONDS = 12 * 3600 };

/* The upper half of a stream says what it is for: 0 customers, 1 items, from 2 on orders. */
uint64_t stream_of_customer(uint64_t customer) {
    return customer;
}

uint64_t stream_of_item(uint32_t item) {
    return (uint64_t)1 << 32 | item;
}

uint64_t stream_of_order(const struct order *order) {
    return ((uint64_t)order->number + 2) << 32 | order->customer;
}

/* The last segment takes what rounding leaves over. */
static size_t draw_segment(const struct till_synth *synth, struct till_random *random) {
    double u = till_random_uniform(random);
    size_t last = synth->options.segment_count - 1;
    for (size_t i = 0; i < last; i++) {
        if (u < synth->segments[i].share)
            return i;
        u -= synth->segments[i].share;
    }
    return last;
}

/* beta(a, b) as a ratio of gammas. Both underflow for tiny shapes; then either end is as likely as a to b. */
static double draw_beta(struct till_random *random, double a, double b) {
    double x = till_random_gamma(random, a);
    double y = till_random_gamma(random, b);
    if (x + y > 0)
        return x / (x + y);
    return till_random_uniform(random) < a / (a + b) ? 1 : 0;
}

/* Dividing by `life` stretches the lifetime by it: of an exponential exactly, of BG/NBD's number of purchases in the
 * mean. */
static void draw_dropout(struct buyer *buyer, const struct till_synth_options *options, double life) {
    if (options->method == TILL_SYNTH_PARETONBD) {
        buyer->dropout = till_random_gamma(&buyer->random, options->s) / options->beta / life / DAYS_A_WEEK;
        double lifetime = till_random_exponential(&buyer->random) / buyer->dropout; /* infinite where the rate is 0 */
        buyer->death = buyer->acquired + lifetime;
    } else {
        double probability = draw_beta(&buyer->random, options->a, options->b) / life;
        buyer->dropout = probability < 1 ? probability : 1;
        buyer->death = HUGE_VAL;
    }
}

void buyer_start(struct buyer *buyer, const struct till_synth *synth, uint32_t customer) {
    const struct till_synth_options *options = &synth->options;
    till_random_start(&buyer->random, options->seed, stream_of_customer(customer));
    buyer->customer = customer;
    buyer->number = 0;
    buyer->segment = draw_segment(synth, &buyer->random);
    const struct till_synth_segment *segment = &synth->segments[buyer->segment];
    buyer->acquired = till_random_uniform(&buyer->random) * options->acquisition;
    buyer->now = buyer->acquired;
    buyer->rate = till_random_gamma(&buyer->random, options->r) / options->alpha * segment->rate / DAYS_A_WEEK;
    buyer->worth = segment->value * options->gamma / till_random_gamma(&buyer->random, options->q);
    draw_dropout(buyer, options, segment->life);
}

/* The clock of repeats starts with the first purchase, which always happens. */
bool buyer_next(struct buyer *buyer, const struct till_synth *synth) {
    if (buyer->number == 0) {
        buyer->number = 1;
        return true;
    }
    if (buyer->number >= LARGEST_NUMBER || buyer->death <= buyer->now)
        return false;
    double next = buyer->now + till_random_exponential(&buyer->random) / buyer->rate;
    if (!(next < synth->options.days) || next >= buyer->death)
        return false;
    buyer->now = next;
    buyer->number++;
    if (synth->options.method == TILL_SYNTH_BGNBD && till_random_uniform(&buyer->random) < buyer->dropout)
        buyer->death = next;
    return true;
}

/* The fraction of the day becomes a time within opening hours: monotone, so that time keeps the order of purchases. */
static uint32_t moment_of(const struct till_synth *synth, double day) {
    uint32_t whole = (uint32_t)day;
    uint32_t second = synth->options.times ? OPENS + (uint32_t)((day - whole) * OPEN_SECONDS) : 0;
    return whole << MOMENT_SHIFT | second;
}

struct order buyer_order(const struct buyer *buyer, const struct till_synth *synth) {
    return (struct order){.moment = moment_of(synth, calendar_day(&synth->calendar, buyer->now)),
                          .customer = buyer->customer,
                          .number = (buyer->number - 1) * 2};
}

/* Whether an order is returned is drawn from the return's own stream, so that customers buy the same with and without
 * returns. Returns come on any day, open or not, as parcels do. */
bool buyer_return(const struct till_synth *synth, const struct order *purchase, struct order *back) {
    if (synth->options.returns <= 0)
        return false;
    *back = *purchase;
    back->number |= 1;
    struct till_random random;
    till_random_start(&random, synth->options.seed, stream_of_order(back));
    if (till_random_uniform(&random) >= synth->options.returns)
        return false;
    double later = 1 + (double)till_random_below(&random, RETURN_DAYS) + till_random_uniform(&random);
    double day = (double)(purchase->moment >> MOMENT_SHIFT) + later;
    if (day >= synth->options.days)
        return false;
    back->moment = moment_of(synth, day);
    return true;
}
