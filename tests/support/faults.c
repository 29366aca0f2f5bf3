/* A library to preload (LD_PRELOAD=build/tests/faults.so) that makes memory, reading and writing fail as told by the
 * environment.
 *
 *   TILL_FAULT_MALLOC=N         the N-th allocation fails (malloc, calloc, realloc, aligned_alloc, posix_memalign; 1 is
 * the first) TILL_FAULT_STICKY=1         and so do all behind it TILL_FAULT_COUNT_FILE=PATH  at exit, the number of
 * allocations is written there TILL_FAULT_READ=short:N     read and pread give at most N bytes (1) =eintr:N     every
 * N-th call (2) is interrupted before it reads anything =eio:N       the N-th call (1) and all behind it fail with EIO
 *   TILL_FAULT_WRITE=...        the same for write and pwrite; also enospc:N. Standard error is left alone.
 *   TILL_FAULT_FSYNC=eio        fsync and fdatasync fail
 *   TILL_FAULT_RENAME=N         the process is killed when it renames a file for the N-th time, before that happens
 *
 * Counting begins with main(), which is wrapped for that, so what the dynamic loader does is never touched. What the C
 * library does for the program counts where it goes through the symbols here: its allocations do, the reads and writes
 * of stdio do not. Threads may fail side by side: counters are atomic. Not for programs built with sanitizers, which
 * bring their own malloc. */
#undef _FORTIFY_SOURCE /* its inline functions would stand in for the ones made here */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* The C library's own names of its allocator. Finding them by dlsym would allocate. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

enum kind { NONE, SHORT, INTERRUPTED, BROKEN, FULL };
struct fault {
    enum kind kind;
    unsigned long number;
    atomic_ulong calls;
};

static atomic_bool active; /* main() runs */
static atomic_ulong allocations;
static unsigned long failing; /* which allocation; 0: none */
static bool sticky;
static bool fsync_fails;
static unsigned long fatal_rename; /* 0: none */
static atomic_ulong renames;
static struct fault reading, writing;
static const char *count_file;

/* Settled before main(), read only from then on. */
static void configure_fault(struct fault *fault, const char *text) {
    static const struct {
        const char *name;
        enum kind kind;
        unsigned long number;
    } kinds[] = {{"short", SHORT, 1}, {"eintr", INTERRUPTED, 2}, {"eio", BROKEN, 1}, {"enospc", FULL, 1}};
    for (size_t i = 0; text != NULL && i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = strlen(kinds[i].name);
        if (strncmp(text, kinds[i].name, length) == 0) {
            fault->kind = kinds[i].kind;
            fault->number = text[length] == ':' ? strtoul(text + length + 1, NULL, 10) : kinds[i].number;
        }
    }
}

static void configure(void) {
    const char *number = getenv("TILL_FAULT_MALLOC");
    failing = number == NULL ? 0 : strtoul(number, NULL, 10);
    sticky = getenv("TILL_FAULT_STICKY") != NULL;
    fsync_fails = getenv("TILL_FAULT_FSYNC") != NULL;
    count_file = getenv("TILL_FAULT_COUNT_FILE");
    number = getenv("TILL_FAULT_RENAME");
    fatal_rename = number == NULL ? 0 : strtoul(number, NULL, 10);
    configure_fault(&reading, getenv("TILL_FAULT_READ"));
    configure_fault(&writing, getenv("TILL_FAULT_WRITE"));
}

static bool allocation_fails(void) {
    if (!atomic_load_explicit(&active, memory_order_relaxed))
        return false;
    unsigned long number = atomic_fetch_add(&allocations, 1) + 1;
    if (failing == 0 || number < failing || (number > failing && !sticky))
        return false;
    errno = ENOMEM;
    return true;
}

EXPORT void *malloc(size_t size) {
    return allocation_fails() ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t count, size_t size) {
    return allocation_fails() ? NULL : __libc_calloc(count, size);
}

EXPORT void *realloc(void *old, size_t size) {
    return allocation_fails() ? NULL : __libc_realloc(old, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size) {
    return allocation_fails() ? NULL : __libc_memalign(alignment, size);
}

EXPORT int posix_memalign(void **out, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0)
        return EINVAL;
    void *memory = allocation_fails() ? NULL : __libc_memalign(alignment, size);
    if (memory == NULL)
        return ENOMEM;
    *out = memory;
    return 0;
}

