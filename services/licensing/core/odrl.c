/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Renders rules as ODRL: constraint by constraint, in the order of the table of licensing.md section 6. It judges
 * nothing (policy.c does) and reads no ODRL. */
#include "odrl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/id.h"
#include "zulu.h"

/* ---- small pieces; json_t arguments are taken over ---- */

static void add_constraint(json_t *list, const char *left, const char *op, json_t *right)
{
    json_array_append_new(list,
                          json_pack("{s:s, s:s, s:o}", "leftOperand", left, "operator", op, "rightOperand", right));
}

static json_t *iri(const char *prefix, const char *name)
{
    return json_pack("{s:s+}", "@id", prefix, name);
}

static json_t *typed(const char *value, const char *type)
{
    return json_pack("{s:s, s:s}", "@value", value, "@type", type);
}

static json_t *days(int64_t count)
{
    return json_sprintf("P%lldD", (long long)count);
}

/* {"action", "constraint"?} */
static json_t *act(const char *prefix, const char *name, json_t *constraints)
{
    json_t *made = json_pack("{s:s+}", "action", prefix, name);
    if (json_array_size(constraints) > 0)
        json_object_set(made, "constraint", constraints);
    json_decref(constraints);
    return made;
}

/* Several purposes are alternatives: one `or`. */
static void add_purposes(json_t *list, const json_t *purposes, const char *op)
{
    json_t *each = json_array();
    for (size_t i = 0; i < json_array_size(purposes); i++)
        add_constraint(each, "odrl:purpose", op, iri(CH_NS, json_string_value(json_array_get(purposes, i))));
    if (json_array_size(each) == 1)
        json_array_extend(list, each);
    else
        json_array_append_new(list, json_pack("{s:O}", "or", each));
    json_decref(each);
}

static void add_words(json_t *list, const char *left, const json_t *words)
{
    if (json_array_size(words) > 0)
        add_constraint(list, left, "isAnyOf", json_deep_copy(words));
}

static void add_conditions(json_t *list, const json_t *conditions)
{
    for (size_t i = 0; i < json_array_size(conditions); i++) {
        const json_t *one = json_array_get(conditions, i), *value = json_object_get(one, "value");
        const char *operand = ch_text_of(one, "operand");
        char left[128];
        snprintf(left, sizeof left, "%s%s", CH_NS, operand);
        bool instant = strcmp(operand, "at") == 0 && json_is_string(value);
        add_constraint(list, left, ch_text_of(one, "op"),
                       instant ? typed(json_string_value(value), "xsd:dateTime") : json_deep_copy(value));
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *sorted(const char **texts, size_t count)
{
    json_t *list = json_array();
    qsort(texts, count, sizeof *texts, by_text);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(texts[i]));
    return list;
}

/* ---- prohibitions and duties ---- */

static void add_prohibitions_of(json_t *list, const json_t *rule)
{
    const json_t *actions = json_object_get(rule, "actions");
    json_t *constraints = json_array();
    add_purposes(constraints, json_object_get(rule, "purposes"), "isA");
    add_words(constraints, CH_NS "orgClass", json_object_get(rule, "org_classes"));
    add_words(constraints, CH_NS "mode", json_object_get(rule, "modes"));
    add_words(constraints, "odrl:spatial", json_object_get(rule, "regions"));
    add_conditions(constraints, json_object_get(rule, "conditions"));
    if (!actions)
        json_array_append_new(list, act("odrl:", "use", json_incref(constraints)));
    for (size_t i = 0; i < json_array_size(actions); i++)
        json_array_append_new(list,
                              act("odrl:", json_string_value(json_array_get(actions, i)), json_deep_copy(constraints)));
    json_decref(constraints);
}

/* A list that is there and empty matches nothing: such a prohibition says nothing. */
static bool says_something(const json_t *rule)
{
    static const char *const lists[] = {"actions", "org_classes", "regions", "modes"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const json_t *list = json_object_get(rule, lists[i]);
        if (list && json_array_size(list) == 0)
            return false;
    }
    return json_array_size(json_object_get(rule, "purposes")) > 0;
}

static void add_prohibited_acts(json_t *list, const json_t *acts)
{
    for (size_t i = 0; i < json_array_size(acts); i++) {
        const char *word = json_string_value(json_array_get(acts, i));
        if (strcmp(word, "transfer_onward") == 0)
            json_array_append_new(list, act("odrl:", "distribute", NULL));
        else if (strcmp(word, "sell_data") == 0)
            json_array_append_new(list, act("odrl:", "sell", NULL));
        else if (ch_word_index(&CH_WORDS_ACTS, word) < CH_WORDS_ACTS.count)
            json_array_append_new(list, act(CH_NS, word, NULL));
    }
}

/* `rules` in any mixture; those with effect prohibit count. */
static json_t *prohibitions(const json_t *rules, const json_t *acts, const json_t *trust_prohibits)
{
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        if (strcmp(ch_text_of(rule, "effect"), "prohibit") == 0 && says_something(rule))
            add_prohibitions_of(list, rule);
    }
    add_prohibited_acts(list, acts);
    for (size_t i = 0; i < json_array_size(trust_prohibits); i++) {
        json_t *constraints = json_array();
        add_constraint(constraints, "odrl:purpose", "isA",
                       iri(CH_NS, json_string_value(json_array_get(trust_prohibits, i))));
        json_array_append_new(list, act("odrl:", "use", constraints));
    }
    return list;
}

