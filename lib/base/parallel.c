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
#include <stdbool.h>
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
    struct loop *loop;      /* of till_parallel_for */
    struct till_team *team; /* or of a team */
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

/* Starts workers 1..threads-1, each a copy of `like`, with all signals blocked, so that signals stay with the caller's
 * threads and no system call of a worker is interrupted. Returns how many were started. */
static unsigned start_workers(struct worker *workers, unsigned threads, struct worker like, void *(*run)(void *)) {
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return 0;
    unsigned started = 0;
    while (started + 1 < threads) {
        struct worker *worker = &workers[started];
        *worker = like;
        worker->number = started + 1;
        if (pthread_create(&worker->thread, NULL, run, worker) != 0)
            break;
        started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static void open_loop(struct loop *loop, size_t count, till_parallel_body *body, void *context) {
    *loop = (struct loop){.body = body, .context = context, .count = count, .guard = PTHREAD_MUTEX_INITIALIZER};
    atomic_init(&loop->next, 0);
    atomic_init(&loop->failed, count);
}

static enum till_status close_loop(struct loop *loop, struct till_error *error) {
    pthread_mutex_destroy(&loop->guard);
    if (loop->status != TILL_OK && error != NULL) {
        *error = loop->error;
        error->status = loop->status;
    }
    return loop->status;
}

enum till_status till_parallel_for(unsigned threads, size_t count, till_parallel_body *body, void *context,
                                   struct till_error *error) {
    struct loop loop;
    open_loop(&loop, count, body, context);
    if (threads > count)
        threads = (unsigned)count;
    /* No memory for helpers: the caller's thread does it all. */
    struct worker *workers = threads < 2 ? NULL : malloc((threads - 1) * sizeof *workers);
    struct worker like = {.loop = &loop};
    unsigned started = workers == NULL ? 0 : start_workers(workers, threads, like, run_worker);
    take_indexes(&loop, 0);
    for (unsigned i = 0; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    free(workers);
    return close_loop(&loop, error);
}

/* ---- teams ---- */

/* Between loops a thread first looks for the next one without sleeping, since to be woken takes longer than many a
 * loop; after some microseconds it gives its processor away. */
enum { LOOKS = 1000 };

struct till_team {
    pthread_mutex_t guard; /* of all but `turn` and `inside` as they are looked at */
    pthread_cond_t wake;   /* there is a loop, or the end */
    pthread_cond_t left;   /* the last thread is out of the loop */
    atomic_uint turn;      /* rises with every loop, and with the end */
    atomic_uint inside;    /* threads in the loop, beside the caller's */
    struct loop *loop;     /* NULL: none is open */
    bool end;
    unsigned started;
    struct worker *workers;
};

static inline void pause_a_little(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* Waits for the next turn and goes in; false at the end. *loop is NULL where it was too late. */
static bool go_in(struct till_team *team, unsigned *seen, struct loop **loop) {
    for (int i = 0; i < LOOKS && atomic_load(&team->turn) == *seen; i++)
        pause_a_little();
    pthread_mutex_lock(&team->guard);
    while (atomic_load(&team->turn) == *seen)
        pthread_cond_wait(&team->wake, &team->guard);
    *seen = atomic_load(&team->turn);
    *loop = team->loop;
    if (*loop != NULL)
        atomic_fetch_add(&team->inside, 1);
    bool end = team->end;
    pthread_mutex_unlock(&team->guard);
    return !end;
}

static void *run_member(void *argument) {
    struct worker *worker = argument;
    struct till_team *team = worker->team;
    struct loop *loop;
    unsigned seen = 0;
    while (go_in(team, &seen, &loop)) {
        if (loop == NULL)
            continue;
        take_indexes(loop, worker->number);
        pthread_mutex_lock(&team->guard);
        if (atomic_fetch_sub(&team->inside, 1) == 1)
            pthread_cond_signal(&team->left);
        pthread_mutex_unlock(&team->guard);
    }
    return NULL;
}

enum till_status till_team_open(struct till_team **team, unsigned threads, struct till_error *error) {
    *team = NULL;
    if (threads < 2)
        return TILL_OK;
    struct till_team *made = calloc(1, sizeof *made);
    struct worker *workers = calloc(threads - 1, sizeof *workers);
    if (made == NULL || workers == NULL) {
        free(made);
        free(workers);
        return till_error_memory(error);
    }
    pthread_mutex_init(&made->guard, NULL);
    pthread_cond_init(&made->wake, NULL);
    pthread_cond_init(&made->left, NULL);
    atomic_init(&made->turn, 0);
    atomic_init(&made->inside, 0);
    made->workers = workers;
    struct worker like = {.team = made};
    made->started = start_workers(workers, threads, like, run_member);
    *team = made;
    return TILL_OK;
}

unsigned till_team_threads(const struct till_team *team) {
    return team == NULL ? 1 : team->started + 1;
}

/* The next turn: a loop, or NULL for the end. */
static void call_out(struct till_team *team, struct loop *loop) {
    pthread_mutex_lock(&team->guard);
    team->loop = loop;
    team->end = loop == NULL;
    atomic_fetch_add(&team->turn, 1);
    pthread_cond_broadcast(&team->wake);
    pthread_mutex_unlock(&team->guard);
}

void till_team_close(struct till_team *team) {
    if (team == NULL)
        return;
    call_out(team, NULL);
    for (unsigned i = 0; i < team->started; i++)
        pthread_join(team->workers[i].thread, NULL);
    pthread_cond_destroy(&team->left);
    pthread_cond_destroy(&team->wake);
    pthread_mutex_destroy(&team->guard);
    free(team->workers);
    free(team);
}

enum till_status till_team_for(struct till_team *team, size_t count, till_parallel_body *body, void *context,
                               struct till_error *error) {
    struct loop loop;
    open_loop(&loop, count, body, context);
    bool shared = team != NULL && team->started > 0 && count > 1;
    if (shared)
        call_out(team, &loop);
    take_indexes(&loop, 0);
    if (!shared)
        return close_loop(&loop, error);
    pthread_mutex_lock(&team->guard);
    team->loop = NULL; /* nobody goes in any more */
    pthread_mutex_unlock(&team->guard);
    for (int i = 0; i < LOOKS && atomic_load(&team->inside) > 0; i++)
        pause_a_little();
    pthread_mutex_lock(&team->guard);
    while (atomic_load(&team->inside) > 0)
        pthread_cond_wait(&team->left, &team->guard);
    pthread_mutex_unlock(&team->guard);
    return close_loop(&loop, error);
}
