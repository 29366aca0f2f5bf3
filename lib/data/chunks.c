/* Cutting the input into chunks of whole records, without parsing them.
 *
 * A chunk begins outside quotes. Counting the quotes of what was read tells whether its end is inside quotes; walking
 * back from the end, a line feed is a record's end when the number of quotes behind it leaves the state "outside". That
 * is exact as long as quotes stand where RFC 4180 allows them; where they do not, the cut may be wrong, but only behind
 * the first such quote, and the parser stops there. What lies behind the cut is carried over to the next chunk. */
#include "lib/data/chunks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/data/header.h"

enum { CHUNK_SIZE = 256 * 1024 };

/* ------------------------------------------------------------------ chunks */

/* Makes room, keeping the bytes. Vector code reads whole blocks of 64 bytes, also where fewer are left, and the fast
 * parsers look a few bytes back: so there is padding on both sides, which nobody may interpret. */
bool chunk_reserve(struct chunk *chunk, size_t capacity) {
    if (capacity <= chunk->capacity) {
        return true;
    }
    char *memory = malloc(capacity + 2 * SCAN_PADDING);
    if (memory == NULL) {
        return false;
    }
    memset(memory, 0, SCAN_PADDING);
    if (chunk->bytes != NULL) {
        memcpy(memory + SCAN_PADDING, chunk->bytes, chunk->length);
        free(chunk->bytes - SCAN_PADDING);
    }
    chunk->bytes = memory + SCAN_PADDING;
    chunk->capacity = capacity;
    return true;
}

void chunk_free(struct chunk *chunk) {
    if (chunk->bytes != NULL) {
        free(chunk->bytes - SCAN_PADDING);
    }
    *chunk = (struct chunk){0};
}

/* ------------------------------------------------------------------ files */

/* Keeps what the source knows of itself before it is closed: how many bytes there were, decoded and in the file, and
 * their digest, which is only complete now. */
static void note_end_of_file(struct chunks *chunks) {
    struct input_file *file = &chunks->files[chunks->opened - 1];
    file->bytes = till_source_bytes(chunks->source);
    file->file_bytes = till_source_position(chunks->source);
    if (chunks->options->digest) {
        file->has_digest = true;
        file->digest = till_source_digest(chunks->source);
    }
    till_source_close(chunks->source);
    chunks->source = NULL;
}

/* Reads more behind the carry; sets `drained` at the end of the file. Headers are found in the carry, before there are
 * chunks. */
static enum till_status fill_carry(struct chunks *chunks, struct till_error *error) {
    if (!till_text_reserve(&chunks->carry, CHUNK_SIZE)) {
        return till_error_memory(error);
    }
    size_t got = 0;
    enum till_status status =
        till_source_read(chunks->source, chunks->carry.bytes + chunks->carry.length, CHUNK_SIZE, &got, error);
    chunks->carry.length += got;
    chunks->drained = status == TILL_OK && got == 0;
    return status;
}

/* Drops the first bytes of the carry. */
static void drop_carry(struct chunks *chunks, size_t length) {
    if (length == 0) {
        return;
    }
    memmove(chunks->carry.bytes, chunks->carry.bytes + length, chunks->carry.length - length);
    chunks->carry.length -= length;
}

/* Drops options.skip lines, whatever they hold: they are no CSV, so a quote in them means nothing. */
static enum till_status skip_lines(struct chunks *chunks, struct till_error *error) {
    for (uint64_t lines = chunks->options->skip; lines > 0;) {
        char *end = chunks->carry.length == 0 ? NULL : memchr(chunks->carry.bytes, '\n', chunks->carry.length);
        if (end != NULL) {
            drop_carry(chunks, (size_t)(end - chunks->carry.bytes) + 1);
            chunks->line++;
            lines--;
        } else if (chunks->drained) {
            chunks->carry.length = 0;
            return TILL_OK;
        } else {
            enum till_status status = fill_carry(chunks, error);
            if (status != TILL_OK) {
                return status;
            }
        }
    }
    return TILL_OK;
}

/* Blank lines before the header. They are counted, so that later messages name the right line. */
static void drop_blank_lines(struct chunks *chunks) {
    size_t blank = 0;
    for (;;) {
        const char *at = chunks->carry.bytes + blank;
        size_t left = chunks->carry.length - blank;
        size_t length = left > 0 && at[0] == '\n' ? 1 : left > 1 && at[0] == '\r' && at[1] == '\n' ? 2 : 0;
        if (length == 0) {
            break;
        }
        blank += length;
        chunks->line++;
    }
    drop_carry(chunks, blank);
}

