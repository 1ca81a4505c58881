# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a cycle ended with, in figures that depend neither on ids nor on how fast its people were, and what must hold in any database at any time."""
import re

ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

FIGURES = {
    "contributions": "SELECT state, count(*), sum(rows), sum(bad_rows), sum(quality_ppm) FROM licensing.contribution GROUP BY state ORDER BY 1",
    "errors": 'SELECT line, "row", column_name, reason, value FROM licensing.contribution_error ORDER BY 1',
    "consents": "SELECT state, count(*) FROM licensing.consent_event GROUP BY 1 ORDER BY 1",
    "proposals": "SELECT p.type, p.state, p.reading, t.counts, t.outcome FROM governance.proposal p LEFT JOIN governance.tally t ON t.proposal_id = p.id ORDER BY 1",
    "notices": "SELECT payload ->> 'kind', count(*) FROM log.outbox WHERE topic = 'notice' "
               "AND NOT starts_with(payload ->> 'kind', 'voting_reminder') GROUP BY 1 ORDER BY 1",
    "applications": "SELECT purpose, state, reasons::text FROM licensing.application ORDER BY 1",
    "application events": "SELECT a.purpose, e.command, count(*) FROM licensing.application_event e JOIN licensing.application a ON a.id = e.application_id "
                          "GROUP BY 1, 2 ORDER BY 1, 2",
    "evaluations": "SELECT a.purpose, e.decision, count(*) FROM licensing.evaluation e JOIN licensing.application a ON a.id = e.subject GROUP BY 1, 2 ORDER BY 1, 2",
    "delivered": "SELECT g.purpose, sum(b.rows) FROM metering.batch b JOIN licensing.grant_overview g USING (grant_id) WHERE b.state = 'sent' GROUP BY 1 ORDER BY 1",
    "usage": "SELECT g.purpose, u.meter, sum(u.units) FROM metering.usage_day u JOIN licensing.grant_overview g USING (grant_id) GROUP BY 1, 2 ORDER BY 1, 2",
    "sealed": "SELECT pool, lines, units, late FROM metering.seal ORDER BY 1",
    "ratings": "SELECT g.purpose, r.total_minor FROM payout.rating r JOIN licensing.grant_overview g USING (grant_id) ORDER BY 1",
    "estimates": "SELECT g.purpose, e.class, e.units, e.amount_minor FROM payout.estimate e JOIN licensing.grant_overview g USING (grant_id) ORDER BY 1, 2",
    "invoices": "SELECT series, no, state, net, vat, gross FROM payout.invoice ORDER BY 1, 2",
    "statements": "SELECT count(*) FROM payout.bank_statement",
    "receipts": "SELECT s.minor, count(*) FROM payout.receipt_slice s GROUP BY 1 ORDER BY 1",
    "runs": "SELECT state, pot, total, carried, lines, outcome, rail_fees FROM payout.run",
    "run funds": "SELECT f ->> 'to', f ->> 'amount' FROM payout.run r JOIN payout.evidence e ON e.sha256 = r.result_file_sha256, "
                 "jsonb_array_elements(convert_from(e.bytes, 'UTF8')::jsonb -> 'funds') AS f ORDER BY 1",
    "batches": "SELECT state, count, total FROM payout.batch",
    "payments": "SELECT state, count(*), sum(minor) FROM payout.payment GROUP BY 1",
    "balances": "SELECT regexp_replace(a.path, '[0-9a-f]{8}-[0-9a-f-]{27}', 'ID'), sum(b.minor) FROM payout.account a JOIN payout.balance b "
                "USING (owner_id, account_id) GROUP BY 1 ORDER BY 1",
    "journal": "SELECT kind, count(*), sum(debit_minor) FROM payout.txn GROUP BY 1 ORDER BY 1",
    "leaves": "SELECT type, count(*) FROM log.entry GROUP BY 1 ORDER BY 1",
}

