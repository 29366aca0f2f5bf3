/* Measures of interest, each by its formula over the 2x2 table of a rule: f11 baskets hold both sides, f10 the
 * antecedent alone, f01 the consequent alone, f00 neither. Sources are given where a measure is not in Tan, Kumar &
 * Srivastava 2004 or in the list of Hahsler's arules. */
#include <math.h>
#include <string.h>

#include <till/rules.h>

#include "lib/mining/rules/fisher.h"

struct table {
    double n, f11, f10, f01, f00, left, right, not_left, not_right;
    const struct till_rules *rules;
    const struct till_rule *rule;
};

static double count(const struct table *t) {
    return t->f11;
}
static double support(const struct table *t) {
    return t->f11 / t->n;
}
static double coverage(const struct table *t) {
    return t->left / t->n;
}
static double rhs_support(const struct table *t) {
    return t->right / t->n;
}
static double confidence(const struct table *t) {
    return t->f11 / t->left;
}
static double lift(const struct table *t) {
    return t->f11 * t->n / (t->left * t->right);
}
static double leverage(const struct table *t) {
    return t->f11 / t->n - t->left * t->right / (t->n * t->n);
}
static double conviction(const struct table *t) {
    return t->left * t->not_right / (t->n * t->f10);
}
static double phi(const struct table *t) {
    return (t->n * t->f11 - t->left * t->right) / sqrt(t->left * t->right * t->not_left * t->not_right);
}
static double chi_squared(const struct table *t) {
    return t->n * phi(t) * phi(t);
}
static double fisher_p(const struct table *t) {
    const struct till_rule *rule = t->rule;
    double p = till_fisher_log(rule->both, rule->antecedent_count, rule->consequent_count, t->rules->baskets);
    return p < -709 ? 0 : exp(p);
}
static double odds_ratio(const struct table *t) {
    return t->f11 * t->f00 / (t->f10 * t->f01);
}
static double kulczynski(const struct table *t) {
    return (t->f11 / t->left + t->f11 / t->right) / 2;
}
static double cosine(const struct table *t) {
    return t->f11 / sqrt(t->left * t->right);
}
static double jaccard(const struct table *t) {
    return t->f11 / (t->left + t->right - t->f11);
}
static double imbalance(const struct table *t) { /* Wu, Chen & Han 2010 */
    return fabs(t->left - t->right) / (t->left + t->right - t->f11);
}
static double improvement(const struct table *t) { /* Bayardo, Agrawal & Gunopulos 1999, among the rules found */
    return t->rule->improvement;
}
/* Hahsler & Hornik 2007, New probabilistic interest measures for association rules. */
static double hyper_confidence(const struct table *t) {
    double p = till_fisher_log(t->rule->both, t->rule->antecedent_count, t->rule->consequent_count, t->rules->baskets);
    return -expm1(p);
}
static double hyper_lift(const struct table *t) {
    const struct margins m = {t->rule->antecedent_count, t->rule->consequent_count, t->rules->baskets};
    return t->f11 / (double)hypergeometric_quantile(0.99, m);
}
static double yule_q(const struct table *t) {
    double a = t->f11 * t->f00, b = t->f10 * t->f01;
    return (a - b) / (a + b);
}
static double yule_y(const struct table *t) {
    double a = sqrt(t->f11 * t->f00), b = sqrt(t->f10 * t->f01);
    return (a - b) / (a + b);
}
/* Shortliffe & Buchanan 1975; below independence the other way round (Berzal et al. 2002) is not the arules form. */
static double certainty(const struct table *t) {
    return (t->f11 / t->left - t->right / t->n) / (1 - t->right / t->n);
}
static double square(double x) {
    return x * x;
}
static double gini(const struct table *t) {
    return t->left / t->n * (square(t->f11 / t->left) + square(t->f10 / t->left)) - square(t->right / t->n) +
           t->not_left / t->n * (square(t->f01 / t->not_left) + square(t->f00 / t->not_left)) -
           square(t->not_right / t->n);
}
/* f / n log(n f / (row column)), and 0 for an empty cell. */
static double information(double f, double row, double column, double n) {
    return f > 0 ? f / n * log(n * f / (row * column)) : 0;
}
static double j_measure(const struct table *t) { /* Smyth & Goodman 1992 */
    return information(t->f11, t->left, t->right, t->n) + information(t->f10, t->left, t->not_right, t->n);
}
static double entropy(double a, double b, double n) {
    return -(a > 0 ? a / n * log(a / n) : 0) - (b > 0 ? b / n * log(b / n) : 0);
}
static double mutual_information(const struct table *t) {
    double shared = j_measure(t) + information(t->f01, t->not_left, t->right, t->n) +
                    information(t->f00, t->not_left, t->not_right, t->n);
    return shared / fmin(entropy(t->left, t->not_left, t->n), entropy(t->right, t->not_right, t->n));
}
static double kappa(const struct table *t) {
    double chance = t->left * t->right + t->not_left * t->not_right;
    return (t->n * (t->f11 + t->f00) - chance) / (t->n * t->n - chance);
}
static double lambda(const struct table *t) { /* Goodman & Kruskal 1954 */
    double most = fmax(t->right, t->not_right);
    return (fmax(t->f11, t->f10) + fmax(t->f01, t->f00) - most) / (t->n - most);
}
static double laplace(const struct table *t) {
    return (t->f11 + 1) / (t->left + 2);
}
static double added_value(const struct table *t) {
    return t->f11 / t->left - t->right / t->n;
}
static double collective_strength(const struct table *t) { /* Aggarwal & Yu 1998 */
    double chance = t->left * t->right + t->not_left * t->not_right;
    return (t->f11 + t->f00) * (t->n * t->n - chance) / (chance * (t->n - t->f11 - t->f00));
}
static double doc(const struct table *t) { /* Hofmann & Wilhelm 2001: difference of confidence */
    return t->f11 / t->left - t->f01 / t->not_left;
}
static double rld(const struct table *t) { /* Kenett & Salini 2008: relative linkage disequilibrium */
    double d = (t->f11 * t->f00 - t->f10 * t->f01) / t->n;
    return d > 0 ? d / (d + fmin(t->f01, t->f10)) : d / (d - fmin(t->f11, t->f00));
}
static double relative_risk(const struct table *t) {
    return (t->f11 / t->left) / (t->f01 / t->not_left);
}
static double importance(const struct table *t) {
    return log10((t->f11 + 1) * (t->not_left + 2) / ((t->f01 + 1) * (t->left + 2)));
}
static double max_confidence(const struct table *t) {
    return t->f11 / fmin(t->left, t->right);
}
static double rule_power_factor(const struct table *t) {
    return support(t) * confidence(t);
}
static double ralambondrainy(const struct table *t) {
    return t->f10 / t->n;
}
static double confirmed_confidence(const struct table *t) {
    return (t->f11 - t->f10) / t->left;
}
static double sebag(const struct table *t) {
    return t->f11 / t->f10;
}
static double counterexample(const struct table *t) {
    return (t->f11 - t->f10) / t->f11;
}
static double casual_support(const struct table *t) {
    return (t->left + t->right - 2 * t->f10) / t->n;
}
static double casual_confidence(const struct table *t) {
    return 1 - t->f10 / t->n * (1 / t->left + 1 / t->right);
}
static double least_contradiction(const struct table *t) {
    return (t->f11 - t->f10) / t->right;
}
static double centered_confidence(const struct table *t) {
    return t->not_right / t->n - t->f10 / t->left;
}
static double varying_liaison(const struct table *t) {
    return lift(t) - 1;
}
static double lerman(const struct table *t) {
    double expected = t->left * t->right / t->n;
    return (t->f11 - expected) / sqrt(expected);
}
static double implication_index(const struct table *t) {
    double expected = t->left * t->not_right / t->n;
    return (t->f10 - expected) / sqrt(expected);
}
static double zhang(const struct table *t) { /* Zhang 2000, as in Yan, Zhang & Zhang 2009 */
    double joint = t->f11 / t->n, left = t->left / t->n, right = t->right / t->n;
    return (joint - left * right) / fmax(joint * (1 - left), left * (right - joint));
}
static double std_lift(const struct table *t) { /* McNicholas, Murphy & O'Regan 2008 */
    double left = t->left / t->n, right = t->right / t->n;
    double s = (double)t->rules->minimum_support / t->n, c = t->rules->minimum_confidence;
    double low = fmax(left + right - 1, 1 / t->n) / (left * right);
    low = fmax(fmax(low, 4 * s / square(1 + s)), fmax(s / (left * right), c / right));
    double high = 1 / fmax(left, right);
    return high == low ? 1 : (lift(t) - low) / (high - low);
}

