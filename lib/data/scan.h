/* scan.h: where records and fields end, found by vector code. */
#ifndef TILL_DATA_SCAN_H
#define TILL_DATA_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Readable bytes that every buffer keeps before and behind its content, so that vector loads need no care. */
#define SCAN_PADDING 64

/* What breaks the grammar of quotes. */
enum scan_fault { SCAN_FINE, SCAN_QUOTE_INSIDE, SCAN_TEXT_BEHIND, SCAN_QUOTE_OPEN };

struct scan {
    size_t ends;           /* how many field ends were found */
    size_t newlines;       /* how many of them are record ends */
    bool quotes;           /* there is a quote somewhere */
    bool high;             /* a byte above 127: UTF-8 must be checked */
    bool nul;              /* a NUL byte */
    bool suspicious;       /* a quote where none may stand: ask scan_strict */
    enum scan_fault fault; /* scan_strict: what is wrong, and where (for an open quote: where it opened) */
    size_t fault_at;
};

/* The vector code of one instruction set. All give the same answers. */
struct scanner {
    /* Adds the newlines and quotes in bytes[0..length) to the counts. */
    void (*count)(const char *bytes, size_t length, uint64_t *newlines, uint64_t *quotes);
    /* Fills `ends` (room for length + 64) with the offsets of all delimiters and line feeds outside quotes. The bytes
     * start outside quotes; `scan` starts as {0}. */
    void (*index)(const char *bytes, size_t length, char delimiter, uint32_t *ends, struct scan *scan);
};

/* The scanners that this machine can run, from the portable one to the best; NULL behind the last. */
const struct scanner *scan_supported(size_t index);

/* The best scanner for this machine, or the portable one. */
const struct scanner *scan_choose(bool portable);

/* The same index, byte by byte, up to the first fault of the grammar, which it names. */
void scan_strict(const char *bytes, size_t length, char delimiter, uint32_t *ends, struct scan *scan);

/* The offset of the end of the field that begins at `at`; `length` when it goes to the end of the bytes or breaks the
 * grammar. */
size_t scan_field_end(const char *bytes, size_t length, size_t at, char delimiter, enum scan_fault *fault);

/* The offset of the line feed that ends the first record, or `length` when it does not end or breaks the grammar
 * (`fault`). */
size_t scan_record_end(const char *bytes, size_t length, char delimiter, enum scan_fault *fault);

/* The offset where the field begins that is still open at the end of the bytes. `fault` says what breaks the grammar
 * before that (SCAN_QUOTE_OPEN when it is an open quote that keeps the field open). */
size_t scan_open_field(const char *bytes, size_t length, char delimiter, enum scan_fault *fault);

#endif