/* The duty's name in ODRL, NULL where ODRL has none and ours stands. */
static const char *odrl_duty(const char *word)
{
    static const char *const names[][2] = {
        {"compensate", "compensate"},
        {"accept_tracking", "acceptTracking"},
        {"attribute", "attribute"},
        {"inform", "inform"},
        {"delete", "delete"},
        {"anonymize", "anonymize"},
        {"obtain_consent", "obtainConsent"},
        {"review_policy", "reviewPolicy"},
        {"next_policy", "nextPolicy"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i][0], word) == 0)
            return names[i][1];
    return NULL;
}

/* `tiers` (taken over) is said where the duty holds in some of the rule's tiers only, and always for money. */
static void add_duty(json_t *list, const json_t *duty, json_t *tiers, bool always)
{
    const char *word = ch_text_of(duty, "act"), *odrl = odrl_duty(word);
    const json_t *within = json_object_get(duty, "within_days");
    json_t *constraints = json_array();
    if (!always || strcmp(word, "compensate") == 0)
        add_constraint(constraints, CH_NS "tier", "isAnyOf", json_incref(tiers));
    if (json_is_integer(within))
        add_constraint(constraints, "odrl:elapsedTime", "lteq", days(json_integer_value(within)));
    json_array_append_new(list, act(odrl ? "odrl:" : CH_NS, odrl ? odrl : word, constraints));
    json_decref(tiers);
}

/* ---- Offers ---- */

static json_t *tiers_of(const struct ch_terms *terms, const struct ch_rule *rule, const bool *in)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rule->tier_count; i++)
        if (in ? in[rule->tiers[i]] : terms->tiers[rule->tiers[i]].council)
            json_array_append_new(list, json_string(terms->tiers[rule->tiers[i]].id));
    return list;
}

static void add_council(json_t *list, const struct ch_terms *terms, const struct ch_rule *rule)
{
    json_t *constraints = json_array(), *tiers = tiers_of(terms, rule, NULL);
    bool always = rule->effect == CH_EFFECT_COUNCIL || terms->special_category;
    if (!always && json_array_size(tiers) > 0)
        add_constraint(constraints, CH_NS "tier", "isAnyOf", json_incref(tiers));
    if (always || json_array_size(tiers) > 0)
        json_array_append_new(list, act(CH_NS, "councilApproval", json_incref(constraints)));
    json_decref(constraints);
    json_decref(tiers);
}

static json_t *obligations(const struct ch_terms *terms, const struct ch_rule *rule)
{
    json_t *list = json_array();
    const json_t *duties = json_object_get(terms->doc, "duties");
    for (size_t d = 0; d < terms->duty_count; d++) {
        if (!rule->duties[d])
            continue;
        json_t *tiers = tiers_of(terms, rule, terms->duties[d].tiers);
        if (json_array_size(tiers) == 0)
            json_decref(tiers);
        else
            add_duty(list, json_array_get(duties, d), tiers, json_array_size(tiers) == rule->tier_count);
    }
    add_council(list, terms, rule);
    return list;
}

/* "lat=round:2", sorted; what is dropped is not said. */
static json_t *columns_of(struct ch_arena *arena, const struct ch_terms *terms, const struct ch_rule *rule)
{
    const char **texts = ch_alloc_array(arena, terms->column_count + 1, sizeof *texts);
    size_t count = 0;
    for (size_t i = 0; i < terms->column_count; i++) {
        char general[CH_GENERAL_TEXT];
        if (rule->columns[i].kind == CH_GENERAL_DROP)
            continue;
        ch_general_text(&rule->columns[i], general);
        texts[count++] = ch_printf(arena, "%s=%s", terms->columns[i].name, general);
    }
    return sorted(texts, count);
}

