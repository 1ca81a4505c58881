/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Datasets: what is offered, which counts are shown, and which pools are in the catalogue at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../services/licensing/core/catalogue.h"
#include "licensing_files.h"

/* Rows: purposes' members, rows, givers; then what is shown of them. */
static const struct {
    const char *what;
    struct ch_coverage cells[4];
} counts[] = {
    {"five of each are shown", {{"A", 5, 5, 5, true, true}}},
    {"four members hide both", {{"A", 4, 900, 4, false, false}}},
    {"none is under five too", {{"A", 0, 0, 0, false, false}}},
    {"four rows are hidden, the members need not be", {{"A", 6, 4, 6, true, false}}},
    {"rows of four givers are hidden", {{"A", 6, 900, 4, true, false}}},
    {"rows that differ by what one member gave", {{"A", 6, 600, 6, true, true}, {"B", 5, 500, 5, true, false}}},
    {"the same, the other way round", {{"A", 5, 500, 5, true, false}, {"B", 6, 600, 6, true, true}}},
    {"equal rows tell nothing", {{"A", 6, 600, 6, true, true}, {"B", 6, 600, 6, true, true}}},
    {"as many givers, but others", {{"A", 6, 600, 6, true, true}, {"B", 6, 550, 6, true, false}}},
    {"five apart is far enough", {{"A", 11, 600, 11, true, true}, {"B", 6, 500, 6, true, true}}},
    {"four apart is not", {{"A", 10, 600, 10, true, true}, {"B", 6, 500, 6, true, false}}},
    {"a hidden one hides no other",
     {{"A", 12, 900, 12, true, true}, {"B", 9, 700, 9, true, false}, {"C", 7, 400, 7, true, true}}},
    {"a chain keeps its ends",
     {{"A", 20, 900, 20, true, true},
      {"B", 17, 800, 17, true, false},
      {"C", 15, 700, 15, true, true},
      {"D", 12, 600, 12, true, false}}},
};

static void test_small_counts_are_hidden(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct ch_coverage cells[4];
        size_t count = 0;
        while (count < 4 && counts[i].cells[count].purpose)
            count++;
        memcpy(cells, counts[i].cells, sizeof cells);
        for (size_t c = 0; c < count; c++)
            cells[c].show_members = cells[c].show_rows = c % 2 == 0; /* whatever stood there does not matter */
        ch_coverage_hide(cells, count);
        for (size_t c = 0; c < count; c++)
            if (cells[c].show_members != counts[i].cells[c].show_members ||
                cells[c].show_rows != counts[i].cells[c].show_rows)
                fail_msg("%s: %s shows members %d rows %d", counts[i].what, cells[c].purpose, cells[c].show_members,
                         cells[c].show_rows);
    }
}

/* The property itself, over generated pools: no shown count is under five, and no two shown counts of rows differ
 * by what one to four members gave. */
static void test_no_two_shown_counts_tell_of_few(void **state)
{
    (void)state;
    unsigned seed = 20260701;
    print_message("seed %u\n", seed);
    for (int round = 0; round < 20000; round++) {
        struct ch_coverage cells[12];
        bool gives[12][16];
        int64_t rows[16];
        for (int m = 0; m < 16; m++)
            rows[m] = 1 + (int64_t)((seed = seed * 1103515245U + 12345U) >> 16) % 50;
        for (int c = 0; c < 12; c++) {
            cells[c] = (struct ch_coverage){.purpose = "A"};
            for (int m = 0; m < 16; m++) {
                gives[c][m] = ((seed = seed * 1103515245U + 12345U) >> 16) % 8 > 1;
                cells[c].members += gives[c][m];
                cells[c].rows += gives[c][m] ? rows[m] : 0;
            }
            cells[c].contributors = cells[c].members;
        }
        ch_coverage_hide(cells, 12);
        for (int a = 0; a < 12; a++)
            for (int b = 0; b < 12; b++) {
                int apart = 0;
                for (int m = 0; m < 16; m++)
                    apart += gives[a][m] != gives[b][m];
                bool both = cells[a].show_rows && cells[b].show_rows;
                assert_true(!cells[a].show_members || cells[a].members >= 5);
                assert_true(!both || cells[a].rows == cells[b].rows || apart >= 5);
            }
    }
}

static struct ch_terms *parsed(struct ch_arena *arena, const json_t *doc)
{
    struct ch_faults faults;
    ch_faults_init(&faults, arena);
    return ch_terms_parse(&faults, NULL, doc);
}

