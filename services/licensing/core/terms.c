/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads terms documents: shape first, then every word into a bit. What a document may say is not judged here
 * (terms_check.c), and nothing is decided (policy.c). */
#include "terms.h"

#include <string.h>

#include "zulu.h"

static const struct ch_doc_member terms_members[] = {
    {"terms", CH_DOC_INTEGER, false, false},
    {"pool", CH_DOC_STRING, false, false},
    {"version", CH_DOC_INTEGER, false, false},
    {"purposes", CH_DOC_INTEGER, false, false},
    {"special_category", CH_DOC_BOOLEAN, false, false},
    {"valid", CH_DOC_OBJECT, false, false},
    {"columns", CH_DOC_ARRAY, false, false},
    {"tiers", CH_DOC_ARRAY, false, false},
    {"duties", CH_DOC_ARRAY, false, false},
    {"prohibited_acts", CH_DOC_STRINGS, false, false},
    {"rules", CH_DOC_ARRAY, false, false},
};
static const struct ch_doc_member valid_members[] = {
    {"from", CH_DOC_TIME, false, false},
    {"until", CH_DOC_TIME, false, false},
};
static const struct ch_doc_member column_members[] = {
    {"name", CH_DOC_STRING, false, false},
    {"type", CH_DOC_STRING, false, false},
    {"sensitivity", CH_DOC_STRING, false, false},
};
static const struct ch_doc_member tier_members[] = {
    {"id", CH_DOC_ID, false, false},
    {"org_classes", CH_DOC_STRINGS, false, false},
    {"purposes", CH_DOC_STRINGS, false, false},
    {"attest_days", CH_DOC_INTEGER, false, true},
    {"council", CH_DOC_BOOLEAN, false, false},
    {"price", CH_DOC_OBJECT, false, false},
};
static const struct ch_doc_member duty_members[] = {
    {"id", CH_DOC_ID, false, false},
    {"act", CH_DOC_STRING, false, false},
    {"tiers", CH_DOC_STRINGS, true, false},
    {"within_days", CH_DOC_INTEGER, true, false},
};
static const struct ch_doc_member grant_members[] = {
    {"id", CH_DOC_ID, false, false},
    {"effect", CH_DOC_STRING, false, false},
    {"purposes", CH_DOC_STRINGS, false, false},
    {"descendants", CH_DOC_BOOLEAN, false, false},
    {"actions", CH_DOC_STRINGS, false, false},
    {"org_classes", CH_DOC_STRINGS, false, false},
    {"regions", CH_DOC_STRINGS, false, false},
    {"modes", CH_DOC_STRINGS, false, false},
    {"conditions", CH_DOC_ARRAY, true, false},
    {"columns", CH_DOC_OBJECT, false, false},
    {"min_cohort", CH_DOC_INTEGER, false, false},
    {"max_days", CH_DOC_INTEGER, false, false},
    {"tiers", CH_DOC_STRINGS, false, false},
    {"duties", CH_DOC_STRINGS, false, false},
    {"notice_floor", CH_DOC_INTEGER, false, false},
};
static const struct ch_doc_member prohibit_members[] = {
    {"id", CH_DOC_ID, false, false},
    {"effect", CH_DOC_STRING, false, false},
    {"purposes", CH_DOC_STRINGS, false, false},
    {"actions", CH_DOC_STRINGS, true, false},
    {"org_classes", CH_DOC_STRINGS, true, false},
    {"regions", CH_DOC_STRINGS, true, false},
    {"modes", CH_DOC_STRINGS, true, false},
    {"conditions", CH_DOC_ARRAY, true, false},
};
static const struct ch_doc_member condition_members[] = {
    {"operand", CH_DOC_STRING, false, false},
    {"op", CH_DOC_STRING, false, false},
    {"value", CH_DOC_ANY, false, false},
};

/* What the readers below share: the document being made, and where its faults go. */
struct reader {
    struct ch_faults *faults;
    struct ch_arena *arena;
    struct ch_terms *terms;
};

/* The words of a list as bits. An unknown word matches nothing, or everything in a prohibition. */
static uint32_t word_set(const json_t *list, const struct ch_words *words, bool prohibit)
{
    uint32_t set = 0;
    if (!list)
        return UINT32_MAX;
    for (size_t i = 0; i < json_array_size(list); i++) {
        unsigned word = ch_word_index(words, json_string_value(json_array_get(list, i)));
        if (word < words->count)
            set |= UINT32_C(1) << word;
        else if (prohibit)
            return UINT32_MAX;
    }
    return set;
}

