/* HyperLogLog. Each fingerprint picks a register by 16 of its bits, and the register keeps the longest run of zeros
 * that the other bits began with. P. Flajolet, E. Fusy, O. Gandouet, F. Meunier, "HyperLogLog" (AofA 2007); the
 * estimate is the one that needs no corrections for small and large numbers: O. Ertl, "New cardinality estimation
 * algorithms for HyperLogLog sketches" (arXiv 1702.01284, 2017, section 2.3, algorithm 6). */
#include <math.h>

#include "lib/fold/hyperloglog.h"

/* Runs of zeros end where the bits do. */
#define LONGEST (64 - HYPERLOGLOG_BITS)

void hyperloglog_add(struct hyperloglog *sketch, struct till_fingerprint fingerprint) {
    uint64_t bits = fingerprint.high >> HYPERLOGLOG_BITS;
    size_t index = fingerprint.high & (HYPERLOGLOG_REGISTERS - 1);
    uint8_t rank = 1;
    for (uint64_t high = UINT64_C(1) << (LONGEST - 1); high != 0 && (bits & high) == 0; high >>= 1)
        rank++;
    if (rank > sketch->registers[index])
        sketch->registers[index] = rank;
}

void hyperloglog_merge(struct hyperloglog *into, const struct hyperloglog *from) {
    for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i++)
        if (from->registers[i] > into->registers[i])
            into->registers[i] = from->registers[i];
}

/* x + the sum of x^(2^k) 2^(k-1) over k >= 1: what empty registers say. */
static double sigma(double x) {
    double weight = 1;
    double total = x;
    double before;
    if (x >= 1)
        return INFINITY;
    do {
        x *= x;
        before = total;
        total += x * weight;
        weight += weight;
    } while (total > before);
    return total;
}

/* (1 - x - the sum of (1 - x^(2^-k))^2 2^-k over k >= 1) / 3: what full registers say. */
static double tau(double x) {
    double weight = 1;
    double total = 1 - x;
    double before;
    if (x <= 0 || x >= 1)
        return 0;
    do {
        x = sqrt(x);
        before = total;
        weight /= 2;
        total -= (1 - x) * (1 - x) * weight;
    } while (total < before);
    return total / 3;
}

double hyperloglog_estimate(const struct hyperloglog *sketch) {
    const double registers = HYPERLOGLOG_REGISTERS;
    double count[LONGEST + 2] = {0};
    for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i++)
        count[sketch->registers[i]]++;
    double z = registers * tau(1 - count[LONGEST + 1] / registers);
    for (int rank = LONGEST; rank >= 1; rank--)
        z = (z + count[rank]) / 2;
    z += registers * sigma(count[0] / registers);
    return registers * registers / (2 * log(2) * z);
}
