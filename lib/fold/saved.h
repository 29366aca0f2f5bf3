/* saved.h: integers in the saved forms of states: eight bytes, the lowest first. */
#ifndef TILL_FOLD_SAVED_H
#define TILL_FOLD_SAVED_H

#include <stdbool.h>
#include <stdint.h>

#include <till/text.h>

#include "lib/base/bytes.h"

static inline bool saved_put(struct till_text *out, uint64_t value) {
    unsigned char bytes[8];
    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(value >> (8 * i));
    }
    return till_text_append(out, bytes, sizeof bytes);
}

/* What is left to read; `fine` turns false at the first thing that is not there. */
struct saved {
    const char *at;
    size_t left;
    bool fine;
};

static inline struct till_slice saved_get_bytes(struct saved *in, uint64_t length) {
    if (!in->fine || in->left < length) {
        in->fine = false;
        return (struct till_slice){"", 0};
    }
    struct till_slice bytes = {in->at, (size_t)length};
    in->at += length;
    in->left -= (size_t)length;
    return bytes;
}

static inline uint64_t saved_get(struct saved *in) {
    struct till_slice bytes = saved_get_bytes(in, 8);
    return in->fine ? load_64(bytes.bytes) : 0;
}

#endif
