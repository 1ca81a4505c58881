/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the checks of a verification share. */
#ifndef COMMONHOLD_VERIFY_H
#define COMMONHOLD_VERIFY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

#define VERIFY_HASH 32
#define VERIFY_PATH 64 /* most hashes of an inclusion path */

/* Members of an object; "" and 0 for what is not there or has another type. */
const char *verify_text(const json_t *object, const char *name);
int64_t verify_integer(const json_t *object, const char *name);
/* A decimal string; false when it is none or passes 2^127. */
typedef unsigned __int128 verify_wide;
bool verify_number(const json_t *object, const char *name, verify_wide *value);

/* RFC 9162, 2.1.3.2: whether `count` hashes lead from the leaf to the root; more than needed are none. */
bool verify_path(const uint8_t leaf[VERIFY_HASH], uint64_t index, uint64_t size, const uint8_t *path, size_t count,
                 const uint8_t root[VERIFY_HASH]);

/* A C2SP tlog-proof taken apart. */
struct verify_proof {
    uint64_t index, size;
    uint8_t path[VERIFY_PATH * VERIFY_HASH], root[VERIFY_HASH];
    size_t count;
    const char *checkpoint; /* its text, NUL-ended */
    char origin[256];
};
/* NULL, or one sentence on what is wrong with the text. */
const char *verify_read_proof(struct ch_arena *arena, const char *text, struct verify_proof *proof);
/* NULL, or one sentence: the checkpoint is signed under the verifier key `vkey`. */
const char *verify_signature(struct ch_arena *arena, const char *checkpoint, const char *origin, const char *vkey);

/* NULL, or one sentence in the arena: every amount follows from base, fraction, rounding and max, every remainder from
 * the step before. */
const char *verify_steps(struct ch_arena *arena, const json_t *statement);
/* NULL, or one sentence in the arena: every row of the trace divides right, its extra unit is on the right side of the
 * cut, and the rows sum to the line. */
const char *verify_trace(struct ch_arena *arena, const json_t *statement);

#endif
