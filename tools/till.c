/* tools/till.c: the front door: lists the tools, runs `till rfm` as till-rfm, opens their pages.
 *
 * The tools are the programs called till-* in the folder that till itself lies in; each is asked for its purpose. So
 * there is no list to keep, and a new tool is known as soon as it is built or installed. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <till/text.h>
#include <till/version.h>

#include "options.h"
#include "output.h"

#define TOOLS 256
#define PATH_SIZE 4096

/* The names of the tools without "till-", in byte order. */
struct tools {
    char *names[TOOLS];
    size_t count;
};

/* The folder of this program, with its slash; "" when it is not known, and then PATH is searched. */
static void own_folder(char folder[PATH_SIZE], const char *called) {
    ssize_t length = readlink("/proc/self/exe", folder, PATH_SIZE - 1);
    if (length < 0)
        length = snprintf(folder, PATH_SIZE, "%s", called);
    folder[length < PATH_SIZE ? length : 0] = '\0';
    char *slash = strrchr(folder, '/');
    *(slash == NULL ? folder : slash + 1) = '\0';
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void find_tools(struct tools *tools, const char *folder) {
    DIR *entries = opendir(*folder == '\0' ? "." : folder);
    struct dirent *entry;
    while (entries != NULL && (entry = readdir(entries)) != NULL && tools->count < TOOLS) {
        char path[PATH_SIZE];
        int length = snprintf(path, sizeof path, "%s%s", folder, entry->d_name);
        if (strncmp(entry->d_name, "till-", 5) != 0 || strchr(entry->d_name, '.') != NULL || length >= PATH_SIZE ||
            access(path, X_OK) != 0)
            continue;
        tools->names[tools->count] = strdup(entry->d_name + 5);
        tools->count += tools->names[tools->count] != NULL;
    }
    if (entries != NULL)
        closedir(entries);
    qsort(tools->names, tools->count, sizeof *tools->names, compare_names); /* names in a folder are distinct */
}

static void free_tools(struct tools *tools) {
    for (size_t i = 0; i < tools->count; i++)
        free(tools->names[i]);
}

/* One line on standard error; returns `code`. */
static int fail(int code, const char *what, const char *name) {
    char quoted[TILL_QUOTED_SIZE];
    fprintf(stderr, "till: %s: %s (see till --help)\n", what, till_error_quote(quoted, name, strlen(name)));
    return code;
}

/* Runs a program and waits for it; its exit code, or 127 when it could not be started. With `quiet`, it says nothing.
 */
static int run_and_wait(char *const *arguments, bool quiet) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (quiet && freopen("/dev/null", "w", stderr) == NULL)
            _exit(127);
        execvp(arguments[0], arguments);
        _exit(127);
    }
    int status;
    while (child > 0 && waitpid(child, &status, 0) == -1)
        if (errno != EINTR)
            return 127;
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

/* What a tool says of itself: the first line of its --help=purpose, into `line`. Empty when it says nothing. */
static void ask_purpose(const char *folder, const char *name, char *line, size_t size) {
    int ends[2];
    char path[PATH_SIZE];
    size_t length = 0;
    line[0] = '\0';
    if (snprintf(path, sizeof path, "%still-%s", folder, name) >= PATH_SIZE || pipe(ends) != 0)
        return;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        char help[] = "--help=purpose";
        char *const arguments[] = {path, help, NULL};
        execv(path, arguments);
        _exit(127);
    }
    close(ends[1]);
    ssize_t got;
    while (length < size - 1 && (got = read(ends[0], line + length, size - 1 - length)) > 0)
        length += (size_t)got;
    close(ends[0]);
    line[length] = '\0';
    line[strcspn(line, "\n")] = '\0';
    while (child > 0 && waitpid(child, NULL, 0) == -1 && errno == EINTR)
        continue;
}

static bool append_usage(struct till_text *out) {
    return till_text_append_string(out, "Usage: till TOOL [OPTION]... [FILE]...\n"
                                        "       till help [TOOL]\n"
                                        "Turns exported transactions into customer knowledge, in a pipe.\n"
                                        "`till rfm ...` runs till-rfm; `till help rfm` opens its page.\n");
}

static bool append_tools(struct till_text *out, const struct tools *tools, const char *folder) {
    bool ok = till_text_append_string(out, "\nTools:\n");
    for (size_t i = 0; i < tools->count && ok; i++) {
        char purpose[300];
        ask_purpose(folder, tools->names[i], purpose, sizeof purpose);
        ok = till_text_append_format(out, "  %-12s %s\n", tools->names[i], purpose);
    }
    return ok;
}

