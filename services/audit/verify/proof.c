/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inclusion paths, tlog-proofs and signed checkpoints as their standards read (RFC 9162; C2SP tlog-proof,
 * tlog-checkpoint, signed-note). Any doubt is a failure. */
#include <string.h>

#include "commonhold/crypto.h"
#include "verify.h"

#define KEY_ID    4
#define SIGNATURE 64

static void node(const uint8_t *left, const uint8_t *right, uint8_t hash[VERIFY_HASH])
{
    uint8_t bytes[1 + 2 * VERIFY_HASH] = {1};
    memcpy(bytes + 1, left, VERIFY_HASH);
    memcpy(bytes + 1 + VERIFY_HASH, right, VERIFY_HASH);
    ch_sha256(bytes, sizeof bytes, hash);
}

bool verify_path(const uint8_t leaf[VERIFY_HASH], uint64_t index, uint64_t size, const uint8_t *path, size_t count,
                 const uint8_t root[VERIFY_HASH])
{
    if (index >= size)
        return false;
    uint64_t at = index, last = size - 1;
    uint8_t hash[VERIFY_HASH];
    memcpy(hash, leaf, sizeof hash);
    for (size_t i = 0; i < count; i++, at >>= 1, last >>= 1) {
        const uint8_t *sibling = path + i * VERIFY_HASH;
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

/* A decimal without leading zeros, to the end of the line. */
static bool read_decimal(const char *text, size_t length, uint64_t *value)
{
    *value = 0;
    if (length == 0 || length > 18 || (text[0] == '0' && length > 1))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *value = *value * 10 + (uint64_t)(text[i] - '0');
    }
    return true;
}

/* The next line without its LF; NULL at the end of the text. */
static const char *next_line(const char **at, size_t *length)
{
    const char *line = *at, *end = strchr(line, '\n');
    if (!end)
        return NULL;
    *length = (size_t)(end - line);
    *at = end + 1;
    return line;
}

static bool read_hash(const char *text, size_t length, uint8_t hash[VERIFY_HASH])
{
    size_t size;
    return ch_unbase64(text, length, hash, VERIFY_HASH, &size) && size == VERIFY_HASH;
}

static const char *read_checkpoint(const char *text, struct verify_proof *proof)
{
    const char *at = text;
    size_t length;
    const char *line = next_line(&at, &length);
    if (!line || length == 0 || length >= sizeof proof->origin)
        return "the checkpoint has no origin";
    memcpy(proof->origin, line, length);
    proof->origin[length] = '\0';
    line = next_line(&at, &length);
    if (!line || !read_decimal(line, length, &proof->size))
        return "the checkpoint's size is no number";
    line = next_line(&at, &length);
    if (!line || !read_hash(line, length, proof->root))
        return "the checkpoint's root is no hash";
    return *at == '\n' ? NULL : "the checkpoint has lines that are not known";
}

const char *verify_read_proof(struct ch_arena *arena, const char *text, struct verify_proof *proof)
{
    const char *at = text;
    size_t length;
    const char *line = next_line(&at, &length);
    proof->count = 0;
    if (!line || length != strlen("c2sp.org/tlog-proof@v1") || memcmp(line, "c2sp.org/tlog-proof@v1", length) != 0)
        return "it is no tlog-proof";
    line = next_line(&at, &length);
    if (!line || length < 7 || memcmp(line, "index ", 6) != 0 || !read_decimal(line + 6, length - 6, &proof->index))
        return "it has no index";
    while ((line = next_line(&at, &length)) && length > 0) {
        if (proof->count == VERIFY_PATH || !read_hash(line, length, proof->path + proof->count * VERIFY_HASH))
            return "a line of the path is no hash";
        proof->count++;
    }
    proof->checkpoint = line ? ch_strdup(arena, at) : NULL;
    return line ? read_checkpoint(proof->checkpoint, proof) : "it has no checkpoint";
}

/* name+hex+base64 of the type and key; the name is the log's. */
static const char *read_vkey(const char *vkey, const char *origin, uint8_t id[KEY_ID], uint8_t key[33])
{
    size_t name = strlen(origin), size;
    char hex[2 * KEY_ID + 1] = "";
    uint8_t hash[VERIFY_HASH];
    if (strncmp(vkey, origin, name) != 0 || vkey[name] != '+' || strlen(vkey + name) < 11 || vkey[name + 9] != '+')
        return "the key given is of another log";
    memcpy(hex, vkey + name + 1, 2 * KEY_ID);
    const char *base = vkey + name + 10;
    if (!ch_unhex(hex, id, KEY_ID) || !ch_unbase64(base, strlen(base), key, 33, &size) || size != 33 || key[0] != 1)
        return "the key given is no Ed25519 verifier key";
    struct ch_sha256 *sha = ch_sha256_begin();
    ch_sha256_add(sha, origin, name);
    ch_sha256_add(sha, "\n", 1);
    ch_sha256_add(sha, key, 33);
    ch_sha256_end(sha, hash);
    return memcmp(hash, id, KEY_ID) == 0 ? NULL : "the key given does not have the id it says";
}

const char *verify_signature(struct ch_arena *arena, const char *checkpoint, const char *origin, const char *vkey)
{
    uint8_t id[KEY_ID], key[33], line[KEY_ID + SIGNATURE];
    const char *wrong = read_vkey(vkey, origin, id, key);
    if (wrong)
        return wrong;
    const char *gap = strstr(checkpoint, "\n\n");
    if (!gap)
        return "the checkpoint has no signatures";
    const char *start = ch_printf(arena, "\xe2\x80\x94 %s ", origin), *at = gap + 2;
    size_t length, size;
    for (const char *text; (text = next_line(&at, &length));) {
        if (strncmp(text, start, strlen(start)) != 0)
            continue; /* another signer's */
        if (ch_unbase64(text + strlen(start), length - strlen(start), line, sizeof line, &size) &&
            size == sizeof line && memcmp(line, id, KEY_ID) == 0 &&
            ch_verify(key + 1, checkpoint, (size_t)(gap + 1 - checkpoint), line + KEY_ID))
            return NULL;
    }
    return "no signature of this key holds";
}
