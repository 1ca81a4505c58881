/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Quality checks of a pool's charter, counted over a contribution's rows where they were just stored, in ppm. The
 * weighting is core/quality.c's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/json.h"
#include "ingest.h"
#include "ingest_read.h"

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

/* Statements answer (good, all); $1 is pool, $2 contribution, then minimum and maximum, or the step. */
static const char *statement_of(struct ch_arena *arena, const json_t *check, const char *table)
{
    static const char FROM[] = "WHERE r.pool_id = $1::uuid AND r.contribution_id = $2::uuid";
    const char *kind = json_string_value(json_object_get(check, "check"));
    const char *name = json_string_value(json_object_get(check, "column"));
    const char *column = name ? ch_sql_identifier(arena, name) : NULL;
    const char *columns = columns_of(arena, json_object_get(check, "columns"));
    if (strcmp(kind, "completeness") == 0 && column)
        return ch_printf(arena, "SELECT count(r.%s), count(*) FROM %s AS r %s", column, table, FROM);
    if (strcmp(kind, "in_range") == 0 && column)
        return ch_printf(arena,
                         "SELECT count(*) FILTER (WHERE r.%s BETWEEN $3::numeric AND $4::numeric), count(r.%s) FROM %s "
                         "AS r %s",
                         column, column, table, FROM);
    if (strcmp(kind, "gaps") == 0 && column)
        return ch_printf(arena,
                         "SELECT count(DISTINCT floor(extract(epoch FROM r.%s - m.first) / $3::numeric)), "
                         "COALESCE(floor(extract(epoch FROM max(m.last) - min(m.first)) / $3::numeric) + 1, 0)::bigint "
                         "FROM %s AS r, (SELECT min(r.%s) AS first, max(r.%s) AS last FROM %s AS r %s) AS m %s",
                         column, table, column, column, table, FROM, FROM);
    if (strcmp(kind, "duplicates") == 0 && columns)
        return ch_printf(arena, "SELECT count(DISTINCT (%s)), count(*) FROM %s AS r %s", columns, table, FROM);
    return NULL;
}

/* o.a IS NOT DISTINCT FROM r.a AND ...: cross_duplicates compares these. */
static const char *cross_statement(struct ch_arena *arena, const json_t *check, const char *table)
{
    const json_t *names = json_object_get(check, "columns");
    const char *same = "true";
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = ch_sql_identifier(arena, json_string_value(json_array_get(names, i)));
        if (name == NULL)
            return NULL;
        same = ch_printf(arena, "%s AND o.%s IS NOT DISTINCT FROM r.%s", same, name, name);
    }
    return ch_printf(arena,
                     "SELECT count(*) FILTER (WHERE NOT EXISTS (SELECT FROM %s AS o JOIN "
                     "licensing.contribution_overview AS c ON c.contribution_id = o.contribution_id AND c.state = "
                     "'accepted' WHERE o.pool_id = $1::uuid AND o.contribution_id <> $2::uuid AND %s)), count(*) FROM "
                     "%s AS r WHERE r.pool_id = $1::uuid AND r.contribution_id = $2::uuid",
                     table, same, table);
}

/* A number or a decimal in text, as text. */
static const char *number_of(struct ch_arena *arena, const json_t *check, const char *name)
{
    const json_t *value = json_object_get(check, name);
    if (json_is_integer(value))
        return ch_printf(arena, "%lld", (long long)json_integer_value(value));
    return json_string_value(value);
}

static bool count_pair(struct ch_job *job, const char *text, const char *const *args, int nargs, int64_t *ppm)
{
    const struct ch_statement statement = {.text = text, .shape = CH_SHAPE_ROWS, .columns = 2, .read_only = true};
    enum ch_fault fault;
    PGresult *rows = ch_db_run(job->db, &statement, args, nargs, &fault);
    if (rows == NULL) {
        snprintf(job->reason, sizeof job->reason, "a quality check could not be counted: %s", ch_db_error(job->db));
        return false;
    }
    long long good = strtoll(PQgetvalue(rows, 0, 0), NULL, 10), all = strtoll(PQgetvalue(rows, 0, 1), NULL, 10);
    PQclear(rows);
    *ppm = all > 0 ? (int64_t)((__int128)(good < all ? good : all) * 1000000 / all) : 1000000;
    return true;
}

static bool count_check(struct ch_job *job, const json_t *task, const json_t *check, const char *table, int64_t *ppm)
{
    const char *kind = json_string_value(json_object_get(check, "check"));
    const char *pool = json_string_value(json_object_get(task, "pool_id"));
    const char *contribution = json_string_value(json_object_get(task, "contribution"));
    bool cross = strcmp(kind, "cross_duplicates") == 0;
    const char *text = cross ? cross_statement(job->arena, check, table) : statement_of(job->arena, check, table);
    if (text == NULL) {
        snprintf(job->reason, sizeof job->reason, "the charter's quality check %s names no column", kind);
        return false;
    }
    if (strcmp(kind, "in_range") == 0)
        return count_pair(
            job, text,
            CH_ARGS(pool, contribution, number_of(job->arena, check, "min"), number_of(job->arena, check, "max")), ppm);
    if (strcmp(kind, "gaps") == 0)
        return count_pair(job, text, CH_ARGS(pool, contribution, number_of(job->arena, check, "step")), ppm);
    return count_pair(job, text, CH_ARGS(pool, contribution), ppm);
}

bool ingest_count_quality(struct ch_job *job, const json_t *task, const char *table, json_t *result)
{
    const json_t *checks = json_object_get(task, "quality");
    size_t count = json_array_size(checks);
    int64_t *ppm = ch_alloc_array(job->arena, count + 1, sizeof *ppm);
    json_t *list = json_array();
    json_object_set_new(result, "quality", list);
    for (size_t i = 0; i < count; i++) {
        const json_t *check = json_array_get(checks, i);
        if (!count_check(job, task, check, table, &ppm[i]))
            return false;
        json_array_append_new(
            list, json_pack("{s:O,s:I}", "check", json_object_get(check, "check"), "ppm", (json_int_t)ppm[i]));
    }
    int64_t weighted = ingest_quality(job->arena, task, ppm, count);
    if (weighted < 0) {
        snprintf(job->reason, sizeof job->reason, "the charter's quality checks do not fit the schema");
        return false;
    }
    json_object_set_new(result, "quality_ppm", json_integer(weighted));
    return true;
}

bool ingest_check_keys(struct ch_job *job, const json_t *keys, const char *table, const char *contribution,
                       bool *unique)
{
    *unique = true;
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const char *columns = columns_of(job->arena, json_array_get(keys, i));
        int64_t ppm;
        const char *text = ch_printf(job->arena,
                                     "SELECT count(DISTINCT (%s)), count(*) FROM %s AS r WHERE r.contribution_id = "
                                     "$1::uuid AND (%s) IS NOT NULL",
                                     columns, table, columns);
        if (columns == NULL || !count_pair(job, text, CH_ARGS(contribution), &ppm))
            return false;
        *unique = *unique && ppm == 1000000;
    }
    return true;
}
