/* Pareto/NBD (Schmittlein, Morrison & Colombo 1987, "Counting your customers", Management Science 33).
 *
 * The likelihood is a sum over the fates of a customer: alive at the end, or dead at some moment tau since the last
 * purchase:
 *
 *     Gamma(r+x)/Gamma(r) alpha^-x [ P_alive + integral from t_x to T of P_tau d tau ]
 *     P_alive = (1 + T/alpha)^-(r+x) (1 + T/beta)^-s
 *     P_tau   = (1 + tau/alpha)^-(r+x) (1 + tau/beta)^-(s+1) s/beta
 *
 * The usual way is to write the integral as hypergeometric functions, which overflow, cancel, and have no handy
 * derivatives. Here it is integrated: with tau = exp(y) - min(alpha, beta) the integrand is the exponential of a
 * concave function whose nearest singularity stays pi away from the real line, so that Gauss-Legendre rules of 8 to 16
 * nodes give all digits, on one panel nearly always. Every node is a fate with plain slopes, and the same pass yields
 * gradient and Hessian. All terms are positive. */
#include "models.h"

#include <math.h>
#include <stdlib.h>

/* Beyond this many e-folds below the start the integrand is nothing. */
#define DEEPEST 50.0

/* A panel of 16 nodes takes in a fall of STEEPEST over a width of WIDEST with all digits. */
#define STEEPEST 14.0
#define WIDEST 4.0
#define MOST_PANELS 64

/* Sums over the fates of being dead, relative to exp(log_scale). Of A = log(1 + tau/alpha), B = log(1 + tau/beta),
 * u = tau/(alpha + tau), v = tau/(beta + tau): their moments. */
struct moments {
    double total;
    double a, b, u, v;
    double aa, ab, bb, au, av, bu, bv, uu, uv, vv;
};

/* The integral of one buyer, laid out. */
struct lifetime {
    double alpha, beta;
    double buying, dying; /* r + x, s + 1 */
    double start;         /* t_x */
    double shift;         /* min(alpha, beta) + t_x */
    double span;          /* of y */
    double log_start;     /* log of the integrand's exponent at t_x */
    const struct rule *rule;
    int panels;
    double edge[MOST_PANELS + 1]; /* of y, falling from span to 0 */
};

/* The exponent's fall from the start to y, and its slope there. */
static double fall(const struct lifetime *life, double y, double *slope) {
    double tau = life->start + life->shift * expm1(y), growth = life->shift * exp(y);
    *slope = life->buying * growth / (life->alpha + tau) + life->dying * growth / (life->beta + tau);
    return life->buying * log1p((tau - life->start) / (life->alpha + life->start)) +
           life->dying * log1p((tau - life->start) / (life->beta + life->start));
}

/* Lays panels from the right, where the fall is steepest, to the left. */
static void divide(struct lifetime *life, double slope, const struct rule *rule) {
    double y = life->span;
    life->rule = rule;
    for (life->panels = 0; y > 0 && life->panels < MOST_PANELS; life->panels++) {
        life->edge[life->panels] = y;
        y -= fmin(WIDEST, STEEPEST / slope);
        if (y > 0)
            fall(life, y, &slope);
    }
    life->edge[life->panels] = 0;
}

/* Cuts off where nothing is left, and chooses rule and panels by how far the exponent falls. The fall is convex in y,
 * so that Newton's method comes down from the right and never passes the cut. */
static void lay_panels(struct lifetime *life, const struct rule *rules) {
    double slope, depth = fall(life, life->span, &slope) - life->span;
    for (int i = 0; i < 60 && depth > 2 * DEEPEST && slope > 1; i++) {
        life->span -= (depth - DEEPEST) / slope;
        depth = fall(life, life->span, &slope) - life->span;
    }
    double steep = slope * life->span;
    life->panels = 1;
    life->edge[0] = life->span;
    life->edge[1] = 0;
    if (steep < 2.5 && life->span < 1.2)
        life->rule = &rules[0];
    else if (steep < 8 && life->span < 2.5)
        life->rule = &rules[1];
    else
        divide(life, slope, &rules[2]);
}

static void lay_out(struct lifetime *life, const struct point *point, const struct buyer *buyer) {
    double alpha = point->parameter[1], beta = point->parameter[3], start = buyer->last;
    life->alpha = alpha;
    life->beta = beta;
    life->buying = point->parameter[0] + buyer->repeats;
    life->dying = point->parameter[2] + 1;
    life->start = start;
    life->shift = fmin(alpha, beta) + start;
    life->span = log1p((buyer->age - start) / life->shift);
    life->log_start = -life->buying * log1p(start / alpha) - life->dying * log1p(start / beta);
    lay_panels(life, point->rules);
}

