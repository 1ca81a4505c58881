-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes the event of consents whose time has passed, at most a thousand a call. They ended with their time already:
--          covered_contribution does not wait for this.
-- Outcomes: none; how many.
-- Locks: advisory locks of the pools, exclusive, in id order.
CREATE OR REPLACE FUNCTION licensing.expire_consents() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool uuid;
    v_event licensing.consent_event;
    v_row record;
    v_done integer := 0;
BEGIN
    FOR v_pool IN SELECT DISTINCT c.pool_id FROM licensing.consent_current AS c
        WHERE c.permits AND c.until <= pg_catalog.clock_timestamp() ORDER BY c.pool_id LOOP
        PERFORM licensing.bump_consent_epoch(v_pool);
        v_event.record_id := log.new_id();
        FOR v_row IN SELECT c.member_id, c.purpose, c.recipient_class, c.until, e.type, e.language, e.notice
            FROM licensing.consent_current AS c JOIN licensing.consent_event AS e ON e.id = c.event_id
            WHERE c.pool_id = v_pool AND c.permits AND c.until <= pg_catalog.clock_timestamp()
            ORDER BY c.until LIMIT GREATEST(1000 - v_done, 0) LOOP
            v_event.member_id := v_row.member_id;
            v_event.pool_id := v_pool;
            v_event.purpose := v_row.purpose;
            v_event.recipient_class := v_row.recipient_class;
            v_event.state := 'expired';
            v_event.type := v_row.type;
            v_event.notice := v_row.notice;
            v_event.language := v_row.language;
            v_event.at := pg_catalog.clock_timestamp();
            v_event.until := v_row.until;
            v_event.actor := 'clock';
            PERFORM licensing.append_consent(v_event);
            v_done := v_done + 1;
        END LOOP;
        EXIT WHEN v_done >= 1000;
    END LOOP;
    RETURN v_done;
END
$$;
