/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* _row: the name of a row within one grant. First 64 bits of AES-256 (ECB, one block) of the row id as 128-bit
 * big-endian number under the grant's key, in 13 characters of Crockford base32. */
#ifndef METERING_CORE_ROW_REF_H
#define METERING_CORE_ROW_REF_H

#include <stddef.h>
#include <stdint.h>

/* Rows of a batch whose _row is still open. */
struct row_refs {
    uint8_t *blocks;   /* 16 bytes a row */
    uint32_t *offsets; /* of _row in the body */
    size_t count, room;
};

void row_refs_add(struct row_refs *refs, int64_t row_id, size_t offset);
/* Encrypts all in one call, writes them into `body`, and empties the list. */
void row_refs_fill(struct row_refs *refs, const uint8_t key[32], char *body);
void row_refs_free(struct row_refs *refs);

#endif
