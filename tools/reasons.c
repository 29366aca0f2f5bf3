/* Reasons: the largest contributions, each with what the column is in this row and how far it moves the log-odds. */
#include "reasons.h"

#include <math.h>

#include <till/decimal.h>

static bool write_reason(struct till_writer *writer, const struct till_classifier_column *column, double value,
                         double contribution, struct till_text *text) {
    char number[TILL_REAL_TEXT];
    text->length = 0;
    bool fine = till_text_append_string(text, column->name) && till_text_append(text, "=", 1);
    /* Nothing stands for what is missing, and for a level that training never saw. */
    if (!column->text && !isnan(value))
        fine = fine && till_text_append(text, number, till_real_format(number, value));
    else if (!isnan(value))
        fine = fine && till_text_append_string(text, column->levels[(size_t)value]);
    fine = fine && till_text_append_format(text, " (%+.4f)", contribution);
    if (fine)
        till_writer_text(writer, (struct till_slice){text->bytes, text->length});
    return fine;
}

/* What would be written as 0.0000 is no reason, but rounding. */
static const double least = 0.00005;

enum till_status reasons_write(struct till_writer *writer, const struct till_classifier *model, const double *values,
                               double *contributions, size_t count, struct till_text *scratch,
                               struct till_error *error) {
    for (size_t r = 0; r < count; r++) {
        size_t best = 0;
        for (size_t i = 1; i < model->column_count; i++)
            if (fabs(contributions[i]) > fabs(contributions[best]))
                best = i;
        if (model->column_count == 0 || fabs(contributions[best]) < least) {
            till_writer_text(writer, (struct till_slice){NULL, 0});
            continue;
        }
        if (!write_reason(writer, &model->columns[best], values[best], contributions[best], scratch))
            return till_error_memory(error);
        contributions[best] = 0;
    }
    return TILL_OK;
}
