/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What all jobs of the payout role share. */
#include "jobs.h"

#include <stdio.h>

#include "rail.h"

enum ch_job_result payout_ask(struct ch_job *job, const struct ch_statement *statement, struct ch_answer *answer,
                              const char *const *args, int nargs)
{
    if (ch_db_call(job->db, job->arena, statement, args, nargs, answer) == CH_FAULT_NONE)
        return CH_JOB_DONE;
    snprintf(job->reason, sizeof job->reason, "%s: %s", statement->name, ch_db_error(job->db));
    return CH_JOB_RETRY;
}

const struct ch_rail *payout_rail(struct ch_job *job)
{
    const char *name = payout_settings(job->context).rail;
    const struct ch_rail *rail = ch_rail_find(name);
    if (!rail)
        snprintf(job->reason, sizeof job->reason, "[payout] rail = %s: there is no such rail", name);
    return rail;
}
