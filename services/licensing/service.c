/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The licensing role: its routes, configuration keys, jobs and clock. Reading this file is reading its API. */
#include "commonhold/service.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "commonhold/log.h"
#include "commonhold/secret.h"
#include "licensing.h"

#define TEXTS ((size_t)64 << 10) /* bodies with texts of 4,000 characters, each perhaps escaped as six bytes */
#define FORM  "application/x-www-form-urlencoded"
#define LD    "application/ld+json application/json"

/* Every answer of tus says which version it is of. */
static const char *const TUS[] = {"Tus-Resumable", "1.0.0", NULL};

static const struct ch_route ROUTES[] = {
    {CH_GET, "/licensing/v1/pools", CH_AUTH_NONE, licensing_get_pools, NULL, NULL, 0, 0},
    {CH_POST, "/licensing/v1/pools", CH_AUTH_MEMBER, licensing_post_pool, NULL, NULL, 0, 0},
    {CH_GET, "/licensing/v1/pools/{id}", CH_AUTH_NONE, licensing_get_pool, NULL, NULL, 0, CH_ROUTE_ETAG},
    {CH_PATCH, "/licensing/v1/pools/{id}", CH_AUTH_MEMBER, licensing_patch_pool, NULL, NULL, 0, 0},
    {CH_GET, "/licensing/v1/pools/{id}/schema", CH_AUTH_NONE, licensing_get_pool_schema, NULL, NULL, 0, 0},
    {CH_POST, "/licensing/v1/pools/{id}/schema", CH_AUTH_MEMBER, licensing_post_pool_schema, NULL, NULL, 0, 0},
    {CH_GET, "/licensing/v1/pools/{id}/notices", CH_AUTH_NONE, licensing_get_pool_notices, NULL, NULL, 0, 0},
    {CH_GET, "/licensing/v1/pools/{id}/quality", CH_AUTH_NONE, licensing_get_pool_quality, NULL, NULL, 0, 0},
    {CH_POST, "/licensing/v1/pools/{id}/pause", CH_AUTH_MEMBER, licensing_pause_pool, NULL, NULL, TEXTS, 0},
    {CH_POST, "/licensing/v1/pools/{id}/resume", CH_AUTH_MEMBER, licensing_resume_pool, NULL, NULL, TEXTS, 0},

    {CH_GET, "/licensing/v1/contributions", CH_AUTH_MEMBER, licensing_get_contributions, NULL, NULL, 0, 0},
    {CH_POST, "/licensing/v1/contributions", CH_AUTH_MEMBER, licensing_post_contribution, NULL, NULL, 65536, 0},
    {CH_GET, "/licensing/v1/contributions/{id}", CH_AUTH_MEMBER, licensing_get_contribution, NULL, NULL, 0, 0},
    {CH_GET, "/licensing/v1/contributions/{id}/errors", CH_AUTH_MEMBER, licensing_get_contribution_errors, NULL, NULL,
     0, 0},
    {CH_POST, "/licensing/v1/contributions/{id}/withdraw", CH_AUTH_MEMBER, licensing_withdraw_contribution, NULL, NULL,
     4096, 0},

    {CH_OPTIONS, "/licensing/v1/uploads", CH_AUTH_NONE, licensing_options_uploads, "*", "", 0, 0, TUS},
    {CH_POST, "/licensing/v1/uploads", CH_AUTH_MEMBER, licensing_post_upload, "*", "", 0, CH_ROUTE_STREAM_BODY, TUS},
    {CH_HEAD, "/licensing/v1/uploads/{id}", CH_AUTH_MEMBER, licensing_head_upload, NULL, "", 0, 0, TUS},
    {CH_PATCH, "/licensing/v1/uploads/{id}", CH_AUTH_MEMBER, licensing_patch_upload, "*", "", 0, CH_ROUTE_STREAM_BODY,
     TUS},
    {CH_DELETE, "/licensing/v1/uploads/{id}", CH_AUTH_MEMBER, licensing_delete_upload, "*", "", 4096, CH_ROUTE_RAW_BODY,
     TUS},
    {CH_POST, "/licensing/v1/uploads/{id}", CH_AUTH_MEMBER, licensing_override_upload, "*", "", 0, CH_ROUTE_STREAM_BODY,
     TUS},

    {CH_GET, "/licensing/v1/consents", CH_AUTH_MEMBER, licensing_get_consents, NULL, NULL, 0, 0},
    {CH_POST, "/licensing/v1/consents", CH_AUTH_MEMBER, licensing_post_consent, NULL, NULL, 16384, 0},
    {CH_POST, "/licensing/v1/consents/withdraw-all", CH_AUTH_MEMBER, licensing_withdraw_all_consents, NULL, NULL, 4096,
     0},
    {CH_GET, "/licensing/v1/consents/{id}/receipt", CH_AUTH_MEMBER, licensing_get_consent_receipt, NULL,
     "application/json text/html text/plain", 0, 0},

    {CH_GET, "/licensing/v1/terms", CH_AUTH_NONE, licensing_get_terms_list, NULL, NULL, 0, 0},
    {CH_POST, "/licensing/v1/terms", CH_AUTH_MEMBER, licensing_post_terms, NULL, NULL, 0, 0},
    {CH_GET, "/licensing/v1/terms/{id}", CH_AUTH_NONE, licensing_get_terms, NULL, NULL, 0, CH_ROUTE_ETAG},
    {CH_PUT, "/licensing/v1/terms/{id}", CH_AUTH_MEMBER, licensing_put_terms, NULL, NULL, 0, 0},
    {CH_GET, "/licensing/v1/terms/{id}/odrl", CH_AUTH_NONE, licensing_get_terms_odrl, NULL, LD, 0, 0},
    {CH_GET, "/licensing/v1/terms/{id}/compare", CH_AUTH_NONE, licensing_compare_terms, NULL, NULL, 0, 0},

    {CH_GET, "/licensing/v1/organisations", CH_AUTH_PERSON, licensing_get_organisations, NULL, NULL, 0, 0},
    {CH_POST, "/licensing/v1/organisations", CH_AUTH_NONE, licensing_post_organisation, NULL, NULL, 16384,
     CH_ROUTE_SECRET},
    {CH_GET, "/licensing/v1/organisations/{id}", CH_AUTH_PERSON, licensing_get_organisation, NULL, NULL, 0, 0},
    {CH_GET, "/licensing/v1/organisations/{id}/keys", CH_AUTH_PERSON, licensing_get_organisation_keys, NULL, NULL, 0,
     0},
    {CH_POST, "/licensing/v1/organisations/{id}/keys", CH_AUTH_LICENSEE, licensing_post_organisation_key, NULL, NULL,
     4096, 0},
    {CH_POST, "/licensing/v1/organisations/{id}/end-key", CH_AUTH_LICENSEE, licensing_end_organisation_key, NULL, NULL,
     4096, 0},
    {CH_POST, "/licensing/v1/organisations/{id}/persons", CH_AUTH_LICENSEE, licensing_post_person, NULL, NULL, 4096,
     CH_ROUTE_SECRET},
    {CH_POST, "/licensing/v1/organisations/{id}/verify-class", CH_AUTH_MEMBER, licensing_verify_class, NULL, NULL,
     TEXTS, 0},
    {CH_GET, "/licensing/v1/organisations/{id}/attestations", CH_AUTH_PERSON, licensing_get_attestations, NULL, NULL, 0,
     0},
    {CH_POST, "/licensing/v1/organisations/{id}/attestations", CH_AUTH_LICENSEE, licensing_post_attestation, NULL, NULL,
     TEXTS, 0},

    {CH_GET, "/licensing/v1/applications", CH_AUTH_PERSON, licensing_get_applications, NULL, NULL, 0, 0},
    {CH_POST, "/licensing/v1/applications", CH_AUTH_LICENSEE, licensing_post_application, NULL, NULL, 0, 0},
    {CH_GET, "/licensing/v1/applications/{id}", CH_AUTH_PERSON, licensing_get_application, NULL, NULL, 0,
     CH_ROUTE_ETAG},
    {CH_PATCH, "/licensing/v1/applications/{id}", CH_AUTH_LICENSEE, licensing_patch_application, NULL, NULL, 0, 0},
    {CH_GET, "/licensing/v1/applications/{id}/events", CH_AUTH_PERSON, licensing_get_application_events, NULL, NULL, 0,
     0},
    {CH_POST, "/licensing/v1/applications/{id}/set-quotas", CH_AUTH_MEMBER, licensing_set_quotas, NULL, NULL, 4096, 0},
    {CH_POST, "/licensing/v1/applications/{id}/{command}", CH_AUTH_PERSON, licensing_command_application, NULL, NULL,
     TEXTS, 0},

    {CH_GET, "/licensing/v1/offers/{id}", CH_AUTH_PERSON, licensing_get_offer, NULL, NULL, 0, 0},
    {CH_POST, "/licensing/v1/offers/{id}/accept", CH_AUTH_LICENSEE, licensing_accept_offer, NULL, NULL, 4096, 0},
    {CH_GET, "/licensing/v1/agreements", CH_AUTH_PERSON, licensing_get_agreements, NULL, NULL, 0, 0},
    {CH_GET, "/licensing/v1/agreements/{id}", CH_AUTH_PERSON, licensing_get_agreement, NULL, NULL, 0, 0},
    {CH_POST, "/licensing/v1/agreements/{id}/terminate", CH_AUTH_PERSON, licensing_terminate_agreement, NULL, NULL,
     TEXTS, 0},
    {CH_GET, "/licensing/v1/agreements/{id}/odrl", CH_AUTH_PERSON, licensing_get_agreement_odrl, NULL, LD, 0, 0},
    {CH_GET, "/licensing/v1/grants", CH_AUTH_PERSON, licensing_get_grants, NULL, NULL, 0, 0},
    {CH_GET, "/licensing/v1/grants/{id}", CH_AUTH_PERSON, licensing_get_grant, NULL, NULL, 0, 0},
    {CH_GET, "/licensing/v1/grants/{id}/tombstones", CH_AUTH_LICENSEE, licensing_get_tombstones, NULL,
     "application/x-ndjson", 0, 0},
    {CH_POST, "/licensing/v1/grants/{id}/acknowledge", CH_AUTH_LICENSEE, licensing_acknowledge_tombstones, NULL, NULL,
     4096, 0},
    {CH_POST, "/licensing/v1/grants/{id}/access-tokens", CH_AUTH_LICENSEE, licensing_post_access_token, NULL, NULL,
     4096, CH_ROUTE_SECRET},
    {CH_GET, "/licensing/v1/grants/{id}/duties", CH_AUTH_PERSON, licensing_get_duties, NULL, NULL, 0, 0},
    {CH_POST, "/licensing/v1/grants/{id}/duties", CH_AUTH_LICENSEE, licensing_post_duty, NULL, NULL, 393216, 0},
    {CH_GET, "/licensing/v1/grants/{id}/duties/{duty}", CH_AUTH_PERSON, licensing_get_duty, NULL, NULL, 0, 0},
    {CH_POST, "/licensing/v1/grants/{id}/answer-hearing", CH_AUTH_LICENSEE, licensing_answer_hearing, NULL, NULL, 65536,
     0},
    {CH_POST, "/licensing/v1/grants/{id}/{command}", CH_AUTH_PERSON, licensing_command_grant, NULL, NULL, 65536, 0},

    {CH_GET, "/licensing/v1/clients", CH_AUTH_LICENSEE, licensing_get_clients, NULL, NULL, 0, 0},
    {CH_POST, "/licensing/v1/clients", CH_AUTH_PERSON, licensing_post_client, NULL, NULL, 4096, CH_ROUTE_SECRET},
    {CH_DELETE, "/licensing/v1/clients/{id}", CH_AUTH_PERSON, licensing_delete_client, NULL, NULL, 0, 0},
    {CH_POST, "/licensing/v1/clients/{id}/secrets", CH_AUTH_LICENSEE, licensing_post_client_secret, NULL, NULL, 4096,
     CH_ROUTE_SECRET},
    {CH_POST, "/licensing/v1/clients/{id}/keys", CH_AUTH_LICENSEE, licensing_post_client_key, NULL, NULL, 4096, 0},
    {CH_POST, "/licensing/v1/oauth/token", CH_AUTH_NONE, licensing_post_token, FORM, NULL, 8192,
     CH_ROUTE_RAW_BODY | CH_ROUTE_SECRET | CH_ROUTE_NO_CSRF},
    {CH_POST, "/licensing/v1/oauth/revoke", CH_AUTH_NONE, licensing_revoke_token, FORM, NULL, 16384,
     CH_ROUTE_RAW_BODY | CH_ROUTE_SECRET | CH_ROUTE_NO_CSRF},

    {CH_GET, "/licensing/v1/webhook-types", CH_AUTH_NONE, licensing_get_webhook_types, NULL, NULL, 0, 0},
    {CH_GET, "/licensing/v1/webhooks", CH_AUTH_LICENSEE, licensing_get_webhooks, NULL, NULL, 0, 0},
    {CH_POST, "/licensing/v1/webhooks", CH_AUTH_LICENSEE, licensing_post_webhook, NULL, NULL, 16384, CH_ROUTE_SECRET},
    {CH_GET, "/licensing/v1/webhooks/{id}", CH_AUTH_LICENSEE, licensing_get_webhook, NULL, NULL, 0, 0},
    {CH_DELETE, "/licensing/v1/webhooks/{id}", CH_AUTH_LICENSEE, licensing_delete_webhook, NULL, NULL, 0, 0},
    {CH_GET, "/licensing/v1/webhooks/{id}/deliveries", CH_AUTH_LICENSEE, licensing_get_webhook_deliveries, NULL, NULL,
     0, 0},
    {CH_POST, "/licensing/v1/webhooks/{id}/resend", CH_AUTH_LICENSEE, licensing_resend_webhook, NULL, NULL, 4096, 0},
    {CH_POST, "/licensing/v1/webhooks/{id}/ping", CH_AUTH_LICENSEE, licensing_ping_webhook, NULL, NULL, 4096, 0},
    {CH_POST, "/licensing/v1/webhooks/{id}/enable", CH_AUTH_LICENSEE, licensing_enable_webhook, NULL, NULL, 4096, 0},
    {CH_POST, "/licensing/v1/webhooks/{id}/rotate-secret", CH_AUTH_LICENSEE, licensing_rotate_webhook_secret, NULL,
     NULL, 4096, CH_ROUTE_SECRET},

    {CH_GET, "/licensing/v1/purposes", CH_AUTH_NONE, licensing_get_purposes, NULL, NULL, 0, 0},
    {CH_POST, "/licensing/v1/policy/evaluate", CH_AUTH_PERSON, licensing_evaluate_policy, NULL, NULL, 16384, 0},
    {CH_POST, "/licensing/v1/policy/matches", CH_AUTH_LICENSEE, licensing_match_policy, NULL, NULL, TEXTS, 0},
    {CH_GET, "/licensing/v1/catalogue", CH_AUTH_NONE, licensing_get_catalogue, NULL, LD, 0, 0},
    {CH_GET, "/licensing/v1/catalogue/{pool}", CH_AUTH_NONE, licensing_get_catalogue_entry, NULL, LD, 0, 0},
    {CH_GET, "/licensing/v1/register", CH_AUTH_NONE, licensing_get_register, NULL, NULL, 0, 0},
    {CH_GET, "/licensing/v1/register/refusals", CH_AUTH_NONE, licensing_get_refusals, NULL, NULL, 0, 0},
    {0, NULL, 0, NULL, NULL, NULL, 0, 0},
};

