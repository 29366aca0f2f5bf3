/* Sums of values. Money is summed as integers. Other reals are summed with the compensation of Neumaier (A. Neumaier,
 * Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen, ZAMM 54, 1974): what rounding takes from the
 * sum at each step is itself summed. */
#include <math.h>

#include "parts.h"

bool value_as_money(double x, int64_t *money) {
    const double most_whole = 1e14,
                 most_broken = 2e11; /* 2e11 x 10^4 is below 2^51, so rint finds the only candidate */
    if (fabs(x) < most_whole && x == floor(x)) {
        *money = (int64_t)x * TILL_MONEY_UNIT;
        return true;
    }
    if (!(fabs(x) < most_broken))
        return false;
    double units = rint(x * TILL_MONEY_UNIT);
    *money = (int64_t)units;
    return units / TILL_MONEY_UNIT == x;
}

static void add_compensated(struct value_sum *sum, double x) {
    double next = sum->high + x;
    sum->low += fabs(sum->high) >= fabs(x) ? (sum->high - next) + x : (x - next) + sum->high;
    sum->high = next;
}

void value_sum_add(struct value_sum *sum, double x, int64_t weight) {
    int64_t money = 0;
    if (sum->exact && value_as_money(x, &money))
        sum->money += (till_wide)money * weight;
    else
        add_compensated(sum, x * (double)weight);
}

double value_sum_result(const struct value_sum *sum) {
    return sum->exact ? (double)sum->money / TILL_MONEY_UNIT : sum->high + sum->low;
}

double value_sum_ratio(const struct value_sum *a, const struct value_sum *b) {
    return a->exact ? (double)a->money / (double)b->money : value_sum_result(a) / value_sum_result(b);
}

bool value_sum_reaches(const struct value_sum *part, const struct value_sum *whole, int percent) {
    if (part->exact)
        return 100 * part->money >= percent * whole->money;
    return 100 * value_sum_result(part) >= percent * value_sum_result(whole);
}
