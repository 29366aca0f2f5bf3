/* A part of the search, drawn at random: of the branches of a set so many are entered as a part is broad, and what is
 * found in one weighs as much as those that were not entered beside it. */
#ifndef LIB_MINING_ITEMSETS_SAMPLE_H
#define LIB_MINING_ITEMSETS_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

struct worker;

/* Which part. Of `count` branches each is entered with the probability breadth / count. */
struct sampling {
    uint64_t seed;
    uint32_t first_breadth; /* of single items */
    uint32_t breadth;       /* of larger sets */
};

/* Where a worker is in it. */
struct sample {
    uint64_t hash; /* of the items on the path */
    double weight; /* of each set that is found; 0: at the root */
};

/* Whether the branch of an item, one of `count` branches, is entered, which it then is. */
bool sample_draws(struct worker *worker, uint32_t item, uint32_t count);

/* Adds the current set, or all of its family, to the estimate. */
void sample_report(struct worker *worker);

#endif
