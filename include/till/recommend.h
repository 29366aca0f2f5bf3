/* till/recommend.h: what to offer, by rules: who has the antecedent may want the consequent.
 *
 *     till_recommender_new(&recommender, rules, count, item_count, &error);
 *     size_t found = till_recommend(recommender, items, item_count, true, 5, offers);
 *     till_recommender_free(recommender);
 */
#ifndef TILL_RECOMMEND_H
#define TILL_RECOMMEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/error.h>

/* One rule with one item to offer; codes are below the recommender's item_count. An empty antecedent suits everybody.
 */
struct till_offer_rule {
    const uint32_t *antecedent; /* different items; borrowed */
    size_t antecedent_size;
    uint32_t item;
    double confidence;
    double lift;
};

struct till_offer {
    uint32_t item;
    uint32_t rule; /* the rule that speaks for it most */
};

struct till_recommender;

/* Keeps `rules` (borrowed, as is what they point to). Errors: TILL_ERROR_MEMORY. O(rules + items). */
TILL_API enum till_status till_recommender_new(struct till_recommender **recommender,
                                               const struct till_offer_rule *rules, size_t count, uint32_t item_count,
                                               struct till_error *error);
TILL_API void till_recommender_free(struct till_recommender *recommender);

/* Fills `offers` with up to `top` items for somebody who has `items`, best first: by the confidence of the best rule
 * whose antecedent is wholly there, then by its lift, then by item code. With `new_only`, items that are there are not
 * offered. Returns how many. O(rules that share their first item with `items`, and offers x top). One caller at a time.
 */
TILL_API size_t till_recommend(struct till_recommender *recommender, const uint32_t *items, size_t count, bool new_only,
                               size_t top, struct till_offer *offers);

#endif
