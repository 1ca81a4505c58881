/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Hands a released file to the rail, once. Event 6 is committed before; that a submission begins is committed before
 * the rail is called, its end after. Whoever finds a beginning without an end asks the rail, and submits only what the
 * rail knows never left; what nobody knows is unknown, and only bank evidence ends that. */
#include <stdio.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "jobs.h"
#include "rail.h"

CH_FUNCTION(begin, "payout.begin_submission", "$1::uuid, $2::text");
CH_FUNCTION(end, "payout.end_submission", "$1::uuid, $2::text, $3::text, $4::text");
CH_READ(read_file, "payout.read_batch_file", "$1::uuid, $2::bigint, $3::integer");

/* Where the bytes of a file come from. */
struct source {
    struct ch_job *job;
    const char *batch;
    uint64_t at;
};

static ptrdiff_t read_piece(struct ch_rail_file *file, void *bytes, size_t room)
{
    struct source *source = file->source;
    struct ch_arena *arena = ch_arena_new();
    struct ch_answer answer;
    const char *from = ch_printf(arena, "%llu", (unsigned long long)source->at), *most = ch_printf(arena, "%zu", room);
    size_t size = 0;
    bool good =
        ch_db_call(source->job->db, arena, &read_file, CH_ARGS(source->batch, from, most), &answer) == CH_FAULT_NONE &&
        strcmp(answer.outcome, "ok") == 0;
    if (good) {
        const char *base64 = payout_text(payout_parse(arena, answer.body), "base64");
        good = ch_unbase64(base64, strlen(base64), bytes, room, &size);
    }
    ch_arena_free(arena);
    source->at += size;
    return good ? (ptrdiff_t)size : -1;
}

static const char *step_of(enum ch_rail_answer answer)
{
    switch (answer) {
    case CH_RAIL_ACCEPTED:
        return "accepted";
    case CH_RAIL_REFUSED:
        return "refused";
    case CH_RAIL_UNKNOWN:
        return "unknown";
    case CH_RAIL_NOTHING:
    case CH_RAIL_LATER:
        return NULL;
    }
    return NULL;
}

static enum ch_job_result hand_over(struct ch_job *job, const struct ch_rail *rail, const char *batch,
                                    const json_t *about)
{
    struct payout_settings settings = payout_settings(job->context);
    struct ch_rail_call call = {.arena = job->arena, .settings = &settings};
    struct source source = {.job = job, .batch = batch};
    struct ch_rail_file file = {.message_id = payout_text(about, "message_id"),
                                .sha256 = payout_text(about, "sha256"),
                                .size = (uint64_t)payout_integer(about, "size"),
                                .read = read_piece,
                                .source = &source};
    enum ch_rail_answer answer = CH_RAIL_NOTHING;
    if (json_is_true(json_object_get(about, "begun")))
        answer = rail->poll(&call, file.message_id);
    if (answer == CH_RAIL_NOTHING)
        answer = rail->submit(&call, &file);
    const char *step = step_of(answer);
    struct ch_answer stored;
    if (step)
        return payout_ask(job, &end, &stored, CH_ARGS(batch, rail->name, step, call.detail[0] ? call.detail : NULL));
    snprintf(job->reason, sizeof job->reason, "batch %s: %s", batch, call.detail);
    return CH_JOB_RETRY;
}

enum ch_job_result send_batch(struct ch_job *job)
{
    const char *batch = payout_text(job->payload, "batch");
    const struct ch_rail *rail = payout_rail(job);
    struct ch_answer answer;
    if (!rail)
        return CH_JOB_RETRY;
    enum ch_job_result result = payout_ask(job, &begin, &answer, CH_ARGS(batch, rail->name));
    if (result != CH_JOB_DONE || strcmp(answer.outcome, "ok") != 0)
        return result; /* refused for good, sent already, or known by a statement */
    return hand_over(job, rail, batch, payout_parse(job->arena, answer.body));
}
