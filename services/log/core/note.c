/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writing and reading the texts of the log. No clock, no file, no tree. */
#include "note.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commonhold/json.h"

enum { ALGORITHM_ED25519 = 1, KEY_ID = 4 };

static bool printable(const json_t *value)
{
    const char *key;
    json_t *inner;
    size_t i;
    if (json_is_string(value)) {
        for (const char *c = json_string_value(value); *c != '\0'; c++)
            if (*c < 0x20 || *c > 0x7e)
                return false;
    }
    json_object_foreach((json_t *)(uintptr_t)value, key, inner) if (!printable(inner)) return false;
    json_array_foreach(value, i, inner) if (!printable(inner)) return false;
    return true;
}

static bool is_time(const char *text)
{
    static const char shape[] = "0000-00-00T00:00:00Z";
    if (text == NULL || strlen(text) != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < sizeof shape - 1; i++)
        if (shape[i] == '0' ? !isdigit((unsigned char)text[i]) : text[i] != shape[i])
            return false;
    return true;
}

const char *note_entry(struct ch_arena *arena, const json_t *leaf, int64_t prev, size_t *size, char error[160])
{
    const char *at = json_string_value(json_object_get(leaf, "at"));
    json_t *entry = ch_json_own(
        arena, json_pack("{s:i, s:O, s:O, s:O, s:I, s:O, s:O}", "v", 1, "type", json_object_get(leaf, "type"), "id",
                         json_object_get(leaf, "id"), "at", json_object_get(leaf, "at"), "prev", (json_int_t)prev,
                         "sha256", json_object_get(leaf, "sha256"), "body", json_object_get(leaf, "body")));
    if (!is_time(at)) {
        snprintf(error, 160, "its time is not YYYY-MM-DDTHH:MM:SSZ");
        return NULL;
    }
    if (!printable(entry)) {
        snprintf(error, 160, "it holds a string that is not printable ASCII");
        return NULL;
    }
    const char *text = ch_json_canonical(arena, entry, size);
    if (*size > NOTE_ENTRY_MAX) {
        snprintf(error, 160, "it has %zu bytes, over %d", *size, NOTE_ENTRY_MAX);
        return NULL;
    }
    return text;
}

static void key_id(const char *name, const uint8_t public_key[32], uint8_t id[KEY_ID])
{
    static const uint8_t algorithm[2] = {'\n', ALGORITHM_ED25519};
    uint8_t digest[32];
    struct ch_sha256 *sum = ch_sha256_begin();
    ch_sha256_add(sum, name, strlen(name));
    ch_sha256_add(sum, algorithm, sizeof algorithm);
    ch_sha256_add(sum, public_key, 32);
    ch_sha256_end(sum, digest);
    memcpy(id, digest, KEY_ID);
}

const char *note_vkey(struct ch_arena *arena, const char *name, const uint8_t public_key[32])
{
    uint8_t id[KEY_ID], typed[33] = {ALGORITHM_ED25519};
    char hex[2 * KEY_ID + 1];
    key_id(name, public_key, id);
    ch_hex(id, KEY_ID, hex);
    memcpy(typed + 1, public_key, 32);
    return ch_printf(arena, "%s+%s+%s", name, hex, ch_base64(arena, typed, sizeof typed));
}

const char *note_checkpoint_body(struct ch_arena *arena, const char *origin, uint64_t size, const uint8_t root[32])
{
    return ch_printf(arena, "%s\n%" PRIu64 "\n%s\n", origin, size, ch_base64(arena, root, 32));
}

const char *note_signature(struct ch_arena *arena, const char *name, const struct ch_signing_key *key, const char *body)
{
    uint8_t public_key[32], line[KEY_ID + 64];
    ch_signing_key_public(key, public_key);
    key_id(name, public_key, line);
    ch_sign(key, body, strlen(body), line + KEY_ID);
    return ch_printf(arena, "\xe2\x80\x94 %s %s\n", name, ch_base64(arena, line, sizeof line));
}

const char *note_proof(struct ch_arena *arena, uint64_t index, const uint8_t *path, int count, const char *checkpoint)
{
    char *text = ch_printf(arena, "c2sp.org/tlog-proof@v1\nindex %" PRIu64 "\n", index);
    for (int i = 0; i < count; i++)
        text = ch_printf(arena, "%s%s\n", text, ch_base64(arena, path + i * 32, 32));
    return ch_printf(arena, "%s\n%s", text, checkpoint);
}

/* A decimal without leading zeros that ends at LF. */
static const char *read_size(const char *text, uint64_t *size)
{
    if (!isdigit((unsigned char)*text) || (*text == '0' && isdigit((unsigned char)text[1])))
        return NULL;
    uint64_t value = 0;
    for (; isdigit((unsigned char)*text); text++) {
        if (value > (UINT64_MAX - 9) / 10)
            return NULL;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *size = value;
    return *text == '\n' ? text + 1 : NULL;
}

bool note_read_checkpoint(const char *text, const char *origin, uint64_t *size, uint8_t root[32])
{
    size_t length = strlen(origin), root_size = 0;
    if (strncmp(text, origin, length) != 0 || text[length] != '\n')
        return false;
    const char *line = read_size(text + length + 1, size);
    if (line == NULL)
        return false;
    size_t end = strcspn(line, "\n");
    return line[end] == '\n' && ch_unbase64(line, end, root, 32, &root_size) && root_size == 32;
}

bool note_read_tile_path(const char *path, uint64_t *number, unsigned *width)
{
    uint64_t value = 0;
    for (int groups = 0;; groups++) {
        bool more = *path == 'x';
        path += more;
        unsigned group = 0, digits = 0;
        for (; digits < 3 && isdigit((unsigned char)*path); digits++)
            group = group * 10 + (unsigned)(*path++ - '0');
        if (digits != 3 || groups > 5 || (groups == 0 && more && group == 0))
            return false;
        value = value * 1000 + group;
        if (!more)
            break;
        if (*path++ != '/')
            return false;
    }
    *number = value;
    *width = 256;
    if (*path == '\0')
        return true;
    if (strncmp(path, ".p/", 3) != 0 || path[3] < '1' || path[3] > '9')
        return false;
    *width = 0;
    for (path += 3; isdigit((unsigned char)*path) && *width < 256; path++)
        *width = *width * 10 + (unsigned)(*path - '0');
    return *path == '\0' && *width < 256;
}
