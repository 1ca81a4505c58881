-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes a prohibition that begins now.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.write_prohibition(p_effect jsonb, p_proposal uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid := log.new_id();
BEGIN
    INSERT INTO governance.prohibition (id, purpose, from_at, until_at, old_grants_at, proposal_id)
    VALUES (v_id, p_effect ->> 'purpose', pg_catalog.now(), (p_effect ->> 'until')::timestamptz, (p_effect ->> 'old_grants_at')::timestamptz, p_proposal);
    PERFORM log.append_leaf('prohibition', v_id::text, governance.hash_text(log.canonical(p_effect - 'schema')),
        pg_catalog.jsonb_build_object('purpose', p_effect ->> 'purpose', 'version', 1, 'proposal', COALESCE(p_proposal::text, 'charter')));
    PERFORM pg_catalog.pg_notify('prohibition', p_effect ->> 'purpose');
END
$$;
