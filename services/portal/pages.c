/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The pages over HTTP: every address that is nothing else answers index.html, the files themselves lie under the name
 * of their build and are kept by browsers for good. Without a build one plain page says so. */
#include <string.h>

#include "portal.h"

static const char FALLBACK[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Commonhold</title></head>\n"
    "<body><h1>Commonhold</h1>\n<p>The portal has not been built: run <code>make portal</code>. "
    "All other roles work: "
    "<a href=\"/governance/v1/openapi.yaml\">governance</a>, <a href=\"/licensing/v1/openapi.yaml\">licensing</a>, "
    "<a href=\"/metering/v1/openapi.yaml\">metering</a>, <a href=\"/payout/v1/openapi.yaml\">payout</a>, "
    "<a href=\"/log/checkpoint\">transparency log</a>.</p></body></html>\n";

static void set_page_headers(struct ch_request *request)
{
    ch_set_header(request, "Content-Security-Policy",
                  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
                  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
    ch_set_header(request, "Referrer-Policy", "no-referrer");
    ch_set_header(request, "Cross-Origin-Opener-Policy", "same-origin");
    ch_set_header(request, "Permissions-Policy", "camera=(), microphone=(), geolocation=()");
    ch_set_header(request, "Cache-Control", "no-cache");
}

/* Both forms carry the sum of the file itself: what is compared is what the page is made of. */
static struct ch_done *send_file(struct ch_request *request, int status, const struct portal_file *file)
{
    bool known = ch_if_none_match(request, file->etag);
    if (file->gzip)
        ch_set_header(request, "Vary", "Accept-Encoding");
    if (known && status == 200)
        return ch_reply(request, "not_modified", NULL);
    if (!file->gzip || !ch_takes_gzip(request))
        return ch_reply_bytes(request, status, file->type, file->bytes, file->size);
    ch_set_header(request, "Content-Encoding", "gzip");
    return ch_reply_bytes(request, status, file->type, file->gzip, file->gzip_size);
}

static struct ch_done *send_index(struct ch_request *request, int status, const struct portal_files *files)
{
    set_page_headers(request);
    return send_file(request, status, portal_files_find(files, "index.html"));
}

struct ch_done *get_front_page(struct ch_request *request)
{
    const struct portal_files *files = portal_of(request)->files;
    if (files)
        return send_index(request, 200, files);
    set_page_headers(request);
    return ch_reply_bytes(request, 200, "text/html; charset=utf-8", FALLBACK, strlen(FALLBACK));
}

struct ch_done *get_page(struct ch_request *request)
{
    const struct portal_files *files = portal_of(request)->files;
    if (!files || !ch_takes_type(request, "text/html"))
        return ch_reply(request, "no_route", NULL);
    const char *path = ch_printf(ch_arena_of(request), "/%s", ch_path(request, "path"));
    return send_index(request, portal_files_is_page(files, path) ? 200 : 404, files);
}

struct ch_done *get_asset(struct ch_request *request)
{
    const struct portal_files *files = portal_of(request)->files;
    bool ours = files && strcmp(ch_path(request, "build"), portal_files_build(files)) == 0;
    const struct portal_file *file = ours ? portal_files_find(files, ch_path(request, "path")) : NULL;
    if (!file || strcmp(file->path, "index.html") == 0)
        return ch_reply(request, "no_route", NULL);
    ch_set_header(request, "Cache-Control", "max-age=31536000, immutable");
    return send_file(request, 200, file);
}

struct ch_done *portal_page(struct ch_service_context *context, struct ch_request *request)
{
    const struct portal *portal = context->state;
    return portal->files ? send_index(request, 200, portal->files) : NULL;
}
