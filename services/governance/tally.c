/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The worker's job tally_proposal: load the counts of a closed vote, decide in C, store. The store counts and decides a
 * second time in SQL and refuses what differs; it takes effect once, however often the job runs. */
#include <stdio.h>
#include <string.h>

#include "core/decide.h"
#include "governance.h"

CH_FUNCTION(load_tally, "governance.load_tally", "$1::uuid, $2::integer");
CH_FUNCTION(store_tally, "governance.store_tally", "$1::uuid, $2::integer, $3::jsonb, $4::jsonb");

static enum ch_job_result stop(struct ch_job *job, enum ch_job_result result, const char *what, const char *why)
{
    snprintf(job->reason, sizeof job->reason, "%s: %s", what, why ? why : "no reason given");
    return result;
}

/* Counts as they were loaded, and the decision on them. False with the reason. */
static bool decide(struct ch_job *job, const struct ch_answer *loaded, const char **counts, const char **outcome)
{
    struct ch_json_error error;
    struct ch_decision_rule rule;
    struct ch_class_count per_class[CH_CLASSES];
    struct ch_decide_refusal refusal;
    struct ch_decision decision;
    const char *body = loaded->body ? loaded->body : "{}";
    const json_t *input = ch_json_parse(job->arena, body, strlen(body), &CH_JSON_BODY, &error);
    if (!input || !ch_decide_read(job->arena, input, &rule, per_class, &refusal)) {
        stop(job, CH_JOB_DEAD, "the counts cannot be read", input ? refusal.detail : error.detail);
        return false;
    }
    ch_decide(&rule, per_class, &decision);
    *counts = ch_json_canonical(job->arena, json_object_get(input, "counts"), NULL);
    *outcome = ch_decide_text(job->arena, &decision);
    return true;
}

static enum ch_job_result store(struct ch_job *job, const char *proposal, const char *reading, const char *counts,
                                const char *outcome)
{
    struct ch_answer answer;
    enum ch_fault fault =
        ch_db_call(job->db, job->arena, &store_tally, CH_ARGS(proposal, reading, counts, outcome), &answer);
    if (fault != CH_FAULT_NONE)
        return stop(job, CH_JOB_RETRY, "the tally was not stored", ch_db_error(job->db));
    if (strcmp(answer.outcome, "recount_differs") == 0)
        return stop(job, CH_JOB_DEAD, "the recount in SQL differs", answer.body);
    return CH_JOB_DONE; /* ok, or stale: somebody else has tallied it */
}

enum ch_job_result tally_proposal(struct ch_job *job)
{
    struct ch_answer loaded;
    const char *counts, *outcome;
    const char *proposal = json_string_value(json_object_get(job->payload, "proposal_id"));
    const json_t *reading = json_object_get(job->payload, "reading");
    if (!proposal || !json_is_integer(reading))
        return stop(job, CH_JOB_DEAD, "the job names no proposal", "payload needs proposal_id and reading");
    const char *number = ch_printf(job->arena, "%lld", (long long)json_integer_value(reading));
    enum ch_fault fault = ch_db_call(job->db, job->arena, &load_tally, CH_ARGS(proposal, number), &loaded);
    if (fault != CH_FAULT_NONE)
        return stop(job, CH_JOB_RETRY, "the counts were not loaded", ch_db_error(job->db));
    if (strcmp(loaded.outcome, "ok") != 0)
        return CH_JOB_DONE; /* not closed any more: the tally is there */
    if (!decide(job, &loaded, &counts, &outcome))
        return CH_JOB_DEAD;
    return store(job, proposal, number, counts, outcome);
}
