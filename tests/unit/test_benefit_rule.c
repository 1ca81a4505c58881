/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of benefit_rule.c, rule_warnings.c and fields.c: one lawful rule, changed in one place at a time. */
#include "payout/helpers.h"

#define STEP_SPLIT                                                                                                     \
    "{\"id\":\"p\",\"kind\":\"split\",\"of\":\"remaining\",\"num\":1,\"den\":1,\"parts\":[{\"share\":1,\"weight\":"    \
    "\"usage\"}],\"leftover_to\":\"Equity:Fund:Commons\"}"
#define STEP_OPS                                                                                                       \
    "{\"id\":\"o\",\"kind\":\"percent\",\"to\":\"Income:OperationsShare\",\"of\":\"gross\",\"num\":1,\"den\":10}"

static const char *rule_text(struct ch_arena *arena, const char *steps, const char *more)
{
    return ch_printf(arena,
                     "{\"schema\":\"benefit-rule/1\",\"rule\":\"r\",\"currency\":\"EUR\",\"steps\":[%s]%s,"
                     "\"remainder\":\"largest_remainder/sha256\"}",
                     steps, more);
}

/* "" when lawful, else the refusals. */
static const char *verdict(struct ch_arena *arena, const char *text)
{
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    return ch_benefit_rule_parse(text, strlen(text), list, NULL) ? "" : ch_refusals_text(list);
}

static void the_example_is_lawful_without_warning(void **state)
{
    struct ch_arena *arena = *state;
    size_t size;
    const char *text = vector(arena, "d20.rule.json", &size);
    struct ch_refusals *list = ch_refusals_new(arena, NULL), *warnings = ch_refusals_new(arena, NULL);
    const struct ch_benefit_rule *rule = ch_benefit_rule_parse(text, size, list, warnings);
    assert_non_null(rule);
    assert_string_equal(ch_benefit_rule_verdict(warnings), "{\"valid\":true,\"warnings\":[]}");
    assert_string_equal(rule->sha256, "fa7fa9e6b155918aaf2397a77e2cf8786f6f68adc35e5ff3ea5a94cc1020605d");
    assert_int_equal(rule->step_count, 6);
    assert_int_equal(rule->min_payout, 1000);
    assert_int_equal(rule->steps[5].part_count, 3);
}

static void defaults(void **state)
{
    struct ch_arena *arena = *state;
    const struct ch_benefit_rule *rule = rule_of(arena, rule_text(arena, STEP_SPLIT, ""));
    assert_int_equal(rule->minor_digits, 2);
    assert_int_equal(rule->min_payout, -1);
    assert_int_equal(rule->netting_num, 1);
    assert_int_equal(rule->netting_den, 2);
    assert_int_equal(rule->version, 0);
    assert_null(rule->refund_first_from);
    assert_false(rule->fee_recovery_reverse || rule->per_licensee);
    assert_int_equal(rule->steps[0].round, CH_ROUND_DOWN);
}

#define PERCENT(more) "{\"id\":\"o\",\"kind\":\"percent\",\"to\":\"Equity:Fund:X\",\"of\":\"gross\"," more "}"
#define SPLIT(parts, more)                                                                                             \
    "{\"id\":\"p\",\"kind\":\"split\",\"of\":\"remaining\",\"num\":1,\"den\":1,\"parts\":[" parts                      \
    "],\"leftover_to\":\"Equity:Fund:Commons\"" more "}"
#define PART         "{\"share\":1,\"weight\":\"usage\"}"
#define ASSIGN(more) "{\"id\":\"a\",\"kind\":\"assign\",\"recipient\":\"M1\",\"resolution\":\"V\"" more "}"

struct row {
    const char *steps, *more, *pointer; /* pointer NULL: lawful */
};

