/* order.h: the order in which rules are delivered. */
#ifndef LIB_MINING_RULES_ORDER_H
#define LIB_MINING_RULES_ORDER_H

#include <till/rules.h>

/* Sorts by the measure asked for, then by support, then by the texts of both sides. False when memory is out. */
bool rules_sort(struct till_rule *rules, size_t count, uint64_t baskets, const struct till_rules_options *options);

#endif
