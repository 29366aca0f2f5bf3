/* Records in the order of adding: a run of memory, and behind it a file. A record is its length (7 bits a byte, low
 * ones first, the top bit set on all but the last byte) and then its bytes, in both places alike. Once a record no
 * longer fits into the memory, it and all that follow go to the file, so that order needs no index. The file is
 * unlinked as soon as it is open: whatever happens, nothing is left behind. It is written and read in large pieces
 * through one window, which comes on top of the memory asked for. */
#include <till/rows.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes to a read or write of the file. */
#define PIECE ((size_t)256 << 10)
/* Of a length of 64 bits, 7 to a byte. */
#define LONGEST_PREFIX 10
/* Where doubling begins. */
#define SMALLEST_MEMORY ((size_t)4 << 10)

struct till_rows {
    char *directory;
    uint64_t count;
    size_t limit;    /* of the memory below */
    char *memory;    /* the first records */
    size_t used;     /* bytes of it */
    size_t capacity; /* grows by doubling, up to the limit */
    int file;        /* -1: all is in memory */
    uint64_t file_size;
    struct till_text window; /* bytes still to be written, or those read ahead */
    bool reading;
    size_t memory_at; /* where reading stands: in the memory, */
    size_t window_at; /* in the window, */
    uint64_t file_at; /* and in the file, behind the window */
};

struct till_rows *till_rows_new(size_t memory, const char *directory) {
    struct till_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL)
        return NULL;
    rows->limit = memory;
    rows->file = -1;
    rows->directory = strdup(directory == NULL ? "/tmp" : directory);
    if (rows->directory == NULL) {
        free(rows);
        return NULL;
    }
    return rows;
}

void till_rows_free(struct till_rows *rows) {
    if (rows == NULL)
        return;
    if (rows->file >= 0)
        (void)close(rows->file);
    till_text_free(&rows->window);
    free(rows->memory);
    free(rows->directory);
    free(rows);
}

uint64_t till_rows_count(const struct till_rows *rows) {
    return rows->count;
}

/* Writes a length before its record; returns how many bytes that took. */
static size_t write_prefix(unsigned char *out, size_t length) {
    size_t size = 0;
    for (; length >= 0x80; length >>= 7)
        out[size++] = (unsigned char)(length | 0x80);
    out[size++] = (unsigned char)length;
    return size;
}

/* Reads it back, from `room` bytes; 0 when they do not hold a whole one. */
static size_t read_prefix(const char *bytes, size_t room, size_t *length) {
    *length = 0;
    for (size_t i = 0; i < room && i < LONGEST_PREFIX; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        *length |= (size_t)(byte & 0x7F) << (7 * i);
        if (byte < 0x80)
            return i + 1;
    }
    return 0;
}

/* Room for `more` bytes of memory: false when that is over the limit, or more than there is. */
static bool fits_memory(struct till_rows *rows, size_t more) {
    if (rows->file >= 0 || more > rows->limit - rows->used)
        return false;
    size_t need = rows->used + more;
    if (need <= rows->capacity)
        return true;
    size_t capacity = rows->capacity < SMALLEST_MEMORY ? SMALLEST_MEMORY : rows->capacity;
    while (capacity < need && capacity <= SIZE_MAX / 2)
        capacity *= 2;
    capacity = capacity > rows->limit || capacity < need ? rows->limit : capacity;
    char *grown = realloc(rows->memory, capacity);
    if (grown == NULL)
        return false; /* the file is there for this */
    rows->memory = grown;
    rows->capacity = capacity;
    return true;
}

/* Makes the file and takes its name away at once. */
static enum till_status open_file(struct till_rows *rows, struct till_error *error) {
    static const char name[] = "/till-rows-XXXXXX";
    size_t length = strlen(rows->directory);
    char *path = malloc(length + sizeof name);
    if (path == NULL)
        return till_error_memory(error);
    memcpy(path, rows->directory, length);
    memcpy(path + length, name, sizeof name);
    int file = mkstemp(path);
    enum till_status status = TILL_OK;
    if (file < 0) {
        status = till_error_system(error, rows->directory, "cannot make a temporary file", errno);
    } else {
        (void)unlink(path);
        (void)fcntl(file, F_SETFD, FD_CLOEXEC);
        rows->file = file;
    }
    free(path);
    return status;
}

/* Writes the window out. */
static enum till_status flush(struct till_rows *rows, struct till_error *error) {
    size_t done = 0;
    while (done < rows->window.length) {
        ssize_t written = write(rows->file, rows->window.bytes + done, rows->window.length - done);
        if (written < 0 && errno != EINTR)
            return till_error_system(error, rows->directory, "cannot write a temporary file", errno);
        done += written > 0 ? (size_t)written : 0;
    }
    rows->file_size += done;
    rows->window.length = 0;
    return TILL_OK;
}