/* The integral itself, less exp(log_start). */
static double integrate(const struct lifetime *life) {
    double total = 0;
    double near_a = life->alpha + life->start, near_b = life->beta + life->start;
    for (int panel = 0; panel < life->panels; panel++) {
        double low = life->edge[panel + 1], width = life->edge[panel] - low;
        for (int i = 0; i < life->rule->count; i++) {
            double y = low + life->rule->node[i] * width, step = life->shift * expm1(y);
            double weight = width * exp(-life->buying * log1p(step / near_a) - life->dying * log1p(step / near_b));
            total += life->rule->weight[i] * weight * (life->shift + step);
        }
    }
    return total;
}

/* One fate more. */
static void add_moment(struct moments *sum, double w, double a, double b, double u, double v) {
    double wa = w * a, wb = w * b, wu = w * u, wv = w * v;
    sum->total += w;
    sum->a += wa;
    sum->b += wb;
    sum->u += wu;
    sum->v += wv;
    sum->aa += wa * a;
    sum->ab += wa * b;
    sum->bb += wb * b;
    sum->au += wa * u;
    sum->av += wa * v;
    sum->bu += wb * u;
    sum->bv += wb * v;
    sum->uu += wu * u;
    sum->uv += wu * v;
    sum->vv += wv * v;
}

/* All moments over the dead, and the log of their total mass. */
static double integrate_moments(const struct lifetime *life, struct moments *sum) {
    double alpha = life->alpha, beta = life->beta;
    double start_a = log1p(life->start / alpha), start_b = log1p(life->start / beta);
    /* One of A and B is linear in y: that of the smaller parameter, by which tau was replaced. */
    bool alpha_smaller = alpha <= beta;
    double other = (alpha_smaller ? beta : alpha) + life->start;
    for (int panel = 0; panel < life->panels; panel++) {
        double low = life->edge[panel + 1], width = life->edge[panel] - low;
        for (int i = 0; i < life->rule->count; i++) {
            double y = low + life->rule->node[i] * width, step = life->shift * expm1(y);
            double far = log1p(step / other), tau = life->start + step;
            double a = start_a + (alpha_smaller ? y : far), b = start_b + (alpha_smaller ? far : y);
            double exponent = -life->buying * (a - start_a) - life->dying * (b - start_b);
            double weight = width * life->rule->weight[i] * exp(exponent) * (life->shift + step);
            add_moment(sum, weight, a, b, tau / (alpha + tau), tau / (beta + tau));
        }
    }
    return life->log_start + log(sum->total);
}

/* The log of P_alive, and the slopes of it. */
static void be_alive(const struct point *point, const struct buyer *buyer, struct slopes *fate) {
    double r = point->parameter[0], s = point->parameter[2], buying = r + buyer->repeats, age = buyer->age;
    double a = log1p(age / point->parameter[1]), b = log1p(age / point->parameter[3]);
    double u = age / (point->parameter[1] + age), v = age / (point->parameter[3] + age);
    *fate = (struct slopes){.value = -buying * a - s * b, .gradient = {-r * a, buying * u, -s * b, s * v}};
    fate->hessian[0][0] = -r * a;
    fate->hessian[0][1] = r * u;
    fate->hessian[1][1] = -buying * u * (1 - u);
    fate->hessian[2][2] = -s * b;
    fate->hessian[2][3] = s * v;
    fate->hessian[3][3] = -s * v * (1 - v);
}

/* The mixture of all moments of death: its log, mean slopes, and second moments less the square of the mean. */
static void be_dead(const struct point *point, const struct buyer *buyer, struct slopes *fate) {
    struct lifetime life;
    struct moments m = {0};
    lay_out(&life, point, buyer);
    double r = point->parameter[0], s = point->parameter[2], k = life.buying, d = life.dying;
    *fate = (struct slopes){.value = log(s / life.beta) + integrate_moments(&life, &m)};
    double w = 1 / m.total;
    double a = m.a * w, b = m.b * w, u = m.u * w, v = m.v * w;
    fate->gradient[0] = -r * a;
    fate->gradient[1] = k * u;
    fate->gradient[2] = 1 - s * b;
    fate->gradient[3] = d * v - 1;
    fate->hessian[0][0] = -r * a + r * r * (m.aa * w - a * a);
    fate->hessian[0][1] = r * u - r * k * (m.au * w - a * u);
    fate->hessian[0][2] = r * s * (m.ab * w - a * b);
    fate->hessian[0][3] = -r * d * (m.av * w - a * v);
    fate->hessian[1][1] = -k * (u - m.uu * w) + k * k * (m.uu * w - u * u);
    fate->hessian[1][2] = -k * s * (m.bu * w - b * u);
    fate->hessian[1][3] = k * d * (m.uv * w - u * v);
    fate->hessian[2][2] = -s * b + s * s * (m.bb * w - b * b);
    fate->hessian[2][3] = s * v - s * d * (m.bv * w - b * v);
    fate->hessian[3][3] = -d * (v - m.vv * w) + d * d * (m.vv * w - v * v);
}

