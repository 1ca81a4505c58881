/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fields of bodies: what each type takes and what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "../../common/http_field.h"

static union {
    const char *text;
    int64_t number;
    bool flag;
    struct ch_money money;
    const json_t *tree;
} place;

static bool takes(struct ch_field field, const char *json)
{
    char detail[128] = "";
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    bool ok = ch_field_read(&field, value, &place, detail, sizeof detail);
    assert_true(ok == (detail[0] == '\0'));
    json_decref(value);
    return ok;
}

#define TAKES(type_, json, ...)   assert_true(takes((struct ch_field){.type = type_, __VA_ARGS__}, json))
#define REFUSES(type_, json, ...) assert_false(takes((struct ch_field){.type = type_, __VA_ARGS__}, json))

static void test_text(void **state)
{
    (void)state;
    TAKES(CH_FIELD_TEXT, "\"\"", );
    TAKES(CH_FIELD_TEXT, "\"\\u00e9\\u00e9\\n\"", .min = 3, .max = 3);
    REFUSES(CH_FIELD_TEXT, "\"abcd\"", .max = 3);
    REFUSES(CH_FIELD_TEXT, "\"\"", .min = 1);
    REFUSES(CH_FIELD_TEXT, "\" \\n \"", .min = 1);
    TAKES(CH_FIELD_TEXT, "\" \"", .min = 0);
    REFUSES(CH_FIELD_TEXT, "\"a\\tb\"", );
    REFUSES(CH_FIELD_TEXT, "\"\\u007f\"", );
    REFUSES(CH_FIELD_TEXT, "1", );
    REFUSES(CH_FIELD_TEXT, "null", );
}

static void test_numbers(void **state)
{
    (void)state;
    TAKES(CH_FIELD_INT, "-9223372036854775808", );
    assert_true(place.number == INT64_MIN);
    TAKES(CH_FIELD_INT, "-1", .min = -1);
    REFUSES(CH_FIELD_INT, "1", .min = -1);
    REFUSES(CH_FIELD_INT, "11", .min = 1, .max = 10);
    REFUSES(CH_FIELD_INT, "1.0", );
    REFUSES(CH_FIELD_INT, "\"1\"", );
    TAKES(CH_FIELD_BOOL, "true", );
    assert_true(place.flag);
    REFUSES(CH_FIELD_BOOL, "0", );
}

static void test_dates(void **state)
{
    (void)state;
    TAKES(CH_FIELD_DATE, "\"2024-02-29\"", );
    TAKES(CH_FIELD_DATE, "\"2000-02-29\"", );
    REFUSES(CH_FIELD_DATE, "\"1900-02-29\"", );
    REFUSES(CH_FIELD_DATE, "\"2026-04-31\"", );
    REFUSES(CH_FIELD_DATE, "\"2026-13-01\"", );
    REFUSES(CH_FIELD_DATE, "\"2026-00-01\"", );
    REFUSES(CH_FIELD_DATE, "\"0000-01-01\"", );
    REFUSES(CH_FIELD_DATE, "\"2026-1-1\"", );
    REFUSES(CH_FIELD_DATE, "\"2026-01-01 \"", );
    TAKES(CH_FIELD_TIME, "\"2026-12-31T23:59:59Z\"", );
    REFUSES(CH_FIELD_TIME, "\"2026-12-31T23:59:60Z\"", );
    REFUSES(CH_FIELD_TIME, "\"2026-12-31T24:00:00Z\"", );
    REFUSES(CH_FIELD_TIME, "\"2026-12-31T23:59:59+01:00\"", );
    REFUSES(CH_FIELD_TIME, "\"2026-12-31t23:59:59z\"", );
}

static void test_words(void **state)
{
    (void)state;
    TAKES(CH_FIELD_CODE, "\"green\"", .codes = "red green");
    REFUSES(CH_FIELD_CODE, "\"red green\"", .codes = "red green");
    REFUSES(CH_FIELD_CODE, "\"\"", .codes = "red green");
    REFUSES(CH_FIELD_CODE, "\"gree\"", .codes = "red green");
    TAKES(CH_FIELD_UUID, "\"01890a5d-ac96-774b-bcce-b302099a8057\"", );
    REFUSES(CH_FIELD_UUID, "\"01890A5D-AC96-774B-BCCE-B302099A8057\"", );
    REFUSES(CH_FIELD_UUID, "\"01890a5dac96774bbcceb302099a8057\"", );
}

static void test_trees(void **state)
{
    (void)state;
    TAKES(CH_FIELD_MONEY, "{\"minor\":-5,\"currency\":\"EUR\"}", );
    assert_true(ch_money_minor(place.money) == -5);
    REFUSES(CH_FIELD_MONEY, "{\"minor\":5,\"currency\":\"eur\"}", );
    REFUSES(CH_FIELD_MONEY, "5", );
    TAKES(CH_FIELD_TEXTS, "[]", );
    TAKES(CH_FIELD_TEXTS, "[\"a\",\"b\"]", .max = 2);
    REFUSES(CH_FIELD_TEXTS, "[\"a\",\"b\"]", .max = 1);
    REFUSES(CH_FIELD_TEXTS, "[\"a\",null]", );
    REFUSES(CH_FIELD_TEXTS, "[]", .min = 1);
    TAKES(CH_FIELD_OBJECT, "{}", );
    REFUSES(CH_FIELD_OBJECT, "[]", );
    TAKES(CH_FIELD_ARRAY, "[1,{}]", );
    REFUSES(CH_FIELD_ARRAY, "{}", );
    TAKES(CH_FIELD_ANY, "null", );
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_text), cmocka_unit_test(test_numbers),
                                       cmocka_unit_test(test_dates), cmocka_unit_test(test_words),
                                       cmocka_unit_test(test_trees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
