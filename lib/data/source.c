/* An input as one stream of UTF-8, through up to three layers: raw bytes, gzip when the first bytes say so, an encoding
 * when one is named. A plain UTF-8 file has only the first, and its bytes go from the system straight into the caller's
 * buffer.
 *
 * Opening reads the first four bytes, which is what it takes to know gzip and every byte order mark; they are held and
 * given out again. The order is fixed: gzip first, then the byte order mark of what was inside, then the encoding. */
#include <till/source.h>

#include <stdlib.h>
#include <string.h>

#include "source_layers.h"

/* The longest byte order mark, and more than gzip's magic bytes. */
#define HELD 4

struct till_source {
    char *path;
    const char *name; /* the path, or "(standard input)" */
    struct till_raw raw;
    struct till_gunzip *gunzip;
    struct till_decoder *decoder;
    unsigned char held[HELD]; /* bytes read ahead, out of gzip and not yet decoded: [held_at, held_end) */
    size_t held_at;
    size_t held_end;
    uint64_t bytes;
    bool digesting;
    struct till_digest digest;
    struct till_error failure; /* the first one, given again to who reads on */
};

/* Undecoded bytes: those held, then those of the file, out of gzip where it is gzip. */
static enum till_status pull_unpacked(void *context, void *buffer, size_t size, size_t *got, struct till_error *error) {
    struct till_source *source = context;
    unsigned char *out = buffer;
    size_t more = 0;
    size_t held = source->held_end - source->held_at;
    held = held < size ? held : size;
    memcpy(out, source->held + source->held_at, held);
    source->held_at += held;
    enum till_status status = source->gunzip != NULL
                                  ? till_gunzip_read(source->gunzip, out + held, size - held, &more, error)
                                  : till_raw_read(&source->raw, out + held, size - held, &more, error);
    *got = held + more;
    return status;
}

/* Fills the held bytes; fewer than four only when the input is as short as that. */
static enum till_status hold(struct till_source *source, struct till_error *error) {
    size_t got = 0;
    source->held_at = source->held_end = 0;
    enum till_status status = pull_unpacked(source, source->held, HELD, &got, error);
    source->held_end = got;
    return status;
}

/* gzip with one of its two magic bytes damaged. Its third byte (8: deflate) is a backspace, and a lone 0x8b is no
 * UTF-8, so no text begins so; without this, a damaged file would pass as text. A file of 0x1f alone is cut gzip. */
static bool almost_gzip(const unsigned char *start, size_t count) {
    return (count == 1 && start[0] == 0x1f) ||
           (count >= 3 && start[2] == 8 && (start[0] == 0x1f) != (start[1] == 0x8b));
}

/* Puts the gzip layer in, when the file is gzip. */
static enum till_status unpack(struct till_source *source, bool utf8, struct till_error *error) {
    if (source->held_end >= 2 && source->held[0] == 0x1f && source->held[1] == 0x8b) {
        enum till_status status = till_gunzip_new(&source->gunzip, &source->raw, source->held, source->held_end, error);
        return status == TILL_OK ? hold(source, error) : status;
    }
    if (utf8 && almost_gzip(source->held, source->held_end))
        return till_error_set(error, TILL_ERROR_INPUT_OUTPUT, "damaged gzip: its first bytes are wrong or missing");
    return TILL_OK;
}

/* Byte order marks: U+FEFF in each encoding. Longer ones come before those that begin like them. */
struct mark {
    const char *encoding;
    const char *bytes;
    size_t length;
    size_t unit;
};
static const struct mark marks[] = {
    {"UTF-32LE", "\xFF\xFE\x00\x00", 4, 4}, {"UTF-32BE", "\x00\x00\xFE\xFF", 4, 4},
    {"UTF-16LE", "\xFF\xFE", 2, 2},         {"UTF-16BE", "\xFE\xFF", 2, 2},
    {"UTF-8", "\xEF\xBB\xBF", 3, 1},        {"GB18030", "\x84\x31\x95\x33", 4, 1},
};

/* The mark at the start of the held bytes, or NULL. In an encoding of two or four bytes only its own marks are looked
 * for: elsewhere the bytes are ordinary text there. */
static const struct mark *find_mark(const struct till_source *source, size_t unit) {
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if ((unit == 1 || marks[i].unit == unit) && marks[i].length <= source->held_end &&
            memcmp(marks[i].bytes, source->held, marks[i].length) == 0)
            return &marks[i];
    return NULL;
}

/* Whether a mark is what the named encoding would begin with. */
static bool mark_fits(const struct mark *mark, struct till_encoding named) {
    struct till_encoding marked = till_encoding_of(mark->encoding);
    return marked.unit == named.unit && marked.utf8 == named.utf8 && marked.gb18030 == named.gb18030 &&
           (!named.ordered || marked.big == named.big);
}

/* Drops the mark, or refuses the input when it speaks against the encoding. *decode is the encoding to decode from,
 * NULL for UTF-8. UTF-16 and UTF-32 need the mark to know the order of bytes. */
