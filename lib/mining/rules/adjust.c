/* From p-values to q-values over the whole search. Hypotheses that did not reach the minimum support were searched too:
 * they are in m_k, and as their p-values are not known they count as 1, so they are not in the list.
 *
 * A q-value is a minimum over all larger weights, so one walk from the largest weight down meets each candidate with
 * the minimum that it needs: nothing but the running minimum is held, and weights and candidates may lie in files. */
#include <math.h>
#include <stdlib.h>

#include "lib/mining/rules/search.h"

static int fall(double a, double b) {
    return (a < b) - (a > b);
}

static int compare_weights(const void *context, const void *a, const void *b) {
    (void)context;
    return fall(*(const double *)a, *(const double *)b);
}

static int compare_candidates(const void *context, const void *a, const void *b) {
    const struct search *search = context;
    return fall(weight_of(search, a), weight_of(search, b));
}

enum till_status adjust_open(struct search *search, struct till_error *error) {
    const struct till_sorter_order weights = {sizeof(double), compare_weights, NULL, 0};
    const struct till_sorter_order candidates = {sizeof(struct candidate), compare_candidates, search, 0};
    search->weights = search_sorter(search, &weights);
    search->candidates = search_sorter(search, &candidates);
    return search->weights == NULL || search->candidates == NULL ? till_error_memory(error) : TILL_OK;
}

/* Layered critical values look at each hypothesis alone. */
enum till_status adjust_add(struct search *search, double weight, struct till_error *error) {
    search->tested++;
    if (search->options->adjust == TILL_ADJUST_LAYERED)
        return TILL_OK;
    return till_sorter_add(search->weights, &weight, error);
}

static double harmonic(double n) {
    double sum = 0;
    if (n > 1e6)
        return log(n) + 0.57721566490153286 + 1 / (2 * n);
    for (double i = n; i >= 1; i--)
        sum += 1 / i;
    return sum;
}

/* K, and what any dependence between the tests costs. The weights of rules in held out baskets wait for m_k until here,
 * for it is the number of these rules. */
static double log_factor(const struct search *search) {
    double sizes = 0, hypotheses = 0;
    for (uint32_t k = 0; k <= search->sets.largest; k++) {
        sizes += search->size_tested[k];
        hypotheses += search->size_tested[k] ? search->searched[k] : 0;
    }
    double held_out = search->size_tested[0] && search->tested > 0 ? log(search->searched[0]) : 0;
    return log(sizes) + held_out + (search->options->adjust == TILL_ADJUST_BY ? log(harmonic(hypotheses)) : 0);
}

/* The walk over the weights. */
struct walk {
    const double *next; /* NULL behind the last */
    uint64_t place;     /* of `next`, from 1 for the smallest */
    double low;         /* the least w_(j) - log(j) so far */
};

/* Takes in all weights that are not below the given one; equal weights so have equal q, and ties do not show. */
static enum till_status walk_to(struct walk *walk, struct till_sorter *weights, double weight,
                                struct till_error *error) {
    enum till_status status = TILL_OK;
    while (status == TILL_OK && walk->next != NULL && *walk->next >= weight) {
        const void *next;
        walk->low = fmin(walk->low, *walk->next - log((double)walk->place--));
        status = till_sorter_next(weights, &next, error);
        walk->next = next;
    }
    return status;
}

static enum till_status walk_start(struct walk *walk, struct till_sorter *weights, struct till_error *error) {
    const void *next = NULL;
    enum till_status status = till_sorter_sort(weights, error);
    if (status == TILL_OK)
        status = till_sorter_next(weights, &next, error);
    *walk = (struct walk){next, till_sorter_count(weights), INFINITY};
    return status;
}

/* One candidate on its way. */
static enum till_status settle(struct search *search, struct walk *walk, struct candidate c, struct till_error *error) {
    double log_q = weight_of(search, &c);
    enum till_status status = TILL_OK;
    if (search->options->adjust != TILL_ADJUST_LAYERED) {
        status = walk_to(walk, search->weights, log_q, error);
        log_q = walk->low;
    }
    log_q += search->log_factor;
    c.q = log_q >= 0 ? 1 : exp(log_q);
    if (status != TILL_OK || (search->options->fdr > 0 && c.q > search->options->fdr))
        return status;
    return till_sorter_add(search->delivery, &c, error);
}

enum till_status adjust_settle(struct search *search, struct till_error *error) {
    const struct till_sorter_order order = {sizeof(struct candidate), compare_rules, search, search->options->top};
    struct walk walk;
    const void *next = NULL;
    search->log_factor = log_factor(search);
    search->delivery = search_sorter(search, &order);
    enum till_status status = search->delivery == NULL ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK)
        status = walk_start(&walk, search->weights, error);
    if (status == TILL_OK)
        status = till_sorter_sort(search->candidates, error);
    if (status == TILL_OK)
        status = till_sorter_next(search->candidates, &next, error);
    while (status == TILL_OK && next != NULL) {
        status = settle(search, &walk, *(const struct candidate *)next, error);
        if (status == TILL_OK)
            status = till_sorter_next(search->candidates, &next, error);
    }
    till_sorter_free(search->weights);
    till_sorter_free(search->candidates);
    search->weights = search->candidates = NULL;
    return status == TILL_OK ? till_sorter_sort(search->delivery, error) : status;
}
