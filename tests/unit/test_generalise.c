/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Generalisations and the exact decimals under them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../services/licensing/core/decimal.h"
#include "../../services/licensing/core/generalise.h"

static void test_texts(void **state)
{
    (void)state;
    static const char *const good[] = {"keep",        "drop",   "round:-6", "round:6", "trunc:week",
                                       "prefix:9999", "bin:10", "bin:5@-3", "bin:5@0"};
    static const char *const bad[] = {"",         "Keep",         "round:7",   "round:-7", "round:02",
                                      "round:-0", "round:+1",     "round:",    "round:1 ", "trunc:second",
                                      "prefix:0", "prefix:10000", "bin:0",     "bin:-1",   "bin:1.5",
                                      "bin:1@",   "bin:1@0.5",    "bin:1@2@3", "keep "};
    struct ch_general general;
    char text[CH_GENERAL_TEXT];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(ch_general_parse(good[i], &general));
        ch_general_text(&general, text);
        assert_string_equal(text, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (ch_general_parse(bad[i], &general))
            fail_msg("%s", bad[i]);
        assert_int_equal(general.kind, CH_GENERAL_DROP);
    }
}

/* Expected values are those of PostgreSQL 15. */
static void test_applied(void **state)
{
    (void)state;
    static const struct {
        const char *general;
        enum ch_column_type type;
        const char *value, *expected;
    } cases[] = {
        {"round:2", CH_TYPE_NUMBER, "57.145", "57.15"},
        {"round:2", CH_TYPE_NUMBER, "-57.145", "-57.15"},
        {"round:2", CH_TYPE_NUMBER, "57.1", "57.10"},
        {"round:0", CH_TYPE_NUMBER, "-0.4", "0"},
        {"round:0", CH_TYPE_NUMBER, "9.5", "10"},
        {"round:-1", CH_TYPE_INTEGER, "155", "160"},
        {"round:-2", CH_TYPE_INTEGER, "49", "0"},
        {"round:-2", CH_TYPE_NUMBER, "50", "100"},
        {"round:-6", CH_TYPE_NUMBER, "499999.999", "0"},
        {"round:6", CH_TYPE_NUMBER, "1e-7", "0.000000"},
        {"round:3", CH_TYPE_NUMBER, "123456789012345678901234567890.12345", "123456789012345678901234567890.123"},
        {"bin:10", CH_TYPE_NUMBER, "29.999999999999999999999999", "20"},
        {"bin:10", CH_TYPE_NUMBER, "-0.5", "-10"},
        {"bin:10@3", CH_TYPE_INTEGER, "2", "-7"},
        {"bin:7@-3", CH_TYPE_NUMBER, "4", "4"},
        {"bin:1", CH_TYPE_NUMBER, "1e3", "1000"},
        {"prefix:2", CH_TYPE_STRING, "\xc3\xa4\xe2\x82\xac!", "\xc3\xa4\xe2\x82\xac"},
        {"prefix:9", CH_TYPE_STRING, "abc", "abc"},
        {"trunc:week", CH_TYPE_DATE, "2027-01-01", "2026-12-28"},
        {"trunc:week", CH_TYPE_DATE, "1969-12-31", "1969-12-29"},
        {"trunc:quarter", CH_TYPE_DATE, "2026-06-30", "2026-04-01"},
        {"trunc:hour", CH_TYPE_DATETIME, "2026-06-30 23:59:59.999999+00", "2026-06-30 23:00:00+00"},
        {"trunc:minute", CH_TYPE_DATETIME, "1950-06-30T23:59:59Z", "1950-06-30 23:59:00+00"},
        {"trunc:year", CH_TYPE_DATETIME, "2026-06-30 23:59:59+00", "2026-01-01 00:00:00+00"},
        {"keep", CH_TYPE_BOOLEAN, "t", "t"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ch_general general;
        char out[64];
        assert_true(ch_general_parse(cases[i].general, &general));
        assert_true(ch_general_apply(&general, cases[i].type, cases[i].value, out, sizeof out));
        assert_string_equal(out, cases[i].expected);
    }
}

static void test_not_applied(void **state)
{
    (void)state;
    struct ch_general general;
    char out[8];
    assert_true(ch_general_parse("round:2", &general));
    assert_false(ch_general_apply(&general, CH_TYPE_NUMBER, "abc", out, sizeof out));
    assert_false(ch_general_apply(&general, CH_TYPE_NUMBER, "123456789", out, sizeof out));
    assert_false(ch_general_apply(&general, CH_TYPE_STRING, "1", out, sizeof out));
    assert_true(ch_general_parse("trunc:day", &general));
    assert_false(ch_general_apply(&general, CH_TYPE_DATETIME, "2026-06-30 23:59:59+02", out, sizeof out));
}

static void test_coarser(void **state)
{
    (void)state;
    static const struct {
        const char *now, *before;
        bool no_finer;
    } cases[] = {
        {"drop", "keep", true},
        {"keep", "drop", false},
        {"round:1", "keep", true},
        {"keep", "round:6", false},
        {"round:1", "round:2", true},
        {"round:2", "round:1", false},
        {"prefix:2", "prefix:3", true},
        {"bin:20", "bin:10", true},
        {"bin:15", "bin:10", false},
        {"bin:20@5", "bin:10", false},
        {"bin:10@5", "bin:10@5", true},
        {"bin:5", "bin:10", false},
        {"trunc:year", "trunc:quarter", true},
        {"trunc:month", "trunc:week", false},
        {"trunc:week", "trunc:month", false},
        {"trunc:week", "trunc:day", true},
        {"trunc:week", "trunc:minute", true},
        {"trunc:day", "trunc:week", false},
        {"round:0", "bin:1", false},
        {"trunc:hour", "trunc:hour", true},
        {"trunc:minute", "trunc:hour", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ch_general now, before;
        assert_true(ch_general_parse(cases[i].now, &now) && ch_general_parse(cases[i].before, &before));
        if (ch_general_no_finer(&now, &before) != cases[i].no_finer)
            fail_msg("%s over %s", cases[i].now, cases[i].before);
    }
}

static int order(const char *a, const char *b)
{
    struct ch_decimal left, right;
    assert_true(ch_decimal_parse(a, strlen(a), &left) && ch_decimal_parse(b, strlen(b), &right));
    int result = ch_decimal_compare(&left, &right);
    return (result > 0) - (result < 0);
}

static void test_decimals_compare_exactly(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "-", ".", "1.2.3", "1e", "1e999", "0x1", "1 ", "NaN", "1e1.5"};
    struct ch_decimal d;
    assert_int_equal(order("1.50", "1.5"), 0);
    assert_int_equal(order("-0", "0.000"), 0);
    assert_int_equal(order("0.1", "0.10000000000000000000000000001"), -1);
    assert_int_equal(order("-2", "-1.999999999999999999999999"), -1);
    assert_int_equal(order("1e30", "999999999999999999999999999999.9"), 1);
    assert_int_equal(order("1e-30", "0"), 1);
    assert_int_equal(order("100000000000000000000", "1e20"), 0);
    assert_int_equal(order(".5", "5e-1"), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(ch_decimal_parse(bad[i], strlen(bad[i]), &d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_applied),
        cmocka_unit_test(test_not_applied),
        cmocka_unit_test(test_coarser),
        cmocka_unit_test(test_decimals_compare_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
