/* till/error.h: how every function of the library reports failure.
 *
 * A function that can fail returns an enum till_status and fills the caller's struct till_error.
 *
 *     struct till_error error = {0};
 *     if (till_source_open(&source, "sales.csv", NULL, &error) != TILL_OK)
 *         fprintf(stderr, "%s:%llu: %s\n", error.file, (unsigned long long)error.line, error.message);
 *
 * The library never prints, never exits and keeps no global state. */
#ifndef TILL_ERROR_H
#define TILL_ERROR_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define TILL_API __attribute__((visibility("default")))
#define TILL_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))
#else
#define TILL_API
#define TILL_PRINTF(text, first)
#endif

enum till_status {
    TILL_OK = 0,
    TILL_ERROR_USAGE,        /* an argument or option that makes no sense */
    TILL_ERROR_DATA,         /* the data break the contract: bad row, missing column, empty input */
    TILL_ERROR_INPUT_OUTPUT, /* reading or writing failed: damaged gzip, full disk, a directory */
    TILL_ERROR_MEMORY,       /* out of memory */
    TILL_ERROR_MODEL,        /* the data do not identify the model, or a fit did not converge */
    TILL_ERROR_STATE         /* a state or model file is locked, damaged, or of another kind or version */
};

/* Where and what. `line` and `column` are 1-based (column counts bytes); 0 means "not known".
 * `role` names the column or role at fault ("amount"), or is empty. All texts end in NUL. */
struct till_error {
    enum till_status status;
    uint64_t line;
    uint64_t column;
    char file[1024];
    char role[128];
    char message[512];
};

/* Sets status and message, clears the place, and returns `status`, so that a caller can write
 * `return till_error_set(error, TILL_ERROR_DATA, "...")`. `error` may be NULL. */
TILL_API enum till_status till_error_set(struct till_error *error, enum till_status status, const char *format, ...)
    TILL_PRINTF(3, 4);

/* The error of a failed allocation. Returns TILL_ERROR_MEMORY. */
TILL_API enum till_status till_error_memory(struct till_error *error);

/* Adds `strerror(code)` to a message: "PATH: WHAT: No space left on device". Returns TILL_ERROR_INPUT_OUTPUT. */
TILL_API enum till_status till_error_system(struct till_error *error, const char *path, const char *what, int code);

/* Adds the place. `file` and `role` may be NULL. */
TILL_API void till_error_at(struct till_error *error, const char *file, uint64_t line, uint64_t column,
                            const char *role);

/* Writes `length` bytes of data as a quoted text that is safe in a message and on a terminal: control bytes,
 * quotes, backslashes and invalid UTF-8 are escaped (\n, \x1b), and it is cut after 64 bytes of input with "...".
 * `out` must hold TILL_QUOTED_SIZE bytes. Returns `out`. */
#define TILL_QUOTED_SIZE 272
TILL_API char *till_error_quote(char out[TILL_QUOTED_SIZE], const char *bytes, size_t length);

#endif
