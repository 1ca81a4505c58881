/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The scanner: one pass over the text of one event, without a tree and, unless a string has escapes, without memory.
 *
 * It knows the shape nearly all events have: members in any order, of strings, whole numbers of up to 18 digits, true,
 * false and null; data an object of these. It never refuses. Whatever else it meets (broken JSON, a name that stands
 * twice or has an escape, fractions, nesting, data_base64) makes it give up, and jansson reads the event instead. */
#include <endian.h>
#include <string.h>

#include "commonhold/utf8.h"
#include "event_parts.h"

/* Names it does not know are compared with one another, so there are few. */
#define STRANGERS 16

struct scan {
    const char *at, *stop;
    struct ch_arena *arena;
};

struct name {
    const char *text;
    size_t size;
};

/* What stands already in the object that is read. */
struct seen {
    unsigned known; /* a bit for each */
    unsigned strangers;
    struct name stranger[STRANGERS];
};

/* The first byte that is a quote, a backslash, a control character (one under 0x20) or not ASCII. */
static const char *plain_end(const char *at, const char *stop)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
    for (; stop - at >= 8; at += 8) {
        uint64_t word, quote, slash;
        memcpy(&word, at, sizeof word);
        word = le64toh(word);
        quote = word ^ ones * '"';
        slash = word ^ ones * '\\';
        uint64_t found = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((word - ones * 0x20) & ~word) | word;
        found &= high;
        if (found) /* a borrow only marks bytes behind the first that is meant */
            return at + __builtin_ctzll(found) / 8;
    }
    while (at < stop && (signed char)*at >= 0x20 && *at != '"' && *at != '\\')
        at++;
    return at;
}

