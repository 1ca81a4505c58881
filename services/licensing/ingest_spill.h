/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Files without a name that hold the keys of unique constraints which memory does not. They go with the process,
 * however it ends. */
#ifndef LICENSING_INGEST_SPILL_H
#define LICENSING_INGEST_SPILL_H

#include "commonhold/arena.h"
#include "core/seen.h"

/* `count` stores, whose files are made in `folder` when they are first written. They live, and are closed, with the
 * arena. */
const struct ch_seen_store *ingest_spill_stores(struct ch_arena *arena, const char *folder, size_t count);

#endif
