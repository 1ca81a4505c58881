/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A3: every computed run, recomputed from its frozen inputs in set-based SQL (sql/functions/audit), and compared row by
 * row with what is stored: lines, the result document, the postings. The rows are carried to the findings' database,
 * since the source is only read. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "by_function.h"
#include "commonhold/crypto.h"

#define HASH(bytes) "pg_catalog.encode(pg_catalog.sha256(" bytes "), 'hex')"

/* Rule and inputs may be read: their bytes are those that were frozen. */
static const char FACTS[] =
    "SELECT pg_catalog.convert_from(u.bytes, 'UTF8'), (SELECT pg_catalog.json_build_object('pot', d.doc->'pot', "
    "'rail_fees', d.doc->'rail_fees', "
    "'balances', d.doc->'balances', 'run_id', r.run_id, 'inputs_sha256', r.inputs_sha256, 'rule_sha256', "
    "r.rule_sha256) FROM (SELECT "
    "pg_catalog.convert_from(i.bytes, 'UTF8')::json AS doc) AS d)::text, r.result_hash, r.outcome, r.lines::text, "
    "r.total::text, r.carried::text, "
    "CASE WHEN " HASH(
        "s.bytes") " = r.result_file_sha256 THEN pg_catalog.convert_from(s.bytes, 'UTF8')::json->>'carried' END, "
                   "r.pot::text, r.state, "
                   "'Liabilities:Pool:' || r.pool || ':Received', pg_catalog.encode(r.lines_root, 'hex'), "
                   "(SELECT pg_catalog.encode(pg_catalog.substr(w.hashes, 1, (r.lines * "
                   "32)::integer), 'hex') FROM payout.run_tree AS w WHERE w.run = r.id) FROM payout.run AS r JOIN "
                   "payout.evidence AS u ON u.sha256 = r.rule_sha256 "
                   "AND " HASH(
                       "u.bytes") " = r.rule_sha256 JOIN "
                                  "payout.evidence AS i ON i.sha256 = r.inputs_file_sha256 AND " HASH(
                                      "i.bytes") " = r.inputs_sha256 LEFT JOIN payout.evidence AS s ON s.sha256 = "
                                                 "r.result_file_sha256 WHERE r.id = $1::uuid";
enum { RULE, INPUTS, STORED_HASH, OUTCOME, LINES, TOTAL, CARRIED, DOC_CARRIED, POT, STATE, RECEIVED, ROOT, TREE };

static const char UNIT_SETTING[] = "SELECT pg_catalog.set_config('audit.unit', $1, true)";

#define OF_UNIT "(SELECT pg_catalog.current_setting('audit.unit')::uuid)"
#define FROM_INPUTS(part)                                                                                              \
    " FROM (SELECT pg_catalog.convert_from(e.bytes, 'UTF8')::json->'" part                                             \
    "' AS list FROM payout.run AS r JOIN payout.evidence AS e ON e.sha256 = "                                          \
    "r.inputs_file_sha256 WHERE r.id = " OF_UNIT                                                                       \
    ") AS d CROSS JOIN LATERAL pg_catalog.json_to_recordset(d.list) AS x "
struct pipe {
    const char *from, *into;
};

