/* peak: runs a command, and tells what it took.
 *
 *     peak FILE COMMAND [ARGUMENT]...
 *
 * Writes "KILOBYTES SECONDS", the largest resident set and the wall time, into FILE, and ends as the command did. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
    if (argc < 3)
        return 2;
    double start = now();
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    int status = 0;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child)
        return 126;
    FILE *file = fopen(argv[1], "w");
    if (file == NULL || fprintf(file, "%ld %.3f\n", usage.ru_maxrss, now() - start) < 0 || fclose(file) != 0)
        return 126;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
