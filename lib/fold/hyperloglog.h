/* lib/fold/hyperloglog.h: about how many different fingerprints there were, in 64 KiB, however many.
 *
 *     struct hyperloglog *sketch = calloc(1, sizeof *sketch);
 *     hyperloglog_add(sketch, fingerprint);
 *     double distinct = hyperloglog_estimate(sketch);
 */
#ifndef LIB_FOLD_HYPERLOGLOG_H
#define LIB_FOLD_HYPERLOGLOG_H

#include <stdint.h>

#include <till/hash.h>

/* 2^16 registers: a standard error of 1.04 / 2^8 = 0.41 percent. */
#define HYPERLOGLOG_BITS 16
#define HYPERLOGLOG_REGISTERS (1U << HYPERLOGLOG_BITS)
#define HYPERLOGLOG_ERROR 0.0041
struct hyperloglog {
    uint8_t registers[HYPERLOGLOG_REGISTERS];
};

void hyperloglog_add(struct hyperloglog *sketch, struct till_fingerprint fingerprint);
/* The registers' larger values: the same as if all had been added to one. */
void hyperloglog_merge(struct hyperloglog *into, const struct hyperloglog *from);
double hyperloglog_estimate(const struct hyperloglog *sketch);

#endif
