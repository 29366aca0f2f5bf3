/* tools/picture_words.c: what pictures say, in Chinese. */
#include "picture.h"

#include <string.h>

static const char *const words[][2] = {
    {"as of", "截至"},
    {"There are no rows to show.", "没有可以显示的数据。"},
};

const char *picture_word(const struct picture_options *options, const char *english) {
    for (size_t i = 0; options->chinese && i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], english) == 0)
            return words[i][1];
    return english;
}