static const struct ch_config_key KEYS[] = {
    {"upload_dir", CH_CONFIG_PATH, "uploads", 0, 0, "folder of uploads under way; leave it out of backups"},
    {"upload_max", CH_CONFIG_INT, "1073741824", 1, INT64_C(1099511627776), "most bytes of one upload"},
    {"client_key", CH_CONFIG_PATH, "secrets/client.key", 0, 0, "Ed25519 key that signs the tokens of programs"},
    {"receipt_key", CH_CONFIG_PATH, "secrets/receipt.key", 0, 0, "Ed25519 key that signs consent receipts"},
    {"agreement_key", CH_CONFIG_PATH, "secrets/agreement.key", 0, 0, "Ed25519 key that counter-signs agreements"},
    {"email_secret", CH_CONFIG_PATH, "secrets/email.secret", 0, 0, "32 random bytes: keyed hash of e-mail addresses"},
    {"webhook_secret", CH_CONFIG_PATH, "secrets/webhook.secret", 0, 0,
     "32 random bytes: the keys of webhooks are sealed under it"},
    {"webhook_test", CH_CONFIG_BOOL, "no", 0, 0,
     "for tests only: webhooks may go to private addresses, over http and to any port"},
    {"webhook_delay_ppm", CH_CONFIG_INT, "1000000", 1, 1000000,
     "for tests only, with webhook_test: delays between attempts in millionths of the real ones"},
    {NULL, 0, NULL, 0, 0, NULL},
};

