/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of pain.c: valid by the schema in every profile, and each refusal of the rule layer. */
#include "payout/helpers.h"

#include <unistd.h>

#include "../../services/payout/core/pain.h"

static const struct ch_bank_profile plain = {.charge_bearer = true, .max_transactions = 1000};

static const int64_t block_totals[] = {30003};

static struct ch_pain_batch batch_of(void)
{
    return (struct ch_pain_batch){.id = {1, 2, 3},
                                  .frozen_at = "2026-03-05T10:11:12Z",
                                  .today = "2026-03-05",
                                  .execution_date = "2026-03-06",
                                  .debtor_name = "Example Data Cooperative",
                                  .debtor_iban = "DE91100000000123456789",
                                  .currency = "EUR",
                                  .minor_digits = 2,
                                  .count = 2,
                                  .total = 30003,
                                  .block_totals = block_totals};
}

static void payments_of(struct ch_pain_payment pay[2])
{
    pay[0] = (struct ch_pain_payment){.id = {1},
                                      .creditor_name = "J\xc3\xb6rg <M\xc3\xbcller> & Co",
                                      .creditor_iban = "AT611904300234573201",
                                      .minor = 3,
                                      .remittance = "Statement 2026-02"};
    pay[1] = (struct ch_pain_payment){.id = {2},
                                      .creditor_name = "Member Two",
                                      .creditor_iban = "CH9300762011623852957",
                                      .creditor_bic = "UBSWCHZH80A",
                                      .minor = 30000,
                                      .street = "Example Street",
                                      .building = "1",
                                      .post_code = "8000",
                                      .town = "Z\xc3\xbcrich",
                                      .country = "CH"};
}

/* The file, or NULL and the refusals. */
static const char *write_file(struct ch_arena *arena, const struct ch_bank_profile *profile,
                              const struct ch_pain_batch *batch, const struct ch_pain_payment *pay, size_t count,
                              const char **errors)
{
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    struct memory memory = {.arena = arena};
    struct ch_out out;
    ch_out_begin(&out, to_memory, &memory);
    struct ch_pain *pain = ch_pain_begin(profile, batch, &out, list);
    bool good = pain != NULL;
    for (size_t i = 0; i < count && good; i++)
        good = ch_pain_add(pain, &pay[i]);
    good = good && ch_pain_end(pain);
    *errors = ch_refusals_text(list);
    assert_true(good == ch_refusals_none(list));
    return good ? memory.text : NULL;
}

static void validate(struct ch_arena *arena, const char *text)
{
    const char *folder = getenv("CH_SHARED_DATA");
    const char *schema = ch_printf(arena, "%s/xsd/pain.001.001.09.xsd", folder ? folder : "../shared/data");
    if (access(schema, R_OK) != 0 || system("command -v xmllint >/dev/null 2>&1") != 0) {
        print_message("skipped the schema: no xmllint, or no %s\n", schema);
        return;
    }
    FILE *pipe = popen(ch_printf(arena,
                                 "xmllint --noout --nonet --schema '%s' - >/dev/null 2>/tmp/xmllint.$$ || "
                                 "{ cat /tmp/xmllint.$$; exit 1; }; rm -f /tmp/xmllint.$$",
                                 schema),
                       "w");
    assert_non_null(pipe);
    fputs(text, pipe);
    assert_int_equal(pclose(pipe), 0);
}

