/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The sequencer (audit.md section 8): gives waiting leaves their index and signs the tree they make, in one
 * transaction; the checkpoint file outside the database follows the commit. Killed at any line it leaves either nothing
 * or a file that is one checkpoint behind, which the self-check accepts. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/json.h"
#include "commonhold/log.h"
#include "core/note.h"
#include "log_role.h"

CH_FUNCTION(begin_sequence, "log.begin_sequence", "");
CH_FUNCTION(store_sequence, "log.store_sequence", "$1::bigint, $2::jsonb");
CH_FUNCTION(halt, "log.halt", "$1::text");

static const struct ch_statement waiting_leaves = {
    .name = "log.waiting_leaves",
    .text = "SELECT outbox_id, prev, payload FROM log.waiting_leaves($1::bigint, $2::integer)",
    .shape = CH_SHAPE_ROWS,
    .columns = 3};

static const struct ch_json_limits OWN_DOCUMENT = {
    .bytes = 16 * 1024 * 1024, .depth = 32, .string = 0, .integers = true, .ascii = false};

#define BATCH "2000" /* leaves a run; more wait for the next, which follows at once */

/* What this process knows to be true of the log: a run that finds it elsewhere checks everything again. */
static struct {
    bool checked;
    struct merkle_edge edge;
} known;

/* One run: what is read and what will be written. */
struct run {
    struct ch_job *job;
    struct merkle_edge edge;
    json_t *entries, *tiles;
};

static char *hex_of(struct ch_arena *arena, const void *bytes, size_t size)
{
    char *hex = ch_alloc(arena, 2 * size + 1);
    ch_hex(bytes, size, hex);
    return hex;
}

static void write_tile(struct run *run, unsigned level, uint64_t number, const uint8_t *hashes, size_t width)
{
    json_array_append_new(run->tiles, json_pack("{s:i, s:I, s:s}", "level", (int)level, "number", (json_int_t)number,
                                                "hashes", hex_of(run->job->arena, hashes, width * MERKLE_HASH)));
}

static void tile_is_full(void *arg, unsigned level, uint64_t number, const uint8_t hashes[MERKLE_TILE * MERKLE_HASH])
{
    write_tile(arg, level, number, hashes, MERKLE_TILE);
}

/* False when the leaf cannot be an entry: a bug of the function that queued it, which stops the log until a person
 * looks. */
static bool take_leaf(struct run *run, const PGresult *rows, int row)
{
    struct ch_job *job = run->job;
    struct ch_json_error error;
    const char *text = PQgetvalue(rows, row, 2);
    const json_t *leaf = ch_json_parse(job->arena, text, strlen(text), &OWN_DOCUMENT, &error);
    char why[160] = "it is no JSON";
    size_t size;
    const char *entry =
        leaf == NULL ? NULL : note_entry(job->arena, leaf, strtoll(PQgetvalue(rows, row, 1), NULL, 10), &size, why);
    if (entry == NULL) {
        snprintf(job->reason, sizeof job->reason, "leaf %s of log.outbox cannot be logged: %s",
                 PQgetvalue(rows, row, 0), why);
        return false;
    }
    uint8_t hash[MERKLE_HASH];
    merkle_leaf(entry, size, hash);
    merkle_append(&run->edge, hash, tile_is_full, run);
    json_array_append_new(
        run->entries, json_pack("{s:I, s:I, s:s}", "outbox", (json_int_t)strtoll(PQgetvalue(rows, row, 0), NULL, 10),
                                "prev", (json_int_t)strtoll(PQgetvalue(rows, row, 1), NULL, 10), "entry", entry));
    return true;
}

static void take_partial_tiles(struct run *run, uint64_t old_size)
{
    for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
        unsigned width = merkle_edge_width(&run->edge, level);
        bool moved = run->edge.size >> (8 * level) != old_size >> (8 * level);
        if (width > 0 && moved)
            write_tile(run, level, merkle_edge_number(&run->edge, level), run->edge.tiles[level], width);
    }
}

/* Text of the signed checkpoint; NULL with job->reason. */
static const char *sign_checkpoint(struct run *run, const uint8_t root[MERKLE_HASH])
{
    struct ch_job *job = run->job;
    const struct ch_config *config = job->context->config;
    const char *origin = log_origin(job->arena, config);
    const char *body = note_checkpoint_body(job->arena, origin, run->edge.size, root);
    struct ch_signing_key *key =
        ch_signing_key_load(ch_config_text(config, "log", "key"), job->reason, sizeof job->reason);
    if (key == NULL)
        return NULL;
    const char *text = ch_printf(job->arena, "%s\n%s", body, note_signature(job->arena, origin, key, body));
    ch_signing_key_free(key);
    const char *next = ch_config_text(config, "log", "next_key");
    if (*next == '\0')
        return text;
    key = ch_signing_key_load(next, job->reason, sizeof job->reason);
    if (key == NULL)
        return NULL;
    text = ch_printf(job->arena, "%s%s", text, note_signature(job->arena, origin, key, body));
    ch_signing_key_free(key);
    return text;
}

static const char *run_document(struct run *run, const char *text, const uint8_t root[MERKLE_HASH])
{
    uint8_t frontier[64 * MERKLE_HASH];
    unsigned count = merkle_frontier(&run->edge, frontier);
    struct ch_arena *arena = run->job->arena;
    json_t *document =
        ch_json_pack(arena, "{s:O, s:O, s:I, s:s, s:s, s:s}", "entries", run->entries, "tiles", run->tiles, "size",
                     (json_int_t)run->edge.size, "root", hex_of(arena, root, MERKLE_HASH), "frontier",
                     hex_of(arena, frontier, count * MERKLE_HASH), "text", text);
    return ch_json_canonical(arena, document, NULL);
}

