/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of iban.c and sepa_text.c. */
#include "payout/helpers.h"

#include "../../services/payout/core/iban.h"
#include "../../services/payout/core/invoice.h"

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

/* Every IBAN country of SEPA with its length (ISO 13616 registry, EPC409-09): right, too short, too long, wrong digits.
 */
static void every_country(void **state)
{
    struct ch_arena *arena = *state;
    static const char lengths[] =
        "AD24AL28AT20BE16BG22CH21CY28CZ24DE22DK18EE20ES24FI18FR27GB22GI23GR27HR21HU28IE22IS26IT27LI21"
        "LT20LU20LV21MC27MD24ME22MK19MT31NL18NO15PL28PT25RO24RS22SE24SI19SK24SM27VA22";
    for (const char *at = lengths; *at; at += 4) {
        int length = (at[2] - '0') * 10 + at[3] - '0';
        for (int off = -1; off <= 1; off++) {
            char *iban = ch_printf(arena, "%.2s00%0*d", at, length - 4 + off, 7);
            char *rotated = ch_printf(arena, "%s%.2s00", iban + 4, at);
            int check = 98 - ch_mod97(rotated, strlen(rotated));
            iban[2] = (char)('0' + check / 10);
            iban[3] = (char)('0' + check % 10);
            enum ch_iban_verdict expected = off ? CH_IBAN_LENGTH : CH_IBAN_OK;
            if (ch_iban_check(iban) != expected)
                fail_msg("%s: %d", iban, (int)ch_iban_check(iban));
            iban[3] = iban[3] == '9' ? '0' : (char)(iban[3] + 1);
            if (!off)
                assert_int_equal(ch_iban_check(iban), CH_IBAN_CHECK);
        }
    }
}

/* The table of docs/bank-files.md is what the code does, letter by letter, both ways. */
static void published_table(void **state)
{
    struct ch_arena *arena = *state;
    char line[256], *said[0x2500] = {0};
    FILE *page = fopen("docs/bank-files.md", "r");
    assert_non_null(page);
    while (fgets(line, sizeof line, page)) {
        unsigned first, last;
        int end = 0;
        if (sscanf(line, "| U+%4X %n", &first, &end) != 1 || first >= 0x2500)
            continue;
        last = first;
        sscanf(line + end, "to U+%4X", &last);
        char *cell = strrchr(line, '|');
        *cell = 0;
        cell = strrchr(line, '|') + 1;
        cell += *cell == ' ';
        cell[strcspn(cell, " ")] = 0;
        for (unsigned code = first; code <= last && code < 0x2500; code++)
            said[code] = ch_strdup(arena, strcmp(cell, "space") == 0 ? " " : cell);
    }
    fclose(page);
    for (unsigned code = 0x20; code < 0x2500; code++) {
        char utf8[4] = {(char)code};
        if (code >= 0x800)
            memcpy(utf8,
                   (char[]){(char)(0xe0 | code >> 12), (char)(0x80 | (code >> 6 & 63)), (char)(0x80 | (code & 63)), 0},
                   4);
        else if (code >= 0x80)
            memcpy(utf8, (char[]){(char)(0xc0 | code >> 6), (char)(0x80 | (code & 63)), 0, 0}, 4);
        const char *written = ch_sepa_transliterate(arena, utf8, false);
        const char *expected = said[code] ? said[code] : ch_sepa_text(utf8) ? utf8 : NULL;
        if (!written != !expected || (written && strcmp(written, expected) != 0))
            fail_msg("U+%04X: written %s, published %s", code, written ? written : "-", expected ? expected : "-");
    }
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
        cmocka_unit_test_setup_teardown(every_country, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(published_table, arena_setup, arena_teardown),
        cmocka_unit_test(days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
