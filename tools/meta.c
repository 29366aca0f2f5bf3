/* tools/meta.c: the JSON file of --meta: what a later reader needs to know how an output came about.
 *
 * Whatever may differ between two runs with the same result stays out: the clock, threads, the machine. */
#include "private.h"

#include <math.h>
#include <string.h>

#include <till/date.h>
#include <till/version.h>

/* Options that have no influence on the result. */
static bool is_silent(const char *name) {
    static const char *const silent[] = {"threads", "progress", "quiet", "verbose", "errors"};
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        if (strcmp(silent[i], name) == 0)
            return true;
    return false;
}

json_t *json_of_text(const char *text) {
    json_t *value = json_string(text);
    if (value != NULL)
        return value;
    struct till_text safe = {0};
    bool ok = true;
    for (const char *at = text; *at != '\0' && ok; at++)
        ok = (unsigned char)*at >= 0x80 ? till_text_append_format(&safe, "\\x%02x", (unsigned char)*at)
                                        : till_text_append(&safe, at, 1);
    const char *string = ok ? till_text_string(&safe) : NULL;
    value = string == NULL ? NULL : json_string(string);
    till_text_free(&safe);
    return value;
}

/* Both take over `value`, which may be NULL when memory is out; then they note the failure. */
static void set(json_t *object, const char *name, json_t *value, bool *failed) {
    *failed |= json_object_set_new(object, name, value) != 0;
}

static void append(json_t *array, json_t *value, bool *failed) {
    *failed |= json_array_append_new(array, value) != 0;
}

static void set_count(json_t *object, const char *name, uint64_t count, bool *failed) {
    set(object, name, json_integer((json_int_t)count), failed);
}

/* Each option in its long form, in the order given: "--bins=3". */
static json_t *options_of(const struct option_set *set, bool *failed) {
    json_t *array = json_array();
    for (size_t i = 0; i < set->given_count; i++) {
        const struct option_given *given = &set->given[i];
        if (is_silent(given->option->name))
            continue;
        struct till_text text = {0};
        bool ok = till_text_append_format(&text, "--%s%s%s", given->option->name, given->value == NULL ? "" : "=",
                                          given->value == NULL ? "" : given->value);
        const char *string = ok ? till_text_string(&text) : NULL;
        append(array, string == NULL ? NULL : json_of_text(string), failed);
        till_text_free(&text);
    }
    return array;
}

static json_t *inputs_of(const struct tool_private *own, bool *failed) {
    json_t *array = json_array();
    for (size_t i = 0; i < own->input_count; i++)
        for (size_t f = 0; f < till_input_file_count(own->inputs[i]); f++) {
            struct till_input_file file = till_input_file(own->inputs[i], f);
            char digest[TILL_FINGERPRINT_TEXT];
            json_t *object = json_object();
            set(object, "name", json_of_text(file.name), failed);
            set_count(object, "bytes", file.bytes, failed);
            if (file.has_digest)
                set(object, "digest", json_string(till_fingerprint_text(digest, file.digest)), failed);
            append(array, object, failed);
        }
    return array;
}

static json_t *rows_of(const struct tool_run *run, bool *failed) {
    struct till_accounting rows;
    report_accounting(run, &rows);
    json_t *reasons = json_object();
    for (size_t i = 0; i < rows.reason_count; i++)
        set_count(reasons, rows.reasons[i].name, rows.reasons[i].rows, failed);
    json_t *object = json_object();
    set_count(object, "read", rows.read, failed);
    set_count(object, "used", rows.used, failed);
    set_count(object, "filtered", rows.filtered, failed);
    set_count(object, "rejected", rows.rejected, failed);
    set_count(object, "rounded", rows.rounded, failed);
    set(object, "filtered_by", reasons, failed);
    return object;
}

static json_t *figures_of(const struct tool_private *own, bool *failed) {
    json_t *object = json_object();
    for (size_t i = 0; i < own->figure_count; i++) {
        double value = own->figures[i].value;
        bool whole = value > -9e15 && value < 9e15 && value == (double)(int64_t)value;
        /* jansson has no NaN and no infinity: an undefined figure is null */
        json_t *number = whole ? json_integer((json_int_t)value) : isfinite(value) ? json_real(value) : json_null();
        set(object, own->figures[i].name, number, failed);
    }
    return object;
}

static json_t *facts_of(const struct tool_private *own, bool *failed) {
    json_t *object = json_object();
    for (size_t i = 0; i < own->fact_count; i++)
        set(object, own->facts[i].name, json_of_text(own->facts[i].value), failed);
    return object;
}

static json_t *warnings_of(const struct tool_private *own, bool *failed) {
    json_t *array = json_array();
    for (size_t i = 0; i < own->warning_count; i++)
        append(array, json_of_text(own->warnings[i]), failed);
    return array;
}

static json_t *day_of(int32_t day) {
    char text[TILL_DAY_TEXT];
    return day == TILL_DAY_MISSING ? json_null() : json_stringn(text, till_date_write(text, day));
}

static json_t *meta_of(const struct tool_run *run, bool *failed) {
    const struct tool_private *own = run->private;
    json_t *object = json_object();
    set(object, "tool", json_string(run->tool->name), failed);
    set(object, "version", json_string(TILL_VERSION), failed);
    set(object, "options", options_of(&own->set, failed), failed);
    set(object, "facts", facts_of(own, failed), failed);
    set(object, "inputs", inputs_of(own, failed), failed);
    if (own->input_count > 0)
        set(object, "rows", rows_of(run, failed), failed);
    set(object, "figures", figures_of(own, failed), failed);
    set_count(object, "seed", run->seed, failed);
    set(object, "as_of", day_of(run->as_of), failed);
    set(object, "warnings", warnings_of(own, failed), failed);
    return object;
}

/* Takes a piece of JSON. jansson 2.14 goes on past a key that could not be written, so a failure is also noted here. */
struct json_sink {
    struct till_text text;
    bool failed;
};

static int take_json(const char *bytes, size_t length, void *context) {
    struct json_sink *sink = context;
    sink->failed |= !till_text_append(&sink->text, bytes, length);
    return sink->failed ? -1 : 0;
}

bool json_to_text(struct till_text *out, const json_t *value, size_t flags) {
    struct json_sink sink = {.text = *out};
    sink.failed |= json_dump_callback(value, take_json, &sink, flags) != 0;
    *out = sink.text;
    return !sink.failed;
}

enum till_status meta_write(struct tool_run *run, struct till_error *error) {
    struct till_sink sink;
    struct till_text text = {0};
    bool failed = false;
    if (run->private->common.meta == NULL)
        return TILL_OK;
    json_t *object = meta_of(run, &failed);
    failed = failed || !json_to_text(&text, object, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(10)) ||
             !till_text_append(&text, "\n", 1);
    json_decref(object);
    enum till_status status = failed ? till_error_memory(error) : TILL_OK;
    if (status == TILL_OK)
        status = tool_open_file(run, run->private->common.meta, &sink, error);
    if (status == TILL_OK)
        status = sink.write(sink.context, text.bytes, text.length, error);
    till_text_free(&text);
    return status;
}
