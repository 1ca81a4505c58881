/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two versions of terms: what is wider, and which notice floor follows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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
        ch_narrows(arena, before, edited(arena, &faults, cases[i].pointer, cases[i].value), 3, &result);
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
    ch_narrows(arena, before, wider, 3, &result);
    assert_int_equal(result.rules[0].floor, 3); /* P1 is wider */
    assert_int_equal(result.rules[1].floor, 2); /* P2 is as it was */
    ch_narrows_check_floors(&faults, &result);
    assert_int_equal(ch_faults_count(&faults), 1);
    assert_string_equal(ch_text_of(json_array_get(faults.list, 0), "pointer"), "/rules/0/notice_floor");
    ch_narrows(arena, NULL, before, 2, &result);
    assert_true(result.wider);
    assert_int_equal(result.rules[3].floor, 2);
    ch_narrows(arena, before, before, 3, &result);
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
    ch_narrows(arena, partial, plain, 3, &result);
    assert_true(result.wider);
    ch_narrows(arena, outright, partial, 3, &result);
    assert_true(result.wider);
    ch_narrows(arena, plain, partial, 3, &result);
    assert_false(result.wider);
    ch_narrows(arena, partial, outright, 3, &result);
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
            ch_narrows(arena, all[i], all[j], 3, &result);
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

/* Every step of every ladder of generalisations, both ways, and what belongs to none. */
static void test_coarser_is_no_wider(void **state)
{
    static const char *const ladders[][8] = {
        {"keep", "round:6", "round:2", "round:0", "round:-1", "drop"},
        {"keep", "bin:5@1", "bin:10@1", "bin:30@1", "drop"},
        {"keep", "trunc:minute", "trunc:hour", "trunc:day", "trunc:month", "trunc:quarter", "trunc:year", "drop"},
        {"trunc:day", "trunc:week", "drop"},
        {"keep", "prefix:9", "prefix:1", "drop"}};
    static const char *const strangers[][2] = {{"trunc:week", "trunc:month"}, {"trunc:month", "trunc:week"},
                                               {"bin:10", "bin:15"},          {"bin:10", "bin:10@5"},
                                               {"round:1", "bin:10"},         {"bin:10", "round:-1"},
                                               {"prefix:3", "round:0"},       {"trunc:year", "trunc:week"}};
    struct ch_general fine, coarse;
    (void)state;
    for (size_t l = 0; l < sizeof ladders / sizeof *ladders; l++)
        for (size_t i = 0; i < 8 && ladders[l][i]; i++)
            for (size_t k = i; k < 8 && ladders[l][k]; k++) {
                assert_true(ch_general_parse(ladders[l][i], &fine) && ch_general_parse(ladders[l][k], &coarse));
                assert_true(ch_general_no_finer(&coarse, &fine));
                assert_int_equal(ch_general_no_finer(&fine, &coarse), i == k);
            }
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        assert_true(ch_general_parse(strangers[i][0], &fine) && ch_general_parse(strangers[i][1], &coarse));
        assert_false(ch_general_no_finer(&coarse, &fine));
    }
}

/* Property: versions made by several random edits at once: no wider than no wider is no wider, nothing is wider than
 * itself, and a version with nothing but prohibitions is no wider than any. */
static void test_transitive_over_random_versions(void **state)
{
    enum { VERSIONS = 48 };
    struct ch_arena *arena = ch_arena_new();
    struct ch_faults faults;
    struct ch_terms *all[VERSIONS];
    static bool wider[VERSIONS][VERSIONS];
    uint32_t seed = 20261123;
    size_t checked = 0;
    (void)state;
    print_message("seed %u\n", seed);
    ch_faults_init(&faults, arena);
    for (size_t v = 0; v < VERSIONS; v++) {
        json_t *doc = base_terms(arena);
        for (int edit = 0; edit < 4; edit++) {
            seed = seed * 1664525 + 1013904223;
            size_t i = (seed >> 10) % (sizeof cases / sizeof *cases);
            const char *value = ch_printf(arena, "{'v':%s}", cases[i].value);
            if (strcmp(cases[i].pointer + strlen(cases[i].pointer) - 2, "/-") != 0)
                set_at(doc, cases[i].pointer, json_object_get(quick_json(arena, value), "v"));
        }
        all[v] = ch_terms_parse(&faults, NULL, doc);
        assert_non_null(all[v]);
    }
    for (size_t i = 0; i < VERSIONS; i++)
        for (size_t j = 0; j < VERSIONS; j++) {
            struct ch_narrows result;
            ch_narrows(arena, all[i], all[j], 3, &result);
            wider[i][j] = result.wider;
            assert_true(i != j || !result.wider);
        }
    for (size_t i = 0; i < VERSIONS; i++)
        for (size_t j = 0; j < VERSIONS; j++)
            for (size_t k = 0; k < VERSIONS; k++)
                if (!wider[i][j] && !wider[j][k]) {
                    assert_false(wider[i][k]);
                    checked++;
                }
    assert_true(checked > VERSIONS);
    ch_arena_free(arena);
}

/* What the pair says of consents: the least floor that counts, and the notice that was asked for. */
static void test_a_pair_tells_its_floor(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct ch_faults faults;
    struct ch_narrows result;
    ch_faults_init(&faults, arena);
    struct ch_terms *before = edited(arena, &faults, NULL, NULL);
    ch_narrows(arena, before, edited(arena, &faults, "/rules/0/max_days", "400"), 3, &result);
    json_t *json = ch_narrows_json(arena, &result);
    assert_int_equal(json_integer_value(json_object_get(json, "notice")), 3);
    for (size_t i = 0; i < result.pair_count; i++)
        assert_int_equal(result.pairs[i].floor, !result.pairs[i].after ? 0 : result.pairs[i].wider ? 3 : 2);
    ch_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_member_of_a_rule),         cmocka_unit_test(test_floors_follow),
        cmocka_unit_test(test_a_lifted_prohibition_is_wider), cmocka_unit_test(test_transitive),
        cmocka_unit_test(test_coarser_is_no_wider),           cmocka_unit_test(test_transitive_over_random_versions),
        cmocka_unit_test(test_a_pair_tells_its_floor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
