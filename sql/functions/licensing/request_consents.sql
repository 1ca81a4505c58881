-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: asks again whom wider terms concern: one requested event for each consent that stands for a purpose and class that the
--          comparison calls wider or new, given under an older notice. It decides nothing. The caller holds the pool's lock.
-- Outcomes: none; how many.
-- Locks: none of its own.
CREATE OR REPLACE FUNCTION licensing.request_consents(p_pool uuid, p_narrowing jsonb, p_notice integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row record;
    v_event licensing.consent_event;
    v_member uuid;
    v_asked integer := 0;
BEGIN
    FOR v_row IN SELECT c.member_id, c.purpose, c.recipient_class, e.type, e.language
        FROM licensing.consent_current AS c JOIN licensing.consent_event AS e ON e.id = c.event_id
        JOIN pg_catalog.jsonb_to_recordset(COALESCE(p_narrowing -> 'pairs', '[]')) AS q (purpose text, org_class text, change text)
            ON q.purpose = c.purpose AND q.org_class = c.recipient_class AND q.change IN ('wider', 'new')
        WHERE c.pool_id = p_pool AND c.permits AND c.notice < p_notice AND (c.until IS NULL OR c.until > pg_catalog.clock_timestamp())
        ORDER BY c.member_id, c.purpose, c.recipient_class LOOP
        IF v_member IS DISTINCT FROM v_row.member_id THEN
            v_event.record_id := log.new_id();
            v_member := v_row.member_id;
        END IF;
        v_event.member_id := v_row.member_id;
        v_event.pool_id := p_pool;
        v_event.purpose := v_row.purpose;
        v_event.recipient_class := v_row.recipient_class;
        v_event.state := 'requested';
        v_event.type := v_row.type;
        v_event.notice := p_notice;
        v_event.language := v_row.language;
        v_event.at := pg_catalog.clock_timestamp();
        v_event.actor := 'trust';
        PERFORM licensing.append_consent(v_event);
        v_asked := v_asked + 1;
    END LOOP;
    RETURN v_asked;
END
$$;