static const struct row rows[] = {
    {STEP_SPLIT, ",\"version\":0", "/version"},
    {STEP_SPLIT, ",\"version\":1000001", "/version"},
    {STEP_SPLIT, ",\"version\":1.0", ""},
    {STEP_SPLIT, ",\"version\":1e3", ""},
    {STEP_SPLIT, ",\"minor_digits\":5", "/minor_digits"},
    {STEP_SPLIT, ",\"effective_from\":\"2026-02-29\"", "/effective_from"},
    {STEP_SPLIT, ",\"effective_from\":\"2028-02-29\"", NULL},
    {STEP_SPLIT, ",\"effective_from\":\"2026-1-01\"", "/effective_from"},
    {STEP_SPLIT, ",\"effective_from\":\"0000-01-01\"", "/effective_from"},
    {STEP_SPLIT, ",\"basis\":\"accrual\"", "/basis"},
    {STEP_SPLIT, ",\"pot_scope\":\"licensee\"", NULL},
    {STEP_SPLIT, ",\"colour\":1", "/colour"},
    {STEP_SPLIT, ",\"rule\":\"s\"", ""},
    {STEP_SPLIT, ",\"r\\u0075le\":\"s\"", ""},
    {STEP_SPLIT, ",\"resolution\":\"a b\"", "/resolution"},
    {"", "", "/steps"},
    {"1", "", "/steps/0"},
    {"{\"id\":\"x\"}", "", "/steps/0/kind"},
    {STEP_SPLIT "," STEP_SPLIT, "", "/steps/1/id"},
    {PERCENT("\"num\":2,\"den\":1"), "", "/steps/0/num"},
    {PERCENT("\"num\":0,\"den\":0"), "", "/steps/0/den"},
    {PERCENT("\"num\":1"), "", "/steps/0/den"},
    {PERCENT("\"num\":1,\"den\":1,\"round\":\"even\""), "", "/steps/0/round"},
    {PERCENT("\"num\":1,\"den\":1,\"max\":-1"), "", "/steps/0/max"},
    {PERCENT("\"num\":1,\"den\":1,\"target\":1"), "", "/steps/0/target"},
    {STEP_OPS ",{\"id\":\"q\",\"kind\":\"carry\",\"of\":\"after:o\",\"num\":1,\"den\":1}", "", NULL},
    {"{\"id\":\"q\",\"kind\":\"carry\",\"of\":\"after:q\",\"num\":1,\"den\":1}", "", "/steps/0/of"},
    {"{\"id\":\"q\",\"kind\":\"carry\",\"of\":\"net\",\"num\":1,\"den\":1}", "", "/steps/0/of"},
    {"{\"id\":\"f\",\"kind\":\"fixed\",\"to\":\"Income:FeeRecovery\",\"amount\":1}", "", "/steps/0/to"},
    {"{\"id\":\"f\",\"kind\":\"fixed\",\"to\":\"Income:FeeRecovery\",\"amount_from\":\"rail_fees\"}", "", NULL},
    {"{\"id\":\"f\",\"kind\":\"fixed\",\"to\":\"Equity:Fund:X\",\"amount_from\":\"rail_fees\"}", "", NULL},
    {"{\"id\":\"f\",\"kind\":\"fixed\",\"to\":\"Equity:Fund:X\"}", "", "/steps/0"},
    {"{\"id\":\"f\",\"kind\":\"fixed\",\"to\":\"Equity:Fund:X\",\"amount\":1,\"amount_from\":\"rail_fees\"}", "",
     "/steps/0"},
    {"{\"id\":\"f\",\"kind\":\"fixed\",\"to\":\"Equity:Fund:x\",\"amount\":1}", "", "/steps/0/to"},
    {"{\"id\":\"f\",\"kind\":\"fixed\",\"to\":\"Equity:Fund:X\",\"amount\":9007199254740992}", "", "/steps/0/amount"},
    {ASSIGN(",\"amount\":1"), "", NULL},
    {ASSIGN(",\"amount\":1,\"max\":1"), "", NULL},
    {ASSIGN(",\"amount\":1,\"round\":\"up\""), "", "/steps/0"},
    {ASSIGN(",\"amount\":1,\"num\":1"), "", "/steps/0"},
    {ASSIGN(",\"of\":\"gross\",\"num\":1"), "", "/steps/0"},
    {ASSIGN(",\"of\":\"gross\",\"num\":1,\"den\":2"), "", NULL},
    {ASSIGN(""), "", "/steps/0"},
    {SPLIT("", ""), "", "/steps/0/parts"},
    {SPLIT("{\"share\":0,\"weight\":\"usage\"}", ""), "", "/steps/0/parts/0/share"},
    {SPLIT("{\"share\":1,\"weight\":\"age\"}", ""), "", "/steps/0/parts/0/weight"},
    {SPLIT("{\"share\":1,\"weight\":\"tenure\"}", ""), "", NULL},
    {SPLIT("{\"share\":1,\"weight\":\"tenure\",\"then\":\"contribution\"}", ""), "", "/steps/0/parts/0/weight"},
    {SPLIT(PART, ",\"cap_each\":null"), "", "/steps/0/cap_each"},
    {SPLIT(PART, ",\"cap_each\":{\"num\":3,\"den\":2}"), "", "/steps/0/cap_each/num"},
    {SPLIT(PART, ",\"cap_each\":5,\"floor_each\":6"), "", "/steps/0/floor_each"},
    {SPLIT(PART, ",\"cap_each\":6,\"floor_each\":6"), "", NULL},
    {SPLIT(PART, ",\"eligible\":{}"), "", NULL},
    {SPLIT(PART, ",\"eligible\":{\"min_units\":1}"), "", "/steps/0/eligible/window_days"},
    {SPLIT(PART, ",\"eligible\":{\"status\":[]}"), "", "/steps/0/eligible/status"},
    {SPLIT(PART, ",\"eligible\":{\"status\":[\"left\",\"left\"]}"), "", "/steps/0/eligible/status/1"},
    {SPLIT(PART, ",\"eligible\":{\"status\":[\"gone\"]}"), "", "/steps/0/eligible/status/0"},
    {"{\"id\":\"p\",\"kind\":\"split\",\"of\":\"remaining\",\"num\":1,\"den\":1,\"parts\":[" PART
     "],\"leftover_to\":\"Income:FeeRecovery\"}",
     "", "/steps/0/leftover_to"},
    {STEP_SPLIT, ",\"hold\":{\"unclaimed_after_days\":364}", "/hold/unclaimed_after_days"},
    {STEP_SPLIT, ",\"hold\":{\"netting\":{\"num\":2,\"den\":1}}", "/hold/netting/num"},
    {STEP_SPLIT, ",\"hold\":[]", "/hold"},
    {STEP_SPLIT, ",\"refund\":{\"first_from\":null}", NULL},
    {STEP_SPLIT, ",\"refund\":{\"first_from\":\"Assets:Bank\"}", "/refund/first_from"},
    {STEP_SPLIT, ",\"refund\":{\"then\":\"none\"}", "/refund/then"},
    {STEP_SPLIT, ",\"refund\":{\"fee_recovery\":\"lose\"}", "/refund/fee_recovery"},
};

