/* Calibration. Platt's two parameters by Newton's method on the targets (N+ + 1) / (N+ + 2) and 1 / (N- + 2), which
 * keep them finite; isotonic regression by pooling adjacent violators along the sorted rows. */
#include <math.h>
#include <stdlib.h>

#include "parts.h"

enum { MOST_STEPS = 100 };

struct platt {
    const struct metrics_row *rows;
    size_t count;
    double high;
    double low;
};

static double platt_loss(const struct platt *platt, double a, double b) {
    double loss = 0;
    for (size_t i = 0; i < platt->count; i++) {
        double f = a * platt->rows[i].probability + b, t = platt->rows[i].target != 0 ? platt->high : platt->low;
        loss += f >= 0 ? t * f + log1p(exp(-f)) : (t - 1) * f + log1p(exp(f));
    }
    return loss;
}

/* One Newton step with halving; false when it changed nothing. */
static bool platt_step(const struct platt *platt, double *a, double *b) {
    double ga = 0, gb = 0, haa = 1e-12, hab = 0, hbb = 1e-12;
    for (size_t i = 0; i < platt->count; i++) {
        double s = platt->rows[i].probability, f = *a * s + *b;
        double t = platt->rows[i].target != 0 ? platt->high : platt->low;
        double p = f >= 0 ? exp(-f) / (1 + exp(-f)) : 1 / (1 + exp(f)), w = p * (1 - p);
        ga += s * (t - p);
        gb += t - p;
        haa += w * s * s;
        hab += w * s;
        hbb += w;
    }
    double det = haa * hbb - hab * hab, da = -(hbb * ga - hab * gb) / det, db = -(haa * gb - hab * ga) / det;
    double before = platt_loss(platt, *a, *b);
    for (double scale = 1; scale > 1e-12; scale /= 2)
        if (platt_loss(platt, *a + scale * da, *b + scale * db) < before) {
            *a += scale * da;
            *b += scale * db;
            return true;
        }
    return false;
}

enum till_status till_metrics_platt(const double *target, double *probability, size_t count, double *a, double *b,
                                    struct till_error *error) {
    struct metrics_row *rows;
    size_t positives;
    enum till_status status = metrics_sort(&rows, &positives, target, probability, count, error);
    if (status != TILL_OK)
        return status;
    double yes = (double)positives, no = (double)(count - positives);
    struct platt platt = {rows, count, (yes + 1) / (yes + 2), 1 / (no + 2)};
    *a = 0;
    *b = log((no + 1) / (yes + 1));
    for (int step = 0; step < MOST_STEPS && platt_step(&platt, a, b); step++)
        ;
    for (size_t i = 0; i < count; i++)
        probability[i] = 1 / (1 + exp(*a * probability[i] + *b));
    free(rows);
    return TILL_OK;
}

enum till_status till_metrics_isotonic(const double *target, double *probability, size_t count, size_t *blocks,
                                       struct till_error *error) {
    struct metrics_row *rows;
    size_t positives, made = 0;
    double hits;
    enum till_status status = metrics_sort(&rows, &positives, target, probability, count, error);
    struct pool {
        double hits;
        double rows;
    } *pools = malloc((count + 1) * sizeof *pools);
    if (status == TILL_OK && pools == NULL)
        status = till_error_memory(error);
    /* Probabilities fall, so means have to fall as well: a higher one is pooled with what came before. */
    for (size_t from = 0, to; status == TILL_OK && from < count; from = to) {
        to = metrics_step(rows, count, from, &hits);
        struct pool own = {hits, (double)(to - from)};
        while (made > 0 && pools[made - 1].hits * own.rows <= own.hits * pools[made - 1].rows) {
            own.hits += pools[made - 1].hits;
            own.rows += pools[--made].rows;
        }
        pools[made++] = own;
    }
    for (size_t pool = 0, at = 0; status == TILL_OK && pool < made; pool++)
        for (double i = 0; i < pools[pool].rows; i++)
            probability[rows[at++].row] = pools[pool].hits / pools[pool].rows;
    *blocks = made;
    free(pools);
    free(rows);
    return status;
}
