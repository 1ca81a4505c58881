/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Opening a closed box, in the worker. */
#ifndef GOVERNANCE_OPENING_H
#define GOVERNANCE_OPENING_H

#include "commonhold/job.h"

/* Opens all ballots of a box by the keys in `loaded` (the answer of governance.load_box) and keeps what they say. What
 * was kept before, by a worker that was killed, is not opened again. Of an unlinked box nothing is kept until all is
 * known, and then in a transaction that is left open for the tally: the caller commits it, or rolls back.
 * CH_JOB_DONE, or how the job ends, with its reason. */
enum ch_job_result open_box(struct ch_job *job, const char *proposal, const char *reading, const json_t *loaded);

/* Puts the reason of a job's end together; returns `result`. */
enum ch_job_result tally_stop(struct ch_job *job, enum ch_job_result result, const char *what, const char *why);

#endif
