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
 * nodes give all digits, on one panel nearly always; eight nodes go through vectors together. Every node is a fate with
 * plain slopes, and the same pass yields gradient and Hessian. All terms are positive. */
#include "../../base/lanes.h"
#include "models.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    double left;          /* T - t_x */
    double shift;         /* min(alpha, beta) + t_x */
    double span;          /* of y */
    double start_a, start_b;
    double end_a, end_b; /* at T, less those at the start */
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
    double depth = life->buying * life->end_a + life->dying * life->end_b - life->span;
    double growth = life->shift + life->left, end = life->start + life->left;
    double slope = life->buying * growth / (life->alpha + end) + life->dying * growth / (life->beta + end);
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
    else
        divide(life, slope, &rules[1]);
}

/* Logarithms are what all this costs: those of the start and of the end serve every fate. */
static void lay_out(struct lifetime *life, const struct point *point, const struct buyer *buyer) {
    double alpha = point->parameter[1], beta = point->parameter[3], start = buyer->last;
    life->alpha = alpha;
    life->beta = beta;
    life->buying = point->parameter[0] + buyer->repeats;
    life->dying = point->parameter[2] + 1;
    life->start = start;
    life->left = buyer->age - start;
    life->shift = fmin(alpha, beta) + start;
    life->start_a = log1p(start / alpha);
    life->start_b = log1p(start / beta);
    life->span = log1p(life->left / life->shift);
    double far = log1p(life->left / (fmax(alpha, beta) + start));
    life->end_a = alpha <= beta ? life->span : far;
    life->end_b = alpha <= beta ? far : life->span;
    lay_panels(life, point->rules);
}

/* Eight moments of death: A and B less their values at the start, tau less the start, and how likely each is by the
 * rule.
 */
struct deaths {
    lanes a, b;
    lanes step;
    lanes weight;
};

/* The i-th eight nodes of a panel. One of A and B is linear in y: that of the smaller parameter, by which tau was
 * replaced. */
LANES_INLINE void look_at_deaths(const struct lifetime *life, int panel, int i, struct deaths *deaths) {
    bool alpha_smaller = life->alpha <= life->beta;
    double low = life->edge[panel + 1], width = life->edge[panel] - low;
    lanes y = low + *(const loose_lanes *)(life->rule->node + i * LANES) * width, growth = y;
    lanes_exp(&growth);
    deaths->step = life->shift * (growth - 1);
    lanes far = deaths->step * (1 / ((alpha_smaller ? life->beta : life->alpha) + life->start));
    lanes_log1p(&far);
    deaths->a = alpha_smaller ? y : far;
    deaths->b = alpha_smaller ? far : y;
    lanes mass = -life->buying * deaths->a - life->dying * deaths->b;
    lanes_exp(&mass);
    deaths->weight =
        *(const loose_lanes *)(life->rule->weight + i * LANES) * width * mass * (life->shift + deaths->step);
}

/* The integral, less the exponential of its exponent at the start. */
WIDER static double integrate(const struct lifetime *life) {
    lanes total = {0};
    for (int panel = 0; panel < life->panels; panel++)
        for (int i = 0; i < life->rule->eights; i++) {
            struct deaths deaths;
            look_at_deaths(life, panel, i, &deaths);
            total += deaths.weight;
        }
    return lanes_sum(&total);
}

/* All moments over the dead, less the exponential of the exponent at the start. */
WIDER static void integrate_moments(const struct lifetime *life, struct moments *sum) {
    lanes total = {0}, sum_a = {0}, sum_b = {0}, sum_u = {0}, sum_v = {0}, aa = {0}, ab = {0}, bb = {0}, au = {0},
          av = {0}, bu = {0}, bv = {0}, uu = {0}, uv = {0}, vv = {0};
    for (int panel = 0; panel < life->panels; panel++)
        for (int i = 0; i < life->rule->eights; i++) {
            struct deaths deaths;
            look_at_deaths(life, panel, i, &deaths);
            lanes w = deaths.weight, a = life->start_a + deaths.a, b = life->start_b + deaths.b,
                  tau = life->start + deaths.step;
            lanes by_a = life->alpha + tau, by_b = life->beta + tau, share = tau / (by_a * by_b);
            lanes u = share * by_b, v = share * by_a;
            lanes wa = w * a, wb = w * b, wu = w * u, wv = w * v;
            total += w;
            sum_a += wa;
            sum_b += wb;
            sum_u += wu;
            sum_v += wv;
            aa += wa * a;
            ab += wa * b;
            bb += wb * b;
            au += wa * u;
            av += wa * v;
            bu += wb * u;
            bv += wb * v;
            uu += wu * u;
            uv += wu * v;
            vv += wv * v;
        }
    const lanes first[LANES] = {total, sum_a, sum_b, sum_u, sum_v, aa, ab, bb};
    const lanes second[LANES] = {au, av, bu, bv, uu, uv, vv, {0}};
    lanes m, n;
    lanes_sum_eight(first, &m);
    lanes_sum_eight(second, &n);
    *sum = (struct moments){m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], n[0], n[1], n[2], n[3], n[4], n[5], n[6]};
}

