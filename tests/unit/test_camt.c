/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of camt.c and camt_key.c: the shared samples, and small statements broken in one place. */
#include "payout/helpers.h"

#include "../../services/payout/core/camt.h"

struct seen {
    struct ch_arena *arena;
    char *text; /* what was read, one entry a line */
    struct ch_camt_statement statements[4];
    size_t statement_count;
    char keys[16][65];
    size_t entry_count;
};

static bool on_entry(void *context, const struct ch_camt_statement *s, const struct ch_camt_entry *e)
{
    struct seen *seen = context;
    assert_non_null(s->iban);
    memcpy(seen->keys[seen->entry_count++ % 16], e->key, 65);
    const char *ref = e->servicer_ref ? e->servicer_ref : "-";
    seen->text = ch_printf(seen->arena, "%s%s %lld%s", seen->text, ref, (long long)e->minor, e->reversal ? " R" : "");
    for (size_t i = 0; i < e->detail_count; i++) {
        const struct ch_camt_detail *d = &e->details[i];
        seen->text =
            ch_printf(seen->arena, "%s [%s %lld %s %s %s]", seen->text, d->end_to_end_id ? d->end_to_end_id : "-",
                      (long long)d->minor, d->references ? d->references : "-", d->remittance ? d->remittance : "-",
                      d->return_reason ? d->return_reason : "-");
    }
    seen->text = ch_printf(seen->arena, "%s\n", seen->text);
    return true;
}

static bool on_statement(void *context, const struct ch_camt_statement *s)
{
    struct seen *seen = context;
    seen->statements[seen->statement_count] = *s;
    seen->statements[seen->statement_count].closing_date = ch_strdup(seen->arena, s->closing_date);
    seen->statement_count++;
    return true;
}

static enum ch_bank_error read_text(struct seen *seen, struct ch_arena *arena, const char *text, size_t size,
                                    size_t piece)
{
    *seen = (struct seen){.arena = arena, .text = ch_strdup(arena, "")};
    const struct ch_camt_calls calls = {on_entry, on_statement, seen};
    struct ch_camt *camt = ch_camt_new(&calls, "EUR", 2);
    for (size_t at = 0; at < size; at += piece)
        ch_camt_feed(camt, text + at, size - at < piece ? size - at : piece, size - at <= piece);
    enum ch_bank_error error = ch_camt_error(camt);
    assert_true((error == CH_BANK_OK) == (*ch_camt_detail_text(camt) == 0));
    ch_camt_free(camt);
    return error;
}

static void receipts_and_batch(void **state)
{
    struct ch_arena *arena = *state;
    size_t size;
    const char *text = sample(arena, "xsd/own-receipts-and-batch.camt053.xml", &size);
    if (!text)
        skip();
    struct seen seen, slow;
    assert_int_equal(read_text(&seen, arena, text, size, 1 << 20), CH_BANK_OK);
    assert_string_equal(seen.text,
                        "BK-0303-1 119000 [NOTPROVIDED 119000 RF142026000117 - -]\n"
                        "BK-0303-2 25000 [INV-118 25000 - licence fee invoice 2026-000118, thanks -]\n"
                        "BK-0303-3 -59930 [E2E-0001 -31011 - - -] [E2E-0002 -18900 - - -] [E2E-0003 -10019 - "
                        "- -]\n"
                        "BK-0303-4 -450\n"
                        "BK-0303-5 1700 [- 1700 - donation? -]\n");
    assert_int_equal(seen.statement_count, 1);
    assert_int_equal(seen.statements[0].sequence, 61);
    assert_int_equal(seen.statements[0].booked, 5);
    assert_int_equal(seen.statements[0].skipped, 1);
    assert_int_equal(seen.statements[0].closing, 1335320);
    assert_int_equal(read_text(&slow, arena, text, size, 1), CH_BANK_OK);
    assert_string_equal(slow.text, seen.text);
    assert_string_equal(slow.keys[0], seen.keys[0]);
}

