/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a witness answers to a checkpoint (C2SP tlog-witness, add-checkpoint). */
#ifndef WITNESS_JUDGE_H
#define WITNESS_JUDGE_H

#include "commonhold/crypto.h"
#include "commonhold/tlog.h"

/* Reads the body of a request. False: malformed, with one sentence in *wrong. */
bool witness_read(const char *body, size_t size, struct ch_proof *proof, const char **wrong);

/* The HTTP status for a request that was read: 200, 400, 403, 404, 409 or 422. `kept` is the newest checkpoint that was
 * cosigned for this origin, NULL when there was none; `policy` names the logs that are trusted. Anything but 200 and
 * 409 comes with one sentence in *wrong. */
int witness_judge(const struct ch_tlog_policy *policy, const struct ch_proof *proof, const struct ch_checkpoint *kept,
                  const char **wrong);

/* The checkpoint's three lines, the signatures of trusted keys, and a cosignature at `time`: what is kept and shown.
 * *cosignature is the last line of it, with its LF. */
const char *witness_cosign(struct ch_arena *arena, const struct ch_tlog_policy *policy,
                           const struct ch_checkpoint *checkpoint, const struct ch_vkey *own,
                           const struct ch_signing_key *key, uint64_t time, const char **cosignature);

#endif
