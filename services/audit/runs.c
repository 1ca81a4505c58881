/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A3: every computed run, recomputed from its frozen inputs in set-based SQL (sql/functions/audit), and compared row by
 * row with what is stored: lines, the result document, the postings. The rows are carried to the findings' database,
 * since the source is only read. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "by_function.h"
#include "commonhold/crypto.h"
#include "inputs.h"
#include "long_list.h"

#define HASH(bytes) "pg_catalog.encode(pg_catalog.sha256(" bytes "), 'hex')"

/* Of a rule that may be read: its bytes are those that were frozen. The result document by its hash, where its bytes
 * have it. */
static const char FACTS[] =
    "SELECT pg_catalog.convert_from(u.bytes, 'UTF8'), pg_catalog.json_build_object('run_id', r.run_id, "
    "'inputs_sha256', "
    "r.inputs_sha256, 'rule_sha256', r.rule_sha256)::text, r.result_hash, r.outcome, r.lines::text, r.total::text, "
    "r.carried::text, (SELECT s.sha256 FROM payout.evidence AS s WHERE s.sha256 = r.result_file_sha256 AND " HASH(
        "s.bytes") " = s.sha256), r.pot::text, r.state, 'Liabilities:Pool:' || r.pool || ':Received', "
                   "pg_catalog.encode(r.lines_root, 'hex'), "
                   "(SELECT pg_catalog.encode(pg_catalog.substr(w.hashes, 1, (r.lines * "
                   "32)::integer), 'hex') FROM payout.run_tree AS w WHERE w.run = r.id) FROM payout.run AS r JOIN "
                   "payout.evidence AS u ON u.sha256 = r.rule_sha256 "
                   "AND " HASH("u.bytes") " = r.rule_sha256 WHERE r.id = $1::uuid";
enum { RULE, NUMBERED, STORED_HASH, OUTCOME, LINES, TOTAL, CARRIED, RESULT, POT, STATE, RECEIVED, ROOT, TREE };

static const char INPUTS[] = "SELECT (i.doc || $1::jsonb)::text FROM audit.work_inputs AS i";

/* Lines as rows, and the postings of the run: those of members go by the member, others by path. */
static const struct pipe PIPES[] = {
    {"COPY (SELECT 'row', l.member_id, l.index, l.minor, l.line FROM payout.run_line AS l WHERE l.run = " INPUTS_RUN
     ") TO STDOUT",
     "COPY audit.work_stored FROM STDIN"},
    {"COPY (SELECT 'posting', CASE WHEN a.path = 'Liabilities:Member:' || p.owner_id || ':Payable' THEN "
     "p.owner_id::text ELSE COALESCE(a.path, "
     "p.account_id::text) END, p.line, -p.minor::numeric, NULL FROM payout.run AS r JOIN payout.posting AS p ON "
     "p.txn_id = r.txn_id LEFT JOIN "
     "payout.account AS a ON a.owner_id = p.owner_id AND a.account_id = p.account_id WHERE r.id = " INPUTS_RUN
     ") TO STDOUT",
     "COPY audit.work_stored FROM STDIN"},
    {NULL, NULL}};

/* Lines and funds of the result document. */
#define INTO_STORED "COPY audit.work_stored (what, place, id, minor) FROM STDIN"
static const char *const LINE[] = {"id", "amount", NULL};
static const char *const FUND[] = {"to", "amount", NULL};
static const struct long_list RESULT_LISTS[] = {{{"lines", NULL, "result\t-1\t", LINE}, INTO_STORED},
                                                {{"funds", NULL, "result\t-1\t", FUND}, INTO_STORED}};

static const char CLEAR[] = "TRUNCATE audit.work_stored";

static const char RECOMPUTE[] =
    "SELECT x.r->>'hash', x.r->>'outcome', x.r->>'carried' FROM (SELECT audit.recompute_run($1::jsonb, $2::jsonb) AS r "
    "OFFSET 0) AS x";
/* A statement does not see what its own functions wrote: so this one is apart. */
static const char COUNTS[] = "SELECT pg_catalog.count(*)::text, COALESCE(pg_catalog.sum(l.minor), 0)::text FROM "
                             "audit.work_line AS l";

/* An aborted run gives nothing away, whatever its steps did before it stopped. */
static const char FORGET_GIVEN[] = "TRUNCATE audit.work_fund";

/* $1 run: rows of the run against the lines they should be. */
static const char LINE_ROWS[] = "WITH e AS (SELECT x.*, pg_catalog.row_number() OVER (ORDER BY x.id) - 1 AS place FROM "
                                "audit.work_line AS x), "
                                "s AS (SELECT * FROM audit.work_stored WHERE what = 'row') "
                                "SELECT 'run_line', $1 || '/' || COALESCE(e.id, s.id), k.aspect, k.expected, k.found, "
                                "k.delta::bigint, k.direction, k.text FROM e FULL JOIN s ON "
                                "s.id = e.id CROSS JOIN LATERAL (VALUES ('minor', COALESCE(e.minor, 0)::text, "
                                "COALESCE(s.minor, 0)::text, COALESCE(s.minor, 0) - "
                                "COALESCE(e.minor, 0), 'member', 'the member''s line is not what the rule gives: "
                                "compare with the recomputed run'), ('line', e.line, s.line, NULL, "
                                "NULL, 'the text of the line, which the line tree was made over, is another'), "
                                "('index', e.place::text, s.place::text, NULL, NULL, 'the line "
                                "stands at another place of the line tree')) AS k (aspect, expected, found, delta, "
                                "direction, text) WHERE k.expected IS DISTINCT FROM k.found";

