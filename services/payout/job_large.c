/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* libpq beside commonhold/db.h, on the same connection: binary parameters, pieces of documents, COPY. Whatever fails is
 * repeated by the job. */
#include "job_large.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#define ARGS_MAX    8
#define LARGE_PIECE ((size_t)1 << 20)
#define COPY_PIECE  ((size_t)1 << 17) /* handed over in small pieces, the server works beside */
#define NO_TYPE     0
#define BYTEA       17

static enum ch_job_result failed(struct ch_job *job, const char *what, const char *message)
{
    snprintf(job->reason, sizeof job->reason, "%s: %.*s", what, (int)strcspn(message, "\n"), message);
    return CH_JOB_RETRY;
}

static PGresult *ask(struct ch_job *job, const char *text, const struct large_value *args, int nargs, int binary)
{
    Oid types[ARGS_MAX];
    const char *values[ARGS_MAX];
    int lengths[ARGS_MAX], formats[ARGS_MAX];
    for (int i = 0; i < nargs; i++) {
        bool bytes = args[i].bytes != NULL;
        types[i] = bytes ? BYTEA : NO_TYPE;
        values[i] = bytes ? args[i].bytes : args[i].text;
        lengths[i] = bytes ? (int)args[i].size : 0;
        formats[i] = bytes;
    }
    return PQexecParams(ch_db_raw(job->db), text, nargs, types, values, lengths, formats, binary);
}

static void set(struct ch_job *job, const char *statement)
{
    PQclear(PQexec(ch_db_raw(job->db), statement));
}

/* Planned without its arguments: a plan made for them holds copies of them, a dozen of each document. */
enum ch_job_result large_ask(struct ch_job *job, const char *function_call, struct ch_answer *answer,
                             const struct large_value *args, int nargs)
{
    set(job, "SET plan_cache_mode = force_generic_plan");
    PGresult *result = ask(job, ch_printf(job->arena, "SELECT outcome, body FROM %s", function_call), args, nargs, 0);
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;
    if (good) {
        answer->outcome = ch_strdup(job->arena, PQgetvalue(result, 0, 0));
        answer->body = PQgetisnull(result, 0, 1) ? NULL : ch_strdup(job->arena, PQgetvalue(result, 0, 1));
    }
    enum ch_job_result done = good ? CH_JOB_DONE : failed(job, function_call, PQresultErrorMessage(result));
    PQclear(result);
    set(job, "RESET plan_cache_mode"); /* where that fails, so did the transaction, which undoes the first */
    return done;
}

enum ch_job_result large_read(struct ch_job *job, const char *sha256, size_t length, struct memory_out *into)
{
    static const char READ[] = "SELECT payout.read_document($1::text, $2::bigint, $3::integer)";
    for (size_t at = 0; at < length; at += LARGE_PIECE) {
        size_t want = length - at < LARGE_PIECE ? length - at : LARGE_PIECE;
        const struct large_value args[] = {
            {.text = sha256}, {.text = ch_printf(job->arena, "%zu", at)}, {.text = ch_printf(job->arena, "%zu", want)}};
        PGresult *result = ask(job, READ, args, 3, 1);
        bool good = PQresultStatus(result) == PGRES_TUPLES_OK && (size_t)PQgetlength(result, 0, 0) == want;
        if (good)
            memcpy(memory_out_take(into, want), PQgetvalue(result, 0, 0), want);
        else
            failed(job, "reading a document", PQresultErrorMessage(result));
        PQclear(result);
        if (!good)
            return CH_JOB_RETRY;
    }
    return CH_JOB_DONE;
}

static void hand_over(struct large_copy *copy)
{
    memory_out_text(&copy->buffer);
    if (copy->broken)
        return;
    copy->broken = PQputCopyData(ch_db_raw(copy->job->db), copy->buffer.text, (int)copy->buffer.length) != 1;
    copy->buffer.length = 0;
}

bool large_copy_begin(struct large_copy *copy, struct ch_job *job, const char *statement)
{
    static const char HEAD[19] = "PGCOPY\n\377\r\n"; /* signature with its NUL, no flags, no extension */
    PGresult *result = PQexec(ch_db_raw(job->db), statement);
    copy->job = job;
    copy->broken = PQresultStatus(result) != PGRES_COPY_IN;
    if (copy->broken)
        failed(job, statement, PQresultErrorMessage(result));
    PQclear(result);
    if (copy->broken)
        return false;
    if (!copy->buffer.kept)
        memory_out_begin(&copy->buffer, job->arena);
    ch_out_bytes(&copy->buffer.out, HEAD, sizeof HEAD);
    return true;
}

void large_copy_row(struct large_copy *copy, int fields)
{
    if (copy->buffer.length + copy->buffer.out.used > COPY_PIECE)
        hand_over(copy);
    uint16_t count = htobe16((uint16_t)fields);
    ch_out_bytes(&copy->buffer.out, &count, sizeof count);
}

void large_copy_field(struct large_copy *copy, const void *bytes, size_t size)
{
    uint32_t length = htobe32((uint32_t)size);
    ch_out_bytes(&copy->buffer.out, &length, sizeof length);
    ch_out_bytes(&copy->buffer.out, bytes, size);
}

void large_copy_integer(struct large_copy *copy, int64_t value)
{
    uint64_t wire = htobe64((uint64_t)value);
    large_copy_field(copy, &wire, sizeof wire);
}

enum ch_job_result large_copy_end(struct large_copy *copy)
{
    PGconn *conn = ch_db_raw(copy->job->db);
    enum ch_job_result done = CH_JOB_DONE;
    ch_out_bytes(&copy->buffer.out, "\377\377", 2);
    hand_over(copy);
    if (PQputCopyEnd(conn, NULL) != 1 || copy->broken)
        done = failed(copy->job, "COPY", PQerrorMessage(conn));
    PGresult *result;
    while ((result = PQgetResult(conn))) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            done = failed(copy->job, "COPY", PQresultErrorMessage(result));
        PQclear(result);
    }
    return done;
}