static uint64_t purpose_set(const json_t *list, bool descendants, bool prohibit)
{
    uint64_t set = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        unsigned purpose = ch_purpose_index(json_string_value(json_array_get(list, i)));
        if (purpose != CH_PURPOSE_UNKNOWN)
            set |= descendants ? ch_purposes[purpose].descendants : UINT64_C(1) << purpose;
        else if (prohibit)
            return UINT64_MAX;
    }
    return set;
}

static struct ch_region_set region_set(const json_t *list, bool prohibit)
{
    struct ch_region_set set = {{0}}, all;
    memset(&all, 0xff, sizeof all);
    if (!list)
        return all;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!ch_region_set_add(&set, json_string_value(json_array_get(list, i))) && prohibit)
            return all;
    return set;
}

static enum ch_operator operator_of(enum ch_operand operand, const char *text)
{
    static const struct {
        enum ch_operand operand;
        const char *text;
        enum ch_operator op;
    } known[] = {
        {CH_OPERAND_ORGANISATION, "eq", CH_OP_EQ},
        {CH_OPERAND_ORGANISATION, "neq", CH_OP_NEQ},
        {CH_OPERAND_ORGANISATION, "isAnyOf", CH_OP_ANY_OF},
        {CH_OPERAND_ORGANISATION, "isNoneOf", CH_OP_NONE_OF},
        {CH_OPERAND_AT, "gteq", CH_OP_GTEQ},
        {CH_OPERAND_AT, "lt", CH_OP_LT},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].operand == operand && strcmp(known[i].text, text) == 0)
            return known[i].op;
    return CH_OP_UNKNOWN;
}

/* The value of a condition with a known operator; false with a fault when it has the wrong shape. */
static bool read_value(struct reader *r, const struct ch_at *at, const json_t *value, struct ch_condition *out)
{
    bool list = out->op == CH_OP_ANY_OF || out->op == CH_OP_NONE_OF;
    const struct ch_at here = {at, "value", 0};
    enum ch_doc_shape shape = out->operand == CH_OPERAND_AT ? CH_DOC_TIME : list ? CH_DOC_STRINGS : CH_DOC_STRING;
    if (!ch_doc_value(r->faults, &here, value, shape))
        return false;
    if (out->operand == CH_OPERAND_AT)
        return ch_zulu_parse(json_string_value(value), &out->at);
    out->value_count = list ? json_array_size(value) : 1;
    out->values = ch_alloc_array(r->arena, out->value_count, sizeof *out->values);
    for (size_t i = 0; i < out->value_count; i++)
        out->values[i] = json_string_value(list ? json_array_get(value, i) : value);
    return true;
}

static void read_condition(struct reader *r, const struct ch_at *at, const json_t *value, struct ch_condition *out)
{
    if (!ch_doc_object(r->faults, at, value, CH_DOC_MEMBERS(condition_members)))
        return;
    out->operand_text = ch_text_of(value, "operand");
    out->operand = strcmp(out->operand_text, "organisation") == 0 ? CH_OPERAND_ORGANISATION
                   : strcmp(out->operand_text, "at") == 0         ? CH_OPERAND_AT
                                                                  : CH_OPERAND_UNKNOWN;
    out->op = operator_of(out->operand, ch_text_of(value, "op"));
    if (out->op != CH_OP_UNKNOWN)
        read_value(r, at, json_object_get(value, "value"), out);
}

static void read_conditions(struct reader *r, const struct ch_at *at, const json_t *list, struct ch_rule *rule)
{
    const struct ch_at here = {at, "conditions", 0};
    rule->condition_count = json_array_size(list);
    rule->conditions = ch_alloc_array(r->arena, rule->condition_count, sizeof *rule->conditions);
    for (size_t i = 0; i < rule->condition_count; i++) {
        const struct ch_at element = {&here, NULL, i};
        read_condition(r, &element, json_array_get(list, i), &rule->conditions[i]);
    }
}

static size_t tier_index(const struct ch_terms *terms, const char *id)
{
    size_t i = 0;
    while (i < terms->tier_count && (!terms->tiers[i].id || strcmp(terms->tiers[i].id, id) != 0))
        i++;
    return i;
}

