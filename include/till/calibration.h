/* till/calibration.h: probabilities that are too high or too low, brought to what was seen, and how that is kept.
 *
 *     till_calibration_fit(&calibration, TILL_CALIBRATION_PLATT, target, probability, count, &error);
 *     p = till_calibration_apply(calibration, p);
 *     till_calibration_free(calibration);
 *
 * To keep one, give it to a classifier (till/classifier.h). */
#ifndef TILL_CALIBRATION_H
#define TILL_CALIBRATION_H

#include <stddef.h>

#include <till/error.h>

enum till_calibration_method {
    TILL_CALIBRATION_PLATT,   /* 1 / (1 + exp(a p + b)); see till_metrics_platt */
    TILL_CALIBRATION_ISOTONIC /* the rising steps closest to the answers, straight lines between them */
};

struct till_calibration {
    enum till_calibration_method method;
    double a;
    double b;
    size_t count; /* ISOTONIC: points, both coordinates rising; a step has two of them, its ends */
    double *from;
    double *to;
};

/* target[i] is 0 or 1. Errors: TILL_ERROR_MODEL with one class alone; TILL_ERROR_MEMORY. O(n log n). */
TILL_API enum till_status till_calibration_fit(struct till_calibration **calibration,
                                               enum till_calibration_method method, const double *target,
                                               const double *probability, size_t count, struct till_error *error);
/* NULL is allowed. */
TILL_API void till_calibration_free(struct till_calibration *calibration);

/* Outside of the points of ISOTONIC, and within 1e-9 of one, it is that of the nearest one. O(log count). */
TILL_API double till_calibration_apply(const struct till_calibration *calibration, double probability);

#endif
