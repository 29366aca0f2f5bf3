/* tools/reasons.h: why a row has the probability that it has, in words. */
#ifndef TOOLS_REASONS_H
#define TOOLS_REASONS_H

#include <stddef.h>

#include <till/classifier.h>
#include <till/text.h>
#include <till/writer.h>

/* Writes `count` cells such as "tenure=1 (+1.8242)": the columns of the model that move the row furthest from a mean
 * row, in either direction, one after the other; empty where none is left that moves it. values and contributions are
 * those of till_classifier_predict; the contributions are used up. `scratch` starts as {0} and is the caller's to free.
 * Errors: TILL_ERROR_MEMORY. */
enum till_status reasons_write(struct till_writer *writer, const struct till_classifier *model, const double *values,
                               double *contributions, size_t count, struct till_text *scratch,
                               struct till_error *error);

#endif