static void every_profile_is_valid(void **state)
{
    struct ch_arena *arena = *state;
    struct ch_pain_batch batch = batch_of();
    struct ch_pain_payment pay[2];
    const char *errors;
    const int64_t single_totals[] = {3, 30000};
    payments_of(pay);
    for (int i = 0; i < 18; i++) {
        struct ch_bank_profile profile = {.creditor_agent = (enum ch_creditor_agent)(i % 3),
                                          .address = (enum ch_address)(i / 3 % 3),
                                          .type_per_transaction = i & 1,
                                          .charge_bearer = i & 2,
                                          .debtor_account_currency = i & 1,
                                          .keep_umlauts = i & 4,
                                          .schema_location = i & 8,
                                          .batch_booking = i & 2,
                                          .max_transactions = i < 9 ? 1 : 1000};
        batch.block_totals = i < 9 ? single_totals : block_totals;
        const char *text = write_file(arena, &profile, &batch, pay, 2, &errors);
        if (!text)
            fail_msg("profile %d: %s", i, errors);
        validate(arena, text);
        assert_int_equal(strstr(text, "<PstlAdr>") != NULL, profile.address != CH_ADDRESS_NONE);
        assert_true(strstr(text, profile.keep_umlauts ? "J\xc3\xb6rg .M\xc3\xbcller. + Co" : "Jorg .Muller. + Co"));
    }
}

/* Each option changes what it says, and nothing else is needed for it. */
static void every_option_has_its_effect(void **state)
{
    struct ch_arena *arena = *state;
    const struct ch_pain_batch batch = batch_of();
    static const int64_t singles[] = {3, 30000};
    struct ch_pain_batch split = batch;
    split.block_totals = singles;
    const struct {
        struct ch_bank_profile profile;
        const char *there, *absent;
    } rows[] = {
        {{.creditor_agent = CH_AGENT_OMIT}, "<Cdtr>", "<CdtrAgt>"},
        {{.creditor_agent = CH_AGENT_NOTPROVIDED}, "<CdtrAgt><FinInstnId><Othr><Id>NOTPROVIDED", "UBSWCHZH80A"},
        {{.creditor_agent = CH_AGENT_BIC}, "<CdtrAgt><FinInstnId><BICFI>UBSWCHZH80A", "<Cdtr><CdtrAgt>"},
        {{.creditor_agent = CH_AGENT_BIC}, "</InstdAmt></Amt><CdtrAgt><FinInstnId><Othr>", "<BICFI></BICFI>"},
        {{.type_per_transaction = false}, "</CtrlSum><PmtTpInf>", "</PmtId><PmtTpInf>"},
        {{.type_per_transaction = true}, "</PmtId><PmtTpInf><SvcLvl><Cd>SEPA", "</CtrlSum><PmtTpInf>"},
        {{.charge_bearer = true}, "<ChrgBr>SLEV</ChrgBr>", "<ChrgBr>SHAR"},
        {{.charge_bearer = false}, "<DbtrAgt>", "<ChrgBr>"},
        {{.debtor_account_currency = true}, "<Ccy>EUR</Ccy></DbtrAcct>", "<Ccy>EUR</Ccy></CdtrAcct>"},
        {{.debtor_account_currency = false}, "</Id></DbtrAcct>", "<Ccy>"},
        {{.keep_umlauts = true}, "J\xc3\xb6rg", "Jorg"},
        {{.keep_umlauts = false}, "Jorg", "\xc3\xb6"},
        {{.schema_location = true}, "xsi:schemaLocation=", "noNamespace"},
        {{.schema_location = false}, "<Document xmlns=", "xsi:"},
        {{.batch_booking = true}, "<BtchBookg>true", "<BtchBookg>false"},
        {{.batch_booking = false}, "<BtchBookg>false", "<BtchBookg>true"},
        {{.max_transactions = 1}, "-2</PmtInfId>", "-3</PmtInfId>"},
        {{.max_transactions = 2}, "-1</PmtInfId>", "-2</PmtInfId>"},
        {{.address = CH_ADDRESS_NONE}, "<Nm>Member Two</Nm></Cdtr>", "<PstlAdr>"},
        {{.address = CH_ADDRESS_STRUCTURED}, "<PstlAdr><StrtNm>Example Street</StrtNm><BldgNb>1</BldgNb>", "<AdrLine>"},
        {{.address = CH_ADDRESS_HYBRID}, "<TwnNm>Zurich</TwnNm><Ctry>CH</Ctry><AdrLine>Example Street 1", "<StrtNm>"},
        {{.address = CH_ADDRESS_STRUCTURED}, "Co</Nm></Cdtr>", "<Ctry>AT"}, /* never inside the EEA */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ch_bank_profile profile = rows[i].profile;
        struct ch_pain_payment pay[2];
        const char *errors;
        payments_of(pay);
        profile.max_transactions = profile.max_transactions ? profile.max_transactions : 1000;
        const char *text =
            write_file(arena, &profile, profile.max_transactions == 1 ? &split : &batch, pay, 2, &errors);
        if (!text)
            fail_msg("row %zu: %s", i, errors);
        validate(arena, text);
        if (!strstr(text, rows[i].there) || strstr(text, rows[i].absent))
            fail_msg("row %zu: %s there, %s absent: %s", i, rows[i].there, rows[i].absent, text);
    }
}

