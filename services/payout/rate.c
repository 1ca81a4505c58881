/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rating jobs: sealed usage priced into draft invoices, and usage so far into the running estimate. Prices are
 * core/price.c; what is kept is payout.save_rating. Each grant is one transaction; a repeat skips what is there. */
#include <stdio.h>
#include <string.h>

#include "core/price.h"
#include "invoice_document.h"
#include "jobs.h"

CH_FUNCTION(load_rating, "payout.load_rating", "$1::uuid, $2::date, $3::boolean");
CH_FUNCTION(save_rating, "payout.save_rating",
            "$1::uuid, $2::date, $3::uuid, $4::text, $5::text, $6::text, $7::bigint, $8::jsonb");
CH_FUNCTION(finish_rating, "payout.finish_rating", "$1::uuid, $2::date");
CH_FUNCTION(save_estimate, "payout.save_estimate", "$1::uuid, $2::date, $3::jsonb");

struct rating {
    struct ch_job *job;
    const char *pool, *month, *currency, *seller_name;
    json_t *grant;
    char *plan, *usage; /* canonical texts */
};

static int64_t minor_of(const json_t *price, const char *name, int64_t absent)
{
    const json_t *money = json_object_get(price, name);
    return json_is_object(money) ? payout_integer(money, "minor") : absent;
}

static json_t *usage_document(const struct rating *r)
{
    struct ch_arena *arena = r->job->arena;
    json_t *meters = json_object();
    const char *name;
    json_t *units;
    json_object_foreach(json_object_get(r->grant, "meters"), name, units)
        json_object_set_new(meters, name, json_pack("{s:O}", "units", units));
    return ch_json_own(arena, json_pack("{s:s, s:s, s:s, s:s, s:o}", "schema", "price-usage/1", "period",
                                        ch_printf(arena, "%.7s", r->month), "currency", r->currency, "tier",
                                        payout_text(r->grant, "tier"), "meters", meters));
}

/* NULL with the job's reason when the plan or usage is refused: a person looks at the terms. */
static struct ch_price *price_grant(struct rating *r)
{
    struct ch_arena *arena = r->job->arena;
    const json_t *price = json_object_get(r->grant, "price");
    struct ch_refusals *list = ch_refusals_new(arena, NULL);
    json_t *plan = ch_price_plan_from_terms(
        arena, payout_text(r->grant, "tier"), payout_integer(r->grant, "terms_version"), r->currency,
        minor_of(price, "base", 0), minor_of(price, "unit", 0), payout_integer(price, "unit_rows"),
        payout_integer(price, "free_rows"), minor_of(price, "cap", -1));
    json_t *usage = usage_document(r);
    struct ch_price_plan *read = plan ? ch_price_plan_read(plan, list) : NULL;
    struct ch_price_usage *used = ch_price_usage_read(usage, list);
    struct ch_price *made = read && used ? ch_price(read, used, list) : NULL;
    if (!made) {
        snprintf(r->job->reason, sizeof r->job->reason, "grant %s cannot be priced: %s",
                 payout_text(r->grant, "grant_id"), ch_refusals_text(list));
        return NULL;
    }
    r->plan = ch_json_canonical(arena, plan, NULL);
    r->usage = ch_json_canonical(arena, usage, NULL);
    return made;
}

static const char *last_day(struct ch_arena *arena, const char *month)
{
    static const char DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 0, number = 0;
    sscanf(month, "%4d-%2d", &year, &number);
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return ch_printf(arena, "%04d-%02d-%02d", year, number, DAYS[number - 1] + (number == 2 && leap ? 1 : 0));
}

static json_t *invoice_line(const struct rating *r, const struct ch_price *price, const struct ch_price_line *line)
{
    struct ch_arena *arena = r->job->arena;
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:O, s:s, s:s, s:s}", "text",
                     ch_printf(arena, "Pool %s, %.7s: %s, %s", payout_text(r->grant, "pool"), r->month, line->charge,
                               ch_usage_classes[line->class]),
                     "charge", line->charge, "class", ch_usage_classes[line->class], "units", (json_int_t)line->units,
                     "net", (json_int_t)line->amount, "usage_sha256", price->usage->sha256, "pool",
                     json_object_get(r->grant, "pool"), "pool_id", r->pool, "first", r->month, "last",
                     last_day(arena, r->month));
}

