/* till/rows.h: records kept as bytes until they are passed through, in memory and then in a temporary file.
 *
 *     struct till_rows *rows = till_rows_new(64 << 20);
 *     till_rows_add(rows, record, &error);
 *     till_rows_rewind(rows, &error);
 *     while (till_rows_next(rows, &record, &error) == TILL_OK && record.bytes != NULL) ...
 *     till_rows_free(rows);
 */
#ifndef TILL_ROWS_H
#define TILL_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include <till/error.h>
#include <till/text.h>

struct till_rows;

/* An empty store that keeps up to `memory` bytes in memory and the rest in an unlinked temporary file in `directory`
 * (NULL: /tmp; callers pass what TMPDIR says). Up to 256 KiB, or the longest record, come on top. NULL when memory is
 * out. */
TILL_API struct till_rows *till_rows_new(size_t memory, const char *directory);
TILL_API void till_rows_free(struct till_rows *rows);

/* Copies a record to the end, O(length). Errors: TILL_ERROR_INPUT_OUTPUT (no temporary file, a full disk),
 * TILL_ERROR_MEMORY, TILL_ERROR_USAGE (after a rewind). After an error the store is good for till_rows_free alone. */
TILL_API enum till_status till_rows_add(struct till_rows *rows, struct till_slice record, struct till_error *error);
TILL_API uint64_t till_rows_count(const struct till_rows *rows);

/* Back to the first record; no more may be added. May be called again. */
TILL_API enum till_status till_rows_rewind(struct till_rows *rows, struct till_error *error);

/* The next record in the order of adding, valid until the next call; bytes NULL behind the last. */
TILL_API enum till_status till_rows_next(struct till_rows *rows, struct till_slice *record, struct till_error *error);

#endif
