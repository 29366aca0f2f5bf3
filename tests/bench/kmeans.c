/* The time of clustering alone: rows of doubles from a file, a start from another. Prints seconds of the processor and
 * on the wall, and the inertia, or the deviation.
 *
 *     kmeans MATRIX COLUMNS CLUSTERS START ITERATIONS auto|lloyd|yinyang THREADS
 *     kmeans MATRIX COLUMNS CLUSTERS kmedoids THREADS
 */
#include "bench.h"

#include <string.h>

#include <till/kmeans.h>
#include <till/kmedoids.h>

static int report(enum till_status status, const struct till_error *error, double processor, double wall,
                  double figure) {
    if (status != TILL_OK) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    printf("%.4f\t%.4f\t%.6f\n", seconds(CLOCK_PROCESS_CPUTIME_ID) - processor, seconds(CLOCK_MONOTONIC) - wall,
           figure);
    return 0;
}

int main(int argc, char **argv) {
    struct till_error error = {0};
    size_t size = 0, start_size = 0;
    double *values = argc > 5 ? read_file(argv[1], &size) : NULL;
    if (values == NULL)
        return 1;
    size_t columns = strtoul(argv[2], NULL, 10), clusters = strtoul(argv[3], NULL, 10);
    struct till_matrix *matrix = till_matrix_new(size / sizeof *values / columns, columns, &error);
    for (size_t row = 0; row < matrix->rows; row++)
        till_matrix_set(matrix, row, values + row * columns);
    double processor = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
    if (strcmp(argv[4], "kmedoids") == 0) {
        struct till_kmedoids_options options = {
            .clusters = clusters, .restarts = 10, .seed = 1, .threads = (unsigned)atoi(argv[5])};
        struct till_kmedoids *result = NULL;
        enum till_status status = till_kmedoids_fit(matrix, NULL, 0, &options, &result, &error);
        return report(status, &error, processor, wall, result == NULL ? 0 : result->deviation);
    }
    double *start = argc > 7 ? read_file(argv[4], &start_size) : NULL;
    if (start == NULL || start_size != clusters * columns * sizeof *start)
        return 1;
    struct till_kmeans_options options = {.clusters = clusters,
                                          .start = TILL_KMEANS_GIVEN,
                                          .centroids = start,
                                          .max_iterations = (unsigned)atoi(argv[5]),
                                          .algorithm = strcmp(argv[6], "lloyd") == 0     ? TILL_KMEANS_LLOYD
                                                       : strcmp(argv[6], "yinyang") == 0 ? TILL_KMEANS_YINYANG
                                                                                         : TILL_KMEANS_AUTO,
                                          .threads = (unsigned)atoi(argv[7])};
    struct till_kmeans *result = NULL;
    enum till_status status = till_kmeans_fit(matrix, &options, &result, &error);
    return report(status, &error, processor, wall, result == NULL ? 0 : result->inertia);
}
