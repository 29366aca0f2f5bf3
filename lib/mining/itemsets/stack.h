/* A stack of memory for one worker: the search takes what a branch needs and gives it all back when it leaves the
 * branch. */
#ifndef LIB_MINING_ITEMSETS_STACK_H
#define LIB_MINING_ITEMSETS_STACK_H

#include <stddef.h>

struct stack_chunk {
    struct stack_chunk *next;
    size_t size; /* usable bytes */
    size_t used;
    unsigned char *bytes; /* aligned to 64 */
};

struct stack {
    struct stack_chunk *first;
    struct stack_chunk *current;
};

struct stack_mark {
    struct stack_chunk *chunk;
    size_t used;
};

/* `bytes` bytes aligned to 64, not cleared; NULL when memory is out. */
void *stack_take(struct stack *stack, size_t bytes);

/* Returns the last bytes that were taken, down to `bytes` of them. */
void stack_trim(struct stack *stack, const void *taken, size_t bytes);

struct stack_mark stack_mark(const struct stack *stack);
void stack_release(struct stack *stack, struct stack_mark mark);
void stack_free(struct stack *stack);

#endif
