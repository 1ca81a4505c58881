/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the blocking and the asynchronous fetch share. */
#ifndef COMMONHOLD_FETCH_PRIVATE_H
#define COMMONHOLD_FETCH_PRIVATE_H

#include <curl/curl.h>
#include <stdint.h>

#include "commonhold/fetch.h"

/* One exchange. Lives until its response was handed over. */
struct ch_exchange {
    CURL *curl;
    struct curl_slist *headers, *pins;
    struct ch_fetch_policy policy;
    struct ch_arena *arena; /* of url, request body and response */
    char *body;             /* `room` bytes, of which `size` are filled; NULL until the first */
    size_t size, room;
    size_t head_size;
    bool too_large;          /* head or body */
    bool body_over;          /* the body alone: the head was read whole, so its status counts */
    const char *host, *port; /* of the URL */
    bool looks;              /* the name is resolved and judged first */
    bool refused_address;    /* curl came to one that is not connected to */
    char *addresses;         /* those of the host, parted by commas, IPv6 in brackets */
    int64_t started_ms;      /* monotonic */
    char *retry_after;
    struct ch_fetch_response response;
};

/* Checks the URL and sets the exchange up. False: response holds the refusal, nothing is to be run. */
bool ch_exchange_start(struct ch_exchange *exchange, struct ch_arena *arena, const struct ch_fetch_policy *policy,
                       const struct ch_fetch_request *request);
/* Sets what curl asks before it opens a socket. */
void ch_exchange_guard(struct ch_exchange *exchange);

/* The resolving of an exchange's host: readable at its descriptor when it has ended; to be given back in any case. */
struct ch_look;
struct ch_look *ch_look_start(const struct ch_exchange *exchange);
int ch_look_fd(const struct ch_look *look);
bool ch_look_wait(const struct ch_look *look, int timeout_ms);
void ch_look_end(struct ch_look *look);
/* Judges what was found and pins the exchange to it. False: response says why not, nothing is to be run. */
bool ch_exchange_pin(struct ch_exchange *exchange, const struct ch_look *look, bool answered);
/* Turns curl's result into the response, unless it holds a refusal already, and releases curl's side. */
void ch_exchange_end(struct ch_exchange *exchange, CURLcode code);

#endif
