/* Model files: JSON that people can read and compare by line, and that shows any damage.
 *
 * The text is written here rather than by jansson, which prints 0.1 as 0.10000000000000001: objects are indented by two
 * blanks, with a member a line and their keys in the order in which they were set; an array of plain values fills lines
 * up to a width. Reals have the fewest digits that read back the same, and always a mark or an exponent, so that 1.0
 * stays a real.
 *
 * The digest is the last member, and it is taken over the bytes of the file before it, not over a canonical form of
 * their meaning: every flipped bit and every cut is then found, and how numbers are written may change without breaking
 * old files. The price is that a file which another program has formatted anew is refused. */
#include <till/model.h>

#include <math.h>
#include <string.h>

#include <till/decimal.h>
#include <till/hash.h>
#include <till/source.h>
#include <till/version.h>

/* Of the members around the body. What is in a body is the business of its kind. */
#define FORMAT 1
#define WIDTH 100 /* an array of plain values goes on to the next line behind this column */

/* What follows the covered bytes, with 32 hexadecimal digits in between. */
static const char digest_before[] = "  \"digest\": \"";
static const char digest_after[] = "\"\n}\n";
#define DIGEST_BEFORE (sizeof digest_before - 1)
#define DIGEST_DIGITS ((size_t)TILL_FINGERPRINT_TEXT - 1)
#define DIGEST_AFTER (sizeof digest_after - 1)
#define DIGEST_SIZE (DIGEST_BEFORE + DIGEST_DIGITS + DIGEST_AFTER)

/* A text being written. */
struct printer {
    struct till_text text;
    size_t line; /* where its last line begins */
    struct till_error *error;
};

/* Every function below passes the first error on; what has been printed by then is thrown away. */
static enum till_status print(struct printer *printer, const char *string) {
    return till_text_append_string(&printer->text, string) ? TILL_OK : till_error_memory(printer->error);
}

/* A new line, indented. */
static enum till_status print_line_end(struct printer *printer, size_t depth) {
    enum till_status status = print(printer, "\n");
    printer->line = printer->text.length;
    for (size_t i = 0; i < depth && status == TILL_OK; i++)
        status = print(printer, "  ");
    return status;
}

static enum till_status print_real(struct printer *printer, double value) {
    char digits[TILL_REAL_TEXT];
    if (value == 0 && signbit(value))
        return print(printer, "-0.0");
    size_t length = till_real_format_exact(digits, value);
    if (length == 0) /* jansson makes no such real, but a caller may change one */
        return till_error_set(printer->error, TILL_ERROR_MODEL, "a number of the model is not finite");
    bool whole = memchr(digits, '.', length) == NULL && memchr(digits, 'e', length) == NULL;
    return till_text_append(&printer->text, digits, length) && (!whole || till_text_append(&printer->text, ".0", 2))
               ? TILL_OK
               : till_error_memory(printer->error);
}

static int append_dump(const char *bytes, size_t length, void *text) {
    return till_text_append(text, bytes, length) ? 0 : -1;
}

/* Texts, integers, true, false and null are written by jansson. */
static enum till_status print_plain(struct printer *printer, const json_t *value) {
    if (json_is_real(value))
        return print_real(printer, json_real_value(value));
    if (json_dump_callback(value, append_dump, &printer->text, JSON_ENCODE_ANY) != 0)
        return till_error_memory(printer->error);
    return TILL_OK;
}

/* A key is a text with all its escapes, so jansson writes it too. */
static enum till_status print_key(struct printer *printer, const char *key) {
    json_t *text = json_string(key);
    if (text == NULL)
        return till_error_memory(printer->error);
    enum till_status status = print_plain(printer, text);
    json_decref(text);
    return status == TILL_OK ? print(printer, ": ") : status;
}

static enum till_status print_value(struct printer *printer, const json_t *value, size_t depth);

/* The separator in front of element `index` of an array: plain values share a line, as far as it goes. */
static enum till_status print_separator(struct printer *printer, size_t index, bool plain, size_t depth) {
    bool fits = plain && printer->text.length - printer->line < WIDTH;
    enum till_status status = index > 0 ? print(printer, fits ? ", " : ",") : TILL_OK;
    if (status != TILL_OK || fits)
        return status;
    return print_line_end(printer, depth + 1);
}

