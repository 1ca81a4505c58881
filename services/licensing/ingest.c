/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Job ingest_contribution: streams an upload once through core/ingest.h into COPY, in one transaction with the verdict,
 * so that a worker killed at any line leaves no row; and the jobs that take away rows and files. */
#include "ingest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commonhold/id.h"
#include "commonhold/json.h"
#include "core/copy.h"
#include "ingest_read.h"
#include "ingest_spill.h"
#include "licensing.h"
#include "uploads.h"

#define PIECE ((size_t)256 * 1024)

CH_FUNCTION(begin_ingest, "licensing.begin_ingest", "$1::uuid");
CH_FUNCTION(finish_ingest, "licensing.finish_ingest", "$1::uuid, $2::jsonb");
CH_FUNCTION(delete_rows, "licensing.delete_contribution_rows", "$1::uuid");
CH_FUNCTION(forget_file, "licensing.forget_file", "$1::uuid");
static const struct ch_statement due_files = {.name = "licensing.take_due_files",
                                              .text = "SELECT id FROM licensing.take_due_files() AS id",
                                              .shape = CH_SHAPE_ROWS,
                                              .columns = 1};

struct ingest {
    struct ch_job *job;
    json_t *task;
    const char *id, *table, *path;
    struct ingest_reader *reader;
    struct ch_sha256 *hash;
    char *piece; /* rows for COPY not handed over yet */
    size_t filled;
    bool broken; /* the connection refused data */
    time_t said; /* second of the last progress */
    int64_t size;
    const char *refused; /* why licensing.finish_ingest would not accept it */
};

static enum ch_job_result later(struct ch_job *job, const char *what, const char *why)
{
    snprintf(job->reason, sizeof job->reason, "%s: %s", what, why);
    return CH_JOB_RETRY;
}

static void hand_over(struct ingest *in, const char *bytes, size_t size)
{
    if (size > 0 && !in->broken && PQputCopyData(ch_db_raw(in->job->db), bytes, (int)size) != 1)
        in->broken = true;
}

static void take_row(void *context, const char *bytes, size_t size)
{
    struct ingest *in = context;
    if (in->filled + size > PIECE) {
        hand_over(in, in->piece, in->filled);
        in->filled = 0;
    }
    if (size > PIECE) {
        hand_over(in, bytes, size);
        return;
    }
    memcpy(in->piece + in->filled, bytes, size);
    in->filled += size;
}

static void say_progress(struct ingest *in)
{
    struct timespec now;
    struct ingest_counts counts;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec == in->said)
        return;
    in->said = now.tv_sec;
    ingest_reader_counts(in->reader, &counts);
    ch_job_progress(in->job, ch_json_pack(in->job->arena, "{s:s,s:I,s:I,s:I,s:O}", "phase", "validating", "bytes",
                                          (json_int_t)counts.bytes, "good_rows", (json_int_t)counts.good, "bad_rows",
                                          (json_int_t)counts.bad, "length", json_object_get(in->task, "length")));
}

