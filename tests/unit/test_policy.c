/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The golden cases of the evaluation (tests/unit/policy), and what must never change a decision. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>

#include "../../services/licensing/core/policy.h"
#include "licensing_files.h"

static json_t *event(const json_t *base, const char *member, const char *purpose, const char *org_class)
{
    json_t *made = json_deep_copy(json_object_get(base, "consent"));
    json_object_set_new(made, "member", json_string(member));
    json_object_set_new(made, "pool", json_string("air"));
    json_object_set_new(made, "purpose", json_string(purpose));
    json_object_set_new(made, "recipient_class", json_string(org_class));
    return made;
}

/* Every member, assignable code and class. */
static json_t *base_consents(const json_t *base)
{
    json_t *list = json_array();
    const json_t *members = json_object_get(base, "members");
    for (size_t m = 0; m < json_array_size(members); m++)
        for (size_t p = 0; p < ch_purpose_count; p++)
            for (unsigned c = 0; ch_purposes[p].assignable && c < CH_WORDS_ORG_CLASSES.count; c++)
                json_array_append_new(list, event(base, json_string_value(json_array_get(members, m)),
                                                  ch_purposes[p].code, CH_WORDS_ORG_CLASSES.texts[c]));
    return list;
}

static bool names(const json_t *list, const json_t *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), text))
            return true;
    return list == NULL;
}

static void change_consents(json_t *consents, const json_t *op, const json_t *base)
{
    const char *kind = ch_text_of(op, "op");
    const json_t *members = json_object_get(op, "members");
    json_t *set = json_object_get(op, "set");
    if (strcmp(kind, "add") == 0) {
        for (size_t i = 0; i < json_array_size(members); i++) {
            json_t *made = event(base, json_string_value(json_array_get(members, i)), "PG.CLIMATE", "university");
            json_object_update(made, set);
            json_array_append_new(consents, made);
        }
        return;
    }
    for (size_t i = json_array_size(consents); i-- > 0;) {
        json_t *one = json_array_get(consents, i);
        if (strcmp(kind, "set") == 0 && names(members, json_object_get(one, "member")))
            json_object_update(one, set);
        if (strcmp(kind, "remove") == 0 && strcmp(ch_text_of(one, "recipient_class"), ch_text_of(op, "class")) == 0)
            json_array_remove(consents, i);
    }
}

/* The calculator's input of a case: the base with its changes. */
static json_t *input_of(struct ch_arena *arena, const json_t *change)
{
    json_t *base = read_json(arena, "tests/unit/policy/base.json");
    json_t *terms = json_object_get(base, "terms"), *consents = base_consents(base);
    json_t *request = json_object_get(base, "request"), *context = json_object_get(base, "context");
    const json_t *edits = json_object_get(change, "terms"), *ops = json_object_get(change, "consents");
    for (size_t i = 0; i < json_array_size(edits); i++) {
        const json_t *edit = json_array_get(edits, i);
        set_at(terms, json_string_value(json_array_get(edit, 0)), json_array_get(edit, 1));
    }
    for (size_t i = 0; i < json_array_size(ops); i++)
        change_consents(consents, json_array_get(ops, i), base);
    json_object_update(request, json_object_get(change, "request"));
    json_t *input = ch_json_pack(arena, "{s:O, s:o, s:O}", "terms", terms, "consents", consents, "request", request);
    if (json_is_null(json_object_get(change, "context")))
        return input;
    json_object_update(context, json_object_get(change, "context"));
    json_object_set(input, "context", context);
    return input;
}

static json_t *answer_of(struct ch_arena *arena, const json_t *input, bool explain)
{
    struct ch_faults faults;
    struct ch_policy_input parsed;
    size_t length;
    char *text = ch_json_canonical(arena, input, &length);
    ch_faults_init(&faults, arena);
    if (!ch_policy_read(&faults, text, length, &parsed)) {
        fprintf(stderr, "%s\n", ch_json_canonical(arena, faults.list, NULL));
        return NULL;
    }
    return quick_json(arena, ch_policy_answer(arena, &parsed, explain, &length));
}

