/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The treasurer's ledger: accounts, postings, transactions, periods, and the rules money is shared by. Booking itself
 * is always the work of invoices, statements, runs and batches. */
#include <string.h>

#include "payout_role.h"

PAYOUT_READ(list_accounts, "payout.list_accounts", "$1::uuid, $2::date, $3::integer, $4::text");
PAYOUT_READ(list_postings, "payout.list_postings", "$1::uuid, $2::bigint, $3::integer, $4::bigint");
PAYOUT_READ(show_txn, "payout.show_txn", "$1::uuid, $2::uuid");
PAYOUT_READ(list_periods, "payout.list_periods", "$1::uuid");
CH_FUNCTION(close_month, "payout.close_period", "$1::uuid, $2::text");
PAYOUT_READ(list_rules, "payout.list_rules", "$1::text");
PAYOUT_READ(judge_rule, "payout.check_rule", "$1::jsonb");

static bool is_number(const char *text)
{
    size_t length = text ? strspn(text, "0123456789") : 0;
    return length > 0 && length <= 18 && text[length] == '\0';
}

static bool is_day(const char *text)
{
    return !text || (strlen(text) == 10 && strspn(text, "0123456789-") == 10 && text[4] == '-' && text[7] == '-');
}

struct ch_done *get_accounts(struct ch_request *request)
{
    const char *limit = page_limit(request), *at = ch_query(request, "at");
    if (!limit || !is_day(at))
        return bad_page(request);
    return ch_call(request, &list_accounts, CH_ARGS(actor_id(request), at, limit, ch_query(request, "after")));
}

struct ch_done *get_postings(struct ch_request *request)
{
    const char *limit = page_limit(request), *after = ch_query(request, "after"), *id = ch_path(request, "id");
    if (!is_number(id))
        return no_such(request);
    if (!limit || (after && !is_number(after)))
        return bad_page(request);
    return ch_call(request, &list_postings, CH_ARGS(actor_id(request), id, limit, after));
}

struct ch_done *get_transaction(struct ch_request *request)
{
    return act_on(request, &show_txn);
}

struct ch_done *get_periods(struct ch_request *request)
{
    return ch_call(request, &list_periods, CH_ARGS(actor_id(request)));
}

struct ch_done *close_period(struct ch_request *request)
{
    return ch_call(request, &close_month, CH_ARGS(actor_id(request), ch_path(request, "id")));
}

struct ch_done *get_rules(struct ch_request *request)
{
    return ch_call(request, &list_rules, CH_ARGS(NULL));
}

struct ch_done *get_rule(struct ch_request *request)
{
    return ch_call(request, &list_rules, CH_ARGS(ch_path(request, "id")));
}

/* The document is the whole body, so it is read without a field table. */
struct ch_done *check_rule(struct ch_request *request)
{
    size_t size;
    const char *text = ch_body(request, &size);
    struct ch_json_error error = {0};
    json_t *rule = ch_json_parse(ch_arena_of(request), text, size, &CH_JSON_BODY, &error);
    if (!rule)
        return ch_refuse(request, "not_json", "%s", error.detail);
    return ch_call(request, &judge_rule, CH_ARGS(ch_json_canonical(ch_arena_of(request), rule, NULL)));
}
