-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what is wrong with a sanction, or with lifting one, on what is known now: [] or [{pointer, detail}], pointers below p_pointer.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.check_sanction(p_effect jsonb, p_pointer text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_until timestamptz := (p_effect ->> 'until')::timestamptz;
    v_name text;
    v_detail text;
BEGIN
    IF p_effect ->> 'lift' IS NOT NULL THEN
        v_name := '/lift';
        IF NOT EXISTS (SELECT FROM governance.sanction_in_force AS s WHERE s.id = (p_effect ->> 'lift')::uuid AND (s.until_at IS NULL OR s.until_at > v_now)) THEN
            v_detail := 'no such sanction is in force';
        ELSIF EXISTS (SELECT FROM governance.sanction_lift AS l JOIN governance.council_case AS c ON c.id = l.case_id
                      WHERE l.sanction_id = (p_effect ->> 'lift')::uuid AND c.state = 'open') THEN
            v_detail := 'lifting it is before the council already';
        END IF;
    ELSIF p_effect ->> 'organisation_id' IS NOT NULL AND NOT EXISTS (SELECT FROM licensing.organisation_overview AS o
            WHERE o.organisation_id = (p_effect ->> 'organisation_id')::uuid) THEN
        v_name := '/organisation_id';
        v_detail := 'no such organisation is registered';
    ELSIF p_effect ->> 'person_id' IS NOT NULL AND NOT EXISTS (SELECT FROM governance.member AS m WHERE m.member_id = (p_effect ->> 'person_id')::uuid)
            AND licensing.organisation_of((p_effect ->> 'person_id')::uuid) IS NULL THEN
        v_name := '/person_id';
        v_detail := 'neither a member nor a person of an organisation';
    ELSIF p_effect ->> 'purpose' IS NOT NULL AND NOT EXISTS (SELECT FROM licensing.purpose AS q WHERE q.code = p_effect ->> 'purpose') THEN
        v_name := '/purpose';
        v_detail := 'the purpose tree has no such code';
    ELSIF p_effect ->> 'pool' IS NOT NULL AND NOT EXISTS (SELECT FROM governance.pool_charter AS c WHERE c.pool = p_effect ->> 'pool')
            AND NOT EXISTS (SELECT FROM governance.asset AS a WHERE a.kind = 'pool' AND a.ref = 'pool-' || (p_effect ->> 'pool')) THEN
        v_name := '/pool';
        v_detail := 'no such pool';
    ELSIF v_until <= GREATEST(v_now, (p_effect ->> 'from')::timestamptz) THEN
        v_name := '/until';
        v_detail := 'it ends before it begins';
    END IF;
    RETURN CASE WHEN v_detail IS NULL THEN '[]'::jsonb
        ELSE pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('pointer', p_pointer || v_name, 'detail', v_detail)) END;
END
$$;
