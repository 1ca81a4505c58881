-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: attestations of an organisation, for its persons and the licensing officer.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_attestations(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF licensing.person_role(p_actor, p_id) IS NULL AND NOT licensing.is_officer(p_actor) THEN
        RETURN log.answer('not_found');
    END IF;
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object('next', NULL, 'items', COALESCE(pg_catalog.jsonb_agg(
        pg_catalog.jsonb_build_object('id', a.id, 'kind', a.kind, 'statement', a.statement, 'attested_at', log.time_text(a.attested_at))
        ORDER BY a.attested_at), '[]'))) FROM licensing.attestation AS a WHERE a.organisation_id = p_id);
END
$$;
