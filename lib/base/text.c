/* A growable run of bytes: the capacity doubles, so that n appended bytes are copied at most twice over. */
#include <till/text.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SMALLEST = 64 };

char *till_slice_copy(struct till_slice slice) {
    char *copy = malloc(slice.length + 1);
    if (copy == NULL)
        return NULL;
    if (slice.length > 0)
        memcpy(copy, slice.bytes, slice.length);
    copy[slice.length] = '\0';
    return copy;
}

bool till_text_reserve(struct till_text *text, size_t more) {
    if (more <= text->capacity - text->length)
        return true;
    if (more > SIZE_MAX / 2 - text->length)
        return false;
    size_t capacity = text->capacity < SMALLEST ? SMALLEST : text->capacity;
    while (capacity < text->length + more)
        capacity *= 2;
    char *bytes = realloc(text->bytes, capacity);
    if (bytes == NULL)
        return false;
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

bool till_text_append(struct till_text *text, const void *bytes, size_t length) {
    if (!till_text_reserve(text, length))
        return false;
    if (length > 0)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    return true;
}

bool till_text_append_string(struct till_text *text, const char *string) {
    return till_text_append(text, string, strlen(string));
}

bool till_text_append_format(struct till_text *text, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    /* One byte more for the NUL that vsnprintf wants; it is not counted. */
    bool done = length >= 0 && till_text_reserve(text, (size_t)length + 1);
    if (done) {
        vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
    return done;
}

const char *till_text_string(struct till_text *text) {
    if (!till_text_reserve(text, 1))
        return NULL;
    text->bytes[text->length] = '\0';
    return text->bytes;
}

void till_text_free(struct till_text *text) {
    free(text->bytes);
    *text = (struct till_text){0};
}