/* The log of P_alive, and the slopes of it. */
static void be_alive(const struct point *point, const struct lifetime *life, double age, struct slopes *fate) {
    double r = point->parameter[0], s = point->parameter[2], buying = life->buying;
    double a = life->start_a + life->end_a, b = life->start_b + life->end_b;
    double u = age / (life->alpha + age), v = age / (life->beta + age);
    *fate = (struct slopes){.value = -buying * a - s * b, .gradient = {-r * a, buying * u, -s * b, s * v}};
    fate->hessian[0][0] = -r * a;
    fate->hessian[0][1] = r * u;
    fate->hessian[1][1] = -buying * u * (1 - u);
    fate->hessian[2][2] = -s * b;
    fate->hessian[2][3] = s * v;
    fate->hessian[3][3] = -s * v * (1 - v);
}

/* The mixture of all moments of death: its log, mean slopes, and second moments less the square of the mean. */
static void be_dead(const struct point *point, const struct lifetime *life, struct slopes *fate) {
    struct moments m;
    double r = point->parameter[0], s = point->parameter[2], k = life->buying, d = life->dying;
    integrate_moments(life, &m);
    *fate = (struct slopes){.value = log(s / life->beta) - k * life->start_a - d * life->start_b + log(m.total)};
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

/* What holds whatever the fate: Gamma(r+x)/Gamma(r) alpha^-x. */
static void add_rate(const struct point *point, const struct buyer *buyer, struct slopes *slopes) {
    const struct rising *rate = &point->table[0][buyer->level];
    double r = point->parameter[0];
    slopes->value += rate->value - buyer->repeats * point->joint;
    slopes->gradient[0] += r * rate->first;
    slopes->hessian[0][0] += r * rate->first + r * r * rate->second;
    slopes->gradient[1] -= buyer->repeats;
}

static void slopes(const struct point *point, const struct buyer *buyer, struct slopes *slopes) {
    struct lifetime life;
    struct slopes alive, dead;
    lay_out(&life, point, buyer);
    be_alive(point, &life, buyer->age, &alive);
    if (buyer->last < buyer->age) {
        be_dead(point, &life, &dead);
        mixture_of_two(&alive, &dead, slopes);
    } else {
        *slopes = alive;
    }
    add_rate(point, buyer, slopes);
}

/* ---- cells that share times ---- */

/* What happens between two times is the same to all of one number of repeats who live at the first: with H(t) the
 * integral of P_tau from t to the last time of the level, a cell's is H(t_x) - H(T). Nothing is lost by the difference:
 * H(T), the chance to die later, is at most that of being alive at T, which is added to it. */

_Static_assert(sizeof(struct moments) <= FATE_SUMS * sizeof(double), "a fate holds all moments");

static void look_ahead(const struct point *point, const struct times *times, const uint32_t *levels, size_t from,
                       size_t to, struct fate *fates) {
    for (size_t i = from; i < to; i++) {
        struct fate *fate = &fates[i];
        struct moments moments = {0};
        struct lifetime life;
        bool last = i + 1 == times->count || times->level[i + 1] != times->level[i];
        struct buyer buyer = {levels[times->level[i]], times->level[i], times->time[i],
                              last ? times->time[i] : times->time[i + 1]};
        lay_out(&life, point, &buyer);
        if (!last)
            integrate_moments(&life, &moments);
        memset(fate->sums, 0, sizeof fate->sums);
        memcpy(fate->sums, &moments, sizeof moments);
        fate->a = life.start_a;
        fate->b = life.start_b;
    }
}

/* The exponential by which the mass at a later time is less than at an earlier one. */
static double fade(const struct point *point, uint32_t repeats, const struct fate *from, const struct fate *to) {
    return exp((point->parameter[0] + repeats) * (from->a - to->a) + (point->parameter[2] + 1) * (from->b - to->b));
}

/* From the last time of each level to its first. */
static void add_up(const struct point *point, const struct times *times, const uint32_t *levels, struct fate *fates) {
    for (size_t i = times->count; i-- > 1;) {
        uint32_t level = times->level[i - 1];
        if (times->level[i] != level)
            continue;
        double share = fade(point, levels[level], &fates[i - 1], &fates[i]);
        for (size_t k = 0; k < FATE_SUMS; k++)
            fates[i - 1].sums[k] += share * fates[i].sums[k];
    }
}

/* The moments of being dead between two times; all zeros where there is nothing between. */
static void between(const struct fate *last, const struct fate *age, double share, struct moments *moments) {
    double sums[FATE_SUMS];
    for (size_t k = 0; k < FATE_SUMS; k++)
        sums[k] = last->sums[k] - share * age->sums[k];
    if (!(sums[0] > 0))
        memset(sums, 0, sizeof sums);
    memcpy(moments, sums, sizeof *moments);
}

/* Eight cells side by side: in each lane what a cell alone would come to. */
struct abreast {
    lanes repeats, age, weight;
    lanes last_a, last_b, age_a, age_b;
    lanes rate, rate_first, rate_second; /* what holds whatever the fate */
};

LANES_INLINE void stand_abreast(const struct point *point, const struct cells_between *cells, struct abreast *all) {
    for (int i = 0; i < LANES; i++) {
        const struct buyer *buyer = &cells->buyer[i];
        const struct rising *rate = &point->table[0][buyer->level];
        all->repeats[i] = buyer->repeats;
        all->age[i] = buyer->age;
        all->weight[i] = cells->weight[i];
        all->last_a[i] = cells->last[i]->a;
        all->last_b[i] = cells->last[i]->b;
        all->age_a[i] = cells->age[i]->a;
        all->age_b[i] = cells->age[i]->b;
        all->rate[i] = rate->value;
        all->rate_first[i] = rate->first;
        all->rate_second[i] = rate->second;
    }
}

/* As between, of eight; sums[k] is the k-th of struct moments. */
LANES_INLINE void between_abreast(const struct cells_between *cells, const lanes *share, lanes sums[FATE_SUMS]) {
    for (int i = 0; i < LANES; i++) {
        const double *last = cells->last[i]->sums, *age = cells->age[i]->sums;
        sums[i] = *(const loose_lanes *)last - (*share)[i] * *(const loose_lanes *)age;
        sums[LANES + i] = *(const loose_lanes *)(last + LANES) - (*share)[i] * *(const loose_lanes *)(age + LANES);
    }
    lanes_transpose(sums);
    lanes_transpose(sums + LANES);
    const lane_bits any = (lane_bits)(sums[0] > 0.0);
    for (int k = 0; k < FATE_SUMS; k++)
        sums[k] = (lanes)((lane_bits)sums[k] & any);
}

/* Slopes as they stand in lanes: the value, the gradient, the upper triangle of the Hessian, and one that is not used.
 */
enum { SLOPES = 16 };

static void slopes_pack(const struct slopes *slopes, double packed[SLOPES]) {
    size_t at = 0;
    packed[at++] = slopes->value;
    for (size_t i = 0; i < MOST_PARAMETERS; i++)
        packed[at++] = slopes->gradient[i];
    for (size_t i = 0; i < MOST_PARAMETERS; i++)
        for (size_t j = i; j < MOST_PARAMETERS; j++)
            packed[at++] = slopes->hessian[i][j];
    packed[at] = 0;
}

static void slopes_unpack(const double packed[SLOPES], struct slopes *slopes) {
    size_t at = 0;
    slopes->value = packed[at++];
    for (size_t i = 0; i < MOST_PARAMETERS; i++)
        slopes->gradient[i] = packed[at++];
    for (size_t i = 0; i < MOST_PARAMETERS; i++)
        for (size_t j = i; j < MOST_PARAMETERS; j++)
            slopes->hessian[i][j] = packed[at++];
}

/* Adds what stands in lanes, by their weights, cell by cell. */
LANES_INLINE void add_in_order(lanes out[SLOPES], const struct abreast *all, size_t count, struct slopes *sum) {
    double packed[SLOPES];
    slopes_pack(sum, packed);
    lanes first = *(const loose_lanes *)packed, second = *(const loose_lanes *)(packed + LANES);
    for (int k = 0; k < SLOPES; k++)
        out[k] *= all->weight;
    lanes_transpose(out);
    lanes_transpose(out + LANES);
    for (size_t i = 0; i < count; i++) {
        first += out[i];
        second += out[LANES + i];
    }
    *(loose_lanes *)packed = first;
    *(loose_lanes *)(packed + LANES) = second;
    slopes_unpack(packed, sum);
}

/* All fates at once: with weights that add up to 1, the mean of the slopes, and the mean of their products and of the
 * second slopes less the products of the means. Of a fate of death at tau the slopes are -r A, k u, 1 - s B, d v - 1,
 * of being alive -r A, k u, -s B, s v. */
WIDER static void add_between(const struct point *point, const struct cells_between *cells, struct slopes *sum) {
    const double r = point->parameter[0], s = point->parameter[2], d = s + 1;
    const double alpha = point->parameter[1], beta = point->parameter[3];
    struct abreast all;
    lanes m[FATE_SUMS];
    stand_abreast(point, cells, &all);
    const lanes k = r + all.repeats, a = all.age_a, b = all.age_b, u = all.age / (alpha + all.age),
                v = all.age / (beta + all.age);
    lanes share = k * (all.last_a - a) + d * (all.last_b - b);
    for (int i = 0; i < LANES; i++)
        share[i] = exp(share[i]);
    between_abreast(cells, &share, m);
    const lanes total = m[0], ma = m[1], mb = m[2], mu = m[3], mv = m[4], maa = m[5], mab = m[6], mbb = m[7],
                mau = m[8], mav = m[9], mbu = m[10], mbv = m[11], muu = m[12], muv = m[13], mvv = m[14];
    lanes lives = share * (1 + all.age / beta), dies = {0};
    dies += s / beta;
    const lanes both = lives + dies * total;
    lives /= both;
    dies /= both;
    lanes value = both;
    for (int i = 0; i < LANES; i++)
        value[i] = log(value[i]);
    value = value - k * all.last_a - d * all.last_b;
    lanes g0 = -r * (lives * a + dies * ma);
    lanes g1 = k * (lives * u + dies * mu);
    const lanes g2 = dies * total - s * (lives * b + dies * mb);
    const lanes g3 = lives * s * v + dies * (d * mv - total);
    lanes h00 = g0 + r * r * (lives * a * a + dies * maa) - g0 * g0;
    const lanes h01 = r * (lives * u + dies * mu) - r * k * (lives * a * u + dies * mau) - g0 * g1;
    const lanes h02 = r * s * (lives * a * b + dies * mab) - dies * r * ma - g0 * g2;
    const lanes h03 = dies * r * (ma - d * mav) - lives * r * s * a * v - g0 * g3;
    const lanes h11 = -g1 + (k + k * k) * (lives * u * u + dies * muu) - g1 * g1;
    const lanes h12 = dies * k * mu - k * s * (lives * b * u + dies * mbu) - g1 * g2;
    const lanes h13 = lives * k * s * u * v + dies * k * (d * muv - mu) - g1 * g3;
    const lanes h22 = lives * s * b * (s * b - 1) + dies * (total - 3 * s * mb + s * s * mbb) - g2 * g2;
    const lanes h23 = lives * s * v * (1 - s * b) + dies * ((s + d) * mv - total + s * mb - s * d * mbv) - g2 * g3;
    const lanes h33 = lives * s * v * (s * v - 1 + v) + dies * (total - 3 * d * mv + (d + d * d) * mvv) - g3 * g3;
    value += all.rate - all.repeats * point->joint;
    g0 += r * all.rate_first;
    h00 += r * all.rate_first + r * r * all.rate_second;
    g1 -= all.repeats;
    lanes out[SLOPES] = {value, g0, g1, g2, g3, h00, h01, h02, h03, h11, h12, h13, h22, h23, h33, share};
    add_in_order(out, &all, cells->count, sum);
}

static double log_odds_between(const struct point *point, const struct buyer *buyer, const struct fate *last,
                               const struct fate *age) {
    double share = fade(point, buyer->repeats, last, age), beta = point->parameter[3];
    struct moments m;
    between(last, age, share, &m);
    return log(point->parameter[2] * m.total / (share * (beta + buyer->age)));
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
    return log(point->parameter[2] / life.beta) + log(integrate(&life)) - life.start_b + life.buying * life.end_a +
           point->parameter[2] * life.end_b;
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
            double y = (panel + rules[1].node[i]) * width;
            total += rules[1].weight[i] * exp(-delta * left * expm1(y) + (1 - p[2]) * y);
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
                                             .look_ahead = look_ahead,
                                             .add_up = add_up,
                                             .add_between = add_between,
                                             .log_odds_between = log_odds_between,
                                             .expected = expected,
                                             .residual = residual,
                                             .starts = starts,
                                             .start_count = sizeof starts / sizeof *starts};
