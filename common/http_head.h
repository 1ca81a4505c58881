/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The head of an HTTP/1.1 request (RFC 9112), read strictly: one message can only be read one way. */
#ifndef COMMON_HTTP_HEAD_H
#define COMMON_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"
#include "commonhold/http.h"

#define CH_HEADERS_MAX 100

struct ch_header {
    const char *name, *value;
};

struct ch_head {
    const char *method_text; /* as sent */
    enum ch_method method;
    bool method_known;
    const char *path;  /* raw, begins with '/', without query */
    const char *query; /* raw, NULL when there is no '?' */
    int minor;         /* HTTP/1.<minor>: 0 or 1 */
    struct ch_header *headers;
    size_t count;
    bool keep_alive;     /* what the client wants */
    bool expects;        /* Expect: 100-continue */
    bool chunked;        /* the body comes in chunks, */
    uint64_t body_bytes; /* or has this length */
};

enum ch_head_verdict { CH_HEAD_OK, CH_HEAD_MALFORMED, CH_HEAD_TOO_MANY };

/* Reads `text` (up to and with the empty line; NUL behind it), which is cut up in place: everything in *head points
 * into it. `why` gets one sentence when the verdict is not OK. Refused are (RFC 9112): bare LF, folded lines (5.2),
 * blanks before the colon (5.1), control characters, Content-Length together with Transfer-Encoding or twice (6.3),
 * codings other than chunked (6.1), no or two Host headers (3.2). */
enum ch_head_verdict ch_head_read(struct ch_arena *arena, char *text, struct ch_head *head, const char **why);

/* First value, NULL when absent; names without regard to case. */
const char *ch_head_find(const struct ch_head *head, const char *name);

#endif
