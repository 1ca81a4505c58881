/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cosignatures of checkpoints (C2SP tlog-cosignature), as a witness and an auditor make them: each with a key of its
 * own in a folder of its own. Reading and verifying them is commonhold/tlog.h. */
#ifndef COMMONHOLD_COSIGN_H
#define COMMONHOLD_COSIGN_H

#include "commonhold/crypto.h"
#include "commonhold/tlog.h"

/* The key of a folder that `commonhold-witness key` made: witness.key (0400), and vkey, which was given out and must be
 * its. NULL, or a sentence in the arena; *key is the caller's to free then too, NULL where none was read. */
const char *ch_cosign_key(struct ch_arena *arena, const char *dir, struct ch_vkey *own, struct ch_signing_key **key);

/* What a folder holds once it was used: a witness's, or what an auditor cosigned last. One key says one thing. */
#define CH_COSIGN_WITNESS "lock"
#define CH_COSIGN_AUDITED "audited.checkpoint"

/* The signature line with its LF, at `time` in seconds since 1970. In the arena. */
const char *ch_cosign(struct ch_arena *arena, const struct ch_checkpoint *checkpoint, const struct ch_vkey *own,
                      const struct ch_signing_key *key, uint64_t time);

#endif
