/* CRC-32 (ISO 3309, the polynomial of gzip) by folding: V. Gopal et al., "Fast CRC computation for generic polynomials
 * using PCLMULQDQ instruction", Intel 2009.
 *
 * Multiplying without carries by x^n modulo the polynomial moves 64 bits of the message n bits ahead, where they are
 * added to what stands there; four lanes of 16 bytes are moved 64 bytes ahead at a time (sixteen of them 256, where
 * AVX-512 can), then folded into one, and that one is reduced to 32 bits (Barrett). Short ends, and other processors,
 * are left to zlib, whose checksum took a fifth of the time of reading .gz. */
#include "lib/base/crc32.h"

#include <limits.h>
#include <stdbool.h>
#include <zlib.h>

static uint32_t add_by_zlib(uint32_t crc, const unsigned char *bytes, size_t length) {
    while (length > 0) {
        uInt piece = length < UINT_MAX / 2 ? (uInt)length : UINT_MAX / 2;
        crc = (uint32_t)crc32(crc, bytes, piece);
        bytes += piece;
        length -= piece;
    }
    return crc;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define FOLDING __attribute__((target("pclmul,sse4.1")))

FOLDING static inline __m128i load(const unsigned char *bytes) {
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

/* Moves a lane ahead by the distance that `constants` stand for, onto `next`. */
FOLDING static inline __m128i fold(__m128i lane, __m128i constants, __m128i next) {
    __m128i low = _mm_clmulepi64_si128(lane, constants, 0x00);
    __m128i high = _mm_clmulepi64_si128(lane, constants, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/* 128 bits to the 32 of the checksum. */
FOLDING static uint32_t reduce(__m128i lane) {
    const __m128i by_128 = _mm_set_epi64x(INT64_C(0x00ccaa009e), INT64_C(0x01751997d0));
    const __m128i by_64 = _mm_set_epi64x(0, INT64_C(0x0163cd6124));
    const __m128i barrett = _mm_set_epi64x(INT64_C(0x01f7011641), INT64_C(0x01db710641));
    const __m128i words = _mm_setr_epi32(~0, 0, ~0, 0);
    __m128i folded = _mm_xor_si128(_mm_srli_si128(lane, 8), _mm_clmulepi64_si128(lane, by_128, 0x10));
    __m128i rest = _mm_srli_si128(folded, 4);
    folded = _mm_xor_si128(_mm_clmulepi64_si128(_mm_and_si128(folded, words), by_64, 0x00), rest);
    __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(folded, words), barrett, 0x10);
    __m128i product = _mm_clmulepi64_si128(_mm_and_si128(quotient, words), barrett, 0x00);
    return (uint32_t)_mm_extract_epi32(_mm_xor_si128(folded, product), 1);
}

/* Distances in bits, as the pair of powers of x that move a lane by them. */
#define BY_2048 INT64_C(0x01322d1430), INT64_C(0x011542778a)
#define BY_512 INT64_C(0x01c6e41596), INT64_C(0x0154442bd4)
#define BY_128 INT64_C(0x00ccaa009e), INT64_C(0x01751997d0)

/* What is left of a message whose next 64 bytes, with all that was before, are in the lanes; a multiple of 16 bytes. */
FOLDING static uint32_t finish(__m128i lanes[4], const unsigned char *bytes, size_t length) {
    const __m128i by_512 = _mm_set_epi64x(BY_512), by_128 = _mm_set_epi64x(BY_128);
    for (; length >= 64; bytes += 64, length -= 64) {
        for (int i = 0; i < 4; i++) {
            lanes[i] = fold(lanes[i], by_512, load(bytes + 16 * i));
        }
    }
    for (int i = 1; i < 4; i++) {
        lanes[i] = fold(lanes[i - 1], by_128, lanes[i]);
    }
    for (; length >= 16; bytes += 16, length -= 16) {
        lanes[3] = fold(lanes[3], by_128, load(bytes));
    }
    return reduce(lanes[3]);
}

/* A multiple of 16 bytes, 64 at least. `crc` is complemented on both sides. */
FOLDING static uint32_t add_by_folding(uint32_t crc, const unsigned char *bytes, size_t length) {
    __m128i lanes[4];
    for (int i = 0; i < 4; i++) {
        lanes[i] = load(bytes + 16 * i);
    }
    lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128((int)crc));
    return finish(lanes, bytes + 64, length - 64);
}

#define FOLDING_WIDE __attribute__((target("avx512f,vpclmulqdq,pclmul,sse4.1")))

FOLDING_WIDE static inline __m512i fold_wide(__m512i lanes, __m512i constants, __m512i next) {
    __m512i low = _mm512_clmulepi64_epi128(lanes, constants, 0x00);
    __m512i high = _mm512_clmulepi64_epi128(lanes, constants, 0x11);
    return _mm512_xor_si512(_mm512_xor_si512(low, high), next);
}

/* Sixteen lanes in four registers, moved 256 bytes ahead at a time: a multiple of 16 bytes, 256 at least. */
FOLDING_WIDE static uint32_t add_by_wide_folding(uint32_t crc, const unsigned char *bytes, size_t length) {
    const __m512i by_2048 = _mm512_broadcast_i32x4(_mm_set_epi64x(BY_2048));
    const __m512i by_512 = _mm512_broadcast_i32x4(_mm_set_epi64x(BY_512));
    __m512i wide[4];
    __m128i lanes[4];
    for (int i = 0; i < 4; i++) {
        wide[i] = _mm512_loadu_si512(bytes + 64 * i);
    }
    wide[0] = _mm512_xor_si512(wide[0], _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)crc)));
    for (bytes += 256, length -= 256; length >= 256; bytes += 256, length -= 256) {
        for (int i = 0; i < 4; i++) {
            wide[i] = fold_wide(wide[i], by_2048, _mm512_loadu_si512(bytes + 64 * i));
        }
    }
    for (int i = 1; i < 4; i++) {
        wide[i] = fold_wide(wide[i - 1], by_512, wide[i]);
    }
    _mm512_storeu_si512(lanes, wide[3]);
    return finish(lanes, bytes, length);
}

static bool folds_wide(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("vpclmulqdq");
}

uint32_t crc32_add(uint32_t crc, const void *bytes, size_t length) {
    const unsigned char *at = bytes;
    if (length >= 64 && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1")) {
        size_t folded = length - length % 16;
        crc =
            length >= 256 && folds_wide() ? ~add_by_wide_folding(~crc, at, folded) : ~add_by_folding(~crc, at, folded);
        at += folded;
        length -= folded;
    }
    return add_by_zlib(crc, at, length);
}
#else
uint32_t crc32_add(uint32_t crc, const void *bytes, size_t length) {
    return add_by_zlib(crc, bytes, length);
}
#endif
