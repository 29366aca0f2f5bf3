/* Another encoding to UTF-8, by the C library's iconv. What iconv leaves to its caller is done here: sequences that a
 * read cuts in two are completed, and what the encoding does not allow becomes one 0xFF byte for each smallest unit (a
 * byte; two in UTF-16, four in UTF-32), after which decoding goes on with the next unit. 0xFF occurs in no UTF-8 text,
 * so the row that it stands in is found to be bad, and a line end behind it is still seen. A sequence that the end of
 * input cuts gives a single 0xFF. The result does not depend on how input or output are cut. */
#include "source_layers.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

/* Undecoded bytes to a read: small enough to stay in the cache beside what comes out. */
#define PIECE ((size_t)64 << 10)

/* iconv writes whole characters, and stops early when the next does not fit. With less room than this it writes into a
 * spill buffer instead, from which the caller's buffer is filled to the last byte. */
#define ROOM ((size_t)64)

/* No encoding has longer sequences: a longer rest that iconv calls incomplete is invalid. */
#define LONGEST_SEQUENCE ((size_t)32)

struct till_decoder {
    iconv_t converter;
    size_t unit; /* bytes to skip where the input is invalid */
    till_pull *pull;
    void *context;
    bool ended;   /* the layer below has no more */
    bool flushed; /* and neither has iconv */
    char *next;   /* input not yet converted: `left` bytes inside of `input` */
    size_t left;
    size_t spill_at; /* bytes [spill_at, spill_end) of the spill are still to be given out */
    size_t spill_end;
    char spill[ROOM];
    char input[PIECE];
};

/* The name in capitals without punctuation: "utf-8" is "UTF8". Cut at the size of `out`. */
static void normalise(char out[24], const char *name) {
    size_t length = 0;
    for (; *name != '\0' && length < 23; name++) {
        char c = *name;
        if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
            out[length++] = c;
        else if (c >= 'a' && c <= 'z')
            out[length++] = (char)(c - 'a' + 'A');
    }
    out[length] = '\0';
}

