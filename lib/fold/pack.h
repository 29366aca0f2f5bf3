/* lib/fold/pack.h: numbers and texts as the bytes of a saved state: little-endian, the same on every machine. */
#ifndef LIB_FOLD_PACK_H
#define LIB_FOLD_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include <till/text.h>

#include "lib/base/bytes.h"

/* What is left to read. A read beyond the end sets `damaged` and gives zeros, so that a loader may check once at the
 * end. */
struct unpack {
    const char *bytes;
    size_t left;
    bool damaged;
};

static inline bool pack_count(struct till_text *out, uint64_t value) {
    unsigned char bytes[8];
    for (size_t i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    return till_text_append(out, bytes, sizeof bytes);
}

static inline bool pack_slice(struct till_text *out, struct till_slice text) {
    return pack_count(out, text.length) && till_text_append(out, text.bytes, text.length);
}

static inline uint64_t unpack_count(struct unpack *from) {
    if (from->left < 8) {
        from->damaged = true;
        from->left = 0;
        return 0;
    }
    uint64_t value = load_64(from->bytes);
    from->bytes += 8;
    from->left -= 8;
    return value;
}

static inline struct till_slice unpack_slice(struct unpack *from) {
    uint64_t length = unpack_count(from);
    if (length > from->left) {
        from->damaged = true;
        from->left = 0;
        length = 0;
    }
    struct till_slice text = {from->bytes, (size_t)length};
    from->bytes += text.length;
    from->left -= text.length;
    return text;
}

#endif