static enum till_status settle_encoding(struct till_source *source, const char *encoding, const char **decode,
                                        struct till_error *error) {
    struct till_encoding named = till_encoding_of(encoding == NULL ? "UTF-8" : encoding);
    const struct mark *mark = find_mark(source, named.unit);
    *decode = named.utf8 ? NULL : encoding;
    if (mark == NULL) {
        if (named.unit == 1 || named.ordered || source->held_end == 0)
            return TILL_OK;
        return till_error_set(error, TILL_ERROR_DATA, "no byte order mark: name the order, as in --encoding=%s",
                              named.unit == 2 ? "UTF-16LE" : "UTF-32LE");
    }
    if (mark_fits(mark, named)) {
        source->held_at = mark->length;
        *decode = named.utf8 ? NULL : (named.ordered || named.unit == 1) ? encoding : mark->encoding;
        return TILL_OK;
    }
    if (encoding == NULL) {
        return till_error_set(error, TILL_ERROR_DATA, "starts with a %s byte order mark (try --encoding=%s)",
                              mark->encoding, mark->encoding);
    }
    char quoted[TILL_QUOTED_SIZE];
    return till_error_set(error, TILL_ERROR_DATA, "starts with a %s byte order mark, but the encoding asked for is %s",
                          mark->encoding, till_error_quote(quoted, encoding, strlen(encoding)));
}

/* Puts the decoder in. It is made a first time before anything is read, so that an unknown name is told at once. */
static enum till_status decode_from(struct till_source *source, const char *encoding, struct till_error *error) {
    till_decoder_free(source->decoder);
    source->decoder = NULL;
    if (encoding == NULL || till_encoding_of(encoding).utf8)
        return TILL_OK;
    return till_decoder_new(&source->decoder, encoding, pull_unpacked, source, error);
}

/* Opens the file and looks at its first bytes. Trouble with reading has no line; trouble with the mark is at line 1. */
static enum till_status begin(struct till_source *source, const char *encoding, struct till_error *error) {
    enum till_status status = till_raw_open(&source->raw, source->path, error);
    if (status == TILL_OK)
        status = hold(source, error);
    if (status == TILL_OK)
        status = unpack(source, source->decoder == NULL, error);
    if (status != TILL_OK) {
        till_error_at(error, source->name, 0, 0, NULL);
        return status;
    }
    const char *decode = NULL;
    status = settle_encoding(source, encoding, &decode, error);
    if (status == TILL_OK && decode != encoding)
        status = decode_from(source, decode, error);
    if (status != TILL_OK)
        till_error_at(error, source->name, 1, 0, NULL);
    return status;
}

/* A source that can be closed at any point of opening. */
static struct till_source *allocate(const char *path) {
    struct till_source *source = calloc(1, sizeof *source);
    char *copy = strdup(path);
    if (source == NULL || copy == NULL) {
        free(source);
        free(copy);
        return NULL;
    }
    source->path = copy;
    source->name = strcmp(path, "-") == 0 ? "(standard input)" : copy;
    source->raw.descriptor = -1;
    return source;
}

enum till_status till_source_open(struct till_source **source, const char *path,
                                  const struct till_source_options *options, struct till_error *error) {
    *source = NULL;
    const char *encoding = options == NULL ? NULL : options->encoding;
    struct till_source *new = allocate(path);
    if (new == NULL)
        return till_error_memory(error);
    new->digesting = options != NULL && options->digest;
    till_digest_start(&new->digest);
    /* An unknown encoding is told before the file is touched: on a pipe, that could mean waiting for it. */
    enum till_status status = decode_from(new, encoding, error);
    if (status == TILL_OK)
        status = begin(new, encoding, error);
    if (status != TILL_OK) {
        till_source_close(new);
        return status;
    }
    *source = new;
    return TILL_OK;
}

/* The first error is kept and given again: whoever reads on after an error must not take the rest for good. */
enum till_status till_source_read(struct till_source *source, void *buffer, size_t size, size_t *got,
                                  struct till_error *error) {
    if (source->failure.status != TILL_OK) {
        *got = 0;
        if (error != NULL)
            *error = source->failure;
        return source->failure.status;
    }
    enum till_status status = source->decoder != NULL
                                  ? till_decoder_read(source->decoder, buffer, size, got, &source->failure)
                                  : pull_unpacked(source, buffer, size, got, &source->failure);
    if (status != TILL_OK) {
        till_error_at(&source->failure, source->name, 0, 0, NULL);
        return till_source_read(source, buffer, size, got, error);
    }
    source->bytes += *got;
    if (source->digesting)
        till_digest_add(&source->digest, buffer, *got);
    return TILL_OK;
}

bool till_source_decodes(const struct till_source *source) {
    return source->gunzip != NULL || source->decoder != NULL;
}

const char *till_source_name(const struct till_source *source) {
    return source->name;
}

uint64_t till_source_position(const struct till_source *source) {
    return source->raw.position;
}

uint64_t till_source_size(const struct till_source *source) {
    return source->raw.size;
}

uint64_t till_source_bytes(const struct till_source *source) {
    return source->bytes;
}

struct till_fingerprint till_source_digest(const struct till_source *source) {
    return till_digest_finish(&source->digest);
}

bool till_source_identity(const struct till_source *source, uint64_t *device, uint64_t *inode) {
    *device = source->raw.device;
    *inode = source->raw.inode;
    return source->raw.regular;
}

void till_source_close(struct till_source *source) {
    if (source != NULL) {
        till_decoder_free(source->decoder);
        till_gunzip_free(source->gunzip);
        till_raw_close(&source->raw);
        free(source->path);
        free(source);
    }
}
