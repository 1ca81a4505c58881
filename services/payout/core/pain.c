/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The pain.001 writer: judges each payment, then writes it. It holds one payment at a time, so a file of any length
 * needs the same memory; that no id was ever used before is the database's to know. */
#include "pain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "fields.h"
#include "iban.h"

#define SEPA_MAX   INT64_C(99999999999) /* 999,999,999.99 */
#define NAME_CHARS 70                   /* characters of a name in SEPA; the schema has 140 */
#define REMITTANCE 140
#define NAMESPACE  "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
#define AHEAD_MAX  30 /* days to the execution date */

struct ch_pain {
    const struct ch_bank_profile *profile;
    const struct ch_pain_batch *batch;
    struct ch_out *out;
    struct ch_refusals *list;
    const char *debtor_name; /* as written */
    size_t count;
    int64_t total, block_total;
    uint8_t last_id[16];
};

static const char *const agents[] = {"omit", "notprovided", "bic", NULL};
static const char *const levels[] = {"payment", "transaction", NULL};
static const char *const bearers[] = {"slev", "omit", NULL};
static const char *const umlaut_ways[] = {"keep", "transliterate", NULL};
static const char *const addresses[] = {"none", "structured", "hybrid", NULL};

bool ch_bank_profile_read(const json_t *document, struct ch_bank_profile *profile, struct ch_refusals *list)
{
    static const struct ch_field fields[] = {
        {.name = "creditor_agent", .type = CH_FIELD_CHOICE, .required = true, .choices = agents},
        {.name = "payment_type_level", .type = CH_FIELD_CHOICE, .required = true, .choices = levels},
        {.name = "charge_bearer", .type = CH_FIELD_CHOICE, .required = true, .choices = bearers},
        {.name = "debtor_account_currency", .type = CH_FIELD_ANY, .required = true},
        {.name = "umlauts", .type = CH_FIELD_CHOICE, .required = true, .choices = umlaut_ways},
        {.name = "schema_location", .type = CH_FIELD_ANY, .required = true},
        {.name = "batch_booking", .type = CH_FIELD_ANY, .required = true},
        {.name = "max_transactions", .type = CH_FIELD_INTEGER, .required = true, .min = 1, .max = 1000000},
        {.name = "address", .type = CH_FIELD_CHOICE, .required = true, .choices = addresses},
        {.name = NULL}};
    static const char *const flags[] = {"debtor_account_currency", "schema_location", "batch_booking"};
    if (!ch_fields_check(list, "", document, fields))
        return false;
    for (size_t i = 0; i < 3; i++)
        if (!json_is_boolean(json_object_get(document, flags[i])))
            return ch_refusal_add(list, ch_pointer_name(list->arena, "", flags[i]), "must be true or false");
    *profile = (struct ch_bank_profile){
        .creditor_agent = (enum ch_creditor_agent)ch_field_choice(document, "creditor_agent", agents, 0),
        .type_per_transaction = ch_field_choice(document, "payment_type_level", levels, 0) == 1,
        .charge_bearer = ch_field_choice(document, "charge_bearer", bearers, 0) == 0,
        .keep_umlauts = ch_field_choice(document, "umlauts", umlaut_ways, 0) == 0,
        .debtor_account_currency = json_is_true(json_object_get(document, flags[0])),
        .schema_location = json_is_true(json_object_get(document, flags[1])),
        .batch_booking = json_is_true(json_object_get(document, flags[2])),
        .max_transactions = ch_field_integer(document, "max_transactions", 1),
        .address = (enum ch_address)ch_field_choice(document, "address", addresses, 0)};
    return true;
}

void ch_pain_message_id(const uint8_t batch[16], char id[29])
{
    memcpy(id, "CH", 2);
    ch_base32(batch, 128, id + 2);
}

void ch_pain_block_id(const uint8_t batch[16], size_t n, char id[50])
{
    ch_pain_message_id(batch, id);
    snprintf(id + 28, 22, "-%zu", n);
}

