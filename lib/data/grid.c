/* From field ends to records. Nearly every chunk is rectangular: each n-th end is a line feed and no other one is, and
 * then the ends are the grid. A chunk that is not (a record with another number of fields, a blank line) is walked
 * record by record, and what is left of it is moved together into a grid. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/data/input.h"
#include "lib/data/reader.h"

/* The old content is not needed, so the array is freed and not moved. The size follows from the chunk, whose bytes are
 * an upper bound of its fields, so the vector code never has to look whether there is room. */
static enum till_status reserve_ends(struct grid *grid, size_t count, struct till_error *error) {
    if (grid->ends_capacity < count) {
        free(grid->ends);
        grid->ends = malloc(count * sizeof *grid->ends);
        grid->ends_capacity = grid->ends == NULL ? 0 : count;
    }
    return grid->ends == NULL ? till_error_memory(error) : TILL_OK;
}

static enum till_status reserve_starts(struct grid *grid, size_t count, struct till_error *error) {
    if (grid->starts_capacity < count) {
        free(grid->starts);
        grid->starts = malloc(count * sizeof *grid->starts);
        grid->starts_capacity = grid->starts == NULL ? 0 : count;
    }
    return grid->starts == NULL ? till_error_memory(error) : TILL_OK;
}

/* Two conditions together say that every record has the right number of fields: as many ends as there should be, and
 * all line feeds at an n-th end. The count alone would let a short record make up for a long one; the places alone, a
 * long record whose line feed happens to be a further n-th end. */
static bool is_rectangular(const struct reader *reader) {
    const struct grid *grid = &reader->grid;
    const struct scan *scan = &reader->scan;
    if (scan->ends != scan->newlines * grid->columns) {
        return false;
    }
    size_t fine = 0;
    for (size_t i = grid->columns - 1; i < scan->ends; i += grid->columns) {
        fine += reader->chunk.bytes[grid->ends[i]] == '\n';
    }
    return fine == scan->newlines;
}

/* Only the starts of records are to be written down; all else is in place. */
static void take_rectangle(struct reader *reader) {
    struct grid *grid = &reader->grid;
    uint32_t start = 0;
    grid->rows = reader->scan.newlines;
    const uint32_t *last = grid->ends + grid->columns - 1;
    for (size_t row = 0; row < grid->rows; row++, last += grid->columns) {
        grid->starts[row] = start;
        start = *last + 1;
    }
}

/* A line without anything, or with the carriage return of its end alone. */
static bool is_blank(const char *bytes, size_t start, size_t end) {
    return end == start || (end == start + 1 && bytes[start] == '\r');
}

/* A record with `found` fields instead of the header's. It is counted as read here, since it never becomes a row of the
 * grid, where the others are counted. */
static bool report_ragged(struct reader *reader, size_t start, size_t end, size_t found) {
    char reason[96];
    const char *bytes = reader->chunk.bytes;
    end -= end > start && bytes[end - 1] == '\r';
    snprintf(reason, sizeof reason, "%zu field%s, but the header has %zu", found, found == 1 ? "" : "s",
             reader->grid.columns);
    reader->report->read++;
    return report_bad(reader, (struct till_slice){bytes + start, end - start}, bytes + start, "", reason);
}

/* The slow way, for chunks that are not rectangular. Ends are moved towards the front, never past the record that is
 * being looked at, so the same array serves as source and target. A blank line is no record, unless there is one
 * column: then it is an empty value, which the first test has taken. */
static enum till_status take_records(struct reader *reader, struct till_error *error) {
    struct grid *grid = &reader->grid;
    const char *bytes = reader->chunk.bytes;
    size_t first = 0;
    size_t kept = 0;
    uint32_t start = 0;
    grid->rows = 0;
    for (size_t i = 0; i < reader->scan.ends; i++) {
        uint32_t end = grid->ends[i];
        if (bytes[end] != '\n') {
            continue;
        }
        size_t found = i + 1 - first;
        if (found == grid->columns) {
            memmove(grid->ends + kept, grid->ends + first, found * sizeof *grid->ends);
            kept += found;
            grid->starts[grid->rows++] = start;
        } else if (!(found == 1 && is_blank(bytes, start, end)) && !report_ragged(reader, start, end, found)) {
            return till_error_memory(error);
        }
        first = i + 1;
        start = end + 1;
    }
    return TILL_OK;
}

/* Ragged records are one column each, blank ones among them: delimiters are no ends to whoever asked for whole records.
 * Fewer ends remain than there were, so they are moved in place. */
