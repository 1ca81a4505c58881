/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Frozen inputs as rows. The source is only read, so they are carried to the findings' database, once a run. */
#include "inputs.h"

#include <stdio.h>
#include <string.h>

#include "long_list.h"

static const char *const RECIPIENT[] = {
    "id", "units", "quality_ppm", "external", "window_units", "distinct_licensees", "status", "equal", "tenure", NULL};
static const char *const CONTRIBUTION[] = {
    "id", "units", "quality_ppm", "external", "window_units", "distinct_licensees", NULL};
static const char *const CONTRIBUTOR[] = {"recipient", "share", NULL};

static const struct long_list LISTS[] = {
    {{"recipients", NULL, "", RECIPIENT}, "COPY audit.work_recipient FROM STDIN"},
    {{"contributions", NULL, "", CONTRIBUTION}, "COPY audit.work_contribution FROM STDIN"},
    {{"contributions", "contributors", "", CONTRIBUTOR}, "COPY audit.work_contributor FROM STDIN"}};
#define LIST_COUNT (sizeof LISTS / sizeof *LISTS)

static const char UNIT_SETTING[] = "SELECT pg_catalog.set_config('audit.unit', $1, true)";
static const char CLEAR[] =
    "TRUNCATE audit.work_inputs, audit.work_recipient, audit.work_contribution, audit.work_contributor";
static const char KEEP[] = "INSERT INTO audit.work_inputs (doc) VALUES ($1::jsonb)";

static const char STORED[] = "SELECT e.sha256 FROM payout.run AS r JOIN payout.evidence AS e ON e.sha256 = "
                             "r.inputs_file_sha256 WHERE r.id = $1::uuid AND "
                             "pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex') = r.inputs_sha256";

static bool load(struct audit *a, const char *sha256)
{
    const char *rest = NULL;
    for (size_t i = 0; i < LIST_COUNT; i++)
        if (!(rest = long_list_copy(a, sha256, &LISTS[i])))
            return false;
    return audit_query(a, a->findings, KEEP, AUDIT_ARGS(rest)) != NULL;
}

bool inputs_load(struct audit *a, const char *run)
{
    if (strcmp(a->inputs_of, run) == 0)
        return true;
    PGresult *stored = audit_query(a, a->source, STORED, AUDIT_ARGS(run));
    if (!stored || !audit_query(a, a->source, UNIT_SETTING, AUDIT_ARGS(run)) ||
        !audit_query(a, a->findings, CLEAR, AUDIT_NO_ARGS))
        return false;
    if (PQntuples(stored) > 0 && !load(a, PQgetvalue(stored, 0, 0)))
        return false;
    snprintf(a->inputs_of, sizeof a->inputs_of, "%s", run);
    return true;
}

static const char KEPT[] = "SELECT i.doc::text FROM audit.work_inputs AS i";

bool inputs_rest(struct audit *a, const char *run, const char **rest)
{
    bool loaded = strcmp(a->inputs_of, run) == 0;
    PGresult *rows =
        loaded ? audit_query(a, a->findings, KEPT, AUDIT_NO_ARGS) : audit_query(a, a->source, STORED, AUDIT_ARGS(run));
    *rest = rows && PQntuples(rows) > 0 ? PQgetvalue(rows, 0, 0) : NULL;
    if (*rest && !loaded)
        *rest = long_list_rest(a, *rest);
    return rows && (*rest || PQntuples(rows) == 0);
}

bool inputs_pipe(struct audit *a, const struct pipe *pipes)
{
    for (; pipes->from && pipes->into; pipes++)
        if (!audit_pipe(a, pipes->from, pipes->into))
            return false;
    return true;
}

static const char MARKS[] = "SELECT COALESCE(pg_catalog.jsonb_object_agg(r.id, r.text) FILTER (WHERE r.text IS NOT "
                            "NULL), '{}')::text FROM audit.live_runs($1::date[], $2::jsonb) AS r";

bool inputs_units(struct audit *a, const char *sql, bool (*work)(struct audit *a, const char *unit))
{
    if (!a->run_marks) {
        const char *documents = audit_documents(a);
        PGresult *marks = documents ? audit_query(a, a->source, MARKS, AUDIT_ARGS(a->months, documents)) : NULL;
        if (!marks)
            return false;
        a->run_marks = PQgetvalue(marks, 0, 0);
    }
    return audit_each_unit_given(a, sql, a->run_marks, work);
}
