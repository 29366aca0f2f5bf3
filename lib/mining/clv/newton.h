/* Maximum likelihood for models of a few positive parameters: Newton's method on their logs. */
#ifndef MINING_CLV_NEWTON_H
#define MINING_CLV_NEWTON_H

#include <stdbool.h>
#include <stddef.h>

#include <till/error.h>

#define MOST_PARAMETERS 4

/* A log-likelihood with its derivatives by the logs of the parameters; hessian holds the upper triangle. */
struct slopes {
    double value;
    double gradient[MOST_PARAMETERS];
    double hessian[MOST_PARAMETERS][MOST_PARAMETERS];
};

/* Adds `weight` times `from`. The lower triangle is zeros: adding rows whole is faster. */
static inline void slopes_add(struct slopes *into, const struct slopes *from, double weight) {
    into->value += weight * from->value;
    for (size_t i = 0; i < MOST_PARAMETERS; i++) {
        into->gradient[i] += weight * from->gradient[i];
        for (size_t j = 0; j < MOST_PARAMETERS; j++)
            into->hessian[i][j] += weight * from->hessian[i][j];
    }
}

struct objective {
    size_t parameters;
    double weight; /* of all observations */
    double enough; /* who is so near to the top, in log-likelihood, need not go on; 0: as near as can be seen */
    /* The slopes at these logs of parameters. */
    enum till_status (*evaluate)(void *context, const double *logs, struct slopes *slopes, struct till_error *error);
    void *context;
};

/* Where a search ended. Logs are kept within +-LOG_LIMIT; beyond +-LOG_SENSE a parameter of scaled data is as good as
 * zero or infinite. */
#define LOG_LIMIT 16.0
#define LOG_SENSE 13.0
struct optimum {
    double logs[MOST_PARAMETERS];
    struct slopes slopes;
    bool inner; /* a maximum with a curvature that can be inverted; otherwise the likelihood goes on rising, or is flat
                 */
    double covariance[MOST_PARAMETERS][MOST_PARAMETERS]; /* of the logs; where inner */
    double gain;                                         /* what one step more would gain */
    unsigned iterations;
};

/* Climbs from optimum->logs. O(iterations x evaluate). */
enum till_status newton_climb(struct optimum *optimum, const struct objective *objective, struct till_error *error);

/* Climbs from each of the starts; the highest end counts, and an inner one where they are level. */
enum till_status newton_best(struct optimum *best, const struct objective *objective,
                             const double (*starts)[MOST_PARAMETERS], size_t count, struct till_error *error);

#endif
