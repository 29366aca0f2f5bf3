/* What the tests of till/source.h share: scratch files, reading to the end, and other programs as witnesses. */
#ifndef TESTS_SUPPORT_SOURCE_H
#define TESTS_SUPPORT_SOURCE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <till/source.h>
#include <till/text.h>

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* Bytes of a string literal, NULs inside included. */
#define BYTES(literal) (literal), (sizeof(literal) - 1)

/* A path for scratch files of this process. */
static inline const char *scratch_path(void) {
    static char path[64];
    snprintf(path, sizeof path, "/tmp/till-test-%ld", (long)getpid());
    return path;
}

static inline void write_file(const char *path, const void *bytes, size_t length) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

/* Reads a source to its end in pieces of `piece` bytes and checks that only the last piece is short. */
static inline enum till_status drain(struct till_source *source, size_t piece, struct till_text *out,
                                     struct till_error *error) {
    char *buffer = malloc(piece);
    assert_non_null(buffer);
    size_t got = 0;
    size_t before = piece;
    enum till_status status;
    while ((status = till_source_read(source, buffer, piece, &got, error)) == TILL_OK && got > 0) {
        assert_int_equal(before, piece);
        before = got;
        assert_true(till_text_append(out, buffer, got));
    }
    if (status == TILL_OK)
        assert_int_equal(till_source_bytes(source), out->length);
    free(buffer);
    return status;
}

/* Opens and reads all of `path`. */
static inline enum till_status read_path(const char *path, const char *encoding, size_t piece, struct till_text *out,
                                         struct till_error *error) {
    struct till_source_options options = {.encoding = encoding};
    struct till_source *source;
    enum till_status status = till_source_open(&source, path, &options, error);
    if (status == TILL_OK)
        status = drain(source, piece, out, error);
    else
        assert_null(source);
    till_source_close(source);
    return status;
}

/* The same from bytes, by way of a scratch file. */
static inline enum till_status read_bytes(const void *bytes, size_t length, const char *encoding, size_t piece,
                                          struct till_text *out, struct till_error *error) {
    write_file(scratch_path(), bytes, length);
    enum till_status status = read_path(scratch_path(), encoding, piece, out, error);
    assert_int_equal(unlink(scratch_path()), 0);
    return status;
}

static inline void assert_reads(const void *bytes, size_t length, const char *encoding, size_t piece,
                                const void *expected, size_t expected_length) {
    struct till_text out = {0};
    struct till_error error = {0};
    if (read_bytes(bytes, length, encoding, piece, &out, &error) != TILL_OK)
        fail_msg("%s", error.message);
    assert_int_equal(out.length, expected_length);
    assert_memory_equal(out.bytes == NULL ? "" : out.bytes, expected, expected_length);
    till_text_free(&out);
}

static inline void assert_refused(const void *bytes, size_t length, const char *encoding, enum till_status status,
                                  const char *message) {
    struct till_text out = {0};
    struct till_error error = {0};
    assert_int_equal(read_bytes(bytes, length, encoding, 4096, &out, &error), status);
    if (strstr(error.message, message) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", message, error.message);
    till_text_free(&out);
}

/* A file of the shared data, or NULL with a skip when they are not there. */
static inline const char *shared_path(const char *name) {
    static char path[4096];
    const char *root = getenv("TILL_SHARED");
    snprintf(path, sizeof path, "%s/%s", root == NULL ? "../shared" : root, name);
    return access(path, R_OK) == 0 ? path : NULL;
}

/* Skips when the shared data are not there. */
static inline void need_shared(void) {
    if (shared_path("torture/manifest.tsv") == NULL) {
        print_message("# skip: no shared data (set TILL_SHARED)\n");
        skip();
    }
}

/* Reads `path` as a source and holds every byte to what a shell command prints. */
static inline void assert_same_as_command(const char *path, const char *encoding, const char *command) {
    static char mine[1 << 16];
    static char theirs[1 << 16];
    struct till_source_options options = {.encoding = encoding};
    struct till_source *source;
    struct till_error error = {0};
    assert_int_equal(till_source_open(&source, path, &options, &error), TILL_OK);
    FILE *witness = popen(command, "r");
    assert_non_null(witness);
    size_t got;
    do {
        if (till_source_read(source, mine, sizeof mine, &got, &error) != TILL_OK)
            fail_msg("%s", error.message);
        assert_int_equal(fread(theirs, 1, sizeof theirs, witness), got);
        assert_memory_equal(mine, theirs, got);
    } while (got > 0);
    assert_int_equal(pclose(witness), 0);
    till_source_close(source);
}

#endif