/* Writes the run; NULL with job->reason when it could not. */
static const char *store(struct run *run, uint64_t old_size)
{
    struct ch_job *job = run->job;
    uint8_t root[MERKLE_HASH];
    take_partial_tiles(run, old_size);
    merkle_edge_root(&run->edge, root);
    const char *text = sign_checkpoint(run, root);
    if (text == NULL)
        return NULL;
    struct ch_answer answer;
    const char *size = ch_printf(job->arena, "%" PRIu64, old_size);
    if (ch_db_call(job->db, job->arena, &store_sequence, CH_ARGS(size, run_document(run, text, root)), &answer) !=
            CH_FAULT_NONE ||
        strcmp(answer.outcome, "ok") != 0) {
        snprintf(job->reason, sizeof job->reason, "the run could not be stored: %s", ch_db_error(job->db));
        return NULL;
    }
    return ch_db_commit(job->db) == CH_FAULT_NONE ? text : NULL;
}

/* Refusing to sign is told on /readyz and in the log until a person has looked. */
static enum ch_job_result refuse_to_sign(struct ch_job *job)
{
    struct ch_answer answer;
    ch_db_rollback(job->db);
    ch_log(CH_LOG_ERROR, "the transparency log refuses to sign", "reason", job->reason, NULL);
    ch_db_call(job->db, job->arena, &halt, CH_ARGS(job->reason), &answer);
    return CH_JOB_DEAD;
}

static bool edge_is_known(uint64_t size, const char *root_hex)
{
    uint8_t root[MERKLE_HASH];
    char hex[65];
    if (!known.checked || known.edge.size != size)
        return false;
    merkle_edge_root(&known.edge, root);
    ch_hex(root, sizeof root, hex);
    return size == 0 || (root_hex != NULL && strcmp(hex, root_hex) == 0);
}

/* The tree's edge as it is trusted: remembered, or recomputed from the first leaf. */
static bool trusted_edge(struct ch_job *job, const json_t *state, struct merkle_edge *edge)
{
    uint64_t size = (uint64_t)json_integer_value(json_object_get(state, "size"));
    const char *root_hex = json_string_value(json_object_get(state, "root"));
    if (!edge_is_known(size, root_hex)) {
        known.checked = false;
        if (!log_self_check(job, size, root_hex, json_integer_value(json_object_get(state, "checkpoints")), &known.edge,
                            job->reason))
            return false;
        known.checked = true;
        struct ch_answer answer;
        ch_db_call(job->db, job->arena, &halt, CH_ARGS(NULL), &answer);
    }
    *edge = known.edge;
    return true;
}

static enum ch_job_result sequence_rows(struct run *run, const PGresult *rows)
{
    struct ch_job *job = run->job;
    uint64_t old_size = run->edge.size;
    for (int row = 0; row < PQntuples(rows); row++)
        if (!take_leaf(run, rows, row))
            return refuse_to_sign(job);
    const char *text = store(run, old_size);
    if (text == NULL) {
        ch_db_rollback(job->db);
        known.checked = false;
        return CH_JOB_RETRY;
    }
    known.edge = run->edge;
    if (!log_write_checkpoint_file(ch_config_text(job->context->config, "log", "checkpoint_file"), text, job->reason))
        return CH_JOB_RETRY;
    return CH_JOB_DONE;
}

static enum ch_job_result sequence_waiting(struct run *run)
{
    struct ch_job *job = run->job;
    enum ch_fault fault = CH_FAULT_NONE;
    const char *size = ch_printf(job->arena, "%" PRIu64, run->edge.size);
    PGresult *rows = ch_db_run(job->db, &waiting_leaves, CH_ARGS(size, BATCH), &fault);
    if (rows == NULL || PQntuples(rows) == 0) {
        PQclear(rows);
        ch_db_rollback(job->db);
        return rows == NULL ? CH_JOB_RETRY : CH_JOB_DONE;
    }
    run->entries = ch_json_own(job->arena, json_array());
    run->tiles = ch_json_own(job->arena, json_array());
    enum ch_job_result result = sequence_rows(run, rows);
    PQclear(rows);
    return result;
}

enum ch_job_result sequence_log(struct ch_job *job)
{
    struct ch_answer answer;
    struct ch_json_error error;
    struct run *run = ch_alloc(job->arena, sizeof *run);
    run->job = job;
    if (ch_db_begin(job->db) != CH_FAULT_NONE ||
        ch_db_call(job->db, job->arena, &begin_sequence, CH_NO_ARGS, &answer) != CH_FAULT_NONE) {
        snprintf(job->reason, sizeof job->reason, "%s", ch_db_error(job->db));
        ch_db_rollback(job->db);
        return CH_JOB_RETRY;
    }
    if (strcmp(answer.outcome, "ok") != 0) { /* another worker holds the lock and does the work */
        ch_db_rollback(job->db);
        return CH_JOB_DONE;
    }
    const json_t *state = ch_json_parse(job->arena, answer.body, strlen(answer.body), &OWN_DOCUMENT, &error);
    if (!trusted_edge(job, state, &run->edge))
        return refuse_to_sign(job);
    return sequence_waiting(run);
}
