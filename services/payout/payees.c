/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Payee accounts over HTTP. IBAN and name are sealed here, under the member's key, before they go anywhere;
 * the log gets a salted commitment. */
#include <string.h>

#include "commonhold/crypto.h"
#include "payee_seal.h"
#include "payout_role.h"

PAYOUT_READ(list_accounts_of_payee, "payout.list_accounts_of_payee", "$1::uuid, $2::boolean");
CH_FUNCTION(member_key, "payout.member_key", "$1::uuid, decode($2, 'hex')");
CH_FUNCTION(propose_account, "payout.propose_account",
            "$1::uuid, $2::text, $3::jsonb, $4::bytea, $5::bytea, $6::text, $7::bytea, $8::text, $9::bytea");
CH_FUNCTION(confirm, "payout.confirm_account", "$1::uuid, $2::uuid, $3::boolean");
CH_FUNCTION(block, "payout.block_account", "$1::uuid, $2::uuid, $3::jsonb");

static const struct ch_field FIELDS[] = {
    CH_FIELD(CH_FIELD_TEXT, payee, iban, true, 15, 34),
    CH_FIELD(CH_FIELD_TEXT, payee, name, true, 1, 70),
    CH_FIELD(CH_FIELD_TEXT, payee, bic, false, 8, 11),
    CH_FIELD(CH_FIELD_OBJECT, payee, address, false),
    {0},
};

struct ch_done *get_payee_accounts(struct ch_request *request)
{
    const char *waiting = ch_query(request, "waiting");
    return ch_call(request, &list_accounts_of_payee,
                   CH_ARGS(actor_id(request), waiting && strcmp(waiting, "true") == 0 ? "true" : "false"));
}

static struct ch_done *with_key(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_arena *arena = ch_arena_of(request);
    const struct payee *payee = ch_state(request);
    const char *member = actor_id(request);
    struct sealed_payee sealed;
    uint8_t kek[32], salt[32], commitment[32];
    if (!payee_wrapping_key(payout_settings(ch_context(request)).member_secret, kek))
        return ch_refuse(request, "unavailable", "Payee accounts cannot be kept at the moment.");
    if (!payee_seal(arena, kek, payout_text(payout_parse(arena, answer->body), "wrapped"), member, payee, &sealed))
        return ch_refuse(request, "unavailable", "The key of this account does not check; the operator has to look.");
    ch_random(salt, sizeof salt);
    struct ch_sha256 *hash = ch_sha256_begin();
    ch_sha256_add(hash, salt, sizeof salt);
    ch_sha256_add(hash, payee->iban, strlen(payee->iban));
    ch_sha256_end(hash, commitment);
    char salt_hex[67] = "\\x", commitment_hex[65];
    ch_hex(salt, sizeof salt, salt_hex + 2);
    ch_hex(commitment, sizeof commitment, commitment_hex);
    return ch_call(request, &propose_account,
                   CH_ARGS(member, ch_idempotency_key(request), payee_request_mark(request, kek), sealed.iban,
                           sealed.name, sealed.hint, salt_hex, commitment_hex, sealed.details));
}

struct ch_done *post_payee_account(struct ch_request *request)
{
    struct payee *payee = ch_alloc(ch_arena_of(request), sizeof *payee);
    struct ch_done *refused = ch_decode(request, FIELDS, payee);
    if (refused)
        return refused;
    const char *errors = payee_refused(ch_arena_of(request), payee);
    if (errors)
        return ch_reply(request, "invalid", errors);
    uint8_t kek[32];
    char wrapped[81];
    if (!payee_wrapping_key(payout_settings(ch_context(request)).member_secret, kek))
        return ch_refuse(request, "unavailable", "Payee accounts cannot be kept at the moment.");
    payee_fresh_key(kek, wrapped);
    ch_set_state(request, payee);
    return ch_call_then(request, &member_key, CH_ARGS(actor_id(request), wrapped), with_key);
}

struct ch_done *confirm_account(struct ch_request *request)
{
    const char *id = path_id(request);
    return id ? ch_call(request, &confirm, CH_ARGS(actor_id(request), id, fresh_text(request))) : no_such(request);
}

struct ch_done *block_account(struct ch_request *request)
{
    return act_with_reason(request, &block);
}
