/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Job screen_application: load the facts, let core/policy.c decide, store. Stale means somebody moved a fact meanwhile:
 * the job is tried again on the new ones. What the council approved is matched in the same way, and then narrowed by
 * its conditions (core/conditions.c) before it is offered. */
#include <stdio.h>
#include <string.h>

#include "commonhold/json.h"
#include "decide.h"
#include "licensing.h"

CH_READ(load_screening, "licensing.load_screening", "$1::uuid");
CH_FUNCTION(store_screening, "licensing.store_screening", "$1::uuid, $2::bigint, $3::jsonb");
CH_FUNCTION(store_offer, "licensing.store_offer", "$1::uuid, $2::jsonb");

/* A pool without terms in force permits nothing: the refusal names that. */
static json_t *decide(struct ch_job *job, json_t *loaded)
{
    json_t *faults;
    if (!json_is_null(json_object_get(loaded, "facts")))
        return licensing_evaluate(job->arena, loaded, &faults);
    return ch_json_pack(job->arena, "{s:{s:n},s:s,s:[s],s:[]}", "facts", "terms_sha256", "decision", "deny", "reasons",
                        "core:default-deny", "evaluations");
}

/* What store_screening gave back for an approved case: the offer and the conditions on it. */
static enum ch_job_result offer(struct ch_job *job, const char *id, const json_t *given)
{
    struct ch_answer answer;
    const char *text = licensing_narrowed_offer(job->arena, given);
    if (text == NULL)
        return CH_JOB_DONE;
    if (ch_db_call(job->db, job->arena, &store_offer, CH_ARGS(id, text), &answer) != CH_FAULT_NONE)
        return licensing_later(job, ch_db_error(job->db));
    return strcmp(answer.outcome, "stale") == 0 ? licensing_later(job, "the facts moved meanwhile") : CH_JOB_DONE;
}

enum ch_job_result licensing_run_screen_application(struct ch_job *job)
{
    struct ch_answer answer;
    const char *id = json_string_value(json_object_get(job->payload, "application"));
    if (ch_db_call(job->db, job->arena, &load_screening, CH_ARGS(id), &answer) != CH_FAULT_NONE)
        return licensing_later(job, ch_db_error(job->db));
    if (strcmp(answer.outcome, "ok") != 0)
        return CH_JOB_DONE; /* withdrawn, or screened by somebody else */
    json_t *loaded = licensing_parse(job->arena, answer.body), *result = decide(job, loaded);
    if (result == NULL) {
        snprintf(job->reason, sizeof job->reason,
                 "application %s or the terms in force cannot be read by core/policy.c", id);
        return CH_JOB_DEAD;
    }
    const char *revision =
        ch_printf(job->arena, "%lld", (long long)json_integer_value(json_object_get(loaded, "revision")));
    const char *text = ch_json_canonical(job->arena, result, NULL);
    if (ch_db_call(job->db, job->arena, &store_screening, CH_ARGS(id, revision, text), &answer) != CH_FAULT_NONE)
        return licensing_later(job, ch_db_error(job->db));
    if (strcmp(answer.outcome, "stale") == 0)
        return licensing_later(job, "the facts moved meanwhile");
    return strcmp(answer.outcome, "ok") == 0 ? offer(job, id, licensing_parse(job->arena, answer.body)) : CH_JOB_DONE;
}
