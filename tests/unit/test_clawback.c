/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of clawback.c: the golden vectors, P13, and what it refuses. */
#include "payout/helpers.h"

#include "../../services/payout/core/clawback.h"

static struct ch_clawback *run(struct ch_arena *arena, const char *rule_text, const char *result_text,
                               const char *inputs_text, char **errors)
{
    struct ch_refusals *list = ch_refusals_new(arena, NULL), *result_list = ch_refusals_new(arena, NULL);
    const struct ch_text result = {result_text, strlen(result_text)}, inputs = {inputs_text, strlen(inputs_text)};
    struct ch_clawback *c = ch_clawback(rule_of(arena, rule_text), result, inputs, result_list, list);
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

/* `text` with the first `from` in it replaced. */
static char *changed(struct ch_arena *arena, const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    assert_non_null(at);
    return ch_printf(arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

/* The hash is that of the canonical form, whatever form the result comes in. */
static void a_result_may_have_any_form(void **state)
{
    struct ch_arena *arena = *state;
    char *errors, *result = vector(arena, "d19.result.json", NULL);
    result = changed(arena, result, "{\"carried\":0,", " {\n");
    result = changed(arena, result, "\"outcome\":\"ok\"", "\"outcome\" : \"\\u006fk\",\t\"carried\": 0");
    result = changed(arena, result, "{\"amount\":23276,\"id\":\"M2\",", "{\"id\":\"M\\u0032\", \"amount\":23276,");
    const struct ch_clawback *c =
        run(arena, vector(arena, "d19.rule.json", NULL), result, vector(arena, "c1.inputs.json", NULL), &errors);
    if (!c)
        fail_msg("%s", errors);
    assert_string_equal(c->hash, "0c4dee1ceac56d7be9f37b92144d28417d1077bec9067c0dea5cbb1c026624f7");
}

static void results_that_are_none(void **state)
{
    struct ch_arena *arena = *state;
    static const struct {
        const char *from, *to, *wrong;
    } rows[] = {
        {"\"id\":\"M2\",", "\"id\":\"M2\",\"id\":\"M2\",", "there twice"},
        {"{\"amount\":23276,\"id\":\"people\"}", "{\"amount\":23276,\"amount\":23276,\"id\":\"people\"}",
         "there twice"},
        {"\"lines\":[", "\"lines\":[],\"lines\":[", "duplicate_key"},
        {"\"id\":\"M2\"", "\"id\":\"M3\"", "/hash"},
        {"\"lines\":[{", "\"lines\":[{]", "at byte"},
        {"\"lines\":[", "\"lines\":7,\"more\":[", "\"/lines\""},
        {"\"outcome\":\"ok\",", "", "\"/outcome\""},
        {"{\"carried\"", "[{\"carried\"", "\"pointer\":\"\""},
        {"\"amount\":23276,\"id\":\"M2\"", "\"amount\":23276.0,\"id\":\"M2\"", "fraction"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *errors, *result = changed(arena, vector(arena, "d19.result.json", NULL), rows[i].from, rows[i].to);
        assert_null(
            run(arena, vector(arena, "d19.rule.json", NULL), result, vector(arena, "c1.inputs.json", NULL), &errors));
        if (!strstr(errors, rows[i].wrong))
            fail_msg("%s: %s", rows[i].to, errors);
    }
}

/* With the right hash over them: the lines themselves are judged. */
static void lines_that_are_none(void **state)
{
    struct ch_arena *arena = *state;
    static const struct {
        const char *line, *pointer;
    } rows[] = {
        {"{\"amount\":1,\"id\":\"M1\"}", "\"/lines/0/steps\""},
        {"{\"amount\":1,\"id\":\"M1\",\"steps\":{}}", "\"/lines/0/steps\""},
        {"{\"amount\":1,\"id\":\"M1\",\"more\":1,\"steps\":[]}", "\"/lines/0/more\""},
        {"{\"amount\":-1,\"id\":\"M1\",\"steps\":[]}", "\"/lines/0/amount\""},
        {"{\"amount\":\"1\",\"id\":\"M1\",\"steps\":[]}", "\"/lines/0/amount\""},
        {"{\"amount\":1,\"id\":\"-M1\",\"steps\":[]}", "\"/lines/0/id\""},
        {"{\"amount\":1,\"id\":5,\"steps\":[]}", "\"/lines/0/id\""},
        {"[]", "\"/lines/0\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *errors, hash[65], *result = vector(arena, "d19.result.json", NULL);
        const char *line = strstr(result, "{\"amount\":23275"), *end = strstr(line, "]}");
        result = ch_printf(arena, "%.*s%s%s", (int)(line - result), result, rows[i].line, end + 2);
        json_t *document = ch_calc_parse(result, strlen(result), ch_refusals_new(arena, NULL));
        json_object_del(document, "hash");
        ch_json_sha256(arena, document, hash);
        json_object_set_new(document, "hash", json_string(hash));
        assert_null(run(arena, vector(arena, "d19.rule.json", NULL), ch_json_canonical(arena, document, NULL),
                        vector(arena, "c1.inputs.json", NULL), &errors));
        if (!strstr(errors, rows[i].pointer))
            fail_msg("%s: %s", rows[i].line, errors);
    }
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
        cmocka_unit_test_setup_teardown(a_result_may_have_any_form, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(results_that_are_none, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(lines_that_are_none, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(netting_leaves_the_rest, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
