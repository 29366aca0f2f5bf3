/* What a worker tells of a chunk: how many rows were read, used, filtered by which reason, and the bad ones, each with
 * a copy of its bytes, since the chunk is gone by the time when the reports before this one have come in. */
#include <stdlib.h>
#include <string.h>

#include "lib/data/reader.h"

struct report *report_new(void) {
    return calloc(1, sizeof(struct report));
}

void report_free(struct report *report) {
    if (report != NULL) {
        free(report->bad);
        till_text_free(&report->text);
        free(report);
    }
}

/* Texts are noted by their offsets, since the memory they lie in moves as it grows. The NUL behind them lets a reason
 * be printed as it is; a record has its length beside it, as it may hold a NUL of its own. */
static bool append_with_end(struct till_text *text, const char *bytes, size_t length, size_t *start) {
    *start = text->length;
    return till_text_append(text, bytes, length) && till_text_append(text, "", 1);
}

/* The line of a bad row is not worked out here: that would mean counting line feeds from the start of the chunk for
 * every one, and rows are judged column by column, thus not in order. Offsets are noted instead, and report_finish
 * counts once. */
bool report_bad(struct reader *reader, struct till_slice record, const char *field, const char *role,
                const char *reason) {
    struct report *report = reader->report;
    if (report->bad_count == report->bad_capacity) {
        size_t capacity = report->bad_capacity == 0 ? 16 : 2 * report->bad_capacity;
        struct bad_row *bad = realloc(report->bad, capacity * sizeof *bad);
        if (bad == NULL) {
            return false;
        }
        report->bad = bad;
        report->bad_capacity = capacity;
    }
    struct bad_row *bad = &report->bad[report->bad_count++];
    *bad = (struct bad_row){.record = (size_t)(record.bytes - reader->chunk.bytes),
                            .record_length = record.length,
                            .field = (size_t)(field - reader->chunk.bytes),
                            .role = role == NULL ? "" : role};
    return append_with_end(&report->text, reason, strlen(reason), &bad->reason) &&
           append_with_end(&report->text, record.bytes, record.length, &bad->copy);
}

static int by_record(const void *a, const void *b) {
    size_t left = ((const struct bad_row *)a)->record;
    size_t right = ((const struct bad_row *)b)->record;
    return (left > right) - (left < right);
}

/* Puts the bad rows into the order of the file and counts lines up to each, in one pass over the chunk. The count goes
 * on through the fields of a record, as quoted fields may hold line feeds: the line told is that of the field at fault.
 */
bool report_finish(struct reader *reader) {
    struct report *report = reader->report;
    if (report->bad_count == 0) {
        return true;
    }
    qsort(report->bad, report->bad_count, sizeof *report->bad, by_record); /* no ties: a row is bad once */
    uint64_t line = reader->chunk.first_line;
    size_t line_start = 0;
    size_t at = 0;
    for (size_t i = 0; i < report->bad_count; i++) {
        struct bad_row *bad = &report->bad[i];
        for (; at < bad->field; at++) {
            if (reader->chunk.bytes[at] == '\n') {
                line++;
                line_start = at + 1;
            }
        }
        bad->line = line;
        bad->column = bad->field - line_start + 1;
    }
    return true;
}
