-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what stands against an appointment, or NULL. A single office passes to the new holder.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.check_appointment(p_effect jsonb) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN governance.ineligibility((p_effect ->> 'member_id')::uuid) IN ('not_a_member', 'not_active', 'observer')
            THEN 'only an active member can be appointed'
        WHEN EXISTS (SELECT FROM governance.office_in_force AS o WHERE o.member_id = (p_effect ->> 'member_id')::uuid
                         AND o.body = p_effect ->> 'body' AND o.until_at > pg_catalog.now()) THEN 'this member holds that office'
        WHEN p_effect ->> 'body' = 'conduct' AND EXISTS (SELECT FROM governance.office_in_force AS o JOIN governance.member_now AS n USING (member_id)
                 WHERE o.body = 'conduct' AND o.until_at > pg_catalog.now()
                   AND o.seat = (SELECT m.class FROM governance.member_now AS m WHERE m.member_id = (p_effect ->> 'member_id')::uuid) || '1')
            THEN 'the seat of this class on the conduct panel is taken'
    END;
$$;
