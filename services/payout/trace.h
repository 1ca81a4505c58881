/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A member's trace of a run: `distribution-trace/1` (payout.md 8.1). */
#ifndef COMMONHOLD_PAYOUT_TRACE_H
#define COMMONHOLD_PAYOUT_TRACE_H

#include "commonhold/arena.h"

/* Canonical JSON in the arena; NULL when the member is not among the recipients. */
char *member_trace(struct ch_arena *arena, const char *rule, const char *inputs, const char *run_id,
                   const char *member);

#endif
