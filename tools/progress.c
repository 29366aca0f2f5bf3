/* tools/progress.c: a line on the terminal that says how far the input is.
 *
 * A thread of its own looks twice a second; the readers know nothing of it. It shares with them only what
 * till_input_progress tells, and with messages only the lock around the terminal. */
#include "private.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SECOND 1000000000L

static double seconds_since(const struct timespec *start) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* Writes over the line that is there. Called with the lock held. */
static void show(struct progress *progress) {
    static const char clear_right[] = "\x1b[K";
    uint64_t done, total, rows;
    char line[200];
    till_input_progress(progress->input, &done, &total, &rows);
    double seconds = seconds_since(&progress->start);
    double rate = seconds > 0 ? (double)done / seconds : 0;
    int length = snprintf(line, sizeof line, "\r%s: %.1f MB, %llu rows, %.1f MB/s", progress->tool, (double)done / 1e6,
                          (unsigned long long)rows, rate / 1e6);
    if (total > done && rate > 0)
        length += snprintf(line + length, sizeof line - (size_t)length, ", %.0f%%, %.0f s left",
                           100 * (double)done / (double)total, (double)(total - done) / rate);
    length += snprintf(line + length, sizeof line - (size_t)length, "%s", clear_right);
    output_write_all(STDERR_FILENO, line, (size_t)length);
    progress->shown = true;
}

static void *watch(void *context) {
    struct progress *progress = context;
    pthread_mutex_lock(&progress->lock);
    while (!progress->stop) {
        struct timespec next;
        clock_gettime(CLOCK_MONOTONIC, &next);
        next.tv_nsec += SECOND / 2;
        next.tv_sec += next.tv_nsec / SECOND;
        next.tv_nsec %= SECOND;
        if (pthread_cond_timedwait(&progress->wake, &progress->lock, &next) != 0 && !progress->stop)
            show(progress);
    }
    pthread_mutex_unlock(&progress->lock);
    return NULL;
}

void progress_start(struct tool_run *run, struct till_input *input) {
    struct progress *progress = &run->private->progress;
    int when = run->private->common.progress;
    progress_stop(run);
    if (when == 2 || (when == 0 && (run->quiet || !isatty(STDERR_FILENO))))
        return;
    progress->input = input;
    progress->tool = run->tool->name;
    progress->start = run->private->start;
    progress->stop = false;
    pthread_condattr_t monotonic;
    if (pthread_condattr_init(&monotonic) != 0)
        return; /* progress is a courtesy: a run goes on without it */
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&progress->lock, NULL);
    pthread_cond_init(&progress->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    progress->running = pthread_create(&progress->thread, NULL, watch, progress) == 0;
}

void progress_stop(struct tool_run *run) {
    struct progress *progress = &run->private->progress;
    if (!progress->running)
        return;
    pthread_mutex_lock(&progress->lock);
    progress->stop = true;
    pthread_cond_signal(&progress->wake);
    pthread_mutex_unlock(&progress->lock);
    pthread_join(progress->thread, NULL);
    progress->running = false;
    progress_clear(run);
    pthread_cond_destroy(&progress->wake);
    pthread_mutex_destroy(&progress->lock);
}

void progress_clear(const struct tool_run *run) {
    struct progress *progress = &run->private->progress;
    if (progress->running)
        pthread_mutex_lock(&progress->lock);
    if (progress->shown)
        output_write_all(STDERR_FILENO, "\r\x1b[K", 4);
    progress->shown = false;
    if (progress->running)
        pthread_mutex_unlock(&progress->lock);
}
