/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads the calculator's input (licensing.md section 8) into the structs that policy.c decides on. Unknown words pass:
 * they are for section 7 to judge. Wrong structure does not. */
#include <string.h>

#include "policy.h"
#include "zulu.h"

static const struct ch_doc_member input_members[] = {
    {"terms", CH_DOC_OBJECT, false, false},
    {"consents", CH_DOC_ARRAY, false, false},
    {"request", CH_DOC_OBJECT, false, false},
    {"context", CH_DOC_OBJECT, true, false},
};
static const struct ch_doc_member request_members[] = {
    {"purpose", CH_DOC_STRING, false, false},   {"action", CH_DOC_STRING, false, false},
    {"org_class", CH_DOC_STRING, false, false}, {"organisation", CH_DOC_STRING, false, false},
    {"region", CH_DOC_STRING, false, false},    {"at", CH_DOC_TIME, false, false},
    {"columns", CH_DOC_STRINGS, false, false},  {"mode", CH_DOC_STRING, false, false},
};
static const struct ch_doc_member consent_members[] = {
    {"member", CH_DOC_STRING, false, false},  {"pool", CH_DOC_STRING, false, false},
    {"purpose", CH_DOC_STRING, false, false}, {"recipient_class", CH_DOC_STRING, false, false},
    {"state", CH_DOC_STRING, false, false},   {"type", CH_DOC_STRING, false, false},
    {"notice", CH_DOC_INTEGER, false, false}, {"at", CH_DOC_TIME, false, false},
    {"until", CH_DOC_TIME, false, true},
};
static const struct ch_doc_member context_members[] = {
    {"attested_at", CH_DOC_TIME, true, false},
    {"prohibitions", CH_DOC_ARRAY, true, false},
    {"sanctions", CH_DOC_ARRAY, true, false},
};
static const struct ch_doc_member prohibition_members[] = {
    {"id", CH_DOC_STRING, false, false},
    {"purpose", CH_DOC_STRING, false, true},
    {"from", CH_DOC_TIME, false, false},
    {"until", CH_DOC_TIME, false, true},
};
static const struct ch_doc_member sanction_members[] = {
    {"id", CH_DOC_STRING, false, false},     {"organisation", CH_DOC_STRING, false, false},
    {"purpose", CH_DOC_STRING, false, true}, {"from", CH_DOC_TIME, false, false},
    {"until", CH_DOC_TIME, false, true},
};

static int64_t end_or_never(const json_t *object)
{
    return ch_text_of(object, "until") ? ch_time_of(object, "until") : INT64_MAX;
}

static void read_columns(struct ch_faults *faults, const struct ch_at *at, const struct ch_terms *terms,
                         const json_t *list, struct ch_policy_request *out)
{
    const struct ch_at here = {at, "columns", 0};
    if (json_array_size(list) == 0)
        ch_fault(faults, &here, "names no column");
    ch_doc_unique(faults, &here, list, NULL);
    out->columns = ch_alloc_array(faults->arena, terms->column_count, sizeof *out->columns);
    out->all_known = true;
    for (size_t i = 0; i < json_array_size(list); i++) {
        size_t column = ch_terms_column(terms, json_string_value(json_array_get(list, i)));
        if (column < terms->column_count)
            out->columns[column] = true;
        else
            out->all_known = false;
    }
}

bool ch_policy_request_parse(struct ch_faults *faults, const struct ch_at *at, const struct ch_terms *terms,
                             const json_t *value, struct ch_policy_request *out)
{
    size_t before = ch_faults_count(faults);
    if (!ch_doc_object(faults, at, value, CH_DOC_MEMBERS(request_members)))
        return false;
    *out = (struct ch_policy_request){
        .purpose_text = ch_text_of(value, "purpose"),
        .org_class_text = ch_text_of(value, "org_class"),
        .organisation = ch_text_of(value, "organisation"),
        .purpose = ch_purpose_index(ch_text_of(value, "purpose")),
        .action = ch_word_index(&CH_WORDS_ACTIONS, ch_text_of(value, "action")),
        .org_class = ch_word_index(&CH_WORDS_ORG_CLASSES, ch_text_of(value, "org_class")),
        .region = ch_region_bit(ch_text_of(value, "region")),
        .mode = ch_word_index(&CH_WORDS_MODES, ch_text_of(value, "mode")),
        .at = ch_time_of(value, "at"),
    };
    read_columns(faults, at, terms, json_object_get(value, "columns"), out);
    return ch_faults_count(faults) == before;
}

static void read_ban(struct ch_faults *faults, const struct ch_at *at, const json_t *value, bool sanction,
                     struct ch_ban *out)
{
    bool good = sanction ? ch_doc_object(faults, at, value, CH_DOC_MEMBERS(sanction_members))
                         : ch_doc_object(faults, at, value, CH_DOC_MEMBERS(prohibition_members));
    if (!good)
        return;
    const char *purpose = ch_text_of(value, "purpose");
    unsigned index = purpose ? ch_purpose_index(purpose) : CH_PURPOSE_UNKNOWN;
    *out = (struct ch_ban){
        .id = ch_text_of(value, "id"),
        .organisation = ch_text_of(value, "organisation"),
        .purposes = index == CH_PURPOSE_UNKNOWN ? UINT64_MAX : ch_purposes[index].descendants,
        .from = ch_time_of(value, "from"),
        .until = end_or_never(value),
    };
}

