/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One-time passwords against the vectors of RFC 6238, appendix B (SHA-1, last six of the eight digits). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../services/portal/core/totp.h"

static const uint8_t SECRET[TOTP_SECRET_SIZE] = "12345678901234567890";

static void codes_are_those_of_the_rfc(void **state)
{
    (void)state;
    static const struct {
        int64_t at;
        const char *code;
    } vectors[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
                   {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char code[7];
        totp_code(SECRET, (uint64_t)vectors[i].at / 30, code);
        assert_string_equal(code, vectors[i].code);
        assert_int_equal(totp_check(SECRET, vectors[i].code, vectors[i].at, -1), vectors[i].at / 30);
    }
}

static void one_step_of_drift_and_no_more(void **state)
{
    (void)state;
    char code[7];
    totp_code(SECRET, 1000, code);
    assert_int_equal(totp_check(SECRET, code, 999 * 30, -1), 1000);
    assert_int_equal(totp_check(SECRET, code, 1001 * 30, -1), 1000);
    assert_int_equal(totp_check(SECRET, code, 998 * 30, -1), -1);
    assert_int_equal(totp_check(SECRET, code, 1002 * 30, -1), -1);
}

static void a_code_works_once(void **state)
{
    (void)state;
    char code[7];
    totp_code(SECRET, 1000, code);
    assert_int_equal(totp_check(SECRET, code, 1000 * 30, 999), 1000);
    assert_int_equal(totp_check(SECRET, code, 1000 * 30, 1000), -1);
}

static void wrong_codes_are_refused(void **state)
{
    (void)state;
    assert_int_equal(totp_check(SECRET, "", 59, -1), -1);
    assert_int_equal(totp_check(SECRET, "28708", 59, -1), -1);
    assert_int_equal(totp_check(SECRET, "287083", 59, -1), -1);
    assert_int_equal(totp_check(SECRET, "2870820", 59, -1), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_those_of_the_rfc),
        cmocka_unit_test(one_step_of_drift_and_no_more),
        cmocka_unit_test(a_code_works_once),
        cmocka_unit_test(wrong_codes_are_refused),
    };
    return cmocka_run_group_tests_name("totp", tests, NULL, NULL);
}
