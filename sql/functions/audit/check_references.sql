-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: L8: every hash by which the books name a document is that of a stored one.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_references()
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH named AS (
        SELECT 'txn' AS type, t.txn_id::text AS id, 'evidence' AS aspect, t.evidence_sha256 AS sha256 FROM payout.txn AS t
        UNION ALL SELECT 'invoice', i.id::text, 'document', i.doc_sha256 FROM payout.invoice AS i
        UNION ALL SELECT 'rating', r.pool_id || ' ' || pg_catalog.to_char(r.month, 'YYYY-MM') || ' ' || r.grant_id, x.aspect, x.sha256
            FROM payout.rating AS r CROSS JOIN LATERAL (VALUES ('plan', r.plan_sha256), ('usage', r.usage_sha256), ('result', r.result_sha256)) AS x (aspect, sha256)
        UNION ALL SELECT 'bank_statement', s.id::text, 'file', s.file_sha256 FROM payout.bank_statement AS s
        UNION ALL SELECT 'bank_notice', n.id::text, 'file', n.file_sha256 FROM payout.bank_notice AS n
        UNION ALL SELECT 'status_report', s.id::text, 'file', s.file_sha256 FROM payout.status_report AS s
        UNION ALL SELECT 'batch', b.id::text, 'file', b.file_sha256 FROM payout.batch AS b
        UNION ALL SELECT 'run', r.id::text, x.aspect, x.sha256
            FROM payout.run AS r CROSS JOIN LATERAL (VALUES ('rule', r.rule_sha256), ('inputs file', r.inputs_file_sha256), ('result file', r.result_file_sha256),
                ('external weights', r.external_sha256)) AS x (aspect, sha256)
        UNION ALL SELECT 'clawback', c.id::text, x.aspect, x.sha256 FROM payout.clawback AS c CROSS JOIN LATERAL (VALUES ('inputs', c.inputs_sha256), ('result', c.result_sha256)) AS x (aspect, sha256)
        UNION ALL SELECT 'period', pg_catalog.to_char(p.month, 'YYYY-MM'), 'trial balance', p.balance_sha256 FROM payout.period AS p)
    SELECT n.type, n.id, n.aspect, n.sha256, 'none', 'the document that this rests on is not stored: it was deleted, or the hash was changed'
    FROM named AS n WHERE n.sha256 IS NOT NULL AND NOT EXISTS (SELECT FROM payout.evidence AS e WHERE e.sha256 = n.sha256);
$$;
