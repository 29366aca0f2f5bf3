/* till/input.h: CSV files read as one, into blocks of typed columns.
 *
 *     struct till_wanted amount = {.type = TILL_MONEY, .role = "amount"};
 *     struct till_plan plan = {.wanted = &amount, .wanted_count = 1};
 *     till_input_open(&input, paths, count, &options, &error);     reads the header
 *     till_schema_column(till_input_schema(input), "amount", &amount.column, &error);
 *     till_input_start(input, &plan, &error);                      settles date formats
 *     block = till_block_new(input);
 *     while (till_input_next(input, block, &error) == TILL_OK && block->rows > 0)
 *         ...
 *     till_block_free(block);
 *     till_input_close(input);
 *
 * The grammar is RFC 4180: blanks belong to the field, CRLF and LF end records, a quoted field may hold line ends, text
 * after a closing quote is an error, blank lines are skipped unless there is one column. Records are found by vector
 * code; whatever is not plain is parsed by libcsv. Memory: a few buffers a worker, and the longest record. */
#ifndef TILL_INPUT_H
#define TILL_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/block.h>
#include <till/date.h>
#include <till/decimal.h>
#include <till/error.h>
#include <till/hash.h>
#include <till/schema.h>
#include <till/text.h>

struct till_input;

/* One row that was not accepted. `record` holds its bytes verbatim, without the line end. */
struct till_reject {
    const char *file;
    uint64_t line;
    uint64_t column;
    const char *role;   /* role or column name, or "" */
    const char *reason; /* as in the error message */
    struct till_slice record;
};

/* Rows kept (`keep`) or left out by the values of a column: exact, or by prefix where a value ends in '*'. */
struct till_filter {
    const char *column;        /* name or 1-based number */
    const char *const *values; /* value_count of them */
    size_t value_count;
    bool keep;
    const char *name; /* in the row accounting, such as "--only=country" */
};

struct till_input_options {
    char delimiter;     /* 0 stands for ',' */
    bool no_headers;    /* the first line is data; columns are named 1, 2, ... */
    bool ragged;        /* records of any number of fields, blank ones among them, without a header: the schema is one
                           column "1", and only the plan's `records` are of use. Set no_headers with it. */
    uint64_t skip;      /* lines before the header, in each file */
    const char *footer; /* last lines that begin so are not data; NULL: none */
    const char *encoding;
    const char *const *nulls; /* texts that mean "missing"; NULL: the empty field alone */
    size_t null_count;
    struct till_number_format number; /* decimal_mark 0 stands for '.' */
    bool clean_ids;
    uint64_t max_field;   /* longest field in bytes; 0 stands for 16 MiB */
    uint64_t max_bad;     /* bad rows to go on past */
    double max_bad_share; /* the same as a share of the rows read, when above 0 */
    const struct till_filter *filters;
    size_t filter_count;
    bool digest;  /* keep digests of the inputs */
    bool no_simd; /* portable code only; the result is the same */
    void (*reject)(void *context,
                   const struct till_reject *reject); /* told of each bad row, in input order; may be NULL */
    void *reject_context;
};

/* What a missing value of a wanted column means for its row. */
enum till_missing { TILL_MISSING_REJECTS, TILL_MISSING_FILTERS, TILL_MISSING_PASSES };

struct till_wanted {
    size_t column;       /* index into the schema */
    enum till_type type; /* TEXT, MONEY, REAL, DAY or TIME */
    enum till_missing missing;
    const char *role;         /* for messages: "amount" */
    size_t factor;            /* MONEY: a second column to multiply by, plus one; 0: none */
    bool identifier;          /* TEXT: cleaned when options.clean_ids asks for it */
    const char *date_pattern; /* DAY, TIME: a strptime pattern; NULL: found from the data */
    unsigned date_known;      /* DAY, TIME: a format that is known already, plus one; 0: by the two above */
    int32_t until;            /* DAY, TIME: later rows are filtered; TILL_DAY_MISSING: no bound */
    int32_t since;            /* DAY, TIME: earlier rows are filtered; TILL_DAY_MISSING: no bound */
};

/* What a caller wants of each row. Filtering by column values comes first, then the wanted columns in their order: give
 * those that filter before those that reject. */
struct till_plan {
    const struct till_wanted *wanted;
    size_t wanted_count;
    bool records;   /* keep the rows verbatim */
    bool streaming; /* rows are passed on as they come: an ambiguous date format cannot be settled by later rows */
};