void ch_pain_end_to_end_id(const uint8_t payment[16], char id[28])
{
    id[0] = 'E';
    ch_base32(payment, 128, id + 1);
}

void ch_pain_uetr(const uint8_t payment[16], char uetr[37])
{
    uint8_t digest[32];
    ch_sha256(payment, 16, digest);
    digest[6] = (digest[6] & 0x0f) | 0x40; /* version 4, RFC 9562 variant */
    digest[8] = (digest[8] & 0x3f) | 0x80;
    ch_id_format(digest, uetr);
}

static void write_escaped(struct ch_out *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            ch_out_text(out, "&amp;");
            break;
        case '<':
            ch_out_text(out, "&lt;");
            break;
        case '>':
            ch_out_text(out, "&gt;");
            break;
        default:
            ch_out_bytes(out, text, 1);
        }
    }
}

static void element(struct ch_out *out, const char *name, const char *text)
{
    ch_out_text(out, "<");
    ch_out_text(out, name);
    ch_out_text(out, ">");
    write_escaped(out, text);
    ch_out_text(out, "</");
    ch_out_text(out, name);
    ch_out_text(out, ">");
}

/* Minor units of two places. */
static void amount_text(int64_t minor, char text[32])
{
    snprintf(text, 32, "%" PRId64 ".%02d", minor / 100, (int)(minor % 100));
}

static void count_and_sum(struct ch_out *out, size_t count, int64_t minor)
{
    char text[32];
    snprintf(text, sizeof text, "%zu", count);
    element(out, "NbOfTxs", text);
    amount_text(minor, text);
    element(out, "CtrlSum", text);
}

/* Bytes of the first `most` characters of UTF-8. */
static size_t bytes_of(const char *text, size_t most)
{
    size_t at = 0;
    while (text[at] && ((text[at] & 0xc0) == 0x80 || most-- > 0))
        at++;
    return at;
}

/* A name or text as the bank takes it, NULL and refused otherwise; at most `most` characters. `cut`: shortened, not
 * refused. */
static const char *bank_text(struct ch_pain *p, struct ch_arena *arena, const char *at, const char *text, size_t most,
                             bool cut)
{
    bool keep = p->profile->keep_umlauts;
    char *written = text ? ch_sepa_transliterate(arena, text, keep) : ch_strdup(arena, "");
    if (!written || !ch_sepa_text_or_umlauts(written, keep)) {
        ch_refusal_add(p->list, at, "has a character that no SEPA bank takes and the table does not replace");
        return NULL;
    }
    while (*written == ' ')
        written++;
    size_t length = bytes_of(written, most);
    if (written[length] && !cut) {
        ch_refusal_add(p->list, at, "has more than %zu characters", most);
        return NULL;
    }
    while (length > 0 && written[length - 1] == ' ')
        length--;
    written[length] = 0;
    if (length == 0) {
        ch_refusal_add(p->list, at, "is empty");
        return NULL;
    }
    return written;
}

static bool check_account(struct ch_refusals *list, const char *at, const char *iban, const char *bic)
{
    if (!iban || !iban[0])
        return ch_refusal_add(list, at, "the account is empty");
    enum ch_iban_verdict verdict = ch_iban_check(iban);
    if (verdict != CH_IBAN_OK)
        return ch_refusal_add(list, at, "the account %s", ch_iban_verdict_text(verdict));
    return !bic || ch_bic_check(bic) || ch_refusal_add(list, at, "the BIC is not one");
}

