#include "receiver.h"

#include <stdlib.h>

bool receiver_new(struct receiver *to, till_itemsets_visit_groups *visit, void *context, uint32_t items,
                  struct till_error *error) {
    size_t sets = 2 * RECEIVER_SETS + TILL_ITEMSET_PAD;
    *to = (struct receiver){.visit = visit,
                            .context = context,
                            .error = error,
                            .group = malloc(RECEIVER_GROUPS * sizeof *to->group),
                            .item = malloc(((size_t)RECEIVER_ITEMS + items) * sizeof *to->item),
                            .last = calloc(sets, sizeof *to->last),
                            .count = calloc(sets, sizeof *to->count)};
    return to->group != NULL && to->item != NULL && to->last != NULL && to->count != NULL;
}

void receiver_free(struct receiver *to) {
    free(to->group);
    free(to->item);
    free(to->last);
    free(to->count);
}

enum till_status receiver_flush(struct receiver *to) {
    const struct till_itemset_groups groups = {to->size, to->groups, to->group, to->item, to->last, to->count};
    enum till_status status = to->groups == 0 ? TILL_OK : to->visit(to->context, &groups, to->error);
    to->groups = to->items = to->sets = 0;
    return status;
}
