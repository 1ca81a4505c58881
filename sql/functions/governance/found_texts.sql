-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: part of found: assets, prohibitions, rule rows, bylaws, the benefit rule, with their leaves.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.found_texts(p_doc jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz := pg_catalog.now();
    v_item jsonb;
    v_benefit jsonb := p_doc -> 'benefit_rule';
BEGIN
    FOR v_item IN SELECT a FROM pg_catalog.jsonb_array_elements(p_doc -> 'assets') AS a LOOP
        PERFORM governance.write_asset(v_item, NULL);
    END LOOP;
    FOR v_item IN SELECT a FROM pg_catalog.jsonb_array_elements(p_doc -> 'prohibited_purposes') AS a LOOP
        PERFORM governance.write_prohibition(pg_catalog.jsonb_build_object('purpose', v_item), NULL);
    END LOOP;
    FOR v_item IN SELECT a FROM pg_catalog.jsonb_array_elements(p_doc -> 'rules') AS a LOOP
        PERFORM governance.write_rule(v_item, NULL);
    END LOOP;
    INSERT INTO governance.bylaw_version (clause, version, title, body_text, entrenched, sha256, from_at)
    SELECT b ->> 'clause', 1, b ->> 'title', b ->> 'text', (b ->> 'entrenched')::boolean, governance.hash_text(log.canonical(b)), v_now
    FROM pg_catalog.jsonb_array_elements(p_doc -> 'bylaws') AS b;
    PERFORM log.append_leaf('rule', 'bylaw:' || b.clause, b.sha256, pg_catalog.jsonb_build_object('version', b.version, 'proposal', 'charter'))
    FROM governance.bylaw_version AS b ORDER BY b.clause COLLATE "C";
    INSERT INTO governance.benefit_rule (id, rule, version, doc, canonical, sha256, from_at)
    VALUES (log.new_id(), v_benefit ->> 'rule', COALESCE((v_benefit ->> 'version')::integer, 1), v_benefit, log.canonical(v_benefit),
            governance.hash_text(log.canonical(v_benefit)), v_now);
    PERFORM log.append_leaf('rule', 'benefit_rule:' || (v_benefit ->> 'rule'), governance.hash_text(log.canonical(v_benefit)),
        pg_catalog.jsonb_build_object('version', COALESCE((v_benefit ->> 'version')::integer, 1), 'proposal', 'charter'));
END
$$;
