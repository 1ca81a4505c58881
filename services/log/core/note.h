/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The texts of the log: entries, checkpoints, verifier keys, proofs and tile paths (audit.md, sections 6 and 7). */
#ifndef LOG_NOTE_H
#define LOG_NOTE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "commonhold/arena.h"
#include "commonhold/crypto.h"

#define NOTE_ENTRY_MAX 65535

/* Canonical bytes of an entry {"v":1,"type","id","at","prev","sha256","body"} from a waiting leaf (type, id, sha256,
 * at, body) and its `prev`. NULL with one sentence in `error` when a string is not printable ASCII, `at` is no time or
 * it is too long. */
const char *note_entry(struct ch_arena *arena, const json_t *leaf, int64_t prev, size_t *size, char error[160]);

/* name+8 hex digits+base64(0x01 || public key) */
const char *note_vkey(struct ch_arena *arena, const char *name, const uint8_t public_key[32]);
/* Origin, size, base64 root, LF each: what is signed. */
const char *note_checkpoint_body(struct ch_arena *arena, const char *origin, uint64_t size, const uint8_t root[32]);
/* One signature line with LF. */
const char *note_signature(struct ch_arena *arena, const char *name, const struct ch_signing_key *key,
                           const char *body);
/* tlog-proof: header, index, hashes, empty line, checkpoint. */
const char *note_proof(struct ch_arena *arena, uint64_t index, const uint8_t *path, int count, const char *checkpoint);

/* Size line and root of a checkpoint text; false when it is none. */
bool note_read_checkpoint(const char *text, const char *origin, uint64_t *size, uint8_t root[32]);

/* "x001/x234/067" and "x001/x234/067.p/8" to number and width (256 without .p); false when malformed: a digit group
 * that is not three digits, superfluous groups, a width of 0 or over 255. */
bool note_read_tile_path(const char *path, uint64_t *number, unsigned *width);

#endif