static const struct {
    const char *name;
    double (*value)(const struct table *table);
    const char *other; /* a further name */
} measures[] = {
    {"count", count, NULL},
    {"support", support, NULL},
    {"coverage", coverage, "lhs_support"},
    {"rhs_support", rhs_support, NULL},
    {"confidence", confidence, NULL},
    {"lift", lift, "interest"},
    {"leverage", leverage, "piatetsky_shapiro"},
    {"conviction", conviction, NULL},
    {"phi", phi, NULL},
    {"chi_squared", chi_squared, NULL},
    {"fisher_p", fisher_p, "fishers_exact_test"},
    {"odds_ratio", odds_ratio, NULL},
    {"kulczynski", kulczynski, NULL},
    {"cosine", cosine, "is"},
    {"jaccard", jaccard, NULL},
    {"imbalance", imbalance, NULL},
    {"improvement", improvement, NULL},
    {"hyper_confidence", hyper_confidence, NULL},
    {"hyper_lift", hyper_lift, NULL},
    {"yule_q", yule_q, NULL},
    {"yule_y", yule_y, NULL},
    {"certainty", certainty, NULL},
    {"gini", gini, NULL},
    {"j_measure", j_measure, NULL},
    {"mutual_information", mutual_information, NULL},
    {"kappa", kappa, NULL},
    {"lambda", lambda, NULL},
    {"laplace", laplace, NULL},
    {"added_value", added_value, NULL},
    {"collective_strength", collective_strength, NULL},
    {"doc", doc, NULL},
    {"rld", rld, NULL},
    {"relative_risk", relative_risk, NULL},
    {"importance", importance, NULL},
    {"max_confidence", max_confidence, NULL},
    {"rule_power_factor", rule_power_factor, NULL},
    {"ralambondrainy", ralambondrainy, NULL},
    {"confirmed_confidence", confirmed_confidence, NULL},
    {"sebag", sebag, NULL},
    {"counterexample", counterexample, NULL},
    {"casual_support", casual_support, NULL},
    {"casual_confidence", casual_confidence, NULL},
    {"least_contradiction", least_contradiction, NULL},
    {"centered_confidence", centered_confidence, NULL},
    {"varying_liaison", varying_liaison, NULL},
    {"lerman", lerman, NULL},
    {"implication_index", implication_index, NULL},
    {"zhang", zhang, NULL},
    {"std_lift", std_lift, NULL},
};

