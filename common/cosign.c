/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The maker of cosignatures. What is cosigned, and whether, is its caller's to judge. */
#include <string.h>

#include "commonhold/cli.h"
#include "commonhold/cosign.h"

const char *ch_cosign_key(struct ch_arena *arena, const char *dir, struct ch_vkey *own, struct ch_signing_key **key)
{
    char *error = ch_alloc(arena, 256);
    uint8_t public_key[32];
    size_t size;
    const char *path = ch_printf(arena, "%s/vkey", dir);
    const char *text = ch_read_file(arena, path, 1024, &size, error);
    *key = NULL;
    if (!text)
        return error;
    const char *wrong = ch_vkey_read(text, strcspn(text, "\n"), own);
    if (wrong || own->type != CH_VKEY_WITNESS)
        return ch_printf(arena, "%s: %s", path, wrong ? wrong : "the key is not a witness's");
    *key = ch_signing_key_load(ch_printf(arena, "%s/witness.key", dir), error, 256);
    if (!*key)
        return error;
    ch_signing_key_public(*key, public_key);
    return memcmp(public_key, own->key, sizeof public_key) == 0
               ? NULL
               : ch_printf(arena, "%s is not of the key beside it", path);
}

const char *ch_cosign(struct ch_arena *arena, const struct ch_checkpoint *checkpoint, const struct ch_vkey *own,
                      const struct ch_signing_key *key, uint64_t time)
{
    char text[CH_COSIGNED_MAX];
    uint8_t bytes[4 + 8 + 64];
    memcpy(bytes, own->id, 4);
    for (int i = 0; i < 8; i++)
        bytes[4 + i] = (uint8_t)(time >> (56 - 8 * i));
    ch_sign(key, text, ch_cosigned_text(checkpoint, time, text), bytes + 12);
    return ch_printf(arena, "\xe2\x80\x94 %s %s\n", own->name, ch_base64(arena, bytes, sizeof bytes));
}
