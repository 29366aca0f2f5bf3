/* pairs.h: frequent sets of one and two items, by a table. */
#ifndef LIB_MINING_ITEMSETS_PAIRS_H
#define LIB_MINING_ITEMSETS_PAIRS_H

#include <till/itemsets.h>

/* As till_itemsets_mine_groups. *done is false, and nothing was delivered, where the search has to do it: other sets
 * are wanted, the baskets are too long or the items too many, an item stands twice in a basket, or something is wrong.
 */
enum till_status pairs_mine(const struct till_baskets *baskets, const struct till_itemsets_options *options,
                            till_itemsets_visit_groups *visit, void *context, bool *done, struct till_error *error);

#endif
