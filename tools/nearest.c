/* tools/nearest.c: which name was meant: the one at the smallest edit distance (Levenshtein 1966), with two neighbours
 * swapped as one edit, since that is how fingers slip. */
#include "options.h"

#include <string.h>

#define LONGEST 40

/* Rows of the distance table: the present one, the one before and the one before that. */
struct rows {
    size_t cost[3][LONGEST + 1];
};

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t distance(const char *a, const char *b) {
    size_t m = strlen(a), n = strlen(b);
    if (m > LONGEST || n > LONGEST)
        return LONGEST;
    struct rows rows = {0};
    for (size_t j = 0; j <= n; j++)
        rows.cost[0][j] = j;
    for (size_t i = 1; i <= m; i++) {
        size_t *now = rows.cost[i % 3];
        const size_t *above = rows.cost[(i + 2) % 3], *top = rows.cost[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= n; j++) {
            now[j] = smaller(smaller(above[j], now[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = smaller(now[j], top[j - 2] + 1);
        }
    }
    return rows.cost[m % 3][n];
}

const char *option_nearest(const char *asked, const char *const *names, size_t count) {
    const char *nearest = NULL;
    size_t best = strlen(asked) / 3 + 2; /* further away is no slip of the finger */
    for (size_t i = 0; i < count; i++) {
        size_t d = distance(asked, names[i]);
        if (d < best) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}
