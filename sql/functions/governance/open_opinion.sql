-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: asks the council for the opinion or concurrence the rule row wants, when there is a council.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.open_opinion(p_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := (SELECT x FROM governance.proposal AS x WHERE x.id = p_id);
BEGIN
    IF p.rule ->> 'council' <> 'none' AND EXISTS (SELECT FROM governance.office_in_force AS o WHERE o.body = 'council'
            AND o.from_at <= pg_catalog.clock_timestamp() AND o.until_at > pg_catalog.clock_timestamp()) THEN
        PERFORM governance.open_council_case(p.rule ->> 'council', p_id, pg_catalog.jsonb_build_object('proposal_id', p_id, 'version', p.version));
    END IF;
END
$$;
