/* till/arrays.h: arrays that grow side by side, such as the columns of what comes row by row.
 *
 *     struct till_array columns[] = {TILL_ARRAY(people->name), TILL_ARRAY(people->age)};
 *     if (!till_arrays_reserve(columns, 2, people->count + 1, &people->capacity))
 *         return till_error_memory(error);
 *     people->age[people->count++] = age;
 */
#ifndef TILL_ARRAYS_H
#define TILL_ARRAYS_H

#include <stdbool.h>
#include <stddef.h>

#include <till/error.h>

/* An array of the caller's, from malloc or NULL. */
struct till_array {
    void *address; /* of the pointer to it, of whatever type that is */
    size_t size;   /* of an element, in bytes: 1 or more */
};

/* The array that a pointer variable points to. */
#define TILL_ARRAY(pointer) ((struct till_array){&(pointer), sizeof *(pointer)})

/* Makes room for `needed` elements in each of `count` arrays which have room for *capacity now; what they hold stays.
 * Growth is by half, so that n appends cost O(n). False when memory is out: the arrays may have moved, but hold what
 * they held, and *capacity is unchanged. The caller frees them with free() either way. */
TILL_API bool till_arrays_reserve(const struct till_array *arrays, size_t count, size_t needed, size_t *capacity);

#endif