/* Where the rows went; read = used + filtered + rejected, always. */
struct till_filtered {
    char name[96];
    uint64_t rows;
};
#define TILL_FILTERED_REASONS 64
struct till_accounting {
    uint64_t read;
    uint64_t used;
    uint64_t filtered;
    uint64_t rejected;
    uint64_t rounded; /* amounts with more than four decimals */
    size_t reason_count;
    struct till_filtered reasons[TILL_FILTERED_REASONS]; /* in the order in which they are looked at */
};

/* One input file, as --meta tells it. */
struct till_input_file {
    const char *name;
    uint64_t bytes;      /* decoded */
    uint64_t file_bytes; /* as taken from the file; compressed, where it is */
    uint64_t rows;       /* read so far */
    bool has_digest;
    struct till_fingerprint digest; /* of the decoded bytes */
};

/* Opens the files (none, or "-": standard input) and reads the first header. Both must outlive the input. Files whose
 * headers name other columns than the first are an error when they are reached. */
TILL_API enum till_status till_input_open(struct till_input **input, const char *const *paths, size_t path_count,
                                          const struct till_input_options *options, struct till_error *error);

/* The columns, as the first header names them. */
TILL_API const struct till_schema *till_input_schema(const struct till_input *input);

/* Says what is wanted and settles the date format from the first rows (reading ahead as far as it needs; what was read
 * is kept, in memory and then in a temporary file, and not read again). An ambiguity that the whole input leaves open
 * is TILL_ERROR_DATA. The plan is copied; its strings must outlive the input. */
TILL_API enum till_status till_input_start(struct till_input *input, const struct till_plan *plan,
                                           struct till_error *error);

/* The date format in use for wanted column `wanted`. */
TILL_API enum till_date_format till_input_date_format(const struct till_input *input, size_t wanted);

/* The newest day of the wanted column `wanted` over the whole input, by a pass of its own; the input then starts over
 * (a pipe is kept in a temporary file). For ages relative to the newest date. */
TILL_API enum till_status till_input_newest_day(struct till_input *input, size_t wanted, int32_t *day,
                                                struct till_error *error);

/* A block for this input's plan; several workers have one each. NULL when memory is out. */
TILL_API struct till_block *till_block_new(struct till_input *input);
TILL_API void till_block_free(struct till_block *block);

/* The next stretch of rows, in input order. At the end of input block->rows is 0; only there. Several workers may call
 * it side by side, each with a block of its own; the rows of a block count when its worker comes back for the next one.
 * Errors are the first in input order, for one caller; several find the input at its end instead, and ask
 * till_input_finish. */
TILL_API enum till_status till_input_next(struct till_input *input, struct till_block *block, struct till_error *error);

/* Hands all blocks to `body`, one after the other, until one fails. Errors: those of the input, of the body;
 * TILL_ERROR_MEMORY. */
typedef enum till_status till_block_body(void *context, struct till_block *block, struct till_error *error);
TILL_API enum till_status till_input_each(struct till_input *input, till_block_body *body, void *context,
                                          struct till_error *error);

/* What the whole input came to, for several workers that call till_input_next side by side: after all of them have
 * reached the end, the first error in input order. */
TILL_API enum till_status till_input_finish(struct till_input *input, struct till_error *error);

/* Reads on in a thread of its own from here to the end, where reading is work (gzip, another encoding); false: it is
 * not, or there is no thread to be had, and workers read by themselves. To be ended by till_input_unfeed. */
TILL_API bool till_input_feed(struct till_input *input);
TILL_API void till_input_unfeed(struct till_input *input);

/* Gives up: workers find the input at its end. */
TILL_API void till_input_stop(struct till_input *input);

/* The row accounting so far; complete after the end of input. */
TILL_API const struct till_accounting *till_input_accounting(const struct till_input *input);

/* The files opened so far. */
TILL_API size_t till_input_file_count(const struct till_input *input);
TILL_API struct till_input_file till_input_file(const struct till_input *input, size_t index);

/* For progress: bytes done and to do (0: not known). */
TILL_API void till_input_progress(struct till_input *input, uint64_t *done, uint64_t *total, uint64_t *rows);

/* True when one of the inputs is this file: an output must not overwrite what is being read. */
TILL_API bool till_input_reads(const struct till_input *input, uint64_t device, uint64_t inode);

TILL_API void till_input_close(struct till_input *input);

/* Splits one record (without line end) into its fields, unquoted. Fields point into the record or into `storage`, and
 * are valid until either changes. `fields` must hold `count`; false when the record has another number of fields or
 * memory is out. */
TILL_API bool till_record_split(struct till_slice record, char delimiter, struct till_slice *fields, size_t count,
                                struct till_text *storage);

#endif
