/* lib/fold/fingerprints.h: a set of 128-bit fingerprints.
 *
 *     struct fingerprints set = {0};
 *     fingerprints_add(&set, prints, count);
 *     ... set.count ...
 *     fingerprints_free(&set);
 *
 * Open addressing, 16 bytes a slot, at most three in four taken. */
#ifndef LIB_FOLD_FINGERPRINTS_H
#define LIB_FOLD_FINGERPRINTS_H

#include <stdbool.h>
#include <stddef.h>

#include <till/hash.h>
#include <till/text.h>

#include "lib/fold/pack.h"

struct fingerprints {
    struct till_fingerprint *slots; /* all zeros: free */
    size_t capacity;                /* a power of two, or 0 */
    size_t count;
    bool has_zero; /* the fingerprint of zeros, which has no slot */
};

/* Adds `count` fingerprints, with their memory accesses under way together. False when memory is out; some may have
 * been added then. Expected O(count). */
bool fingerprints_add(struct fingerprints *set, const struct till_fingerprint *prints, size_t count);

/* Adds all members of another set. False when memory is out. Expected O(from->capacity). */
bool fingerprints_merge(struct fingerprints *into, const struct fingerprints *from);

/* Calls visit for every member, in no particular order. */
void fingerprints_each(const struct fingerprints *set, void (*visit)(void *context, struct till_fingerprint print),
                       void *context);

/* Appends the members in rising order, and reads them back. False when memory is out; damage is left in `from`. */
bool fingerprints_save(const struct fingerprints *set, struct till_text *out);
bool fingerprints_load(struct fingerprints *set, struct unpack *from);

void fingerprints_free(struct fingerprints *set);

#endif