static void take_lines(struct reader *reader) {
    struct grid *grid = &reader->grid;
    uint32_t start = 0;
    grid->rows = 0;
    for (size_t i = 0; i < reader->scan.ends; i++) {
        uint32_t end = grid->ends[i];
        if (reader->chunk.bytes[end] != '\n') {
            continue;
        }
        grid->ends[grid->rows] = end;
        grid->starts[grid->rows++] = start;
        start = end + 1;
    }
}

/* The place of an offset: its line in the file and its byte in the line. Counting from the start of the chunk is dear,
 * and done once: for the fault that ends the file. */
static void place_of(const struct chunk *chunk, size_t offset, uint64_t *line, uint64_t *column) {
    size_t line_start = 0;
    *line = chunk->first_line;
    for (size_t i = 0; i < offset; i++) {
        if (chunk->bytes[i] == '\n') {
            ++*line;
            line_start = i + 1;
        }
    }
    *column = offset - line_start + 1;
}

/* Notes a fault that ends the file. It is part of the report, and so becomes the failure of the input in its turn,
 * behind whatever the chunks before this one have to say. */
static void set_fatal(struct reader *reader, size_t offset, const char *message) {
    uint64_t line;
    uint64_t column;
    place_of(&reader->chunk, offset, &line, &column);
    till_error_set(&reader->report->fatal, TILL_ERROR_DATA, "%s", message);
    till_error_at(&reader->report->fatal, reader->input->chunks.files[reader->chunk.file].name, line, column, NULL);
}

/* Broken quotes are not a bad row but the end: nobody can tell where the records behind them begin. */
static void name_fault(struct reader *reader) {
    static const char *const messages[] = {
        [SCAN_FINE] = "",
        [SCAN_QUOTE_INSIDE] =
            "quote inside an unquoted field (a field that holds quotes is quoted, its quotes doubled)",
        [SCAN_TEXT_BEHIND] = "text after a closing quote",
        [SCAN_QUOTE_OPEN] = "this quote is never closed",
    };
    set_fatal(reader, reader->scan.fault_at, messages[reader->scan.fault]);
}

/* Fields above the limit can only be in chunks above it, which are rare: all others are done after one comparison.
 * Whole records before the first such field are kept. */
static void limit_fields(struct reader *reader) {
    size_t limit = reader->input->chunks.max_field;
    size_t start = 0;
    size_t record = 0; /* ends before the record at hand */
    if (reader->chunk.length <= limit) {
        return;
    }
    for (size_t i = 0; i < reader->scan.ends; i++) {
        size_t end = reader->grid.ends[i];
        if (end - start > limit) {
            char message[96];
            snprintf(message, sizeof message, "field longer than %zu bytes (--max-field)", limit);
            set_fatal(reader, start, message);
            reader->scan.ends = record;
            return;
        }
        if (reader->chunk.bytes[end] == '\n') {
            record = i + 1;
        }
        start = end + 1;
    }
}

/* The fast index only marks a quote where none may stand; then the strict one goes over the same bytes, and either
 * clears the chunk or says what is wrong and where. It stops at the fault, so the grid holds what lies before it.
 * Offsets are 32 bits wide, which halves the memory that goes through the cache; hence the limit on one record. */
enum till_status reader_make_grid(struct reader *reader, struct till_error *error) {
    const struct chunks *chunks = &reader->input->chunks;
    struct chunk *chunk = &reader->chunk;
    struct grid *grid = &reader->grid;
    if (chunk->length > UINT32_MAX - SCAN_PADDING) {
        return till_error_set(error, TILL_ERROR_DATA, "a record longer than 4 GiB");
    }
    enum till_status status = reserve_ends(grid, chunk->length + SCAN_PADDING, error);
    if (status != TILL_OK) {
        return status;
    }
    grid->columns = chunks->schema.count;
    reader->scan = (struct scan){0};
    chunks->scanner->index(chunk->bytes, chunk->length, chunks->delimiter, grid->ends, &reader->scan);
    if (reader->scan.suspicious) {
        scan_strict(chunk->bytes, chunk->length, chunks->delimiter, grid->ends, &reader->scan);
        if (reader->scan.fault != SCAN_FINE) {
            name_fault(reader);
        }
    }
    limit_fields(reader);
    status = reserve_starts(grid, reader->scan.newlines + 1, error);
    if (status != TILL_OK) {
        return status;
    }
    if (reader->input->options.ragged) {
        take_lines(reader);
        return TILL_OK;
    }
    if (is_rectangular(reader)) {
        take_rectangle(reader);
        return TILL_OK;
    }
    return take_records(reader, error);
}