static size_t duty_index(const struct ch_terms *terms, const char *id)
{
    size_t i = 0;
    while (i < terms->duty_count && (!terms->duties[i].id || strcmp(terms->duties[i].id, id) != 0))
        i++;
    return i;
}

/* Indexes of the tiers or duties a list names; each must be defined and stand once. The count is the list's. */
static size_t *read_references(struct reader *r, const struct ch_at *at, const json_t *object, const char *name,
                               size_t (*index)(const struct ch_terms *, const char *), size_t defined)
{
    const struct ch_at here = {at, name, 0};
    const json_t *list = json_object_get(object, name);
    size_t *found = ch_alloc_array(r->arena, json_array_size(list), sizeof *found);
    ch_doc_unique(r->faults, &here, list, NULL);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const struct ch_at element = {&here, NULL, i};
        found[i] = index(r->terms, json_string_value(json_array_get(list, i)));
        if (found[i] == defined)
            ch_fault(r->faults, &element, "refers to something that is not defined under /%s", name);
    }
    return found;
}

static void read_column(struct reader *r, const struct ch_at *at, const json_t *value, size_t i)
{
    struct ch_column *column = &r->terms->columns[i];
    if (!ch_doc_object(r->faults, at, value, CH_DOC_MEMBERS(column_members)))
        return;
    column->name = ch_text_of(value, "name");
    column->type = (enum ch_column_type)ch_word_index(&CH_WORDS_TYPES, ch_text_of(value, "type"));
    column->sensitivity = (enum ch_sensitivity)ch_word_index(&CH_WORDS_SENSITIVITIES, ch_text_of(value, "sensitivity"));
}

static void read_tier(struct reader *r, const struct ch_at *at, const json_t *value, size_t i)
{
    struct ch_tier *tier = &r->terms->tiers[i];
    if (!ch_doc_object(r->faults, at, value, CH_DOC_MEMBERS(tier_members)))
        return;
    tier->id = ch_text_of(value, "id");
    tier->org_classes = word_set(json_object_get(value, "org_classes"), &CH_WORDS_ORG_CLASSES, false);
    tier->purposes = purpose_set(json_object_get(value, "purposes"), false, false);
    int64_t days = ch_integer_of(value, "attest_days");
    bool needed = !json_is_null(json_object_get(value, "attest_days"));
    /* Far beyond any instant a document can name, and still no overflow when it is added to one. */
    tier->attest_seconds = !needed ? -1 : days > INT64_C(10000000) ? INT64_C(10000000) * 86400 : days * 86400;
    tier->council = ch_true_of(value, "council");
}

static void read_duty(struct reader *r, const struct ch_at *at, const json_t *value, size_t i)
{
    struct ch_duty *duty = &r->terms->duties[i];
    if (!ch_doc_object(r->faults, at, value, CH_DOC_MEMBERS(duty_members)))
        return;
    size_t tiers = r->terms->tier_count;
    duty->id = ch_text_of(value, "id");
    duty->act_text = ch_text_of(value, "act");
    duty->act = (enum ch_duty_act)ch_word_index(&CH_WORDS_DUTIES, duty->act_text);
    duty->within_days = json_object_get(value, "within_days") ? ch_integer_of(value, "within_days") : -1;
    duty->tiers = ch_alloc_array(r->arena, tiers, sizeof *duty->tiers);
    const json_t *list = json_object_get(value, "tiers");
    size_t *named = list ? read_references(r, at, value, "tiers", tier_index, tiers) : NULL;
    for (size_t t = 0; !list && t < tiers; t++)
        duty->tiers[t] = true;
    for (size_t t = 0; t < json_array_size(list); t++)
        if (named[t] < tiers)
            duty->tiers[named[t]] = true;
}

static void read_rule_columns(struct reader *r, const struct ch_at *at, const json_t *object, struct ch_rule *rule)
{
    rule->columns = ch_alloc_array(r->arena, r->terms->column_count, sizeof *rule->columns);
    const struct ch_at here = {at, "columns", 0};
    json_t *walked = (json_t *)(uintptr_t)object;
    for (void *i = json_object_iter(walked); i; i = json_object_iter_next(walked, i)) {
        const struct ch_at member = {&here, json_object_iter_key(i), 0};
        if (!ch_doc_value(r->faults, &member, json_object_iter_value(i), CH_DOC_STRING))
            continue;
        size_t column = ch_terms_column(r->terms, json_object_iter_key(i));
        if (column < r->terms->column_count)
            ch_general_parse(json_string_value(json_object_iter_value(i)), &rule->columns[column]);
    }
}