static void slopes(const struct point *point, const struct buyer *buyer, struct slopes *slopes) {
    struct mixture mixture = {.value = -INFINITY};
    struct slopes fate;
    be_alive(point, buyer, &fate);
    mixture_add(&mixture, &fate);
    if (buyer->last < buyer->age) {
        be_dead(point, buyer, &fate);
        mixture_add(&mixture, &fate);
    }
    mixture_finish(&mixture, slopes);
    const struct rising *rate = &point->table[0][buyer->level];
    double r = point->parameter[0];
    slopes->value += rate->value - buyer->repeats * point->joint;
    slopes->gradient[0] += r * rate->first;
    slopes->hessian[0][0] += r * rate->first + r * r * rate->second;
    slopes->gradient[1] -= buyer->repeats;
}

static bool prepare(struct point *point, const uint32_t *levels, size_t count, double longest) {
    (void)longest;
    point->joint = log(point->parameter[1]);
    point->table[0] = calloc(count + 1, sizeof *point->table[0]);
    if (point->table[0] == NULL)
        return false;
    rising_table(point->parameter[0], levels, count, point->table[0]);
    return true;
}

static double log_odds(const struct point *point, const struct buyer *buyer) {
    struct lifetime life;
    if (!(buyer->last < buyer->age))
        return -INFINITY;
    lay_out(&life, point, buyer);
    double alive = -life.buying * log1p(buyer->age / life.alpha) - point->parameter[2] * log1p(buyer->age / life.beta);
    return log(point->parameter[2] / life.beta) + life.log_start + log(integrate(&life)) - alive;
}

/* The rate of a living customer, times the mean of what is lived of `time` (Fader & Hardie 2005, "A note on deriving
 * the Pareto/NBD model", equation 41); s = 1 is no special case to expm1, and x -> 0 of expm1(x)/x is 1. */
static double expected(const struct till_clv_model *model, const struct buyer *buyer, double time) {
    const double *p = model->parameter;
    double left = p[3] + buyer->age, length = log1p(time / left), bent = (1 - p[2]) * length;
    double lived = left * length * (bent == 0 ? 1 : expm1(bent) / bent);
    return (p[0] + buyer->repeats) / (p[1] + buyer->age) * lived;
}

/* As above with a discount: the integral of exp(-delta t) (1 + t/(beta + T))^-s, which is the confluent hypergeometric
 * U of the papers. With t = (beta + T)(exp(y) - 1) it falls as the exponential of an exponential. */
static double residual(const struct till_clv_model *model, const struct buyer *buyer, double delta) {
    const double *p = model->parameter;
    struct rule rules[RULES];
    double left = p[3] + buyer->age, total = 0;
    double end = log1p((DEEPEST + 5) / (delta * left)); /* there the discount alone leaves nothing */
    if (p[2] > 1)
        end = fmin(end, (DEEPEST + 5) / (p[2] - 1));
    rules_make(rules);
    int panels = (int)ceil(end * fmax(4, p[2] / 8)) + 4;
    double width = end / panels;
    for (int panel = 0; panel < panels; panel++)
        for (int i = 0; i < MOST_NODES; i++) {
            double y = (panel + rules[2].node[i]) * width;
            total += rules[2].weight[i] * exp(-delta * left * expm1(y) + (1 - p[2]) * y);
        }
    return (p[0] + buyer->repeats) / (p[1] + buyer->age) * left * total * width;
}

/* Purchase rates about 1, 4 and 10 in the longest age; lives of all sorts. */
static const double starts[][MOST_PARAMETERS] = {
    {-0.7, -1.2, -0.5, -1.0}, {0.0, 0.0, 0.0, 0.0}, {0.7, -2.0, 0.7, 1.5}, {-1.0, -3.0, -1.5, -2.0}};

const struct buying_model paretonbd_model = {.names = {"r", "alpha", "s", "beta"},
                                             .timed = true,
                                             .prepare = prepare,
                                             .slopes = slopes,
                                             .log_odds = log_odds,
                                             .expected = expected,
                                             .residual = residual,
                                             .starts = starts,
                                             .start_count = sizeof starts / sizeof *starts};
