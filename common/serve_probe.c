/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The skeleton's own addresses: probes, numbers, public keys, the texts of the problems, the documents of the
 * interface. They are ordinary routes of a service without a role. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/json.h"
#include "commonhold/log.h"
#include "serve_private.h"

#define DOCUMENT_MOST ((size_t)4 * 1024 * 1024)

static struct ch_daemon *daemon_of(const struct ch_request *request)
{
    return ch_context(request)->state;
}

static struct ch_done *get_health(struct ch_request *request)
{
    return ch_reply(request, "ok", "{\"status\":\"alive\"}");
}

/* What the roles themselves say; NULL: nothing. */
static const char *why_unready(struct ch_daemon *daemon)
{
    for (size_t i = 0; i < daemon->nroles; i++) {
        const struct ch_service *service = daemon->roles[i];
        const char *why = service->unready ? service->unready(&daemon->contexts[i]) : NULL;
        if (why)
            return why;
    }
    return NULL;
}

/* {"status":"ready"}, with the warnings of the roles where there are any. */
static const char *ready_text(struct ch_daemon *daemon, struct ch_arena *arena)
{
    json_t *warnings = ch_json_pack(arena, "[]");
    for (size_t i = 0; i < daemon->nroles; i++) {
        const struct ch_service *service = daemon->roles[i];
        const char *warning = service->warning ? service->warning(&daemon->contexts[i]) : NULL;
        if (warning)
            json_array_append_new(warnings, json_string(warning));
    }
    json_t *text = ch_json_pack(arena, "{s:s}", "status", "ready");
    if (json_array_size(warnings) > 0)
        json_object_set(text, "warnings", warnings);
    return ch_json_canonical(arena, text, NULL);
}

static struct ch_done *get_ready(struct ch_request *request)
{
    struct ch_daemon *daemon = daemon_of(request);
    const char *why = ch_daemon_ready(daemon) ? why_unready(daemon) : NULL;
    if (why)
        return ch_refuse(request, "unavailable", "%s", why);
    if (ch_daemon_ready(daemon))
        return ch_reply(request, "ok", ready_text(daemon, ch_arena_of(request)));
    if (daemon->server->draining)
        return ch_refuse(request, "unavailable", "The service is being stopped.");
    return ch_refuse(request, "unavailable", "The database cannot be reached.");
}

static struct ch_done *get_metrics(struct ch_request *request)
{
    const struct ch_daemon *daemon = daemon_of(request);
    const char *text =
        ch_metrics_text(daemon->metrics, ch_arena_of(request), daemon->router, daemon->pool_names, daemon->roles);
    return ch_reply_bytes(request, 200, "text/plain; version=0.0.4; charset=utf-8", text, strlen(text));
}

static struct ch_done *get_keys(struct ch_request *request)
{
    json_t *document = ch_keyset_jwks(daemon_of(request)->keys);
    char *text = json_dumps(document, JSON_COMPACT);
    ch_set_header(request, "Cache-Control", "public, max-age=300");
    struct ch_done *done = ch_reply_bytes(request, 200, "application/jwk-set+json", text, strlen(text));
    free(text);
    json_decref(document);
    return done;
}

/* As a role shows it, else in three lines. */
static struct ch_done *show_problem(struct ch_request *request, const struct ch_outcome *outcome)
{
    static const char PAGE[] =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s</title></head>\n"
        "<body><h1>%s</h1><p>%s</p><p>Problem <code>%s</code>, HTTP status %d.</p></body></html>\n";
    struct ch_daemon *daemon = daemon_of(request);
    for (size_t i = 0; i < daemon->nroles; i++) {
        const struct ch_service *service = daemon->roles[i];
        struct ch_done *done = service->page ? service->page(&daemon->contexts[i], request) : NULL;
        if (done)
            return done;
    }
    const char *page = ch_printf(ch_arena_of(request), PAGE, outcome->title, outcome->title, outcome->advice,
                                 outcome->slug, outcome->status);
    ch_set_header(request, "Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'");
    ch_set_header(request, "Cache-Control", "public, max-age=3600");
    return ch_reply_bytes(request, 200, "text/html; charset=utf-8", page, strlen(page));
}

static struct ch_done *get_problem(struct ch_request *request)
{
    const struct ch_outcome *outcome = ch_outcome_find(ch_path(request, "slug"));
    if (!outcome || outcome->status < 400)
        return ch_reply(request, "not_found", NULL);
    const char *accept = ch_header(request, "Accept");
    ch_set_header(request, "Vary", "Accept");
    if (accept && strstr(accept, "text/html"))
        return show_problem(request, outcome);
    ch_set_header(request, "Cache-Control", "public, max-age=3600");
    const char *text =
        ch_printf(ch_arena_of(request), "{\"slug\":\"%s\",\"status\":%d,\"title\":\"%s\",\"advice\":\"%s\"}",
                  outcome->slug, outcome->status, outcome->title, outcome->advice);
    return ch_reply(request, "ok", text);
}

static struct ch_done *get_openapi(struct ch_request *request)
{
    const struct ch_daemon *daemon = daemon_of(request);
    const char *role = ch_path(request, "role");
    for (size_t i = 0; i < daemon->nroles; i++)
        if (strcmp(daemon->roles[i]->name, role) == 0 && daemon->openapi[i])
            return ch_reply_bytes(request, 200, "application/yaml", daemon->openapi[i], strlen(daemon->openapi[i]));
    return ch_reply(request, "no_route", NULL);
}

static const struct ch_route ROUTES[] = {{CH_GET, "/healthz", CH_AUTH_NONE, get_health, .produces = ""},
                                         {CH_GET, "/readyz", CH_AUTH_NONE, get_ready, .produces = ""},
                                         {CH_GET, "/metrics", CH_AUTH_NONE, get_metrics, .produces = ""},
                                         {CH_GET, "/.well-known/jwks.json", CH_AUTH_NONE, get_keys, .produces = ""},
                                         {CH_GET, "/problems/{slug}", CH_AUTH_NONE, get_problem, .produces = ""},
                                         {CH_GET, "/{role}/v1/openapi.yaml", CH_AUTH_NONE, get_openapi, .produces = ""},
                                         {0}};

const struct ch_service CH_SKELETON = {.name = "_skeleton", .routes = ROUTES};

/* ---- documents ---- */

static char *read_document(const char *folder, const char *role)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.yaml", folder, role);
    FILE *file = fopen(path, "re");
    char *text = file ? calloc(1, DOCUMENT_MOST + 1) : NULL;
    size_t size = text ? fread(text, 1, DOCUMENT_MOST, file) : 0;
    if (file)
        fclose(file);
    char *fitting = text ? realloc(text, size + 1) : NULL;
    return fitting ? fitting : text;
}

void ch_daemon_load_openapi(struct ch_daemon *daemon)
{
    const char *folder = ch_config_folder(daemon->config, "common", "api_dir", "docs/api");
    for (size_t i = 0; i < daemon->nroles; i++)
        daemon->openapi[i] = read_document(folder, daemon->roles[i]->name);
}
