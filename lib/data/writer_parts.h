/* writer_parts.h: what the files of the writer share.
 *
 * writer.c holds the buffer and the rows; writer_csv.c, writer_json.c, writer_markdown.c and writer_table.c each say
 * how their format writes a header, a text, and what stands around cells and rows; encoder.c turns UTF-8 into something
 * else. */
#ifndef TILL_WRITER_PARTS_H
#define TILL_WRITER_PARTS_H

#include <till/date.h>
#include <till/writer.h>

#include "lib/data/utf8.h"

/* A format. Texts append to `out` and answer TILL_OK, TILL_ERROR_MEMORY, or TILL_ERROR_DATA for bytes that it cannot
 * hold. */
struct writer_format {
    /* Appends the header and fills w->prefixes, the bytes before each cell, from w->prefix_bytes. */
    enum till_status (*columns)(struct till_writer *w, const struct till_slice *names);
    enum till_status (*text)(struct till_text *out, struct till_slice text, char delimiter);
    const char *missing;       /* what stands for a missing value */
    struct till_slice row_end; /* behind the last cell */
    const char *row_join;      /* before each row but the first; it lies in memory just before the first prefix */
    const char *file_end;      /* behind the last row, */
    const char *empty_end;     /* or, where there was none, behind the header */
    bool days_are_texts;       /* days and times go through text() */
    bool holds_all;            /* rows are kept until all are known, then laid out by writer_table_lay_out */
};

extern const struct writer_format writer_csv, writer_jsonl, writer_json, writer_markdown, writer_table;

struct encoder;

/* A day as text. Rows hold the days of a few years over and over, so the last text of each place is kept. */
enum { DAY_TEXTS = 1024 };
struct day_text {
    int32_t day;
    char text[TILL_DAY_TEXT];
};

struct till_writer {
    struct till_sink sink;
    const struct writer_format *format;
    char delimiter;
    bool exact_reals;
    bool guards_numbers;     /* the delimiter is a character that numbers and dates are made of */
    struct encoder *encoder; /* NULL: UTF-8 */

    struct till_text out;     /* rows in UTF-8 that are not passed on yet */
    size_t row_start;         /* where in `out` the present row begins */
    struct till_text encoded; /* the same in the output encoding */

    size_t count; /* columns; 0 before till_writer_columns */
    enum till_type *types;
    struct till_slice *prefixes;   /* [count] the bytes before each cell; never a NULL pointer */
    struct till_text prefix_bytes; /* what they point at */
    size_t cell;                   /* cells of the present row so far */
    uint64_t row;                  /* rows ended so far */

    struct till_slice *fields; /* of a record that is split; allocated when first needed */
    struct till_text field_bytes;
    struct day_text days[DAY_TEXTS]; /* at the place day % DAY_TEXTS */
    struct till_error failure;       /* the first thing that went wrong; status TILL_OK: nothing */
};

/* Points w->prefixes[i] at the bytes starts[i]..starts[i + 1] of w->prefix_bytes, once these no longer move. */
void writer_set_prefixes(struct till_writer *w, const size_t *starts);

/* Gives all cells after the first the prefix `between`, and the first `before`. */
enum till_status writer_same_prefixes(struct till_writer *w, const char *before, const char *between);

/* Takes the present bytes of w->out as one row more: encodes them and passes them on when enough have come together.
 * `row` is for messages; 0 stands for the header. */
enum till_status writer_pass_on(struct till_writer *w, uint64_t row, struct till_error *error);

/* The rows that writer_table collected, aligned. */
enum till_status writer_table_lay_out(struct till_writer *w, struct till_error *error);

/* writer_csv.c: whether a field holds the delimiter, a quote, CR or LF. */
bool writer_csv_needs_quotes(struct till_slice field, char delimiter);

/* True for types that stand to the right. */
static inline bool writer_right_aligned(enum till_type type) {
    return type == TILL_MONEY || type == TILL_REAL || type == TILL_COUNT || type == TILL_INTEGER;
}

/* record.c: till_record_split, which here tells TILL_ERROR_MEMORY from TILL_ERROR_DATA (another number of fields). */
enum till_status record_split(struct till_slice record, char delimiter, struct till_slice *fields, size_t count,
                              struct till_text *storage);

/* encoder.c: UTF-8 into `encoding` (an iconv name; NULL: as it is). *encoder is NULL where nothing is to be done. `bom`
 * puts a byte order mark first. TILL_ERROR_USAGE: unknown encoding, or no place for a mark in it. */
enum till_status encoder_new(struct encoder **encoder, const char *encoding, bool bom, struct till_error *error);
void encoder_free(struct encoder *encoder);
/* Appends the encoded bytes to `out`; length 0 returns a stateful encoding to its first state. TILL_ERROR_DATA names
 * the character that the encoding lacks. */
enum till_status encoder_add(struct encoder *encoder, const char *bytes, size_t length, struct till_text *out,
                             struct till_error *error);

#endif
