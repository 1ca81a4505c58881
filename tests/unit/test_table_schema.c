/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Column contracts: what is refused, what may follow what, and how cells are read under them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../services/licensing/core/cell.h"
#include "../../services/licensing/core/quality.h"
#include "licensing_files.h"

#define FIELD(rest) "{'fields':[{'name':'a'," rest "}]}"
#define NONE        "'ch:sensitivity':'none'"

static struct ch_table_schema *parse(struct ch_arena *arena, const char *text, bool *unsupported, struct ch_faults *out)
{
    ch_faults_init(out, arena);
    return ch_table_schema_parse(out, quick_json(arena, text), unsupported);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *schema, *pointer;
        bool unsupported;
    } cases[] = {
        {FIELD("'type':'year'," NONE), "/fields/0/type", true},
        {FIELD("'type':'text'," NONE), "/fields/0/type", false},
        {FIELD("'type':'string'"), "/fields/0/ch:sensitivity", false},
        {FIELD("'type':'string','ch:sensitivity':'some'"), "/fields/0/ch:sensitivity", false},
        {FIELD("'type':'string'," NONE ",'constraints':{'pattern':'x'}"), "/fields/0/constraints/pattern", true},
        {FIELD("'type':'string'," NONE ",'format':'email'"), "/fields/0/format", true},
        {FIELD("'type':'string'," NONE ",'colour':1"), "/fields/0/colour", false},
        {FIELD("'type':'string'," NONE ",'constraints':{'minimum':1}"), "/fields/0/constraints/minimum", false},
        {FIELD("'type':'number'," NONE ",'constraints':{'minimum':'1,5'}"), "/fields/0/constraints/minimum", false},
        {FIELD("'type':'string'," NONE ",'constraints':{'maxLength':5000}"), "/fields/0/constraints/maxLength", false},
        {FIELD("'type':'datetime'," NONE ",'ch:timezone':'Europe/London'"), "/fields/0/ch:timezone", true},
        {FIELD("'type':'date'," NONE ",'ch:timezone':'UTC'"), "/fields/0/ch:timezone", false},
        {FIELD("'type':'number'," NONE ",'decimalChar':',','groupChar':','"), "/fields/0/groupChar", false},
        {"{'fields':[{'name':'A','type':'date'," NONE "}]}", "/fields/0/name", false},
        {"{'fields':[{'name':'row_id','type':'date'," NONE "}]}", "/fields/0/name", false},
        {"{'fields':[{'name':'xmin','type':'date'," NONE "}]}", "/fields/0/name", false},
        {"{'fields':[{'name':'a','type':'date'," NONE "},{'name':'a','type':'date'," NONE "}]}", "/fields/1/name",
         false},
        {"{'fields':[]}", "/fields", false},
        {"{'fields':[{'name':'a','type':'date'," NONE "}],'primaryKey':'b'}", "/primaryKey", false},
        {"{'fields':[{'name':'a','type':'date'," NONE "}],'foreignKeys':[]}", "/foreignKeys", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ch_arena *arena = ch_arena_new();
        struct ch_faults faults;
        bool unsupported;
        if (parse(arena, cases[i].schema, &unsupported, &faults))
            fail_msg("accepted: %s", cases[i].schema);
        else if (strcmp(ch_text_of(json_array_get(faults.list, 0), "pointer"), cases[i].pointer) != 0 ||
                 unsupported != cases[i].unsupported)
            fail_msg("%s: %s", cases[i].schema, ch_json_canonical(arena, faults.list, NULL));
        ch_arena_free(arena);
    }
}

