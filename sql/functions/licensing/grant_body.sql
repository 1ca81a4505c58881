-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a grant with its history, what suspends it now, a hearing that is open on it, the application it came from and the one that renews it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.grant_body(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', g.id, 'agreement_id', g.agreement_id, 'organisation_id', g.organisation_id, 'pool', p.ref,
        'purpose', g.purpose, 'org_class', g.org_class, 'rule', g.rule, 'tier', g.tier, 'price', g.price, 'actions', g.actions, 'modes', g.modes,
        'plan', g.plan, 'min_cohort', g.min_cohort, 'notice_floor', g.notice_floor, 'quotas', g.quotas, 'terms_sha256', g.terms_sha256,
        'terms_version', g.terms_version, 'state', g.state, 'epoch', g.epoch, 'from', log.time_text(g.from_at), 'until', log.time_text(g.until_at),
        'application_id', (SELECT o.application_id FROM licensing.agreement AS r JOIN licensing.offer AS o ON o.id = r.offer_id WHERE r.id = g.agreement_id),
        'renewal_id', (SELECT a.id FROM licensing.application AS a WHERE a.renews = g.id AND a.state NOT IN ('refused', 'withdrawn', 'lapsed') LIMIT 1),
        'events', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('seq', e.seq, 'command', e.command, 'to', e.to_state,
            'cause', e.cause, 'at', log.time_text(e.at)) ORDER BY e.seq) FROM licensing.grant_event AS e WHERE e.grant_id = g.id),
        'suspensions', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('cause', s.cause, 'reason', s.reason,
            'since', log.time_text(s.opened_at), 'until', log.time_text(s.until_at)) ORDER BY s.opened_at), '[]')
            FROM licensing.suspension AS s WHERE s.grant_id = g.id AND s.closed_at IS NULL),
        'hearing', (SELECT pg_catalog.jsonb_build_object('id', h.id, 'cause', h.cause, 'opened_at', log.time_text(h.opened_at),
            'answer_until', log.time_text(h.closes_at), 'statement', a.statement)
            FROM licensing.hearing AS h LEFT JOIN licensing.hearing_answer AS a ON a.hearing_id = h.id
            WHERE h.grant_id = g.id AND NOT EXISTS (SELECT FROM licensing.hearing_end AS x WHERE x.hearing_id = h.id) ORDER BY h.opened_at LIMIT 1))
    FROM licensing.data_grant AS g JOIN licensing.pool AS p USING (pool_id) WHERE g.id = p_id;
$$;
