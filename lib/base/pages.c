/* The allocator takes large tables straight from the system, which hands out zeros and moves pages instead of copying
 * them when a table grows. What lies on whole pages of such a table is asked onto huge ones (madvise); where that
 * advice is not known, nothing but speed is lost. */
#define _DEFAULT_SOURCE
#include "lib/base/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LARGE = 4 << 20, PAGE = 4096 };

static void *advise(void *table, size_t size) {
#ifdef MADV_HUGEPAGE
    uintptr_t start = ((uintptr_t)table + PAGE - 1) / PAGE * PAGE;
    uintptr_t end = ((uintptr_t)table + size) / PAGE * PAGE;
    if (table != NULL && size >= LARGE) {
        (void)madvise((void *)start, end - start, MADV_HUGEPAGE);
    }
#else
    (void)size;
#endif
    return table;
}

void *pages_allocate(size_t size) {
    return advise(calloc(1, size == 0 ? 1 : size), size);
}

void *pages_grow(void *table, size_t size) {
    return advise(realloc(table, size), size);
}
