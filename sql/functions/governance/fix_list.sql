-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: at the freeze: writes what there is to choose from into the effect, as a version of its own that the hashes are made of. Costs of projects
--          stand from here on. The version.
-- Outcomes: none.
-- Locks: none; the caller has the proposal.
CREATE OR REPLACE FUNCTION governance.fix_list(p governance.proposal) RETURNS governance.proposal_version
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v governance.proposal_version := (SELECT x FROM governance.proposal_version AS x WHERE x.proposal_id = p.id AND x.version = p.version);
    v_options jsonb := governance.list_options(p);
BEGIN
    PERFORM governance.write_version(p.id, p.version + 1, pg_catalog.jsonb_build_object('title', v.title, 'text', v.body_text,
        'effect', v.effect || pg_catalog.jsonb_build_object(CASE v.effect ->> 'schema' WHEN 'seats' THEN 'candidates' ELSE 'projects' END, v_options)));
    UPDATE governance.proposal SET version = p.version + 1 WHERE id = p.id;
    PERFORM governance.write_project_event((o.value ->> 'project_id')::uuid, 'on_ballot', NULL, NULL, p.id)
    FROM pg_catalog.jsonb_array_elements(v_options) AS o WHERE o.value ? 'project_id';
    RETURN (SELECT x FROM governance.proposal_version AS x WHERE x.proposal_id = p.id AND x.version = p.version + 1);
END
$$;
