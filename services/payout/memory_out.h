/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A core writer that keeps what it writes, and a run worked out from its frozen documents. */
#ifndef COMMONHOLD_PAYOUT_MEMORY_OUT_H
#define COMMONHOLD_PAYOUT_MEMORY_OUT_H

#include "core/distribute.h"

struct memory_out {
    struct ch_out out;
    struct ch_arena *arena;
    char *text;
    size_t length, room; /* at most 1 GiB: what the calculators read */
};

void memory_out_begin(struct memory_out *memory, struct ch_arena *arena);
/* Flushes; the text ends with NUL and lives in the arena. Length in memory->length. */
char *memory_out_text(struct memory_out *memory);

/* Distributes a run's stored rule and normal form under its run id; `explain` names a recipient to trace, or NULL.
 * NULL and `list` filled when refused. */
struct ch_distribution *run_distribute(const char *rule, const char *normal_form, const char *run_id,
                                       const char *explain, struct ch_refusals *list);

#endif
