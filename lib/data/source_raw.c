/* Reading from a descriptor: large reads straight into the caller's buffer, continued until it is full. A read that a
 * signal interrupts is repeated, a short one continued, a descriptor that somebody made non-blocking is waited for. */
#include "source_layers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No single call asks for more: the result must fit ssize_t, and a signal should not have to wait for gigabytes. */
#define LARGEST_READ ((size_t)1 << 28)

/* Notes kind, size and identity. The size counts from where the descriptor stands, which for an inherited standard
 * input need not be the beginning. */
static enum till_status look_at(struct till_raw *raw, struct till_error *error) {
    struct stat about;
    if (fstat(raw->descriptor, &about) != 0)
        return till_error_system(error, NULL, "cannot read", errno);
    /* Opening a directory succeeds; reading it would fail with a message that few understand. */
    if (S_ISDIR(about.st_mode))
        return till_error_system(error, NULL, "cannot read", EISDIR);
    if (!S_ISREG(about.st_mode))
        return TILL_OK;
    off_t begin = lseek(raw->descriptor, 0, SEEK_CUR);
    raw->regular = true;
    raw->size = begin >= 0 && about.st_size > begin ? (uint64_t)(about.st_size - begin) : 0;
    raw->device = (uint64_t)about.st_dev;
    raw->inode = (uint64_t)about.st_ino;
    /* Advice only: it doubles the read-ahead of cold files, and nothing is lost where it is refused. */
    (void)posix_fadvise(raw->descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
    return TILL_OK;
}

/* O_CLOEXEC keeps the file from programs that a tool may start, O_NOCTTY keeps a terminal from becoming ours. */
enum till_status till_raw_open(struct till_raw *raw, const char *path, struct till_error *error) {
    *raw = (struct till_raw){.descriptor = STDIN_FILENO};
    if (strcmp(path, "-") != 0) {
        do {
            raw->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        } while (raw->descriptor < 0 && errno == EINTR); /* a named pipe waits for its writer */
        if (raw->descriptor < 0)
            return till_error_system(error, NULL, "cannot open", errno);
        raw->owned = true;
    }
    enum till_status status = look_at(raw, error);
    if (status != TILL_OK)
        till_raw_close(raw);
    return status;
}

/* Whether a failed read is worth another try. */
static bool may_go_on(const struct till_raw *raw, int code) {
    if (code == EAGAIN) { /* non-blocking: sleep until there is something to read */
        struct pollfd wait = {.fd = raw->descriptor, .events = POLLIN};
        return poll(&wait, 1, -1) >= 0 || errno == EINTR;
    }
    return code == EINTR;
}

/* The position moves with every byte, so that progress and messages about damage can use it at any time. */
enum till_status till_raw_read(struct till_raw *raw, void *buffer, size_t size, size_t *got, struct till_error *error) {
    char *out = buffer;
    *got = 0;
    while (*got < size && !raw->ended) {
        size_t piece = size - *got < LARGEST_READ ? size - *got : LARGEST_READ;
        ssize_t taken = read(raw->descriptor, out + *got, piece);
        if (taken > 0) {
            *got += (size_t)taken;
            raw->position += (uint64_t)taken;
        } else if (taken == 0) {
            raw->ended = true;
        } else if (!may_go_on(raw, errno)) {
            return till_error_system(error, NULL, "cannot read", errno);
        }
    }
    return TILL_OK;
}

void till_raw_close(struct till_raw *raw) {
    if (raw->owned)
        (void)close(raw->descriptor); /* nothing was written, so nothing can be lost */
    *raw = (struct till_raw){.descriptor = -1};
}
