/* Rows to learn from, not more than so many. When they become too many, the limit for the keys of customers is halved,
 * and those above it go: which customers stay depends on the limit at the end alone, and that on how many rows there
 * are below each limit, so not on the order in which they came. All rows of a customer stay or go together. */
#include <stdlib.h>
#include <string.h>

#include <till/arrays.h>

#include "parts.h"

void churn_rows_start(struct churn_rows *rows, size_t columns, size_t most) {
    *rows = (struct churn_rows){.columns = columns, .most = most, .limit = UINT64_MAX};
}

void churn_rows_free(struct churn_rows *rows) {
    free(rows->values);
    free(rows->target);
    free(rows->cutoff);
    free(rows->key);
    *rows = (struct churn_rows){0};
}

static bool reserve(struct churn_rows *rows) {
    const struct till_array columns[] = {{&rows->values, rows->columns * sizeof *rows->values},
                                         TILL_ARRAY(rows->target),
                                         TILL_ARRAY(rows->cutoff),
                                         TILL_ARRAY(rows->key)};
    return till_arrays_reserve(columns, 4, rows->count + 1, &rows->capacity);
}

/* Leaves out the rows above the limit; those that stay keep their order. */
static void squeeze(struct churn_rows *rows) {
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->key[i] > rows->limit)
            continue;
        memmove(rows->values + kept * rows->columns, rows->values + i * rows->columns,
                rows->columns * sizeof *rows->values);
        rows->target[kept] = rows->target[i];
        rows->cutoff[kept] = rows->cutoff[i];
        rows->key[kept++] = rows->key[i];
    }
    rows->count = kept;
}

/* A limit that is halved may leave as many rows as before, where few customers have small keys: hence the loop. */
bool churn_rows_add(struct churn_rows *rows, uint64_t key, size_t *place) {
    *place = SIZE_MAX;
    while (rows->most != 0 && rows->count == rows->most && key <= rows->limit) {
        rows->limit /= 2;
        squeeze(rows);
    }
    if (key > rows->limit)
        return true;
    if (!reserve(rows))
        return false;
    *place = rows->count++;
    rows->key[*place] = key;
    return true;
}