static struct ch_ban *read_bans(struct ch_faults *faults, const struct ch_at *at, const json_t *context,
                                const char *name, size_t *count)
{
    const struct ch_at here = {at, name, 0};
    const json_t *list = json_object_get(context, name);
    *count = json_array_size(list);
    struct ch_ban *bans = ch_alloc_array(faults->arena, *count, sizeof *bans);
    ch_doc_unique(faults, &here, list, "id");
    for (size_t i = 0; i < *count; i++) {
        const struct ch_at element = {&here, NULL, i};
        read_ban(faults, &element, json_array_get(list, i), strcmp(name, "sanctions") == 0, &bans[i]);
    }
    return bans;
}

bool ch_policy_context_parse(struct ch_faults *faults, const struct ch_at *at, const json_t *value,
                             struct ch_policy_context *out)
{
    size_t before = ch_faults_count(faults);
    *out = (struct ch_policy_context){0};
    if (!value)
        return true;
    if (!ch_doc_object(faults, at, value, CH_DOC_MEMBERS(context_members)))
        return false;
    out->attested = ch_text_of(value, "attested_at") != NULL;
    out->attested_at = out->attested ? ch_time_of(value, "attested_at") : 0;
    out->prohibitions = read_bans(faults, at, value, "prohibitions", &out->prohibition_count);
    out->sanctions = read_bans(faults, at, value, "sanctions", &out->sanction_count);
    return ch_faults_count(faults) == before;
}

/* Section 3.1: what a state says. A word that is none decides, and does not permit. */
static enum ch_consent_effect effect_of(const char *state)
{
    if (strcmp(state, "requested") == 0 || strcmp(state, "deferred") == 0)
        return CH_CONSENT_UNDECIDED;
    return strcmp(state, "given") == 0 || strcmp(state, "renewed") == 0 ? CH_CONSENT_PERMITS : CH_CONSENT_REFUSES;
}

static void read_consent(struct ch_faults *faults, const struct ch_at *at, const json_t *value, struct ch_consent *out)
{
    if (!ch_doc_object(faults, at, value, CH_DOC_MEMBERS(consent_members)))
        return;
    const char *type = ch_text_of(value, "type");
    *out = (struct ch_consent){
        .member = ch_text_of(value, "member"),
        .pool = ch_text_of(value, "pool"),
        .purpose = ch_text_of(value, "purpose"),
        .recipient_class = ch_text_of(value, "recipient_class"),
        .effect = effect_of(ch_text_of(value, "state")),
        .valid_type = strcmp(type, "expressed") == 0 || strcmp(type, "explicit") == 0,
        .explicit_type = strcmp(type, "explicit") == 0,
        .notice = ch_integer_of(value, "notice"),
        .at = ch_time_of(value, "at"),
        .until = end_or_never(value),
    };
}

static void read_consents(struct ch_faults *faults, const struct ch_at *at, const json_t *list,
                          struct ch_policy_input *out)
{
    out->consent_count = json_array_size(list);
    if (out->consent_count > CH_POLICY_CONSENTS) {
        ch_fault(faults, at, "has more than %d events", CH_POLICY_CONSENTS);
        return;
    }
    out->consents = ch_alloc_array(faults->arena, out->consent_count, sizeof *out->consents);
    for (size_t i = 0; i < out->consent_count; i++) {
        const struct ch_at element = {at, NULL, i};
        read_consent(faults, &element, json_array_get(list, i), &out->consents[i]);
    }
}

bool ch_policy_read(struct ch_faults *faults, const char *text, size_t length, struct ch_policy_input *out)
{
    static const struct ch_json_limits limits = {.bytes = CH_TERMS_BYTES, .depth = CH_TERMS_DEPTH, .integers = true};
    const struct ch_at terms = {NULL, "terms", 0}, consents = {NULL, "consents", 0};
    const struct ch_at request = {NULL, "request", 0}, context = {NULL, "context", 0};
    struct ch_json_error error;
    *out = (struct ch_policy_input){0};
    json_t *doc = ch_json_parse(faults->arena, text, length, &limits, &error);
    if (!doc) {
        ch_fault_pointer(faults, error.pointer, error.detail);
        return false;
    }
    if (!ch_doc_object(faults, NULL, doc, CH_DOC_MEMBERS(input_members)))
        return false;
    out->terms = ch_terms_parse(faults, &terms, json_object_get(doc, "terms"));
    read_consents(faults, &consents, json_object_get(doc, "consents"), out);
    if (out->terms)
        ch_policy_request_parse(faults, &request, out->terms, json_object_get(doc, "request"), &out->request);
    ch_policy_context_parse(faults, &context, json_object_get(doc, "context"), &out->context);
    return ch_faults_count(faults) == 0;
}
