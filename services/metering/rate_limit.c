/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requests per second of one grant, from configuration, over all processes of the daemon. What a grant may read is a
 * quota's business (in the database); this only keeps one reader from being all the load, and says when to come back.
 * Fields: IETF draft-ietf-httpapi-ratelimit-headers. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "commonhold/rate.h"
#include "metering.h"

#define SECOND_US INT64_C(1000000)

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

static int64_t seconds_up(int64_t us)
{
    return (us + SECOND_US - 1) / SECOND_US;
}

struct ch_done *metering_limit_rate(struct ch_request *request)
{
    struct ch_arena *arena = ch_arena_of(request);
    const struct ch_rate *rate = &metering_of(request)->rate;
    const char *grant = json_string_value(json_object_get(ch_actor(request)->claims, "grant"));
    struct ch_rate_verdict verdict =
        ch_rate_take(ch_context(request)->rates, rate, grant, grant ? strlen(grant) : 0, now_us());
    ch_set_header(request, "RateLimit-Policy",
                  ch_printf(arena, "\"grant\";q=%" PRId64 ";w=%" PRId64, rate->burst,
                            seconds_up(rate->burst * SECOND_US / rate->per_second)));
    ch_set_header(request, "RateLimit",
                  ch_printf(arena, "\"grant\";r=%" PRId64 ";t=%" PRId64, verdict.left, seconds_up(verdict.full_us)));
    if (verdict.allowed)
        return NULL;
    ch_set_header(request, "Retry-After", ch_printf(arena, "%" PRId64, seconds_up(verdict.retry_us)));
    return ch_refuse(request, "too_many_requests", "this grant may send %" PRId64 " requests a second",
                     rate->per_second);
}

struct ch_done *metering_refuse(struct ch_request *request, const char *outcome, const char *body)
{
    const json_t *told = metering_parse(ch_arena_of(request), body);
    int64_t after = json_integer_value(json_object_get(told, "retry_after"));
    if (after > 0)
        ch_set_header(request, "Retry-After", ch_printf(ch_arena_of(request), "%" PRId64, after));
    return ch_reply(request, outcome, body);
}
