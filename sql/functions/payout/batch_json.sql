-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a batch as people see it, with its approvals, what the rail said, its history and what comes next.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.batch_json(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', b.id, 'state', b.state, 'account', a.name, 'execution_on', b.execution_on, 'count', b.count,
        'total', payout.money(b.total, b.currency), 'made_by', b.made_by, 'made_at', log.time_text(b.made_at), 'message_id', b.message_id,
        'file_sha256', b.file_sha256, 'frozen_at', log.time_text(b.frozen_at), 'txn_id', b.txn_id, 'reason', b.reason, 'listed', b.listed,
        'next', CASE b.state WHEN 'draft' THEN 'freeze' WHEN 'frozen' THEN 'approve' WHEN 'approved' THEN 'release' WHEN 'releasing' THEN 'hand_over'
            WHEN 'unknown' THEN 'bank_evidence' WHEN 'sent' THEN 'bank_evidence' WHEN 'refused' THEN 'close' END,
        'approvals', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', p.id, 'member_id', p.member_id, 'office_id', p.office_id, 'body', p.body,
            'key_id', p.key_id, 'at', log.time_text(p.at)) ORDER BY p.at), '[]') FROM payout.approval AS p WHERE p.batch_id = b.id),
        'submission', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('step', s.step, 'rail', s.rail, 'detail', s.detail,
            'at', log.time_text(s.at)) ORDER BY s.at), '[]') FROM payout.submission AS s WHERE s.batch_id = b.id),
        'payments', (SELECT COALESCE(pg_catalog.jsonb_object_agg(x.state, x.n), '{}') FROM (SELECT p.state, pg_catalog.count(*) AS n FROM payout.payment AS p
            WHERE p.batch_id = b.id GROUP BY p.state) AS x),
        'history', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('state', e.state, 'at', log.time_text(e.at), 'reason', e.reason) ORDER BY e.no)
            FROM payout.batch_event AS e WHERE e.batch_id = b.id))
    FROM payout.batch AS b JOIN payout.bank_account AS a ON a.id = b.bank_account_id WHERE b.id = p_id;
$$;
