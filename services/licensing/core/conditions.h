/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conditions that a council puts on an offer (licensing.md sections 9 and 10): they may only narrow it, and each
 * becomes a member of it.
 *
 * An offer is here the object licensing.offer_base makes: actions, modes, columns [{name, rule}], types {column: type},
 * min_cohort, max_days, quotas, prohibited_acts, duties; other members pass through. A condition is an object with an
 * id and exactly one of columns, max_days, min_cohort, modes, actions, quotas, prohibited_acts, duties, text. */
#ifndef LICENSING_CORE_CONDITIONS_H
#define LICENSING_CORE_CONDITIONS_H

#include <jansson.h>
#include <stdbool.h>

#include "doc.h"

/* Adds a fault for every condition that is no condition or does not narrow what the ones before it leave of `offer`.
 * The guard licensing.condition_errors says the same in SQL. True when there is none. */
bool ch_conditions_check(struct ch_faults *faults, const json_t *offer, const json_t *conditions);

/* The offer under conditions that each passed the check once, in the arena; `offer` stays as it is. Whichever of them
 * are left out, and whatever the offer has become since, no member is wider than in `offer`: a condition that would
 * widen it by now leaves the member as it is. Free texts stand in the member `conditions` only, as all conditions do.
 */
json_t *ch_conditions_apply(struct ch_arena *arena, const json_t *offer, const json_t *conditions);

#endif
