/* Rules lie in a list of the first item of their antecedent, so that only rules are looked at of which something is
 * there. The best rule for each item is kept, and then the best items are put in their places one by one. */
#include <stdlib.h>

#include <till/recommend.h>

struct till_recommender {
    const struct till_offer_rule *rules;
    uint32_t item_count;
    uint32_t *start; /* [item_count + 2]: where the rules of each first item lie; the last list is for empty ones */
    uint32_t *list;
    bool *has;         /* [item_count], false between calls */
    uint32_t *best;    /* [item_count]: rule + 1, 0 between calls */
    uint32_t *touched; /* [item_count]: items with a best rule */
    size_t touched_count;
};

void till_recommender_free(struct till_recommender *recommender) {
    if (recommender == NULL)
        return;
    free(recommender->start);
    free(recommender->list);
    free(recommender->has);
    free(recommender->best);
    free(recommender->touched);
    free(recommender);
}

static uint32_t list_of(const struct till_recommender *recommender, const struct till_offer_rule *rule) {
    return rule->antecedent_size == 0 ? recommender->item_count : rule->antecedent[0];
}

enum till_status till_recommender_new(struct till_recommender **made, const struct till_offer_rule *rules, size_t count,
                                      uint32_t item_count, struct till_error *error) {
    struct till_recommender *recommender = calloc(1, sizeof *recommender);
    *made = NULL;
    if (recommender == NULL)
        return till_error_memory(error);
    recommender->rules = rules;
    recommender->item_count = item_count;
    recommender->start = calloc(item_count + (size_t)3, sizeof *recommender->start);
    recommender->list = malloc((count + 1) * sizeof *recommender->list);
    recommender->has = calloc(item_count + (size_t)1, sizeof *recommender->has);
    recommender->best = calloc(item_count + (size_t)1, sizeof *recommender->best);
    recommender->touched = malloc((item_count + (size_t)1) * sizeof *recommender->touched);
    if (recommender->start == NULL || recommender->list == NULL || recommender->has == NULL ||
        recommender->best == NULL || recommender->touched == NULL) {
        till_recommender_free(recommender);
        return till_error_memory(error);
    }
    uint32_t *start = recommender->start;
    for (size_t i = 0; i < count; i++)
        start[list_of(recommender, &rules[i]) + 2]++;
    for (size_t i = 0; i <= item_count; i++)
        start[i + 2] += start[i + 1];
    for (size_t i = 0; i < count; i++)
        recommender->list[start[list_of(recommender, &rules[i]) + 1]++] = (uint32_t)i;
    *made = recommender;
    return TILL_OK;
}

static bool is_better(const struct till_offer_rule *a, const struct till_offer_rule *b) {
    if (a->confidence != b->confidence)
        return a->confidence > b->confidence;
    return a->lift > b->lift;
}

/* Looks at the rules of one list; of equal rules for an item the first one stands. */
static void apply(struct till_recommender *recommender, uint32_t which, bool new_only) {
    for (uint32_t i = recommender->start[which]; i < recommender->start[which + 1]; i++) {
        const struct till_offer_rule *rule = &recommender->rules[recommender->list[i]];
        bool suits = !new_only || !recommender->has[rule->item];
        for (size_t j = 0; suits && j < rule->antecedent_size; j++)
            suits = recommender->has[rule->antecedent[j]];
        if (!suits)
            continue;
        uint32_t *best = &recommender->best[rule->item], mine = recommender->list[i];
        if (*best == 0)
            recommender->touched[recommender->touched_count++] = rule->item;
        const struct till_offer_rule *known = *best == 0 ? NULL : &recommender->rules[*best - 1];
        bool first = known != NULL && !is_better(rule, known) && !is_better(known, rule) && mine < *best - 1;
        if (known == NULL || is_better(rule, known) || first)
            *best = mine + 1;
    }
}

/* Puts an item where it belongs among the `found` best ones. */
static size_t place(const struct till_recommender *recommender, uint32_t item, struct till_offer *offers, size_t found,
                    size_t top) {
    const struct till_offer offer = {item, recommender->best[item] - 1};
    size_t at = found;
    for (; at > 0; at--) {
        const struct till_offer_rule *mine = &recommender->rules[offer.rule];
        const struct till_offer_rule *theirs = &recommender->rules[offers[at - 1].rule];
        if (!is_better(mine, theirs) && (is_better(theirs, mine) || offers[at - 1].item < item))
            break;
        if (at < top)
            offers[at] = offers[at - 1];
    }
    if (at < top)
        offers[at] = offer;
    return found < top ? found + 1 : top;
}

size_t till_recommend(struct till_recommender *recommender, const uint32_t *items, size_t count, bool new_only,
                      size_t top, struct till_offer *offers) {
    size_t found = 0;
    recommender->touched_count = 0;
    for (size_t i = 0; i < count; i++)
        recommender->has[items[i]] = true;
    for (size_t i = 0; i < count; i++)
        apply(recommender, items[i], new_only);
    apply(recommender, recommender->item_count, new_only);
    for (size_t i = 0; i < recommender->touched_count; i++)
        found = place(recommender, recommender->touched[i], offers, found, top);
    for (size_t i = 0; i < recommender->touched_count; i++)
        recommender->best[recommender->touched[i]] = 0;
    for (size_t i = 0; i < count; i++)
        recommender->has[items[i]] = false;
    return found;
}
