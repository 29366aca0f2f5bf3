/* tools/output.c: output files that are complete or not there.
 *
 * A file is written under another name in the folder of its target, and takes the target's place by rename(2) when the
 * whole run has succeeded. Between the two the bytes are brought to the disk, so that after a power cut there is the
 * old file or the new one. Every write is checked; so are fsync and close, because a full disk or a network file system
 * may complain only there. When a signal ends the process, temporary files are removed first: their names lie in a
 * fixed table, since a signal handler may use nothing that takes locks or allocates. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#define BUFFER_SIZE ((size_t)1 << 18)
#define ALIGNMENT ((size_t)1 << 16) /* divides it */
#define LINKS_FOLLOWED 40

struct output {
    struct output *next;
    char *name;      /* for messages: as the user gave it */
    char *target;    /* where the links lead; NULL: standard output */
    char *folder;    /* that the target lies in, as a path that can be opened */
    char *temporary; /* NULL: written directly, or committed already */
    dev_t folder_device;
    ino_t folder_inode;
    int descriptor; /* -1: closed */
    enum output_kind kind;
    bool compressed;
    z_stream gzip;
    unsigned char *buffer; /* BUFFER_SIZE bytes, `used` of them waiting to be written */
    size_t used;
};

/* Temporary files that a signal must remove. */
#define TEMPORARIES 64
static _Atomic(char *) temporaries[TEMPORARIES];

static bool remember(char *path) {
    for (size_t i = 0; i < TEMPORARIES; i++) {
        char *empty = NULL;
        if (atomic_compare_exchange_strong(&temporaries[i], &empty, path))
            return true;
    }
    return false;
}

static void forget(char *path) {
    for (size_t i = 0; i < TEMPORARIES; i++) {
        char *expected = path;
        if (atomic_compare_exchange_strong(&temporaries[i], &expected, NULL))
            return;
    }
}

/* Async-signal-safe: atomics without locks, unlink, raise. The action was reset to the default on entry. */
static void remove_and_die(int number) {
    for (size_t i = 0; i < TEMPORARIES; i++) {
        char *path = atomic_load(&temporaries[i]);
        if (path != NULL)
            unlink(path);
    }
    raise(number);
}

void output_prepare(void) {
    /* A descriptor that is closed is opened the wrong way round, so that its use still fails. */
    for (int descriptor = 0; descriptor <= 2; descriptor++)
        if (fcntl(descriptor, F_GETFD) == -1 && errno == EBADF)
            if (open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY) == -1)
                break;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action = {0};
        if (sigaction(signals[i], NULL, &action) != 0 || action.sa_handler == SIG_IGN)
            continue; /* nohup stays nohup */
        action.sa_handler = remove_and_die;
        action.sa_flags = (int)SA_RESETHAND | SA_NODEFER;
        sigaction(signals[i], &action, NULL);
    }
    /* A file that would grow too large is then an error of write(2) with a message. */
    signal(SIGXFSZ, SIG_IGN);
}

