/* Rows to learn from, not more than so many. When they become too many, the limit for the keys of customers is halved,
 * and those above it go: which customers stay depends on the limit at the end alone, and that on how many rows there
 * are below each limit, so not on the order in which they came. All rows of a customer stay or go together. */
#include <stdlib.h>
#include <string.h>

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

/* Each array grows by itself, so that one that fails leaves the others good. */
static bool grow(struct churn_rows *rows) {
    size_t capacity = rows->capacity == 0 ? 64 : 2 * rows->capacity;
    double *values = realloc(rows->values, capacity * rows->columns * sizeof *values);
    rows->values = values == NULL ? rows->values : values;
    double *target = realloc(rows->target, capacity * sizeof *target);
    rows->target = target == NULL ? rows->target : target;
    int32_t *cutoff = realloc(rows->cutoff, capacity * sizeof *cutoff);
    rows->cutoff = cutoff == NULL ? rows->cutoff : cutoff;
    uint64_t *key = realloc(rows->key, capacity * sizeof *key);
    rows->key = key == NULL ? rows->key : key;
    if (values == NULL || target == NULL || cutoff == NULL || key == NULL)
        return false;
    rows->capacity = capacity;
    return true;
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
    if (rows->count == rows->capacity && !grow(rows))
        return false;
    *place = rows->count++;
    rows->key[*place] = key;
    return true;
}
