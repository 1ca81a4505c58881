/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whether the keys that a ballot is sealed to are those that stood in the transparency log before the first ballot. */
#ifndef GOVERNANCE_VOTING_LOG_H
#define GOVERNANCE_VOTING_LOG_H

#include <jansson.h>

#include "commonhold/client.h"

/* Whom to believe about the log, as the command line names it; NULL: not given. */
struct log_trust {
    const char *vkey, *policy; /* the log's key; path of a tlog-policy file */
};

/* NULL when the log, as it is trusted, holds the roll of `box` with exactly these keys ([{class, public_key}], U, W,
 * C); else one sentence in the arena. At least one of the two of `trust` is given. */
const char *stewards_unproven(struct ch_arena *arena, struct ch_client *client, const struct log_trust *trust,
                              const char *box, const json_t *stewards);

#endif
