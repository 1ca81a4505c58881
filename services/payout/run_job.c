/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The job that moves a run from state to state: collect and freeze, number, compute, review, post. What is shared is
 * core/distribute.c; every state is one transaction, so killing and repeating it changes nothing. */
#include <stdio.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "core/distribute.h"
#include "core/line_tree.h"
#include "jobs.h"
#include "memory_out.h"
#include "settings.h"

CH_FUNCTION(load_frozen, "payout.load_frozen", "$1::uuid");
CH_FUNCTION(load_run, "payout.load_run", "$1::uuid");
CH_FUNCTION(freeze_run, "payout.freeze_run", "$1::uuid, $2::text, $3::text, $4::jsonb");
CH_FUNCTION(number_run, "payout.number_run", "$1::uuid");
CH_FUNCTION(save_result, "payout.save_result", "$1::uuid, $2::text, $3::text, $4::jsonb, $5::bytea");
CH_FUNCTION(review_run, "payout.review_run", "$1::uuid");
CH_FUNCTION(post_run, "payout.post_run", "$1::uuid");

static enum ch_job_result refused(struct ch_job *job, const char *run, const struct ch_refusals *list)
{
    snprintf(job->reason, sizeof job->reason, "run %s: rule or inputs are refused: %s", run, ch_refusals_text(list));
    return CH_JOB_DEAD;
}

static enum ch_job_result freeze(struct ch_job *job, const char *run)
{
    struct ch_answer answer;
    enum ch_job_result result = payout_ask(job, &load_run, &answer, CH_ARGS(run));
    if (result != CH_JOB_DONE)
        return result;
    json_t *facts = payout_parse(job->arena, answer.body);
    const char *rule_text = payout_text(facts, "rule");
    char *text = ch_json_canonical(job->arena, json_object_get(facts, "inputs"), NULL);
    struct ch_refusals *list = ch_refusals_new(job->arena, NULL);
    struct ch_benefit_rule *rule = ch_benefit_rule_parse(rule_text, strlen(rule_text), list, NULL);
    struct ch_inputs *inputs = rule ? ch_inputs_parse(text, strlen(text), rule, list) : NULL;
    if (!inputs)
        return refused(job, run, list);
    struct memory_out normal;
    memory_out_begin(&normal, job->arena);
    ch_inputs_write_normal(inputs, &normal.out);
    json_t *log_facts =
        ch_json_pack(job->arena, "{s:I, s:I, s:O, s:O, s:O, s:O}", "pot", (json_int_t)inputs->pot, "rail_fees",
                     (json_int_t)inputs->rail_fees, "carried_in", json_object_get(facts, "carried_in"), "rows",
                     json_object_get(facts, "rows"), "units", json_object_get(facts, "units"), "usage_root",
                     json_object_get(facts, "usage_root"));
    return payout_ask(
        job, &freeze_run, &answer,
        CH_ARGS(run, memory_out_text(&normal), inputs->sha256, ch_json_canonical(job->arena, log_facts, NULL)));
}

/* Lines with fresh salts, and the tree over them. */
static json_t *salted_lines(struct ch_arena *arena, const json_t *lines, uint8_t **tree, size_t *tree_size)
{
    size_t count = json_array_size(lines);
    uint8_t *leaves = ch_alloc_array(arena, count + 1, 32);
    json_t *made = ch_json_own(arena, json_array());
    for (size_t i = 0; i < count; i++) {
        const json_t *line = json_array_get(lines, i);
        size_t length;
        const char *text = ch_json_canonical(arena, line, &length);
        uint8_t salt[32];
        char hex[65];
        ch_random(salt, sizeof salt);
        ch_hex(salt, sizeof salt, hex);
        ch_line_leaf(salt, text, length, leaves + i * 32);
        json_array_append_new(made, json_pack("{s:s, s:I, s:s, s:s}", "id", payout_text(line, "id"), "minor",
                                              (json_int_t)payout_integer(line, "amount"), "line", text, "salt", hex));
    }
    *tree = ch_line_tree(arena, leaves, count, tree_size);
    return made;
}

static enum ch_job_result store(struct ch_job *job, const char *run, const char *text, const char *hash)
{
    json_t *document = payout_parse(job->arena, text);
    uint8_t *tree;
    size_t size;
    json_t *lines = salted_lines(job->arena, json_object_get(document, "lines"), &tree, &size);
    char *hex = ch_alloc(job->arena, 2 * size + 3);
    memcpy(hex, "\\x", 2);
    ch_hex(tree, size, hex + 2);
    struct ch_answer answer;
    return payout_ask(job, &save_result, &answer,
                      CH_ARGS(run, text, hash, ch_json_canonical(job->arena, lines, NULL), hex));
}

static enum ch_job_result compute(struct ch_job *job, const char *run, const json_t *frozen)
{
    struct ch_refusals *list = ch_refusals_new(job->arena, NULL);
    struct ch_distribution *d = run_distribute(payout_text(frozen, "rule"), payout_text(frozen, "inputs"),
                                               payout_text(frozen, "run_id"), NULL, list);
    if (!d)
        return refused(job, run, list);
    struct memory_out result;
    memory_out_begin(&result, job->arena);
    ch_distribution_write(d, true, &result.out);
    return store(job, run, memory_out_text(&result), d->hash);
}

static enum ch_job_result step(struct ch_job *job, const char *run, const json_t *frozen)
{
    const char *state = payout_text(frozen, "state");
    struct ch_answer answer;
    if (strcmp(state, "open") == 0)
        return freeze(job, run);
    if (strcmp(state, "inputs_frozen") == 0)
        return payout_ask(job, &number_run, &answer, CH_ARGS(run));
    if (strcmp(state, "numbered") == 0)
        return compute(job, run, frozen);
    if (strcmp(state, "computed") == 0)
        return payout_ask(job, &review_run, &answer, CH_ARGS(run));
    return strcmp(state, "review") == 0 ? payout_ask(job, &post_run, &answer, CH_ARGS(run)) : CH_JOB_DONE;
}

/* Goes on while the state moves: what has to wait (a checkpoint, the review) is taken up again by payout.tick. */
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
