/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Strict reading of JSON into jansson's tree, and trees that live as long as an arena.
 *
 * The text is judged first (json_scan.c), then read by jansson, which finds the duplicate keys. The canonical form is
 * in json_canonical.c. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/json.h"
#include "json_scan.h"

const struct ch_json_limits CH_JSON_BODY = {
    .bytes = (size_t)1024 * 1024, .depth = 16, .string = (size_t)256 * 1024, .integers = true, .ascii = false};

static void release(void *value)
{
    json_decref(value);
}

static json_t *own_or_abort(struct ch_arena *arena, json_t *value, const char *why)
{
    if (!value) {
        fprintf(stderr, "commonhold: no JSON value: %s\n", why);
        abort();
    }
    ch_arena_on_free(arena, release, value);
    return value;
}

/* jansson's word on a text the scan has let through: a duplicate key, or a real number out of range. Its position is
 * counted in bytes, up to the end of the key or number. */
static void refuse_tree(struct ch_arena *arena, const char *text, size_t length, const struct ch_json_limits *limits,
                        const json_error_t *why, struct ch_json_error *error)
{
    bool duplicate = json_error_code(why) == json_error_duplicate_key;
    snprintf(error->slug, sizeof error->slug, "%s", duplicate ? "duplicate_key" : "not_json");
    snprintf(error->detail, sizeof error->detail, "%s",
             duplicate ? "This key stands twice in the same object." : why->text);
    ch_json_locate(arena, text, length, limits, (size_t)why->position, error);
}

json_t *ch_json_parse(struct ch_arena *arena, const char *text, size_t length, const struct ch_json_limits *limits,
                      struct ch_json_error *error)
{
    memset(error, 0, sizeof *error);
    if (length > limits->bytes) {
        snprintf(error->slug, sizeof error->slug, "too_large");
        snprintf(error->detail, sizeof error->detail, "The text is longer than %zu bytes.", limits->bytes);
        return NULL;
    }
    if (!ch_json_scan(arena, text, length, limits, error))
        return NULL;
    json_error_t why;
    json_t *tree = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (!tree && json_error_code(&why) == json_error_out_of_memory)
        own_or_abort(arena, NULL, why.text);
    if (!tree) {
        refuse_tree(arena, text, length, limits, &why, error);
        return NULL;
    }
    return own_or_abort(arena, tree, "");
}

json_t *ch_json_pack(struct ch_arena *arena, const char *format, ...)
{
    json_error_t why;
    va_list args;
    va_start(args, format);
    json_t *value = json_vpack_ex(&why, 0, format, args);
    va_end(args);
    return own_or_abort(arena, value, value ? "" : why.text);
}

json_t *ch_json_own(struct ch_arena *arena, json_t *value)
{
    return own_or_abort(arena, value, "out of memory, or text that is not UTF-8");
}
