/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The leaf of a vote's roll, with its proof, as the trust gives them, and what they prove under a key that the voter
 * has from elsewhere. Nothing here believes the trust; what is in doubt is refused. */
#include "voting_log.h"

#include <string.h>

#include "commonhold/cli.h"
#include "commonhold/crypto.h"
#include "commonhold/json.h"
#include "commonhold/tlog.h"

#define OCTETS_MAX  ((size_t)17 << 20) /* a full tile of the longest entries */
#define TILE        256                /* entries */
#define POLICY_FILE ((size_t)1 << 20)

struct octets {
    struct ch_arena *arena;
    char *text;
    size_t size, room;
};

static bool collect(void *arg, const void *bytes, size_t size)
{
    struct octets *octets = arg;
    if (size > OCTETS_MAX - octets->size)
        return false;
    octets->text = ch_arena_grow(octets->arena, octets->text, &octets->room, octets->size + size);
    memcpy(octets->text + octets->size, bytes, size);
    octets->size += size;
    return true;
}

/* NULL, or why `path` gave nothing. */
static const char *fetch(struct ch_client *client, const char *path, struct octets *octets)
{
    const struct ch_client_request request = {.method = "GET", .path = path, .received = collect, .arg = octets};
    struct ch_client_answer answer = ch_client_send(client, &request);
    return answer.status == 200 && octets->size > 0
               ? NULL
               : ch_printf(octets->arena, "%s: %d: %s", path, answer.status,
                           answer.status == 409 ? "the log takes it up in a moment: try again" : answer.detail);
}

/* The bundle that holds entry `at` of a tree of `size` (C2SP tlog-tiles): its number in groups of three digits. */
static const char *bundle_path(struct ch_arena *arena, uint64_t at, uint64_t size)
{
    uint64_t number = at / TILE, here = size - number * TILE;
    const char *text = ch_printf(arena, "%03llu", (unsigned long long)(number % 1000));
    while (number >= 1000) {
        number /= 1000;
        text = ch_printf(arena, "x%03llu/%s", (unsigned long long)(number % 1000), text);
    }
    return here < TILE ? ch_printf(arena, "/log/tile/entries/%s.p/%llu", text, (unsigned long long)here)
                       : ch_printf(arena, "/log/tile/entries/%s", text);
}

/* NULL when whoever is trusted signed the checkpoint. */
static const char *unsigned_by(struct ch_arena *arena, const struct log_trust *trust,
                               const struct ch_checkpoint *checkpoint)
{
    char error[256];
    size_t size;
    if (trust->vkey) {
        struct ch_vkey key;
        const char *wrong = ch_vkey_read(trust->vkey, strlen(trust->vkey), &key);
        if (wrong || key.type != CH_VKEY_LOG)
            return wrong ? wrong : "the key given is a witness's, not the log's";
        if (strcmp(key.name, checkpoint->origin) != 0 || ch_checkpoint_signed(checkpoint, &key, NULL) != CH_SIGNED_WELL)
            return "the checkpoint is not signed by the key given";
    }
    if (!trust->policy)
        return NULL;
    const char *text = ch_read_file(arena, trust->policy, POLICY_FILE, &size, error);
    const struct ch_tlog_policy *policy = text ? ch_tlog_policy_read(arena, text, size, error) : NULL;
    if (!policy)
        return ch_strdup(arena, error);
    if (!trust->vkey && policy->log_count == 0)
        return "the policy names no log, and no key was given";
    return ch_tlog_policy_unmet(arena, policy, checkpoint);
}

/* The entry itself, which the path must lead from; NULL when the bundle has none there. */
static const uint8_t *find_entry(const struct octets *bundle, uint64_t at, size_t *size)
{
    const uint8_t *bytes = (const uint8_t *)bundle->text, *entry = NULL;
    struct ch_bundle rest = {bytes, bytes + bundle->size};
    for (uint64_t i = 0; i <= at % TILE; i++) {
        entry = ch_bundle_next(&rest, size);
        if (!entry)
            return NULL;
    }
    return entry;
}

static bool is_included(const struct ch_proof *proof, const uint8_t *entry, size_t size)
{
    uint8_t leaf[CH_TLOG_HASH];
    struct ch_sha256 *sum = ch_sha256_begin();
    ch_sha256_add(sum, "\0", 1);
    ch_sha256_add(sum, entry, size);
    ch_sha256_end(sum, leaf);
    return ch_path_holds(proof->at, proof->checkpoint.size, leaf, proof->path, proof->count, proof->checkpoint.root);
}

static bool is_text(const json_t *object, const char *name, const char *text)
{
    const char *found = json_string_value(json_object_get(object, name));
    return found && strcmp(found, text) == 0;
}

/* Class and key alone: what else the trust tells of stewards is not in the leaf. */
static bool are_keys(const json_t *logged, const json_t *stewards)
{
    const json_t *one;
    size_t i;
    json_array_foreach(logged, i, one)
    {
        const json_t *told = json_array_get(stewards, i);
        if (!json_is_string(json_object_get(one, "public_key")) ||
            !json_equal(json_object_get(one, "class"), json_object_get(told, "class")) ||
            !json_equal(json_object_get(one, "public_key"), json_object_get(told, "public_key")))
            return false;
    }
    return json_array_size(logged) > 0 && json_array_size(logged) == json_array_size(stewards);
}

const char *stewards_unproven(struct ch_arena *arena, struct ch_client *client, const struct log_trust *trust,
                              const char *box, const json_t *stewards)
{
    struct octets text = {.arena = arena}, bundle = {.arena = arena};
    struct ch_proof *proof = ch_alloc(arena, sizeof *proof);
    struct ch_json_error error;
    size_t size = 0;
    const char *wrong = fetch(client, ch_printf(arena, "/log/proof/roll/%s", box), &text);
    if (!wrong)
        wrong = ch_inclusion_read(text.text, text.size, proof);
    if (!wrong)
        wrong = unsigned_by(arena, trust, &proof->checkpoint);
    if (!wrong && proof->at >= proof->checkpoint.size)
        wrong = "the proof is of an entry behind its checkpoint";
    if (!wrong)
        wrong = fetch(client, bundle_path(arena, proof->at, proof->checkpoint.size), &bundle);
    if (wrong)
        return wrong;
    const uint8_t *entry = find_entry(&bundle, proof->at, &size);
    if (!entry || !is_included(proof, entry, size))
        return "the entry that the trust gives does not lead to the checkpoint's root";
    const json_t *leaf = ch_json_parse(arena, (const char *)entry, size, &CH_JSON_BODY, &error);
    if (!is_text(leaf, "type", "roll") || !is_text(leaf, "id", box))
        return "the entry that the trust gives is about something else";
    return are_keys(json_object_get(json_object_get(leaf, "body"), "stewards"), stewards)
               ? NULL
               : "the keys that the trust gives are not those that stood in the log when voting opened";
}
