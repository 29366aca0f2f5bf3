/* till/check.h: what an input holds, column by column, before anyone mines it.
 *
 *     till_check_plan(&plan, wanted, schema);                          every column as text, and the records
 *     till_fold(input, &till_check_aggregate, &settings, threads, (void **)&check, &error);
 *     till_check_aggregate.finish(check, &table, &error);              column,type,rows,missing,distinct,...
 *
 * Types are what all values of a column allow. Distinct values and the most frequent one are exact up to a limit; the
 * mean is exact but for its last rounding; so nothing depends on the order of the rows. */
#ifndef TILL_CHECK_H
#define TILL_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/decimal.h>
#include <till/error.h>
#include <till/fold.h>
#include <till/input.h>
#include <till/schema.h>

/* How many different values of a column are kept with their counts (and at most 64 bytes for each on average). Beyond,
 * there is no most frequent value. Fingerprints of 16 times as many tell how many there are; beyond that, the number of
 * distinct values is an estimate (HyperLogLog, standard error 0.41 %). Memory, at most and a thread: about 100 bytes a
 * column times the limit, then 512 bytes times the limit. */
#define TILL_CHECK_LIMIT (UINT64_C(1) << 20)

struct till_check_settings {
    const struct till_schema *schema; /* must outlive the states */
    struct till_number_format number; /* how numbers are written; decimal_mark 0 stands for '.' */
    uint64_t limit;                   /* 0 stands for TILL_CHECK_LIMIT */
};

/* A state is a struct till_check *. finish gives a row for each column, in their order:
 * column, type (integer, decimal, text, empty, or "date (FORMAT)"), rows, missing, distinct, min, max, mean, top,
 * top_count. min and max go by number, by date, or by bytes; mean is of numbers; of equally frequent values the
 * smallest by bytes is top. A number that begins with a zero and more digits (007) is text; ten digits are an integer,
 * though they could be seconds since 1970; eight digits that all are days of 1900 to 2099 are dates. */
extern TILL_API const struct till_aggregate till_check_aggregate;
struct till_check;

/* Wants every column of the schema as text, and the records. wanted[0 .. schema->count) is the caller's, and outlives
 * the plan; it may mark identifiers there. */
TILL_API void till_check_plan(struct till_plan *plan, struct till_wanted *wanted, const struct till_schema *schema);

/* Rows that are, byte for byte, a repetition of another one (every one but the first of its kind). UINT64_MAX: there
 * are too many different rows (16 times the limit) to tell. By fingerprints of 128 bits. O(1). */
TILL_API uint64_t till_check_duplicates(const struct till_check *check);

/* True when the number of distinct values in that column is an estimate. O(1). */
TILL_API bool till_check_estimated(const struct till_check *check, size_t column);

/* The date formats that all values of that column have, a bit (1u << format) each; 0 when it has no values.
 * TILL_ERROR_MEMORY is the only error. O(distinct values). */
TILL_API enum till_status till_check_date_formats(const struct till_check *check, size_t column, uint32_t *formats,
                                                  struct till_error *error);

#endif
