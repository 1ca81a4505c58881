/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The verdict on a draft of a benefit rule, for handlers: they cannot include core/ (see settings.h). */
#ifndef COMMONHOLD_PAYOUT_RULE_VERDICT_H
#define COMMONHOLD_PAYOUT_RULE_VERDICT_H

#include <jansson.h>
#include <stdbool.h>

#include "commonhold/arena.h"

/* What `commonhold calc check-rule` prints of a lawful document, {"valid","warnings"}; of another {"detail","errors"}
 * (payout.md 7.1). JSON text in the arena. */
const char *rule_verdict(struct ch_arena *arena, const json_t *document, bool *lawful);

#endif
