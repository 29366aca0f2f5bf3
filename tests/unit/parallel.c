/* The parallel loop: each index once, and the smallest failure. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <till/parallel.h>

enum { COUNT = 20000 };

struct work {
    atomic_uint done[COUNT];
    atomic_uint outside; /* worker numbers that were out of range */
    unsigned threads;
    size_t fails_from, fails_every; /* index i fails when i >= fails_from and i % fails_every == 0 */
};

static struct work work;

static enum till_status body(void *context, size_t index, unsigned worker, struct till_error *error) {
    struct work *mine = context;
    atomic_fetch_add(&mine->done[index], 1);
    if (worker >= mine->threads)
        atomic_fetch_add(&mine->outside, 1);
    if (mine->fails_every > 0 && index >= mine->fails_from && index % mine->fails_every == 0)
        return till_error_set(error, TILL_ERROR_DATA, "index %zu", index);
    return TILL_OK;
}

static void start(unsigned threads, size_t fails_from, size_t fails_every) {
    memset(&work, 0, sizeof work);
    work.threads = threads;
    work.fails_from = fails_from;
    work.fails_every = fails_every;
}

static void every_index_is_done_once(void **state) {
    (void)state;
    const unsigned threads[] = {1, 2, 3, 7, 64};
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        struct till_error error = {0};
        start(threads[t], 0, 0);
        assert_int_equal(TILL_OK, till_parallel_for(threads[t], COUNT, body, &work, &error));
        for (size_t i = 0; i < COUNT; i++)
            assert_int_equal(1, work.done[i]);
        assert_int_equal(0, work.outside);
    }
}

static void few_or_no_indexes_are_fine(void **state) {
    (void)state;
    start(8, 0, 0);
    assert_int_equal(TILL_OK, till_parallel_for(8, 0, body, &work, NULL));
    assert_int_equal(0, work.done[0]);
    assert_int_equal(TILL_OK, till_parallel_for(8, 3, body, &work, NULL));
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(i < 3, work.done[i]);
    assert_int_equal(TILL_OK, till_parallel_for(0, 5, body, &work, NULL));
    assert_int_equal(1, work.done[4]);
}

static void the_smallest_failure_wins(void **state) {
    (void)state;
    const unsigned threads[] = {1, 2, 3, 7};
    for (unsigned round = 0; round < 50; round++)
        for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
            struct till_error error = {0};
            size_t first = 100 * (size_t)round + 3;
            first += (7 - first % 7) % 7;
            start(threads[t], first, 7);
            assert_int_equal(TILL_ERROR_DATA, till_parallel_for(threads[t], COUNT, body, &work, &error));
            char expected[64];
            struct till_error made;
            till_error_set(&made, TILL_ERROR_DATA, "index %zu", first);
            strcpy(expected, made.message);
            assert_string_equal(expected, error.message);
            assert_int_equal(TILL_ERROR_DATA, error.status);
            for (size_t i = 0; i <= first; i++)
                assert_int_equal(1, work.done[i]);
        }
}

static void work_stops_soon_after_a_failure(void **state) {
    (void)state;
    start(1, 10, 10);
    assert_int_equal(TILL_ERROR_DATA, till_parallel_for(1, COUNT, body, &work, NULL));
    for (size_t i = 11; i < COUNT; i++)
        assert_int_equal(0, work.done[i]);
}

static enum till_status silent_failure(void *context, size_t index, unsigned worker, struct till_error *error) {
    (void)context, (void)index, (void)worker, (void)error;
    return TILL_ERROR_MODEL;
}

static void a_body_may_fail_without_a_message(void **state) {
    (void)state;
    struct till_error error = {0};
    assert_int_equal(TILL_ERROR_MODEL, till_parallel_for(2, 10, silent_failure, NULL, &error));
    assert_int_equal(TILL_ERROR_MODEL, error.status);
}

