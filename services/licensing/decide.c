/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From stored facts to decisions of core/ and back to JSON. It decides nothing itself. */
#include "decide.h"

#include <string.h>

#include "core/conditions.h"
#include "core/narrows.h"
#include "core/policy.h"
#include "core/table_schema.h"
#include "dialect.h"

static json_t *faults_or_null(const struct ch_faults *faults)
{
    return ch_faults_count(faults) > 0 ? faults->list : NULL;
}

json_t *licensing_check_schema(struct ch_arena *arena, const json_t *schema, bool *unsupported)
{
    struct ch_faults faults;
    ch_faults_init(&faults, arena);
    *unsupported = false;
    ch_table_schema_parse(&faults, schema, unsupported);
    return faults_or_null(&faults);
}

json_t *licensing_check_growth(struct ch_arena *arena, const json_t *before, const json_t *next, bool *unsupported,
                               const json_t **notice_columns)
{
    struct ch_faults faults;
    bool known, new_notice;
    json_t *columns = ch_json_own(arena, json_array());
    ch_faults_init(&faults, arena);
    *notice_columns = columns;
    struct ch_table_schema *now = ch_table_schema_parse(&faults, before, &known);
    struct ch_table_schema *then = ch_table_schema_parse(&faults, next, unsupported);
    if (!now || !then)
        return faults_or_null(&faults);
    ch_table_schema_growth(&faults, now, then, &new_notice);
    for (size_t i = 0; new_notice && i < then->field_count; i++) {
        const struct ch_table_field *field = &then->fields[i];
        if (field->sensitivity != CH_SENSITIVITY_NONE &&
            ch_table_schema_field(now, field->name, strlen(field->name)) == now->field_count)
            json_array_append_new(columns, json_string(field->name));
    }
    return faults_or_null(&faults);
}

static size_t read_header_map(struct ch_arena *arena, const json_t *map, struct ch_ingest_name **names)
{
    size_t count = 0;
    const char *key;
    json_t *value;
    *names = ch_alloc_array(arena, json_object_size(map) + 1, sizeof **names);
    void *it = json_object_iter((json_t *)(uintptr_t)map);
    for (; it; it = json_object_iter_next((json_t *)(uintptr_t)map, it)) {
        key = json_object_iter_key(it);
        value = json_object_iter_value(it);
        (*names)[count++] = (struct ch_ingest_name){key, json_string_value(value)};
    }
    return count;
}

static bool dialect_shape(struct ch_faults *faults, const json_t *dialect)
{
    static const struct ch_doc_member MEMBERS[] = {{"delimiter", CH_DOC_STRING, true, false},
                                                   {"header_map", CH_DOC_OBJECT, true, false},
                                                   {"ignore", CH_DOC_STRINGS, true, false}};
    const struct ch_at at = {NULL, "header_map", 0};
    if (!ch_doc_object(faults, NULL, dialect, CH_DOC_MEMBERS(MEMBERS)))
        return false;
    const json_t *map = json_object_get(dialect, "header_map");
    void *it = json_object_iter((json_t *)(uintptr_t)map);
    for (; it; it = json_object_iter_next((json_t *)(uintptr_t)map, it)) {
        const struct ch_at here = {&at, json_object_iter_key(it), 0};
        if (!ch_doc_value(faults, &here, json_object_iter_value(it), CH_DOC_STRING))
            return false;
    }
    return true;
}

bool licensing_read_dialect(struct ch_faults *faults, const json_t *dialect, const char *format,
                            struct ch_ingest_options *options)
{
    if (!dialect_shape(faults, dialect))
        return false;
    const char *delimiter = ch_text_of(dialect, "delimiter");
    struct ch_ingest_name *names;
    options->format = strcmp(format, "ndjson") == 0 ? CH_INGEST_NDJSON : CH_INGEST_CSV;
    options->delimiter = delimiter == NULL ? ',' : strlen(delimiter) == 1 ? *delimiter : '?';
    options->header_map_count = read_header_map(faults->arena, json_object_get(dialect, "header_map"), &names);
    options->header_map = names;
    const json_t *ignore = json_object_get(dialect, "ignore");
    const char **texts = ch_alloc_array(faults->arena, json_array_size(ignore) + 1, sizeof *texts);
    for (size_t i = 0; i < json_array_size(ignore); i++)
        texts[i] = json_string_value(json_array_get(ignore, i));
    options->ignore = texts;
    options->ignore_count = json_array_size(ignore);
    return ch_ingest_check(faults, options);
}

