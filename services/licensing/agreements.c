/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Agreements: reading and ending them. How they come to be is in offers.c; what a vote changes in them is a job here:
 * amend_agreement matches the application under the new terms and offers a new version. */
#include <stdio.h>
#include <string.h>

#include "commonhold/json.h"
#include "decide.h"
#include "licensing.h"

CH_READ(read_agreement, "licensing.get_agreement", "$1::uuid, $2::uuid");
CH_READ(read_agreements, "licensing.list_agreements", "$1::uuid, $2::integer, $3::uuid");
CH_FUNCTION(terminate, "licensing.terminate_agreement", "$1::uuid, $2::text, $3::uuid, $4::jsonb");
CH_READ(load_amendment, "licensing.load_amendment", "$1::uuid");
CH_FUNCTION(store_match, "licensing.store_amendment_match", "$1::uuid, $2::jsonb");
CH_FUNCTION(store_offer, "licensing.store_amendment_offer", "$1::uuid, $2::jsonb");

struct termination {
    const char *text;
};

static const struct ch_field TERMINATION[] = {CH_FIELD(CH_FIELD_TEXT, termination, text, false, 1, 4000, NULL), {0}};

struct ch_done *licensing_get_agreement(struct ch_request *request)
{
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, &read_agreement, CH_ARGS(licensing_actor(request), id));
}

struct ch_done *licensing_get_agreements(struct ch_request *request)
{
    const char *limit, *after;
    struct ch_done *done = licensing_page(request, true, &limit, &after);
    return done ? done : ch_call(request, &read_agreements, CH_ARGS(licensing_actor(request), limit, after));
}

struct ch_done *licensing_terminate_agreement(struct ch_request *request)
{
    struct termination in = {0};
    const char *id = licensing_path_id(request, "id");
    struct ch_done *done = ch_decode(request, TERMINATION, &in);
    if (done || id == NULL)
        return done ? done : ch_reply(request, "not_found", NULL);
    return ch_call(request, &terminate,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), id, ch_body_json(request)));
}

/* What store_amendment_match gave back: the new version under the old conditions, or nothing to offer. */
static enum ch_job_result offer(struct ch_job *job, const char *id, const json_t *given)
{
    struct ch_answer answer;
    const char *text = licensing_narrowed_offer(job->arena, given);
    if (text == NULL)
        return CH_JOB_DONE;
    if (ch_db_call(job->db, job->arena, &store_offer, CH_ARGS(id, text), &answer) != CH_FAULT_NONE)
        return licensing_later(job, ch_db_error(job->db));
    return CH_JOB_DONE;
}

enum ch_job_result licensing_run_amend_agreement(struct ch_job *job)
{
    struct ch_answer answer;
    json_t *faults;
    const char *id = json_string_value(json_object_get(job->payload, "amendment"));
    if (ch_db_call(job->db, job->arena, &load_amendment, CH_ARGS(id), &answer) != CH_FAULT_NONE)
        return licensing_later(job, ch_db_error(job->db));
    if (strcmp(answer.outcome, "ok") != 0)
        return CH_JOB_DONE; /* over, or offered before */
    json_t *result = licensing_evaluate(job->arena, licensing_parse(job->arena, answer.body), &faults);
    if (result == NULL) {
        snprintf(job->reason, sizeof job->reason, "amendment %s cannot be read by core/policy.c", id);
        return CH_JOB_DEAD;
    }
    const char *text = ch_json_canonical(job->arena, result, NULL);
    if (ch_db_call(job->db, job->arena, &store_match, CH_ARGS(id, text), &answer) != CH_FAULT_NONE)
        return licensing_later(job, ch_db_error(job->db));
    return strcmp(answer.outcome, "ok") == 0 ? offer(job, id, licensing_parse(job->arena, answer.body)) : CH_JOB_DONE;
}
