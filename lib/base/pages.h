/* pages.h: large tables that are read at random. */
#ifndef TILL_BASE_PAGES_H
#define TILL_BASE_PAGES_H

#include <stddef.h>

/* `size` bytes of zeros for a table; large ones on large pages, where the system has them, so that random reads do not wait for the
 * page table. To be freed by free(). NULL when memory is out. */
void *pages_allocate(size_t size);

/* A larger copy of a table whose first `used` bytes count (the rest is undefined); frees the old one. NULL when memory is
 * out, and the old one stays. */
void *pages_grow(void *table, size_t used, size_t size);

#endif