/* Finds the header record in the carry, reading on until it is whole; at the end of the file the rest is the header.
 * *length is what to drop, its line end included. A file that is not text may have no line end for gigabytes, so
 * there is a limit. */
static enum till_status find_header(struct chunks *chunks, struct till_slice *record, size_t *length,
                                    struct till_error *error) {
    for (;;) {
        drop_blank_lines(chunks);
        if (header_find(&chunks->carry, chunks->delimiter, chunks->drained, record, length) || chunks->drained) {
            return TILL_OK;
        }
        if (chunks->carry.length > chunks->max_field && chunks->carry.length > 16 * (size_t)CHUNK_SIZE) {
            till_error_set(error, TILL_ERROR_DATA, "the header is longer than %zu bytes (--max-field)",
                           chunks->max_field);
            till_error_at(error, till_source_name(chunks->source), chunks->line, 1, NULL);
            return TILL_ERROR_DATA;
        }
        enum till_status status = fill_carry(chunks, error);
        if (status != TILL_OK) {
            return status;
        }
    }
}

/* What is known of a file as soon as it is open. The identity tells later whether an output would overwrite it. */
static void describe_file(struct input_file *file, const struct till_source *source) {
    file->total_bytes = till_source_size(source);
    file->has_identity = till_source_identity(source, &file->device, &file->inode);
}

/* Opens the next file and takes its header off. Files are opened one at a time, as the one before ends: any number of
 * them needs one descriptor, and a missing one is only reported after the rows before it. */
static enum till_status open_file(struct chunks *chunks, struct till_error *error) {
    struct input_file *file = &chunks->files[chunks->opened];
    struct till_source_options options = {.encoding = chunks->options->encoding, .digest = chunks->options->digest};
    enum till_status status = till_source_open(&chunks->source, file->path, &options, error);
    if (status != TILL_OK) {
        return status;
    }
    chunks->opened++;
    chunks->line = 1;
    chunks->carry.length = 0;
    chunks->drained = false;
    describe_file(file, chunks->source);
    if (file->name == NULL) {
        file->name = strdup(till_source_name(chunks->source));
    }
    struct till_slice record = {0};
    size_t length = 0;
    status = file->name == NULL ? till_error_memory(error) : fill_carry(chunks, error);
    if (status == TILL_OK) {
        status = skip_lines(chunks, error);
    }
    if (status == TILL_OK && chunks->options->ragged) {
        return header_of_ragged(chunks, file, error);
    }
    if (status == TILL_OK) {
        status = find_header(chunks, &record, &length, error);
    }
    if (status == TILL_OK) {
        status = header_take(chunks, file, record, error);
    }
    if (status == TILL_OK && !chunks->options->no_headers) {
        uint64_t quotes = 0;
        chunks->scanner->count(chunks->carry.bytes, length, &chunks->line, &quotes);
        drop_carry(chunks, length);
    }
    return status;
}

/* ------------------------------------------------------------------ cutting */

/* The offset behind the last record that is whole, where the bytes hold `quotes` quotes; 0: none is. Why counting
 * modulo 2 is enough: outside quotes, an opening quote makes the number odd, the closing one even again, and a doubled
 * quote inside adds two. So a line feed with an even number of quotes before it lies outside quotes and ends a record.
 * Walking backwards needs few steps: mostly to the last line feed. */
static size_t last_boundary(const char *bytes, size_t length, uint64_t quotes) {
    uint64_t behind = 0;
    for (size_t i = length; i > 0; i--) {
        behind += bytes[i - 1] == '"';
        if (bytes[i - 1] == '\n' && ((quotes - behind) & 1) == 0) {
            return i;
        }
    }
    return 0;
}

/* Where the footer lines at the end of the records before `cut` begin; `cut` when there are none. They are held back at
 * every cut, not only at the end of the file, since nobody knows yet whether this is the end. When it is not, they come
 * first in the next chunk, and are data. Blank lines among them are held back too. */
static size_t before_footer(const struct chunk *chunk, size_t cut, const char *footer) {
    size_t length = strlen(footer);
    while (cut > 0) {
        size_t start = cut - 1;
        while (start > 0 && chunk->bytes[start - 1] != '\n') {
            start--;
        }
        size_t line = cut - start;
        bool blank = line == 1 || (line == 2 && chunk->bytes[start] == '\r');
        bool matches = line >= length && memcmp(chunk->bytes + start, footer, length) == 0;
        if (!blank && !matches) {
            break;
        }
        cut = start;
    }
    return cut;
}

/* Moves what lies behind `cut` into the carry, and gives the chunk its number. `newlines` are those of the whole chunk;
 * only the part behind the cut, mostly less than a record, is counted again. */