static const struct ch_job_kind JOBS[] = {
    {"ingest_contribution", licensing_run_ingest_contribution, 0, 10},
    {"screen_application", licensing_run_screen_application, 0, 0},
    {"amend_agreement", licensing_run_amend_agreement, 0, 0},
    {"refresh_catalogue", licensing_run_refresh_catalogue, 0, 0},
    {"count_catalogue", licensing_run_refresh_catalogue, 0, 0},
    {"delete_contribution_rows", licensing_run_delete_contribution_rows, 0, 0},
    {"make_manifests", licensing_run_make_manifests, 0, 0},
    {"remove_upload_files", licensing_run_remove_upload_files, 0, 0},
    {"send_webhooks", licensing_run_send_webhooks, 0, 20},
    {NULL, NULL, 0, 0},
};

/* The parts of licensing.tick in the order in which one's results are the next one's cause. */
static const char *const CLOCKS[] = {"licensing.tick('uploads')",
                                     "licensing.tick('consents')",
                                     "licensing.tick('catalogue')",
                                     "licensing.tick('drafts')",
                                     "licensing.tick('agreements')",
                                     "licensing.tick('charters')",
                                     "licensing.tick('terms')",
                                     "licensing.tick('amendments')",
                                     "licensing.tick('cases')",
                                     "licensing.tick('offers')",
                                     "licensing.tick('grants')",
                                     "licensing.tick_webhooks",
                                     NULL};

