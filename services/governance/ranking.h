/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Elections and budget rounds: from the choices of opened ballots to what their method gives. */
#ifndef GOVERNANCE_RANKING_H
#define GOVERNANCE_RANKING_H

#include "commonhold/arena.h"
#include "commonhold/json.h"

/* Counts what governance.load_tally gave: rule, effect with its candidates or projects, choices, lot_seed. The line
 * that `commonhold calc tally` prints, in the arena; NULL when a choice is none of this ballot, which opening let
 * through by mistake. */
const char *rank_choices(struct ch_arena *arena, const json_t *loaded);

#endif
