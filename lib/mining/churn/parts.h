/* parts.h: what the files of churn share. */
#ifndef TILL_CHURN_PARTS_H
#define TILL_CHURN_PARTS_H

#include <till/churn.h>

/* Which features are used: all, but those of items where there are none. */
struct churn_columns {
    size_t count;
    size_t feature[TILL_FEATURES_COLUMNS];
};

/* Customers at cutoffs, as rows of numbers; missing: NaN. */
struct churn_rows {
    size_t columns;
    size_t count;
    size_t capacity;
    double *values; /* [count][columns] */
    double *target; /* 1: churned */
    int32_t *cutoff;
    uint64_t *key;  /* of the customer, spread evenly */
    size_t most;    /* 0: no limit */
    uint64_t limit; /* rows of larger keys are left out */
};

void churn_rows_start(struct churn_rows *rows, size_t columns, size_t most);
void churn_rows_free(struct churn_rows *rows);
/* Room for one more row: its place, SIZE_MAX where it is left out. False when memory is out. */
bool churn_rows_add(struct churn_rows *rows, uint64_t key, size_t *place);

/* Fits the method to the rows of cutoffs up to `until`, to the features in `columns`, which are the first ones of the
 * rows' where there are fewer. */
enum till_status churn_fit(struct till_classifier **model, const struct churn_rows *rows, int32_t until,
                           const struct churn_columns *columns, enum till_churn_method method,
                           const struct till_churn_settings *settings, size_t *used, struct till_error *error);

/* The probabilities of rows [count][stride]; the model takes the first columns of each. */
enum till_status churn_score(double *probability, const struct till_classifier *model, const double *values,
                             size_t stride, size_t count, unsigned threads, struct till_error *error);

/* What all customers who bought did until the test, in weeks, for the Pareto/NBD. */
struct churn_history {
    size_t count;
    size_t capacity;
    uint32_t *repeats;
    double *last;
    double *age;
    size_t *tested; /* [rows of the test]: where each of them stands here */
};

/* The chance of no purchase for each row of the test. TILL_ERROR_MODEL: it cannot be said. */
enum till_status churn_paretonbd(double *probability, const struct churn_history *history, size_t rows,
                                 const struct till_churn_settings *settings, struct till_error *error);

#endif
