/* Errors are values that the caller owns. A text is always formatted into a buffer of its own before the old error is
 * cleared, so a caller may wrap an error in itself: till_error_set(e, e->status, "%s (in %s)", e->message, name).
 * Where a text does not fit it is cut between characters, so what is printed stays valid UTF-8. */
#include <till/error.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The longest part of a path that a message shows; the rest of it is needed for the reason. */
enum { PATH_SHOWN = 320, QUOTE_LIMIT = 64 };

static bool is_continuation(unsigned char byte) {
    return (byte & 0xc0) == 0x80;
}

/* The length of the UTF-8 character at `bytes` (Unicode 15, table 3-7), or 0 when it is not a whole, valid one. */
static size_t character_length(const unsigned char *bytes, size_t length) {
    unsigned char first = bytes[0];
    if (first < 0x80)
        return 1;
    size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || size > length)
        return 0;
    for (size_t i = 1; i < size; i++)
        if (!is_continuation(bytes[i]))
            return 0;
    /* Overlong forms, surrogates, and what lies above U+10FFFF show in the second byte. */
    bool bad = (first == 0xe0 && bytes[1] < 0xa0) || (first == 0xed && bytes[1] > 0x9f) ||
               (first == 0xf0 && bytes[1] < 0x90) || (first == 0xf4 && bytes[1] > 0x8f);
    return bad ? 0 : size;
}

/* Ends `text`, which holds `length` bytes of a text that was cut there, before a character that is not whole. */
static void end_between_characters(char *text, size_t length) {
    size_t start = length;
    while (start > 0 && length - start < 3 && is_continuation((unsigned char)text[start - 1]))
        start--;
    if (start > 0 && (unsigned char)text[start - 1] >= 0xc0) {
        const unsigned char *last = (const unsigned char *)text + start - 1;
        if (character_length(last, length - start + 1) == 0)
            length = start - 1;
    }
    text[length] = '\0';
}

/* Copies a NUL-terminated text that may overlap; NULL is empty. */
static void copy_text(char *out, size_t size, const char *text) {
    size_t length = text == NULL ? 0 : strlen(text);
    if (length < size) {
        memmove(out, text == NULL ? "" : text, length);
        out[length] = '\0';
    } else {
        memmove(out, text, size - 1);
        end_between_characters(out, size - 1);
    }
}

enum till_status till_error_set(struct till_error *error, enum till_status status, const char *format, ...) {
    if (error == NULL)
        return status;
    char message[sizeof error->message];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (length < 0)
        copy_text(message, sizeof message, format);
    else if ((size_t)length >= sizeof message)
        end_between_characters(message, sizeof message - 1);
    error->status = status;
    memcpy(error->message, message, sizeof message);
    till_error_at(error, NULL, 0, 0, NULL);
    return status;
}

enum till_status till_error_memory(struct till_error *error) {
    return till_error_set(error, TILL_ERROR_MEMORY, "out of memory");
}

enum till_status till_error_system(struct till_error *error, const char *path, const char *what, int code) {
    char reason[128];
    if (strerror_r(code, reason, sizeof reason) != 0)
        snprintf(reason, sizeof reason, "error %d", code);
    if (path == NULL)
        return till_error_set(error, TILL_ERROR_INPUT_OUTPUT, "%s: %s", what, reason);
    /* A long path keeps its end, where the file's name is. */
    size_t length = strlen(path);
    const char *shown = path, *dots = "";
    if (length > PATH_SHOWN) {
        shown = path + length - PATH_SHOWN;
        dots = "...";
        while (is_continuation((unsigned char)*shown))
            shown++;
    }
    return till_error_set(error, TILL_ERROR_INPUT_OUTPUT, "%s%s: %s: %s", dots, shown, what, reason);
}

void till_error_at(struct till_error *error, const char *file, uint64_t line, uint64_t column, const char *role) {
    if (error == NULL)
        return;
    error->line = line;
    error->column = column;
    copy_text(error->file, sizeof error->file, file);
    copy_text(error->role, sizeof error->role, role);
}

/* Characters that are valid but would move the cursor, break the line or turn the reading direction: C1 controls
 * (U+0080..9F), line and paragraph separators and embeddings (U+2028..202E), isolates (U+2066..2069). */
static bool is_deceptive(const unsigned char *bytes, size_t size) {
    if (size == 2)
        return bytes[0] == 0xc2 && bytes[1] < 0xa0;
    if (size != 3 || bytes[0] != 0xe2)
        return false;
    return (bytes[1] == 0x80 && bytes[2] >= 0xa8 && bytes[2] <= 0xae) ||
           (bytes[1] == 0x81 && bytes[2] >= 0xa6 && bytes[2] <= 0xa9);
}

static char *write_hex(char *out, unsigned char byte) {
    static const char digits[] = "0123456789abcdef";
    *out++ = '\\';
    *out++ = 'x';
    *out++ = digits[byte >> 4];
    *out++ = digits[byte & 15];
    return out;
}

/* Writes one ASCII byte, escaped where it must be. */
static char *write_ascii(char *out, unsigned char byte) {
    static const char named[] = "\"\\\n\t\r", letters[] = "\"\\ntr";
    const char *name = byte == 0 ? NULL : strchr(named, byte);
    if (name != NULL) {
        *out++ = '\\';
        *out++ = letters[name - named];
    } else if (byte < 0x20 || byte == 0x7f) {
        out = write_hex(out, byte);
    } else {
        *out++ = (char)byte;
    }
    return out;
}

char *till_error_quote(char out[TILL_QUOTED_SIZE], const char *bytes, size_t length) {
    const unsigned char *text = (const unsigned char *)bytes;
    char *end = out;
    size_t at = 0;
    *end++ = '"';
    while (at < length && at < QUOTE_LIMIT) {
        size_t size = character_length(text + at, length - at);
        if (at + size > QUOTE_LIMIT)
            break;
        if (size == 1) {
            end = write_ascii(end, text[at]);
        } else if (size == 0 || is_deceptive(text + at, size)) {
            size = size == 0 ? 1 : size;
            for (size_t i = 0; i < size; i++)
                end = write_hex(end, text[at + i]);
        } else {
            memcpy(end, text + at, size);
            end += size;
        }
        at += size;
    }
    *end++ = '"';
    /* Behind the quote, so that dots in the data are not taken for a cut. */
    memcpy(end, at < length ? "..." : "", at < length ? 4 : 1);
    return out;
}
