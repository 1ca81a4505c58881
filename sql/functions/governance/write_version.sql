-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps a text of a proposal.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.write_version(p_id uuid, p_version integer, p_body jsonb) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO governance.proposal_version (proposal_id, version, title, body_text, effect, effect_canonical, at)
    VALUES (p_id, p_version, p_body ->> 'title', p_body ->> 'text', p_body -> 'effect', log.canonical(p_body -> 'effect'), pg_catalog.now());
$$;
