/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Own bank accounts, statements and their entries over HTTP. Files come in bank_upload.c. */
#include <string.h>

#include "core/iban.h"
#include "payout_role.h"

PAYOUT_READ(list_bank_accounts, "payout.list_bank_accounts", "$1::uuid");
CH_FUNCTION(create_bank_account, "payout.create_bank_account", "$1::uuid, $2::text, $3::jsonb");
PAYOUT_READ(list_statements_of_bank, "payout.list_statements_of_bank", "$1::uuid, $2::integer, $3::uuid");
PAYOUT_READ(list_entries, "payout.list_entries", "$1::uuid, $2::uuid, $3::integer, $4::uuid");
PAYOUT_READ(list_receipts, "payout.list_receipts", "$1::uuid, $2::integer, $3::uuid");
CH_FUNCTION(assign, "payout.assign_entry", "$1::uuid, $2::text, $3::uuid, $4::jsonb");
CH_FUNCTION(reverse, "payout.reverse_match", "$1::uuid, $2::text, $3::uuid, $4::jsonb");
PAYOUT_READ(list_waiting, "payout.list_waiting_entries", "$1::uuid, $2::integer, $3::integer, $4::uuid");

struct account_body {
    const char *name, *iban, *bic, *holder, *profile;
    struct ch_money opening;
};

static const struct ch_field ACCOUNT_FIELDS[] = {
    CH_FIELD(CH_FIELD_TEXT, account_body, name, true, 1, 64),
    CH_FIELD(CH_FIELD_TEXT, account_body, iban, true, 15, 34),
    CH_FIELD(CH_FIELD_TEXT, account_body, bic, false, 8, 11),
    CH_FIELD(CH_FIELD_TEXT, account_body, holder, true, 1, 70),
    CH_FIELD(CH_FIELD_TEXT, account_body, profile, false, 1, 64),
    CH_FIELD(CH_FIELD_MONEY, account_body, opening, false),
    {0},
};

struct ch_done *get_bank_accounts(struct ch_request *request)
{
    return ch_call(request, &list_bank_accounts, CH_ARGS(actor_id(request)));
}

static bool is_name(const char *text, const char *alphabet)
{
    return strspn(text, alphabet) == strlen(text) && text[0] != '-' && text[0] != '.' && text[0] != '_';
}

