/* Inner loops over bit columns. The bodies are plain C; they are compiled once for the baseline and once for processors
 * that count bits in an instruction, and are written out for AVX-512 as of Ice Lake and Zen 4, where a vector is 512
 * rows. Counts are integers, so all ways give the same. */
#include "kernels.h"

#include <stddef.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define TARGET_POPCNT __attribute__((target("popcnt,avx2,bmi,bmi2")))
#define TARGET_AVX512                                                                                                  \
    __attribute__((target("popcnt,bmi,bmi2,avx512f,avx512vl,avx512bw,avx512dq,avx512vpopcntdq,avx512vbmi,"             \
                          "avx512vbmi2,gfni")))
#endif

static inline __attribute__((always_inline)) uint32_t project_body(const uint64_t *column, const uint64_t *columns,
                                                                   uint32_t count, uint32_t words, uint32_t minimum,
                                                                   uint64_t *out, uint32_t *kept, uint32_t *support) {
    uint32_t found = 0;
    for (uint32_t k = 0; k < count; k++, columns += words) {
        uint64_t rows = 0;
        for (uint32_t w = 0; w < words; w++) {
            out[w] = column[w] & columns[w];
            rows += (uint64_t)__builtin_popcountll(out[w]);
        }
        kept[found] = k;
        support[found] = (uint32_t)rows;
        if (rows >= minimum) {
            found++;
            out += words;
        }
    }
    return found;
}

static inline __attribute__((always_inline)) uint32_t share_body(const uint64_t *column, const uint64_t *columns,
                                                                 const uint32_t *wanted, uint32_t count, uint32_t words,
                                                                 uint32_t minimum, uint32_t *kept, uint32_t *support) {
    uint32_t found = 0;
    for (uint32_t k = 0; k < count; k++) {
        const uint64_t *other = columns + (size_t)wanted[k] * words;
        uint64_t rows = 0;
        for (uint32_t w = 0; w < words; w++)
            rows += (uint64_t)__builtin_popcountll(column[w] & other[w]);
        kept[found] = wanted[k];
        support[found] = (uint32_t)rows;
        found += rows >= minimum;
    }
    return found;
}

static inline __attribute__((always_inline)) void share_pairs_body(const uint64_t *rows, const uint64_t *columns,
                                                                   uint32_t words, const uint32_t *item,
                                                                   const uint64_t *wanted, uint32_t count,
                                                                   uint32_t minimum, uint64_t *found, uint32_t *kept,
                                                                   uint32_t *support) {
    for (uint32_t k = 0; k < count; k++) {
        const uint64_t *column = columns + (size_t)item[k] * words;
        const uint32_t *first = support;
        found[k] = 0;
        for (uint64_t left = wanted[k]; left != 0; left &= left - 1) {
            const uint64_t *other = columns + (size_t)__builtin_ctzll(left) * words;
            uint64_t shared = 0;
            for (uint32_t w = 0; w < words; w++)
                shared += (uint64_t)__builtin_popcountll(rows[w] & column[w] & other[w]);
            *support = (uint32_t)shared;
            support += shared >= minimum;
            found[k] |= shared >= minimum ? left & -left : 0;
        }
        kept[k] = (uint32_t)(support - first);
    }
}

static inline __attribute__((always_inline)) void restrict_body(const uint64_t *column, const uint64_t *columns,
                                                                const uint32_t *wanted, uint32_t count, uint32_t words,
                                                                uint64_t *out) {
    for (uint32_t k = 0; k < count; k++, out += words)
        for (uint32_t w = 0; w < words; w++)
            out[w] = column[w] & columns[(size_t)wanted[k] * words + w];
}

static inline __attribute__((always_inline)) bool covered_body(const uint64_t *rows, const uint64_t *columns,
                                                               const uint32_t *codes, uint32_t count, uint32_t words) {
    for (uint32_t k = 0; k < count; k++) {
        const uint64_t *column = columns + (size_t)codes[k] * words;
        uint32_t w = 0;
        while (w < words && (rows[w] & ~column[w]) == 0)
            w++;
        if (w == words)
            return true;
    }
    return false;
}

static inline __attribute__((always_inline)) uint32_t filter_body(const uint64_t *rows, const uint64_t *columns,
                                                                  const uint32_t *codes, uint32_t count, uint32_t words,
                                                                  uint32_t minimum, uint32_t *out) {
    uint32_t found = 0;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t code = codes[k];
        const uint64_t *column = columns + (size_t)code * words;
        uint64_t shared = 0;
        for (uint32_t w = 0; w < words; w++)
            shared += (uint64_t)__builtin_popcountll(rows[w] & column[w]);
        out[found] = code;
        found += shared >= minimum;
    }
    return found;
}

