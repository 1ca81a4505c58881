/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* gzip (RFC 1952) of a stream, through zlib: level 1, for deliveries are made once and the line is rarely the limit. */
#include <event2/buffer.h>
#include <stdlib.h>
#include <zlib.h>

#include "http_private.h"

#define LEVEL     1
#define WINDOW    (15 + 16) /* 32 KiB, with gzip's header */
#define OUT_PIECE 16384

struct ch_gzip {
    z_stream stream;
};

struct ch_gzip *ch_gzip_new(void)
{
    struct ch_gzip *gzip = calloc(1, sizeof *gzip);
    if (!gzip || deflateInit2(&gzip->stream, LEVEL, Z_DEFLATED, WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    return gzip;
}

void ch_gzip_free(struct ch_gzip *gzip)
{
    if (!gzip)
        return;
    deflateEnd(&gzip->stream);
    free(gzip);
}

static void deflate_piece(struct ch_gzip *gzip, struct evbuffer *out, int how)
{
    unsigned char piece[OUT_PIECE];
    do {
        gzip->stream.next_out = piece;
        gzip->stream.avail_out = sizeof piece;
        deflate(&gzip->stream, how);
        evbuffer_add(out, piece, sizeof piece - gzip->stream.avail_out);
    } while (gzip->stream.avail_out == 0);
}

void ch_gzip_write(struct ch_gzip *gzip, struct evbuffer *in, struct evbuffer *out, bool last)
{
    struct evbuffer_iovec part;
    while (evbuffer_get_length(in) > 0 && evbuffer_peek(in, -1, NULL, &part, 1) > 0) {
        gzip->stream.next_in = part.iov_base;
        gzip->stream.avail_in = (uInt)part.iov_len;
        deflate_piece(gzip, out, Z_NO_FLUSH);
        evbuffer_drain(in, part.iov_len);
    }
    /* Nothing is held back: what was written counts as on its way. */
    gzip->stream.avail_in = 0;
    deflate_piece(gzip, out, last ? Z_FINISH : Z_SYNC_FLUSH);
}
