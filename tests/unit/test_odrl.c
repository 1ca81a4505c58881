/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The rendering of terms and agreements in ODRL, line by line of the table of licensing.md section 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../services/licensing/core/odrl.h"
#include "licensing_files.h"

#define NS "https://w3id.org/commonhold/1#"

static struct ch_terms *parsed(struct ch_arena *arena, const json_t *doc)
{
    struct ch_faults faults;
    ch_faults_init(&faults, arena);
    struct ch_terms *terms = ch_terms_parse(&faults, NULL, doc);
    if (!terms)
        fail_msg("%s", ch_json_canonical(arena, faults.list, NULL));
    return terms;
}

static json_t *offers_of(struct ch_arena *arena, const json_t *doc)
{
    return ch_odrl_offers(arena, parsed(arena, doc), NULL);
}

static void assert_json(struct ch_arena *arena, const json_t *value, const char *expected)
{
    assert_non_null(value);
    assert_string_equal(ch_json_canonical(arena, value, NULL),
                        ch_json_canonical(arena, quick_json(arena, expected), NULL));
}

/* The constraint of an Offer's first permission (or another rule) with this left operand. */
static json_t *constraint(const json_t *rule, const char *left)
{
    const json_t *list = json_object_get(rule, "constraint");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *operand = json_string_value(json_object_get(json_array_get(list, i), "leftOperand"));
        if (operand && strcmp(operand, left) == 0)
            return json_array_get(list, i);
    }
    return NULL;
}

static json_t *first(const json_t *offer, const char *name)
{
    return json_array_get(json_object_get(offer, name), 0);
}

/* Computed by hand from the table, for rule P1 of the golden terms. */
static void test_the_first_offer_is_the_tables(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    json_t *offers = offers_of(arena, base_terms(arena)), *offer = json_array_get(offers, 0);
    assert_int_equal(json_array_size(offers), 4); /* P1 P2 P3 C1, and no prohibit rule */
    assert_json(arena, json_object_get(offer, "permission"),
                "[" /* one for each action, with equal constraints */
#define PART                                                                                                           \
    "'constraint':["                                                                                                   \
    "{'leftOperand':'odrl:purpose','operator':'isA','rightOperand':{'@id':'" NS "PG'}},"                               \
    "{'leftOperand':'" NS "orgClass','operator':'isAnyOf','rightOperand':['public_body','university','non_profit']},"  \
    "{'leftOperand':'" NS "mode','operator':'isAnyOf','rightOperand':['download','query']},"                           \
    "{'leftOperand':'" NS "column','operator':'isAnyOf','rightOperand':"                                               \
    "['at=trunc:hour','lat=round:2','lon=round:2','pm10=keep']},"                                                      \
    "{'leftOperand':'odrl:spatial','operator':'isAnyOf','rightOperand':['EEA','GB']},"                                 \
    "{'leftOperand':'odrl:dateTime','operator':'lt','rightOperand':"                                                   \
    "{'@value':'2028-07-01T00:00:00Z','@type':'xsd:dateTime'}},"                                                       \
    "{'leftOperand':'odrl:elapsedTime','operator':'lteq','rightOperand':'P365D'},"                                     \
    "{'leftOperand':'" NS "minCohort','operator':'gteq','rightOperand':'5'}]}"
                "{'action':'odrl:read'," PART ",{'action':'odrl:aggregate'," PART ",{'action':'odrl:derive'," PART "]");
    assert_json(arena, json_object_get(offer, "prohibition"),
                "[{'action':'odrl:use','constraint':[{'or':["
                "{'leftOperand':'odrl:purpose','operator':'isA','rightOperand':{'@id':'" NS "X'}},"
                "{'leftOperand':'odrl:purpose','operator':'isA','rightOperand':{'@id':'" NS "COM.RESALE'}}]}]},"
                "{'action':'odrl:use','constraint':["
                "{'leftOperand':'odrl:purpose','operator':'isA','rightOperand':{'@id':'" NS "ANY'}},"
                "{'leftOperand':'" NS "orgClass','operator':'isAnyOf','rightOperand':['security_body']}]},"
                "{'action':'" NS "reidentify'},{'action':'" NS "link_personal'},"
                "{'action':'odrl:distribute'},{'action':'odrl:sell'}]");
    assert_json(arena, json_object_get(offer, "obligation"),
                "[{'action':'odrl:acceptTracking'},{'action':'odrl:attribute'},"
                "{'action':'odrl:compensate','constraint':["
                "{'leftOperand':'" NS "tier','operator':'isAnyOf','rightOperand':['cost']}]}]");
    assert_json(arena, json_object_get(offer, "profile"), "['" NS "']");
    assert_int_equal(json_object_size(offer), 6); /* those four, @id and @type: no target, no context */
    assert_string_equal(ch_text_of(offer, "@type"), "Offer");
    ch_arena_free(arena);
}

