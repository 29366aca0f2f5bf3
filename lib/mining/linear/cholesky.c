/* Cholesky's factorisation by rows: each entry is a dot product of two rows that are done already, so that memory is
 * read along rows and every sum has one order. Golub and Van Loan, Matrix Computations, section 4.2. */
#include "cholesky.h"

#include "../../base/lanes.h"

#include <math.h>

/* In lanes, four of them side by side, so that no sum waits for the one before. */
LANES_INLINE double dot(const double *a, const double *b, size_t n) {
    lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    size_t i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES) {
        s0 += *(const loose_lanes *)(a + i) * *(const loose_lanes *)(b + i);
        s1 += *(const loose_lanes *)(a + i + LANES) * *(const loose_lanes *)(b + i + LANES);
        s2 += *(const loose_lanes *)(a + i + 2 * LANES) * *(const loose_lanes *)(b + i + 2 * LANES);
        s3 += *(const loose_lanes *)(a + i + 3 * LANES) * *(const loose_lanes *)(b + i + 3 * LANES);
    }
    s0 = (s0 + s1) + (s2 + s3);
    double sum = i > 0 ? lanes_sum(&s0) : 0;
    for (; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* b -= factor x row. */
LANES_INLINE void take_row(double *b, double factor, const double *row, size_t n) {
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        *(loose_lanes *)(b + i) -= factor * *(const loose_lanes *)(row + i);
    for (; i < n; i++)
        b[i] -= factor * row[i];
}

WIDER static size_t factor_rows(double *a, size_t n, double tolerance) {
    for (size_t i = 0; i < n; i++) {
        double *row = a + i * n;
        for (size_t j = 0; j < i; j++)
            row[j] = (row[j] - dot(row, a + j * n, j)) / a[j * n + j];
        double pivot = row[i] - dot(row, row, i);
        /* Written so that a pivot that is not a number fails too. */
        if (!(pivot > tolerance * row[i]) || !(row[i] > 0))
            return i;
        row[i] = sqrt(pivot);
    }
    return n;
}

size_t cholesky_factor(double *a, size_t n, double tolerance) {
    return factor_rows(a, n, tolerance);
}

WIDER static void solve_lower(const double *factor, size_t n, double *b) {
    for (size_t i = 0; i < n; i++)
        b[i] = (b[i] - dot(factor + i * n, b, i)) / factor[i * n + i];
}

WIDER static void solve_upper(const double *factor, size_t n, double *b) {
    for (size_t i = n; i-- > 0;) {
        b[i] /= factor[i * n + i];
        take_row(b, b[i], factor + i * n, i);
    }
}

void cholesky_solve(const double *factor, size_t n, double *b) {
    solve_lower(factor, n, b);
    solve_upper(factor, n, b);
}

void cholesky_invert(const double *factor, size_t n, double *inverse) {
    for (size_t i = 0; i < n; i++) {
        /* The inverse is symmetric, so its i-th column is its i-th row. */
        double *row = inverse + i * n;
        for (size_t j = 0; j < n; j++)
            row[j] = i == j ? 1 : 0;
        cholesky_solve(factor, n, row);
    }
}

double cholesky_quadratic(const double *factor, size_t n, const double *b, double *work) {
    for (size_t i = 0; i < n; i++)
        work[i] = b[i];
    solve_lower(factor, n, work);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += work[i] * work[i];
    return sum;
}
