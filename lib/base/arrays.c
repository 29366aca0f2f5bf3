/* Arrays that grow side by side. A pointer of an unknown type is read and written as bytes: no other way is defined,
 * and POSIX has all pointers to objects look alike. */
#include <till/arrays.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 64 };

static bool resize(const struct till_array *array, size_t capacity) {
    void *held, *grown;
    memcpy(&held, array->address, sizeof held);
    grown = capacity > SIZE_MAX / 2 / array->size ? NULL : realloc(held, capacity * array->size);
    if (grown != NULL)
        memcpy(array->address, &grown, sizeof grown);
    return grown != NULL;
}

bool till_arrays_reserve(const struct till_array *arrays, size_t count, size_t needed, size_t *capacity) {
    if (needed <= *capacity)
        return true;
    if (needed > SIZE_MAX / 2)
        return false;
    size_t larger = needed + *capacity / 2;
    larger = larger < SMALLEST ? SMALLEST : larger;
    for (size_t i = 0; i < count; i++)
        if (!resize(&arrays[i], larger))
            return false;
    *capacity = larger;
    return true;
}