/* Arrays of plain values fill lines, so that a table of cuts reads as a table; others have an element a line. */
static enum till_status print_array(struct printer *printer, const json_t *array, size_t depth) {
    size_t index;
    json_t *element;
    bool plain = true;
    json_array_foreach(array, index, element) {
        plain = plain && !json_is_array(element) && !json_is_object(element);
    }
    enum till_status status = print(printer, "[");
    json_array_foreach(array, index, element) {
        if (status == TILL_OK)
            status = print_separator(printer, index, plain, depth);
        if (status == TILL_OK)
            status = print_value(printer, element, depth + 1);
    }
    if (status == TILL_OK && !plain)
        status = print_line_end(printer, depth);
    return status == TILL_OK ? print(printer, "]") : status;
}

/* A member a line, in the order of setting. */
static enum till_status print_object(struct printer *printer, const json_t *object, size_t depth) {
    enum till_status status = print(printer, "{");
    const char *separator = "";
    /* jansson walks objects in the order of setting, but through pointers that are not const. */
    union {
        const json_t *borrowed;
        json_t *walked;
    } members = {.borrowed = object};
    const char *key;
    json_t *value;
    json_object_foreach(members.walked, key, value) {
        if (status == TILL_OK)
            status = print(printer, separator);
        if (status == TILL_OK)
            status = print_line_end(printer, depth + 1);
        if (status == TILL_OK)
            status = print_key(printer, key);
        if (status == TILL_OK)
            status = print_value(printer, value, depth + 1);
        separator = ",";
    }
    if (status == TILL_OK && *separator != '\0')
        status = print_line_end(printer, depth);
    return status == TILL_OK ? print(printer, "}") : status;
}

static enum till_status print_value(struct printer *printer, const json_t *value, size_t depth) {
    if (json_is_object(value))
        return print_object(printer, value, depth);
    return json_is_array(value) ? print_array(printer, value, depth) : print_plain(printer, value);
}

/* The digest of the first `length` bytes, in hexadecimal. */
static void digest_of(char out[TILL_FINGERPRINT_TEXT], const char *bytes, size_t length) {
    struct till_digest digest;
    till_digest_start(&digest);
    till_digest_add(&digest, bytes, length);
    till_fingerprint_text(out, till_digest_finish(&digest));
}

/* The whole file, but for the digest. */
static enum till_status print_model(struct printer *printer, const char *kind, const json_t *body) {
    if (!till_text_append_format(
            &printer->text,
            "{\n  \"till\": \"%s\",\n  \"kind\": \"%s\",\n  \"format\": %d,\n  \"body\": ", TILL_VERSION, kind, FORMAT))
        return till_error_memory(printer->error);
    printer->line = printer->text.length;
    enum till_status status = print_value(printer, body, 1);
    return status == TILL_OK ? print(printer, ",\n") : status;
}

