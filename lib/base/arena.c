/* A chain of blocks of 64 KiB, or of the size of a larger piece. */
#include "lib/base/arena.h"

#include <stdlib.h>

enum { ARENA_BLOCK = 64 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t capacity;
    char bytes[];
};

char *arena_take(struct arena *arena, size_t size) {
    struct arena_block *block = arena->first;
    if (block == NULL || block->capacity - block->used < size) {
        size_t capacity = size > ARENA_BLOCK ? size : ARENA_BLOCK;
        block = malloc(sizeof *block + capacity);
        if (block == NULL) {
            return NULL;
        }
        *block = (struct arena_block){.next = arena->first, .capacity = capacity};
        arena->first = block;
    }
    char *piece = block->bytes + block->used;
    block->used += size;
    return piece;
}

void arena_reset(struct arena *arena) {
    struct arena_block *kept = arena->first;
    if (kept == NULL) {
        return;
    }
    struct arena rest = {kept->next};
    kept->next = NULL;
    kept->used = 0;
    arena_free(&rest);
}

void arena_free(struct arena *arena) {
    while (arena->first != NULL) {
        struct arena_block *next = arena->first->next;
        free(arena->first);
        arena->first = next;
    }
}