static void read_grant_part(struct reader *r, const struct ch_at *at, const json_t *value, struct ch_rule *rule)
{
    read_rule_columns(r, at, json_object_get(value, "columns"), rule);
    rule->min_cohort = ch_integer_of(value, "min_cohort");
    rule->max_days = ch_integer_of(value, "max_days");
    rule->notice_floor = ch_integer_of(value, "notice_floor");
    rule->tiers = read_references(r, at, value, "tiers", tier_index, r->terms->tier_count);
    rule->tier_count = json_array_size(json_object_get(value, "tiers"));
    size_t *duties = read_references(r, at, value, "duties", duty_index, r->terms->duty_count);
    rule->duties = ch_alloc_array(r->arena, r->terms->duty_count, sizeof *rule->duties);
    for (size_t i = 0; i < json_array_size(json_object_get(value, "duties")); i++)
        if (duties[i] < r->terms->duty_count)
            rule->duties[duties[i]] = true;
}

/* True when the rule has one of the three effects; anything else leaves its shape open, so it is a fault. */
static bool read_effect(struct reader *r, const struct ch_at *at, const json_t *value, struct ch_rule *rule)
{
    static const char *const effects[] = {"permit", "council", "prohibit"};
    static const struct ch_words words = {effects, 3};
    const char *text = json_is_object(value) ? ch_text_of(value, "effect") : NULL;
    unsigned effect = text ? ch_word_index(&words, text) : words.count;
    const struct ch_at here = {at, "effect", 0};
    if (effect == words.count)
        ch_fault(r->faults, json_is_object(value) ? &here : at, "%s",
                 json_is_object(value) ? "must be permit, council or prohibit" : "must be an object");
    else
        rule->effect = (enum ch_effect)effect;
    return effect < words.count;
}

static void read_rule(struct reader *r, const struct ch_at *at, const json_t *value, size_t i)
{
    struct ch_rule *rule = &r->terms->rules[i];
    if (!read_effect(r, at, value, rule))
        return;
    bool prohibit = rule->effect == CH_EFFECT_PROHIBIT;
    bool good = prohibit ? ch_doc_object(r->faults, at, value, CH_DOC_MEMBERS(prohibit_members))
                         : ch_doc_object(r->faults, at, value, CH_DOC_MEMBERS(grant_members));
    if (!good)
        return;
    rule->id = ch_text_of(value, "id");
    rule->descendants = prohibit || ch_true_of(value, "descendants");
    rule->purposes = purpose_set(json_object_get(value, "purposes"), rule->descendants, prohibit);
    rule->actions = word_set(json_object_get(value, "actions"), &CH_WORDS_ACTIONS, prohibit);
    rule->org_classes = word_set(json_object_get(value, "org_classes"), &CH_WORDS_ORG_CLASSES, prohibit);
    rule->modes = word_set(json_object_get(value, "modes"), &CH_WORDS_MODES, prohibit);
    rule->regions = region_set(json_object_get(value, "regions"), prohibit);
    read_conditions(r, at, json_object_get(value, "conditions"), rule);
    if (!prohibit)
        read_grant_part(r, at, value, rule);
}

/* Calls `read` for each element; what identifies them must be unique. The count of the array. */
static size_t read_array(struct reader *r, const struct ch_at *at, const char *name, const char *identity,
                         void (*read)(struct reader *, const struct ch_at *, const json_t *, size_t))
{
    const struct ch_at here = {at, name, 0};
    const json_t *array = json_object_get(r->terms->doc, name);
    ch_doc_unique(r->faults, &here, array, identity);
    for (size_t i = 0; i < json_array_size(array); i++) {
        const struct ch_at element = {&here, NULL, i};
        read(r, &element, json_array_get(array, i), i);
    }
    return json_array_size(array);
}

static void read_head(struct reader *r, const struct ch_at *at)
{
    const json_t *doc = r->terms->doc, *valid = json_object_get(doc, "valid");
    const struct ch_at in_terms = {at, "terms", 0}, in_purposes = {at, "purposes", 0}, in_valid = {at, "valid", 0};
    if (ch_integer_of(doc, "terms") != 1)
        ch_fault(r->faults, &in_terms, "only version 1 of the form is known");
    if (ch_integer_of(doc, "purposes") != CH_PURPOSES_VERSION)
        ch_fault(r->faults, &in_purposes, "only version %d of the purposes is known", CH_PURPOSES_VERSION);
    r->terms->pool = ch_text_of(doc, "pool");
    r->terms->version = ch_integer_of(doc, "version");
    r->terms->special_category = ch_true_of(doc, "special_category");
    if (!ch_doc_object(r->faults, &in_valid, valid, CH_DOC_MEMBERS(valid_members)))
        return;
    r->terms->from = ch_time_of(valid, "from");
    r->terms->until = ch_time_of(valid, "until");
}

