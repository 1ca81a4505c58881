-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: O3 for one batch that was handed over: each member is paid on the version that was valid when the batch was approved and still was when it left;
--          that version was confirmed by the member, a change by a second person in office, and its cool-down was over. What a rail was never called for
--          did not leave. An event may be committed while the last look is taken: five seconds.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_payees(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, delta bigint, direction text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH seconds AS (
        SELECT COALESCE((c.doc->'durations'->>'account_first_seconds')::bigint, 259200) AS first, COALESCE((c.doc->'durations'->>'account_change_seconds')::bigint, 604800) AS change
        FROM (VALUES (1)) AS one LEFT JOIN governance.charter_in_force AS c ON true),
    step AS (
        SELECT (SELECT pg_catalog.max(e.at) FROM payout.batch_event AS e WHERE e.batch_id = s.batch_id AND e.state = 'approved') AS approved, s.at AS begun
        FROM payout.submission AS s WHERE s.batch_id = p_unit::uuid AND s.step = 'begun'),
    instant (what, at) AS (
        SELECT 'approved', s.approved FROM step AS s WHERE s.approved IS NOT NULL
        UNION ALL SELECT 'handed over', GREATEST(s.approved, s.begun - interval '5 seconds') FROM step AS s),
    payment AS MATERIALIZED (
        SELECT p.id, p.member_id, p.payee_account_id, p.minor FROM payout.payment AS p WHERE p.batch_id = p_unit::uuid AND p.member_id IS NOT NULL AND EXISTS (SELECT FROM step)),
    version AS MATERIALIZED (
        SELECT a.id, a.member_id, a.version, c.at AS confirmed_at, c.actor AS confirmed_by, s.at AS second_at, s.actor AS second_by, COALESCE(s.usable_at, c.usable_at) AS usable_at,
            k.at AS blocked_at, pg_catalog.bool_or(COALESCE(s.usable_at, c.usable_at) IS NOT NULL) OVER (PARTITION BY a.member_id ORDER BY a.version ROWS BETWEEN UNBOUNDED PRECEDING
            AND 1 PRECEDING) AS change
        FROM payout.payee_account AS a LEFT JOIN payout.payee_account_event AS c ON c.id = a.id AND c.kind = 'confirmed'
        LEFT JOIN payout.payee_account_event AS s ON s.id = a.id AND s.kind = 'second' LEFT JOIN payout.payee_account_event AS k ON k.id = a.id AND k.kind = 'blocked'
        WHERE a.member_id IN (SELECT p.member_id FROM payment AS p)),
    newest AS MATERIALIZED (
        SELECT DISTINCT ON (i.what, v.member_id) i.what, v.member_id, CASE WHEN v.blocked_at <= i.at THEN 'none' ELSE v.id::text END AS id
        FROM instant AS i JOIN version AS v ON v.usable_at <= i.at ORDER BY i.what, v.member_id, v.version DESC),
    valid AS (
        SELECT DISTINCT ON (p.id) p.*, i.what, COALESCE(n.id, 'none') AS expected
        FROM payment AS p CROSS JOIN instant AS i LEFT JOIN newest AS n ON n.what = i.what AND n.member_id = p.member_id
        WHERE COALESCE(n.id, 'none') <> COALESCE(p.payee_account_id::text, 'no account') ORDER BY p.id, i.what)
    SELECT 'payment', v.id::text, 'account when ' || v.what, v.expected, COALESCE(v.payee_account_id::text, 'no account'), v.minor, 'outside',
        'the account paid to was not the member''s at that time: it was superseded, blocked, cooling down or somebody else''s'
    FROM valid AS v
    UNION ALL
    SELECT 'payment', p.id::text, x.aspect, x.expected, x.found, p.minor, 'outside', x.about
    FROM payment AS p JOIN version AS v ON v.id = p.payee_account_id CROSS JOIN seconds AS s
    CROSS JOIN LATERAL (VALUES
        ('confirmation', v.member_id::text, COALESCE(v.confirmed_by::text, 'nobody'), 'the member did not confirm the account'),
        ('second person', 'another in office', CASE WHEN NOT COALESCE(v.change, false) THEN 'another in office' WHEN v.second_by IS NULL THEN 'nobody' WHEN v.second_by = v.member_id THEN
            'the member' WHEN EXISTS (SELECT FROM governance.office_in_force AS o WHERE o.member_id = v.second_by AND o.body IN ('membership_officer', 'treasurer', 'board')
            AND o.from_at <= v.second_at AND (o.until_at IS NULL OR o.until_at > v.second_at)) THEN 'another in office' ELSE v.second_by::text END,
            'a change of account was not confirmed by a second person in office'),
        ('cool-down', 'over', CASE WHEN v.usable_at >= CASE WHEN v.change THEN v.second_at + s.change * interval '1 second' ELSE v.confirmed_at + s.first * interval '1 second' END
            - interval '1 second' THEN 'over' ELSE 'cut to ' || COALESCE(log.time_text(v.usable_at), 'nothing') END, 'the account was usable before the charter''s cool-down was over'))
        AS x (aspect, expected, found, about)
    WHERE x.expected <> x.found;
$$;
