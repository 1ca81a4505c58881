/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Outgoing HTTP through libcurl, guarded against being used to reach inside (SSRF): scheme and port policy, no user
 * info, no address literals, all addresses of the name checked after one resolution and connected to as checked, no
 * redirects, no proxy from the environment, limits on size and time. */
#ifndef COMMONHOLD_FETCH_H
#define COMMONHOLD_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "commonhold/arena.h"

struct ch_fetch_policy {
    bool allow_http;    /* default https only */
    bool allow_private; /* private, loopback, link-local, shared, multicast, reserved: for tests and inside networks */
    bool any_port;      /* default 443 only */
    size_t body_max;    /* bytes read; 0: 64 KiB */
    int timeout_s;      /* whole exchange; 0: 15 */
};

struct ch_fetch_request {
    const char *method; /* "GET", "POST" */
    const char *url;
    const char *const *headers; /* "Name: value", NULL-ended; may be NULL */
    const void *body;
    size_t body_size;
};

enum ch_fetch_verdict { CH_FETCH_OK, CH_FETCH_REFUSED, CH_FETCH_UNREACHABLE, CH_FETCH_TIMEOUT, CH_FETCH_TOO_LARGE };

struct ch_fetch_response {
    enum ch_fetch_verdict verdict;
    int status; /* when OK: any HTTP status; when TOO_LARGE: that of an answer whose body was cut off, 0 when its head
                   was */
    const char *body;
    size_t size;
    const char *retry_after; /* header, NULL when absent */
    char detail[256];        /* why not OK */
};

/* True when an address may never be connected to under the default policy: every special-purpose block of IANA's IPv4
 * and IPv6 registries, also IPv4 embedded in IPv6 (mapped, compatible, 6to4, NAT64, Teredo). Pure. */
bool ch_fetch_address_refused(const struct sockaddr *address);

/* Blocking, for the worker. Texts live in the arena. */
void ch_fetch(struct ch_arena *arena, const struct ch_fetch_policy *policy, const struct ch_fetch_request *request,
              struct ch_fetch_response *response);

/* On the event loop (libcurl multi). `done` once, from the loop; the response lives during the call. */
struct event_base;
struct ch_fetcher;
struct ch_fetcher *ch_fetcher_new(struct event_base *base);
void ch_fetcher_free(struct ch_fetcher *fetcher);
typedef void ch_fetch_done(void *arg, const struct ch_fetch_response *response);
void ch_fetch_async(struct ch_fetcher *fetcher, const struct ch_fetch_policy *policy,
                    const struct ch_fetch_request *request, ch_fetch_done *done, void *arg);

#endif
