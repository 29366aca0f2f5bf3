/* input.h: what the parts of the reader share of an input. */
#ifndef TILL_DATA_INPUT_H
#define TILL_DATA_INPUT_H

#include <till/input.h>

#include "lib/data/chunks.h"

/* A wanted column, made ready for decoding. */
struct wanted {
    struct till_wanted ask;
    enum till_date_format date_format;
    bool date_settled;
    unsigned missing_reason; /* index into accounting.reasons, where rows are filtered */
    unsigned until_reason;
    unsigned since_reason;
};

/* A filter, made ready. */
struct column_filter {
    const struct till_filter *ask;
    size_t column;
};

const struct chunks *input_chunks(const struct till_input *input);
const char *input_file_name(const struct till_input *input, size_t file);
const struct till_input_options *input_options(const struct till_input *input);
const struct wanted *input_wanted(const struct till_input *input, size_t *count);
const struct column_filter *input_filters(const struct till_input *input, size_t *count);
bool input_keeps_records(const struct till_input *input);

#endif