/* The whole file through hash and reader. False with job->reason when it must be done again. */
static bool read_file(struct ingest *in)
{
    char *bytes = ch_alloc(in->job->arena, PIECE);
    int file = open(in->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = 0;
    if (file < 0 && json_integer_value(json_object_get(in->task, "length")) > 0) {
        later(in->job, in->path, strerror(errno));
        return false;
    }
    while (file >= 0 && !in->broken && !ch_job_stopping(in->job) && (n = read(file, bytes, PIECE)) > 0) {
        ch_sha256_add(in->hash, bytes, (size_t)n);
        ingest_reader_feed(in->reader, bytes, (size_t)n);
        in->size += n;
        say_progress(in);
    }
    if (n < 0)
        later(in->job, in->path, strerror(errno));
    if (file >= 0)
        close(file);
    if (ch_job_stopping(in->job))
        later(in->job, in->id, "the worker stops");
    else if (in->broken)
        later(in->job, "COPY", PQerrorMessage(ch_db_raw(in->job->db)));
    else if (n == 0)
        return true;
    return false;
}

static bool copy_begin(struct ingest *in)
{
    const char *columns = "contribution_id";
    for (const char *const *name = ingest_reader_columns(in->reader); *name; name++)
        columns = ch_printf(in->job->arena, "%s, %s", columns, ch_sql_identifier(in->job->arena, *name));
    PGresult *started =
        PQexec(ch_db_raw(in->job->db),
               ch_printf(in->job->arena, "COPY %s (%s) FROM STDIN (FORMAT binary)", in->table, columns));
    bool fine = PQresultStatus(started) == PGRES_COPY_IN;
    in->filled = (size_t)(ch_copy_header(in->piece) - in->piece);
    if (!fine)
        later(in->job, "COPY", PQresultErrorMessage(started));
    PQclear(started);
    return fine;
}

/* Ends COPY; `why` NULL keeps what was copied. */
static bool copy_end(struct ingest *in, const char *why)
{
    PGconn *raw = ch_db_raw(in->job->db);
    PGresult *ended;
    bool fine = PQputCopyEnd(raw, why) == 1;
    while ((ended = PQgetResult(raw)) != NULL) {
        if (PQresultStatus(ended) != PGRES_COMMAND_OK) {
            fine = false;
            if (why == NULL)
                later(in->job, "COPY", PQresultErrorMessage(ended));
        }
        PQclear(ended);
    }
    return fine;
}

/* Whether a hash the contributor declared, with the upload or with the contribution, is another one. */
static bool differs(const struct ingest *in, const char *name, const char *sha256)
{
    const char *declared = json_string_value(json_object_get(in->task, name));
    return declared && strcmp(declared, sha256) != 0;
}

static const char *reason_of(const struct ingest *in, const struct ingest_counts *counts, const char *sha256)
{
    if (counts->empty)
        return "empty_file";
    if (differs(in, "declared_sha256", sha256) || differs(in, "announced_sha256", sha256))
        return "hash_mismatch";
    if (counts->header_bad)
        return "bad_header";
    return counts->accepted ? NULL : "bad_rows";
}

static enum ch_job_result store(struct ingest *in, json_t *result)
{
    struct ch_answer answer;
    const char *text = ch_json_canonical(in->job->arena, result, NULL);
    if (ch_db_call(in->job->db, in->job->arena, &finish_ingest, CH_ARGS(in->id, text), &answer) != CH_FAULT_NONE)
        return later(in->job, "finish_ingest", ch_db_error(in->job->db));
    if (strcmp(answer.outcome, "ok") == 0)
        return CH_JOB_DONE;
    /* Withdrawn, or its upload ended meanwhile; or, with a reason, no longer acceptable: nothing may stay. */
    if (answer.body)
        in->refused = json_string_value(json_object_get(licensing_parse(in->job->arena, answer.body), "reason"));
    return CH_JOB_DEAD;
}

static enum ch_job_result reject(struct ingest *in, json_t *result, const char *reason)
{
    ch_db_rollback(in->job->db);
    json_object_set_new(result, "accepted", json_false());
    json_object_set_new(result, "reason", json_string(reason));
    enum ch_job_result verdict = store(in, result);
    return verdict == CH_JOB_DEAD ? CH_JOB_DONE : verdict;
}

/* Everything after the last byte, inside the transaction. */
static enum ch_job_result conclude(struct ingest *in, json_t *result)
{
    if (!copy_end(in, NULL))
        return CH_JOB_RETRY;
    if (!ingest_count_quality(in->job, in->task, in->table, result))
        return CH_JOB_RETRY;
    json_object_set_new(result, "accepted", json_true());
    enum ch_job_result verdict = store(in, result);
    if (verdict == CH_JOB_DEAD && in->refused)
        return reject(in, result, in->refused);
    if (verdict != CH_JOB_DONE) {
        ch_db_rollback(in->job->db);
        return verdict == CH_JOB_DEAD ? CH_JOB_DONE : verdict;
    }
    if (ch_db_commit(in->job->db) != CH_FAULT_NONE)
        return later(in->job, "COMMIT", ch_db_error(in->job->db));
    return CH_JOB_DONE;
}

static enum ch_job_result decide(struct ingest *in)
{
    struct ingest_counts counts;
    uint8_t digest[32];
    char sha256[65], end[CH_COPY_TRAILER];
    json_t *errors = ingest_reader_end(in->reader, &counts);
    take_row(in, end, (size_t)(ch_copy_trailer(end) - end));
    hand_over(in, in->piece, in->filled);
    ch_sha256_end(in->hash, digest);
    ch_hex(digest, sizeof digest, sha256);
    json_t *result = ch_json_pack(
        in->job->arena, "{s:O,s:O,s:s,s:I,s:I,s:I,s:O}", "schema_version", json_object_get(in->task, "schema_version"),
        "upload", json_object_get(in->task, "upload"), "sha256", sha256, "size", (json_int_t)in->size, "rows",
        (json_int_t)counts.good, "bad_rows", (json_int_t)counts.bad, "errors", errors);
    if (counts.store_failed) {
        copy_end(in, "stopped");
        return later(in->job, in->id, "keys of its rows could not be put aside");
    }
    const char *reason = reason_of(in, &counts, sha256);
    if (reason == NULL)
        return conclude(in, result);
    copy_end(in, "rejected");
    return reject(in, result, reason);
}

static enum ch_job_result ingest(struct ingest *in)
{
    struct ch_job *job = in->job;
    if (ch_db_begin(job->db) != CH_FAULT_NONE)
        return later(job, "BEGIN", ch_db_error(job->db));
    if (!copy_begin(in)) {
        ch_db_rollback(job->db);
        return CH_JOB_RETRY;
    }
    in->hash = ch_sha256_begin();
    if (!read_file(in)) {
        uint8_t digest[32];
        ch_sha256_end(in->hash, digest);
        copy_end(in, "stopped");
        ch_db_rollback(job->db);
        return CH_JOB_RETRY;
    }
    enum ch_job_result verdict = decide(in);
    if (verdict != CH_JOB_DONE)
        ch_db_rollback(job->db);
    return verdict;
}

enum ch_job_result licensing_run_ingest_contribution(struct ch_job *job)
{
    struct ingest in = {.job = job};
    struct ch_answer answer;
    const char *folder = ch_config_text(job->context->config, "licensing", "upload_dir");
    json_t *faults;
    uint8_t id[16];
    in.id = json_string_value(json_object_get(job->payload, "contribution"));
    if (ch_db_call(job->db, job->arena, &begin_ingest, CH_ARGS(in.id), &answer) != CH_FAULT_NONE)
        return later(job, "begin_ingest", ch_db_error(job->db));
    if (strcmp(answer.outcome, "stale") == 0)
        return later(job, in.id, "a charter of its pool is about to be applied");
    if (strcmp(answer.outcome, "ok") != 0)
        return CH_JOB_DONE;
    in.task = licensing_parse(job->arena, answer.body);
    in.table = ch_sql_pool_table(job->arena, json_string_value(json_object_get(in.task, "pool_id")));
    in.path = upload_path(job->arena, folder, json_string_value(json_object_get(in.task, "upload")));
    in.piece = ch_alloc(job->arena, PIECE);
    if (!ch_id_parse(in.id, id))
        abort(); /* licensing.begin_ingest found it */
    in.reader = ingest_reader_new(job->arena, in.task, id, take_row, &in,
                                  ingest_spill_stores(job->arena, folder, CH_SCHEMA_COLUMNS + 1), &faults);
    if (in.reader == NULL || in.table == NULL) {
        snprintf(job->reason, sizeof job->reason, "contribution %s: its dialect and the pool's schema do not fit",
                 in.id);
        return CH_JOB_DEAD;
    }
    return ingest(&in);
}

enum ch_job_result licensing_run_delete_contribution_rows(struct ch_job *job)
{
    struct ch_answer answer;
    const char *id = json_string_value(json_object_get(job->payload, "contribution"));
    if (ch_db_call(job->db, job->arena, &delete_rows, CH_ARGS(id), &answer) != CH_FAULT_NONE)
        return later(job, "delete_contribution_rows", ch_db_error(job->db));
    if (strcmp(answer.outcome, "stale") == 0)
        return later(job, "delete_contribution_rows", "tombstones of its delivered rows are still to be written");
    return CH_JOB_DONE;
}

/* A file that is gone already is as good as removed. */
static bool remove_file(struct ch_job *job, const char *id)
{
    struct ch_answer answer;
    const char *path = upload_path(job->arena, ch_config_text(job->context->config, "licensing", "upload_dir"), id);
    if (unlink(path) != 0 && errno != ENOENT) {
        later(job, path, strerror(errno));
        return false;
    }
    if (ch_db_call(job->db, job->arena, &forget_file, CH_ARGS(id), &answer) == CH_FAULT_NONE)
        return true;
    later(job, "forget_file", ch_db_error(job->db));
    return false;
}

enum ch_job_result licensing_run_remove_upload_files(struct ch_job *job)
{
    enum ch_fault fault;
    enum ch_job_result verdict = CH_JOB_DONE;
    PGresult *rows = ch_db_run(job->db, &due_files, CH_NO_ARGS, &fault);
    if (rows == NULL)
        return later(job, "take_due_files", ch_db_error(job->db));
    for (int i = 0; i < PQntuples(rows) && verdict == CH_JOB_DONE; i++)
        if (!remove_file(job, PQgetvalue(rows, i, 0)))
            verdict = CH_JOB_RETRY;
    PQclear(rows);
    return verdict;
}
