/* The rival that knows nothing but when a customer bought: Pareto/NBD, fitted to what was known on the day of the test.
 */
#include <stdlib.h>

#include <till/clv.h>

#include "parts.h"

enum { DAYS_A_WEEK = 7 };

/* The fit is of everybody who ever bought, also of those who are left out of the test: without them dropping out would
 * look rare. Weeks are the unit in which till-clv tells its parameters. */
enum till_status churn_paretonbd(double *probability, const struct churn_history *history, size_t rows,
                                 const struct till_churn_settings *settings, struct till_error *error) {
    struct till_clv_history known = {history->count, history->repeats, history->last, history->age};
    struct till_clv_cells cells = {0};
    struct till_clv_fit fit;
    unsigned threads = settings->bootstrap.threads;
    double gap = (double)settings->gap / DAYS_A_WEEK, horizon = (double)settings->horizon / DAYS_A_WEEK;
    enum till_status status = till_clv_cells_new(&cells, &known, error);
    double *none = status == TILL_OK ? malloc((cells.count + 1) * sizeof *none) : NULL;
    if (status == TILL_OK && none == NULL)
        status = till_error_memory(error);
    if (status == TILL_OK)
        status = till_clv_fit(&fit, TILL_CLV_PARETONBD, &cells, threads, error);
    if (status == TILL_OK)
        status = till_clv_no_purchase(none, &fit.model, &cells, gap, horizon, threads, error);
    for (size_t i = 0; status == TILL_OK && i < rows; i++)
        probability[i] = none[cells.cell[history->tested[i]]];
    free(none);
    till_clv_cells_free(&cells);
    return status;
}
