/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lines, and the flat objects in them. Not a general JSON reader: a container inside the object ends it, so that depth
 * is never more than one. */
#include "ndjson.h"

#include <string.h>

struct ch_ndjson {
    void (*on_line)(void *, uint64_t, const char *, size_t);
    void *context;
    uint64_t line; /* lines handed on */
    size_t used;   /* bytes kept of a line that began in an earlier piece */
    bool too_long;
    char *kept; /* CH_NDJSON_LINE + 1 bytes at most: the CR of CRLF is not counted */
    size_t room;
    struct ch_arena *arena;
};

struct ch_ndjson *ch_ndjson_new(struct ch_arena *arena, void (*on_line)(void *, uint64_t, const char *, size_t),
                                void *context)
{
    struct ch_ndjson *reader = ch_alloc(arena, sizeof *reader);
    reader->on_line = on_line;
    reader->context = context;
    reader->arena = arena;
    return reader;
}

static void keep(struct ch_ndjson *reader, const char *bytes, size_t size)
{
    if (size > CH_NDJSON_LINE + 1 - reader->used) {
        reader->too_long = true;
        return;
    }
    reader->kept = ch_arena_grow(reader->arena, reader->kept, &reader->room, reader->used + size);
    memcpy(reader->kept + reader->used, bytes, size);
    reader->used += size;
}

static void hand_on(struct ch_ndjson *reader, const char *text, size_t length)
{
    if (length && text[length - 1] == '\r')
        length--;
    bool long_line = reader->too_long || length > CH_NDJSON_LINE;
    reader->on_line(reader->context, ++reader->line, long_line ? NULL : text, long_line ? 0 : length);
    reader->used = 0;
    reader->too_long = false;
}

void ch_ndjson_feed(struct ch_ndjson *reader, const char *bytes, size_t size)
{
    while (size) {
        const char *end = memchr(bytes, '\n', size);
        size_t length = end ? (size_t)(end - bytes) : size;
        if (!end) {
            keep(reader, bytes, length);
            return;
        }
        if (reader->used || reader->too_long) {
            keep(reader, bytes, length);
            hand_on(reader, reader->kept, reader->used);
        } else {
            hand_on(reader, bytes, length);
        }
        bytes = end + 1;
        size -= length + 1;
    }
}

void ch_ndjson_end(struct ch_ndjson *reader)
{
    if (reader->used || reader->too_long)
        hand_on(reader, reader->kept, reader->used);
}

/* Where the object reader stands. */
struct scan {
    const char *at, *end;
    char *out; /* where the next unescaped string goes */
};

static void skip_space(struct scan *scan)
{
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\r' || *scan->at == '\n'))
        scan->at++;
}

static bool take(struct scan *scan, char c)
{
    skip_space(scan);
    if (scan->at == scan->end || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

/* Four hex digits, -1 if they are none. */
static int hex_four(struct scan *scan)
{
    int value = 0;
    if (scan->end - scan->at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = *scan->at++;
        int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static void put_point(struct scan *scan, uint32_t point)
{
    if (point < 0x80) {
        *scan->out++ = (char)point;
        return;
    }
    int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    *scan->out++ = (char)(lead[more] | point >> (6 * more));
    while (more-- > 0)
        *scan->out++ = (char)(0x80 | (point >> (6 * more) & 0x3f));
}

/* \uXXXX, with its second half where it is a surrogate. The escape is longer than what it stands for. */
static bool unicode_escape(struct scan *scan)
{
    int high = hex_four(scan);
    if (high <= 0 || (high >= 0xdc00 && high <= 0xdfff))
        return false;
    if (high < 0xd800 || high > 0xdbff) {
        put_point(scan, (uint32_t)high);
        return true;
    }
    if (scan->end - scan->at < 2 || scan->at[0] != '\\' || scan->at[1] != 'u')
        return false;
    scan->at += 2;
    int low = hex_four(scan);
    if (low < 0xdc00 || low > 0xdfff)
        return false;
    put_point(scan, 0x10000u + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00));
    return true;
}

static bool escape(struct scan *scan)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (scan->at == scan->end)
        return false;
    char c = *scan->at++;
    if (c == 'u')
        return unicode_escape(scan);
    const char *name = c ? strchr(names, c) : NULL;
    if (!name)
        return false;
    *scan->out++ = values[name - names];
    return true;
}

/* A string behind its first quote; *text and *length in the buffer. */
static bool read_string(struct scan *scan, const char **text, size_t *length)
{
    *text = scan->out;
    while (scan->at < scan->end && *scan->at != '"') {
        char c = *scan->at++;
        if ((unsigned char)c < 0x20)
            return false;
        if (c != '\\')
            *scan->out++ = c;
        else if (!escape(scan))
            return false;
    }
    if (scan->at == scan->end)
        return false;
    scan->at++;
    *length = (size_t)(scan->out - *text);
    return true;
}

static size_t digits(const struct scan *scan, const char *at)
{
    size_t n = 0;
    while (at + n < scan->end && at[n] >= '0' && at[n] <= '9')
        n++;
    return n;
}

/* RFC 8259, section 6. */
static bool read_number(struct scan *scan, const char **text, size_t *length)
{
    const char *at = *text = scan->at;
    at += *at == '-';
    size_t whole = digits(scan, at);
    if (whole == 0 || (whole > 1 && *at == '0'))
        return false;
    at += whole;
    if (at < scan->end && *at == '.') {
        size_t fraction = digits(scan, ++at);
        if (fraction == 0)
            return false;
        at += fraction;
    }
    if (at < scan->end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < scan->end && (*at == '+' || *at == '-');
        size_t exponent = digits(scan, at);
        if (exponent == 0)
            return false;
        at += exponent;
    }
    *length = (size_t)(at - *text);
    scan->at = at;
    return true;
}

static bool read_word(struct scan *scan, const char *word, const char **text, size_t *length)
{
    *text = scan->at;
    *length = strlen(word);
    if ((size_t)(scan->end - scan->at) < *length || memcmp(scan->at, word, *length) != 0)
        return false;
    scan->at += *length;
    return true;
}

static bool read_value(struct scan *scan, enum ch_json_kind *kind, const char **text, size_t *length)
{
    skip_space(scan);
    if (scan->at == scan->end)
        return false;
    switch (*scan->at) {
    case '"':
        *kind = CH_JSON_STRING;
        scan->at++;
        return read_string(scan, text, length);
    case 't':
        *kind = CH_JSON_BOOLEAN;
        return read_word(scan, "true", text, length);
    case 'f':
        *kind = CH_JSON_BOOLEAN;
        return read_word(scan, "false", text, length);
    case 'n':
        *kind = CH_JSON_NULL;
        return read_word(scan, "null", text, length);
    default:
        *kind = CH_JSON_NUMBER;
        return read_number(scan, text, length);
    }
}

bool ch_ndjson_object(const char *text, size_t length, char *buffer,
                      bool (*member)(void *, const char *, size_t, enum ch_json_kind, const char *, size_t),
                      void *context)
{
    struct scan scan = {text, text + length, buffer};
    const char *key, *value;
    size_t key_length, value_length;
    enum ch_json_kind kind;
    if (!take(&scan, '{'))
        return false;
    for (bool first = true; !take(&scan, '}'); first = false) {
        if (!first && !take(&scan, ','))
            return false;
        if (!take(&scan, '"') || !read_string(&scan, &key, &key_length) || !take(&scan, ':') ||
            !read_value(&scan, &kind, &value, &value_length))
            return false;
        if (!member(context, key, key_length, kind, value, value_length))
            return false;
    }
    skip_space(&scan);
    return scan.at == scan.end;
}
