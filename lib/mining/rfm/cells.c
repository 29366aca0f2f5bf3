/* How many customers lie in each cell of scores, and how much money in each cell of recency by frequency.
 *
 * Money adds up in 128 bits, so that only the finished sum of a cell can be too large, in whatever order customers
 * came. */
#include <till/rfm.h>

void till_rfm_cells_add(struct till_rfm_cells *cells, struct till_rfm_score score, int64_t monetary) {
    cells->customers[score.r - 1][score.f - 1][score.m - 1]++;
    cells->money[score.r - 1][score.f - 1] += monetary;
}

/* Customers of one cell of recency by frequency, over all m. */
static uint64_t count_cell(const struct till_rfm_cells *cells, unsigned r, unsigned f) {
    uint64_t count = 0;
    for (unsigned m = 0; m < TILL_RFM_BINS_MOST; m++)
        count += cells->customers[r][f][m];
    return count;
}

uint64_t till_rfm_cells_count(const struct till_rfm_cells *cells, enum till_rfm_dimension dimension, unsigned score) {
    uint64_t count = 0;
    for (unsigned a = 0; a < TILL_RFM_BINS_MOST; a++)
        for (unsigned b = 0; b < TILL_RFM_BINS_MOST; b++) {
            if (dimension == TILL_RFM_RECENCY)
                count += cells->customers[score - 1][a][b];
            else if (dimension == TILL_RFM_FREQUENCY)
                count += cells->customers[a][score - 1][b];
            else
                count += cells->customers[a][b][score - 1];
        }
    return count;
}

/* Everybody has one r, so the counts by r are all customers. */
static uint64_t count_all(const struct till_rfm_cells *cells, unsigned bins) {
    uint64_t count = 0;
    for (unsigned score = 1; score <= bins; score++)
        count += till_rfm_cells_count(cells, TILL_RFM_RECENCY, score);
    return count;
}

/* The columns of the table, as they are filled. */
struct columns {
    uint64_t *r;
    uint64_t *f;
    uint64_t *customers;
    double *share;
    int64_t *money;
};

/* One row for each cell, r by r. */
static enum till_status fill(const struct till_rfm_cells *cells, unsigned bins, const struct columns *columns,
                             struct till_error *error) {
    uint64_t total = count_all(cells, bins);
    for (unsigned r = 0; r < bins; r++)
        for (unsigned f = 0; f < bins; f++) {
            size_t row = (size_t)r * bins + f;
            till_wide money = cells->money[r][f];
            if (money > INT64_MAX || money <= INT64_MIN)
                return till_error_set(error, TILL_ERROR_DATA, "the money of the cell r=%u f=%u overflows 64 bits",
                                      r + 1, f + 1);
            columns->r[row] = r + 1;
            columns->f[row] = f + 1;
            columns->customers[row] = count_cell(cells, r, f);
            columns->money[row] = (int64_t)money;
            /* Without customers there is no share: the cell stays empty. */
            if (total > 0)
                columns->share[row] = (double)columns->customers[row] / (double)total;
        }
    return TILL_OK;
}

enum till_status till_rfm_cells_table(const struct till_rfm_cells *cells, unsigned bins, struct till_table **table,
                                      struct till_error *error) {
    *table = NULL;
    struct till_table *made = till_table_new((size_t)bins * bins);
    if (made == NULL)
        return till_error_memory(error);
    struct columns columns = {till_table_add(made, "r", TILL_COUNT), till_table_add(made, "f", TILL_COUNT),
                              till_table_add(made, "customers", TILL_COUNT), till_table_add(made, "share", TILL_REAL),
                              till_table_add(made, "money", TILL_MONEY)};
    bool complete = columns.r != NULL && columns.f != NULL && columns.customers != NULL && columns.share != NULL &&
                    columns.money != NULL;
    enum till_status status = complete ? fill(cells, bins, &columns, error) : till_error_memory(error);
    if (status != TILL_OK) {
        till_table_free(made);
        return status;
    }
    *table = made;
    return TILL_OK;
}
