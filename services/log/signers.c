/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The keys that sign checkpoints. A key signs only while log.key says that it does, and while two are in force, as
 * during a rotation, both sign: who knows one of them alone must find its signature. */
#include <stdio.h>
#include <string.h>

#include "commonhold/json.h"
#include "core/note.h"
#include "log_role.h"

static bool holds(const json_t *vkeys, const char *vkey)
{
    const json_t *item;
    size_t i;
    json_array_foreach(vkeys, i, item) if (strcmp(json_string_value(item), vkey) == 0) return true;
    return false;
}

static void free_key(void *key)
{
    ch_signing_key_free(key);
}

/* Reads one key file. False with a message. */
static bool load(struct log_signers *signers, struct ch_arena *arena, const char *path, char *reason)
{
    uint8_t public_key[32];
    struct ch_signing_key *key = ch_signing_key_load(path, reason, LOG_REASON);
    if (key == NULL)
        return false;
    ch_arena_on_free(arena, free_key, key);
    ch_signing_key_public(key, public_key);
    signers->keys[signers->count] = key;
    signers->vkeys[signers->count++] = note_vkey(arena, signers->origin, public_key);
    return true;
}

/* Every key in force is among the signers. */
static bool all_sign(const struct log_signers *signers, const json_t *in_force, char *reason)
{
    const json_t *item;
    size_t i;
    json_array_foreach(in_force, i, item)
    {
        bool signs = false;
        for (int n = 0; n < signers->count; n++)
            signs = signs || strcmp(signers->vkeys[n], json_string_value(item)) == 0;
        if (!signs) {
            snprintf(reason, LOG_REASON,
                     "the key %s is in force and must sign too: its file belongs into [log] next_key",
                     json_string_value(item));
            return false;
        }
    }
    return true;
}

bool log_load_signers(struct ch_arena *arena, const struct ch_config *config, const json_t *in_force,
                      struct log_signers *signers, char *reason)
{
    const char *next = ch_config_text(config, "log", "next_key");
    *signers = (struct log_signers){.origin = log_origin(arena, config)};
    if (!load(signers, arena, ch_config_text(config, "log", "key"), reason) ||
        (*next != '\0' && !load(signers, arena, next, reason)))
        return false;
    if (!holds(in_force, signers->vkeys[0])) {
        snprintf(reason, LOG_REASON,
                 "the key %s is not in force: it was retired, or never registered by `commonhold migrate`",
                 signers->vkeys[0]);
        return false;
    }
    if (signers->count == 2 && !holds(in_force, signers->vkeys[1]))
        signers->count = 1; /* its time is over: it may stay in the configuration, and signs nothing */
    return all_sign(signers, in_force, reason);
}

const char *log_sign_checkpoint(struct ch_arena *arena, const struct log_signers *signers, uint64_t size,
                                const uint8_t root[MERKLE_HASH])
{
    const char *body = note_checkpoint_body(arena, signers->origin, size, root);
    const char *text = ch_printf(arena, "%s\n", body);
    for (int i = 0; i < signers->count; i++)
        text = ch_printf(arena, "%s%s", text, note_signature(arena, signers->origin, signers->keys[i], body));
    return text;
}
