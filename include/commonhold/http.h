/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* HTTP as the roles see it: a table of routes, a request, and the few functions that can answer it.
 *
 * A handler returns struct ch_done *, a type that only the functions below produce, so the compiler proves that
 * every path answers exactly once. Everything a handler needs lives in the request's arena and goes with it. */
#ifndef COMMONHOLD_HTTP_H
#define COMMONHOLD_HTTP_H

#include <event2/buffer.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"
#include "commonhold/db.h"
#include "commonhold/money.h"

struct ch_request;
struct ch_done;
struct ch_service;

enum ch_method { CH_GET, CH_HEAD, CH_POST, CH_PUT, CH_PATCH, CH_DELETE, CH_OPTIONS };

/* Who may come in at all; standing and office are decided by the SQL function that acts. */
enum ch_auth {
    CH_AUTH_NONE,     /* anybody; an actor is filled in when a valid token comes along */
    CH_AUTH_PERSON,   /* a signed-in person: member or person of an organisation */
    CH_AUTH_MEMBER,   /* a signed-in member */
    CH_AUTH_LICENSEE, /* a signed-in person of an organisation, or (GET only) its client's token */
    CH_AUTH_GRANT,    /* access token for one grant: typ at+jwt, aud metering */
    CH_AUTH_USAGE     /* access token of scope usage */
};

typedef struct ch_done *ch_handler(struct ch_request *request);

enum ch_route_flags {
    CH_ROUTE_SECRET = 1,   /* neither actor nor body nor query reaches a log (ballots, passwords) */
    CH_ROUTE_RAW_BODY = 2, /* the body is not JSON: `consumes` names its type, ch_body gives the bytes */
    CH_ROUTE_NO_CSRF = 4,  /* sign-in and token endpoints, before any cookie exists */
    CH_ROUTE_ETAG =
        8, /* GET: the body's top-level integer "version" becomes ETag "v<version>", If-None-Match gives 304 */
    CH_ROUTE_STREAM_BODY = 16 /* the handler runs behind the head and takes the body in pieces, with ch_body_read */
};

struct ch_route {
    enum ch_method method;
    const char
        *path; /* "/licensing/v1/applications/{id}/submit"; {name} matches one segment, a last {name...} the rest */
    enum ch_auth auth;
    ch_handler *handle;
    const char *consumes; /* NULL: application/json; several types are parted by blanks; "*" takes any */
    const char *
        produces; /* NULL: application/json; several parted by blanks; "": the handler decides, Accept is not checked */
    size_t body_max; /* bytes; 0: 1 MiB, with CH_ROUTE_STREAM_BODY no limit but the handler's own (ch_body_limit) */
    unsigned flags;
    const char *const *always; /* headers of every answer here, refusals before the handler too: name, value, ..., NULL;
                                  may be NULL */
    const char *once; /* NULL: no name may come twice in the query; else only these, parted by blanks, may not: the
                         others are filters */
};
/* Tables end with a row whose path is NULL. HEAD is answered wherever GET is. */

/* ---- the request ---- */

struct ch_actor {
    bool known;
    char id[37];          /* account's subject: member id, or person id of an organisation; "" for a client */
    char member[37];      /* member id or "" */
    char org[37];         /* organisation id or "" */
    char client[64];      /* OAuth client id or "" */
    const json_t *claims; /* whole token, in the request's arena */
};

struct ch_arena *ch_arena_of(struct ch_request *request);
struct ch_pool *ch_pool_of(const struct ch_request *request);
const struct ch_actor *ch_actor(const struct ch_request *request);
/* True when the session began with password and second factor, not more than 15 minutes ago: for deeds that bind. */
bool ch_signed_in_freshly(const struct ch_request *request);
const char *ch_request_id(const struct ch_request *request);
/* Path parameter, decoded; asking for one the route does not have is a bug and aborts. */
const char *ch_path(const struct ch_request *request, const char *name);
/* Query parameter, decoded (the first, where the route lets it come again), NULL when absent. */
const char *ch_query(const struct ch_request *request, const char *name);
/* All pairs in order, repeats included; false when there are no more. *cursor starts at 0. */
bool ch_query_each(const struct ch_request *request, size_t *cursor, const char **name, const char **value);
/* Percent-decoding in place (plus: '+' is a blank). False on a bad escape, on %00, and where no UTF-8 comes out. */
bool ch_percent_decode(char *text, bool plus);
/* A day of the calendar, YYYY-MM-DD, from the year 1. */
bool ch_is_date(const char *text);
/* Header, NULL when absent. Names without regard to case. */
const char *ch_header(const struct ch_request *request, const char *name);
/* All headers in order, repeats included; false when there are no more. *cursor starts at 0. */
bool ch_header_each(const struct ch_request *request, size_t *cursor, const char **name, const char **value);
/* Peer's address as text (X-Forwarded-For's last hop where [common] trusted_proxy says so). */
const char *ch_peer(const struct ch_request *request);
/* Body bytes, NUL behind the last. */
const char *ch_body(const struct ch_request *request, size_t *size);
/* Canonical JSON text of the decoded body: what SQL functions take as p_body jsonb. After ch_decode. */
const char *ch_body_json(const struct ch_request *request);
/* Idempotency-Key header (1 to 128 printable characters) or NULL; a malformed one was already refused. */
const char *ch_idempotency_key(const struct ch_request *request);

