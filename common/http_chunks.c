/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Chunked bodies (RFC 9112, 7.1), read strictly and never beyond the limit. Extensions and trailers are passed over,
 * but count: a million empty extensions are an attack too. */
#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#include "http_private.h"

#define LINE_MOST     ((size_t)256)   /* a size line or trailer line */
#define OVERHEAD_MOST ((size_t)16384) /* trailers and extensions together, beyond what sizes need */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One line with its CR LF into `line`; false when it is not complete yet. *bad when it never will be right. */
static bool take_line(struct evbuffer *input, char line[LINE_MOST + 1], bool *bad)
{
    struct evbuffer_ptr end = evbuffer_search(input, "\n", 1, NULL);
    if (end.pos < 0) {
        *bad = evbuffer_get_length(input) > LINE_MOST;
        return false;
    }
    size_t size = (size_t)end.pos + 1;
    if (size < 2 || size > LINE_MOST) {
        *bad = true;
        return false;
    }
    evbuffer_remove(input, line, size);
    line[size - 1] = '\0';
    *bad = line[size - 2] != '\r' || strlen(line) != size - 1;
    line[size - 2] = '\0';
    return !*bad;
}

static bool read_size(const char *line, uint64_t *size)
{
    size_t digits = 0;
    uint64_t value = 0;
    for (; hex_value(line[digits]) >= 0; digits++)
        value = value << 4 | (uint64_t)hex_value(line[digits]);
    const char *rest = line + digits + strspn(line + digits, " \t");
    *size = value;
    return digits > 0 && digits <= 8 && (*rest == '\0' || *rest == ';');
}

static enum ch_chunks_verdict read_size_line(struct ch_chunks *chunks, struct evbuffer *input, uint64_t most)
{
    char line[LINE_MOST + 1];
    bool bad = false;
    if (!take_line(input, line, &bad))
        return bad ? CH_CHUNKS_MALFORMED : CH_CHUNKS_MORE;
    if (!read_size(line, &chunks->left))
        return CH_CHUNKS_MALFORMED;
    size_t length = strlen(line);
    chunks->overhead += length > 10 ? length : 0;
    if (chunks->overhead > OVERHEAD_MOST)
        return CH_CHUNKS_MALFORMED;
    if (chunks->left > most - chunks->taken)
        return CH_CHUNKS_TOO_LARGE;
    chunks->at = chunks->left > 0 ? CH_CHUNK_DATA : CH_CHUNK_TRAILER;
    return CH_CHUNKS_DONE;
}

static enum ch_chunks_verdict read_data(struct ch_chunks *chunks, struct evbuffer *input)
{
    size_t take = evbuffer_get_length(input);
    if (take > chunks->left)
        take = (size_t)chunks->left;
    if (chunks->room > 0 && take > chunks->room - evbuffer_get_length(chunks->body))
        take = chunks->room - evbuffer_get_length(chunks->body);
    if (take == 0)
        return CH_CHUNKS_MORE;
    evbuffer_remove_buffer(input, chunks->body, take);
    chunks->left -= take;
    chunks->taken += take;
    if (chunks->left == 0)
        chunks->at = CH_CHUNK_END;
    return CH_CHUNKS_DONE;
}

static enum ch_chunks_verdict read_end(struct ch_chunks *chunks, struct evbuffer *input)
{
    char pair[2];
    if (evbuffer_get_length(input) < 2)
        return CH_CHUNKS_MORE;
    evbuffer_remove(input, pair, 2);
    chunks->at = CH_CHUNK_SIZE;
    return pair[0] == '\r' && pair[1] == '\n' ? CH_CHUNKS_DONE : CH_CHUNKS_MALFORMED;
}

enum ch_chunks_verdict ch_chunks_read(struct ch_chunks *chunks, struct evbuffer *input, uint64_t most)
{
    char line[LINE_MOST + 1];
    bool bad = false;
    enum ch_chunks_verdict verdict = CH_CHUNKS_DONE;
    while (verdict == CH_CHUNKS_DONE) {
        switch (chunks->at) {
        case CH_CHUNK_SIZE:
            verdict = read_size_line(chunks, input, most);
            break;
        case CH_CHUNK_DATA:
            verdict = read_data(chunks, input);
            break;
        case CH_CHUNK_END:
            verdict = read_end(chunks, input);
            break;
        case CH_CHUNK_TRAILER:
            if (!take_line(input, line, &bad))
                return bad ? CH_CHUNKS_MALFORMED : CH_CHUNKS_MORE;
            if (line[0] == '\0')
                return CH_CHUNKS_DONE;
            chunks->overhead += strlen(line) + 2;
            if (chunks->overhead > OVERHEAD_MOST)
                return CH_CHUNKS_MALFORMED;
            break;
        }
    }
    return verdict;
}
