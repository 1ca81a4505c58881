/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The treasurer's views: one statement each. Every figure names the postings it is the sum of. */
#include <string.h>

#include "payout_role.h"

PAYOUT_READ(trial_balance, "payout.trial_balance", "$1::uuid, $2::date");
PAYOUT_READ(list_receivables, "payout.list_receivables", "$1::uuid");
PAYOUT_READ(sum_suspense, "payout.sum_suspense", "$1::uuid");
PAYOUT_READ(list_payables, "payout.list_payables", "$1::uuid");
PAYOUT_READ(list_reconciliations, "payout.list_reconciliations", "$1::uuid");
PAYOUT_READ(sum_vat, "payout.sum_vat", "$1::uuid, $2::date, $3::date");
PAYOUT_READ(show_positions, "payout.show_positions", "$1::uuid");
PAYOUT_READ(list_deadlines, "payout.list_deadlines", "$1::uuid");

struct ch_done *get_trial_balance(struct ch_request *request)
{
    const char *day = ch_path(request, "id");
    if (strcmp(day, "current") == 0)
        return ch_call(request, &trial_balance, CH_ARGS(actor_id(request), NULL));
    return ch_is_date(day)
               ? ch_call(request, &trial_balance, CH_ARGS(actor_id(request), day))
               : ch_refuse(request, "not_found", "A trial balance is that of a day, YYYY-MM-DD, or current.");
}

struct ch_done *get_receivables(struct ch_request *request)
{
    return ch_call(request, &list_receivables, CH_ARGS(actor_id(request)));
}

struct ch_done *get_suspense_totals(struct ch_request *request)
{
    return ch_call(request, &sum_suspense, CH_ARGS(actor_id(request)));
}

struct ch_done *get_payables(struct ch_request *request)
{
    return ch_call(request, &list_payables, CH_ARGS(actor_id(request)));
}

struct ch_done *get_reconciliations(struct ch_request *request)
{
    return ch_call(request, &list_reconciliations, CH_ARGS(actor_id(request)));
}

struct ch_done *get_vat(struct ch_request *request)
{
    const char *from = ch_query(request, "from"), *to = ch_query(request, "to");
    if (!from || !to || !ch_is_date(from) || !ch_is_date(to) || strcmp(from, to) > 0)
        return ch_refuse(request, "bad_request", "from and to are days, YYYY-MM-DD, and both are needed.");
    return ch_call(request, &sum_vat, CH_ARGS(actor_id(request), from, to));
}

struct ch_done *get_positions(struct ch_request *request)
{
    return ch_call(request, &show_positions, CH_ARGS(actor_id(request)));
}

struct ch_done *get_deadlines(struct ch_request *request)
{
    return ch_call(request, &list_deadlines, CH_ARGS(actor_id(request)));
}