static bool stop_at(const char *what, const char *detail)
{
    ch_log(CH_LOG_ERROR, "licensing cannot start", "what", what, "detail", detail, NULL);
    return false;
}

/* A trust from before there were webhooks goes on without their secret, and has no webhooks. */
static void start_webhooks(struct ch_service_context *context, struct licensing *licensing)
{
    char error[256];
    licensing->webhook_ready = webhook_settings_load(context->config, &licensing->webhook, error, sizeof error);
    if (!licensing->webhook_ready)
        ch_log(CH_LOG_WARN, "there is no webhook secret: nobody can have webhooks", "why", error, NULL);
    if (licensing->webhook.test)
        ch_log(CH_LOG_WARN, "webhook_test is on: webhooks go to private addresses, over http and to any port", NULL);
}

static bool start(struct ch_service_context *context)
{
    static struct licensing licensing;
    char error[256];
    licensing.upload_dir = ch_config_text(context->config, "licensing", "upload_dir");
    licensing.upload_max = ch_config_int(context->config, "licensing", "upload_max");
    if (mkdir(licensing.upload_dir, 0700) != 0 && errno != EEXIST)
        return stop_at(licensing.upload_dir, strerror(errno));
    licensing.client_key = ch_service_signing_key(context, "client_key");
    licensing.receipt_key = ch_service_signing_key(context, "receipt_key");
    licensing.agreement_key = ch_service_signing_key(context, "agreement_key");
    if (!licensing.client_key || !licensing.receipt_key || !licensing.agreement_key)
        return false;
    if (!ch_secret_load(ch_config_text(context->config, "licensing", "email_secret"), licensing.email_secret, error,
                        sizeof error))
        return stop_at("email_secret", error);
    start_webhooks(context, &licensing);
    context->state = &licensing;
    return true;
}

const struct ch_service licensing_service = {
    .name = "licensing",
    .routes = ROUTES,
    .keys = KEYS,
    .jobs = JOBS,
    .clocks = CLOCKS,
    .start = start,
};
