-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: registers a verifier key of the log, with its key_event leaf; registering it again changes nothing. Keys it takes the place of go
--          on verifying for 30 days.
-- Outcomes: created; ok when it was there.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.register_key(p_vkey text, p_reason text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO log.key (vkey, from_at, reason) VALUES (p_vkey, pg_catalog.clock_timestamp(), p_reason) ON CONFLICT (vkey) DO NOTHING;
    IF NOT FOUND THEN
        RETURN log.answer('ok', '{}');
    END IF;
    UPDATE log.key SET until_at = pg_catalog.clock_timestamp() + interval '30 days' WHERE vkey <> p_vkey AND until_at IS NULL;
    PERFORM log.append_leaf('key_event', p_vkey, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(p_vkey, 'UTF8')), 'hex'),
                            pg_catalog.jsonb_build_object('vkey', p_vkey));
    RETURN log.answer('created', '{}');
END
$$;
