/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tombstones: names the delivered rows whose consent or contribution ended, on the list of each grant they were
 * delivered under. Licensing says which contributions those are and keeps the lists; batches say which of their rows
 * left; the grant's key makes the names. One transaction a grant: killed at any line, the next run writes the same, and
 * nothing twice. Rows themselves are read only for batches from before the runs were kept. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "commonhold/secret.h"
#include "core/row_ref.h"
#include "core/runs.h"
#include "metering.h"

#define SLICE  5000 /* tombstones a statement */
#define LETTER 13   /* characters of a _row */

static const struct ch_statement GRANTS = {.name = "tombstones.grants",
                                           .text = "SELECT g FROM licensing.delivered_grants($1::uuid) AS g",
                                           .shape = CH_SHAPE_ROWS,
                                           .columns = 1};
static const struct ch_statement DUE = {
    .name = "tombstones.due",
    .text = "SELECT contribution_no, contribution_id, kind, effective_at, after_epoch, epoch "
            "FROM licensing.due_tombstones($1::uuid) ORDER BY contribution_no",
    .shape = CH_SHAPE_ROWS,
    .columns = 6};
static const struct ch_statement KEY = {
    .name = "tombstones.key",
    .text = "SELECT encode(wrapped, 'hex') FROM metering.grant_key WHERE grant_id = $1::uuid",
    .shape = CH_SHAPE_ROWS,
    .columns = 1};
static const struct ch_statement BATCHES = {
    .name = "tombstones.batches",
    .text = "SELECT consent_epoch, encode(runs, 'hex'), first_row, last_row, contributions "
            "FROM metering.delivered_batches($1::uuid, $2::uuid, $3::bigint[], $4::bigint, $5::bigint)",
    .shape = CH_SHAPE_ROWS,
    .columns = 5};
static const struct ch_statement ADD = {
    .name = "tombstones.add",
    .text = "SELECT licensing.add_tombstones($1::uuid, $2::text, $3::timestamptz, $4::text[])",
    .shape = CH_SHAPE_ROWS,
    .columns = 1};
static const struct ch_statement MARK = {
    .name = "tombstones.mark",
    .text = "SELECT licensing.mark_tombstones($1::uuid, $2::uuid, $3::text, $4::bigint, $5::bigint, $6::bigint)",
    .shape = CH_SHAPE_ROWS,
    .columns = 1};
static const struct ch_statement END = {.name = "tombstones.end",
                                        .text = "SELECT licensing.end_tombstones($1::uuid, $2::bigint)",
                                        .shape = CH_SHAPE_ROWS,
                                        .columns = 1};

struct range {
    int64_t first, last;
};

/* A contribution whose coverage ended, and which of its rows were delivered. */
struct gone {
    int64_t no, after; /* number; batches up to this consent epoch were named before */
    const char *id, *kind, *effective;
    struct range *ranges;
    size_t count, room;
};

/* A batch without runs: the pool's rows between are taken for delivered. */
struct old {
    size_t gone;
    struct range span;
};

/* One grant. */
struct list {
    struct ch_job *job;
    const char *pool, *grant, *epoch;
    uint8_t key[32];
    struct gone *gone; /* by number */
    size_t count;
    int64_t batch_epoch; /* of the batch that is being read */
    struct old *old;
    size_t old_count, old_room;
    bool malformed;
};

static bool failed(struct list *l, const char *what)
{
    snprintf(l->job->reason, sizeof l->job->reason, "grant %s, %s: %s", l->grant, what, ch_db_error(l->job->db));
    return false;
}

static const char *number(struct list *l, int64_t value)
{
    return ch_printf(l->job->arena, "%" PRId64, value);
}

/* The one row of a statement that gives one; NULL with the reason. */
static const char *ask(struct list *l, const struct ch_statement *statement, const char *const *args, int nargs)
{
    enum ch_fault fault;
    PGresult *result = ch_db_run(l->job->db, statement, args, nargs, &fault);
    const char *text = result && PQntuples(result) == 1 ? ch_strdup(l->job->arena, PQgetvalue(result, 0, 0)) : NULL;
    PQclear(result);
    if (!text)
        failed(l, statement->name);
    return text;
}

/* ---- which rows ---- */

static int by_number(const void *a, const void *b)
{
    const struct gone *left = a, *right = b;
    return left->no < right->no ? -1 : left->no > right->no;
}

static struct gone *find(struct list *l, int64_t no)
{
    const struct gone wanted = {.no = no};
    return bsearch(&wanted, l->gone, l->count, sizeof wanted, by_number);
}

static void *grown(void *block, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return block;
    *room = *room * 2 + 64;
    block = realloc(block, *room * size);
    if (!block)
        abort();
    return block;
}

static void add_range(struct gone *gone, int64_t first, int64_t last)
{
    gone->ranges = grown(gone->ranges, gone->count, &gone->room, sizeof *gone->ranges);
    gone->ranges[gone->count++] = (struct range){first, last};
}

