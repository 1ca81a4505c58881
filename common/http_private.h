/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files common/http_*.c, auth.c, offload.c and serve_*.c share: the server, a connection, a request.
 *
 * A connection reads one request at a time: HEAD -> BODY -> BUSY (the handler has it) -> HEAD, or INTAKE (the handler
 * takes the body in pieces) instead of BODY, or STREAM in between, or FLUSH and LINGER at the end. A request belongs to
 * its connection until it is answered; when the client leaves first, request->conn becomes NULL and whatever is
 * answered later goes nowhere. */
#ifndef COMMON_HTTP_PRIVATE_H
#define COMMON_HTTP_PRIVATE_H

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <openssl/ssl.h>
#include <sys/queue.h>

#include "commonhold/errors.h"
#include "commonhold/http.h"
#include "commonhold/service.h"
#include "http_head.h"
#include "metrics.h"
#include "route.h"

struct ch_conn;
struct ch_server;
struct ch_client;
struct ch_clients;
struct ch_offload;
struct ch_intake;
struct ch_task;

struct ch_done {
    char unused;
};
/* The only instance: returned by whatever has answered or has promised to. */
extern struct ch_done CH_DONE;

/* ---- request ---- */

struct ch_out_header {
    const char *name, *value;
    struct ch_out_header *next;
};

struct ch_pair {
    const char *name, *value;
};

struct ch_request {
    TAILQ_ENTRY(ch_request) entry; /* among those in flight */
    struct ch_arena *arena;
    struct ch_conn *conn; /* NULL once the client has gone */
    struct ch_server *server;
    struct ch_head head;
    enum ch_method method;
    const struct ch_routed *routed; /* NULL for what matches no route */
    struct ch_param params[CH_PARAMS_MAX];
    size_t nparams;
    struct ch_pair *pairs; /* of the query, once asked for */
    size_t npairs;
    char id[65];
    const char *peer;
    struct ch_actor actor;
    const char *key; /* Idempotency-Key */
    const char *body;
    size_t body_size;
    uint64_t body_max;
    struct ch_task *file_task; /* offload.c's */
    struct ch_intake *intake;  /* CH_ROUTE_STREAM_BODY, until the request is over */
    const char *body_json;
    struct ch_out_header *out; /* set by the handler, in order */
    struct ch_out_header **out_end;
    void *state;
    ch_continue *next;
    struct ch_stream *stream;
    struct ch_client *client; /* counted there while in flight */
    void (*at_end)(void *state);
    void *at_end_state;
    bool answered;
    bool keep_alive; /* after the answer */
    int status;      /* of the answer */
    const char *slug;
    uint64_t sent;  /* bytes of body */
    uint64_t began; /* monotonic ns */
};

/* Begins with one hold, which ch_request_finish gives back. */
struct ch_request *ch_request_new(struct ch_server *server, struct ch_conn *conn);
/* Logs, counts, tells the connection. */
void ch_request_finish(struct ch_request *request);
/* What is outside the arena: intake, ch_request_at_end. The arena stays. */
void ch_request_let_go(struct ch_request *request);
const char *ch_request_pattern(const struct ch_request *request);
bool ch_request_has_flag(const struct ch_request *request, unsigned flag);

/* Decodes the query once; false when it is badly encoded or has too many parameters. */
bool ch_request_read_query(struct ch_request *request);
/* Everything that can be refused before the body is read: route, method, size, token, types, key, load. NULL when the
 * body may come; else answered. */
struct ch_done *ch_request_admit(struct ch_request *request);
/* Runs the handler; the body is there. */
void ch_request_run(struct ch_request *request);
struct ch_done *ch_request_refuse_head(struct ch_request *request, const char *outcome, const char *why);

/* auth.c: fills in the actor, or refuses. */
struct ch_done *ch_authenticate(struct ch_request *request);
/* http_check.c */
bool ch_accepts(const char *accept, const char *types);
bool ch_type_is(const char *content_type, const char *types);
struct ch_done *ch_check_headers(struct ch_request *request);
const char *ch_find_etag(struct ch_request *request, const char *body);
bool ch_etag_matches(const char *if_none_match, const char *etag);
/* http_problem.c: the document, in the arena. `members`: JSON object text or NULL. */
const char *ch_problem_text(struct ch_arena *arena, const struct ch_outcome *outcome, const char *members);

