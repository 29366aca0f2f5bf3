/* Rows of real numbers in blocks of 32.
 *
 * Distinct rows are counted by open addressing over row numbers: a table of at most twice `most` slots, so that asking
 * "are there at least k?" of a large matrix costs a few rows and no memory worth the name. */
#include <till/matrix.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <till/hash.h>

struct till_matrix *till_matrix_new(size_t rows, size_t columns, struct till_error *error) {
    struct till_matrix *matrix = malloc(sizeof *matrix);
    size_t blocks = (rows + TILL_MATRIX_BLOCK - 1) / TILL_MATRIX_BLOCK;
    size_t line = TILL_MATRIX_BLOCK * sizeof(double), size;
    if (matrix == NULL || __builtin_mul_overflow(blocks * line, columns, &size)) {
        free(matrix);
        till_error_memory(error);
        return NULL;
    }
    void *values = NULL;
    if (posix_memalign(&values, 64, size == 0 ? line : size) != 0) {
        free(matrix);
        till_error_memory(error);
        return NULL;
    }
    memset(values, 0, size);
    *matrix = (struct till_matrix){rows, columns, values};
    return matrix;
}

void till_matrix_free(struct till_matrix *matrix) {
    if (matrix == NULL)
        return;
    free(matrix->values);
    free(matrix);
}

void till_matrix_get(const struct till_matrix *matrix, size_t row, double *values) {
    const double *at = till_matrix_at(matrix, row, 0);
    for (size_t column = 0; column < matrix->columns; column++)
        values[column] = at[column * TILL_MATRIX_BLOCK];
}

void till_matrix_set(struct till_matrix *matrix, size_t row, const double *values) {
    double *at = till_matrix_at(matrix, row, 0);
    for (size_t column = 0; column < matrix->columns; column++)
        at[column * TILL_MATRIX_BLOCK] = values[column];
}

static uint64_t hash_row(const struct till_matrix *matrix, size_t row) {
    const double *at = till_matrix_at(matrix, row, 0);
    uint64_t hash = 0;
    for (size_t column = 0; column < matrix->columns; column++) {
        double value = at[column * TILL_MATRIX_BLOCK] + 0.0; /* minus zero becomes zero */
        hash = till_hash(&value, sizeof value, hash);
    }
    return hash;
}

static int rows_equal(const struct till_matrix *matrix, size_t a, size_t b) {
    const double *left = till_matrix_at(matrix, a, 0), *right = till_matrix_at(matrix, b, 0);
    for (size_t column = 0; column < matrix->columns; column++)
        if (left[column * TILL_MATRIX_BLOCK] != right[column * TILL_MATRIX_BLOCK])
            return 0;
    return 1;
}

enum till_status till_matrix_distinct(const struct till_matrix *matrix, size_t most, size_t *distinct,
                                      struct till_error *error) {
    size_t wanted = most < matrix->rows ? most : matrix->rows, slots = 16;
    while (slots < 2 * wanted)
        slots *= 2;
    size_t *seen = calloc(slots, sizeof *seen); /* row number plus one */
    if (seen == NULL)
        return till_error_memory(error);
    *distinct = 0;
    for (size_t row = 0; row < matrix->rows && *distinct < wanted; row++) {
        size_t slot = (size_t)hash_row(matrix, row) & (slots - 1);
        while (seen[slot] != 0 && !rows_equal(matrix, seen[slot] - 1, row))
            slot = (slot + 1) & (slots - 1);
        *distinct += seen[slot] == 0;
        if (seen[slot] == 0)
            seen[slot] = row + 1;
    }
    free(seen);
    return TILL_OK;
}