static void read_acts(struct reader *r)
{
    const json_t *list = json_object_get(r->terms->doc, "prohibited_acts");
    r->terms->act_count = json_array_size(list);
    r->terms->acts = ch_alloc_array(r->arena, r->terms->act_count, sizeof *r->terms->acts);
    for (size_t i = 0; i < r->terms->act_count; i++)
        r->terms->acts[i] =
            (enum ch_prohibited_act)ch_word_index(&CH_WORDS_ACTS, json_string_value(json_array_get(list, i)));
}

/* Room for the elements of an array. More than `most` is a fault: rules times columns must stay within memory. */
static void *room_for(struct reader *r, const struct ch_at *at, const char *name, size_t most, size_t *count,
                      size_t size)
{
    const struct ch_at here = {at, name, 0};
    *count = json_array_size(json_object_get(r->terms->doc, name));
    if (*count > most) {
        ch_fault(r->faults, &here, "has more than %zu elements", most);
        *count = 0;
    }
    return ch_alloc_array(r->arena, *count, size);
}

struct ch_terms *ch_terms_parse(struct ch_faults *faults, const struct ch_at *at, const json_t *doc)
{
    struct ch_terms *terms = ch_alloc(faults->arena, sizeof *terms);
    struct reader r = {faults, faults->arena, terms};
    size_t before = ch_faults_count(faults);
    terms->doc = doc;
    if (!ch_doc_object(faults, at, doc, CH_DOC_MEMBERS(terms_members)))
        return NULL;
    ch_doc_integers(faults, at, doc);
    read_head(&r, at);
    terms->columns = room_for(&r, at, "columns", CH_TERMS_COLUMNS, &terms->column_count, sizeof *terms->columns);
    terms->tiers = room_for(&r, at, "tiers", CH_TERMS_TIERS, &terms->tier_count, sizeof *terms->tiers);
    terms->duties = room_for(&r, at, "duties", CH_TERMS_DUTIES, &terms->duty_count, sizeof *terms->duties);
    terms->rules = room_for(&r, at, "rules", CH_TERMS_RULES, &terms->rule_count, sizeof *terms->rules);
    if (ch_faults_count(faults) > before)
        return NULL;
    read_array(&r, at, "columns", "name", read_column);
    read_array(&r, at, "tiers", "id", read_tier);
    read_array(&r, at, "duties", "id", read_duty);
    read_acts(&r);
    read_array(&r, at, "rules", "id", read_rule);
    if (ch_faults_count(faults) > before)
        return NULL;
    ch_json_sha256(faults->arena, doc, terms->hash);
    return terms;
}

struct ch_terms *ch_terms_read(struct ch_faults *faults, const char *text, size_t length)
{
    static const struct ch_json_limits limits = {.bytes = CH_TERMS_BYTES, .depth = CH_TERMS_DEPTH, .integers = true};
    struct ch_json_error error;
    json_t *doc = ch_json_parse(faults->arena, text, length, &limits, &error);
    if (!doc) {
        ch_fault_pointer(faults, error.pointer, error.detail);
        return NULL;
    }
    return ch_terms_parse(faults, NULL, doc);
}

size_t ch_terms_column(const struct ch_terms *terms, const char *name)
{
    size_t i = 0;
    while (i < terms->column_count && (!terms->columns[i].name || strcmp(terms->columns[i].name, name) != 0))
        i++;
    return i;
}

bool ch_rule_is_void(const struct ch_rule *rule)
{
    static const struct ch_region_set none;
    return !rule->purposes || !rule->actions || !rule->org_classes || !rule->modes ||
           ch_region_set_within(&rule->regions, &none);
}

bool ch_rule_is_outright(const struct ch_rule *rule)
{
    return rule->effect == CH_EFFECT_PROHIBIT && rule->actions == UINT32_MAX && rule->modes == UINT32_MAX &&
           rule->condition_count == 0 && ch_region_set_has(&rule->regions, CH_REGION_UNKNOWN);
}