static bool check_dates(const struct ch_pain_batch *b, struct ch_refusals *list)
{
    char day[11];
    size_t length = strlen(b->frozen_at);
    snprintf(day, sizeof day, "%.10s", b->frozen_at);
    int hour, minute, second, end = 0;
    if (length != 20 || !ch_payout_is_date(day) ||
        sscanf(b->frozen_at + 10, "T%2d:%2d:%2dZ%n", &hour, &minute, &second, &end) != 3 || end != 10 || hour > 23 ||
        minute > 59 || second > 59)
        return ch_refusal_add(list, "/frozen_at", "must be a time, YYYY-MM-DDTHH:MM:SSZ");
    if (!ch_payout_is_date(b->today) || !ch_payout_is_date(b->execution_date))
        return ch_refusal_add(list, "/execution_date", "must be a date, YYYY-MM-DD");
    long ahead = ch_days_between(b->today, b->execution_date);
    if (ahead < 0 || ahead > AHEAD_MAX)
        return ch_refusal_add(list, "/execution_date", "must be within 30 days from today");
    return ch_business_day(b->execution_date) ||
           ch_refusal_add(list, "/execution_date", "is not a business day of banks");
}

static bool check_batch(const struct ch_bank_profile *profile, const struct ch_pain_batch *b, struct ch_refusals *list)
{
    if (strcmp(b->currency, "EUR") != 0)
        return ch_refusal_add(list, "/currency", "must be EUR");
    if (b->minor_digits != 2)
        return ch_refusal_add(list, "/minor_digits", "must be 2");
    if (b->count == 0)
        return ch_refusal_add(list, "/count", "must be at least 1");
    if (b->count > (size_t)profile->max_transactions * 999999)
        return ch_refusal_add(list, "/count", "is too many");
    return check_dates(b, list) && check_account(list, "/debtor_iban", b->debtor_iban, b->debtor_bic);
}

struct ch_pain *ch_pain_begin(const struct ch_bank_profile *profile, const struct ch_pain_batch *batch,
                              struct ch_out *out, struct ch_refusals *list)
{
    struct ch_pain *p = ch_alloc(list->arena, sizeof *p);
    *p = (struct ch_pain){.profile = profile, .batch = batch, .out = out, .list = list};
    if (!check_batch(profile, batch, list))
        return NULL;
    char id[29];
    ch_pain_message_id(batch->id, id);
    if (!ch_sepa_id(id)) {
        ch_refusal_add(list, "/id", "is no id that banks take");
        return NULL;
    }
    p->debtor_name = bank_text(p, list->arena, "/debtor_name", batch->debtor_name, NAME_CHARS, true);
    if (!p->debtor_name)
        return NULL;
    ch_out_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"" NAMESPACE "\"");
    if (profile->schema_location)
        ch_out_text(out, " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"" NAMESPACE
                         " pain.001.001.09.xsd\"");
    ch_out_text(out, ">\n<CstmrCdtTrfInitn>\n<GrpHdr>");
    element(out, "MsgId", id);
    element(out, "CreDtTm", batch->frozen_at);
    count_and_sum(out, batch->count, batch->total);
    ch_out_text(out, "<InitgPty>");
    element(out, "Nm", p->debtor_name);
    ch_out_text(out, "</InitgPty></GrpHdr>\n");
    return p;
}

static void write_agent(struct ch_out *out, const char *name, const char *bic)
{
    ch_out_text(out, "<");
    ch_out_text(out, name);
    ch_out_text(out, "><FinInstnId>");
    if (bic)
        element(out, "BICFI", bic);
    else
        ch_out_text(out, "<Othr><Id>NOTPROVIDED</Id></Othr>");
    ch_out_text(out, "</FinInstnId></");
    ch_out_text(out, name);
    ch_out_text(out, ">");
}

static void write_account(struct ch_out *out, const char *name, const char *iban, const char *currency)
{
    ch_out_text(out, "<");
    ch_out_text(out, name);
    ch_out_text(out, "><Id>");
    element(out, "IBAN", iban);
    ch_out_text(out, "</Id>");
    if (currency)
        element(out, "Ccy", currency);
    ch_out_text(out, "</");
    ch_out_text(out, name);
    ch_out_text(out, ">");
}

#define SEPA_TYPE "<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>"

