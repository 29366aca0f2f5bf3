/* tests/bench/bench.h: clocks and files of the programs that time one method alone. To be included first. */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#define _DEFAULT_SOURCE /* madvise */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

/* Of CLOCK_PROCESS_CPUTIME_ID, or on the wall (CLOCK_MONOTONIC). */
static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* The whole of a file, on large pages as numpy's arrays and those of the library's own designs; *size is its bytes.
 * NULL when it cannot be read. */
static void *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        return NULL;
    *size = (size_t)ftell(file);
    rewind(file);
    size_t room = (*size >> 21 << 21) + (1 << 21);
    void *bytes = NULL;
    if (posix_memalign(&bytes, 1 << 21, room) == 0)
        madvise(bytes, room, MADV_HUGEPAGE);
    if (bytes != NULL && fread(bytes, 1, *size, file) != *size) {
        free(bytes);
        bytes = NULL;
    }
    fclose(file);
    return bytes;
}

#endif