static json_t *offer_constraints(struct ch_arena *arena, const struct ch_terms *terms, const struct ch_rule *rule,
                                 const json_t *doc)
{
    char until[21];
    json_t *list = json_array(), *columns = columns_of(arena, terms, rule);
    add_purposes(list, json_object_get(doc, "purposes"), rule->descendants ? "isA" : "eq");
    add_words(list, CH_NS "orgClass", json_object_get(doc, "org_classes"));
    add_words(list, CH_NS "mode", json_object_get(doc, "modes"));
    add_words(list, CH_NS "column", columns);
    add_words(list, "odrl:spatial", json_object_get(doc, "regions"));
    ch_zulu_format(terms->until, until);
    add_constraint(list, "odrl:dateTime", "lt", typed(until, "xsd:dateTime"));
    add_constraint(list, "odrl:elapsedTime", "lteq", days(rule->max_days));
    add_constraint(list, CH_NS "minCohort", "gteq", json_sprintf("%lld", (long long)rule->min_cohort));
    add_conditions(list, json_object_get(doc, "conditions"));
    json_decref(columns);
    return list;
}

static json_t *permissions(const json_t *actions, const json_t *constraints)
{
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(actions); i++)
        json_array_append_new(list,
                              act("odrl:", json_string_value(json_array_get(actions, i)), json_deep_copy(constraints)));
    return list;
}

static void set_unless_empty(json_t *object, const char *name, json_t *list)
{
    if (json_array_size(list) > 0)
        json_object_set(object, name, list);
    json_decref(list);
}

static json_t *offer(struct ch_arena *arena, const struct ch_terms *terms, size_t index, const json_t *trust_prohibits)
{
    const struct ch_rule *rule = &terms->rules[index];
    const json_t *rules = json_object_get(terms->doc, "rules"), *doc = json_array_get(rules, index);
    char id[CH_OFFER_ID];
    ch_odrl_offer_id(terms->hash, rule->id, id);
    json_t *made = json_pack("{s:s, s:s, s:[s]}", "@id", id, "@type", "Offer", "profile", CH_NS);
    json_t *constraints = offer_constraints(arena, terms, rule, doc);
    set_unless_empty(made, "permission", permissions(json_object_get(doc, "actions"), constraints));
    set_unless_empty(made, "prohibition",
                     prohibitions(rules, json_object_get(terms->doc, "prohibited_acts"), trust_prohibits));
    set_unless_empty(made, "obligation", obligations(terms, rule));
    json_decref(constraints);
    return made;
}

/* ---- agreements ---- */

static json_t *agreed_columns(struct ch_arena *arena, const json_t *columns)
{
    const char **texts = ch_alloc_array(arena, json_array_size(columns) + 1, sizeof *texts);
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const json_t *one = json_array_get(columns, i);
        texts[i] = ch_printf(arena, "%s=%s", ch_text_of(one, "name"), ch_text_of(one, "rule"));
    }
    return sorted(texts, json_array_size(columns));
}

static json_t *agreed_constraints(struct ch_arena *arena, const json_t *body)
{
    json_t *list = json_array(), *columns = agreed_columns(arena, json_object_get(body, "columns"));
    add_constraint(list, "odrl:purpose", "eq", iri(CH_NS, ch_text_of(body, "purpose")));
    add_constraint(list, CH_NS "orgClass", "isAnyOf", json_pack("[s]", ch_text_of(body, "org_class")));
    add_words(list, CH_NS "mode", json_object_get(body, "modes"));
    add_words(list, CH_NS "column", columns);
    add_constraint(list, "odrl:spatial", "isAnyOf", json_pack("[s]", ch_text_of(body, "region")));
    add_constraint(list, "odrl:dateTime", "gteq", typed(ch_text_of(body, "not_before"), "xsd:dateTime"));
    add_constraint(list, "odrl:dateTime", "lt", typed(ch_text_of(body, "not_after"), "xsd:dateTime"));
    add_constraint(list, CH_NS "minCohort", "gteq", json_sprintf("%lld", (long long)ch_integer_of(body, "min_cohort")));
    json_decref(columns);
    return list;
}

/* Duties in force for the agreed tier, and the free texts the council added. */
static json_t *agreed_obligations(const json_t *body)
{
    json_t *list = json_array();
    const json_t *duties = json_object_get(body, "duties"), *conditions = json_object_get(body, "conditions");
    for (size_t i = 0; i < json_array_size(duties); i++)
        add_duty(list, json_array_get(duties, i), json_pack("[s]", ch_text_of(body, "tier")), true);
    for (size_t i = 0; i < json_array_size(conditions); i++) {
        const char *text = ch_text_of(json_array_get(conditions, i), "text");
        json_t *constraints = json_array();
        if (text)
            add_constraint(constraints, CH_NS "text", "eq", json_string(text));
        if (text)
            json_array_append_new(list, act(CH_NS, "condition", json_incref(constraints)));
        json_decref(constraints);
    }
    return list;
}