static void test_names(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "A",   "1a",  "_a",       "a'b",
                                      "a\"b", "a b", "a-b", "\xc3\xa4", "a1234567890123456789012345678901234567890"};
    assert_true(ch_column_name_valid("a") && ch_column_name_valid("a_1"));
    assert_true(ch_column_name_valid("a123456789012345678901234567890123456789"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(ch_column_name_valid(bad[i]));
}

static void test_cells(void **state)
{
    (void)state;
    static const struct {
        const char *field, *text, *expected; /* NULL: a NULL cell */
        enum ch_cell_reason reason;
    } cases[] = {
        {"'type':'string'", "", NULL, CH_CELL_GOOD},
        {"'type':'string','constraints':{'required':true}", "", NULL, CH_CELL_MISSING},
        {"'type':'string','constraints':{'maxLength':2}", "\xc3\xa4\xe2\x82\xac", "\xc3\xa4\xe2\x82\xac", CH_CELL_GOOD},
        {"'type':'string','constraints':{'maxLength':2}", "abc", NULL, CH_CELL_LENGTH},
        {"'type':'string','constraints':{'minLength':2}", "\xe2\x82\xac", NULL, CH_CELL_LENGTH},
        {"'type':'integer'", "-9223372036854775808", "-9223372036854775808", CH_CELL_GOOD},
        {"'type':'integer'", "9223372036854775808", NULL, CH_CELL_RANGE},
        {"'type':'integer'", "+0012", "12", CH_CELL_GOOD},
        {"'type':'integer'", "1.0", NULL, CH_CELL_TYPE},
        {"'type':'integer'", "-", NULL, CH_CELL_TYPE},
        {"'type':'integer','constraints':{'minimum':5}", "4", NULL, CH_CELL_RANGE},
        {"'type':'integer','constraints':{'enum':[1,2]}", "02", "2", CH_CELL_GOOD},
        {"'type':'integer','constraints':{'enum':[1,2]}", "3", NULL, CH_CELL_ENUM},
        {"'type':'number'", "57.1500", "57.1500", CH_CELL_GOOD},
        {"'type':'number'", "NaN", NULL, CH_CELL_TYPE},
        {"'type':'number'", "1e400000", NULL, CH_CELL_TYPE},
        {"'type':'number','decimalChar':',','groupChar':'.'", "1.234.567,80", "1234567.80", CH_CELL_GOOD},
        {"'type':'number','decimalChar':',','groupChar':'.'", "1,234.5", NULL, CH_CELL_TYPE},
        {"'type':'number','decimalChar':','", "1.5", NULL, CH_CELL_TYPE},
        {"'type':'number','constraints':{'maximum':'0.1'}", "0.10000000000000000001", NULL, CH_CELL_RANGE},
        {"'type':'number','constraints':{'enum':['1.50']}", "1.5", "1.5", CH_CELL_GOOD},
        {"'type':'boolean'", "True", "t", CH_CELL_GOOD},
        {"'type':'boolean'", "yes", NULL, CH_CELL_TYPE},
        {"'type':'boolean','trueValues':['ja'],'falseValues':['nein']", "nein", "f", CH_CELL_GOOD},
        {"'type':'date'", "2024-02-29", "2024-02-29", CH_CELL_GOOD},
        {"'type':'date'", "2023-02-29", NULL, CH_CELL_TYPE},
        {"'type':'date'", "0000-01-01", NULL, CH_CELL_RANGE},
        {"'type':'date','constraints':{'minimum':'2024-01-01'}", "2023-12-31", NULL, CH_CELL_RANGE},
        {"'type':'datetime'", "2019-05-06T00:00:20", NULL, CH_CELL_TIMEZONE},
        {"'type':'datetime'", "2019-05-06T00:00:20Z", "2019-05-06 00:00:20+00", CH_CELL_GOOD},
        {"'type':'datetime'", "2019-05-06T00:00Z", "2019-05-06 00:00:00+00", CH_CELL_GOOD},
        {"'type':'datetime'", "2019-05-06 00:00:20.123456789-0530", "2019-05-06 05:30:20.123456+00", CH_CELL_GOOD},
        {"'type':'datetime','ch:timezone':'+01:00'", "2019-01-01T00:30:00", "2018-12-31 23:30:00+00", CH_CELL_GOOD},
        {"'type':'datetime','ch:timezone':'UTC'", "2019-05-06T00:00:60", NULL, CH_CELL_TYPE},
        {"'type':'datetime','ch:timezone':'UTC'", "2019-05-06T00:00:20X", NULL, CH_CELL_TYPE},
        {"'type':'datetime'", "0001-01-01T00:00:00Z", "0001-01-01 00:00:00+00", CH_CELL_GOOD},
        {"'type':'datetime'", "0001-01-01T00:59:59.999999+01:00", NULL, CH_CELL_RANGE},
        {"'type':'datetime'", "9999-12-31T22:59:59.999999-01:00", "9999-12-31 23:59:59.999999+00", CH_CELL_GOOD},
        {"'type':'datetime'", "9999-12-31T23:00:00-01:00", NULL, CH_CELL_RANGE},
        {"'type':'datetime','ch:timezone':'UTC','constraints':{'maximum':'2019-05-06T00:00:20Z'}",
         "2019-05-06T00:00:20.000001", NULL, CH_CELL_RANGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ch_arena *arena = ch_arena_new();
        struct ch_faults faults;
        bool unsupported;
        char scratch[CH_CELL_SCRATCH];
        struct ch_cell cell = {NULL, 0};
        struct ch_table_schema *schema =
            parse(arena, ch_printf(arena, FIELD("%s," NONE), cases[i].field), &unsupported, &faults);
        if (!schema)
            fail_msg("%s: %s", cases[i].field, ch_json_canonical(arena, faults.list, NULL));
        enum ch_cell_reason reason =
            ch_cell_convert(schema, &schema->fields[0], cases[i].text, strlen(cases[i].text), scratch, &cell);
        if (reason != cases[i].reason)
            fail_msg("%s with %s: %s", cases[i].field, cases[i].text, ch_cell_reason_text(reason));
        if (reason == CH_CELL_GOOD && cases[i].expected)
            assert_string_equal(ch_memdup(arena, cell.text, cell.length), cases[i].expected);
        else if (reason == CH_CELL_GOOD)
            assert_null(cell.text);
        ch_arena_free(arena);
    }
}

#define TWO(a, b) "{'fields':[{'name':'a'," a "},{'name':'b'," b "}]}"
#define PLAIN     "'type':'number','ch:sensitivity':'quasi'"

static void test_growth(void **state)
{
    (void)state;
    static const struct {
        const char *before, *next;
        bool good, notice;
    } cases[] = {
        {FIELD(PLAIN), FIELD(PLAIN), true, false},
        {FIELD(PLAIN), TWO(PLAIN, "'type':'date'," NONE), true, false},
        {FIELD(PLAIN), TWO(PLAIN, PLAIN), true, true},
        {FIELD(PLAIN), TWO(PLAIN, PLAIN ",'constraints':{'required':true}"), false, true},
        {TWO(PLAIN, PLAIN), FIELD(PLAIN), false, false},
        {FIELD(PLAIN), FIELD("'type':'integer','ch:sensitivity':'quasi'"), false, false},
        {FIELD(PLAIN), FIELD("'type':'number'," NONE), false, false},
        {FIELD(PLAIN), FIELD("'type':'number','ch:sensitivity':'direct'"), true, false},
        {FIELD(PLAIN), FIELD(PLAIN ",'constraints':{'minimum':0}"), false, false},
        {FIELD(PLAIN ",'constraints':{'minimum':0}"), FIELD(PLAIN), true, false},
        {FIELD(PLAIN ",'constraints':{'minimum':0}"), FIELD(PLAIN ",'constraints':{'minimum':'0.1'}"), false, false},
        {FIELD(PLAIN ",'constraints':{'enum':[1]}"), FIELD(PLAIN ",'constraints':{'enum':[1,2]}"), true, false},
        {FIELD(PLAIN ",'constraints':{'enum':[1,2]}"), FIELD(PLAIN ",'constraints':{'enum':[1]}"), false, false},
        {FIELD(PLAIN), FIELD(PLAIN ",'constraints':{'enum':[1]}"), false, false},
        {FIELD(PLAIN), FIELD(PLAIN ",'constraints':{'unique':true}"), false, false},
        {FIELD(PLAIN ",'constraints':{'enum':['1.50']}"), FIELD(PLAIN ",'constraints':{'enum':['1.5',2]}"), true,
         false},
        {FIELD(PLAIN), FIELD(PLAIN ",'ch:unit':'deg'"), true, false},
        {FIELD(PLAIN ",'ch:unit':'deg'"), FIELD(PLAIN ",'ch:unit':'rad'"), false, false},
        {FIELD(PLAIN ",'ch:unit':'deg'"), FIELD(PLAIN), false, false},
        {FIELD(PLAIN), FIELD(PLAIN ",'decimalChar':','"), false, false},
        {FIELD("'type':'datetime','ch:timezone':'UTC'," NONE), FIELD("'type':'datetime'," NONE), false, false},
        {FIELD("'type':'datetime'," NONE), FIELD("'type':'datetime','ch:timezone':'UTC'," NONE), true, false},
        {FIELD("'type':'boolean','trueValues':['ja']," NONE), FIELD("'type':'boolean','trueValues':['yes']," NONE),
         false, false},
        {FIELD("'type':'boolean','trueValues':['ja']," NONE), FIELD("'type':'boolean','trueValues':['ja','yes']," NONE),
         true, false},
        {"{'missingValues':['','-'],'fields':[{'name':'a'," PLAIN "}]}", FIELD(PLAIN), false, false},
        {FIELD(PLAIN), "{'missingValues':['','-'],'fields':[{'name':'a'," PLAIN "}]}", true, false},
        {"{'primaryKey':'a','fields':[{'name':'a'," PLAIN "}]}", FIELD(PLAIN), true, false},
        {FIELD(PLAIN), "{'primaryKey':'a','fields':[{'name':'a'," PLAIN "}]}", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ch_arena *arena = ch_arena_new();
        struct ch_faults faults;
        bool unsupported, notice;
        struct ch_table_schema *before = parse(arena, cases[i].before, &unsupported, &faults);
        struct ch_table_schema *next = parse(arena, cases[i].next, &unsupported, &faults);
        assert_true(before && next);
        ch_table_schema_growth(&faults, before, next, &notice);
        if ((ch_faults_count(&faults) == 0) != cases[i].good || notice != cases[i].notice)
            fail_msg("%s -> %s: %s", cases[i].before, cases[i].next, ch_json_canonical(arena, faults.list, NULL));
        ch_arena_free(arena);
    }
}

static void test_quality_checks(void **state)
{
    (void)state;
    static const char *const bad[] = {"{'q':[]}",
                                      "{'q':[{'check':'completeness','weight':1000000,'column':'gone'}]}",
                                      "{'q':[{'check':'completeness','weight':999999,'column':'a'}]}",
                                      "{'q':[{'check':'shine','weight':1000000,'column':'a'}]}",
                                      "{'q':[{'check':'in_range','weight':1000000,'column':'a','min':2,'max':'1.5'}]}",
                                      "{'q':[{'check':'gaps','weight':1000000,'column':'a','step':60}]}",
                                      "{'q':[{'check':'duplicates','weight':1000000,'columns':[]}]}"};
    struct ch_arena *arena = ch_arena_new();
    struct ch_faults faults;
    bool unsupported;
    size_t count;
    const struct ch_at at = {NULL, "quality", 0};
    struct ch_table_schema *schema =
        parse(arena, TWO(PLAIN, "'type':'datetime','ch:timezone':'UTC'," NONE), &unsupported, &faults);
    json_t *good = quick_json(arena, "{'q':[{'check':'completeness','weight':333333,'column':'a'},"
                                     "{'check':'in_range','weight':333333,'column':'a','min':0,'max':'99.5'},"
                                     "{'check':'gaps','weight':200000,'column':'b','step':150},"
                                     "{'check':'cross_duplicates','weight':133334,'columns':['a','b']}]}");
    struct ch_quality_check *checks = ch_quality_parse(&faults, &at, json_object_get(good, "q"), schema, &count);
    assert_non_null(checks);
    assert_int_equal(count, 4);
    const int64_t ppm[] = {999999, 1000000, 1, 0};
    assert_int_equal(ch_quality_weighted(checks, ppm, 4), 666665); /* 666,665.866667 */
    assert_int_equal(ch_quality_share(2, 3), 666666);
    assert_int_equal(ch_quality_share(0, 0), 1000000);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_t *value = json_object_get(quick_json(arena, bad[i]), "q");
        if (ch_quality_parse(&faults, &at, value, schema, &count))
            fail_msg("%s", bad[i]);
    }
    ch_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_refused), cmocka_unit_test(test_names),          cmocka_unit_test(test_cells),
        cmocka_unit_test(test_growth),          cmocka_unit_test(test_quality_checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
