/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Quality checks of a pool's charter, counted over a contribution's rows where they were just stored, in ppm. What one
 * pass over the rows can count is counted in one; looking for equal rows takes a statement each, made so that the
 * server hashes rows and never compares each with each. The weighting is core/quality.c's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/json.h"
#include "core/quality.h"
#include "ingest.h"
#include "ingest_read.h"

/* The checks of one contribution while they are counted. */
struct count {
    struct ch_job *job;
    struct ch_arena *arena;
    const json_t *task, *checks;
    const char *table;
    const char
        *args[2 + 2 * CH_QUALITY_CHECKS]; /* pool, contribution, then bounds of the pass, or step, first and last */
    int nargs;
    int64_t ppm[CH_QUALITY_CHECKS];
    const char *first[CH_QUALITY_CHECKS],
        *last[CH_QUALITY_CHECKS]; /* instants of a column that is checked for gaps; NULL: none */
};

/* A comma-separated list of quoted columns; NULL when a name is none. */
static const char *columns_of(struct ch_arena *arena, const json_t *names)
{
    const char *list = "";
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = ch_sql_identifier(arena, json_string_value(json_array_get(names, i)));
        if (name == NULL)
            return NULL;
        list = ch_printf(arena, "%s%sr.%s", list, i ? ", " : "", name);
    }
    return *list ? list : NULL;
}

static bool is_kind(const json_t *check, const char *kind)
{
    return strcmp(json_string_value(json_object_get(check, "check")), kind) == 0;
}

/* A number or a decimal in text, as text. */
static const char *number_of(struct ch_arena *arena, const json_t *check, const char *name)
{
    const json_t *value = json_object_get(check, name);
    if (json_is_integer(value))
        return ch_printf(arena, "%lld", (long long)json_integer_value(value));
    return json_string_value(value);
}

/* Two aggregates over all rows of a check that one pass can count, (good, all), or prepare, (first, last). */
static const char *aggregate_of(struct count *c, const json_t *check, const char *column)
{
    if (is_kind(check, "completeness"))
        return ch_printf(c->arena, "count(r.%s), count(*)", column);
    if (is_kind(check, "in_range")) {
        c->args[c->nargs++] = number_of(c->arena, check, "min");
        c->args[c->nargs++] = number_of(c->arena, check, "max");
        return ch_printf(c->arena, "count(*) FILTER (WHERE r.%s BETWEEN $%d::numeric AND $%d::numeric), count(r.%s)",
                         column, c->nargs - 1, c->nargs, column);
    }
    if (is_kind(check, "gaps"))
        return ch_printf(c->arena, "min(r.%s), max(r.%s)", column, column);
    return NULL;
}

/* Expected steps that are there: steps are counted from the first instant. */
static const char *gaps_of(struct count *c, const json_t *check, size_t i, const char *column)
{
    c->args[2] = number_of(c->arena, check, "step");
    c->args[3] = c->first[i];
    c->args[4] = c->last[i];
    return ch_printf(
        c->arena,
        "SELECT count(*), floor(extract(epoch FROM $5::timestamptz - $4::timestamptz) / $3::numeric)::bigint "
        "+ 1 FROM (SELECT FROM %s AS r WHERE r.pool_id = $1::uuid AND r.contribution_id = $2::uuid AND r.%s "
        "IS NOT NULL GROUP BY date_bin($3::bigint * interval '1 second', r.%s, $4::timestamptz)) AS g",
        c->table, column, column);
}

/* Rows that repeat no earlier one: as many as there are different ones. GROUP BY takes NULL for equal to NULL. */
static const char *duplicates_of(const struct count *c, const char *columns)
{
    return ch_printf(c->arena,
                     "SELECT count(*), COALESCE(sum(g.n), 0)::bigint FROM (SELECT count(*) AS n FROM %s AS r WHERE "
                     "r.pool_id = $1::uuid AND r.contribution_id = $2::uuid GROUP BY %s) AS g",
                     c->table, columns);
}

