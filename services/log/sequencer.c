/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The sequencer (audit.md section 8): gives waiting leaves their index and signs the tree they make, in one
 * transaction; the checkpoint file outside the database follows the commit. Killed at any line it leaves either nothing
 * or a file that is one checkpoint behind, which the self-check accepts and the next run repairs first. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "anchors.h"
#include "commonhold/json.h"
#include "commonhold/log.h"
#include "core/note.h"

CH_FUNCTION(begin_sequence, "log.begin_sequence", "");
CH_FUNCTION(store_sequence, "log.store_sequence", "$1::bigint, $2::bigint[], $3::bigint[], $4::text, $5::jsonb");
CH_FUNCTION(halt, "log.halt", "$1::text");

static const struct ch_statement waiting_leaves = {
    .name = "log.waiting_leaves",
    .text = "SELECT outbox_id, prev, payload FROM log.waiting_leaves($1::bigint, $2::integer)",
    .shape = CH_SHAPE_ROWS,
    .columns = 3};

static const struct ch_json_limits OWN_DOCUMENT = {
    .bytes = 16 * 1024 * 1024, .depth = 32, .string = 0, .integers = true, .ascii = false};

#define BATCH 10000 /* leaves of one checkpoint; more follow at once in the next */

enum step { STEP_DONE, STEP_MORE, STEP_RETRY, STEP_REFUSED };

/* What this process knows to be true of the log: a run that finds it further on checks what came, one that finds it
 * elsewhere checks everything again. */
static struct {
    bool checked;
    struct merkle_edge edge;
    uint64_t file_size; /* of the checkpoint in the file */
} known;

/* One run: what is read and what will be written. */
struct run {
    struct ch_job *job;
    struct log_state state;
    struct log_signers signers;
    bool halted; /* it refused the last time */
    struct merkle_edge edge;
    json_t *tiles;
    FILE *entries, *outbox, *prev; /* a line, and an element of an array, for each leaf */
    char *entries_text, *outbox_text, *prev_text;
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

/* False when the leaf cannot be an entry, which log.check_leaf should have seen: the log stops until a person looks. */
static bool take_leaf(struct run *run, const PGresult *rows, int row)
{
    struct ch_job *job = run->job;
    struct ch_json_error error;
    const char *id = PQgetvalue(rows, row, 0), *prev = PQgetvalue(rows, row, 1), *text = PQgetvalue(rows, row, 2);
    const json_t *leaf = ch_json_parse(job->arena, text, strlen(text), &OWN_DOCUMENT, &error);
    char why[160] = "it is no JSON of integers and strings";
    size_t size;
    const char *entry = leaf == NULL ? NULL : note_entry(job->arena, leaf, strtoll(prev, NULL, 10), &size, why);
    if (entry == NULL) {
        snprintf(job->reason, sizeof job->reason, "leaf %s of log.outbox cannot be logged: %s", id, why);
        return false;
    }
    uint8_t hash[MERKLE_HASH];
    merkle_leaf(entry, size, hash);
    merkle_append(&run->edge, hash, tile_is_full, run);
    fprintf(run->entries, "%s%s", row == 0 ? "" : "\n", entry);
    fprintf(run->outbox, "%c%s", row == 0 ? '{' : ',', id);
    fprintf(run->prev, "%c%s", row == 0 ? '{' : ',', prev);
    return true;
}

static void take_partial_tiles(struct run *run)
{
    for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
        unsigned width = merkle_edge_width(&run->edge, level);
        bool moved = run->edge.size >> (8 * level) != run->state.size >> (8 * level);
        if (width > 0 && moved)
            write_tile(run, level, merkle_edge_number(&run->edge, level), run->edge.tiles[level], width);
    }
}

static const char *run_document(struct run *run, const char *text, const uint8_t root[MERKLE_HASH])
{
    uint8_t frontier[64 * MERKLE_HASH];
    unsigned count = merkle_frontier(&run->edge, frontier);
    struct ch_arena *arena = run->job->arena;
    json_t *document = ch_json_pack(arena, "{s:O, s:I, s:s, s:s, s:s}", "tiles", run->tiles, "size",
                                    (json_int_t)run->edge.size, "root", hex_of(arena, root, MERKLE_HASH), "frontier",
                                    hex_of(arena, frontier, count * MERKLE_HASH), "text", text);
    return ch_json_canonical(arena, document, NULL);
}

