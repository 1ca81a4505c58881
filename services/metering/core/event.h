/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Usage events as other data planes report them: CloudEvents 1.0.2 (core, JSON format, HTTP binding) of type
 * commonhold.usage.v1, read into what is stored. Pure: what must be looked up (whose source it is, which pool, whether
 * the grant is in force) is not decided here.
 *
 * A body is refused whole only when it is no batch: not JSON, not an array, too large. Everything else is a verdict on
 * one event, and its neighbours stand.
 *
 * Decided here where the standards leave it open:
 * - Two events are the same event when source and id are the same bytes. They have the same content when grant, pool,
 *   meter, units, contribution and the instant (in microseconds, whatever its offset or form) are the same. Extension
 *   attributes, dataschema and datacontenttype are neither identity nor content.
 * - A name that stands twice in an event or in its data refuses the event. null is absent (JSON format, 2.2), but for
 *   data, where it is a value (3.1.1).
 * - Extension attributes are checked (name a-z 0-9; boolean, integer of 32 bits, or string without control characters)
 *   and left alone. Unknown members of data are refused: a misspelt "contribution" must not pay somebody else.
 * - A time is cut to microseconds. A leap second (23:59:60 UTC on the last day of a month) is the last microsecond of
 *   its day, for the day and the month it ends are the ones it is billed in.
 * - Printable: no control character and no noncharacter (CloudEvents, "Type System", String). */
#ifndef METERING_CORE_EVENT_H
#define METERING_CORE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

#define EVENTS_MOST       10000
#define EVENTS_BODY_MOST  ((size_t)8 * 1024 * 1024)
#define EVENT_MOST        ((size_t)64 * 1024) /* one event's text: what CloudEvents, "Size limits", asks consumers to take */
#define EVENT_ID_MOST     128                 /* characters, so up to 512 bytes */
#define EVENT_SOURCE_MOST 512                 /* bytes: it is a URI reference */
#define EVENT_UNITS_MOST  (INT64_C(1) << 40)
#define EVENT_AGE_MOST    (INT64_C(62) * 86400 * 1000000) /* microseconds */
#define EVENT_AHEAD_MOST  (INT64_C(5) * 60 * 1000000)

/* In the order of their names, which is the order PostgreSQL gives them: rollups sorted by either are the same. */
enum usage_meter { USAGE_BYTES, USAGE_QUERIES, USAGE_REQUESTS, USAGE_ROWS, USAGE_SECONDS, USAGE_TOKENS };
#define USAGE_METERS 6
/* "bytes" ... */
const char *usage_meter_name(enum usage_meter meter);

/* Verdicts, in the order in which they are looked for: the first that holds is the one given. The last two are given by
 * who knows the sources and what is stored. X(enumerator, slug, sentence) */
#define EVENT_REASONS(X)                                                                                               \
    X(EVENT_GOOD, "good", "The event can be counted.")                                                                 \
    X(EVENT_NOT_AN_OBJECT, "not_an_object", "An event is a JSON object.")                                              \
    X(EVENT_TOO_LARGE, "too_large", "The event is longer than 64 KiB.")                                                \
    X(EVENT_DUPLICATE_MEMBER, "duplicate_member", "A name stands twice.")                                              \
    X(EVENT_ID_INVALID, "id_invalid", "id is 1 to 128 printable characters.")                                          \
    X(EVENT_SPECVERSION_UNSUPPORTED, "specversion_unsupported", "specversion is 1.0.")                                 \
    X(EVENT_TYPE_UNKNOWN, "type_unknown", "type is commonhold.usage.v1.")                                              \
    X(EVENT_SOURCE_INVALID, "source_invalid", "source is a URI reference of 1 to 512 bytes.")                          \
    X(EVENT_ATTRIBUTE_INVALID, "attribute_invalid", "An attribute has a name or a value CloudEvents does not know.")   \
    X(EVENT_DATACONTENTTYPE_UNSUPPORTED, "datacontenttype_unsupported", "The data is JSON.")                           \
    X(EVENT_TIME_INVALID, "time_invalid", "time is an RFC 3339 instant.")                                              \
    X(EVENT_TIME_TOO_OLD, "time_too_old", "time is at most 62 days ago.")                                              \
    X(EVENT_TIME_AHEAD, "time_ahead", "time is at most 5 minutes ahead.")                                              \
    X(EVENT_SUBJECT_INVALID, "subject_invalid", "subject is the id of a grant.")                                       \
    X(EVENT_DATA_INVALID, "data_invalid", "data is an object of pool, meter, units and contribution.")                 \
    X(EVENT_POOL_INVALID, "pool_invalid", "pool is the ref of a pool.")                                                \
    X(EVENT_METER_UNKNOWN, "meter_unknown", "meter is rows, bytes, requests, queries, seconds or tokens.")             \
    X(EVENT_UNITS_INVALID, "units_invalid", "units is an integer from 1 to 2^40.")                                     \
    X(EVENT_CONTRIBUTION_INVALID, "contribution_invalid", "contribution is the id of a contribution.")                 \
    X(EVENT_SOURCE_UNKNOWN, "source_unknown", "source is not registered for this client.")                             \
    X(EVENT_CONFLICT, "conflict", "An event of this source and id has other content.")