static const char *type_of(const struct count *c, const char *name)
{
    const json_t *fields = json_object_get(json_object_get(c->task, "schema"), "fields");
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *field = json_array_get(fields, i);
        if (strcmp(json_string_value(json_object_get(field, "name")), name) == 0)
            return json_string_value(json_object_get(field, "type"));
    }
    return "string";
}

/* Columns o.x and r.x are equal, or both NULL, said so that it can be hashed: IS NOT DISTINCT FROM cannot. */
static const char *same_of(const struct count *c, const json_t *names)
{
    const char *same = "true";
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i)), *type = type_of(c, name);
        const char *column = ch_sql_identifier(c->arena, name);
        const char *none = strcmp(type, "string") == 0     ? "''"
                           : strcmp(type, "boolean") == 0  ? "false"
                           : strncmp(type, "date", 4) == 0 ? "'epoch'"
                                                           : "0";
        same = ch_printf(c->arena, "%s AND COALESCE(o.%s, %s) = COALESCE(r.%s, %s) AND (o.%s IS NULL) = (r.%s IS NULL)",
                         same, column, none, column, none, column, column);
    }
    return same;
}

/* Rows that no other accepted contribution has. */
static const char *cross_of(const struct count *c, const json_t *names)
{
    return ch_printf(
        c->arena,
        "SELECT (SELECT count(*) FROM %s AS r WHERE r.pool_id = $1::uuid AND r.contribution_id = $2::uuid AND "
        "NOT EXISTS (SELECT FROM %s AS o WHERE o.pool_id = $1::uuid AND o.contribution_id IN (SELECT "
        "a.contribution_id FROM licensing.contribution_overview AS a WHERE a.pool_id = $1::uuid AND a.state = "
        "'accepted' AND a.contribution_id <> $2::uuid) AND %s)), count(*) FROM %s AS r WHERE r.pool_id = "
        "$1::uuid AND r.contribution_id = $2::uuid",
        c->table, c->table, same_of(c, names), c->table);
}

static int64_t share(const PGresult *row, int column)
{
    long long good = strtoll(PQgetvalue(row, 0, column), NULL, 10);
    long long all = strtoll(PQgetvalue(row, 0, column + 1), NULL, 10);
    return ch_quality_share(good < all ? good : all, all);
}

static PGresult *ask(struct count *c, const char *text, int nargs, int columns)
{
    const struct ch_statement statement = {.text = text, .shape = CH_SHAPE_ROWS, .columns = columns, .read_only = true};
    enum ch_fault fault;
    PGresult *row = ch_db_run(c->job->db, &statement, c->args, nargs, &fault);
    if (row == NULL)
        snprintf(c->job->reason, sizeof c->job->reason, "a quality check could not be counted: %s",
                 ch_db_error(c->job->db));
    return row;
}

/* What the pass found of one check. */
static void take_pair(struct count *c, size_t i, const PGresult *row, int column)
{
    if (!is_kind(json_array_get(c->checks, i), "gaps")) {
        c->ppm[i] = share(row, column);
    } else if (!PQgetisnull(row, 0, column)) {
        c->first[i] = ch_strdup(c->arena, PQgetvalue(row, 0, column));
        c->last[i] = ch_strdup(c->arena, PQgetvalue(row, 0, column + 1));
    }
}

/* All that one pass can count. */
static bool count_pass(struct count *c)
{
    const char *list = "";
    size_t passed[CH_QUALITY_CHECKS];
    int n = 0;
    for (size_t i = 0; i < json_array_size(c->checks); i++) {
        const json_t *check = json_array_get(c->checks, i);
        const char *name = json_string_value(json_object_get(check, "column"));
        const char *column = name ? ch_sql_identifier(c->arena, name) : NULL;
        const char *pair = column ? aggregate_of(c, check, column) : NULL;
        if (pair == NULL)
            continue;
        list = ch_printf(c->arena, "%s%s%s", list, n ? ", " : "", pair);
        passed[n++] = i;
    }
    if (n == 0)
        return true;
    PGresult *row =
        ask(c,
            ch_printf(c->arena, "SELECT %s FROM %s AS r WHERE r.pool_id = $1::uuid AND r.contribution_id = $2::uuid",
                      list, c->table),
            c->nargs, 2 * n);
    for (int i = 0; row && i < n; i++)
        take_pair(c, passed[i], row, 2 * i);
    PQclear(row);
    return row != NULL;
}

