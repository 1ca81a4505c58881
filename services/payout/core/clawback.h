/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Taking a credit back from those a distribution went to (payout.md 7.6, 8.2). */
#ifndef COMMONHOLD_PAYOUT_CLAWBACK_H
#define COMMONHOLD_PAYOUT_CLAWBACK_H

#include "apportion.h"
#include "benefit_rule.h"
#include "scan.h"

struct ch_clawback_line {
    const char *id;         /* account or recipient */
    int64_t paid, reversed; /* of the original line, and what earlier clawbacks took of it */
    int64_t amount;         /* taken now */
};

struct ch_clawback {
    const char *run_id, *original; /* hash of the distribution's result */
    int64_t amount, from_fund, uncovered;
    struct ch_clawback_line *lines; /* sorted by id, all lines of the original */
    size_t line_count;
    char hash[65];
};

/* Takes clawback-inputs/1 back from a distribution-result/1 whose own hash must hold, both as text in any form of JSON.
 * NULL when refused: what is wrong with the result is in `result_list`, with the inputs in `list`. Lives in the arenas
 * of the lists. */
struct ch_clawback *ch_clawback(const struct ch_benefit_rule *rule, struct ch_text result, struct ch_text inputs,
                                struct ch_refusals *result_list, struct ch_refusals *list);

/* `clawback-result/1`, canonical, no newline. */
void ch_clawback_write(const struct ch_clawback *c, bool hash, struct ch_out *out);

/* What a later payout may net of a member's debt: min(debt, floor(payable * num / den)). */
int64_t ch_clawback_netting(const struct ch_benefit_rule *rule, int64_t payable, int64_t debt);

#endif
