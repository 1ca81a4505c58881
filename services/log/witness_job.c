/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Asks the witnesses for the newest checkpoint (C2SP tlog-witness) and keeps the lines that hold. A witness that is
 * silent or refuses is asked again later, alone. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "anchors.h"
#include "commonhold/json.h"
#include "commonhold/log.h"

CH_FUNCTION(due_witnesses, "log.due_witnesses", "$1::text, $2::text[]");
CH_FUNCTION(store_cosignature, "log.store_cosignature",
            "$1::text, $2::text, $3::bigint, $4::text, $5::text, $6::bigint");
CH_FUNCTION(note_witness, "log.note_witness", "$1::text, $2::text, $3::text");
CH_FUNCTION(wake_anchors, "log.wake_anchors", "$1::boolean, $2::boolean");

static const struct ch_statement growth_tiles = {
    .name = "log.growth_tiles",
    .text = "SELECT level, number, hashes FROM log.growth_tiles($1::bigint, $2::bigint)",
    .shape = CH_SHAPE_ROWS,
    .columns = 3};

static const struct ch_json_limits OWN_DOCUMENT = {
    .bytes = 1024 * 1024, .depth = 8, .string = 0, .integers = true, .ascii = false};

#define TIME_MAX INT64_C(253402300799) /* the end of the year 9999 */

/* What one witness is asked. */
struct question {
    struct ch_job *job;
    const char *origin, *text, *root, *vkey; /* of the log; the checkpoint and its root in hex; of the witness */
    uint64_t size, from;                     /* of the checkpoint; what the witness is believed to have */
    bool corrected;                          /* it has told its size once */
};

static void note(const struct question *question, const char *reason)
{
    struct ch_job *job = question->job;
    struct ch_answer answer;
    ch_log(CH_LOG_WARN, "a witness did not cosign", "witness", question->vkey, "reason", reason, NULL);
    ch_db_call(job->db, job->arena, &note_witness, CH_ARGS(question->origin, question->vkey, reason), &answer);
}

struct tiles {
    struct ch_arena *arena;
    const PGresult *rows;
};

static const uint8_t *find_tile(void *arg, unsigned level, uint64_t number, unsigned width)
{
    const struct tiles *tiles = arg;
    for (int row = 0; row < PQntuples(tiles->rows); row++) {
        const char *hex = PQgetvalue(tiles->rows, row, 2);
        size_t size = strlen(hex) / 2;
        if (strtoul(PQgetvalue(tiles->rows, row, 0), NULL, 10) != level ||
            strtoull(PQgetvalue(tiles->rows, row, 1), NULL, 10) != number || size < width * MERKLE_HASH)
            continue;
        uint8_t *hashes = ch_alloc(tiles->arena, size);
        return ch_unhex(hex, hashes, size) ? hashes : NULL;
    }
    return NULL;
}

/* The lines of the proof from the witness's size; NULL when the tiles are not there. */
static const char *growth_lines(const struct question *question)
{
    struct ch_job *job = question->job;
    uint8_t path[MERKLE_PATH_MAX * MERKLE_HASH];
    enum ch_fault fault;
    if (question->from == 0 || question->from == question->size)
        return "";
    PGresult *rows = ch_db_run(
        job->db, &growth_tiles,
        CH_ARGS(ch_printf(job->arena, "%" PRIu64, question->from), ch_printf(job->arena, "%" PRIu64, question->size)),
        &fault);
    struct tiles tiles = {job->arena, rows};
    int count = rows != NULL ? merkle_consistency(question->from, question->size, find_tile, &tiles, path) : -1;
    PQclear(rows);
    const char *text = count < 0 ? NULL : "";
    for (int i = 0; i < count; i++)
        text = ch_printf(job->arena, "%s%s\n", text, ch_base64(job->arena, path + i * MERKLE_HASH, MERKLE_HASH));
    return text;
}

/* False when there is no proof: then nothing is asked. */
static bool write_body(struct log_witness_call *call)
{
    const struct question *question = call->arg;
    const char *lines = growth_lines(question);
    if (lines == NULL) {
        note(question, "the tiles of a proof could not be read");
        return false;
    }
    call->body = ch_printf(question->job->arena, "old %" PRIu64 "\n%s\n%s", question->from, lines, question->text);
    return true;
}

/* The witness told the size it has: once it is believed and gets the proof from there. */
static bool correct(struct log_witness_call *call, const char *body)
{
    struct question *question = call->arg;
    char *end;
    uint64_t size = strtoull(body, &end, 10);
    if (end == body || strcmp(end, "\n") != 0 || question->corrected) {
        note(question, "it does not stay with the size it told");
        return false;
    }
    if (size > question->size) {
        note(question, ch_printf(question->job->arena,
                                 "it cosigned a log of size %" PRIu64 ", the newest checkpoint here has size %" PRIu64,
                                 size, question->size));
        return false;
    }
    question->corrected = true;
    question->from = size;
    return write_body(call);
}

