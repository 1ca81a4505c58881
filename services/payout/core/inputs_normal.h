/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is done to inputs once they are read: order, uniqueness, cross-references, normal form. */
#ifndef COMMONHOLD_PAYOUT_INPUTS_NORMAL_H
#define COMMONHOLD_PAYOUT_INPUTS_NORMAL_H

#include "inputs.h"

/* The first 8 bytes of an id, the first the highest, zeros behind a shorter one: orders ids as their bytes do wherever
 * two differ in it. */
uint64_t ch_id_prefix(const char *id, size_t length);

/* Sorts everything, refuses what is there twice, finds each contributor's recipient. */
void ch_inputs_settle(struct ch_inputs *inputs, struct ch_refusals *list);

/* Sets sha256. */
void ch_inputs_hash(struct ch_inputs *inputs);

/* Refuses inputs that lack what the rule needs. */
void ch_inputs_check_rule(const struct ch_inputs *inputs, const struct ch_benefit_rule *rule, struct ch_refusals *list);

#endif
