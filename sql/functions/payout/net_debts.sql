-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: event 5: of each line of a posted run that goes to a member with a debt, at most floor(line * netting) pays it off. The rule of the run
--          says the fraction, absent 1/2.
-- Outcomes: posted; ok when nobody owes; those of payout.post.
-- Locks: those of payout.post.
CREATE OR REPLACE FUNCTION payout.net_debts(p_run uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_doc jsonb;
    v_txn uuid := log.new_id();
    v_post log.answer;
BEGIN
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('member', n.member_id, 'minor', n.minor) ORDER BY n.member_id) INTO v_doc
    FROM (
        SELECT l.member_id, LEAST(b.minor, pg_catalog.div(l.minor::numeric * COALESCE((k.doc->'hold'->'netting'->>'num')::bigint, 1),
            COALESCE((k.doc->'hold'->'netting'->>'den')::bigint, 2)))::bigint AS minor
        FROM payout.run AS r JOIN payout.evidence AS e ON e.sha256 = r.rule_sha256 CROSS JOIN LATERAL (SELECT pg_catalog.convert_from(e.bytes, 'UTF8')::jsonb) AS k (doc)
        JOIN payout.account AS a ON a.path LIKE 'Assets:Receivable:Member:%' JOIN payout.balance AS b ON b.owner_id = a.owner_id AND b.account_id = a.account_id AND b.minor > 0
        JOIN payout.run_line AS l ON l.run = r.id AND l.member_id = a.owner_id
        WHERE r.id = p_run) AS n
    WHERE n.minor > 0;
    IF v_doc IS NULL THEN
        RETURN log.answer('ok', '{}');
    END IF;
    v_post := payout.post_document(pg_catalog.jsonb_build_object('txn_id', v_txn, 'kind', 'netting', 'occurred_on', payout.today()),
        pg_catalog.jsonb_build_object('schema', 'netting/1', 'run', p_run, 'lines', v_doc),
        (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', s.path || (n->>'member') || s.rest, 'minor', s.sign * (n->>'minor')::bigint) ORDER BY n->>'member', s.sign DESC)
         FROM pg_catalog.jsonb_array_elements(v_doc) AS n, (VALUES ('Liabilities:Member:', ':Payable', 1), ('Assets:Receivable:Member:', '', -1)) AS s (path, rest, sign)));
    IF v_post.outcome = 'posted' THEN
        INSERT INTO payout.netting (run, member_id, minor, txn_id)
        SELECT p_run, (n->>'member')::uuid, (n->>'minor')::bigint, v_txn FROM pg_catalog.jsonb_array_elements(v_doc) AS n;
    END IF;
    RETURN v_post;
END
$$;