/* ---- one client's share ---- */

struct ch_clients *ch_clients_new(unsigned most);
void ch_clients_free(struct ch_clients *clients);
/* NULL when the client has `most` requests in flight already. */
struct ch_client *ch_client_enter(struct ch_clients *clients, const char *name);
void ch_client_leave(struct ch_clients *clients, struct ch_client *client);

/* ---- offload ---- */

struct ch_offload *ch_offload_new(struct event_base *base, unsigned threads, unsigned queue);
void ch_offload_free(struct ch_offload *offload); /* waits for what runs */

/* ---- a body in pieces (http_intake.c) ---- */

struct ch_intake *ch_intake_new(struct ch_request *request);
void ch_intake_free(struct ch_intake *intake);
/* Takes what has arrived and tells the handler; true when it did, and the connection may be in another state. */
bool ch_intake_pump(struct ch_intake *intake);
/* A second has passed: slow senders, the drain. Then pump. */
void ch_intake_tick(struct ch_intake *intake);
/* The connection goes: keeps what it had read. */
void ch_intake_lost(struct ch_intake *intake);
/* Before the answer: passes over the rest of the body if it is there. */
bool ch_intake_skip(struct ch_intake *intake);

/* ---- connection ---- */

enum ch_conn_state {
    CH_CONN_HEAD,
    CH_CONN_BODY,
    CH_CONN_INTAKE,
    CH_CONN_BUSY,
    CH_CONN_STREAM,
    CH_CONN_FLUSH,
    CH_CONN_LINGER
};

/* A chunked body being read (RFC 9112, 7.1). */
struct ch_chunks {
    enum { CH_CHUNK_SIZE, CH_CHUNK_DATA, CH_CHUNK_END, CH_CHUNK_TRAILER } at;
    uint64_t left;   /* of the chunk */
    uint64_t taken;  /* bytes of body so far */
    size_t overhead; /* bytes of size lines, extensions and trailers so far */
    size_t room;     /* most bytes in `body` at a time; 0: no bound but the limit */
    struct evbuffer *body;
};
enum ch_chunks_verdict { CH_CHUNKS_MORE, CH_CHUNKS_DONE, CH_CHUNKS_MALFORMED, CH_CHUNKS_TOO_LARGE };
/* Moves body bytes from `input` to `body`. MORE: what can be taken is taken; `input` may hold more when `body` is full.
 * A body is at most `most` bytes: a chunk that goes beyond is TOO_LARGE before its first byte. */
enum ch_chunks_verdict ch_chunks_read(struct ch_chunks *chunks, struct evbuffer *input, uint64_t most);

struct ch_conn {
    TAILQ_ENTRY(ch_conn) entry;
    struct ch_server *server;
    struct bufferevent *bev;
    struct ch_request *request; /* BODY, INTAKE, BUSY, STREAM */
    struct ch_chunks chunks;
    size_t scanned;    /* bytes of the input already searched for the end of the head */
    size_t read_mark;  /* high watermark set */
    uint64_t lingered; /* bytes thrown away */
    int64_t deadline;  /* server->now at which to give up; 0: none */
    enum ch_conn_state state;
    bool tls;
    bool eof;        /* the client sends no more */
    bool close;      /* after the answer */
    bool paused;     /* ch_conn_pause */
    bool processing; /* ch_conn_process is on the stack */
    char peer[48];
};

TAILQ_HEAD(ch_conns, ch_conn);
TAILQ_HEAD(ch_requests, ch_request);

void ch_conn_new(struct ch_server *server, int fd, const struct sockaddr *address);
void ch_conn_free(struct ch_conn *conn);
/* The client is gone: an unfinished request is dropped, a running handler answers into the void. Frees. */
void ch_conn_lose(struct ch_conn *conn);
/* Writes the answer (head and body) of conn->request and goes on. */
void ch_conn_send(struct ch_conn *conn, const void *head, size_t head_size, const void *body, size_t body_size);
/* Before answering: passes over a body that has arrived but was not asked for. False when it has not: then the
 * connection must close, for nobody knows where the next request begins. */
