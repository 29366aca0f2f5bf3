/* The assignment problem by shortest augmenting paths.
 *
 * Columns (new clusters) are matched one row (old cluster) at a time. Potentials keep all reduced costs at zero or
 * more, so the cheapest way to free a column is a shortest path, found as Dijkstra does. Rows and columns count from 1
 * here; 0 is the row that is being placed. */
#include <till/clustering.h>

#include <math.h>
#include <stdlib.h>

struct matching {
    const double *cost;
    size_t count;
    double *row_potential;
    double *column_potential;
    double *nearest; /* the length of the shortest path to each column */
    size_t *row_of;  /* column -> row */
    size_t *before;  /* column -> the column before it on the path */
    bool *done;
};

/* The next column of the shortest paths; lengths follow the potentials. */
static size_t extend(struct matching *m, size_t column) {
    size_t row = m->row_of[column], next = 0;
    double least = (double)INFINITY;
    m->done[column] = true;
    for (size_t j = 1; j <= m->count; j++) {
        if (m->done[j])
            continue;
        double cost = m->cost[(row - 1) * m->count + j - 1] - m->row_potential[row] - m->column_potential[j];
        if (cost < m->nearest[j]) {
            m->nearest[j] = cost;
            m->before[j] = column;
        }
        if (m->nearest[j] < least || next == 0) {
            least = m->nearest[j];
            next = j;
        }
    }
    for (size_t j = 0; j <= m->count; j++) {
        if (m->done[j]) {
            m->row_potential[m->row_of[j]] += least;
            m->column_potential[j] -= least;
        } else {
            m->nearest[j] -= least;
        }
    }
    return next;
}

static void place_row(struct matching *m, size_t row) {
    size_t column = 0;
    m->row_of[0] = row;
    for (size_t j = 0; j <= m->count; j++) {
        m->nearest[j] = (double)INFINITY;
        m->done[j] = false;
    }
    do
        column = extend(m, column);
    while (m->row_of[column] != 0);
    while (column != 0) {
        size_t back = m->before[column];
        m->row_of[column] = m->row_of[back];
        column = back;
    }
}

enum till_status till_clustering_match(const double *cost, size_t count, uint32_t *match, struct till_error *error) {
    size_t room = count + 1;
    struct matching m = {.cost = cost,
                         .count = count,
                         .row_potential = calloc(room, sizeof(double)),
                         .column_potential = calloc(room, sizeof(double)),
                         .nearest = calloc(room, sizeof(double)),
                         .row_of = calloc(room, sizeof(size_t)),
                         .before = calloc(room, sizeof(size_t)),
                         .done = calloc(room, sizeof(bool))};
    bool good = m.row_potential != NULL && m.column_potential != NULL && m.nearest != NULL && m.row_of != NULL &&
                m.before != NULL && m.done != NULL;
    for (size_t row = 1; row <= count && good; row++)
        place_row(&m, row);
    for (size_t j = 1; j <= count && good; j++)
        match[j - 1] = (uint32_t)(m.row_of[j] - 1);
    free(m.row_potential);
    free(m.column_potential);
    free(m.nearest);
    free(m.row_of);
    free(m.before);
    free(m.done);
    return good ? TILL_OK : till_error_memory(error);
}
