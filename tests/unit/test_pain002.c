/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of pain002.c: statuses of all three levels in both versions, and what is refused. */
#include "payout/helpers.h"

#include "../../services/payout/core/pain002.h"

struct seen {
    struct ch_arena *arena;
    char *text;
};

static bool on_status(void *context, const struct ch_status *s)
{
    static const char *const levels[] = {"group", "payment", "transaction"};
    const char *const fields[] = {s->payment_info_id, s->instruction_id, s->end_to_end_id, s->uetr,
                                  s->servicer_ref,    s->reason,         s->info};
    struct seen *seen = context;
    seen->text = ch_printf(seen->arena, "%s%s %s", seen->text, levels[s->level], s->status);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        seen->text = ch_printf(seen->arena, "%s %s", seen->text, fields[i] ? fields[i] : "-");
    seen->text = ch_printf(seen->arena, "%s|", seen->text);
    return strcmp(s->status, "STOP") != 0;
}

static enum ch_bank_error read_text(struct seen *seen, struct ch_arena *arena, const char *text, size_t piece,
                                    struct ch_pain002 **reader)
{
    *seen = (struct seen){arena, ch_strdup(arena, "")};
    const struct ch_pain002_calls calls = {on_status, seen};
    struct ch_pain002 *pain = ch_pain002_new(arena, &calls);
    size_t size = strlen(text);
    for (size_t at = 0; at < size; at += piece)
        ch_pain002_feed(pain, text + at, size - at < piece ? size - at : piece, size - at <= piece);
    if (reader)
        *reader = pain;
    assert_true((ch_pain002_error(pain) == CH_BANK_OK) == (*ch_pain002_detail(pain) == 0));
    return ch_pain002_error(pain);
}

#define OPEN(version)                                                                                                  \
    "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002." version "'><CstmrPmtStsRpt><GrpHdr><MsgId>R1</MsgId>"  \
    "</GrpHdr>"
#define GROUP(inside) "<OrgnlGrpInfAndSts><OrgnlMsgId>CH1</OrgnlMsgId>" inside "</OrgnlGrpInfAndSts>"
#define WHY(code)     "<StsRsnInf><Rsn><Cd>" code "</Cd></Rsn><AddtlInf>one</AddtlInf><AddtlInf>two</AddtlInf></StsRsnInf>"
#define BLOCK(inside) "<OrgnlPmtInfAndSts><OrgnlPmtInfId>CH1-1</OrgnlPmtInfId>" inside "</OrgnlPmtInfAndSts>"
#define TX(inside)    "<TxInfAndSts>" inside "</TxInfAndSts>"
#define CLOSE         "</CstmrPmtStsRpt></Document>"

static void three_levels(void **state)
{
    struct ch_arena *arena = *state;
    struct seen seen;
    struct ch_pain002 *pain;
#define BODY                                                                                                           \
    GROUP("<GrpSts>PART</GrpSts>")                                                                                     \
    BLOCK("<PmtInfSts>RJCT</PmtInfSts>" WHY("AM05")                                                                    \
              TX("<OrgnlInstrId>I</OrgnlInstrId><OrgnlEndToEndId>E1</OrgnlEndToEndId><OrgnlUETR>u</OrgnlUETR>"         \
                 "<TxSts>ACSC</TxSts><AcctSvcrRef>B7</AcctSvcrRef>") TX("<OrgnlEndToEndId>E2</OrgnlEndToEndId>"))      \
    BLOCK(TX("<OrgnlEndToEndId>E3</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Prtry>own</Prtry></Rsn>"        \
             "</StsRsnInf>" WHY("AC04")))                                                                              \
    CLOSE
    const char *texts[] = {OPEN("001.03") BODY, OPEN("001.10") BODY};
    for (size_t i = 0; i < 2; i++)
        for (size_t piece = 1; piece < 4000; piece = piece * 7 + 1) {
            assert_int_equal(read_text(&seen, arena, texts[i], piece, &pain), CH_BANK_OK);
            assert_string_equal(seen.text, "group PART - - - - - - -|"
                                           "transaction ACSC CH1-1 I E1 u B7 - -|"
                                           "payment RJCT CH1-1 - - - - AM05 one\ntwo|"
                                           "transaction RJCT CH1-1 - E3 - - own one\ntwo|");
            assert_string_equal(ch_pain002_original_id(pain), "CH1");
            assert_string_equal(ch_pain002_message_id(pain), "R1");
        }
}

static void refusals(void **state)
{
    struct ch_arena *arena = *state;
    static const struct {
        const char *text;
        enum ch_bank_error error;
    } rows[] = {
        {OPEN("001.10") GROUP("") CLOSE, CH_BANK_OK},
        {OPEN("001.10") CLOSE, CH_BANK_INCOMPLETE},
        {OPEN("001.02") GROUP("") CLOSE, CH_BANK_WRONG_MESSAGE},
        {OPEN("001.10") GROUP("<GrpSts>rjct</GrpSts>") CLOSE, CH_BANK_BAD_VALUE},
        {OPEN("001.10") GROUP("<GrpSts>RJCTX</GrpSts>") CLOSE, CH_BANK_BAD_VALUE},
        {OPEN("001.10") GROUP("<GrpSts>RJCT</GrpSts><GrpSts>ACCP</GrpSts>") CLOSE, CH_BANK_BAD_VALUE},
        {OPEN("001.10") GROUP("") BLOCK(TX("<TxSts>RJCT</TxSts>")) CLOSE, CH_BANK_INCOMPLETE},
        {OPEN("001.10") GROUP("") "<OrgnlPmtInfAndSts><PmtInfSts>RJCT</PmtInfSts></OrgnlPmtInfAndSts>" CLOSE,
         CH_BANK_INCOMPLETE},
        {OPEN("001.10") GROUP("<GrpSts>STOP</GrpSts>") CLOSE, CH_BANK_STOPPED},
        {"<!DOCTYPE a>" OPEN("001.10") GROUP("") CLOSE, CH_BANK_DOCTYPE},
        {OPEN("001.10") GROUP(""), CH_BANK_NOT_XML},
    };
    struct seen seen;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum ch_bank_error error = read_text(&seen, arena, rows[i].text, 4096, NULL);
        if (error != rows[i].error)
            fail_msg("row %zu: %d", i, (int)error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(three_levels, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(refusals, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