json_t *licensing_check_dialect(struct ch_arena *arena, const json_t *schema, const char *format, const json_t *dialect)
{
    struct ch_faults faults;
    struct ch_ingest_options options = {0};
    bool unsupported;
    ch_faults_init(&faults, arena);
    options.schema = ch_table_schema_parse(&faults, schema, &unsupported);
    if (options.schema)
        licensing_read_dialect(&faults, dialect, format, &options);
    return faults_or_null(&faults);
}

json_t *licensing_review_terms(struct ch_arena *arena, const json_t *doc, const char *in_force, int64_t new_notice,
                               json_t **faults_out)
{
    struct ch_faults faults;
    struct ch_narrows narrows;
    ch_faults_init(&faults, arena);
    struct ch_terms *terms = ch_terms_parse(&faults, NULL, doc);
    struct ch_terms *before = in_force ? ch_terms_read(&faults, in_force, strlen(in_force)) : NULL;
    *faults_out = faults_or_null(&faults);
    if (*faults_out)
        return NULL;
    ch_terms_check(&faults, terms);
    ch_narrows(arena, before, terms, new_notice, &narrows);
    ch_narrows_check_floors(&faults, &narrows);
    return ch_json_pack(arena, "{s:O,s:O}", "errors", faults.list, "narrowing", ch_narrows_json(arena, &narrows));
}

json_t *licensing_terms_difference(struct ch_arena *arena, const char *older, const char *newer, int64_t new_notice)
{
    struct ch_faults faults;
    struct ch_narrows narrows;
    ch_faults_init(&faults, arena);
    struct ch_terms *before = ch_terms_read(&faults, older, strlen(older));
    struct ch_terms *after = ch_terms_read(&faults, newer, strlen(newer));
    if (!before || !after)
        return NULL;
    ch_narrows(arena, before, after, new_notice, &narrows);
    return ch_narrows_json(arena, &narrows);
}

/* ---- evaluation ---- */

struct evaluation {
    struct ch_arena *arena;
    const json_t *loaded;
    const struct ch_terms *terms;
    struct ch_policy_context context;
    struct ch_faults faults;
    enum ch_verdict verdict;
    const struct ch_rule *rule; /* of the first evaluation that was not denied */
    json_t *reasons, *evaluations;
};

static json_t *context_of(struct ch_arena *arena, const json_t *facts)
{
    json_t *context = ch_json_pack(arena, "{s:O,s:O}", "prohibitions", json_object_get(facts, "prohibitions"),
                                   "sanctions", json_object_get(facts, "sanctions"));
    json_t *attested = json_object_get(facts, "attested_at");
    if (json_is_string(attested))
        json_object_set(context, "attested_at", attested);
    return context;
}

static int64_t covered_of(const json_t *facts, int64_t floor, struct ch_arena *arena)
{
    const char *key = ch_printf(arena, "%lld", (long long)floor);
    return json_integer_value(json_object_get(json_object_get(facts, "covered"), key));
}

static void add_reasons(json_t *all, const json_t *more)
{
    for (size_t i = 0; i < json_array_size(more); i++) {
        json_t *one = json_array_get(more, i);
        bool known = false;
        for (size_t k = 0; k < json_array_size(all); k++)
            known = known || json_equal(one, json_array_get(all, k));
        if (!known)
            json_array_append(all, one);
    }
}

