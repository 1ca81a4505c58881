/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of inputs.c, inputs_normal.c and scan.c: what is refused and where, and the normal form. */
#include "payout/helpers.h"

static const char rule_with_needs[] =
    "{\"schema\":\"benefit-rule/1\",\"rule\":\"r\",\"currency\":\"EUR\",\"remainder\":\"largest_remainder/sha256\","
    "\"steps\":[{\"id\":\"t\",\"kind\":\"until_target\",\"to\":\"Equity:Reserve:Legal\",\"of\":\"gross\",\"num\":1,"
    "\"den\":5,\"target\":1},{\"id\":\"a\",\"kind\":\"assign\",\"recipient\":\"A\",\"resolution\":\"V\",\"amount\":1}]"
    "}";

#define HEAD  "{\"schema\":\"distribution-inputs/1\",\"run_id\":\"r\",\"currency\":\"EUR\",\"pot\":1"
#define NEEDS ",\"balances\":{\"Equity:Reserve:Legal\":0}"
#define A     ",\"recipients\":[{\"id\":\"A\"}]"

struct row {
    const char *text, *pointer; /* NULL: lawful */
};

static const struct row rows[] = {
    {HEAD NEEDS A "}", NULL},
    {" \n\t" HEAD NEEDS A "}\r\n", NULL},
    {HEAD NEEDS A "} x", ""},
    {HEAD NEEDS A, ""},
    {"[]", ""},
    {"", ""},
    {HEAD A "}", "/balances/Equity:Reserve:Legal"},
    {HEAD NEEDS "}", "/recipients"},
    {HEAD NEEDS A ",\"pot\":2}", "/pot"},
    {HEAD NEEDS A ",\"p\\u006ft\":2}", "/pot"},
    {HEAD NEEDS A ",\"x~/y\":{\"deep\":[1]}}", "/x~0~1y"},
    {HEAD NEEDS A ",\"rail_fees\":-1}", "/rail_fees"},
    {HEAD NEEDS A ",\"rail_fees\":9007199254740992}", "/rail_fees"},
    {HEAD NEEDS A ",\"rail_fees\":99999999999999999999}", ""},
    {HEAD NEEDS A ",\"rail_fees\":1.0}", ""},
    {HEAD NEEDS A ",\"rail_fees\":1e3}", ""},
    {HEAD NEEDS A ",\"rail_fees\":-0}", ""},
    {HEAD NEEDS A ",\"rail_fees\":01}", ""},
    {HEAD NEEDS A ",\"rail_fees\":\"1\"}", "/rail_fees"},
    {HEAD NEEDS A ",\"rail_fees\":null}", "/rail_fees"},
    {HEAD NEEDS A ",\"contributions\":{}}", "/contributions"},
    {HEAD NEEDS A ",}", ""},
    {HEAD ",\"balances\":{\"Equity:Reserve:Legal\":0,\"Equity:Reserve:Lega\\u006c\":0}" A "}",
     "/balances/Equity:Reserve:Legal"},
    {HEAD ",\"balances\":{\"Equity:Reserve:Legal\":-5}" A "}", "/balances/Equity:Reserve:Legal"},
    {HEAD NEEDS ",\"recipients\":[{\"id\":\"A\"},{\"id\":\"B\"},{\"id\":\"A\"}]}", "/recipients/2/id"},
    {HEAD NEEDS ",\"recipients\":[{\"id\":\"A\"},{}]}", "/recipients/1/id"},
    {HEAD NEEDS ",\"recipients\":[{\"id\":\"-A\"}]}", "/recipients/0/id"},
    {HEAD NEEDS ",\"recipients\":[{\"id\":\"A\\u00e9\"}]}", ""},
    {HEAD NEEDS ",\"recipients\":[{\"id\":\"A\\n\"}]}", ""},
    {HEAD NEEDS ",\"recipients\":[{\"id\":\"A\",\"units\":1099511627777}]}", "/recipients/0/units"},
    {HEAD NEEDS ",\"recipients\":[{\"id\":\"A\",\"units\":1,\"units\":1}]}", "/recipients/0/units"},
    {HEAD NEEDS ",\"recipients\":[{\"id\":\"A\",\"quality_ppm\":1000001}]}", "/recipients/0/quality_ppm"},
    {HEAD NEEDS ",\"recipients\":[{\"id\":\"A\",\"equal\":2}]}", "/recipients/0/equal"},
    {HEAD NEEDS ",\"recipients\":[{\"id\":\"A\",\"status\":\"gone\"}]}", "/recipients/0/status"},
    {HEAD NEEDS ",\"recipients\":[{\"id\":\"A\",\"share\":1}]}", "/recipients/0/share"},
    {HEAD NEEDS ",\"recipients\":[1]}", "/recipients/0"},
    {HEAD NEEDS A ",\"contributions\":[{\"id\":\"C\"}]}", "/contributions/0/contributors"},
    {HEAD NEEDS A ",\"contributions\":[{\"id\":\"C\",\"contributors\":[]}]}", "/contributions/0/contributors"},
    {HEAD NEEDS A
     ",\"contributions\":[{\"id\":\"C\",\"tenure\":1,\"contributors\":[{\"recipient\":\"A\",\"share\":1}]}]}",
     "/contributions/0/tenure"},
    {HEAD NEEDS A ",\"contributions\":[{\"id\":\"C\",\"contributors\":[{\"recipient\":\"A\",\"share\":0}]}]}",
     "/contributions/0/contributors"},
    {HEAD NEEDS A ",\"contributions\":[{\"id\":\"C\",\"contributors\":[{\"recipient\":\"Z\",\"share\":1}]}]}",
     "/contributions/0/contributors/0/recipient"},
    {HEAD NEEDS A
     ",\"contributions\":[{\"id\":\"C\",\"contributors\":[{\"recipient\":\"A\",\"share\":1},{\"recipient\":"
     "\"A\",\"share\":1}]}]}",
     "/contributions/0/contributors"},
    {HEAD NEEDS A ",\"contributions\":[{\"id\":\"C\",\"contributors\":[{\"recipient\":\"A\",\"share\":1000001}]}]}",
     "/contributions/0/contributors/0/share"},
    {HEAD NEEDS A ",\"x\":[[[[[[[[1]]]]]]]]}", ""},
};

