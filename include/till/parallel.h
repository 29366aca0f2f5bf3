/* till/parallel.h: threads inside one call; the result never depends on how many.
 *
 *     till_parallel_for(threads, chunks, score_chunk, &work, &error);
 */
#ifndef TILL_PARALLEL_H
#define TILL_PARALLEL_H

#include <stddef.h>

#include <till/error.h>

/* The processors that this process may use. */
TILL_API unsigned till_parallel_processors(void);

/* Calls body(context, index, worker, error) once for every index in 0..count-1, on up to `threads` threads (the
 * caller's among them); worker is 0..threads-1. Bodies take indexes in rising order. When bodies fail, the error of the
 * smallest failing index is returned, and every index below it was done. A thread that cannot be started is done
 * without. */
typedef enum till_status till_parallel_body(void *context, size_t index, unsigned worker, struct till_error *error);
TILL_API enum till_status till_parallel_for(unsigned threads, size_t count, till_parallel_body *body, void *context,
                                            struct till_error *error);

/* Threads that stay between loops, for many short loops one after the other: 1 to `threads` - 1 of them, fewer where no
 * more can be started, wait for the next one. *team is NULL where that leaves none, which is as good to the calls
 * below. Errors: TILL_ERROR_MEMORY. A team serves one caller at a time. */
struct till_team;
TILL_API enum till_status till_team_open(struct till_team **team, unsigned threads, struct till_error *error);
TILL_API void till_team_close(struct till_team *team);

/* The threads of a team, the caller's among them; 1 for NULL. */
TILL_API unsigned till_team_threads(const struct till_team *team);

/* The same as till_parallel_for. A thread that comes too late is not waited for. */
TILL_API enum till_status till_team_for(struct till_team *team, size_t count, till_parallel_body *body, void *context,
                                        struct till_error *error);

#endif