static inline __attribute__((always_inline)) uint32_t shared_body(const uint64_t *a, const uint64_t *b,
                                                                  uint32_t words) {
    uint64_t rows = 0;
    for (uint32_t w = 0; w < words; w++)
        rows += (uint64_t)__builtin_popcountll(a[w] & b[w]);
    return (uint32_t)rows;
}

static inline __attribute__((always_inline)) uint32_t
share_three_body(const uint64_t *rows, const uint64_t *a, const uint64_t *b, const uint64_t *c, uint32_t words) {
    uint64_t shared = 0;
    for (uint32_t w = 0; w < words; w++)
        shared += (uint64_t)__builtin_popcountll(rows[w] & a[w] & b[w] & c[w]);
    return (uint32_t)shared;
}

static inline __attribute__((always_inline)) uint32_t intersect_body(const uint64_t *columns, uint32_t count,
                                                                     uint32_t words, uint64_t *out) {
    uint64_t rows = 0;
    for (uint32_t w = 0; w < words; w++) {
        uint64_t all = columns[w];
        for (uint32_t k = 1; k < count; k++)
            all &= columns[(size_t)k * words + w];
        out[w] = all;
        rows += (uint64_t)__builtin_popcountll(all);
    }
    return (uint32_t)rows;
}

static void frequent_pairs_plain(const uint16_t *table, uint32_t items, uint32_t minimum, uint32_t *start,
                                 uint32_t *other, uint32_t *support) {
    uint32_t at = 0;
    for (uint32_t k = 0; k < items; k++) {
        start[k] = at;
        for (uint32_t second = k + 1; second < items; second++, table++) {
            other[at] = second;
            support[at] = *table;
            at += *table >= minimum;
        }
    }
    start[items] = at;
}

/* The bits of `bits` where `mask` is set, moved to the low end. */
static inline uint64_t extract_plain(uint64_t bits, uint64_t mask) {
    uint64_t result = 0;
    for (unsigned at = 0; mask != 0; mask &= mask - 1)
        result |= (bits >> __builtin_ctzll(mask) & 1) << at++;
    return result;
}

typedef uint64_t extract_function(uint64_t bits, uint64_t mask);

/* What a column has of the next word of its condensed form, and where this goes. */
struct condensed {
    const uint64_t *from;
    uint64_t *to;
    uint64_t begun;
};

static inline __attribute__((always_inline)) uint64_t move_bits(struct condensed *column, uint32_t word, uint64_t rows,
                                                                uint32_t used, extract_function *extract) {
    uint64_t bits = extract(column->from[word], rows);
    column->begun |= bits << used;
    return bits;
}

static inline __attribute__((always_inline)) void end_word(struct condensed *column, uint64_t bits, uint32_t used) {
    *column->to++ = column->begun;
    column->begun = bits >> 1 >> (63 - used);
}

/* Four columns side by side: where bits go is the same for all, and what each has of its next word stays in a register.
 */
static inline __attribute__((always_inline)) void condense_four(const uint64_t *rows, uint32_t words,
                                                                struct condensed *columns, uint32_t kept,
                                                                extract_function *extract) {
    struct condensed a = columns[0], b = columns[1], c = columns[2], d = columns[3];
    uint32_t used = 0, ended = 0;
    for (uint32_t w = 0; w < words; w++) {
        if (rows[w] == 0)
            continue;
        uint64_t p = move_bits(&a, w, rows[w], used, extract), q = move_bits(&b, w, rows[w], used, extract);
        uint64_t r = move_bits(&c, w, rows[w], used, extract), s = move_bits(&d, w, rows[w], used, extract);
        uint32_t end = used + (uint32_t)__builtin_popcountll(rows[w]);
        if (end >= 64) {
            end_word(&a, p, used);
            end_word(&b, q, used);
            end_word(&c, r, used);
            end_word(&d, s, used);
            ended++;
        }
        used = end % 64;
    }
    for (; ended < kept; ended++) {
        end_word(&a, 0, 0);
        end_word(&b, 0, 0);
        end_word(&c, 0, 0);
        end_word(&d, 0, 0);
    }
}

static inline __attribute__((always_inline)) void condense_body(const uint64_t *rows, const uint64_t *columns,
                                                                const uint32_t *wanted, uint32_t count, uint32_t words,
                                                                uint64_t *out, uint32_t kept,
                                                                extract_function *extract) {
    for (uint32_t k = 0; k < count; k += 4) {
        struct condensed four[4];
        for (uint32_t i = 0; i < 4; i++) {
            uint32_t at = k + i < count ? k + i : count - 1; /* the last ones may be the same */
            four[i] = (struct condensed){columns + (size_t)(wanted == NULL ? at : wanted[at]) * words,
                                         out + (size_t)at * kept, 0};
        }
        condense_four(rows, words, four, kept, extract);
    }
}

