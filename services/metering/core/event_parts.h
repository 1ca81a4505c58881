/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the readers of events hand to their judge: the members of one event as they stand in it, unescaped and not
 * judged. Private to core/event*.c, their fuzz target and their bench.
 *
 * Two readers fill it: the scanner (event_scan.c) of the shape that nearly all events have, and jansson's tree
 * (event_tree.c) for the rest. Both must say the same of every event; tests/fuzz/fuzz_events.c holds them to it. */
#ifndef METERING_CORE_EVENT_PARTS_H
#define METERING_CORE_EVENT_PARTS_H

#include "commonhold/crypto.h"
#include "event.h"

enum event_kind {
    EVENT_ABSENT, /* or null */
    EVENT_STRING,
    EVENT_INTEGER, /* without fraction and exponent, and fits int64_t */
    EVENT_BOOLEAN,
    EVENT_OTHER /* any other number, array, object */
};

struct event_value {
    const char *text; /* EVENT_STRING: UTF-8. U+0000 and lone surrogates, which no text may hold, stand as U+FFFF, which
                         none may hold either */
    int64_t number;   /* EVENT_INTEGER */
    size_t size;
    enum event_kind kind;
};

enum event_attribute {
    EVENT_ID,
    EVENT_SOURCE,
    EVENT_SPECVERSION,
    EVENT_TYPE,
    EVENT_SUBJECT,
    EVENT_TIME,
    EVENT_DATACONTENTTYPE,
    EVENT_DATASCHEMA,
    EVENT_DATA_BASE64, /* a member of the JSON format, no attribute */
    EVENT_ATTRIBUTES,
    EVENT_DATA = EVENT_ATTRIBUTES, /* likewise; has no value of its own */
    EVENT_EXTENSION                /* any other name */
};

enum event_member { EVENT_POOL, EVENT_METER, EVENT_UNITS, EVENT_CONTRIBUTION, EVENT_MEMBERS };

enum event_data { EVENT_DATA_NONE, EVENT_DATA_OBJECT, EVENT_DATA_OTHER };

struct event_parts {
    struct event_value attribute[EVENT_ATTRIBUTES];
    struct event_value member[EVENT_MEMBERS]; /* of data */
    enum event_data data;                     /* from data or from data_base64 */
    bool data_twice;                          /* both */
    bool attribute_bad;                       /* an extension attribute that is none */
    bool member_unknown;                      /* in data */
};

struct event_reader {
    struct ch_sha256 *hash;
    char *scratch;                  /* EVENT_MOST bytes */
    char source[EVENT_SOURCE_MOST]; /* the last one: source_hash is of it */
    size_t source_size;             /* 0: none yet */
    uint8_t source_hash[16];
};

/* ---- names (event_parts.c) ---- */

enum event_attribute event_attribute_of(const char *name, size_t size);
/* EVENT_MEMBERS for any other. */
enum event_member event_member_of(const char *name, size_t size);
/* An extension attribute that is one: name (CloudEvents, "Naming Conventions") and value ("Type System"). */
bool event_extension_good(const char *name, size_t size, const struct event_value *value);

/* ---- texts (event_text.c, event_time.c, event_media.c) ---- */

/* Characters of valid UTF-8 that CloudEvents lets a String hold; -1 where one is not. */
ptrdiff_t event_text_count(const char *text, size_t size);
/* RFC 3986, 4.1 (URI-reference), or 4.3 (absolute: with a scheme). ASCII only. */
bool event_uri_good(const char *text, size_t size, bool absolute);
/* 36 characters; letters of either case where `any_case`. */
bool event_uuid_read(const char *text, size_t size, bool any_case, uint8_t bytes[16]);
/* Four hexadecimal digits; -1 for anything else. */
int event_hex4(const char *text);
/* RFC 3339, 5.6, T and Z in either case. Microseconds since 1970, cut. */
bool event_time_read(const char *text, size_t size, int64_t *time);
/* A media type (RFC 2045, 5.1) whose subtype is json or ends with +json, in UTF-8. */
bool event_media_is_json(const char *text, size_t size);

/* ---- readers ---- */

/* The judge: fills everything but index, source_no and pool_id. Texts of the event are those of the parts. */
void event_judge(struct event_reader *reader, const struct event_parts *parts, int64_t now, struct usage_event *event);

/* The scanner: the object at `text`, and in *end what stands behind it. False where it is not sure; *parts is then
 * worth nothing. What it unescapes goes to the arena. */
bool event_scan(struct ch_arena *arena, const char *text, const char *stop, struct event_parts *parts,
                const char **end);

/* Grammar alone (RFC 8259, at most 512 deep, UTF-8): the end of the value at `text`; NULL with *place where it breaks
 * and *detail, a sentence. Linear, without recursion and memory. */
const char *event_skip(const char *text, const char *stop, const char **place, const char **detail);
const char *event_skip_space(const char *text, const char *stop);

/* jansson's reading of the object that fills text to text + size exactly and passed event_skip; size at most
 * EVENT_MOST. Judges it too; texts of the event are copied to the arena. */
void event_tree(struct event_reader *reader, struct ch_arena *arena, const char *text, size_t size, int64_t now,
                struct usage_event *event);
/* The data of an event in binary mode: any bytes, together with attributes that were read already. */
void event_tree_data(struct event_reader *reader, struct ch_arena *arena, const char *text, size_t size,
                     struct event_parts *parts, int64_t now, struct usage_event *event);
/* Replaces, in valid JSON and in place, what jansson cannot hold by U+FFFF, so that it is an error of its event and of
 * no other: U+0000 and lone surrogates in strings, numbers beyond its range (the whole number). */
void event_tame(char *text, size_t size);

/* Always false, with *refusal filled for the body as a whole. */
bool event_refuse(struct event_refusal *refusal, enum event_refusal_kind kind, const char *detail);

/* As events_read, with jansson for every event: what the scanner is measured and judged by. */
bool events_read_slowly(struct event_reader *reader, struct ch_arena *arena, enum event_mode mode, const char *body,
                        size_t size, int64_t now, struct event_batch *batch, struct event_refusal *refusal);

#endif
