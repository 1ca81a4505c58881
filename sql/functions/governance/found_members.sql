-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: part of found: members, their sealed particulars, standing, offices and invites. [{ref, member_id, invite}].
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.found_members(p_doc jsonb, p_founders jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_founder jsonb;
    v_sealed jsonb;
    v_office text;
    v_id uuid;
    v_bodies jsonb := p_doc -> 'bodies';
    v_made jsonb := '[]';
BEGIN
    FOR i IN 0 .. pg_catalog.jsonb_array_length(p_doc -> 'founders') - 1 LOOP
        v_founder := p_doc -> 'founders' -> i;
        v_sealed := p_founders -> i;
        v_id := (v_sealed ->> 'member_id')::uuid;
        INSERT INTO governance.member (member_id, ref, founder) VALUES (v_id, v_founder ->> 'ref', true);
        PERFORM governance.write_person(v_id, v_sealed);
        PERFORM governance.write_class(v_id, v_founder ->> 'class', pg_catalog.now());
        PERFORM governance.write_standing(v_id, 'active', NULL, 'founder');
        FOR v_office IN SELECT o FROM pg_catalog.jsonb_array_elements_text(v_founder -> 'offices') AS o LOOP
            IF governance.add_office(v_id, v_office, v_founder ->> 'class',
                    CASE v_office WHEN 'board' THEN (v_bodies -> 'board' ->> 'seats_per_class')::integer
                                  WHEN 'council' THEN (v_bodies -> 'council' ->> 'seats')::integer ELSE 1 END,
                    CASE v_office WHEN 'board' THEN (v_bodies -> 'board' ->> 'term_seconds')::bigint
                                  WHEN 'council' THEN (v_bodies -> 'council' ->> 'term_seconds')::bigint
                                  ELSE (v_bodies ->> 'office_term_seconds')::bigint END, NULL) IS NULL THEN
                RAISE EXCEPTION 'governance.found: no seat of % is left for %', v_office, v_founder ->> 'ref' USING ERRCODE = 'check_violation';
            END IF;
        END LOOP;
        v_made := v_made || pg_catalog.jsonb_build_object('ref', v_founder ->> 'ref', 'member_id', v_id,
            'invite', governance.make_invite(v_id, pg_catalog.decode(v_sealed ->> 'email_hash', 'hex')));
    END LOOP;
    RETURN v_made;
END
$$;
