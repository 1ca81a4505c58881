/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The witness over HTTP (C2SP tlog-witness): one process, one request after the other, so that comparing with what was
 * cosigned last and storing the new checkpoint are one step. */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commonhold/cli.h"
#include "commonhold/log.h"
#include "witness.h"

enum { HEAD_MAX = 16 * 1024, BODY_MAX = 256 * 1024, SECONDS = 15 };

struct answer {
    int status;
    const char *type, *body;
};

static const char PLAIN[] = "text/plain; charset=utf-8";

static struct answer say(struct ch_arena *arena, int status, const char *sentence)
{
    return (struct answer){status, PLAIN, ch_printf(arena, "%s\n", sentence)};
}

/* What only the person who runs this witness can mend. */
static struct answer fault(struct ch_arena *arena, const char *reason)
{
    ch_log(CH_LOG_ERROR, "the witness cannot answer", "reason", reason, NULL);
    return say(arena, 500, "this witness is out of order");
}

static struct answer add_checkpoint(struct ch_arena *arena, const struct witness *witness, const char *body,
                                    size_t size)
{
    struct ch_proof *proof = ch_alloc(arena, sizeof *proof);
    struct ch_checkpoint kept;
    const char *wrong = NULL, *line;
    char hex[65], *text;
    size_t kept_size = 0;
    if (!witness_read(body, size, proof, &wrong))
        return say(arena, 400, wrong);
    ch_sha256_hex(proof->checkpoint.origin, strlen(proof->checkpoint.origin), hex);
    if (!witness_load(arena, witness, hex, &text, &kept_size, &wrong))
        return fault(arena, wrong);
    if (text && (wrong = ch_checkpoint_read(text, kept_size, &kept)))
        return fault(arena, ch_printf(arena, "%s/%s.checkpoint: %s", witness->dir, hex, wrong));
    int status = witness_judge(witness->policy, proof, text ? &kept : NULL, &wrong);
    if (status == 409)
        return (struct answer){409, "text/x.tlog.size", ch_printf(arena, "%" PRIu64 "\n", text ? kept.size : 0)};
    if (status != 200)
        return say(arena, status, wrong);
    const char *cosigned = witness_cosign(arena, witness->policy, &proof->checkpoint, &witness->own, witness->key,
                                          (uint64_t)time(NULL), &line);
    if (!witness_store(arena, witness, hex, cosigned, &wrong))
        return fault(arena, wrong);
    return (struct answer){200, PLAIN, line};
}

/* /<64 hex digits>/checkpoint */
static bool is_checkpoint_path(const char *path, char hex[65])
{
    uint8_t bytes[32];
    if (strlen(path) != 1 + 64 + strlen("/checkpoint") || path[0] != '/' || strcmp(path + 65, "/checkpoint") != 0)
        return false;
    memcpy(hex, path + 1, 64);
    hex[64] = '\0';
    return ch_unhex(hex, bytes, sizeof bytes);
}

static struct answer show_checkpoint(struct ch_arena *arena, const struct witness *witness, const char *hex)
{
    char *text;
    size_t size;
    const char *wrong = NULL;
    if (!witness_load(arena, witness, hex, &text, &size, &wrong))
        return fault(arena, wrong);
    return text ? (struct answer){200, PLAIN, text} : say(arena, 404, "nothing of such a log was cosigned here");
}

static struct answer answer_of(struct ch_arena *arena, const struct witness *witness, struct evhttp_request *request)
{
    const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));
    bool post = evhttp_request_get_command(request) == EVHTTP_REQ_POST;
    char hex[65];
    if (strcmp(path, "/add-checkpoint") == 0) {
        struct evbuffer *input = evhttp_request_get_input_buffer(request);
        size_t size = evbuffer_get_length(input);
        const char *body = size ? (const char *)evbuffer_pullup(input, -1) : "";
        return post ? add_checkpoint(arena, witness, body, size) : say(arena, 405, "checkpoints are posted");
    }
    if (is_checkpoint_path(path, hex))
        return post ? say(arena, 405, "this is read only") : show_checkpoint(arena, witness, hex);
    return say(arena, 404, "there are /add-checkpoint and /<hash of an origin>/checkpoint");
}

static void on_request(struct evhttp_request *request, void *arg)
{
    struct ch_arena *arena = ch_arena_new();
    struct answer answer = answer_of(arena, arg, request);
    struct evbuffer *body = evbuffer_new();
    evbuffer_add(body, answer.body, strlen(answer.body));
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", answer.type);
    evhttp_send_reply(request, answer.status, NULL, body);
    evbuffer_free(body);
    ch_arena_free(arena);
}

static void on_signal(evutil_socket_t number, short what, void *base)
{
    (void)number;
    (void)what;
    event_base_loopbreak(base);
}

static bool bind_to(struct evhttp *http, const char *listen)
{
    char address[64] = "";
    const char *colon = strrchr(listen, ':');
    size_t length = colon ? (size_t)(colon - listen) : 0;
    char *end = NULL;
    unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
    if (length == 0 || length >= sizeof address || port < 1 || port > 65535 || *end != '\0')
        return false;
    memcpy(address, listen, length);
    return evhttp_bind_socket(http, address, (uint16_t)port) == 0;
}

static void run_loop(struct event_base *base)
{
    struct event *term = evsignal_new(base, SIGTERM, on_signal, base),
                 *ends = evsignal_new(base, SIGINT, on_signal, base);
    evsignal_add(term, NULL);
    evsignal_add(ends, NULL);
    event_base_dispatch(base);
    event_free(term);
    event_free(ends);
}

int witness_serve(const struct witness *witness, const char *listen)
{
    struct event_base *base = event_base_new();
    struct evhttp *http = evhttp_new(base);
    struct witness own = *witness;
    signal(SIGPIPE, SIG_IGN);
    evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_POST);
    evhttp_set_max_headers_size(http, HEAD_MAX);
    evhttp_set_max_body_size(http, BODY_MAX);
    evhttp_set_timeout(http, SECONDS);
    evhttp_set_gencb(http, on_request, &own);
    bool bound = bind_to(http, listen);
    if (bound) {
        ch_log(CH_LOG_INFO, "the witness listens", "address", listen, "name", own.own.name, NULL);
        run_loop(base);
    }
    evhttp_free(http);
    event_base_free(base);
    return bound ? CH_EXIT_OK : ch_say(CH_EXIT_FAULT, "cannot listen on %s: it is ADDRESS:PORT and free", listen);
}
