/* till/writer.h: rows as CSV, TSV, JSON Lines, JSON, Markdown or an aligned table.
 *
 *     struct till_text text = {0};
 *     till_writer_new(&writer, till_sink_text(&text), &options, &error);
 *     till_writer_columns(writer, names, types, 2, &error);
 *     till_writer_text(writer, customer); till_writer_money(writer, total); till_writer_end(writer);
 *     till_writer_finish(writer, &error);
 *     till_writer_free(writer);
 *
 * Cells are buffered; what fails is reported by end-of-row and finish. Fields are quoted only where they need it. JSON
 * gives money, reals and counts as numbers, the rest as strings, missing as null. */
#ifndef TILL_WRITER_H
#define TILL_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/block.h>
#include <till/error.h>
#include <till/text.h>

/* Where bytes go: a file, a descriptor, a buffer, a compressor. */
struct till_sink {
    /* Takes `length` bytes, at least 1; what it returns other than TILL_OK is passed on. */
    enum till_status (*write)(void *context, const void *bytes, size_t length, struct till_error *error);
    void *context;
};

/* A sink that appends to a text, which is the caller's and outlives the sink. Writing fails with TILL_ERROR_MEMORY
 * alone. */
TILL_API struct till_sink till_sink_text(struct till_text *text);

/* CSV and TSV follow RFC 4180: quotes stand only around a field that holds the delimiter, a quote, CR or LF; records
 * end in LF; where a single column is empty, its record is two quotes, since a blank line would be skipped. JSON Lines
 * is an object a line, JSON an array of these, keys in column order. Markdown is a pipe table. TABLE is for eyes:
 * aligned by the width of characters on a terminal, control bytes escaped; it keeps all rows in memory until finish. */
enum till_format {
    TILL_FORMAT_CSV,
    TILL_FORMAT_TSV,
    TILL_FORMAT_JSONL,
    TILL_FORMAT_JSON,
    TILL_FORMAT_MARKDOWN,
    TILL_FORMAT_TABLE
};

struct till_writer_options {
    enum till_format format;
    char delimiter;       /* of CSV; 0 stands for ','. Not a quote or a line end. */
    const char *encoding; /* an iconv name; NULL: UTF-8. It must outlive the writer. */
    bool bom;             /* a byte order mark first, where the encoding is UTF-8, UTF-16 or UTF-32 */
    bool exact_reals;     /* shortest round-trip instead of 10 significant digits */
};

struct till_writer;

/* A writer onto `sink`, which must outlive it. "UTF-16" and "UTF-32" without a byte order are little-endian with a mark
 * on every machine. Errors: TILL_ERROR_USAGE (an encoding that iconv does not know, a mark where none belongs, a
 * delimiter that cannot be one), TILL_ERROR_MEMORY. */
TILL_API enum till_status till_writer_new(struct till_writer **writer, struct till_sink sink,
                                          const struct till_writer_options *options, struct till_error *error);
/* Frees the writer, but not the sink; what was not finished is lost. NULL is allowed. */
TILL_API void till_writer_free(struct till_writer *writer);

/* The header: exactly once, before the first row, one column or more. Names are quoted and escaped as texts are.
 * Errors: TILL_ERROR_DATA when JSON is to hold two columns of one name, or a name that is not UTF-8; TILL_ERROR_USAGE;
 * those of the sink and of till_writer_end. */
TILL_API enum till_status till_writer_columns(struct till_writer *writer, const struct till_slice *names,
                                              const enum till_type *types, size_t count, struct till_error *error);

/* One cell each, in column order. Missing values (till/block.h; reals that are not finite) are empty fields, in JSON
 * null. Times are written as "YYYY-MM-DD HH:MM:SS". What fails is kept for till_writer_end. O(length). */
TILL_API void till_writer_text(struct till_writer *writer, struct till_slice text);
TILL_API void till_writer_money(struct till_writer *writer, int64_t money);
TILL_API void till_writer_day(struct till_writer *writer, int32_t day);
TILL_API void till_writer_time(struct till_writer *writer, int64_t time);
TILL_API void till_writer_real(struct till_writer *writer, double value);
/* So many cells of reals, which takes less time than one by one. */
TILL_API void till_writer_reals(struct till_writer *writer, const double *values, size_t count);
TILL_API void till_writer_count(struct till_writer *writer, uint64_t value);
TILL_API void till_writer_integer(struct till_writer *writer, int64_t value);

/* The value at `row` of a vector. */
TILL_API void till_writer_cell(struct till_writer *writer, const struct till_vector *values, size_t row);

/* All fields of a record as it came (till_block.records), as that many text cells. CSV with the same delimiter copies
 * the bytes; other formats split them (into strings, also where they look like numbers). `count` is the number of
 * fields. Errors: TILL_ERROR_USAGE for more fields than there are columns left; TILL_ERROR_DATA for a record of another
 * number of fields, as far as it is split; TILL_ERROR_MEMORY. */
TILL_API enum till_status till_writer_record(struct till_writer *writer, struct till_slice record, char delimiter,
                                             size_t count, struct till_error *error);

/* Rows that were put together elsewhere, where rows are so many that cells are too slow. CSV and TSV have them, in
 * UTF-8, and texts that are plain: that stand in a row as they are, alone and as parts of a longer text, without
 * quotes. */
TILL_API bool till_writer_is_plain(const struct till_writer *writer, struct till_slice text);
/* What stands between the cells. */
TILL_API char till_writer_delimiter(const struct till_writer *writer);
/* Where whole rows of up to `length` bytes go: plain texts and numbers with delimiters between them, and a line feed
 * behind each row; NULL when memory is out. till_writer_end_rows follows, with how many rows and bytes it came to.
 * Errors: as till_writer_end. */
TILL_API char *till_writer_rows(struct till_writer *writer, size_t length);
TILL_API enum till_status till_writer_end_rows(struct till_writer *writer, uint64_t rows, size_t length,
                                               struct till_error *error);

/* Ends the row. Errors: TILL_ERROR_USAGE when it has fewer or more cells than columns; TILL_ERROR_DATA, with the number
 * of the row, for a character that the output encoding lacks and for bytes that JSON cannot hold; TILL_ERROR_MEMORY;
 * those of the sink. After an error the writer is good for free alone. */
TILL_API enum till_status till_writer_end(struct till_writer *writer, struct till_error *error);

/* Writes what is still buffered, and closes what the format opened. Once, after the last row. Errors: as
 * till_writer_end. */
TILL_API enum till_status till_writer_finish(struct till_writer *writer, struct till_error *error);

/* Appends one CSV field, quoted (by libcsv) where it needs it. False when memory is out. O(length). */
TILL_API bool till_csv_append_field(struct till_text *out, struct till_slice field, char delimiter);

#endif
