/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The portal role: accounts, sign-in, and the pages. It holds no rule of its own. */
#include "commonhold/service.h"

#include <string.h>
#include <unistd.h>

#include "commonhold/log.h"
#include "commonhold/secret.h"
#include "portal.h"

static const struct ch_route ROUTES[] = {
    {CH_POST, "/portal/v1/invites/{code}/accept", CH_AUTH_NONE, accept_invite, NULL, NULL, 4096,
     CH_ROUTE_SECRET | CH_ROUTE_NO_CSRF},
    {CH_POST, "/portal/v1/sign-ins", CH_AUTH_NONE, post_sign_in, NULL, NULL, 4096, CH_ROUTE_SECRET | CH_ROUTE_NO_CSRF},
    {CH_GET, "/portal/v1/sign-ins/current", CH_AUTH_NONE, get_current_sign_in, NULL, NULL, 0, 0},
    {CH_DELETE, "/portal/v1/sign-ins/current", CH_AUTH_PERSON, delete_current_sign_in, NULL, NULL, 0, 0},
    {CH_POST, "/portal/v1/passwords", CH_AUTH_PERSON, change_password, NULL, NULL, 4096, CH_ROUTE_SECRET},
    {CH_POST, "/portal/v1/totp-keys", CH_AUTH_PERSON, post_totp_key, NULL, NULL, 4096, CH_ROUTE_SECRET},
    {CH_POST, "/portal/v1/totp-keys/current/confirm", CH_AUTH_PERSON, confirm_totp_key, NULL, NULL, 4096,
     CH_ROUTE_SECRET},
    {CH_GET, "/portal/v1/audit-runs", CH_AUTH_MEMBER, get_audit_runs, NULL, NULL, 0, 0},
    {CH_GET, "/portal/v1/audit-findings", CH_AUTH_MEMBER, get_audit_findings, NULL, NULL, 0, 0},
    {CH_GET, "/portal/v1/oversight", CH_AUTH_MEMBER, get_oversight, NULL, NULL, 0, 0},
    {CH_GET, "/portal/v1/overview", CH_AUTH_NONE, get_overview, NULL, NULL, 0, 0},
    {CH_GET, "/", CH_AUTH_NONE, get_front_page, NULL, "text/html", 0, 0},
    {CH_GET, "/a/{build}/{path...}", CH_AUTH_NONE, get_asset, NULL, "", 0, 0},
    {CH_GET, "/{path...}", CH_AUTH_NONE, get_page, NULL, "", 0, 0},
    {0, NULL, 0, NULL, NULL, NULL, 0, 0},
};

static const struct ch_config_key KEYS[] = {
    {"person_key", CH_CONFIG_PATH, "secrets/person.key", 0, 0, "Ed25519 key that signs the tokens of signed-in people"},
    {"email_secret", CH_CONFIG_PATH, "secrets/email.secret", 0, 0,
     "32 random bytes: keyed hash of e-mail addresses, and the key TOTP secrets are sealed under"},
    {"portal_dir", CH_CONFIG_PATH, "", 0, 0,
     "folder of the built pages; empty: build/portal, or portal below /usr/local/share/commonhold or "
     "/usr/share/commonhold"},
    {NULL, 0, NULL, 0, 0, NULL},
};

/* The configured folder, that of a source tree, or the installed one. */
static const char *pages_folder(const struct ch_config *config)
{
    const char *built = ch_config_folder(config, "portal", "portal_dir", "build/portal");
    return access(built, R_OK | X_OK) == 0 ? built : ch_config_folder(config, "portal", "portal_dir", "portal");
}

static bool start(struct ch_service_context *context)
{
    static struct portal portal;
    char error[256];
    portal.person_key = ch_service_signing_key(context, "person_key");
    if (portal.person_key == NULL)
        return false;
    if (!ch_secret_load(ch_config_text(context->config, "portal", "email_secret"), portal.email_secret, error,
                        sizeof error)) {
        ch_log(CH_LOG_ERROR, "portal cannot start", "detail", error, NULL);
        return false;
    }
    ch_hkdf_sha256(portal.email_secret, 32, "", 0, "commonhold-totp/1", portal.totp_key, 32);
    portal.secure_cookies = strncmp(context->issuer, "https://", 8) == 0;
    portal.files = portal_files_load(pages_folder(context->config));
    context->state = &portal;
    return true;
}

const struct ch_service portal_service = {
    .name = "portal",
    .routes = ROUTES,
    .keys = KEYS,
    .start = start,
    .page = portal_page,
};
