/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Usage as licensee, treasurer, member and public see it. */
#include <stdlib.h>
#include <string.h>

#include "commonhold/calendar.h"
#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "metering.h"

CH_FUNCTION(get_grant_usage_fn, "metering.get_grant_usage", "$1::uuid, $2::uuid, $3::date, $4::date");
CH_FUNCTION(list_usage_fn, "metering.list_usage", "$1::uuid, $2::text, $3::date, $4::date, $5::integer, $6::text");
CH_FUNCTION(list_own_usage_fn, "metering.list_own_usage", "$1::uuid, $2::date, $3::date, $4::integer, $5::text");
CH_FUNCTION(list_totals_fn, "metering.list_totals", "$1::text, $2::date, $3::date, $4::integer, $5::text");

/* from, to and the page of a list; NULL where none is given. */
struct asked {
    const char *from, *to, *limit, *after;
};

/* Digits where the form has 0, else its character. */
static bool has_form(const char *text, const char *form)
{
    size_t i = 0;
    for (; form[i]; i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    return !text[i];
}

const char *metering_month(struct ch_arena *arena, const char *text)
{
    if (!text || !has_form(text, "0000-00") || text[0] != '2')
        return NULL;
    long month = strtol(text + 5, NULL, 10);
    return month >= 1 && month <= 12 ? ch_printf(arena, "%s-01", text) : NULL;
}

static bool is_day(const char *text)
{
    if (!has_form(text, "0000-00-00") || text[0] != '2')
        return false;
    long year = strtol(text, NULL, 10), month = strtol(text + 5, NULL, 10), day = strtol(text + 8, NULL, 10);
    return month >= 1 && month <= 12 && day >= 1 && day <= ch_days_of_month(year, (int)month);
}

/* NULL when all is well, else the finished refusal. A month stands for its first day. */
static struct ch_done *read_months(struct ch_request *request, struct asked *asked)
{
    const char *from = ch_query(request, "from"), *to = ch_query(request, "to");
    asked->from = metering_month(ch_arena_of(request), from);
    asked->to = metering_month(ch_arena_of(request), to);
    asked->limit = metering_limit(request);
    asked->after = ch_query(request, "after");
    if ((from && !asked->from) || (to && !asked->to))
        return ch_refuse(request, "bad_request", "from and to are months, YYYY-MM");
    return asked->limit ? NULL : ch_refuse(request, "bad_request", "limit is 1 to 100");
}

struct ch_done *get_grant_usage(struct ch_request *request)
{
    uint8_t bytes[16];
    const char *from = ch_query(request, "from"), *to = ch_query(request, "to");
    if (!ch_id_parse(ch_path(request, "id"), bytes))
        return ch_reply(request, "not_found", NULL);
    if ((from && !is_day(from)) || (to && !is_day(to)))
        return ch_refuse(request, "bad_request", "from and to are days, YYYY-MM-DD");
    return ch_call(request, &get_grant_usage_fn, CH_ARGS(ch_actor(request)->org, ch_path(request, "id"), from, to));
}

struct ch_done *list_usage(struct ch_request *request)
{
    struct asked asked;
    const char *month = ch_query(request, "month");
    struct ch_done *refused = read_months(request, &asked);
    if (refused)
        return refused;
    if (month)
        asked.from = asked.to = metering_month(ch_arena_of(request), month);
    if (month && !asked.from)
        return ch_refuse(request, "bad_request", "month is YYYY-MM");
    return ch_call(
        request, &list_usage_fn,
        CH_ARGS(ch_actor(request)->member, ch_query(request, "pool"), asked.from, asked.to, asked.limit, asked.after));
}

struct ch_done *list_own_usage(struct ch_request *request)
{
    struct asked asked;
    struct ch_done *refused = read_months(request, &asked);
    if (refused)
        return refused;
    return ch_call(request, &list_own_usage_fn,
                   CH_ARGS(ch_actor(request)->member, asked.from, asked.to, asked.limit, asked.after));
}

/* ---- the public ---- */

static struct ch_done *totals_found(struct ch_request *request, const struct ch_answer *answer)
{
    char hash[65];
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    ch_sha256_hex(answer->body, strlen(answer->body), hash);
    ch_set_header(request, "Cache-Control", "public, max-age=300");
    if (ch_if_none_match(request, ch_printf(ch_arena_of(request), "W/\"%.32s\"", hash)))
        return ch_reply(request, "not_modified", NULL);
    return ch_reply(request, "ok", answer->body);
}

struct ch_done *list_totals(struct ch_request *request)
{
    struct asked asked;
    struct ch_done *refused = read_months(request, &asked);
    if (refused)
        return refused;
    return ch_call_then(request, &list_totals_fn,
                        CH_ARGS(ch_query(request, "pool"), asked.from, asked.to, asked.limit, asked.after),
                        totals_found);
}
