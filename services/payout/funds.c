/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Funds and budgets over HTTP: what each fund holds, promises under a resolution or award, what is spent of them. */
#include "bills.h"
#include "payout_role.h"

PAYOUT_READ(list_funds, "payout.list_funds", "");
PAYOUT_READ(list_commitments, "payout.list_commitments", "$1::text, $2::integer, $3::uuid");
CH_FUNCTION(create_commitment, "payout.create_commitment", "$1::uuid, $2::text, $3::jsonb");
CH_FUNCTION(spend, "payout.spend_commitment", "$1::uuid, $2::text, $3::uuid, $4::jsonb, $5::jsonb");
CH_FUNCTION(lapse, "payout.lapse_commitment", "$1::uuid, $2::uuid, $3::jsonb");

struct commitment_body {
    const char *fund, *resolution, *purpose;
    struct ch_money amount;
};

static const struct ch_field COMMITMENT_FIELDS[] = {
    CH_FIELD(CH_FIELD_TEXT, commitment_body, fund, true, 1, 64),
    CH_FIELD(CH_FIELD_TEXT, commitment_body, resolution, true, 1, 64),
    CH_FIELD(CH_FIELD_TEXT, commitment_body, purpose, true, 3, 500),
    CH_FIELD(CH_FIELD_MONEY, commitment_body, amount, true),
    {0},
};

static const struct ch_field SPEND_FIELDS[] = {
    CH_FIELD(CH_FIELD_MONEY, bill_body, amount, true),
    BILL_PAYEE_FIELDS(true),
    CH_FIELD(CH_FIELD_TEXT, bill_body, reference, true, 1, 140),
    {0},
};

struct ch_done *get_funds(struct ch_request *request)
{
    return ch_call(request, &list_funds, CH_NO_ARGS);
}

struct ch_done *get_commitments(struct ch_request *request)
{
    const char *limit = page_limit(request), *after;
    if (!limit || !page_after(request, &after))
        return bad_page(request);
    return ch_call(request, &list_commitments, CH_ARGS(ch_query(request, "fund"), limit, after));
}

struct ch_done *post_commitment(struct ch_request *request)
{
    struct commitment_body body = {0};
    struct ch_done *refused = ch_decode(request, COMMITMENT_FIELDS, &body);
    if (refused)
        return refused;
    return ch_call(request, &create_commitment,
                   CH_ARGS(actor_id(request), ch_idempotency_key(request), ch_body_json(request)));
}

struct ch_done *spend_commitment(struct ch_request *request)
{
    struct bill_body body = {0};
    struct bill_texts texts;
    const char *id = path_id(request);
    struct ch_done *refused = ch_decode(request, SPEND_FIELDS, &body);
    if (refused || !id)
        return refused ? refused : no_such(request);
    if (!bill_seal(request, &body, &texts, &refused))
        return refused;
    return ch_call(request, &spend,
                   CH_ARGS(actor_id(request), ch_idempotency_key(request), id, texts.facts, texts.sealed));
}

struct ch_done *lapse_commitment(struct ch_request *request)
{
    return act_with_reason(request, &lapse);
}
