/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the blocking and the asynchronous fetch share. */
#ifndef COMMONHOLD_FETCH_PRIVATE_H
#define COMMONHOLD_FETCH_PRIVATE_H

#include <curl/curl.h>

#include "commonhold/fetch.h"

/* One exchange. Lives until its response was handed over. */
struct ch_exchange {
    CURL *curl;
    struct curl_slist *headers;
    struct ch_fetch_policy policy;
    struct ch_arena *arena; /* of url, request body and response */
    char *body;             /* `room` bytes, of which `size` are filled; NULL until the first */
    size_t size, room;
    bool too_large;
    bool refused_address; /* an address of the host is one that is not connected to */
    char *retry_after;
    struct ch_fetch_response response;
};

/* Checks the URL and sets the exchange up. False: response holds the refusal, nothing is to be run. */
bool ch_exchange_start(struct ch_exchange *exchange, struct ch_arena *arena, const struct ch_fetch_policy *policy,
                       const struct ch_fetch_request *request);
/* Turns curl's result into the response and releases curl's side. */
void ch_exchange_end(struct ch_exchange *exchange, CURLcode code);

#endif
