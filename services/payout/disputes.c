/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Disputes over HTTP: of a licensee about an invoice it paid, of a member about the own line of a run, decided by the
 * treasurer. The money waits meanwhile. */
#include "payout_role.h"

PAYOUT_READ(list_disputes, "payout.list_disputes", "$1::uuid, $2::integer, $3::uuid");
CH_FUNCTION(open_dispute, "payout.open_dispute", "$1::uuid, $2::text, $3::jsonb");
CH_FUNCTION(settle, "payout.settle_dispute", "$1::uuid, $2::text, $3::uuid, $4::jsonb");

struct dispute {
    const char *kind, *invoice_id, *run, *grounds;
    struct ch_money amount;
};

static const struct ch_field DISPUTE[] = {
    CH_FIELD(CH_FIELD_CODE, dispute, kind, true, .codes = "licensee member"),
    CH_FIELD(CH_FIELD_UUID, dispute, invoice_id, false),
    CH_FIELD(CH_FIELD_UUID, dispute, run, false),
    CH_FIELD(CH_FIELD_MONEY, dispute, amount, false),
    CH_FIELD(CH_FIELD_TEXT, dispute, grounds, true, 1, 4000),
    {0},
};

struct decision {
    const char *state, *decision;
    const json_t *correction;
};

static const struct ch_field DECISION[] = {
    CH_FIELD(CH_FIELD_CODE, decision, state, true, .codes = "won lost"),
    CH_FIELD(CH_FIELD_TEXT, decision, decision, true, 1, 4000),
    CH_FIELD(CH_FIELD_OBJECT, decision, correction, false),
    {0},
};

struct ch_done *get_disputes(struct ch_request *request)
{
    return list_by_id(request, &list_disputes);
}

struct ch_done *post_dispute(struct ch_request *request)
{
    struct dispute in = {0};
    struct ch_done *refused = ch_decode(request, DISPUTE, &in);
    return refused ? refused
                   : ch_call(request, &open_dispute,
                             CH_ARGS(actor_id(request), ch_idempotency_key(request), ch_body_json(request)));
}

struct ch_done *settle_dispute(struct ch_request *request)
{
    return act_with_body(request, &settle, DECISION, &(struct decision){0});
}
