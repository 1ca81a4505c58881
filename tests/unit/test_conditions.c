/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conditions on an offer: what narrows, what does not, and what the offer becomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../services/licensing/core/conditions.h"
#include "licensing_files.h"

static const char OFFER[] =
    "{'max_days':30,'min_cohort':5,'modes':['download','query'],'actions':['read','derive','distribute'],"
    "'columns':[{'name':'lat','rule':'round:2'},{'name':'at','rule':'trunc:hour'},{'name':'pm','rule':'keep'}],"
    "'types':{'lat':'number','at':'datetime','pm':'number'},'rule':'P1',"
    "'quotas':[{'meter':'rows','period':'day','limit':10}],'prohibited_acts':['reidentify'],"
    "'duties':[{'id':'D1','act':'attribute'}]}";

static const struct {
    const char *member;
    bool narrows;
} cases[] = {
    {"'max_days':29", true},
    {"'max_days':30", false},
    {"'max_days':0", false},
    {"'max_days':'7'", false},
    {"'min_cohort':6", true},
    {"'min_cohort':5", false},
    {"'min_cohort':1000001", false},
    {"'modes':['query']", true},
    {"'modes':[]", false},
    {"'modes':['query','query']", false},
    {"'modes':['download','query']", false},
    {"'modes':['delta']", false},
    {"'actions':['read','derive']", true},
    {"'actions':['sell']", false},
    {"'columns':[{'name':'lat','rule':'round:1'}]", true},
    {"'columns':[{'name':'lat','rule':'drop'}]", true},
    {"'columns':[{'name':'pm','rule':'bin:10'}]", true},
    {"'columns':[{'name':'at','rule':'trunc:week'},{'name':'lat','rule':'drop'}]", true},
    {"'columns':[{'name':'lat','rule':'round:2'}]", false},
    {"'columns':[{'name':'lat','rule':'round:3'}]", false},
    {"'columns':[{'name':'lat','rule':'keep'}]", false},
    {"'columns':[{'name':'lat','rule':'bin:10'}]", false},
    {"'columns':[{'name':'pm','rule':'trunc:day'}]", false},
    {"'columns':[{'name':'pm','rule':'coarse'}]", false},
    {"'columns':[{'name':'device','rule':'drop'}]", false},
    {"'columns':[{'name':'lat','rule':'round:1'},{'name':'lat','rule':'round:0'}]", false},
    {"'columns':[{'name':'lat','rule':'round:1','why':'x'}]", false},
    {"'columns':[{'name':'lat','rule':'drop'},{'name':'at','rule':'drop'},{'name':'pm','rule':'drop'}]", false},
    {"'quotas':[{'meter':'rows','period':'day','limit':9}]", true},
    {"'quotas':[{'meter':'rows','period':'month','limit':9000}]", true},
    {"'quotas':[{'meter':'rows','period':'day','limit':10}]", false},
    {"'quotas':[{'meter':'rows','period':'year','limit':1}]", false},
    {"'quotas':[{'meter':'rows','period':'month','limit':0}]", false},
    {"'quotas':[{'meter':'rows','period':'month','limit':1},{'meter':'rows','period':'month','limit':1}]", false},
    {"'prohibited_acts':['sell_data','train_gpai']", true},
    {"'prohibited_acts':['reidentify']", false},
    {"'prohibited_acts':['transfer_onward']", false},
    {"'prohibited_acts':['smile']", false},
    {"'duties':[{'id':'D7','act':'delete','within_days':7}]", true},
    {"'duties':[{'id':'D1','act':'inform'}]", false},
    {"'duties':[{'id':'D7','act':'compensate'}]", false},
    {"'duties':[{'id':'D7','act':'delete','within_days':1097}]", false},
    {"'duties':[{'id':'D7','act':'smile'}]", false},
    {"'text':'Only aggregates are published.'", true},
    {"'text':''", false},
    {"'text':1", false},
    {"'price':1", false},
    {"'text':'a','max_days':3", false},
};

static void test_each_member(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ch_arena *arena = ch_arena_new();
        struct ch_faults faults;
        ch_faults_init(&faults, arena);
        const json_t *conditions = quick_json(arena, ch_printf(arena, "[{'id':'K1',%s}]", cases[i].member));
        if (ch_conditions_check(&faults, quick_json(arena, OFFER), conditions) != cases[i].narrows)
            fail_msg("%s", cases[i].member);
        ch_arena_free(arena);
    }
}

