/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is owed to others than members and leaves by a batch: refunds of licensees and receipts sent back; bills paid
 * from a fund are made in funds.c. The payee is sealed here under a key of the bill's own. */
#include "bills.h"

#include <string.h>

#include "commonhold/id.h"
#include "payout_role.h"

PAYOUT_READ(list_bills, "payout.list_bills", "$1::uuid, $2::integer, $3::uuid");
PAYOUT_READ(load_sender, "payout.load_sender", "$1::uuid, $2::uuid");
CH_FUNCTION(create_bill, "payout.create_bill", "$1::uuid, $2::text, $3::jsonb, $4::jsonb");
CH_FUNCTION(withdraw, "payout.withdraw_bill", "$1::uuid, $2::uuid");

static const struct ch_field FIELDS[] = {
    CH_FIELD(CH_FIELD_CODE, bill_body, kind, true, .codes = "refund send_back"),
    CH_FIELD(CH_FIELD_UUID, bill_body, licensee, false),
    CH_FIELD(CH_FIELD_UUID, bill_body, entry_id, false),
    CH_FIELD(CH_FIELD_MONEY, bill_body, amount, false),
    BILL_PAYEE_FIELDS(false),
    CH_FIELD(CH_FIELD_TEXT, bill_body, reference, true, 1, 140),
    {0},
};

/* The body as it may be kept. */
static const char *facts_of(struct ch_request *request, const uint8_t kek[32])
{
    static const char *const closed[] = {"iban", "name", "bic", "address"};
    struct ch_arena *arena = ch_arena_of(request);
    json_t *facts = payout_parse(arena, ch_body_json(request));
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        json_object_del(facts, closed[i]);
    json_object_update(facts, payout_parse(arena, payee_request_mark(request, kek)));
    return ch_json_canonical(arena, facts, NULL);
}

static void add_hex(json_t *object, const char *name, const char *bytea)
{
    if (bytea)
        json_object_set_new(object, name, json_string(bytea + strlen("\\x")));
}

bool bill_seal(struct ch_request *request, const struct bill_body *body, struct bill_texts *texts,
               struct ch_done **refused)
{
    struct ch_arena *arena = ch_arena_of(request);
    const char *errors = payee_refused(arena, &body->payee);
    uint8_t kek[32];
    char id[37], wrapped[81];
    struct sealed_payee sealed;
    if (errors) {
        *refused = ch_reply(request, "invalid", errors);
        return false;
    }
    bool open = payee_wrapping_key(payout_settings(ch_context(request)).member_secret, kek);
    ch_id_new(id);
    if (open)
        payee_fresh_key(kek, wrapped);
    if (!open || !payee_seal(arena, kek, wrapped, id, &body->payee, &sealed)) {
        *refused = ch_refuse(request, "unavailable", "Payees' accounts cannot be kept at the moment.");
        return false;
    }
    json_t *object = ch_json_pack(arena, "{s:s, s:s, s:s, s:s}", "id", id, "wrapped", wrapped, "hint", sealed.hint,
                                  "reference", body->reference);
    add_hex(object, "iban", sealed.iban);
    add_hex(object, "name", sealed.name);
    add_hex(object, "details", sealed.details);
    *texts = (struct bill_texts){.facts = facts_of(request, kek), .sealed = ch_json_canonical(arena, object, NULL)};
    return true;
}

static struct ch_done *store(struct ch_request *request, const struct bill_body *body)
{
    struct bill_texts texts;
    struct ch_done *refused;
    if (!body->payee.iban || !body->payee.name)
        return ch_reply(request, "invalid",
                        "{\"errors\":[{\"pointer\":\"/iban\",\"detail\":\"IBAN and name must be known\"}]}");
    if (!bill_seal(request, body, &texts, &refused))
        return refused;
    return ch_call(request, &create_bill,
                   CH_ARGS(actor_id(request), ch_idempotency_key(request), texts.facts, texts.sealed));
}

/* A receipt goes back to where the bank says it came from, whatever the body asks for. */
static struct ch_done *with_sender(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    struct bill_body *body = ch_state(request);
    const json_t *sender = payout_parse(ch_arena_of(request), answer->body);
    const char *iban = payout_text(sender, "iban"), *name = payout_text(sender, "name");
    if (iban && body->payee.iban && strcmp(iban, body->payee.iban) != 0)
        return ch_reply(
            request, "invalid",
            "{\"errors\":[{\"pointer\":\"/iban\",\"detail\":\"must be the account the receipt came from\"}]}");
    body->payee.iban = iban ? iban : body->payee.iban;
    body->payee.name = body->payee.name ? body->payee.name : name;
    return store(request, body);
}

struct ch_done *get_bills(struct ch_request *request)
{
    return list_by_id(request, &list_bills);
}

static bool has_amount(const struct bill_body *body)
{
    return ch_money_currency(&body->amount)[0] != '\0';
}

struct ch_done *post_bill(struct ch_request *request)
{
    struct bill_body *body = ch_alloc(ch_arena_of(request), sizeof *body);
    struct ch_done *refused = ch_decode(request, FIELDS, body);
    if (refused)
        return refused;
    if (strcmp(body->kind, "send_back") == 0) {
        if (!body->entry_id || body->licensee || has_amount(body))
            return ch_refuse(request, "invalid",
                             "A receipt is sent back whole: entry_id, without licensee and amount.");
        ch_set_state(request, body);
        return ch_call_then(request, &load_sender, CH_ARGS(actor_id(request), body->entry_id), with_sender);
    }
    if (!body->licensee || !has_amount(body) || body->entry_id)
        return ch_refuse(request, "invalid", "A refund names licensee and amount, and no entry.");
    return store(request, body);
}

struct ch_done *withdraw_bill(struct ch_request *request)
{
    return act_on(request, &withdraw);
}
