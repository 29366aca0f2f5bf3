/* tools/gnuplot.h: a script through gnuplot.
 *
 *     struct till_text picture = {0};
 *     gnuplot_run(&picture, script, strlen(script), &error);
 *     till_text_free(&picture);
 */
#ifndef TOOLS_GNUPLOT_H
#define TOOLS_GNUPLOT_H

#include <stddef.h>

#include <till/error.h>
#include <till/text.h>

/* Runs the gnuplot on PATH, with its own defaults and the C locale, gives it `script` on standard input, and appends
 * what it writes to standard output. No shell is involved. Errors: TILL_ERROR_INPUT_OUTPUT when there is no gnuplot
 * (names the package), when it is killed or fails (with the first line that it says of it), or writes nothing;
 * TILL_ERROR_MEMORY. */
enum till_status gnuplot_run(struct till_text *out, const char *script, size_t length, struct till_error *error);

#endif