static bool begins(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Names that iconv knows for UTF-16 and UTF-32 are recognised by how they begin, and the order of bytes by how they
 * end. */
struct till_encoding till_encoding_of(const char *name) {
    char plain[24];
    normalise(plain, name);
    struct till_encoding encoding = {.unit = 1};
    encoding.utf8 = strcmp(plain, "UTF8") == 0;
    encoding.gb18030 = begins(plain, "GB18030");
    if (begins(plain, "UTF16") || begins(plain, "UCS2") || begins(plain, "UNICODE"))
        encoding.unit = 2;
    else if (begins(plain, "UTF32") || begins(plain, "UCS4"))
        encoding.unit = 4;
    encoding.big = strstr(plain, "BE") != NULL || strstr(plain, "BIG") != NULL;
    encoding.ordered = encoding.big || strstr(plain, "LE") != NULL || strstr(plain, "LITTLE") != NULL;
    return encoding;
}

static enum till_status unknown(const char *name, struct till_error *error) {
    char quoted[TILL_QUOTED_SIZE];
    return till_error_set(error, TILL_ERROR_USAGE, "unknown encoding: %s (iconv -l lists them)",
                          till_error_quote(quoted, name, strlen(name)));
}

/* An empty name would be that of the locale, and behind a slash iconv takes orders (//IGNORE, //TRANSLIT) that lose
 * bytes in silence. */
static enum till_status open_converter(iconv_t *converter, const char *name, struct till_error *error) {
    if (*name == '\0' || strchr(name, '/') != NULL)
        return unknown(name, error);
    *converter = iconv_open("UTF-8", name);
    if (*converter != (iconv_t)-1)
        return TILL_OK;
    return errno == ENOMEM ? till_error_memory(error) : unknown(name, error);
}

enum till_status till_decoder_new(struct till_decoder **decoder, const char *name, till_pull *pull, void *context,
                                  struct till_error *error) {
    *decoder = NULL;
    struct till_decoder *new = calloc(1, sizeof *new);
    if (new == NULL)
        return till_error_memory(error);
    enum till_status status = open_converter(&new->converter, name, error);
    if (status != TILL_OK) {
        free(new);
        return status;
    }
    /* Skipping single bytes of UTF-16 would put all that follows out of step. */
    new->unit = till_encoding_of(name).unit;
    new->pull = pull;
    new->context = context;
    new->next = new->input;
    *decoder = new;
    return TILL_OK;
}

void till_decoder_free(struct till_decoder *decoder) {
    if (decoder != NULL) {
        (void)iconv_close(decoder->converter);
        free(decoder);
    }
}

/* Moves the rest of the input to the front and reads more behind it. */
static enum till_status refill(struct till_decoder *decoder, struct till_error *error) {
    size_t got;
    memmove(decoder->input, decoder->next, decoder->left);
    decoder->next = decoder->input;
    enum till_status status =
        decoder->pull(decoder->context, decoder->input + decoder->left, PIECE - decoder->left, &got, error);
    if (status == TILL_OK) {
        decoder->left += got;
        decoder->ended = got == 0;
    }
    return status;
}

/* Puts 0xFF in the place of the next `length` bytes of input. */
static void reject(struct till_decoder *decoder, size_t length, char **out, size_t *room) {
    length = length < decoder->left ? length : decoder->left;
    decoder->next += length;
    decoder->left -= length;
    *(*out)++ = (char)0xFF;
    --*room;
}

/* Converts once, with room for any character. Where nothing moves, the reason is dealt with. */
static enum till_status convert(struct till_decoder *decoder, char **out, size_t *room, struct till_error *error) {
    size_t left = decoder->left;
    size_t before = *room;
    if (iconv(decoder->converter, &decoder->next, &decoder->left, out, room) != (size_t)-1)
        return TILL_OK;
    if (decoder->left != left || *room != before)
        return TILL_OK; /* what stopped it stops it again at once, and then with all the room there is */
    if (errno != EINVAL || decoder->left >= LONGEST_SEQUENCE) {
        reject(decoder, decoder->unit, out, room);
        return TILL_OK;
    }
    if (!decoder->ended)
        return refill(decoder, error);
    reject(decoder, decoder->left, out, room);
    return TILL_OK;
}

/* Converts into the spill buffer; at the end of input, what iconv still holds back. */
static enum till_status fill_spill(struct till_decoder *decoder, struct till_error *error) {
    enum till_status status = TILL_OK;
    char *out = decoder->spill;
    size_t room = ROOM;
    if (decoder->left > 0) {
        status = convert(decoder, &out, &room, error);
    } else {
        (void)iconv(decoder->converter, NULL, NULL, &out, &room);
        decoder->flushed = true;
    }
    decoder->spill_at = 0;
    decoder->spill_end = ROOM - room;
    return status;
}

/* Gives out as much of the spill as there is room for. */
static size_t take_spill(struct till_decoder *decoder, char *out, size_t room) {
    size_t length = decoder->spill_end - decoder->spill_at;
    length = length < room ? length : room;
    memcpy(out, decoder->spill + decoder->spill_at, length);
    decoder->spill_at += length;
    return length;
}

/* Each round does one thing: gives out the spill, reads, converts, or flushes, until the buffer is full or all is done.
 */
enum till_status till_decoder_read(struct till_decoder *decoder, void *buffer, size_t size, size_t *got,
                                   struct till_error *error) {
    char *out = buffer;
    size_t room = size;
    enum till_status status = TILL_OK;
    while (status == TILL_OK && room > 0) {
        if (decoder->spill_at < decoder->spill_end) {
            size_t taken = take_spill(decoder, out, room);
            out += taken;
            room -= taken;
        } else if (decoder->left == 0 && !decoder->ended) {
            status = refill(decoder, error);
        } else if (decoder->left == 0 && decoder->flushed) {
            break;
        } else if (decoder->left > 0 && room >= ROOM) {
            status = convert(decoder, &out, &room, error);
        } else {
            status = fill_spill(decoder, error);
        }
    }
    *got = size - room;
    return status;
}
