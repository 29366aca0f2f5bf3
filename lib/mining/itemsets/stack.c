/* A list of chunks, each at least twice the one before. Releasing moves back to an earlier chunk; the later ones stay
 * for the next branch, so that a long search allocates a few times in all. */
#include "stack.h"

#include <stdint.h>
#include <stdlib.h>

enum { ALIGNMENT = 64, SMALLEST = 1 << 16 };

static struct stack_chunk *chunk_new(size_t size) {
    struct stack_chunk *chunk = malloc(sizeof *chunk + size + ALIGNMENT);
    if (chunk == NULL)
        return NULL;
    uintptr_t start = (uintptr_t)(chunk + 1);
    *chunk = (struct stack_chunk){.size = size};
    chunk->bytes = (unsigned char *)(chunk + 1) + (stack_round(start) - start);
    return chunk;
}

/* A chunk with room behind the current one, empty: the next if it is large enough, or else a new one in its place. */
static struct stack_chunk *next_chunk(struct stack *stack, size_t bytes) {
    struct stack_chunk *current = stack->current;
    struct stack_chunk **link = current == NULL ? &stack->first : &current->next;
    if (*link != NULL && (*link)->size >= bytes)
        return *link;
    size_t size = current == NULL ? SMALLEST : current->size * 2;
    struct stack_chunk *chunk = chunk_new(size > bytes * 2 ? size : bytes * 2);
    if (chunk == NULL)
        return NULL;
    if (*link != NULL) {
        chunk->next = (*link)->next;
        free(*link);
    }
    *link = chunk;
    return chunk;
}

void *stack_take_chunk(struct stack *stack, size_t bytes) {
    if (bytes > SIZE_MAX / 4)
        return NULL;
    size_t need = stack_round(bytes) + ALIGNMENT;
    struct stack_chunk *chunk = next_chunk(stack, need);
    if (chunk == NULL)
        return NULL;
    stack->current = chunk;
    chunk->used = stack_round(bytes);
    return chunk->bytes;
}

void stack_free(struct stack *stack) {
    for (struct stack_chunk *chunk = stack->first, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    *stack = (struct stack){0};
}