static uint32_t project_plain(const uint64_t *column, const uint64_t *columns, uint32_t count, uint32_t words,
                              uint32_t minimum, uint64_t *out, uint32_t *kept, uint32_t *support) {
    return project_body(column, columns, count, words, minimum, out, kept, support);
}

static uint32_t share_plain(const uint64_t *column, const uint64_t *columns, const uint32_t *wanted, uint32_t count,
                            uint32_t words, uint32_t minimum, uint32_t *kept, uint32_t *support) {
    return share_body(column, columns, wanted, count, words, minimum, kept, support);
}

static void share_pairs_plain(const uint64_t *rows, const uint64_t *columns, uint32_t words, const uint32_t *item,
                              const uint64_t *wanted, uint32_t count, uint32_t minimum, uint64_t *found, uint32_t *kept,
                              uint32_t *support) {
    share_pairs_body(rows, columns, words, item, wanted, count, minimum, found, kept, support);
}

static void restrict_plain(const uint64_t *column, const uint64_t *columns, const uint32_t *wanted, uint32_t count,
                           uint32_t words, uint64_t *out) {
    restrict_body(column, columns, wanted, count, words, out);
}

static bool covered_plain(const uint64_t *rows, const uint64_t *columns, const uint32_t *codes, uint32_t count,
                          uint32_t words) {
    return covered_body(rows, columns, codes, count, words);
}

static uint32_t filter_plain(const uint64_t *rows, const uint64_t *columns, const uint32_t *codes, uint32_t count,
                             uint32_t words, uint32_t minimum, uint32_t *out) {
    return filter_body(rows, columns, codes, count, words, minimum, out);
}

static uint32_t shared_plain(const uint64_t *a, const uint64_t *b, uint32_t words) {
    return shared_body(a, b, words);
}

static uint32_t share_three_plain(const uint64_t *rows, const uint64_t *a, const uint64_t *b, const uint64_t *c,
                                  uint32_t words) {
    return share_three_body(rows, a, b, c, words);
}

static uint32_t intersect_plain(const uint64_t *columns, uint32_t count, uint32_t words, uint64_t *out) {
    return intersect_body(columns, count, words, out);
}

static void condense_plain(const uint64_t *rows, const uint64_t *columns, const uint32_t *wanted, uint32_t count,
                           uint32_t words, uint64_t *out, uint32_t kept) {
    condense_body(rows, columns, wanted, count, words, out, kept, extract_plain);
}

static const struct kernels plain = {project_plain,   share_plain,    share_pairs_plain,    restrict_plain,
                                     covered_plain,   filter_plain,   shared_plain,         share_three_plain,
                                     intersect_plain, condense_plain, frequent_pairs_plain, extract_plain};

#if defined(__x86_64__)
TARGET_POPCNT static uint32_t project_popcnt(const uint64_t *column, const uint64_t *columns, uint32_t count,
                                             uint32_t words, uint32_t minimum, uint64_t *out, uint32_t *kept,
                                             uint32_t *support) {
    if (words == 1)
        return project_body(column, columns, count, 1, minimum, out, kept, support);
    if (words == 8)
        return project_body(column, columns, count, 8, minimum, out, kept, support);
    return project_body(column, columns, count, words, minimum, out, kept, support);
}

TARGET_POPCNT static uint32_t share_popcnt(const uint64_t *column, const uint64_t *columns, const uint32_t *wanted,
                                           uint32_t count, uint32_t words, uint32_t minimum, uint32_t *kept,
                                           uint32_t *support) {
    return share_body(column, columns, wanted, count, words, minimum, kept, support);
}

TARGET_POPCNT static void share_pairs_popcnt(const uint64_t *rows, const uint64_t *columns, uint32_t words,
                                             const uint32_t *item, const uint64_t *wanted, uint32_t count,
                                             uint32_t minimum, uint64_t *found, uint32_t *kept, uint32_t *support) {
    share_pairs_body(rows, columns, words, item, wanted, count, minimum, found, kept, support);
}

TARGET_POPCNT static void restrict_popcnt(const uint64_t *column, const uint64_t *columns, const uint32_t *wanted,
                                          uint32_t count, uint32_t words, uint64_t *out) {
    restrict_body(column, columns, wanted, count, words, out);
}

TARGET_POPCNT static bool covered_popcnt(const uint64_t *rows, const uint64_t *columns, const uint32_t *codes,
                                         uint32_t count, uint32_t words) {
    return covered_body(rows, columns, codes, count, words);
}

TARGET_POPCNT static uint32_t filter_popcnt(const uint64_t *rows, const uint64_t *columns, const uint32_t *codes,
                                            uint32_t count, uint32_t words, uint32_t minimum, uint32_t *out) {
    return filter_body(rows, columns, codes, count, words, minimum, out);
}

