/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Media types (RFC 2045, 5.1; RFC 9110, 8.3): which mode a Content-Type stands for, and whether data is JSON. */
#include <string.h>
#include <strings.h>

#include "event_parts.h"

struct media {
    const char *type, *subtype;
    size_t type_size, subtype_size;
    bool utf8; /* no charset, or one whose texts are UTF-8 */
};

static bool token_byte(char c)
{
    return c > 0x20 && c < 0x7f && !strchr("()<>@,;:\\\"/[]?=", c);
}

static size_t token_size(const char *text, size_t size)
{
    size_t i = 0;
    while (i < size && token_byte(text[i]))
        i++;
    return i;
}

static size_t space_size(const char *text, size_t size)
{
    size_t i = 0;
    while (i < size && (text[i] == ' ' || text[i] == '\t'))
        i++;
    return i;
}

static bool is_word(const char *text, size_t size, const char *word)
{
    return size == strlen(word) && strncasecmp(text, word, size) == 0;
}

/* quoted-string with its quotes; 0: it is none. */
static size_t quoted_size(const char *text, size_t size)
{
    for (size_t i = 1; i < size; i++) {
        if (text[i] == '"')
            return i + 1;
        i += text[i] == '\\';
    }
    return 0;
}

/* ";" name "=" value, with white space around; name and value may both be missing (RFC 9110, 5.6.6). Bytes taken, 0: it
 * is none. */
static size_t read_parameter(const char *text, size_t size, struct media *media)
{
    size_t at = 1 + space_size(text + 1, size - 1);
    size_t name = at, name_size = token_size(text + at, size - at);
    if (name_size == 0 && (at == size || text[at] == ';'))
        return at;
    at += name_size;
    if (name_size == 0 || at >= size || text[at++] != '=')
        return 0;
    bool quoted = at < size && text[at] == '"';
    size_t value_size = quoted ? quoted_size(text + at, size - at) : token_size(text + at, size - at);
    if (value_size == 0)
        return 0;
    const char *value = text + at + quoted;
    size_t inner = value_size - 2 * (size_t)quoted;
    if (is_word(text + name, name_size, "charset") && !is_word(value, inner, "utf-8") &&
        !is_word(value, inner, "us-ascii"))
        media->utf8 = false;
    at += value_size;
    return at + space_size(text + at, size - at);
}

static bool read_media(const char *text, size_t size, struct media *media)
{
    *media = (struct media){.type = text, .type_size = token_size(text, size), .utf8 = true};
    size_t at = media->type_size;
    if (at == 0 || at >= size || text[at++] != '/')
        return false;
    media->subtype = text + at;
    media->subtype_size = token_size(text + at, size - at);
    at += media->subtype_size;
    at += space_size(text + at, size - at);
    while (at < size) {
        size_t taken = text[at] == ';' ? read_parameter(text + at, size - at, media) : 0;
        if (taken == 0)
            return false;
        at += taken;
    }
    return media->subtype_size > 0;
}

bool event_media_is_json(const char *text, size_t size)
{
    struct media media;
    if (!read_media(text, size, &media) || !media.utf8)
        return false;
    size_t tail = media.subtype_size;
    return is_word(media.subtype, tail, "json") || (tail > 5 && is_word(media.subtype + tail - 5, 5, "+json"));
}

enum event_mode event_mode_of(const char *content_type)
{
    struct media media;
    if (!content_type || strncasecmp(content_type, "application/cloudevents", 23) != 0)
        return EVENT_MODE_BINARY;
    if (!read_media(content_type, strlen(content_type), &media) || !media.utf8)
        return EVENT_MODE_UNSUPPORTED;
    if (is_word(media.subtype, media.subtype_size, "cloudevents-batch+json"))
        return EVENT_MODE_BATCH;
    return is_word(media.subtype, media.subtype_size, "cloudevents+json") ? EVENT_MODE_STRUCTURED
                                                                          : EVENT_MODE_UNSUPPORTED;
}
