/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Replies of unknown length: chunked, hardly more than one piece ahead of the client, ended by the producer or by a
 * client that leaves or reads too slowly. What the bytes are is the producer's business. */
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "commonhold/log.h"
#include "http_private.h"

#define WAITING_MOST ((size_t)16 * 1024)  /* above it nobody is asked for more */
#define WRITE_MOST   ((size_t)512 * 1024) /* to the kernel in one call */

struct ch_stream {
    struct ch_request *request;
    const struct ch_stream_calls *calls;
    void *state;
    struct ch_gzip *gzip;  /* NULL: as it is */
    struct evbuffer *work; /* gzip's output */
    struct event *again;   /* asks for more on the next turn of the loop */
    bool chunked, wanting;
    uint64_t taken;       /* bytes given to the connection */
    uint64_t window_from; /* bytes the client had when the window began */
    int64_t window_at;
};

static struct bufferevent *bev_of(const struct ch_stream *stream)
{
    return stream->request->conn->bev;
}

/* Never from inside `want` itself: a producer that writes at once would recurse for the whole stream. */
static void want_soon(struct ch_stream *stream)
{
    event_active(stream->again, EV_TIMEOUT, 0);
}

static void ask(evutil_socket_t fd, short what, void *arg)
{
    struct ch_stream *stream = arg;
    (void)fd, (void)what;
    if (stream->wanting || evbuffer_get_length(bufferevent_get_output(bev_of(stream))) >= WAITING_MOST)
        return;
    stream->wanting = true;
    stream->calls->want(stream, stream->state);
}

static void free_stream(struct ch_stream *stream)
{
    event_free(stream->again);
    evbuffer_free(stream->work);
    ch_gzip_free(stream->gzip);
    stream->gzip = NULL;
}

static bool is_text(const char *type)
{
    return strncmp(type, "text/", 5) == 0 || strncmp(type, "application/json", 16) == 0 || strstr(type, "json") != NULL;
}

static struct ch_stream *new_stream(struct ch_request *request, const char *type, const struct ch_stream_calls *calls,
                                    void *state)
{
    struct ch_stream *stream = ch_alloc(request->arena, sizeof *stream);
    stream->request = request;
    stream->calls = calls;
    stream->state = state;
    stream->chunked = request->head.minor == 1;
    stream->work = evbuffer_new();
    stream->again = event_new(request->server->base, -1, 0, ask, stream);
    if (!stream->work || !stream->again)
        abort();
    if (is_text(type))
        ch_set_header(request, "Vary", "Accept-Encoding");
    if (is_text(type) && ch_takes_gzip(request)) {
        ch_set_header(request, "Content-Encoding", "gzip");
        stream->gzip = ch_gzip_new();
    }
    stream->window_at = request->server->now;
    return stream;
}

/* Nothing to send: the client left while the handler was waiting, or asked for the headers alone. */
static struct ch_done *end_at_once(struct ch_stream *stream)
{
    struct ch_request *request = stream->request;
    stream->calls->gone(stream, stream->state);
    free_stream(stream);
    request->stream = NULL;
    ch_request_finish(request);
    return &CH_DONE;
}

struct ch_done *ch_stream_start(struct ch_request *request, int status, const char *content_type,
                                const struct ch_stream_calls *calls, void *state)
{
    size_t size;
    if (request->answered)
        abort();
    request->answered = true;
    request->status = status;
    request->slug = "ok";
    struct ch_stream *stream = new_stream(request, content_type, calls, state);
    request->stream = stream;
    if (!request->conn)
        return end_at_once(stream);
    const char *head = ch_answer_head(request, content_type, -2, &size);
    ch_conn_send(request->conn, head, size, NULL, 0);
    if (request->method == CH_HEAD)
        return end_at_once(stream);
    request->conn->state = CH_CONN_STREAM;
    bufferevent_setwatermark(request->conn->bev, EV_WRITE, WAITING_MOST / 2, 0);
    bufferevent_set_max_single_write(request->conn->bev, WRITE_MOST);
    want_soon(stream);
    return &CH_DONE;
}

static void send_piece(struct ch_stream *stream, struct evbuffer *bytes)
{
    struct evbuffer *output = bufferevent_get_output(bev_of(stream));
    size_t size = evbuffer_get_length(bytes);
    if (size == 0)
        return; /* an empty chunk would end the body */
    if (stream->chunked)
        evbuffer_add_printf(output, "%zx\r\n", size);
    evbuffer_add_buffer(output, bytes);
    if (stream->chunked)
        evbuffer_add(output, "\r\n", 2);
    stream->taken += size;
    stream->request->sent += size;
}

void ch_stream_write(struct ch_stream *stream, struct evbuffer *bytes)
{
    stream->wanting = false;
    if (stream->gzip) {
        ch_gzip_write(stream->gzip, bytes, stream->work, false);
        send_piece(stream, stream->work);
    } else {
        send_piece(stream, bytes);
    }
    /* The write callback comes only when something was queued; gzip may have kept it all. */
    if (evbuffer_get_length(bufferevent_get_output(bev_of(stream))) < WAITING_MOST)
        want_soon(stream);
}

size_t ch_stream_waiting(const struct ch_stream *stream)
{
    int unacknowledged = 0;
    if (!stream->request->conn)
        return 0;
    size_t queued = evbuffer_get_length(bufferevent_get_output(bev_of(stream)));
    if (ioctl(bufferevent_getfd(bev_of(stream)), SIOCOUTQ, &unacknowledged) != 0)
        unacknowledged = 0;
    return queued + (size_t)unacknowledged;
}

void ch_stream_end(struct ch_stream *stream)
{
    struct ch_request *request = stream->request;
    if (stream->gzip) {
        ch_gzip_write(stream->gzip, stream->work, stream->work, true);
        send_piece(stream, stream->work);
    }
    if (stream->chunked)
        bufferevent_write(bev_of(stream), "0\r\n\r\n", 5);
    bufferevent_setwatermark(bev_of(stream), EV_WRITE, 0, 0);
    free_stream(stream);
    request->stream = NULL;
    ch_request_finish(request);
}

void ch_stream_drained(struct ch_stream *stream)
{
    want_soon(stream);
}

/* A client is slow when bytes have waited for it a whole window and it took hardly any. */
bool ch_stream_tick(struct ch_stream *stream)
{
    const struct ch_server *server = stream->request->server;
    uint64_t waiting = ch_stream_waiting(stream);
    uint64_t received = stream->taken > waiting ? stream->taken - waiting : 0;
    if (waiting == 0 || received >= stream->window_from + server->options.stream_min_bytes) {
        stream->window_at = server->now;
        stream->window_from = received;
        return true;
    }
    if (server->now - stream->window_at < server->options.stream_seconds)
        return true;
    ch_log(CH_LOG_WARN, "client reads too slowly", "request", stream->request->id, NULL);
    return false;
}

void ch_stream_lost(struct ch_stream *stream)
{
    struct ch_request *request = stream->request;
    ch_metrics_mine(request->server->metrics)->streams_gone++;
    request->slug = "gone";
    stream->calls->gone(stream, stream->state);
    request->conn = NULL;
    free_stream(stream);
    request->stream = NULL;
    ch_request_finish(request);
}
