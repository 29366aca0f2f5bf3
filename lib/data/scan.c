/* Finding field ends 64 bytes at a time, after the structural index of simdjson (Langdale & Lemire, "Parsing gigabytes
 * of JSON per second", 2019, section 3).
 *
 * Comparing a block of 64 bytes with the delimiter, the line feed and the quote gives three masks of 64 bits. The
 * prefix sum modulo 2 of the quote mask has a one for each byte inside quotes, since a doubled quote inside a quoted
 * field closes and opens again; what remains of the other two masks are the ends. That is right exactly when opening
 * quotes follow an end and closing quotes precede one: a block that breaks this is only marked as suspicious here, and
 * looked at again byte by byte (scan_strict), which also says what is wrong. Blocks without a quote, outside quotes,
 * skip all of it. */
#include "lib/data/scan.h"

#include <string.h>

/* What one block passes on to the next. */
struct carry {
    uint64_t inside;   /* all ones: the next byte is inside quotes */
    uint64_t end;      /* 1: the last byte was an end outside quotes (or there was none) */
    uint64_t closing;  /* 1: the last byte closed quotes */
    uint64_t returned; /* 1: the last two bytes closed quotes and were a carriage return */
};

/* What one block of 64 bytes holds, a bit a byte. */
struct masks {
    uint64_t delimiter;
    uint64_t newline;
    uint64_t quote;
};

/* Ones for the bytes of a block that are within the input. All but the last block are. */
static inline uint64_t bits_below(size_t count) {
    return count >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << count) - 1;
}

/* True when quotes have a say in this block: it holds one, or what came before reaches into it. Most blocks of most
 * files are done without. */
static inline bool needs_quotes(struct masks m, const struct carry *carry) {
    return (m.quote | carry->inside | carry->closing | carry->returned) != 0;
}

/* The ends of a block that holds quotes or begins inside them; notes faults in scan->suspicious. `parity` is the prefix
 * parity of the quotes, `returns` the carriage returns. A quote with a one in `in` is one that opened, any other one
 * closed. An opening one must follow an end, or a closing one (the two halves of a doubled quote); behind a closing one
 * must come a delimiter, a line feed, a quote, or a carriage return that a line feed follows. Whether this holds is all
 * that is asked here: which byte is wrong, and how, is worth the slow way only when there is something. */
static inline uint64_t quoted_ends(struct masks m, uint64_t returns, uint64_t parity, struct carry *carry,
                                   struct scan *scan) {
    uint64_t in = parity ^ carry->inside;
    uint64_t ends = (m.delimiter | m.newline) & ~in;
    uint64_t opening = m.quote & in;
    uint64_t closing = m.quote & ~in;
    uint64_t may_open = ((ends | closing) << 1) | carry->end | carry->closing;
    uint64_t behind = (closing << 1) | carry->closing;
    uint64_t behind_return = ((behind & returns) << 1) | carry->returned;
    uint64_t faults = (opening & ~may_open) | (behind & ~(m.delimiter | m.newline | m.quote | returns)) |
                      (behind_return & ~m.newline);
    scan->suspicious |= faults != 0;
    scan->quotes = true;
    carry->closing = closing >> 63;
    carry->returned = (behind & returns) >> 63;
    /* The last byte's bit, spread over all 64: the next block's parity starts from it. */
    carry->inside = (uint64_t)((int64_t)in >> 63);
    return ends;
}

/* ------------------------------------------------------------------ portable */

/* Plain loops, which compilers turn into vector code of whatever machine it is. */
static void count_portable(const char *bytes, size_t length, uint64_t *newlines, uint64_t *quotes) {
    uint64_t n = 0;
    uint64_t q = 0;
    for (size_t i = 0; i < length; i++) {
        n += bytes[i] == '\n';
        q += bytes[i] == '"';
    }
    *newlines += n;
    *quotes += q;
}

/* Without vector code the strict scan does it all, and a fault found is found for good; asking for it again changes
 * nothing. */