/* $1 run, $2 what, $3 words; expected are lines and funds, and for postings what left Received. */
static const char DOCUMENT_ROWS[] = "WITH e AS (SELECT x.id, x.minor FROM audit.work_line AS x UNION "
                                    "ALL SELECT f.path, f.minor FROM audit.work_fund AS f WHERE f.minor > 0 "
                                    "UNION ALL SELECT $3, -$4::numeric WHERE $2 = 'posting' AND $4::numeric <> 0), s "
                                    "AS (SELECT w.id, pg_catalog.sum(w.minor) AS minor FROM "
                                    "audit.work_stored AS w WHERE w.what = $2 GROUP BY w.id) "
                                    "SELECT 'run', $1, $2 || ' ' || COALESCE(e.id, s.id), COALESCE(e.minor, 0)::text, "
                                    "COALESCE(s.minor, 0)::text, (COALESCE(s.minor, 0) - "
                                    "COALESCE(e.minor, 0))::bigint, CASE WHEN COALESCE(e.id, s.id) LIKE '%:%' THEN "
                                    "'trust' ELSE 'member' END, 'the ' || CASE $2 WHEN 'posting' THEN "
                                    "'journal booked' ELSE 'result document says' END || ' another amount than the "
                                    "rule gives' FROM e FULL JOIN s ON s.id = e.id WHERE COALESCE(e.minor, 0) "
                                    "<> COALESCE(s.minor, 0)";

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
    static const char TEXT[] = "the stored figure is not that of the recomputed run";
    compare(a, unit, "hash", audit_text(again, 0, 0), audit_text(facts, 0, STORED_HASH),
            "the hash of the result is not that of the recomputed run");
    compare(a, unit, "outcome", audit_text(again, 0, 1), audit_text(facts, 0, OUTCOME), TEXT);
    compare(a, unit, "carried", audit_text(again, 0, 2), audit_text(facts, 0, CARRIED), TEXT);
    compare(a, unit, "lines", audit_text(counts, 0, 0), audit_text(facts, 0, LINES), TEXT);
    compare(a, unit, "total", audit_text(counts, 0, 1), audit_text(facts, 0, TOTAL), TEXT);
    compare_root(a, unit, facts);
    return strcmp(PQgetvalue(again, 0, 1), "aborted") != 0 || audit_query(a, a->findings, FORGET_GIVEN, AUDIT_NO_ARGS);
}

/* The document's lines and funds; what it carried is a figure. */
static bool compare_result(struct audit *a, const char *unit, const PGresult *facts)
{
    const char *sha256 = audit_text(facts, 0, RESULT);
    for (int i = 0; sha256 && i < 2; i++)
        if (!long_list_copy(a, sha256, &RESULT_LISTS[i]))
            return false;
    return !sha256 || audit_collect(a, a->findings, DOCUMENT_ROWS, AUDIT_ARGS(unit, "result", "", "0"));
}

static bool compare_rows(struct audit *a, const char *unit, const PGresult *facts, const PGresult *again)
{
    PGresult *moved = audit_query(a, a->findings, "SELECT ($1::numeric - $2::numeric)::text",
                                  AUDIT_ARGS(PQgetvalue(facts, 0, POT), PQgetvalue(again, 0, 2)));
    if (!moved || !audit_collect(a, a->findings, LINE_ROWS, AUDIT_ARGS(unit)) || !compare_result(a, unit, facts))
        return false;
    return strcmp(PQgetvalue(facts, 0, STATE), "posted") != 0 ||
           audit_collect(a, a->findings, DOCUMENT_ROWS,
                         AUDIT_ARGS(unit, "posting", PQgetvalue(facts, 0, RECEIVED), PQgetvalue(moved, 0, 0)));
}

/* From rule and inputs, where both are what was frozen. */
static bool judge_lines(struct audit *a, const char *unit, const PGresult *facts, const char *inputs)
{
    if (!audit_query(a, a->findings, CLEAR, AUDIT_NO_ARGS) || !inputs_pipe(a, PIPES))
        return false;
    PGresult *again = audit_query(a, a->findings, RECOMPUTE, AUDIT_ARGS(PQgetvalue(facts, 0, RULE), inputs));
    return again && compare_figures(a, unit, facts, again) && compare_rows(a, unit, facts, again);
}

static bool judge_run(struct audit *a, const char *unit)
{
    if (!audit_collect(a, a->source, AUDIT_FOUND_BY("check_run_documents"), AUDIT_ARGS(unit)) || !inputs_load(a, unit))
        return false;
    PGresult *facts = audit_query(a, a->source, FACTS, AUDIT_ARGS(unit)), *inputs = NULL;
    if (facts && PQntuples(facts) > 0)
        inputs = audit_query(a, a->findings, INPUTS, AUDIT_ARGS(PQgetvalue(facts, 0, NUMBERED)));
    if (!facts || (PQntuples(facts) > 0 && !inputs))
        return false;
    if (inputs && PQntuples(inputs) > 0)
        return judge_lines(a, unit, facts, PQgetvalue(inputs, 0, 0));
    /* a finding says which document it is */
    audit_not_checked(a, "run %s: its rule or inputs are not those that were frozen, so it cannot be recomputed", unit);
    return true;
}

bool audit_runs(struct audit *a)
{
    if (!a->options->tiles)
        audit_not_checked(a, "run numbers against the published log: no --tiles");
    if (!a->options->kept)
        audit_not_checked(a, "run numbers against checkpoints kept: no --kept");
    return inputs_units(a, AUDIT_UNITS_GIVEN("units_runs"), judge_run);
}
