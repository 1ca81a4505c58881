/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Statements of the journal's replay, and its progress point. Rows up to the point are covered by one digest a month
 * (a sum over rows, so that new rows are added to it), balances by one digest of what they were at the point. */
#include "journal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"

#define STREAM_COLUMNS                                                                                                 \
    "SELECT t.txn_no, t.txn_id, pg_catalog.to_char(t.recorded_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), t.postings, "  \
    "t.debit_minor, "                                                                                                  \
    "p.txn_id, p.owner_id, p.account_id, p.minor, p.after_minor, p.line "
#define STREAM_ORDER " ORDER BY t.txn_no NULLS FIRST, t.txn_id, p.txn_id, p.line"

const char JOURNAL_WHOLE[] =
    STREAM_COLUMNS "FROM payout.txn AS t FULL JOIN payout.posting AS p ON p.month = t.month AND p.txn_id = "
                   "t.txn_id" STREAM_ORDER;

const char JOURNAL_NEW[] =
    STREAM_COLUMNS "FROM payout.txn AS t LEFT JOIN payout.posting AS p ON p.month = t.month AND p.txn_id = "
                   "t.txn_id WHERE t.txn_no > $1::bigint" STREAM_ORDER;

const char JOURNAL_ACCOUNTS[] =
    "SELECT COALESCE(a.owner_id, b.owner_id), COALESCE(a.account_id, b.account_id), a.path, 0, 0, 0, b.minor, "
    "b.version "
    "FROM payout.account AS a FULL JOIN payout.balance AS b ON b.owner_id = a.owner_id AND b.account_id = a.account_id";

const char JOURNAL_TOUCHED[] =
    "SELECT f.owner_id, f.account_id, a.path, COALESCE(s.sum, 0), COALESCE(s.txns, 0), COALESCE(s.after, 0), b.minor, "
    "b.version FROM "
    "(SELECT DISTINCT p.owner_id, p.account_id FROM payout.txn AS t JOIN payout.posting AS p ON p.month = t.month AND "
    "p.txn_id = "
    "t.txn_id WHERE t.txn_no > $1::bigint) AS f "
    "LEFT JOIN payout.account AS a ON a.owner_id = f.owner_id AND a.account_id = f.account_id "
    "LEFT JOIN payout.balance AS b ON b.owner_id = f.owner_id AND b.account_id = f.account_id "
    "LEFT JOIN LATERAL (SELECT pg_catalog.sum(p.minor)::bigint AS sum, pg_catalog.count(DISTINCT p.txn_id) AS txns, "
    "(pg_catalog.array_agg(p.after_minor ORDER BY t.txn_no DESC, p.line DESC))[1] AS after FROM payout.posting AS p "
    "JOIN payout.txn AS t "
    "ON t.month = p.month AND t.txn_id = p.txn_id WHERE p.owner_id = f.owner_id AND p.account_id = f.account_id AND "
    "t.txn_no <= "
    "$1::bigint) AS s ON true";

/* What stands for a row: 64 bits, of which sums are made. Whoever does not see the seed, which is drawn anew with each
 * audit from the first transaction and kept with the digest, cannot choose rows whose sums come out the same. The hash
 * of a record is a sum over its columns (31 times what is before, and the next): two rows that exchange a column would
 * keep their sum, so it is hashed once more. */
#define ROW_DIGEST(row, seed)                                                                                          \
    "pg_catalog.hashint8extended(pg_catalog.hash_record_extended(" row ", " seed "::bigint), " seed "::bigint)"
#define SUM_OF(digest) "pg_catalog.sum(" digest ")"

/* $1 lower and $2 upper end of txn_no, $3 months or null, $4 the seed; postings without a header count as old rows. */
static const char DIGESTS[] =
    "SELECT COALESCE(pg_catalog.jsonb_object_agg(y.month, y.digest::text), '{}')::text FROM (SELECT x.month, "
    "pg_catalog.sum(x.d) AS digest FROM (SELECT t.month, " SUM_OF(
        ROW_DIGEST("t", "$4")) " AS d FROM payout.txn AS t WHERE t.txn_no > $1::bigint AND t.txn_no <= $2::bigint AND "
                               "($3::date[] IS NULL OR t.month = ANY ($3::date[])) GROUP BY t.month "
                               "UNION ALL SELECT p.month, " SUM_OF(
                                   ROW_DIGEST("p", "$4")) " FROM payout.posting AS p LEFT JOIN payout.txn AS t ON "
                                                          "t.month = p.month AND t.txn_id = p.txn_id WHERE (t.txn_no > "
                                                          "$1::bigint AND t.txn_no <= $2::bigint OR t.txn_no IS NULL "
                                                          "AND $1 = '0') AND ($3::date[] IS NULL OR p.month = ANY "
                                                          "($3::date[])) GROUP BY p.month) AS x GROUP BY x.month) AS y";

