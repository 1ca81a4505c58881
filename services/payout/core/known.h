/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a result says of its splits: the totals and cuts that one member's shares follow from. */
#ifndef COMMONHOLD_PAYOUT_KNOWN_H
#define COMMONHOLD_PAYOUT_KNOWN_H

#include "distribute.h"

/* One for each step of the rule, as struct ch_distribution.known wants them; NULL and `list` filled when result and
 * rule do not go together. In the list's arena. */
const struct ch_step_result *ch_known_steps(const struct ch_benefit_rule *rule, const json_t *head, const json_t *line,
                                            struct ch_refusals *list);

#endif