static char *invoice_of(const struct rating *r, const struct ch_price *price)
{
    struct ch_arena *arena = r->job->arena;
    json_t *lines = ch_json_own(arena, json_array());
    for (size_t i = 0; i < price->line_count; i++)
        json_array_append_new(lines, invoice_line(r, price, &price->lines[i]));
    json_t *head = ch_json_own(
        arena, json_pack("{s:O, s:O, s:s, s:s, s:O, s:s}", "licensee", json_object_get(r->grant, "licensee"),
                         "grant_id", json_object_get(r->grant, "grant_id"), "service_month", r->month, "currency",
                         r->currency, "buyer", json_object_get(r->grant, "buyer"), "seller_name", r->seller_name));
    struct payout_settings settings = payout_settings(r->job->context);
    const char *error = NULL;
    char *text = invoice_document(arena, &settings, head, lines, &error);
    if (!text)
        snprintf(r->job->reason, sizeof r->job->reason, "grant %s: %s", payout_text(r->grant, "grant_id"), error);
    return text;
}

static enum ch_job_result rate_grant(struct rating *r)
{
    struct ch_price *price = price_grant(r);
    if (!price)
        return CH_JOB_DEAD;
    char *invoice = price->total > 0 ? invoice_of(r, price) : NULL;
    if (price->total > 0 && !invoice)
        return CH_JOB_DEAD;
    struct ch_answer answer;
    return payout_ask(r->job, &save_rating, &answer,
                      CH_ARGS(r->pool, r->month, payout_text(r->grant, "grant_id"), r->plan, r->usage,
                              ch_price_text(r->job->arena, price),
                              ch_printf(r->job->arena, "%lld", (long long)price->total), invoice));
}

static enum ch_job_result estimate_grant(struct rating *r)
{
    struct ch_price *price = price_grant(r);
    if (!price)
        return CH_JOB_DEAD;
    json_t *totals = ch_json_own(r->job->arena, json_object());
    for (int i = 0; i < CH_CLASSES; i++)
        json_object_set_new(totals, ch_usage_classes[i],
                            json_pack("{s:I, s:I}", "units", (json_int_t)price->totals[i].units, "amount",
                                      (json_int_t)price->totals[i].amount));
    struct ch_answer answer;
    return payout_ask(
        r->job, &save_estimate, &answer,
        CH_ARGS(payout_text(r->grant, "grant_id"), r->month, ch_json_canonical(r->job->arena, totals, NULL)));
}

static enum ch_job_result each_grant(struct rating *r, const char *estimate,
                                     enum ch_job_result (*rate)(struct rating *))
{
    struct ch_answer answer;
    enum ch_job_result result = payout_ask(r->job, &load_rating, &answer, CH_ARGS(r->pool, r->month, estimate));
    if (result != CH_JOB_DONE)
        return result;
    json_t *facts = payout_parse(r->job->arena, answer.body);
    r->currency = payout_text(facts, "currency");
    r->seller_name = payout_text(facts, "seller_name");
    size_t i;
    json_array_foreach(json_object_get(facts, "grants"), i, r->grant)
    {
        result = rate(r);
        if (result != CH_JOB_DONE)
            return result;
    }
    return CH_JOB_DONE;
}

enum ch_job_result rate_month(struct ch_job *job)
{
    struct rating r = {
        .job = job, .pool = payout_text(job->payload, "pool"), .month = payout_text(job->payload, "month")};
    enum ch_job_result result = each_grant(&r, "false", rate_grant);
    struct ch_answer answer;
    return result == CH_JOB_DONE ? payout_ask(job, &finish_rating, &answer, CH_ARGS(r.pool, r.month)) : result;
}

enum ch_job_result rate_estimate(struct ch_job *job)
{
    struct rating r = {
        .job = job, .pool = payout_text(job->payload, "pool"), .month = payout_text(job->payload, "month")};
    return each_grant(&r, "true", estimate_grant);
}
