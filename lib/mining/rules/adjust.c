/* From p-values to q-values over the whole search. Hypotheses that did not reach the minimum support were searched too:
 * they are in m_k, and as their p-values are not known they count as 1, so they are not in the list. */
#include <math.h>
#include <stdlib.h>

#include "lib/mining/rules/search.h"

static int by_value(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double harmonic(double n) {
    double sum = 0;
    if (n > 1e6)
        return log(n) + 0.57721566490153286 + 1 / (2 * n);
    for (double i = n; i >= 1; i--)
        sum += 1 / i;
    return sum;
}

/* K, and what any dependence between the tests costs. */
static double log_factor(const struct search *search) {
    double sizes = 0, hypotheses = 0;
    for (uint32_t k = 0; k <= search->sets.largest; k++) {
        sizes += search->size_tested[k];
        hypotheses += search->size_tested[k] ? search->searched[k] : 0;
    }
    return log(sizes) + (search->options->adjust == TILL_ADJUST_BY ? log(harmonic(hypotheses)) : 0);
}

/* Equal weights have equal q, so ties in the sort do not show. Each place i comes to hold min over j >= i of
 * w_(j) - log(j + 1); the weights themselves stand before, in the first half. */
void adjust_prepare(struct search *search) {
    size_t count = search->weight_count;
    if (count == 0)
        return;
    double *weights = search->weights, *least = weights + count, low = INFINITY;
    qsort(weights, count, sizeof *weights, by_value);
    for (size_t i = count; i-- > 0;) {
        low = fmin(low, weights[i] - log((double)(i + 1)));
        least[i] = low;
    }
    search->log_factor = log_factor(search);
}

double adjust_q(const struct search *search, double weight) {
    double log_q = weight;
    if (search->options->adjust != TILL_ADJUST_LAYERED) {
        size_t low = 0, high = search->weight_count;
        while (low < high) { /* the first place that is not below */
            size_t middle = low + (high - low) / 2;
            if (search->weights[middle] < weight)
                low = middle + 1;
            else
                high = middle;
        }
        log_q = search->weights[search->weight_count + low];
    }
    log_q += search->log_factor;
    return log_q >= 0 ? 1 : exp(log_q);
}