/* Into the window, and from there to the file once a piece is full. */
static enum till_status add_to_file(struct till_rows *rows, const unsigned char *prefix, size_t size,
                                    struct till_slice record, struct till_error *error) {
    enum till_status status = rows->file < 0 ? open_file(rows, error) : TILL_OK;
    if (status != TILL_OK)
        return status;
    size_t before = rows->window.length;
    if (!till_text_append(&rows->window, prefix, size) ||
        !till_text_append(&rows->window, record.bytes, record.length)) {
        rows->window.length = before;
        return till_error_memory(error);
    }
    return rows->window.length >= PIECE ? flush(rows, error) : TILL_OK;
}

enum till_status till_rows_add(struct till_rows *rows, struct till_slice record, struct till_error *error) {
    if (rows->reading)
        return till_error_set(error, TILL_ERROR_USAGE, "no rows can be added once they are being read");
    /* Only the first record that does not fit opens the file; from then on none goes to memory, or order would be lost.
     */
    unsigned char prefix[LONGEST_PREFIX];
    size_t size = write_prefix(prefix, record.length);
    if (record.length <= SIZE_MAX - LONGEST_PREFIX && fits_memory(rows, size + record.length)) {
        memcpy(rows->memory + rows->used, prefix, size);
        if (record.length > 0)
            memcpy(rows->memory + rows->used + size, record.bytes, record.length);
        rows->used += size + record.length;
    } else {
        enum till_status status = add_to_file(rows, prefix, size, record, error);
        if (status != TILL_OK)
            return status;
    }
    rows->count++;
    return TILL_OK;
}

/* The first time, what the window still holds is written; afterwards the window serves reading. */
enum till_status till_rows_rewind(struct till_rows *rows, struct till_error *error) {
    if (!rows->reading && rows->file >= 0) {
        enum till_status status = flush(rows, error);
        if (status != TILL_OK)
            return status;
    }
    rows->reading = true;
    rows->memory_at = 0;
    rows->window_at = 0;
    rows->window.length = 0;
    rows->file_at = 0;
    return TILL_OK;
}

/* Reads on until the window holds `need` bytes behind window_at, or the file ends. */
static enum till_status look_ahead(struct till_rows *rows, size_t need, struct till_error *error) {
    size_t left = rows->window.length - rows->window_at;
    if (left >= need || rows->file_at == rows->file_size)
        return TILL_OK;
    if (left > 0)
        memmove(rows->window.bytes, rows->window.bytes + rows->window_at, left);
    rows->window.length = left;
    rows->window_at = 0;
    size_t more = need - left > PIECE ? need - left : PIECE;
    if (!till_text_reserve(&rows->window, more))
        return till_error_memory(error);
    while (rows->window.length < need && rows->file_at < rows->file_size) {
        char *out = rows->window.bytes + rows->window.length;
        ssize_t got = pread(rows->file, out, left + more - rows->window.length, (off_t)rows->file_at);
        if (got == 0 || (got < 0 && errno != EINTR)) /* 0: somebody cut the file */
            return till_error_system(error, rows->directory, "cannot read a temporary file", got == 0 ? EIO : errno);
        rows->window.length += got > 0 ? (size_t)got : 0;
        rows->file_at += got > 0 ? (size_t)got : 0;
    }
    return TILL_OK;
}

/* Reads the length, then makes sure that the record is there whole; *record stays empty at the end of the file. */
static enum till_status next_of_file(struct till_rows *rows, struct till_slice *record, struct till_error *error) {
    enum till_status status = look_ahead(rows, LONGEST_PREFIX, error);
    if (status != TILL_OK || rows->window_at == rows->window.length)
        return status;
    size_t length;
    size_t size = read_prefix(rows->window.bytes + rows->window_at, rows->window.length - rows->window_at, &length);
    status = look_ahead(rows, size + length, error);
    if (status != TILL_OK)
        return status;
    if (size == 0 || rows->window.length - rows->window_at - size < length) {
        return till_error_set(error, TILL_ERROR_INPUT_OUTPUT, "%s: a temporary file changed while in use",
                              rows->directory);
    }
    *record = (struct till_slice){rows->window.bytes + rows->window_at + size, length};
    rows->window_at += size + length;
    return TILL_OK;
}

enum till_status till_rows_next(struct till_rows *rows, struct till_slice *record, struct till_error *error) {
    *record = (struct till_slice){NULL, 0};
    if (!rows->reading)
        return till_error_set(error, TILL_ERROR_USAGE, "rows must be rewound before they are read");
    if (rows->memory_at < rows->used) {
        const char *bytes = rows->memory + rows->memory_at;
        size_t size = read_prefix(bytes, rows->used - rows->memory_at, &record->length);
        record->bytes = bytes + size;
        rows->memory_at += size + record->length;
        return TILL_OK;
    }
    return rows->file < 0 ? TILL_OK : next_of_file(rows, record, error);
}
