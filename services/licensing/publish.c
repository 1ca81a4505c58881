/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How public documents leave: by their tag, and through a stream, which compresses. What is in them is not known
 * here. */
#include "publish.h"

#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"

/* All of it at once: the body is in memory, and the stream waits for a slow reader. */
static void give(struct ch_stream *stream, void *state)
{
    const char *body = state;
    struct evbuffer *bytes = evbuffer_new();
    if (!bytes || evbuffer_add(bytes, body, strlen(body)) != 0)
        abort();
    ch_stream_write(stream, bytes);
    evbuffer_free(bytes);
    ch_stream_end(stream);
}

static void gone(struct ch_stream *stream, void *state)
{
    (void)stream;
    (void)state;
}

struct ch_done *licensing_publish(struct ch_request *request, const char *content_type, const char *hash,
                                  const char *body)
{
    static const struct ch_stream_calls calls = {.want = give, .gone = gone};
    struct ch_arena *arena = ch_arena_of(request);
    ch_set_header(request, "Cache-Control", "no-cache"); /* kept, but asked about each time */
    if (ch_if_none_match(request, ch_printf(arena, "W/\"%.32s\"", hash))) {
        ch_set_header(request, "Vary", "Accept-Encoding");
        return ch_reply(request, "not_modified", NULL);
    }
    return ch_stream_start(request, 200, content_type, &calls, (void *)(uintptr_t)body);
}

struct ch_done *licensing_publish_text(struct ch_request *request, const char *content_type, const char *body)
{
    char hash[65];
    ch_sha256_hex(body, strlen(body), hash);
    return licensing_publish(request, content_type, hash, body);
}

struct ch_done *licensing_publish_answer(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    return licensing_publish_text(request, "application/json", answer->body);
}