bool output_write_all(int descriptor, const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        ssize_t written = write(descriptor, at, length);
        if (written >= 0) {
            at += written;
            length -= (size_t)written;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd wait = {.fd = descriptor, .events = POLLOUT}; /* somebody else made the pipe non-blocking */
            poll(&wait, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static enum till_status flush(struct output *file, struct till_error *error) {
    size_t used = file->used;
    file->used = 0;
    if (!output_write_all(file->descriptor, file->buffer, used))
        return till_error_system(error, file->name, "write error", errno);
    return TILL_OK;
}

/* Puts what fits into the buffer; how much. */
static size_t fill(struct output *file, const char *bytes, size_t length, size_t most) {
    size_t taken = length < most ? length : most;
    if (taken > 0)
        memcpy(file->buffer + file->used, bytes, taken);
    file->used += taken;
    return taken;
}

/* Large pieces go past the buffer, but for their ends: what is written begins and ends where the system's own pieces of
 * a file do, which it then has fewer of. */
static enum till_status write_plain(void *context, const void *bytes, size_t length, struct till_error *error) {
    struct output *file = context;
    const char *at = bytes;
    if (length >= BUFFER_SIZE - file->used) {
        size_t taken = fill(file, at, length, (ALIGNMENT - file->used % ALIGNMENT) % ALIGNMENT);
        size_t straight = (length - taken) / ALIGNMENT * ALIGNMENT;
        enum till_status status = flush(file, error);
        if (status != TILL_OK)
            return status;
        if (!output_write_all(file->descriptor, at + taken, straight))
            return till_error_system(error, file->name, "write error", errno);
        at += taken + straight;
        length -= taken + straight;
    }
    fill(file, at, length, length);
    return TILL_OK;
}

/* Runs the compressor until it has taken all of its input (and, with Z_FINISH, given all of its output). */
static enum till_status deflate_all(struct output *file, int mode, struct till_error *error) {
    int result;
    do {
        file->gzip.next_out = file->buffer + file->used;
        file->gzip.avail_out = (uInt)(BUFFER_SIZE - file->used);
        result = deflate(&file->gzip, mode);
        file->used = BUFFER_SIZE - file->gzip.avail_out;
        if (file->used == BUFFER_SIZE) {
            enum till_status status = flush(file, error);
            if (status != TILL_OK)
                return status;
        }
    } while (file->gzip.avail_in > 0 || (mode == Z_FINISH && result == Z_OK));
    return TILL_OK;
}

static enum till_status write_compressed(void *context, const void *bytes, size_t length, struct till_error *error) {
    struct output *file = context;
    const unsigned char *at = bytes;
    while (length > 0) {
        uInt piece = length > (1u << 30) ? 1u << 30 : (uInt)length;
        /* zlib never writes to its input; its interface is older than const. */
        union {
            const unsigned char *readable;
            unsigned char *taken;
        } input = {.readable = at};
        file->gzip.next_in = input.taken;
        file->gzip.avail_in = piece;
        enum till_status status = deflate_all(file, Z_NO_FLUSH, error);
        if (status != TILL_OK)
            return status;
        at += piece;
        length -= piece;
    }
    return TILL_OK;
}

/* The length of the folder part of a path, with its slash; 0: the working folder. */
static size_t folder_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

/* `folder_length` bytes of `path`, then `name`; NULL when memory is out. */
static char *join(const char *path, size_t folder, const char *name) {
    size_t length = strlen(name);
    char *joined = malloc(folder + length + 1);
    if (joined != NULL) {
        memcpy(joined, path, folder);
        memcpy(joined + folder, name, length + 1);
    }
    return joined;
}

/* Follows symbolic links, also one that leads to nothing yet. NULL with errno set. */
char *output_follow_links(const char *path) {
    char *at = join(path, 0, path);
    for (int links = 0; at != NULL; links++) {
        struct stat status;
        if (lstat(at, &status) != 0 || !S_ISLNK(status.st_mode))
            return at;
        char link[4096];
        ssize_t length = links < LINKS_FOLLOWED ? readlink(at, link, sizeof link - 1) : -1;
        if (links >= LINKS_FOLLOWED)
            errno = ELOOP;
        char *next = NULL;
        if (length >= 0) {
            link[length] = '\0';
            next = join(at, link[0] == '/' ? 0 : folder_length(at), link);
        }
        int code = errno;
        free(at);
        errno = code;
        at = next;
    }
    return NULL;
}

/* Where in its folder a file lies tells whether two outputs are one, also when neither is there yet. */
static enum till_status find_folder(struct output *file, struct till_error *error) {
    struct stat status;
    size_t length = folder_length(file->target);
    file->folder = length == 0 ? join("", 0, ".") : join(file->target, length, ".");
    if (file->folder == NULL)
        return till_error_memory(error);
    if (stat(file->folder, &status) != 0)
        return till_error_system(error, file->name, "cannot create", errno);
    file->folder_device = status.st_dev;
    file->folder_inode = status.st_ino;
    return TILL_OK;
}

static bool same_target(const struct output *a, const struct output *b) {
    if (a->target == NULL || b->target == NULL)
        return a->target == b->target;
    return a->folder_device == b->folder_device && a->folder_inode == b->folder_inode &&
           strcmp(a->target + folder_length(a->target), b->target + folder_length(b->target)) == 0;
}

static enum till_status refuse_second(const struct output_set *set, const struct output *file,
                                      struct till_error *error) {
    for (const struct output *other = set->first; other != NULL; other = other->next)
        if (same_target(other, file))
            return till_error_set(error, TILL_ERROR_USAGE, "two outputs would be written to %s", file->name);
    return TILL_OK;
}

/* Owner and mode of the file that is replaced, or what a new file gets from the umask. */
static enum till_status set_mode(int descriptor, const struct output *file, const struct stat *old,
                                 struct till_error *error) {
    mode_t mode;
    if (old != NULL) {
        mode = old->st_mode & 0777;
        if ((old->st_uid != geteuid() || old->st_gid != getegid()) &&
            fchown(descriptor, old->st_uid, old->st_gid) != 0 && errno != EPERM)
            return till_error_system(error, file->name, "cannot keep the owner", errno);
    } else {
        mode_t mask = umask(0);
        umask(mask);
        mode = 0666 & ~mask;
    }
    if (fchmod(descriptor, mode) != 0)
        return till_error_system(error, file->name, "cannot set the mode", errno);
    return TILL_OK;
}

static enum till_status open_temporary(struct output *file, const struct stat *old, struct till_error *error) {
    if (old != NULL && access(file->target, W_OK) != 0)
        return till_error_system(error, file->name, "cannot write", errno);
    char *path = join(file->target, folder_length(file->target), ".till-XXXXXX");
    if (path == NULL)
        return till_error_memory(error);
    file->descriptor = mkstemp(path);
    if (file->descriptor == -1) {
        int code = errno;
        free(path);
        return till_error_system(error, file->name, "cannot create", code);
    }
    file->temporary = path;
    if (!remember(path))
        return till_error_set(error, TILL_ERROR_USAGE, "more than %d output files", TEMPORARIES);
    if (fcntl(file->descriptor, F_SETFD, FD_CLOEXEC) == -1)
        return till_error_system(error, file->name, "cannot create", errno);
    return set_mode(file->descriptor, file, old, error);
}

/* The number of an open descriptor that a path stands for, such as /dev/stdout; -1: it is the path of a file. */
static int descriptor_of(const char *path) {
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    if (strcmp(path, "/dev/stdout") == 0)
        return 1;
    if (strcmp(path, "/dev/stderr") == 0)
        return 2;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        size_t start = strlen(folders[i]);
        bool named = strncmp(path, folders[i], start) == 0;
        size_t digits = named ? strspn(path + start, "0123456789") : 0;
        if (digits > 0 && digits < 6 && path[start + digits] == '\0')
            return atoi(path + start);
    }
    return -1;
}

/* An open descriptor is written where it stands: a new file in the place of what `>> log` has opened would lose the
 * log. */
static enum till_status open_directly(struct output *file, struct till_error *error) {
    int open_already = descriptor_of(file->target);
    do
        file->descriptor = open_already >= 0 ? fcntl(open_already, F_DUPFD_CLOEXEC, 3)
                                             : open(file->target, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    while (file->descriptor == -1 && errno == EINTR);
    if (file->descriptor == -1)
        return till_error_system(error, file->name, "cannot write", errno);
    return TILL_OK;
}

static enum till_status open_target(const struct output_set *set, struct output *file, const char *path,
                                    struct till_error *error) {
    struct stat old;
    bool direct = descriptor_of(path) >= 0 || (stat(path, &old) == 0 && !S_ISREG(old.st_mode) && !S_ISDIR(old.st_mode));
    file->target = direct ? join("", 0, path) : output_follow_links(path);
    if (file->target == NULL)
        return till_error_system(error, path, "cannot create", errno);
    bool there = stat(file->target, &old) == 0;
    if (!there && errno != ENOENT)
        return till_error_system(error, path, "cannot create", errno);
    if (there && S_ISDIR(old.st_mode))
        return till_error_system(error, path, "cannot write", EISDIR);
    enum till_status status = find_folder(file, error);
    if (status == TILL_OK)
        status = refuse_second(set, file, error);
    if (status != TILL_OK)
        return status;
    return direct ? open_directly(file, error) : open_temporary(file, there ? &old : NULL, error);
}

/* gzip without a name and with modification time 0, which is zlib's own header: the same bytes every time. */
static enum till_status start_compression(struct output *file, struct till_error *error) {
    int result = deflateInit2(&file->gzip, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    if (result != Z_OK)
        return till_error_memory(error);
    file->compressed = true;
    return TILL_OK;
}

/* Drops a file: removes the temporary one and frees all. */
static void drop(struct output *file) {
    if (file->descriptor > 2)
        close(file->descriptor);
    if (file->temporary != NULL) {
        unlink(file->temporary);
        forget(file->temporary);
    }
    if (file->compressed)
        deflateEnd(&file->gzip);
    free(file->temporary);
    free(file->target);
    free(file->folder);
    free(file->name);
    free(file->buffer);
    free(file);
}

static bool ends_in_gz(const char *path) {
    size_t length = strlen(path);
    return length > 3 && strcmp(path + length - 3, ".gz") == 0;
}

enum till_status output_open(struct output_set *set, const char *path, enum output_kind kind, struct till_sink *sink,
                             struct till_error *error) {
    bool standard = strcmp(path, "-") == 0;
    struct output *file = calloc(1, sizeof *file);
    if (file == NULL)
        return till_error_memory(error);
    file->descriptor = -1;
    file->kind = kind;
    file->name = join("", 0, standard ? "standard output" : path);
    file->buffer = malloc(BUFFER_SIZE);
    enum till_status status = TILL_OK;
    if (file->name == NULL || file->buffer == NULL)
        status = till_error_memory(error);
    else if (!standard)
        status = open_target(set, file, path, error);
    else if ((status = refuse_second(set, file, error)) == TILL_OK)
        file->descriptor = STDOUT_FILENO;
    if (status == TILL_OK && kind != OUTPUT_STATE && ends_in_gz(path))
        status = start_compression(file, error);
    if (status != TILL_OK) {
        drop(file);
        return status;
    }
    *(set->last == NULL ? &set->first : &set->last->next) = file;
    set->last = file;
    *sink = (struct till_sink){file->compressed ? write_compressed : write_plain, file};
    return TILL_OK;
}

/* Writes, syncs and closes one file. Closing standard output too shows errors that only close(2) tells. */
static enum till_status finish(struct output *file, struct till_error *error) {
    if (file->descriptor == -1)
        return TILL_OK;
    enum till_status status = file->compressed ? deflate_all(file, Z_FINISH, error) : TILL_OK;
    if (status == TILL_OK)
        status = flush(file, error);
    if (status == TILL_OK && file->temporary != NULL && fsync(file->descriptor) != 0)
        status = till_error_system(error, file->name, "write error", errno);
    int descriptor = file->descriptor;
    file->descriptor = -1;
    if (close(descriptor) != 0 && errno != EINTR && status == TILL_OK)
        status = till_error_system(error, file->name, "write error", errno);
    return status;
}

enum till_status output_finish(struct output_set *set, struct till_error *error) {
    enum till_status status = TILL_OK;
    for (struct output *file = set->first; file != NULL && status == TILL_OK; file = file->next)
        status = finish(file, error);
    return status;
}

/* The new name is safe only when the folder has reached the disk. Some file systems cannot sync folders; then there is
 * nothing to do, and neither is there for a folder that may be written but not read. */
static enum till_status sync_folder(const struct output *file, struct till_error *error) {
    int descriptor = open(file->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor == -1)
        return TILL_OK;
    enum till_status status = TILL_OK;
    if (fsync(descriptor) != 0 && errno != EINVAL && errno != ENOTSUP && errno != EBADF)
        status = till_error_system(error, file->name, "write error", errno);
    close(descriptor);
    return status;
}

static enum till_status commit(struct output *file, struct till_error *error) {
    if (file->temporary == NULL)
        return TILL_OK;
    if (rename(file->temporary, file->target) != 0)
        return till_error_system(error, file->name, "cannot create", errno);
    forget(file->temporary);
    free(file->temporary);
    file->temporary = NULL;
    return sync_folder(file, error);
}

enum till_status output_commit(struct output_set *set, struct till_error *error) {
    enum till_status status = TILL_OK;
    for (int last = 0; last < 2; last++)
        for (struct output *file = set->first; file != NULL && status == TILL_OK; file = file->next)
            if ((file->kind == OUTPUT_STATE) == (last == 1))
                status = commit(file, error);
    return status;
}

void output_discard(struct output_set *set) {
    for (struct output *file = set->first, *next; file != NULL; file = next) {
        next = file->next;
        if (file->kind == OUTPUT_KEPT && finish(file, NULL) == TILL_OK)
            commit(file, NULL);
        drop(file);
    }
    *set = (struct output_set){0};
}

bool output_is_file(const char *path, struct stat *status) {
    int failed = strcmp(path, "-") == 0 ? fstat(STDOUT_FILENO, status) : stat(path, status);
    return failed == 0 && S_ISREG(status->st_mode);
}
