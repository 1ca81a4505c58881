/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Findings: gathered while the checks run, written at the end. A finding that is not found again, though its part of
 * the books was looked at, is marked gone; no row is ever deleted, and what a person explained stays explained as long
 * as the figures are the same. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "log.h"

static const char UPSERT[] =
    "INSERT INTO audit.finding AS f (check_id, object_type, object_id, aspect, severity, expected, found, delta_minor, "
    "direction, text, unit, total, rests_on, first_run, last_run, state) "
    "SELECT x.check_id, x.object_type, x.object_id, x.aspect, x.severity, x.expected, x.found, x.delta_minor, "
    "x.direction, x.text, x.unit, x.total, x.rests_on, $2::uuid, $2::uuid, 'open' "
    "FROM pg_catalog.json_to_recordset($1::json) AS x (check_id text, object_type text, object_id text, aspect text, "
    "severity text, expected text, found text, delta_minor bigint, direction text, text text, unit text, total text, "
    "rests_on text) "
    "ON CONFLICT (check_id, object_type, object_id, aspect) DO UPDATE SET severity = EXCLUDED.severity, "
    "expected = EXCLUDED.expected, found = EXCLUDED.found, delta_minor = EXCLUDED.delta_minor, "
    "direction = EXCLUDED.direction, text = EXCLUDED.text, unit = EXCLUDED.unit, total = EXCLUDED.total, "
    "rests_on = EXCLUDED.rests_on, last_run = EXCLUDED.last_run, state = CASE WHEN f.state IN ('explained', 'settled') "
    "AND (f.expected, f.found) = (EXCLUDED.expected, EXCLUDED.found) THEN f.state ELSE 'open' END";

/* $3: the evidence this audit had. */
static const char GONE[] =
    "UPDATE audit.finding AS f SET state = 'gone' FROM pg_catalog.json_to_recordset($1::json) "
    "AS l (check_id text, unit text) "
    "WHERE f.check_id = l.check_id AND (l.unit IS NULL OR f.unit = l.unit) AND f.state = 'open' "
    "AND f.last_run <> $2::uuid AND (f.rests_on IS NULL OR pg_catalog.string_to_array(f.rests_on, ' ') <@ "
    "ARRAY(SELECT pg_catalog.json_array_elements_text($3::json)))";

static const char FORGET[] =
    "DELETE FROM audit.progress AS p USING pg_catalog.json_to_recordset($1::json) AS l (check_id text, "
    "source text) WHERE p.check_id = l.check_id AND (l.source IS NULL OR p.source = l.source)";

static const char PROGRESS[] =
    "INSERT INTO audit.progress (check_id, source, upto, digest) SELECT x.check_id, x.source, x.upto, x.digest "
    "FROM pg_catalog.json_to_recordset($1::json) AS x (check_id text, source text, upto text, digest text) "
    "ON CONFLICT (check_id, source) DO UPDATE SET upto = EXCLUDED.upto, digest = EXCLUDED.digest";

/* Every check has its rows of zeros, so that a total that moved is seen. */
static const char TOTALS[] =
    "INSERT INTO audit.total (check_id, name, currency, minor, count) "
    "SELECT c.id, n.name, $2, COALESCE(pg_catalog.sum(pg_catalog.abs(f.delta_minor::numeric)), 0), "
    "pg_catalog.count(f.check_id) "
    "FROM pg_catalog.json_array_elements_text($1::json) AS c (id) CROSS JOIN (VALUES ('gain'), ('loss'), ('lag'), "
    "('bad_signature'), ('misattributed')) AS n (name) "
    "LEFT JOIN audit.finding AS f ON f.check_id = c.id AND f.state = 'open' AND n.name = CASE WHEN f.total IS NOT NULL "
    "THEN f.total WHEN f.severity = 'lag' THEN 'lag' WHEN f.delta_minor > 0 THEN 'gain' WHEN f.delta_minor < 0 THEN "
    "'loss' END GROUP BY c.id, n.name "
    "ON CONFLICT (check_id, name, currency) DO UPDATE SET minor = EXCLUDED.minor, count = EXCLUDED.count";

void audit_add(struct audit *a, const struct audit_finding *f)
{
    char *key = ch_printf(a->arena, "%s\x1f%s\x1f%s\x1f%s", a->check->id, f->object_type, f->object_id, f->aspect);
    if (json_object_get(a->found_keys, key))
        return;
    json_object_set_new(a->found_keys, key, json_true());
    json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "check_id", a->check->id, "object_type",
                            f->object_type, "object_id", f->object_id, "aspect", f->aspect, "severity",
                            f->severity ? f->severity : a->check->severity, "expected", f->expected, "found", f->found,
                            "text", f->text, "unit", a->unit);
    if (a->rests_on)
        json_object_set_new(row, "rests_on", json_string(a->rests_on));
    if (f->total)
        json_object_set_new(row, "total", json_string(f->total));
    if (f->direction) {
        json_object_set_new(row, "delta_minor", json_integer(f->delta));
        json_object_set_new(row, "direction", json_string(f->direction));
    }
    json_array_append_new(a->found, row);
}

