/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Merkle trees of RFC 6962, section 2.1, as its definition reads: by recursion. The services keep a frontier; this does
 * not, so that both would have to be wrong alike. */
#include <string.h>

#include "audit.h"
#include "commonhold/crypto.h"

void audit_merkle_leaf(const void *bytes, size_t size, uint8_t hash[32])
{
    struct ch_sha256 *sha = ch_sha256_begin();
    ch_sha256_add(sha, "\0", 1);
    ch_sha256_add(sha, bytes, size);
    ch_sha256_end(sha, hash);
}

void audit_merkle_root(const uint8_t *leaves, size_t count, uint8_t root[32])
{
    if (count == 0) {
        ch_sha256("", 0, root);
        return;
    }
    if (count == 1) {
        memcpy(root, leaves, 32);
        return;
    }
    size_t left = 1;
    while (left * 2 < count)
        left *= 2;
    uint8_t node[65] = {0x01};
    audit_merkle_root(leaves, left, node + 1);
    audit_merkle_root(leaves + left * 32, count - left, node + 33);
    ch_sha256(node, sizeof node, root);
}
