/* tools/report.c: what a run says on standard error: errors, warnings, notes, and the summary in which all rows add up.
 *
 * Every message is put together in memory and written as one line at once. Control bytes in it are escaped, so that
 * neither a file name nor a header can drive the terminal or forge a second line. */
#include "private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <till/decimal.h>

/* Writes the bytes as one line, control bytes escaped. Without memory of its own, since it may have to say that there
 * is none. */
static void write_line(const struct tool_run *run, const struct till_text *line) {
    char safe[4096];
    size_t used = 0;
    progress_clear(run);
    for (size_t i = 0; i < line->length; i++) {
        unsigned char byte = (unsigned char)line->bytes[i];
        if (used + 8 > sizeof safe) {
            output_write_all(STDERR_FILENO, safe, used);
            used = 0;
        }
        if (byte < 0x20 || byte == 0x7f)
            used += (size_t)snprintf(safe + used, 5, "\\x%02x", byte);
        else
            safe[used++] = line->bytes[i];
    }
    safe[used++] = '\n';
    output_write_all(STDERR_FILENO, safe, used);
}

void report_line(const struct tool_run *run, const char *kind, const char *message) {
    struct till_text line = {0};
    if (till_text_append_format(&line, "%s: %s%s", run->tool->name, kind, message))
        write_line(run, &line);
    till_text_free(&line);
}

/* False when memory is out; then nothing was written. */
static bool report_json(const struct tool_run *run, const struct till_error *error, int code) {
    json_t *object = json_object();
    json_object_set_new(object, "tool", json_of_text(run->tool->name));
    json_object_set_new(object, "file", *error->file == '\0' ? json_null() : json_of_text(error->file));
    json_object_set_new(object, "line", error->line == 0 ? json_null() : json_integer((json_int_t)error->line));
    json_object_set_new(object, "column", error->column == 0 ? json_null() : json_integer((json_int_t)error->column));
    json_object_set_new(object, "role", *error->role == '\0' ? json_null() : json_of_text(error->role));
    json_object_set_new(object, "message", json_of_text(error->message));
    json_object_set_new(object, "exit", json_integer(code));
    struct till_text line = {0};
    bool ok = json_object_size(object) == 7 && json_to_text(&line, object, JSON_COMPACT | JSON_PRESERVE_ORDER);
    if (ok)
        write_line(run, &line);
    json_decref(object);
    till_text_free(&line);
    return ok;
}

/* tool: file:line:column: role: message */
void report_error(const struct tool_run *run, const struct till_error *error, int code) {
    if (run->private->common.errors == 1 && report_json(run, error, code))
        return;
    struct till_text line = {0};
    bool ok = till_text_append_format(&line, "%s: %s", run->tool->name, error->file);
    if (error->line != 0)
        ok = ok && till_text_append_format(&line, ":%llu", (unsigned long long)error->line);
    if (error->column != 0)
        ok = ok && till_text_append_format(&line, ":%llu", (unsigned long long)error->column);
    ok = ok && till_text_append_format(&line, "%s%s%s%s", *error->file == '\0' ? "" : ": ", error->role,
                                       *error->role == '\0' ? "" : ": ", error->message);
    if (code == 2)
        ok = ok && till_text_append_format(&line, " (see %s --help)", run->tool->name);
    if (ok) {
        write_line(run, &line);
    } else { /* no memory even for the message */
        static const char last[] = ": out of memory\n";
        output_write_all(STDERR_FILENO, run->tool->name, strlen(run->tool->name));
        output_write_all(STDERR_FILENO, last, sizeof last - 1);
    }
    till_text_free(&line);
}

static void add_reason(struct till_accounting *sum, const struct till_filtered *reason) {
    for (size_t i = 0; i < sum->reason_count; i++)
        if (strcmp(sum->reasons[i].name, reason->name) == 0) {
            sum->reasons[i].rows += reason->rows;
            return;
        }
    if (sum->reason_count < TILL_FILTERED_REASONS)
        sum->reasons[sum->reason_count++] = *reason;
}

void report_accounting(const struct tool_run *run, struct till_accounting *sum) {
    memset(sum, 0, sizeof *sum);
    for (size_t i = 0; i < run->private->input_count; i++) {
        const struct till_accounting *rows = till_input_accounting(run->private->inputs[i]);
        sum->read += rows->read;
        sum->used += rows->used;
        sum->filtered += rows->filtered;
        sum->rejected += rows->rejected;
        sum->rounded += rows->rounded;
        for (size_t r = 0; r < rows->reason_count; r++)
            add_reason(sum, &rows->reasons[r]);
    }
}

/* Why rows were filtered, by name. */
static void report_reasons(const struct tool_run *run, const struct till_accounting *rows) {
    for (size_t i = 0; i < rows->reason_count; i++) {
        char message[200];
        snprintf(message, sizeof message, "%llu rows filtered: %s", (unsigned long long)rows->reasons[i].rows,
                 rows->reasons[i].name);
        if (rows->reasons[i].rows > 0)
            report_line(run, "", message);
    }
}

/* "541909 rows read = 406829 used + 135080 filtered + 0 rejected" */
static bool append_rows(struct till_text *line, const struct till_accounting *rows) {
    bool ok = till_text_append_format(line, "; %llu rows read = %llu used + %llu filtered + %llu rejected",
                                      (unsigned long long)rows->read, (unsigned long long)rows->used,
                                      (unsigned long long)rows->filtered, (unsigned long long)rows->rejected);
    if (rows->rounded > 0)
        ok = ok && till_text_append_format(line, "; %llu amounts rounded to four decimals",
                                           (unsigned long long)rows->rounded);
    return ok;
}

/* Counts read "4372 customers", other reals "gini 0.6312"; what is undefined is left out. */
static bool append_figure(struct till_text *line, const struct tool_figure *figure) {
    char number[TILL_REAL_TEXT];
    size_t length = till_real_format(number, figure->value);
    if (length == 0)
        return true;
    bool whole = memchr(number, '.', length) == NULL && memchr(number, 'e', length) == NULL;
    return whole ? till_text_append_format(line, "; %.*s %s", (int)length, number, figure->name)
                 : till_text_append_format(line, "; %s %.*s", figure->name, (int)length, number);
}

void report_summary(const struct tool_run *run) {
    const struct tool_private *own = run->private;
    struct till_accounting rows;
    struct timespec now;
    if (run->quiet)
        return;
    report_accounting(run, &rows);
    if (run->verbose)
        report_reasons(run, &rows);
    struct till_text line = {0};
    bool ok = own->input_count == 0 || append_rows(&line, &rows);
    for (size_t i = 0; i < own->figure_count; i++)
        ok = ok && append_figure(&line, &own->figures[i]);
    clock_gettime(CLOCK_MONOTONIC, &now);
    ok = ok && till_text_append_format(&line, "; %.2f s",
                                       (double)(now.tv_sec - own->start.tv_sec) +
                                           (double)(now.tv_nsec - own->start.tv_nsec) / 1e9);
    const char *text = ok ? till_text_string(&line) : NULL;
    if (text != NULL)
        report_line(run, "", text + 2); /* without the first "; " */
    till_text_free(&line);
}
