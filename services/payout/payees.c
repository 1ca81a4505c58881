/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Payee accounts and holds over HTTP. IBAN and name are sealed here, under the member's key, before they go anywhere;
 * the log gets a salted commitment. */
#include <string.h>

#include "commonhold/crypto.h"
#include "core/iban.h"
#include "payee_seal.h"
#include "payout_role.h"

PAYOUT_READ(list_accounts_of_payee, "payout.list_accounts_of_payee", "$1::uuid, $2::boolean");
CH_FUNCTION(member_key, "payout.member_key", "$1::uuid, decode($2, 'hex')");
CH_FUNCTION(propose_account, "payout.propose_account",
            "$1::uuid, $2::text, $3::jsonb, $4::bytea, $5::bytea, $6::text, $7::bytea, $8::text");
CH_FUNCTION(confirm, "payout.confirm_account", "$1::uuid, $2::uuid");
CH_FUNCTION(block, "payout.block_account", "$1::uuid, $2::uuid, $3::jsonb");
PAYOUT_READ(list_holds, "payout.list_holds", "$1::uuid, $2::integer, $3::uuid");
CH_FUNCTION(release, "payout.release_hold", "$1::uuid, $2::uuid");

struct payee_body {
    const char *iban, *name;
};

static const struct ch_field FIELDS[] = {
    CH_FIELD(CH_FIELD_TEXT, payee_body, iban, true, 15, 34),
    CH_FIELD(CH_FIELD_TEXT, payee_body, name, true, 1, 70),
    {0},
};

struct reason_body {
    const char *reason;
};

static const struct ch_field REASON_FIELDS[] = {CH_FIELD(CH_FIELD_TEXT, reason_body, reason, true, 3, 500), {0}};

struct ch_done *get_payee_accounts(struct ch_request *request)
{
    const char *waiting = ch_query(request, "waiting");
    return ch_call(request, &list_accounts_of_payee,
                   CH_ARGS(actor_id(request), waiting && strcmp(waiting, "true") == 0 ? "true" : "false"));
}

/* What a repeat of the request is compared by: the IBAN does not stay in the clear among kept answers. */
static const char *request_mark(struct ch_request *request, const uint8_t kek[32])
{
    const char *body = ch_body_json(request);
    uint8_t mac[32];
    char hex[65];
    ch_hmac_sha256(kek, 32, body, strlen(body), mac);
    ch_hex(mac, sizeof mac, hex);
    return ch_printf(ch_arena_of(request), "{\"mark\":\"%s\"}", hex);
}

static struct ch_done *with_key(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    const struct payee_body *body = ch_state(request);
    const char *member = actor_id(request);
    uint8_t kek[32], salt[32], commitment[32];
    if (!payee_wrapping_key(payout_settings(ch_context(request)).member_secret, kek))
        return ch_refuse(request, "unavailable", "Payee accounts cannot be kept at the moment.");
    const char *wrapped = payout_text(payout_parse(arena, answer->body), "wrapped");
    char *iban = payee_seal(arena, kek, wrapped, member, "iban", body->iban);
    char *name = payee_seal(arena, kek, wrapped, member, "name", body->name);
    if (!iban || !name)
        return ch_refuse(request, "unavailable", "The key of this account does not check; the operator has to look.");
    ch_random(salt, sizeof salt);
    struct ch_sha256 *hash = ch_sha256_begin();
    ch_sha256_add(hash, salt, sizeof salt);
    ch_sha256_add(hash, body->iban, strlen(body->iban));
    ch_sha256_end(hash, commitment);
    char salt_hex[67] = "\\x", commitment_hex[65];
    ch_hex(salt, sizeof salt, salt_hex + 2);
    ch_hex(commitment, sizeof commitment, commitment_hex);
    const char *hint = ch_printf(arena, "%.4s ... %s", body->iban, body->iban + strlen(body->iban) - 4);
    return ch_call(request, &propose_account,
                   CH_ARGS(member, ch_idempotency_key(request), request_mark(request, kek), iban, name, hint, salt_hex,
                           commitment_hex));
}

struct ch_done *post_payee_account(struct ch_request *request)
{
    struct payee_body *body = ch_alloc(ch_arena_of(request), sizeof *body);
    struct ch_done *refused = ch_decode(request, FIELDS, body);
    if (refused)
        return refused;
    enum ch_iban_verdict verdict = ch_iban_check(body->iban);
    if (verdict != CH_IBAN_OK)
        return ch_refuse(request, "invalid", "iban: %s", ch_iban_verdict_text(verdict));
    if (!ch_sepa_transliterate(ch_arena_of(request), body->name, false))
        return ch_refuse(request, "invalid", "name: has characters that banks do not take.");
    uint8_t kek[32];
    char wrapped[81];
    if (!payee_wrapping_key(payout_settings(ch_context(request)).member_secret, kek))
        return ch_refuse(request, "unavailable", "Payee accounts cannot be kept at the moment.");
    payee_fresh_key(kek, wrapped);
    ch_set_state(request, body);
    return ch_call_then(request, &member_key, CH_ARGS(actor_id(request), wrapped), with_key);
}

struct ch_done *confirm_account(struct ch_request *request)
{
    return act_on(request, &confirm);
}

struct ch_done *block_account(struct ch_request *request)
{
    struct reason_body body = {0};
    const char *id = path_id(request);
    struct ch_done *refused = ch_decode(request, REASON_FIELDS, &body);
    if (refused || !id)
        return refused ? refused : no_such(request);
    return ch_call(request, &block, CH_ARGS(actor_id(request), id, ch_body_json(request)));
}

struct ch_done *get_holds(struct ch_request *request)
{
    return list_by_id(request, &list_holds);
}

struct ch_done *release_hold(struct ch_request *request)
{
    return act_on(request, &release);
}
