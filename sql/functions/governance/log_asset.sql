-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes what the register says of an asset from now on into its history, and tells the log.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.log_asset(p_id uuid, p_asset jsonb, p_proposal uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_seq integer;
BEGIN
    INSERT INTO governance.asset_event (asset_id, seq, disposition, proposal_id, at)
    SELECT p_id, COALESCE(pg_catalog.max(e.seq), 0) + 1, p_asset ->> 'disposition', p_proposal, pg_catalog.now()
    FROM governance.asset_event AS e WHERE e.asset_id = p_id
    RETURNING seq INTO v_seq;
    PERFORM log.append_leaf('asset', p_id::text, governance.hash_text(log.canonical(p_asset - 'schema')), pg_catalog.jsonb_build_object(
        'ref', p_asset ->> 'ref', 'kind', p_asset ->> 'kind', 'disposition', p_asset ->> 'disposition', 'version', v_seq, 'proposal', COALESCE(p_proposal::text, 'charter')));
END
$$;