static enum till_status cut_chunk(struct chunks *chunks, struct chunk *chunk, size_t cut, uint64_t newlines,
                                  struct till_error *error) {
    uint64_t behind = 0;
    uint64_t quotes = 0;
    chunks->carry.length = 0;
    if (!till_text_append(&chunks->carry, chunk->bytes + cut, chunk->length - cut)) {
        return till_error_memory(error);
    }
    chunks->scanner->count(chunk->bytes + cut, chunk->length - cut, &behind, &quotes);
    chunk->length = cut;
    chunks->line += newlines - behind;
    chunk->sequence = chunks->sequence;
    chunks->sequence += cut > 0; /* an empty chunk is handed to nobody: its number would be waited for in vain */
    return TILL_OK;
}

/* Looks at a record without an end in sight, byte by byte. False with an error set: its open field is too long. False
 * without: it is just long, read on. True: a fault of the grammar, which the parser will name; so it gets the bytes as
 * they are. */
static bool record_is_broken(const struct chunks *chunks, const struct chunk *chunk, struct till_error *error) {
    enum scan_fault fault;
    size_t start = scan_open_field(chunk->bytes, chunk->length, chunks->delimiter, &fault);
    if (fault == SCAN_FINE || fault == SCAN_QUOTE_OPEN) {
        if (chunk->length - start > chunks->max_field) {
            uint64_t line = chunk->first_line;
            size_t line_start = 0;
            for (size_t i = 0; i < start; i++) {
                if (chunk->bytes[i] == '\n') {
                    line++;
                    line_start = i + 1;
                }
            }
            till_error_set(error, TILL_ERROR_DATA, "field longer than %zu bytes (--max-field)%s", chunks->max_field,
                           fault == SCAN_QUOTE_OPEN ? ", or a quote that is not closed" : "");
            till_error_at(error, chunks->files[chunk->file].name, line, start - line_start + 1, NULL);
        }
        return false;
    }
    return true;
}

/* Adds bytes from the source behind those of the chunk, up to its capacity. Only a read of nothing means the end: pipes
 * give less than was asked for. */
static enum till_status fill_chunk(struct chunks *chunks, struct chunk *chunk, struct till_error *error) {
    size_t got = 0;
    enum till_status status =
        till_source_read(chunks->source, chunk->bytes + chunk->length, chunk->capacity - chunk->length, &got, error);
    chunk->length += got;
    chunks->drained = status == TILL_OK && got == 0;
    return status;
}

/* Everything that is left of the file is the last chunk. A last line without a line feed gets one, so that all who come
 * after may take it for granted that a record ends in one. Footer lines are dropped here for good. */
static enum till_status last_chunk(struct chunks *chunks, struct chunk *chunk, struct till_error *error) {
    /* The line end that the last record lacks. */
    if (chunk->length > 0 && chunk->bytes[chunk->length - 1] != '\n') {
        if (chunk->length == chunk->capacity && !chunk_reserve(chunk, chunk->capacity + 1)) {
            return till_error_memory(error);
        }
        chunk->bytes[chunk->length++] = '\n';
    }
    if (chunks->options->footer != NULL) {
        chunk->length = before_footer(chunk, chunk->length, chunks->options->footer);
    }
    note_end_of_file(chunks);
    uint64_t newlines = 0;
    uint64_t quotes = 0;
    chunks->scanner->count(chunk->bytes, chunk->length, &newlines, &quotes);
    return cut_chunk(chunks, chunk, chunk->length, newlines, error);
}

/* Reads until there is a whole record, and cuts behind the last one. Quotes are counted once for each byte, however
 * often a long record makes the chunk grow; its capacity doubles, so copying stays in proportion to its length. */
static enum till_status gather(struct chunks *chunks, struct chunk *chunk, struct till_error *error) {
    uint64_t quotes = 0;
    uint64_t newlines = 0;
    size_t counted = 0;
    for (;;) {
        if (chunk->length == chunk->capacity && !chunk_reserve(chunk, 2 * chunk->capacity)) {
            return till_error_memory(error);
        }
        enum till_status status = chunks->drained ? TILL_OK : fill_chunk(chunks, chunk, error);
        if (status != TILL_OK) {
            return status;
        }
        if (chunks->drained) {
            return last_chunk(chunks, chunk, error);
        }
        chunks->scanner->count(chunk->bytes + counted, chunk->length - counted, &newlines, &quotes);
        /* What was counted is not counted again when the chunk grows. */
        counted = chunk->length;
        size_t cut = last_boundary(chunk->bytes, chunk->length, quotes);
        if (cut > 0 && chunks->options->footer != NULL) {
            cut = before_footer(chunk, cut, chunks->options->footer);
        }
        if (cut > 0) {
            return cut_chunk(chunks, chunk, cut, newlines, error);
        }
        if (chunk->length > chunks->max_field) {
            if (record_is_broken(chunks, chunk, error)) {
                return last_chunk(chunks, chunk, error);
            }
            if (error->status != TILL_OK) {
                return error->status;
            }
        }
    }
}

