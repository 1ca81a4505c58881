/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of clawback.c: the golden vectors, P13, and what it refuses. */
#include "payout/helpers.h"

#include "../../services/payout/core/clawback.h"

static struct ch_clawback *run(struct ch_arena *arena, const char *rule_text, const char *result_text,
                               const char *inputs_text, char **errors)
{
    struct ch_refusals *list = ch_refusals_new(arena, NULL), *result_list = ch_refusals_new(arena, NULL);
    const json_t *result = ch_calc_parse(result_text, strlen(result_text), result_list);
    const json_t *inputs = ch_calc_parse(inputs_text, strlen(inputs_text), list);
    struct ch_clawback *c =
        result && inputs ? ch_clawback(rule_of(arena, rule_text), result, inputs, result_list, list) : NULL;
    *errors = ch_printf(arena, "%s%s", ch_refusals_text(result_list), ch_refusals_text(list));
    return c;
}

static struct ch_clawback *on_d19(struct ch_arena *arena, const char *inputs, char **errors)
{
    return run(arena, vector(arena, "d19.rule.json", NULL), vector(arena, "d19.result.json", NULL), inputs, errors);
}

static void golden_vectors(void **state)
{
    struct ch_arena *arena = *state;
    char *errors;
    const struct ch_clawback *c1 = on_d19(arena, vector(arena, "c1.inputs.json", NULL), &errors);
    assert_non_null(c1);
    assert_string_equal(c1->hash, "0c4dee1ceac56d7be9f37b92144d28417d1077bec9067c0dea5cbb1c026624f7");
    assert_int_equal(c1->uncovered, 0);
    const struct ch_clawback *c2 = on_d19(arena, vector(arena, "c2.inputs.json", NULL), &errors);
    assert_non_null(c2);
    assert_string_equal(c2->hash, "9508f352c9504fdefade8c008710fa125189aa0ddda505a9608cc5e54024d455");
    assert_int_equal(c2->uncovered, 250);
}

static void the_whole_pot_comes_back(void **state)
{
    struct ch_arena *arena = *state;
    char *errors, *rule = vector(arena, "d19.rule.json", NULL);
    char *keep = strstr(rule, "\"keep\"");
    assert_non_null(keep);
    rule = ch_printf(arena, "%.*s\"reverse\"%s", (int)(keep - rule), rule, keep + 6);
    const struct ch_clawback *c =
        run(arena, rule, vector(arena, "d19.result.json", NULL),
            "{\"schema\":\"clawback-inputs/1\",\"run_id\":\"all\",\"amount\":100000}", &errors);
    assert_non_null(c);
    assert_int_equal(c->uncovered, 0);
    for (size_t i = 0; i < c->line_count; i++)
        assert_int_equal(c->lines[i].amount, c->lines[i].paid);
}

static void the_refund_fund_pays_first(void **state)
{
    struct ch_arena *arena = *state;
    char *errors, *rule = vector(arena, "d19.rule.json", NULL);
    char *null = strstr(rule, "\"first_from\":null");
    assert_non_null(null);
    rule = ch_printf(arena, "%.*s\"first_from\":\"Equity:Fund:Refund\"%s", (int)(null - rule), rule, null + 17);
    const char *result = vector(arena, "d19.result.json", NULL);
    const char *inputs = "{\"schema\":\"clawback-inputs/1\",\"run_id\":\"f\",\"amount\":500,\"refund_fund\":200}";
    const struct ch_clawback *c = run(arena, rule, result, inputs, &errors);
    assert_non_null(c);
    assert_int_equal(c->from_fund, 200);
    assert_int_equal(run(arena, vector(arena, "d19.rule.json", NULL), result, inputs, &errors)->from_fund, 0);
}

static void refusals(void **state)
{
    struct ch_arena *arena = *state;
    static const struct {
        const char *reversed, *pointer;
    } rows[] = {
        {"[{\"id\":\"M9\",\"amount\":1}]", "\"/reversed/0/id\""},
        {"[{\"id\":\"M1\",\"amount\":23276}]", "\"/reversed/0/amount\""},
        {"[{\"id\":\"M1\",\"amount\":1},{\"id\":\"M1\",\"amount\":1}]", "\"/reversed/1/id\""},
        {"[{\"id\":\"M1\"}]", "\"/reversed/0/amount\""},
        {"{}", "\"/reversed\""},
    };
    char *errors;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *inputs =
            ch_printf(arena, "{\"schema\":\"clawback-inputs/1\",\"run_id\":\"c\",\"amount\":1,\"reversed\":%s}",
                      rows[i].reversed);
        assert_null(on_d19(arena, inputs, &errors));
        if (!strstr(errors, rows[i].pointer))
            fail_msg("%s: %s", rows[i].reversed, errors);
    }
    char *result = vector(arena, "d19.result.json", NULL);
    char *amount = strstr(result, "23276");
    amount[4] = '5';
    assert_null(
        run(arena, vector(arena, "d19.rule.json", NULL), result, vector(arena, "c1.inputs.json", NULL), &errors));
    assert_non_null(strstr(errors, "\"/hash\""));
}

static void netting_leaves_the_rest(void **state)
{
    struct ch_arena *arena = *state;
    const struct ch_benefit_rule *rule = rule_of(arena, vector(arena, "d19.rule.json", NULL));
    assert_int_equal(ch_clawback_netting(rule, 1001, 10000), 500);
    assert_int_equal(ch_clawback_netting(rule, 1001, 30), 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(golden_vectors, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(the_whole_pot_comes_back, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(the_refund_fund_pays_first, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(refusals, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(netting_leaves_the_rest, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
