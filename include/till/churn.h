/* till/churn.h: who will leave: from what customers did to a model that was tested on a later time, and a score for
 * each.
 *
 *     till_churn_plan(&plan, &settings, oldest, as_of, &error);       which days to look back from
 *     till_churn_run(&churn, features, &plan, &settings, &error);
 *     ... churn->rivals[0].metrics.auc, churn->customers[i].probability ...
 *     till_churn_free(churn);
 *
 * Rows are customers at cutoffs, as till/features.h makes them. The last cutoff whose horizon lies within the data is
 * the test; a model of those cutoffs whose horizons end before the test begins is held against what came after it,
 * beside two rivals: recency alone, and the Pareto/NBD. So the test is a forecast that could have been made on that
 * day. Then the model is fitted anew to all cutoffs with a known answer, and scores the customers of today. */
#ifndef TILL_CHURN_H
#define TILL_CHURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/classifier.h>
#include <till/error.h>
#include <till/features.h>
#include <till/metrics.h>

/* A logistic regression of logarithms; a tree that is cut back by cross-validation; boosted trees, as many as held-out
 * rows want. What till-train does by its defaults, all rows of a customer in one fold. */
enum till_churn_method { TILL_CHURN_LOGISTIC, TILL_CHURN_TREE, TILL_CHURN_GBDT };
TILL_API const char *till_churn_method_name(enum till_churn_method method);

struct till_churn_settings {
    int32_t horizon; /* days, as the features have them */
    int32_t gap;
    const int32_t *cutoffs; /* rising; NULL: rolling ones */
    size_t cutoff_count;    /* of those, or how many rolling ones at most */
    int32_t spacing;        /* days between rolling ones */
    enum till_churn_method method;
    double ridge; /* of a logistic regression; as in till_logistic_settings */
    double lasso;
    size_t most_rows; /* to learn from: beyond them customers are sampled */
    struct till_metrics_bootstrap bootstrap;
};

/* The days to look back from. */
#define TILL_CHURN_CUTOFFS 1000
struct till_churn_plan {
    size_t count;    /* cutoffs whose horizon lies within the data; the last of them is the test */
    size_t training; /* so many of the first ones end before the test begins: cutoff + gap + horizon <= test */
    int32_t cutoffs[TILL_CHURN_CUTOFFS + 1]; /* rising; behind them as_of, the day of the scores */
};

/* Rolling cutoffs go back from the last day that has its horizon before as_of, `spacing` days apart, and leave a
 * horizon's length of history before the first one. `oldest` is the first day of the data. Errors: TILL_ERROR_MODEL
 * where there is no test, or nothing to learn from before it: the message says what is missing. */
TILL_API enum till_status till_churn_plan(struct till_churn_plan *plan, const struct till_churn_settings *settings,
                                          int32_t oldest, int32_t as_of, struct till_error *error);

enum till_churn_rivals { TILL_CHURN_MODEL, TILL_CHURN_RECENCY, TILL_CHURN_PARETONBD, TILL_CHURN_RIVALS };

/* How one way to tell leavers did in the test. */
struct till_churn_rival {
    const char *name; /* of the method, "recency", "paretonbd" */
    bool there;       /* the Pareto/NBD may not be identified by the data */
    struct till_metrics metrics;
    struct till_metrics_interval own;
    struct till_metrics_interval gain; /* of the model over it */
};

struct till_churn_customer {
    struct till_slice name; /* the features' */
    double probability;     /* to buy nothing within the horizon behind the gap behind as_of */
    unsigned decile;        /* 1: the riskiest. 1 + floor(10 x customers of a higher probability / customers) */
};

struct till_churn {
    struct till_features_count *counts; /* [plan->count + 1]: what became of the customers at each cutoff */
    struct till_churn_rival rivals[TILL_CHURN_RIVALS];
    char no_paretonbd[256];        /* why it is not there */
    size_t test_rows;              /* customers in the test */
    size_t trained_rows;           /* rows that the test's model learned from */
    size_t rows;                   /* rows that the final model learned from */
    bool sampled;                  /* there were more than settings->most_rows */
    struct till_classifier *model; /* fitted to all labelled cutoffs */
    size_t count;                  /* customers who are scored, in byte order */
    struct till_churn_customer *customers;
    double *values; /* [count][model->column_count]: what till_classifier_predict takes */
};

/* `features` has to be made with `all` set, with the horizon and the gap of the settings, and settled on the plan's
 * cutoffs, as_of among them. It must outlive the result. Errors: TILL_ERROR_MODEL for one class alone, and those of the
 * fit; those of till_features_each; TILL_ERROR_MEMORY. Memory: 8 bytes a feature for each customer of the test and of
 * today, and for each row to learn from up to most_rows, three times while a model is fitted. Time: one pass over the
 * customers and cutoffs, two fits, and the bootstrap. */
TILL_API enum till_status till_churn_run(struct till_churn **churn, struct till_features *features,
                                         const struct till_churn_plan *plan, const struct till_churn_settings *settings,
                                         struct till_error *error);
TILL_API void till_churn_free(struct till_churn *churn);

#endif
