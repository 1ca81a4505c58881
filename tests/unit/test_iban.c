/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of iban.c and sepa_text.c. */
#include "payout/helpers.h"

#include "../../services/payout/core/iban.h"

static void ibans(void **state)
{
    (void)state;
    static const struct {
        const char *iban;
        enum ch_iban_verdict verdict;
    } rows[] = {
        {"DE91100000000123456789", CH_IBAN_OK},
        {"NL05TEST0417164300", CH_IBAN_OK},
        {"FR1420041010050500013M02606", CH_IBAN_OK},
        {"AT611904300234573201", CH_IBAN_OK},
        {"IE29AIBK93115212345678", CH_IBAN_OK},
        {"ES9121000418450200051332", CH_IBAN_OK},
        {"DE91100000000123456788", CH_IBAN_CHECK},
        {"DE9110000000012345678", CH_IBAN_LENGTH},
        {"US91100000000123456789", CH_IBAN_COUNTRY},
        {"DE91 1000 0000 0123 4567 89", CH_IBAN_FORM},
        {"de91100000000123456789", CH_IBAN_FORM},
        {"", CH_IBAN_FORM},
        {"12345", CH_IBAN_FORM},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (ch_iban_check(rows[i].iban) != rows[i].verdict)
            fail_msg("%s: %d", rows[i].iban, (int)ch_iban_check(rows[i].iban));
    assert_true(ch_country_in_eea("NO"));
    assert_false(ch_country_in_eea("CH"));
}

static void characters(void **state)
{
    struct ch_arena *arena = *state;
    assert_string_equal(ch_sepa_transliterate(arena, "J\xc3\xb6rg M\xc3\xbcller & S\xc3\xb6hne", false),
                        "Jorg Muller + Sohne");
    assert_string_equal(ch_sepa_transliterate(arena, "J\xc3\xb6rg \xc5\x81\xc4\x99", true), "J\xc3\xb6rg Le");
    assert_string_equal(ch_sepa_transliterate(arena, "\xce\x98\xce\xad\xcf\x82 \xd0\xa9", false), "THes SHT");
    assert_string_equal(ch_sepa_transliterate(arena, "<a>;[b]_{c}|@", false), ".a.,(b)-(c)/.");
    assert_null(ch_sepa_transliterate(arena, "a\nb", false));
    assert_null(ch_sepa_transliterate(arena, "a\xff", false));
    assert_null(ch_sepa_transliterate(arena, "a\xc3", false));
    assert_null(ch_sepa_transliterate(arena, "\xe6\xbc\xa2", false));
    assert_true(ch_sepa_text("Abc 09/-?:().,'+"));
    assert_false(ch_sepa_text("a&b"));
    assert_false(ch_sepa_text("\xc3\xb6"));
    assert_true(ch_sepa_text_or_umlauts("\xc3\xb6", true));
    assert_true(ch_sepa_id("CH-1/2"));
    assert_false(ch_sepa_id("/a"));
    assert_false(ch_sepa_id("a/"));
    assert_false(ch_sepa_id("a//b"));
    assert_false(ch_sepa_id(""));
}

static void days(void **state)
{
    (void)state;
    assert_int_equal(ch_weekday("2026-03-01"), 7);
    assert_int_equal(ch_weekday("2000-02-29"), 2);
    assert_int_equal(ch_days_between("2026-02-27", "2026-03-02"), 3);
    assert_int_equal(ch_days_between("2024-02-28", "2024-03-01"), 2);
    static const char *const closed[] = {"2026-03-01", "2026-02-28", "2026-04-03", "2026-04-06", "2026-05-01",
                                         "2026-12-25", "2025-12-26", "2027-01-01", "2025-04-18", "2025-04-21"};
    static const char *const open[] = {"2026-03-02", "2026-04-02", "2026-04-07", "2026-12-24", "2025-05-29"};
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        if (ch_business_day(closed[i]))
            fail_msg("%s", closed[i]);
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (!ch_business_day(open[i]))
            fail_msg("%s", open[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ibans),
        cmocka_unit_test_setup_teardown(characters, arena_setup, arena_teardown),
        cmocka_unit_test(days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
