/* till/matrix.h: rows of real numbers in memory, laid out for vector code.
 *
 *     struct till_matrix *matrix = till_matrix_new(rows, columns, &error);
 *     till_matrix_set(matrix, row, values);
 *     *till_matrix_at(matrix, row, column) = 1.5;
 *     till_matrix_free(matrix);
 *
 * Rows lie in blocks of 32; within a block, each column is 32 neighbours. So a kernel streams through memory once and
 * takes 8 rows at a time, in few dimensions as in many. */
#ifndef TILL_MATRIX_H
#define TILL_MATRIX_H

#include <stddef.h>

#include <till/error.h>

#define TILL_MATRIX_BLOCK 32

struct till_matrix {
    size_t rows;
    size_t columns;
    double *values; /* 64-byte aligned; the last block is filled up with zeros */
};

/* A matrix of zeros. Errors: TILL_ERROR_MEMORY. */
TILL_API struct till_matrix *till_matrix_new(size_t rows, size_t columns, struct till_error *error);
/* NULL is allowed. */
TILL_API void till_matrix_free(struct till_matrix *matrix);

/* The 32 rows that start at row 32 * block. */
static inline double *till_matrix_block(const struct till_matrix *matrix, size_t block) {
    return matrix->values + block * TILL_MATRIX_BLOCK * matrix->columns;
}

static inline double *till_matrix_at(const struct till_matrix *matrix, size_t row, size_t column) {
    return till_matrix_block(matrix, row / TILL_MATRIX_BLOCK) + column * TILL_MATRIX_BLOCK + row % TILL_MATRIX_BLOCK;
}

/* Copies a row out of the matrix, or into it; `values` has `columns` numbers. O(columns). */
TILL_API void till_matrix_get(const struct till_matrix *matrix, size_t row, double *values);
TILL_API void till_matrix_set(struct till_matrix *matrix, size_t row, const double *values);

/* The number of different rows, counted up to `most` and no further. O(rows) expected, less where `most` is reached
 * early. Minus zero equals zero. Errors: TILL_ERROR_MEMORY. */
TILL_API enum till_status till_matrix_distinct(const struct till_matrix *matrix, size_t most, size_t *distinct,
                                               struct till_error *error);

#endif
