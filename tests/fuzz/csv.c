/* The CSV reader on any bytes. The first byte says how they are read.
 *
 * As text (no NUL, ASCII alone): rows, bad rows and refusals are those of libcsv (tests/support/csv_reference.h).
 * Raw: vector code and portable code give the same rows, the same accounting and the same error, and the scanners the
 * same ends of fields. */
#include "tests/fuzz/fuzz.h"

#include <strings.h>

#include <till/input.h>

#include "lib/data/scan.h"
#include "tests/support/csv_reference.h"

/* libcsv does not judge a header with carriage returns inside or a spreadsheet's sep= line; the reader refuses both. */
static bool header_is_refused(const char *bytes, size_t length) {
    size_t start = 0;
    while (start < length && (bytes[start] == '\n' || bytes[start] == '\r'))
        start++;
    enum scan_fault fault;
    size_t end = start + scan_record_end(bytes + start, length - start, ',', &fault);
    for (size_t i = start; i + 1 < end; i++)
        if (bytes[i] == '\r')
            return true;
    return start > 0 || (end - start >= 4 && strncasecmp(bytes + start, "sep=", 4) == 0);
}

static void hold_to_libcsv(char *bytes, size_t length) {
    struct parsed expected = {0};
    for (size_t i = 0; i < length; i++)
        bytes[i] = (bytes[i] & 127) == 0 ? '"' : (char)(bytes[i] & 127);
    if (length > 0 && bytes[0] == '\x1f') /* gzip, or what a transfer of seven bits left of it */
        bytes[0] = '"';
    reference_parse(bytes, length, &expected);
    for (int portable = 0; portable < 2; portable++) {
        struct parsed actual = {0};
        reader_parse(scratch(bytes, length), portable == 1, &actual);
        bool excused = actual.failed && (expected.columns == 0 || header_is_refused(bytes, length));
        claim(excused || expected.failed == actual.failed, "libcsv and the reader refuse the same");
        if (!expected.failed && !actual.failed) {
            claim(expected.bad == actual.bad, "the same rows are bad");
            claim(till_slice_equal((struct till_slice){expected.rows.bytes, expected.rows.length},
                                   (struct till_slice){actual.rows.bytes, actual.rows.length}),
                  "the same rows are read");
        }
        parsed_free(&actual);
    }
    parsed_free(&expected);
}

/* What came of reading, as one text. */
static void describe(struct till_input *input, struct till_text *out, struct till_error *error) {
    const struct till_schema *schema = till_input_schema(input);
    struct till_wanted *wanted = calloc(schema->count, sizeof *wanted);
    for (size_t i = 0; i < schema->count; i++)
        wanted[i] = (struct till_wanted){.column = i, .type = TILL_TEXT, .missing = TILL_MISSING_PASSES, .role = ""};
    struct till_plan plan = {.wanted = wanted, .wanted_count = schema->count, .records = true};
    enum till_status status = till_input_start(input, &plan, error);
    struct till_block *block = till_block_new(input);
    while (status == TILL_OK && (status = till_input_next(input, block, error)) == TILL_OK && block->rows > 0)
        for (size_t row = 0; row < block->rows; row++) {
            for (size_t i = 0; i < schema->count; i++) {
                struct till_slice text = block->columns[i].text[row];
                till_text_append_format(out, "%zu,", text.length);
                till_text_append(out, text.bytes, text.length);
            }
            till_text_append(out, block->records[row].bytes, block->records[row].length);
        }
    const struct till_accounting *rows = till_input_accounting(input);
    claim(status != TILL_OK || rows->read == rows->used + rows->filtered + rows->rejected, "the accounting adds up");
    till_text_append_format(out, "%lu %lu", (unsigned long)rows->read, (unsigned long)rows->used);
    till_block_free(block);
    free(wanted);
}

static void read_raw(const char *path, const struct till_input_options *options, struct till_text *out) {
    struct till_input *input = NULL;
    struct till_error error = {0};
    if (till_input_open(&input, &path, 1, options, &error) == TILL_OK)
        describe(input, out, &error);
    till_input_close(input);
    claim(strlen(error.message) < sizeof error.message, "a message ends");
    for (const char *at = error.message; *at != '\0'; at++)
        claim((unsigned char)*at >= ' ' && *at != 127, "no control byte in a message");
    till_text_append_format(out, "%d %lu %lu %s", error.status, (unsigned long)error.line, (unsigned long)error.column,
                            error.message);
}

static void hold_to_itself(const char *bytes, size_t length, unsigned flags) {
    struct till_text texts[2] = {{0}, {0}};
    const char *path = scratch(bytes, length);
    for (int portable = 0; portable < 2; portable++) {
        struct till_input_options options = {.no_simd = portable == 1,
                                             .no_headers = (flags & 2) != 0,
                                             .delimiter = ",;\t|"[flags >> 2 & 3],
                                             .clean_ids = (flags & 16) != 0,
                                             .max_bad = (flags & 32) != 0 ? UINT64_MAX - 1 : 0,
                                             .footer = (flags & 64) != 0 ? "T" : NULL,
                                             .max_field = (flags & 128) != 0 ? 40 : 0};
        read_raw(path, &options, &texts[portable]);
    }
    claim(till_slice_equal((struct till_slice){texts[0].bytes, texts[0].length},
                           (struct till_slice){texts[1].bytes, texts[1].length}),
          "vector code and portable code read the same");
    till_text_free(&texts[0]);
    till_text_free(&texts[1]);
}

static void hold_scanners(const char *bytes, size_t length, char delimiter) {
    char *memory = calloc(1, length + 1 + 2 * SCAN_PADDING);
    uint32_t *ends[3];
    struct scan scans[3] = {{0}, {0}, {0}};
    memcpy(memory + SCAN_PADDING, bytes, length);
    memory[SCAN_PADDING + length] = '\n';
    for (int i = 0; i < 3; i++)
        ends[i] = malloc((length + 1 + SCAN_PADDING) * sizeof *ends[i]);
    scan_choose(false)->index(memory + SCAN_PADDING, length + 1, delimiter, ends[0], &scans[0]);
    scan_choose(true)->index(memory + SCAN_PADDING, length + 1, delimiter, ends[1], &scans[1]);
    scan_strict(memory + SCAN_PADDING, length + 1, delimiter, ends[2], &scans[2]);
    for (int i = 0; i < 2; i++) {
        claim(scans[i].suspicious == (scans[2].fault != SCAN_FINE), "scanners agree on what is broken");
        if (scans[2].fault == SCAN_FINE) {
            claim(scans[i].ends == scans[2].ends && scans[i].newlines == scans[2].newlines, "scanners count alike");
            claim(memcmp(ends[i], ends[2], scans[2].ends * sizeof **ends) == 0, "scanners find the same ends");
        }
    }
    for (int i = 0; i < 3; i++)
        free(ends[i]);
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    char *bytes = malloc(size);
    memcpy(bytes, data + 1, size - 1);
    hold_scanners(bytes, size - 1, ",;\t|"[data[0] >> 2 & 3]);
    if (data[0] & 1)
        hold_to_itself(bytes, size - 1, data[0]);
    else
        hold_to_libcsv(bytes, size - 1);
    free(bytes);
    return 0;
}
