/* chunks.h: the input files as a sequence of chunks: some hundred kilobytes of whole records each. */
#ifndef TILL_DATA_CHUNKS_H
#define TILL_DATA_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/input.h>
#include <till/source.h>

#include "lib/data/scan.h"

/* Whole records of one file, the last one ended by a line feed (added at the end of a file that lacks it). */
struct chunk {
    uint64_t sequence;   /* 0, 1, 2, ... in input order */
    size_t file;         /* index into chunks.files */
    uint64_t first_line; /* the line of the first byte */
    char *bytes;
    size_t length;
    size_t capacity; /* of `bytes`, without the padding on both sides */
};

/* What is known of one input file. */
struct input_file {
    const char *path;
    char *name;    /* as messages call it */
    size_t *place; /* [schema.count]: where each column of the schema stands in this file; NULL: in the same order */
    uint64_t bytes;
    uint64_t file_bytes;
    uint64_t rows;        /* read, as far as reports are in */
    uint64_t total_bytes; /* the file's size; 0: not known */
    bool has_digest;
    struct till_fingerprint digest;
    bool has_identity;
    uint64_t device;
    uint64_t inode;
};

struct chunks {
    const struct till_input_options *options;
    const struct scanner *scanner;
    char delimiter;
    size_t max_field;
    struct input_file *files;
    size_t file_count;
    size_t opened;              /* files opened so far */
    struct till_source *source; /* of files[opened - 1]; NULL: at its end */
    struct till_text carry;     /* what was read behind the last chunk */
    bool drained;               /* the source has no more, only the carry is left */
    uint64_t line;              /* of the first byte of the carry */
    uint64_t sequence;
    struct till_schema schema; /* the first file's header */
    struct till_text names;    /* the bytes of its names */
};

enum till_status chunks_open(struct chunks *chunks, const char *const *paths, size_t count,
                             const struct till_input_options *options, struct till_error *error);
void chunks_close(struct chunks *chunks);

/* The next chunk; length 0 at the end of the last file. */
enum till_status chunks_next(struct chunks *chunks, struct chunk *chunk, struct till_error *error);

/* True when all files are regular ones, opened by name, so that they can be read a second time. */
bool chunks_can_restart(const struct chunks *chunks);
/* Back to the first record of the first file. */
enum till_status chunks_restart(struct chunks *chunks, struct till_error *error);

/* True when one of the files, opened or not yet, is this one. */
bool chunks_reads(const struct chunks *chunks, uint64_t device, uint64_t inode);

bool chunk_reserve(struct chunk *chunk, size_t capacity);
void chunk_free(struct chunk *chunk);

#endif