static void one_change_at_a_time(void **state)
{
    struct ch_arena *arena = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *text = rule_text(arena, rows[i].steps, rows[i].more);
        const char *found = verdict(arena, text);
        if (!rows[i].pointer ? *found != 0
                             : !strstr(found, ch_printf(arena, "\"pointer\":\"%s\"", rows[i].pointer)) &&
                                   (*rows[i].pointer || !*found))
            fail_msg("row %zu: %s: %s", i, text, found);
    }
}

static void text_that_is_no_document(void **state)
{
    struct ch_arena *arena = *state;
    assert_string_not_equal(verdict(arena, ""), "");
    assert_string_not_equal(verdict(arena, "[]"), "");
    assert_string_not_equal(verdict(arena, "{} {}"), "");
    assert_string_not_equal(verdict(arena, "[[[[[[[[[1]]]]]]]]]"), "");
    assert_non_null(strstr(verdict(arena, "{}"), "\"pointer\":\"/remainder\""));
}

static void warnings(void **state)
{
    struct ch_arena *arena = *state;
    static const struct {
        const char *steps, *pointer;
    } warned[] = {
        {STEP_OPS, "/steps/0"},
        {"{\"id\":\"t\",\"kind\":\"until_target\",\"to\":\"Equity:Reserve:Legal\",\"of\":\"gross\",\"num\":1,\"den\":5,"
         "\"target\":1}," STEP_SPLIT,
         "/steps/0/round"},
        {SPLIT(PART, ",\"eligible\":{\"status\":[\"active\",\"left\"]}"), "/steps/0/eligible/status"},
        {SPLIT(PART, ",\"max\":5"), "/steps/0"},
    };
    for (size_t i = 0; i < sizeof warned / sizeof *warned; i++) {
        struct ch_refusals *list = ch_refusals_new(arena, NULL), *found = ch_refusals_new(arena, NULL);
        const char *text = rule_text(arena, warned[i].steps, "");
        assert_non_null(ch_benefit_rule_parse(text, strlen(text), list, found));
        assert_int_equal(found->count, 1);
        assert_string_equal(found->item[0].pointer, warned[i].pointer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_example_is_lawful_without_warning, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(defaults, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(one_change_at_a_time, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(text_that_is_no_document, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(warnings, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