size_t till_rule_measures(void) {
    return sizeof measures / sizeof *measures;
}

const char *till_rule_measure_name(size_t measure) {
    return measures[measure].name;
}

static char fold(char byte) {
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
}

static bool same_name(const char *known, const char *asked, size_t length) {
    size_t i = 0;
    for (; *known != '\0'; known++) {
        if (*known == '_')
            continue;
        while (i < length && (asked[i] == '_' || asked[i] == '-'))
            i++;
        if (i == length || fold(asked[i++]) != *known)
            return false;
    }
    return i == length;
}

size_t till_rule_measure_find(const char *name, size_t length) {
    for (size_t i = 0; i < till_rule_measures(); i++)
        if (same_name(measures[i].name, name, length) ||
            (measures[i].other != NULL && same_name(measures[i].other, name, length)))
            return i;
    return SIZE_MAX;
}

double till_rule_measure(size_t measure, const struct till_rules *rules, const struct till_rule *rule) {
    double n = (double)rules->baskets, f11 = (double)rule->both, left = (double)rule->antecedent_count,
           right = (double)rule->consequent_count;
    const struct table table = {.n = n,
                                .f11 = f11,
                                .f10 = left - f11,
                                .f01 = right - f11,
                                .f00 = n - left - right + f11,
                                .left = left,
                                .right = right,
                                .not_left = n - left,
                                .not_right = n - right,
                                .rules = rules,
                                .rule = rule};
    double value = measures[measure].value(&table);
    return isfinite(value) ? value : NAN;
}
