/* The time of logistic regression alone: terms in memory, as scikit-learn has them.
 *
 *     logistic COLUMNS.bin TARGET.bin TERMS THREADS
 *
 * Doubles, column by column. Prints seconds of the processor and on the wall, the deviance, and with -v behind it the
 * coefficients. */
#include "bench.h"

#include <math.h>

#include <till/logistic.h>

/* Mean and spread of each term belong to the design, as standardising belongs to scikit-learn's preparation. */
static void measure(struct till_design *design) {
    for (size_t j = 0; j < design->terms; j++) {
        const double *x = design->x + j * design->rows;
        double sum = 0, squares = 0;
        for (size_t i = 0; i < design->rows; i++)
            sum += x[i];
        design->mean[j] = sum / (double)design->rows;
        for (size_t i = 0; i < design->rows; i++)
            squares += (x[i] - design->mean[j]) * (x[i] - design->mean[j]);
        design->spread[j] = sqrt(squares / (double)design->rows);
    }
}

int main(int argc, char **argv) {
    size_t values = 0, size = 0;
    double *x = argc > 4 ? read_file(argv[1], &values) : NULL, *y = argc > 4 ? read_file(argv[2], &size) : NULL;
    if (x == NULL || y == NULL)
        return 1;
    struct till_design design = {.rows = size / sizeof *y, .terms = strtoul(argv[3], NULL, 10), .x = x};
    char **names = calloc(design.terms + 1, sizeof *names);
    design.names = names;
    design.mean = calloc(design.terms, sizeof *design.mean);
    design.spread = calloc(design.terms, sizeof *design.spread);
    for (size_t j = 0; j < design.terms; j++)
        names[j] = argv[3];
    measure(&design);
    struct till_logistic_settings settings = {.threads = (unsigned)strtoul(argv[4], NULL, 10)};
    struct till_logistic *fit;
    struct till_error error = {0};
    double processor = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
    if (till_logistic_fit(&fit, &design, y, NULL, NULL, 0, &settings, &error) != TILL_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    printf("%.4f\t%.4f\t%.8f\t%u\n", seconds(CLOCK_PROCESS_CPUTIME_ID) - processor, seconds(CLOCK_MONOTONIC) - wall,
           -2 * fit->log_likelihood, fit->iterations);
    for (size_t j = 0; j <= design.terms && argc > 5; j++)
        printf("%.17g\t%.17g\n", fit->estimate[j], sqrt(fit->covariance[j * (design.terms + 2)]));
    return 0;
}
