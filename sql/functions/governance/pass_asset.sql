-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: passes an asset to the successor that a succession names; the guards judge it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.pass_asset(p_effect jsonb, p_proposal uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    s jsonb := p_effect -> 'successor';
    v_successor uuid := log.new_id();
    v_asset governance.asset := (SELECT a FROM governance.asset AS a WHERE a.ref = p_effect ->> 'ref');
BEGIN
    INSERT INTO governance.successor (id, name, country, registration, asset_locked, non_profit, proposal_id, at)
    VALUES (v_successor, s ->> 'name', s ->> 'country', s ->> 'registration', (s ->> 'asset_locked')::boolean, (s ->> 'non_profit')::boolean,
            p_proposal, pg_catalog.now());
    UPDATE governance.asset SET disposition = 'succeeded', successor_id = v_successor, proposal_id = p_proposal WHERE id = v_asset.id;
    PERFORM governance.log_asset(v_asset.id, p_effect || pg_catalog.jsonb_build_object('kind', v_asset.kind, 'disposition', 'succeeded'), p_proposal);
END
$$;
