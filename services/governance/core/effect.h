/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Effects: what a proposal does when it comes into force, as JSON documents of one schema each. */
#ifndef COMMONHOLD_GOVERNANCE_EFFECT_H
#define COMMONHOLD_GOVERNANCE_EFFECT_H

#include "shape.h"

/* Judges the form of an effect at `pointer`: its member `schema` names it, every other key is of that schema. The
 * documents inside terms_version, pool_charter and benefit_rule are judged by the parts that own them. Whether the
 * effect fits what is in force is for the database. `purposes` is the purpose tree as CSV. */
bool ch_effect_check(struct ch_complaints *list, const json_t *effect, const char *pointer, const char *purposes);

#endif
