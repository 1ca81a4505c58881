-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an office given by a board decision: the holder before leaves, the new one starts a term.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.apply_appointment(p_id uuid, p_effect jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_member uuid := (p_effect ->> 'member_id')::uuid;
    v_body text := p_effect ->> 'body';
    v_class text := (SELECT m.class FROM governance.member_now AS m WHERE m.member_id = v_member);
    v_charter jsonb := (SELECT c.doc FROM governance.charter AS c);
BEGIN
    IF v_body <> 'conduct' THEN
        PERFORM governance.end_office(o.office_id, 'replaced', p_id) FROM governance.office_in_force AS o
        WHERE o.body = v_body AND o.until_at > pg_catalog.now();
    END IF;
    PERFORM governance.add_office(v_member, v_body, v_class, 1, (v_charter -> 'bodies' ->> 'office_term_seconds')::bigint, p_id);
END
$$;