#define BALANCE_DIGEST(minor, version)                                                                                 \
    ROW_DIGEST("ROW(x.owner_id, x.account_id, (" minor ")::bigint, (" version ")::bigint)", "$2")
/* What moved behind transaction $1, account by account. */
#define MOVED_SINCE                                                                                                    \
    "(SELECT p.owner_id, p.account_id, pg_catalog.sum(p.minor) AS minor, pg_catalog.count(DISTINCT p.txn_id) AS txns " \
    "FROM payout.txn AS t JOIN payout.posting AS p ON p.month = t.month AND p.txn_id = t.txn_id WHERE t.txn_no > "     \
    "$1::bigint GROUP BY p.owner_id, p.account_id) AS n "

/* Balances as they stood at transaction $1: what came later is taken off again. $2 the seed. */
static const char BALANCES[] =
    "SELECT COALESCE(" SUM_OF(BALANCE_DIGEST("x.minor", "x.version")) ", 0)::text FROM (SELECT b.owner_id, "
                                                                      "b.account_id, b.minor - COALESCE(n.minor, 0) "
                                                                      "AS minor, b.version - COALESCE(n.txns, 0) AS "
                                                                      "version FROM payout.balance AS b LEFT "
                                                                      "JOIN " MOVED_SINCE
                                                                      "ON n.owner_id = b.owner_id AND n.account_id = "
                                                                      "b.account_id) AS x WHERE x.version <> 0 OR "
                                                                      "x.minor <> 0";

/* What transactions behind $1 make of that digest: of the balances they moved, what stands now less what stood. */
static const char MOVED[] =
    "SELECT COALESCE(" SUM_OF(BALANCE_DIGEST("x.minor", "x.version")) ", 0)::numeric - COALESCE(" SUM_OF(
        BALANCE_DIGEST("x.minor - x.moved",
                       "x.version - x.txns")) " FILTER (WHERE x.version <> x.txns OR x.minor <> x.moved), 0)::numeric "
                                              "FROM (SELECT b.owner_id, b.account_id, b.minor, b.version, n.minor AS "
                                              "moved, n.txns FROM " MOVED_SINCE
                                              "JOIN payout.balance AS b ON b.owner_id = n.owner_id AND b.account_id = "
                                              "n.account_id) AS x";

static const char KNOWN[] =
    "SELECT pg_catalog.min(p.upto), pg_catalog.min(p.digest) FROM audit.progress AS p WHERE p.source = 'journal' AND "
    "p.check_id IN "
    "(SELECT c FROM pg_catalog.json_array_elements_text($1::json) AS c) HAVING pg_catalog.count(*) = "
    "pg_catalog.json_array_length($1::json) AND pg_catalog.count(DISTINCT (p.upto, p.digest)) = 1";

/* The old digests of the months looked at, and those looked at now: both as jsonb, so that order plays no part. */
static const char SAME[] = "SELECT (SELECT COALESCE(pg_catalog.jsonb_object_agg(k.key, k.value), '{}') FROM "
                           "pg_catalog.jsonb_each($1::jsonb) AS k WHERE "
                           "$3::date[] IS NULL OR k.key::date = ANY ($3::date[])) = $2::jsonb";

static const char SUM[] =
    "SELECT COALESCE(pg_catalog.jsonb_object_agg(x.key, x.digest::text), '{}')::text FROM (SELECT e.key, "
    "pg_catalog.sum(e.value::numeric) AS digest FROM (SELECT * FROM pg_catalog.jsonb_each_text($1::jsonb) UNION ALL "
    "SELECT * FROM "
    "pg_catalog.jsonb_each_text($2::jsonb)) AS e GROUP BY e.key) AS x";

