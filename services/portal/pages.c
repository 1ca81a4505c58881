/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The front page while no pages have been built. */
#include <string.h>

#include "portal.h"

static const char FRONT_PAGE[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Commonhold</title></head>\n"
    "<body><h1>Commonhold</h1>\n<p>The portal has not been built: run <code>make portal</code> "
    "(this version brings no pages yet). All other roles work: "
    "<a href=\"/governance/v1/openapi.yaml\">governance</a>, <a href=\"/licensing/v1/openapi.yaml\">licensing</a>, "
    "<a href=\"/metering/v1/openapi.yaml\">metering</a>, <a href=\"/payout/v1/openapi.yaml\">payout</a>, "
    "<a href=\"/log/checkpoint\">transparency log</a>.</p></body></html>\n";

struct ch_done *get_front_page(struct ch_request *request)
{
    ch_set_header(request, "Content-Security-Policy",
                  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
                  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
    ch_set_header(request, "Referrer-Policy", "no-referrer");
    ch_set_header(request, "Cross-Origin-Opener-Policy", "same-origin");
    ch_set_header(request, "Permissions-Policy", "camera=(), microphone=(), geolocation=()");
    return ch_reply_bytes(request, 200, "text/html; charset=utf-8", FRONT_PAGE, strlen(FRONT_PAGE));
}
