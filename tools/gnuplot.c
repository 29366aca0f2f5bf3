/* tools/gnuplot.c: a script through gnuplot.
 *
 * The program is started without a shell, with its three standard streams in our hands: the script goes in while the
 * picture and the complaints come out, so that no side waits for the other for ever. The script goes through a socket
 * rather than a pipe, because a gnuplot that dies early is then an error of send(2) and no signal. Variables by which
 * gnuplot takes settings from outside are taken from its environment: a picture depends on its script alone. */
#include "gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { SCRIPT, PICTURE, COMPLAINTS, STREAMS };

/* A gnuplot at work: our ends of its streams (-1: closed). */
struct gnuplot {
    pid_t process;
    int ours[STREAMS];
    int theirs[STREAMS];
    struct till_text *text[STREAMS]; /* what comes out */
    const char *script;
    size_t left; /* of the script */
};

static void close_one(int *descriptor) {
    if (*descriptor != -1)
        close(*descriptor);
    *descriptor = -1;
}

static void close_all(struct gnuplot *gnuplot) {
    for (int i = 0; i < STREAMS; i++) {
        close_one(&gnuplot->ours[i]);
        close_one(&gnuplot->theirs[i]);
    }
}

/* Our ends must not be inherited: a gnuplot that holds the script's end would wait for itself. */
static bool open_streams(struct gnuplot *gnuplot) {
    for (int i = 0; i < STREAMS; i++) {
        int ends[2];
        if ((i == SCRIPT ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : pipe(ends)) != 0)
            return false;
        gnuplot->ours[i] = ends[0];
        gnuplot->theirs[i] = ends[1];
        if (fcntl(ends[0], F_SETFD, FD_CLOEXEC) == -1 || fcntl(ends[1], F_SETFD, FD_CLOEXEC) == -1 ||
            fcntl(ends[0], F_SETFL, O_NONBLOCK) == -1)
            return false;
    }
    return true;
}

/* Ours without what would change the picture: settings of gnuplot, and the locale. Characters stay UTF-8, without which
 * some terminals complain. NULL when memory is out. */
static char **make_environment(void) {
    static char language[] = "LANG=C", characters[] = "LC_CTYPE=C.UTF-8", zone[] = "TZ=UTC0";
    size_t count = 0, kept = 0;
    while (environ[count] != NULL)
        count++;
    char **made = calloc(count + 4, sizeof *made);
    if (made == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "GNUPLOT", 7) != 0 && strncmp(environ[i], "GNUTERM=", 8) != 0 &&
            strncmp(environ[i], "LC_", 3) != 0 && strncmp(environ[i], "TZ=", 3) != 0 &&
            strncmp(environ[i], "LANG", 4) != 0)
            made[kept++] = environ[i];
    made[kept++] = language;
    made[kept++] = characters;
    made[kept] = zone;
    return made;
}

