/* Cholesky's factorisation by rows: each entry is a dot product of two rows that are done already, so that memory is
 * read along rows and every sum has one order. Golub and Van Loan, Matrix Computations, section 4.2. */
#include "cholesky.h"

#include <math.h>

static double dot(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

size_t cholesky_factor(double *a, size_t n, double tolerance) {
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

static void solve_lower(const double *factor, size_t n, double *b) {
    for (size_t i = 0; i < n; i++)
        b[i] = (b[i] - dot(factor + i * n, b, i)) / factor[i * n + i];
}

void cholesky_solve(const double *factor, size_t n, double *b) {
    solve_lower(factor, n, b);
    for (size_t i = n; i-- > 0;) {
        b[i] /= factor[i * n + i];
        for (size_t j = 0; j < i; j++)
            b[j] -= b[i] * factor[i * n + j];
    }
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
    return dot(work, work, n);
}