static const char *chosen_journal(struct audit *a)
{
    json_t *ids = ch_json_own(a->arena, json_array());
    for (struct audit_check *c = audit_checks; c->id; c++)
        if (c->chosen && c->run == audit_journal)
            json_array_append_new(ids, json_string(c->id));
    return ch_json_canonical(a->arena, ids, NULL);
}

static const char *one_text(struct audit *a, PGconn *conn, const char *sql, int count, const char *const *values)
{
    PGresult *rows = audit_query(a, conn, sql, count, values);
    return rows ? PQgetvalue(rows, 0, 0) : NULL;
}

/* Whether everything below the point is as it was; false also on failure, with a->error. */
static bool still_same(struct audit *a, const char *upto, const struct journal_point *known)
{
    const char *months = known->months;
    const char *now = one_text(a, a->source, DIGESTS, AUDIT_ARGS("0", upto, a->months, known->seed));
    const char *same = now ? one_text(a, a->findings, SAME, AUDIT_ARGS(months, now, a->months)) : NULL;
    const char *stood = same ? one_text(a, a->source, BALANCES, AUDIT_ARGS(upto, known->seed)) : NULL;
    return stood && *same == 't' && strcmp(stood, known->balances) == 0;
}

static const char LAST[] =
    "SELECT pg_catalog.to_char(t.recorded_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM payout.txn AS t WHERE "
    "t.txn_no = $1::bigint";

/* A point with nothing below it. */
static struct journal_point beginning(struct audit *a)
{
    int64_t seed;
    ch_random(&seed, sizeof seed);
    return (struct journal_point){.last_at = "", .months = "{}", .seed = ch_printf(a->arena, "%" PRId64, seed)};
}

/* "seed balances months", as journal_digest writes it; false where it is something else. */
static bool read_digest(struct audit *a, const char *digest, struct journal_point *point)
{
    const char *balances = strchr(digest, ' '), *months = balances ? strchr(balances + 1, ' ') : NULL;
    if (!months)
        return false;
    point->seed = ch_memdup(a->arena, digest, (size_t)(balances - digest));
    point->balances = ch_memdup(a->arena, balances + 1, (size_t)(months - balances) - 1);
    point->months = months + 1;
    return true;
}

bool journal_resume(struct audit *a, struct journal_point *point)
{
    struct journal_point last = {0};
    *point = beginning(a);
    if (a->options->full)
        return true;
    PGresult *known = audit_query(a, a->findings, KNOWN, AUDIT_ARGS(chosen_journal(a)));
    if (!known || PQntuples(known) == 0)
        return known != NULL;
    const char *upto = PQgetvalue(known, 0, 0);
    PGresult *at = audit_query(a, a->source, LAST, AUDIT_ARGS(upto));
    if (!at || PQntuples(at) == 0 || !read_digest(a, PQgetvalue(known, 0, 1), &last))
        return at != NULL;
    if (!still_same(a, upto, &last))
        return a->error[0] == '\0';
    last.upto = strtoll(upto, NULL, 10);
    last.last_at = PQgetvalue(at, 0, 0);
    *point = last;
    return true;
}

/* All balances are read once an audit: whoever goes on from a point has read them there. */
static const char *balances_now(struct audit *a, const struct journal_point *point, const char *from, const char *to)
{
    if (!point->balances)
        return one_text(a, a->source, BALANCES, AUDIT_ARGS(to, point->seed));
    const char *moved = one_text(a, a->source, MOVED, AUDIT_ARGS(from, point->seed));
    return moved ? one_text(a, a->findings, "SELECT ($1::numeric + $2::numeric)::text",
                            AUDIT_ARGS(point->balances, moved))
                 : NULL;
}

const char *journal_digest(struct audit *a, const struct journal_point *point, int64_t last_no)
{
    const char *from = ch_printf(a->arena, "%" PRId64, point->upto), *to = ch_printf(a->arena, "%" PRId64, last_no);
    const char *more = one_text(a, a->source, DIGESTS, AUDIT_ARGS(from, to, NULL, point->seed));
    const char *months = more ? one_text(a, a->findings, SUM, AUDIT_ARGS(point->months, more)) : NULL;
    const char *balances = months ? balances_now(a, point, from, to) : NULL;
    return balances ? ch_printf(a->arena, "%s %s %s", point->seed, balances, months) : NULL;
}
