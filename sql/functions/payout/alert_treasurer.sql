-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: tells everybody who holds the treasurer's office of a thing to look at; once for each subject and kind.
-- Outcomes: none.
-- Locks: the unique key of log.outbox.
CREATE OR REPLACE FUNCTION payout.alert_treasurer(p_subject text, p_kind text, p_body jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM log.notify_member(o.member_id, p_subject, p_kind, p_body) FROM (SELECT DISTINCT f.member_id FROM governance.office_in_force AS f
        WHERE f.body = 'treasurer' AND f.from_at <= pg_catalog.now() AND (f.until_at IS NULL OR f.until_at > pg_catalog.now())) AS o;
END
$$;