/* A statement for what the pass could not count; NULL when nothing has to be asked. */
static const char *statement_of(struct count *c, const json_t *check, size_t i, bool alone)
{
    const json_t *names = json_object_get(check, "columns");
    const char *name = json_string_value(json_object_get(check, "column"));
    const char *column = name ? ch_sql_identifier(c->arena, name) : NULL;
    const char *columns = columns_of(c->arena, names);
    if (is_kind(check, "gaps") && column && c->first[i])
        return gaps_of(c, check, i, column);
    if (is_kind(check, "duplicates") && columns && !ingest_is_key(c->arena, c->task, names))
        return duplicates_of(c, columns);
    if (is_kind(check, "cross_duplicates") && columns && !alone)
        return cross_of(c, names);
    return NULL;
}

static bool count_alone(struct count *c, size_t i, bool alone)
{
    const json_t *check = json_array_get(c->checks, i);
    const char *text = statement_of(c, check, i, alone);
    PGresult *row = text ? ask(c, text, is_kind(check, "gaps") ? 5 : 2, 2) : NULL;
    if (row)
        c->ppm[i] = share(row, 0);
    PQclear(row);
    return row != NULL || text == NULL;
}

/* Whether the pool has no other accepted contribution. With equal rows looked for by hashing: the planner knows nothing
 * of rows that were copied a moment ago, and a nested loop over a million of them would not end. */
static bool prepare(struct count *c, bool *alone)
{
    PGresult *set = PQexec(ch_db_raw(c->job->db), "SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '32MB'");
    bool fine = PQresultStatus(set) == PGRES_COMMAND_OK;
    PQclear(set);
    PGresult *row =
        fine ? ask(c,
                   "SELECT count(*), 0 FROM licensing.contribution_overview AS a WHERE a.pool_id = $1::uuid AND "
                   "a.state = 'accepted' AND a.contribution_id <> $2::uuid",
                   2, 2)
             : NULL;
    *alone = row && strcmp(PQgetvalue(row, 0, 0), "0") == 0;
    PQclear(row);
    return row != NULL;
}

bool ingest_count_quality(struct ch_job *job, const json_t *task, const char *table, json_t *result)
{
    struct count c = {.job = job,
                      .arena = job->arena,
                      .task = task,
                      .checks = json_object_get(task, "quality"),
                      .table = table,
                      .args = {json_string_value(json_object_get(task, "pool_id")),
                               json_string_value(json_object_get(task, "contribution"))},
                      .nargs = 2};
    bool alone;
    size_t count = json_array_size(c.checks);
    int64_t weighted = count <= CH_QUALITY_CHECKS ? ingest_quality(job->arena, task, c.ppm, count) : -1;
    if (weighted < 0) {
        snprintf(job->reason, sizeof job->reason, "the charter's quality checks do not fit the schema");
        return false;
    }
    for (size_t i = 0; i < count; i++)
        c.ppm[i] = CH_PPM; /* nothing to fail */
    if (!prepare(&c, &alone) || !count_pass(&c))
        return false;
    json_t *list = json_array();
    json_object_set_new(result, "quality", list);
    for (size_t i = 0; i < count; i++) {
        if (!count_alone(&c, i, alone))
            return false;
        json_t *one = json_deep_copy(json_array_get(c.checks, i));
        json_object_set_new(one, "ppm", json_integer((json_int_t)c.ppm[i]));
        json_array_append_new(list, one);
    }
    json_object_set_new(result, "quality_ppm", json_integer(ingest_quality(job->arena, task, c.ppm, count)));
    return true;
}
