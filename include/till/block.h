/* till/block.h: rows as columns: the unit in which data flow from the reader to aggregates and methods.
 *
 * A block is what a worker sees of one stretch of the input: some thousand used rows, each wanted column as an array.
 * The bytes that its texts point at live as long as the block holds them, which is until the next block is read into
 * it: an aggregate keeps codes (till/dictionary.h) or copies, never slices. */
#ifndef TILL_BLOCK_H
#define TILL_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include <till/error.h>
#include <till/text.h>

/* Column types, and what stands for a missing value. */
enum till_type {
    TILL_TEXT,   /* struct till_slice;          missing: bytes NULL */
    TILL_MONEY,  /* int64_t in 1/10,000 units;  missing: INT64_MIN */
    TILL_DAY,    /* int32_t days since 1970;    missing: INT32_MIN */
    TILL_TIME,   /* int64_t seconds since 1970; missing: INT64_MIN */
    TILL_REAL,   /* double;                     missing: NaN */
    TILL_COUNT,  /* uint64_t;                   missing: UINT64_MAX */
    TILL_INTEGER /* int64_t;                    missing: INT64_MIN */
};

struct till_vector {
    enum till_type type;
    union {
        struct till_slice *text;
        int64_t *money;
        int32_t *day;
        int64_t *time;
        double *real;
        uint64_t *count;
        int64_t *integer;
        void *any;
    };
};

/* The used rows of one stretch of input, in input order. `columns[i]` answers the i-th wanted column of the plan. */
struct till_block {
    size_t rows;
    size_t column_count;
    struct till_vector *columns;
    struct till_slice *records; /* the rows verbatim, without line end; NULL unless the plan keeps them */
    uint64_t sequence;          /* 0, 1, 2, ... in input order */
    size_t first_row;           /* of the reader's block: 0, but in a view on a part of it (till/sorted.h) */
    void *reader;               /* what the reader remembers; nobody else's */
};

/* Declares row `row` (an index into the block) bad after all, for a reason that only the method can see. It counts as
 * rejected instead of used. The place told is the field of the wanted column with this role, else the row. Call it at
 * most once a row, in rising order, from the add of an aggregate whose driver keeps input order. */
TILL_API enum till_status till_block_reject(struct till_block *block, size_t row, const char *role, const char *reason);

/* The same for what is wrong with the row itself, at `field`, a place in its record (plan.records). As it does not
 * depend on other rows, any aggregate may call it. */
TILL_API enum till_status till_block_reject_at(struct till_block *block, size_t row, const char *field,
                                               const char *role, const char *reason);

#endif