static void index_portable(const char *bytes, size_t length, char delimiter, uint32_t *ends, struct scan *scan) {
    scan_strict(bytes, length, delimiter, ends, scan);
    scan->suspicious = scan->fault != SCAN_FINE;
}

/* ------------------------------------------------------------------ x86-64 */

#if defined(__x86_64__)
#include <immintrin.h>

/* Bit i of the result is the number of ones in bits 0..i, modulo 2: six shifts double the reach each time. */
static inline uint64_t prefix_parity(uint64_t x) {
    x ^= x << 1;
    x ^= x << 2;
    x ^= x << 4;
    x ^= x << 8;
    x ^= x << 16;
    return x ^ (x << 32);
}

/* Appends the positions of the ones of `mask`, at `base`. Writes in groups of eight, so up to seven slots too far. */
static inline uint32_t *append_ends(uint32_t *out, uint64_t mask, uint32_t base) {
    uint32_t *next = out + __builtin_popcountll(mask);
    while (out < next) {
        for (unsigned i = 0; i < 8; i++) {
            out[i] = base + (uint32_t)__builtin_ctzll(mask | (UINT64_C(1) << 63));
            mask &= mask - 1;
        }
        out += 8;
    }
    return next;
}

/* A bit for each of 64 bytes that equals `c`. */
static inline uint64_t equal_sse2(const __m128i v[4], char c) {
    __m128i wanted = _mm_set1_epi8(c);
    uint64_t mask = 0;
    for (int i = 0; i < 4; i++) {
        mask |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v[i], wanted)) << (16 * i);
    }
    return mask;
}

/* Counts without regard to quotes: that is for the caller, who knows whether the bytes begin inside them. */
static void count_sse2(const char *bytes, size_t length, uint64_t *newlines, uint64_t *quotes) {
    size_t i = 0;
    for (; i + 64 <= length; i += 64) {
        __m128i v[4];
        for (int k = 0; k < 4; k++) {
            v[k] = _mm_loadu_si128((const __m128i *)(const void *)(bytes + i + 16 * k));
        }
        *newlines += (uint64_t)__builtin_popcountll(equal_sse2(v, '\n'));
        *quotes += (uint64_t)__builtin_popcountll(equal_sse2(v, '"'));
    }
    count_portable(bytes + i, length - i, newlines, quotes);
}

/* For any x86-64. The padding behind the bytes makes reading a whole last block safe, and `valid` takes out what does
 * not belong to it. Bytes above 127 and NUL bytes are only noted for all blocks together: mostly there are none, and
 * then nobody has to look for them. */
static void index_sse2(const char *bytes, size_t length, char delimiter, uint32_t *ends, struct scan *scan) {
    struct carry carry = {.end = 1};
    uint64_t high = 0;
    uint64_t nul = 0;
    uint32_t *out = ends;
    for (size_t i = 0; i < length; i += 64) {
        uint64_t valid = bits_below(length - i);
        __m128i v[4];
        uint64_t signs = 0;
        for (int k = 0; k < 4; k++) {
            v[k] = _mm_loadu_si128((const __m128i *)(const void *)(bytes + i + 16 * k));
            signs |= (uint64_t)(unsigned)_mm_movemask_epi8(v[k]) << (16 * k);
        }
        high |= signs & valid;
        nul |= equal_sse2(v, '\0') & valid;
        struct masks m = {equal_sse2(v, delimiter) & valid, equal_sse2(v, '\n') & valid, equal_sse2(v, '"') & valid};
        uint64_t found = m.delimiter | m.newline;
        if (needs_quotes(m, &carry)) {
            found = quoted_ends(m, equal_sse2(v, '\r') & valid, prefix_parity(m.quote), &carry, scan);
        }
        carry.end = found >> 63;
        scan->newlines += (size_t)__builtin_popcountll(found & m.newline);
        out = append_ends(out, found, (uint32_t)i);
    }
    scan->ends = (size_t)(out - ends);
    scan->high = high != 0;
    scan->nul = nul != 0;
    scan->suspicious |= carry.inside != 0;
}

