/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The metering role: the only door to pooled data, and it counts. */
#include "commonhold/service.h"

#include <stdlib.h>
#include <string.h>

#include "commonhold/json.h"
#include "commonhold/log.h"
#include "commonhold/secret.h"
#include "delivery.h"
#include "events.h"
#include "metering.h"

static const struct ch_route ROUTES[] = {
    {CH_GET, "/metering/v1/pools/{pool}/rows", CH_AUTH_GRANT, get_rows, NULL, "", 0, 0, NULL,
     "select after limit trailer"},
    {CH_GET, "/metering/v1/pools/{pool}/aggregates", CH_AUTH_GRANT, get_aggregates, NULL, "", 0, 0, NULL, "by measure"},
    {CH_GET, "/metering/v1/deliveries", CH_AUTH_LICENSEE, list_deliveries, NULL, NULL, 0, 0},
    {CH_GET, "/metering/v1/deliveries/{id}", CH_AUTH_LICENSEE, get_delivery, NULL, NULL, 0, 0},
    {CH_GET, "/metering/v1/deliveries/{id}/receipt", CH_AUTH_LICENSEE, get_delivery_receipt, NULL, "application/jose",
     0, 0},
    {CH_GET, "/metering/v1/grants/{id}/usage", CH_AUTH_LICENSEE, get_grant_usage, NULL, NULL, 0, 0},
    {CH_GET, "/metering/v1/grants/{id}/receipts/{month}", CH_AUTH_LICENSEE, get_month_receipt, NULL,
     "application/json application/jose", 0, 0},
    {CH_GET, "/metering/v1/totals", CH_AUTH_NONE, list_totals, NULL, NULL, 0, 0},
    {CH_POST, "/metering/v1/seals", CH_AUTH_MEMBER, post_seal, NULL, NULL, 4096, 0},
    {CH_GET, "/metering/v1/usage", CH_AUTH_MEMBER, list_usage, NULL, NULL, 0, 0},
    {CH_GET, "/metering/v1/contributions/usage", CH_AUTH_MEMBER, list_own_usage, NULL, NULL, 0, 0},
    {CH_POST, "/metering/v1/events", CH_AUTH_USAGE, post_events, "*", NULL, EVENTS_BODY_MOST, CH_ROUTE_RAW_BODY},
    {CH_GET, "/metering/v1/sources", CH_AUTH_PERSON, list_sources, NULL, NULL, 0, 0},
    {CH_POST, "/metering/v1/sources", CH_AUTH_MEMBER, post_source, NULL, NULL, 4096, 0},
    {CH_GET, "/metering/v1/quarantine", CH_AUTH_PERSON, list_quarantine, NULL, NULL, 0, 0},
    {0, NULL, 0, NULL, NULL, NULL, 0, 0},
};

static const struct ch_config_key KEYS[] = {
    {"grant_secret", CH_CONFIG_PATH, "secrets/grant.secret", 0, 0, "32 random bytes that wrap the keys of grants"},
    {"delivery_key", CH_CONFIG_PATH, "secrets/delivery.key", 0, 0, "Ed25519 key that signs receipts of deliveries"},
    {"requests_per_second", CH_CONFIG_INT, "100", 1, 1000000,
     "requests for rows and aggregates of one grant each second, over all processes of a daemon"},
    {"requests_burst", CH_CONFIG_INT, "500", 1, 1000000, "such requests at once after a pause"},
    {"event_queue", CH_CONFIG_INT, "100000", 1, 10000000,
     "usage events that wait for their commit in each HTTP process; over it 429"},
    {NULL, 0, NULL, 0, 0, NULL},
};

static const struct ch_job_kind JOBS[] = {
    {"fold_usage", fold_usage, 0, 120},
    {"write_tombstones", write_tombstones, 0, 0},
    {NULL, NULL, 0, 0},
};

/* In the order of enum event_counter. */
static const struct ch_counter COUNTERS[] = {
    {"events_total", "Usage events accepted."},
    {"event_groups_total", "Transactions of usage events."},
    {"events_resent_total", "Usage events that were here already."},
    {"event_groups_redone_total", "Groups of usage events that were tried once more."},
    {"events_quarantined_total", "Usage events kept and never billed."},
    {"events_rejected_total", "Usage events refused."},
    {"events_waiting", "Usage events that wait for their commit."},
    {"event_requests_turned_away_total", "Requests refused because too many events waited."},
    {NULL, NULL},
};

static const char *const CLOCKS[] = {"metering.tick", NULL};

struct metering *metering_of(const struct ch_request *request)
{
    return ch_context(request)->state;
}

const char *metering_limit(const struct ch_request *request)
{
    const char *limit = ch_query(request, "limit");
    if (!limit)
        return "50";
    size_t digits = strspn(limit, "0123456789");
    bool fine = digits > 0 && digits <= 3 && !limit[digits];
    long most = fine ? strtol(limit, NULL, 10) : 0;
    return most >= 1 && most <= 100 ? limit : NULL;
}

json_t *metering_parse(struct ch_arena *arena, const char *text)
{
    static const struct ch_json_limits OWN = {.bytes = 16 * 1024 * 1024, .depth = 32, .integers = true};
    struct ch_json_error error;
    return text ? ch_json_parse(arena, text, strlen(text), &OWN, &error) : NULL;
}

bool metering_unwrap(const struct metering *metering, const char *hex, uint8_t key[32])
{
    uint8_t wrapped[40];
    if (hex && strlen(hex) == 80 && ch_unhex(hex, wrapped, sizeof wrapped) &&
        ch_key_unwrap(metering->grant_secret, wrapped, key))
        return true;
    ch_log(CH_LOG_ERROR, "a grant's key cannot be unwrapped: [metering] grant_secret is not the one it was made with",
           NULL);
    return false;
}

static bool start(struct ch_service_context *context)
{
    static struct metering metering;
    char error[256];
    metering.rate = (struct ch_rate){.per_second = ch_config_int(context->config, "metering", "requests_per_second"),
                                     .burst = ch_config_int(context->config, "metering", "requests_burst")};
    metering.delivery_key = ch_service_signing_key(context, "delivery_key");
    if (!metering.delivery_key)
        return false;
    if (!ch_secret_load(ch_config_text(context->config, "metering", "grant_secret"), metering.grant_secret, error,
                        sizeof error)) {
        ch_log(CH_LOG_ERROR, "metering cannot start", "detail", error, NULL);
        return false;
    }
    metering.event_reader = event_reader_new();
    metering.event_groups =
        event_groups_new(ch_service_pool(context, 1), (size_t)ch_config_int(context->config, "metering", "event_queue"),
                         context->counters);
    delivery_beats_start(context->base, context->pool);
    context->state = &metering;
    return true;
}

static void stop(struct ch_service_context *context)
{
    struct metering *metering = context->state;
    event_groups_free(metering->event_groups);
    event_reader_free(metering->event_reader);
    delivery_beats_stop();
}

const struct ch_service metering_service = {
    .name = "metering",
    .routes = ROUTES,
    .keys = KEYS,
    .jobs = JOBS,
    .clocks = CLOCKS,
    .start = start,
    .counters = COUNTERS,
    .stop = stop,
};
