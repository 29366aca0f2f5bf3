/* The size of a search tree from a part of it: J. E. Knuth, "Estimating the efficiency of backtrack programs", 1975, in
 * the form where every branch is drawn for itself, so that one part has many paths. The expected sum of the weights is
 * the number of sets, whatever the probabilities are. As they fall with the number of branches, paths seldom end where
 * there are few. */
#include "engine.h"

#include <math.h>

static uint64_t mix(uint64_t x) {
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
}

bool sample_draws(struct worker *worker, uint32_t item, uint32_t count) {
    const struct sampling *sampling = worker->plan->sampling;
    struct sample *sample = &worker->sample;
    bool first = sample->weight == 0;
    uint32_t breadth = first ? sampling->first_breadth : sampling->breadth;
    uint64_t hash = mix((first ? mix(sampling->seed) : sample->hash) + item);
    if (breadth < count && hash >= UINT64_MAX / count * breadth)
        return false;
    sample->hash = hash;
    sample->weight = (first ? 1 : sample->weight) * (breadth < count ? (double)count / breadth : 1);
    return true;
}

/* Adds the sets of some required items and any of the optional ones. */
static void add_family(struct worker *worker, double weight) {
    const struct plan *plan = worker->plan;
    uint32_t required = worker->required, optional = worker->optional;
    double binomial = weight;
    if (plan->largest == UINT32_MAX && plan->smallest <= required && required > 0) {
        double sets = ldexp(weight, optional > 900 ? 900 : (int)optional);
        worker->estimate += sets;
        worker->estimate_items += sets * (required + optional / 2.0);
        return;
    }
    for (uint32_t t = 0; t <= optional && t + required <= plan->largest; t++) {
        double sets = t + required >= plan->smallest && t + required > 0 ? binomial : 0;
        worker->estimate += sets;
        worker->estimate_items += sets * (t + required);
        binomial *= (double)(optional - t) / (t + 1);
    }
}

void sample_report(struct worker *worker) {
    double weight = worker->sample.weight == 0 ? 1 : worker->sample.weight;
    uint32_t size = worker->required;
    if (worker->plan->type == TILL_ITEMSETS_FREQUENT) {
        add_family(worker, weight);
    } else if (size >= worker->plan->smallest && size <= worker->plan->largest && size > 0) {
        worker->estimate += weight;
        worker->estimate_items += weight * size;
    }
}
