/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The worker's part of release manifests: when a change of consent has closed a pool's, new ones are made, so that the
 * next delivery finds its own. What is in one is decided by licensing.open_manifest. */
#include <stdio.h>

#include "licensing.h"

CH_FUNCTION(make_manifests, "licensing.make_manifests", "$1::uuid");

enum ch_job_result licensing_run_make_manifests(struct ch_job *job)
{
    struct ch_answer answer;
    const char *pool = json_string_value(json_object_get(job->payload, "pool"));
    if (ch_db_call(job->db, job->arena, &make_manifests, CH_ARGS(pool), &answer) == CH_FAULT_NONE)
        return CH_JOB_DONE;
    snprintf(job->reason, sizeof job->reason, "pool %s: %s", pool, ch_db_error(job->db));
    return CH_JOB_RETRY;
}
