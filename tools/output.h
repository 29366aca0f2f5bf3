/* tools/output.h: output files that are complete or not there.
 *
 *     struct output_set outputs = {0};
 *     output_open(&outputs, "segments.csv", false, &sink, &error);
 *     ... sink.write(sink.context, bytes, length, &error) ...
 *     if (output_finish(&outputs, &error) == TILL_OK)
 *         output_commit(&outputs, &error);
 *     output_discard(&outputs);
 */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <till/error.h>
#include <till/writer.h>

struct output;

enum output_kind {
    OUTPUT_PLAIN,
    OUTPUT_KEPT, /* output_discard completes the file instead of removing it */
    OUTPUT_STATE /* appears after all others, and is never compressed */
};

/* The output files of one run. Starts as {0}. */
struct output_set {
    struct output *first;
    struct output *last;
};

/* Called once, before anything is opened: makes sure that descriptors 0, 1 and 2 are taken, so that no file can land on
 * them, and has temporary files removed when a signal ends the process. */
void output_prepare(void);

/* Opens a file to be written; "-" is standard output. A regular or absent target (links are followed) is written to a
 * temporary file beside it; anything else directly. A name ending in ".gz" is compressed. Errors:
 * TILL_ERROR_INPUT_OUTPUT; TILL_ERROR_USAGE when another output has the same target. */
enum till_status output_open(struct output_set *set, const char *path, enum output_kind kind, struct till_sink *sink,
                             struct till_error *error);

/* Writes what is buffered in all files, has it reach the disk and closes them. Nothing has appeared yet. */
enum till_status output_finish(struct output_set *set, struct till_error *error);

/* Makes all files appear under their names, in the order in which they were opened, the state last. */
enum till_status output_commit(struct output_set *set, struct till_error *error);

/* Removes what was not committed (or completes it, for files to keep) and frees everything. */
void output_discard(struct output_set *set);

/* True when the path names a regular file that exists; then `status` tells which. "-" is standard output. */
bool output_is_file(const char *path, struct stat *status);

/* Where symbolic links lead, also to a file that is not there yet; to be freed. NULL with errno set. */
char *output_follow_links(const char *path);

/* Writes all bytes to a descriptor; false with errno set when that fails. */
bool output_write_all(int descriptor, const void *bytes, size_t length);

#endif