static void keep_line(const struct question *question, const struct ch_tlog_policy_node *node, const char *lines)
{
    struct ch_job *job = question->job;
    struct ch_checkpoint checkpoint;
    struct ch_signature signature;
    struct ch_answer answer;
    const char *text = ch_printf(job->arena, "%s%s", question->text, lines);
    if (ch_checkpoint_read(text, strlen(text), &checkpoint) != NULL ||
        ch_checkpoint_signed(&checkpoint, &node->key, &signature) != CH_SIGNED_WELL || signature.time > TIME_MAX) {
        note(question, "its answer is no cosignature of this checkpoint under its key");
        return;
    }
    ch_db_call(job->db, job->arena, &store_cosignature,
               CH_ARGS(question->origin, question->vkey, ch_printf(job->arena, "%" PRIu64, question->size),
                       question->root, ch_memdup(job->arena, signature.line, signature.length),
                       ch_printf(job->arena, "%" PRIu64, signature.time)),
               &answer);
}

static bool answered(struct log_witness_call *call, const struct ch_fetch_response *response)
{
    const struct question *question = call->arg;
    if (response->verdict != CH_FETCH_OK)
        note(question, response->detail);
    else if (response->status == 409)
        return correct(call, response->body);
    else if (response->status == 200)
        keep_line(question, call->node, response->body);
    else
        note(question, ch_printf(question->job->arena, "it answered %d: %.100s", response->status, response->body));
    return false;
}

/* The policy's witnesses that have an address, as an array of SQL. */
static const char *vkeys_of(struct ch_arena *arena, const struct ch_tlog_policy *policy)
{
    json_t *list = ch_json_own(arena, json_array());
    for (size_t i = 0; policy != NULL && i < policy->node_count; i++)
        if (policy->nodes[i].count == 0 && policy->nodes[i].url != NULL)
            json_array_append_new(list, json_string(ch_vkey_text(arena, &policy->nodes[i].key)));
    char *text = ch_json_canonical(arena, list, NULL);
    text[0] = '{';
    text[strlen(text) - 1] = '}';
    return text;
}

static const struct ch_tlog_policy_node *node_of(struct ch_arena *arena, const struct ch_tlog_policy *policy,
                                                 const char *vkey)
{
    for (size_t i = 0; i < policy->node_count; i++)
        if (policy->nodes[i].count == 0 && strcmp(ch_vkey_text(arena, &policy->nodes[i].key), vkey) == 0)
            return &policy->nodes[i];
    return NULL;
}

static void ask(struct ch_job *job, const struct ch_tlog_policy *policy, const json_t *due)
{
    const json_t *list = json_object_get(due, "witnesses"), *item;
    struct log_witness_call *calls = ch_alloc_array(job->arena, json_array_size(list), sizeof *calls);
    size_t i, count = 0;
    json_array_foreach(list, i, item)
    {
        struct question *question = ch_alloc(job->arena, sizeof *question);
        *question = (struct question){.job = job,
                                      .origin = log_origin(job->arena, job->context->config),
                                      .text = json_string_value(json_object_get(due, "text")),
                                      .root = json_string_value(json_object_get(due, "root")),
                                      .vkey = json_string_value(json_object_get(item, "vkey")),
                                      .size = (uint64_t)json_integer_value(json_object_get(due, "size")),
                                      .from = (uint64_t)json_integer_value(json_object_get(item, "size"))};
        calls[count] = (struct log_witness_call){.node = node_of(job->arena, policy, question->vkey),
                                                 .method = "POST",
                                                 .path = "/add-checkpoint",
                                                 .answered = answered,
                                                 .arg = question};
        count += write_body(&calls[count]);
    }
    log_call_witnesses(calls, count);
}

enum ch_job_result ask_witnesses(struct ch_job *job)
{
    const struct ch_tlog_policy *policy;
    struct ch_answer answer;
    struct ch_json_error error;
    if (!log_read_policy(job->arena, job->context->config, &policy, job->reason))
        return CH_JOB_RETRY;
    const char *origin = log_origin(job->arena, job->context->config);
    if (ch_db_call(job->db, job->arena, &due_witnesses, CH_ARGS(origin, vkeys_of(job->arena, policy)), &answer) !=
        CH_FAULT_NONE) {
        snprintf(job->reason, sizeof job->reason, "%s", ch_db_error(job->db));
        return CH_JOB_RETRY;
    }
    if (strcmp(answer.outcome, "ok") == 0 && policy != NULL)
        ask(job, policy, ch_json_parse(job->arena, answer.body, strlen(answer.body), &OWN_DOCUMENT, &error));
    return CH_JOB_DONE;
}

void log_published(struct ch_job *job)
{
    const struct ch_config *config = job->context->config;
    bool witnesses = *ch_config_text(config, "log", "policy") != '\0';
    bool timestamps = *ch_config_text(config, "log", "timestamp_url") != '\0';
    struct ch_answer answer;
    if (witnesses || timestamps)
        ch_db_call(job->db, job->arena, &wake_anchors, CH_ARGS(witnesses ? "t" : "f", timestamps ? "t" : "f"), &answer);
}