static const struct pipe PIPES[] = {
    {"COPY (SELECT x.id, x.units, x.quality_ppm, x.external, x.window_units, x.distinct_licensees, x.status, x.equal, "
     "x.tenure" FROM_INPUTS("recipients") "(id text, units bigint, quality_ppm bigint, external bigint, window_units "
                                          "bigint, distinct_licensees bigint, status text, "
                                          "equal bigint, tenure bigint)) TO STDOUT",
     "COPY audit.work_recipient FROM STDIN"},
    {"COPY (SELECT x.id, x.units, x.quality_ppm, x.external, x.window_units, x.distinct_licensees" FROM_INPUTS(
         "contributions") "(id text, units bigint, quality_ppm bigint, external bigint, window_units bigint, "
                          "distinct_licensees bigint)) TO STDOUT",
     "COPY audit.work_contribution FROM STDIN"},
    {"COPY (SELECT x.id, c.recipient, c.share" FROM_INPUTS(
         "contributions") "(id text, contributors json) CROSS JOIN LATERAL "
                          "pg_catalog.json_to_recordset(x.contributors) AS c (recipient text, share bigint)) TO STDOUT",
     "COPY audit.work_contributor FROM STDIN"},
    {"COPY (SELECT 'row', l.member_id, l.index, l.minor, l.line FROM payout.run_line AS l WHERE l.run = " OF_UNIT
     ") TO STDOUT",
     "COPY audit.work_stored FROM STDIN"},
    {NULL, NULL}};

/* Lines and funds of the result document, and the postings of the run: those of members go by the member, others by
 * path. */
static const struct pipe MORE[] = {
    {"COPY (SELECT 'result', x.value->>'id', x.place - 1, (x.value->>'amount')::numeric, NULL FROM payout.run AS r "
     "JOIN payout.evidence AS e ON "
     "e.sha256 = r.result_file_sha256 AND " HASH(
         "e.bytes") " = e.sha256 CROSS JOIN LATERAL pg_catalog.json_array_elements(pg_catalog.convert_from("
                    "e.bytes, 'UTF8')::json->'lines') WITH ORDINALITY AS x (value, place) WHERE r.id = " OF_UNIT
                    ") TO STDOUT",
     "COPY audit.work_stored FROM STDIN"},
    {"COPY (SELECT 'result', x.value->>'to', -1, (x.value->>'amount')::numeric, NULL FROM payout.run AS r JOIN "
     "payout.evidence AS e ON e.sha256 = "
     "r.result_file_sha256 AND " HASH(
         "e.bytes") " = e.sha256 CROSS JOIN LATERAL pg_catalog.json_array_elements(pg_catalog.convert_from(e.bytes, "
                    "'UTF8')::json->'funds') AS x (value) WHERE r.id = " OF_UNIT ") TO STDOUT",
     "COPY audit.work_stored FROM STDIN"},
    {"COPY (SELECT 'posting', CASE WHEN a.path = 'Liabilities:Member:' || p.owner_id || ':Payable' THEN "
     "p.owner_id::text ELSE COALESCE(a.path, "
     "p.account_id::text) END, p.line, -p.minor::numeric, NULL FROM payout.run AS r JOIN payout.posting AS p ON "
     "p.txn_id = r.txn_id LEFT JOIN "
     "payout.account AS a ON a.owner_id = p.owner_id AND a.account_id = p.account_id WHERE r.id = " OF_UNIT
     ") TO STDOUT",
     "COPY audit.work_stored FROM STDIN"},
    {NULL, NULL}};

static const char CLEAR[] =
    "TRUNCATE audit.work_recipient, audit.work_contribution, audit.work_contributor, audit.work_stored";

static const char RECOMPUTE[] =
    "SELECT x.r->>'hash', x.r->>'outcome', x.r->>'carried' FROM (SELECT audit.recompute_run($1::jsonb, $2::jsonb) AS r "
    "OFFSET 0) AS x";
/* A statement does not see what its own functions wrote: so this one is apart. */
static const char COUNTS[] = "SELECT pg_catalog.count(DISTINCT g.id)::text, COALESCE(pg_catalog.sum(g.minor), 0)::text "
                             "FROM audit.work_given AS g";

/* An aborted run gives nothing away, whatever its steps did before it stopped. */
static const char FORGET_GIVEN[] = "TRUNCATE audit.work_given, audit.work_fund";

