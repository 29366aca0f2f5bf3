/* till/classifier.h: a fitted classifier as it is kept in a model file and applied to rows.
 *
 *     till_classifier_load(&model, "model.json", &error);
 *     model->columns[i].name ... values[i]                    a number, or the place of a level among the column's
 *     p = till_classifier_predict(model, values, contributions);
 *     till_classifier_free(model);
 *
 * In the file, the body of the kind "classifier" says the method, the target, what the model was trained on, and under
 * the method's own name the columns (names, and levels in byte order) and what it has found: "logistic" holds the
 * intercept and, for each column, its estimate (or that of each level), and the mean and the spread that it had;
 * methods that grow trees ("tree", "gbdt") hold their nodes. */
#ifndef TILL_CLASSIFIER_H
#define TILL_CLASSIFIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/calibration.h>
#include <till/design.h>
#include <till/error.h>
#include <till/logistic.h>
#include <till/trees.h>
#include <till/writer.h>

struct till_classifier_column {
    char *name;
    bool text;
    size_t level_count;
    char **levels;    /* in byte order */
    double *estimate; /* [1 or level_count]; NULL in models of trees, as are the three below NaN */
    double mean;      /* of estimate x value over the training rows: what a contribution is counted from */
    bool log;         /* a logistic regression of sign x log(1 + |value|) */
    double fill;      /* what a missing value is taken as (a number, or a level's place); NaN: it is refused */
    double spread;    /* population standard deviation of a number; NaN for levels */
};

struct till_classifier {
    char *method; /* "logistic", "tree", "gbdt" */
    char *target;
    char *positive;
    double intercept;                     /* of a logistic regression */
    struct till_trees *trees;             /* NULL: it is a logistic regression */
    struct till_calibration *calibration; /* applied to its probabilities; NULL: none */
    size_t column_count;
    struct till_classifier_column *columns;
    uint64_t rows; /* of the training data */
    uint64_t positives;
    uint64_t seed;
    char *digest; /* of the values that it was trained on */
};

#define TILL_CLASSIFIER_NO_LEVEL SIZE_MAX

/* A classifier of a fit. `fills` [sources of the design] says what missing values are taken as; NULL: refused. `shift`
 * is added to the intercept. */
TILL_API enum till_status till_classifier_of(struct till_classifier **model, const struct till_design *design,
                                             const struct till_logistic *fit, double shift, const double *fills,
                                             const char *target, const char *positive, struct till_error *error);

/* A classifier of a tree model over the columns of a table, by the method of that name. `trees` is finished; on success
 * it is the classifier's. Errors: TILL_ERROR_MEMORY. */
TILL_API enum till_status till_classifier_of_trees(struct till_classifier **model, const char *method,
                                                   const struct till_trees_table *table, struct till_trees *trees,
                                                   const char *target, const char *positive, struct till_error *error);
TILL_API void till_classifier_free(struct till_classifier *model);

/* Errors: those of till_model_save and till_model_load; TILL_ERROR_STATE for a file that is no classifier. */
TILL_API enum till_status till_classifier_save(struct till_sink sink, const struct till_classifier *model,
                                               struct till_error *error);
TILL_API enum till_status till_classifier_load(struct till_classifier **model, const char *path,
                                               struct till_error *error);

/* The place of a level among the column's; TILL_CLASSIFIER_NO_LEVEL: training never saw it. O(log levels). */
TILL_API size_t till_classifier_level(const struct till_classifier_column *column, struct till_slice text);

/* The probability of the positive class. values [column_count]: numbers, or places of levels; NaN for a level that
 * training never saw, which counts as the reference, or goes where trees send missing values; NaN for a missing number
 * which counts as the column's fill, and for a missing level in trees alone. contributions [column_count] may be NULL:
 * how far each column moves the score (log-odds; a single tree: probability) from that of a mean row: linear SHAP, or
 * TreeSHAP (their sum and the mean row's score are the score). O(columns); trees: see till_trees_score,
 * till_trees_explain. */
TILL_API double till_classifier_predict(const struct till_classifier *model, const double *values,
                                        double *contributions);

#endif
