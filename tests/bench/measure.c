/* measure: runs commands in turn, round after round, and says what each took.
 *
 *     measure ROUNDS NAME COMMAND [NAME COMMAND]...
 *
 * Each COMMAND is run by the shell, and should `exec` what it measures. One round runs all of them, so that a machine
 * that is slow for a while is slow for all. Prints one line each: name, least and median wall seconds, least processor
 * seconds (user + system), largest resident set in kB; separated by tabs. A command that fails ends the run. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_ROUNDS = 100 };

struct result {
    double wall[MOST_ROUNDS];
    double processor; /* least so far */
    long resident;    /* largest so far, kB */
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static double seconds(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

/* Runs `command` once; the exit status, or -1. wait4 tells of this child (and what it waited for) alone. */
static int run_once(const char *command, double *wall, struct rusage *usage) {
    double start = now();
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    int status = -1;
    pid_t waited = -1;
    while (child > 0 && (waited = wait4(child, &status, 0, usage)) < 0 && errno == EINTR)
        continue;
    *wall = now() - start;
    if (waited < 0)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int measure(const char *name, const char *command, int round, struct result *result) {
    struct rusage usage;
    int status = run_once(command, &result->wall[round], &usage);
    if (status != 0) {
        fprintf(stderr, "measure: %s: exit status %d: %s\n", name, status, command);
        return 1;
    }
    double processor = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    if (round == 0 || processor < result->processor)
        result->processor = processor;
    if (usage.ru_maxrss > result->resident)
        result->resident = usage.ru_maxrss;
    return 0;
}

static int compare(const void *left, const void *right) {
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static void print(const char *name, struct result *result, int rounds) {
    qsort(result->wall, (size_t)rounds, sizeof *result->wall, compare);
    double median = (result->wall[(rounds - 1) / 2] + result->wall[rounds / 2]) / 2;
    printf("%s\t%.4f\t%.4f\t%.4f\t%ld\n", name, result->wall[0], median, result->processor, result->resident);
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 0;
    int commands = (argc - 2) / 2;
    if (rounds < 1 || rounds > MOST_ROUNDS || commands < 1 || argc % 2 != 0) {
        fprintf(stderr, "usage: measure ROUNDS NAME COMMAND [NAME COMMAND]...\n");
        return 2;
    }
    struct result *results = calloc((size_t)commands, sizeof *results);
    if (results == NULL)
        return 4;
    int failed = 0;
    for (int round = 0; round < rounds && !failed; round++)
        for (int i = 0; i < commands && !failed; i++)
            failed = measure(argv[2 + 2 * i], argv[3 + 2 * i], round, &results[i]);
    for (int i = 0; i < commands && !failed; i++)
        print(argv[2 + 2 * i], &results[i], rounds);
    free(results);
    return failed;
}