#: Each gives no row.
MUST_NOT_BE = {
    "I4: a batch whose attribution is not its rows":
        "SELECT * FROM metering.batch AS b WHERE (SELECT sum(n) FROM unnest(b.counts) AS n) <> b.rows OR cardinality(b.counts) <> cardinality(b.contributions)",
    "I4: a batch with rows of a contribution that was not in the pool then":
        "SELECT * FROM metering.batch AS b, unnest(b.contributions) AS n WHERE b.state = 'sent' AND NOT EXISTS (SELECT FROM licensing.contribution AS c "
        "JOIN licensing.contribution_overview AS v ON v.contribution_id = c.id WHERE v.contribution_no = n AND c.pool_id = b.pool_id AND c.decided_at <= b.committed_at AND (c.ended_at IS NULL OR c.ended_at >= b.committed_at))",
    "I5: usage that is not what folded batches say":
        "SELECT * FROM (SELECT d.pool_id, d.day FROM metering.usage_day AS d UNION SELECT b.pool_id, b.day FROM metering.batch AS b WHERE b.day IS NOT NULL) AS x "
        "CROSS JOIN LATERAL (SELECT sum(units) AS n FROM metering.usage_day AS d WHERE d.pool_id = x.pool_id AND d.day = x.day) AS stored "
        "CROSS JOIN LATERAL (SELECT sum(units) AS n FROM metering.count_day(x.pool_id, x.day)) AS counted WHERE stored.n IS DISTINCT FROM counted.n",
    "I5: sealed usage that is not the rollup's":
        "SELECT * FROM metering.seal AS s WHERE units <> (SELECT sum(units) FROM metering.sealed_usage AS u WHERE u.pool_id = s.pool_id AND u.month = s.month) "
        "OR units <> (SELECT sum(units) FROM metering.usage_day AS d WHERE d.pool_id = s.pool_id AND date_trunc('month', d.day::timestamp)::date = s.month)",
    "I6: a transaction that does not sum to zero":
        "SELECT t.txn_id FROM payout.txn AS t LEFT JOIN payout.posting AS p USING (month, txn_id) GROUP BY t.txn_id, t.postings, t.debit_minor "
        "HAVING sum(p.minor) IS DISTINCT FROM 0 OR count(*) <> t.postings OR sum(greatest(p.minor, 0)) <> t.debit_minor",
    "I6: a posting without transaction": "SELECT * FROM payout.posting AS p WHERE NOT EXISTS (SELECT FROM payout.txn AS t WHERE t.txn_id = p.txn_id)",
    "I6: a balance that is not its postings":
        "SELECT * FROM payout.balance AS b WHERE minor <> (SELECT COALESCE(sum(p.minor), 0) FROM payout.posting AS p "
        "WHERE p.owner_id = b.owner_id AND p.account_id = b.account_id)",
    "I6: a gap in the transactions' numbers": "SELECT count(*), max(txn_no) FROM payout.txn HAVING count(*) <> COALESCE(max(txn_no), 0)",
    "I7: a run that does not conserve its pot":
        "SELECT * FROM payout.run AS r WHERE result_hash IS NOT NULL AND (total <> (SELECT sum(minor) FROM payout.run_line AS l WHERE l.run = r.id) "
        "OR lines <> (SELECT count(*) FROM payout.run_line AS l WHERE l.run = r.id) OR 32 * lines <> (SELECT COALESCE(sum(octet_length(salts)), 0) FROM payout.run_salt AS s WHERE s.run = r.id))",
    "I8: a batch released without two people besides its maker":
        "SELECT * FROM payout.batch AS b WHERE state NOT IN ('draft', 'frozen', 'cancelled') "
        "AND (SELECT count(DISTINCT member_id) FROM payout.approval AS a WHERE a.batch_id = b.id AND a.member_id <> b.made_by) < 2",
    "I8: a batch whose payments are not its figures":
        "SELECT * FROM payout.batch AS b WHERE (count, total) <> (SELECT count(*), sum(minor) FROM payout.payment AS p WHERE p.batch_id = b.id)",
    "I8: a batch handed over twice": "SELECT batch_id FROM payout.batch_event WHERE state = 'sent' GROUP BY 1 HAVING count(*) > 1",
    "I9: a leaf with two entries, or an entry without leaf":
        "SELECT * FROM log.outbox AS o FULL JOIN log.entry AS e ON e.outbox_id = o.id WHERE (o.topic = 'leaf' OR o.id IS NULL) "
        "AND ((o.done_at IS NULL) <> (e.index IS NULL) OR o.id IS NULL)",
    "I9: a gap in the log": "SELECT count(*), max(index) FROM log.entry HAVING count(*) <> COALESCE(max(index) + 1, 0)",
    "I9: a checkpoint of another size than the log": "SELECT max(size) FROM log.checkpoint HAVING max(size) <> (SELECT count(*) FROM log.entry)",
    "I9: an object's state logged twice": "SELECT payload - 'at' FROM log.outbox WHERE topic = 'leaf' GROUP BY 1 HAVING count(*) > 1",
    "I9: a broken chain of one object":
        "SELECT * FROM (SELECT index, prev, lag(index, 1, -1::bigint) OVER (PARTITION BY type, object_id ORDER BY index) AS before FROM log.entry) AS e WHERE prev <> before",
    "I9: a log that stands still": "SELECT * FROM log.health WHERE reason IS NOT NULL",
    "a job laid aside": "SELECT * FROM job.job WHERE state = 'dead'",
}


def figures(trust):
    return {name: [tuple(ID.sub("ID", str(cell)) for cell in row) for row in trust.sql(statement)] for name, statement in FIGURES.items()}


def broken(trust):
    """What does not hold, with its first rows."""
    found = {name: trust.sql(statement)[:3] for name, statement in MUST_NOT_BE.items()}
    return {name: rows for name, rows in found.items() if rows}
