/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The commands' way to a trust: its HTTP API, over libcurl, as one signed-in person. Blocking. Outgoing calls of the
 * services themselves are fetch.h, which trusts nobody's URL; here the person names the trust. */
#ifndef COMMONHOLD_CLIENT_H
#define COMMONHOLD_CLIENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

struct ch_client;

struct ch_client_request {
    const char *method; /* "GET", "HEAD", "POST", "PATCH", "DELETE" */
    const char *path;   /* "/licensing/v1/..." */
    const json_t *json; /* the body, or NULL */
    const void *bytes;  /* the body when it is no JSON; its type is among the headers */
    size_t size;
    const char *const *headers;              /* "Name: value", NULL-ended; may be NULL */
    void (*sent)(void *arg, uint64_t bytes); /* called now and then with the bytes of the body sent; may be NULL */
    /* Takes the body of a 200 as it comes, content coding undone, headers readable; false gives the exchange up. NULL:
     * the body is collected and read as JSON. */
    bool (*received)(void *arg, const void *bytes, size_t size);
    bool compressed; /* asks for gzip */
    void *arg;
};

struct ch_client_answer {
    int status;          /* 0: none came, `detail` says why */
    const char *outcome; /* X-Commonhold-Outcome, "" where there is none */
    const json_t *json;  /* NULL where the body is no JSON */
    const char *detail;  /* of a problem, or of what kept the answer away; "" otherwise */
};

/* The trust at `origin` (scheme, host, port), or at the one signed in to last where it is NULL. The sign-in is kept in
 * $XDG_STATE_HOME/commonhold (default ~/.local/state/commonhold, mode 0700). NULL with a message on stderr. */
struct ch_client *ch_client_open(struct ch_arena *arena, const char *origin);
/* Keeps what the sign-in became, and frees. */
void ch_client_close(struct ch_client *client);

/* One exchange. Adds CSRF value and, for POST, an Idempotency-Key; a token that ran out is renewed once. Texts live in
 * the arena given to open. */
struct ch_client_answer ch_client_send(struct ch_client *client, const struct ch_client_request *request);
/* Scheme, host and port, without a slash at the end. */
const char *ch_client_origin(const struct ch_client *client);
/* Text as it may stand in a path or a parameter (RFC 3986: all but unreserved characters as %XX). */
const char *ch_client_escape(struct ch_client *client, const char *text);
/* A header of the last answer, NULL when absent. */
const char *ch_client_header(struct ch_client *client, const char *name);
/* "METHOD PATH: status: detail" on stderr, with the errors of the fields; returns CH_EXIT_REFUSED, or CH_EXIT_FAULT
 * where no answer came or the trust is to blame. */
int ch_client_complain(const struct ch_client_request *request, const struct ch_client_answer *answer);

/* Makes the trust of this client the one that `ch_client_open` finds without an origin. */
bool ch_client_remember(struct ch_client *client);
/* Forgets the sign-in kept on this machine. */
void ch_client_forget(struct ch_client *client);

/* A line on stderr that shows how far something is: a bar, bytes, rate and remaining time on a terminal (drawn ten
 * times a second at most), else one line at each tenth. */
struct ch_progress {
    const char *what;
    uint64_t total, start; /* bytes; what was there already does not count for the rate */
    int64_t began_us, drawn_us;
    int drawn_tenth;
    uint64_t drawn_bytes; /* where the total is unknown */
    bool terminal;
};

/* The total of what ends when it ends: bytes and rate without a bar, off a terminal a line at each doubling. */
#define CH_PROGRESS_UNKNOWN UINT64_MAX

void ch_progress_begin(struct ch_progress *progress, const char *what, uint64_t done, uint64_t total);
void ch_progress_show(struct ch_progress *progress, uint64_t done);
/* Ends the line. */
void ch_progress_end(struct ch_progress *progress, uint64_t done);

#endif
