/* tools/picture_rules.c: rules as points by support and confidence, coloured by lift; and as a graph in the language of
 * Graphviz (DOT), which other programs lay out. */
#include "picture_kinds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANTECEDENT, CONSEQUENT, SUPPORT, CONFIDENCE, LIFT };
enum { POINTS = 1000, EDGES = 60 };

static const struct picture_column columns[] = {
    {.name = "antecedent", .kind = TILL_FRAME_TEXT},
    {.name = "consequent", .kind = TILL_FRAME_TEXT},
    {.name = "support", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "confidence", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {.name = "lift", .kind = TILL_FRAME_NUMBER, .required_value = true},
    {0}};
static const struct picture_form forms[] = {{.command = "till-rules", .columns = columns}, {0}};

struct ranked {
    double lift;
    size_t row;
};

static int by_lift(const void *a, const void *b) {
    const struct ranked *left = a, *right = b;
    if (left->lift != right->lift)
        return left->lift < right->lift ? 1 : -1;
    return left->row < right->row ? -1 : left->row > right->row;
}

/* The rows in order of falling lift; equal ones as they came. The caller frees them. */
static struct ranked *rank_rules(const struct picture *picture) {
    const double *lift = picture_numbers(picture, LIFT);
    struct ranked *ranked = calloc(picture->frame->rows + 1, sizeof *ranked);
    for (size_t row = 0; ranked != NULL && row < picture->frame->rows; row++)
        ranked[row] = (struct ranked){lift[row], row};
    if (ranked != NULL)
        qsort(ranked, picture->frame->rows, sizeof *ranked, by_lift);
    return ranked;
}

/* The rules of highest lift, at most so many. */
static enum till_status take_best(struct picture *picture, size_t most, struct till_error *error) {
    size_t rows = picture->frame->rows < most ? picture->frame->rows : most;
    struct ranked *ranked = rank_rules(picture);
    struct till_table *table = picture->table = ranked == NULL ? NULL : till_table_new(rows);
    static const char *const names[] = {"antecedent", "consequent", "support", "confidence", "lift"};
    void *made[5] = {NULL, NULL, NULL, NULL, NULL};
    bool good = table != NULL;
    for (size_t i = 0; i < 5 && good; i++) {
        made[i] = till_table_add(table, names[i], i <= CONSEQUENT ? TILL_TEXT : TILL_REAL);
        good = made[i] != NULL;
    }
    for (size_t at = 0; at < rows && good; at++)
        for (size_t i = 0; i < 5; i++)
            if (i <= CONSEQUENT)
                ((struct till_slice *)made[i])[at] = picture_text_at(picture_texts(picture, i), ranked[at].row);
            else
                ((double *)made[i])[at] = picture_numbers(picture, i)[ranked[at].row];
    free(ranked);
    return good ? TILL_OK : till_error_memory(error);
}

/* --- Points --- */

static enum till_status rules_tidy(struct picture *picture, struct till_error *error) {
    return take_best(picture, POINTS, error);
}

static struct script_axis axis_of(const double *values, size_t count, bool log) {
    double low = log ? INFINITY : 0, high = 0;
    for (size_t i = 0; i < count; i++) {
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    struct script_axis axis = script_axis_for(low, high, 7, log);
    axis.percent = true;
    return axis;
}

/* The best are drawn last, above the others. */
static enum till_status rules_script(struct picture *picture, struct script *script, struct till_error *error) {
    const struct picture_options *options = &picture->options;
    const double *support = picture_real(picture, "support"), *confidence = picture_real(picture, "confidence");
    const double *lift = picture_real(picture, "lift");
    size_t rows = picture->table->rows;
    struct script_axis x = axis_of(support, rows, options->log_x), y = axis_of(confidence, rows, options->log_y);
    struct script_scale scale = {.low = lift[rows - 1], .high = lift[0], .title = picture_word(options, "lift")};
    (void)error;
    script_chart(script, &x, &y, picture_word(options, "support (% of the baskets)"),
                 picture_word(options, "confidence (%)"), 92);
    script_scale(script, &scale);
    script_add(script, "$rules << END\n");
    for (size_t i = rows; i-- > 0;)
        script_add(script, "%.6g %.6g %u\n", support[i], confidence[i], script_shade(script_part(&scale, lift[i])));
    script_add(script, "END\nplot $rules using 1:2:3 with points pt 7 ps 0.9 lc rgb variable notitle, $rules using 1:2 "
                       "with points pt 6 ps 0.9 lw 0.5 lc rgb '#444444' notitle\n");
    return TILL_OK;
}

static bool rules_say(const struct picture *picture, struct till_text *text) {
    char shown[SCRIPT_NUMBER], all[SCRIPT_NUMBER];
    const char *const values[] = {script_number(shown, (double)picture->table->rows, false),
                                  script_number(all, (double)picture->frame->rows, false)};
    return script_sentence(text, &picture->options,
                           picture->frame->rows == 1                      ? "1 rule"
                           : picture->table->rows == picture->frame->rows ? "#1 rules"
                                                                          : "The #1 of #2 rules with the highest lift",
                           values);
}

const struct picture_kind picture_rules = {
    .name = "rules",
    .shows = "rules by support and confidence, coloured by lift",
    .title = "Rules by support, confidence and lift",
    .forms = forms,
    .width = 760,
    .height = 520,
    .takes = PICTURE_LOG,
    .tidy = rules_tidy,
    .script = rules_script,
    .say = rules_say,
};

/* --- Graph --- */

static enum till_status graph_tidy(struct picture *picture, struct till_error *error) {
    return take_best(picture, EDGES, error);
}

/* A text in the quotes of DOT: in labels a backslash begins an escape, so it is doubled. */
static void put_dot(struct script *script, struct till_slice text) {
    script_add(script, "\"");
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        if (byte == '"' || byte == '\\')
            script_add(script, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7F)
            script_add(script, " ");
        else
            script_add(script, "%c", byte);
    }
    script_add(script, "\"");
}

/* A node for each side of a rule, an edge for each rule: as wide as its confidence, as dark as its lift. */
static enum till_status graph_script(struct picture *picture, struct script *script, struct till_error *error) {
    const struct till_slice *antecedent = picture_text(picture, "antecedent");
    const struct till_slice *consequent = picture_text(picture, "consequent");
    const double *support = picture_real(picture, "support"), *confidence = picture_real(picture, "confidence");
    const double *lift = picture_real(picture, "lift");
    size_t rows = picture->table->rows;
    struct script_scale scale = {.low = rows > 0 ? lift[rows - 1] : 0, .high = rows > 0 ? lift[0] : 0};
    (void)error;
    script_add(script,
               "digraph rules {\n    rankdir=LR;\n    node [shape=box, style=rounded, fontname=\"Helvetica\"];\n"
               "    edge [fontname=\"Helvetica\", fontsize=10];\n");
    for (size_t i = 0; i < rows; i++) {
        script_add(script, "    ");
        put_dot(script, antecedent[i]);
        script_add(script, " -> ");
        put_dot(script, consequent[i]);
        script_add(script,
                   " [label=\"%.3g\", tooltip=\"support %.4g, confidence %.4g, lift %.4g\", penwidth=%.2f, "
                   "color=\"#%06x\"];\n",
                   lift[i], support[i], confidence[i], lift[i], 0.5 + 3 * confidence[i],
                   script_shade(0.2 + 0.8 * script_part(&scale, lift[i])));
    }
    script_add(script, "}\n");
    return TILL_OK;
}

const struct picture_kind picture_rule_graph = {
    .name = "rule-graph",
    .shows = "the 60 rules of highest lift as a graph: DOT, for dot -Tsvg of Graphviz",
    .title = "Rules",
    .forms = forms,
    .text = true,
    .tidy = graph_tidy,
    .script = graph_script,
};
