/* tools/picture_kinds.h: the kinds of pictures, each in the file of its tool. */
#ifndef TOOLS_PICTURE_KINDS_H
#define TOOLS_PICTURE_KINDS_H

#include "picture.h"
#include "picture_script.h"

extern const struct picture_kind picture_value, picture_cohort;

#endif
