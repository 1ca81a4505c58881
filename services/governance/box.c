/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The box of a sealed vote over HTTP: casting, the keys of stewards, trackers. Of who cast what, nothing is
 * kept: the route of casting is a secret one, and takes no Idempotency-Key, since that would join member and ballot. */
#include <string.h>

#include "core/ballot.h"
#include "governance.h"

CH_FUNCTION(cast_fn, "governance.cast_ballot", "$1::uuid, $2::uuid, $3::text, $4::text");
CH_FUNCTION(post_key_fn, "governance.post_steward_key", "$1::uuid, $2::uuid, $3::text");
CH_FUNCTION(reveal_key_fn, "governance.reveal_steward_key", "$1::uuid, $2::uuid, $3::text, $4::text");
CH_READ(tracker_fn, "governance.get_tracker", "$1::uuid, $2::text, $3::text");

static const struct ch_json_limits RECORD = {
    .bytes = CH_BALLOT_MAX, .depth = 2, .string = 0, .integers = true, .ascii = true};

struct ch_done *cast_ballot(struct ch_request *request)
{
    struct ch_arena *arena = ch_arena_of(request);
    struct ch_ballot *ballot = ch_alloc(arena, sizeof *ballot);
    struct ch_json_error error;
    size_t size;
    struct ch_done *refused = NULL;
    const char *body = ch_body(request, &size), *id = id_argument(request, "id", &refused);
    if (refused)
        return refused;
    const json_t *record = ch_json_parse(arena, body, size, &RECORD, &error);
    const char *wrong = record ? ch_ballot_read(record, ballot) : error.detail;
    if (wrong)
        return ch_refuse(request, "ballot_malformed", "%s", wrong);
    uint8_t hash[32];
    char tracker[CH_BALLOT_TRACKER];
    const char *text = ch_json_canonical(arena, record, &size);
    ch_sha256(text, size, hash);
    ch_ballot_tracker(hash, tracker);
    return ch_call(request, &cast_fn, CH_ARGS(actor_argument(request), id, text, tracker));
}

/* A key of exactly `size` bytes in base64url; or, in *refused, the 422 that names the field. */
static const uint8_t *key_bytes(struct ch_request *request, const char *name, const char *text, size_t size,
                                struct ch_done **refused)
{
    struct ch_arena *arena = ch_arena_of(request);
    uint8_t *bytes = ch_alloc(arena, size);
    struct ch_p256_key *key = NULL;
    size_t got;
    bool read = ch_unbase64url(text, strlen(text), bytes, size, &got) && got == size;
    bool good = read && (size == CH_P256_POINT ? ch_p256_is_point(bytes) : (key = ch_p256_key_new(bytes)) != NULL);
    ch_p256_key_free(key);
    if (good)
        return bytes;
    const char *detail = size == CH_P256_POINT ? "65 bytes in base64url, an uncompressed point of P-256"
                                               : "32 bytes in base64url, a private key of P-256";
    *refused = ch_reply(request, "invalid",
                        ch_printf(arena, "{\"errors\":[{\"pointer\":\"/%s\",\"detail\":\"%s\"}]}", name, detail));
    return NULL;
}

static char *hex_of(struct ch_arena *arena, const uint8_t *bytes, size_t size)
{
    char *hex = ch_alloc(arena, 2 * size + 1);
    ch_hex(bytes, size, hex);
    return hex;
}

struct posted_key {
    const char *public_key, *private_key;
};

static const struct ch_field POSTED[] = {
    CH_FIELD(CH_FIELD_TEXT, posted_key, public_key, true, 1, 200, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *post_steward_key(struct ch_request *request)
{
    struct posted_key *body = ch_alloc(ch_arena_of(request), sizeof *body);
    struct ch_done *refused = ch_decode(request, POSTED, body);
    const char *id = refused ? NULL : id_argument(request, "id", &refused);
    const uint8_t *key = refused ? NULL : key_bytes(request, "public_key", body->public_key, CH_P256_POINT, &refused);
    return refused ? refused
                   : ch_call(request, &post_key_fn,
                             CH_ARGS(actor_argument(request), id, hex_of(ch_arena_of(request), key, CH_P256_POINT)));
}

static const struct ch_field REVEALED[] = {
    CH_FIELD(CH_FIELD_TEXT, posted_key, private_key, true, 1, 200, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *reveal_steward_key(struct ch_request *request)
{
    struct ch_arena *arena = ch_arena_of(request);
    struct posted_key *body = ch_alloc(arena, sizeof *body);
    struct ch_done *refused = ch_decode(request, REVEALED, body);
    const char *id = refused ? NULL : id_argument(request, "id", &refused);
    const uint8_t *bytes = refused ? NULL : key_bytes(request, "private_key", body->private_key, 32, &refused);
    if (refused)
        return refused;
    uint8_t point[CH_P256_POINT];
    struct ch_p256_key *key = ch_p256_key_new(bytes);
    ch_p256_key_public(key, point);
    ch_p256_key_free(key);
    return ch_call(request, &reveal_key_fn,
                   CH_ARGS(actor_argument(request), id, hex_of(arena, bytes, 32), hex_of(arena, point, CH_P256_POINT)));
}

struct ch_done *get_tracker(struct ch_request *request)
{
    uint8_t low[32], high[32];
    struct ch_arena *arena = ch_arena_of(request);
    if (!ch_ballot_tracker_read(ch_path(request, "tracker"), low, high))
        return ch_refuse(request, "not_found", "a tracker is five groups of four letters and digits");
    return ch_call(request, &tracker_fn,
                   CH_ARGS(actor_argument(request), hex_of(arena, low, sizeof low), hex_of(arena, high, sizeof high)));
}
