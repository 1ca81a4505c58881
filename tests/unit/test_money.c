/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of common/money.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "commonhold/money.h"

static struct ch_money money(int64_t minor, const char *currency)
{
    struct ch_money amount;
    assert_true(ch_money_make(&amount, minor, currency));
    return amount;
}

static void amounts_and_codes_have_limits(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "EU", "eur", "EURO", "E1R", "EU\xC3"};
    struct ch_money amount = money(CH_MONEY_MAX, "EUR");
    assert_int_equal(ch_money_minor(amount), CH_MONEY_MAX);
    assert_string_equal(ch_money_currency(&amount), "EUR");
    assert_true(ch_money_make(&amount, -CH_MONEY_MAX, "EUR"));
    assert_false(ch_money_make(&amount, CH_MONEY_MAX + 1, "EUR"));
    assert_false(ch_money_make(&amount, -CH_MONEY_MAX - 1, "EUR"));
    assert_false(ch_money_make(&amount, INT64_MIN, "EUR"));
    assert_false(ch_money_make(&amount, 1, NULL));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(ch_money_make(&amount, 1, bad[i]));
    assert_int_equal(ch_money_minor(amount), -CH_MONEY_MAX);
}

static void sums_are_checked(void **state)
{
    (void)state;
    struct ch_money out = money(5, "EUR");
    assert_false(ch_money_add(&out, money(CH_MONEY_MAX, "EUR"), money(1, "EUR")));
    assert_false(ch_money_sub(&out, money(-CH_MONEY_MAX, "EUR"), money(1, "EUR")));
    assert_false(ch_money_add(&out, money(1, "EUR"), money(1, "GBP")));
    assert_false(ch_money_sub(&out, money(1, "EUR"), money(1, "GBP")));
    assert_int_equal(ch_money_minor(out), 5);
    assert_true(ch_money_add(&out, money(CH_MONEY_MAX, "EUR"), money(-1, "EUR")));
    assert_int_equal(ch_money_minor(out), CH_MONEY_MAX - 1);
    assert_true(ch_money_sub(&out, out, money(CH_MONEY_MAX, "EUR")));
    assert_int_equal(ch_money_minor(out), -1);
}

static void fractions_round_as_named(void **state)
{
    (void)state;
    static const struct {
        int64_t amount, num, den;
        int64_t down, up, half_up;
    } rows[] = {
        {10, 1, 3, 3, 4, 3},
        {10, 1, 4, 2, 3, 3}, /* 2.5 goes up */
        {9, 1, 4, 2, 3, 2},
        {11, 1, 4, 2, 3, 3},
        {12, 1, 4, 3, 3, 3},
        {0, 7, 9, 0, 0, 0},
        {7, 0, 9, 0, 0, 0},
        {CH_MONEY_MAX, INT64_MAX, INT64_MAX, CH_MONEY_MAX, CH_MONEY_MAX, CH_MONEY_MAX},
        {CH_MONEY_MAX, INT64_MAX - 1, INT64_MAX, CH_MONEY_MAX - 1, CH_MONEY_MAX, CH_MONEY_MAX},
        {1, 1, INT64_MAX, 0, 1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ch_money amount = money(rows[i].amount, "EUR"), out;
        assert_true(ch_money_fraction(&out, amount, rows[i].num, rows[i].den, CH_ROUND_DOWN));
        assert_int_equal(ch_money_minor(out), rows[i].down);
        assert_true(ch_money_fraction(&out, amount, rows[i].num, rows[i].den, CH_ROUND_UP));
        assert_int_equal(ch_money_minor(out), rows[i].up);
        assert_true(ch_money_fraction(&out, amount, rows[i].num, rows[i].den, CH_ROUND_HALF_UP));
        assert_int_equal(ch_money_minor(out), rows[i].half_up);
        assert_string_equal(ch_money_currency(&out), "EUR");
    }
}

static void fractions_refuse_what_they_cannot_do(void **state)
{
    (void)state;
    struct ch_money out = money(5, "EUR");
    assert_false(ch_money_fraction(&out, money(CH_MONEY_MAX, "EUR"), 2, 1, CH_ROUND_DOWN));
    assert_false(ch_money_fraction(&out, money(CH_MONEY_MAX, "EUR"), INT64_MAX, 1, CH_ROUND_HALF_UP));
    assert_false(ch_money_fraction(&out, money(-1, "EUR"), 1, 1, CH_ROUND_DOWN));
    assert_false(ch_money_fraction(&out, money(1, "EUR"), -1, 1, CH_ROUND_DOWN));
    assert_false(ch_money_fraction(&out, money(1, "EUR"), 1, 0, CH_ROUND_DOWN));
    assert_false(ch_money_fraction(&out, money(1, "EUR"), 1, -1, CH_ROUND_DOWN));
    assert_int_equal(ch_money_minor(out), 5);
}

static void json_goes_both_ways(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"minor\":1}",
        "{\"minor\":1,\"currency\":\"EUR\",\"x\":1}",
        "{\"minor\":\"1\",\"currency\":\"EUR\"}",
        "{\"minor\":1.0,\"currency\":\"EUR\"}",
        "{\"minor\":9007199254740992,\"currency\":\"EUR\"}",
        "{\"minor\":1,\"currency\":\"eur\"}",
        "{\"minor\":1,\"currency\":7}",
        "[1,\"EUR\"]",
    };
    struct ch_money amount = money(-1234, "EUR"), back;
    json_t *value = ch_money_to_json(amount);
    assert_int_equal(json_integer_value(json_object_get(value, "minor")), -1234);
    assert_true(ch_money_from_json(&back, value));
    assert_int_equal(ch_money_minor(back), -1234);
    assert_string_equal(ch_money_currency(&back), "EUR");
    json_decref(value);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        value = json_loads(bad[i], 0, NULL);
        assert_non_null(value);
        assert_false(ch_money_from_json(&back, value));
        json_decref(value);
    }
    assert_false(ch_money_from_json(&back, NULL));
}

static void text_has_the_asked_decimals(void **state)
{
    (void)state;
    static const struct {
        int64_t minor;
        int digits;
        const char *text;
    } rows[] = {
        {123456, 2, "1234.56 EUR"}, {-5, 2, "-0.05 EUR"}, {7, 0, "7 EUR"},
        {-7, 0, "-7 EUR"},          {1, 4, "0.0001 EUR"}, {-CH_MONEY_MAX, 3, "-9007199254740.991 EUR"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[32];
        ch_money_text(money(rows[i].minor, "EUR"), rows[i].digits, text, sizeof text);
        assert_string_equal(text, rows[i].text);
    }
}

static void currencies_have_their_decimals(void **state)
{
    (void)state;
    static const struct {
        const char *currency;
        int digits;
    } rows[] = {{"EUR", 2}, {"JPY", 0}, {"XPF", 0}, {"KWD", 3}, {"TND", 3}, {"CLF", 4}, {"GBP", 2}, {"PYX", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(ch_currency_digits(rows[i].currency), rows[i].digits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_and_codes_have_limits),
        cmocka_unit_test(sums_are_checked),
        cmocka_unit_test(fractions_round_as_named),
        cmocka_unit_test(fractions_refuse_what_they_cannot_do),
        cmocka_unit_test(json_goes_both_ways),
        cmocka_unit_test(text_has_the_asked_decimals),
        cmocka_unit_test(currencies_have_their_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
