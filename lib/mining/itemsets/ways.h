/* Frequent sets that hold items of large groups of twins, for counting: a set holds any of the twins, but one at least,
 * and each choice is a set of its own. Their numbers are carried along the path of the search. */
#ifndef LIB_MINING_ITEMSETS_WAYS_H
#define LIB_MINING_ITEMSETS_WAYS_H

#include <stdbool.h>
#include <stdint.h>

#include <till/itemsets.h>

struct worker;

/* Of the groups on the path: in how many ways they give so many items beyond one each. What does not fit is the largest
 * number there is. Lies on the stack of the worker. */
struct ways {
    struct ways *outer; /* without the last group */
    uint32_t required;  /* of the worker, with that group */
    uint32_t count;
    till_wide *number; /* [count] */
};

/* A group of so many twins has joined the set as one required item. */
void ways_join(struct worker *worker, uint32_t members);

/* Counts the sets of the path, with all of their options. False when worker->status says why not. */
bool ways_report(struct worker *worker);

#endif
