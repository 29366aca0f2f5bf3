/* The gradient of the log-loss at a score is p - y, its curvature p (1 - p). Both become small integers in one word, so
 * that a histogram adds up one word a row and column, and its sums are exact: the same for any number of threads.
 * Rounding is up or down at random, with the right mean, so that errors do not add up (Shi et al. 2022, section 3; a
 * dozen bits are far more than the five that they find enough).
 *
 * The exponential is a polynomial in plain arithmetic, the same on every machine: e^x = 2^k e^r with |r| <= ln(2)/2,
 * and Taylor's series to r^9, 1e-11 off at most. */
#include <string.h>

#include <till/parallel.h>

#include "lib/mining/gbdt/parts.h"

enum { CHUNK = 8192, LANES = 4 };

typedef double lanes __attribute__((vector_size(8 * LANES)));
typedef uint64_t whole __attribute__((vector_size(8 * LANES)));
typedef double loose __attribute__((vector_size(8 * LANES), aligned(8), may_alias));
typedef uint64_t loose_whole __attribute__((vector_size(8 * LANES), aligned(8), may_alias));

/* Adding it leaves the nearest integer in the lowest bits of a double. */
static const double magic = 6755399441055744.0; /* 1.5 x 2^52 */

/* Vectors go by reference: by value, their way depends on what the machine is taken for. */
static inline void limit(lanes *x, double most) {
    const lanes high = (lanes){0, 0, 0, 0} + most, low = -high;
    whole above = (whole)(*x > high), below = (whole)(*x < low);
    *x = (lanes)(((whole)*x & ~above & ~below) | ((whole)high & above) | ((whole)low & below));
}

/* e^x for x of -700..700. */
static inline void raise_e(lanes *x) {
    lanes shifted = *x * 1.4426950408889634 + magic, k = shifted - magic;
    lanes r = *x - k * 0.693147180369123816490 - k * 1.90821492927058770002e-10;
    lanes sum = r * (1.0 / 362880) + 1.0 / 40320;
    sum = sum * r + 1.0 / 5040;
    sum = sum * r + 1.0 / 720;
    sum = sum * r + 1.0 / 120;
    sum = sum * r + 1.0 / 24;
    sum = sum * r + 1.0 / 6;
    sum = sum * r + 0.5;
    sum = sum * r + 1.0;
    sum = sum * r + 1.0;
    whole two_to_k = ((whole)shifted << 52) + UINT64_C(0x3ff0000000000000);
    *x = sum * (lanes)two_to_k;
}

/* Random bits of each row: the finalizer of MurmurHash3 over the key and the row's number. */
static inline void scramble(whole *x) {
    *x = (*x ^ (*x >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    *x = (*x ^ (*x >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    *x = *x ^ (*x >> 33);
}

/* The nearest integers of x + u, where u is uniform on [-1/2, 1/2) by the highest of the bits. */
static inline void round_at_random(whole *integer, const lanes *x, const whole *bits) {
    lanes u = (lanes)((*bits >> 12) | UINT64_C(0x3ff0000000000000)) - 1.5;
    const lanes zero = (lanes){0, 0, 0, 0} + magic;
    *integer = (whole)(*x + u + magic) - (whole)zero;
}

struct job {
    uint64_t *words;
    const double *score;
    const double *target;
    const double *weight;
    size_t rows;
    uint64_t key;
    struct gbdt_units units;
};

static inline void four_rows(const struct job *job, size_t at, const double *score, const double *target,
                             const double *weight, uint64_t *words) {
    lanes x = *(const loose *)score, y = *(const loose *)target;
    limit(&x, 36);
    x = -x;
    raise_e(&x);
    lanes p = 1 / (1 + x);
    lanes g = (p - y) * (1 / job->units.gradient), h = p * (1 - p) * (1 / job->units.curvature);
    if (weight != NULL) {
        g *= *(const loose *)weight;
        h *= *(const loose *)weight;
    }
    whole bits = (whole){at, at + 1, at + 2, at + 3} + job->key, gradient, curvature;
    scramble(&bits);
    round_at_random(&gradient, &g, &bits);
    bits <<= 32;
    round_at_random(&curvature, &h, &bits);
    *(loose_whole *)words = (gradient << (GBDT_COUNT_BITS + GBDT_CURVATURE_BITS)) + (curvature << GBDT_COUNT_BITS) + 1;
}

/* Wider vectors, where the machine has them, do the same sums faster. */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) &&                       \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
__attribute__((target_clones("avx2", "default")))
#endif
static void
some_rows(const struct job *job, size_t from, size_t to) {
    const double *weight = job->weight;
    size_t i = from;
    for (; i + LANES <= to; i += LANES)
        four_rows(job, i, job->score + i, job->target + i, weight == NULL ? NULL : weight + i, job->words + i);
    if (i == to)
        return;
    double last[3][LANES] = {{0}};
    uint64_t words[LANES];
    memcpy(last[0], job->score + i, (to - i) * sizeof(double));
    memcpy(last[1], job->target + i, (to - i) * sizeof(double));
    if (weight != NULL)
        memcpy(last[2], weight + i, (to - i) * sizeof(double));
    four_rows(job, i, last[0], last[1], weight == NULL ? NULL : last[2], words);
    memcpy(job->words + i, words, (to - i) * sizeof *words);
}

static enum till_status a_chunk(void *context, size_t index, unsigned worker, struct till_error *error) {
    const struct job *job = context;
    size_t from = index * CHUNK;
    (void)worker;
    (void)error;
    some_rows(job, from, from + CHUNK < job->rows ? from + CHUNK : job->rows);
    return TILL_OK;
}

void gbdt_gradients(uint64_t *words, const double *score, const double *target, const double *weight, size_t rows,
                    uint64_t key, struct gbdt_units units, struct till_team *team) {
    struct job job = {words, score, target, weight, rows, key, units};
    struct till_error ignored;
    size_t chunks = (rows + CHUNK - 1) / CHUNK;
    till_team_for(chunks < 4 ? NULL : team, chunks, a_chunk, &job, &ignored); /* chunks do not fail */
}
