/* tools/facts.c: what a tool tells about its run: figures, facts, warnings, notes.
 *
 * None of these returns a status, so that tools can use them freely; when memory runs out here, the run fails as it is
 * settled. */
#include "private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A kept copy; notes when memory is out. */
static const char *copy(struct tool_private *private, const char *text) {
    const char *kept = keep_copy(&private->keep, text, strlen(text));
    private->out_of_memory |= kept == NULL;
    return kept;
}

void tool_figure(struct tool_run *run, const char *name, double value) {
    struct tool_private *private = run->private;
    struct tool_figure *grown = realloc(private->figures, (private->figure_count + 1) * sizeof *grown);
    const char *kept = grown == NULL ? NULL : copy(private, name);
    private->figures = grown == NULL ? private->figures : grown;
    private->out_of_memory |= grown == NULL;
    if (kept != NULL)
    private->figures[private->figure_count++] = (struct tool_figure){kept, value};
}

void tool_fact(struct tool_run *run, const char *name, const char *format, ...) {
    struct tool_private *private = run->private;
    char value[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    struct tool_fact *grown = realloc(private->facts, (private->fact_count + 1) * sizeof *grown);
    private->facts = grown == NULL ? private->facts : grown;
    private->out_of_memory |= grown == NULL;
    const char *kept_name = grown == NULL ? NULL : copy(private, name);
    const char *kept_value = kept_name == NULL ? NULL : copy(private, value);
    if (kept_value != NULL)
    private->facts[private->fact_count++] = (struct tool_fact){kept_name, kept_value};
    if (run->verbose)
        tool_note(run, "%s: %s", name, value);
}

void tool_warn(struct tool_run *run, const char *format, ...) {
    struct tool_private *private = run->private;
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    report_line(run, "warning: ", message);
    const char **grown = realloc(private->warnings, (private->warning_count + 1) * sizeof *grown);
    private->warnings = grown == NULL ? private->warnings : grown;
    private->out_of_memory |= grown == NULL;
    const char *kept = grown == NULL ? NULL : copy(private, message);
    if (kept != NULL)
    private->warnings[private->warning_count++] = kept;
}

void tool_note(struct tool_run *run, const char *format, ...) {
    char message[1024];
    va_list arguments;
    if (run->quiet)
        return;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    report_line(run, "", message);
}