bool ch_conn_skip_body(struct ch_conn *conn);
/* `100 Continue` where the client waits for it before it sends its body. Once. */
void ch_conn_send_continue(struct ch_conn *conn);
/* Does what can be done in its state. May free the connection. */
void ch_conn_process(struct ch_conn *conn);
/* Reads nothing more, or goes on; over TLS the watermark does that. The end of a paused connection is seen later. */
void ch_conn_pause(struct ch_conn *conn, bool pause);
/* The body has been read: no longer more than a head is read ahead. */
void ch_conn_body_over(struct ch_conn *conn);
/* Bytes the client has sent straight from the socket into `into`, at most `most`; 0 when there are none or they must
 * come through the input. */
size_t ch_conn_read_now(struct ch_conn *conn, struct evbuffer *into, size_t most);
/* The request of this connection is over. */
void ch_conn_next(struct ch_conn *conn);
/* Seconds pass: deadlines, slow readers. May free the connection. */
void ch_conn_tick(struct ch_conn *conn);
/* stream: the output went down, or a second passed (false: too slow), or the client left. */
void ch_stream_drained(struct ch_stream *stream);
bool ch_stream_tick(struct ch_stream *stream);
void ch_stream_lost(struct ch_stream *stream);

/* Status line and headers of the answer, in the arena; `length` -1: none (204, 304), -2: chunked, or until the end of
 * the connection for HTTP/1.0. Decides whether the connection stays. */
const char *ch_answer_head(struct ch_request *request, const char *content_type, int64_t length, size_t *size);
/* Sends and finishes; body may be NULL. */
struct ch_done *ch_answer(struct ch_request *request, const char *content_type, const void *body, size_t size);
const char *ch_out_header(const struct ch_request *request, const char *name);

/* gzip, one per stream */
struct ch_gzip;
struct ch_gzip *ch_gzip_new(void);
void ch_gzip_free(struct ch_gzip *gzip);
void ch_gzip_write(struct ch_gzip *gzip, struct evbuffer *in, struct evbuffer *out, bool last);

/* ---- server: one per process ---- */

struct ch_server_options {
    size_t header_bytes;  /* whole head */
    size_t uri_bytes;     /* of the request line */
    unsigned connections; /* most at once */
    unsigned requests_per_client;
    unsigned head_seconds, idle_seconds, body_seconds, write_seconds, drain_seconds;
    unsigned stream_seconds;
    uint64_t stream_min_bytes; /* in stream_seconds */
    unsigned helper_threads, helper_queue;
    const char *trusted_proxy; /* blank-separated addresses whose X-Forwarded-For is believed */
    const char *issuer;
};

struct ch_server {
    struct event_base *base;
    const struct ch_router *router;
    struct ch_server_options options;
    struct ch_conns conns;
    struct ch_requests requests; /* in flight */
    unsigned connections;
    unsigned in_flight;
    struct evconnlistener *listener;
    struct event *sweep;
    struct event *log; /* writes what the log keeps back */
    int64_t now;       /* monotonic seconds, moved by the sweep */
    SSL_CTX *tls;
    struct ch_clients *clients;
    struct ch_offload *offload, *file_offload;
    struct ch_metrics *metrics;
    const struct ch_keyset *keys;
    bool draining;
    int64_t drain_at; /* `now` when it began */
    bool grace_over;
    void (*drained)(void *arg);
    void *drained_arg;
    char date[40]; /* of the second `date_at` */
    time_t date_at;
};

struct ch_server *ch_server_new(struct event_base *base, const struct ch_router *router,
                                const struct ch_server_options *options);
/* Ends all connections, so that streams hear of it while their pools still live; then, after the pools, the rest.
 * Requests still in flight go without an answer. */
void ch_server_close(struct ch_server *server);
void ch_server_free(struct ch_server *server);
/* fd: bound; becomes listening. */
bool ch_server_listen(struct ch_server *server, int fd);
/* No new requests (503 and Connection: close); `drained` once when none is left. */
void ch_server_drain(struct ch_server *server, void (*drained)(void *arg), void *arg);
void ch_server_check_drained(struct ch_server *server);

/* tls.c. NULL with the reason in `error` (256 bytes). */
SSL_CTX *ch_tls_context(const char *certificate, const char *key, char *error);
struct bufferevent *ch_tls_bufferevent(struct event_base *base, SSL_CTX *tls, int fd);
void ch_tls_close_notify(struct bufferevent *bev);

#endif