static const char *or_none(const char *text)
{
    return text ? text : "none";
}

/* A column that not every check gives; -1: this one does not. */
static const char *if_given(const PGresult *rows, int row, int column)
{
    return column < 0 ? NULL : audit_text(rows, row, column);
}

bool audit_collect(struct audit *a, PGconn *conn, const char *sql, int count, const char *const *values)
{
    PGresult *rows = audit_query(a, conn, sql, count, values);
    int severity = rows ? PQfnumber(rows, "severity") : -1, total = rows ? PQfnumber(rows, "total") : -1;
    for (int i = 0; rows && i < PQntuples(rows); i++)
        audit_add(a, &(struct audit_finding){.object_type = PQgetvalue(rows, i, 0),
                                             .object_id = PQgetvalue(rows, i, 1),
                                             .aspect = PQgetvalue(rows, i, 2),
                                             .expected = or_none(audit_text(rows, i, 3)),
                                             .found = or_none(audit_text(rows, i, 4)),
                                             .delta = audit_integer(rows, i, 5),
                                             .direction = audit_text(rows, i, 6),
                                             .severity = if_given(rows, i, severity),
                                             .total = if_given(rows, i, total),
                                             .text = PQgetvalue(rows, i, 7)});
    return rows != NULL;
}

const char *audit_rest_on(struct audit *a, const char *evidence)
{
    const char *before = a->rests_on;
    a->rests_on = before ? ch_printf(a->arena, "%s %s", before, evidence) : evidence;
    return before;
}

void audit_not_checked(struct audit *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = ch_vprintf(a->arena, format, args);
    va_end(args);
    json_array_append_new(a->check->not_checked, json_string(text));
}

static json_t *chosen_ids(struct audit *a)
{
    json_t *ids = ch_json_own(a->arena, json_array());
    for (struct audit_check *c = audit_checks; c->id; c++)
        if (c->chosen)
            json_array_append_new(ids, json_string(c->id));
    return ids;
}

/* A full audit decides everything of its checks anew. */
static void look_at_all(struct audit *a, json_t *list)
{
    for (struct audit_check *c = audit_checks; c->id; c++)
        if (c->chosen && a->options->full)
            json_array_append_new(list, json_pack("{s:s}", "check_id", c->id));
}

/* The evidence from outside that this audit had. */
static json_t *evidence(struct audit *a)
{
    const struct audit_options *o = a->options;
    const struct {
        const char *option, *value;
    } options[] = {{"--statements", o->statements}, {"--tiles", o->tiles},   {"--kept", o->kept},
                   {"--exports", o->exports},       {"--policy", o->policy}, {"--timestamp-ca", o->timestamp_ca},
                   {"--cosign", o->cosign}};
    json_t *list = ch_json_own(a->arena, json_array());
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].value)
            json_array_append_new(list, json_string(options[i].option));
    for (size_t i = 0; a->seen && i < a->seen->count; i++)
        if (a->seen->copies[i].text)
            json_array_append_new(list, json_string(a->seen->copies[i].witness->name));
    return list;
}

bool audit_store(struct audit *a)
{
    look_at_all(a, a->looked);
    look_at_all(a, a->vanished);
    const char *found = ch_json_canonical(a->arena, a->found, NULL),
               *looked = ch_json_canonical(a->arena, a->looked, NULL);
    const char *vanished = ch_json_canonical(a->arena, a->vanished, NULL);
    const char *progress = ch_json_canonical(a->arena, a->progress, NULL);
    const char *ids = ch_json_canonical(a->arena, chosen_ids(a), NULL);
    const char *had = ch_json_canonical(a->arena, evidence(a), NULL);
    return audit_query(a, a->findings, UPSERT, AUDIT_ARGS(found, a->id)) &&
           audit_query(a, a->findings, GONE, AUDIT_ARGS(looked, a->id, had)) &&
           audit_query(a, a->findings, FORGET, AUDIT_ARGS(vanished)) &&
           audit_query(a, a->findings, PROGRESS, AUDIT_ARGS(progress)) && audit_recheck_settled(a) &&
           audit_query(a, a->findings, TOTALS, AUDIT_ARGS(ids, a->currency));
}