static void open_texts(struct run *run)
{
    size_t unused;
    run->entries = open_memstream(&run->entries_text, &unused);
    run->outbox = open_memstream(&run->outbox_text, &unused);
    run->prev = open_memstream(&run->prev_text, &unused);
    if (!run->entries || !run->outbox || !run->prev)
        abort();
}

static void close_texts(struct run *run)
{
    fputc('}', run->outbox);
    fputc('}', run->prev);
    if (fclose(run->entries) != 0 || fclose(run->outbox) != 0 || fclose(run->prev) != 0)
        abort();
}

static void free_texts(struct run *run)
{
    free(run->entries_text);
    free(run->outbox_text);
    free(run->prev_text);
}

/* Writes the run and commits. NULL with job->reason when it could not. */
static const char *store(struct run *run)
{
    struct ch_job *job = run->job;
    struct ch_answer answer;
    uint8_t root[MERKLE_HASH];
    take_partial_tiles(run);
    merkle_edge_root(&run->edge, root);
    const char *text = log_sign_checkpoint(job->arena, &run->signers, run->edge.size, root);
    const char *size = ch_printf(job->arena, "%" PRIu64, run->state.size);
    if (ch_db_call(job->db, job->arena, &store_sequence,
                   CH_ARGS(size, run->outbox_text, run->prev_text, run->entries_text, run_document(run, text, root)),
                   &answer) == CH_FAULT_NONE &&
        strcmp(answer.outcome, "ok") == 0 && ch_db_commit(job->db) == CH_FAULT_NONE)
        return text;
    snprintf(job->reason, sizeof job->reason, "the run could not be stored: %s", ch_db_error(job->db));
    return NULL;
}

static bool write_file(struct run *run, uint64_t size, const char *text)
{
    if (!log_write_checkpoint_file(run->state.path, text, run->job->reason))
        return false;
    known.file_size = size;
    return true;
}

static enum step sequence_rows(struct run *run, const PGresult *rows)
{
    bool taken = true;
    open_texts(run);
    for (int row = 0; taken && row < PQntuples(rows); row++)
        taken = take_leaf(run, rows, row);
    close_texts(run);
    const char *text = taken ? store(run) : NULL;
    free_texts(run);
    if (!taken)
        return STEP_REFUSED;
    if (text == NULL) {
        known.checked = false; /* it may have been committed all the same */
        return STEP_RETRY;
    }
    known.edge = run->edge;
    if (!write_file(run, run->edge.size, text))
        return STEP_RETRY;
    return PQntuples(rows) == BATCH ? STEP_MORE : STEP_DONE;
}

static enum step sequence_waiting(struct run *run)
{
    struct ch_job *job = run->job;
    enum ch_fault fault = CH_FAULT_NONE;
    char limit[12];
    snprintf(limit, sizeof limit, "%d", BATCH);
    const char *size = ch_printf(job->arena, "%" PRIu64, run->edge.size);
    PGresult *rows = ch_db_run(job->db, &waiting_leaves, CH_ARGS(size, limit), &fault);
    if (rows == NULL) {
        snprintf(job->reason, sizeof job->reason, "%s", ch_db_error(job->db));
        return STEP_RETRY;
    }
    run->tiles = ch_json_own(job->arena, json_array());
    enum step step = PQntuples(rows) > 0 ? sequence_rows(run, rows) : STEP_DONE;
    PQclear(rows);
    return step;
}

static bool edge_is_root(const struct merkle_edge *edge, const char *root_hex)
{
    uint8_t root[MERKLE_HASH];
    char hex[65];
    merkle_edge_root(edge, root);
    ch_hex(root, sizeof root, hex);
    return edge->size == 0 || (root_hex != NULL && strcmp(hex, root_hex) == 0);
}