static void run_case(const char *path)
{
    struct ch_arena *arena = ch_arena_new();
    json_t *test = read_json(arena, path), *expected = json_object_get(test, "expected"), *wanted;
    json_t *answer = answer_of(arena, input_of(arena, json_object_get(test, "change")), false);
    const char *key;
    assert_non_null(answer);
    assert_int_equal(json_object_size(answer), 10);
    json_object_foreach(expected, key, wanted)
    {
        if (!json_equal(json_object_get(answer, key), wanted))
            fail_msg("%s: %s is %s", path, key, json_dumps(json_object_get(answer, key), JSON_ENCODE_ANY));
    }
    ch_arena_free(arena);
}

static void test_golden_cases(void **state)
{
    (void)state;
    glob_t found;
    assert_int_equal(glob("tests/unit/policy/[0-9]*.json", 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 36); /* the 33 cases; 14, 27 and 31 are two each */
    for (size_t i = 0; i < found.gl_pathc; i++)
        run_case(found.gl_pathv[i]);
    globfree(&found);
}

static void test_explain_lists_all_rules_and_the_rules_tiers(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    json_t *change = quick_json(arena, "{'request':{'purpose':'COM.INSIGHT','org_class':'company',"
                                       "'organisation':'org:adtech','region':'GB'}}");
    json_t *explain = json_object_get(answer_of(arena, input_of(arena, change), true), "explain");
    const char *failed =
        ch_json_canonical(arena, json_object_get(json_array_get(json_object_get(explain, "rules"), 2), "failed"), NULL);
    assert_string_equal(failed, "[\"action\",\"region\",\"mode\",\"condition:organisation\"]");
    assert_int_equal(json_array_size(json_object_get(explain, "rules")), 6);
    assert_int_equal(json_array_size(json_object_get(explain, "tiers")), 0);
    change = quick_json(arena, "{'request':{'purpose':'RES.COM'}}");
    explain = json_object_get(answer_of(arena, input_of(arena, change), true), "explain");
    assert_string_equal(ch_json_canonical(arena, json_object_get(explain, "tiers"), NULL),
                        "[{\"failed\":[\"purpose\"],\"id\":\"free\"},{\"failed\":[\"purpose\"],\"id\":\"cost\"},"
                        "{\"failed\":[],\"id\":\"commercial\"}]");
    ch_arena_free(arena);
}

static void test_structural_errors_are_refused(void **state)
{
    (void)state;
    static const char *const edits[][2] = {
        {"/terms/purposes", "2"},
        {"/terms/extra", "1"},
        {"/terms/rules/0/tiers", "['free','gone']"},
        {"/terms/rules/1/id", "'P1'"},
        {"/terms/rules/0/min_cohort", "'5'"},
        {"/terms/rules/2/conditions", "[{'operand':'organisation','op':'isNoneOf','value':'org:adtech'}]"},
        {"/terms/duties/0/tiers", "['gone']"},
        {"/request/at", "'2026-09-01T12:00:00+00:00'"},
        {"/request/at", "'2026-02-29T12:00:00Z'"},
        {"/request/columns", "[]"},
        {"/request/columns", "['lat','lat']"},
        {"/consents/0/until", "false"},
        {"/consents/0/notice", "9007199254740993"},
        {"/context/colour", "1"},
        {"/context/attested_at", "null"},
    };
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        struct ch_arena *arena = ch_arena_new();
        json_t *input = input_of(arena, quick_json(arena, "{}"));
        assert_non_null(answer_of(arena, input, false));
        json_t *value = quick_json(arena, ch_printf(arena, "{'v':%s}", edits[i][1]));
        set_at(input, edits[i][0], json_object_get(value, "v"));
        if (answer_of(arena, input, false))
            fail_msg("%s = %s was accepted", edits[i][0], edits[i][1]);
        ch_arena_free(arena);
    }
}