TARGET_POPCNT static uint32_t shared_popcnt(const uint64_t *a, const uint64_t *b, uint32_t words) {
    return shared_body(a, b, words);
}

TARGET_POPCNT static uint32_t share_three_popcnt(const uint64_t *rows, const uint64_t *a, const uint64_t *b,
                                                 const uint64_t *c, uint32_t words) {
    return share_three_body(rows, a, b, c, words);
}

TARGET_POPCNT static uint32_t intersect_popcnt(const uint64_t *columns, uint32_t count, uint32_t words, uint64_t *out) {
    return intersect_body(columns, count, words, out);
}

TARGET_POPCNT static uint64_t extract_bits(uint64_t bits, uint64_t mask) {
    return _pext_u64(bits, mask);
}

TARGET_POPCNT static void condense_popcnt(const uint64_t *rows, const uint64_t *columns, const uint32_t *wanted,
                                          uint32_t count, uint32_t words, uint64_t *out, uint32_t kept) {
    condense_body(rows, columns, wanted, count, words, out, kept, extract_bits);
}

static const struct kernels popcnt = {project_popcnt,   share_popcnt,    share_pairs_popcnt,   restrict_popcnt,
                                      covered_popcnt,   filter_popcnt,   shared_popcnt,        share_three_popcnt,
                                      intersect_popcnt, condense_popcnt, frequent_pairs_plain, extract_bits};

/* Columns of one word: eight at a time. Compressing in a register and storing whole is what these processors do fast.
 */
TARGET_AVX512 static uint32_t project_words(uint64_t column, const uint64_t *columns, uint32_t count, uint32_t minimum,
                                            uint64_t *out, uint32_t *kept, uint32_t *support) {
    const __m512i wanted = _mm512_set1_epi64((long long)column), least = _mm512_set1_epi64(minimum);
    __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    uint32_t found = 0;
    for (uint32_t k = 0; k < count; k += 8) {
        __mmask8 inside = (__mmask8)(count - k >= 8 ? 0xffu : (1u << (count - k)) - 1);
        __m512i both = _mm512_and_si512(wanted, _mm512_maskz_loadu_epi64(inside, columns + k));
        __m512i rows = _mm512_popcnt_epi64(both);
        __mmask8 keep = _mm512_mask_cmpge_epu64_mask(inside, rows, least);
        _mm512_storeu_si512(out + found, _mm512_maskz_compress_epi64(keep, both));
        _mm256_storeu_si256((__m256i *)(void *)(kept + found), _mm256_maskz_compress_epi32(keep, index));
        _mm256_storeu_si256((__m256i *)(void *)(support + found),
                            _mm256_maskz_compress_epi32(keep, _mm512_cvtepi64_epi32(rows)));
        found += (uint32_t)__builtin_popcount(keep);
        index = _mm256_add_epi32(index, _mm256_set1_epi32(8));
    }
    return found;
}

TARGET_AVX512 static uint32_t project_avx512(const uint64_t *column, const uint64_t *columns, uint32_t count,
                                             uint32_t words, uint32_t minimum, uint64_t *out, uint32_t *kept,
                                             uint32_t *support) {
    if (words == 1)
        return project_words(*column, columns, count, minimum, out, kept, support);
    uint32_t found = 0;
    for (uint32_t k = 0; k < count; k++, columns += words) {
        __m512i sum = _mm512_setzero_si512();
        for (uint32_t w = 0; w < words; w += 8) {
            __m512i both = _mm512_and_si512(_mm512_loadu_si512(column + w), _mm512_loadu_si512(columns + w));
            _mm512_storeu_si512(out + w, both);
            sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(both));
        }
        uint32_t rows = (uint32_t)_mm512_reduce_add_epi64(sum);
        kept[found] = k;
        support[found] = rows;
        uint32_t keep = rows >= minimum;
        found += keep;
        out += keep * words;
    }
    return found;
}

TARGET_AVX512 static uint32_t share_avx512(const uint64_t *column, const uint64_t *columns, const uint32_t *wanted,
                                           uint32_t count, uint32_t words, uint32_t minimum, uint32_t *kept,
                                           uint32_t *support) {
    if (words == 1)
        return share_body(column, columns, wanted, count, 1, minimum, kept, support);
    uint32_t found = 0;
    for (uint32_t k = 0; k < count; k++) {
        const uint64_t *other = columns + (size_t)wanted[k] * words;
        __m512i sum = _mm512_setzero_si512();
        for (uint32_t w = 0; w < words; w += 8)
            sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(_mm512_and_si512(_mm512_loadu_si512(column + w),
                                                                             _mm512_loadu_si512(other + w))));
        uint32_t rows = (uint32_t)_mm512_reduce_add_epi64(sum);
        kept[found] = wanted[k];
        support[found] = rows;
        found += rows >= minimum;
    }
    return found;
}

