/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A distribution that is worked out and not kept. */
#ifndef COMMONHOLD_PAYOUT_DRY_RUN_H
#define COMMONHOLD_PAYOUT_DRY_RUN_H

#include <jansson.h>
#include <stdbool.h>

#include "commonhold/arena.h"

/* `inputs` is a distribution-inputs/1 document that lacks its run id, which is `dry-` and 32 digits of the hash of its
 * normal form. Gives {"result", "line", "trace"}: of the result the lines are left out unless `all`; line and trace
 * are the member's own, null without. NULL with the refusals in *errors. */
json_t *dry_run(struct ch_arena *arena, const char *rule, const char *inputs, const char *member, bool all,
                const char **errors);

#endif
