/* reader.h: what one worker needs to turn chunks into blocks, and what it reports of each. */
#ifndef TILL_DATA_READER_H
#define TILL_DATA_READER_H

#include <stdint.h>

#include <till/input.h>

#include "lib/base/arena.h"
#include "lib/data/chunks.h"
#include "lib/data/unquote.h"

/* The records of a chunk that have the right number of fields, as a grid of field ends. */
struct grid {
    size_t rows;
    size_t columns;
    uint32_t *ends;   /* [rows * columns] */
    uint32_t *starts; /* [rows] */
    size_t ends_capacity;
    size_t starts_capacity;
};

/* What becomes of a row; the high bit says that an amount was rounded. */
enum verdict { VERDICT_USED = 0, VERDICT_BAD = 1, VERDICT_FILTERED = 2, VERDICT_ROUNDED = 0x80 };

/* A bad row of the chunk at hand: offsets into the chunk, and into the report's text. */
struct bad_row {
    size_t record;
    size_t record_length;
    size_t field;  /* where the field starts */
    uint64_t line; /* of the field */
    uint64_t column;
    const char *role; /* lives as long as the input */
    size_t reason;    /* NUL-terminated, in report.text */
    size_t copy;      /* the record's bytes in report.text */
};

/* What happened in one chunk; committed in input order. */
struct report {
    uint64_t sequence;
    size_t file;
    uint64_t read;
    uint64_t used;
    uint64_t rounded;
    uint64_t filtered[TILL_FILTERED_REASONS];
    struct bad_row *bad;
    size_t bad_count;
    size_t bad_capacity;
    struct till_text text;
    struct till_error fatal; /* ends the input behind the rows of this chunk */
    struct report *next;
};

struct reader {
    struct till_input *input;
    struct chunk chunk;
    struct scan scan;
    struct grid grid;
    unsigned char *verdict; /* [rows] */
    size_t row_capacity;
    struct arena unquoted;      /* contents that libcsv made */
    struct till_text reordered; /* records of files whose columns stand in another order */
    struct unquoter unquoter;
    struct report *report; /* of the block that was handed out last; NULL: none */
    uint32_t *block_rows;  /* [block.rows], when squeezed: the grid row of each */
    bool squeezed;
};

void reader_free(struct reader *reader);

/* Parses reader->chunk into `block` and fills the report: index, grid, filters, wanted columns, compaction. */
enum till_status reader_decode(struct reader *reader, struct till_block *block, struct till_error *error);

/* Finds the fields of the chunk: reader->scan and reader->grid; malformed records go to the report. */
enum till_status reader_make_grid(struct reader *reader, struct till_error *error);

/* A column of the grid, ready to be gone through: all that a loop needs, where nothing that the loop writes can change
 * it. */
struct grid_column {
    const char *bytes;
    const uint32_t *starts; /* of the first row's field, less `skip` */
    size_t start_stride;
    size_t skip; /* the delimiter before the field, in all columns but the first */
    const uint32_t *ends;
    size_t stride;
    bool last; /* the last column, whose fields may have a carriage return behind them */
};

static inline struct grid_column grid_column(const struct reader *reader, size_t column) {
    const struct grid *grid = &reader->grid;
    return (struct grid_column){
        .bytes = reader->chunk.bytes,
        .starts = column == 0 ? grid->starts : grid->ends + column - 1,
        .start_stride = column == 0 ? 1 : grid->columns,
        .skip = column != 0,
        .ends = grid->ends + column,
        .stride = grid->columns,
        .last = column + 1 == grid->columns,
    };
}

/* The bytes of a field as they stand in the file, without the carriage return of the record's end. */
static inline struct till_slice grid_column_field(const struct grid_column *column, size_t row) {
    size_t start = column->starts[row * column->start_stride] + column->skip;
    size_t end = column->ends[row * column->stride];
    if (column->last && end > start && column->bytes[end - 1] == '\r') {
        end--;
    }
    return (struct till_slice){column->bytes + start, end - start};
}

/* The same for a single field. */
static inline struct till_slice grid_field(const struct reader *reader, size_t row, size_t column) {
    struct grid_column view = grid_column(reader, column);
    return grid_column_field(&view, row);
}

/* The same, unquoted; `content` may point into reader->unquoted. False when libcsv refuses it or memory is out. */
bool reader_content(struct reader *reader, struct till_slice field, struct till_slice *content);

/* The column of the file at hand that answers column `column` of the schema. */
size_t reader_place(const struct reader *reader, size_t column);

/* Notes a bad row. `field` is where the fault stands; false when memory is out. */
bool report_bad(struct reader *reader, struct till_slice record, const char *field, const char *role,
                const char *reason);

/* Sorts the bad rows by place and gives them their lines. */
bool report_finish(struct reader *reader);

struct report *report_new(void);
void report_free(struct report *report);

#endif