/* The sums of the lanes of four vectors. */
TARGET_AVX512 static inline __m256i sum_four(__m512i a, __m512i b, __m512i c, __m512i d) {
    __m512i ab = _mm512_add_epi64(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    __m512i cd = _mm512_add_epi64(_mm512_unpacklo_epi64(c, d), _mm512_unpackhi_epi64(c, d));
    __m512i both = _mm512_add_epi64(_mm512_shuffle_i64x2(ab, cd, 0x88), _mm512_shuffle_i64x2(ab, cd, 0xdd));
    /* lanes of 128 bits: ab, ab, cd, cd */
    __m512i half = _mm512_add_epi64(both, _mm512_shuffle_i64x2(both, both, 0xb1));
    return _mm512_castsi512_si256(_mm512_shuffle_i64x2(half, half, 0x08));
}

TARGET_AVX512 static inline __m512i count_shared(__m512i sum, __m512i rows, const uint64_t *column) {
    return _mm512_add_epi64(sum, _mm512_popcnt_epi64(_mm512_and_si512(rows, _mm512_loadu_si512(column))));
}

/* How many of the rows, and those of `column`, up to four other columns share with them, each. */
TARGET_AVX512 static inline __attribute__((always_inline)) __m128i
share_few(const uint64_t *rows, const uint64_t *column, const uint64_t *const *other, uint32_t count, uint32_t words) {
    const uint64_t *p = other[0], *q = other[count > 1 ? 1 : 0], *r = other[count > 2 ? 2 : 0],
                   *s = other[count > 3 ? 3 : 0];
    __m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;
    for (uint32_t w = 0; w < words; w += 8) {
        __m512i both = _mm512_and_si512(_mm512_loadu_si512(rows + w), _mm512_loadu_si512(column + w));
        a = count_shared(a, both, p + w);
        if (count > 1)
            b = count_shared(b, both, q + w);
        if (count > 2)
            c = count_shared(c, both, r + w);
        if (count > 3)
            d = count_shared(d, both, s + w);
    }
    return _mm256_cvtepi64_epi32(sum_four(a, b, c, d));
}

TARGET_AVX512 static inline __m128i share_four(const uint64_t *rows, const uint64_t *column,
                                               const uint64_t *const *other, uint32_t count, uint32_t words) {
    switch (count) {
    case 1:
        return share_few(rows, column, other, 1, words);
    case 2:
        return share_few(rows, column, other, 2, words);
    case 3:
        return share_few(rows, column, other, 3, words);
    default:
        return share_few(rows, column, other, 4, words);
    }
}

TARGET_AVX512 static void share_pairs_avx512(const uint64_t *rows, const uint64_t *columns, uint32_t words,
                                             const uint32_t *item, const uint64_t *wanted, uint32_t count,
                                             uint32_t minimum, uint64_t *found, uint32_t *kept, uint32_t *support) {
    if (words == 1) {
        share_pairs_body(rows, columns, 1, item, wanted, count, minimum, found, kept, support);
        return;
    }
    const __m128i least = _mm_set1_epi32((int)minimum);
    for (uint32_t k = 0; k < count; k++) {
        const uint64_t *column = columns + (size_t)item[k] * words;
        uint64_t enough = 0, left = wanted[k];
        uint32_t *first = support;
        for (uint32_t at = 0; left != 0; at += 4) {
            const uint64_t *other[4];
            uint32_t few = 0;
            for (; few < 4 && left != 0; left &= left - 1)
                other[few++] = columns + (size_t)__builtin_ctzll(left) * words;
            __m128i shared = share_four(rows, column, other, few, words);
            __mmask8 keep = _mm_mask_cmpge_epu32_mask((__mmask8)((1u << few) - 1), shared, least);
            _mm_storeu_si128((__m128i *)(void *)support, _mm_maskz_compress_epi32(keep, shared));
            support += __builtin_popcount(keep);
            enough |= (uint64_t)keep << at;
        }
        found[k] = _pdep_u64(enough, wanted[k]);
        kept[k] = (uint32_t)(support - first);
    }
}

TARGET_AVX512 static void restrict_avx512(const uint64_t *column, const uint64_t *columns, const uint32_t *wanted,
                                          uint32_t count, uint32_t words, uint64_t *out) {
    if (words == 1) {
        restrict_body(column, columns, wanted, count, 1, out);
        return;
    }
    for (uint32_t k = 0; k < count; k++, out += words)
        for (uint32_t w = 0; w < words; w += 8)
            _mm512_storeu_si512(out + w, _mm512_and_si512(_mm512_loadu_si512(column + w),
                                                          _mm512_loadu_si512(columns + (size_t)wanted[k] * words + w)));
}

TARGET_AVX512 static bool covered_avx512(const uint64_t *rows, const uint64_t *columns, const uint32_t *codes,
                                         uint32_t count, uint32_t words) {
    if (words == 1)
        return covered_body(rows, columns, codes, count, 1);
    for (uint32_t k = 0; k < count; k++) {
        const uint64_t *column = columns + (size_t)codes[k] * words;
        uint32_t w = 0;
        for (; w < words; w += 8) {
            __m512i outside = _mm512_andnot_si512(_mm512_loadu_si512(column + w), _mm512_loadu_si512(rows + w));
            if (_mm512_test_epi64_mask(outside, outside) != 0)
                break;
        }
        if (w >= words)
            return true;
    }
    return false;
}

TARGET_AVX512 static uint32_t filter_avx512(const uint64_t *rows, const uint64_t *columns, const uint32_t *codes,
                                            uint32_t count, uint32_t words, uint32_t minimum, uint32_t *out) {
    if (words == 1)
        return filter_body(rows, columns, codes, count, 1, minimum, out);
    uint32_t found = 0;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t code = codes[k];
        const uint64_t *column = columns + (size_t)code * words;
        __m512i sum = _mm512_setzero_si512();
        for (uint32_t w = 0; w < words; w += 8)
            sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(_mm512_and_si512(_mm512_loadu_si512(rows + w),
                                                                             _mm512_loadu_si512(column + w))));
        out[found] = code;
        found += (uint32_t)_mm512_reduce_add_epi64(sum) >= minimum;
    }
    return found;
}