static void join(struct evaluation *e, const struct ch_policy_decision *decision, const json_t *output)
{
    if (e->verdict == CH_VERDICT_DENY && decision->verdict != CH_VERDICT_DENY)
        return;
    if (decision->verdict == CH_VERDICT_DENY && e->verdict != CH_VERDICT_DENY)
        json_array_clear(e->reasons);
    if (decision->verdict != CH_VERDICT_DENY && e->rule && e->rule != decision->rule) {
        e->verdict = CH_VERDICT_DENY;
        json_array_clear(e->reasons);
        json_array_append_new(e->reasons, json_string("several-rules"));
        return;
    }
    if (decision->verdict == CH_VERDICT_DENY || decision->verdict == CH_VERDICT_COUNCIL)
        e->verdict = decision->verdict;
    if (decision->verdict != CH_VERDICT_DENY)
        e->rule = decision->rule;
    add_reasons(e->reasons, json_object_get(output, "reasons"));
}

static bool evaluate_one(struct evaluation *e, json_t *action, json_t *mode)
{
    const json_t *l = e->loaded, *facts = json_object_get(l, "facts");
    struct ch_policy_request request;
    struct ch_policy_decision decision;
    json_t *asked =
        ch_json_pack(e->arena, "{s:O,s:O,s:O,s:O,s:O,s:O,s:O,s:O}", "purpose", json_object_get(l, "purpose"), "action",
                     action, "org_class", json_object_get(l, "org_class"), "organisation",
                     json_object_get(l, "organisation"), "region", json_object_get(l, "region"), "at",
                     json_object_get(facts, "at"), "columns", json_object_get(l, "columns"), "mode", mode);
    if (!ch_policy_request_parse(&e->faults, NULL, e->terms, asked, &request))
        return false;
    if (ch_policy_begin(e->arena, e->terms, &request, &e->context, &decision))
        ch_policy_end(e->terms, &request, &e->context, covered_of(facts, decision.rule->notice_floor, e->arena),
                      &decision);
    json_t *output = ch_policy_json(e->arena, e->terms, &request, &e->context, &decision, true);
    json_array_append_new(e->evaluations, json_pack("{s:O,s:O}", "request", asked, "output", output));
    join(e, &decision, output);
    return true;
}

static const char *verdict_text(enum ch_verdict verdict)
{
    switch (verdict) {
    case CH_VERDICT_PERMIT:
        return "permit";
    case CH_VERDICT_DENY:
        return "deny";
    case CH_VERDICT_COUNCIL:
        return "council";
    }
    return "deny";
}

static bool evaluate_all(struct evaluation *e)
{
    const json_t *actions = json_object_get(e->loaded, "actions"), *modes = json_object_get(e->loaded, "modes");
    for (size_t i = 0; i < json_array_size(actions); i++)
        for (size_t k = 0; k < json_array_size(modes); k++)
            if (!evaluate_one(e, json_array_get(actions, i), json_array_get(modes, k)))
                return false;
    return true;
}

json_t *licensing_evaluate(struct ch_arena *arena, const json_t *loaded, json_t **faults)
{
    const json_t *facts = json_object_get(loaded, "facts");
    const char *terms = json_string_value(json_object_get(facts, "terms"));
    struct evaluation e = {.arena = arena, .loaded = loaded, .verdict = CH_VERDICT_PERMIT};
    ch_faults_init(&e.faults, arena);
    e.reasons = ch_json_own(arena, json_array());
    e.evaluations = ch_json_own(arena, json_array());
    e.terms = terms ? ch_terms_read(&e.faults, terms, strlen(terms)) : NULL;
    if (!e.terms || !ch_policy_context_parse(&e.faults, NULL, context_of(arena, facts), &e.context) ||
        !evaluate_all(&e)) {
        *faults = e.faults.list;
        return NULL;
    }
    *faults = NULL;
    return ch_json_pack(arena, "{s:O,s:s,s:O,s:O}", "facts", facts, "decision", verdict_text(e.verdict), "reasons",
                        e.reasons, "evaluations", e.evaluations);
}

const char *licensing_narrowed_offer(struct ch_arena *arena, const json_t *given)
{
    const json_t *offer = json_object_get(given, "offer");
    if (offer == NULL)
        return NULL;
    json_t *narrowed = ch_conditions_apply(arena, offer, json_object_get(given, "conditions"));
    return ch_json_canonical(arena, narrowed, NULL);
}
