/* pages.h: large tables that are read at random. */
#ifndef TILL_BASE_PAGES_H
#define TILL_BASE_PAGES_H

#include <stddef.h>

/* `size` bytes of zeros for a table; large ones on large pages, where the system has them, so that random reads do not wait
 * for the page table. To be freed by free(). NULL when memory is out. */
void *pages_allocate(size_t size);

/* As realloc: a table of another size with the same content; what is new is undefined. NULL when memory is out, and the old
 * one stays. */
void *pages_grow(void *table, size_t size);

#endif
