/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a pool's members may not be asked to vote on: the rules of check_terms (licensing.md section 5) that need no
 * database. The notice floor is compared in narrows.c, against the version before. */
#include <string.h>

#include "terms.h"

/* The rule being checked, and where it stands. */
struct rule_check {
    struct ch_faults *faults;
    const struct ch_terms *terms;
    const struct ch_rule *rule;
    const json_t *json;
    const struct ch_at *at;
};

static bool known_purpose(const char *text)
{
    return ch_purpose_index(text) != CH_PURPOSE_UNKNOWN;
}

static bool known_region(const char *text)
{
    struct ch_region_set set = {{0}};
    return ch_region_set_add(&set, text);
}

#define KNOWN(name, words)                                                                                             \
    static bool known_##name(const char *text)                                                                         \
    {                                                                                                                  \
        return ch_word_index(&(words), text) < (words).count;                                                          \
    }
KNOWN(action, CH_WORDS_ACTIONS)
KNOWN(org_class, CH_WORDS_ORG_CLASSES)
KNOWN(mode, CH_WORDS_MODES)
KNOWN(act, CH_WORDS_ACTS)

/* Every word of a list known; `may_be_empty` false: an empty list matches nothing, which nobody can mean. */
static void check_words(struct ch_faults *faults, const struct ch_at *at, const json_t *object, const char *name,
                        bool (*known)(const char *), bool may_be_empty)
{
    const struct ch_at here = {at, name, 0};
    const json_t *list = json_object_get(object, name);
    if (list && json_array_size(list) == 0 && !may_be_empty)
        ch_fault(faults, &here, "is empty, so that it matches nothing");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const struct ch_at element = {&here, NULL, i};
        if (!known(json_string_value(json_array_get(list, i))))
            ch_fault(faults, &element, "is not a known word");
    }
}

/* [a-z][<rest>]{0,most}, the forms of column names and pool references. */
static bool has_form(const char *text, const char *rest, size_t most)
{
    size_t length = strlen(text);
    return *text >= 'a' && *text <= 'z' && length <= most + 1 && strspn(text, rest) == length;
}

static void check_head(struct ch_faults *faults, const struct ch_terms *terms)
{
    const struct ch_at pool = {NULL, "pool", 0}, version = {NULL, "version", 0}, valid = {NULL, "valid", 0};
    const struct ch_at acts = {NULL, "prohibited_acts", 0};
    if (!has_form(terms->pool, "abcdefghijklmnopqrstuvwxyz0123456789-", 31))
        ch_fault(faults, &pool, "must match [a-z][a-z0-9-]{0,31}");
    if (terms->version < 1 || terms->version > 1000000)
        ch_fault(faults, &version, "must lie between 1 and 1000000");
    if (terms->from >= terms->until)
        ch_fault(faults, &valid, "must end after it begins");
    check_words(faults, NULL, terms->doc, "prohibited_acts", known_act, true);
    bool reidentify = false;
    for (size_t i = 0; i < terms->act_count; i++)
        reidentify |= terms->acts[i] == CH_ACT_REIDENTIFY;
    if (!reidentify)
        ch_fault(faults, &acts, "must hold reidentify, which no vote may lift");
}

static void check_columns(struct ch_faults *faults, const struct ch_terms *terms)
{
    const struct ch_at columns = {NULL, "columns", 0};
    for (size_t i = 0; i < terms->column_count; i++) {
        const struct ch_at at = {&columns, NULL, i};
        const struct ch_at name = {&at, "name", 0}, type = {&at, "type", 0}, sensitivity = {&at, "sensitivity", 0};
        if (!has_form(terms->columns[i].name, "abcdefghijklmnopqrstuvwxyz0123456789_", 39))
            ch_fault(faults, &name, "must match [a-z][a-z0-9_]{0,39}");
        if (terms->columns[i].type == CH_TYPE_UNKNOWN)
            ch_fault(faults, &type, "is not a known type");
        if (terms->columns[i].sensitivity == CH_SENSITIVITY_UNKNOWN)
            ch_fault(faults, &sensitivity, "must be none, quasi or direct");
    }
}

