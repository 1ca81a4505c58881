-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: C1 of all members who were erased: no consent of theirs permits, every contribution is erased with what was said of it, its errors
--          and, 72 hours later, its rows are gone, and so are the salts of their leaves.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_erased(p_as_of timestamptz)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH erased AS (SELECT p.member_id, p.erased_at FROM governance.person AS p WHERE p.erased_at <= p_as_of),
    own AS MATERIALIZED (SELECT c.* FROM erased AS e JOIN licensing.contribution AS c ON c.member_id = e.member_id)
    SELECT 'member', e.member_id::text, x.aspect, '0', x.found::text, 'a member was erased, and this is still there'
    FROM erased AS e CROSS JOIN LATERAL (VALUES
        ('consents that permit', (SELECT pg_catalog.count(*) FROM licensing.consent_current AS k WHERE k.member_id = e.member_id AND k.permits)),
        ('contributions not erased', (SELECT pg_catalog.count(*) FROM own AS c WHERE c.member_id = e.member_id AND c.state <> 'erased')),
        ('contributions with details', (SELECT pg_catalog.count(*) FROM own AS c WHERE c.member_id = e.member_id AND (c.provenance <> '{}' OR c.dialect <> '{}' OR c.licence ? 'attribution'))),
        ('contributions with rows', (SELECT pg_catalog.count(*) FROM own AS c WHERE c.member_id = e.member_id AND c.rows IS NOT NULL AND c.rows_deleted_at IS NULL
            AND c.ended_at < p_as_of - interval '72 hours')),
        ('errors of contributions', (SELECT pg_catalog.count(*) FROM own AS c JOIN licensing.contribution_error AS r ON r.contribution_id = c.id WHERE c.member_id = e.member_id)),
        ('salts of consents', (SELECT pg_catalog.count(*) FROM licensing.consent_event AS v JOIN licensing.consent_salt AS s ON s.event_id = v.id WHERE v.member_id = e.member_id)),
        ('salts of payee accounts', (SELECT pg_catalog.count(*) FROM payout.payee_account AS a JOIN payout.payee_salt AS s ON s.id = a.id WHERE a.member_id = e.member_id)),
        ('salts of lines', payout.lines_salted(e.member_id, e.erased_at))) AS x (aspect, found)
    WHERE x.found > 0;
$$;