/* If-Match (RFC 9110, 13.1.1) as the version that an ETag "v3" or "3" stands for, in digits: NULL when fine, else the
 * finished answer: 428 where the header is absent or "*", 409 stale where the tag is none of ours. */
struct ch_done *ch_if_match(struct ch_request *request, const char **version);
/* Gives the answer the ETag `etag` (quotes and W/ included); true when If-None-Match names it, so that the answer is
 * not_modified (RFC 9110, 13.1.2). */
bool ch_if_none_match(struct ch_request *request, const char *etag);
/* Does Accept (RFC 9110, 12.5.1) take one of the types, parted by blanks? An absent header takes all. */
bool ch_takes_type(const struct ch_request *request, const char *types);
/* Does Accept-Encoding (RFC 9110, 12.5.3) take gzip? An absent header does not. */
bool ch_takes_gzip(const struct ch_request *request);
/* `release` is called once, on the loop, when the request is over, however it ended: for what is not in its arena. */
void ch_request_at_end(struct ch_request *request, void (*release)(void *state), void *state);

/* ---- decoding the body ---- */

enum ch_field_type {
    CH_FIELD_TEXT, /* const char *; min, max: UTF-8 code points (max 0: 4096), min > 0: not blank; no control characters
                      but LF */
    CH_FIELD_INT,  /* int64_t; min, max inclusive when either is not 0 */
    CH_FIELD_BOOL, /* bool */
    CH_FIELD_UUID, /* const char *, canonical */
    CH_FIELD_TIME, /* const char *, YYYY-MM-DDTHH:MM:SSZ */
    CH_FIELD_DATE, /* const char *, YYYY-MM-DD, exists in the calendar */
    CH_FIELD_CODE, /* const char *, one of `codes` (blank-separated) */
    CH_FIELD_MONEY,  /* struct ch_money */
    CH_FIELD_TEXTS,  /* const json_t *: array of strings, min, max: how many (max 0: 100) */
    CH_FIELD_OBJECT, /* const json_t * */
    CH_FIELD_ARRAY,  /* const json_t *, max elements (0: 1000) */
    CH_FIELD_ANY     /* const json_t * */
};

struct ch_field {
    const char *name;
    enum ch_field_type type;
    bool required; /* absent optional fields leave the struct's member zero */
    size_t offset;
    int64_t min, max;
    const char *codes;
};
#define CH_FIELD(field_type, struct_type, member, is_required, ...)                                                    \
    {                                                                                                                  \
        .name = #member, .type = field_type, .required = is_required, .offset = offsetof(struct struct_type, member),  \
        __VA_ARGS__                                                                                                    \
    }
/* Tables end with a row whose name is NULL. */

/* Fills *into from the body; NULL when all is well, else the finished 400/422 that lists every bad field with its
 * JSON pointer. Unknown members are refused. An empty table accepts an empty body or {}. */
struct ch_done *ch_decode(struct ch_request *request, const struct ch_field *fields, void *into);

/* ---- answering ---- */

/* By slug of errors.def: success slugs pass `body` (JSON text, NULL: {}) through, others become an RFC 9457 problem
 * whose members are title, status, type and those of `body` (an object: detail, errors, ...). */
