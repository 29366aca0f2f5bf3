/* Sets on their way to those who asked for them: groups are collected, and go over many at a time.
 *
 *     receiver_size(&to, size)
 *     receiver_begin(&to, changed, &items): a group, of which `changed` items are to be put there
 *     receiver_add(&to, last, count): a set of the group
 *     receiver_flush(&to): at the end of a size
 */
#ifndef LIB_MINING_ITEMSETS_RECEIVER_H
#define LIB_MINING_ITEMSETS_RECEIVER_H

#include <stdbool.h>
#include <stdint.h>

#include <till/itemsets.h>

/* Groups, and sets and changed items of all groups, from which on no further group is collected. */
enum { RECEIVER_GROUPS = 512, RECEIVER_SETS = 1024, RECEIVER_ITEMS = 1024 };

struct receiver {
    till_itemsets_visit_groups *visit;
    void *context;
    struct till_error *error;
    uint32_t size; /* items of a set, its last one for itself */
    uint32_t groups;
    uint32_t items; /* that changed */
    uint32_t sets;
    struct till_itemset_group *group;
    uint32_t *item;
    uint32_t *last;
    uint32_t *count;
};

/* For sets of up to so many items. False when memory is out; good for receiver_free either way. */
bool receiver_new(struct receiver *to, till_itemsets_visit_groups *visit, void *context, uint32_t items,
                  struct till_error *error);
void receiver_free(struct receiver *to);

/* Hands over what was collected. */
enum till_status receiver_flush(struct receiver *to);

static inline void receiver_size(struct receiver *to, uint32_t size) {
    to->size = size;
}

/* Begins a group: all but the last `changed` items are those of the group before. */
static inline enum till_status receiver_begin(struct receiver *to, uint32_t changed, uint32_t **items) {
    enum till_status status = TILL_OK;
    if (to->groups == RECEIVER_GROUPS || to->sets >= RECEIVER_SETS || to->items >= RECEIVER_ITEMS)
        status = receiver_flush(to);
    *items = to->item + to->items;
    to->items += changed;
    to->group[to->groups++] = (struct till_itemset_group){changed, 0};
    return status;
}

/* Adds a set to the group, which has less than RECEIVER_SETS. */
static inline void receiver_add(struct receiver *to, uint32_t last, uint32_t count) {
    to->last[to->sets] = last;
    to->count[to->sets++] = count;
    to->group[to->groups - 1].sets++;
}

/* How many sets the group has. */
static inline uint32_t receiver_sets(const struct receiver *to) {
    return to->groups == 0 ? 0 : to->group[to->groups - 1].sets;
}

#endif