static const char *offered(struct ch_arena *arena, const json_t *list, const char *purpose)
{
    const char *text = "";
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (strcmp(ch_text_of(one, "purpose"), purpose) == 0)
            text = ch_printf(arena, "%s%s:%lld ", text, ch_text_of(one, "org_class"),
                             (long long)ch_integer_of(one, "floor"));
    }
    return text;
}

static void test_what_is_offered_to_whom(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    json_t *doc = base_terms(arena);
    set_at(doc, "/rules/3/notice_floor", ch_json_own(arena, json_integer(1)));
    json_t *list = ch_catalogue_offered(arena, parsed(arena, doc), NULL);
    assert_string_equal(offered(arena, list, "PG.CLIMATE"), "public_body:2 university:2 non_profit:2 ");
    assert_string_equal(offered(arena, list, "RES.HEALTH"), "university:1 non_profit:2 small_company:2 company:1 ");
    assert_string_equal(offered(arena, list, "COM.INSIGHT"), "small_company:2 company:2 ");
    assert_string_equal(offered(arena, list, "PG"), "");         /* cannot be asked for */
    assert_string_equal(offered(arena, list, "COM.RESALE"), ""); /* nobody permits it */
    list = ch_catalogue_offered(arena, parsed(arena, doc), quick_json(arena, "['RES']"));
    assert_string_equal(offered(arena, list, "RES.HEALTH"), "");
    assert_string_equal(offered(arena, list, "PG.CLIMATE"), "public_body:2 university:2 non_profit:2 ");
    set_at(doc, "/rules/-",
           quick_json(arena, "{'id':'X3','effect':'prohibit','purposes':['RES'],"
                             "'org_classes':['company']}"));
    set_at(doc, "/rules/-", quick_json(arena, "{'id':'X4','effect':'prohibit','purposes':['PG'],'modes':['query']}"));
    list = ch_catalogue_offered(arena, parsed(arena, doc), NULL);
    assert_string_equal(offered(arena, list, "RES.HEALTH"), "university:1 non_profit:2 small_company:2 ");
    assert_string_equal(offered(arena, list, "PG.CLIMATE"), "public_body:2 university:2 non_profit:2 ");
    ch_arena_free(arena);
}

static void test_prohibitions_that_concern_a_pool(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    struct ch_terms *terms = parsed(arena, base_terms(arena));
    json_t *list = ch_catalogue_concerning(arena, terms, quick_json(arena, "['COM.MARKETING','PG.CLIMATE','X.ADS']"));
    assert_int_equal(json_array_size(list), 1); /* nobody permits marketing here */
    assert_string_equal(json_string_value(json_array_get(list, 0)), "PG.CLIMATE");
    ch_arena_free(arena);
}

static json_t *facts(struct ch_arena *arena)
{
    return quick_json(
        arena,
        "{'pool_id':'018f0000-0000-7000-8000-000000000001','ref':'air','state':'open','at':'2026-09-01T12:00:00Z',"
        "'issued':'2026-07-01T00:00:00Z','modified':'2026-08-01T00:00:00Z','charter_version':2,'terms_version':3,"
        "'terms_id':'018f0000-0000-7000-8000-000000000002','schema':{'fields':[{'name':'pm10'},"
        "{'name':'lat','ch:data_type':'https://w3id.org/dpv/pd#Location'}]},'prohibitions':[],'contributors':6,"
        "'quality_ppm':987654,'charter':{'title':'Air','description':'Readings.','keywords':['air'],"
        "'spatial':'the harbour','temporal':{'from':'2019-01-01','until':null},'update_frequency':'weekly',"
        "'special_category':false,'controller':{'id':'https://t.example','name':'T','contact':'a@t.example'}}}");
}

static json_t *dataset(struct ch_arena *arena, const json_t *given, const json_t *doc)
{
    json_t *coverage = quick_json(arena, "[{'purpose':'PG.CLIMATE','members':6,'rows':60,'contributors':6},"
                                         "{'purpose':'PG.STATS','members':4,'rows':40,'contributors':4}]");
    return ch_catalogue_dataset(arena, given, parsed(arena, doc), coverage, "https://t.example");
}

