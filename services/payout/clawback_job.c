/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two jobs of what members were given: a credit note takes it back (core/clawback.c decides, payout.post_clawback
 * books), and what nobody claimed goes where such money goes. */
#include <stdio.h>
#include <string.h>

#include "core/clawback.h"
#include "job_large.h"
#include "settings.h"

#define TRIES 3 /* with balances that move meanwhile */

CH_FUNCTION(load_clawback, "payout.load_clawback", "$1::uuid");
CH_FUNCTION(post_clawback, "payout.post_clawback", "$1::uuid, $2::text, $3::text");
CH_FUNCTION(age, "payout.age_holds", "");

/* The result as text, NULL with the job's reason when refused. */
static char *work_out(struct ch_job *job, const json_t *loaded, struct ch_text result)
{
    const char *asked = payout_text(loaded, "inputs");
    const struct ch_text inputs = {asked, strlen(asked)};
    struct ch_refusals *list = ch_refusals_new(job->arena, NULL), *of_result = ch_refusals_new(job->arena, NULL);
    const char *rule_text = payout_text(loaded, "rule");
    struct ch_benefit_rule *rule = ch_benefit_rule_parse(rule_text, strlen(rule_text), list, NULL);
    struct ch_clawback *c = rule ? ch_clawback(rule, result, inputs, of_result, list) : NULL;
    if (!c) {
        snprintf(job->reason, sizeof job->reason, "clawback %s: %s %s", payout_text(job->payload, "clawback"),
                 ch_refusals_text(list), ch_refusals_text(of_result));
        return NULL;
    }
    struct memory_out text;
    memory_out_begin(&text, job->arena);
    ch_clawback_write(c, true, &text.out);
    return memory_out_text(&text);
}

static enum ch_job_result try_once(struct ch_job *job, const char *id, struct ch_answer *answer)
{
    enum ch_job_result done = payout_ask(job, &load_clawback, answer, CH_ARGS(id));
    if (done != CH_JOB_DONE || strcmp(answer->outcome, "ok") != 0)
        return done;
    json_t *loaded = payout_parse(job->arena, answer->body);
    if (!payout_text(loaded, "rule") || !payout_text(loaded, "result")) {
        snprintf(job->reason, sizeof job->reason, "clawback %s: the rule or the result of its run is not stored", id);
        return CH_JOB_DEAD;
    }
    struct memory_out document;
    memory_out_begin(&document, job->arena);
    done = large_read(job, payout_text(loaded, "result"), (size_t)payout_integer(loaded, "length"), &document);
    if (done != CH_JOB_DONE)
        return done;
    char *result = work_out(job, loaded, (struct ch_text){memory_out_text(&document), document.length});
    if (!result)
        return CH_JOB_DEAD;
    return payout_ask(job, &post_clawback, answer, CH_ARGS(id, payout_text(loaded, "inputs"), result));
}

enum ch_job_result claw_back(struct ch_job *job)
{
    const char *id = payout_text(job->payload, "clawback");
    for (int i = 0; i < TRIES; i++) {
        struct ch_answer answer;
        enum ch_job_result done = try_once(job, id, &answer);
        if (done != CH_JOB_DONE || strcmp(answer.outcome, "stale") != 0)
            return done;
    }
    snprintf(job->reason, sizeof job->reason, "clawback %s: balances moved %d times while it was worked out", id,
             TRIES);
    return CH_JOB_RETRY;
}

enum ch_job_result age_holds(struct ch_job *job)
{
    struct ch_answer answer;
    return payout_ask(job, &age, &answer, CH_NO_ARGS);
}
