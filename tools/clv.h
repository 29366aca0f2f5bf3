/* tools/clv.h: what the files of till-clv share. */
#ifndef TOOLS_CLV_H
#define TOOLS_CLV_H

#include "tool.h"

#include <till/clv.h>
#include <till/clv_customers.h>
#include <till/ledger.h>
#include <till/spend.h>

enum clv_method { CLV_PARETONBD, CLV_BGNBD, CLV_MBGNBD, CLV_BGBB, CLV_SBG };
enum clv_spend { CLV_GAMMAGAMMA, CLV_MEAN, CLV_NONE };

struct clv_settings {
    int method;
    int unit;
    const char *horizon;
    double discount;
    double margin;
    int spend;
    const char *parameters;
    const char *parameters_out;
    bool summary_input;
    const char *validate;
    bool equity;
    const char *by;
    const char *matrix;
};

/* The length of --unit in days, and the calendar period of that name. */
double clv_unit_days(const struct clv_settings *settings);
enum till_period_unit clv_unit_period(const struct clv_settings *settings);

/* "52w" in units, INFINITY for "inf"; whole periods for BG/BB. */
enum till_status clv_horizon(const struct clv_settings *settings, struct till_clv_horizon *horizon,
                             struct till_error *error);

/* ---- customers ---- */

/* All customers, in the order of the output. Names lie in the ledger or in `texts`. */
struct clv_data {
    size_t count;
    struct till_slice *name;
    uint32_t *repeats;
    double *last, *age;
    double *mean;                  /* NULL: the input has no column of it */
    uint32_t *group;               /* NULL without --by */
    struct till_slice *group_name; /* in byte order */
    size_t group_count;            /* 1 without --by */
    /* of transactions */
    struct till_ledger *ledger;         /* NULL: the input was a summary, or a state */
    struct till_ledger_history history; /* empty where nobody looks back; `first` is NULL then, and for a summary */
    struct till_ledger_summary summary;
    struct till_clv_customers customers; /* without the arrays above, which were theirs */
    struct till_clv_customers_settings settings;
    struct till_text texts;
    struct clv_groups *groups;
};

/* Reads the input. With --validate rows after --until are read too, but customers are as of --until. */
enum till_status clv_read(struct tool_run *run, struct clv_data *data, struct till_error *error);
enum till_status clv_read_summary(struct tool_run *run, struct clv_data *data, struct till_error *error);
/* Numbers the groups in byte order of their names; name_of[i] is the name of the group of customer i. */
enum till_status clv_number_groups(struct clv_data *data, const struct till_slice *name_of, struct till_error *error);
void clv_data_free(struct clv_data *data);

/* Which group each customer of a ledger is in: that of the earliest row, of the smallest name where that row has
 * several. An aggregate that wraps the ledger's. */
struct clv_groups;
extern const struct till_aggregate clv_groups_aggregate;
struct till_ledger *clv_groups_ledger(const struct clv_groups *groups);
/* The group of a customer of the ledger; NULL bytes when there is none. */
struct till_slice clv_groups_of(const struct clv_groups *groups, struct till_slice customer);
size_t clv_groups_several(const struct clv_groups *groups);

/* ---- models ---- */

/* The customers of one group, and what a model says of them. */
struct clv_part {
    struct till_slice name;
    size_t count;
    size_t *member; /* index into the data */
    uint32_t *repeats;
    double *last, *age, *mean;
    struct till_clv_cells cells;
    struct till_clv_fit fit;
    bool spends;     /* `worth` can be given */
    bool gammagamma; /* `spend` is fitted, or loaded */
    struct till_spend_fit spend;
    double mean_worth; /* of all repeat purchases, for --spend=mean */
    struct till_clv_forecast forecast;
};

/* Splits the data by group. */
enum till_status clv_parts_new(struct clv_part **parts, const struct clv_data *data, struct till_error *error);
void clv_parts_free(struct clv_part *parts, size_t count);
/* Fits purchases and spend. */
enum till_status clv_part_fit(struct tool_run *run, struct clv_part *part, struct till_error *error);
/* The worth of the next purchase of customer `i` of the part. */
double clv_part_worth(const struct clv_part *part, size_t i);

enum till_status clv_parameters_read(const char *path, const struct clv_settings *settings, struct clv_part *parts,
                                     size_t count, struct till_error *error);
enum till_status clv_parameters_write(struct tool_run *run, const struct clv_part *parts, size_t count,
                                      struct till_error *error);

/* ---- results ---- */

enum till_status clv_validate(struct tool_run *run, const struct clv_data *data, const struct clv_part *parts,
                              int32_t end, struct till_error *error);
enum till_status clv_equity(struct tool_run *run, const struct clv_data *data, const struct clv_part *parts,
                            struct till_error *error);
enum till_status clv_matrix(struct tool_run *run, const struct clv_part *parts, size_t count, struct till_error *error);
enum till_status clv_contract(struct tool_run *run, struct till_error *error);

/* Columns by name and type for a writer. */
struct clv_column {
    const char *name;
    enum till_type type;
};
enum till_status clv_header(struct till_writer *writer, const struct clv_column *columns, size_t count,
                            struct till_error *error);

#endif
