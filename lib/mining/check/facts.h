/* lib/mining/check/facts.h: what the values of one column have in common: type, smallest, largest, mean. */
#ifndef LIB_MINING_CHECK_FACTS_H
#define LIB_MINING_CHECK_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include <till/date.h>
#include <till/decimal.h>
#include <till/text.h>

#include "lib/fold/exact_sum.h"
#include "lib/fold/pack.h"

/* A number as it was written, and as it compares. */
struct written_number {
    double value;
    struct till_text text;
};

struct facts {
    uint64_t values;           /* all of them, with repetitions; 0: nothing else holds */
    bool integers;             /* all are integers; implies numbers */
    bool numbers;              /* all are numbers */
    uint32_t formats;          /* date formats, one bit each, that all values have */
    struct till_text smallest; /* by bytes */
    struct till_text largest;
    struct written_number least; /* while numbers */
    struct written_number greatest;
    struct exact_sum sum;
    int64_t earliest[TILL_DATE_FORMATS]; /* while the format's bit is set */
    int64_t latest[TILL_DATE_FORMATS];
};

/* Starts and frees. */
void facts_start(struct facts *facts);
void facts_free(struct facts *facts);

/* Adds a value that is there so many times (at least once). False when memory is out. */
bool facts_add(struct facts *facts, struct till_slice value, uint64_t times, const struct till_number_format *format);
bool facts_merge(struct facts *into, const struct facts *from);

/* The date formats that all values have and that can be believed, one bit each. */
uint32_t facts_date_formats(const struct facts *facts);

/* What a column is called by its values. */
enum facts_type { FACTS_EMPTY, FACTS_INTEGER, FACTS_DECIMAL, FACTS_DATE, FACTS_TEXT };
enum facts_type facts_type(const struct facts *facts);

bool facts_save(const struct facts *facts, struct till_text *out);
/* Into facts that were started. False when memory is out; damage is left in `from`. */
bool facts_load(struct facts *facts, struct unpack *from);

#endif
