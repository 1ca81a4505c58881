-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: root of the Merkle tree of RFC 6962, section 2.1, over leaves in their order: their hashes are SHA-256(00 || leaf); the tree above
--          them is metering.tree_root's.
-- Outcomes: none; 64 hex digits.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.merkle_root(p_leaves text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT metering.tree_root(pg_catalog.string_agg(pg_catalog.sha256('\x00'::bytea || pg_catalog.convert_to(l.leaf, 'UTF8')), ''::bytea ORDER BY l.n))
    FROM pg_catalog.unnest(p_leaves) WITH ORDINALITY AS l (leaf, n);
$$;
