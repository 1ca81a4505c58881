/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as the head of a request, and as a chunked body whole, in pieces, and taken in pieces: no crash, limits
 * hold, pieces change nothing. */
#include <event2/buffer.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/http_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define BODY_MOST ((size_t)64)

static void require(bool held)
{
    if (!held)
        abort();
}

static void check_head(const uint8_t *bytes, size_t size)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_head head;
    const char *why = NULL;
    enum ch_head_verdict verdict = ch_head_read(arena, ch_memdup(arena, bytes, size), &head, &why);
    if (verdict == CH_HEAD_OK) {
        require(head.count <= CH_HEADERS_MAX && head.path && !(head.chunked && head.body_bytes > 0));
        ch_head_find(&head, "Host");
        struct ch_router *router = ch_router_new();
        struct ch_match match;
        require(ch_router_match(router, arena, CH_GET, head.path, &match) != CH_MATCH_FOUND);
        ch_router_free(router);
    } else {
        require(why != NULL);
    }
    ch_arena_free(arena);
}

/* Verdict, and the body in `body`. */
static enum ch_chunks_verdict read_body(const uint8_t *bytes, size_t size, size_t piece, struct evbuffer *body)
{
    struct ch_chunks chunks = {.body = body};
    struct evbuffer *input = evbuffer_new();
    enum ch_chunks_verdict verdict = CH_CHUNKS_MORE;
    for (size_t at = 0; at < size && verdict == CH_CHUNKS_MORE; at += piece) {
        evbuffer_add(input, bytes + at, size - at < piece ? size - at : piece);
        verdict = ch_chunks_read(&chunks, input, BODY_MOST);
        require(evbuffer_get_length(body) <= BODY_MOST);
    }
    evbuffer_free(input);
    return verdict;
}

/* As a handler that takes pieces reads it: `room` bytes at a time, the input growing by `piece`. */
static enum ch_chunks_verdict stream_body(const uint8_t *bytes, size_t size, size_t piece, size_t room,
                                          struct evbuffer *all)
{
    struct ch_chunks chunks = {.body = evbuffer_new(), .room = room};
    struct evbuffer *input = evbuffer_new();
    enum ch_chunks_verdict verdict = CH_CHUNKS_MORE;
    for (size_t at = 0; at < size && verdict == CH_CHUNKS_MORE; at += piece) {
        evbuffer_add(input, bytes + at, size - at < piece ? size - at : piece);
        size_t taken;
        do {
            verdict = ch_chunks_read(&chunks, input, BODY_MOST);
            taken = evbuffer_get_length(chunks.body);
            require(taken <= room);
            evbuffer_add_buffer(all, chunks.body);
        } while (verdict == CH_CHUNKS_MORE && taken == room);
    }
    require(chunks.taken == evbuffer_get_length(all) && chunks.taken <= BODY_MOST);
    evbuffer_free(chunks.body);
    evbuffer_free(input);
    return verdict;
}

static void require_same(struct evbuffer *a, struct evbuffer *b)
{
    size_t length = evbuffer_get_length(a);
    require(evbuffer_get_length(b) == length);
    if (length > 0)
        require(memcmp(evbuffer_pullup(a, -1), evbuffer_pullup(b, -1), length) == 0);
}

static void check_body(const uint8_t *bytes, size_t size)
{
    struct evbuffer *whole = evbuffer_new(), *pieces = evbuffer_new(), *streamed = evbuffer_new();
    enum ch_chunks_verdict verdict = read_body(bytes, size, size, whole);
    enum ch_chunks_verdict again = read_body(bytes, size, 1 + size % 3, pieces);
    enum ch_chunks_verdict flow = stream_body(bytes, size, 1 + size % 7, 1 + size % 5, streamed);
    require(verdict == again && verdict == flow);
    require_same(whole, pieces);
    require_same(whole, streamed);
    evbuffer_free(whole);
    evbuffer_free(pieces);
    evbuffer_free(streamed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size > 4096)
        return 0;
    check_head(bytes, size);
    if (size > 0)
        check_body(bytes, size);
    return 0;
}