/* The text is complete before the sink sees any of it: a model is written whole or not at all. */
enum till_status till_model_save(struct till_sink sink, const char *kind, const json_t *body,
                                 struct till_error *error) {
    size_t length = strspn(kind, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (length == 0 || kind[length] != '\0' || length >= TILL_MODEL_KIND_SIZE || !json_is_object(body)) {
        return till_error_set(error, TILL_ERROR_USAGE,
                              "a model has a kind of small letters, and an object as its body");
    }
    struct printer printer = {.error = error};
    char digest[TILL_FINGERPRINT_TEXT];
    enum till_status status = print_model(&printer, kind, body);
    if (status == TILL_OK) {
        digest_of(digest, printer.text.bytes, printer.text.length);
        status = till_text_append_format(&printer.text, "%s%s%s", digest_before, digest, digest_after)
                     ? sink.write(sink.context, printer.text.bytes, printer.text.length, error)
                     : till_error_memory(error);
    }
    till_text_free(&printer.text);
    return status;
}

/* Reads the whole file. What the source takes for an encoding is damage here. */
static enum till_status read_all(const char *path, struct till_text *text, struct till_error *error) {
    struct till_source *source;
    enum till_status status = till_source_open(&source, path, NULL, error);
    size_t got = 1;
    while (status == TILL_OK && got > 0) {
        if (!till_text_reserve(text, (size_t)1 << 16)) {
            status = till_error_memory(error);
            break;
        }
        status = till_source_read(source, text->bytes + text->length, text->capacity - text->length, &got, error);
        text->length += status == TILL_OK ? got : 0;
    }
    till_source_close(source);
    return status == TILL_ERROR_DATA ? till_error_set(error, TILL_ERROR_STATE, "is not a file of till's") : status;
}

/* Checks the digest, and with it every byte of the file. */
static enum till_status check_digest(const struct till_text *text, struct till_error *error) {
    static const char start[] = "{\n  \"till\": \"";
    if (text->length < sizeof start - 1 || memcmp(text->bytes, start, sizeof start - 1) != 0)
        return till_error_set(error, TILL_ERROR_STATE, "is not a model, scheme or parameter file of till's");
    char expected[TILL_FINGERPRINT_TEXT];
    size_t covered = text->length < DIGEST_SIZE ? 0 : text->length - DIGEST_SIZE;
    const char *end = text->bytes + covered;
    if (covered == 0 || memcmp(end, digest_before, DIGEST_BEFORE) != 0 ||
        memcmp(end + DIGEST_BEFORE + DIGEST_DIGITS, digest_after, DIGEST_AFTER) != 0)
        return till_error_set(error, TILL_ERROR_STATE, "is damaged: it does not end with its digest");
    digest_of(expected, text->bytes, covered);
    if (memcmp(end + DIGEST_BEFORE, expected, DIGEST_DIGITS) != 0)
        return till_error_set(error, TILL_ERROR_STATE, "is damaged or was changed: its digest does not fit");
    return TILL_OK;
}

/* jansson reports most failed allocations as bad syntax. The digest fits, so the text is as it was written, and it is
 * memory that fails; the words of jansson are passed on for the one case where they are right, a bad text that somebody
 * signed. */
static enum till_status parse_once(const struct till_text *text, json_t **file, struct till_error *error) {
    json_error_t reason;
    *file = json_loadb(text->bytes, text->length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &reason);
    if (*file != NULL)
        return TILL_OK;
    if (reason.text[0] == '\0' || json_error_code(&reason) == json_error_out_of_memory)
        return till_error_memory(error);
    return till_error_set(error, TILL_ERROR_MEMORY,
                          "out of memory, or not JSON in spite of a good digest: %s (line %d)", reason.text,
                          reason.line);
}

/* When memory is out, jansson (2.14) drops bytes of the text or number at hand without a word: its lexer does not look
 * whether its buffer grew. So the text is parsed twice; a byte lost in one of them shows, and one lost in both would
 * take memory that comes and goes in the same place. */
static enum till_status parse(const struct till_text *text, json_t **file, struct till_error *error) {
    json_t *again = NULL;
    enum till_status status = parse_once(text, file, error);
    if (status == TILL_OK)
        status = parse_once(text, &again, error);
    if (status == TILL_OK && !json_equal(*file, again))
        status = till_error_memory(error);
    json_decref(again);
    return status;
}

/* Takes kind and body out of the file. */
static enum till_status unwrap(const json_t *file, char kind[TILL_MODEL_KIND_SIZE], json_t **body,
                               struct till_error *error) {
    const json_t *format = json_object_get(file, "format");
    const char *name = json_string_value(json_object_get(file, "kind"));
    json_t *found = json_object_get(file, "body");
    if (!json_is_integer(format) || json_integer_value(format) != FORMAT)
        return till_error_set(error, TILL_ERROR_STATE, "is of another format than %d: a newer till wrote it", FORMAT);
    if (name == NULL || strlen(name) >= TILL_MODEL_KIND_SIZE || !json_is_object(found))
        return till_error_set(error, TILL_ERROR_STATE, "has no kind or no body");
    memcpy(kind, name, strlen(name) + 1);
    *body = json_incref(found);
    return TILL_OK;
}

/* Nothing is parsed before the digest has been found to fit, so damaged text never reaches the parser. */
enum till_status till_model_load(const char *path, char kind[TILL_MODEL_KIND_SIZE], json_t **body,
                                 struct till_error *error) {
    struct till_text text = {0};
    json_t *file = NULL;
    *body = NULL;
    enum till_status status = read_all(path, &text, error);
    if (status == TILL_OK)
        status = check_digest(&text, error);
    if (status == TILL_OK)
        status = parse(&text, &file, error);
    if (status == TILL_OK)
        status = unwrap(file, kind, body, error);
    if (status == TILL_ERROR_STATE || status == TILL_ERROR_MEMORY)
        till_error_at(error, path, 0, 0, NULL);
    json_decref(file);
    till_text_free(&text);
    return status;
}

enum till_status till_model_digest(const char *path, char digest[TILL_FINGERPRINT_TEXT], struct till_error *error) {
    struct till_text text = {0};
    enum till_status status = read_all(path, &text, error);
    if (status == TILL_OK)
        status = check_digest(&text, error);
    if (status == TILL_OK) {
        memcpy(digest, text.bytes + text.length - DIGEST_AFTER - DIGEST_DIGITS, DIGEST_DIGITS);
        digest[DIGEST_DIGITS] = '\0';
    } else if (status == TILL_ERROR_STATE || status == TILL_ERROR_MEMORY) {
        till_error_at(error, path, 0, 0, NULL);
    }
    till_text_free(&text);
    return status;
}
