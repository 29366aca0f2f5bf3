/* Different times by number: days repeat, so there are far fewer of them than of customers. */
#ifndef MINING_CLV_CLOCK_H
#define MINING_CLV_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start with {.most = so many and no more}. */
struct clock {
    double *time; /* from 0, and not -0 */
    size_t count;
    size_t most;
    uint32_t *slots; /* number + 1; 0: free */
    size_t mask;
};

enum found { FOUND, TOO_MANY, NO_MEMORY };

/* The number of a time; a new one gets the next. */
enum found clock_number(struct clock *clock, double time, uint32_t *out);

/* rank[number] is the place of a time among all, and the times are in that order from here on: none can be numbered any
 * more. False when memory is out. */
bool clock_rank(struct clock *clock, uint32_t *rank);

void clock_free(struct clock *clock);

#endif
