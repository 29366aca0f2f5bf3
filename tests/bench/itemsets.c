/* Frequent itemsets: seconds by data set, support and type, beside the best figure that was measured of other miners
 * (counting, one thread; their reading of the file is part of it, ours is not). Prints fields separated by tabs: data,
 * support, type, sets, processor seconds, wall seconds, processor seconds with delivery (-1: not tried), best of
 * others.
 *
 *     itemsets [THREADS] [NAME]      TILL_SHARED names the folder with the data
 */

#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "tests/support/baskets.h"

struct row {
    const char *name;
    const char *path;
    uint32_t support;
    enum till_itemsets_type type;
    double best; /* seconds of the best peer, counting, one thread */
};

static const struct row rows[] = {
    {"retail", "data/fimi/retail.dat.gz", 10, TILL_ITEMSETS_FREQUENT, 0.17},
    {"retail", "data/fimi/retail.dat.gz", 10, TILL_ITEMSETS_CLOSED, 0.18},
    {"retail", "data/fimi/retail.dat.gz", 10, TILL_ITEMSETS_MAXIMAL, 0.45},
    {"retail", "data/fimi/retail.dat.gz", 3, TILL_ITEMSETS_FREQUENT, 0.40},
    {"retail", "data/fimi/retail.dat.gz", 3, TILL_ITEMSETS_CLOSED, 0.64},
    {"retail", "data/fimi/retail.dat.gz", 3, TILL_ITEMSETS_MAXIMAL, 1.93},
    {"mushroom", "data/fimi/mushroom.dat.gz", 163, TILL_ITEMSETS_FREQUENT, 0.02},
    {"mushroom", "data/fimi/mushroom.dat.gz", 163, TILL_ITEMSETS_CLOSED, 0.03},
    {"mushroom", "data/fimi/mushroom.dat.gz", 163, TILL_ITEMSETS_MAXIMAL, 0.03},
    {"mushroom", "data/fimi/mushroom.dat.gz", 8, TILL_ITEMSETS_FREQUENT, 0.04},
    {"mushroom", "data/fimi/mushroom.dat.gz", 8, TILL_ITEMSETS_CLOSED, 0.19},
    {"chess", "data/fimi/chess.dat.gz", 959, TILL_ITEMSETS_FREQUENT, 0.15},
    {"chess", "data/fimi/chess.dat.gz", 959, TILL_ITEMSETS_CLOSED, 1.86},
    {"chess", "data/fimi/chess.dat.gz", 959, TILL_ITEMSETS_MAXIMAL, 0.61},
    {"accidents15k", "golden/rules/accidents15k.dat.gz", 1522, TILL_ITEMSETS_FREQUENT, 0.28},
    {"accidents15k", "golden/rules/accidents15k.dat.gz", 1522, TILL_ITEMSETS_CLOSED, 1.63},
    {"accidents15k", "golden/rules/accidents15k.dat.gz", 1522, TILL_ITEMSETS_MAXIMAL, 0.41},
    {"kosarak36k", "data/fimi/kosarak-head36682.dat.gz", 37, TILL_ITEMSETS_FREQUENT, 0.06},
    {"kosarak36k", "data/fimi/kosarak-head36682.dat.gz", 37, TILL_ITEMSETS_CLOSED, 0.07},
    {"kosarak36k", "data/fimi/kosarak-head36682.dat.gz", 37, TILL_ITEMSETS_MAXIMAL, 0.06},
    {"kosarak36k", "data/fimi/kosarak-head36682.dat.gz", 25, TILL_ITEMSETS_CLOSED, 0.12},
    {"kosarak36k", "data/fimi/kosarak-head36682.dat.gz", 25, TILL_ITEMSETS_MAXIMAL, 0.37},
    {"BMS1", "data/fimi/BMS1.dat.gz", 36, TILL_ITEMSETS_FREQUENT, 0.03},
    {"BMS1", "data/fimi/BMS1.dat.gz", 36, TILL_ITEMSETS_CLOSED, 0.06},
    {"BMS1", "data/fimi/BMS1.dat.gz", 36, TILL_ITEMSETS_MAXIMAL, 0.06},
};

static double processor_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static double wall_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static enum till_status count_bytes(void *context, const uint32_t *items, size_t size, uint64_t count,
                                    struct till_error *error) {
    (void)items, (void)count, (void)error;
    *(uint64_t *)context += size;
    return TILL_OK;
}

struct timing {
    double count;
    double wall;
    double mine; /* with delivery; below zero: not measured */
};

static struct timing best_of_three(const struct till_baskets *baskets, const struct till_itemsets_options *options,
                                   double *sets) {
    struct timing best = {1e9, 1e9, -1};
    struct till_error error = {0};
    for (int round = 0; round < 3; round++) {
        struct till_itemset_counts counts = {0};
        double cpu = processor_seconds(), wall = wall_seconds();
        if (till_itemsets_count(baskets, options, &counts, &error) != TILL_OK)
            fprintf(stderr, "%s\n", error.message);
        wall = wall_seconds() - wall;
        cpu = processor_seconds() - cpu;
        best.count = cpu < best.count ? cpu : best.count;
        best.wall = wall < best.wall ? wall : best.wall;
        *sets = (double)counts.total;
        till_itemset_counts_free(&counts);
    }
    uint64_t items = 0;
    double cpu = processor_seconds();
    if (*sets <= 4e7 && till_itemsets_mine(baskets, options, count_bytes, &items, &error) == TILL_OK)
        best.mine = processor_seconds() - cpu;
    return best;
}

int main(int argc, char **argv) {
    static const char *const types[] = {"frequent", "closed", "maximal"};
    const char *shared = getenv("TILL_SHARED") == NULL ? "../shared" : getenv("TILL_SHARED");
    unsigned threads = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        char path[1024];
        struct fixture fixture;
        snprintf(path, sizeof path, "%s/%s", shared, rows[k].path);
        if ((argc > 2 && strcmp(argv[2], rows[k].name) != 0) || !fixture_read(&fixture, path, " \r\n"))
            continue;
        struct till_itemsets_options options = {
            .type = rows[k].type, .minimum_support = rows[k].support, .threads = threads};
        double sets;
        struct timing t = best_of_three(&fixture.baskets, &options, &sets);
        printf("%s\t%u\t%s\t%.0f\t%.4f\t%.4f\t%.4f\t%.2f\n", rows[k].name, rows[k].support, types[rows[k].type], sets,
               t.count, t.wall, t.mine, rows[k].best);
        fflush(stdout);
        fixture_free(&fixture);
    }
    return 0;
}
