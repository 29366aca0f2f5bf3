/* unquote.h: the content of a quoted field, by libcsv. */
#ifndef TILL_DATA_UNQUOTE_H
#define TILL_DATA_UNQUOTE_H

#include <csv.h>
#include <stdbool.h>
#include <string.h>

#include <till/text.h>

struct unquoter {
    struct csv_parser parser;
    bool ready;
    bool out_of_memory; /* the reason of the last failure */
};

/* False when memory is out. */
bool unquoter_open(struct unquoter *unquoter, char delimiter);
void unquoter_close(struct unquoter *unquoter);

/* Writes the content of one field to `out`, which has room for `field.length` bytes, and points `content` at it. False
 * when libcsv refuses the field or memory is out (out_of_memory tells which). */
bool unquoter_field(struct unquoter *unquoter, struct till_slice field, char *out, struct till_slice *content);

/* True for a field whose content is simply what stands between its quotes. */
static inline bool field_is_plainly_quoted(struct till_slice field) {
    return field.length >= 2 && field.bytes[0] == '"' && field.bytes[field.length - 1] == '"' &&
           memchr(field.bytes + 1, '"', field.length - 2) == NULL;
}

#endif