/* The completion of `till` itself: the first word is a tool. */
static bool append_completion(struct till_text *out, const struct tools *tools, bool zsh) {
    bool ok = till_text_append_string(out, zsh ? "#compdef till\n_arguments '1:tool:(help"
                                               : "# Completion of till for bash.\n_till() {\n    "
                                                 "[[ $COMP_CWORD == 1 ]] && COMPREPLY=($(compgen -W 'help");
    for (size_t i = 0; i < tools->count; i++)
        ok = ok && till_text_append_format(out, " %s", tools->names[i]);
    return ok &&
           till_text_append_string(
               out, zsh ? ")' '*:file:_files'\n"
                        : "' -- \"${COMP_WORDS[1]}\"))\n    [[ $COMP_CWORD -gt 1 ]] && COMPREPLY=($(compgen -f -- "
                          "\"${COMP_WORDS[COMP_CWORD]}\"))\n}\ncomplete -o filenames -F _till till\n");
}

/* Writes `out` to standard output, checked to the end; returns the exit code. */
static int print(const struct till_text *out, bool complete) {
    int code = 0;
    if (!complete)
        code = ENOMEM;
    else if (!output_write_all(STDOUT_FILENO, out->bytes, out->length) || close(STDOUT_FILENO) != 0)
        code = errno;
    if (code != 0)
        fprintf(stderr, "till: standard output: write error: %s\n", strerror(code));
    return code == 0 ? 0 : 4;
}

/* Opens the page of a tool: the one beside this program where it is, else the installed one, else --help. */
static int open_page(const char *folder, const char *name) {
    static const char *const places[] = {"../share/man/man1/", "../../man/"};
    bool whole = strncmp(name, "till", 4) == 0;
    char page[PATH_SIZE], path[PATH_SIZE], program[PATH_SIZE], man[] = "man", option[] = "--help";
    snprintf(page, sizeof page, "%s%s", whole ? "" : "till-", name);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(path, sizeof path, "%s%s%.200s.1", folder, places[i], page);
        char *const with_path[] = {man, path, NULL};
        if (access(path, R_OK) == 0 && run_and_wait(with_path, false) == 0)
            return 0;
    }
    char *const with_name[] = {man, page, NULL};
    if (run_and_wait(with_name, true) == 0)
        return 0;
    snprintf(program, sizeof program, "%s%.200s", folder, page);
    char *const help[] = {program, option, NULL};
    int code = run_and_wait(help, false);
    return code == 127 ? fail(2, "no such tool", name) : code;
}

/* Becomes the tool. Returns only when there is none. */
static int become(const char *folder, const struct tools *tools, char **argv) {
    char path[PATH_SIZE];
    const char *name = argv[1];
    if (strchr(name, '/') == NULL && snprintf(path, sizeof path, "%still-%s", folder, name) < PATH_SIZE) {
        argv[1] = path;
        execv(path, argv + 1);
        if (errno == ENOENT)
            execvp(path + strlen(folder), argv + 1);
    }
    const char *const *names = (const char *const *)tools->names;
    const char *nearest = option_nearest(name, names, tools->count);
    char what[100] = "no such tool";
    if (nearest != NULL)
        snprintf(what, sizeof what, "no such tool; the nearest is %.60s", nearest);
    return fail(2, what, name);
}

static int answer(const char *asked, const struct tools *tools, const char *folder) {
    struct till_text out = {0};
    bool ok;
    int code;
    if (strcmp(asked, "--version") == 0 || strcmp(asked, "-V") == 0)
        ok = till_text_append_format(&out, "till %s\n", TILL_VERSION);
    else if (strcmp(asked, "--help=bash") == 0 || strcmp(asked, "--help=zsh") == 0)
        ok = append_completion(&out, tools, asked[7] == 'z');
    else
        ok = append_usage(&out) && append_tools(&out, tools, folder);
    code = print(&out, ok);
    till_text_free(&out);
    return code;
}

int main(int argc, char **argv) {
    static const char *const asks[] = {"--help", "-h", "--version", "-V", "--help=bash", "--help=zsh"};
    char folder[PATH_SIZE];
    struct tools tools = {0};
    const char *first = argc > 1 ? argv[1] : "--help";
    int code = -1;
    own_folder(folder, argv[0]);
    find_tools(&tools, folder);
    for (size_t i = 0; i < sizeof asks / sizeof *asks && code == -1; i++)
        if (strcmp(first, asks[i]) == 0)
            code = answer(first, &tools, folder);
    if (code == -1 && strcmp(first, "help") == 0)
        code = argc > 2 ? open_page(folder, argv[2]) : answer("--help", &tools, folder);
    else if (code == -1 && first[0] == '-')
        code = fail(2, "no such option", first);
    else if (code == -1)
        code = become(folder, &tools, argv);
    free_tools(&tools);
    return code;
}
