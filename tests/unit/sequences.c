/* Sequential patterns equal those found by trying: every pattern of up to four items over a small alphabet, matched by
 * trying every step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <till/random.h>
#include <till/sequences.h>

enum { ITEMS = 3, CUSTOMERS = 12, STEPS = 6, LONGEST = 4, PATTERNS = 4096 };

struct pattern {
    uint32_t items[LONGEST];
    bool opens[LONGEST];
    size_t size;
    uint64_t customers;
};

struct patterns {
    struct pattern list[PATTERNS];
    size_t count;
};

static enum till_status keep(void *context, const uint32_t *items, const bool *opens, size_t size, uint64_t customers,
                             struct till_error *error) {
    struct patterns *patterns = context;
    struct pattern *pattern = &patterns->list[patterns->count++];
    (void)error;
    assert_true(size <= LONGEST && patterns->count < PATTERNS);
    memset(pattern, 0, sizeof *pattern);
    memcpy(pattern->items, items, size * sizeof *items);
    memcpy(pattern->opens, opens, size * sizeof *opens);
    pattern->size = size;
    pattern->customers = customers;
    return TILL_OK;
}

/* ---- by trying ---- */

static bool step_holds(const struct till_sequences *sequences, uint64_t step, uint32_t item) {
    for (uint64_t i = sequences->step_start[step]; i < sequences->step_start[step + 1]; i++)
        if (sequences->items[i] == item)
            return true;
    return false;
}

/* True when the pattern from item `at` on lies in steps first .. last - 1, the next one within `gap` of step `before`.
 */
static bool matches(const struct till_sequences *sequences, const struct pattern *pattern, size_t at, uint64_t first,
                    uint64_t last, int64_t before, uint32_t gap) {
    if (at == pattern->size)
        return true;
    size_t end = at + 1;
    while (end < pattern->size && !pattern->opens[end])
        end++;
    for (uint64_t step = first; step < last; step++) {
        bool holds = before < 0 || gap == 0 || sequences->day[step] - sequences->day[before] <= (int32_t)gap;
        for (size_t i = at; holds && i < end; i++)
            holds = step_holds(sequences, step, pattern->items[i]);
        if (holds && matches(sequences, pattern, end, step + 1, last, (int64_t)step, gap))
            return true;
    }
    return false;
}

static uint64_t count_by_trying(const struct till_sequences *sequences, const struct pattern *pattern, uint32_t gap) {
    uint64_t count = 0;
    for (uint64_t c = 0; c < sequences->customers; c++)
        count +=
            matches(sequences, pattern, 0, sequences->customer_start[c], sequences->customer_start[c + 1], -1, gap);
    return count;
}

/* Goes through all patterns: each item opens a step, or is larger than the one before it. */
static void try_all(const struct till_sequences *sequences, const struct till_sequences_options *options,
                    struct pattern *pattern, struct patterns *found) {
    for (uint32_t item = 0; pattern->size < LONGEST && item < 2 * ITEMS; item++) {
        bool opens = item < ITEMS;
        if (!opens && (pattern->size == 0 || item % ITEMS <= pattern->items[pattern->size - 1]))
            continue;
        pattern->items[pattern->size] = item % ITEMS;
        pattern->opens[pattern->size++] = opens;
        uint64_t customers = count_by_trying(sequences, pattern, options->maximum_gap);
        if (customers >= options->minimum_support) {
            keep(found, pattern->items, pattern->opens, pattern->size, customers, NULL);
            try_all(sequences, options, pattern, found);
        }
        pattern->size--;
    }
}

static int by_content(const void *a, const void *b) {
    return memcmp(a, b, sizeof(struct pattern));
}

static void mined_patterns_equal_those_found_by_trying(void **state) {
    (void)state;
    static struct patterns mined, tried;
    for (uint64_t seed = 0; seed < 60; seed++) {
        uint64_t customer_start[CUSTOMERS + 1] = {0}, step_start[CUSTOMERS * STEPS + 1] = {0}, steps = 0, entries = 0;
        int32_t day[CUSTOMERS * STEPS];
        uint32_t items[CUSTOMERS * STEPS * ITEMS];
        struct till_random random;
        till_random_start(&random, seed, 0);
        for (size_t c = 0; c < CUSTOMERS; c++) {
            int32_t today = 0;
            for (uint64_t s = till_random_below(&random, STEPS + 1); s > 0; s--) {
                today += 1 + (int32_t)till_random_below(&random, 4);
                day[steps] = today;
                for (uint32_t i = 0; i < ITEMS; i++)
                    if (till_random_uniform(&random) < 0.45)
                        items[entries++] = i;
                step_start[++steps] = entries;
            }
            customer_start[c + 1] = steps;
        }
        const struct till_sequences sequences = {customer_start, step_start, day, items, CUSTOMERS, ITEMS};
        const struct till_sequences_options options = {
            .minimum_support = 2 + seed % 3, .maximum_gap = (uint32_t)(seed % 5), .maximum_size = LONGEST};
        struct pattern pattern = {.size = 0};
        struct till_error error;
        mined.count = tried.count = 0;
        memset(&pattern, 0, sizeof pattern);
        assert_int_equal(till_sequences_mine(&sequences, &options, keep, &mined, &error), TILL_OK);
        try_all(&sequences, &options, &pattern, &tried);
        qsort(mined.list, mined.count, sizeof *mined.list, by_content);
        qsort(tried.list, tried.count, sizeof *tried.list, by_content);
        assert_int_equal(mined.count, tried.count);
        assert_memory_equal(mined.list, tried.list, mined.count * sizeof *mined.list);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mined_patterns_equal_those_found_by_trying),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
