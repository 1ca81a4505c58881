/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A member's trace of a run: `distribution-trace/1` (payout.md 8.1). */
#ifndef COMMONHOLD_PAYOUT_TRACE_H
#define COMMONHOLD_PAYOUT_TRACE_H

#include <jansson.h>

#include "commonhold/arena.h"

/* From the member's part of the inputs (distribution-inputs/1 with the run's id), the result without its lines and the
 * member's line (NULL without one). Canonical JSON in the arena; NULL when the member is not among the recipients. */
char *member_trace(struct ch_arena *arena, const char *rule_text, const json_t *part, const char *member,
                   const json_t *head, const json_t *line);

#endif
