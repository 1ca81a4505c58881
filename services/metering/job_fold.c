/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The worker's minute: sent batches into the rollup, a transaction a slice, then hours that are over go to the log,
 * then months that are due are sealed, then what is sealed is told to the public. Killed at any line, the next run goes
 * on where this one was. */
#include <stdio.h>
#include <string.h>

#include "metering.h"

CH_FUNCTION(fold_slice, "metering.fold_usage", "$1::boolean");
CH_FUNCTION(log_hours, "metering.log_hours", "");
CH_FUNCTION(seal_due, "metering.seal_due", "");
CH_FUNCTION(publish_due, "metering.publish_due", "");

/* Repeats one step until its answer says done; false with job->reason. */
static bool repeat(struct ch_job *job, const struct ch_statement *statement, bool takes_first)
{
    bool first = true, done = false;
    while (!done) {
        struct ch_answer answer;
        const char *flag = first ? "t" : "f";
        if (ch_job_stopping(job)) {
            snprintf(job->reason, sizeof job->reason, "asked to stop");
            return false;
        }
        if (ch_db_call(job->db, job->arena, statement, &flag, takes_first ? 1 : 0, &answer) != CH_FAULT_NONE) {
            snprintf(job->reason, sizeof job->reason, "%s", ch_db_error(job->db));
            return false;
        }
        done = json_is_true(json_object_get(metering_parse(job->arena, answer.body), "done"));
        first = false;
    }
    return true;
}

enum ch_job_result fold_usage(struct ch_job *job)
{
    bool done = repeat(job, &fold_slice, true) && repeat(job, &log_hours, false) && repeat(job, &seal_due, false) &&
                repeat(job, &publish_due, false);
    return done ? CH_JOB_DONE : CH_JOB_RETRY;
}
