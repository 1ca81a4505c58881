-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: registers an asset, or changes the disposition of one that is registered; the guard judges it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.write_asset(p_asset jsonb, p_proposal uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid;
    v_seq integer;
BEGIN
    SELECT id INTO v_id FROM governance.asset WHERE ref = p_asset ->> 'ref';
    IF v_id IS NULL THEN
        v_id := log.new_id();
        INSERT INTO governance.asset (id, ref, kind, title, provenance, sha256, disposition, proposal_id, registered_at)
        VALUES (v_id, p_asset ->> 'ref', p_asset ->> 'kind', p_asset ->> 'title', p_asset ->> 'provenance', p_asset ->> 'sha256',
                p_asset ->> 'disposition', p_proposal, pg_catalog.now());
    ELSE
        UPDATE governance.asset SET disposition = p_asset ->> 'disposition', proposal_id = p_proposal WHERE id = v_id;
    END IF;
    INSERT INTO governance.asset_event (asset_id, seq, disposition, proposal_id, at)
    SELECT v_id, COALESCE(pg_catalog.max(e.seq), 0) + 1, p_asset ->> 'disposition', p_proposal, pg_catalog.now()
    FROM governance.asset_event AS e WHERE e.asset_id = v_id
    RETURNING seq INTO v_seq;
    PERFORM log.append_leaf('asset', v_id::text, governance.hash_text(log.canonical(p_asset - 'schema')), pg_catalog.jsonb_build_object(
        'ref', p_asset ->> 'ref', 'kind', p_asset ->> 'kind', 'disposition', p_asset ->> 'disposition', 'version', v_seq, 'proposal', COALESCE(p_proposal::text, 'charter')));
END
$$;
