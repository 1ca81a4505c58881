/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a lawful rule does that its voters may not want. */
#ifndef COMMONHOLD_PAYOUT_RULE_WARNINGS_H
#define COMMONHOLD_PAYOUT_RULE_WARNINGS_H

#include "benefit_rule.h"

/* Adds one entry to `warnings` for each: money left by the last step, a reserve that rounds down, a split whose
 * statuses lack `left` or `deceased` (payout.md 7.1). */
void ch_rule_warn(const struct ch_benefit_rule *rule, struct ch_refusals *warnings);

#endif
