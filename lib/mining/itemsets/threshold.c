/* At which support there are so many itemsets. Supports are halved from the top until there are enough, and then the
 * last two are bisected, so that no search goes below half of the support that is found, where sets may be past
 * counting. */
#include <string.h>

#include <till/itemsets.h>

/* Whether there are `wanted` sets or more at a support. A step of counting is a set or more, so when the steps are too
 * many the sets are; where it takes too long to tell they may be. */
static enum till_status has_enough(const struct till_baskets *baskets, const struct till_itemsets_options *options,
                                   uint64_t support, uint64_t wanted, bool *enough, struct till_error *error) {
    struct till_itemsets_options at = *options;
    struct till_itemset_counts counts = {0};
    struct till_error beyond = {0};
    at.minimum_support = support;
    at.limit = wanted;
    enum till_status status = till_itemsets_count(baskets, &at, &counts, &beyond);
    *enough = status == TILL_OK ? counts.total >= (till_wide)wanted
                                : strcmp(beyond.role, "limit") == 0 || strcmp(beyond.role, "work") == 0;
    till_itemset_counts_free(&counts);
    if (*enough)
        return TILL_OK;
    if (status != TILL_OK && error != NULL)
        *error = beyond;
    return status;
}

enum till_status till_itemsets_threshold(const struct till_baskets *baskets,
                                         const struct till_itemsets_options *options, uint64_t wanted,
                                         uint64_t *support, struct till_error *error) {
    uint64_t least = options->minimum_support, low = baskets->count < least ? least : baskets->count;
    uint64_t high = low + 1; /* where they are never enough */
    bool enough;
    if (wanted == 0)
        return till_error_set(error, TILL_ERROR_USAGE, "at least one itemset must be wanted");
    enum till_status status = has_enough(baskets, options, low, wanted, &enough, error);
    while (status == TILL_OK && !enough && low > least) {
        high = low;
        low = low / 2 < least ? least : low / 2;
        status = has_enough(baskets, options, low, wanted, &enough, error);
    }
    while (status == TILL_OK && enough && high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        bool there;
        status = has_enough(baskets, options, middle, wanted, &there, error);
        low = there ? middle : low;
        high = there ? high : middle;
    }
    *support = low;
    return status;
}
