/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Public documents as they leave: tagged, answered 304 when the reader has them, compressed. */
#ifndef LICENSING_PUBLISH_H
#define LICENSING_PUBLISH_H

#include "commonhold/http.h"

/* Answers 200 with `body` (lives until the answer is out: in the request's arena), or 304 when If-None-Match names the
 * tag. `hash` is what stands for the document, quoted here into a weak ETag, since gzip gives other bytes (RFC 9110,
 * 8.8.1). Compressed where the reader takes gzip. */
struct ch_done *licensing_publish(struct ch_request *request, const char *content_type, const char *hash,
                                  const char *body);
/* The same for a body whose hash is its own SHA-256. */
struct ch_done *licensing_publish_text(struct ch_request *request, const char *content_type, const char *body);
/* A continuation: passes refusals on and publishes an `ok` as application/json. */
struct ch_done *licensing_publish_answer(struct ch_request *request, const struct ch_answer *answer);

#endif
