/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The job that moves a run from state to state: collect and freeze, number, compute, review, post; and the one that
 * tells members about it. Every state is one transaction, so killing and repeating it changes nothing. */
#include <stdio.h>
#include <string.h>

#include "core/refusals.h"
#include "run_states.h"
#include "settings.h"

#define TOLD_AT_ONCE "5000"

CH_FUNCTION(load_frozen, "payout.load_frozen", "$1::uuid");
CH_FUNCTION(number_run, "payout.number_run", "$1::uuid");
CH_FUNCTION(review_run, "payout.review_run", "$1::uuid");
CH_FUNCTION(post_run, "payout.post_run", "$1::uuid");
CH_FUNCTION(tell, "payout.announce_run", "$1::uuid, $2::uuid, $3::integer");

enum ch_job_result run_refused(struct ch_job *job, const char *run, const struct ch_refusals *list)
{
    snprintf(job->reason, sizeof job->reason, "run %s: rule or inputs are refused: %s", run, ch_refusals_text(list));
    return CH_JOB_DEAD;
}

static enum ch_job_result step(struct ch_job *job, const char *run, const json_t *frozen)
{
    const char *state = payout_text(frozen, "state");
    struct ch_answer answer;
    if (strcmp(state, "open") == 0)
        return run_collect(job, run);
    if (strcmp(state, "inputs_frozen") == 0)
        return payout_ask(job, &number_run, &answer, CH_ARGS(run));
    if (strcmp(state, "numbered") == 0)
        return run_compute(job, run, frozen);
    if (strcmp(state, "computed") == 0)
        return payout_ask(job, &review_run, &answer, CH_ARGS(run));
    return strcmp(state, "review") == 0 ? payout_ask(job, &post_run, &answer, CH_ARGS(run)) : CH_JOB_DONE;
}

/* Goes on while the state moves: what has to wait (a seal, a checkpoint, the review) is taken up again by payout.tick.
 */
enum ch_job_result advance_run(struct ch_job *job)
{
    const char *run = payout_text(job->payload, "run");
    const char *before = "";
    for (;;) {
        struct ch_answer answer;
        enum ch_job_result result = payout_ask(job, &load_frozen, &answer, CH_ARGS(run));
        if (result != CH_JOB_DONE)
            return result;
        json_t *frozen = payout_parse(job->arena, answer.body);
        if (strcmp(payout_text(frozen, "state"), before) == 0)
            return CH_JOB_DONE;
        before = payout_text(frozen, "state");
        result = step(job, run, frozen);
        if (result != CH_JOB_DONE)
            return result;
    }
}

/* A notice is kept once however often it is said, so a repeat from the beginning does no harm. */
enum ch_job_result announce_run(struct ch_job *job)
{
    const char *run = payout_text(job->payload, "run");
    const char *after = NULL;
    do {
        struct ch_answer answer;
        enum ch_job_result result = payout_ask(job, &tell, &answer, CH_ARGS(run, after, TOLD_AT_ONCE));
        if (result != CH_JOB_DONE)
            return result;
        after = payout_text(payout_parse(job->arena, answer.body), "after");
    } while (after && !ch_job_stopping(job));
    return after ? CH_JOB_RETRY : CH_JOB_DONE;
}