static void begin_block(struct ch_pain *p)
{
    struct ch_out *out = p->out;
    const struct ch_pain_batch *b = p->batch;
    size_t max = (size_t)p->profile->max_transactions, block = p->count / max;
    size_t left = b->count - p->count;
    char id[50];
    ch_pain_block_id(b->id, block + 1, id);
    ch_out_text(out, "<PmtInf>");
    element(out, "PmtInfId", id);
    element(out, "PmtMtd", "TRF");
    element(out, "BtchBookg", p->profile->batch_booking ? "true" : "false");
    count_and_sum(out, left < max ? left : max, b->block_totals[block]);
    if (!p->profile->type_per_transaction)
        ch_out_text(out, SEPA_TYPE);
    ch_out_text(out, "<ReqdExctnDt>");
    element(out, "Dt", b->execution_date);
    ch_out_text(out, "</ReqdExctnDt><Dbtr>");
    element(out, "Nm", p->debtor_name);
    ch_out_text(out, "</Dbtr>");
    write_account(out, "DbtrAcct", b->debtor_iban, p->profile->debtor_account_currency ? b->currency : NULL);
    write_agent(out, "DbtrAgt", b->debtor_bic);
    if (p->profile->charge_bearer)
        element(out, "ChrgBr", "SLEV");
    ch_out_text(out, "\n");
    p->block_total = 0;
}

static bool end_block(struct ch_pain *p)
{
    size_t block = (p->count - 1) / (size_t)p->profile->max_transactions;
    ch_out_text(p->out, "</PmtInf>\n");
    return p->block_total == p->batch->block_totals[block] ||
           ch_refusal_add(p->list, "/block_totals", "the payments of block %zu sum to something else", block + 1);
}

/* A payment as it is written. */
struct written {
    const char *name, *remittance, *street, *building, *post_code, *town;
    bool address;
};

