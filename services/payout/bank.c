/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Own bank accounts, statements and their entries over HTTP. A file is parsed on a helper thread, after the database
 * has said that this person may import and that these bytes are new. */
#include <string.h>

#include "bank_file.h"
#include "commonhold/crypto.h"
#include "core/iban.h"
#include "payout_role.h"

PAYOUT_READ(list_bank_accounts, "payout.list_bank_accounts", "$1::uuid");
CH_FUNCTION(create_bank_account, "payout.create_bank_account", "$1::uuid, $2::text, $3::jsonb");
PAYOUT_READ(list_statements_of_bank, "payout.list_statements_of_bank", "$1::uuid, $2::integer, $3::uuid");
PAYOUT_READ(list_entries, "payout.list_entries", "$1::uuid, $2::uuid, $3::integer, $4::uuid");
PAYOUT_READ(list_receipts, "payout.list_receipts", "$1::uuid, $2::integer, $3::uuid");
PAYOUT_READ(open_import, "payout.open_import", "$1::uuid, $2::text");
CH_FUNCTION(import_statement, "payout.import_statement", "$1::uuid, $2::bytea, $3::jsonb");
CH_FUNCTION(assign, "payout.assign_entry", "$1::uuid, $2::text, $3::uuid, $4::jsonb");

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

struct file_work {
    struct ch_arena *arena; /* of the work alone: the request's is the loop's */
    const char *bytes, *currency;
    size_t size;
    char *document; /* made; NULL: refused */
    const char *error;
    int sum;
};

static void free_arena(void *arena)
{
    ch_arena_free(arena);
}

static void parse_file(void *state)
{
    struct file_work *work = state;
    work->document = bank_file_read(work->arena, work->bytes, work->size, work->currency, &work->error, &work->sum);
}

static struct ch_done *after_parsing(struct ch_request *request, void *state)
{
    struct file_work *work = state;
    if (!work->document)
        return ch_refuse(request, work->sum ? "chain_broken" : "invalid", "%s", work->error);
    char *hex = ch_alloc(ch_arena_of(request), 2 * work->size + 3);
    memcpy(hex, "\\x", 2);
    ch_hex(work->bytes, work->size, hex + 2);
    return ch_call(request, &import_statement, CH_ARGS(actor_id(request), hex, work->document));
}

static struct ch_done *after_opening(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    struct file_work *work = ch_state(request);
    work->currency = payout_text(payout_parse(ch_arena_of(request), answer->body), "currency");
    work->arena = ch_arena_new();
    ch_arena_on_free(ch_arena_of(request), free_arena, work->arena);
    return ch_offload(request, parse_file, after_parsing, work);
}

struct ch_done *post_bank_statement(struct ch_request *request)
{
    struct file_work *work = ch_alloc(ch_arena_of(request), sizeof *work);
    work->bytes = ch_body(request, &work->size);
    char hash[65];
    ch_sha256_hex(work->bytes, work->size, hash);
    ch_set_state(request, work);
    return ch_call_then(request, &open_import, CH_ARGS(actor_id(request), hash), after_opening);
}

struct assign_body {
    const char *kind;
    const json_t *invoices;
    struct ch_money fee;
};

static const struct ch_field ASSIGN_FIELDS[] = {
    CH_FIELD(CH_FIELD_CODE, assign_body, kind, true, .codes = "receipt dues grant interest bank_fee"),
    CH_FIELD(CH_FIELD_ARRAY, assign_body, invoices, false, 1, 100),
    CH_FIELD(CH_FIELD_MONEY, assign_body, fee, false),
    {0},
};

static bool is_allocation(const json_t *item)
{
    struct ch_money amount;
    const char *id = payout_text(item, "invoice_id");
    return id && strlen(id) == 36 && strspn(id, "0123456789abcdef-") == 36 &&
           ch_money_from_json(&amount, json_object_get(item, "amount")) && json_object_size(item) == 2;
}

struct ch_done *assign_entry(struct ch_request *request)
{
    struct assign_body body = {0};
    const char *id = path_id(request);
    struct ch_done *refused = ch_decode(request, ASSIGN_FIELDS, &body);
    if (refused || !id)
        return refused ? refused : no_such(request);
    size_t i;
    json_t *item;
    json_array_foreach(body.invoices, i, item) if (!is_allocation(item)) return ch_refuse(
        request, "invalid", "invoices: each is {\"invoice_id\", \"amount\": money}.");
    if ((strcmp(body.kind, "receipt") == 0) != (body.invoices != NULL))
        return ch_refuse(request, "invalid", "invoices: named for a receipt and for nothing else.");
    return ch_call(request, &assign,
                   CH_ARGS(actor_id(request), ch_idempotency_key(request), id, ch_body_json(request)));
}