/* False when the call is to fail, with errno set; *size may be cut. */
static bool may_transfer(struct fault *fault, size_t *size) {
    if (fault->kind == NONE || !atomic_load_explicit(&active, memory_order_relaxed))
        return true;
    unsigned long call = atomic_fetch_add(&fault->calls, 1) + 1;
    switch (fault->kind) {
    case SHORT:
        *size = *size < fault->number ? *size : fault->number;
        return true;
    case INTERRUPTED:
        errno = EINTR;
        return fault->number == 0 || call % fault->number != 0;
    case BROKEN:
        errno = EIO;
        return call < fault->number;
    case FULL:
        errno = ENOSPC;
        return call < fault->number;
    default:
        return true;
    }
}

EXPORT ssize_t read(int file, void *buffer, size_t size) {
    return may_transfer(&reading, &size) ? syscall(SYS_read, file, buffer, size) : -1;
}

EXPORT ssize_t pread(int file, void *buffer, size_t size, off_t offset) {
    return may_transfer(&reading, &size) ? syscall(SYS_pread64, file, buffer, size, offset) : -1;
}

EXPORT ssize_t pread64(int file, void *buffer, size_t size, off64_t offset) {
    return may_transfer(&reading, &size) ? syscall(SYS_pread64, file, buffer, size, offset) : -1;
}

/* What a program built with _FORTIFY_SOURCE calls where it knows the size of the buffer. */
EXPORT ssize_t __read_chk(int file, void *buffer, size_t size, size_t room);
EXPORT ssize_t __pread_chk(int file, void *buffer, size_t size, off_t offset, size_t room);
EXPORT ssize_t __pread64_chk(int file, void *buffer, size_t size, off64_t offset, size_t room);

EXPORT ssize_t __read_chk(int file, void *buffer, size_t size, size_t room) {
    return size <= room ? read(file, buffer, size) : (abort(), -1);
}

EXPORT ssize_t __pread_chk(int file, void *buffer, size_t size, off_t offset, size_t room) {
    return size <= room ? pread(file, buffer, size, offset) : (abort(), -1);
}

EXPORT ssize_t __pread64_chk(int file, void *buffer, size_t size, off64_t offset, size_t room) {
    return size <= room ? pread64(file, buffer, size, offset) : (abort(), -1);
}

EXPORT ssize_t write(int file, const void *buffer, size_t size) {
    bool may = file == STDERR_FILENO || may_transfer(&writing, &size);
    return may ? syscall(SYS_write, file, buffer, size) : -1;
}

EXPORT ssize_t pwrite(int file, const void *buffer, size_t size, off_t offset) {
    return may_transfer(&writing, &size) ? syscall(SYS_pwrite64, file, buffer, size, offset) : -1;
}

EXPORT ssize_t pwrite64(int file, const void *buffer, size_t size, off64_t offset) {
    return may_transfer(&writing, &size) ? syscall(SYS_pwrite64, file, buffer, size, offset) : -1;
}

static bool sync_fails(void) {
    if (fsync_fails && atomic_load(&active)) {
        errno = EIO;
        return true;
    }
    return false;
}

EXPORT int fsync(int file) {
    return sync_fails() ? -1 : (int)syscall(SYS_fsync, file);
}

EXPORT int fdatasync(int file) {
    return sync_fails() ? -1 : (int)syscall(SYS_fdatasync, file);
}

EXPORT int rename(const char *from, const char *to) {
    if (fatal_rename > 0 && atomic_load(&active) && atomic_fetch_add(&renames, 1) + 1 == fatal_rename)
        raise(SIGKILL);
    return (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

__attribute__((destructor)) static void report(void) {
    atomic_store(&active, false);
    int file = count_file == NULL ? -1 : open(count_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file >= 0) {
        char text[32];
        int length = snprintf(text, sizeof text, "%lu\n", atomic_load(&allocations));
        (void)!write(file, text, (size_t)length);
        (void)close(file);
    }
}

typedef int main_function(int, char **, char **);
typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);

static main_function *program;

static int counted_main(int argc, char **argv, char **environment) {
    configure();
    atomic_store(&active, true);
    return program(argc, argv, environment);
}

/* The C runtime starts a program through this function, and finds ours first. */
EXPORT start_function __libc_start_main;
EXPORT int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                             void (*loader_fini)(void), void *stack_end) {
    start_function *start;
    void *found = dlsym(RTLD_NEXT, "__libc_start_main");
    memcpy(&start, &found, sizeof start); /* ISO C has no cast from an object pointer to a function */
    program = main;
    return start(counted_main, argc, argv, init, fini, loader_fini, stack_end);
}
