/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The metering role: the only door to pooled data, and it counts. */
#include "commonhold/service.h"

#include <string.h>

#include "commonhold/json.h"
#include "commonhold/log.h"
#include "commonhold/secret.h"
#include "metering.h"

static const struct ch_route ROUTES[] = {
    {CH_GET, "/metering/v1/pools/{pool}/rows", CH_AUTH_GRANT, get_rows, NULL, "", 0, 0},
    {CH_GET, "/metering/v1/deliveries", CH_AUTH_LICENSEE, list_deliveries, NULL, NULL, 0, 0},
    {CH_GET, "/metering/v1/deliveries/{id}", CH_AUTH_LICENSEE, get_delivery, NULL, NULL, 0, 0},
    {CH_GET, "/metering/v1/grants/{id}/usage", CH_AUTH_LICENSEE, get_grant_usage, NULL, NULL, 0, 0},
    {CH_POST, "/metering/v1/seals", CH_AUTH_MEMBER, post_seal, NULL, NULL, 4096, 0},
    {CH_GET, "/metering/v1/usage", CH_AUTH_MEMBER, list_usage, NULL, NULL, 0, 0},
    {CH_GET, "/metering/v1/contributions/usage", CH_AUTH_MEMBER, list_own_usage, NULL, NULL, 0, 0},
    {0, NULL, 0, NULL, NULL, NULL, 0, 0},
};

static const struct ch_config_key KEYS[] = {
    {"grant_secret", CH_CONFIG_PATH, "secrets/grant.secret", 0, 0, "32 random bytes that wrap the keys of grants"},
    {"delivery_key", CH_CONFIG_PATH, "secrets/delivery.key", 0, 0, "Ed25519 key that signs receipts of deliveries"},
    {NULL, 0, NULL, 0, 0, NULL},
};

static const struct ch_job_kind JOBS[] = {
    {"fold_usage", fold_usage, 0, 120},
    {"write_tombstones", write_tombstones, 0, 0},
    {NULL, NULL, 0, 0},
};

static const char *const CLOCKS[] = {"metering.tick", NULL};

struct metering *metering_of(const struct ch_request *request)
{
    return ch_context(request)->state;
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
    metering.delivery_key = ch_service_signing_key(context, "delivery_key");
    if (!metering.delivery_key)
        return false;
    if (!ch_secret_load(ch_config_text(context->config, "metering", "grant_secret"), metering.grant_secret, error,
                        sizeof error)) {
        ch_log(CH_LOG_ERROR, "metering cannot start", "detail", error, NULL);
        return false;
    }
    context->state = &metering;
    return true;
}

const struct ch_service metering_service = {
    .name = "metering",
    .routes = ROUTES,
    .keys = KEYS,
    .jobs = JOBS,
    .clocks = CLOCKS,
    .start = start,
};
