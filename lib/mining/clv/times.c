/* Times are numbered by a hash table, in the order of their sizes in the end; then each level of cells, which stand
 * together, marks the numbers that it meets, and puts those in order. */
#include "times.h"

#include <stdlib.h>
#include <string.h>

#include "../../base/radix.h"
#include "clock.h"

static enum found number_all(struct clock *clock, struct times *times, const struct till_clv_cells *cells,
                             size_t stride) {
    enum found found = FOUND;
    for (size_t i = 0, cell = 0; found == FOUND && cell < cells->count; i++, cell += stride) {
        found = clock_number(clock, cells->last[cell], &times->last_at[i]);
        if (i > 0 && cells->age[cell] == cells->age[cell - stride]) /* as it mostly is */
            times->age_at[i] = times->age_at[i - 1];
        else if (found == FOUND)
            found = clock_number(clock, cells->age[cell], &times->age_at[i]);
    }
    return found;
}

/* What a level works with: by rank, where a time stands, and in which level it was met last (+ 1). */
struct marks {
    uint32_t *place;
    uint32_t *level;
    int64_t *ranks; /* [2 x times]: of the present level, and as much to sort in */
};

static void mark(struct marks *marks, uint32_t rank, uint32_t level, size_t *met) {
    if (marks->level[rank] == level + 1)
        return;
    marks->level[rank] = level + 1;
    marks->ranks[(*met)++] = rank;
}

/* The times of the cells from..to-1, which are of one level. False when there would be more than `most` in all. */
static bool add_level(struct times *times, struct marks *marks, const struct clock *clock, uint32_t level, size_t from,
                      size_t to, size_t most) {
    size_t met = 0;
    for (size_t i = from; i < to; i++) {
        mark(marks, times->last_at[i], level, &met);
        mark(marks, times->age_at[i], level, &met);
    }
    if (times->count + met > most)
        return false;
    const int64_t *sorted = radix_sort(marks->ranks, marks->ranks + clock->count, met);
    for (size_t k = 0; k < met; k++) {
        marks->place[sorted[k]] = (uint32_t)times->count;
        times->level[times->count] = level;
        times->time[times->count++] = clock->time[sorted[k]];
    }
    for (size_t i = from; i < to; i++) {
        times->last_at[i] = marks->place[times->last_at[i]];
        times->age_at[i] = marks->place[times->age_at[i]];
    }
    return true;
}

/* Level by level. False when there are too many. */
static bool add_levels(struct times *times, struct marks *marks, const struct clock *clock,
                       const struct till_clv_cells *cells, size_t stride, size_t count, size_t most) {
    bool few = true;
    for (size_t from = 0, to; few && from < count; from = to) {
        uint32_t level = cells->level[from * stride];
        for (to = from + 1; to < count && cells->level[to * stride] == level;)
            to++;
        few = add_level(times, marks, clock, level, from, to, most);
    }
    return few;
}

static bool reserve(struct times *times, size_t count, size_t most) {
    times->time = calloc(most + 1, sizeof *times->time);
    times->level = malloc((most + 1) * sizeof *times->level);
    times->last_at = malloc((count + 1) * sizeof *times->last_at);
    times->age_at = malloc((count + 1) * sizeof *times->age_at);
    return times->time != NULL && times->level != NULL && times->last_at != NULL && times->age_at != NULL;
}

bool times_new(struct times *times, const struct till_clv_cells *cells, size_t stride, double scale) {
    /* Levels share times, so there are far fewer of them alone: many are seen early to be too many. */
    size_t count = (cells->count + stride - 1) / stride, most = count / 4 * 3, most_alone = count / 8 + 16;
    struct clock clock = {.most = most_alone};
    struct marks marks = {NULL, NULL, NULL};
    uint32_t *rank = malloc((most_alone + 1) * sizeof *rank);
    *times = (struct times){.count = 0};
    bool fine = rank != NULL && reserve(times, count, most);
    enum found found = fine ? number_all(&clock, times, cells, stride) : NO_MEMORY;
    bool few = found == FOUND;
    fine = found != NO_MEMORY;
    if (few) {
        marks = (struct marks){malloc((clock.count + 1) * sizeof *marks.place),
                               calloc(clock.count + 1, sizeof *marks.level),
                               malloc((2 * clock.count + 1) * sizeof *marks.ranks)};
        fine = marks.place != NULL && marks.level != NULL && marks.ranks != NULL && clock_rank(&clock, rank);
    }
    for (size_t i = 0; few && fine && i < count; i++) {
        times->last_at[i] = rank[times->last_at[i]];
        times->age_at[i] = rank[times->age_at[i]];
    }
    few = few && fine && add_levels(times, &marks, &clock, cells, stride, count, most);
    for (size_t i = 0; few && i < times->count; i++)
        times->time[i] *= scale;
    if (!few)
        times_free(times);
    free(rank);
    clock_free(&clock);
    free(marks.place);
    free(marks.level);
    free(marks.ranks);
    return fine;
}

void times_free(struct times *times) {
    free(times->time);
    free(times->level);
    free(times->last_at);
    free(times->age_at);
    *times = (struct times){.count = 0};
}