/* uuid5(uuid5(NAMESPACE_URL, NS), "<hash>/P1") by Python's uuid module. */
static void test_the_id_is_named_by_hash_and_rule(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    json_t *offers = offers_of(arena, base_terms(arena));
    assert_string_equal(ch_text_of(json_array_get(offers, 0), "@id"), "urn:uuid:d03d112a-d611-5850-9154-97172b3d83d2");
    assert_string_not_equal(ch_text_of(json_array_get(offers, 1), "@id"), ch_text_of(json_array_get(offers, 0), "@id"));
    json_t *other = base_terms(arena);
    set_at(other, "/version", ch_json_own(arena, json_integer(4)));
    assert_string_not_equal(ch_text_of(json_array_get(offers_of(arena, other), 0), "@id"),
                            ch_text_of(json_array_get(offers, 0), "@id"));
    ch_arena_free(arena);
}

static void test_conditions_and_exact_purposes(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    json_t *doc = base_terms(arena);
    set_at(doc, "/rules/2/conditions/-",
           quick_json(arena, "{'operand':'at','op':'gteq','value':'2027-01-01T00:00:00Z'}"));
    json_t *offer = json_array_get(offers_of(arena, doc), 2), *rule = first(offer, "permission");
    assert_json(arena, constraint(rule, "odrl:purpose"),
                "{'leftOperand':'odrl:purpose','operator':'eq','rightOperand':{'@id':'" NS "COM.INSIGHT'}}");
    assert_json(arena, constraint(rule, NS "organisation"),
                "{'leftOperand':'" NS "organisation','operator':'isNoneOf','rightOperand':['org:adtech']}");
    assert_json(arena, constraint(rule, NS "at"),
                "{'leftOperand':'" NS "at','operator':'gteq','rightOperand':"
                "{'@value':'2027-01-01T00:00:00Z','@type':'xsd:dateTime'}}");
    assert_json(arena, constraint(rule, NS "column"),
                "{'leftOperand':'" NS "column','operator':'isAnyOf','rightOperand':['at=trunc:week','pm10=bin:10']}");
    set_at(doc, "/rules/2/conditions/0/op", ch_json_own(arena, json_string("hasPart")));
    assert_null(offers_of(arena, doc)); /* an operator nobody knows cannot be said in ODRL */
    ch_arena_free(arena);
}

static void test_council_and_limited_duties(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    json_t *doc = base_terms(arena);
    assert_json(arena, json_object_get(json_array_get(offers_of(arena, doc), 3), "obligation"),
                "[{'action':'odrl:acceptTracking'},"
                "{'action':'odrl:compensate','constraint':["
                "{'leftOperand':'" NS "tier','operator':'isAnyOf','rightOperand':['cost','commercial']}]},"
                "{'action':'odrl:delete','constraint':["
                "{'leftOperand':'odrl:elapsedTime','operator':'lteq','rightOperand':'P30D'}]},"
                "{'action':'" NS "councilApproval'}]");
    set_at(doc, "/tiers/0/council", json_true());
    set_at(doc, "/duties/1", quick_json(arena, "{'id':'D2','act':'publish_results','tiers':['cost']}"));
    assert_json(arena, json_object_get(json_array_get(offers_of(arena, doc), 0), "obligation"),
                "[{'action':'odrl:acceptTracking'},"
                "{'action':'" NS "publish_results','constraint':["
                "{'leftOperand':'" NS "tier','operator':'isAnyOf','rightOperand':['cost']}]},"
                "{'action':'odrl:compensate','constraint':["
                "{'leftOperand':'" NS "tier','operator':'isAnyOf','rightOperand':['cost']}]},"
                "{'action':'" NS "councilApproval','constraint':["
                "{'leftOperand':'" NS "tier','operator':'isAnyOf','rightOperand':['free']}]}]");
    set_at(doc, "/special_category", json_true());
    const json_t *all = json_object_get(json_array_get(offers_of(arena, doc), 1), "obligation");
    assert_json(arena, json_array_get(all, json_array_size(all) - 1), "{'action':'" NS "councilApproval'}");
    ch_arena_free(arena);
}

