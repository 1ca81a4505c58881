/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The lot of an appeals panel: who is drawn, from what a draw publishes. The database draws; this recomputes it. */
#ifndef COMMONHOLD_GOVERNANCE_LOT_H
#define COMMONHOLD_GOVERNANCE_LOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"
#include "commonhold/json.h"
#include "decide.h"

/* What the steward of a class brought to a draw. */
struct ch_lot_value {
    bool committed;
    bool revealed;
    uint8_t commitment[32]; /* SHA-256 of the value */
    uint8_t value[32];
};

/* Seed: SHA-256 of the values in class order U, W, C; for a withheld value its commitment stands, a class that did not
 * commit adds nothing. False when no class committed: the seed then comes from the log. */
bool ch_lot_seed(const struct ch_lot_value values[CH_CLASSES], uint8_t seed[32]);

/* Seed where no steward committed: of the log's tree whose last leaf carries the candidates. size: 1 to INT64_MAX. */
void ch_lot_seed_of_tree(int64_t size, const uint8_t root[32], uint8_t seed[32]);

/* Orders the candidates of a class as the draw seats them: ascending SHA-256 of the ASCII text
 * `commonhold-panel/1:SEED:APPEAL:ROUND:CLASS:VOLUNTEER` (seed in 64 hex digits, round decimal, ids canonical); equal
 * hashes by id. volunteers: `count` canonical ids, sorted in place. */
void ch_lot_order(struct ch_arena *arena, const uint8_t seed[32], const char *appeal, int64_t round,
                  const char *class_code, const char **volunteers, size_t count);

/* Recomputes a published draw (an element of `lots` of an appeal): {"seed", "order": {"U": [ids], ...}, "seats":
 * {"U": id or null, ...}, "matches": bool}. seats are the first who were not passed over; matches says whether the hash
 * of appeal, round, candidates and stewards (the leaf of the log), the seed, every commitment and the last seat of each
 * class are as published. NULL with one sentence in *detail when the
 * document is none. */
json_t *ch_lot_recompute(struct ch_arena *arena, const json_t *lot, const char **detail);

#endif