static inline void skip_space(struct scan *scan)
{
    while (scan->at < scan->stop && (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t'))
        scan->at++;
}

static inline bool take(struct scan *scan, char c)
{
    if (scan->at >= scan->stop || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

static size_t write_utf8(uint32_t point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)((size == 2 ? 0xc0 : size == 3 ? 0xe0 : 0xf0) | point);
    return size;
}

/* \uXXXX, or two of them for one character; bytes taken, 0: it is none. */
static size_t read_unicode(const char *at, const char *stop, uint32_t *point)
{
    int high = stop - at >= 6 ? event_hex4(at + 2) : -1, low = -1;
    if (high < 0)
        return 0;
    *point = (uint32_t)high;
    if (high >= 0xd800 && high <= 0xdbff && stop - at >= 12 && at[6] == '\\' && at[7] == 'u')
        low = event_hex4(at + 8);
    if (low >= 0xdc00 && low <= 0xdfff) {
        *point = 0x10000 + (((uint32_t)high - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
        return 12;
    }
    if (high == 0 || (high >= 0xd800 && high <= 0xdfff))
        *point = 0xffff;
    return 6;
}

/* Unescapes at + size; false where an escape is none. `out` has room for size bytes, for none grows. */
static bool unescape(const char *at, size_t size, char *out, size_t *used)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *stop = at + size;
    *used = 0;
    while (at < stop) {
        uint32_t point = 0;
        const char *simple = *at == '\\' && stop - at >= 2 && at[1] ? strchr(from, at[1]) : NULL;
        size_t taken = *at != '\\' || simple ? 1 + (simple != NULL) : at[1] == 'u' ? read_unicode(at, stop, &point) : 0;
        if (taken == 0)
            return false;
        if (taken <= 2)
            out[(*used)++] = simple ? to[simple - from] : *at;
        else
            *used += write_utf8(point, out + *used);
        at += taken;
    }
    return true;
}

/* The string whose opening quote is at `scan`, as written; *escaped where it has backslashes. */
static bool read_raw(struct scan *scan, const char **text, size_t *size, bool *escaped)
{
    bool ascii = true;
    const char *end = plain_end(++scan->at, scan->stop);
    *escaped = false;
    while (end < scan->stop && *end != '"') {
        if ((unsigned char)*end < 0x20 || (*end == '\\' && scan->stop - end < 2))
            return false;
        *escaped = *escaped || *end == '\\';
        ascii = ascii && !(*end & 0x80);
        end = plain_end(end + 1 + (*end == '\\'), scan->stop);
    }
    *text = scan->at;
    *size = (size_t)(end - scan->at);
    scan->at = end + 1;
    return end < scan->stop && (ascii || ch_utf8_valid(*text, *size));
}

static bool read_string(struct scan *scan, struct event_value *value)
{
    bool escaped;
    value->kind = EVENT_STRING;
    if (!read_raw(scan, &value->text, &value->size, &escaped))
        return false;
    if (!escaped)
        return true;
    char *out = ch_alloc(scan->arena, value->size);
    if (!unescape(value->text, value->size, out, &value->size))
        return false;
    value->text = out;
    return true;
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Of at most 18 digits. A longer one, a fraction or an exponent leaves something behind that ends no member. */
static bool read_number(struct scan *scan, struct event_value *value)
{
    bool negative = take(scan, '-');
    const char *digits = scan->at;
    int64_t number = 0;
    for (; scan->at < scan->stop && is_digit(*scan->at) && scan->at - digits < 18; scan->at++)
        number = number * 10 + (*scan->at - '0');
    if (scan->at == digits || (*digits == '0' && scan->at - digits > 1))
        return false;
    value->kind = EVENT_INTEGER;
    value->number = negative ? -number : number;
    return true;
}

static bool read_word(struct scan *scan, const char *word, size_t size, enum event_kind kind, struct event_value *value)
{
    if ((size_t)(scan->stop - scan->at) < size || memcmp(scan->at, word, size) != 0)
        return false;
    scan->at += size;
    value->kind = kind;
    return true;
}

static bool read_scalar(struct scan *scan, struct event_value *value)
{
    switch (scan->at < scan->stop ? *scan->at : '\0') {
    case '"':
        return read_string(scan, value);
    case 't':
        return read_word(scan, "true", 4, EVENT_BOOLEAN, value);
    case 'f':
        return read_word(scan, "false", 5, EVENT_BOOLEAN, value);
    case 'n':
        return read_word(scan, "null", 4, EVENT_ABSENT, value);
    default:
        return read_number(scan, value);
    }
}

/* A name without escapes, its colon, and the space up to the value. */
static bool read_name(struct scan *scan, struct name *name)
{
    bool escaped;
    if (scan->at >= scan->stop || *scan->at != '"' || !read_raw(scan, &name->text, &name->size, &escaped) || escaped)
        return false;
    skip_space(scan);
    if (!take(scan, ':'))
        return false;
    skip_space(scan);
    return true;
}

/* Behind a value: another name (then *more), or the end of the object. */
static bool read_between(struct scan *scan, bool *more)
{
    skip_space(scan);
    *more = take(scan, ',');
    if (!*more)
        return take(scan, '}');
    skip_space(scan);
    return true;
}

static bool first_known(struct seen *seen, unsigned which)
{
    bool first = !(seen->known >> which & 1);
    seen->known |= 1U << which;
    return first;
}

static bool first_stranger(struct seen *seen, const struct name *name)
{
    if (seen->strangers == STRANGERS)
        return false;
    for (unsigned i = 0; i < seen->strangers; i++)
        if (seen->stranger[i].size == name->size && memcmp(seen->stranger[i].text, name->text, name->size) == 0)
            return false;
    seen->stranger[seen->strangers++] = *name;
    return true;
}

static bool read_member(struct scan *scan, struct seen *seen, struct event_parts *parts)
{
    struct name name;
    struct event_value other;
    if (!read_name(scan, &name))
        return false;
    enum event_member which = event_member_of(name.text, name.size);
    if (which != EVENT_MEMBERS)
        return first_known(seen, which) && read_scalar(scan, &parts->member[which]);
    parts->member_unknown = true;
    return first_stranger(seen, &name) && read_scalar(scan, &other);
}

/* The value of data. */
static bool read_data(struct scan *scan, struct event_parts *parts)
{
    struct event_value other;
    struct seen seen;
    bool more = true;
    parts->data = EVENT_DATA_OTHER;
    if (!take(scan, '{'))
        return read_scalar(scan, &other);
    parts->data = EVENT_DATA_OBJECT;
    seen.known = seen.strangers = 0;
    skip_space(scan);
    if (take(scan, '}'))
        return true;
    while (more)
        if (!read_member(scan, &seen, parts) || !read_between(scan, &more))
            return false;
    return true;
}

static bool read_extension(struct scan *scan, const struct name *name, struct seen *seen, struct event_parts *parts)
{
    struct event_value value;
    if (!first_stranger(seen, name) || !read_scalar(scan, &value))
        return false;
    parts->attribute_bad = parts->attribute_bad || !event_extension_good(name->text, name->size, &value);
    return true;
}

static bool read_attribute(struct scan *scan, struct seen *seen, struct event_parts *parts)
{
    struct name name;
    if (!read_name(scan, &name))
        return false;
    enum event_attribute which = event_attribute_of(name.text, name.size);
    if (which == EVENT_EXTENSION)
        return read_extension(scan, &name, seen, parts);
    if (!first_known(seen, which))
        return false;
    return which == EVENT_DATA ? read_data(scan, parts) : read_scalar(scan, &parts->attribute[which]);
}

bool event_scan(struct ch_arena *arena, const char *text, const char *stop, struct event_parts *parts, const char **end)
{
    struct scan scan = {.at = text, .stop = stop, .arena = arena};
    struct seen seen;
    bool more = true;
    seen.known = seen.strangers = 0;
    *parts = (struct event_parts){0};
    if (!take(&scan, '{'))
        return false;
    skip_space(&scan);
    if (!take(&scan, '}'))
        while (more)
            if (!read_attribute(&scan, &seen, parts) || !read_between(&scan, &more))
                return false;
    *end = scan.at;
    return parts->attribute[EVENT_DATA_BASE64].kind == EVENT_ABSENT;
}
