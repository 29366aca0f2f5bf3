/* till/source.h: the bytes of an input, whatever it is wrapped in: a file, a pipe, gzip, another encoding.
 *
 *     struct till_source *source;
 *     till_source_open(&source, "sales.csv.gz", NULL, &error);
 *     while (till_source_read(source, buffer, sizeof buffer, &got, &error) == TILL_OK && got > 0) ...
 *     till_source_close(source);
 */
#ifndef TILL_SOURCE_H
#define TILL_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/error.h>
#include <till/hash.h>

struct till_source;

struct till_source_options {
    const char *encoding; /* an iconv name; NULL: the bytes are UTF-8 already */
    bool digest;          /* keep a digest of the decoded bytes */
};

/* Opens `path` ("-" is standard input) and looks at its first bytes; options may be NULL. gzip is recognised by its
 * magic bytes, whatever the name, with any number of members; a name in .gz does not make it gzip.
 *
 * The encoding is that of the bytes inside. UTF-8 in any spelling is not decoded. A byte order mark that fits the
 * encoding is dropped; one of another encoding is an error. UTF-16 and UTF-32, named without LE or BE, take the order
 * of bytes from the mark, and without a mark are an error: the order is never that of the machine. Names with a '/'
 * (//TRANSLIT) are unknown.
 *
 * Errors: TILL_ERROR_INPUT_OUTPUT (cannot open, a directory, damaged gzip), TILL_ERROR_USAGE (unknown encoding),
 * TILL_ERROR_DATA at line 1 (a byte order mark that is not that of the encoding, or missing; the message names the
 * encoding to ask for), TILL_ERROR_MEMORY. On error *source is NULL. */
TILL_API enum till_status till_source_open(struct till_source **source, const char *path,
                                           const struct till_source_options *options, struct till_error *error);

/* Fills `buffer` with up to `size` decoded bytes; *got is 0 at the end of input and nowhere else. Reads short only at
 * the end. Interrupted and short reads are continued. With gzip, the checksum and length of every member are checked,
 * and anything behind the last but another member, or zero bytes to the end (padding), is an error
 * (TILL_ERROR_INPUT_OUTPUT: "damaged gzip: ..."). Bytes that the encoding does not allow come out as a single 0xFF byte
 * for each unit of the encoding (a byte; two in UTF-16, four in UTF-32), which no valid UTF-8 holds, so that the row
 * they stand in is found to be bad; so does a character that the end of input cuts. An error is given again to who
 * reads on. What was read before it in the same call is not handed out. */
TILL_API enum till_status till_source_read(struct till_source *source, void *buffer, size_t size, size_t *got,
                                           struct till_error *error);

/* What to call it in messages: the path, or "(standard input)". */
TILL_API const char *till_source_name(const struct till_source *source);

/* True when reading is work (inflating, converting), and not a mere copy: then a thread of its own is worth it. */
TILL_API bool till_source_decodes(const struct till_source *source);

/* For progress: bytes taken from the file so far (compressed, where it is), and its size (0: not known). */
TILL_API uint64_t till_source_position(const struct till_source *source);
TILL_API uint64_t till_source_size(const struct till_source *source);

/* Decoded bytes so far, and their digest (with options.digest). */
TILL_API uint64_t till_source_bytes(const struct till_source *source);
TILL_API struct till_fingerprint till_source_digest(const struct till_source *source);

/* Device and inode, so that an output can be told from its own input; false for what has none. */
TILL_API bool till_source_identity(const struct till_source *source, uint64_t *device, uint64_t *inode);

/* Closes and frees. NULL is allowed. */
TILL_API void till_source_close(struct till_source *source);

#endif