static void check_tiers_and_duties(struct ch_faults *faults, const struct ch_terms *terms)
{
    const struct ch_at tiers = {NULL, "tiers", 0}, duties = {NULL, "duties", 0};
    for (size_t i = 0; i < terms->tier_count; i++) {
        const struct ch_at at = {&tiers, NULL, i}, days = {&at, "attest_days", 0};
        const json_t *json = json_array_get(json_object_get(terms->doc, "tiers"), i);
        check_words(faults, &at, json, "org_classes", known_org_class, true);
        check_words(faults, &at, json, "purposes", known_purpose, true);
        if (terms->tiers[i].attest_seconds == 0)
            ch_fault(faults, &days, "must be at least 1, or null");
    }
    ch_terms_check_prices(faults, terms);
    for (size_t i = 0; i < terms->duty_count; i++) {
        const struct ch_at at = {&duties, NULL, i}, act = {&at, "act", 0}, within = {&at, "within_days", 0};
        if (terms->duties[i].act == CH_DUTY_UNKNOWN)
            ch_fault(faults, &act, "is no duty with a proof here");
        if (terms->duties[i].within_days > CH_MAX_DAYS)
            ch_fault(faults, &within, "is more than %d days", CH_MAX_DAYS);
    }
}

static void check_conditions(const struct rule_check *check)
{
    const struct ch_at list = {check->at, "conditions", 0};
    for (size_t i = 0; i < check->rule->condition_count; i++) {
        const struct ch_at at = {&list, NULL, i}, operand = {&at, "operand", 0}, op = {&at, "op", 0};
        if (check->rule->conditions[i].operand == CH_OPERAND_UNKNOWN)
            ch_fault(check->faults, &operand, "is not a known operand");
        else if (check->rule->conditions[i].op == CH_OP_UNKNOWN)
            ch_fault(check->faults, &op, "is not an operator of this operand");
    }
}

/* One column of a permit or council rule, as the document writes it. */
static void check_rule_column(const struct rule_check *check, const struct ch_at *at, const char *name,
                              const char *text)
{
    struct ch_general general;
    size_t i = ch_terms_column(check->terms, name);
    if (i == check->terms->column_count) {
        ch_fault(check->faults, at, "is not a column of these terms");
        return;
    }
    const struct ch_column *column = &check->terms->columns[i];
    if (!ch_general_parse(text, &general)) {
        ch_fault(check->faults, at, "is not a known generalisation");
        return;
    }
    if (!ch_general_fits(&general, column->type) && column->type != CH_TYPE_UNKNOWN)
        ch_fault(check->faults, at, "does not fit the type of the column");
    if (column->sensitivity == CH_SENSITIVITY_DIRECT && general.kind != CH_GENERAL_DROP)
        ch_fault(check->faults, at, "must be drop: the column identifies directly");
    if (column->sensitivity == CH_SENSITIVITY_QUASI && general.kind == CH_GENERAL_KEEP &&
        check->rule->effect == CH_EFFECT_PERMIT)
        ch_fault(check->faults, at, "may not be keep in a permit rule: the column is a quasi-identifier");
}

static void check_rule_columns(const struct rule_check *check)
{
    const struct ch_at list = {check->at, "columns", 0}, cohort = {check->at, "min_cohort", 0};
    json_t *columns = json_object_get(check->json, "columns");
    for (void *i = json_object_iter(columns); i; i = json_object_iter_next(columns, i)) {
        const struct ch_at at = {&list, json_object_iter_key(i), 0};
        check_rule_column(check, &at, json_object_iter_key(i), json_string_value(json_object_iter_value(i)));
    }
    for (size_t i = 0; i < check->terms->column_count && check->rule->min_cohort < CH_LEAST_COHORT; i++)
        if (check->terms->columns[i].sensitivity == CH_SENSITIVITY_QUASI &&
            check->rule->columns[i].kind != CH_GENERAL_DROP) {
            ch_fault(check->faults, &cohort, "must be at least %d: a quasi-identifier survives", CH_LEAST_COHORT);
            break;
        }
}

