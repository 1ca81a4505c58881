/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The frozen inputs of a run, for the checks that compare them: rows of audit.work_recipient, work_contribution and
 * work_contributor in the findings' database, what else they say in work_inputs. */
#ifndef SERVICES_AUDIT_INPUTS_H
#define SERVICES_AUDIT_INPUTS_H

#include "audit.h"

/* Makes the run the one at work on both connections: its inputs are put into these tables, unless they stand there
 * already; none where the stored bytes are not those that were frozen, which A3 tells. False with a->error. */
bool inputs_load(struct audit *a, const char *run);

/* What frozen inputs say besides their lists; *rest NULL where the stored bytes are not those that were frozen. False
 * with a->error. */
bool inputs_rest(struct audit *a, const char *run, const char **rest);

/* What is put beside them, by COPY from the source into the findings' database. */
struct pipe {
    const char *from, *into;
};

/* The run at work, in a statement of the source without parameters. */
#define INPUTS_RUN "(SELECT pg_catalog.current_setting('audit.unit')::uuid)"

/* Carries them over, one after the other; ends with NULLs. */
bool inputs_pipe(struct audit *a, const struct pipe *pipes);

/* audit_each_unit_given for checks of runs: $2 says of each what audit.live_runs does, which is asked once an audit. */
bool inputs_units(struct audit *a, const char *sql, bool (*work)(struct audit *a, const char *unit));

#endif
