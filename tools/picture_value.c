/* tools/picture_value.c: the value curve (whale curve): what the best customers bring, from the best down. */
#include "picture_kinds.h"

#include <math.h>

enum { TOP, CUSTOMERS, VALUE, VALUE_SHARE };

static const struct picture_column columns[] = {{.name = "top", .kind = TILL_FRAME_NUMBER, .required_value = true},
                                                {.name = "customers", .kind = TILL_FRAME_NUMBER, .optional = true},
                                                {.name = "value", .kind = TILL_FRAME_NUMBER, .optional = true},
                                                {.name = "value_share", .kind = TILL_FRAME_NUMBER},
                                                {0}};
static const struct picture_form forms[] = {{.command = "till-value --curve", .columns = columns}, {0}};

static enum till_status tidy(struct picture *picture, struct till_error *error) {
    size_t rows = picture->frame->rows;
    const double *in[] = {picture_numbers(picture, TOP), picture_numbers(picture, VALUE_SHARE)};
    picture->table = till_table_new(rows);
    double *top = picture->table == NULL ? NULL : till_table_add(picture->table, "top", TILL_REAL);
    double *share = top == NULL ? NULL : till_table_add(picture->table, "value_share", TILL_REAL);
    if (share == NULL)
        return till_error_memory(error);
    for (size_t i = 0; i < rows; i++) {
        top[i] = in[0][i] / 100;
        share[i] = in[1][i];
    }
    return TILL_OK;
}

/* The share that the best fifth brings; NaN where the curve has no such point. */
static double share_of_fifth(const struct picture *picture) {
    const double *top = picture_real(picture, "top"), *share = picture_real(picture, "value_share");
    for (size_t i = 0; i < picture->table->rows; i++)
        if (fabs(top[i] - 0.2) < 1e-9)
            return share[i];
    return NAN;
}

static bool say(const struct picture *picture, struct till_text *text) {
    char percent[SCRIPT_NUMBER];
    double share = share_of_fifth(picture);
    const char *const values[] = {script_percent(percent, share)};
    return isnan(share) ||
           script_sentence(text, &picture->options, "The best 20% of customers bring #1 of the value", values);
}

static enum till_status script(struct picture *picture, struct script *script, struct till_error *error) {
    const double *top = picture_real(picture, "top"), *share = picture_real(picture, "value_share");
    double low = 0, high = 1;
    size_t shown = 0;
    (void)error;
    for (size_t i = 0; i < picture->table->rows; i++)
        if (!isnan(share[i])) {
            low = fmin(low, share[i]);
            high = fmax(high, share[i]);
            shown++;
        }
    if (shown == 0) {
        script_nothing(script, picture_word(&picture->options, "Shares of a sum that is not positive mean nothing."));
        return TILL_OK;
    }
    /* A little above 1, where a few values are negative, needs no tick of its own. */
    bool near = high < 1.01;
    struct script_axis x = script_axis_for(0, 1, 10, false), y = script_axis_for(low, near ? 1 : high, 8, false);
    x.percent = y.percent = true;
    script_chart(script, &x, &y, picture_word(&picture->options, "customers, the best first (% of all)"),
                 picture_word(&picture->options, "value (% of the sum)"), 0);
    if (near)
        script_add(script, "set yrange [%.10g:%.10g]\n", y.low, fmax(1, high));
    script_add(script, "$curve << END\n0 0\n");
    for (size_t i = 0; i < picture->table->rows; i++)
        if (!isnan(share[i]))
            script_add(script, "%.10g %.10g\n", top[i], share[i]);
    script_add(script,
               "END\nset arrow from 0,0 to 1,1 nohead lc rgb '#888888' lw 1 dt 2 back\n"
               "plot $curve using 1:2 with lines lw 2.5 lc rgb '%s' notitle\n",
               script_series_color(0));
    return TILL_OK;
}

const struct picture_kind picture_value = {
    .name = "value",
    .shows = "the value curve (whale curve): what the best 1, 2, ... percent of customers bring",
    .title = "What the best customers bring",
    .forms = forms,
    .width = 760,
    .height = 480,
    .tidy = tidy,
    .script = script,
    .say = say,
};