/* 0, or what is wrong. */
static int spawn(struct gnuplot *gnuplot, char **environment) {
    char program[] = "gnuplot", defaults[] = "--default-settings";
    char *const arguments[] = {program, defaults, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t signals;
    int code = posix_spawn_file_actions_init(&actions);
    if (code != 0)
        return code;
    code = posix_spawnattr_init(&attributes);
    if (code != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return code;
    }
    for (int i = 0; i < STREAMS && code == 0; i++)
        code = posix_spawn_file_actions_adddup2(&actions, gnuplot->theirs[i], i);
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    sigaddset(&signals, SIGXFSZ);
    if (code == 0)
        code = posix_spawnattr_setsigdefault(&attributes, &signals);
    if (code == 0)
        code = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    if (code == 0)
        code = posix_spawnp(&gnuplot->process, program, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

/* Sends what fits. A gnuplot that has closed its input says why on its standard error. */
static void send_script(struct gnuplot *gnuplot) {
    ssize_t sent = send(gnuplot->ours[SCRIPT], gnuplot->script, gnuplot->left, MSG_NOSIGNAL);
    if (sent >= 0) {
        gnuplot->script += sent;
        gnuplot->left -= (size_t)sent;
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        gnuplot->left = 0;
    }
    if (gnuplot->left == 0)
        close_one(&gnuplot->ours[SCRIPT]);
}

/* Takes what is there; false when memory is out. */
static bool receive(struct gnuplot *gnuplot, int stream) {
    char bytes[16384];
    ssize_t got = read(gnuplot->ours[stream], bytes, sizeof bytes);
    if (got > 0)
        return till_text_append(gnuplot->text[stream], bytes, (size_t)got);
    if (got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        close_one(&gnuplot->ours[stream]);
    return true;
}

/* Until both of its outputs are closed; false when memory is out. */
static bool converse(struct gnuplot *gnuplot) {
    bool good = true;
    if (gnuplot->left == 0)
        close_one(&gnuplot->ours[SCRIPT]);
    while (good && (gnuplot->ours[PICTURE] != -1 || gnuplot->ours[COMPLAINTS] != -1)) {
        struct pollfd ends[STREAMS];
        for (int i = 0; i < STREAMS; i++)
            ends[i] = (struct pollfd){.fd = gnuplot->ours[i], .events = i == SCRIPT ? POLLOUT : POLLIN};
        if (poll(ends, STREAMS, -1) == -1)
            continue; /* a signal; nothing else can go wrong with these arguments */
        if (ends[SCRIPT].revents != 0)
            send_script(gnuplot);
        for (int i = PICTURE; i < STREAMS && good; i++)
            if (ends[i].revents != 0)
                good = receive(gnuplot, i);
    }
    return good;
}

static bool holds(const char *line, size_t length, const char *what) {
    size_t wanted = strlen(what);
    for (size_t i = 0; i + wanted <= length; i++)
        if (memcmp(line + i, what, wanted) == 0)
            return true;
    return false;
}

/* The line of its complaints that says most: the first that is neither blank nor a mark of the place nor a warning. */
static struct till_slice first_complaint(const struct till_text *complaints) {
    size_t at = 0;
    while (at < complaints->length) {
        const char *line = complaints->bytes + at;
        const char *end = memchr(line, '\n', complaints->length - at);
        size_t length = end == NULL ? complaints->length - at : (size_t)(end - line);
        size_t blank = 0;
        while (blank < length && strchr(" \t^\r", line[blank]) != NULL)
            blank++;
        if (blank < length && !holds(line, length, "gnuplot>") && !holds(line, length, "arning:"))
            return (struct till_slice){line + blank, length - blank};
        at += length + 1;
    }
    return till_slice_of("it does not say why");
}

/* What became of it. */
static enum till_status judge(int status, const struct till_text *picture, const struct till_text *complaints,
                              struct till_error *error) {
    char quoted[TILL_QUOTED_SIZE];
    struct till_slice said = first_complaint(complaints);
    if (WIFSIGNALED(status))
        return till_error_set(error, TILL_ERROR_INPUT_OUTPUT, "gnuplot was killed by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) == 127 && complaints->length == 0)
        return till_error_set(error, TILL_ERROR_INPUT_OUTPUT, "gnuplot could not be started");
    if (WEXITSTATUS(status) != 0)
        return till_error_set(error, TILL_ERROR_INPUT_OUTPUT, "gnuplot failed (exit code %d): %s", WEXITSTATUS(status),
                              till_error_quote(quoted, said.bytes, said.length));
    if (picture->length == 0)
        return till_error_set(error, TILL_ERROR_INPUT_OUTPUT, "gnuplot drew nothing: %s",
                              till_error_quote(quoted, said.bytes, said.length));
    return TILL_OK;
}

static enum till_status start(struct gnuplot *gnuplot, struct till_error *error) {
    char **environment = make_environment();
    if (environment == NULL)
        return till_error_memory(error);
    int code = open_streams(gnuplot) ? spawn(gnuplot, environment) : errno;
    free(environment);
    if (code == ENOENT)
        return till_error_set(error, TILL_ERROR_INPUT_OUTPUT,
                              "gnuplot is not installed: pictures need it (apt-get install gnuplot-nox, or the package "
                              "gnuplot of other systems); --data and --script do without");
    return code == 0 ? TILL_OK : till_error_system(error, NULL, "cannot start gnuplot", code);
}

enum till_status gnuplot_run(struct till_text *out, const char *script, size_t length, struct till_error *error) {
    struct till_text complaints = {0};
    struct gnuplot gnuplot = {.ours = {-1, -1, -1},
                              .theirs = {-1, -1, -1},
                              .text = {NULL, out, &complaints},
                              .script = script,
                              .left = length};
    size_t before = out->length;
    enum till_status status = start(&gnuplot, error);
    if (status == TILL_OK) {
        for (int i = 0; i < STREAMS; i++)
            close_one(&gnuplot.theirs[i]);
        bool good = converse(&gnuplot);
        close_all(&gnuplot);
        int code = 0;
        if (!good)
            kill(gnuplot.process, SIGKILL);
        while (waitpid(gnuplot.process, &code, 0) == -1 && errno == EINTR)
            continue;
        struct till_text picture = {.bytes = out->bytes, .length = out->length - before};
        status = good ? judge(code, &picture, &complaints, error) : till_error_memory(error);
    }
    close_all(&gnuplot);
    till_text_free(&complaints);
    return status;
}
