/* Matrices for tests: golden inputs, and random ones. */
#ifndef TESTS_MATRIX_H
#define TESTS_MATRIX_H

#include <stdio.h>
#include <stdlib.h>

#include <zlib.h>

#include <till/matrix.h>
#include <till/random.h>

/* Standardised log recency, frequency and monetary: the first `rows` (5000 or 10000) of the golden customers. NULL,
 * with a message, when the file is not there. */
static inline struct till_matrix *golden_rfm(size_t rows) {
    const char *shared = getenv("TILL_SHARED");
    char path[1024], line[128];
    snprintf(path, sizeof path, "%s/golden/clustering/rfm%zu.csv.gz", shared == NULL ? "../shared" : shared, rows);
    gzFile file = gzopen(path, "rb");
    if (file == NULL) {
        printf("no %s: set TILL_SHARED to where the shared data lie\n", path);
        return NULL;
    }
    struct till_error error = {0};
    struct till_matrix *matrix = till_matrix_new(rows, 3, &error);
    size_t row = 0;
    gzgets(file, line, sizeof line);
    while (matrix != NULL && row < rows && gzgets(file, line, sizeof line) != NULL) {
        double values[3];
        if (sscanf(line, "%lf,%lf,%lf", &values[0], &values[1], &values[2]) == 3)
            till_matrix_set(matrix, row++, values);
    }
    gzclose(file);
    return matrix;
}

/* Points around `centres` random centres. With `digits`, coordinates are small integers, so that there are many ties.
 */
static inline struct till_matrix *random_points(size_t rows, size_t columns, size_t centres, uint64_t seed,
                                                int digits) {
    struct till_error error = {0};
    struct till_matrix *matrix = till_matrix_new(rows, columns, &error);
    for (size_t row = 0; matrix != NULL && row < rows; row++) {
        struct till_random random, centre;
        till_random_start(&random, seed, row);
        till_random_start(&centre, seed + 1000, till_random_below(&random, centres));
        for (size_t j = 0; j < columns; j++) {
            double value = 3 * till_random_normal(&centre) + till_random_normal(&random);
            *till_matrix_at(matrix, row, j) = digits ? (double)(int)value : value;
        }
    }
    return matrix;
}

#endif
