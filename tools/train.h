/* tools/train.h: what the parts of till-train share. Each method of --method is a struct train_method in a file of its
 * own; till-train.c lists them. */
#ifndef TOOLS_TRAIN_H
#define TOOLS_TRAIN_H

#include <till/classifier.h>
#include <till/frame.h>

#include "tool.h"

struct train_settings {
    const char *target;
    const char *positive;
    int method;
    const char *model_out;
    const char *features;
    const char *ignore;
    const char *categorical;
    const char *key;
    const char *weight;
    double positive_weight;
    uint64_t folds;
    const char *fold;
    const char *scores;
    int calibrate;
    /* of logistic regression */
    double ridge;
    double lasso;
    const char *log;
    bool impute;
    double level;
    /* of a tree */
    uint64_t min_split;
    uint64_t min_leaf;
    uint64_t max_depth;
    const char *cp;
    int risk;
    uint64_t prune_folds;
    double prune_se;
    const char *cp_table;
    bool sql;
    /* of boosting, which takes min_leaf too */
    uint64_t trees;
    uint64_t leaves;
    double learning_rate;
    uint64_t bins;
    double l2;
    double row_fraction;
    double column_fraction;
};

/* Place of a column that is not there. */
#define TRAIN_NO_COLUMN ((size_t)-1)

struct train_method;
struct train_work {
    struct tool_run *run;
    const struct train_settings *settings;
    const struct train_method *method;
    struct till_frame *frame;
    size_t weight_at; /* places in the frame; the target is 0, features come last */
    size_t key_at;
    size_t fold_at;
    size_t first; /* of the features */
    double *target;
    double *weight;  /* NULL: all alike. The weight column times --positive-weight */
    uint32_t *group; /* NULL: rows are independent */
    size_t groups;
    bool *logs;                           /* [columns of the schema]: those of --log */
    void *fit;                            /* the method's own */
    struct till_calibration *calibration; /* of what cross-validation predicts; NULL: none */
};

/* How a model is made. Each function may take `work->fit` for what it keeps between calls. */
struct train_method {
    const char *name;
    bool takes_missing; /* missing values are values; otherwise they make bad rows, but for --impute */
    /* Learns from all rows, and tells figures and warnings. */
    enum till_status (*fit)(struct train_work *work, struct till_error *error);
    /* Predicts the rows of one fold by a model of all others. probability [rows]: those of the fold are set. */
    enum till_status (*predict_fold)(struct train_work *work, const uint32_t *fold, uint32_t leave, double *probability,
                                     struct till_error *error);
    /* What standard output shows of the fit. */
    enum till_status (*write)(struct train_work *work, struct till_error *error);
    /* The fit as it is kept in a file; target, rows, seed are set by the caller. The digest is of names and values. */
    enum till_status (*model)(struct train_work *work, struct till_classifier **model, struct till_digest *digest,
                              struct till_error *error);
    void (*free)(struct train_work *work);
};

extern const struct train_method train_logistic;
extern const struct train_method train_tree;
extern const struct train_method train_gbdt;

/* Chooses the columns and plans the frame. */
enum till_status train_plan(struct train_work *work, const struct till_schema *schema, struct till_error *error);

/* Gives folds 0..folds-1 to all rows but those whose fold is TRAIN_LEFT_OUT before: by key where keys repeat, otherwise
 * in turn within each class. Another `salt` puts keys together in another way. */
#define TRAIN_LEFT_OUT UINT32_MAX
void train_give_folds(const struct train_work *work, size_t folds, uint64_t salt, uint32_t *fold);

/* Options that go together with folds. */
enum till_status train_check_folds(const struct train_settings *settings, struct till_error *error);

/* Cross-validation, where it is asked for. */
enum till_status train_validate(struct train_work *work, struct till_error *error);

#endif