/* The tree's edge as it is trusted: remembered, or recomputed. */
static bool trusted_edge(struct run *run)
{
    const struct log_state *state = &run->state;
    bool same = known.checked && known.edge.size == state->size && edge_is_root(&known.edge, state->root);
    if (!same) {
        if (!known.checked || known.edge.size >= state->size)
            memset(&known.edge, 0, sizeof known.edge);
        known.checked = log_self_check(run->job, state, &known.edge, &known.file_size, run->job->reason) &&
                        log_witnesses_agree(run->job, state, &run->signers, run->job->reason);
    }
    run->edge = known.edge;
    return known.checked;
}

static bool read_state(struct run *run, const char *body)
{
    struct ch_job *job = run->job;
    const struct ch_config *config = job->context->config;
    struct ch_json_error error;
    const json_t *row = ch_json_parse(job->arena, body, strlen(body), &OWN_DOCUMENT, &error);
    run->state = (struct log_state){.size = (uint64_t)json_integer_value(json_object_get(row, "size")),
                                    .root = json_string_value(json_object_get(row, "root")),
                                    .text = json_string_value(json_object_get(row, "text")),
                                    .checkpoints = json_integer_value(json_object_get(row, "checkpoints")),
                                    .origin = log_origin(job->arena, config),
                                    .path = ch_config_text(config, "log", "checkpoint_file")};
    run->halted = json_is_true(json_object_get(row, "halted"));
    return log_load_signers(job->arena, config, json_object_get(row, "keys"), &run->signers, job->reason) &&
           trusted_edge(run);
}

/* Behind the lock, in its transaction. */
static enum step sequence_locked(struct run *run, const char *body)
{
    struct ch_job *job = run->job;
    struct ch_answer answer;
    if (!read_state(run, body))
        return STEP_REFUSED;
    if (known.file_size != run->state.size && !write_file(run, run->state.size, run->state.text))
        return STEP_RETRY;
    if (run->halted)
        ch_db_call(job->db, job->arena, &halt, CH_ARGS(NULL), &answer);
    enum step step = sequence_waiting(run);
    if (step == STEP_DONE && PQtransactionStatus(ch_db_raw(job->db)) == PQTRANS_INTRANS)
        ch_db_commit(job->db);
    if (step == STEP_DONE)
        log_published(job);
    return step;
}

/* Refusing to sign is told on /readyz and in the log until a person has looked; log.tick asks again meanwhile. */
static void refuse_to_sign(struct ch_job *job)
{
    struct ch_answer answer;
    ch_log(CH_LOG_ERROR, "the transparency log refuses to sign", "reason", job->reason, NULL);
    ch_db_call(job->db, job->arena, &halt, CH_ARGS(job->reason), &answer);
}

static enum step sequence_batch(struct ch_job *job)
{
    struct ch_answer answer = {.outcome = ""};
    struct run *run = ch_alloc(job->arena, sizeof *run);
    run->job = job;
    enum step step = STEP_RETRY;
    if (ch_db_begin(job->db) != CH_FAULT_NONE ||
        ch_db_call(job->db, job->arena, &begin_sequence, CH_NO_ARGS, &answer) != CH_FAULT_NONE)
        snprintf(job->reason, sizeof job->reason, "%s", ch_db_error(job->db));
    else if (strcmp(answer.outcome, "ok") != 0)
        step = STEP_DONE; /* another worker holds the lock and does the work */
    else
        step = sequence_locked(run, answer.body);
    ch_db_rollback(job->db);
    if (step == STEP_REFUSED)
        refuse_to_sign(job);
    return step;
}

enum ch_job_result sequence_log(struct ch_job *job)
{
    struct ch_arena *whole = job->arena;
    enum step step = STEP_MORE;
    while (step == STEP_MORE && !ch_job_stopping(job)) {
        job->arena = ch_arena_new(); /* a batch is megabytes, and there may be many */
        step = sequence_batch(job);
        ch_arena_free(job->arena);
    }
    job->arena = whole;
    return step == STEP_RETRY ? CH_JOB_RETRY : CH_JOB_DONE;
}
