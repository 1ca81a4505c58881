/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The log and the witness of the vectors in audit.md, section 12: entries `leaf-0` to `leaf-6`, and texts made of them
 * by the log's own code. */
#ifndef TESTS_TLOG_TEXTS_H
#define TESTS_TLOG_TEXTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../services/log/core/merkle.h"
#include "../../services/log/core/note.h"
#include "../../services/witness/core/judge.h"
#include "commonhold/tlog.h"

#define ORIGIN   "coop.example/ledger"
#define LOG_VKEY ORIGIN "+60ac4cd1+AUN2DICOGFQbHUmC6mDtlg6btTd6RvKciif+tQlVktE4"
#define LOG_LINE                                                                                                       \
    "\xe2\x80\x94 " ORIGIN                                                                                             \
    " YKxM0RX4h3dIVSxAxE3DoUadVPNUkyFBIocMtihVL6BTmIFQ+ryb9R2ZbIdo66MLJlX8OXyyDEsmXmOoaEf9++2sEgg=\n"
#define WITNESS_NAME "witness.example/w1"
#define WITNESS_VKEY WITNESS_NAME "+adfc189f+BDpAe+xIYD8KeyIElRHtpeBLTZdHdGDoSyqtlkze6+hZ"
#define WITNESS_TIME 1767225600
#define WITNESS_LINE                                                                                                   \
    "\xe2\x80\x94 " WITNESS_NAME                                                                                       \
    " rfwYnwAAAABpVbkAZ4YJWKcchZQqdlfgb9BlyG+iJ+AWjUmyt/MKCGNSX0egH4pxqYKJirT0ZxYGkczskkL66zszAf9Lw8N8+vZ/CQ==\n"

static inline struct ch_signing_key *seeded_key(const char *text)
{
    uint8_t seed[32];
    ch_sha256(text, strlen(text), seed);
    return ch_signing_key_new(seed);
}

static inline struct ch_vkey read_vkey(const char *text)
{
    struct ch_vkey key;
    if (ch_vkey_read(text, strlen(text), &key) != NULL)
        abort();
    return key;
}

/* Hashes of the leaves from `first` on. */
static inline void leaf_hashes(unsigned first, unsigned count, uint8_t *hashes)
{
    for (unsigned i = 0; i < count; i++) {
        char entry[32];
        int size = snprintf(entry, sizeof entry, "leaf-%u", first + i);
        merkle_leaf(entry, (size_t)size, hashes + (size_t)i * MERKLE_HASH);
    }
}

/* The checkpoint of the first `size` leaves (at most 256), signed by the log's key. */
static inline const char *checkpoint_of(struct ch_arena *arena, unsigned size)
{
    uint8_t hashes[256 * MERKLE_HASH], root[MERKLE_HASH];
    struct ch_signing_key *key = seeded_key("coop test log key 1");
    leaf_hashes(0, size, hashes);
    merkle_root(hashes, size, root);
    const char *body = note_checkpoint_body(arena, ORIGIN, size, root);
    const char *text = ch_printf(arena, "%s\n%s", body, note_signature(arena, ORIGIN, key, body));
    ch_signing_key_free(key);
    return text;
}

/* Where proofs of small trees read: one tile of leaf hashes. */
static inline const uint8_t *only_tile(void *hashes, unsigned level, uint64_t number, unsigned width)
{
    (void)width;
    return level == 0 && number == 0 ? hashes : NULL;
}

static inline const char *inclusion_of(struct ch_arena *arena, unsigned index, unsigned size)
{
    uint8_t hashes[256 * MERKLE_HASH], path[MERKLE_PATH_MAX * MERKLE_HASH];
    leaf_hashes(0, size, hashes);
    int count = merkle_inclusion(index, size, only_tile, hashes, path);
    return note_proof(arena, index, path, count, checkpoint_of(arena, size));
}

/* A body for add-checkpoint. */
static inline const char *growth_of(struct ch_arena *arena, unsigned old, unsigned size)
{
    uint8_t hashes[256 * MERKLE_HASH], path[MERKLE_PATH_MAX * MERKLE_HASH];
    leaf_hashes(0, size, hashes);
    int count = old > 0 && old < size ? merkle_consistency(old, size, only_tile, hashes, path) : 0;
    const char *text = ch_printf(arena, "old %u\n", old);
    for (int i = 0; i < count; i++)
        text = ch_printf(arena, "%s%s\n", text, ch_base64(arena, path + i * MERKLE_HASH, MERKLE_HASH));
    return ch_printf(arena, "%s\n%s", text, checkpoint_of(arena, size));
}

/* `text` with the first `from` in it replaced; a test whose `from` is not there is wrong. */
static inline const char *replaced(struct ch_arena *arena, const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    if (at == NULL)
        abort();
    return ch_printf(arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

#endif
