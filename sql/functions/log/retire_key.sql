-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends a verifier key's time at p_until, with its key_event leaf: in 30 days when another takes its place, at once when it was stolen (an
--          administrator calls it then) or when its log ended. A key that ends already only ends sooner, without another leaf.
-- Outcomes: none.
-- Locks: the sequencer's, then the key.
CREATE OR REPLACE FUNCTION log.retire_key(p_vkey text, p_until timestamptz DEFAULT pg_catalog.clock_timestamp()) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_key log.key;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('log.sequencer', 0));
    SELECT * INTO v_key FROM log.key AS k WHERE k.vkey = p_vkey FOR UPDATE;
    UPDATE log.key SET until_at = p_until WHERE vkey = p_vkey AND (until_at IS NULL OR until_at > p_until);
    IF v_key.vkey IS NOT NULL AND v_key.until_at IS NULL THEN
        PERFORM log.append_leaf('key_event', p_vkey, log.hash_vkey(p_vkey),
            pg_catalog.jsonb_build_object('vkey', p_vkey, 'event', 'retired', 'until', log.time_text(p_until)));
    END IF;
END
$$;
