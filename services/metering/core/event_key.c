/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The identity of an event and the hash of its content; and the reader's own memory, which hashing needs. */
#include <stdlib.h>
#include <string.h>

#include "event_parts.h"

struct event_reader *event_reader_new(void)
{
    struct event_reader *reader = calloc(1, sizeof *reader);
    if (!reader || !(reader->scratch = malloc(EVENT_MOST)))
        abort();
    reader->hash = ch_sha256_begin();
    return reader;
}

void event_reader_free(struct event_reader *reader)
{
    uint8_t digest[32];
    if (!reader)
        return;
    ch_sha256_end(reader->hash, digest);
    free(reader->scratch);
    free(reader);
}

/* Neighbouring events mostly have the same source. */
static const uint8_t *source_hash(struct event_reader *reader, const char *source, size_t size)
{
    uint8_t digest[32];
    if (size > 0 && size == reader->source_size && memcmp(source, reader->source, size) == 0)
        return reader->source_hash;
    ch_sha256_add(reader->hash, source, size);
    ch_sha256_next(reader->hash, digest);
    memcpy(reader->source_hash, digest, sizeof reader->source_hash);
    reader->source_size = size <= sizeof reader->source ? size : 0;
    memcpy(reader->source, source, reader->source_size);
    return reader->source_hash;
}

void event_key(struct event_reader *reader, const char *source, size_t source_size, const char *id, size_t id_size,
               uint8_t key[16])
{
    uint8_t digest[32], uuid[16];
    ch_sha256_add(reader->hash, source_hash(reader, source, source_size), sizeof reader->source_hash);
    ch_sha256_add(reader->hash, id, id_size);
    ch_sha256_next(reader->hash, digest);
    memcpy(key, digest, 16);
    memset(key, 0, 6);
    if (event_uuid_read(id, id_size, true, uuid) && uuid[6] >> 4 == 7 && uuid[8] >> 6 == 2)
        memcpy(key, uuid, 6);
    key[6] = (uint8_t)(0x80 | (key[6] & 0x0f));
    key[8] = (uint8_t)(0x80 | (key[8] & 0x3f));
}

static char *put(char *at, const char *text, size_t size)
{
    return (char *)memcpy(at, text, size) + size;
}

static char *put_uuid(char *at, const uint8_t bytes[16])
{
    static const char digits[] = "0123456789abcdef";
    *at++ = '"';
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 15];
    }
    *at++ = '"';
    return at;
}

static char *put_number(char *at, int64_t number)
{
    char digits[20];
    size_t i = sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do
        digits[--i] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        *at++ = '-';
    return put(at, digits + i, sizeof digits - i);
}

#define PUT(at, literal) put(at, literal, sizeof(literal) - 1)

/* A ref and the names of meters need no escapes. */
void event_content_hash(struct event_reader *reader, const struct usage_event *event, uint8_t digest[32])
{
    char text[512];
    const char *meter = usage_meter_name(event->meter);
    char *at = PUT(text, "{\"contribution\":");
    at = event->has_contribution ? put_uuid(at, event->contribution) : PUT(at, "null");
    at = put_uuid(PUT(at, ",\"grant\":"), event->grant);
    at = put(PUT(at, ",\"meter\":\""), meter, strlen(meter));
    at = put(PUT(at, "\",\"pool\":\""), event->pool, event->pool_size);
    at = put_number(PUT(at, "\",\"time\":"), event->time);
    at = PUT(put_number(PUT(at, ",\"units\":"), event->units), "}");
    ch_sha256_add(reader->hash, text, (size_t)(at - text));
    ch_sha256_next(reader->hash, digest);
}