static bool is_agreement(const json_t *body)
{
    static const char *const texts[] = {"purpose", "org_class", "region", "not_before", "not_after", "tier", "at"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!ch_text_of(body, texts[i]))
            return false;
    return json_array_size(json_object_get(body, "actions")) > 0;
}

/* ---- entry points ---- */

void ch_odrl_offer_id(const char *terms_hash, const char *rule_id, char id[CH_OFFER_ID])
{
    static const uint8_t namespace_id[16] = {0x8f, 0xb4, 0xf3, 0x3a, 0xba, 0xfa, 0x5e, 0x66,
                                             0x82, 0x37, 0xfe, 0x7c, 0x6c, 0x38, 0x2c, 0xf0};
    char name[64 + 1 + 32 + 1], uuid[37];
    snprintf(name, sizeof name, "%.64s/%.32s", terms_hash, rule_id);
    ch_id_v5(namespace_id, name, uuid);
    snprintf(id, CH_OFFER_ID, "urn:uuid:%s", uuid);
}

uint64_t ch_odrl_purposes(const struct ch_rule *rule, const json_t *trust_prohibits)
{
    uint64_t left = rule->purposes & ch_purposes_assignable();
    for (size_t i = 0; i < json_array_size(trust_prohibits); i++) {
        unsigned purpose = ch_purpose_index(json_string_value(json_array_get(trust_prohibits, i)));
        left &= purpose == CH_PURPOSE_UNKNOWN ? 0 : ~ch_purposes[purpose].descendants;
    }
    return left;
}

static bool is_offered(const struct ch_terms *terms, const struct ch_rule *rule, const json_t *trust_prohibits)
{
    bool columns = false;
    for (size_t i = 0; i < terms->column_count && rule->effect != CH_EFFECT_PROHIBIT; i++)
        columns |= rule->columns[i].kind != CH_GENERAL_DROP;
    return columns && rule->tier_count > 0 && !ch_rule_is_void(rule) && ch_odrl_purposes(rule, trust_prohibits) != 0;
}

json_t *ch_odrl_offers(struct ch_arena *arena, const struct ch_terms *terms, const json_t *trust_prohibits)
{
    json_t *list = ch_json_own(arena, json_array());
    for (size_t i = 0; i < terms->rule_count; i++)
        for (size_t c = 0; c < terms->rules[i].condition_count; c++)
            if (terms->rules[i].conditions[c].op == CH_OP_UNKNOWN)
                return NULL;
    for (size_t i = 0; i < terms->rule_count; i++)
        if (is_offered(terms, &terms->rules[i], trust_prohibits))
            json_array_append_new(list, offer(arena, terms, i, trust_prohibits));
    return list;
}

json_t *ch_odrl_document(struct ch_arena *arena, const json_t *offers)
{
    return ch_json_pack(arena, "{s:[s,s], s:O}", "@context", CH_DSP_CONTEXT, CH_ODRL_CONTEXT, "@graph", offers);
}

json_t *ch_odrl_agreement(struct ch_arena *arena, const json_t *body, const struct ch_odrl_parties *parties)
{
    if (!is_agreement(body))
        return NULL;
    json_t *made = ch_json_pack(arena, "{s:s, s:s, s:[s], s:s, s:s, s:s, s:s}", "@id", parties->id, "@type",
                                "Agreement", "profile", CH_NS, "target", parties->target, "assigner", parties->assigner,
                                "assignee", parties->assignee, "timestamp", ch_text_of(body, "at"));
    json_t *constraints = agreed_constraints(arena, body);
    set_unless_empty(made, "permission", permissions(json_object_get(body, "actions"), constraints));
    set_unless_empty(
        made, "prohibition",
        prohibitions(json_object_get(body, "prohibitions"), json_object_get(body, "prohibited_acts"), NULL));
    set_unless_empty(made, "obligation", agreed_obligations(body));
    json_decref(constraints);
    return made;
}

json_t *ch_odrl_agreement_document(struct ch_arena *arena, const json_t *agreement)
{
    json_t *document = ch_json_own(arena, json_deep_copy(agreement));
    json_object_set_new(document, "@context",
                        json_pack("[s, s, {s:s}]", CH_DSP_CONTEXT, CH_ODRL_CONTEXT, "timestamp", "dspace:timestamp"));
    return document;
}