#define AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,pclmul")))

/* As equal_sse2, on two halves of 32 bytes. */
AVX2 static inline uint64_t equal_avx2(__m256i a, __m256i b, char c) {
    __m256i wanted = _mm256_set1_epi8(c);
    uint64_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, wanted));
    uint64_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b, wanted));
    return low | high << 32;
}

AVX2 static inline __m256i load_avx2(const char *bytes) {
    return _mm256_loadu_si256((const __m256i *)(const void *)bytes);
}

/* The prefix parity by one carry-less multiplication with all ones. */
AVX2 static inline uint64_t prefix_parity_clmul(uint64_t mask) {
    __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (int64_t)mask), _mm_set1_epi8(-1), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

AVX2 static void count_avx2(const char *bytes, size_t length, uint64_t *newlines, uint64_t *quotes) {
    uint64_t n = 0;
    uint64_t q = 0;
    size_t i = 0;
    for (; i + 64 <= length; i += 64) {
        __m256i a = load_avx2(bytes + i);
        __m256i b = load_avx2(bytes + i + 32);
        n += (uint64_t)__builtin_popcountll(equal_avx2(a, b, '\n'));
        q += (uint64_t)__builtin_popcountll(equal_avx2(a, b, '"'));
    }
    *newlines += n;
    *quotes += q;
    count_portable(bytes + i, length - i, newlines, quotes);
}

