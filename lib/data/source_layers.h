/* The layers under till/source.h, from the descriptor up: raw bytes, gzip, encoding. Each fills a buffer whole and is
 * short only at the end of input; each reports errors without a place, which source.c adds. */
#ifndef TILL_SOURCE_LAYERS_H
#define TILL_SOURCE_LAYERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <till/error.h>

/* A descriptor, and what the system knows of it. `position` counts the bytes taken. */
struct till_raw {
    int descriptor;
    bool owned;   /* opened here, so closed here */
    bool ended;   /* the end was seen once: a terminal is not asked again */
    bool regular; /* a regular file: size, device and inode are known */
    uint64_t position;
    uint64_t size;
    uint64_t device;
    uint64_t inode;
};

/* Opens `path`, or takes standard input for "-". Refuses directories. */
enum till_status till_raw_open(struct till_raw *raw, const char *path, struct till_error *error);
enum till_status till_raw_read(struct till_raw *raw, void *buffer, size_t size, size_t *got, struct till_error *error);
void till_raw_close(struct till_raw *raw);

/* How a layer asks the one below for bytes. */
typedef enum till_status till_pull(void *context, void *buffer, size_t size, size_t *got, struct till_error *error);

/* gzip members out of a raw input whose first bytes were read already: `count` of them at `start` (at most 16). Borrows
 * raw. */
struct till_gunzip;
enum till_status till_gunzip_new(struct till_gunzip **gunzip, struct till_raw *raw, const unsigned char *start,
                                 size_t count, struct till_error *error);
enum till_status till_gunzip_read(struct till_gunzip *gunzip, void *buffer, size_t size, size_t *got,
                                  struct till_error *error);
void till_gunzip_free(struct till_gunzip *gunzip);

/* Bytes in the encoding `name` from `pull`, as UTF-8. TILL_ERROR_USAGE when iconv does not know the name. */
struct till_decoder;
enum till_status till_decoder_new(struct till_decoder **decoder, const char *name, till_pull *pull, void *context,
                                  struct till_error *error);
enum till_status till_decoder_read(struct till_decoder *decoder, void *buffer, size_t size, size_t *got,
                                   struct till_error *error);
void till_decoder_free(struct till_decoder *decoder);

/* What is known of an encoding by its name: bytes in its smallest unit (1, 2, 4), and whether the name fixes their
 * order. */
struct till_encoding {
    bool utf8;
    bool gb18030;
    bool ordered;
    bool big;
    size_t unit;
};
struct till_encoding till_encoding_of(const char *name);

#endif
