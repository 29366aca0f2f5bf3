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

static inline size_t stack_round(size_t bytes) {
    return (bytes + 63) & ~(size_t)63;
}

/* The same as stack_take where the current chunk has no room. */
void *stack_take_chunk(struct stack *stack, size_t bytes);

/* `bytes` bytes aligned to 64, not cleared; NULL when memory is out. */
static inline void *stack_take(struct stack *stack, size_t bytes) {
    struct stack_chunk *chunk = stack->current;
    if (chunk == NULL || chunk->size - chunk->used < 64 || chunk->size - chunk->used - 64 < bytes)
        return stack_take_chunk(stack, bytes);
    void *taken = chunk->bytes + chunk->used;
    chunk->used += stack_round(bytes);
    return taken;
}

/* Gives back what was taken last, but for its first `bytes` bytes. */
static inline void stack_trim(struct stack *stack, const void *taken, size_t bytes) {
    struct stack_chunk *chunk = stack->current;
    chunk->used = (size_t)((const unsigned char *)taken - chunk->bytes) + stack_round(bytes);
}

static inline struct stack_mark stack_mark(const struct stack *stack) {
    return (struct stack_mark){stack->current, stack->current == NULL ? 0 : stack->current->used};
}

/* Gives back all that was taken since the mark. */
static inline void stack_release(struct stack *stack, struct stack_mark mark) {
    stack->current = mark.chunk;
    if (mark.chunk != NULL)
        mark.chunk->used = mark.used;
}

void stack_free(struct stack *stack);

#endif