/* $1 rule, $2 run: rows of the run against the lines they should be. */
static const char LINE_ROWS[] = "WITH e AS (SELECT x.*, pg_catalog.row_number() OVER (ORDER BY x.id COLLATE \"C\") - 1 "
                                "AS place FROM audit.expected_line($1::jsonb) AS x), "
                                "s AS (SELECT * FROM audit.work_stored WHERE what = 'row') "
                                "SELECT 'run_line', $2 || '/' || COALESCE(e.id, s.id), k.aspect, k.expected, k.found, "
                                "k.delta::bigint, k.direction, k.text FROM e FULL JOIN s ON "
                                "s.id = e.id CROSS JOIN LATERAL (VALUES ('minor', COALESCE(e.minor, 0)::text, "
                                "COALESCE(s.minor, 0)::text, COALESCE(s.minor, 0) - "
                                "COALESCE(e.minor, 0), 'member', 'the member''s line is not what the rule gives: "
                                "compare with the recomputed run'), ('line', e.line, s.line, NULL, "
                                "NULL, 'the text of the line, which the line tree was made over, is another'), "
                                "('index', e.place::text, s.place::text, NULL, NULL, 'the line "
                                "stands at another place of the line tree')) AS k (aspect, expected, found, delta, "
                                "direction, text) WHERE k.expected IS DISTINCT FROM k.found";

/* $3 what, $4 words; expected are lines and funds, and for postings what left Received. */
static const char DOCUMENT_ROWS[] = "WITH e AS (SELECT x.id, x.minor FROM audit.expected_line($1::jsonb) AS x UNION "
                                    "ALL SELECT f.path, f.minor FROM audit.work_fund AS f WHERE f.minor > 0 "
                                    "UNION ALL SELECT $4, -$5::numeric WHERE $3 = 'posting' AND $5::numeric <> 0), s "
                                    "AS (SELECT w.id, pg_catalog.sum(w.minor) AS minor FROM "
                                    "audit.work_stored AS w WHERE w.what = $3 GROUP BY w.id) "
                                    "SELECT 'run', $2, $3 || ' ' || COALESCE(e.id, s.id), COALESCE(e.minor, 0)::text, "
                                    "COALESCE(s.minor, 0)::text, (COALESCE(s.minor, 0) - "
                                    "COALESCE(e.minor, 0))::bigint, CASE WHEN COALESCE(e.id, s.id) LIKE '%:%' THEN "
                                    "'trust' ELSE 'member' END, 'the ' || CASE $3 WHEN 'posting' THEN "
                                    "'journal booked' ELSE 'result document says' END || ' another amount than the "
                                    "rule gives' FROM e FULL JOIN s ON s.id = e.id WHERE COALESCE(e.minor, 0) "
                                    "<> COALESCE(s.minor, 0)";

static bool pipe_all(struct audit *a, const struct pipe *pipes)
{
    for (; pipes->from && pipes->into; pipes++)
        if (!audit_pipe(a, pipes->from, pipes->into))
            return false;
    return true;
}

static void compare(struct audit *a, const char *unit, const char *aspect, const char *expected, const char *found,
                    const char *text)
{
    if (!expected || !found || strcmp(expected, found) != 0)
        audit_add(a, &(struct audit_finding){.object_type = "run",
                                             .object_id = unit,
                                             .aspect = aspect,
                                             .expected = expected ? expected : "none",
                                             .found = found ? found : "none",
                                             .text = text});
}

/* The root over the leaves of the stored tree; the salts under the leaves are the members' own. */
static void compare_root(struct audit *a, const char *unit, const PGresult *facts)
{
    size_t size = (size_t)PQgetlength(facts, 0, TREE) / 2;
    uint8_t *leaves = ch_alloc(a->arena, size + 1), root[32];
    char hex[65];
    if (size % 32 != 0 || !ch_unhex(PQgetvalue(facts, 0, TREE), leaves, size))
        size = 0;
    audit_merkle_root(leaves, size / 32, root);
    ch_hex(root, 32, hex);
    compare(a, unit, "lines_root", hex, audit_text(facts, 0, ROOT),
            "the root of the line tree does not follow from its leaves");
}

