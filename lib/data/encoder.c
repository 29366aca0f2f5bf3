/* UTF-8 into another encoding, by iconv, with nothing replaced in silence.
 *
 * "UTF-16" and "UTF-32" leave the byte order to the machine; here they are little-endian with a mark in front
 * everywhere, so that the bytes do not depend on where the tool runs. */
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "writer_parts.h"

static const char mark[] = "\xEF\xBB\xBF";

struct encoder {
    iconv_t handle; /* (iconv_t)-1: UTF-8, copied */
    const char *name;
    bool owes_mark;
};

static bool is_utf8(const char *name) {
    return name == NULL || strcasecmp(name, "UTF-8") == 0 || strcasecmp(name, "UTF8") == 0;
}

static bool is_unmarked_unicode(const char *name) {
    return strcasecmp(name, "UTF-16") == 0 || strcasecmp(name, "UTF-32") == 0;
}

static enum till_status unknown(const char *name, struct till_error *error) {
    return till_error_set(error, TILL_ERROR_USAGE, "unknown output encoding: %s (iconv -l lists them)", name);
}

/* The C library calls an encoding unknown also when it has no memory to load it, so what is unknown is asked for twice,
 */
static iconv_t open_iconv(const char *name) {
    iconv_t handle = iconv_open(name, "UTF-8");
    return handle == (iconv_t)-1 && errno == EINVAL ? iconv_open(name, "UTF-8") : handle;
}

/* and memory is asked for, too. */
static bool has_memory(void) {
    void *some = malloc(4096);
    free(some);
    return some != NULL;
}

/* An empty name would be that of the locale, and behind a slash stand orders (//TRANSLIT) to replace characters. */
static bool is_plain(const char *name) {
    return *name != '\0' && strchr(name, '/') == NULL;
}

static enum till_status open_handle(struct encoder *encoder, struct till_error *error) {
    char ordered[16];
    const char *name = encoder->name;
    if (is_unmarked_unicode(name)) {
        memcpy(ordered, name, 6);
        memcpy(ordered + 6, "LE", 3);
        name = ordered;
        encoder->owes_mark = true;
    }
    encoder->handle = open_iconv(name);
    if (encoder->handle != (iconv_t)-1)
        return TILL_OK;
    if (errno == ENOMEM || !has_memory())
        return till_error_memory(error);
    return unknown(encoder->name, error);
}

enum till_status encoder_new(struct encoder **encoder, const char *encoding, bool bom, struct till_error *error) {
    *encoder = NULL;
    if (encoding != NULL && !is_plain(encoding))
        return unknown(encoding, error);
    if (is_utf8(encoding) && !bom)
        return TILL_OK;
    if (bom && !is_utf8(encoding) && strncasecmp(encoding, "UTF-", 4) != 0)
        return till_error_set(error, TILL_ERROR_USAGE,
                              "a byte order mark belongs to UTF-8, UTF-16 and UTF-32; %s has none", encoding);
    struct encoder *new = malloc(sizeof *new);
    if (new == NULL)
        return till_error_memory(error);
    *new = (struct encoder){.handle = (iconv_t)-1, .name = encoding, .owes_mark = bom};
    enum till_status status = is_utf8(encoding) ? TILL_OK : open_handle(new, error);
    if (status == TILL_OK)
        *encoder = new;
    else
        free(new);
    return status;
}

void encoder_free(struct encoder *encoder) {
    if (encoder != NULL && encoder->handle != (iconv_t)-1)
        iconv_close(encoder->handle);
    free(encoder);
}

static enum till_status refuse(const struct encoder *encoder, const char *bytes, size_t length,
                               struct till_error *error) {
    char quoted[TILL_QUOTED_SIZE];
    size_t taken;
    int32_t character = utf8_next(bytes, length, &taken);
    till_error_quote(quoted, bytes, taken);
    if (character < 0)
        return till_error_set(error, TILL_ERROR_DATA, "%s is not valid UTF-8 and cannot be written as %s", quoted,
                              encoder->name);
    return till_error_set(error, TILL_ERROR_DATA, "%s (U+%04X) is not in the output encoding %s (try GB18030 or UTF-8)",
                          quoted, (unsigned)character, encoder->name);
}

/* Appends `length` bytes; length 0 (and bytes NULL) resets a stateful encoding. */
static enum till_status convert(const struct encoder *encoder, const char *bytes, size_t length, struct till_text *out,
                                struct till_error *error) {
    char *from = (char *)(uintptr_t)bytes; /* iconv's prototype lacks the const that its behaviour has */
    for (;;) {
        if (!till_text_reserve(out, length * 2 + 64))
            return till_error_memory(error);
        char *to = out->bytes + out->length;
        size_t room = out->capacity - out->length;
        size_t result = iconv(encoder->handle, from == NULL ? NULL : &from, &length, &to, &room);
        int code = errno;
        out->length = (size_t)(to - out->bytes);
        if (result != (size_t)-1)
            return TILL_OK;
        if (code != E2BIG)
            return refuse(encoder, from, length, error);
    }
}

enum till_status encoder_add(struct encoder *encoder, const char *bytes, size_t length, struct till_text *out,
                             struct till_error *error) {
    bool copies = encoder->handle == (iconv_t)-1;
    if (encoder->owes_mark) {
        encoder->owes_mark = false;
        if (copies && !till_text_append(out, mark, 3))
            return till_error_memory(error);
        enum till_status status = copies ? TILL_OK : convert(encoder, mark, 3, out, error);
        if (status != TILL_OK)
            return status;
    }
    if (!copies)
        return convert(encoder, length == 0 ? NULL : bytes, length, out, error);
    return till_text_append(out, bytes, length) ? TILL_OK : till_error_memory(error);
}
