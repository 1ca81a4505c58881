-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a transaction with its postings and where its evidence is; NULL when there is none.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.txn_json(p_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT pg_catalog.jsonb_build_object('id', t.txn_id, 'txn_no', t.txn_no, 'kind', t.kind, 'occurred_on', t.occurred_on, 'recorded_at', log.time_text(t.recorded_at),
        'actor', t.actor, 'approvals', t.approvals, 'evidence_sha256', t.evidence_sha256, 'resolution', t.resolution, 'concerns', pg_catalog.to_char(t.concerns, 'YYYY-MM'),
        'reverses', t.reverses, 'claws_back', t.claws_back, 'reversed_by', (SELECT r.txn_id FROM payout.reversal AS r WHERE r.reverses = t.txn_id),
        'evidence_type', (SELECT e.media_type FROM payout.evidence AS e WHERE e.sha256 = t.evidence_sha256), 'debit', payout.money(t.debit_minor, payout.currency()),
        'leaf', (SELECT e.index FROM log.entry AS e WHERE e.type = 'txn' AND e.object_id = t.txn_id::text LIMIT 1),
        'refs', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('kind', r.kind, 'external_ref', r.external_ref) ORDER BY r.kind, r.external_ref), '[]')
            FROM payout.txn_ref AS r WHERE r.txn_id = t.txn_id),
        'postings', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('line', p.line, 'account_id', p.account_id, 'path', a.path, 'minor', p.minor,
            'after_minor', p.after_minor) ORDER BY p.line) FROM payout.posting AS p JOIN payout.account AS a ON a.owner_id = p.owner_id AND a.account_id = p.account_id
            WHERE p.month = t.month AND p.txn_id = t.txn_id))
    FROM payout.txn AS t WHERE t.txn_id = p_id);
END
$$;
