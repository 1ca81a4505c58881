-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps a document by its hash and returns the hash; the same bytes again change nothing. PL/pgSQL, because its plan then lives as long as the session.
-- Outcomes: none.
-- Locks: the primary key.
CREATE OR REPLACE FUNCTION payout.store_evidence(p_media_type text, p_bytes bytea) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_sha256 text := pg_catalog.encode(pg_catalog.sha256(p_bytes), 'hex');
BEGIN
    INSERT INTO payout.evidence (sha256, media_type, bytes) VALUES (v_sha256, p_media_type, p_bytes) ON CONFLICT (sha256) DO NOTHING;
    RETURN v_sha256;
END
$$;
