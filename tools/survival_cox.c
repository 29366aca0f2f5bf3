/* till-survival --cox: what is written and told of Cox's regression. */
#include <math.h>

#include <till/tails.h>

#include "survival.h"

static enum till_status write_coefficients(struct survival_work *work, const struct till_design *design,
                                           const struct till_cox *cox, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_REAL, TILL_REAL, TILL_REAL,
                                           TILL_REAL, TILL_REAL, TILL_REAL, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("term"),  till_slice_of("estimate"), till_slice_of("std_error"),
                                       till_slice_of("z"),     till_slice_of("p_value"),  till_slice_of("hazard_ratio"),
                                       till_slice_of("lower"), till_slice_of("upper")};
    struct till_writer *writer;
    enum till_status status = tool_open_output(work->run, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, sizeof names / sizeof *names, error);
    for (size_t i = 0; i < cox->terms && status == TILL_OK; i++) {
        double estimate = cox->estimate[i], std_error = sqrt(cox->covariance[i * cox->terms + i]);
        till_writer_text(writer, till_slice_of(design->names[i]));
        till_writer_real(writer, estimate);
        till_writer_real(writer, std_error);
        till_writer_real(writer, estimate / std_error);
        till_writer_real(writer, till_tail_normal(estimate / std_error));
        till_writer_real(writer, exp(estimate));
        till_writer_real(writer, exp(estimate - work->z * std_error));
        till_writer_real(writer, exp(estimate + work->z * std_error));
        status = till_writer_end(writer, error);
    }
    return status;
}

static enum till_status write_proportional(struct survival_work *work, const struct till_design *design,
                                           const struct till_cox *cox, struct till_error *error) {
    static const enum till_type types[] = {TILL_TEXT, TILL_REAL, TILL_COUNT, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("term"), till_slice_of("chi_square"), till_slice_of("df"),
                                       till_slice_of("p_value")};
    struct till_writer *writer;
    if (work->settings->proportional == NULL)
        return TILL_OK;
    enum till_status status = tool_open_table(work->run, work->settings->proportional, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, sizeof names / sizeof *names, error);
    for (size_t i = 0; i <= cox->terms && status == TILL_OK; i++) {
        bool all = i == cox->terms;
        double chi_square = all ? cox->proportional_all : cox->proportional[i];
        till_writer_text(writer, till_slice_of(all ? "GLOBAL" : design->names[i]));
        till_writer_real(writer, chi_square);
        till_writer_count(writer, all ? cox->terms : 1);
        till_writer_real(writer, till_tail_chi_square(chi_square, all ? cox->terms : 1));
        status = till_writer_end(writer, error);
    }
    return status;
}

static enum till_status write_baseline(struct survival_work *work, const struct till_cox *cox,
                                       struct till_error *error) {
    static const enum till_type types[] = {TILL_REAL, TILL_REAL, TILL_REAL};
    const struct till_slice names[] = {till_slice_of("time"), till_slice_of("hazard"), till_slice_of("survival")};
    struct till_writer *writer;
    if (work->settings->baseline == NULL)
        return TILL_OK;
    enum till_status status = tool_open_table(work->run, work->settings->baseline, &writer, error);
    if (status == TILL_OK)
        status = till_writer_columns(writer, names, types, sizeof names / sizeof *names, error);
    for (size_t i = 0; i < cox->step_count && status == TILL_OK; i++) {
        till_writer_real(writer, cox->steps[i].time);
        till_writer_real(writer, cox->steps[i].hazard);
        till_writer_real(writer, exp(-cox->steps[i].hazard));
        status = till_writer_end(writer, error);
    }
    return status;
}

static void tell_cox(struct survival_work *work, const struct till_cox *cox) {
    struct tool_run *run = work->run;
    double p = till_tail_chi_square(cox->proportional_all, cox->terms);
    tool_figure(run, "customers", (double)cox->customers);
    tool_figure(run, "events", (double)cox->events);
    tool_figure(run, "log_likelihood", cox->log_likelihood);
    tool_figure(run, "log_likelihood_null", cox->log_likelihood_null);
    tool_figure(run, "likelihood_ratio", cox->likelihood_ratio);
    tool_figure(run, "wald", cox->wald);
    tool_figure(run, "score", cox->score);
    tool_figure(run, "concordance", cox->concordance);
    tool_figure(run, "concordance_se", cox->concordance_error);
    tool_figure(run, "ph_chi_square", cox->proportional_all);
    tool_figure(run, "ph_p_value", p);
    tool_note(run, "likelihood ratio %.6f, Wald %.4f, score %.5f, with %zu degrees of freedom; concordance %.8f (%.6f)",
              cox->likelihood_ratio, cox->wald, cox->score, cox->terms, cox->concordance, cox->concordance_error);
    if (p < 0.05)
        tool_warn(run,
                  "the hazards are not proportional (chi-square %.4f, p = %.3g): effects change with time, and the "
                  "estimates are averages (--ph-test=FILE says which)",
                  cox->proportional_all, p);
}

enum till_status survival_cox(struct survival_work *work, struct till_error *error) {
    const struct till_frame *frame = work->frame;
    struct till_design *design = NULL;
    struct till_cox *cox = NULL;
    if (frame->rows == 0)
        return till_error_set(error, TILL_ERROR_MODEL, "there are no rows to fit a regression to");
    enum till_status status = till_design_make(&design, frame, SURVIVAL_TERMS, frame->count - SURVIVAL_TERMS, error);
    for (size_t i = 0; status == TILL_OK && i < design->dropped_count; i++)
        tool_warn(work->run, "%s is the same in all rows, and was dropped", design->dropped[i]);
    if (status == TILL_OK)
        status = till_cox_fit(&cox, design, frame->columns[SURVIVAL_TIME].numbers,
                              frame->columns[SURVIVAL_EVENT].numbers, work->settings->ties == 1, error);
    if (status == TILL_OK) {
        tell_cox(work, cox);
        status = write_coefficients(work, design, cox, error);
    }
    if (status == TILL_OK)
        status = write_proportional(work, design, cox, error);
    if (status == TILL_OK)
        status = write_baseline(work, cox, error);
    till_cox_free(cox);
    till_design_free(design);
    return status;
}
