/* lib/mining/check/column.h: the values of one column: how many, how many different, which most often. */
#ifndef LIB_MINING_CHECK_COLUMN_H
#define LIB_MINING_CHECK_COLUMN_H

#include <stdbool.h>
#include <stdint.h>

#include <till/decimal.h>
#include <till/dictionary.h>
#include <till/text.h>

#include "lib/fold/fingerprints.h"
#include "lib/fold/hyperloglog.h"
#include "lib/mining/check/facts.h"

/* What is known of the values. A column goes on to the next stage when there are too many different values for the one
 * it is in; that depends on the set of values alone. */
enum column_stage {
    COLUMN_VALUES, /* every value with its count */
    COLUMN_PRINTS, /* their fingerprints */
    COLUMN_SKETCH  /* about how many */
};

struct column_limits {
    uint64_t values; /* of stage VALUES */
    uint64_t bytes;
    uint64_t prints; /* of stage PRINTS */
    struct till_number_format number;
};

struct column {
    enum column_stage stage;
    uint64_t missing;
    struct till_dictionary *values; /* NULL before the first value */
    uint64_t *counts;               /* by code */
    size_t capacity;
    uint64_t bytes; /* of the values */
    struct fingerprints prints;
    struct hyperloglog *sketch;
    struct facts facts; /* from stage PRINTS on; before, they are read off the values */
};

/* Room for the values of a block. */
struct column_scratch {
    struct till_slice *values;
    uint32_t *codes;
    struct till_fingerprint *prints;
    size_t capacity;
};
bool column_scratch_reserve(struct column_scratch *scratch, size_t rows);
void column_scratch_free(struct column_scratch *scratch);

void column_start(struct column *column);
void column_free(struct column *column);

/* Adds scratch->values[0 .. count). False when memory is out. */
bool column_add(struct column *column, struct column_scratch *scratch, size_t count,
                const struct column_limits *limits);
/* Adds all that `from` holds; it is good for column_free alone afterwards. */
bool column_merge(struct column *into, struct column *from, const struct column_limits *limits);

struct column_summary {
    uint64_t distinct;
    struct till_slice top; /* bytes NULL when it is not known; else valid as long as the column */
    uint64_t top_count;
    struct facts facts;
};
/* Free with facts_free(&summary->facts), also after false (memory is out). */
bool column_summarize(const struct column *column, const struct column_limits *limits, struct column_summary *summary);

bool column_save(const struct column *column, struct till_text *out);
bool column_load(struct column *column, struct unpack *from);

#endif
