/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A streaming reader of NDJSON: lines of at most 1 MiB, LF or CRLF, each one flat object (RFC 8259). Numbers are handed
 * on as they are written, so that no digit is lost. Memory is constant. */
#ifndef LICENSING_CORE_NDJSON_H
#define LICENSING_CORE_NDJSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

#define CH_NDJSON_LINE ((size_t)1 << 20)

struct ch_ndjson;
/* `on_line` gets each line without its end; text NULL: it was too long. Valid during the call; the text may be changed
 * by nobody. */
struct ch_ndjson *ch_ndjson_new(struct ch_arena *arena,
                                void (*on_line)(void *, uint64_t line, const char *text, size_t length), void *context);
void ch_ndjson_feed(struct ch_ndjson *reader, const char *bytes, size_t size);
/* After the last byte: a last line without an end is a line. */
void ch_ndjson_end(struct ch_ndjson *reader);

enum ch_json_kind { CH_JSON_STRING, CH_JSON_NUMBER, CH_JSON_BOOLEAN, CH_JSON_NULL };

/* Reads one flat object of valid UTF-8 and calls `member` for each member, in order: strings unescaped into `buffer`
 * (room for `length` bytes), numbers, true and false as written. False when the text is anything else (an array or
 * object inside, U+0000 or a lone surrogate in a string, something behind the object), or `member` returned false. */
bool ch_ndjson_object(const char *text, size_t length, char *buffer,
                      bool (*member)(void *, const char *key, size_t key_length, enum ch_json_kind kind,
                                     const char *value, size_t value_length),
                      void *context);

#endif
