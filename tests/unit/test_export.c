/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Exports byte by byte, and the places where they could go wrong: order of days, formula cells, names beancount cannot
 * read, months, currencies without decimals. That the tools accept them is tests/api/test_exports.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../../services/payout/core/export.h"

static char written[65536];
static size_t length;

static void keep(void *context, const void *bytes, size_t size)
{
    (void)context;
    assert_true(length + size < sizeof written);
    memcpy(written + length, bytes, size);
    length += size;
    written[length] = '\0';
}

/* Ids fall while paths rise, so that neither order stands for the other. */
static void export(enum ch_export_format format, const char *currency, int digits, int64_t before,
                   const struct ch_export_posting *postings, size_t count)
{
    struct ch_export_account accounts[] = {{30, "Assets:Bank:main", before, false},
                                           {20, "Income:Other", -before, false},
                                           {10, "Liabilities:Pool:a.ir:Received", 0, false}};
    size_t by_id[3];
    struct ch_out out;
    struct ch_export x = {.format = format,
                          .out = &out,
                          .currency = currency,
                          .digits = digits,
                          .accounts = accounts,
                          .count = 3,
                          .by_id = by_id};
    length = 0;
    ch_out_begin(&out, keep, NULL);
    ch_export_begin(&x, "2026-01-01", "none");
    for (size_t i = 0; i < count; i++)
        assert_true(ch_export_posting(&x, &postings[i]));
    ch_export_end(&x, "2026-02-28");
    ch_out_flush(&out);
}

#define HEAD(no, the_kind, day)                                                                                        \
    .txn_no = no, .kind = the_kind, .occurred_on = day, .recorded_at = "2026-02-03T04:05:06Z", .evidence = "ab"
static const struct ch_export_posting TWO[] = {
    {HEAD(7, "receipt", "2026-01-31"), .leaf = "12", .line = 1, .account_id = 30, .minor = 1050},
    {HEAD(7, "receipt", "2026-01-31"), .leaf = "12", .line = 2, .account_id = 10, .minor = -1050},
    {HEAD(9, "bank_fee", "2026-02-01"), .line = 1, .account_id = 30, .minor = -5},
    {HEAD(9, "bank_fee", "2026-02-01"), .line = 2, .account_id = 20, .minor = 5},
};