static void take_run(void *arg, int64_t first, int64_t last, int64_t contribution)
{
    struct list *l = arg;
    struct gone *gone = find(l, contribution);
    if (gone && l->batch_epoch > gone->after)
        add_range(gone, first, last);
}

static void take_old(struct list *l, const PGresult *row)
{
    const char *at = PQgetvalue(row, 0, 4);
    while (*at && *at != '}') {
        char *end;
        struct gone *gone = find(l, strtoll(at + 1, &end, 10));
        if (gone && l->batch_epoch > gone->after) {
            l->old = grown(l->old, l->old_count, &l->old_room, sizeof *l->old);
            l->old[l->old_count++] =
                (struct old){(size_t)(gone - l->gone),
                             {strtoll(PQgetvalue(row, 0, 2), NULL, 10), strtoll(PQgetvalue(row, 0, 3), NULL, 10)}};
        }
        at = end;
    }
}

static bool take_batch(void *arg, const PGresult *row)
{
    struct list *l = arg;
    l->batch_epoch = strtoll(PQgetvalue(row, 0, 0), NULL, 10);
    if (PQgetisnull(row, 0, 1)) {
        take_old(l, row);
        return true;
    }
    size_t size = strlen(PQgetvalue(row, 0, 1)) / 2;
    uint8_t *bytes = malloc(size + 1);
    if (!bytes)
        abort();
    l->malformed = !ch_unhex(PQgetvalue(row, 0, 1), bytes, size) || !runs_read(bytes, size, take_run, l);
    free(bytes);
    return !l->malformed;
}

static bool take_row(void *arg, const PGresult *row)
{
    int64_t id = strtoll(PQgetvalue(row, 0, 0), NULL, 10);
    add_range(arg, id, id);
    return true;
}

static bool read_old(struct list *l)
{
    const char *table = ch_sql_pool_table(l->job->arena, l->pool);
    const struct ch_statement rows = {
        .text = ch_printf(l->job->arena,
                          "SELECT row_id FROM %s WHERE pool_id = $1::uuid AND contribution_id = $2::uuid "
                          "AND row_id BETWEEN $3::bigint AND $4::bigint",
                          table),
        .shape = CH_SHAPE_ROWS,
        .columns = 1};
    for (size_t i = 0; i < l->old_count; i++) {
        const struct old *old = &l->old[i];
        struct gone *gone = &l->gone[old->gone];
        if (ch_db_stream(l->job->db, &rows,
                         CH_ARGS(l->pool, gone->id, number(l, old->span.first), number(l, old->span.last)), take_row,
                         gone) != CH_FAULT_NONE)
            return failed(l, "rows of an old batch");
    }
    return true;
}

static bool read_batches(struct list *l)
{
    struct out numbers = {0};
    int64_t after = INT64_MAX;
    for (size_t i = 0; i < l->count; i++) {
        out_text(&numbers, i ? "," : "{");
        out_text(&numbers, number(l, l->gone[i].no));
        after = l->gone[i].after < after ? l->gone[i].after : after;
    }
    out_add(&numbers, "}", 2);
    enum ch_fault fault = ch_db_stream(
        l->job->db, &BATCHES, CH_ARGS(l->pool, l->grant, numbers.bytes, number(l, after), l->epoch), take_batch, l);
    out_free(&numbers);
    if (fault != CH_FAULT_NONE)
        return failed(l, "batches");
    if (l->malformed) {
        snprintf(l->job->reason, sizeof l->job->reason,
                 "grant %s: a batch's runs cannot be read: look at metering.batch", l->grant);
        return false;
    }
    return read_old(l);
}

/* ---- their names ---- */

static int by_first(const void *a, const void *b)
{
    const struct range *left = a, *right = b;
    return left->first < right->first ? -1 : left->first > right->first;
}

/* In order, none twice: a row may have been delivered in several batches. */
static void merge(struct gone *gone)
{
    size_t kept = 0;
    if (gone->count > 1)
        qsort(gone->ranges, gone->count, sizeof *gone->ranges, by_first);
    for (size_t i = 1; i < gone->count; i++) {
        struct range *last = &gone->ranges[kept], next = gone->ranges[i];
        if (next.first > last->last + 1)
            gone->ranges[++kept] = next;
        else if (next.last > last->last)
            last->last = next.last;
    }
    gone->count = gone->count ? kept + 1 : 0;
}

static int by_name(const void *a, const void *b)
{
    return memcmp(a, b, LETTER);
}

/* Names of the collected rows as an array literal, sorted, so that the list does not tell the order in the pool. */
static const char *add_slice(struct list *l, const struct gone *gone, struct row_refs *refs, struct out *body)
{
    size_t count = refs->count;
    row_refs_fill(refs, l->key, body->bytes);
    qsort(body->bytes + 1, count, LETTER + 1, by_name);
    body->bytes[body->size - 1] = '}';
    out_byte(body, '\0');
    const char *last = ask(l, &ADD, CH_ARGS(l->grant, gone->kind, gone->effective, body->bytes));
    body->size = 0;
    return last;
}

