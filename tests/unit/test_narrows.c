/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two versions of terms: what is wider, and which notice floor follows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../services/licensing/core/narrows.h"
#include "licensing_files.h"

static struct ch_terms *edited(struct ch_arena *arena, struct ch_faults *faults, const char *pointer, const char *value)
{
    json_t *doc = base_terms(arena);
    if (pointer)
        set_at(doc, pointer, json_object_get(quick_json(arena, ch_printf(arena, "{'v':%s}", value)), "v"));
    struct ch_terms *terms = ch_terms_parse(faults, NULL, doc);
    assert_non_null(terms);
    return terms;
}

static const struct {
    const char *pointer, *value;
    int reason; /* enum ch_narrow_bit; -1: no wider */
} cases[] = {
    {"/rules/0/columns/lat", "'round:3'", CH_NARROW_BIT_COLUMN},
    {"/rules/0/columns/lat", "'round:1'", -1},
    {"/rules/0/columns/lat", "'drop'", -1},
    {"/rules/0/columns/at", "'trunc:week'", -1},
    {"/rules/0/columns/at", "'trunc:minute'", CH_NARROW_BIT_COLUMN},
    {"/rules/0/min_cohort", "4", CH_NARROW_BIT_COHORT},
    {"/rules/0/min_cohort", "6", -1},
    {"/rules/0/max_days", "366", CH_NARROW_BIT_DAYS},
    {"/rules/0/max_days", "300", -1},
    {"/duties/3/within_days", "31", CH_NARROW_BIT_RETENTION},
    {"/duties/3/within_days", "7", -1},
    {"/rules/1/duties", "['D1','D2','D3']", CH_NARROW_BIT_RETENTION},
    {"/rules/0/actions/-", "'index'", CH_NARROW_BIT_ACTIONS},
    {"/rules/0/actions", "['read']", -1},
    {"/rules/0/regions/-", "'US'", CH_NARROW_BIT_REGIONS},
    {"/rules/0/regions", "['EU','GB']", -1},
    {"/rules/2/modes/-", "'download'", CH_NARROW_BIT_MODES},
    {"/prohibited_acts", "['reidentify','link_personal','transfer_onward']", CH_NARROW_BIT_ACTS},
    {"/prohibited_acts/-", "'train_gpai'", -1},
    {"/rules/2/conditions", "[]", CH_NARROW_BIT_CONDITIONS},
    {"/rules/0/conditions", "[{'operand':'organisation','op':'neq','value':'org:a'}]", CH_NARROW_BIT_CONDITIONS},
    {"/rules/0/purposes/-", "'COM.SERVICE'", CH_NARROW_BIT_NEW},
    {"/rules/0/org_classes/-", "'member'", CH_NARROW_BIT_NEW},
    {"/rules/0/purposes", "['PG.STATS']", -1},
    {"/rules/3/effect", "'permit'", -1},
};

static void test_each_member_of_a_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ch_arena *arena = ch_arena_new();
        struct ch_faults faults;
        struct ch_narrows result;
        uint32_t reasons = 0;
        ch_faults_init(&faults, arena);
        struct ch_terms *before = edited(arena, &faults, NULL, NULL);
        ch_narrows(arena, before, edited(arena, &faults, cases[i].pointer, cases[i].value), 3, false, &result);
        for (size_t p = 0; p < result.pair_count; p++)
            reasons |= result.pairs[p].reasons;
        uint32_t wanted = cases[i].reason < 0 ? 0 : UINT32_C(1) << cases[i].reason;
        if (reasons != wanted || result.wider != (wanted != 0))
            fail_msg("%s = %s: reasons %x, not %x", cases[i].pointer, cases[i].value, reasons, wanted);
        ch_arena_free(arena);
    }
}

static void test_floors_follow(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct ch_faults faults;
    struct ch_narrows result;
    ch_faults_init(&faults, arena);
    struct ch_terms *before = edited(arena, &faults, NULL, NULL);
    struct ch_terms *wider = edited(arena, &faults, "/rules/0/max_days", "400");
    ch_narrows(arena, before, wider, 3, false, &result);
    assert_int_equal(result.rules[0].floor, 3); /* P1 is wider */
    assert_int_equal(result.rules[1].floor, 2); /* P2 is as it was */
    ch_narrows_check_floors(&faults, &result);
    assert_int_equal(ch_faults_count(&faults), 1);
    assert_string_equal(ch_text_of(json_array_get(faults.list, 0), "pointer"), "/rules/0/notice_floor");
    ch_narrows(arena, NULL, before, 2, false, &result);
    assert_true(result.wider);
    assert_int_equal(result.rules[3].floor, 2);
    ch_narrows(arena, before, before, 3, true, &result);
    assert_true(result.wider); /* the charter keeps data longer */
    ch_narrows(arena, before, before, 3, false, &result);
    json_t *json = ch_narrows_json(arena, &result);
    assert_false(result.wider || ch_true_of(json, "wider"));
    assert_int_equal(json_array_size(json_object_get(json, "pairs")), result.pair_count);
    ch_arena_free(arena);
}

static void test_a_lifted_prohibition_is_wider(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct ch_faults faults;
    struct ch_narrows result;
    ch_faults_init(&faults, arena);
    struct ch_terms *plain = edited(arena, &faults, NULL, NULL);
    struct ch_terms *partial = edited(arena, &faults, "/rules/-",
                                      "{'id':'X3','effect':'prohibit','purposes':['PG.STATS'],'actions':['derive']}");
    struct ch_terms *outright =
        edited(arena, &faults, "/rules/-", "{'id':'X3','effect':'prohibit','purposes':['PG.STATS']}");
    ch_narrows(arena, partial, plain, 3, false, &result);
    assert_true(result.wider);
    ch_narrows(arena, outright, partial, 3, false, &result);
    assert_true(result.wider);
    ch_narrows(arena, plain, partial, 3, false, &result);
    assert_false(result.wider);
    ch_narrows(arena, partial, outright, 3, false, &result);
    assert_false(result.wider);
    ch_arena_free(arena);
}

/* Property: what is no wider than something no wider is itself no wider. */
static void test_transitive(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct ch_faults faults;
    struct ch_terms *all[sizeof cases / sizeof *cases];
    bool wider[sizeof cases / sizeof *cases][sizeof cases / sizeof *cases];
    size_t n = sizeof cases / sizeof *cases, checked = 0;
    ch_faults_init(&faults, arena);
    for (size_t i = 0; i < n; i++)
        all[i] = edited(arena, &faults, cases[i].pointer, cases[i].value);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            struct ch_narrows result;
            ch_narrows(arena, all[i], all[j], 3, false, &result);
            wider[i][j] = result.wider;
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            for (size_t k = 0; k < n; k++)
                if (!wider[i][j] && !wider[j][k]) {
                    assert_false(wider[i][k]);
                    checked++;
                }
    assert_true(checked > n);
    ch_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_member_of_a_rule),
        cmocka_unit_test(test_floors_follow),
        cmocka_unit_test(test_a_lifted_prohibition_is_wider),
        cmocka_unit_test(test_transitive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