static void test_unknown_words_are_decided(void **state)
{
    (void)state;
    static const struct {
        const char *pointer, *value, *reasons;
    } cases[] = {
        {"/request/region", "'EEA'", "[\"core:region-unknown\"]"},
        {"/request/region", "'XK'", "[\"core:region-unknown\"]"},
        {"/request/action", "'fly'", "[\"core:action-unknown\"]"},
        {"/terms/rules/0/regions", "['ATLANTIS']", "[\"core:default-deny\"]"},
        {"/terms/rules/4", "{'id':'X9','effect':'prohibit','purposes':['PG'],'regions':['ATLANTIS']}", "[\"X9\"]"},
        {"/terms/rules/4", "{'id':'X9','effect':'prohibit','purposes':[]}", "[\"P1\"]"},
        {"/terms/rules/4", "{'id':'X9','effect':'prohibit','purposes':['PG'],'modes':[]}", "[\"P1\"]"},
        {"/terms/prohibited_acts", "['hop']", "[\"P1\"]"},
        {"/terms/rules/0/columns/lat", "'round:02'", "[\"P1\"]"},
        {"/context/prohibitions", "[{'id':'T','purpose':'NEW','from':'2026-01-01T00:00:00Z','until':null}]", "[\"T\"]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ch_arena *arena = ch_arena_new();
        json_t *input = input_of(arena, quick_json(arena, "{}"));
        json_t *value = quick_json(arena, ch_printf(arena, "{'v':%s}", cases[i].value));
        set_at(input, cases[i].pointer, json_object_get(value, "v"));
        json_t *answer = answer_of(arena, input, false);
        assert_string_equal(ch_json_canonical(arena, json_object_get(answer, "reasons"), NULL), cases[i].reasons);
        ch_arena_free(arena);
    }
}

/* Properties: the order of consents changes nothing; a withdrawal never turns a deny into more. */
static void test_order_and_monotony(void **state)
{
    (void)state;
    unsigned seed = 20260901;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 20; round++) {
        struct ch_arena *arena = ch_arena_new();
        json_t *input = input_of(arena, quick_json(arena, round % 2 ? "{}"
                                                                    : "{'consents':[{'op':'set','members':"
                                                                      "['m1','m2'],'set':{'notice':1}}]}"));
        json_t *consents = json_object_get(input, "consents"), *before = answer_of(arena, input, false);
        for (size_t i = json_array_size(consents); i-- > 1;) {
            size_t j = (size_t)rand_r(&seed) % (i + 1);
            json_t *a = json_incref(json_array_get(consents, i)), *b = json_incref(json_array_get(consents, j));
            json_array_set_new(consents, i, b);
            json_array_set_new(consents, j, a);
        }
        assert_true(json_equal(before, answer_of(arena, input, false)));
        json_t *extra = json_deep_copy(json_array_get(consents, (size_t)rand_r(&seed) % json_array_size(consents)));
        json_object_set_new(extra, "state", json_string("withdrawn"));
        json_object_set_new(extra, "at", json_string("2026-07-01T00:00:00Z"));
        json_array_append_new(consents, extra);
        json_t *after = answer_of(arena, input, false);
        if (strcmp(ch_text_of(before, "decision"), "deny") == 0)
            assert_string_equal(ch_text_of(after, "decision"), "deny");
        assert_true(ch_integer_of(after, "covered_members") <= ch_integer_of(before, "covered_members"));
        ch_arena_free(arena);
    }
}

