/* header.h: the first record of a file, and what it makes of the columns. */
#ifndef TILL_DATA_HEADER_H
#define TILL_DATA_HEADER_H

#include "lib/data/chunks.h"

/* The first record of `text`, without its line end; *length is where the next one begins. False when the record does
 * not end yet; at the end of the file the rest is the record (and may be empty). */
bool header_find(const struct till_text *text, char delimiter, bool at_end, struct till_slice *record, size_t *length);

/* The schema of ragged records: one column, the whole record. */
enum till_status header_of_ragged(struct chunks *chunks, const struct input_file *file, struct till_error *error);

/* Checks the header of a file. The first one makes the schema, further ones must name the same columns, in any order.
 */
enum till_status header_take(struct chunks *chunks, struct input_file *file, struct till_slice record,
                             struct till_error *error);

#endif
