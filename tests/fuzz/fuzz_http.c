/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as the head of a request, and as a chunked body whole and in pieces: no crash, limits hold, pieces change
 * nothing. */
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
static enum ch_body_verdict read_body(const uint8_t *bytes, size_t size, size_t piece, struct evbuffer *body)
{
    struct ch_chunks chunks = {.body = body};
    struct evbuffer *input = evbuffer_new();
    enum ch_body_verdict verdict = CH_BODY_MORE;
    for (size_t at = 0; at < size && verdict == CH_BODY_MORE; at += piece) {
        evbuffer_add(input, bytes + at, size - at < piece ? size - at : piece);
        verdict = ch_chunks_read(&chunks, input, BODY_MOST);
        require(evbuffer_get_length(body) <= BODY_MOST);
    }
    evbuffer_free(input);
    return verdict;
}

static void check_body(const uint8_t *bytes, size_t size)
{
    struct evbuffer *whole = evbuffer_new(), *pieces = evbuffer_new();
    enum ch_body_verdict verdict = read_body(bytes, size, size, whole);
    enum ch_body_verdict again = read_body(bytes, size, 1 + size % 3, pieces);
    require(verdict == again && evbuffer_get_length(whole) == evbuffer_get_length(pieces));
    size_t length = evbuffer_get_length(whole);
    if (length > 0)
        require(memcmp(evbuffer_pullup(whole, -1), evbuffer_pullup(pieces, -1), length) == 0);
    evbuffer_free(whole);
    evbuffer_free(pieces);
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
