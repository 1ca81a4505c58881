/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names of rows, a batch at a time. */
#include "row_ref.h"

#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "rows.h"

static void grow(struct row_refs *refs)
{
    size_t room = refs->room * 2 + 1024;
    refs->blocks = realloc(refs->blocks, room * 16);
    refs->offsets = realloc(refs->offsets, room * sizeof *refs->offsets);
    if (!refs->blocks || !refs->offsets)
        abort();
    refs->room = room;
}

void row_refs_add(struct row_refs *refs, int64_t row_id, size_t offset)
{
    if (refs->count == refs->room)
        grow(refs);
    uint8_t *block = refs->blocks + refs->count * 16;
    memset(block, 0, 8);
    for (int i = 0; i < 8; i++)
        block[8 + i] = (uint8_t)((uint64_t)row_id >> (56 - 8 * i));
    refs->offsets[refs->count++] = (uint32_t)offset;
}

/* 64 bits in 13 characters: the first takes four, with a zero bit in front. */
static void base32_64(const uint8_t *bytes, char *out)
{
    static const char DIGITS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    for (int i = ROW_REF - 1; i >= 0; i--, value >>= 5)
        out[i] = DIGITS[value & 31];
}

void row_refs_fill(struct row_refs *refs, const uint8_t key[32], char *body)
{
    ch_aes256_blocks(key, refs->blocks, refs->blocks, refs->count);
    for (size_t i = 0; i < refs->count; i++)
        base32_64(refs->blocks + i * 16, body + refs->offsets[i]);
    refs->count = 0;
}

void row_refs_free(struct row_refs *refs)
{
    free(refs->blocks);
    free(refs->offsets);
    *refs = (struct row_refs){0};
}