struct ch_done *post_bank_account(struct ch_request *request)
{
    struct account_body body = {0};
    struct ch_done *refused = ch_decode(request, ACCOUNT_FIELDS, &body);
    if (refused)
        return refused;
    enum ch_iban_verdict verdict = ch_iban_check(body.iban);
    if (verdict != CH_IBAN_OK)
        return ch_refuse(request, "invalid", "iban: %s", ch_iban_verdict_text(verdict));
    if (!is_name(body.name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"))
        return ch_refuse(request, "invalid", "name: letters, digits, point, dash and underscore.");
    if (body.profile && !is_name(body.profile, "abcdefghijklmnopqrstuvwxyz0123456789-"))
        return ch_refuse(request, "invalid", "profile: the name of a bank profile.");
    if (body.bic && (strspn(body.bic, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != strlen(body.bic) ||
                     (strlen(body.bic) != 8 && strlen(body.bic) != 11)))
        return ch_refuse(request, "invalid", "bic: 8 or 11 capital letters and digits.");
    return ch_call(request, &create_bank_account,
                   CH_ARGS(actor_id(request), ch_idempotency_key(request), ch_body_json(request)));
}

struct ch_done *get_bank_statements(struct ch_request *request)
{
    return list_by_id(request, &list_statements_of_bank);
}

struct ch_done *get_receipts(struct ch_request *request)
{
    return list_by_id(request, &list_receipts);
}

struct ch_done *get_entries(struct ch_request *request)
{
    const char *limit = page_limit(request), *after, *id = path_id(request);
    if (!id)
        return no_such(request);
    if (!limit || !page_after(request, &after))
        return bad_page(request);
    return ch_call(request, &list_entries, CH_ARGS(actor_id(request), id, limit, after));
}

struct assign_body {
    const char *kind, *entry_id, *reason;
    const json_t *invoices, *payments, *rest;
    struct ch_money fee;
};

static const struct ch_field ASSIGN_FIELDS[] = {
    CH_FIELD(CH_FIELD_CODE, assign_body, kind, true,
             .codes = "receipt dues grant interest return bank_fee payment transfer reversal"),
    CH_FIELD(CH_FIELD_ARRAY, assign_body, invoices, false, 1, 100),
    CH_FIELD(CH_FIELD_MONEY, assign_body, fee, false),
    CH_FIELD(CH_FIELD_OBJECT, assign_body, rest, false),
    CH_FIELD(CH_FIELD_TEXTS, assign_body, payments, false, 1, 1000),
    CH_FIELD(CH_FIELD_UUID, assign_body, entry_id, false),
    CH_FIELD(CH_FIELD_TEXT, assign_body, reason, false, 1, 35),
    {0},
};

static bool is_uuid(const char *id)
{
    return id && strlen(id) == 36 && strspn(id, "0123456789abcdef-") == 36;
}

static bool is_allocation(const json_t *item)
{
    struct ch_money amount;
    return is_uuid(payout_text(item, "invoice_id")) && ch_money_from_json(&amount, json_object_get(item, "amount")) &&
           json_object_size(item) == 2;
}

static bool is_rest(const json_t *rest)
{
    struct ch_money amount;
    const char *kind = payout_text(rest, "kind");
    return kind && (strcmp(kind, "dues") == 0 || strcmp(kind, "grant") == 0 || strcmp(kind, "refundable") == 0) &&
           ch_money_from_json(&amount, json_object_get(rest, "amount")) && json_object_size(rest) == 2;
}

static bool is_kind(const struct assign_body *body, const char *one, const char *other)
{
    return strcmp(body->kind, one) == 0 || strcmp(body->kind, other) == 0;
}

/* What is wrong with a body whose members are of the right types, or NULL. */
static const char *judge_assignment(const struct assign_body *body)
{
    size_t i;
    const json_t *item;
    json_array_foreach(body->invoices, i, item)
    {
        if (!is_allocation(item))
            return "invoices: each is {\"invoice_id\", \"amount\": money}.";
    }
    json_array_foreach(body->payments, i, item)
    {
        if (!is_uuid(json_string_value(item)))
            return "payments: each is the id of a payment.";
    }
    if (is_kind(body, "receipt", "receipt") != (body->invoices != NULL))
        return "invoices: named for a receipt and for nothing else.";
    if (is_kind(body, "payment", "return") != (body->payments != NULL))
        return "payments: named for a payment and a return and for nothing else.";
    if (is_kind(body, "reversal", "reversal") != (body->entry_id != NULL))
        return "entry_id: named for a reversal and for nothing else.";
    if (body->rest && (!body->invoices || !is_rest(body->rest)))
        return "rest: of a receipt alone, {\"kind\": dues, grant or refundable, \"amount\": money}.";
    return NULL;
}

struct ch_done *assign_entry(struct ch_request *request)
{
    struct assign_body body = {0};
    const char *id = path_id(request);
    struct ch_done *refused = ch_decode(request, ASSIGN_FIELDS, &body);
    if (refused || !id)
        return refused ? refused : no_such(request);
    const char *wrong = judge_assignment(&body);
    if (wrong)
        return ch_refuse(request, "invalid", "%s", wrong);
    return ch_call(request, &assign,
                   CH_ARGS(actor_id(request), ch_idempotency_key(request), id, ch_body_json(request)));
}

struct reversal_body {
    const char *reason;
};

static const struct ch_field REVERSAL_FIELDS[] = {
    CH_FIELD(CH_FIELD_TEXT, reversal_body, reason, true, 1, 1000),
    {0},
};

struct ch_done *reverse_match(struct ch_request *request)
{
    struct reversal_body body = {0};
    const char *id = path_id(request);
    struct ch_done *refused = ch_decode(request, REVERSAL_FIELDS, &body);
    if (refused || !id)
        return refused ? refused : no_such(request);
    return ch_call(request, &reverse,
                   CH_ARGS(actor_id(request), ch_idempotency_key(request), id, ch_body_json(request)));
}

/* ?days=N: those that have waited longer. */
struct ch_done *get_waiting_entries(struct ch_request *request)
{
    const char *limit = page_limit(request), *after, *days = ch_query(request, "days");
    if (!limit || !page_after(request, &after))
        return bad_page(request);
    if (days && (!*days || strlen(days) > 4 || strspn(days, "0123456789") != strlen(days)))
        return ch_refuse(request, "invalid", "days: a whole number of at most four digits.");
    return ch_call(request, &list_waiting, CH_ARGS(actor_id(request), days ? days : "0", limit, after));
}
