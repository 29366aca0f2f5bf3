/* tools/facts.c: what a tool tells about its run: figures, facts, warnings, notes.
 *
 * None of these returns a status, so that tools can use them freely; when memory runs out here, the run fails as it is
 * settled. */
#include "private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <till/date.h>

void tool_figure(struct tool_run *run, const char *name, double value) {
    struct tool_private *own = run->private;
    const char *kept = keep_copy(&own->keep, name, strlen(name));
    struct tool_figure *grown = realloc(own->figures, (own->figure_count + 1) * sizeof *grown);
    if (grown != NULL)
        own->figures = grown;
    if (grown != NULL && kept != NULL)
        grown[own->figure_count++] = (struct tool_figure){kept, value};
    else
        own->out_of_memory = true;
}

void tool_fact(struct tool_run *run, const char *name, const char *format, ...) {
    struct tool_private *own = run->private;
    char value[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    if (run->verbose)
        tool_note(run, "%s: %s", name, value);
    const char *kept_name = keep_copy(&own->keep, name, strlen(name));
    const char *kept_value = keep_copy(&own->keep, value, strlen(value));
    struct tool_fact *grown = realloc(own->facts, (own->fact_count + 1) * sizeof *grown);
    if (grown != NULL)
        own->facts = grown;
    if (grown != NULL && kept_name != NULL && kept_value != NULL)
        grown[own->fact_count++] = (struct tool_fact){kept_name, kept_value};
    else
        own->out_of_memory = true;
}

void tool_warn(struct tool_run *run, const char *format, ...) {
    struct tool_private *own = run->private;
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    report_line(run, "warning: ", message);
    const char *kept = keep_copy(&own->keep, message, strlen(message));
    const char **grown = realloc(own->warnings, (own->warning_count + 1) * sizeof *grown);
    if (grown != NULL)
        own->warnings = grown;
    if (grown != NULL && kept != NULL)
        grown[own->warning_count++] = kept;
    else
        own->out_of_memory = true;
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

void tool_warn_newest(struct tool_run *run, int32_t newest, int32_t next) {
    char texts[2][TILL_DAY_TEXT + 1] = {"", ""};
    if (newest == TILL_DAY_MISSING || next == TILL_DAY_MISSING || newest - next <= 7)
        return;
    texts[0][till_date_write(texts[0], newest)] = '\0';
    texts[1][till_date_write(texts[1], next)] = '\0';
    tool_warn(run, "the newest date, %s, is %d days after the next, %s: is it real? (--until=%s leaves it out)",
              texts[0], (int)(newest - next), texts[1], texts[1]);
}
