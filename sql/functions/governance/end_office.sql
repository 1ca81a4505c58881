-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends an office before its term, with its leaf.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.end_office(p_office uuid, p_reason text, p_proposal uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row governance.office := (SELECT o FROM governance.office AS o WHERE o.id = p_office);
BEGIN
    INSERT INTO governance.office_end (office_id, at, reason, proposal_id) VALUES (p_office, pg_catalog.now(), p_reason, p_proposal)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM log.append_leaf('office', p_office::text, governance.hash_text(log.canonical(pg_catalog.jsonb_build_object(
                'id', p_office, 'event', 'left', 'at', log.time_text(pg_catalog.now()), 'proposal', p_proposal))),
            pg_catalog.jsonb_build_object('body', v_row.body, 'seat', v_row.seat, 'event', 'left', 'version', 2, 'proposal', p_proposal));
END
$$;
