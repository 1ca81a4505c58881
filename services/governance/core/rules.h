/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rule rows: how each type of proposal is proposed, discussed and decided. */
#ifndef COMMONHOLD_GOVERNANCE_RULES_H
#define COMMONHOLD_GOVERNANCE_RULES_H

#include "decide.h"
#include "shape.h"

/* The types, separated by blanks, in the order of the founding table. */
extern const char CH_PROPOSAL_TYPES[];

/* The row a charter takes for a type it leaves out; NULL for an unknown type. A new object in the arena. */
json_t *ch_rule_default(struct ch_arena *arena, const char *type);

/* A whole row: every key, every bound, and for types that touch the asset lock the floors no vote may lower: pooled
 * support 2/3, class support 1/2, quorum 1/3, all classes, two readings. */
bool ch_rule_check(struct ch_complaints *list, const json_t *row, const char *pointer);

#endif
