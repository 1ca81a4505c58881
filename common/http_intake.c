/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bodies that a handler takes in pieces: what has arrived waits here until it is asked for, then the connection's
 * input, then the kernel's buffer, then the client. Who asks, and what becomes of the bytes, is the handler's business.
 */
#include <stdlib.h>

#include "http_private.h"

#define TELL_SIZE  ((size_t)64 * 1024) /* told at once; less waits for a second's tick */
#define BYTES_RATE ((uint64_t)16384)   /* bytes that buy a sender another second */

struct ch_intake {
    struct ch_request *request;
    struct evbuffer *bytes;  /* the handler's, unless `next` waits */
    struct evbuffer *rest;   /* what the connection had read when it was lost */
    struct event *again;     /* pumps on the next turn of the loop */
    ch_body_piece *next;     /* NULL: nobody asks */
    struct ch_chunks chunks; /* of a chunked body */
    uint64_t left;           /* of Content-Length */
    enum ch_body_end end;    /* MORE until it is known */
    uint64_t unpaid;         /* bytes that have bought no second yet */
    unsigned credit;         /* seconds the sender may still keep us waiting */
    unsigned quiet;          /* seconds we have waited since the last byte */
    bool ticked;             /* since the last piece */
    bool told;               /* the end */
};

static size_t room_of(const struct ch_intake *intake)
{
    return CH_BODY_ROOM - evbuffer_get_length(intake->bytes);
}

static struct evbuffer *source_of(const struct ch_intake *intake)
{
    const struct ch_conn *conn = intake->request->conn;
    return conn ? bufferevent_get_input(conn->bev) : intake->rest;
}

/* ---- taking what has come ---- */

static void take_plain(struct ch_intake *intake)
{
    size_t room = room_of(intake), most = intake->left < room ? (size_t)intake->left : room, more;
    int moved = evbuffer_remove_buffer(source_of(intake), intake->bytes, most);
    size_t got = moved > 0 ? (size_t)moved : 0;
    while (got < most && intake->request->conn &&
           (more = ch_conn_read_now(intake->request->conn, intake->bytes, most - got)) > 0)
        got += more;
    intake->left -= got;
    if (intake->left == 0)
        intake->end = CH_BODY_LAST;
}

static void take_chunks(struct ch_intake *intake)
{
    switch (ch_chunks_read(&intake->chunks, source_of(intake), intake->request->body_max)) {
    case CH_CHUNKS_MORE:
        return;
    case CH_CHUNKS_DONE:
        intake->end = CH_BODY_LAST;
        return;
    case CH_CHUNKS_MALFORMED:
        intake->end = CH_BODY_MALFORMED;
        return;
    case CH_CHUNKS_TOO_LARGE:
        intake->end = CH_BODY_TOO_LARGE;
        return;
    }
    abort();
}

/* A sender earns as long a pause as it had at the beginning, no longer. */
static void reward(struct ch_intake *intake, size_t bytes)
{
    unsigned most = intake->request->server->options.body_seconds + 1; /* the sweep's second may be almost over */
    if (bytes > 0)
        intake->quiet = 0;
    intake->unpaid += bytes;
    uint64_t seconds = intake->unpaid / BYTES_RATE;
    intake->unpaid %= BYTES_RATE;
    intake->credit = seconds < most - intake->credit ? intake->credit + (unsigned)seconds : most;
}

static void take(struct ch_intake *intake)
{
    struct ch_conn *conn = intake->request->conn;
    size_t before = evbuffer_get_length(intake->bytes);
    if (intake->request->head.chunked)
        take_chunks(intake);
    else
        take_plain(intake);
    reward(intake, evbuffer_get_length(intake->bytes) - before);
    if (intake->end == CH_BODY_LAST && conn)
        ch_conn_body_over(conn);
    if (intake->end == CH_BODY_MORE && room_of(intake) > 0 && (!conn || conn->eof))
        intake->end = CH_BODY_BROKEN;
}

static bool is_ready(const struct ch_intake *intake)
{
    size_t size = evbuffer_get_length(intake->bytes);
    return intake->end != CH_BODY_MORE || size >= TELL_SIZE || (size > 0 && intake->ticked);
}

/* While the handler works, the kernel's buffer fills instead of the input: ch_conn_read_now empties that in large
 * pieces. */
static void rest_reading(struct ch_intake *intake)
{
    struct ch_conn *conn = intake->request->conn;
    if (conn && conn->state == CH_CONN_INTAKE)
        ch_conn_pause(conn, true);
}

