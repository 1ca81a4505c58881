/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The line tree of a run (payout.md section 9): RFC 6962 hashes over entries `salt || canonical line`. */
#ifndef COMMONHOLD_PAYOUT_LINE_TREE_H
#define COMMONHOLD_PAYOUT_LINE_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

/* SHA-256(0x00, salt, line). */
void ch_line_leaf(const uint8_t salt[32], const char *line, size_t length, uint8_t hash[32]);
/* The same with a hash of the caller's that goes on to the next line: one for a million. */
struct ch_sha256;
void ch_line_leaf_next(struct ch_sha256 *sha, const uint8_t salt[32], const char *line, size_t length,
                       uint8_t hash[32]);

/* All nodes level by level: `count` leaves, then each upper level (an odd last node moves up unchanged, which gives
 * RFC 6962's shape), the root last. `leaves` are count * 32 bytes. In the arena; *size in bytes; empty for none. */
uint8_t *ch_line_tree(struct ch_arena *arena, const uint8_t *leaves, size_t count, size_t *size);

#endif