static void test_halves_with_a_given_count(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct ch_faults faults;
    struct ch_policy_request request;
    struct ch_policy_context context;
    struct ch_policy_decision decision;
    ch_faults_init(&faults, arena);
    json_t *base = read_json(arena, "tests/unit/policy/base.json");
    struct ch_terms *terms = ch_terms_parse(&faults, NULL, json_object_get(base, "terms"));
    assert_true(ch_policy_request_parse(&faults, NULL, terms, json_object_get(base, "request"), &request));
    assert_true(ch_policy_context_parse(&faults, NULL, json_object_get(base, "context"), &context));
    assert_true(ch_policy_begin(arena, terms, &request, &context, &decision));
    assert_int_equal(decision.rule->notice_floor, 2);
    ch_policy_end(terms, &request, &context, 4, &decision);
    assert_int_equal(decision.verdict, CH_VERDICT_DENY);
    assert_string_equal(decision.reasons[0], "core:cohort");
    assert_true(ch_policy_begin(arena, terms, &request, &context, &decision));
    ch_policy_end(terms, &request, &context, 5, &decision);
    assert_int_equal(decision.verdict, CH_VERDICT_PERMIT);
    ch_arena_free(arena);
}

/* Every end of licensing.md section 8 is exclusive and every beginning inclusive, to the second. The request is at
 * 12:00:00. */
static void test_ends_are_exclusive(void **state)
{
    (void)state;
#define UNTIL(time)       "{'consents':[{'op':'set','members':['m1','m2'],'set':{'until':'2026-09-01T" time "Z'}}]}"
#define RULED(kind, span) "{'context':{'" kind "':[{'id':'R1'," span "}]}}"
#define FROM(time)        "'from':'2026-09-01T" time "Z','until':null"
#define TO(time)          "'from':'2026-08-01T00:00:00Z','until':'2026-09-01T" time "Z'"
    static const struct {
        const char *change, *decision, *reason;
    } cases[] = {
        {UNTIL("12:00:00"), "deny", "core:cohort"},
        {UNTIL("12:00:01"), "permit", "P1"},
        {RULED("prohibitions", "'purpose':'PG'," FROM("12:00:00")), "deny", "R1"},
        {RULED("prohibitions", "'purpose':'PG'," FROM("12:00:01")), "permit", "P1"},
        {RULED("prohibitions", "'purpose':'PG'," TO("12:00:00")), "permit", "P1"},
        {RULED("prohibitions", "'purpose':'PG'," TO("12:00:01")), "deny", "R1"},
        {RULED("sanctions", "'organisation':'org:uni','purpose':null," FROM("12:00:00")), "deny", "R1"},
        {RULED("sanctions", "'organisation':'org:uni','purpose':null," FROM("12:00:01")), "permit", "P1"},
        {RULED("sanctions", "'organisation':'org:uni','purpose':null," TO("12:00:00")), "permit", "P1"},
        {RULED("sanctions", "'organisation':'org:uni','purpose':null," TO("12:00:01")), "deny", "R1"},
        {"{'request':{'at':'2026-07-01T00:00:00Z'},'context':{'attested_at':'2026-06-30T00:00:00Z'}}", "permit", "P1"},
        {"{'request':{'at':'2026-06-30T23:59:59Z'}}", "deny", "core:terms-not-yet-valid"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ch_arena *arena = ch_arena_new();
        json_t *answer = answer_of(arena, input_of(arena, quick_json(arena, cases[i].change)), false);
        assert_non_null(answer);
        const char *reason = json_string_value(json_array_get(json_object_get(answer, "reasons"), 0));
        if (strcmp(ch_text_of(answer, "decision"), cases[i].decision) != 0 || strcmp(reason, cases[i].reason) != 0)
            fail_msg("%s: %s %s", cases[i].change, ch_text_of(answer, "decision"), reason);
        ch_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_cases),
        cmocka_unit_test(test_ends_are_exclusive),
        cmocka_unit_test(test_explain_lists_all_rules_and_the_rules_tiers),
        cmocka_unit_test(test_structural_errors_are_refused),
        cmocka_unit_test(test_unknown_words_are_decided),
        cmocka_unit_test(test_order_and_monotony),
        cmocka_unit_test(test_halves_with_a_given_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
