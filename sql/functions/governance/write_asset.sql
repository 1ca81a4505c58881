-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: registers an asset, or changes the disposition of one that is registered; the guard judges it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.write_asset(p_asset jsonb, p_proposal uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid := (SELECT a.id FROM governance.asset AS a WHERE a.ref = p_asset ->> 'ref');
BEGIN
    IF v_id IS NULL THEN
        v_id := log.new_id();
        INSERT INTO governance.asset (id, ref, kind, title, provenance, sha256, disposition, proposal_id, registered_at)
        VALUES (v_id, p_asset ->> 'ref', p_asset ->> 'kind', p_asset ->> 'title', p_asset ->> 'provenance', p_asset ->> 'sha256',
                p_asset ->> 'disposition', p_proposal, pg_catalog.now());
    ELSE
        UPDATE governance.asset SET disposition = p_asset ->> 'disposition', proposal_id = p_proposal WHERE id = v_id;
    END IF;
    PERFORM governance.log_asset(v_id, p_asset, p_proposal);
END
$$;