struct ch_done *ch_reply(struct ch_request *request, const char *outcome, const char *body);
/* A problem with one sentence of detail. */
struct ch_done *ch_refuse(struct ch_request *request, const char *outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Bytes of any type with status 200 to 299. Copied. */
struct ch_done *ch_reply_bytes(struct ch_request *request, int status, const char *content_type, const void *bytes,
                               size_t size);
/* Adds a response header before answering (copied). */
void ch_set_header(struct ch_request *request, const char *name, const char *value);
/* The right answer to a fault: 503 with Retry-After, or 500. */
struct ch_done *ch_reply_fault(struct ch_request *request, enum ch_fault fault);

/* Runs the statement and passes (outcome, body) through: most handlers end here. A client that goes away does not
 * cancel it. */
struct ch_done *ch_call(struct ch_request *request, const struct ch_statement *statement, const char *const *args,
                        int nargs);
/* As ch_call, but `next` gets the answer (in the request's arena) and must answer in turn. Faults are answered
 * before. Its state lives in the arena: hang it on the request with ch_set_state. */
typedef struct ch_done *ch_continue(struct ch_request *request, const struct ch_answer *answer);
struct ch_done *ch_call_then(struct ch_request *request, const struct ch_statement *statement, const char *const *args,
                             int nargs, ch_continue *next);
/* For a handler that needs a session of its own (deliveries): `ready` is called as by ch_session_begin, and it, or what
 * follows from it, must answer the request. */
struct ch_done *ch_session_then(struct ch_request *request, ch_session_ready *ready, void *arg);
/* For work that many requests share: the caller has put the request where it will be answered, once. */
struct ch_done *ch_promise(struct ch_request *request);
void ch_set_state(struct ch_request *request, void *state);
void *ch_state(const struct ch_request *request);

/* Slow pure work (scrypt, big signatures) on a helper thread with a bounded queue; full: 429. `work` touches only
 * `state`; `next` runs on the loop again. */
typedef struct ch_done *ch_after(struct ch_request *request, void *state);
struct ch_done *ch_offload(struct ch_request *request, void (*work)(void *state), ch_after *next, void *state);
/* As ch_offload, for work on files: has helper threads of its own, so that a slow disk keeps nobody from signing in,
 * and is never refused but waits its turn; a request has one piece under way at a time, so the queue is no longer than
 * what is in flight. */
struct ch_done *ch_offload_file(struct ch_request *request, void (*work)(void *state), ch_after *next, void *state);

/* Runs `next` on the loop when so many milliseconds are over. */
struct ch_done *ch_wait(struct ch_request *request, unsigned milliseconds, ch_after *next, void *state);

/* ---- a body in pieces: CH_ROUTE_STREAM_BODY ---- */

/* The handler of such a route runs as soon as the head has been admitted; ch_body gives nothing. It may answer at once:
 * a client that sent Expect: 100-continue then never sends the body. Otherwise it asks for the body piece by piece.
 *
 * Back-pressure: while nobody asks, at most CH_BODY_ROOM bytes are read ahead, then the socket is left alone; a piece
 * is at most CH_BODY_ROOM bytes. So a body of any length costs twice that. Content-Length and chunked bodies look
 * alike.
 *
 * A sender may pause for [common] body_seconds, less what it sends under 16 KiB a second; only time in which it is
 * waited for counts. What came before an end other than CH_BODY_LAST is still given. */
#define CH_BODY_ROOM         ((size_t)512 * 1024)
#define CH_BODY_IDLE_SECONDS 5

enum ch_body_end {
    CH_BODY_MORE,   /* none yet: ask again */
    CH_BODY_IDLE,   /* none yet, but nothing has come for CH_BODY_IDLE_SECONDS: ask again, and let go of what others may
                       wait for. Told once each time */
    CH_BODY_LAST,   /* the body is whole */
    CH_BODY_BROKEN, /* the client left, or sends no more */
    CH_BODY_LATE,   /* it sent too slowly */
    CH_BODY_STOPPED,   /* the service is being stopped and half of [common] drain_seconds is over */
    CH_BODY_MALFORMED, /* chunks that are none */
    CH_BODY_TOO_LARGE  /* over the limit */
};

/* `bytes` belongs to the handler until it asks again or answers: another thread may read it meanwhile. */
typedef struct ch_done *ch_body_piece(struct ch_request *request, struct evbuffer *bytes, enum ch_body_end end);
/* Asks for the next piece: `next` is called once, never from inside; with over 64 KiB, with less when a second has
 * passed, or with an end. After an end nothing may be asked. */
struct ch_done *ch_body_read(struct ch_request *request, ch_body_piece *next);
/* Content-Length (0 without a body), -1 for a chunked one, whose length nobody knows yet. */
int64_t ch_body_length(const struct ch_request *request);
/* Most bytes of the body that is being read, from its beginning; over it the end is CH_BODY_TOO_LARGE. */
void ch_body_limit(struct ch_request *request, uint64_t most);
/* The right answer to an end other than MORE, IDLE and LAST: 400, 408, 413 or 503. */
struct ch_done *ch_body_refuse(struct ch_request *request, enum ch_body_end end);

/* ---- streaming ---- */

/* A reply of unknown length, chunked, with back-pressure. `want` is called when less than 256 KiB wait for the client
 * and then again after each ch_stream_write drained; it may write now or later. `gone` is called once if the client
 * leaves or is too slow (under [common] stream_min_bytes in stream_seconds); no write afterwards, and nothing that was
 * written leaves any more, so that ch_stream_waiting tells there for good what did not arrive. The stream keeps the
 * request and its arena alive until it is ended or gone. */
struct ch_stream;
struct ch_stream_calls {
    void (*want)(struct ch_stream *stream, void *state);
    void (*gone)(struct ch_stream *stream, void *state);
};
struct ch_done *ch_stream_start(struct ch_request *request, int status, const char *content_type,
                                const struct ch_stream_calls *calls, void *state);
/* Moves all of `bytes` out; gzip where the client accepts and the type is text. */
void ch_stream_write(struct ch_stream *stream, struct evbuffer *bytes);
/* Bytes accepted by ch_stream_write that the kernel has not taken yet, and those the kernel has not seen
 * acknowledged (SIOCOUTQ). */
size_t ch_stream_waiting(const struct ch_stream *stream);
/* Final: ends the chunked body. The stream pointer is dead afterwards. */
void ch_stream_end(struct ch_stream *stream);

#endif
