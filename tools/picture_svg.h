/* tools/picture_svg.h: the SVG that gnuplot writes, made fit for pages. */
#ifndef TOOLS_PICTURE_SVG_H
#define TOOLS_PICTURE_SVG_H

#include "picture.h"

/* Appends it without what differs from one gnuplot to the next (its version) or says nothing (titles of its own, groups
 * without content, symbols that are not used), with the picture's title, a list of font families that have Chinese
 * characters too, and options.prefix before each id. Errors: TILL_ERROR_INPUT_OUTPUT when it is not whole. */
enum till_status picture_svg(const struct picture *picture, struct till_slice drawn, struct till_text *out,
                             struct till_error *error);

#endif