/* Each action of a prohibit rule has a prohibition of its own, with the same constraints. */
static void test_a_prohibition_names_its_actions(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    json_t *doc = base_terms(arena);
    set_at(doc, "/rules/4",
           quick_json(arena, "{'id':'X1','effect':'prohibit','purposes':['COM'],'actions':['derive','index'],"
                             "'regions':['US'],'modes':['query'],'conditions':[{'operand':'organisation','op':'eq',"
                             "'value':'org:adtech'}]}"));
    const json_t *list = json_object_get(json_array_get(offers_of(arena, doc), 0), "prohibition");
#define REST                                                                                                           \
    "'constraint':[{'leftOperand':'odrl:purpose','operator':'isA','rightOperand':{'@id':'" NS "COM'}},"                \
    "{'leftOperand':'" NS "mode','operator':'isAnyOf','rightOperand':['query']},"                                      \
    "{'leftOperand':'odrl:spatial','operator':'isAnyOf','rightOperand':['US']},"                                       \
    "{'leftOperand':'" NS "organisation','operator':'eq','rightOperand':'org:adtech'}]}"
    assert_json(arena, json_array_get(list, 0), "{'action':'odrl:derive'," REST);
    assert_json(arena, json_array_get(list, 1), "{'action':'odrl:index'," REST);
    ch_arena_free(arena);
}

/* No array is empty, and what nobody can be granted is not offered. */
static void test_what_matches_nothing_is_not_said(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    json_t *doc = base_terms(arena);
    set_at(doc, "/rules/0/org_classes", ch_json_own(arena, json_array()));
    set_at(doc, "/rules/1/columns", quick_json(arena, "{'device':'drop','lat':'finest'}"));
    set_at(doc, "/rules/4/purposes", ch_json_own(arena, json_array()));
    set_at(doc, "/rules/5/org_classes", ch_json_own(arena, json_array()));
    set_at(doc, "/prohibited_acts", ch_json_own(arena, json_array()));
    set_at(doc, "/rules/2/duties", ch_json_own(arena, json_array()));
    json_t *offers = offers_of(arena, doc), *insight = json_array_get(offers, 0);
    assert_int_equal(json_array_size(offers), 2); /* P3 and C1 */
    assert_null(json_object_get(insight, "prohibition"));
    assert_null(json_object_get(insight, "obligation"));
    assert_non_null(json_object_get(insight, "permission"));
    ch_arena_free(arena);
}

static void test_the_trusts_prohibitions(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct ch_terms *terms = parsed(arena, base_terms(arena));
    json_t *offers = ch_odrl_offers(arena, terms, quick_json(arena, "['COM.INSIGHT']"));
    assert_int_equal(json_array_size(offers), 3); /* P3 offers nothing else */
    const json_t *list = json_object_get(json_array_get(offers, 0), "prohibition");
    assert_json(arena, json_array_get(list, json_array_size(list) - 1),
                "{'action':'odrl:use','constraint':[{'leftOperand':'odrl:purpose','operator':'isA',"
                "'rightOperand':{'@id':'" NS "COM.INSIGHT'}}]}");
    assert_int_equal(json_array_size(ch_odrl_offers(arena, terms, quick_json(arena, "['ANY']"))), 0);
    assert_int_equal(json_array_size(ch_odrl_offers(arena, terms, quick_json(arena, "['PG.NEW']"))), 0);
    ch_arena_free(arena);
}

