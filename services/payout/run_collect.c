/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The state `open` of a run: facts, recipients and contributions become the normal form, which is frozen. The rows are
 * those of payout.run_recipients and payout.run_contributions; a million of them never stand in a tree. */
#include "run_states.h"

#include <stdio.h>
#include <string.h>

#include "job_large.h"
#include "settings.h"

CH_FUNCTION(load_run, "payout.load_run", "$1::uuid");

static const struct ch_statement recipients = {
    .text = "SELECT payout.run_rows($1::uuid, 'recipients')", .shape = CH_SHAPE_ROWS, .columns = 1, .read_only = true};
static const struct ch_statement contributions = {.text = "SELECT payout.run_rows($1::uuid, 'contributions')",
                                                  .shape = CH_SHAPE_ROWS,
                                                  .columns = 1,
                                                  .read_only = true};

struct rows {
    struct ch_out *out;
    bool any;
};

static bool add_row(void *arg, const PGresult *row)
{
    struct rows *rows = arg;
    ch_out_text(rows->out, rows->any ? "," : "");
    ch_out_bytes(rows->out, PQgetvalue(row, 0, 0), (size_t)PQgetlength(row, 0, 0));
    rows->any = true;
    return true;
}

static enum ch_job_result add_rows(struct ch_job *job, const struct ch_statement *statement, const char *run,
                                   struct memory_out *text, const char *name)
{
    struct rows rows = {.out = &text->out};
    ch_out_text(rows.out, name);
    if (ch_db_stream(job->db, statement, CH_ARGS(run), add_row, &rows) == CH_FAULT_NONE)
        return CH_JOB_DONE;
    snprintf(job->reason, sizeof job->reason, "%s: %s", statement->text, ch_db_error(job->db));
    return CH_JOB_RETRY;
}

/* The whole document: the facts are an object that the arrays are added to. */
static enum ch_job_result collect(struct ch_job *job, const char *run, const json_t *facts, struct memory_out *text)
{
    memory_out_begin(text, job->arena);
    memory_out_run_id(text, "run-0");
    const char *members = ch_json_canonical(job->arena, facts, NULL);
    ch_out_bytes(&text->out, members + 1, strlen(members) - 2);
    enum ch_job_result result = add_rows(job, &recipients, run, text, ",\"recipients\":[");
    if (result == CH_JOB_DONE)
        result = add_rows(job, &contributions, run, text, "],\"contributions\":[");
    ch_out_text(&text->out, "]}");
    memory_out_text(text);
    return result;
}

/* Where the arrays of a normal form begin and end, so that a member's part can be found later. */
static json_t *places(struct ch_arena *arena, const char *text, size_t length)
{
    static const char FIRST[] = "\"contributions\":[", BETWEEN[] = "],\"currency\":\"", SECOND[] = "\"recipients\":[",
                      LAST[] = "],\"schema\":\"distribution-inputs/1\"}";
    const char *first = strstr(text, FIRST) + strlen(FIRST);
    const char *first_end = strstr(first, BETWEEN);
    const char *second = strstr(first_end, SECOND) + strlen(SECOND);
    return ch_json_pack(arena, "[I, I, I, I]", (json_int_t)(first - text), (json_int_t)(first_end - text),
                        (json_int_t)(second - text), (json_int_t)(length - strlen(LAST)));
}

static enum ch_job_result freeze(struct ch_job *job, const char *run, const json_t *loaded,
                                 const struct ch_inputs *inputs)
{
    struct memory_out normal;
    memory_out_begin(&normal, job->arena);
    ch_inputs_write_normal(inputs, &normal.out);
    const char *text = memory_out_text(&normal);
    const json_t *told =
        ch_json_pack(job->arena, "{s:I, s:I, s:O, s:O, s:O, s:O, s:O}", "pot", (json_int_t)inputs->pot, "rail_fees",
                     (json_int_t)inputs->rail_fees, "carried_in", json_object_get(loaded, "carried_in"), "rows",
                     json_object_get(loaded, "rows"), "units", json_object_get(loaded, "units"), "usage_root",
                     json_object_get(loaded, "usage_root"), "places", places(job->arena, text, normal.length));
    const struct large_value args[] = {{.text = run},
                                       {.bytes = text, .size = normal.length},
                                       {.text = inputs->sha256},
                                       {.text = ch_json_canonical(job->arena, told, NULL)}};
    struct ch_answer answer;
    return large_ask(job, "payout.freeze_run($1::uuid, $2::bytea, $3::text, $4::jsonb)", &answer, args, 4);
}

enum ch_job_result run_collect(struct ch_job *job, const char *run)
{
    struct ch_answer answer;
    enum ch_job_result result = payout_ask(job, &load_run, &answer, CH_ARGS(run));
    if (result != CH_JOB_DONE || strcmp(answer.outcome, "ok") != 0)
        return result;
    json_t *loaded = payout_parse(job->arena, answer.body);
    struct memory_out text;
    result = collect(job, run, json_object_get(loaded, "facts"), &text);
    if (result != CH_JOB_DONE)
        return result;
    const char *rule_text = payout_text(loaded, "rule");
    struct ch_refusals *list = ch_refusals_new(job->arena, NULL);
    struct ch_benefit_rule *rule = ch_benefit_rule_parse(rule_text, strlen(rule_text), list, NULL);
    struct ch_inputs *inputs = rule ? ch_inputs_parse(text.text, text.length, rule, list) : NULL;
    return inputs ? freeze(job, run, loaded, inputs) : run_refused(job, run, list);
}
