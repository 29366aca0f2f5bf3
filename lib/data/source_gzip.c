/* gzip (RFC 1952) out of a raw input: any number of members, one after the other, inflated by zlib straight into the
 * caller's buffer. zlib reads the headers; the CRC-32 and the length of each member are checked here, by a faster
 * checksum than zlib's (lib/base/crc32.h), against the last eight bytes that zlib took in. The file must not end inside
 * a member, and behind the last one there may be nothing but zero bytes (block devices and tapes pad with them, and
 * gzip(1) accepts that too). */
#include "source_layers.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "lib/base/bytes.h"
#include "lib/base/crc32.h"

/* Compressed bytes to a read. Larger gains nothing; smaller costs system calls. */
#define PIECE ((size_t)256 << 10)

/* Behind a member it is not known yet what follows, and nothing is inflated. */
enum place { INSIDE_MEMBER, BEHIND_MEMBER, AT_END };

struct till_gunzip {
    struct till_raw *raw; /* borrowed */
    z_stream stream;
    gz_header header; /* asked for to know when it is over: only it is left to zlib to check */
    enum place place;
    uint32_t crc;    /* of the member's bytes so far */
    uint32_t length; /* how many, modulo 2^32 */
    unsigned char
        trailer[8]; /* the last bytes that were taken in: at the end of a member, what they should have been */
    unsigned char input[PIECE];
};

/* Before the first byte of a member. These calls fail for a broken z_stream alone. */
static void start_member(struct till_gunzip *gunzip) {
    memset(&gunzip->header, 0, sizeof gunzip->header);
    (void)inflateGetHeader(&gunzip->stream, &gunzip->header);
    (void)inflateValidate(&gunzip->stream, 1);
    gunzip->place = INSIDE_MEMBER;
    gunzip->crc = 0;
    gunzip->length = 0;
}

enum till_status till_gunzip_new(struct till_gunzip **gunzip, struct till_raw *raw, const unsigned char *start,
                                 size_t count, struct till_error *error) {
    *gunzip = NULL;
    struct till_gunzip *new = malloc(sizeof *new);
    if (new == NULL)
        return till_error_memory(error);
    new->raw = raw;
    memset(&new->stream, 0, sizeof new->stream);
    memcpy(new->input, start, count);
    /* The input goes on where the first bytes end; refill replaces them once they are used up. */
    new->stream.next_in = new->input;
    new->stream.avail_in = (uInt)count;
    if (inflateInit2(&new->stream, 16 + MAX_WBITS) != Z_OK) { /* 16: gzip alone */
        free(new);
        return till_error_memory(error);
    }
    start_member(new);
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
    (void)inflateReset(&gunzip->stream);
    start_member(gunzip);
    return TILL_OK;
}

/* Remembers the last eight of the bytes that zlib took in. */
static void keep_trailer(struct till_gunzip *gunzip, const unsigned char *taken, size_t count) {
    size_t whole = sizeof gunzip->trailer;
    if (count >= whole) {
        memcpy(gunzip->trailer, taken + count - whole, whole);
    } else {
        memmove(gunzip->trailer, gunzip->trailer + count, whole - count);
        memcpy(gunzip->trailer + whole - count, taken, count);
    }
}

/* The end of a member: its checksum and its length have to be those of what came out. */
static enum till_status check_member(struct till_gunzip *gunzip, struct till_error *error) {
    gunzip->place = BEHIND_MEMBER;
    if (load_32(gunzip->trailer) != gunzip->crc)
        return damaged(gunzip, "incorrect data check", error);
    if (load_32(gunzip->trailer + 4) != gunzip->length)
        return damaged(gunzip, "incorrect length check", error);
    return TILL_OK;
}

/* Takes in the header alone, with zlib's check of it, by leaving no room for what follows. */
static int inflate_header(struct till_gunzip *gunzip) {
    uInt room = gunzip->stream.avail_out;
    gunzip->stream.avail_out = 0;
    int result = inflate(&gunzip->stream, Z_NO_FLUSH);
    gunzip->stream.avail_out = room;
    if (gunzip->header.done == 1)
        (void)inflateValidate(&gunzip->stream, 0);
    return result;
}

/* Inflates until the output is full, the piece of input is used up, or the member ends. */
static enum till_status inflate_piece(struct till_gunzip *gunzip, struct till_error *error) {
    enum till_status status = refill(gunzip, error);
    if (status != TILL_OK)
        return status;
    if (gunzip->stream.avail_in == 0)
        return damaged(gunzip, "unexpected end of file", error);
    const unsigned char *taken = gunzip->stream.next_in;
    const unsigned char *made = gunzip->stream.next_out;
    int result = gunzip->header.done == 1 ? inflate(&gunzip->stream, Z_NO_FLUSH) : inflate_header(gunzip);
    size_t more = (size_t)(gunzip->stream.next_out - made);
    keep_trailer(gunzip, taken, (size_t)(gunzip->stream.next_in - taken));
    gunzip->crc = crc32_add(gunzip->crc, made, more);
    gunzip->length += (uint32_t)more;
    switch (result) {
    case Z_OK:
    case Z_BUF_ERROR: /* nothing could be done with this little: more of either comes with the next round */
        return TILL_OK;
    case Z_STREAM_END:
        return check_member(gunzip, error);
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
