/* What every model of buying gives to the fit and to the forecast. */
#ifndef MINING_CLV_MODELS_H
#define MINING_CLV_MODELS_H

#include <stdbool.h>

#include <till/clv.h>

#include "../../base/lanes.h"
#include "newton.h"
#include "special.h"
#include "times.h"

/* Nodes and weights of Gauss-Legendre rules on 0..1. */
#define RULES 2
#define MOST_NODES 16
struct rule {
    int eights; /* of nodes */
    double node[MOST_NODES];
    double weight[MOST_NODES];
};
void rules_make(struct rule rules[RULES]); /* 8 and 16 nodes */

/* A model at one point of its parameters, with what all customers share. Tables over the number of repeats are indexed
 * by the levels of the cells; those of BG/BB by the number of periods, from 0. */
#define MOST_TABLES 6
struct point {
    enum till_clv_method method;
    double parameter[TILL_CLV_PARAMETERS];
    struct rule rules[RULES];
    struct rising *table[MOST_TABLES];
    double joint; /* BG/NBD: log(alpha) */
};

/* One customer, as a point sees it. */
struct buyer {
    uint32_t repeats;
    uint32_t level;
    double last;
    double age;
};

/* What lies behind a time for customers of one number of repeats who live then: the moments of being dead up to the
 * last time of their level, relative to exp(-buying a - dying b), and a and b there. */
enum { FATE_SUMS = 16 };
struct fate {
    double sums[FATE_SUMS];
    double a, b;
};

/* Cells that share times, and the fates at those, as many as go through vectors together. */
struct cells_between {
    size_t count;
    struct buyer buyer[LANES];
    double weight[LANES];
    const struct fate *last[LANES];
    const struct fate *age[LANES];
};

struct buying_model {
    const char *names[TILL_CLV_PARAMETERS];
    bool timed; /* in continuous time: the unit matters */
    /* Tables for these levels and ages up to `longest`; false when memory is out. */
    bool (*prepare)(struct point *point, const uint32_t *levels, size_t count, double longest);
    /* The log-likelihood of a buyer and its slopes by the logs of the parameters. */
    void (*slopes)(const struct point *point, const struct buyer *buyer, struct slopes *slopes);
    /* The log of the odds to be dead; -INFINITY when certainly alive. */
    double (*log_odds)(const struct point *point, const struct buyer *buyer);
    /* The same for many cells that share times; NULL where a cell costs no more than that. First the fates between each
     * of the times `from`..`to` - 1 and the next; then, of them all, what lies behind each. With `last` and `age`,
     * those of a buyer's times, log_odds; and the slopes of several cells, each with its weight, added one after the
     * other.
     */
    void (*look_ahead)(const struct point *point, const struct times *times, const uint32_t *levels, size_t from,
                       size_t to, struct fate *fates);
    void (*add_up)(const struct point *point, const struct times *times, const uint32_t *levels, struct fate *fates);
    void (*add_between)(const struct point *point, const struct cells_between *cells, struct slopes *sum);
    double (*log_odds_between)(const struct point *point, const struct buyer *buyer, const struct fate *last,
                               const struct fate *age);
    /* Purchases expected in the time after `age`, of a buyer who is alive then. */
    double (*expected)(const struct till_clv_model *model, const struct buyer *buyer, double time);
    /* The same in all time, discounted; NULL where there is no such form. */
    double (*residual)(const struct till_clv_model *model, const struct buyer *buyer, double delta);
    /* Starts for the logs of the parameters, for times scaled so that the longest age is near 1. */
    const double (*starts)[MOST_PARAMETERS];
    size_t start_count;
};

extern const struct buying_model paretonbd_model;
extern const struct buying_model bgnbd_model;
extern const struct buying_model mbgnbd_model;
extern const struct buying_model bgbb_model;
const struct buying_model *model_of(enum till_clv_method method);

bool point_make(struct point *point, const struct till_clv_model *model, const uint32_t *levels, size_t count,
                double longest);
void point_free(struct point *point);

/* A likelihood that is a sum of cases, each given by its log and slopes: numbers of observed purchases with one or the
 * other fate. Start with {.value = -INFINITY}. */
struct mixture {
    double value; /* log of the sum so far */
    double gradient[MOST_PARAMETERS];
    double hessian[MOST_PARAMETERS]
                  [MOST_PARAMETERS]; /* of the mean: second moments, not yet less the gradient's square */
};
void mixture_add(struct mixture *mixture, const struct slopes *fate);
void mixture_finish(const struct mixture *mixture, struct slopes *slopes);

/* The same for two cases alone, at less cost. */
void mixture_of_two(const struct slopes *one, const struct slopes *other, struct slopes *both);

#endif
