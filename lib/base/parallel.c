/* A loop shared among threads: an atomic counter hands out the indexes in rising order, so a worker that is done early
 * takes the next one and nobody waits for a fixed share. What the result depends on is the index alone.
 *
 * On failure the smallest failing index decides. All indexes below it have been handed out before it, and whoever holds
 * one finishes it; only indexes above the smallest failure seen so far are left undone. */
#define _GNU_SOURCE /* sched_getaffinity */
#include <till/parallel.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

unsigned till_parallel_processors(void) {
#ifdef CPU_COUNT
    cpu_set_t allowed;
    /* Fails on machines with more processors than the set holds; then the plain count must do. */
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) > 0)
        return (unsigned)CPU_COUNT(&allowed);
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : (unsigned)online;
}

struct loop {
    till_parallel_body *body;
    void *context;
    size_t count;
    atomic_size_t next;    /* the index to hand out */
    atomic_size_t failed;  /* the smallest index that failed; `count` while none has */
    pthread_mutex_t guard; /* of the three below and of writes to `failed` */
    enum till_status status;
    struct till_error error;
};

struct worker {
    struct loop *loop;
    unsigned number;
    pthread_t thread;
};

static void remember_failure(struct loop *loop, size_t index, enum till_status status, const struct till_error *error) {
    pthread_mutex_lock(&loop->guard);
    if (index < atomic_load(&loop->failed)) {
        atomic_store(&loop->failed, index);
        loop->status = status;
        loop->error = *error;
    }
    pthread_mutex_unlock(&loop->guard);
}

static void take_indexes(struct loop *loop, unsigned number) {
    for (;;) {
        /* The counter stops near `count`: each worker overshoots once, so it cannot wrap. */
        size_t index = atomic_fetch_add(&loop->next, 1);
        if (index >= loop->count || index > atomic_load(&loop->failed))
            return;
        struct till_error error = {0};
        enum till_status status = loop->body(loop->context, index, number, &error);
        if (status != TILL_OK)
            remember_failure(loop, index, status, &error);
    }
}

static void *run_worker(void *argument) {
    struct worker *worker = argument;
    take_indexes(worker->loop, worker->number);
    return NULL;
}

/* Starts workers 1..threads-1 with all signals blocked, so that signals stay with the caller's threads and no system
 * call of a worker is interrupted. Returns how many were started. */
static unsigned start_workers(struct loop *loop, struct worker *workers, unsigned threads) {
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return 0;
    unsigned started = 0;
    while (started + 1 < threads) {
        struct worker *worker = &workers[started];
        *worker = (struct worker){.loop = loop, .number = started + 1};
        if (pthread_create(&worker->thread, NULL, run_worker, worker) != 0)
            break;
        started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

enum till_status till_parallel_for(unsigned threads, size_t count, till_parallel_body *body, void *context,
                                   struct till_error *error) {
    struct loop loop = {.body = body, .context = context, .count = count, .guard = PTHREAD_MUTEX_INITIALIZER};
    atomic_init(&loop.next, 0);
    atomic_init(&loop.failed, count);
    if (threads > count)
        threads = (unsigned)count;
    /* No memory for helpers: the caller's thread does it all. */
    struct worker *workers = threads < 2 ? NULL : malloc((threads - 1) * sizeof *workers);
    unsigned started = workers == NULL ? 0 : start_workers(&loop, workers, threads);
    take_indexes(&loop, 0);
    for (unsigned i = 0; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    free(workers);
    pthread_mutex_destroy(&loop.guard);
    if (loop.status != TILL_OK && error != NULL) {
        *error = loop.error;
        error->status = loop.status;
    }
    return loop.status;
}
