/* What the two searches for delivery share: listing.c and narrow.c. */
#ifndef LIB_MINING_ITEMSETS_LISTING_H
#define LIB_MINING_ITEMSETS_LISTING_H

#include "engine.h"

/* A branch that was left: what its item leads to. */
struct branch {
    bool known;
    uint32_t deepest; /* the largest size that was written below; 0: none */
    uint64_t sets;
    struct stream_span first;    /* what was written of the first size below, */
    struct stream_span *further; /* and of the sizes behind it */
};

/* Sets with more extensions than a word has bits are searched in listing.c. */
enum { NARROW_ITEMS = 64 };

/* A set with up to NARROW_ITEMS extensions; arrays are by extension, rising. */
struct narrow_start {
    uint32_t count;
    uint32_t own_support; /* of the set */
    uint32_t words;
    const uint32_t *place;
    const uint32_t *support; /* with the set */
    const uint64_t *columns; /* restricted to the rows of the set */
    /* Of the set that this one extends; NULL: there is none. */
    const uint32_t *before;      /* supports with it */
    const struct branch *branch; /* what they lead to there */
};

/* Writes all that is below a set, whose extensions were written. False when worker->status says why not. */
bool narrow_list(struct worker *worker, const struct narrow_start *start);

/* The last item leaves the set; keeps where its branch has written, if it is known. */
bool branch_leave(struct worker *worker, struct branch *branch);

/* Writes what is below an item of another set once more, below the same item of a set that lies in the same baskets
 * with it. */
bool branch_copy(struct worker *worker, const struct branch *from, struct branch *to);

#endif