/* Names of 70 characters, whatever their bytes; longer ones are cut at a character. */
static void long_names(void **state)
{
    struct ch_arena *arena = *state;
    const struct ch_pain_batch batch = batch_of();
    struct ch_bank_profile profile = plain;
    struct ch_pain_payment pay[2];
    const char *errors;
    char *name = ch_strdup(arena, "");
    for (int i = 0; i < 75; i++)
        name = ch_printf(arena, "%s\xc3\xbc", name);
    payments_of(pay);
    pay[1].creditor_name = name;
    profile.keep_umlauts = true;
    const char *text = write_file(arena, &profile, &batch, pay, 2, &errors);
    assert_non_null(text);
    assert_non_null(strstr(text, ch_printf(arena, "<Nm>%.140s</Nm>", name)));
    validate(arena, text);
}

/* The profiles that are shipped can be read. */
static void shipped_profiles(void **state)
{
    struct ch_arena *arena = *state;
    static const char *const names[] = {"default", "single-booking"};
    for (size_t i = 0; i < 2; i++) {
        struct ch_refusals *list = ch_refusals_new(arena, NULL);
        struct ch_bank_profile profile;
        char text[4096];
        FILE *file = fopen(ch_printf(arena, "deploy/bank-profiles/%s.json", names[i]), "r");
        assert_non_null(file);
        size_t size = fread(text, 1, sizeof text, file);
        fclose(file);
        if (!ch_bank_profile_read(ch_calc_parse(text, size, list), &profile, list))
            fail_msg("%s: %s", names[i], ch_refusals_text(list));
    }
}

static void same_batch_same_bytes(void **state)
{
    struct ch_arena *arena = *state;
    const struct ch_pain_batch batch = batch_of();
    struct ch_pain_payment pay[2];
    const char *errors;
    payments_of(pay);
    const char *text = write_file(arena, &plain, &batch, pay, 2, &errors);
    assert_string_equal(text, write_file(arena, &plain, &batch, pay, 2, &errors));
    assert_non_null(strstr(text, "<MsgId>CH01081G00000000000000000000</MsgId>"));
    assert_non_null(strstr(text, "<PmtInfId>CH01081G00000000000000000000-1</PmtInfId>"));
    assert_non_null(strstr(text, "<EndToEndId>E01000000000000000000000000</EndToEndId>"));
    assert_non_null(strstr(text, "<NbOfTxs>2</NbOfTxs><CtrlSum>300.03</CtrlSum>"));
    char uetr[37];
    ch_pain_uetr(pay[0].id, uetr);
    assert_non_null(strstr(text, uetr));
    assert_int_equal(uetr[14], '4');
}

