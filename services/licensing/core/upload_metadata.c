/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads two headers of tus that strangers send. Pure. */
#include "upload_metadata.h"

#include <stdint.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/id.h"
#include "commonhold/json.h"

#define HEADER_MOST 4096
#define KEYS_MOST   32

struct piece {
    const char *text;
    size_t length;
};

static bool is_text(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 127)
            return false;
    json_t *string = json_stringn(text, length);
    json_decref(string);
    return string != NULL; /* jansson takes UTF-8 only */
}

static const char *decode(struct ch_arena *arena, const char *value, size_t length)
{
    size_t size, room = length / 4 * 3 + 4;
    char *text = ch_alloc(arena, room + 1);
    if (!ch_unbase64(value, length, (uint8_t *)text, room, &size) || !is_text(text, size))
        return NULL;
    text[size] = '\0';
    return text;
}

static bool is_key(const char *key, const char *name, size_t length)
{
    return strlen(name) == length && memcmp(key, name, length) == 0;
}

static bool take(struct ch_upload_metadata *out, const char *key, size_t length, const char *value)
{
    uint8_t bytes[32];
    if (is_key(key, "filename", length))
        out->filename = value;
    if (is_key(key, "contribution", length)) {
        out->contribution = value;
        return ch_id_parse(value, bytes);
    }
    if (is_key(key, "sha256", length)) {
        out->sha256 = value;
        return strlen(value) == 64 && ch_unhex(value, bytes, 32);
    }
    return true;
}

/* One pair, `text` up to the comma. `seen` holds the keys so far. */
static bool read_pair(struct ch_arena *arena, const char *text, size_t length, struct piece *seen, size_t *count,
                      struct ch_upload_metadata *out)
{
    while (length > 0 && *text == ' ') {
        text++;
        length--;
    }
    const char *blank = memchr(text, ' ', length);
    size_t key = blank ? (size_t)(blank - text) : length;
    const char *value = blank ? decode(arena, blank + 1, length - key - 1) : "";
    if (key == 0 || !value || !is_text(text, key) || *count == KEYS_MOST)
        return false;
    for (size_t i = 0; i < *count; i++)
        if (seen[i].length == key && memcmp(seen[i].text, text, key) == 0)
            return false;
    seen[(*count)++] = (struct piece){text, key};
    return take(out, text, key, value);
}

bool ch_upload_metadata_read(struct ch_arena *arena, const char *header, struct ch_upload_metadata *out)
{
    struct piece seen[KEYS_MOST];
    size_t count = 0;
    *out = (struct ch_upload_metadata){0};
    if (header == NULL || strlen(header) > HEADER_MOST)
        return false;
    for (;;) {
        size_t length = strcspn(header, ",");
        if (!read_pair(arena, header, length, seen, &count, out))
            return false;
        if (header[length] == '\0')
            break;
        header += length + 1;
    }
    return out->contribution != NULL;
}

enum ch_upload_checksum ch_upload_checksum_read(const char *header, unsigned char *digest)
{
    size_t size;
    if (header == NULL)
        return CH_CHECKSUM_NONE;
    bool sha256 = strncmp(header, "sha256 ", 7) == 0;
    if (!sha256 && strncmp(header, "sha1 ", 5) != 0)
        return CH_CHECKSUM_BAD;
    const char *value = header + (sha256 ? 7 : 5);
    if (!ch_unbase64(value, strlen(value), digest, 32, &size) || size != (sha256 ? 32U : 20U))
        return CH_CHECKSUM_BAD;
    return sha256 ? CH_CHECKSUM_SHA256 : CH_CHECKSUM_SHA1;
}
