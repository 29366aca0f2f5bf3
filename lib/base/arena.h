/* arena.h: many small pieces of memory that are given back together. */
#ifndef TILL_BASE_ARENA_H
#define TILL_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

/* Start with {0}. Pieces never move. */
struct arena {
    struct arena_block *first; /* the block that pieces are taken from; older ones behind it */
};

/* `size` bytes, not aligned; NULL when memory is out. O(1) amortised. */
char *arena_take(struct arena *arena, size_t size);

/* Forgets all pieces, and keeps one block for what comes. */
void arena_reset(struct arena *arena);

void arena_free(struct arena *arena);

#endif