static const char BODY[] =
    "{'agreement':1,'at':'2026-09-01T12:00:00Z','purpose':'COM.INSIGHT','org_class':'company','actions':['aggregate'],"
    "'modes':['query'],'region':'DE','columns':[{'name':'pm10','rule':'bin:10'},{'name':'at','rule':'trunc:week'}],"
    "'min_cohort':10,'tier':'commercial','not_before':'2026-09-01T12:00:00Z','not_after':'2027-02-28T12:00:00Z',"
    "'duties':[{'id':'D3','act':'compensate','tiers':['cost','commercial']},{'id':'D4','act':'delete','within_days':30}"
    "],"
    "'prohibited_acts':['reidentify'],'prohibitions':[{'id':'X1','effect':'prohibit','purposes':['X']}],"
    "'conditions':[{'id':'k1','text':'Name the trust in print.'},{'id':'k2','max_days':90}]}";

static void test_an_agreement(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    static const struct ch_odrl_parties parties = {"urn:uuid:1", "urn:uuid:2", "https://trust.example", "urn:uuid:3"};
    json_t *body = quick_json(arena, BODY), *made = ch_odrl_agreement(arena, body, &parties);
    assert_json(arena, made,
                "{'@id':'urn:uuid:1','@type':'Agreement','profile':['" NS "'],'target':'urn:uuid:2','assigner':"
                "'https://trust.example','assignee':'urn:uuid:3','timestamp':'2026-09-01T12:00:00Z',"
                "'permission':[{'action':'odrl:aggregate','constraint':["
                "{'leftOperand':'odrl:purpose','operator':'eq','rightOperand':{'@id':'" NS "COM.INSIGHT'}},"
                "{'leftOperand':'" NS "orgClass','operator':'isAnyOf','rightOperand':['company']},"
                "{'leftOperand':'" NS "mode','operator':'isAnyOf','rightOperand':['query']},"
                "{'leftOperand':'" NS "column','operator':'isAnyOf','rightOperand':['at=trunc:week','pm10=bin:10']},"
                "{'leftOperand':'odrl:spatial','operator':'isAnyOf','rightOperand':['DE']},"
                "{'leftOperand':'odrl:dateTime','operator':'gteq','rightOperand':"
                "{'@value':'2026-09-01T12:00:00Z','@type':'xsd:dateTime'}},"
                "{'leftOperand':'odrl:dateTime','operator':'lt','rightOperand':"
                "{'@value':'2027-02-28T12:00:00Z','@type':'xsd:dateTime'}},"
                "{'leftOperand':'" NS "minCohort','operator':'gteq','rightOperand':'10'}]}],"
                "'prohibition':[{'action':'odrl:use','constraint':["
                "{'leftOperand':'odrl:purpose','operator':'isA','rightOperand':{'@id':'" NS "X'}}]},{'action':'" NS
                "reidentify'}],"
                "'obligation':[{'action':'odrl:compensate','constraint':["
                "{'leftOperand':'" NS "tier','operator':'isAnyOf','rightOperand':['commercial']}]},"
                "{'action':'odrl:delete','constraint':["
                "{'leftOperand':'odrl:elapsedTime','operator':'lteq','rightOperand':'P30D'}]},"
                "{'action':'" NS "condition','constraint':["
                "{'leftOperand':'" NS "text','operator':'eq','rightOperand':'Name the trust in print.'}]}]}");
    json_object_del(body, "purpose");
    assert_null(ch_odrl_agreement(arena, body, &parties));
    ch_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_offer_is_the_tables),   cmocka_unit_test(test_the_id_is_named_by_hash_and_rule),
        cmocka_unit_test(test_conditions_and_exact_purposes),   cmocka_unit_test(test_council_and_limited_duties),
        cmocka_unit_test(test_a_prohibition_names_its_actions), cmocka_unit_test(test_what_matches_nothing_is_not_said),
        cmocka_unit_test(test_the_trusts_prohibitions),         cmocka_unit_test(test_an_agreement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
