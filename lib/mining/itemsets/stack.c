/* A list of chunks, each at least twice the one before. Releasing moves back to an earlier chunk; the later ones stay
 * for the next branch, so that a long search allocates a few times in all. */
#include "stack.h"

#include <stdint.h>
#include <stdlib.h>

enum { ALIGNMENT = 64, SMALLEST = 1 << 16 };

static size_t aligned(size_t bytes) {
    return (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static struct stack_chunk *chunk_new(size_t size) {
    struct stack_chunk *chunk = malloc(sizeof *chunk + size + ALIGNMENT);
    if (chunk == NULL)
        return NULL;
    uintptr_t start = (uintptr_t)(chunk + 1);
    *chunk = (struct stack_chunk){.size = size};
    chunk->bytes = (unsigned char *)(chunk + 1) + (aligned(start) - start);
    return chunk;
}

/* A chunk with room behind the current one: the next if it is large enough (it is empty), or a new one in between. */
static struct stack_chunk *next_chunk(struct stack *stack, size_t bytes) {
    struct stack_chunk *current = stack->current;
    struct stack_chunk *next = current == NULL ? stack->first : current->next;
    if (next != NULL && next->size >= bytes) {
        next->used = 0;
        return next;
    }
    size_t size = current == NULL ? SMALLEST : current->size * 2;
    struct stack_chunk *chunk = chunk_new(size > bytes ? size : bytes);
    if (chunk == NULL)
        return NULL;
    chunk->next = next;
    if (current == NULL)
        stack->first = chunk;
    else
        current->next = chunk;
    return chunk;
}

void *stack_take(struct stack *stack, size_t bytes) {
    if (bytes > SIZE_MAX / 4)
        return NULL;
    size_t need = aligned(bytes == 0 ? 1 : bytes);
    if (stack->current == NULL || stack->current->size - stack->current->used < need) {
        struct stack_chunk *chunk = next_chunk(stack, need);
        if (chunk == NULL)
            return NULL;
        stack->current = chunk;
    }
    void *taken = stack->current->bytes + stack->current->used;
    stack->current->used += need;
    return taken;
}

void stack_trim(struct stack *stack, const void *taken, size_t bytes) {
    struct stack_chunk *chunk = stack->current;
    chunk->used = (size_t)((const unsigned char *)taken - chunk->bytes) + aligned(bytes);
}

struct stack_mark stack_mark(const struct stack *stack) {
    return (struct stack_mark){stack->current, stack->current == NULL ? 0 : stack->current->used};
}

void stack_release(struct stack *stack, struct stack_mark mark) {
    stack->current = mark.chunk;
    if (mark.chunk != NULL)
        mark.chunk->used = mark.used;
}

void stack_free(struct stack *stack) {
    for (struct stack_chunk *chunk = stack->first, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    *stack = (struct stack){0};
}
