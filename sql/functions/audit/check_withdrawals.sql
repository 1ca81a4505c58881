-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: C1 for one month of acknowledgement: nothing that was acknowledged and is billed is of a contribution after it was withdrawn or
--          erased, or after its member withdrew the consent the grant rests on, until it is given again. Withdrawals are walked through, where
--          M2 walks through usage.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_withdrawals(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH used AS MATERIALIZED (
        SELECT a.grant_id, a.contribution_id, a.meter, a.units, a.at FROM audit.acknowledged(p_unit::date) AS a WHERE a.contribution_id <> '00000000-0000-0000-0000-000000000000'),
    concerned AS MATERIALIZED (
        SELECT u.grant_id, c.id AS contribution_id, c.member_id, c.pool_id, c.ended_at, g.purpose, g.org_class
        FROM (SELECT DISTINCT x.grant_id, x.contribution_id FROM used AS x) AS u JOIN licensing.contribution AS c ON c.id = u.contribution_id JOIN licensing.data_grant AS g ON g.id = u.grant_id),
    withdrawal AS (
        SELECT c.grant_id, c.contribution_id, c.ended_at AS at, 'infinity'::timestamptz AS until FROM concerned AS c WHERE c.ended_at IS NOT NULL
        UNION ALL
        SELECT c.grant_id, c.contribution_id, w.at, COALESCE((SELECT pg_catalog.min(n.at) FROM licensing.consent_event AS n WHERE (n.member_id, n.pool_id, n.purpose, n.recipient_class)
            = (w.member_id, w.pool_id, w.purpose, w.recipient_class) AND n.at > w.at AND n.state IN ('given', 'renewed')), 'infinity')
        FROM concerned AS c JOIN licensing.consent_event AS w ON w.member_id = c.member_id AND w.pool_id = c.pool_id AND w.purpose = c.purpose AND w.recipient_class = c.org_class
        WHERE w.state IN ('withdrawn', 'terminated'))
    SELECT 'contribution', u.contribution_id::text, pg_catalog.concat_ws(' ', u.meter, 'in', pg_catalog.left(p_unit, 7), 'under grant', u.grant_id), '0', pg_catalog.sum(u.units)::text,
        'usage after a withdrawal was acknowledged and is billed: take it out of the invoice by a credit note'
    FROM used AS u WHERE EXISTS (SELECT FROM withdrawal AS w WHERE w.grant_id = u.grant_id AND w.contribution_id = u.contribution_id AND u.at >= w.at AND u.at < w.until)
    GROUP BY u.contribution_id, u.grant_id, u.meter;
$$;
