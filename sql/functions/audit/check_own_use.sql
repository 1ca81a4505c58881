-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: M3 for one run: nobody licensed the own contribution: neither the member nor the organisation that is the member is the licensee of usage
--          that counts in the run.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_own_use(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH used AS MATERIALIZED (SELECT w.* FROM audit.window_of(p_unit::uuid) AS w WHERE w.own AND audit.rule_of(p_unit::uuid) IS NOT NULL),
    self AS (
        SELECT u.contribution, u.licensee FROM used AS u JOIN licensing.person_of_organisation AS p ON p.organisation_id = u.licensee AND p.person_id::text = u.member
        UNION
        SELECT u.contribution, u.licensee FROM used AS u JOIN governance.member AS m ON m.member_id::text = u.member AND m.observer
            JOIN governance.affiliation AS a ON a.member_id = m.member_id AND a.organisation_id = u.licensee)
    SELECT 'run', p_unit, 'licensee of contribution ' || s.contribution, 'somebody else', s.licensee::text, 'a member paid for the use of the own contribution and shares in that money'
    FROM self AS s;
$$;
