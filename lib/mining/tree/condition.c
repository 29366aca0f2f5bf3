/* The way to a leaf, as conditions: what the splits on one column ask together is one condition, an interval or a set
 * of levels. Missing values come to a leaf if they go its way at every split on the column; so do levels never seen. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <till/decimal.h>

#include "parts.h"

/* What is asked of one column on the way. */
struct condition {
    double above; /* numbers: above < value <= most */
    double most;
    bool *out;      /* [level_count] levels that are left out on the way; NULL: numbers */
    size_t some;    /* how many levels are not */
    bool missing;   /* missing values, and levels never seen, are let through */
    bool mentioned; /* whether to speak of missing values */
    enum till_tree_form form;
    const struct till_trees_column *column;
    struct till_text *text;
};

/* ---- words ---- */

/* A text between quotes, which are doubled inside of it. */
static bool quote(struct till_text *text, struct till_slice bytes, char mark) {
    bool fine = till_text_append(text, &mark, 1);
    for (size_t i = 0; i < bytes.length; i++)
        fine = fine && (bytes.bytes[i] != mark || till_text_append(text, &mark, 1)) &&
               till_text_append(text, &bytes.bytes[i], 1);
    return fine && till_text_append(text, &mark, 1);
}

static bool say_name(const struct condition *condition) {
    struct till_slice name = till_slice_of(condition->column->name);
    return condition->form == TILL_TREE_SQL ? quote(condition->text, name, '"')
                                            : till_text_append(condition->text, name.bytes, name.length);
}

static bool say(const struct condition *condition, const char *words) {
    return till_text_append_string(condition->text, words);
}

static bool say_missing(const struct condition *condition, bool is) {
    return say_name(condition) && say(condition, is ? " IS " : " IS NOT ") &&
           say(condition, condition->form == TILL_TREE_SQL ? "NULL" : "MISSING");
}

static bool say_bound(const struct condition *condition, const char *sign, double bound) {
    char number[TILL_REAL_TEXT];
    size_t length =
        condition->form == TILL_TREE_SQL ? till_real_format_exact(number, bound) : till_real_format(number, bound);
    return say_name(condition) && say(condition, sign) && till_text_append(condition->text, number, length);
}

/* The levels that may be, or those that may not: in SQL whichever leaves levels never seen where they go, for people
 * whichever are fewer. */
static bool say_levels(const struct condition *condition) {
    size_t others = condition->column->level_count - condition->some, said = 0;
    bool without = condition->form == TILL_TREE_SQL ? condition->missing : others < condition->some;
    size_t count = without ? others : condition->some;
    bool fine = say_name(condition) &&
                say(condition, without ? (count == 1 ? " <> " : " NOT IN (") : (count == 1 ? " = " : " IN ("));
    for (size_t level = 0; level < condition->column->level_count; level++)
        if (condition->out[level] == without)
            fine = fine && (said++ == 0 || say(condition, ", ")) &&
                   quote(condition->text, condition->column->levels[level], '\'');
    return fine && (count == 1 || say(condition, ")"));
}

/* ---- one column ---- */

static bool say_interval(const struct condition *condition) {
    bool above = isfinite(condition->above), most = isfinite(condition->most);
    bool fine = !above || say_bound(condition, " > ", condition->above);
    if (above && most)
        fine = fine && say(condition, " AND ");
    return fine && (!most || say_bound(condition, " <= ", condition->most));
}

/* Whether nothing but what is missing comes through, or everything but that. */
static bool only_missing(const struct condition *condition) {
    return condition->out != NULL ? condition->some == 0 : condition->above >= DBL_MAX;
}
static bool any_value(const struct condition *condition) {
    return condition->out != NULL ? condition->some == condition->column->level_count
                                  : isinf(condition->above) && isinf(condition->most);
}

/* Appends the condition, behind AND where there is one before it. */
static bool say_condition(const struct condition *condition, bool first) {
    bool levels = condition->out != NULL, sql = condition->form == TILL_TREE_SQL, either;
    if (any_value(condition) && (condition->missing || (!sql && !condition->mentioned)))
        return true;
    if (!first && !say(condition, " AND "))
        return false;
    if (any_value(condition) && !(levels && sql))
        return say_missing(condition, false);
    if (only_missing(condition) && !(levels && sql))
        return say_missing(condition, true);
    either = condition->missing && (sql || condition->mentioned);
    bool fine = !either || say(condition, "(");
    fine = fine && (levels ? say_levels(condition) : say_interval(condition));
    return fine && (!either || (say(condition, " OR ") && say_missing(condition, true) && say(condition, ")")));
}

/* ---- the way ---- */

/* Takes in what one split on the way asks. */
static void narrow(struct condition *condition, const struct till_trees *trees, const struct till_trees_node *node,
                   bool left) {
    condition->missing = condition->missing && node->missing_left == left;
    if (condition->out == NULL) {
        double bound = node->threshold >= DBL_MAX && left ? (double)INFINITY : node->threshold;
        if (left && bound < condition->most)
            condition->most = bound;
        if (!left && bound > condition->above)
            condition->above = bound;
    }
    condition->some = 0;
    for (size_t level = 0; condition->out != NULL && level < condition->column->level_count; level++) {
        condition->out[level] = condition->out[level] || till_trees_set_has(trees, node->set, level) != left;
        condition->some += !condition->out[level];
    }
}

/* All splits on the way that ask for the same column as the one at `from`. */
static bool say_column(struct condition *condition, const struct till_trees *trees, const uint32_t *way, size_t from,
                       size_t length, bool first) {
    uint32_t column = trees->nodes[way[from]].column;
    size_t levels = trees->level_counts[column];
    condition->above = -INFINITY;
    condition->most = INFINITY;
    condition->missing = true;
    condition->out = levels > 0 ? calloc(levels, sizeof *condition->out) : NULL;
    if (levels > 0 && condition->out == NULL)
        return false;
    for (size_t i = from; i < length; i++) {
        const struct till_trees_node *node = &trees->nodes[way[i]];
        if (node->column == column)
            narrow(condition, trees, node, node->left == way[i + 1]);
    }
    bool fine = say_condition(condition, first);
    free(condition->out);
    return fine;
}

bool till_tree_condition(const struct till_tree *tree, const struct till_trees_table *table, uint32_t leaf,
                         enum till_tree_form form, const bool *missing, struct till_text *text) {
    const struct till_trees *trees = tree->trees;
    uint32_t way[TILL_TREES_DEPTH + 1];
    size_t length = 0, begin = text->length;
    bool fine = true;
    way[TILL_TREES_DEPTH] = leaf;
    for (uint32_t at = leaf; at != 0; length++) {
        at = tree->nodes[at].parent;
        way[TILL_TREES_DEPTH - length - 1] = at;
    }
    const uint32_t *down = way + TILL_TREES_DEPTH - length;
    for (size_t i = 0; fine && i < length; i++) {
        uint32_t column = trees->nodes[down[i]].column;
        size_t earlier = 0;
        while (trees->nodes[down[earlier]].column != column)
            earlier++;
        struct condition condition = {.form = form,
                                      .mentioned = missing != NULL && missing[column],
                                      .column = &table->columns[column],
                                      .text = text};
        if (earlier == i)
            fine = say_column(&condition, trees, down, i, length, text->length == begin);
    }
    if (fine && text->length == begin)
        fine = till_text_append_string(text, form == TILL_TREE_SQL ? "1 = 1" : "TRUE");
    return fine;
}
