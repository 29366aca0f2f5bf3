/* Tables above a few megabytes are aligned to 2 MiB and asked onto huge pages (madvise); elsewhere that advice is not known, and
 * nothing but speed is lost. */
#define _DEFAULT_SOURCE
#include "lib/base/pages.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LARGE_PAGE = 2 << 20 };

static void *allocate(size_t size) {
    size_t rounded = (size + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    void *table = aligned_alloc(LARGE_PAGE, rounded);
#ifdef MADV_HUGEPAGE
    if (table != NULL) {
        (void)madvise(table, rounded, MADV_HUGEPAGE);
    }
#endif
    return table;
}

void *pages_allocate(size_t size) {
    if (size < 2 * (size_t)LARGE_PAGE) {
        return calloc(1, size == 0 ? 1 : size);
    }
    void *table = allocate(size);
    return table == NULL ? NULL : memset(table, 0, size);
}

void *pages_grow(void *table, size_t used, size_t size) {
    if (size < 2 * (size_t)LARGE_PAGE) {
        return realloc(table, size);
    }
    void *grown = allocate(size);
    if (grown != NULL && used > 0) {
        memcpy(grown, table, used);
    }
    if (grown != NULL) {
        free(table);
    }
    return grown;
}
