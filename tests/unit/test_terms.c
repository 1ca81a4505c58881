/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What check_terms refuses without a database, one edit of good terms at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../services/licensing/core/terms.h"
#include "licensing_files.h"

#define PRICE(base, unit)                                                                                              \
    "{'base':{'minor':" base ",'currency':'EUR'},'unit':{'minor':" unit ",'currency':'EUR'},'unit_rows':1000,"         \
    "'free_rows':0,'cap':null}"

/* Good terms: the base of the golden cases, with prices. */
static json_t *good_terms(struct ch_arena *arena)
{
    json_t *terms = base_terms(arena);
    set_at(terms, "/tiers/0/price", quick_json(arena, PRICE("0", "0")));
    set_at(terms, "/tiers/1/price", quick_json(arena, PRICE("10000", "2")));
    set_at(terms, "/tiers/2/price", quick_json(arena, PRICE("50000", "20")));
    return terms;
}

static void test_good_terms_have_no_errors(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct ch_faults faults;
    ch_faults_init(&faults, arena);
    struct ch_terms *terms = ch_terms_parse(&faults, NULL, good_terms(arena));
    ch_terms_check(&faults, terms);
    if (ch_faults_count(&faults))
        fail_msg("%s", ch_json_canonical(arena, faults.list, NULL));
    terms = ch_terms_parse(&faults, NULL, base_terms(arena));
    assert_string_equal(terms->hash, "e54f991aa97a617dc4b45038609a19b53e5869d28ef1e6e0519c98c073099da9");
    ch_arena_free(arena);
}

/* An edit, and the pointer of the first error it must give. */
static const struct {
    const char *pointer, *value, *error;
} edits[] = {
    {"/pool", "'Air'", "/pool"},
    {"/version", "1000001", "/version"},
    {"/valid/until", "'2026-07-01T00:00:00Z'", "/valid"},
    {"/prohibited_acts", "['sell_data']", "/prohibited_acts"},
    {"/prohibited_acts/-", "'hop'", "/prohibited_acts/4"},
    {"/columns/4/type", "'float'", "/columns/4/type"},
    {"/columns/4/name", "'PM10'", "/columns/4/name"},
    {"/columns/4/sensitivity", "'some'", "/columns/4/sensitivity"},
    {"/tiers/0/purposes/-", "'PG.SERVICE'", "/tiers/0/purposes/3"},
    {"/tiers/0/org_classes/-", "'club'", "/tiers/0/org_classes/3"},
    {"/tiers/0/attest_days", "0", "/tiers/0/attest_days"},
    {"/tiers/0/price", PRICE("1", "0"), "/tiers/0/price/base"},
    {"/tiers/0/price", PRICE("0", "1"), "/tiers/0/price/unit"},
    {"/tiers/1/price", PRICE("1000000000001", "1"), "/tiers/1/price/base"},
    {"/tiers/1/price", PRICE("1", "1000000001"), "/tiers/1/price/unit"},
    {"/tiers/1/price/cap", "{'minor':5,'currency':'USD'}", "/tiers/1/price/cap"},
    {"/tiers/1/price/unit_rows", "0", "/tiers/1/price/unit_rows"},
    {"/tiers/1/price/unit_rows", "1000000001", "/tiers/1/price/unit_rows"},
    {"/duties/1/act", "'sing'", "/duties/1/act"},
    {"/rules/0/purposes/-", "'PG.NEW'", "/rules/0/purposes/1"},
    {"/rules/0/actions/-", "'fly'", "/rules/0/actions/3"},
    {"/rules/0/regions/-", "'EWR'", "/rules/0/regions/2"},
    {"/rules/0/modes/-", "'delta'", "/rules/0/modes/2"},
    {"/rules/0/modes", "[]", "/rules/0/modes"},
    {"/rules/2/conditions/0/operand", "'weather'", "/rules/2/conditions/0/operand"},
    {"/rules/2/conditions/0/op", "'gteq'", "/rules/2/conditions/0/op"},
    {"/rules/0/columns/device", "'prefix:2'", "/rules/0/columns/device"},
    {"/rules/0/columns/lat", "'keep'", "/rules/0/columns/lat"},
    {"/rules/0/columns/lat", "'trunc:day'", "/rules/0/columns/lat"},
    {"/rules/0/columns/lat", "'round:+2'", "/rules/0/columns/lat"},
    {"/rules/0/columns/salary", "'keep'", "/rules/0/columns/salary"},
    {"/rules/0/min_cohort", "4", "/rules/0/min_cohort"},
    {"/rules/0/max_days", "1097", "/rules/0/max_days"},
    {"/rules/0/purposes", "['X']", "/rules/0/purposes"},
    {"/rules/0/purposes", "['X.ADS']", "/rules/0/purposes"},
    {"/rules/0/purposes", "['COM.MARKETING']", "/rules/0/purposes"},
    {"/rules/-", "{'id':'X3','effect':'prohibit','purposes':['X.ADS']}", "/rules/6"},
    {"/rules/4/regions", "['NOWHERE']", "/rules/4/regions/0"},
};

static void test_each_rule_of_the_check(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        struct ch_arena *arena = ch_arena_new();
        struct ch_faults faults;
        ch_faults_init(&faults, arena);
        json_t *doc = good_terms(arena);
        set_at(doc, edits[i].pointer,
               json_object_get(quick_json(arena, ch_printf(arena, "{'v':%s}", edits[i].value)), "v"));
        struct ch_terms *terms = ch_terms_parse(&faults, NULL, doc);
        assert_non_null(terms);
        ch_terms_check(&faults, terms);
        const char *first = ch_text_of(json_array_get(faults.list, 0), "pointer");
        if (!first || strcmp(first, edits[i].error) != 0)
            fail_msg("%s = %s: %s", edits[i].pointer, edits[i].value, ch_json_canonical(arena, faults.list, NULL));
        ch_arena_free(arena);
    }
}

static void test_council_rules_may_keep_quasi_identifiers(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct ch_faults faults;
    ch_faults_init(&faults, arena);
    json_t *doc = good_terms(arena);
    set_at(doc, "/rules/3/columns/at", ch_json_own(arena, json_string("keep")));
    ch_terms_check(&faults, ch_terms_parse(&faults, NULL, doc));
    assert_int_equal(ch_faults_count(&faults), 0);
    ch_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_terms_have_no_errors),
        cmocka_unit_test(test_each_rule_of_the_check),
        cmocka_unit_test(test_council_rules_may_keep_quasi_identifiers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
