/* till/model.h: one JSON form for every file that a method keeps: schemes, models, parameters.
 *
 *     json_t *body = json_pack("{s:i}", "bins", 5);
 *     till_model_save(sink, "rfm-scheme", body, &error);
 *     till_model_load("scheme.json", kind, &body, &error);
 *
 * The form is {"till": VERSION, "kind": KIND, "format": 1, "body": {...}, "digest": HEX}; keys keep the order in which
 * they were set, reals are written with the fewest digits that read back the same, and the digest covers every byte in
 * front of it, so that a file cut short or changed, even by a blank, is refused (TILL_ERROR_STATE). A gzip-compressed
 * file loads as well. */
#ifndef TILL_MODEL_H
#define TILL_MODEL_H

#include <jansson.h>

#include <till/error.h>
#include <till/hash.h>
#include <till/writer.h>

/* Writes a model, in one call of the sink. `kind` is a name of small letters, digits and '-', shorter than
 * TILL_MODEL_KIND_SIZE, and `body` an object (else TILL_ERROR_USAGE); it is borrowed. */
TILL_API enum till_status till_model_save(struct till_sink sink, const char *kind, const json_t *body,
                                          struct till_error *error);

/* Reads a model file. *body is the caller's to json_decref; *kind (of KIND_SIZE bytes) is its kind. Errors:
 * TILL_ERROR_STATE when it is damaged, not a model, or of another format; TILL_ERROR_INPUT_OUTPUT when it cannot be
 * read. */
#define TILL_MODEL_KIND_SIZE 64
TILL_API enum till_status till_model_load(const char *path, char kind[TILL_MODEL_KIND_SIZE], json_t **body,
                                          struct till_error *error);

/* The digest that a model file ends with, once it is found to fit: the same for the same bytes, so that a result can
 * name the model that it was made by. Errors: as till_model_load. */
TILL_API enum till_status till_model_digest(const char *path, char digest[TILL_FINGERPRINT_TEXT],
                                            struct till_error *error);

#endif