/* As index_sse2, in half as many instructions. */
AVX2 static void index_avx2(const char *bytes, size_t length, char delimiter, uint32_t *ends, struct scan *scan) {
    struct carry carry = {.end = 1};
    uint64_t high = 0;
    uint64_t nul = 0;
    size_t newlines = 0;
    uint32_t *out = ends;
    for (size_t i = 0; i < length; i += 64) {
        uint64_t valid = bits_below(length - i);
        __m256i a = load_avx2(bytes + i);
        __m256i b = load_avx2(bytes + i + 32);
        uint64_t signs = (uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
        high |= signs & valid;
        nul |= equal_avx2(a, b, '\0') & valid;
        struct masks m = {equal_avx2(a, b, delimiter) & valid, equal_avx2(a, b, '\n') & valid,
                          equal_avx2(a, b, '"') & valid};
        uint64_t found = m.delimiter | m.newline;
        if (needs_quotes(m, &carry)) {
            found = quoted_ends(m, equal_avx2(a, b, '\r') & valid, prefix_parity_clmul(m.quote), &carry, scan);
        }
        carry.end = found >> 63;
        newlines += (size_t)__builtin_popcountll(found & m.newline);
        out = append_ends(out, found, (uint32_t)i);
    }
    scan->newlines = newlines;
    scan->ends = (size_t)(out - ends);
    scan->high = high != 0;
    scan->nul = nul != 0;
    scan->suspicious |= carry.inside != 0;
}

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi,bmi2,lzcnt,popcnt,pclmul")))

/* As append_ends: the positions are compressed out of 0..63 and widened, sixteen at a time. */
AVX512 static inline uint32_t *append_ends_avx512(uint32_t *out, uint64_t mask, uint32_t base, __m512i positions) {
    unsigned count = (unsigned)__builtin_popcountll(mask);
    __m512i packed = _mm512_maskz_compress_epi8(mask, positions);
    __m512i start = _mm512_set1_epi32((int)base);
    __m128i first = _mm512_castsi512_si128(packed);
    _mm512_storeu_si512(out, _mm512_add_epi32(start, _mm512_cvtepu8_epi32(first)));
    if (count > 16) {
        __m128i second = _mm512_extracti32x4_epi32(packed, 1);
        _mm512_storeu_si512(out + 16, _mm512_add_epi32(start, _mm512_cvtepu8_epi32(second)));
    }
    if (count > 32) {
        __m128i third = _mm512_extracti32x4_epi32(packed, 2);
        __m128i fourth = _mm512_extracti32x4_epi32(packed, 3);
        _mm512_storeu_si512(out + 32, _mm512_add_epi32(start, _mm512_cvtepu8_epi32(third)));
        _mm512_storeu_si512(out + 48, _mm512_add_epi32(start, _mm512_cvtepu8_epi32(fourth)));
    }
    return out + count;
}

/* The bytes 0..63, out of which append_ends_avx512 picks. */
AVX512 static inline __m512i first_positions(void) {
    char bytes[64];
    for (int i = 0; i < 64; i++) {
        bytes[i] = (char)i;
    }
    return _mm512_loadu_si512(bytes);
}

/* As index_sse2, with comparisons that give masks at once. */
AVX512 static void index_avx512(const char *bytes, size_t length, char delimiter, uint32_t *ends, struct scan *scan) {
    struct carry carry = {.end = 1};
    const __m512i positions = first_positions();
    const __m512i wanted = _mm512_set1_epi8(delimiter);
    const __m512i newline = _mm512_set1_epi8('\n');
    const __m512i quote = _mm512_set1_epi8('"');
    uint64_t high = 0;
    uint64_t nul = 0;
    size_t newlines = 0;
    uint32_t *out = ends;
    for (size_t i = 0; i < length; i += 64) {
        uint64_t valid = bits_below(length - i);
        __m512i v = _mm512_loadu_si512(bytes + i);
        high |= _mm512_movepi8_mask(v) & valid;
        nul |= _mm512_testn_epi8_mask(v, v) & valid;
        struct masks m = {_mm512_cmpeq_epi8_mask(v, wanted) & valid, _mm512_cmpeq_epi8_mask(v, newline) & valid,
                          _mm512_cmpeq_epi8_mask(v, quote) & valid};
        uint64_t found = m.delimiter | m.newline;
        if (needs_quotes(m, &carry)) {
            uint64_t returns = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\r')) & valid;
            found = quoted_ends(m, returns, prefix_parity_clmul(m.quote), &carry, scan);
        }
        carry.end = found >> 63;
        newlines += (size_t)__builtin_popcountll(found & m.newline);
        out = append_ends_avx512(out, found, (uint32_t)i, positions);
    }
    scan->newlines = newlines;
    scan->ends = (size_t)(out - ends);
    scan->high = high != 0;
    scan->nul = nul != 0;
    scan->suspicious |= carry.inside != 0;
}
#endif

/* Asks the processor, not the compiler: one binary runs everywhere and takes what there is. Every scanner gives the
 * same ends, which tests hold them to. */
const struct scanner *scan_supported(size_t index) {
    static const struct scanner plain = {count_portable, index_portable};
#if defined(__x86_64__)
    static const struct scanner sse2 = {count_sse2, index_sse2};
    static const struct scanner avx2 = {count_avx2, index_avx2};
    static const struct scanner avx512 = {count_avx2, index_avx512};
    /* Not all that the sets above name is asked for: bmi, lzcnt and popcnt came no later than bmi2, with every maker.
     */
    bool has_avx2 =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("pclmul");
    bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512vbmi2");
    const struct scanner *const all[] = {&plain, &sse2, has_avx2 ? &avx2 : NULL, has_avx512 ? &avx512 : NULL};
    return index < sizeof all / sizeof all[0] ? all[index] : NULL;
#else
    return index == 0 ? &plain : NULL;
#endif
}

const struct scanner *scan_choose(bool portable) {
    size_t best = 0;
    while (!portable && scan_supported(best + 1) != NULL) {
        best++;
    }
    return scan_supported(best);
}

/* ------------------------------------------------------------------ byte by byte */

/* The two facts that the fast index gathers on its way. */
static void look_at_bytes(const char *bytes, size_t length, struct scan *scan) {
    unsigned char any = 0;
    for (size_t i = 0; i < length; i++) {
        any |= (unsigned char)bytes[i];
        scan->nul |= bytes[i] == 0;
    }
    scan->high = any > 127;
}

/* The offset behind the closing quote of the field that opens at `at`; 0 when it never closes. */
static size_t skip_quoted(const char *bytes, size_t length, size_t at) {
    size_t i = at + 1;
    for (;;) {
        const char *quote = i < length ? memchr(bytes + i, '"', length - i) : NULL;
        if (quote == NULL) {
            return 0;
        }
        i = (size_t)(quote - bytes) + 1;
        if (i >= length || bytes[i] != '"') {
            return i;
        }
        i++;
    }
}

/* What may stand behind a closing quote. The end of the bytes counts, as a header may end with the file. */
static bool ends_field(const char *bytes, size_t length, size_t at, char delimiter) {
    return at >= length || bytes[at] == delimiter || bytes[at] == '\n' ||
           (bytes[at] == '\r' && (at + 1 >= length || bytes[at + 1] == '\n'));
}

/* The first fault ends the scan: behind it nobody can tell what is inside quotes. */
static size_t stop_at_fault(struct scan *scan, enum scan_fault fault, size_t at, size_t length) {
    scan->fault = fault;
    scan->fault_at = at;
    return length;
}

/* One field from `at`; returns the offset of its end, or `length` with a fault noted. This is the grammar of RFC 4180
 * as it is written: a quoted field is quotes around text with doubled quotes, a bare field has no quote in it. The
 * fault's place is the field for what is wrong with its quotes as a whole, the byte for a quote inside bare text. */
static size_t strict_field(const char *bytes, size_t length, size_t at, char delimiter, struct scan *scan) {
    size_t i = at;
    if (i < length && bytes[i] == '"') {
        scan->quotes = true;
        i = skip_quoted(bytes, length, at);
        if (i == 0 || !ends_field(bytes, length, i, delimiter)) {
            return stop_at_fault(scan, i == 0 ? SCAN_QUOTE_OPEN : SCAN_TEXT_BEHIND, at, length);
        }
    }
    for (; i < length && bytes[i] != delimiter && bytes[i] != '\n'; i++) {
        if (bytes[i] == '"') {
            return stop_at_fault(scan, SCAN_QUOTE_INSIDE, i, length);
        }
    }
    return i;
}

/* The ends before the fault stay valid, so that rows before it can be used. */
void scan_strict(const char *bytes, size_t length, char delimiter, uint32_t *ends, struct scan *scan) {
    *scan = (struct scan){0};
    look_at_bytes(bytes, length, scan);
    for (size_t at = 0; at < length;) {
        size_t end = strict_field(bytes, length, at, delimiter, scan);
        if (end >= length) {
            break; /* a fault: the bytes end in a line feed otherwise */
        }
        ends[scan->ends++] = (uint32_t)end;
        scan->newlines += bytes[end] == '\n';
        at = end + 1;
    }
}

size_t scan_open_field(const char *bytes, size_t length, char delimiter, enum scan_fault *fault) {
    struct scan scan = {0};
    size_t at = 0;
    while (at < length) {
        size_t end = strict_field(bytes, length, at, delimiter, &scan);
        if (end >= length) {
            break;
        }
        at = end + 1;
    }
    *fault = scan.fault;
    return at;
}

size_t scan_record_end(const char *bytes, size_t length, char delimiter, enum scan_fault *fault) {
    struct scan scan = {0};
    size_t at = 0;
    while (at < length) {
        at = strict_field(bytes, length, at, delimiter, &scan);
        if (at >= length || bytes[at] == '\n') {
            break;
        }
        at++;
    }
    *fault = scan.fault;
    return at;
}

size_t scan_field_end(const char *bytes, size_t length, size_t at, char delimiter, enum scan_fault *fault) {
    struct scan scan = {0};
    size_t end = strict_field(bytes, length, at, delimiter, &scan);
    *fault = scan.fault;
    return end;
}
