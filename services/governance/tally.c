/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The worker's job tally_proposal: open the box where ballots are sealed, load the counts of a closed vote, decide in
 * C, store. The store counts and decides a second time in SQL and refuses what differs; it takes effect once, however
 * often the job runs. */
#include <stdio.h>
#include <string.h>

#include "core/decide.h"
#include "governance.h"
#include "opening.h"
#include "ranking.h"

CH_FUNCTION(load_box, "governance.load_box", "$1::uuid, $2::integer");
CH_FUNCTION(load_tally, "governance.load_tally", "$1::uuid, $2::integer");
CH_FUNCTION(store_tally, "governance.store_tally", "$1::uuid, $2::integer, $3::jsonb, $4::jsonb, $5::jsonb");

enum ch_job_result tally_stop(struct ch_job *job, enum ch_job_result result, const char *what, const char *why)
{
    snprintf(job->reason, sizeof job->reason, "%s: %s", what, why ? why : "no reason given");
    return result;
}

/* Counts as they were loaded, the decision on them, and what the method of an election or a budget round gives. */
struct tally {
    const char *counts, *outcome;
    const char *result; /* NULL of a decision */
};

/* False with the reason. */
static bool decide(struct ch_job *job, const struct ch_answer *loaded, struct tally *tally)
{
    static const struct ch_json_limits LIMITS = {.bytes = (size_t)64 * 1024 * 1024, .depth = 32};
    struct ch_json_error error;
    struct ch_decision_rule rule;
    struct ch_class_count per_class[CH_CLASSES];
    struct ch_calc_refusal refusal;
    struct ch_decision decision;
    const char *body = loaded->body ? loaded->body : "{}";
    const json_t *input = ch_json_parse(job->arena, body, strlen(body), &LIMITS, &error);
    if (!input || !ch_decide_read(job->arena, input, &rule, per_class, &refusal)) {
        tally_stop(job, CH_JOB_DEAD, "the counts cannot be read", input ? refusal.detail : error.detail);
        return false;
    }
    rule.turnout_only =
        strcmp(json_string_value(json_object_get(json_object_get(input, "rule"), "method")) ?: "rule", "rule") != 0;
    ch_decide(&rule, per_class, &decision);
    tally->counts = ch_json_canonical(job->arena, json_object_get(input, "counts"), NULL);
    tally->outcome = ch_decide_text(job->arena, &decision);
    tally->result = rule.turnout_only ? rank_choices(job->arena, input) : NULL;
    if (rule.turnout_only && !tally->result)
        tally_stop(job, CH_JOB_DEAD, "the choices cannot be counted", "they are none of this ballot");
    return !rule.turnout_only || tally->result;
}

static enum ch_job_result store(struct ch_job *job, const char *proposal, const char *reading,
                                const struct tally *tally)
{
    struct ch_answer answer;
    enum ch_fault fault = ch_db_call(job->db, job->arena, &store_tally,
                                     CH_ARGS(proposal, reading, tally->counts, tally->outcome, tally->result), &answer);
    if (fault != CH_FAULT_NONE)
        return tally_stop(job, CH_JOB_RETRY, "the tally was not stored", ch_db_error(job->db));
    if (strcmp(answer.outcome, "recount_differs") == 0)
        return tally_stop(job, CH_JOB_DEAD, "the recount in SQL differs", answer.body);
    return CH_JOB_DONE; /* ok, or stale: somebody else has tallied it */
}

static enum ch_job_result count(struct ch_job *job, const char *proposal, const char *reading)
{
    struct ch_answer loaded;
    struct tally tally;
    enum ch_fault fault = ch_db_call(job->db, job->arena, &load_tally, CH_ARGS(proposal, reading), &loaded);
    if (fault != CH_FAULT_NONE)
        return tally_stop(job, CH_JOB_RETRY, "the counts were not loaded", ch_db_error(job->db));
    if (strcmp(loaded.outcome, "ok") != 0)
        return CH_JOB_DONE; /* not closed any more: the tally is there */
    if (!decide(job, &loaded, &tally))
        return CH_JOB_DEAD;
    return store(job, proposal, reading, &tally);
}

/* Opening an unlinked box leaves a transaction open, which the tally ends. */
static enum ch_job_result finish(struct ch_job *job, enum ch_job_result result)
{
    if (PQtransactionStatus(ch_db_raw(job->db)) == PQTRANS_IDLE)
        return result;
    if (result != CH_JOB_DONE)
        ch_db_rollback(job->db);
    else if (ch_db_commit(job->db) != CH_FAULT_NONE)
        return tally_stop(job, CH_JOB_RETRY, "the tally was not committed", ch_db_error(job->db));
    return result;
}

enum ch_job_result tally_proposal(struct ch_job *job)
{
    struct ch_answer answer;
    struct ch_json_error error;
    const char *proposal = json_string_value(json_object_get(job->payload, "proposal_id"));
    const json_t *reading = json_object_get(job->payload, "reading");
    if (!proposal || !json_is_integer(reading))
        return tally_stop(job, CH_JOB_DEAD, "the job names no proposal", "payload needs proposal_id and reading");
    const char *number = ch_printf(job->arena, "%lld", (long long)json_integer_value(reading));
    enum ch_fault fault = ch_db_call(job->db, job->arena, &load_box, CH_ARGS(proposal, number), &answer);
    if (fault != CH_FAULT_NONE)
        return tally_stop(job, CH_JOB_RETRY, "the box was not loaded", ch_db_error(job->db));
    const json_t *box = strcmp(answer.outcome, "ok") == 0 && answer.body
                            ? ch_json_parse(job->arena, answer.body, strlen(answer.body), &CH_JSON_BODY, &error)
                            : NULL;
    if (!box)
        return CH_JOB_DONE; /* not closed any more */
    enum ch_job_result result = CH_JOB_DONE;
    if (json_is_true(json_object_get(box, "sealed")))
        result = open_box(job, proposal, number, box);
    return finish(job, result == CH_JOB_DONE ? count(job, proposal, number) : result);
}