static void test_a_dataset_has_its_members(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    static const char *const members[] = {"@id",
                                          "@type",
                                          "hasPolicy",
                                          "distribution",
                                          "dct:title",
                                          "dct:description",
                                          "dct:publisher",
                                          "dct:license",
                                          "dct:conformsTo",
                                          "dcat:keyword",
                                          "dcat:theme",
                                          "dct:spatial",
                                          "dct:temporal",
                                          "dct:accrualPeriodicity",
                                          "dct:issued",
                                          "dct:modified",
                                          "dcat:version",
                                          "dcat:contactPoint",
                                          CH_NS "coverage",
                                          CH_NS "price",
                                          CH_NS "quality",
                                          CH_NS "termsHash"};
    json_t *made = dataset(arena, facts(arena), base_terms(arena));
    assert_int_equal(json_object_size(made), sizeof members / sizeof *members);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (!json_object_get(made, members[i]))
            fail_msg("%s is missing", members[i]);
    assert_string_equal(ch_json_canonical(arena, json_object_get(made, CH_NS "coverage"), NULL),
                        "[{\"" CH_NS "members\":6,\"" CH_NS "purpose\":{\"@id\":\"" CH_NS "PG.CLIMATE\"},\"" CH_NS
                        "rows\":60},"
                        "{\"" CH_NS "purpose\":{\"@id\":\"" CH_NS "PG.STATS\"}}]");
    assert_string_equal(ch_json_canonical(arena, json_object_get(made, "dcat:theme"), NULL),
                        "[{\"@id\":\"https://w3id.org/dpv/pd#Location\"}]");
    assert_string_equal(ch_text_of(json_object_get(made, "dct:accrualPeriodicity"), "@id"),
                        "http://publications.europa.eu/resource/authority/frequency/WEEKLY");
    ch_arena_free(arena);
}

static void test_quality_of_few_is_hidden(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    json_t *given = facts(arena);
    set_at(given, "/contributors", ch_json_own(arena, json_integer(4)));
    assert_null(json_object_get(dataset(arena, given, base_terms(arena)), CH_NS "quality"));
    ch_arena_free(arena);
}

static void test_which_pools_are_listed(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    static const struct {
        const char *pointer, *value;
        bool listed;
    } cases[] = {
        {"/state", "paused", true},
        {"/state", "closed", false},
        {"/state", "draft", false},
        {"/at", "2026-07-01T00:00:00Z", true},
        {"/at", "2026-06-30T23:59:59Z", false},
        {"/at", "2028-06-30T23:59:59Z", true},
        {"/at", "2028-07-01T00:00:00Z", false},
        {"/prohibitions/-", "COM", true},
        {"/prohibitions/-", "ANY", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *given = facts(arena);
        set_at(given, cases[i].pointer, ch_json_own(arena, json_string(cases[i].value)));
        if ((dataset(arena, given, base_terms(arena)) != NULL) != cases[i].listed)
            fail_msg("%s %s", cases[i].pointer, cases[i].value);
    }
    ch_arena_free(arena);
}

static void test_a_page(void **state)
{
    (void)state;
    struct ch_arena *arena = ch_arena_new();
    const char *last = ch_catalogue_page(arena, "https://t.example", "", NULL, NULL);
    assert_string_equal(last,
                        "{\"@context\":[\"" CH_DSP_CONTEXT "\"],\"@id\":\"https://t.example/licensing/v1/catalogue\","
                        "\"@type\":\"Catalog\",\"next\":null,\"participantId\":\"https://t.example\",\"service\":[{"
                        "\"@id\":\"https://t.example/metering/v1\",\"@type\":\"DataService\","
                        "\"endpointURL\":\"https://t.example/metering/v1\"}]}");
    const char *page =
        ch_catalogue_page(arena, "https://t.example", "{\"a\":1},{\"a\":2}", "air", "https://t.example/n");
    json_t *tree = quick_json(arena, page);
    assert_int_equal(json_array_size(json_object_get(tree, "dataset")), 2);
    assert_string_equal(ch_text_of(tree, "next"), "air");
    assert_string_equal(ch_text_of(json_object_get(tree, CH_NS "next"), "@id"), "https://t.example/n");
    assert_string_equal(page, ch_json_canonical(arena, tree, NULL));
    ch_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_counts_are_hidden),   cmocka_unit_test(test_no_two_shown_counts_tell_of_few),
        cmocka_unit_test(test_what_is_offered_to_whom),   cmocka_unit_test(test_prohibitions_that_concern_a_pool),
        cmocka_unit_test(test_a_dataset_has_its_members), cmocka_unit_test(test_quality_of_few_is_hidden),
        cmocka_unit_test(test_which_pools_are_listed),    cmocka_unit_test(test_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
