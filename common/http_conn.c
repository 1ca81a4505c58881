/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One connection: reads request after request off a bufferevent, hands each over, writes the answers, and ends in a way
 * that lets the client read the last of them. What a request means is not decided here. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "http_private.h"

#define OUTPUT_MOST     ((size_t)256 * 1024) /* no further pipelined request is read above this */
#define READ_ROOM       ((size_t)16 * 1024)  /* read ahead beyond a head */
#define READ_NOW        ((size_t)64 * 1024)  /* of a streamed body in one call */
#define LINGER_SECONDS  3
#define LINGER_BYTES    ((uint64_t)64 * 1024 * 1024)
#define BODY_BYTES_RATE 16384 /* bytes a second under which a body is too slow, beyond body_seconds */

enum step { STEP_AGAIN, STEP_WAIT, STEP_FREE };

static struct evbuffer *input_of(const struct ch_conn *conn)
{
    return bufferevent_get_input(conn->bev);
}

static size_t output_size(const struct ch_conn *conn)
{
    return evbuffer_get_length(bufferevent_get_output(conn->bev));
}

static void set_deadline(struct ch_conn *conn, unsigned seconds)
{
    conn->deadline = conn->server->now + seconds + 1; /* the sweep's second may be almost over */
}

static void set_read_mark(struct ch_conn *conn, size_t mark)
{
    if (mark == conn->read_mark)
        return;
    conn->read_mark = mark;
    bufferevent_setwatermark(conn->bev, EV_READ, 0, mark);
}

/* ---- head ---- */

static struct ch_request *begin_request(struct ch_conn *conn)
{
    struct ch_request *request = ch_request_new(conn->server, conn);
    conn->request = request;
    conn->state = CH_CONN_BODY;
    conn->scanned = 0;
    conn->deadline = 0;
    return request;
}

static enum step refuse_head(struct ch_conn *conn, const char *outcome, const char *why)
{
    struct ch_request *request = begin_request(conn);
    conn->close = true;
    ch_request_refuse_head(request, outcome, why);
    return STEP_AGAIN;
}

static enum step refuse_long_head(struct ch_conn *conn)
{
    size_t line = conn->server->options.uri_bytes;
    struct evbuffer_ptr end = evbuffer_search(input_of(conn), "\n", 1, NULL);
    if (end.pos < 0 || (size_t)end.pos > line)
        return refuse_head(conn, "uri_too_long", "The first line of the request is over the limit.");
    return refuse_head(conn, "headers_too_large", "The headers together are over the limit.");
}

