-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: opens a case of the ethics council, or returns the open one of the same kind and subject. p_body is shown to those
--          who decide; its member conditions (an array) is voted item by item.
-- Outcomes: none; the id of the case.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.open_council_case(p_kind text, p_subject uuid, p_body jsonb) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid := (SELECT c.id FROM governance.council_case AS c WHERE c.kind = p_kind AND c.subject = p_subject AND c.state = 'open');
BEGIN
    IF v_id IS NOT NULL THEN
        RETURN v_id;
    END IF;
    v_id := log.new_id();
    INSERT INTO governance.council_case (id, kind, subject, version, body, conditions, body_name, state, opened_at, closes_at)
    VALUES (v_id, p_kind, p_subject, COALESCE((p_body ->> 'version')::integer, 1), p_body, COALESCE(p_body -> 'conditions', '[]'), 'council', 'open',
            pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp() + governance.duration('council_case_seconds'));
    PERFORM governance.seat_case(v_id, 'council');
    PERFORM governance.settle_case(v_id);
    RETURN v_id;
END
$$;