static void refusals(void **state)
{
    struct ch_arena *arena = *state;
    const struct ch_benefit_rule *rule = rule_of(arena, rule_with_needs);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ch_refusals *list = ch_refusals_new(arena, NULL);
        size_t size = strlen(rows[i].text);
        char *exact = malloc(size + !size); /* no byte behind the text */
        memcpy(exact, rows[i].text, size);
        const struct ch_inputs *inputs = ch_inputs_parse(exact, size, rule, list);
        free(exact);
        const char *errors = ch_refusals_text(list);
        bool good = rows[i].pointer
                        ? !inputs && strstr(errors, ch_printf(arena, "\"pointer\":\"%s\"", rows[i].pointer)) != NULL
                        : inputs != NULL;
        if (!good)
            fail_msg("row %zu: %s: %s", i, rows[i].text, errors);
    }
}

static void normal_form(void **state)
{
    struct ch_arena *arena = *state;
    const struct ch_benefit_rule *rule = rule_of(arena, rule_with_needs);
    struct memory memory = {.arena = arena};
    struct ch_out out;
    const struct ch_inputs *inputs = inputs_of(
        arena, rule,
        HEAD ",\"balances\":{\"z\\\"\\\\\":1,\"Equity:Reserve:Legal\":0},\"recipients\":[{\"id\":\"B\",\"units\":7},"
             "{\"id\":\"A\"}],\"contributions\":[{\"id\":\"C\",\"contributors\":[{\"recipient\":\"B\","
             "\"share\":1},{\"recipient\":\"A\",\"share\":2}]}]}");
    ch_out_begin(&out, to_memory, &memory);
    ch_inputs_write_normal(inputs, &out);
    ch_out_flush(&out);
    assert_string_equal(
        memory.text,
        "{\"balances\":{\"Equity:Reserve:Legal\":0,\"z\\\"\\\\\":1},\"contributions\":[{\"contributors\":[{"
        "\"recipient\":\"A\",\"share\":2},{\"recipient\":\"B\",\"share\":1}],\"distinct_licensees\":0,\"external\":0,"
        "\"id\":\"C\",\"quality_ppm\":1000000,\"units\":0,\"window_units\":0}],\"currency\":\"EUR\",\"pot\":1,"
        "\"rail_fees\":0,\"recipients\":[{\"distinct_licensees\":0,\"equal\":1,\"external\":0,\"id\":\"A\","
        "\"quality_ppm\":1000000,\"status\":\"active\",\"tenure\":0,\"units\":0,\"window_units\":0},{"
        "\"distinct_licensees\":0,\"equal\":1,\"external\":0,\"id\":\"B\",\"quality_ppm\":1000000,\"status\":"
        "\"active\",\"tenure\":0,\"units\":7,\"window_units\":7}],\"schema\":\"distribution-inputs/1\"}");
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    const struct ch_inputs *again = ch_inputs_parse_normal(memory.text, memory.size, "run-2", rule, list);
    assert_non_null(again);
    assert_string_equal(again->run_id, "run-2");
    assert_string_equal(again->sha256, inputs->sha256);
    assert_null(ch_inputs_parse_normal(HEAD NEEDS A "}", strlen(HEAD NEEDS A "}"), "run-2", rule, list));
    assert_non_null(strstr(ch_refusals_text(list), "\"/run_id\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refusals, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(normal_form, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