TARGET_AVX512 static uint32_t shared_avx512(const uint64_t *a, const uint64_t *b, uint32_t words) {
    if (words == 1)
        return shared_body(a, b, 1);
    __m512i sum = _mm512_setzero_si512();
    for (uint32_t w = 0; w < words; w += 8)
        sum = _mm512_add_epi64(
            sum, _mm512_popcnt_epi64(_mm512_and_si512(_mm512_loadu_si512(a + w), _mm512_loadu_si512(b + w))));
    return (uint32_t)_mm512_reduce_add_epi64(sum);
}

TARGET_AVX512 static uint32_t share_three_avx512(const uint64_t *rows, const uint64_t *a, const uint64_t *b,
                                                 const uint64_t *c, uint32_t words) {
    if (words == 1)
        return share_three_body(rows, a, b, c, 1);
    __m512i sum = _mm512_setzero_si512();
    for (uint32_t w = 0; w < words; w += 8) {
        __m512i two = _mm512_and_si512(_mm512_loadu_si512(rows + w), _mm512_loadu_si512(a + w));
        sum = count_shared(sum, _mm512_and_si512(two, _mm512_loadu_si512(b + w)), c + w);
    }
    return (uint32_t)_mm512_reduce_add_epi64(sum);
}

TARGET_AVX512 static uint32_t intersect_avx512(const uint64_t *columns, uint32_t count, uint32_t words, uint64_t *out) {
    if (words == 1)
        return intersect_body(columns, count, 1, out);
    __m512i sum = _mm512_setzero_si512();
    for (uint32_t w = 0; w < words; w += 8) {
        __m512i all = _mm512_loadu_si512(columns + w);
        for (uint32_t k = 1; k < count; k++)
            all = _mm512_and_si512(all, _mm512_loadu_si512(columns + (size_t)k * words + w));
        _mm512_storeu_si512(out + w, all);
        sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(all));
    }
    return (uint32_t)_mm512_reduce_add_epi64(sum);
}

/* Few pairs are frequent. */
TARGET_AVX512 static void frequent_pairs_avx512(const uint16_t *table, uint32_t items, uint32_t minimum,
                                                uint32_t *start, uint32_t *other, uint32_t *support) {
    const __m512i least = _mm512_set1_epi16((short)(uint16_t)minimum);
    uint32_t at = 0;
    for (uint32_t k = 0; k < items; k++) {
        uint32_t behind = items - 1 - k;
        start[k] = at;
        for (uint32_t from = 0; from < behind; from += 32) {
            __mmask32 inside = behind - from >= 32 ? ~(__mmask32)0 : ((__mmask32)1 << (behind - from)) - 1;
            __mmask32 left = _mm512_mask_cmpge_epu16_mask(inside, _mm512_loadu_si512(table + from), least);
            for (; left != 0; left &= left - 1) {
                uint32_t second = from + (uint32_t)__builtin_ctz(left);
                other[at] = k + 1 + second;
                support[at++] = table[second];
            }
        }
        table += behind;
    }
    start[items] = at;
}

