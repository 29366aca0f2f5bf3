/* tools/picture_kinds.c: the list of pictures. */
#include "picture_kinds.h"

const struct picture_kind *const picture_kinds[] = {
    &picture_value,
    &picture_cohort,
    NULL,
};