static const char *first_pointer(struct ch_arena *arena, const char *conditions)
{
    struct ch_faults faults;
    ch_faults_init(&faults, arena);
    ch_conditions_check(&faults, quick_json(arena, OFFER), quick_json(arena, conditions));
    return json_string_value(json_object_get(json_array_get(faults.list, 0), "pointer"));
}

static void test_pointers_and_order(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    assert_string_equal(first_pointer(arena, "{}"), "");
    assert_string_equal(first_pointer(arena, "[5]"), "/0");
    assert_string_equal(first_pointer(arena, "[{'text':'a'}]"), "/0/id");
    assert_string_equal(first_pointer(arena, "[{'id':'1','text':'a'}]"), "/0/id");
    assert_string_equal(first_pointer(arena, "[{'id':'a','text':'a'},{'id':'a','text':'b'}]"), "/1/id");
    assert_string_equal(first_pointer(arena, "[{'id':'a'}]"), "/0");
    /* A condition is compared with what the ones before it leave. */
    assert_string_equal(first_pointer(arena, "[{'id':'a','max_days':7},{'id':'b','max_days':9}]"), "/1/max_days");
    assert_null(first_pointer(arena, "[{'id':'a','max_days':9},{'id':'b','max_days':7}]"));
    assert_string_equal(first_pointer(arena, "[{'id':'a','modes':['query']},{'id':'b','modes':['download']}]"),
                        "/1/modes");
    ch_arena_free(arena);
}

static void test_each_becomes_a_member(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    const json_t *offer = quick_json(arena, OFFER);
    const json_t *conditions = quick_json(
        arena,
        "[{'id':'a','columns':[{'name':'at','rule':'trunc:week'},{'name':'lat','rule':'drop'}]},"
        "{'id':'b','max_days':7},{'id':'c','min_cohort':20},{'id':'d','modes':['query']},"
        "{'id':'e','quotas':[{'meter':'rows','period':'day','limit':3},{'meter':'bytes','period':'grant','limit':9}"
        "]},{'id':'f','prohibited_acts':['train_gpai']},{'id':'g','duties':[{'id':'D9','act':'inform'}]},"
        "{'id':'h','text':'Talk to us.'}]");
    json_t *narrowed = ch_conditions_apply(arena, offer, conditions);
    json_t *expected = quick_json(
        arena, "{'max_days':7,'min_cohort':20,'modes':['query'],'actions':['read','derive','distribute'],"
               "'columns':[{'name':'at','rule':'trunc:week'},{'name':'pm','rule':'keep'}],'rule':'P1',"
               "'types':{'lat':'number','at':'datetime','pm':'number'},"
               "'quotas':[{'meter':'rows','period':'day','limit':3},{'meter':'bytes','period':'grant','limit':9}],"
               "'prohibited_acts':['reidentify','train_gpai'],"
               "'duties':[{'id':'D1','act':'attribute'},{'id':'D9','act':'inform'}]}");
    json_object_set_new(expected, "conditions", json_deep_copy(conditions));
    assert_string_equal(ch_json_canonical(arena, narrowed, NULL), ch_json_canonical(arena, expected, NULL));
    assert_string_equal(ch_json_canonical(arena, offer, NULL),
                        ch_json_canonical(arena, quick_json(arena, OFFER), NULL));
    ch_arena_free(arena);
}

/* What would widen by now changes nothing: the handler lowered the quota behind the vote, say. */
static void test_never_wider(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    const json_t *offer = quick_json(arena, OFFER);
    const json_t *conditions = quick_json(
        arena, "[{'id':'a','max_days':31},{'id':'b','min_cohort':4},{'id':'c','modes':['delta']},"
               "{'id':'d','columns':[{'name':'lat','rule':'round:3'}]},"
               "{'id':'e','quotas':[{'meter':'rows','period':'day','limit':11}]},{'id':'f','actions':['sell']}]");
    json_t *narrowed = ch_conditions_apply(arena, offer, conditions);
    json_object_del(narrowed, "conditions");
    assert_string_equal(ch_json_canonical(arena, narrowed, NULL), ch_json_canonical(arena, offer, NULL));
    ch_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_member), cmocka_unit_test(test_pointers_and_order),
                                       cmocka_unit_test(test_each_becomes_a_member),
                                       cmocka_unit_test(test_never_wider)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