/* Eight columns are condensed at a time: a row of them is a byte, so that one instruction drops the rows of a word. */
struct eight {
    __m512i a, b, c, d, e, f, g, h;
};

/* Vectors of words become vectors of the first words, of the second words... */
TARGET_AVX512 static inline __attribute__((always_inline)) struct eight turn_words(struct eight v) {
    const __m512i a = _mm512_unpacklo_epi64(v.a, v.b), b = _mm512_unpackhi_epi64(v.a, v.b);
    const __m512i c = _mm512_unpacklo_epi64(v.c, v.d), d = _mm512_unpackhi_epi64(v.c, v.d);
    const __m512i e = _mm512_unpacklo_epi64(v.e, v.f), f = _mm512_unpackhi_epi64(v.e, v.f);
    const __m512i g = _mm512_unpacklo_epi64(v.g, v.h), h = _mm512_unpackhi_epi64(v.g, v.h);
    /* of the first four, and of the others: words 0 and 4, 1 and 5, 2 and 6, 3 and 7 */
    const __m512i p = _mm512_shuffle_i64x2(a, c, 0x88), q = _mm512_shuffle_i64x2(b, d, 0x88);
    const __m512i r = _mm512_shuffle_i64x2(a, c, 0xdd), s = _mm512_shuffle_i64x2(b, d, 0xdd);
    const __m512i t = _mm512_shuffle_i64x2(e, g, 0x88), u = _mm512_shuffle_i64x2(f, h, 0x88);
    const __m512i w = _mm512_shuffle_i64x2(e, g, 0xdd), x = _mm512_shuffle_i64x2(f, h, 0xdd);
    return (struct eight){_mm512_shuffle_i64x2(p, t, 0x88), _mm512_shuffle_i64x2(q, u, 0x88),
                          _mm512_shuffle_i64x2(r, w, 0x88), _mm512_shuffle_i64x2(s, x, 0x88),
                          _mm512_shuffle_i64x2(p, t, 0xdd), _mm512_shuffle_i64x2(q, u, 0xdd),
                          _mm512_shuffle_i64x2(r, w, 0xdd), _mm512_shuffle_i64x2(s, x, 0xdd)};
}

/* Words of bytes become words of the first bytes, of the second bytes... */
TARGET_AVX512 static inline __m512i turn_bytes(__m512i words) {
    const __m512i first =
        _mm512_set_epi8(63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 60,
                        52, 44, 36, 28, 20, 12, 4, 59, 51, 43, 35, 27, 19, 11, 3, 58, 50, 42, 34, 26, 18, 10, 2, 57, 49,
                        41, 33, 25, 17, 9, 1, 56, 48, 40, 32, 24, 16, 8, 0);
    return _mm512_permutexvar_epi8(first, words);
}

/* A word of each of eight columns as 64 rows, a byte each: the first column has the highest bit. */
TARGET_AVX512 static inline __m512i turn_to_rows(__m512i words) {
    const __m512i bits = _mm512_set1_epi64((long long)0x8040201008040201u);
    return _mm512_gf2p8affine_epi64_epi8(bits, turn_bytes(words), 0);
}

/* And back. */
TARGET_AVX512 static inline __m512i turn_to_words(__m512i rows) {
    const __m512i bits = _mm512_set1_epi64(0x0102040810204080);
    const __m512i backwards = _mm512_set4_epi32(0x08090a0b, 0x0c0d0e0f, 0x00010203, 0x04050607);
    return turn_bytes(_mm512_gf2p8affine_epi64_epi8(bits, _mm512_shuffle_epi8(rows, backwards), 0));
}

/* Rows of eight columns that wait for being turned back. */
enum { LONG_ROW = 512, WAITING_ROWS = 8 * LONG_ROW };
struct waiting {
    size_t count;
    unsigned char row[WAITING_ROWS + 2 * LONG_ROW];
};

TARGET_AVX512 static inline void keep_rows(struct waiting *waiting, __m512i words, uint64_t rows) {
    _mm512_storeu_si512(waiting->row + waiting->count, _mm512_maskz_compress_epi8(rows, turn_to_rows(words)));
    waiting->count += (size_t)__builtin_popcountll(rows);
}