static void return_and_reversal(void **state)
{
    struct ch_arena *arena = *state;
    size_t size;
    const char *text = sample(arena, "xsd/own-return-reversal-two-statements.camt053.xml", &size);
    if (!text)
        skip();
    struct seen seen;
    assert_int_equal(read_text(&seen, arena, text, size, 777), CH_BANK_OK);
    assert_string_equal(seen.text, "BK-0304-1 18650 [E2E-0002 18650 - - AC04]\n"
                                   "BK-0304-2 -37750\n"
                                   "BK-0305-1 -1700 R [- -1700 - correction of BK-0303-5 -]\n");
    assert_int_equal(ch_camt_follows(&seen.statements[0], &seen.statements[1]), CH_CAMT_FOLLOWS);
    assert_int_equal(ch_camt_follows(&seen.statements[1], &seen.statements[0]), CH_CAMT_BALANCE_BREAKS);
    seen.statements[1].sequence = 64;
    assert_int_equal(ch_camt_follows(&seen.statements[0], &seen.statements[1]), CH_CAMT_SEQUENCE_GAP);
    seen.statements[1].sequence = 1;
    assert_int_equal(ch_camt_follows(&seen.statements[0], &seen.statements[1]), CH_CAMT_SEQUENCE_GAP);
    seen.statements[1].closing_date = "2027-01-04";
    assert_int_equal(ch_camt_follows(&seen.statements[0], &seen.statements[1]), CH_CAMT_FOLLOWS);
}

static void third_party_samples(void **state)
{
    struct ch_arena *arena = *state;
    size_t size;
    struct seen seen;
    const char *text = sample(arena, "xsd/third-party-camt053.v8.xml", &size);
    if (!text)
        skip();
    assert_int_not_equal(read_text(&seen, arena, text, size, 4096), CH_BANK_OK);
    text = sample(arena, "xsd/third-party-camt054.v8.xml", &size);
    if (!text)
        skip();
    seen = (struct seen){.arena = arena, .text = ch_strdup(arena, "")};
    const struct ch_camt_calls calls = {on_entry, on_statement, &seen};
    struct ch_camt *camt = ch_camt_new(&calls, "SEK", 2);
    bool good = ch_camt_feed(camt, text, size, true);
    if (!good)
        fail_msg("%s", ch_camt_detail_text(camt));
    assert_true(seen.entry_count > 0);
    ch_camt_free(camt);
}

#define NS(n) "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt." n "\">"
#define OPEN                                                                                                           \
    NS("053.001.08")                                                                                                   \
    "<BkToCstmrStmt><GrpHdr><MsgId>m</MsgId></GrpHdr><Stmt><Id>s</Id><Acct><Id><IBAN>DE91100000000123456789</IBAN></"  \
    "Id></Acct>"
#define BAL(c, a)                                                                                                      \
    "<Bal><Tp><CdOrPrtry><Cd>" c "</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">" a                                           \
    "</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-01</Dt></Dt></Bal>"
#define NTRY(a, s, more)                                                                                               \
    "<Ntry><Amt Ccy=\"EUR\">" a "</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>" s "</Cd></Sts>" more "</Ntry>"
#define CLOSE "</Stmt></BkToCstmrStmt></Document>"

static void small_statements(void **state)
{
    struct ch_arena *arena = *state;
    static const struct {
        const char *text;
        enum ch_bank_error error;
    } rows[] = {
        {OPEN BAL("OPBD", "1") BAL("CLBD", "2.5") NTRY("1.50", "BOOK", "") CLOSE, CH_BANK_OK},
        {OPEN BAL("PRCD", "1.00000") BAL("CLBD", "2.5") NTRY("1.50", "BOOK", "") CLOSE, CH_BANK_OK},
        {OPEN BAL("OPBD", "1") BAL("CLBD", "1") NTRY("1.50", "PDNG", "") CLOSE, CH_BANK_OK},
        {OPEN BAL("OPBD", "1") BAL("CLBD", "2") NTRY("1.50", "BOOK", "") CLOSE, CH_BANK_SUM},
        {OPEN BAL("CLBD", "2") CLOSE, CH_BANK_INCOMPLETE},
        {OPEN BAL("OPBD", "2") CLOSE, CH_BANK_INCOMPLETE},
        {OPEN BAL("OPBD", "1.001") BAL("CLBD", "1") CLOSE, CH_BANK_BAD_VALUE},
        {OPEN BAL("OPBD", "-1") BAL("CLBD", "1") CLOSE, CH_BANK_BAD_VALUE},
        {OPEN BAL("OPBD", "90071992547409.92") BAL("CLBD", "1") CLOSE, CH_BANK_BAD_VALUE},
        {OPEN "<Ntry><Amt Ccy=\"USD\">1</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts></Ntry>" CLOSE,
         CH_BANK_CURRENCY},
        {OPEN NTRY("1", "BOOK", "<BookgDt><Dt>2026-02-30</Dt></BookgDt>") CLOSE, CH_BANK_BAD_VALUE},
        {OPEN "<Ntry><Amt Ccy=\"EUR\">1</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry>" CLOSE, CH_BANK_INCOMPLETE},
        {"<!DOCTYPE Document [<!ENTITY a \"b\">]>" OPEN CLOSE, CH_BANK_DOCTYPE},
        {NS("053.001.02") "</Document>", CH_BANK_WRONG_MESSAGE},
        {"<Document/>", CH_BANK_WRONG_MESSAGE},
        {NS("053.001.08") "<Other/></Document>", CH_BANK_WRONG_MESSAGE},
        {OPEN, CH_BANK_NOT_XML},
        {"", CH_BANK_OK}, /* nothing was fed, nothing is refused */
        {OPEN "&nbsp;" CLOSE, CH_BANK_NOT_XML},
    };
    struct seen seen;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum ch_bank_error error = read_text(&seen, arena, rows[i].text, strlen(rows[i].text), 1 << 20);
        if (error != rows[i].error)
            fail_msg("row %zu: %d", i, (int)error);
    }
}

