/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The treasurer's ledger: accounts, postings, transactions and their evidence, bookings by hand under a resolution,
 * periods. All other booking is the work of invoices, statements, runs and batches. */
#include <string.h>

#include "commonhold/crypto.h"
#include "payout_role.h"

PAYOUT_READ(list_accounts, "payout.list_accounts", "$1::uuid, $2::date, $3::integer, $4::text");
PAYOUT_READ(list_postings, "payout.list_postings", "$1::uuid, $2::bigint, $3::integer, $4::text");
PAYOUT_READ(show_txn, "payout.show_txn", "$1::uuid, $2::uuid");
PAYOUT_READ(show_evidence, "payout.show_evidence", "$1::uuid, $2::uuid");
CH_FUNCTION(book, "payout.post_transaction", "$1::uuid, $2::text, $3::jsonb");
CH_FUNCTION(take_back, "payout.reverse_transaction", "$1::uuid, $2::text, $3::uuid, $4::jsonb");
PAYOUT_READ(list_periods, "payout.list_periods", "$1::uuid");
PAYOUT_READ(show_period, "payout.show_period", "$1::uuid, $2::text");
CH_FUNCTION(close_month, "payout.close_period", "$1::uuid, $2::text");

struct booking {
    const char *text, *resolution, *occurred_on, *concerns;
    const json_t *postings;
};

static const struct ch_field BOOKING[] = {
    CH_FIELD(CH_FIELD_TEXT, booking, text, true, 1, 1000),
    CH_FIELD(CH_FIELD_TEXT, booking, resolution, true, 1, 64),
    CH_FIELD(CH_FIELD_DATE, booking, occurred_on, false),
    CH_FIELD(CH_FIELD_TEXT, booking, concerns, false, 7, 7),
    CH_FIELD(CH_FIELD_ARRAY, booking, postings, true, 2, 100),
    {0},
};

struct reason {
    const char *reason;
};

static const struct ch_field REASON[] = {
    CH_FIELD(CH_FIELD_TEXT, reason, reason, true, 1, 1000),
    {0},
};

static bool is_number(const char *text)
{
    size_t length = text ? strspn(text, "0123456789") : 0;
    return length > 0 && length <= 18 && text[length] == '\0';
}

/* A posting: number of its transaction, hyphen, line. */
static bool is_place(const char *text)
{
    size_t number = strspn(text, "0123456789");
    if (number == 0 || number > 18 || text[number] != '-')
        return false;
    size_t line = strspn(text + number + 1, "0123456789");
    return line > 0 && line <= 9 && text[number + 1 + line] == '\0';
}

static bool is_day(const char *text)
{
    return !text || ch_is_date(text);
}

static bool is_month(struct ch_arena *arena, const char *text)
{
    return strlen(text) == 7 && ch_is_date(ch_printf(arena, "%s-01", text));
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
    if (!limit || (after && !is_place(after)))
        return bad_page(request);
    return ch_call(request, &list_postings, CH_ARGS(actor_id(request), id, limit, after));
}

struct ch_done *get_transaction(struct ch_request *request)
{
    return act_on(request, &show_txn);
}

static struct ch_done *with_evidence(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    struct ch_arena *arena = ch_arena_of(request);
    const json_t *evidence = payout_parse(arena, answer->body);
    const char *text = payout_text(evidence, "base64");
    uint8_t *bytes = ch_alloc(arena, strlen(text) + 1);
    size_t size = 0;
    if (!ch_unbase64(text, strlen(text), bytes, strlen(text), &size))
        return ch_reply(request, "internal", NULL);
    /* Whatever it is, no browser runs it. */
    ch_set_header(request, "Content-Security-Policy", "default-src 'none'; sandbox");
    ch_set_header(request, "Content-Disposition",
                  ch_printf(arena, "attachment; filename=\"%s\"", payout_text(evidence, "sha256")));
    return ch_reply_bytes(request, 200, payout_text(evidence, "media_type"), bytes, size);
}

struct ch_done *get_evidence(struct ch_request *request)
{
    const char *id = path_id(request);
    return id ? ch_call_then(request, &show_evidence, CH_ARGS(actor_id(request), id), with_evidence) : no_such(request);
}

static const char *fault_of_posting(const json_t *posting)
{
    struct ch_money amount;
    if (!json_is_object(posting) || json_object_size(posting) != 2 || !payout_text(posting, "account"))
        return "is {account, amount}";
    if (!ch_money_from_json(&amount, json_object_get(posting, "amount")) || ch_money_minor(amount) == 0)
        return "has no amount, in whole minor units and not 0";
    return NULL;
}

struct ch_done *post_transaction(struct ch_request *request)
{
    struct ch_arena *arena = ch_arena_of(request);
    struct booking in = {0};
    struct ch_done *refused = ch_decode(request, BOOKING, &in);
    if (refused)
        return refused;
    if (in.concerns && !is_month(arena, in.concerns))
        return refuse_field(request, "/concerns", "is a month, YYYY-MM");
    for (size_t i = 0; i < json_array_size(in.postings); i++) {
        const char *fault = fault_of_posting(json_array_get(in.postings, i));
        if (fault)
            return refuse_field(request, ch_printf(arena, "/postings/%zu", i), fault);
    }
    return ch_call(request, &book, CH_ARGS(actor_id(request), ch_idempotency_key(request), ch_body_json(request)));
}

struct ch_done *reverse_transaction(struct ch_request *request)
{
    return act_with_body(request, &take_back, REASON, &(struct reason){0});
}

struct ch_done *get_period(struct ch_request *request)
{
    return ch_call(request, &show_period, CH_ARGS(actor_id(request), ch_path(request, "id")));
}

struct ch_done *get_periods(struct ch_request *request)
{
    return ch_call(request, &list_periods, CH_ARGS(actor_id(request)));
}

struct ch_done *close_period(struct ch_request *request)
{
    return ch_call(request, &close_month, CH_ARGS(actor_id(request), ch_path(request, "id")));
}
