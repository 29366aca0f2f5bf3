/* The time of boosting alone: rows of doubles, column by column, and answers of one byte, from files. Prints seconds of
 * the processor and on the wall, log-loss and AUC of the rows that were learned from.
 *
 *     gbdt MATRIX ANSWERS COLUMNS TREES LEAVES THREADS
 */
#include "bench.h"

#include <till/gbdt.h>
#include <till/metrics.h>

/* The area under the curve of the rows that were learned from. */
static double auc_of(const struct till_trees *trees, const struct till_trees_table *table, const double *target) {
    struct till_metrics metrics = {0};
    struct till_error error = {0};
    double *values = malloc(table->count * sizeof *values), *scores = malloc(table->rows * sizeof *scores);
    for (size_t row = 0; row < table->rows; row++) {
        till_trees_table_row(table, row, values);
        scores[row] = till_trees_probability(trees, till_trees_score(trees, values));
    }
    till_metrics_compute(&metrics, target, scores, table->rows, &error);
    free(values);
    free(scores);
    return metrics.auc;
}

int main(int argc, char **argv) {
    size_t size = 0, rows = 0;
    double *x = argc > 6 ? read_file(argv[1], &size) : NULL;
    unsigned char *y = argc > 6 ? read_file(argv[2], &rows) : NULL;
    if (x == NULL || y == NULL)
        return 1;
    struct till_trees_table table = {.rows = rows, .count = strtoul(argv[3], NULL, 10)};
    double *target = malloc(rows * sizeof *target);
    table.columns = calloc(table.count, sizeof *table.columns);
    for (size_t i = 0; i < table.count; i++)
        table.columns[i] = (struct till_trees_column){.name = "x", .numbers = x + i * rows};
    for (size_t row = 0; row < rows; row++)
        target[row] = y[row];
    struct till_gbdt_settings settings = {.trees = strtoul(argv[4], NULL, 10),
                                          .leaves = strtoul(argv[5], NULL, 10),
                                          .learning_rate = 0.1,
                                          .min_leaf = 20,
                                          .bins = 255,
                                          .seed = 1,
                                          .threads = (unsigned)strtoul(argv[6], NULL, 10)};
    struct till_gbdt_report report;
    struct till_trees *trees;
    struct till_error error = {0};
    double processor = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
    if (till_gbdt_fit(&trees, &table, target, NULL, NULL, 0, NULL, &settings, &report, &error) != TILL_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    processor = seconds(CLOCK_PROCESS_CPUTIME_ID) - processor;
    wall = seconds(CLOCK_MONOTONIC) - wall;
    printf("%.4f\t%.4f\t%.7f\t%.6f\n", processor, wall, report.log_loss, auc_of(trees, &table, target));
    till_trees_free(trees);
    return 0;
}
