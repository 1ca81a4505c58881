-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the keys of an organisation, the ended ones too, for its persons and the licensing officer.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_organisation_keys(p_actor uuid, p_organisation uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF licensing.person_role(p_actor, p_organisation) IS NULL AND NOT (licensing.is_officer(p_actor)
            AND EXISTS (SELECT FROM licensing.organisation AS o WHERE o.organisation_id = p_organisation)) THEN
        RETURN log.answer('not_found');
    END IF;
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object('next', NULL, 'items',
        COALESCE(pg_catalog.jsonb_agg(licensing.organisation_key_body(k.kid) ORDER BY k.added_at, k.kid), '[]')))
        FROM licensing.organisation_key AS k WHERE k.organisation_id = p_organisation);
END
$$;
