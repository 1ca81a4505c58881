-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: gives the lowest free seat of a body to a member from now for a term in seconds, with its leaf. NULL when no seat
--          is free. Seats of board, stewards and conduct panel belong to a class and begin with its letter.
-- Outcomes: none; incompatible offices raise exclusion_violation.
-- Locks: advisory transaction lock on all offices.
CREATE OR REPLACE FUNCTION governance.add_office(p_member uuid, p_body text, p_class text, p_seats integer, p_term bigint, p_proposal uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid := log.new_id();
    v_prefix text := CASE WHEN p_body IN ('board', 'steward', 'steward_deputy', 'conduct') THEN p_class ELSE '' END;
    v_seat text;
    v_row governance.office;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('governance.office', 1));
    SELECT v_prefix || s INTO v_seat FROM pg_catalog.generate_series(1, p_seats) AS s
    WHERE NOT EXISTS (SELECT FROM governance.office_in_force AS o WHERE o.body = p_body AND o.seat = v_prefix || s AND o.until_at > pg_catalog.now())
    ORDER BY s LIMIT 1;
    IF v_seat IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO governance.office (id, body, seat, class, member_id, from_at, until_at, proposal_id)
    VALUES (v_id, p_body, v_seat, NULLIF(v_prefix, ''), p_member, pg_catalog.now(), pg_catalog.now() + p_term * interval '1 second', p_proposal)
    RETURNING * INTO v_row;
    PERFORM log.append_leaf('office', v_id::text, governance.hash_text(log.canonical(pg_catalog.jsonb_build_object(
                'id', v_id, 'body', p_body, 'seat', v_seat, 'from', log.time_text(v_row.from_at), 'until', log.time_text(v_row.until_at),
                'member_id', p_member, 'proposal', p_proposal))),
            pg_catalog.jsonb_build_object('body', p_body, 'seat', v_seat, 'event', 'taken', 'version', 1, 'proposal', COALESCE(p_proposal::text, 'charter')));
    RETURN v_id;
END
$$;
