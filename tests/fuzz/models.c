/* Model files of any content. The first byte says which kind; the rest is taken twice: as a file as it stands, and, if
 * it is JSON, as the body of a file whose form and digest are right. What loads can be used, and saved and loaded again
 * is the same. */
#include "tests/fuzz/fuzz.h"

#include <till/classifier.h>
#include <till/clustering.h>
#include <till/model.h>
#include <till/rfm.h>
#include <till/text.h>
#include <till/value.h>

enum kind { RFM, TIERS, CLUSTERING, CLASSIFIER, KINDS };
static const char *const names[] = {TILL_RFM_SCHEME_KIND, TILL_VALUE_SCHEME_KIND, TILL_CLUSTERING_KIND, "classifier"};

static void use_clustering(const struct till_clustering *model) {
    double numbers[64] = {0};
    struct till_slice levels[64] = {{NULL, 0}};
    double distance;
    if (model->numeric_count <= 64 && model->level_count <= 64)
        claim(till_clustering_nearest(model, numbers, levels, &distance) < model->clusters, "a row has a cluster");
}

static void use_classifier(const struct till_classifier *model) {
    double values[64] = {0};
    double contributions[64];
    if (model->column_count <= 64)
        till_classifier_predict(model, values, contributions);
}

/* Loads a file of a kind, uses what it holds, and saves that again. */
static enum till_status pass(enum kind kind, const char *path, struct till_text *saved) {
    struct till_sink sink = till_sink_text(saved);
    struct till_error error = {0};
    enum till_status status = TILL_ERROR_STATE;
    if (kind == RFM) {
        struct till_rfm_scheme *scheme;
        status = till_rfm_scheme_load(&scheme, path, &error);
        if (status == TILL_OK) {
            till_rfm_scheme_score(scheme, 3, 2, 100);
            claim(till_rfm_scheme_save(sink, scheme, &error) == TILL_OK, "a scheme is saved");
            till_rfm_scheme_free(scheme);
        }
    } else if (kind == TIERS) {
        struct till_value_scheme *scheme;
        status = till_value_scheme_load(&scheme, path, &error);
        if (status == TILL_OK) {
            till_value_scheme_tier(scheme, 12.5);
            claim(till_value_scheme_save(sink, scheme, &error) == TILL_OK, "tiers are saved");
            till_value_scheme_free(scheme);
        }
    } else if (kind == CLUSTERING) {
        struct till_clustering *model;
        status = till_clustering_load(&model, path, &error);
        if (status == TILL_OK) {
            use_clustering(model);
            claim(till_clustering_save(sink, model, &error) == TILL_OK, "a clustering is saved");
            till_clustering_free(model);
        }
    } else {
        struct till_classifier *model;
        status = till_classifier_load(&model, path, &error);
        if (status == TILL_OK) {
            use_classifier(model);
            claim(till_classifier_save(sink, model, &error) == TILL_OK, "a classifier is saved");
            till_classifier_free(model);
        }
    }
    claim(status == TILL_OK || status == TILL_ERROR_STATE, "a model that is refused is a damaged one");
    claim(status == TILL_OK || error.message[0] != '\0', "an error says what it is");
    return status;
}

static void hold_file(enum kind kind, const void *bytes, size_t length) {
    struct till_text first = {0};
    struct till_text second = {0};
    if (pass(kind, scratch(bytes, length), &first) == TILL_OK) {
        claim(pass(kind, scratch(first.bytes, first.length), &second) == TILL_OK, "what was saved loads");
        claim(first.length == second.length && memcmp(first.bytes, second.bytes, first.length) == 0,
              "saved twice is the same");
    }
    till_text_free(&first);
    till_text_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    enum kind kind = data[0] % KINDS;
    hold_file(kind, data + 1, size - 1);
    json_t *body = json_loadb((const char *)data + 1, size - 1, 0, NULL);
    struct till_text file = {0};
    struct till_error error;
    if (json_is_object(body) && till_model_save(till_sink_text(&file), names[kind], body, &error) == TILL_OK)
        hold_file(kind, file.bytes, file.length);
    till_text_free(&file);
    json_decref(body);
    return 0;
}
