/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The log role: publishes the transparency log; its job in the worker grows and signs it. */
#include "commonhold/service.h"

#include <string.h>

#include "anchors.h"

static const struct ch_route ROUTES[] = {
    {CH_GET, "/log/checkpoint", CH_AUTH_NONE, get_log_checkpoint, NULL, "", 0, 0},
    {CH_GET, "/log/tile/entries/{number...}", CH_AUTH_NONE, get_log_entries, NULL, "", 0, 0},
    {CH_GET, "/log/tile/{level}/{number...}", CH_AUTH_NONE, get_log_tile, NULL, "", 0, 0},
    {CH_GET, "/log/proof/{type}/{id...}", CH_AUTH_NONE, get_log_proof, NULL, "", 0, 0},
    {CH_GET, "/log/keys", CH_AUTH_NONE, get_log_keys, NULL, NULL, 0, 0},
    {CH_GET, "/log/policy", CH_AUTH_NONE, get_log_policy, NULL, "", 0, 0},
    {CH_GET, "/log/timestamp/{size}", CH_AUTH_NONE, get_log_timestamp, NULL, "", 0, 0},
    {0, NULL, 0, NULL, NULL, NULL, 0, 0},
};

static const struct ch_config_key KEYS[] = {
    {"origin", CH_CONFIG_TEXT, "", 0, 0,
     "name of the log: host and path without scheme; empty: the host of [common] origin and /log"},
    {"key", CH_CONFIG_PATH, "secrets/log.key", 0, 0, "Ed25519 key that signs checkpoints (read by the worker only)"},
    {"next_key", CH_CONFIG_PATH, "", 0, 0, "second key that signs during a rotation; empty: none"},
    {"checkpoint_file", CH_CONFIG_PATH, "log/checkpoint", 0, 0,
     "newest checkpoint, kept outside the database (worker)"},
    {"policy", CH_CONFIG_PATH, "", 0, 0,
     "C2SP tlog-policy file: the witnesses, with their addresses, and the quorum; empty: none (worker, log)"},
    {"timestamp_url", CH_CONFIG_TEXT, "", 0, 0,
     "RFC 3161 authority that is asked when a period is closed, and weekly; empty: none (worker)"},
    {"timestamp_ca", CH_CONFIG_PATH, "", 0, 0, "PEM certificates that the authority's must lead to (worker)"},
    {NULL, 0, NULL, 0, 0, NULL},
};

static const struct ch_job_kind JOBS[] = {
    {"sequence_log", sequence_log, 0, 0},
    {"ask_witnesses", ask_witnesses, 0, 0},
    {"take_timestamp", take_timestamp, 0, 60},
    {NULL, NULL, 0, 0},
};

/* A witness or an authority may say nothing for seconds: the sequencer does not wait for it. */
static const char *const APART[] = {"ask_witnesses", "take_timestamp", NULL};
static const char *const CLOCKS[] = {"log.tick", NULL};
static const char *const CHANNELS[] = {"log_health", NULL};

const char *log_origin(struct ch_arena *arena, const struct ch_config *config)
{
    const char *own = ch_config_text(config, "log", "origin");
    if (*own != '\0')
        return own;
    const char *trust = ch_config_text(config, "common", "origin");
    const char *host = strstr(trust, "://");
    return ch_printf(arena, "%s/log", host != NULL ? host + 3 : trust);
}

static bool log_start(struct ch_service_context *context)
{
    return log_policy_start(context) && log_health_start(context);
}

const struct ch_service log_service = {
    .name = "log",
    .routes = ROUTES,
    .keys = KEYS,
    .jobs = JOBS,
    .apart = APART,
    .clocks = CLOCKS,
    .listen = CHANNELS,
    .notified = log_health_notified,
    .start = log_start,
    .unready = log_unready,
};
