/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the log publishes (audit.md section 7): checkpoint, tiles, entry bundles, proofs, keys, policy. Reads only. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/json.h"
#include "core/note.h"
#include "log_role.h"

CH_FUNCTION(read_checkpoint, "log.read_checkpoint", "");
CH_FUNCTION(read_tile, "log.read_tile", "$1::integer, $2::bigint, $3::integer");
CH_FUNCTION(read_entries, "log.read_entries", "$1::bigint, $2::integer");
CH_FUNCTION(read_proof, "log.read_proof", "$1::text, $2::text");
CH_FUNCTION(read_keys, "log.read_keys", "");

static const struct ch_json_limits OWN_DOCUMENT = {
    .bytes = 64 * 1024 * 1024, .depth = 8, .string = 0, .integers = true, .ascii = false};

static const json_t *document(struct ch_request *request, const struct ch_answer *answer)
{
    struct ch_json_error error;
    return ch_json_parse(ch_arena_of(request), answer->body, strlen(answer->body), &OWN_DOCUMENT, &error);
}

static const char *text_member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

/* Refusals pass; what is not there yet says when to ask again. */
static struct ch_done *refusal(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "not_yet_logged") == 0)
        ch_set_header(request, "Retry-After", "5");
    return ch_reply(request, answer->outcome, answer->body);
}

static struct ch_done *checkpoint_read(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return refusal(request, answer);
    const char *text = text_member(document(request, answer), "text");
    ch_set_header(request, "Cache-Control", "public, max-age=5");
    return ch_reply_bytes(request, 200, "text/plain; charset=utf-8", text, strlen(text));
}

struct ch_done *get_log_checkpoint(struct ch_request *request)
{
    return ch_call_then(request, &read_checkpoint, CH_NO_ARGS, checkpoint_read);
}

static struct ch_done *octets_read(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return refusal(request, answer);
    const char *hex = text_member(document(request, answer), "hex");
    size_t size = strlen(hex) / 2;
    uint8_t *bytes = ch_alloc(ch_arena_of(request), size);
    if (!ch_unhex(hex, bytes, size))
        return ch_reply_fault(request, CH_FAULT_BUG);
    ch_set_header(request, "Cache-Control", "public, max-age=31536000, immutable");
    return ch_reply_bytes(request, 200, "application/octet-stream", bytes, size);
}

struct ch_done *get_log_tile(struct ch_request *request)
{
    uint64_t number;
    unsigned width;
    const char *level = ch_path(request, "level");
    if (strlen(level) != 1 || level[0] < '0' || level[0] > '7' ||
        !note_read_tile_path(ch_path(request, "number"), &number, &width))
        return ch_refuse(request, "not_found", "this is no path of a tile");
    return ch_call_then(request, &read_tile,
                        CH_ARGS(level, ch_printf(ch_arena_of(request), "%" PRIu64, number),
                                ch_printf(ch_arena_of(request), "%u", width)),
                        octets_read);
}

struct ch_done *get_log_entries(struct ch_request *request)
{
    uint64_t number;
    unsigned width;
    if (!note_read_tile_path(ch_path(request, "number"), &number, &width))
        return ch_refuse(request, "not_found", "this is no path of an entry bundle");
    return ch_call_then(
        request, &read_entries,
        CH_ARGS(ch_printf(ch_arena_of(request), "%" PRIu64, number), ch_printf(ch_arena_of(request), "%u", width)),
        octets_read);
}

struct tiles {
    struct ch_arena *arena;
    const json_t *items;
};

/* One of the tiles log.read_proof gave. */
static const uint8_t *find_tile(void *arg, unsigned level, uint64_t number, unsigned width)
{
    const struct tiles *tiles = arg;
    const json_t *tile;
    size_t i;
    json_array_foreach(tiles->items, i, tile)
    {
        const char *hex = text_member(tile, "hashes");
        size_t size = strlen(hex) / 2;
        if ((unsigned)json_integer_value(json_object_get(tile, "level")) != level ||
            (uint64_t)json_integer_value(json_object_get(tile, "number")) != number || size < width * MERKLE_HASH)
            continue;
        uint8_t *hashes = ch_alloc(tiles->arena, size);
        return ch_unhex(hex, hashes, size) ? hashes : NULL;
    }
    return NULL;
}

static struct ch_done *proof_read(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return refusal(request, answer);
    struct ch_arena *arena = ch_arena_of(request);
    const json_t *row = document(request, answer);
    struct tiles tiles = {arena, json_object_get(row, "tiles")};
    uint64_t index = (uint64_t)json_integer_value(json_object_get(row, "index"));
    uint64_t size = (uint64_t)json_integer_value(json_object_get(row, "size"));
    uint8_t path[MERKLE_PATH_MAX * MERKLE_HASH];
    int count = merkle_inclusion(index, size, find_tile, &tiles, path);
    if (count < 0)
        return ch_reply_fault(request, CH_FAULT_BUG);
    const char *proof = note_proof(arena, index, path, count, text_member(row, "text"));
    ch_set_header(request, "Cache-Control", "no-cache");
    return ch_reply_bytes(request, 200, "text/plain; charset=utf-8", proof, strlen(proof));
}

struct ch_done *get_log_proof(struct ch_request *request)
{
    return ch_call_then(request, &read_proof, CH_ARGS(ch_path(request, "type"), ch_path(request, "id")), proof_read);
}

struct ch_done *get_log_keys(struct ch_request *request)
{
    ch_set_header(request, "Cache-Control", "public, max-age=60");
    return ch_call(request, &read_keys, CH_NO_ARGS);
}
