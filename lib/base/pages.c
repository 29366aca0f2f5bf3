/* Small tables come from the allocator. Large ones are mapped: aligned to 2 MiB and advised onto huge pages, fresh
 * memory is zero without being written, and growth moves the page table's entries (mremap) onto a longer mapping. On
 * other systems than Linux all tables come from the allocator. */
#define _GNU_SOURCE
#include "lib/base/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__linux__)
static const size_t LARGE_PAGE = (size_t)2 << 20;

/* `size` bytes of zeros, a multiple of LARGE_PAGE and aligned to it; NULL when memory is out. */
static char *map_aligned(size_t size, bool in_order) {
    char *mapped = mmap(NULL, size + LARGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
        return NULL;
    }
    size_t before = (LARGE_PAGE - (uintptr_t)mapped % LARGE_PAGE) % LARGE_PAGE;
    if (before > 0) {
        (void)munmap(mapped, before);
    }
    (void)munmap(mapped + before + size, LARGE_PAGE - before);
    if (!in_order) {
        (void)madvise(mapped + before, size, MADV_HUGEPAGE);
    }
    return mapped + before;
}

/* Puts the table onto a mapping of `size` bytes. */
static bool resize_mapped(struct pages *pages, size_t size) {
    size_t rounded = (size + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    if (rounded == pages->mapped) {
        pages->size = size;
        return true;
    }
    char *grown = map_aligned(rounded, pages->in_order);
    if (grown == NULL) {
        return false;
    }
    if (pages->mapped > 0) {
        void *moved = mremap(pages->memory, pages->mapped, pages->mapped, MREMAP_MAYMOVE | MREMAP_FIXED, grown);
        if (moved == MAP_FAILED) {
            (void)munmap(grown, rounded);
            return false;
        }
    } else if (pages->size > 0) {
        memcpy(grown, pages->memory, pages->size);
        free(pages->memory);
    }
    *pages = (struct pages){grown, size, rounded, pages->in_order};
    return true;
}

void *pages_array(size_t size) {
    if (size < LARGE_PAGE) {
        return malloc(size == 0 ? 1 : size);
    }
    size_t rounded = (size + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    void *array = aligned_alloc(LARGE_PAGE, rounded);
    if (array != NULL) {
        (void)madvise(array, rounded, MADV_HUGEPAGE);
    }
    return array;
}
#else
static const size_t LARGE_PAGE = SIZE_MAX / 2;

void *pages_array(size_t size) {
    return malloc(size == 0 ? 1 : size);
}

static bool resize_mapped(struct pages *pages, size_t size) {
    (void)pages;
    (void)size;
    return false;
}
#endif

bool pages_resize(struct pages *pages, size_t size) {
    if (size >= LARGE_PAGE) {
        return resize_mapped(pages, size);
    }
    char *grown = realloc(pages->memory, size == 0 ? 1 : size);
    if (grown == NULL) {
        return false;
    }
    if (size > pages->size) {
        memset(grown + pages->size, 0, size - pages->size);
    }
    *pages = (struct pages){grown, size, 0, pages->in_order};
    return true;
}

void pages_free(struct pages *pages) {
    if (pages->mapped > 0) {
        (void)munmap(pages->memory, pages->mapped);
    } else {
        free(pages->memory);
    }
    *pages = (struct pages){0};
}
