/* What the fuzz targets share. A target is a function of bytes that must neither crash nor break its claims; `make
 * fuzz` links it with libFuzzer, `make check` with replay/main.c, which runs the corpus once. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void claim(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "claim broken: %s\n", what);
        abort();
    }
}

/* A file of these bytes, the same file for every input. */
static inline const char *scratch(const void *bytes, size_t length) {
    static char path[64];
    static int descriptor = -1;
    if (descriptor < 0) {
        const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        char name[64];
        snprintf(name, sizeof name, "%s/till-fuzz-XXXXXX", folder);
        descriptor = mkstemp(name);
        claim(descriptor >= 0 && unlink(name) == 0, "a scratch file");
        snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    }
    claim(ftruncate(descriptor, 0) == 0 && pwrite(descriptor, bytes, length, 0) == (ssize_t)length, "a scratch file");
    return path;
}

#endif
