/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Proof files (C2SP tlog-proof, tlog-witness) and whether the Merkle proofs in them hold (RFC 9162). */
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/tlog.h"
#include "tlog_text.h"

#define EXTRA_MAX ((size_t)64 << 10)

/* Hashes up to the empty line, and the checkpoint behind it. */
static const char *read_hashes(struct tlog_text *rest, struct ch_proof *proof)
{
    struct tlog_line line;
    proof->count = 0;
    while (tlog_line_next(rest, &line)) {
        if (line.length == 0)
            return ch_checkpoint_read(rest->at, (size_t)(rest->end - rest->at), &proof->checkpoint);
        if (proof->count == CH_TLOG_PATH)
            return "it has more hashes than any proof needs";
        if (!tlog_line_hash(&line, proof->path + proof->count * CH_TLOG_HASH))
            return "a line of the path is no hash";
        proof->count++;
    }
    return "it has no checkpoint";
}

/* `extra`, and base64 of up to EXTRA_MAX bytes that nobody looks at. */
static bool is_extra(struct tlog_line line)
{
    struct ch_arena *arena = ch_arena_new();
    size_t size;
    bool fine = tlog_line_skip(&line, "extra ") && line.length <= EXTRA_MAX / 3 * 4 &&
                ch_unbase64(line.text, line.length, ch_alloc(arena, EXTRA_MAX), EXTRA_MAX, &size);
    ch_arena_free(arena);
    return fine;
}

const char *ch_inclusion_read(const char *text, size_t length, struct ch_proof *proof)
{
    struct tlog_text rest = {text, text + length};
    struct tlog_line line;
    memset(proof, 0, sizeof *proof);
    if (!tlog_line_next(&rest, &line) || !tlog_line_is(&line, "c2sp.org/tlog-proof@v1"))
        return "it is no tlog-proof";
    if (!tlog_line_next(&rest, &line))
        return "it has no index";
    if (line.length > 5 && memcmp(line.text, "extra", 5) == 0) {
        if (!is_extra(line))
            return "its extra line is no base64";
        if (!tlog_line_next(&rest, &line))
            return "it has no index";
    }
    if (!tlog_line_skip(&line, "index ") || !tlog_line_number(&line, &proof->at))
        return "it has no index";
    return read_hashes(&rest, proof);
}

const char *ch_consistency_read(const char *text, size_t length, struct ch_proof *proof)
{
    struct tlog_text rest = {text, text + length};
    struct tlog_line line;
    memset(proof, 0, sizeof *proof);
    if (!tlog_line_next(&rest, &line) || !tlog_line_skip(&line, "old ") || !tlog_line_number(&line, &proof->at))
        return "it does not begin with the old size";
    return read_hashes(&rest, proof);
}

static void node(const uint8_t *left, const uint8_t *right, uint8_t hash[CH_TLOG_HASH])
{
    uint8_t bytes[1 + 2 * CH_TLOG_HASH] = {1};
    memcpy(bytes + 1, left, CH_TLOG_HASH);
    memcpy(bytes + 1 + CH_TLOG_HASH, right, CH_TLOG_HASH);
    ch_sha256(bytes, sizeof bytes, hash);
}

bool ch_path_holds(uint64_t index, uint64_t size, const uint8_t leaf[CH_TLOG_HASH], const uint8_t *path, size_t count,
                   const uint8_t root[CH_TLOG_HASH])
{
    if (index >= size)
        return false;
    uint64_t at = index, last = size - 1;
    uint8_t hash[CH_TLOG_HASH];
    memcpy(hash, leaf, sizeof hash);
    for (size_t i = 0; i < count; i++, at >>= 1, last >>= 1) {
        const uint8_t *sibling = path + i * CH_TLOG_HASH;
        if (last == 0)
            return false;
        if (at & 1 || at == last) {
            node(sibling, hash, hash);
            for (; !(at & 1) && at; at >>= 1)
                last >>= 1;
        } else {
            node(hash, sibling, hash);
        }
    }
    return last == 0 && memcmp(hash, root, sizeof hash) == 0;
}

static bool is_empty_tree(const uint8_t root[CH_TLOG_HASH])
{
    uint8_t empty[CH_TLOG_HASH];
    ch_sha256("", 0, empty);
    return memcmp(root, empty, sizeof empty) == 0;
}

/* Both sizes are over zero, and the old one is smaller. */
static bool leads_to_both(uint64_t old_size, const uint8_t *old_root, uint64_t size, const uint8_t *root,
                          const uint8_t *path, size_t count)
{
    uint64_t at = old_size - 1, last = size - 1;
    for (; at & 1; at >>= 1)
        last >>= 1;
    /* An old tree that is one full subtree is its own first hash. */
    const uint8_t *next = at ? path : old_root, *end = path + count * CH_TLOG_HASH;
    uint8_t old_hash[CH_TLOG_HASH], hash[CH_TLOG_HASH];
    if (count == 0)
        return false;
    memcpy(old_hash, next, sizeof old_hash);
    memcpy(hash, next, sizeof hash);
    for (next = at ? path + CH_TLOG_HASH : path; next < end; next += CH_TLOG_HASH, at >>= 1, last >>= 1) {
        if (last == 0)
            return false;
        if (at & 1 || at == last) {
            node(next, old_hash, old_hash);
            node(next, hash, hash);
            for (; !(at & 1) && at; at >>= 1)
                last >>= 1;
        } else {
            node(hash, next, hash);
        }
    }
    return last == 0 && memcmp(old_hash, old_root, sizeof old_hash) == 0 && memcmp(hash, root, sizeof hash) == 0;
}

bool ch_growth_holds(uint64_t old_size, const uint8_t old_root[CH_TLOG_HASH], uint64_t size,
                     const uint8_t root[CH_TLOG_HASH], const uint8_t *path, size_t count)
{
    if (old_size > size || (size == 0 && !is_empty_tree(root)))
        return false;
    if (old_size == 0)
        return count == 0 && is_empty_tree(old_root);
    if (old_size == size)
        return count == 0 && memcmp(old_root, root, CH_TLOG_HASH) == 0;
    return leads_to_both(old_size, old_root, size, root, path, count);
}

const uint8_t *ch_bundle_next(struct ch_bundle *bundle, size_t *size)
{
    size_t left = (size_t)(bundle->end - bundle->at);
    *size = left >= 2 ? (size_t)bundle->at[0] << 8 | bundle->at[1] : 0;
    if (left < 2 || left - 2 < *size)
        return NULL;
    const uint8_t *entry = bundle->at + 2;
    bundle->at = entry + *size;
    return entry;
}
