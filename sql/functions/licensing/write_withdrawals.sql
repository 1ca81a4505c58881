-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one withdrawn event for each key of a member that permits in a pool, for a purpose and all below it, or for all (NULL).
--          The caller has raised the pool's consent epoch and so holds its lock.
-- Outcomes: none; how many.
-- Locks: none of its own.
CREATE OR REPLACE FUNCTION licensing.write_withdrawals(p_member uuid, p_pool uuid, p_purpose text, p_record uuid) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row record;
    v_event licensing.consent_event;
    v_events integer := 0;
BEGIN
    v_event.record_id := p_record;
    v_event.member_id := p_member;
    v_event.pool_id := p_pool;
    v_event.state := 'withdrawn';
    v_event.notice := (SELECT pg_catalog.max(n.n) FROM licensing.notice AS n WHERE n.pool_id = p_pool);
    v_event.at := pg_catalog.clock_timestamp();
    v_event.actor := 'member';
    FOR v_row IN SELECT c.purpose, c.recipient_class, e.type, e.language
        FROM licensing.consent_current AS c JOIN licensing.consent_event AS e ON e.id = c.event_id
        WHERE c.pool_id = p_pool AND c.member_id = p_member AND c.permits AND (p_purpose IS NULL OR c.purpose IN (
            SELECT b.code FROM licensing.purpose_below AS b WHERE b.ancestor = p_purpose)) ORDER BY c.purpose, c.recipient_class LOOP
        v_event.purpose := v_row.purpose;
        v_event.recipient_class := v_row.recipient_class;
        v_event.type := v_row.type;
        v_event.language := v_row.language;
        PERFORM licensing.append_consent(v_event);
        v_events := v_events + 1;
    END LOOP;
    RETURN v_events;
END
$$;