void ch_conn_send_continue(struct ch_conn *conn)
{
    static const char CONTINUE[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct ch_head *head = &conn->request->head;
    bool body = head->chunked || head->body_bytes > 0;
    if (head->expects && body && evbuffer_get_length(input_of(conn)) == 0)
        bufferevent_write(conn->bev, CONTINUE, sizeof CONTINUE - 1);
    head->expects = false;
}

/* The handler asks for the body when it wants it; so `100 Continue` waits until then. */
static enum step start_intake(struct ch_conn *conn, struct ch_request *request)
{
    const struct ch_head *head = &request->head;
    request->body = "";
    request->intake = ch_intake_new(request);
    conn->state = head->chunked || head->body_bytes > 0 ? CH_CONN_INTAKE : CH_CONN_BUSY;
    if (conn->state == CH_CONN_INTAKE)
        set_read_mark(conn, CH_BODY_ROOM);
    ch_request_run(request);
    return STEP_AGAIN;
}

static enum step wait_for_body(struct ch_conn *conn, struct ch_request *request)
{
    const struct ch_head *head = &request->head;
    if (!head->chunked && head->body_bytes == 0) {
        request->body = "";
        conn->state = CH_CONN_BUSY;
        ch_request_run(request);
        return STEP_AGAIN;
    }
    ch_conn_send_continue(conn);
    uint64_t bytes = head->chunked ? request->body_max : head->body_bytes;
    set_deadline(conn, conn->server->options.body_seconds + (unsigned)(bytes / BODY_BYTES_RATE));
    if (head->chunked)
        conn->chunks = (struct ch_chunks){.body = evbuffer_new()};
    else
        set_read_mark(conn, head->body_bytes > conn->read_mark ? (size_t)head->body_bytes : conn->read_mark);
    return STEP_AGAIN;
}

static enum step take_head(struct ch_conn *conn, size_t size)
{
    const char *why = NULL;
    struct ch_request *request = begin_request(conn);
    char *text = ch_alloc(request->arena, size + 1);
    evbuffer_remove(input_of(conn), text, size);
    bool nul = memchr(text, '\0', size) != NULL;
    size_t line = strcspn(text, "\n");
    enum ch_head_verdict verdict = ch_head_read(request->arena, text, &request->head, &why);
    request->method = request->head.method;
    request->keep_alive = verdict == CH_HEAD_OK && request->head.keep_alive;
    if (nul || verdict == CH_HEAD_MALFORMED)
        ch_request_refuse_head(request, "bad_request", nul ? "There is a NUL byte in the headers." : why);
    else if (line > conn->server->options.uri_bytes)
        ch_request_refuse_head(request, "uri_too_long", "The first line of the request is over the limit.");
    else if (verdict == CH_HEAD_TOO_MANY)
        ch_request_refuse_head(request, "headers_too_large", why);
    else if (!ch_request_admit(request))
        return ch_request_has_flag(request, CH_ROUTE_STREAM_BODY) ? start_intake(conn, request)
                                                                  : wait_for_body(conn, request);
    return STEP_AGAIN;
}

/* RFC 9112, 2.2: empty lines before a request line are passed over. */
static void skip_empty_lines(struct evbuffer *input)
{
    char pair[2];
    while (evbuffer_copyout(input, pair, 2) == 2 && pair[0] == '\r' && pair[1] == '\n')
        evbuffer_drain(input, 2);
}

static enum step read_head(struct ch_conn *conn)
{
    struct evbuffer *input = input_of(conn);
    size_t most = conn->server->options.header_bytes;
    if (output_size(conn) > OUTPUT_MOST)
        return STEP_WAIT; /* the write callback comes back here */
    if (conn->scanned == 0)
        skip_empty_lines(input);
    size_t size = evbuffer_get_length(input);
    if (size == 0)
        return conn->eof ? STEP_FREE : STEP_WAIT;
    if (conn->scanned == 0)
        set_deadline(conn, conn->server->options.head_seconds);
    size_t window = size < most ? size : most;
    const char *bytes = (const char *)evbuffer_pullup(input, (ev_ssize_t)window);
    size_t from = conn->scanned > 3 ? conn->scanned - 3 : 0;
    const char *end = memmem(bytes + from, window - from, "\r\n\r\n", 4);
    if (end)
        return take_head(conn, (size_t)(end - bytes) + 4);
    if (size >= most)
        return refuse_long_head(conn);
    conn->scanned = size;
    return conn->eof ? STEP_FREE : STEP_WAIT;
}

/* ---- body ---- */

static enum step run_request(struct ch_conn *conn)
{
    struct ch_request *request = conn->request;
    set_read_mark(conn, conn->server->options.header_bytes + READ_ROOM);
    conn->state = CH_CONN_BUSY;
    conn->deadline = 0;
    ch_request_run(request);
    return STEP_AGAIN;
}

static void drop_chunks(struct ch_conn *conn)
{
    if (conn->chunks.body)
        evbuffer_free(conn->chunks.body);
    conn->chunks.body = NULL;
}

static void take_body(struct ch_request *request, struct evbuffer *from, size_t size)
{
    char *body = ch_alloc(request->arena, size + 1);
    evbuffer_remove(from, body, size);
    request->body = body;
    request->body_size = size;
}

static enum step cut_short(struct ch_conn *conn)
{
    if (!conn->eof)
        return STEP_WAIT;
    conn->close = true;
    ch_request_refuse_head(conn->request, "bad_request", "The body ended before its announced length.");
    return STEP_AGAIN;
}

static enum step read_chunks(struct ch_conn *conn)
{
    struct ch_request *request = conn->request;
    switch (ch_chunks_read(&conn->chunks, input_of(conn), request->body_max)) {
    case CH_CHUNKS_MORE:
        return cut_short(conn);
    case CH_CHUNKS_DONE:
        take_body(request, conn->chunks.body, evbuffer_get_length(conn->chunks.body));
        drop_chunks(conn);
        return run_request(conn);
    case CH_CHUNKS_MALFORMED:
        ch_request_refuse_head(request, "bad_request", "The chunked body is malformed.");
        return STEP_AGAIN;
    case CH_CHUNKS_TOO_LARGE:
        ch_refuse(request, "too_large", "The limit here is %llu bytes.", (unsigned long long)request->body_max);
        return STEP_AGAIN;
    }
    abort();
}

static enum step read_body(struct ch_conn *conn)
{
    struct ch_request *request = conn->request;
    if (request->head.chunked)
        return read_chunks(conn);
    if (evbuffer_get_length(input_of(conn)) < request->head.body_bytes)
        return cut_short(conn);
    take_body(request, input_of(conn), (size_t)request->head.body_bytes);
    return run_request(conn);
}

/* ---- the end ---- */

/* Closing a socket with unread bytes in it makes the kernel send a reset, which may overtake the answer. So:
 * half-close, and read on a little (RFC 9112, 9.6). */
static enum step flush(struct ch_conn *conn)
{
    if (output_size(conn) > 0)
        return STEP_WAIT;
    if (conn->eof)
        return STEP_FREE;
    conn->state = CH_CONN_LINGER;
    set_deadline(conn, LINGER_SECONDS);
    if (conn->tls)
        ch_tls_close_notify(conn->bev);
    shutdown(bufferevent_getfd(conn->bev), SHUT_WR);
    return STEP_AGAIN;
}

static enum step linger(struct ch_conn *conn)
{
    size_t size = evbuffer_get_length(input_of(conn));
    evbuffer_drain(input_of(conn), size);
    conn->lingered += size;
    return conn->eof || conn->lingered > LINGER_BYTES ? STEP_FREE : STEP_WAIT;
}

static enum step step(struct ch_conn *conn)
{
    switch (conn->state) {
    case CH_CONN_HEAD:
        return read_head(conn);
    case CH_CONN_BODY:
        return read_body(conn);
    case CH_CONN_INTAKE:
        return ch_intake_pump(conn->request->intake) ? STEP_AGAIN : STEP_WAIT;
    case CH_CONN_BUSY:
    case CH_CONN_STREAM:
        return STEP_WAIT;
    case CH_CONN_FLUSH:
        return flush(conn);
    case CH_CONN_LINGER:
        return linger(conn);
    }
    abort();
}

/* A loop and not a recursion: pipelined requests answered at once would otherwise pile up on the stack. */
void ch_conn_process(struct ch_conn *conn)
{
    struct ch_server *server = conn->server;
    enum step next;
    if (conn->processing)
        return;
    conn->processing = true;
    do
        next = step(conn);
    while (next == STEP_AGAIN);
    conn->processing = false;
    if (next == STEP_FREE)
        ch_conn_free(conn);
    if (server->draining)
        ch_server_check_drained(server);
}

/* What is not acknowledged yet must not leave any more: whoever counts what a reader received counts now. */
static void reset_on_close(struct ch_conn *conn)
{
    const struct linger at_once = {.l_onoff = 1};
    setsockopt(bufferevent_getfd(conn->bev), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

/* The client is gone: an unfinished request is dropped, a running handler answers into the void. */
void ch_conn_lose(struct ch_conn *conn)
{
    struct ch_request *request = conn->request;
    bool waiting_for_body = conn->state == CH_CONN_BODY;
    if (request && request->intake)
        ch_intake_lost(request->intake);
    conn->request = NULL;
    if (request && request->stream) {
        reset_on_close(conn);
        ch_stream_lost(request->stream);
    } else if (request) {
        request->conn = NULL;
        if (waiting_for_body)
            ch_request_finish(request);
    }
    ch_conn_free(conn);
}

static void on_read(struct bufferevent *bev, void *arg)
{
    (void)bev;
    ch_conn_process(arg);
}

static void on_write(struct bufferevent *bev, void *arg)
{
    struct ch_conn *conn = arg;
    (void)bev;
    if (conn->state == CH_CONN_STREAM)
        ch_stream_drained(conn->request->stream);
    else
        ch_conn_process(conn);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct ch_conn *conn = arg;
    (void)bev;
    if (what & BEV_EVENT_CONNECTED)
        return;
    if (!(what & BEV_EVENT_EOF)) {
        ch_conn_lose(conn);
        return;
    }
    /* A client that half-closes still wants its answer. */
    conn->eof = true;
    if (conn->state == CH_CONN_BUSY || conn->state == CH_CONN_STREAM)
        conn->close = true;
    else
        ch_conn_process(conn);
}

/* ---- entry points ---- */

static void name_peer(struct ch_conn *conn, const struct sockaddr *address)
{
    const void *bytes = NULL;
    if (address->sa_family == AF_INET)
        bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    if (address->sa_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (!bytes || !inet_ntop(address->sa_family, bytes, conn->peer, sizeof conn->peer))
        snprintf(conn->peer, sizeof conn->peer, "local");
}

void ch_conn_new(struct ch_server *server, int fd, const struct sockaddr *address)
{
    struct ch_conn *conn = calloc(1, sizeof *conn);
    struct bufferevent *bev = server->tls ? ch_tls_bufferevent(server->base, server->tls, fd)
                                          : bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (!conn || !bev) {
        free(conn);
        if (bev)
            bufferevent_free(bev);
        else
            close(fd);
        return;
    }
    conn->server = server;
    conn->bev = bev;
    conn->tls = server->tls != NULL;
    name_peer(conn, address);
    TAILQ_INSERT_TAIL(&server->conns, conn, entry);
    server->connections++;
    set_deadline(conn, server->options.head_seconds);
    set_read_mark(conn, server->options.header_bytes + READ_ROOM);
    bufferevent_set_max_single_read(bev, 64 * 1024);
    bufferevent_setcb(bev, on_read, on_write, on_event, conn);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
}

void ch_conn_free(struct ch_conn *conn)
{
    struct ch_server *server = conn->server;
    TAILQ_REMOVE(&server->conns, conn, entry);
    server->connections--;
    drop_chunks(conn);
    bufferevent_free(conn->bev);
    free(conn);
}

/* Straight to the kernel when nothing is queued before: saves a copy and a turn of the loop for each answer. */
static size_t write_now(struct ch_conn *conn, struct iovec *parts, int count)
{
    if (conn->tls || output_size(conn) > 0)
        return 0;
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
    ssize_t written = sendmsg(bufferevent_getfd(conn->bev), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    return written > 0 ? (size_t)written : 0; /* an error shows again when the bufferevent writes */
}

void ch_conn_send(struct ch_conn *conn, const void *head, size_t head_size, const void *body, size_t body_size)
{
    struct iovec parts[2] = {{(void *)(uintptr_t)head, head_size}, {(void *)(uintptr_t)body, body_size}};
    size_t written = write_now(conn, parts, body_size > 0 ? 2 : 1);
    if (written < head_size)
        bufferevent_write(conn->bev, (const char *)head + written, head_size - written);
    size_t skip = written > head_size ? written - head_size : 0;
    if (skip < body_size)
        bufferevent_write(conn->bev, (const char *)body + skip, body_size - skip);
}

void ch_conn_pause(struct ch_conn *conn, bool pause)
{
    if (conn->paused == pause || conn->eof || conn->tls) /* OpenSSL may hold bytes that no event tells of */
        return;
    conn->paused = pause;
    if (pause)
        bufferevent_disable(conn->bev, EV_READ);
    else
        bufferevent_enable(conn->bev, EV_READ);
}

void ch_conn_body_over(struct ch_conn *conn)
{
    conn->state = CH_CONN_BUSY;
    set_read_mark(conn, conn->server->options.header_bytes + READ_ROOM);
}

/* libevent reads a bufferevent's socket in pieces of 4 KiB: too small for bodies of gigabytes. The end of the
 * connection and its errors show again when the bufferevent reads. */
size_t ch_conn_read_now(struct ch_conn *conn, struct evbuffer *into, size_t most)
{
    struct evbuffer_iovec part;
    if (conn->tls || conn->eof || evbuffer_get_length(input_of(conn)) > 0)
        return 0;
    if (evbuffer_reserve_space(into, (ev_ssize_t)(most < READ_NOW ? most : READ_NOW), &part, 1) != 1)
        return 0;
    ssize_t got = recv(bufferevent_getfd(conn->bev), part.iov_base, most < READ_NOW ? most : READ_NOW, MSG_DONTWAIT);
    part.iov_len = got > 0 ? (size_t)got : 0;
    evbuffer_commit_space(into, &part, 1);
    return part.iov_len;
}

bool ch_conn_skip_body(struct ch_conn *conn)
{
    const struct ch_head *head = &conn->request->head;
    if (conn->state == CH_CONN_INTAKE)
        return ch_intake_skip(conn->request->intake);
    if (conn->state != CH_CONN_BODY)
        return true;
    if (head->chunked || head->body_bytes > evbuffer_get_length(input_of(conn)))
        return false;
    evbuffer_drain(input_of(conn), (size_t)head->body_bytes);
    return true;
}

void ch_conn_next(struct ch_conn *conn)
{
    conn->request = NULL;
    drop_chunks(conn);
    ch_conn_pause(conn, false);
    set_read_mark(conn, conn->server->options.header_bytes + READ_ROOM);
    if (conn->close || conn->eof) {
        conn->state = CH_CONN_FLUSH;
        set_deadline(conn, conn->server->options.write_seconds);
    } else {
        conn->state = CH_CONN_HEAD;
        set_deadline(conn, conn->server->options.idle_seconds);
    }
    ch_conn_process(conn);
}

void ch_conn_tick(struct ch_conn *conn)
{
    if (conn->state == CH_CONN_STREAM && !ch_stream_tick(conn->request->stream)) {
        ch_conn_lose(conn);
        return;
    }
    if (conn->state == CH_CONN_INTAKE) {
        ch_intake_tick(conn->request->intake);
        return;
    }
    if (conn->deadline == 0 || conn->server->now < conn->deadline)
        return;
    conn->deadline = 0;
    if (conn->state == CH_CONN_HEAD && evbuffer_get_length(input_of(conn)) > 0 && output_size(conn) == 0) {
        conn->processing = true; /* the answer must not free the connection under our feet */
        refuse_head(conn, "request_timeout", "The headers did not arrive in time.");
        conn->processing = false;
        ch_conn_process(conn);
    } else if (conn->state == CH_CONN_BODY) {
        conn->close = true;
        ch_request_refuse_head(conn->request, "request_timeout", "The body did not arrive in time.");
    } else {
        ch_conn_lose(conn);
    }
}