enum event_reason {
#define X(name, slug, sentence) name,
    EVENT_REASONS(X)
#undef X
};
const char *event_reason_slug(enum event_reason reason);
const char *event_reason_sentence(enum event_reason reason);

/* Texts are not ended by NUL; they lie in the body that was read, or in the arena where they had to be unescaped. Where
 * `reason` is not EVENT_GOOD, only index, reason and id mean something. */
struct usage_event {
    const char *id;     /* NULL: the event has none that is valid */
    const char *source; /* as registered */
    const char *pool;   /* ref of a pool: ^[a-z][a-z0-9-]{0,31}$ */
    int64_t units;      /* 1 to EVENT_UNITS_MOST */
    int64_t time;       /* microseconds since 1970-01-01T00:00:00Z */
    enum event_reason reason;
    enum usage_meter meter;
    uint32_t index;                      /* in the batch, from 0 */
    uint16_t id_size, source_size;       /* bytes */
    uint8_t pool_size;                   /* bytes */
    bool has_contribution;               /* false: spread when the month is sealed */
    uint8_t grant[16], contribution[16]; /* contribution: all zero where there is none */
    uint8_t event_key[16];               /* of source and id alone: see event_key below */
    uint8_t content_hash[32];            /* see event_content_hash */
    int32_t source_no;                   /* 0; for who looks the source up */
    uint8_t pool_id[16];                 /* zero; for who looks the pool up */
};

struct event_batch {
    struct usage_event *events; /* in the arena; in the order of the body, good and bad */
    size_t count;
};

/* Why a body is refused whole. */
enum event_refusal_kind {
    EVENTS_TOO_LARGE, /* over EVENTS_BODY_MOST */
    EVENTS_TOO_MANY,  /* over EVENTS_MOST */
    EVENTS_NOT_JSON,  /* RFC 8259, UTF-8, at most 512 levels deep */
    EVENTS_NOT_BATCH  /* JSON, but no array (batch), no object (structured); no ce- header (binary) */
};
struct event_refusal {
    enum event_refusal_kind kind;
    size_t offset;         /* bytes before the place */
    uint32_t line, column; /* of the place, from 1; columns are bytes */
    char detail[160];      /* one sentence for people, with line and column */
};

/* HTTP binding, 3: what a Content-Type says. NULL is binary. Parameters do not matter, but a charset other than UTF-8
 * (or US-ASCII) is unsupported, as are event formats other than JSON. */
enum event_mode { EVENT_MODE_BATCH, EVENT_MODE_STRUCTURED, EVENT_MODE_BINARY, EVENT_MODE_UNSUPPORTED };
enum event_mode event_mode_of(const char *content_type);

/* What reading needs again and again: hash context and scratch memory. One for each thread; lives until freed. */
struct event_reader;
struct event_reader *event_reader_new(void);
void event_reader_free(struct event_reader *reader);

/* Reads a body in EVENT_MODE_BATCH or EVENT_MODE_STRUCTURED (a batch of one). `now`: microseconds since 1970. False
 * with *refusal filled when the body is no batch; an empty array is one. The body must live as long as the events. */
bool events_read(struct event_reader *reader, struct ch_arena *arena, enum event_mode mode, const char *body,
                 size_t size, int64_t now, struct event_batch *batch, struct event_refusal *refusal);

/* A header of the request; names in any case, values without white space around them. Others than ce-* are ignored. */
struct event_header {
    const char *name, *value;
};
/* Reads one event in binary mode (HTTP binding, 3.1): the body is its data, `content_type` (NULL: none) its
 * datacontenttype. A batch of one; false where no header begins with ce-, or the body is too large. */
bool events_read_binary(struct event_reader *reader, struct ch_arena *arena, const struct event_header *headers,
                        size_t count, const char *content_type, const char *body, size_t size, int64_t now,
                        struct event_batch *batch, struct event_refusal *refusal);

/* The identity of an event, 16 bytes in the layout of UUID version 8 (RFC 9562, 5.8). The first 48 bits are those of an
 * id that is a UUID of version 7, in either case of its letters, and zero for any other id. The remaining 74 bits are
 * those of the digest at the same places: SHA-256(first 16 bytes of SHA-256(source) || id). */
void event_key(struct event_reader *reader, const char *source, size_t source_size, const char *id, size_t id_size,
               uint8_t key[16]);

/* SHA-256 of the canonical JSON (RFC 8785)
 *     {"contribution":"<uuid>" or
 * null,"grant":"<uuid>","meter":"rows","pool":"<ref>","time":<microseconds>,"units":<n>} so that anybody can make it
 * again from the stored row. */
void event_content_hash(struct event_reader *reader, const struct usage_event *event, uint8_t digest[32]);

#endif
