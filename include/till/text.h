/* till/text.h: slices of bytes, and bytes that grow.
 *
 *     struct till_text text = {0};
 *     till_text_append(&text, "abc", 3);
 *     till_text_free(&text);
 */
#ifndef TILL_TEXT_H
#define TILL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <till/error.h>

/* Bytes that somebody else owns. `bytes` NULL means "missing", which is not the same as empty. No NUL at the end. */
struct till_slice {
    const char *bytes;
    size_t length;
};

static inline struct till_slice till_slice_of(const char *text) {
    return (struct till_slice){text, text == NULL ? 0 : strlen(text)};
}

/* Byte order, as `LC_ALL=C sort` has it: negative, zero or positive. */
static inline int till_slice_compare(struct till_slice a, struct till_slice b) {
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter == 0 ? 0 : memcmp(a.bytes, b.bytes, shorter);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

static inline bool till_slice_equal(struct till_slice a, struct till_slice b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* A copy of the bytes, with a NUL behind them, which the caller frees; NULL when memory is out. */
TILL_API char *till_slice_copy(struct till_slice slice);

/* A growable run of bytes. Start with {0}. Not NUL-terminated unless till_text_string is asked. */
struct till_text {
    char *bytes;
    size_t length;
    size_t capacity;
};

/* Makes room for `more` bytes behind the present ones; false when memory is out (the text is unchanged).
 * Growth doubles, so n appends cost O(n). */
TILL_API bool till_text_reserve(struct till_text *text, size_t more);

TILL_API bool till_text_append(struct till_text *text, const void *bytes, size_t length);
TILL_API bool till_text_append_string(struct till_text *text, const char *string);
TILL_API bool till_text_append_format(struct till_text *text, const char *format, ...) TILL_PRINTF(2, 3);

/* The bytes as a NUL-terminated string, owned by the text; NULL when memory is out. */
TILL_API const char *till_text_string(struct till_text *text);

/* Frees the bytes and leaves {0}. */
TILL_API void till_text_free(struct till_text *text);

#endif
