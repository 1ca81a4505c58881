/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The founding charter, commonhold-charter/1. */
#ifndef COMMONHOLD_GOVERNANCE_CHARTER_H
#define COMMONHOLD_GOVERNANCE_CHARTER_H

#include "shape.h"

/* Judges a whole charter: every key, every constraint, no key beyond them, the floors of the rule rows. `purposes` is
 * the purpose tree as CSV, codes in the first column. The benefit rule is only looked at from outside: payout judges
 * it. True when nothing was complained of. */
bool ch_charter_check(struct ch_complaints *list, const json_t *charter, const char *purposes);

/* Of a charter that was found right: a copy with the durations, rule rows and limits it left out filled in. */
json_t *ch_charter_complete(struct ch_arena *arena, const json_t *charter);

/* Of a completed charter: the copy that is stored, hashed and published. Founders keep reference, class and offices;
 * their names and addresses are personal data, which must stay erasable, and go to governance.person alone. */
json_t *ch_charter_public(struct ch_arena *arena, const json_t *charter);

/* True when the first column of a line behind the header of the CSV is the code. */
bool ch_purpose_known(const char *purposes, const char *code);

#endif