/* A chunk never holds rows of two files: each has its own place of columns and its own lines. A file may leave no chunk
 * at all (only a header, only a footer); then the next one is opened. The error is local at first, because gather asks
 * whether one was set, and a caller may pass none. */
enum till_status chunks_next(struct chunks *chunks, struct chunk *chunk, struct till_error *error) {
    struct till_error local = {0};
    for (;;) {
        if (chunks->source == NULL) {
            if (chunks->opened == chunks->file_count) {
                chunk->length = 0;
                return TILL_OK;
            }
            enum till_status status = open_file(chunks, error);
            if (status != TILL_OK) {
                return status;
            }
        }
        size_t wanted = chunks->carry.length + CHUNK_SIZE;
        chunk->length = 0;
        if (!chunk_reserve(chunk, wanted)) {
            return till_error_memory(error);
        }
        if (chunks->carry.length > 0) {
            memcpy(chunk->bytes, chunks->carry.bytes, chunks->carry.length);
        }
        chunk->length = chunks->carry.length;
        chunk->file = chunks->opened - 1;
        chunk->first_line = chunks->line;
        enum till_status status = gather(chunks, chunk, &local);
        if (status != TILL_OK) {
            if (error != NULL) {
                *error = local;
            }
            return status;
        }
        if (chunk->length > 0) {
            return TILL_OK;
        }
    }
}

/* ------------------------------------------------------------------ opening */

/* A pipe cannot be read again, and standard input has no name to open it by. */
bool chunks_can_restart(const struct chunks *chunks) {
    for (size_t i = 0; i < chunks->file_count; i++) {
        struct stat known;
        const char *path = chunks->files[i].path;
        if (strcmp(path, "-") == 0 || stat(path, &known) != 0 || !S_ISREG(known.st_mode)) {
            return false;
        }
    }
    return true;
}

/* Asked before an output is opened for writing, which would destroy an input that is still to be read. Files not opened
 * yet are looked up by name. */
bool chunks_reads(const struct chunks *chunks, uint64_t device, uint64_t inode) {
    for (size_t i = 0; i < chunks->file_count; i++) {
        const struct input_file *file = &chunks->files[i];
        struct stat known;
        if (file->has_identity && file->device == device && file->inode == inode) {
            return true;
        }
        if (i >= chunks->opened && stat(file->path, &known) == 0 && (uint64_t)known.st_dev == device &&
            (uint64_t)known.st_ino == inode) {
            return true;
        }
    }
    return false;
}

/* Schema and names stay: the first file's header is held against them like that of any further file. */
enum till_status chunks_restart(struct chunks *chunks, struct till_error *error) {
    till_source_close(chunks->source);
    chunks->source = NULL;
    chunks->opened = 0;
    chunks->sequence = 0;
    return open_file(chunks, error);
}

/* Options that were left zero get their defaults here, once. The first file is opened at once, since its header is the
 * schema; a tool that is given a wrong column can say so before it reads any rows. */
enum till_status chunks_open(struct chunks *chunks, const char *const *paths, size_t count,
                             const struct till_input_options *options, struct till_error *error) {
    *chunks = (struct chunks){
        .options = options,
        .scanner = scan_choose(options->no_simd),
        .delimiter = options->delimiter == 0 ? ',' : options->delimiter,
        .max_field = options->max_field == 0 ? (size_t)16 << 20 : options->max_field,
        .file_count = count == 0 ? 1 : count,
    };
    chunks->files = calloc(chunks->file_count, sizeof *chunks->files);
    if (chunks->files == NULL) {
        return till_error_memory(error);
    }
    for (size_t i = 0; i < chunks->file_count; i++) {
        chunks->files[i].path = count == 0 ? "-" : paths[i];
    }
    return open_file(chunks, error);
}

void chunks_close(struct chunks *chunks) {
    till_source_close(chunks->source);
    for (size_t i = 0; i < chunks->file_count && chunks->files != NULL; i++) {
        free(chunks->files[i].name);
        free(chunks->files[i].place);
    }
    free(chunks->files);
    free(chunks->schema.names);
    till_text_free(&chunks->names);
    till_text_free(&chunks->carry);
    *chunks = (struct chunks){0};
}
