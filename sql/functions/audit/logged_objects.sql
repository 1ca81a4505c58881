-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: everything that must be in the transparency log, a row for each version: type and id of its leaf, the hash the leaf must bear (NULL where the
--          row does not hold what was hashed), and when it was made. `loose`: types of which an object may have any number of leaves, or of which
--          another check counts them.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.logged_objects() RETURNS TABLE (type text, object_id text, sha256 text, at timestamptz, loose boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH effect AS (SELECT p.id AS proposal_id, v.effect FROM governance.proposal AS p JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version)
    SELECT 'charter', 'charter', c.sha256::text, c.founded_at, false FROM governance.charter AS c
    UNION ALL SELECT 'schema', a.name, a.sha256, a.applied_at, false FROM migrate.applied AS a
    UNION ALL SELECT 'schema', 'functions/' || f.number, f.sha256, f.at, false FROM migrate.loaded AS f WHERE f.leaf IS NOT NULL
    UNION ALL SELECT 'proposal', p.id::text, p.proposal_sha256, p.frozen_at, false FROM governance.proposal AS p WHERE p.frozen_at IS NOT NULL
    UNION ALL SELECT 'roll', r.proposal_id || '/' || r.reading, r.sha256, r.taken_at, false FROM governance.roll_head AS r
    UNION ALL SELECT 'ballots', b.proposal_id || '/' || b.reading, b.sha256, b.at, false FROM governance.ballot_log AS b
    UNION ALL SELECT 'vote_result', t.proposal_id || '/' || t.reading, t.sha256, t.at, false FROM governance.tally AS t
    UNION ALL SELECT 'rule', 'rule:' || v.type, v.sha256, v.from_at, false FROM governance.rule_version AS v
    UNION ALL SELECT 'rule', 'bylaw:' || v.clause, v.sha256, v.from_at, false FROM governance.bylaw_version AS v
    UNION ALL SELECT 'rule', 'benefit_rule:' || v.rule, v.sha256, v.from_at, false FROM governance.benefit_rule AS v
    UNION ALL SELECT 'rule', 'policy:' || p.id, audit.digest(log.canonical(pg_catalog.jsonb_build_object('id', p.id, 'proposal_id', p.proposal_id, 'spend', p.spend,
        'text', p.body_text, 'title', p.title, 'until', log.time_text(p.until_at)))), p.from_at, false FROM governance.policy AS p
    UNION ALL SELECT 'rule', 'budget:' || a.id, audit.digest(log.canonical(pg_catalog.jsonb_build_object('id', a.id, 'project_id', a.project_id, 'account', a.account,
        'minor', a.minor, 'currency', a.currency, 'from', log.time_text(a.from_at), 'until', log.time_text(a.until_at), 'proposal', a.proposal_id))), a.from_at, false
        FROM governance.budget_award AS a
    UNION ALL SELECT 'terms', 'terms:' || v.pool, v.sha256, v.from_at, false FROM governance.terms_version AS v
    UNION ALL SELECT 'terms', 'pool_charter:' || v.pool, v.sha256, v.from_at, false FROM governance.pool_charter AS v
    -- What was voted, with the row's own words in it: any that differs gives another hash.
    UNION ALL SELECT 'prohibition', p.id::text, audit.digest(log.canonical((COALESCE(f.effect, '{}') - 'schema') || pg_catalog.jsonb_build_object('purpose', p.purpose)
            || CASE WHEN (f.effect ->> 'until')::timestamptz IS DISTINCT FROM p.until_at THEN pg_catalog.jsonb_build_object('until', log.time_text(p.until_at)) ELSE '{}' END
            || CASE WHEN (f.effect ->> 'old_grants_at')::timestamptz IS DISTINCT FROM p.old_grants_at THEN pg_catalog.jsonb_build_object('old_grants_at', log.time_text(p.old_grants_at)) ELSE '{}' END)),
        p.from_at, false FROM governance.prohibition AS p LEFT JOIN effect AS f ON f.proposal_id = p.proposal_id
    UNION ALL SELECT 'prohibition', l.prohibition_id::text, audit.digest(log.canonical(COALESCE(f.effect, '{}') || pg_catalog.jsonb_build_object('purpose', p.purpose))), l.at, false
        FROM governance.prohibition_lift AS l LEFT JOIN governance.prohibition AS p ON p.id = l.prohibition_id LEFT JOIN effect AS f ON f.proposal_id = l.proposal_id
    UNION ALL SELECT 'asset', e.asset_id::text, audit.digest(log.canonical((COALESCE(f.doc, '{}') - 'schema') || pg_catalog.jsonb_build_object('ref', a.ref, 'kind', a.kind, 'disposition', e.disposition)
            || CASE WHEN e.seq = 1 THEN pg_catalog.jsonb_build_object('title', a.title, 'provenance', a.provenance) ELSE '{}' END
            || CASE WHEN e.seq = 1 AND (f.doc ->> 'sha256') IS DISTINCT FROM a.sha256 THEN pg_catalog.jsonb_build_object('sha256', a.sha256) ELSE '{}' END)), e.at, false
        FROM governance.asset_event AS e LEFT JOIN governance.asset AS a ON a.id = e.asset_id LEFT JOIN LATERAL (
            SELECT v.effect FROM effect AS v WHERE v.proposal_id = e.proposal_id
            UNION ALL SELECT x.doc FROM governance.charter AS c, pg_catalog.jsonb_array_elements(c.doc -> 'assets') AS x (doc) WHERE e.proposal_id IS NULL AND x.doc ->> 'ref' = a.ref) AS f (doc) ON true
    UNION ALL SELECT 'office', o.id::text, audit.digest(log.canonical(pg_catalog.jsonb_build_object('id', o.id, 'body', o.body, 'seat', o.seat, 'from', log.time_text(o.from_at),
            'until', log.time_text(o.until_at), 'member_id', o.member_id, 'proposal', o.proposal_id))), o.from_at, false FROM governance.office AS o
    UNION ALL SELECT 'office', e.office_id::text, audit.digest(log.canonical(pg_catalog.jsonb_build_object('id', e.office_id, 'event', 'left', 'at', log.time_text(e.at), 'proposal', e.proposal_id))),
        e.at, false FROM governance.office_end AS e
    UNION ALL SELECT 'council_case', c.case_id::text, c.sha256, c.at, false FROM audit.council_records() AS c
    UNION ALL SELECT 'sanction', s.sanction_id::text, s.sha256, s.at, false FROM audit.sanction_records() AS s
    UNION ALL SELECT 'appeal', l.appeal_id || '/' || l.round, l.sha256, l.opened_at, false FROM governance.panel_lot AS l
    UNION ALL SELECT 'appeal', l.appeal_id || '/' || l.round, NULL, l.drawn_at, false FROM governance.panel_lot AS l WHERE l.drawn_at IS NOT NULL
    UNION ALL SELECT 'appeal', p.id::text, NULL, p.decided_at, false FROM governance.panel_case AS p WHERE p.state = 'decided'
    UNION ALL SELECT 'agreement', s.agreement_id || ':' || s.party, audit.digest(log.canonical(s.signed)), s.at, false FROM licensing.agreement_signature AS s
    UNION ALL SELECT 'grant', g.id::text, audit.digest(log.canonical(pg_catalog.jsonb_build_object('grant', g.id, 'agreement', a.sha256, 'terms', g.terms_sha256, 'plan', g.plan,
            'from', log.time_text(g.from_at), 'until', log.time_text(g.until_at)))), g.created_at, false
        FROM licensing.data_grant AS g LEFT JOIN licensing.agreement AS a ON a.id = g.agreement_id
    UNION ALL SELECT 'consent', c.commitment, c.sha256, c.at, false FROM licensing.consent_commitments() AS c
    UNION ALL SELECT 'usage', h.pool || ':' || pg_catalog.to_char(pg_catalog.timezone('UTC', h.hour), 'YYYY-MM-DD"T"HH24'), NULL, h.hour, true FROM metering.usage_hour AS h
    UNION ALL SELECT 'usage', s.pool || ':' || pg_catalog.to_char(s.month, 'YYYY-MM'), NULL, s.sealed_at, true FROM metering.seal AS s
    UNION ALL SELECT 'invoice', i.id::text, i.doc_sha256, i.issued_on, false FROM payout.invoice AS i WHERE i.doc_sha256 IS NOT NULL
    UNION ALL SELECT 'txn', t.txn_id::text, t.evidence_sha256, t.recorded_at, false FROM payout.txn AS t
    UNION ALL SELECT 'bank_statement', s.id::text, s.file_sha256, s.imported_at, false FROM payout.bank_statement AS s
    UNION ALL SELECT 'run_inputs', r.id::text, r.inputs_sha256, r.opened_at, false FROM payout.run AS r WHERE r.inputs_sha256 IS NOT NULL
    UNION ALL SELECT 'run_inputs', r.id::text, r.inputs_sha256, r.ended_at, false FROM payout.run AS r WHERE r.state = 'abandoned'
    UNION ALL SELECT 'run_result', r.run_id, r.result_hash, r.opened_at, false FROM payout.run AS r WHERE r.result_hash IS NOT NULL
    UNION ALL SELECT 'payee_account', p.commitment, p.commitment, p.proposed_at, false FROM payout.payee_account AS p
    UNION ALL SELECT 'batch', b.id::text, b.file_sha256, b.frozen_at, false FROM payout.batch AS b WHERE b.file_sha256 IS NOT NULL
    UNION ALL SELECT 'approval', p.id::text, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(p.text, 'UTF8') || p.signature), 'hex'), p.at, false FROM payout.approval AS p
    UNION ALL SELECT 'batch_event', e.batch_id::text, b.file_sha256, e.at, false FROM payout.batch_event AS e JOIN payout.batch AS b ON b.id = e.batch_id
        WHERE e.state <> 'draft' AND b.file_sha256 IS NOT NULL
    UNION ALL SELECT 'period', pg_catalog.to_char(p.month, 'YYYY-MM'), p.balance_sha256, p.closed_at, false FROM payout.period AS p WHERE p.state = 'closed'
    UNION ALL SELECT 'audit_report', r.id::text, NULL, r.finished, true FROM audit.run AS r
    UNION ALL SELECT 'key_event', k.vkey, audit.digest(k.vkey), e.at, false FROM log.key AS k CROSS JOIN LATERAL (VALUES (k.from_at), (k.until_at)) AS e (at)
        WHERE e.at IS NOT NULL;
$$;
