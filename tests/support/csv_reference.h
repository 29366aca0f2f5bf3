/* csv_reference.h: what libcsv makes of a whole file, held against what the reader makes of it. Used by a unit test
 * with random bytes, and by the fuzzer.
 *
 * libcsv is asked strictly: no blanks trimmed, line feeds alone as record ends. What the reader promises beyond that is
 * done to its answer here: CRLF ends a record outside quotes, blank lines are skipped unless there is one column, and a
 * record with another number of fields than the header is a bad row. */
#ifndef TESTS_CSV_REFERENCE_H
#define TESTS_CSV_REFERENCE_H

#include <csv.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <till/input.h>

/* Rows as text: fields separated by 0x1F, rows by 0x1E; bad rows counted. */
struct parsed {
    struct till_text rows;
    struct till_text row;
    size_t fields;  /* of the row at hand */
    size_t columns; /* of the header; 0: not seen yet */
    size_t bad;
    bool failed;
};

static inline int reference_never(unsigned char c) {
    (void)c;
    return 0;
}

static inline int reference_line_feed(unsigned char c) {
    return c == '\n';
}

static inline void reference_field(void *bytes, size_t length, void *context) {
    struct parsed *parsed = context;
    till_text_append(&parsed->row, bytes, length);
    till_text_append(&parsed->row, "\x1f", 1);
    parsed->fields++;
}

static inline void reference_record(int end, void *context) {
    struct parsed *parsed = context;
    (void)end;
    bool blank = parsed->fields == 0;
    if (blank) {
        till_text_append(&parsed->row, "\x1f", 1);
        parsed->fields = 1;
    }
    if (parsed->columns == 0) {
        if (!blank) {
            parsed->columns = parsed->fields;
        }
    } else if (parsed->fields == parsed->columns) {
        till_text_append(&parsed->rows, parsed->row.bytes, parsed->row.length);
        till_text_append(&parsed->rows, "\x1e", 1);
    } else if (!blank) {
        parsed->bad++;
    }
    parsed->row.length = 0;
    parsed->fields = 0;
}

/* CRLF becomes LF outside quotes, and so does a CR at the very end. Where quotes are broken libcsv will say so. */
static inline size_t reference_line_ends(const char *bytes, size_t length, char *out) {
    bool inside = false;
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        inside ^= bytes[i] == '"';
        bool ends = !inside && bytes[i] == '\r' && (i + 1 == length || bytes[i + 1] == '\n');
        if (!ends) {
            out[kept++] = bytes[i];
        } else if (i + 1 == length) {
            out[kept++] = '\n';
        }
    }
    return kept;
}

static inline void reference_parse(const char *bytes, size_t length, struct parsed *parsed) {
    struct csv_parser parser;
    char *clean = malloc(length + 1);
    size_t kept = reference_line_ends(bytes, length, clean);
    csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
    csv_set_space_func(&parser, reference_never);
    csv_set_term_func(&parser, reference_line_feed);
    parsed->failed = csv_parse(&parser, clean, kept, reference_field, reference_record, parsed) != kept ||
                     csv_fini(&parser, reference_field, reference_record, parsed) != 0;
    csv_free(&parser);
    free(clean);
}

/* The same through the reader, with all columns wanted as text. */
static inline void reader_parse(const char *path, bool no_simd, struct parsed *parsed) {
    struct till_error error = {0};
    struct till_input *input = NULL;
    struct till_input_options options = {.no_simd = no_simd, .max_bad = UINT64_MAX - 1};
    parsed->failed = till_input_open(&input, &path, 1, &options, &error) != TILL_OK;
    if (parsed->failed) {
        return;
    }
    parsed->columns = till_input_schema(input)->count;
    struct till_wanted *wanted = calloc(parsed->columns, sizeof *wanted);
    for (size_t i = 0; i < parsed->columns; i++) {
        wanted[i] = (struct till_wanted){.column = i, .type = TILL_TEXT, .missing = TILL_MISSING_PASSES, .role = ""};
    }
    struct till_plan plan = {.wanted = wanted, .wanted_count = parsed->columns};
    parsed->failed = till_input_start(input, &plan, &error) != TILL_OK;
    struct till_block *block = till_block_new(input);
    while (!parsed->failed) {
        parsed->failed = till_input_next(input, block, &error) != TILL_OK;
        if (parsed->failed || block->rows == 0) {
            break;
        }
        for (size_t row = 0; row < block->rows; row++) {
            for (size_t column = 0; column < parsed->columns; column++) {
                struct till_slice text = block->columns[column].text[row];
                till_text_append(&parsed->rows, text.bytes == NULL ? "" : text.bytes, text.length);
                till_text_append(&parsed->rows, "\x1f", 1);
            }
            till_text_append(&parsed->rows, "\x1e", 1);
        }
    }
    parsed->bad = till_input_accounting(input)->rejected;
    till_block_free(block);
    free(wanted);
    till_input_close(input);
}

static inline void parsed_free(struct parsed *parsed) {
    till_text_free(&parsed->rows);
    till_text_free(&parsed->row);
}

/* True when reader and libcsv agree on a file, or the reader is right not to look at it (not UTF-8, a NUL, bare
 * carriage returns in the header: things libcsv does not judge). */
static inline bool reader_agrees(const char *path, const char *bytes, size_t length, bool no_simd) {
    struct parsed expected = {0};
    struct parsed actual = {0};
    reference_parse(bytes, length, &expected);
    reader_parse(path, no_simd, &actual);
    bool agrees = expected.failed == actual.failed || (expected.columns == 0 && actual.failed);
    if (agrees && !expected.failed && !actual.failed) {
        agrees = expected.bad == actual.bad && expected.rows.length == actual.rows.length &&
                 (expected.rows.length == 0 || memcmp(expected.rows.bytes, actual.rows.bytes, actual.rows.length) == 0);
    }
    parsed_free(&expected);
    parsed_free(&actual);
    return agrees;
}

static inline bool write_file(const char *path, const char *bytes, size_t length) {
    FILE *file = fopen(path, "wb");
    bool fine = file != NULL && fwrite(bytes, 1, length, file) == length;
    return file != NULL && fclose(file) == 0 && fine;
}

#endif