static bool compare_figures(struct audit *a, const char *unit, const PGresult *facts, const PGresult *again)
{
    PGresult *counts = audit_query(a, a->findings, COUNTS, AUDIT_NO_ARGS);
    if (!counts)
        return false;
    bool aborted = strcmp(PQgetvalue(again, 0, 1), "aborted") == 0;
    static const char TEXT[] = "the stored figure is not that of the recomputed run";
    compare(a, unit, "hash", audit_text(again, 0, 0), audit_text(facts, 0, STORED_HASH),
            "the hash of the result is not that of the recomputed run");
    compare(a, unit, "outcome", audit_text(again, 0, 1), audit_text(facts, 0, OUTCOME), TEXT);
    compare(a, unit, "carried", audit_text(again, 0, 2), audit_text(facts, 0, CARRIED), TEXT);
    compare(a, unit, "lines", aborted ? "0" : audit_text(counts, 0, 0), audit_text(facts, 0, LINES), TEXT);
    compare(a, unit, "total", aborted ? "0" : audit_text(counts, 0, 1), audit_text(facts, 0, TOTAL), TEXT);
    compare_root(a, unit, facts);
    return !aborted || audit_query(a, a->findings, FORGET_GIVEN, AUDIT_NO_ARGS);
}

static bool compare_rows(struct audit *a, const char *unit, const PGresult *facts, const PGresult *again)
{
    const char *rule = PQgetvalue(facts, 0, RULE), *received = PQgetvalue(facts, 0, RECEIVED);
    PGresult *moved = audit_query(a, a->findings, "SELECT ($1::numeric - $2::numeric)::text",
                                  AUDIT_ARGS(PQgetvalue(facts, 0, POT), PQgetvalue(again, 0, 2)));
    if (!moved || !audit_collect(a, a->findings, LINE_ROWS, AUDIT_ARGS(rule, unit)))
        return false;
    if (!PQgetisnull(facts, 0, DOC_CARRIED) &&
        !audit_collect(a, a->findings, DOCUMENT_ROWS, AUDIT_ARGS(rule, unit, "result", received, "0")))
        return false;
    return strcmp(PQgetvalue(facts, 0, STATE), "posted") != 0 ||
           audit_collect(a, a->findings, DOCUMENT_ROWS,
                         AUDIT_ARGS(rule, unit, "posting", received, PQgetvalue(moved, 0, 0)));
}

static bool judge_run(struct audit *a, const char *unit)
{
    if (!audit_collect(a, a->source, AUDIT_FOUND_BY("check_run_documents"), AUDIT_ARGS(unit)))
        return false;
    PGresult *facts = audit_query(a, a->source, FACTS, AUDIT_ARGS(unit));
    if (!facts)
        return false;
    if (PQntuples(facts) == 0) { /* a finding says which document it is */
        audit_not_checked(a, "run %s: its rule or inputs are not those that were frozen, so it cannot be recomputed",
                          unit);
        return true;
    }
    if (!audit_query(a, a->source, UNIT_SETTING, AUDIT_ARGS(unit)) ||
        !audit_query(a, a->findings, CLEAR, AUDIT_NO_ARGS) || !pipe_all(a, PIPES) || !pipe_all(a, MORE))
        return false;
    PGresult *again =
        audit_query(a, a->findings, RECOMPUTE, AUDIT_ARGS(PQgetvalue(facts, 0, RULE), PQgetvalue(facts, 0, INPUTS)));
    return again && compare_figures(a, unit, facts, again) && compare_rows(a, unit, facts, again);
}

bool audit_runs(struct audit *a)
{
    if (!a->options->tiles)
        audit_not_checked(a, "run numbers against the published log: no --tiles");
    if (!a->options->kept)
        audit_not_checked(a, "run numbers against checkpoints kept: no --kept");
    return audit_each_unit(a, AUDIT_UNITS("units_runs"), judge_run);
}
