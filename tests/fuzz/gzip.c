/* A source on any bytes: what they decode to does not depend on how they are read; what gzip packed comes back. The
 * first byte says which encoding, and whether the bytes are packed first. */
#include "tests/fuzz/fuzz.h"

#include <zlib.h>

#include <till/source.h>
#include <till/text.h>

#include "lib/data/utf8.h"

static enum till_status read_all(const char *path, const char *encoding, size_t piece, struct till_text *out,
                                 struct till_fingerprint *digest) {
    struct till_source_options options = {.encoding = encoding, .digest = true};
    struct till_source *source;
    struct till_error error = {0};
    char buffer[4096];
    size_t got = 1;
    enum till_status status = till_source_open(&source, path, &options, &error);
    /* A bomb is read up to 4 MB. */
    while (status == TILL_OK && got > 0 && out->length < (size_t)4 << 20) {
        status = till_source_read(source, buffer, piece, &got, &error);
        if (status == TILL_OK)
            till_text_append(out, buffer, got);
    }
    if (status == TILL_OK)
        *digest = till_source_digest(source);
    else
        claim(error.message[0] != '\0', "an error says what it is");
    till_source_close(source);
    return status;
}

/* Bytes that the encoding does not allow are 0xFF; all else is UTF-8. */
static void hold_utf8(const struct till_text *text) {
    for (size_t at = 0; at < text->length; at++) {
        at += utf8_first_invalid(text->bytes + at, text->length - at);
        claim(at >= text->length || (unsigned char)text->bytes[at] == 0xFF, "what is decoded is UTF-8");
    }
}

static void hold_reading(const char *path, const char *encoding) {
    struct till_text texts[2] = {{0}, {0}};
    struct till_fingerprint digests[2] = {{0, 0}, {0, 0}};
    enum till_status whole = read_all(path, encoding, 4096, &texts[0], &digests[0]);
    enum till_status pieces = read_all(path, encoding, 61, &texts[1], &digests[1]);
    claim(whole == pieces, "pieces fail alike");
    if (whole == TILL_OK && texts[0].length < (size_t)4 << 20) {
        claim(till_slice_equal((struct till_slice){texts[0].bytes, texts[0].length},
                               (struct till_slice){texts[1].bytes, texts[1].length}),
              "pieces read the same");
        claim(till_fingerprint_equal(digests[0], digests[1]), "the digest does not depend on pieces");
        if (encoding != NULL && strcmp(encoding, "UTF-8") != 0) /* UTF-8 is taken as it is */
            hold_utf8(&texts[0]);
    }
    till_text_free(&texts[0]);
    till_text_free(&texts[1]);
}

/* Bytes without a mark of an encoding, packed as one member or two, come back. */
static void hold_packing(const uint8_t *data, size_t size, size_t cut) {
    unsigned char packed[8192];
    z_stream gzip = {0};
    struct till_text text = {0};
    struct till_fingerprint digest;
    size_t length = 0;
    bool marked = size >= 2 && (memcmp(data, "\xff\xfe", 2) == 0 || memcmp(data, "\xfe\xff", 2) == 0);
    marked = marked || (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) ||
             (size >= 4 && (memcmp(data, "\0\0\xfe\xff", 4) == 0 || memcmp(data, "\x84\x31\x95\x33", 4) == 0));
    if (marked || size > 4000)
        return;
    for (int part = 0; part < 2; part++) {
        size_t from = part == 0 ? 0 : cut, to = part == 0 ? cut : size;
        claim(deflateInit2(&gzip, 1 + 8 * part, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib packs");
        gzip.next_in = (Bytef *)(uintptr_t)(data + from);
        gzip.avail_in = (uInt)(to - from);
        gzip.next_out = packed + length;
        gzip.avail_out = (uInt)(sizeof packed - length);
        claim(deflate(&gzip, Z_FINISH) == Z_STREAM_END, "zlib packs");
        length = sizeof packed - gzip.avail_out;
        deflateEnd(&gzip);
    }
    claim(read_all(scratch(packed, length), NULL, 1000, &text, &digest) == TILL_OK, "what was packed is read");
    claim(text.length == size && (size == 0 || memcmp(text.bytes, data, size) == 0), "what was packed comes back");
    till_text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const encodings[] = {NULL,       "UTF-8",  "GB18030", "GBK", "ISO-8859-1",
                                            "UTF-16LE", "UTF-16", "UTF-32",  "BIG5"};
    if (size == 0)
        return 0;
    unsigned kind = data[0] % 16;
    if (kind < sizeof encodings / sizeof *encodings)
        hold_reading(scratch(data + 1, size - 1), encodings[kind]);
    else
        hold_packing(data + 1, size - 1, (size - 1) * (kind - 8) / 8);
    return 0;
}