static enum till_status outer(void *context, size_t index, unsigned worker, struct till_error *error) {
    (void)index, (void)worker;
    return till_parallel_for(2, 100, body, context, error);
}

static void loops_nest(void **state) {
    (void)state;
    start(2, 0, 0);
    assert_int_equal(TILL_OK, till_parallel_for(3, 5, outer, &work, NULL));
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(5, work.done[i]);
}

/* Loops one after the other, with pauses in which the threads of a team fall asleep. */
static void a_team_does_every_index_of_every_loop_once(void **state) {
    enum { LOOPS = 3000, MOST = 9 };
    const unsigned threads[] = {0, 1, 2, 3, 7};
    (void)state;
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        struct till_error error = {0};
        struct till_team *team;
        unsigned wanted[MOST] = {0};
        assert_int_equal(TILL_OK, till_team_open(&team, threads[t], &error));
        assert_int_equal(threads[t] < 2, team == NULL);
        assert_in_range(till_team_threads(team), 1, threads[t] < 1 ? 1 : threads[t]);
        start(threads[t] < 1 ? 1 : threads[t], 0, 0);
        for (size_t loop = 0; loop < LOOPS; loop++) {
            size_t count = loop % (MOST + 1);
            assert_int_equal(TILL_OK, till_team_for(team, count, body, &work, &error));
            for (size_t i = 0; i < count; i++)
                assert_int_equal(++wanted[i], work.done[i]);
            if (loop % 500 == 0)
                nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
        assert_int_equal(0, work.outside);
        till_team_close(team);
    }
    till_team_close(NULL);
}

static void a_team_goes_on_after_the_smallest_failure(void **state) {
    struct till_error error = {0};
    struct till_team *team;
    (void)state;
    assert_int_equal(TILL_OK, till_team_open(&team, 4, &error));
    for (int round = 0; round < 100; round++) {
        start(4, 70, 10);
        assert_int_equal(TILL_ERROR_DATA, till_team_for(team, 1000, body, &work, &error));
        assert_string_equal("index 70", error.message);
        for (size_t i = 0; i <= 70; i++)
            assert_int_equal(1, work.done[i]);
        start(4, 0, 0);
        assert_int_equal(TILL_OK, till_team_for(team, 100, body, &work, &error));
        for (size_t i = 0; i < 100; i++)
            assert_int_equal(1, work.done[i]);
    }
    till_team_close(team);
}

static void the_signal_mask_of_the_caller_stays(void **state) {
    (void)state;
    sigset_t before, after;
    sigemptyset(&before);
    sigaddset(&before, SIGUSR1);
    assert_int_equal(0, pthread_sigmask(SIG_SETMASK, &before, NULL));
    start(3, 0, 0);
    assert_int_equal(TILL_OK, till_parallel_for(3, 100, body, &work, NULL));
    assert_int_equal(0, pthread_sigmask(SIG_SETMASK, NULL, &after));
    assert_int_equal(1, sigismember(&after, SIGUSR1));
    assert_int_equal(0, sigismember(&after, SIGINT));
}

static void there_is_a_processor(void **state) {
    (void)state;
    assert_in_range(till_parallel_processors(), 1, 65536);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_index_is_done_once),
        cmocka_unit_test(few_or_no_indexes_are_fine),
        cmocka_unit_test(the_smallest_failure_wins),
        cmocka_unit_test(work_stops_soon_after_a_failure),
        cmocka_unit_test(a_body_may_fail_without_a_message),
        cmocka_unit_test(loops_nest),
        cmocka_unit_test(a_team_does_every_index_of_every_loop_once),
        cmocka_unit_test(a_team_goes_on_after_the_smallest_failure),
        cmocka_unit_test(the_signal_mask_of_the_caller_stays),
        cmocka_unit_test(there_is_a_processor),
    };
    return cmocka_run_group_tests_name("parallel", tests, NULL, NULL);
}