static void formats_are_written_as_the_tools_need_them(void **state)
{
    (void)state;
    static const struct {
        enum ch_export_format format;
        const char *text;
    } rows[] = {
        {CH_EXPORT_HLEDGER,
         "decimal-mark .\ncommodity 1000.00 EUR\naccount Assets:Bank:main\naccount Income:Other\naccount "
         "Liabilities:Pool:a.ir:Received\n\n2026-01-01 opening  ; txid:0, kind:opening, evidence:none, leaf:none\n"
         "    Assets:Bank:main  1.00 EUR = 1.00 EUR\n    Income:Other  -1.00 EUR = -1.00 EUR\n\n"
         "2026-01-31 receipt  ; txid:7, kind:receipt, evidence:ab, leaf:12\n    Assets:Bank:main  10.50 EUR = 11.50 "
         "EUR\n"
         "    Liabilities:Pool:a.ir:Received  -10.50 EUR = -10.50 EUR\n\n2026-02-01 bank_fee  ; txid:9, kind:bank_fee, "
         "evidence:ab, leaf:pending\n    Assets:Bank:main  -0.05 EUR = 11.45 EUR\n    Income:Other  0.05 EUR = -0.95 "
         "EUR\n"},
        {CH_EXPORT_LEDGER,
         "tag txid\ntag kind\ntag evidence\ntag leaf\ncommodity EUR\n    format 1000.00 EUR\naccount Assets:Bank:main\n"
         "account Income:Other\naccount Liabilities:Pool:a.ir:Received\n\n2026-01-01 opening\n    ; txid: 0\n    ; "
         "kind: "
         "opening\n    ; evidence: none\n    ; leaf: none\n    Assets:Bank:main  1.00 EUR = 1.00 EUR\n    Income:Other "
         " "
         "-1.00 EUR = -1.00 EUR\n\n2026-01-31 receipt\n    ; txid: 7\n    ; kind: receipt\n    ; evidence: ab\n    ; "
         "leaf: "
         "12\n    Assets:Bank:main  10.50 EUR = 11.50 EUR\n    Liabilities:Pool:a.ir:Received  -10.50 EUR = -10.50 "
         "EUR\n\n"
         "2026-02-01 bank_fee\n    ; txid: 9\n    ; kind: bank_fee\n    ; evidence: ab\n    ; leaf: pending\n    "
         "Assets:Bank:main  -0.05 EUR = 11.45 EUR\n    Income:Other  0.05 EUR = -0.95 EUR\n"},
        {CH_EXPORT_BEANCOUNT,
         "option \"inferred_tolerance_default\" \"*:0\"\noption \"inferred_tolerance_multiplier\" \"0\"\noption "
         "\"operating_currency\" \"EUR\"\n2026-01-01 open Assets:Bank:X-main EUR\n2026-01-01 open Income:Other EUR\n"
         "2026-01-01 open Liabilities:Pool:X-a--2Eir:Received EUR\n\n2026-01-01 * \"opening\"\n  txid: 0\n  kind: "
         "\"opening\"\n  evidence: \"none\"\n  leaf: \"none\"\n  Assets:Bank:X-main  1.00 EUR\n  Income:Other  -1.00 "
         "EUR\n"
         "\n2026-01-31 * \"receipt\"\n  txid: 7\n  kind: \"receipt\"\n  evidence: \"ab\"\n  leaf: 12\n  "
         "Assets:Bank:X-main  "
         "10.50 EUR\n  Liabilities:Pool:X-a--2Eir:Received  -10.50 EUR\n\n2026-02-01 balance Assets:Bank:X-main  11.50 "
         "~ 0 "
         "EUR\n2026-02-01 balance Income:Other  -1.00 ~ 0 EUR\n2026-02-01 balance Liabilities:Pool:X-a--2Eir:Received  "
         "-10.50 ~ 0 EUR\n\n2026-02-01 * \"bank_fee\"\n  txid: 9\n  kind: \"bank_fee\"\n  evidence: \"ab\"\n  leaf: "
         "\"pending\"\n  Assets:Bank:X-main  -0.05 EUR\n  Income:Other  0.05 EUR\n\n2026-03-01 balance "
         "Assets:Bank:X-main  "
         "11.45 ~ 0 EUR\n2026-03-01 balance Income:Other  -0.95 ~ 0 EUR\n"},
        {CH_EXPORT_CSV,
         "txid,line,kind,occurred_on,recorded_at,account,amount,balance,currency,evidence,leaf,resolution,concerns,"
         "reverses\r\n7,1,receipt,2026-01-31,2026-02-03T04:05:06Z,Assets:Bank:main,10.50,11.50,EUR,ab,12,,,\r\n"
         "7,2,receipt,2026-01-31,2026-02-03T04:05:06Z,Liabilities:Pool:a.ir:Received,-10.50,-10.50,EUR,ab,12,,,\r\n"
         "9,1,bank_fee,2026-02-01,2026-02-03T04:05:06Z,Assets:Bank:main,-0.05,11.45,EUR,ab,,,,\r\n"
         "9,2,bank_fee,2026-02-01,2026-02-03T04:05:06Z,Income:Other,0.05,-0.95,EUR,ab,,,,\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        export(rows[i].format, "EUR", 2, 100, TWO, 4);
        assert_string_equal(written, rows[i].text);
    }
}

static void nothing_before_has_no_opening(void **state)
{
    (void)state;
    for (int format = 0; format < CH_EXPORT_FORMATS; format++) {
        export((enum ch_export_format)format, "EUR", 2, 0, TWO, 4);
        assert_null(strstr(written, "opening"));
    }
}

static void cells_are_no_formulas(void **state)
{
    (void)state;
    static const struct {
        const char *cell, *written;
    } rows[] = {{"=1+1", "'=1+1"},
                {"+49", "'+49"},
                {"-2", "'-2"},
                {"@SUM(A1)", "'@SUM(A1)"},
                {"\tx", "'\tx"},
                {"a\"b,c", "\"a\"\"b,c\""},
                {"=\"x\"", "\"'=\"\"x\"\"\""},
                {"plain", "plain"},
                {"a=b", "a=b"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ch_export_posting posting = TWO[0];
        char expected[128];
        posting.resolution = rows[i].cell;
        export(CH_EXPORT_CSV, "EUR", 2, 0, &posting, 1);
        snprintf(expected, sizeof expected, ",ab,12,%s,,\r\n", rows[i].written);
        assert_non_null(strstr(written, expected));
    }
}

static void amounts_have_the_currency_s_digits(void **state)
{
    (void)state;
    static const struct {
        const char *currency;
        int digits;
        const char *line, *head;
    } rows[] = {{"JPY", 0, "Assets:Bank:main  1050 JPY = 1050 JPY\n", "commodity 1000. JPY\n"},
                {"KWD", 3, "Assets:Bank:main  1.050 KWD = 1.050 KWD\n", "commodity 1000.000 KWD\n"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        export(CH_EXPORT_HLEDGER, rows[i].currency, rows[i].digits, 0, TWO, 2);
        assert_non_null(strstr(written, rows[i].line));
        assert_non_null(strstr(written, rows[i].head));
    }
}

static void names_for_beancount_differ_when_paths_do(void **state)
{
    (void)state;
    static const struct {
        const char *path, *name;
    } rows[] = {
        {"Assets:Transit", "Assets:Transit"},
        {"Assets:Bank:main", "Assets:Bank:X-main"},
        {"Assets:Bank:X-main", "Assets:Bank:X-X-main"},
        {"Assets:Bank:Main", "Assets:Bank:Main"},
        {"Assets:Bank:1.a_b", "Assets:Bank:X-1--2Ea--5Fb"},
        {"Assets:Bank:a--2E", "Assets:Bank:X-a--2D-2E"},
        {"Assets:Bank:a-.", "Assets:Bank:X-a--2D--2E"},
        {"Liabilities:Member:0a207cf2-bcf7-7b2c-9a74-b122ab0c5225:Payable",
         "Liabilities:Member:0a207cf2-bcf7-7b2c-9a74-b122ab0c5225:Payable"},
        {"Liabilities:Member:aa207cf2-bcf7-7b2c-9a74-b122ab0c5225:Payable",
         "Liabilities:Member:X-aa207cf2-bcf7-7b2c-9a74-b122ab0c5225:Payable"},
    };
    char name[512];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ch_export_beancount_name(rows[i].path, name);
        assert_string_equal(name, rows[i].name);
    }
}

static void an_account_nobody_declared_is_told(void **state)
{
    (void)state;
    struct ch_out out;
    size_t by_id[1];
    struct ch_export_account account = {1, "Assets:Transit", 0, false};
    struct ch_export x = {.format = CH_EXPORT_CSV,
                          .out = &out,
                          .currency = "EUR",
                          .digits = 2,
                          .accounts = &account,
                          .count = 1,
                          .by_id = by_id};
    ch_out_begin(&out, keep, NULL);
    ch_export_begin(&x, "2026-01-01", "none");
    assert_false(ch_export_posting(&x, &TWO[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_written_as_the_tools_need_them),
        cmocka_unit_test(nothing_before_has_no_opening),
        cmocka_unit_test(cells_are_no_formulas),
        cmocka_unit_test(amounts_have_the_currency_s_digits),
        cmocka_unit_test(names_for_beancount_differ_when_paths_do),
        cmocka_unit_test(an_account_nobody_declared_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