#define REFUSED(change, pointer)                                                                                       \
    do {                                                                                                               \
        struct ch_pain_batch batch = batch_of();                                                                       \
        struct ch_pain_payment pay[2];                                                                                 \
        payments_of(pay);                                                                                              \
        change;                                                                                                        \
        assert_null(write_file(arena, &profile, &batch, pay, 2, &errors));                                             \
        if (!strstr(errors, "\"pointer\":\"" pointer "\""))                                                            \
            fail_msg("%s: %s", #change, errors);                                                                       \
    } while (0)

static void refused_batches(void **state)
{
    struct ch_arena *arena = *state;
    const struct ch_bank_profile profile = plain;
    const char *errors;
    static const int64_t wrong[] = {30004};
    REFUSED(batch.count = 3, "/count");
    REFUSED(batch.count = 1, "/block_totals");
    REFUSED(batch.count = 0, "/count");
    REFUSED(batch.total = 30004, "/total");
    REFUSED(batch.block_totals = wrong, "/block_totals");
    REFUSED(batch.currency = "USD", "/currency");
    REFUSED(batch.minor_digits = 0, "/minor_digits");
    REFUSED(batch.execution_date = "2026-03-07", "/execution_date");
    REFUSED(batch.execution_date = "2026-03-04", "/execution_date");
    REFUSED(batch.execution_date = "2026-04-06", "/execution_date");
    REFUSED(batch.execution_date = "2026-02-30", "/execution_date");
    REFUSED(batch.frozen_at = "2026-03-05T10:11:12+01:00", "/frozen_at");
    REFUSED(batch.debtor_name = " ", "/debtor_name");
    REFUSED(batch.debtor_iban = "DE91100000000123456788", "/debtor_iban");
    REFUSED(batch.debtor_bic = "NOPE", "/debtor_iban");
}

static void refused_payments(void **state)
{
    struct ch_arena *arena = *state;
    struct ch_bank_profile profile = plain;
    const char *errors;
    REFUSED(pay[1].minor = 0, "/payments/1");
    REFUSED(pay[1].minor = -1, "/payments/1");
    REFUSED(pay[1].minor = INT64_C(100000000000), "/payments/1");
    REFUSED(pay[1].id[0] = 1, "/payments/1");
    REFUSED(pay[1].creditor_iban = "", "/payments/1");
    REFUSED(pay[1].creditor_iban = "US64SVBKUS6S3300958879", "/payments/1");
    REFUSED(pay[1].creditor_iban = "CH930076201162385295", "/payments/1");
    REFUSED(pay[1].creditor_name = NULL, "/payments/1/creditor_name");
    REFUSED(pay[1].creditor_name = "", "/payments/1/creditor_name");
    REFUSED(pay[1].creditor_name = "a\x01", "/payments/1/creditor_name");
    REFUSED(pay[1].creditor_name = "\xe6\xbc\xa2\xe5\xad\x97", "/payments/1/creditor_name");
    REFUSED(pay[0].remittance = "12345678901234567890123456789012345678901234567890123456789012345678901234567890"
                                "1234567890123456789012345678901234567890123456789012345678901",
            "/payments/0/remittance");
    profile.address = CH_ADDRESS_STRUCTURED;
    REFUSED(pay[1].town = NULL, "/payments/1/town");
    REFUSED(pay[1].country = NULL, "/payments/1");
}

static void profiles(void **state)
{
    struct ch_arena *arena = *state;
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    struct ch_bank_profile profile;
    const char *text = "{\"creditor_agent\":\"bic\",\"payment_type_level\":\"transaction\",\"charge_bearer\":\"slev\","
                       "\"debtor_account_currency\":true,\"umlauts\":\"keep\",\"schema_location\":false,"
                       "\"batch_booking\":true,\"max_transactions\":500,\"address\":\"hybrid\"}";
    assert_true(ch_bank_profile_read(ch_calc_parse(text, strlen(text), list), &profile, list));
    assert_true(profile.type_per_transaction && profile.charge_bearer && profile.keep_umlauts &&
                profile.batch_booking && !profile.schema_location);
    assert_int_equal(profile.max_transactions, 500);
    assert_int_equal(profile.address, CH_ADDRESS_HYBRID);
    assert_false(ch_bank_profile_read(ch_calc_parse("{}", 2, list), &profile, list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_profile_is_valid, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(every_option_has_its_effect, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(long_names, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(shipped_profiles, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(same_batch_same_bytes, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(refused_batches, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(refused_payments, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(profiles, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