static bool prepare_address(struct ch_pain *p, struct ch_arena *arena, const char *at,
                            const struct ch_pain_payment *pay, struct written *w)
{
    char country[3] = {pay->creditor_iban[0], pay->creditor_iban[1], 0};
    w->address = p->profile->address != CH_ADDRESS_NONE && !ch_country_in_eea(country);
    if (!w->address)
        return true;
    if (!pay->country || strlen(pay->country) != 2 || strspn(pay->country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2)
        return ch_refusal_add(p->list, at, "the creditor's country must be known outside the EEA");
    w->town = bank_text(p, arena, ch_pointer_name(arena, at, "town"), pay->town, 35, false);
    if (pay->street)
        w->street = bank_text(p, arena, ch_pointer_name(arena, at, "street"), pay->street, 70, true);
    if (pay->building)
        w->building = bank_text(p, arena, ch_pointer_name(arena, at, "building"), pay->building, 16, true);
    if (pay->post_code)
        w->post_code = bank_text(p, arena, ch_pointer_name(arena, at, "post_code"), pay->post_code, 16, false);
    return w->town && !pay->street == !w->street && !pay->building == !w->building && !pay->post_code == !w->post_code;
}

static bool prepare(struct ch_pain *p, struct ch_arena *arena, const char *at, const struct ch_pain_payment *pay,
                    struct written *w)
{
    if (pay->minor <= 0 || pay->minor > SEPA_MAX)
        return ch_refusal_add(p->list, at, "the amount must lie between 0.01 and 999,999,999.99");
    if (p->count > 0 && memcmp(pay->id, p->last_id, 16) <= 0)
        return ch_refusal_add(p->list, at, "the payment's id is there twice or out of order");
    char id[28];
    ch_pain_end_to_end_id(pay->id, id);
    if (!ch_sepa_id(id))
        return ch_refusal_add(p->list, at, "gives no id that banks take");
    if (!check_account(p->list, at, pay->creditor_iban, pay->creditor_bic))
        return false;
    w->name = bank_text(p, arena, ch_pointer_name(arena, at, "creditor_name"), pay->creditor_name, NAME_CHARS, true);
    if (!w->name)
        return false;
    if (pay->remittance) {
        const char *where = ch_pointer_name(arena, at, "remittance");
        if (!(w->remittance = bank_text(p, arena, where, pay->remittance, REMITTANCE, false)))
            return false;
    }
    return prepare_address(p, arena, at, pay, w);
}

static void write_address(struct ch_pain *p, const struct ch_pain_payment *pay, const struct written *w)
{
    struct ch_out *out = p->out;
    bool structured = p->profile->address == CH_ADDRESS_STRUCTURED;
    ch_out_text(out, "<PstlAdr>");
    if (structured && w->street)
        element(out, "StrtNm", w->street);
    if (structured && w->building)
        element(out, "BldgNb", w->building);
    if (w->post_code)
        element(out, "PstCd", w->post_code);
    element(out, "TwnNm", w->town);
    element(out, "Ctry", pay->country);
    if (!structured && w->street) {
        ch_out_text(out, "<AdrLine>");
        write_escaped(out, w->street);
        if (w->building && strlen(w->street) + strlen(w->building) < 70) {
            ch_out_text(out, " ");
            write_escaped(out, w->building);
        }
        ch_out_text(out, "</AdrLine>");
    }
    ch_out_text(out, "</PstlAdr>");
}

static void write_payment(struct ch_pain *p, const struct ch_pain_payment *pay, const struct written *w)
{
    struct ch_out *out = p->out;
    char id[28], uetr[37], amount[32];
    ch_pain_end_to_end_id(pay->id, id);
    ch_pain_uetr(pay->id, uetr);
    amount_text(pay->minor, amount);
    ch_out_text(out, "<CdtTrfTxInf><PmtId>");
    element(out, "EndToEndId", id);
    element(out, "UETR", uetr);
    ch_out_text(out, "</PmtId>");
    if (p->profile->type_per_transaction)
        ch_out_text(out, SEPA_TYPE);
    ch_out_text(out, "<Amt><InstdAmt Ccy=\"EUR\">");
    ch_out_text(out, amount);
    ch_out_text(out, "</InstdAmt></Amt>");
    if (p->profile->creditor_agent != CH_AGENT_OMIT)
        write_agent(out, "CdtrAgt", p->profile->creditor_agent == CH_AGENT_BIC ? pay->creditor_bic : NULL);
    ch_out_text(out, "<Cdtr>");
    element(out, "Nm", w->name);
    if (w->address)
        write_address(p, pay, w);
    ch_out_text(out, "</Cdtr>");
    write_account(out, "CdtrAcct", pay->creditor_iban, NULL);
    if (w->remittance) {
        ch_out_text(out, "<RmtInf>");
        element(out, "Ustrd", w->remittance);
        ch_out_text(out, "</RmtInf>");
    }
    ch_out_text(out, "</CdtTrfTxInf>\n");
}

bool ch_pain_add(struct ch_pain *p, const struct ch_pain_payment *pay)
{
    char at[32];
    snprintf(at, sizeof at, "/payments/%zu", p->count);
    if (p->count == p->batch->count)
        return ch_refusal_add(p->list, "/count", "there are more payments");
    struct ch_arena *arena = ch_arena_new();
    struct written w = {0};
    bool good = prepare(p, arena, at, pay, &w);
    if (good) {
        if (p->count % (size_t)p->profile->max_transactions == 0)
            begin_block(p);
        write_payment(p, pay, &w);
        memcpy(p->last_id, pay->id, 16);
        p->total += pay->minor;
        p->block_total += pay->minor;
        p->count++;
        if (p->count == p->batch->count || p->count % (size_t)p->profile->max_transactions == 0)
            good = end_block(p);
    }
    ch_arena_free(arena);
    return good;
}

bool ch_pain_end(struct ch_pain *p)
{
    if (p->count != p->batch->count)
        return ch_refusal_add(p->list, "/count", "there are fewer payments");
    if (p->total != p->batch->total)
        return ch_refusal_add(p->list, "/total", "the payments sum to something else");
    if (!ch_refusals_none(p->list))
        return false;
    ch_out_text(p->out, "</CstmrCdtTrfInitn>\n</Document>\n");
    ch_out_flush(p->out);
    return true;
}
