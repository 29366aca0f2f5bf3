/* What the models of buying share: the list of them, tables at a point, sums of fates, and a rule of integration. */
#include "models.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct buying_model *model_of(enum till_clv_method method) {
    static const struct buying_model *const models[] = {&paretonbd_model, &bgnbd_model, &mbgnbd_model, &bgbb_model};
    return models[method];
}

const char *till_clv_parameter_name(enum till_clv_method method, int parameter) {
    return model_of(method)->names[parameter];
}

/* Newton's method on the Legendre polynomial, from Chebyshev's nodes. */
static void make_rule(struct rule *rule, int n) {
    rule->eights = n / 8;
    for (int i = 0; i < n; i++) {
        double x = cos(3.14159265358979323846 * (i + 0.75) / (n + 0.5)), slope = 1;
        for (int round = 0; round < 8; round++) {
            double before = 1, here = x;
            for (int k = 2; k <= n; k++) {
                double next = ((2 * k - 1) * x * here - (k - 1) * before) / k;
                before = here;
                here = next;
            }
            slope = n * (x * here - before) / (x * x - 1);
            x -= here / slope;
        }
        rule->node[i] = 0.5 * (1 - x);
        rule->weight[i] = 1 / ((1 - x * x) * slope * slope);
    }
}

void rules_make(struct rule rules[RULES]) {
    make_rule(&rules[0], 8);
    make_rule(&rules[1], 16);
}

bool point_make(struct point *point, const struct till_clv_model *model, const uint32_t *levels, size_t count,
                double longest) {
    *point = (struct point){.method = model->method};
    memcpy(point->parameter, model->parameter, sizeof point->parameter);
    rules_make(point->rules);
    if (model_of(model->method)->prepare(point, levels, count, longest))
        return true;
    point_free(point);
    return false;
}

void point_free(struct point *point) {
    for (size_t i = 0; i < MOST_TABLES; i++)
        free(point->table[i]);
    memset(point->table, 0, sizeof point->table);
}

/* The moments so far are a mean over the fates; one more moves them by its share. */
void mixture_add(struct mixture *mixture, const struct slopes *fate) {
    double value = log_add(mixture->value, fate->value);
    double share = exp(fate->value - value), rest = mixture->value == -INFINITY ? 0 : exp(mixture->value - value);
    for (size_t i = 0; i < MOST_PARAMETERS; i++) {
        mixture->gradient[i] = rest * mixture->gradient[i] + share * fate->gradient[i];
        for (size_t j = i; j < MOST_PARAMETERS; j++)
            mixture->hessian[i][j] =
                rest * mixture->hessian[i][j] + share * (fate->hessian[i][j] + fate->gradient[i] * fate->gradient[j]);
    }
    mixture->value = value;
}

void mixture_finish(const struct mixture *mixture, struct slopes *slopes) {
    slopes->value = mixture->value;
    for (size_t i = 0; i < MOST_PARAMETERS; i++) {
        slopes->gradient[i] = mixture->gradient[i];
        for (size_t j = i; j < MOST_PARAMETERS; j++)
            slopes->hessian[i][j] = mixture->hessian[i][j] - mixture->gradient[i] * mixture->gradient[j];
    }
}

void mixture_of_two(const struct slopes *one, const struct slopes *other, struct slopes *both) {
    double off = other->value - one->value, power = exp(-fabs(off));
    double less = power / (1 + power), more = 1 / (1 + power);
    double first = off > 0 ? less : more, second = off > 0 ? more : less;
    both->value = (off > 0 ? other->value : one->value) + log1p(power);
    for (size_t i = 0; i < MOST_PARAMETERS; i++) {
        both->gradient[i] = first * one->gradient[i] + second * other->gradient[i];
        for (size_t j = i; j < MOST_PARAMETERS; j++)
            both->hessian[i][j] =
                first * one->hessian[i][j] + second * other->hessian[i][j] +
                first * second * (one->gradient[i] - other->gradient[i]) * (one->gradient[j] - other->gradient[j]);
    }
}