static void equal_entries_have_different_keys(void **state)
{
    struct ch_arena *arena = *state;
    const char *text = OPEN BAL("OPBD", "0") BAL("CLBD", "8") NTRY("1", "BOOK", "") NTRY("1", "BOOK", "")
        NTRY("3", "BOOK", "<AcctSvcrRef>x</AcctSvcrRef>") NTRY("3", "BOOK", "<AcctSvcrRef>x</AcctSvcrRef>") CLOSE;
    struct seen seen;
    assert_int_equal(read_text(&seen, arena, text, strlen(text), 64), CH_BANK_OK);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(seen.keys[i], seen.keys[j]);
}

static void bombs(void **state)
{
    struct ch_arena *arena = *state;
    struct seen seen;
    char *deep = ch_strdup(arena, OPEN);
    for (int i = 0; i < 40; i++)
        deep = ch_printf(arena, "%s<a>", deep);
    assert_int_equal(read_text(&seen, arena, deep, strlen(deep), 4096), CH_BANK_TOO_DEEP);
    char *filler = ch_alloc(arena, 200001);
    memset(filler, 'x', 200000);
    const char *text = ch_printf(arena, OPEN "<x>%.5000s</x>", filler);
    assert_int_equal(read_text(&seen, arena, text, strlen(text), 4096), CH_BANK_TOO_LONG);
    text = ch_printf(arena, OPEN "<x y=\"%s", filler);
    assert_int_equal(read_text(&seen, arena, text, strlen(text), 4096), CH_BANK_TOO_LONG);
    text = ch_printf(arena, OPEN "<%.2000s>", filler);
    assert_int_equal(read_text(&seen, arena, text, strlen(text), 4096), CH_BANK_TOO_DEEP);
}

static void amounts(void **state)
{
    (void)state;
    int64_t minor;
    assert_true(ch_camt_minor("12.30", 2, &minor) && minor == 1230);
    assert_true(ch_camt_minor("12.", 2, &minor) && minor == 1200);
    assert_true(ch_camt_minor(".5", 2, &minor) && minor == 50);
    assert_true(ch_camt_minor("5.00000", 0, &minor) && minor == 5);
    assert_true(ch_camt_minor("90071992547409.91", 2, &minor) && minor == CH_PAYOUT_MAX);
    assert_false(ch_camt_minor("", 2, &minor) || ch_camt_minor(".", 2, &minor) || ch_camt_minor("1.2.3", 2, &minor));
    assert_false(ch_camt_minor("1.234", 2, &minor) || ch_camt_minor("1,2", 2, &minor) ||
                 ch_camt_minor("1e2", 2, &minor) || ch_camt_minor("1.000000", 2, &minor));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(receipts_and_batch, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(return_and_reversal, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(third_party_samples, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(small_statements, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(equal_entries_have_different_keys, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(bombs, arena_setup, arena_teardown),
        cmocka_unit_test(amounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
