/* gzip (RFC 1952) out of a raw input: any number of members, one after the other, inflated by zlib straight into the
 * caller's buffer. zlib checks the header, the CRC-32 and the length of each member; what it leaves to its caller is
 * done here: the file must not end inside a member, and behind the last one there may be nothing but zero bytes (block
 * devices and tapes pad with them, and gzip(1) accepts that too). */
#include "source_layers.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Compressed bytes to a read. Larger gains nothing; smaller costs system calls. */
#define PIECE ((size_t)256 << 10)

/* Behind a member it is not known yet what follows, and nothing is inflated. */
enum place { INSIDE_MEMBER, BEHIND_MEMBER, AT_END };

struct till_gunzip {
    struct till_raw *raw; /* borrowed */
    z_stream stream;
    enum place place;
    unsigned char input[PIECE];
};

enum till_status till_gunzip_new(struct till_gunzip **gunzip, struct till_raw *raw, const unsigned char *start,
                                 size_t count, struct till_error *error) {
    *gunzip = NULL;
    struct till_gunzip *new = malloc(sizeof *new);
    if (new == NULL)
        return till_error_memory(error);
    new->raw = raw;
    new->place = INSIDE_MEMBER;
    memset(&new->stream, 0, sizeof new->stream);
    memcpy(new->input, start, count);
    /* The input goes on where the first bytes end; refill replaces them once they are used up. */
    new->stream.next_in = new->input;
    new->stream.avail_in = (uInt)count;
    if (inflateInit2(&new->stream, 16 + MAX_WBITS) != Z_OK) { /* 16: gzip alone, with its checks */
        free(new);
        return till_error_memory(error);
    }
    *gunzip = new;
    return TILL_OK;
}

void till_gunzip_free(struct till_gunzip *gunzip) {
    if (gunzip != NULL) {
        (void)inflateEnd(&gunzip->stream);
        free(gunzip);
    }
}

/* The place is in the compressed file, which is what a reader of the message can look at. */
static enum till_status damaged(const struct till_gunzip *gunzip, const char *what, struct till_error *error) {
    uint64_t place = gunzip->raw->position - gunzip->stream.avail_in;
    return till_error_set(error, TILL_ERROR_INPUT_OUTPUT, "damaged gzip: %s (at byte %llu)", what,
                          (unsigned long long)place);
}

/* Makes sure that there is input, unless the file is at its end. */
static enum till_status refill(struct till_gunzip *gunzip, struct till_error *error) {
    if (gunzip->stream.avail_in > 0)
        return TILL_OK;
    size_t got;
    enum till_status status = till_raw_read(gunzip->raw, gunzip->input, PIECE, &got, error);
    gunzip->stream.next_in = gunzip->input;
    gunzip->stream.avail_in = status == TILL_OK ? (uInt)got : 0;
    return status;
}

/* Reads padding to its end: all zero, or the file is damaged. */
static enum till_status skip_padding(struct till_gunzip *gunzip, struct till_error *error) {
    enum till_status status = TILL_OK;
    do {
        for (; gunzip->stream.avail_in > 0; gunzip->stream.next_in++, gunzip->stream.avail_in--)
            if (*gunzip->stream.next_in != 0)
                return damaged(gunzip, "something else than gzip follows", error);
        status = refill(gunzip, error);
    } while (status == TILL_OK && gunzip->stream.avail_in > 0);
    gunzip->place = AT_END;
    return status;
}

/* A member is complete: another one, padding, or the end. */
static enum till_status leave_member(struct till_gunzip *gunzip, struct till_error *error) {
    enum till_status status = refill(gunzip, error);
    if (status != TILL_OK)
        return status;
    if (gunzip->stream.avail_in == 0 || *gunzip->stream.next_in == 0)
        return skip_padding(gunzip, error);
    if (*gunzip->stream.next_in != 0x1f) /* the rest of the header is zlib's to check */
        return damaged(gunzip, "something else than gzip follows", error);
    (void)inflateReset(&gunzip->stream); /* fails for a broken z_stream alone */
    gunzip->place = INSIDE_MEMBER;
    return TILL_OK;
}

/* Inflates until the output is full, the piece of input is used up, or the member ends. */
static enum till_status inflate_piece(struct till_gunzip *gunzip, struct till_error *error) {
    enum till_status status = refill(gunzip, error);
    if (status != TILL_OK)
        return status;
    if (gunzip->stream.avail_in == 0)
        return damaged(gunzip, "unexpected end of file", error);
    switch (inflate(&gunzip->stream, Z_NO_FLUSH)) {
    case Z_OK:
    case Z_BUF_ERROR: /* nothing could be done with this little: more of either comes with the next round */
        return TILL_OK;
    case Z_STREAM_END:
        gunzip->place = BEHIND_MEMBER;
        return TILL_OK;
    case Z_MEM_ERROR:
        return till_error_memory(error);
    default:
        return damaged(gunzip, gunzip->stream.msg != NULL ? gunzip->stream.msg : "not a gzip stream", error);
    }
}

/* The buffer is filled across members, so that many small ones (bgzip, pigz -i, cat) cost no more than one. The trailer
 * of a member is read once more output is asked for, at the latest when the caller asks and gets nothing. */
enum till_status till_gunzip_read(struct till_gunzip *gunzip, void *buffer, size_t size, size_t *got,
                                  struct till_error *error) {
    unsigned char *out = buffer;
    enum till_status status = TILL_OK;
    *got = 0;
    while (status == TILL_OK && *got < size && gunzip->place != AT_END) {
        if (gunzip->place == BEHIND_MEMBER) {
            status = leave_member(gunzip, error);
            continue;
        }
        /* zlib counts in unsigned int. */
        size_t room = size - *got < UINT_MAX ? size - *got : UINT_MAX;
        gunzip->stream.next_out = out + *got;
        gunzip->stream.avail_out = (uInt)room;
        status = inflate_piece(gunzip, error);
        *got += room - gunzip->stream.avail_out;
    }
    return status;
}