/* 512 rows of the columns become rows that wait. */
TARGET_AVX512 static inline void keep_long_row(struct waiting *waiting, const uint64_t *const *column, uint32_t at,
                                               const uint64_t *rows) {
    const struct eight v = turn_words((struct eight){
        _mm512_loadu_si512(column[0] + at), _mm512_loadu_si512(column[1] + at), _mm512_loadu_si512(column[2] + at),
        _mm512_loadu_si512(column[3] + at), _mm512_loadu_si512(column[4] + at), _mm512_loadu_si512(column[5] + at),
        _mm512_loadu_si512(column[6] + at), _mm512_loadu_si512(column[7] + at)});
    keep_rows(waiting, v.a, rows[at]);
    keep_rows(waiting, v.b, rows[at + 1]);
    keep_rows(waiting, v.c, rows[at + 2]);
    keep_rows(waiting, v.d, rows[at + 3]);
    keep_rows(waiting, v.e, rows[at + 4]);
    keep_rows(waiting, v.f, rows[at + 5]);
    keep_rows(waiting, v.g, rows[at + 6]);
    keep_rows(waiting, v.h, rows[at + 7]);
}

/* And 512 rows are written, to the first `few` of the columns. */
TARGET_AVX512 static inline void write_long_row(const unsigned char *row, uint64_t *out, uint32_t few, uint32_t kept) {
    const struct eight v = turn_words(
        (struct eight){turn_to_words(_mm512_loadu_si512(row)), turn_to_words(_mm512_loadu_si512(row + 64)),
                       turn_to_words(_mm512_loadu_si512(row + 128)), turn_to_words(_mm512_loadu_si512(row + 192)),
                       turn_to_words(_mm512_loadu_si512(row + 256)), turn_to_words(_mm512_loadu_si512(row + 320)),
                       turn_to_words(_mm512_loadu_si512(row + 384)), turn_to_words(_mm512_loadu_si512(row + 448))});
    const __m512i word[8] = {v.a, v.b, v.c, v.d, v.e, v.f, v.g, v.h};
    for (uint32_t k = 0; k < few; k++)
        _mm512_storeu_si512(out + (size_t)k * kept, word[k]);
}

/* Writes the rows that wait but for the last ones, less than 512; returns how many words of a column that makes. */
TARGET_AVX512 static uint32_t write_waiting(const struct waiting *waiting, uint64_t *out, uint32_t few, uint32_t kept) {
    uint32_t done = 0;
    for (; (size_t)done * 64 + LONG_ROW <= waiting->count; done += 8)
        write_long_row(waiting->row + (size_t)done * 64, out + done, few, kept);
    return done;
}

TARGET_AVX512 static void condense_eight(const uint64_t *rows, const uint64_t *const *column, uint32_t words,
                                         uint64_t *out, uint32_t few, uint32_t kept) {
    struct waiting waiting;
    uint32_t done = 0;
    waiting.count = 0;
    for (uint32_t w = 0; w < words; w += 8) {
        keep_long_row(&waiting, column, w, rows);
        if (waiting.count < WAITING_ROWS)
            continue;
        done += write_waiting(&waiting, out + done, few, kept);
        memcpy(waiting.row, waiting.row + WAITING_ROWS, LONG_ROW);
        waiting.count -= WAITING_ROWS;
    }
    memset(waiting.row + waiting.count, 0, LONG_ROW);
    waiting.count += LONG_ROW - 1;
    done += write_waiting(&waiting, out + done, few, kept);
    for (uint32_t k = 0; done < kept && k < few; k++)
        memset(out + (size_t)k * kept + done, 0, (kept - done) * sizeof *out);
}

TARGET_AVX512 static void condense_avx512(const uint64_t *rows, const uint64_t *columns, const uint32_t *wanted,
                                          uint32_t count, uint32_t words, uint64_t *out, uint32_t kept) {
    if (kept == 1) {
        condense_body(rows, columns, wanted, count, words, out, 1, extract_bits);
        return;
    }
    for (uint32_t k = 0; k < count; k += 8) {
        const uint64_t *column[8];
        uint32_t few = count - k < 8 ? count - k : 8;
        for (uint32_t i = 0; i < 8; i++) {
            uint32_t at = i < few ? k + i : k;
            column[i] = columns + (size_t)(wanted == NULL ? at : wanted[at]) * words;
        }
        condense_eight(rows, column, words, out + (size_t)k * kept, few, kept);
    }
}

static const struct kernels avx512 = {project_avx512,   share_avx512,    share_pairs_avx512,    restrict_avx512,
                                      covered_avx512,   filter_avx512,   shared_avx512,         share_three_avx512,
                                      intersect_avx512, condense_avx512, frequent_pairs_avx512, extract_bits};
#endif

const struct kernels *kernels_known(unsigned number) {
    const struct kernels *known[3] = {&plain};
    unsigned count = 1;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("bmi2"))
        known[count++] = &popcnt;
    if (count == 2 && __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("gfni"))
        known[count++] = &avx512;
#endif
    return number < count ? known[number] : NULL;
}

const struct kernels *kernels_choose(bool portable) {
    const struct kernels *best = kernels_known(0);
    for (unsigned k = 1; !portable && kernels_known(k) != NULL; k++)
        best = kernels_known(k);
    return best;
}
