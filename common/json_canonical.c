/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The canonical text of a tree (RFC 8785 restricted to integers) and its hash: what is signed, logged and compared.
 *
 * Not a pretty printer, and no numbers but integers: a real in the tree is a bug. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/json.h"
#include "json_scan.h"

/* A text that grows by doubling. Its maximum is what the tree can fill, and trees are limited when they are read. */
struct text {
    char *bytes;
    size_t used, size;
};

struct member {
    const char *key;
    size_t key_size;
    const json_t *value;
};

static void bug(const char *why)
{
    fprintf(stderr, "commonhold: canonical JSON: %s\n", why);
    abort();
}

static void reserve(struct text *text, size_t more)
{
    if (text->size - text->used >= more)
        return;
    size_t size = text->size ? text->size : 256;
    while (size - text->used < more)
        size *= 2;
    text->bytes = realloc(text->bytes, size);
    if (!text->bytes)
        bug("out of memory");
    text->size = size;
}

static void put(struct text *text, const char *bytes, size_t count)
{
    reserve(text, count);
    memcpy(text->bytes + text->used, bytes, count);
    text->used += count;
}

static void put_char(struct text *text, char c)
{
    put(text, &c, 1);
}

/* RFC 8785, section 3.2.2.2: the short escapes where there is one, \u00xx for other controls, all else as it is. */
static void put_escape(struct text *text, unsigned char c)
{
    static const char plain[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
    const char *found = strchr(plain, c);
    char escape[8];
    int size = found && c ? snprintf(escape, sizeof escape, "\\%c", letters[found - plain])
                          : snprintf(escape, sizeof escape, "\\u%04x", c);
    put(text, escape, (size_t)size);
}

static void put_string(struct text *text, const char *bytes, size_t size)
{
    put_char(text, '"');
    size_t done = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        put(text, bytes + done, i - done);
        put_escape(text, c);
        done = i + 1;
    }
    put(text, bytes + done, size - done);
    put_char(text, '"');
}

/* In UTF-16 the characters beyond U+FFFF (first byte F0 and up) begin with surrogates, D800 to DFFF, and so come
 * before U+E000 to U+FFFF (first byte EE, EF). Everything else sorts as its UTF-8 bytes do. */
static int utf16_weight(unsigned char byte)
{
    return byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte;
}

/* By UTF-16 code units (RFC 8785, section 3.2.3). */
static int compare_members(const void *left, const void *right)
{
    const struct member *a = left, *b = right;
    size_t common = a->key_size < b->key_size ? a->key_size : b->key_size;
    for (size_t i = 0; i < common; i++)
        if (a->key[i] != b->key[i])
            return utf16_weight((unsigned char)a->key[i]) - utf16_weight((unsigned char)b->key[i]);
    return (a->key_size > b->key_size) - (a->key_size < b->key_size);
}

static void put_value(struct text *text, const json_t *value, unsigned depth);

/* jansson's iterators take trees they may change; this one is only read. */
static struct member *sorted_members(const json_t *object, size_t count)
{
    struct member *members = calloc(count + 1, sizeof *members);
    if (!members)
        bug("out of memory");
    json_t *tree = (json_t *)(uintptr_t)object;
    size_t i = 0;
    for (void *at = json_object_iter(tree); at; at = json_object_iter_next(tree, at))
        members[i++] = (struct member){.key = json_object_iter_key(at),
                                       .key_size = json_object_iter_key_len(at),
                                       .value = json_object_iter_value(at)};
    qsort(members, count, sizeof *members, compare_members);
    return members;
}

static void put_object(struct text *text, const json_t *object, unsigned depth)
{
    size_t count = json_object_size(object);
    struct member *members = sorted_members(object, count);
    put_char(text, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            put_char(text, ',');
        put_string(text, members[i].key, members[i].key_size);
        put_char(text, ':');
        put_value(text, members[i].value, depth);
    }
    put_char(text, '}');
    free(members);
}

static void put_array(struct text *text, const json_t *array, unsigned depth)
{
    size_t count = json_array_size(array);
    put_char(text, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            put_char(text, ',');
        put_value(text, json_array_get(array, i), depth);
    }
    put_char(text, ']');
}

static void put_integer(struct text *text, json_int_t value)
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, value);
    put(text, digits, (size_t)size);
}

static void put_value(struct text *text, const json_t *value, unsigned depth)
{
    if (depth > CH_JSON_DEEPEST)
        bug("nested too deep");
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        put_object(text, value, depth + 1);
        return;
    case JSON_ARRAY:
        put_array(text, value, depth + 1);
        return;
    case JSON_STRING:
        put_string(text, json_string_value(value), json_string_length(value));
        return;
    case JSON_INTEGER:
        put_integer(text, json_integer_value(value));
        return;
    case JSON_TRUE:
        put(text, "true", 4);
        return;
    case JSON_FALSE:
        put(text, "false", 5);
        return;
    case JSON_NULL:
        put(text, "null", 4);
        return;
    case JSON_REAL:
        bug("a real number");
    }
}

char *ch_json_canonical(struct ch_arena *arena, const json_t *value, size_t *length)
{
    struct text text = {0};
    put_value(&text, value, 0);
    put_char(&text, '\0');
    ch_arena_on_free(arena, free, text.bytes);
    if (length)
        *length = text.used - 1;
    return text.bytes;
}

void ch_json_sha256(struct ch_arena *arena, const json_t *value, char hex[65])
{
    size_t length;
    const char *text = ch_json_canonical(arena, value, &length);
    ch_sha256_hex(text, length, hex);
}
