/* till/writer.h: rows as CSV, TSV, JSON Lines, JSON, Markdown or an aligned table.
 *
 *     till_writer_new(&writer, sink, &options, &error);
 *     till_writer_columns(writer, names, types, 2, &error);
 *     till_writer_text(writer, customer); till_writer_money(writer, total); till_writer_end(writer);
 *     till_writer_finish(writer, &error);
 *     till_writer_free(writer);
 *
 * Cells are buffered; what fails is reported by end-of-row and finish. Fields are quoted only where they need it. JSON gives money,
 * reals and counts as numbers, the rest as strings, missing as null. */
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
    enum till_status (*write)(void *context, const void *bytes, size_t length, struct till_error *error);
    void *context;
};

/* A sink that appends to a text. */
TILL_API struct till_sink till_sink_text(struct till_text *text);

enum till_format { TILL_FORMAT_CSV, TILL_FORMAT_TSV, TILL_FORMAT_JSONL, TILL_FORMAT_JSON, TILL_FORMAT_MARKDOWN, TILL_FORMAT_TABLE };

struct till_writer_options {
    enum till_format format;
    char delimiter;       /* of CSV; 0 stands for ',' */
    const char *encoding; /* an iconv name; NULL: UTF-8. A character that it lacks is TILL_ERROR_DATA. */
    bool bom;
    bool exact_reals; /* shortest round-trip instead of 10 significant digits */
};

struct till_writer;

TILL_API enum till_status till_writer_new(struct till_writer **writer, struct till_sink sink,
                                          const struct till_writer_options *options, struct till_error *error);
TILL_API void till_writer_free(struct till_writer *writer);

/* The header. Exactly once, before the first row. */
TILL_API enum till_status till_writer_columns(struct till_writer *writer, const struct till_slice *names,
                                              const enum till_type *types, size_t count, struct till_error *error);

/* One cell each, in column order. Missing values (till/block.h) are empty fields. Times are written as "YYYY-MM-DD HH:MM:SS". */
TILL_API void till_writer_text(struct till_writer *writer, struct till_slice text);
TILL_API void till_writer_money(struct till_writer *writer, int64_t money);
TILL_API void till_writer_day(struct till_writer *writer, int32_t day);
TILL_API void till_writer_time(struct till_writer *writer, int64_t time);
TILL_API void till_writer_real(struct till_writer *writer, double value);
TILL_API void till_writer_count(struct till_writer *writer, uint64_t value);
TILL_API void till_writer_integer(struct till_writer *writer, int64_t value);

/* The value at `row` of a vector. */
TILL_API void till_writer_cell(struct till_writer *writer, const struct till_vector *values, size_t row);

/* All fields of a record as it came (till_block.records), as that many text cells. CSV with the same delimiter copies
 * the bytes; other formats split them. `count` is the number of fields. */
TILL_API enum till_status till_writer_record(struct till_writer *writer, struct till_slice record, char delimiter,
                                             size_t count, struct till_error *error);

/* Ends the row. */
TILL_API enum till_status till_writer_end(struct till_writer *writer, struct till_error *error);

/* Writes what is still buffered, and closes what the format opened. */
TILL_API enum till_status till_writer_finish(struct till_writer *writer, struct till_error *error);

/* Appends one CSV field, quoted (by libcsv) where it needs it. */
TILL_API bool till_csv_append_field(struct till_text *out, struct till_slice field, char delimiter);

#endif
