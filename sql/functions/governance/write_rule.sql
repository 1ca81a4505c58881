-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes the next version of a rule row.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.write_rule(p_rule jsonb, p_proposal uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_version integer;
BEGIN
    INSERT INTO governance.rule_version (type, version, rule, canonical, sha256, proposal_id, from_at)
    SELECT p_rule ->> 'type', COALESCE(pg_catalog.max(r.version), 0) + 1, p_rule, log.canonical(p_rule), governance.hash_text(log.canonical(p_rule)),
           p_proposal, pg_catalog.now()
    FROM governance.rule_version AS r WHERE r.type = p_rule ->> 'type'
    RETURNING version INTO v_version;
    PERFORM log.append_leaf('rule', 'rule:' || (p_rule ->> 'type'), governance.hash_text(log.canonical(p_rule)),
        pg_catalog.jsonb_build_object('version', v_version, 'proposal', COALESCE(p_proposal::text, 'charter')));
END
$$;