static void add_name(struct row_refs *refs, struct out *body, int64_t row_id)
{
    if (body->size == 0)
        out_byte(body, '{');
    row_refs_add(refs, row_id, body->size);
    out_add(body, "0000000000000,", LETTER + 1);
}

static bool name_rows(struct list *l, struct gone *gone, struct row_refs *refs, struct out *body)
{
    const char *last = NULL;
    int64_t rows = 0;
    merge(gone);
    for (size_t i = 0; i < gone->count; i++)
        for (int64_t id = gone->ranges[i].first; id <= gone->ranges[i].last; id++, rows++) {
            add_name(refs, body, id);
            if (refs->count == SLICE && !(last = add_slice(l, gone, refs, body)))
                return false;
        }
    if (refs->count > 0 && !(last = add_slice(l, gone, refs, body)))
        return false;
    return rows == 0 || ask(l, &MARK, CH_ARGS(l->grant, gone->id, gone->kind, l->epoch, number(l, rows), last)) != NULL;
}

static bool name_all(struct list *l)
{
    struct row_refs refs = {0};
    struct out body = {0};
    bool fine = true;
    for (size_t i = 0; fine && i < l->count; i++)
        fine = name_rows(l, &l->gone[i], &refs, &body);
    row_refs_free(&refs);
    out_free(&body);
    return fine;
}

/* ---- one grant ---- */

static void read_due(struct list *l, const PGresult *due)
{
    struct ch_arena *arena = l->job->arena;
    l->count = (size_t)PQntuples(due);
    l->gone = ch_alloc_array(arena, l->count, sizeof *l->gone);
    for (size_t i = 0; i < l->count; i++)
        l->gone[i] = (struct gone){.no = strtoll(PQgetvalue(due, (int)i, 0), NULL, 10),
                                   .id = ch_strdup(arena, PQgetvalue(due, (int)i, 1)),
                                   .kind = ch_strdup(arena, PQgetvalue(due, (int)i, 2)),
                                   .effective = ch_strdup(arena, PQgetvalue(due, (int)i, 3)),
                                   .after = strtoll(PQgetvalue(due, (int)i, 4), NULL, 10)};
    l->epoch = ch_strdup(arena, PQgetvalue(due, 0, 5));
}

static bool load_key(struct list *l, const uint8_t secret[32])
{
    uint8_t wrapped[40];
    const char *hex = ask(l, &KEY, CH_ARGS(l->grant));
    if (!hex)
        return false;
    if (strlen(hex) == 80 && ch_unhex(hex, wrapped, sizeof wrapped) && ch_key_unwrap(secret, wrapped, l->key))
        return true;
    snprintf(l->job->reason, sizeof l->job->reason,
             "grant %s: its key cannot be unwrapped: [metering] grant_secret is not the one it was made with",
             l->grant);
    return false;
}

static bool complete_list(struct list *l, const uint8_t secret[32])
{
    enum ch_fault fault;
    PGresult *due = ch_db_run(l->job->db, &DUE, CH_ARGS(l->grant), &fault);
    if (!due)
        return failed(l, "due");
    bool none = PQntuples(due) == 0;
    if (!none)
        read_due(l, due);
    PQclear(due);
    return none || (load_key(l, secret) && read_batches(l) && name_all(l) && ask(l, &END, CH_ARGS(l->grant, l->epoch)));
}

static bool run_grant(struct ch_job *job, const char *pool, const char *grant, const uint8_t secret[32])
{
    struct list l = {.job = job, .pool = pool, .grant = grant};
    if (ch_db_begin(job->db) != CH_FAULT_NONE)
        return failed(&l, "BEGIN");
    bool fine = complete_list(&l, secret);
    if (!fine)
        ch_db_rollback(job->db);
    else if (ch_db_commit(job->db) != CH_FAULT_NONE)
        fine = failed(&l, "COMMIT");
    for (size_t i = 0; i < l.count; i++)
        free(l.gone[i].ranges);
    free(l.old);
    return fine;
}

enum ch_job_result write_tombstones(struct ch_job *job)
{
    uint8_t secret[32];
    char error[256];
    enum ch_fault fault;
    const char *pool = json_string_value(json_object_get(job->payload, "pool"));
    if (!ch_secret_load(ch_config_text(job->context->config, "metering", "grant_secret"), secret, error,
                        sizeof error)) {
        snprintf(job->reason, sizeof job->reason, "%s", error);
        return CH_JOB_RETRY;
    }
    PGresult *grants = ch_db_run(job->db, &GRANTS, CH_ARGS(pool), &fault);
    bool fine = grants != NULL;
    if (!fine)
        snprintf(job->reason, sizeof job->reason, "%s", ch_db_error(job->db));
    for (int i = 0; fine && i < PQntuples(grants); i++)
        fine = !ch_job_stopping(job) && run_grant(job, pool, PQgetvalue(grants, i, 0), secret);
    PQclear(grants);
    return fine ? CH_JOB_DONE : CH_JOB_RETRY;
}
