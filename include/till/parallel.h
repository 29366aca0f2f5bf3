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

#endif