/* Over any parent: a permit on COM.MARKETING with descendants reaches X.ADS too. */
static void check_permit_purposes(const struct rule_check *check)
{
    const struct ch_at at = {check->at, "purposes", 0};
    uint64_t forbidden = ch_purposes[ch_purpose_index("X")].descendants;
    if (check->rule->effect == CH_EFFECT_PERMIT && (check->rule->purposes & forbidden))
        ch_fault(check->faults, &at, "permits X or a purpose below it");
}

static void check_grant_part(const struct rule_check *check)
{
    const struct ch_at days = {check->at, "max_days", 0}, tiers = {check->at, "tiers", 0};
    check_permit_purposes(check);
    check_rule_columns(check);
    if (check->rule->max_days < 1 || check->rule->max_days > CH_MAX_DAYS)
        ch_fault(check->faults, &days, "must lie between 1 and %d", CH_MAX_DAYS);
    if (check->rule->tier_count == 0)
        ch_fault(check->faults, &tiers, "is empty, so that nobody gets a tier");
}

static bool within(uint64_t inner, uint64_t outer)
{
    return (inner & ~outer) == 0;
}

/* Whether each condition of the earlier rule is one of the later rule's too, so that it cannot narrow it. */
static bool conditions_within(const json_t *earlier, const json_t *later)
{
    const json_t *wide = json_object_get(earlier, "conditions"), *narrow = json_object_get(later, "conditions");
    for (size_t i = 0; i < json_array_size(wide); i++) {
        size_t j = 0;
        while (j < json_array_size(narrow) && !json_equal(json_array_get(wide, i), json_array_get(narrow, j)))
            j++;
        if (j == json_array_size(narrow))
            return false;
    }
    return true;
}

/* True when `earlier` matches every request that `later` matches. Only assignable purposes can be asked for. */
static bool matches_all_of(const struct ch_rule *earlier, const json_t *earlier_json, const struct rule_check *later)
{
    uint64_t purposes = later->rule->purposes & ch_purposes_assignable();
    return within(purposes, earlier->purposes) && within(later->rule->actions, earlier->actions) &&
           within(later->rule->org_classes, earlier->org_classes) && within(later->rule->modes, earlier->modes) &&
           ch_region_set_within(&later->rule->regions, &earlier->regions) &&
           conditions_within(earlier_json, later->json);
}

static void check_reached(const struct rule_check *check, size_t index)
{
    const json_t *rules = json_object_get(check->terms->doc, "rules");
    if (ch_rule_is_void(check->rule))
        return; /* told already: an empty list or an unknown word */
    for (size_t i = 0; i < index; i++) {
        const struct ch_rule *earlier = &check->terms->rules[i];
        if (earlier->effect != check->rule->effect || !matches_all_of(earlier, json_array_get(rules, i), check))
            continue;
        ch_fault(check->faults, check->at, "is never reached: rule %s matches all it matches", earlier->id);
        return;
    }
}

static void check_rule(struct ch_faults *faults, const struct ch_terms *terms, size_t index)
{
    const struct ch_at rules = {NULL, "rules", 0}, at = {&rules, NULL, index};
    const struct rule_check check = {faults, terms, &terms->rules[index],
                                     json_array_get(json_object_get(terms->doc, "rules"), index), &at};
    check_words(faults, &at, check.json, "purposes", known_purpose, false);
    check_words(faults, &at, check.json, "actions", known_action, false);
    check_words(faults, &at, check.json, "org_classes", known_org_class, false);
    check_words(faults, &at, check.json, "regions", known_region, false);
    check_words(faults, &at, check.json, "modes", known_mode, false);
    check_conditions(&check);
    if (check.rule->effect != CH_EFFECT_PROHIBIT)
        check_grant_part(&check);
    check_reached(&check, index);
}

void ch_terms_check(struct ch_faults *faults, const struct ch_terms *terms)
{
    check_head(faults, terms);
    check_columns(faults, terms);
    check_tiers_and_duties(faults, terms);
    for (size_t i = 0; i < terms->rule_count; i++)
        check_rule(faults, terms, i);
}