bool ch_intake_pump(struct ch_intake *intake)
{
    if (!intake->next)
        return false;
    if (intake->end == CH_BODY_MORE)
        take(intake);
    bool idle = intake->ticked && intake->quiet == CH_BODY_IDLE_SECONDS;
    if (!is_ready(intake) && !idle)
        return false;
    ch_body_piece *next = intake->next;
    intake->next = NULL;
    intake->ticked = false;
    rest_reading(intake);
    intake->told = intake->end != CH_BODY_MORE;
    next(intake->request, intake->bytes, intake->told || !idle ? intake->end : CH_BODY_IDLE);
    return true; /* the intake may be gone */
}

/* ---- time, and the connection's end ---- */

static bool must_stop(const struct ch_server *server)
{
    return server->draining && server->now - server->drain_at >= server->options.drain_seconds / 2;
}

void ch_intake_tick(struct ch_intake *intake)
{
    if (intake->next && intake->end == CH_BODY_MORE) {
        intake->ticked = true;
        intake->quiet++;
        if (--intake->credit == 0)
            intake->end = CH_BODY_LATE;
    }
    if (intake->end == CH_BODY_MORE && must_stop(intake->request->server))
        intake->end = CH_BODY_STOPPED;
    ch_conn_process(intake->request->conn);
}

/* The handler hears of it on the next turn of the loop, or when it asks. */
void ch_intake_lost(struct ch_intake *intake)
{
    evbuffer_add_buffer(intake->rest, source_of(intake));
    event_active(intake->again, EV_TIMEOUT, 0);
}

bool ch_intake_skip(struct ch_intake *intake)
{
    struct evbuffer *source = source_of(intake);
    if (intake->request->head.chunked || intake->left > evbuffer_get_length(source))
        return false;
    evbuffer_drain(source, (size_t)intake->left);
    intake->left = 0;
    return true;
}

/* ---- life ---- */

static void pump_again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    ch_intake_pump(arg);
}

struct ch_intake *ch_intake_new(struct ch_request *request)
{
    struct ch_intake *intake = ch_alloc(request->arena, sizeof *intake);
    intake->request = request;
    intake->bytes = evbuffer_new();
    intake->rest = evbuffer_new();
    intake->again = event_new(request->server->base, -1, 0, pump_again, intake);
    if (!intake->bytes || !intake->rest || !intake->again)
        abort();
    intake->chunks = (struct ch_chunks){.body = intake->bytes, .room = CH_BODY_ROOM};
    intake->left = request->head.body_bytes;
    intake->credit = request->server->options.body_seconds + 1;
    return intake;
}

void ch_intake_free(struct ch_intake *intake)
{
    event_free(intake->again);
    evbuffer_free(intake->bytes);
    evbuffer_free(intake->rest);
}

/* ---- what handlers call ---- */

struct ch_done *ch_body_read(struct ch_request *request, ch_body_piece *next)
{
    struct ch_intake *intake = request->intake;
    if (!intake || intake->next || intake->told)
        abort();
    evbuffer_drain(intake->bytes, evbuffer_get_length(intake->bytes));
    intake->next = next;
    if (request->conn) {
        ch_conn_send_continue(request->conn);
        ch_conn_pause(request->conn, false);
    }
    event_active(intake->again, EV_TIMEOUT, 0);
    return &CH_DONE;
}

int64_t ch_body_length(const struct ch_request *request)
{
    return request->head.chunked ? -1 : (int64_t)request->head.body_bytes;
}

void ch_body_limit(struct ch_request *request, uint64_t most)
{
    request->body_max = most;
    if (!request->head.chunked && request->head.body_bytes > most)
        request->intake->end = CH_BODY_TOO_LARGE;
}

struct ch_done *ch_body_refuse(struct ch_request *request, enum ch_body_end end)
{
    switch (end) {
    case CH_BODY_BROKEN:
        return ch_request_refuse_head(request, "bad_request", "The body ended before its announced length.");
    case CH_BODY_LATE:
        return ch_request_refuse_head(request, "request_timeout", "The body did not arrive in time.");
    case CH_BODY_STOPPED:
        return ch_request_refuse_head(request, "unavailable", "The service is being stopped.");
    case CH_BODY_MALFORMED:
        return ch_request_refuse_head(request, "bad_request", "The chunked body is malformed.");
    case CH_BODY_TOO_LARGE:
        return ch_refuse(request, "too_large", "The limit here is %llu bytes.", (unsigned long long)request->body_max);
    case CH_BODY_MORE:
    case CH_BODY_IDLE:
    case CH_BODY_LAST:
        break;
    }
    abort(); /* no end to refuse */
}
