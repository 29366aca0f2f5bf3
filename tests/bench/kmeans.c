/* The time of clustering alone: rows of doubles from a file, a start from another.
 *
 *     kmeans MATRIX COLUMNS CLUSTERS START ITERATIONS auto|lloyd|yinyang THREADS      seconds of the processor, and on
 * the wall, inertia kmeans MATRIX COLUMNS CLUSTERS kmedoids THREADS                                  the same of
 * k-medoids, deviation */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <till/kmeans.h>
#include <till/kmedoids.h>

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double *read_doubles(const char *path, size_t *count) {
    struct stat status;
    FILE *file = fopen(path, "rb");
    if (file == NULL || stat(path, &status) != 0)
        return NULL;
    *count = (size_t)status.st_size / sizeof(double);
    double *values = malloc((size_t)status.st_size + 1);
    if (values != NULL && fread(values, sizeof *values, *count, file) != *count) {
        free(values);
        values = NULL;
    }
    fclose(file);
    return values;
}

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
    size_t count = 0, start_count = 0;
    double *values = argc > 5 ? read_doubles(argv[1], &count) : NULL;
    if (values == NULL)
        return 1;
    size_t columns = strtoul(argv[2], NULL, 10), clusters = strtoul(argv[3], NULL, 10);
    struct till_matrix *matrix = till_matrix_new(count / columns, columns, &error);
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
    double *start = argc > 7 ? read_doubles(argv[4], &start_count) : NULL;
    if (start == NULL || start_count != clusters * columns)
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
